"""A small general check: what a model could answer before it was tuned, and whether it still can.

Questions of common knowledge that no dataset of a benchmark asks, each with a short answer and the words that a right
answer holds. A loss that rises and answers that lose these words are forgetting: `create_dataset --mix` is against it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple


class GeneralQuestion(NamedTuple):
    """`accepted`: an answer that holds one of these, as whole words in any case, is right."""

    question: str
    answer: str
    accepted: tuple[str, ...]


QUESTIONS = tuple(
    GeneralQuestion(question, answer, tuple(accepted.split("|")))
    for question, answer, accepted in (
        ("What is the capital of France?", "The capital of France is Paris.", "Paris"),
        ("What is the capital of Japan?", "The capital of Japan is Tokyo.", "Tokyo"),
        ("What is the capital of Italy?", "The capital of Italy is Rome.", "Rome"),
        ("What is the capital of Egypt?", "The capital of Egypt is Cairo.", "Cairo"),
        ("Which planet is closest to the sun?", "Mercury is the planet closest to the sun.", "Mercury"),
        ("Which is the largest planet of the solar system?", "Jupiter is the largest planet.", "Jupiter"),
        ("Which gas do plants take in from the air?", "Plants take in carbon dioxide.", "carbon dioxide|CO2"),
        ("Which gas do people need to breathe?", "People need oxygen to breathe.", "oxygen"),
        ("What is the chemical formula of water?", "The chemical formula of water is H2O.", "H2O|H₂O"),
        ("What is the chemical symbol of gold?", "The chemical symbol of gold is Au.", "Au"),
        ("At how many degrees Celsius does water freeze?", "Water freezes at 0 degrees Celsius.", "0|zero"),
        ("At how many degrees Celsius does water boil?", "Water boils at 100 degrees Celsius.", "100|hundred"),
        ("How many days are there in a week?", "There are seven days in a week.", "7|seven"),
        ("How many months are there in a year?", "There are twelve months in a year.", "12|twelve"),
        ("How many minutes are there in an hour?", "There are sixty minutes in an hour.", "60|sixty"),
        ("How many sides does a triangle have?", "A triangle has three sides.", "3|three"),
        ("How many legs does a spider have?", "A spider has eight legs.", "8|eight"),
        ("What is 7 plus 5?", "7 plus 5 is 12.", "12|twelve"),
        ("What is 6 times 4?", "6 times 4 is 24.", "24|twenty-four"),
        ("What is half of 50?", "Half of 50 is 25.", "25|twenty-five"),
        ("Who wrote Romeo and Juliet?", "William Shakespeare wrote Romeo and Juliet.", "Shakespeare"),
        ("Who painted the Mona Lisa?", "Leonardo da Vinci painted the Mona Lisa.", "Leonardo|da Vinci"),
        ("Who was the first president of the United States?", "George Washington was the first.", "Washington"),
        ("Who developed the theory of relativity?", "Albert Einstein developed it.", "Einstein"),
        ("In which year did the Second World War end?", "The Second World War ended in 1945.", "1945"),
        ("In which year did people first land on the Moon?", "People first landed there in 1969.", "1969"),
        ("What do bees make?", "Bees make honey.", "honey"),
        ("What is the opposite of hot?", "The opposite of hot is cold.", "cold"),
        ("What is the opposite of up?", "The opposite of up is down.", "down"),
        ("What is a baby dog called?", "A baby dog is called a puppy.", "puppy|pup"),
        ("What colour is the sky on a clear day?", "The sky is blue on a clear day.", "blue"),
        ("Which colour do blue and yellow paint make?", "Blue and yellow paint make green.", "green"),
        ("Which is the largest ocean on Earth?", "The Pacific Ocean is the largest.", "Pacific"),
        ("Which is the highest mountain on Earth?", "Mount Everest is the highest mountain.", "Everest"),
        ("On which continent is the Sahara?", "The Sahara is in Africa.", "Africa"),
        ("Which language is spoken in Brazil?", "Portuguese is spoken in Brazil.", "Portuguese"),
        ("Which organ pumps blood through the body?", "The heart pumps blood through the body.", "heart"),
        ("Which force pulls things towards the ground?", "Gravity pulls things towards the ground.", "gravity"),
        ("What does a thermometer measure?", "A thermometer measures temperature.", "temperature"),
        ("How do you say thank you in French?", "Thank you is merci in French.", "merci"),
    )
)


def is_right(question: GeneralQuestion, answer: str) -> bool:
    """Whether the answer holds one of the accepted words."""
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", answer, re.IGNORECASE) for word in question.accepted)


def share_right(answers: Sequence[str]) -> float:
    """The share of QUESTIONS, in their order, that are answered rightly. Raises ValueError for another count."""
    return sum(is_right(one, answer) for one, answer in zip(QUESTIONS, answers, strict=True)) / len(QUESTIONS)
