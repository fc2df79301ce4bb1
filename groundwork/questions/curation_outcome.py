"""What becomes of a curated pair: kept, or turned down by the first check it failed; a person's decision goes first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from groundwork.errors import UnitError
from groundwork.records import run_pairs
from groundwork.records.run_pairs import Review, turned_down_at_first
from groundwork.records.types import Pair, Rejected


def sorted_out(
    outcomes: Sequence[tuple[Pair, Pair | UnitError]], review: Review
) -> tuple[list[Pair], list[Rejected], list[tuple[Pair, UnitError]]]:
    """(kept, rejected, failed) of pairs with what the checks made of each; a person's decision goes before them."""
    kept, rejected, failed = [], [], []
    for pair, result in outcomes:
        checked = pair if isinstance(result, UnitError) else result
        if (decision := review.of(checked)) and decision.verdict == "reject":
            rejected.append(run_pairs.rejected(checked, decision))
        elif decision:
            kept.append(run_pairs.accepted(msgspec.structs.replace(pair, checks=checked.checks), decision))
        elif isinstance(result, UnitError):
            kept.append(pair)
            failed.append((pair, result))
        elif reason := first_failed(checked):
            rejected.append(turned_down(checked, reason))
        else:
            kept.append(checked)
    return kept, rejected, failed


def restored(folder: Path, documents: Sequence[str], review: Review, present: set[str]) -> list[Pair]:
    """What generation turned down and a person accepted."""
    if not review.verdicts:
        return []
    found = [one for document in documents for one in turned_down_at_first(folder, document)]
    return review.restored(found, present.__contains__)


def first_failed(pair: Pair) -> str:
    """The first check that the pair did not pass, or ""."""
    return next((name for name, column in pair.checks.items() if not column["passed"]), "")


def turned_down(pair: Pair, reason: str) -> Rejected:
    reasons = [column["why"] for column in pair.checks.values() if not column["passed"] and column["why"]]
    return Rejected(
        document=pair.document,
        chunk=pair.chunk,
        iteration=pair.iteration,
        reason=reason,
        detail="; ".join(dict.fromkeys(reasons)),
        pair=msgspec.to_builtins(pair),
    )
