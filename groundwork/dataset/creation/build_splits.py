"""Build a dataset: rows in, splits and their report out, without a file or a network of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from groundwork.dataset.creation.build_inputs import BuildTools
from groundwork.dataset.creation.row_pool import RowPool
from groundwork.dataset.publish.personal_data import scan_personal_data
from groundwork.dataset.reword.eval_rewording import AskRewording, EvalRewording, Reworder, reword_eval, rewording_check
from groundwork.dataset.reword.train_phrasings import EvalBorder, PhrasedRows, is_phrasing, reword_train_rows
from groundwork.dataset.split.eval_selection import CannotSplit, EvalDraw, ThresholdOf, draw_eval_split
from groundwork.dataset.split.representativeness import value_shares
from groundwork.dataset.split_report.report_record import ReplacedRow, SplitReport
from groundwork.dataset.split_report.split_measures import measure_split, unmeasured_report
from groundwork.embedding.nearest_neighbours import (
    Vectors,
    calibrate_by_script,
    calibrate_threshold,
    find_nearest,
    threshold_of,
)
from groundwork.message_wording import counted
from groundwork.records import Row
from groundwork.settings.config_schema import DatasetSettings


@dataclass(frozen=True)
class BuiltDataset:
    """The rows of each split, and the report on them."""

    splits: dict[str, list[Row]]
    report: SplitReport


async def build_splits(
    pool: RowPool, runs: Sequence[str], settings: DatasetSettings, tools: BuildTools
) -> BuiltDataset:
    """The splits of `pool`. Raises CannotSplit."""
    if not pool.rows:
        raise CannotSplit("there are no pairs")
    if not settings.eval_split:
        return await _build_train_alone(pool, settings, tools)
    tools.start_step(f"splitting {counted(len(pool.rows), 'pair')}")
    eval_draw = await draw_eval_split(pool.rows, runs, settings, tools.encode)
    reworded_eval = None
    if tools.ask_rewordings:
        tools.start_step(f"rewording {counted(len(eval_draw.split.eval), 'row')} of eval")
        reworded_eval = await _reword_drawn_eval(eval_draw, tools.ask_rewordings, settings, tools)
        eval_draw = replace(eval_draw, split=replace(eval_draw.split, eval=list(reworded_eval.rows)))
    splits = {
        "train": eval_draw.train,
        "eval": reworded_eval.reworded_rows(eval_draw.eval_rows) if reworded_eval else eval_draw.eval_rows,
    }
    if settings.eval_mirror:
        splits["eval_mirror"] = eval_draw.eval_rows
    tools.start_step(f"measuring the splits of {counted(len(pool.rows), 'pair')}")
    built_splits = BuiltDataset(splits, await measure_split(eval_draw, reworded_eval, splits, pool, settings, tools))
    if not tools.ask_phrasings:
        return built_splits
    eval_border = EvalBorder.of(splits["eval"])
    phrased_rows = await _phrase_train_rows(
        eval_draw.train, eval_draw.train_vectors, eval_draw.split.threshold_of, eval_border, settings, tools
    )
    near_copy_count = await _count_near_copies(splits["eval"], phrased_rows.rows, eval_draw.split.threshold_of, tools)
    return _add_phrasings(built_splits, phrased_rows, settings, near_copy_count)


async def _build_train_alone(pool: RowPool, settings: DatasetSettings, tools: BuildTools) -> BuiltDataset:
    """A dataset without eval."""
    splits = {"train": pool.rows}
    train_report = unmeasured_report(settings, splits, pool, tools.embedder)
    built_train = BuiltDataset(splits, msgspec.structs.replace(train_report, shares=value_shares(pool.rows, [])))
    if not tools.ask_phrasings:
        return built_train
    pool_vectors = await tools.encode([row.question for row in pool.rows], "query")
    overall_threshold = calibrate_threshold(pool_vectors, settings.seed)
    thresholds_by_script = calibrate_by_script(
        pool_vectors, [row.question for row in pool.rows], overall_threshold, settings.seed
    )
    phrased = await _phrase_train_rows(
        pool.rows,
        pool_vectors,
        lambda text: threshold_of(text, thresholds_by_script, overall_threshold),
        EvalBorder.of([]),
        settings,
        tools,
    )
    return _add_phrasings(built_train, phrased, settings)


async def _reword_drawn_eval(
    eval_draw: EvalDraw, ask: AskRewording, settings: DatasetSettings, tools: BuildTools
) -> EvalRewording:
    """The rows of eval in other words. Raises CannotSplit where that succeeds with none of them."""
    check_rewording = rewording_check(
        eval_draw.pool, eval_draw.vectors, eval_draw.split.threshold_of, settings.rephrase, tools.subjects, tools.encode
    )
    reworder = Reworder(ask, check_rewording, settings.rephrase.tries, tools.judge_rewordings)
    reworded_eval = await reword_eval(eval_draw.pool, eval_draw.vectors, eval_draw.split, reworder)
    if not reworded_eval.rows:
        raise CannotSplit(
            "no row could be reworded; set a larger model as dataset.rephrase.model, or a higher "
            f"dataset.rephrase.max_copied. The last reason: {reworded_eval.replaced[-1][1]}"
        )
    return reworded_eval


async def _count_near_copies(
    eval_rows: list[Row], train_rows: list[Row], thresholds: ThresholdOf, tools: BuildTools
) -> int | None:
    """How many questions of eval lie as near to a copy in train as near-duplicates do."""
    train_copies = [row.question for row in train_rows if is_phrasing(row)]
    if not train_copies:
        return None
    eval_vectors = await tools.encode([row.question for row in eval_rows], "query")
    copy_cosines = find_nearest(eval_vectors, await tools.encode(train_copies, "query"))[1]
    return sum(bool(cosine >= thresholds(row.question)) for cosine, row in zip(copy_cosines, eval_rows, strict=True))


async def _phrase_train_rows(
    train_rows: list[Row],
    train_vectors: Vectors,
    thresholds: ThresholdOf,
    eval_border: EvalBorder,
    settings: DatasetSettings,
    tools: BuildTools,
) -> PhrasedRows:
    assert tools.ask_phrasings is not None  # noqa: S101  # the caller looked
    tools.start_step(f"rewording {counted(len(train_rows), 'row')} of train")
    check_phrasing = rewording_check(
        train_rows, train_vectors, thresholds, settings.rephrase, tools.subjects, tools.encode
    )
    phrasing_reworder = Reworder(tools.ask_phrasings, check_phrasing, settings.rephrase.tries)
    return await reword_train_rows(
        train_rows, settings.phrasings, phrasing_reworder, settings.rephrase.max_copied, eval_border
    )


def _add_phrasings(
    built: BuiltDataset, phrased_rows: PhrasedRows, settings: DatasetSettings, near_copy_count: int | None = None
) -> BuiltDataset:
    """The dataset with the copies in train; eval was drawn and measured without them."""
    phrased_report = msgspec.structs.replace(
        built.report,
        splits={**built.report.splits, "train": len(phrased_rows.rows)},
        phrasings=settings.phrasings,
        copies=phrased_rows.copies,
        near_copies=near_copy_count,
        fewer=[ReplacedRow(row_id, reason) for row_id, reason in phrased_rows.missing],
        personal=[*built.report.personal, *scan_personal_data([row for row in phrased_rows.rows if is_phrasing(row)])],
    )
    return BuiltDataset({**built.splits, "train": phrased_rows.rows}, phrased_report)
