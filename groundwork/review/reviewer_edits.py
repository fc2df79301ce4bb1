"""What a reviewer edits in a pair that is accepted: the texts, trimmed and checked, and the decision that has them."""

from __future__ import annotations

from typing import Any

from groundwork.data_folder.runs.review_decisions import (
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

MAX_EDIT_CHARACTERS = 100_000  # of a text that a reviewer writes


class RequestRefused(GroundworkError):
    """A decision that was not written; `status` is HTTP's."""

    def __init__(self, refusal: str, status: int) -> None:
        super().__init__(refusal)
        self.status = status


def new_decision(pair: Pair, reviewer: str, verdict: DecisionKind, reason: str, edited: dict[str, Any]) -> Decision:
    """The line of a decision made now."""
    return Decision(
        time=utc_now(),
        reviewer=reviewer,
        pair=pair.id,
        document=pair.document,
        question_hash=question_hash(pair),
        verdict=verdict,
        reason=reason.strip()[:MAX_EDIT_CHARACTERS],
        edited=edited,
    )


def trim_edited_texts(edited: dict[str, Any]) -> dict[str, Any]:
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
        if sum(map(len, edited_texts)) > MAX_EDIT_CHARACTERS:
            raise RequestRefused(f"{pair_field}: longer than {MAX_EDIT_CHARACTERS:,} characters", 422)
        trimmed = [edited_text.strip() for edited_text in edited_texts if edited_text.strip()]
        trimmed_fields[pair_field] = trimmed if pair_field == "evaluation_criteria" else "".join(trimmed)
    return trimmed_fields


def accepting_verdict(
    pair: Pair, current_decision: Decision | None, written: dict[str, Any]
) -> tuple[DecisionKind, dict[str, Any]]:
    """(verdict, edited) of accepting a pair as it is shown, or as the reviewer has written it anew."""
    current_edits, edited = edited_fields(pair, {}), edited_fields(pair, written)
    was_edited = current_decision is not None and current_decision.verdict == "edit"
    return "edit" if edited != current_edits or was_edited else "accept", edited


def apply_reviewer_decision(pair: Pair, current_decision: Decision | None) -> Pair:
    """The pair as a reviewer accepted it; as it stands where that is not so."""
    applies = (
        current_decision is not None
        and current_decision.accepts
        and current_decision.question_hash == question_hash(pair)
    )
    return apply_edits(pair, current_decision.edited) if current_decision is not None and applies else pair


def incomplete_pair_reason(pair: Pair, edited: dict[str, Any]) -> str:
    """What a pair that is accepted with these edits lacks, or ""."""
    if not pair.question:
        return "the model gave no question; ask again with generate_qa"
    edited_pair = apply_edits(pair, edited)
    missing_pair_fields = [
        pair_field
        for pair_field, pair_text in (("question", edited_pair.question), ("answer", edited_pair.answer))
        if not pair_text.strip()
    ]
    missing_pair_fields += [] if edited_pair.evaluation_criteria else ["evaluation criterion"]
    return f"it has no {' and no '.join(missing_pair_fields)}; press e to write it" if missing_pair_fields else ""
