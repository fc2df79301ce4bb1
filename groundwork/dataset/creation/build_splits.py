"""Build a dataset: rows in, splits and their report out, without a file or a network of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import msgspec
import numpy as np

from groundwork.dataset.creation.conflicting_settings import is_held_out, settings_warnings
from groundwork.dataset.creation.input_files import Subjects
from groundwork.dataset.grade_columns import row_strata
from groundwork.dataset.publish.personal_data import scan_rows
from groundwork.dataset.reword import eval_rewording
from groundwork.dataset.reword.copied_words import share_kept
from groundwork.dataset.reword.eval_rewording import (
    AskRewording,
    CheckRewording,
    EvalRewording,
    JudgeRewordings,
    Reworded,
)
from groundwork.dataset.reword.rewording_calls import strategy_faults
from groundwork.dataset.reword.rewording_faults import keeps_answer, subject_words
from groundwork.dataset.reword.train_phrasings import EvalBorder, PhrasedRows, is_phrasing, reword_train_rows
from groundwork.dataset.rows import Row, RowPool
from groundwork.dataset.split.eval_leakage import count_leaked, measure_leakage, median_random_cosine
from groundwork.dataset.split.eval_selection import CannotSplit, Split, Vectors, eval_size, select_eval
from groundwork.dataset.split.representativeness import (
    assess_representativeness,
    count_moved_topics,
    drift_sentence,
    eval_closeness,
    value_shares,
)
from groundwork.dataset.split.split_map import draw_split_map
from groundwork.dataset.split_report.report_record import (
    ElbowCurve,
    EvalRow,
    ReplacedRow,
    Representativeness,
    SplitReport,
    SplitShare,
)
from groundwork.embedding.cluster_names import name_by_tag_or_centre
from groundwork.embedding.nearest_neighbours import calibrate_threshold, find_nearest
from groundwork.settings.dataset_settings import DatasetSettings, Rephrase

STRATA = ("category", "difficulty")
Encode = Callable[[list[str], Literal["query", "document"]], Awaitable[Vectors]]


@dataclass(frozen=True)
class BuiltDataset:
    """The rows of each split, and the report on them."""

    splits: dict[str, list[Row]]
    report: SplitReport


@dataclass(frozen=True)
class BuildTools:
    """What a build asks others for: vectors, rewordings (`ask` None: eval stays verbatim; `phrase` None: so do the rows
    of train), a judge of eval's, and what the documents are about."""

    encode: Encode
    embedder: str
    ask: AskRewording | None = None
    about: Subjects = field(default_factory=Subjects)
    phrase: AskRewording | None = None
    judge: JudgeRewordings | None = None


@dataclass(frozen=True)
class _EvalDraw:
    """The rows that eval is drawn from, those of another run that are trained on, their vectors, and the choice."""

    pool: list[Row]
    vectors: Vectors
    train_run: list[Row] | None
    train_run_vectors: Vectors | None
    split: Split
    held_out: bool

    @cached_property
    def train(self) -> list[Row]:
        """The rows of train, each with its cluster where it has one."""
        if self.train_run is not None:
            return self.train_run
        rows = [
            msgspec.structs.replace(row, cluster=int(cluster))
            for row, cluster in zip(self.pool, self.split.labels, strict=True)
        ]
        return [rows[i] for i in self._kept_indices]

    @cached_property
    def train_vectors(self) -> Vectors:
        if self.train_run_vectors is not None:
            return self.train_run_vectors
        return self.vectors[self._kept_indices] if self.held_out else self.vectors

    @property
    def eval_rows(self) -> list[Row]:
        """The rows of eval as they were."""
        labels = self.split.labels
        return [msgspec.structs.replace(self.pool[i], cluster=int(labels[i])) for i in self.split.eval]

    @property
    def _kept_indices(self) -> list[int]:
        removed_rows = set(self.split.eval) if self.held_out else set()
        return [i for i in range(len(self.pool)) if i not in removed_rows]


