"""Price and time of the models of a comparison, from the journal."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from groundwork.dataset.load_dataset import QuestionRow
from groundwork.llm.calls.costs_and_budget import read_spending
from groundwork.llm.reply_journal import Journal, StoredReply
from groundwork.maps.dataset_recommendation import choose_dataset, price_note
from tests.maps.scenes import numbers


def keep(journal: Journal, model: str, cost: float | None, seconds: float, stage: str = "generate_qa") -> None:
    row = StoredReply(
        body=b"", usable=True, model=model, stage=stage, unit="d", input_tokens=1, output_tokens=1, cached_tokens=0,
        cost=cost, seconds=seconds,
    )  # fmt: skip
    journal.store(f"{model}{cost}{seconds}{stage}", row)


def test_price_and_time_are_those_of_the_questions(tmp_path: Path) -> None:
    """Calls of other stages and models do not count; calls without a price are told apart, none is no price."""
    journal = Journal(tmp_path / "journal.db")
    for cost, seconds in ((0.01, 2.0), (0.03, 4.0), (None, 3.0)):
        keep(journal, "a/dear", cost, seconds)
    keep(journal, "b/own", None, 9.0)
    keep(journal, "a/dear", 5.0, 99.0, stage="curate")
    keep(journal, "c/absent", 1.0, 1.0)
    journal.close()
    rows = [QuestionRow(id=str(n), question="q", model="a/dear" if n < 20 else "b/own") for n in range(23)]
    assert price_note(rows, read_spending(tmp_path / "journal.db", "generate_qa")) == (
        "Price and time of the questions: "
        "a/dear $2.00 for 1,000, 1 call without a price (3.0 s a call, 0.5 s a question); "
        "b/own no price known (9.0 s a call, 3.0 s a question)."
    )


def test_without_a_journal_nothing_is_said(tmp_path: Path) -> None:
    """No journal, or a damaged one, is no price."""
    (tmp_path / "damaged.db").write_bytes(b"no database" * 100)
    assert read_spending(tmp_path / "none.db", "generate_qa") == []
    assert read_spending(tmp_path / "damaged.db", "generate_qa") == []
    assert price_note([QuestionRow(id="1", question="q", model="m")], []) == ""


def test_what_merging_adds_is_said_of_the_dataset_that_is_advised() -> None:
    """Where variety decides, what the varied one lacks counts, and not what that of the wider reach lacks."""
    wide, varied = numbers(["wide", "varied"], 80).datasets
    rows = [wide, msgspec.structs.replace(varied, diversity_at_equal_n=60.0)]
    draws = np.array([[0.8, 0.8], [0.9, 0.8]])
    per_topic = np.array([[1.0, 1, 1, 0], [1, 1, 0, 1]])
    choice = choose_dataset(rows, draws, per_topic, 40, np.eye(2))
    assert "wide leads in only" in choice.recommendation and "take varied for its variety" in choice.recommendation
    assert choice.recommendation.endswith(
        " Taken whole, wide reaches more: 90% with its 40 questions. Merging adds 1 topic that varied lacks."
    )
