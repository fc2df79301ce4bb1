"""Price and time of the models behind the datasets of a comparison, as the journal of replies has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from groundwork.llm.spending import Spending

if TYPE_CHECKING:
    from groundwork.dataset.loading import QuestionRow


def price_note(rows: Iterable[QuestionRow], spent: Sequence[Spending]) -> str:
    """`Price and time of the questions: model-a $2.98 for 1,000 (3.2 s a call), ...`; "" where nothing is known.

    Of each model that wrote some of `rows`, over all of its calls and all of its questions here.
    """
    questions = Counter(row.model for row in rows if row.model)
    parts = [_of(one, questions[one.model]) for one in spent if questions[one.model] and one.calls]
    return f"Price and time of the questions: {'; '.join(parts)}." if parts else ""


def _of(one: Spending, questions: int) -> str:
    price = f"${1_000 * one.cost / questions:,.2f} for 1,000" if one.priced else "no price known"
    unpriced = f", {one.calls - one.priced:,} calls without a price" if 0 < one.priced < one.calls else ""
    seconds = f"{one.seconds / one.calls:.1f} s a call, {one.seconds / questions:.1f} s a question"
    return f"{one.model} {price}{unpriced} ({seconds})"