async def build_splits(
    pool: RowPool, runs: Sequence[str], settings: DatasetSettings, tools: BuildTools
) -> BuiltDataset:
    """The splits of `pool`. Raises CannotSplit."""
    if not pool.rows:
        raise CannotSplit("there are no pairs")
    if not settings.eval_split:
        splits = {"train": pool.rows}
        if not tools.phrase:
            return BuiltDataset(splits, _basic_report(settings, splits, pool, tools.embedder))
        vectors = await tools.encode([row.question for row in pool.rows], "query")
        phrased = await _phrase_rows(
            pool.rows, vectors, calibrate_threshold(vectors, settings.seed), EvalBorder.of([]), settings, tools
        )
        return _add_phrasings(
            BuiltDataset(splits, _basic_report(settings, splits, pool, tools.embedder)), phrased, settings
        )
    draw = await _draw_split(pool.rows, runs, settings, tools)
    reworded = None
    if tools.ask:
        check = _rewording_check(draw.pool, draw.vectors, draw.split.threshold, settings, tools)
        reworded = await eval_rewording.reword_eval(
            draw.pool, draw.vectors, draw.split, tools.ask, check, settings.rephrase.tries, tools.judge
        )
        if not reworded.rows:
            raise CannotSplit(
                "no row could be reworded; set a larger model as dataset.rephrase.model, or a higher "
                f"dataset.rephrase.max_copied. The last reason: {reworded.replaced[-1][1]}"
            )
        draw = replace(draw, split=replace(draw.split, eval=list(reworded.rows)))
    splits = {"train": draw.train, "eval": _apply_rewordings(draw.eval_rows, reworded)}
    if settings.eval_mirror:
        splits["eval_mirror"] = draw.eval_rows
    built = BuiltDataset(splits, await _measure_split(draw, reworded, splits, pool, settings, tools))
    if not tools.phrase:
        return built
    border = EvalBorder.of(splits["eval"])
    phrased = await _phrase_rows(draw.train, draw.train_vectors, draw.split.threshold, border, settings, tools)
    near_count = await _count_near_copies(splits["eval"], phrased.rows, draw.split.threshold, tools)
    return _add_phrasings(built, phrased, settings, near_count)


async def _count_near_copies(eval_rows: list[Row], train: list[Row], threshold: float, tools: BuildTools) -> int | None:
    """How many questions of eval lie as near to a copy in train as near-duplicates do."""
    copies = [row.question for row in train if is_phrasing(row)]
    if not copies:
        return None
    questions = await tools.encode([row.question for row in eval_rows], "query")
    return int((find_nearest(questions, await tools.encode(copies, "query"))[1] >= threshold).sum())


async def _phrase_rows(
    rows: list[Row],
    vectors: Vectors,
    threshold: float,
    border: EvalBorder,
    settings: DatasetSettings,
    tools: BuildTools,
) -> PhrasedRows:
    assert tools.phrase is not None  # noqa: S101  # the caller looked
    check, call = _rewording_check(rows, vectors, threshold, settings, tools), settings.rephrase
    return await reword_train_rows(rows, settings.phrasings, tools.phrase, check, call.tries, call.max_copied, border)


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


def train_size(rows: Sequence[Row], runs: Sequence[str], settings: DatasetSettings) -> int:
    """How many of `rows` will be in train, before they are phrased more than once."""
    if not settings.eval_split:
        return len(rows)
    if settings.strategy == "second-run":
        return sum(row.run != runs[-1] for row in rows)
    return len(rows) - is_held_out(settings) * eval_size(len(rows), settings.eval_fraction, settings.eval_max)


