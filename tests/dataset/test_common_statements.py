"""Two runs by different models, held against each other by what they ask about."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from groundwork.__main__ import main
from groundwork.dataset.load_dataset import QuestionRow
from groundwork.dataset.row_comparison import compare_statements
from groundwork.records import Pair
from tests.dataset.rows import pair, write_run

GATES = "The gates of the Orrin tide mill open at 06:30 and close at 18:45."
FEES = "A berth in the basin costs 14 crowns a night in summer."


def row(question: str, answer: str, *evidence: str, document: str = "mill") -> QuestionRow:
    return QuestionRow(id=question, question=question, answer=answer, evidence=[*evidence], document=document)


def test_rows_meet_by_their_statement_and_not_by_their_words() -> None:
    """Other ids and other words; the same sentence of another document is another statement."""
    first = [
        row("When do the gates of the Orrin mill open?", "At 06:30.", GATES),
        row("What does a berth cost?", "14 crowns.", FEES),
    ]
    second = [
        row("At what time do the gates of the mill of Orrin open?", "They open at 06:30.", GATES),
        row("At what time are the gates of the Orrin mill closed?", "At 18:45.", GATES),
        row("What is the price of a berth?", "14 crowns.", FEES, document="harbour"),
    ]
    found = compare_statements(first, second)
    (common,) = found.common
    assert (len(common.a), len(common.b), common.same_question, common.statement) == (1, 2, True, GATES)
    assert [one["document"] for one in found.only_a + found.only_b] == ["mill", "harbour"]
    assert found.by_document() == {"mill": (1, 1, 0), "harbour": (0, 0, 1)}


def test_another_question_about_a_statement_is_said_to_be_another() -> None:
    """Both ask about the sentence, and not the same."""
    first = [row("When do the gates of the Orrin mill open?", "At 06:30.", GATES)]
    second = [row("When are the gates of the Orrin mill closed?", "At 18:45.", GATES)]
    found = compare_statements(first, second)
    assert not found.common[0].same_question and bool(found)
    assert not compare_statements(first, [msgspec.structs.replace(first[0], id="other")])


def test_rows_without_evidence_meet_by_their_wording() -> None:
    """As other people's datasets hold them."""
    found = compare_statements([row("Why is it so?", "x")], [row("why is it  so", "y"), row("How?", "z")])
    assert len(found.common) == 1 and [one["question"] for one in found.only_b] == ["How?"]


def _by_another_model(each: Pair) -> Pair:
    return msgspec.structs.replace(each, id=f"x{each.id}", model="other", question=f"{each.question} <b>")


def test_runs_by_two_models_are_compared_by_statements(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the terminal, as JSON and as a page without markup of the data; --by row asks for the other."""
    pairs = [pair(n) for n in range(4)]
    write_run(tmp_path, "one", pairs[:3])
    others = [_by_another_model(each) for each in pairs[1:]]
    write_run(tmp_path, "two", others)
    page = tmp_path / "diff.html"
    command = ["diff", "one", "two", "--data", str(tmp_path)]
    assert main([*command, "--page", str(page), "--exit-code"]) == 1
    out = capsys.readouterr().out
    assert "one beside two: 2 statements are asked about by both (2 of 3 questions of one, 2 of 3 of two" in out
    assert "only one asks 1, only two 1" in out
    assert "&lt;b&gt;" in page.read_text() and "<b>" not in page.read_text()
    assert main([*command, "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [len(found[key]) for key in ("common", "only_a", "only_b")] == [2, 1, 1]
    assert main([*command, "--by", "row"]) == 0
    assert "came" in capsys.readouterr().out
