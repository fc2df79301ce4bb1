"""A scripted model for the whole pipeline behind the fake OpenRouter: it reads each stage's prompt and answers it.

It makes a pair of each sentence of a chunk, tags by the question's words, finds every pair fit and rewords by rule, so
that everything but the model itself is real.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from tests.made_up_replies import make_up
from tests.questions.scripted_judge import Judge, asks_for, rewording_marks
from tests.questions.scripted_writer import Writer, pair, pairs, part, said, sentences

Json = dict[str, Any]
NUMBER_WORDS = {"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "twice"}
ASKED = re.compile(r"What does the Ellary handbook state on (.+)\?")


class Author(Writer):
    """`parity` picks every second sentence, so that two authors ask about different things."""

    def __init__(self, parity: int | None = None) -> None:
        super().__init__(per_call=6)
        self.parity = parity

    def __call__(self, body: Json) -> str:
        system = body["messages"][0]["content"]
        if said(body).startswith("Some of these pairs cannot be used"):
            return pairs()
        if asks_for(body):
            return Judge()(body)
        if "write question-answer pairs" in system:
            return self._pairs(body)
        if "reword question-answer pairs" in system:
            return _reworded(body)
        if "reworded question-answer pairs" in system:
            return rewording_marks(body)
        if "summarise documents" in system:
            return " ".join(sentences(part(body, "document"))[:2])
        if "tags" in system:
            return _tags(body)
        return make_up(body)

    def _pairs(self, body: Json) -> str:
        asked = said(body).partition("Questions asked so far")[2].partition("Parts of the chunk")[0]
        lines = part(body, "chunk").splitlines()
        found = [one for line in lines for one in sentences(line) if 40 < len(one) < 300 and "|" not in one]
        if self.parity is not None:
            found = found[self.parity :: 2]
        made = [pair(one, question=_question(one), evaluation_criteria=_criteria(one)) for one in found]
        return pairs(*[one for one in made if one["question"] not in asked][: self.per_call])


def _question(sentence: str) -> str:
    words = list(dict.fromkeys(re.findall(r"\b[a-z]{5,}\b", sentence))) or ["rowing"]
    return f"What does the Ellary handbook state on {', '.join(words[:4])} and {words[-1]}?"


def _criteria(sentence: str) -> list[str]:
    words = sentence.split()
    half = len(words) // 2
    return [f"States: {' '.join(words[:half])}", f"States: {' '.join(words[half:])}"]


def _reworded(body: Json) -> str:
    asked = body["messages"][1]["content"]
    question = re.search(r"^Question: (.*)$", asked, re.MULTILINE)[1]  # type: ignore[index]
    answer = re.search(r"^Answer: (.*)$", asked, re.MULTILINE)[1]  # type: ignore[index]
    subjects = ASKED.fullmatch(question)[1]  # type: ignore[index]
    turned = " and ".join(reversed(re.split(r", | and ", subjects)))
    question = f"Regarding {turned}, which provisions of the Ellary handbook apply?"
    return json.dumps({"question": question, "answer": re.sub(r"\b[a-z]{4,}\b", _otherwise, answer)})


def _otherwise(word: re.Match[str]) -> str:
    """Another word that means the same to the rules."""
    return word[0] if word[0] in NUMBER_WORDS else f"{word[0]}-like"


def _tags(body: Json) -> str:
    """Tags of the list, by the question's words and else in turn, with as many new ones as there may be."""
    system, asked = body["messages"][0]["content"], body["messages"][1]["content"]
    if "draw up the list of tags" in system:
        words = Counter(re.findall(r"[a-z]{5,}", asked)).most_common()
        return json.dumps({"tags": [word for word, _ in words][: int(_number(r"at most (\d+) tags", system))]})
    wanted, room = int(_number(r"(?:up to|At most) (\d+) tags", system)), int(_number(r"allowed: at most (\d+)", asked))
    never = _listed(asked, "nearly every question: ")
    listed = [tag for tag in _listed(asked, "Tags to take from:\n") if "(" not in tag]
    new: list[str] = []
    made: list[Json] = []
    for number, question in re.findall(r"^(\d+)\. (.*)$", asked, re.MULTILINE):
        own = [word for word in re.findall(r"[a-z]{5,}", question.partition(" on ")[2]) if word not in never]
        new += [word for word in dict.fromkeys(own) if word not in (*listed, *new)][: 1 if len(new) < room else 0]
        start = len(question) * 7 % max(1, len(listed))
        known = [word for word in own if word in (*listed, *new)]
        likely = dict.fromkeys([*known, *listed[start:], *listed[:start], *own, "rowing", "rules", "safety", "crews"])
        made.append({"number": int(number), "tags": list(likely)[:wanted]})
    used = {str(tag) for one in made for tag in one["tags"]}
    return json.dumps({"new_tags": sorted(used - set(listed)), "questions": made})


def _number(pattern: str, text: str) -> str:
    return re.search(pattern, text)[1]  # type: ignore[index]


def _listed(text: str, after: str) -> list[str]:
    return text.partition(after)[2].partition("\n")[0].split(", ")