async def _draw_split(rows: list[Row], runs: Sequence[str], settings: DatasetSettings, tools: BuildTools) -> _EvalDraw:
    held_out = is_held_out(settings)
    pool, train_run = rows, None
    if settings.strategy == "second-run":
        if len(runs) < 2:
            raise CannotSplit("strategy second-run needs two runs: train on the first, eval from the last")
        pool, train_run = [r for r in rows if r.run == runs[-1]], [r for r in rows if r.run != runs[-1]]
        if not pool or not train_run:
            raise CannotSplit(f"{runs[-1] if not pool else ', '.join(runs[:-1])}: holds no pairs")
    vectors = await tools.encode([row.question for row in pool], "query")
    train_run_vectors = None if train_run is None else await tools.encode([row.question for row in train_run], "query")
    split = select_eval(
        vectors,
        eval_size(len(pool), settings.eval_fraction, settings.eval_max),
        strategy=settings.strategy,
        k=settings.clusters,
        seed=settings.seed,
        held_out=held_out,
        train=train_run_vectors,
        tags=[row.tags for row in pool],
        strata=row_strata(pool, settings.strategy) if settings.strategy in STRATA else (),
    )
    return _EvalDraw(pool, vectors, train_run, train_run_vectors, split, held_out)


def _rewording_check(
    rows: Sequence[Row], vectors: Vectors, threshold: float, settings: DatasetSettings, tools: BuildTools
) -> CheckRewording:
    """What a rewording of one of `rows` has to pass: the rules of its text, then its meaning by embeddings."""

    async def check(index: int, rewording: Reworded) -> str | None:
        row, call = rows[index], settings.rephrase
        keep = subject_words(row, tools.about.of(row.document))
        faults = strategy_faults(row, rewording, call, keep)
        question = (await tools.encode([rewording.question], "query"))[0]
        faults += [
            fault for fault in [eval_rewording.moved_question_fault(vectors, index, question, threshold)] if fault
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


async def _measure_split(
    draw: _EvalDraw,
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
    random = median_random_cosine(draw.vectors, settings.seed)
    report = _with_rewording(_basic_report(settings, splits, pool, tools.embedder), reworded, rows, split, tools)
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
        random_cosine=random,
        verbatim_in_train=sum(row.id in in_train for row in draw.eval_rows),
        leaked_before=sum(bool(row.repeats) for row in rows),
        rows=rows,
        shares=value_shares(draw.pool, split.eval),
        same_answers=sum(row.answer_kept is True for row in rows),
        map=draw_split_map(draw.pool, split, draw.vectors, settings.seed),
    )


def _eval_rows(
    draw: _EvalDraw, written_rows: list[Row], reworded_vectors: Vectors | None, call: Rephrase, tools: BuildTools
) -> list[EvalRow]:
    """Each row of eval with its nearest in train and, where eval is reworded, what it keeps of its old wording."""
    rows = measure_leakage(draw.pool, draw.split, draw.vectors, draw.train, draw.train_vectors, reworded_vectors)
    if reworded_vectors is None:
        return rows
    return [
        _add_overlap(leak_row, original, written, call, tools.about.of(original.document))
        for leak_row, original, written in zip(rows, draw.eval_rows, written_rows, strict=True)
    ]


def _cluster_shares(draw: _EvalDraw) -> list[SplitShare]:
    """The clusters by name, with how many rows of the pool and of eval lie in each."""
    labels, questions = draw.split.labels, [row.question for row in draw.pool]
    names = name_by_tag_or_centre(questions, [row.tags for row in draw.pool], labels, draw.vectors)
    counts = zip(names, np.bincount(labels), np.bincount(labels[draw.split.eval], minlength=len(names)), strict=True)
    return [SplitShare(name, int(pool_rows), int(eval_rows)) for name, pool_rows, eval_rows in counts]


def _assess(
    draw: _EvalDraw,
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
        leaked_after=count_leaked((row.after for row in rows), split.threshold),
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


def _basic_report(settings: DatasetSettings, splits: dict[str, list[Row]], pool: RowPool, embedder: str) -> SplitReport:
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
        personal=scan_rows([*rows, *reworded]),
        invalid=pool.invalid,
        warnings=[*pool.warnings, *settings_warnings(settings, pool)],
        map=[],
        reviewed=pool.reviewed,
    )
