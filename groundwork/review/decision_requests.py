"""A reviewer's decision as it is made: what was written is checked, and becomes the line of the file."""

from __future__ import annotations

from typing import Any

from groundwork.data_folder.runs.recorded_decisions import (
    EDITABLE,
    Decision,
    DecisionKind,
    apply_edits,
    edited_fields,
    question_hash,
    utc_now,
)
from groundwork.errors import GroundworkError
from groundwork.records import Pair

MOST_CHARACTERS = 100_000  # of a text that a reviewer writes


class RequestRefused(GroundworkError):
    """A decision that was not written; `status` is HTTP's."""

    def __init__(self, refusal: str, status: int) -> None:
        super().__init__(refusal)
        self.status = status


def decision_of(pair: Pair, reviewer: str, verdict: DecisionKind, reason: str, edited: dict[str, Any]) -> Decision:
    """The line of a decision made now."""
    return Decision(
        time=utc_now(),
        reviewer=reviewer,
        pair=pair.id,
        document=pair.document,
        question_hash=question_hash(pair),
        verdict=verdict,
        reason=reason.strip()[:MOST_CHARACTERS],
        edited=edited,
    )


def trim_edits(edited: dict[str, Any]) -> dict[str, Any]:
    """The texts that a reviewer wrote, trimmed. Raises RequestRefused for other fields and for what is no text."""
    trimmed_fields: dict[str, Any] = {}
    for pair_field, edited_value in edited.items():
        edited_texts = edited_value if pair_field == "evaluation_criteria" else [edited_value]
        if (
            pair_field not in EDITABLE
            or not isinstance(edited_texts, list)
            or not all(isinstance(edited_text, str) for edited_text in edited_texts)
        ):
            raise RequestRefused(f"{pair_field}: cannot be edited so", 422)
        if sum(map(len, edited_texts)) > MOST_CHARACTERS:
            raise RequestRefused(f"{pair_field}: longer than {MOST_CHARACTERS:,} characters", 422)
        trimmed = [edited_text.strip() for edited_text in edited_texts if edited_text.strip()]
        trimmed_fields[pair_field] = trimmed if pair_field == "evaluation_criteria" else "".join(trimmed)
    return trimmed_fields


def acceptance(
    pair: Pair, current_decision: Decision | None, written: dict[str, Any]
) -> tuple[DecisionKind, dict[str, Any]]:
    """(verdict, edited) of accepting a pair as it is shown, or as the reviewer has written it anew."""
    current_edits, edited = edited_fields(pair, {}), edited_fields(pair, written)
    was_edited = current_decision is not None and current_decision.verdict == "edit"
    return "edit" if edited != current_edits or was_edited else "accept", edited


def apply_decision(pair: Pair, current_decision: Decision | None) -> Pair:
    """The pair as a reviewer accepted it; as it stands where that is not so."""
    applies = (
        current_decision is not None
        and current_decision.accepts
        and current_decision.question_hash == question_hash(pair)
    )
    return apply_edits(pair, current_decision.edited) if current_decision is not None and applies else pair


def incomplete_reason(pair: Pair, edited: dict[str, Any]) -> str:
    """What a pair that is accepted with these edits lacks, or ""."""
    if not pair.question:
        return "the model gave no question; ask again with generate_qa"
    final = apply_edits(pair, edited)
    missing_fields = [
        pair_field
        for pair_field, pair_text in (("question", final.question), ("answer", final.answer))
        if not pair_text.strip()
    ]
    missing_fields += [] if final.evaluation_criteria else ["evaluation criterion"]
    return f"it has no {' and no '.join(missing_fields)}; press e to write it" if missing_fields else ""
