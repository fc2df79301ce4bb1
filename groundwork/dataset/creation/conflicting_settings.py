"""Settings of a dataset that contradict each other, or that have no effect together."""

from __future__ import annotations

from groundwork.dataset.creation.measured_rows import partly_measured_warning
from groundwork.dataset.creation.row_pool import RowPool
from groundwork.dataset.split.eval_selection import is_held_out
from groundwork.settings.config_schema import DatasetSettings


def mirror_conflict(settings: DatasetSettings) -> str:
    """Why these settings allow no `eval_mirror`, which is always a copy of rows of train; "" where they do."""
    if not (settings.eval_split and settings.eval_mirror):
        return ""
    mirror_rule = "--eval-mirror is a verbatim copy of rows of train"
    if settings.strategy == "second-run":
        return f"{mirror_rule}, and the rows of a second run are not in train; leave out one of the two"
    if not is_held_out(settings):
        return ""
    held_out_cause = "--train held-out" if settings.train == "held-out" else "--strategy random"
    return (
        f"{mirror_rule}, and {held_out_cause} takes the rows of eval out of train; leave out one of them, or pass "
        "--train whole"
    )


def conflicting_settings_warnings(settings: DatasetSettings, pool: RowPool) -> list[str]:
    """A sentence on each setting that has no effect beside the others, or on these rows."""
    conflict_warnings, is_by_difficulty = [], settings.eval_split and settings.strategy == "difficulty"
    if settings.leave_out_flipping and not settings.grades:
        conflict_warnings.append("leave_out_flipping needs --grades: without it the judge's verdicts are not known")
    if is_by_difficulty and (partly_measured := partly_measured_warning(pool.rows)):
        conflict_warnings.append(partly_measured)
    if not settings.eval_split and (settings.eval_mirror or settings.rephrase_qa):
        conflict_warnings.append("without an eval split there is nothing to mirror or reword")
    if settings.eval_split and settings.eval_mirror and not settings.rephrase_qa:
        conflict_warnings.append("eval_mirror equals eval, since nothing was reworded; add --rephrase-qa")
    if settings.strategy == "second-run" and settings.train == "held-out":
        conflict_warnings.append(
            "dataset.train held-out has no effect with strategy second-run: its rows were never in train"
        )
    return conflict_warnings
