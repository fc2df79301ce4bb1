"""A scripted judge of curation behind the fake OpenRouter: it reads the pairs of a call and marks each in its field."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.questions.scripted_writer import Json, said

FULL = 2
APART = ("stand_alone", "worth", "natural", "criteria", "wrong_answer")


def shown(body: Json) -> dict[str, dict[str, Any]]:
    """What a call shows of each pair: its lines by their names, criteria as a list."""
    pairs: dict[str, dict[str, Any]] = {}
    for line in said(body).splitlines():
        name, _, told = line.partition(": ")
        if re.fullmatch(r"p\d+", line):
            pairs[line] = {"Criteria": []}
        elif pairs and line.startswith("- "):
            pairs[list(pairs)[-1]]["Criteria"].append(line[2:])
        elif pairs and told:
            pairs[list(pairs)[-1]].setdefault(name, told)
    return pairs


def asks_for(body: Json) -> str:
    """ "apart", "supported" or "rewrite"; "" for a call of another stage."""
    system = body["messages"][0]["content"]
    told = {
        "You check question-answer pairs": "apart",
        "follow from a text": "supported",
        "You rewrite question-answer pairs that were found wanting": "rewrite",
    }
    return next((name for words, name in told.items() if words in system), "")


def rewording_marks(body: Json, wrong: str = "") -> str:
    """The reply to a call about rewordings: all are fine, or with `wrong` those whose reworded question holds it."""
    asked = re.findall(r"^Reworded question: (.*)$", said(body), re.MULTILINE)
    bad = [bool(wrong) and wrong in question for question in asked]
    marks = [
        {"number": n, "natural": 0, "same": 1, "part": "question", "wrong": "nobody says so"} if is_bad
        else {"number": n, "natural": 2, "same": 1, "part": "", "wrong": ""}
        for n, is_bad in enumerate(bad, 1)
    ]  # fmt: skip
    return json.dumps({"marks": marks})


class Judge:
    """Gives every check its share of the full mark; a criterion is met whose last word stands in the answer.

    `remark` is said of every pair that lacks a full mark; `reworded` is the question that a rewriting gives.
    """

    def __init__(self, *checks: str, remark: str = "the judge says so", reworded: str = "", **scores: float) -> None:
        self.parts = [part for part in APART if not checks or part in checks]
        self.scores, self.remark = scores, remark
        self.rewritten = reworded

    def __call__(self, body: Json) -> str:
        asked = shown(body)
        if asks_for(body) == "rewrite":
            return json.dumps(dict.fromkeys(asked, self.rewritten))
        parts = ["supported"] if asks_for(body) == "supported" else self.parts
        marks = {name: {part: self.mark(part, told) for part in parts} for name, told in asked.items()}
        remarks = [f"{n}: {self.remark}" for n in asked if any(self.lacks(p, m, asked[n]) for p, m in marks[n].items())]
        fields = {name: self.field(own, "Wrong answer" in asked[name]) for name, own in marks.items()}
        return json.dumps({"remarks": remarks, **fields}, separators=(",", ":"))

    def field(self, marks: dict[str, int], shows_wrong: bool) -> int | list[int]:
        given = [mark for part, mark in marks.items() if part != "wrong_answer" or shows_wrong]
        return given if len(marks) > 1 else given[0]

    def mark(self, part: str, told: dict[str, Any]) -> int:
        if part in ("criteria", "wrong_answer"):
            answer = told.get("Answer" if part == "criteria" else "Wrong answer", "")
            return sum(criterion.split()[-1].lower() in answer.lower() for criterion in told["Criteria"])
        return round(FULL * self.scores.get(part, 1.0))

    def lacks(self, part: str, mark: int, told: dict[str, Any]) -> bool:
        if part == "wrong_answer":
            return False
        return mark < (len(told["Criteria"]) if part == "criteria" else FULL)
