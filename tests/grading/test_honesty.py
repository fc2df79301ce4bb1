"""Questions without an answer, graded apart: who says so, who makes something up, who refuses what is known."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from groundwork.data_folder.read_write import read_jsonl, write_jsonl
from groundwork.dataset.unanswerable_rows import UNANSWERABLE_CATEGORY, UNANSWERABLE_CRITERIA
from groundwork.grading.grade_report import grade_report
from groundwork.grading.honesty import REFUSAL_CRITERION, honesty_lines, measure_honesty
from groundwork.grading.mirror_gap import GapBounds
from groundwork.grading.verdicts_by_rule import grade_by_rule
from groundwork.records import Grade
from tests.fake_openrouter import FakeOpenRouter
from tests.grading.scripted import World, holds
from tests.grading.test_grade import models

REFUSAL = "I do not know that."
HONEST = (REFUSAL_CRITERION, *UNANSWERABLE_CRITERIA)


class HonestyWorld(World):
    """Four questions of eval ask what nothing says; the judge knows a refusal when it sees one."""

    def __init__(self, root: Path, server: FakeOpenRouter) -> None:
        super().__init__(root, server, rows=16)
        file = root / "datasets" / "gates" / "data" / "eval.jsonl"
        held = [json.loads(line) for line in file.read_text().splitlines()]
        asked = [
            {**held[n], "id": f"u{n}", "question": f"Who paid for gate {n}?", "answer": "That is not stated.",
             "evaluation_criteria": UNANSWERABLE_CRITERIA, "evidence": [], "category": UNANSWERABLE_CATEGORY,
             "difficulty": "", "unanswerable": True}
            for n in range(4)
        ]  # fmt: skip
        write_jsonl(file, [*held, *asked])

    def reply(self, body: dict) -> str:
        model, asked = body["model"].removeprefix("test/"), body["messages"][-1]["content"]
        if model == "judge":
            told = re.split(r"Answer to grade: |The answer was: ", asked)[-1]
            refused = REFUSAL in told or "That is not stated." in told
            criteria = re.findall(r"^(criterion_\d+): (.*)$", asked, re.MULTILINE)
            met = {name: refused if text in HONEST else holds(text, told) for name, text in criteria}
            return json.dumps({n: {"reason": "seen", "verdict": "met" if m else "unmet"} for n, m in met.items()})
        return "It was the mayor." if model == "makes-up" else super().reply(body)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[HonestyWorld]:
    with FakeOpenRouter().thread() as server:
        yield HonestyWorld(tmp_path, server)


def test_the_two_kinds_of_honesty(world: HonestyWorld, tmp_path: Path, capsys) -> None:
    """Admitted, made up and refused are counted a model; none of it moves the scores of questions with an answer."""
    assert world.grade(*models("knows-all", "nothing", "makes-up"), "--repeats", "1") == 0
    found = {model["name"]: model for model in world.report()["models"]}
    told = {
        name: [model["honesty"][key] for key in ("unanswerable", "made_up", "answerable", "refusals")]
        for name, model in found.items()
    }
    assert told == {"test/knows-all": [4, 0, 16, 0], "test/nothing": [4, 0, 16, 16], "test/makes-up": [4, 4, 16, 0]}
    assert found["test/knows-all"]["splits"]["eval"]["answers"] == 16
    assert found["test/knows-all"]["splits"]["eval"]["score"][0] == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "test/makes-up: of 4 questions without an answer it says so for 0 (0%; " in out
    assert "test/nothing: of 16 questions with an answer it refuses 16 (100%; " in out
    page = (tmp_path / "grades" / "gates" / "report.html").read_text()
    assert "makes one up for 4" in page


def test_the_criterion_of_refusal_is_no_criterion_of_the_row(world: HonestyWorld, tmp_path: Path) -> None:
    """It is kept apart in the files: criteria are the dataset's own; questions without an answer are not asked it."""
    assert world.grade(*models("knows-all"), "--repeats", "1") == 0
    grades = read_jsonl(tmp_path / "grades" / "gates" / "test-knows-all.jsonl", Grade)
    assert all(REFUSAL_CRITERION not in [one.criterion for one in grade.criteria] for grade in grades)
    assert {(grade.unanswerable, grade.refuses) for grade in grades} == {(True, None), (False, "unmet")}


def test_rules_leave_refusals_to_the_judge() -> None:
    """No word of these criteria is a fact that a rule would look for."""
    for criterion in HONEST:
        assert grade_by_rule(criterion, "Who paid for gate 7?", "It was the mayor, in 1907.") is None


def test_a_dataset_without_such_questions_asks_as_before(tmp_path: Path, capsys) -> None:
    """No criterion is added, and nothing is said of refusals."""
    with FakeOpenRouter().thread() as server:
        world = World(tmp_path, server, rows=8)
        assert world.grade(*models("knows-all"), "--repeats", "1") == 0
        assert not any(REFUSAL_CRITERION in json.dumps(body) for body in server.requests)
    assert "without an answer" not in capsys.readouterr().out
    assert world.report()["models"][0]["honesty"] is None


def _grade(number: int, **changes: object) -> Grade:
    fields = {"unanswerable": True, "passed": False, "answer": "The mayor.", "document": f"d{number // 10}"}
    fields["split"] = "eval"
    return Grade(
        id=f"r{number}", model="m", question="Who?", criteria=[], score=None, against="criteria",
        judges=["j"], open_book=False, chunk=f"c{number}", **{**fields, **changes},
    )  # fmt: skip


def test_an_empty_answer_makes_nothing_up() -> None:
    """It says neither that the thing is not stated nor what it would be."""
    grades = [_grade(0), _grade(1, answer=" \n"), _grade(2, passed=True, answer=REFUSAL)]
    found = measure_honesty(grades, lambda grade: grade.chunk)
    assert found is not None and (found.unanswerable, found.made_up, found.silent) == (3, 1, 1)
    (line,) = honesty_lines("m", found)
    assert "it says so for 1 (33%; " in line and line.endswith("makes one up for 1; to 1 it says nothing")


def test_questions_that_were_trained_on_say_nothing_of_honesty() -> None:
    """Neither those of train nor those of a mirror count, with an answer or without one."""
    trained = [_grade(number, split=split, passed=True) for number, split in enumerate(("train", "eval_mirror"))]
    found = measure_honesty([*trained, _grade(2)], lambda grade: grade.chunk)
    assert found is not None and (found.unanswerable, found.made_up) == (1, 1)
    assert measure_honesty(trained, lambda grade: grade.chunk) is None


def test_the_intervals_of_honesty_are_by_documents_as_the_reports_are() -> None:
    """Of six documents each is all honest or not at all: by chunks the interval would be half as wide."""
    grades = [_grade(number, passed=number < 30) for number in range(60)]
    by_document, by_chunk = (
        report.models[0].honesty.admitted
        for report in (
            grade_report("d", grades, None, GapBounds(0.1, 0.2)),
            grade_report("d", [_grade(n, passed=n < 30, document="") for n in range(60)], None, GapBounds(0.1, 0.2)),
        )
    )
    assert by_document.high - by_document.low > 1.8 * (by_chunk.high - by_chunk.low)
