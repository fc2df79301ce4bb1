"""The report on splits as they are built: how eval lies in the whole, what it repeats of train, what rewording did."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from groundwork.dataset.creation.build_inputs import BuildTools
from groundwork.dataset.creation.conflicting_settings import conflicting_settings_warnings, is_held_out
from groundwork.dataset.creation.row_pool import RowPool
from groundwork.dataset.publish.personal_data import scan_personal_data
from groundwork.dataset.reword.copied_words import share_kept
from groundwork.dataset.reword.eval_rewording import EvalRewording
from groundwork.dataset.reword.rewording_faults import keeps_answer, subject_words
from groundwork.dataset.split.eval_leakage import (
    count_leaked_rows,
    measure_leakage,
    median_cosine_of_random_questions,
    split_likeness,
)
from groundwork.dataset.split.eval_selection import EvalDraw, Split, Vectors
from groundwork.dataset.split.representativeness import (
    assess_representativeness,
    count_moved_topics,
    drift_sentence,
    eval_closeness,
    value_shares,
)
from groundwork.dataset.split_report.report_record import (
    ElbowCurve,
    EvalRow,
    ReplacedRow,
    Representativeness,
    SplitReport,
    SplitShare,
)
from groundwork.dataset.split_report.split_map import draw_split_map
from groundwork.embedding.clusters import name_clusters_by_tag_or_centre
from groundwork.records import Row
from groundwork.settings.config_schema import DatasetSettings, Rephrase


async def measure_split(
    draw: EvalDraw,
    reworded: EvalRewording | None,
    splits: dict[str, list[Row]],
    pool: RowPool,
    settings: DatasetSettings,
    tools: BuildTools,
) -> SplitReport:
    """The report with everything that only a split has."""
    split, in_train = draw.split, {row.id for row in draw.train}
    reworded_vectors = await tools.encode([row.question for row in splits["eval"]], "query") if reworded else None
    rows = _eval_rows(draw, splits["eval"], reworded_vectors, settings.rephrase, tools)
    clusters = _cluster_shares(draw)
    random = median_cosine_of_random_questions(draw.vectors, settings.seed)
    report = _with_rewording(basic_report(settings, splits, pool, tools.embedder), reworded, rows, split, tools)
    return msgspec.structs.replace(
        report,
        pool=draw.pool[0].run if draw.train_run is not None else "all rows",
        curve=ElbowCurve(
            split.elbow.k, split.elbow.reason, split.elbow.ks, [round(i, 4) for i in split.elbow.inertias]
        ),
        clusters=clusters,
        verdict=_assess(draw, clusters, rows, reworded_vectors, random, empty=report.dropped),
        mmd=eval_closeness(split, draw.vectors, settings.seed),
        threshold=round(split.threshold, 4),
        by_script={script: round(cosine, 4) for script, cosine in split.by_script.items()},
        random_cosine=random,
        verbatim_in_train=sum(row.id in in_train for row in draw.eval_rows),
        leaked_before=sum(bool(row.repeats) for row in rows),
        rows=rows,
        shares=value_shares(draw.pool, split.eval),
        same_answers=sum(row.answer_kept is True for row in rows),
        map=draw_split_map(draw.pool, split, draw.vectors, settings.seed),
    )


def _eval_rows(
    draw: EvalDraw, written_rows: list[Row], reworded_vectors: Vectors | None, call: Rephrase, tools: BuildTools
) -> list[EvalRow]:
    """Each row of eval with its nearest in train and, where eval is reworded, what it keeps of its old wording."""
    rows = measure_leakage(draw.pool, draw.split, draw.vectors, draw.train, draw.train_vectors, reworded_vectors)
    if reworded_vectors is None:
        return rows
    return [
        _add_overlap(leak_row, original, written, call, tools.about.of(original.document))
        for leak_row, original, written in zip(rows, draw.eval_rows, written_rows, strict=True)
    ]


def _cluster_shares(draw: EvalDraw) -> list[SplitShare]:
    """The clusters by name, with how many rows of the pool and of eval lie in each."""
    labels, questions = draw.split.labels, [row.question for row in draw.pool]
    names = name_clusters_by_tag_or_centre(questions, [row.tags for row in draw.pool], labels, draw.vectors)
    counts = zip(names, np.bincount(labels), np.bincount(labels[draw.split.eval], minlength=len(names)), strict=True)
    return [SplitShare(name, int(pool_rows), int(eval_rows)) for name, pool_rows, eval_rows in counts]


def _assess(
    draw: EvalDraw,
    clusters: Sequence[SplitShare],
    rows: Sequence[EvalRow],
    reworded_vectors: Vectors | None,
    random: float,
    *,
    empty: int,
) -> Representativeness:
    """Whether eval stands for the whole, and how far its rewordings moved. `empty`: places that none could fill."""
    verdict = assess_representativeness(
        [share.pool for share in clusters],
        [share.eval for share in clusters],
        [share.value for share in clusters],
        empty=empty,
    )
    if reworded_vectors is None:
        return verdict
    moved_count = count_moved_topics(draw.split, draw.vectors, reworded_vectors)
    own_cosine = float(np.median([row.own for row in rows if row.own is not None]))
    return msgspec.structs.replace(verdict, drift=drift_sentence(moved_count, len(rows), own_cosine, random))


def _with_rewording(
    report: SplitReport, reworded: EvalRewording | None, rows: Sequence[EvalRow], split: Split, tools: BuildTools
) -> SplitReport:
    """The report with what came of rewording eval; as it is where eval stays verbatim."""
    if not reworded:
        return report
    return msgspec.structs.replace(
        report,
        leaked_after=count_leaked_rows(rows, split_likeness(split)),
        replaced=[ReplacedRow(row_id, reason) for row_id, reason in reworded.replaced],
        dropped=reworded.dropped,
        sent_back=reworded.sent_back if tools.judge else None,
        unjudged=reworded.unjudged,
    )


def _add_overlap(row: EvalRow, original: Row, reworded: Row, call: Rephrase, about: str) -> EvalRow:
    """The row with how much of the old wording its new question and answer keep."""
    keep = subject_words(original, about)
    return msgspec.structs.replace(
        row,
        reworded=reworded.question,
        overlap=round(share_kept(original.question, reworded.question, keep), 3),
        answer_overlap=round(share_kept(original.answer, reworded.answer, keep), 3),
        answer_kept=keeps_answer(original, reworded.answer, call.max_copied, keep),
    )


def basic_report(settings: DatasetSettings, splits: dict[str, list[Row]], pool: RowPool, embedder: str) -> SplitReport:
    """The report with what every dataset has."""
    rows = list({row.id: row for row in pool.rows}.values())
    reworded = [row for row in splits.get("eval", []) if row.original_answer]
    return SplitReport(
        name=settings.name,
        strategy=settings.strategy,
        train="held out" if settings.eval_split and is_held_out(settings) else "whole",
        seed=settings.seed,
        splits={split: len(split_rows) for split, split_rows in splits.items()},
        pool="all rows",
        embedder=embedder,
        curve=None,
        clusters=[],
        verdict=None,
        mmd=None,
        threshold=0.0,
        random_cosine=0.0,
        verbatim_in_train=0,
        leaked_before=0,
        leaked_after=None,
        rows=[],
        shares={},
        replaced=[],
        dropped=0,
        same_answers=0,
        personal=scan_personal_data([*rows, *reworded]),
        invalid=pool.invalid,
        warnings=[*pool.warnings, *conflicting_settings_warnings(settings, pool)],
        map=[],
        reviewed=pool.reviewed,
    )
