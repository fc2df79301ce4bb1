"""Numbers of tables in millions, and of cells that list digits."""

from __future__ import annotations

import pytest

from groundwork.markdown.grounding import SourceText
from groundwork.questions.calculated_numbers import unsupported_numbers
from groundwork.questions.criteria_faults import unsupported_criterion_numbers
from tests.stages.curate_run import pair_of

TABLE = "| In millions of CHF | 2026 | 2025 |\n| --- | --- | --- |\n| Boats | 9373 | 8589 |\n| Oars | 372 | 101 |\n"
ROWS = ["| Boats | 9373 | 8589 |", "| Oars | 372 | 101 |"]


@pytest.mark.parametrize(
    ("answer", "is_right"),
    [
        ("By CHF 784 million: 9373 − 8589.", True),
        ("By CHF 271 million: CHF 372 million − CHF 101 million.", True),
        ("CHF 9373 million.", True),
        ("By CHF 785 million: 9373 − 8589.", False),
        ("By CHF 784 billion: 9373 − 8589.", False),
    ],
)
def test_a_difference_in_a_table_of_millions_has_its_scale(answer: str, is_right: bool) -> None:
    pair = pair_of(1, question="By how much did sales grow?", answer=answer, evidence=ROWS)
    assert (unsupported_numbers(SourceText(TABLE, "en"), pair) == []) is is_right


def test_a_criterion_may_name_the_scale_that_the_answer_leaves_out() -> None:
    pair = pair_of(1, answer="7351 − 73 = 7278", evaluation_criteria=["States CHF 7278 million", "States 12 million"])
    assert unsupported_criterion_numbers(pair) == ["12000000"]


def test_digits_of_a_cell_may_be_a_list() -> None:
    source = SourceText("| Version |\n| --- |\n| 1,2 |\n", "de")
    assert source.ungrounded_facts("Die Versionen 1 und 2.") == []
    assert source.ungrounded_facts("Die Versionen 1 und 3.") == ["the number 3 is not in the text"]
