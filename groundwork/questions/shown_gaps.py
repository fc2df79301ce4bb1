"""The gaps that a model is shown: numbered, declined by their numbers, and copied as evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from groundwork.markdown.statements import Statement
from groundwork.questions.pair_drafts import Draft

WISHED_GAPS_NOTE = (
    "This time the list is an order: a reader wants each of these parts asked about. Write a pair about each, and "
    "decline only what the chunk cannot answer."
)
_DECLINED_GAPS_LINE = re.compile(r"\D{0,12}(\d{1,4}(?:\s?[-–,]\s?\d{1,4}){1,99}(?=\s?:)|\d{1,4})\W*(.*)", re.DOTALL)
MAX_SHOWN_GAPS = 60  # shown in one call; the rest follows when these are closed


def first_gaps(gaps: Sequence[Statement], limit: int) -> Sequence[Statement]:
    """At most `limit` of the gaps, and no more than one call shows."""
    return gaps[: min(limit, MAX_SHOWN_GAPS)]


def numbered_gaps(gaps: Sequence[str]) -> list[str]:
    return [f"{number}. {gap}" for number, gap in enumerate(gaps[:MAX_SHOWN_GAPS], 1)]


def read_declined_gaps(declined_in_batch: Sequence[str], shown_gaps: Sequence[Statement]) -> dict[Statement, str]:
    """By gap the reason why it holds nothing worth asking, from "3: reason" or "5-9, 12: reason"; other numbers are
    passed over.
    """
    declined_gap_reasons = {}
    for declined_gap in declined_in_batch:
        if declined_gap_line := _DECLINED_GAPS_LINE.match(declined_gap):
            for gap_number in _listed_gap_numbers(declined_gap_line[1], len(shown_gaps)):
                declined_gap_reasons[shown_gaps[gap_number - 1]] = declined_gap_line[2].strip() or "declined"
    return declined_gap_reasons


def _listed_gap_numbers(gap_list: str, gap_count: int) -> list[int]:
    """The numbers of "5-9, 12" from 1 to `gap_count`."""
    gap_numbers: list[int] = []
    for gap_range in gap_list.split(","):
        first_gap, *last_gap = (int(gap_number) for gap_number in re.findall(r"\d+", gap_range))
        gap_numbers += range(max(first_gap, 1), min(last_gap[0] if last_gap else first_gap, gap_count) + 1)
    return gap_numbers


def restore_gap_evidence(draft: Draft, gaps: Sequence[Statement], chunk_text: str) -> Draft:
    """`draft` with evidence that was copied from the list of gaps, where a row is in words and an item behind its lead,
    turned back into what the chunk says.
    """
    gap_texts = {_normalise_gap_quote(gap.plain_text(chunk_text)): chunk_text[gap.start : gap.end] for gap in gaps}
    return msgspec.structs.replace(
        draft, evidence=[gap_texts.get(_normalise_gap_quote(quote), quote) for quote in draft.evidence]
    )


def _normalise_gap_quote(quote: str) -> str:
    return " ".join(quote.split()).strip(" -.,;")
