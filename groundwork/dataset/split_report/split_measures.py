"""The report on splits as they are built: how eval lies in the whole, what it repeats of train, what rewording did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec
import numpy as np

from groundwork.dataset.creation.build_tools import BuildTools
from groundwork.dataset.creation.conflicting_settings import conflicting_settings_warnings
from groundwork.dataset.creation.row_pool import RowPool
from groundwork.dataset.publish.personal_data import scan_personal_data
from groundwork.dataset.reword.copied_words import share_kept
from groundwork.dataset.reword.eval_rewording import EvalRewording
from groundwork.dataset.reword.rewording_faults import keeps_answer
from groundwork.dataset.reword.subject_terms import subject_words
from groundwork.dataset.split.eval_leakage import count_leaked_rows, leak_likeness_of_split, measure_leakage
from groundwork.dataset.split.eval_selection import EvalDraw, EvalSplit, is_held_out
from groundwork.dataset.split.mmd_closeness import eval_closeness
from groundwork.dataset.split.topic_representativeness import (
    assess_representativeness,
    count_moved_topics,
    drift_sentence,
)
from groundwork.dataset.split_report.report_schema import (
    ElbowCurve,
    EvalRow,
    ReplacedRow,
    Representativeness,
    SplitReport,
    SplitShare,
)
from groundwork.dataset.split_report.split_map import draw_split_map
from groundwork.embedding.cluster_labels import name_clusters_by_tag_or_centre
from groundwork.embedding.cosine_threshold import random_cosines
from groundwork.embedding.vector_types import Vectors
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
    eval_split, elbow, train_ids = draw.split, draw.split.elbow, {row.id for row in draw.train}
    reworded_vectors = await tools.encode([row.question for row in splits["eval"]], "query") if reworded else None
    measured_eval_rows = _measured_eval_rows(draw, splits["eval"], reworded_vectors, settings.rephrase, tools)
    cluster_shares = _cluster_shares(draw)
    random_cosine = _median_random_cosine(draw.vectors, settings.seed)
    measured_report = _report_with_rewording(
        unmeasured_report(settings, splits, pool, tools.embedder), reworded, measured_eval_rows, eval_split, tools
    )
    measured_verdict = _measure_representativeness(
        draw, cluster_shares, measured_eval_rows, reworded_vectors, random_cosine, empty=measured_report.dropped
    )
    return msgspec.structs.replace(
        measured_report,
        pool=draw.pool[0].run if draw.train_run is not None else "all rows",
        curve=ElbowCurve(elbow.k, elbow.reason, elbow.ks, [round(inertia, 4) for inertia in elbow.inertias]),
        clusters=cluster_shares,
        verdict=measured_verdict,
        mmd=eval_closeness(eval_split, draw.vectors, settings.seed),
        threshold=round(eval_split.threshold, 4),
        by_script={script: round(cosine, 4) for script, cosine in eval_split.by_script.items()},
        random_cosine=random_cosine,
        verbatim_in_train=sum(row.id in train_ids for row in draw.eval_rows),
        leaked_before=sum(bool(row.repeats) for row in measured_eval_rows),
        rows=measured_eval_rows,
        shares=value_shares(draw.pool, eval_split.eval),
        same_answers=sum(row.answer_kept is True for row in measured_eval_rows),
        map=draw_split_map(draw.pool, eval_split, draw.vectors, settings.seed),
    )


def _measured_eval_rows(
    draw: EvalDraw,
    written_rows: list[Row],
    measured_rewordings: Vectors | None,
    rephrase_settings: Rephrase,
    tools: BuildTools,
) -> list[EvalRow]:
    """Each row of eval with its nearest in train and, where eval is reworded, what it keeps of its old wording."""
    measured_rows = measure_leakage(
        draw.pool, draw.split, draw.vectors, draw.train, draw.train_vectors, measured_rewordings
    )
    if measured_rewordings is None:
        return measured_rows
    return [
        _measure_overlap(measured_row, drawn_row, written_row, rephrase_settings, tools.subjects.of(drawn_row.document))
        for measured_row, drawn_row, written_row in zip(measured_rows, draw.eval_rows, written_rows, strict=True)
    ]


def _cluster_shares(draw: EvalDraw) -> list[SplitShare]:
    """The clusters by name, with how many rows of the pool and of eval lie in each."""
    cluster_labels, questions = draw.split.labels, [row.question for row in draw.pool]
    tags = [row.tags for row in draw.pool]
    cluster_names = name_clusters_by_tag_or_centre(questions, tags, cluster_labels, draw.vectors)
    rows_by_cluster = zip(
        cluster_names,
        np.bincount(cluster_labels),
        np.bincount(cluster_labels[draw.split.eval], minlength=len(cluster_names)),
        strict=True,
    )
    return [SplitShare(name, int(pool_rows), int(eval_rows)) for name, pool_rows, eval_rows in rows_by_cluster]


def value_shares(rows: Sequence[Row], eval_rows: Sequence[int]) -> dict[str, list[SplitShare]]:
    """By tag, category, difficulty and document: rows of the pool and of eval, the most frequent value first."""
    measured_columns: dict[str, Callable[[Row], Iterable[str]]] = {
        "tag": lambda row: row.tags,
        "category": lambda row: [row.category],
        "difficulty": lambda row: [row.difficulty],
        "document": lambda row: [row.document],
    }
    shares_by_column = {}
    for column, measured_values in measured_columns.items():
        pool_counts = Counter(value for row in rows for value in measured_values(row))
        eval_counts = Counter(value for i in eval_rows for value in measured_values(rows[i]))
        if pool_counts:
            shares_by_column[column] = [
                SplitShare(value=value, pool=pool_counts[value], eval=eval_counts[value])
                for value in sorted(pool_counts, key=lambda value: (-pool_counts[value], value))
            ]
    return shares_by_column


def _measure_representativeness(
    draw: EvalDraw,
    cluster_shares: Sequence[SplitShare],
    measured_eval_rows: Sequence[EvalRow],
    measured_rewordings: Vectors | None,
    random_cosine: float,
    *,
    empty: int,
) -> Representativeness:
    """Whether eval stands for the whole, and how far its rewordings moved. `empty`: places that none could fill."""
    pool_counts, eval_counts = [share.pool for share in cluster_shares], [share.eval for share in cluster_shares]
    cluster_names = [share.value for share in cluster_shares]
    measured_verdict = assess_representativeness(pool_counts, eval_counts, cluster_names, empty=empty)
    if measured_rewordings is None:
        return measured_verdict
    moved_count = count_moved_topics(draw.split, draw.vectors, measured_rewordings)
    own_cosine = float(np.median([row.own for row in measured_eval_rows if row.own is not None]))
    drift = drift_sentence(moved_count, len(measured_eval_rows), own_cosine, random_cosine)
    return msgspec.structs.replace(measured_verdict, drift=drift)


def _median_random_cosine(vectors: Vectors, seed: int) -> float:
    """The median cosine of two random questions."""
    return round(float(np.median(random_cosines(vectors, seed))), 4) if len(vectors) > 1 else 0.0


def _report_with_rewording(
    measured_report: SplitReport,
    measured_rewording: EvalRewording | None,
    measured_eval_rows: Sequence[EvalRow],
    eval_split: EvalSplit,
    tools: BuildTools,
) -> SplitReport:
    """The report with what came of rewording eval; as it is where eval stays verbatim."""
    if not measured_rewording:
        return measured_report
    return msgspec.structs.replace(
        measured_report,
        leaked_after=count_leaked_rows(measured_eval_rows, leak_likeness_of_split(eval_split)),
        replaced=[ReplacedRow(row_id, reason) for row_id, reason in measured_rewording.replaced],
        dropped=measured_rewording.dropped,
        sent_back=measured_rewording.sent_back if tools.judge_rewordings else None,
        unjudged=measured_rewording.unjudged,
    )


def _measure_overlap(
    measured_row: EvalRow, drawn_row: Row, written_row: Row, rephrase_settings: Rephrase, about: str
) -> EvalRow:
    """The row with how much of the old wording its new question and answer keep."""
    subject = subject_words(drawn_row, about)
    return msgspec.structs.replace(
        measured_row,
        reworded=written_row.question,
        overlap=round(share_kept(drawn_row.question, written_row.question, subject), 3),
        answer_overlap=round(share_kept(drawn_row.answer, written_row.answer, subject), 3),
        answer_kept=keeps_answer(drawn_row, written_row.answer, rephrase_settings.max_copied, subject),
    )


def unmeasured_report(
    settings: DatasetSettings, splits: dict[str, list[Row]], pool: RowPool, embedder: str
) -> SplitReport:
    """The report with what every dataset has."""
    distinct_rows = list({row.id: row for row in pool.rows}.values())
    reworded_rows = [row for row in splits.get("eval", []) if row.original_answer]
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
        personal=scan_personal_data([*distinct_rows, *reworded_rows]),
        invalid=pool.invalid,
        warnings=[*pool.warnings, *conflicting_settings_warnings(settings, pool)],
        map=[],
        reviewed=pool.reviewed,
    )
