"""Build a dataset: rows in, splits and their report out, without a file or a network of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from groundwork.dataset.creation.build_inputs import BuildTools
from groundwork.dataset.creation.conflicting_settings import is_held_out
from groundwork.dataset.creation.row_pool import RowPool
from groundwork.dataset.measured_rows import row_strata
from groundwork.dataset.publish.personal_data import scan_rows
from groundwork.dataset.reword import eval_rewording
from groundwork.dataset.reword.eval_rewording import (
    AskRewording,
    CheckRewording,
    EvalRewording,
    Reworded,
    Reworder,
)
from groundwork.dataset.reword.rewording_calls import strategy_faults
from groundwork.dataset.reword.rewording_faults import subject_words
from groundwork.dataset.reword.train_phrasings import EvalBorder, PhrasedRows, is_phrasing, reword_train_rows
from groundwork.dataset.split.eval_selection import CannotSplit, EvalDraw, EvalPool, Vectors, eval_size, select_eval
from groundwork.dataset.split.representativeness import value_shares
from groundwork.dataset.split_report.report_record import (
    ReplacedRow,
    SplitReport,
)
from groundwork.dataset.split_report.split_measures import basic_report, measure_split
from groundwork.embedding.nearest_neighbours import (
    calibrate_by_script,
    calibrate_threshold,
    find_nearest,
    threshold_of,
)
from groundwork.message_wording import counted
from groundwork.records import Row
from groundwork.settings.config_schema import DatasetSettings

STRATA = ("category", "difficulty")

ThresholdOf = Callable[[str], float]  # the cosine from which another question is a near-duplicate of this one


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
    draw = await _draw_split(pool.rows, runs, settings, tools)
    reworded = None
    if tools.ask:
        tools.start_step(f"rewording {counted(len(draw.split.eval), 'row')} of eval")
        reworded = await _reword_draw(draw, tools.ask, settings, tools)
        draw = replace(draw, split=replace(draw.split, eval=list(reworded.rows)))
    splits = {"train": draw.train, "eval": _apply_rewordings(draw.eval_rows, reworded)}
    if settings.eval_mirror:
        splits["eval_mirror"] = draw.eval_rows
    tools.start_step(f"measuring the splits of {counted(len(pool.rows), 'pair')}")
    built = BuiltDataset(splits, await measure_split(draw, reworded, splits, pool, settings, tools))
    if not tools.phrase:
        return built
    border = EvalBorder.of(splits["eval"])
    phrased = await _phrase_rows(draw.train, draw.train_vectors, draw.split.threshold_of, border, settings, tools)
    near_count = await _count_near_copies(splits["eval"], phrased.rows, draw.split.threshold_of, tools)
    return _add_phrasings(built, phrased, settings, near_count)


async def _build_train_alone(pool: RowPool, settings: DatasetSettings, tools: BuildTools) -> BuiltDataset:
    """A dataset without eval."""
    splits = {"train": pool.rows}
    report = basic_report(settings, splits, pool, tools.embedder)
    built = BuiltDataset(splits, msgspec.structs.replace(report, shares=value_shares(pool.rows, [])))
    if not tools.phrase:
        return built
    vectors = await tools.encode([row.question for row in pool.rows], "query")
    overall = calibrate_threshold(vectors, settings.seed)
    by_script = calibrate_by_script(vectors, [row.question for row in pool.rows], overall, settings.seed)
    phrased = await _phrase_rows(
        pool.rows, vectors, lambda text: threshold_of(text, by_script, overall), EvalBorder.of([]), settings, tools
    )
    return _add_phrasings(built, phrased, settings)


async def _reword_draw(
    draw: EvalDraw, ask: AskRewording, settings: DatasetSettings, tools: BuildTools
) -> EvalRewording:
    """The rows of eval in other words. Raises CannotSplit where that succeeds with none of them."""
    check = _rewording_check(draw.pool, draw.vectors, draw.split.threshold_of, settings, tools)
    reworder = Reworder(ask, check, settings.rephrase.tries, tools.judge)
    reworded = await eval_rewording.reword_eval(draw.pool, draw.vectors, draw.split, reworder)
    if not reworded.rows:
        raise CannotSplit(
            "no row could be reworded; set a larger model as dataset.rephrase.model, or a higher "
            f"dataset.rephrase.max_copied. The last reason: {reworded.replaced[-1][1]}"
        )
    return reworded


async def _count_near_copies(
    eval_rows: list[Row], train_rows: list[Row], thresholds: ThresholdOf, tools: BuildTools
) -> int | None:
    """How many questions of eval lie as near to a copy in train as near-duplicates do."""
    copied_questions = [row.question for row in train_rows if is_phrasing(row)]
    if not copied_questions:
        return None
    eval_questions = await tools.encode([row.question for row in eval_rows], "query")
    cosines = find_nearest(eval_questions, await tools.encode(copied_questions, "query"))[1]
    return sum(bool(cosine >= thresholds(row.question)) for cosine, row in zip(cosines, eval_rows, strict=True))


async def _phrase_rows(
    train_rows: list[Row],
    vectors: Vectors,
    thresholds: ThresholdOf,
    border: EvalBorder,
    settings: DatasetSettings,
    tools: BuildTools,
) -> PhrasedRows:
    assert tools.phrase is not None  # noqa: S101  # the caller looked
    tools.start_step(f"rewording {counted(len(train_rows), 'row')} of train")
    check = _rewording_check(train_rows, vectors, thresholds, settings, tools)
    reworder = Reworder(tools.phrase, check, settings.rephrase.tries)
    return await reword_train_rows(train_rows, settings.phrasings, reworder, settings.rephrase.max_copied, border)


def _add_phrasings(
    built: BuiltDataset, phrased: PhrasedRows, settings: DatasetSettings, near_count: int | None = None
) -> BuiltDataset:
    """The dataset with the copies in train; eval was drawn and measured without them."""
    report = msgspec.structs.replace(
        built.report,
        splits={**built.report.splits, "train": len(phrased.rows)},
        phrasings=settings.phrasings,
        copies=phrased.copies,
        near_copies=near_count,
        fewer=[ReplacedRow(row_id, reason) for row_id, reason in phrased.missing],
        personal=[*built.report.personal, *scan_rows([row for row in phrased.rows if is_phrasing(row)])],
    )
    return BuiltDataset({**built.splits, "train": phrased.rows}, report)


def train_size(pool_rows: Sequence[Row], runs: Sequence[str], settings: DatasetSettings) -> int:
    """How many of `pool_rows` will be in train, before they are phrased more than once."""
    if not settings.eval_split:
        return len(pool_rows)
    if settings.strategy == "second-run":
        return sum(row.run != runs[-1] for row in pool_rows)
    return len(pool_rows) - is_held_out(settings) * eval_size(len(pool_rows), settings.eval_fraction, settings.eval_max)


async def _draw_split(
    pool_rows: list[Row], runs: Sequence[str], settings: DatasetSettings, tools: BuildTools
) -> EvalDraw:
    held_out = is_held_out(settings)
    pool, train_run = pool_rows, None
    if settings.strategy == "second-run":
        if len(runs) < 2:
            raise CannotSplit("strategy second-run needs two runs: train on the first, eval from the last")
        pool, train_run = [r for r in pool_rows if r.run == runs[-1]], [r for r in pool_rows if r.run != runs[-1]]
        if not pool or not train_run:
            raise CannotSplit(f"{runs[-1] if not pool else ', '.join(runs[:-1])}: holds no pairs")
    vectors = await tools.encode([row.question for row in pool], "query")
    train_run_vectors = None if train_run is None else await tools.encode([row.question for row in train_run], "query")
    split = select_eval(
        EvalPool(
            vectors,
            tags=[row.tags for row in pool],
            strata=row_strata(pool, settings.strategy) if settings.strategy in STRATA else (),
            train=train_run_vectors,
            questions=[row.question for row in pool],
        ),
        eval_size(len(pool), settings.eval_fraction, settings.eval_max),
        strategy=settings.strategy,
        k=settings.clusters,
        seed=settings.seed,
        held_out=held_out,
    )
    return EvalDraw(pool, vectors, train_run, train_run_vectors, split, held_out)


def _rewording_check(
    pool_rows: Sequence[Row],
    question_vectors: Vectors,
    thresholds: ThresholdOf,
    settings: DatasetSettings,
    tools: BuildTools,
) -> CheckRewording:
    """What a rewording of one of `pool_rows` has to pass: the rules of its text, then its meaning by embeddings."""

    async def check(row_index: int, rewording: Reworded) -> str | None:
        row, call = pool_rows[row_index], settings.rephrase
        keep = subject_words(row, tools.about.of(row.document))
        faults = strategy_faults(row, rewording, call, keep)
        question = (await tools.encode([rewording.question], "query"))[0]
        faults += [
            fault
            for fault in [
                eval_rewording.moved_question_fault(question_vectors, row_index, question, thresholds(row.question))
            ]
            if fault
        ]
        if row.evidence and row.answer != rewording.answer:
            old_vector, new_vector, *sources = await tools.encode(
                [row.answer, rewording.answer, *eval_rewording.answer_sources(row)], "document"
            )
            problem = eval_rewording.unsupported_answer_fault(
                row, rewording.answer, old_vector, new_vector, np.stack(sources)
            )
            faults += [problem] if problem else []
        return " ".join(faults) or None

    return check


def _apply_rewordings(eval_rows: list[Row], reworded: EvalRewording | None) -> list[Row]:
    if reworded is None:
        return eval_rows
    return [
        msgspec.structs.replace(
            row,
            question=rewording.question,
            answer=rewording.answer,
            original_question=row.question,
            original_answer=row.answer,
        )
        for row, rewording in zip(eval_rows, reworded.rows.values(), strict=True)
    ]
