"""Do the rules of rewording let natural rewordings pass, and send copies and other meanings back?

Run    uv run benchmarks/rewordings.py [FILE.jsonl]

The pairs of tests/dataset/reword/rewordings.py, written as a large model writes them; FILE: your own, a JSON object a
line with question, answer, new_question and new_answer, all of them good. Prints for each rule the good rewordings that
it rejects, and of the copies and the changed meanings those that are found. Copies are made of the pairs by rule too:
word for word, with every tenth word exchanged, and with the halves in the other order.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from groundwork.dataset.reword.copied_words import free_words, is_built_anew, is_copy
from groundwork.dataset.reword.rewording_faults import SAME_QUESTION_WORDS, SHORT_ANSWER, faults_of_rewording
from groundwork.settings.config_files import load
from tests.dataset.reword.rewordings import BUILT_ANEW, COPIES, NATURAL, SAME_BUILD, TURNED
from tests.dataset.rows import row

RULES = {
    "number": "number", "lost name": "lost", "new name": "a name that was not there", "negation": "negation",
    "opposite": "where it said", "copy": "copies", "old sentence": "old sentence", "stand alone": "stand alone",
    "kind": "asks for a yes or no", "choice": "two things to choose",
    "yes or no": "must begin", "too short": "lost a part", "unchanged": "word for word",
}  # fmt: skip
COPIED = load([], []).dataset.rephrase.max_copied


def found(question: str, answer: str, new_question: str, new_answer: str) -> list[str]:
    """The faults of one rewording."""
    told = row(question=question, answer=answer, evidence=[answer])
    return faults_of_rewording(told, new_question, new_answer, COPIED)


def exchanged(text: str) -> str:
    """The text with every tenth word another one, at least one of them."""
    said = text.split()
    return " ".join("thing" if n % 10 == min(5, len(said) // 2) else word for n, word in enumerate(said))


def halves(text: str) -> str:
    """The text with its two halves in the other order."""
    said, mark = text.rstrip("?.").split(), text[-1]
    return " ".join([*said[len(said) // 2 :], *said[: len(said) // 2]]) + mark


MADE = {"word for word": str, "every tenth word exchanged": exchanged, "halves in the other order": halves}


def is_old_question(question: str, new_question: str) -> bool:
    """Is a question taken for a copy?"""
    is_like = is_copy(question, new_question, COPIED, same_words=SAME_QUESTION_WORDS)
    return is_like and not is_built_anew(question, new_question)


def let_through(make: Callable[[str], str]) -> tuple[int, int, int, int]:
    """Copies made of the questions that pass, and their number; the same for the answers that are not short."""
    asked = [is_old_question(old[0], make(old[0])) for old in NATURAL]
    long = [old[1] for old in NATURAL if free_words(old[1]) >= SHORT_ANSWER]
    said = [is_copy(answer, make(answer), COPIED) for answer in long]
    return asked.count(False), len(asked), said.count(False), len(said)


def main(files: list[str]) -> None:
    """Print the table and the two counts."""
    own = [json.loads(line) for file in files for line in Path(file).read_text(encoding="utf-8").splitlines()]
    good = [(r["question"], r["answer"], r["new_question"], r["new_answer"]) for r in own] or NATURAL
    alarms: Counter[str] = Counter()
    for one in good:
        problems = found(*one)
        alarms.update(next((name for name, told in RULES.items() if told in text), "other") for text in problems)
        alarms["any"] += bool(problems)
        for text in problems:
            print(f"  {one[2]} | {one[3]}\n    {text}")
    print(f"| rule | of {len(good)} good rewordings rejected |\n|---|---:|")
    for name in (*RULES, "other", "any"):
        print(f"| {name} | {alarms[name]} |")
    if not own:
        pairs = [(NATURAL[n], question, answer) for n, question, answer, *_ in [*COPIES, *TURNED]]
        caught = [bool(found(old[0], old[1], question or old[2], answer or old[3])) for old, question, answer in pairs]
        print("\n| made copies that pass | questions | answers |\n|---|---:|---:|")
        for name, make in MADE.items():
            q, questions, a, answers = let_through(make)
            print(f"| {name} | {q} of {questions} | {a} of {answers} |")
        about_terms = [sum(is_old_question(*pair) for pair in pairs) for pairs in (BUILT_ANEW, SAME_BUILD)]
        print(f"questions about long terms, built anew and rejected: {about_terms[0]} of {len(BUILT_ANEW)}")
        print(f"questions about long terms, near copies sent back: {about_terms[1]} of {len(SAME_BUILD)}")
        print(f"near copies sent back: {sum(caught[: len(COPIES)])} of {len(COPIES)}")
        print(f"other meanings sent back: {sum(caught[len(COPIES) :])} of {len(TURNED)}")


if __name__ == "__main__":
    main(sys.argv[1:])
