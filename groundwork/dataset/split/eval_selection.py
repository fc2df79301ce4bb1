"""Choose the rows of the eval split, and those of train beside it. Vectors are (n, d) float32 with unit rows.

    clusters     as many rows from every cluster as its share of all rows, and within it those that stand for the rest
    tags         so that each tag has the share in eval that it has in all rows
    category     so that each category has, and within it those that stand for the rest
    difficulty   the same for levels of difficulty
    random       any rows, each as likely as the other
    clone        like clusters; the rows stay in train as well
    second-run   like clusters, drawn from another run; no row of that run goes into train

Three steps make a clustered split: quotas by largest remainder; candidates, seeded at random, those without a
near-duplicate in train first; and of the candidates the ones that bring the mean of eval closest to the mean of all
rows (kernel_herding.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import msgspec
import numpy as np

from groundwork.dataset.split.cluster_quotas import choose_eval_by_clusters, cluster_pool
from groundwork.dataset.split.near_duplicate_twins import FindTwins, twin_finder
from groundwork.embedding.clusters import Elbow
from groundwork.embedding.cosine_threshold import (
    calibrate_by_script,
    calibrate_threshold,
    near_duplicate_thresholds,
    threshold_of,
)
from groundwork.embedding.vector_types import Rows, Vectors
from groundwork.message_wording import counted
from groundwork.records import Difficulty, Row
from groundwork.settings.config_schema import DatasetSettings

Strategy = Literal["clusters", "tags", "category", "difficulty", "random", "clone", "second-run"]
Encode = Callable[[list[str], Literal["query", "document"]], Awaitable[Vectors]]
ThresholdOf = Callable[[str], float]  # the cosine from which another question is a near-duplicate of this one
DIFFICULTY_LEVELS: tuple[Difficulty, ...] = ("easy", "medium", "hard")
STRATA = ("category", "difficulty")  # strategies by which each row counts as one value
TAGS_REMEDY = "run first: uv run visualization/generate_tags.py"


class CannotSplit(Exception):
    """The rows do not allow the split that was asked for; the message says why and what would."""


@dataclass(frozen=True)
class EvalSplit:
    """Rows of the pool, by index: those of `eval` in order, and for each group those that may replace one.

    `labels` holds the cluster of every row of the pool, `groups` what eval is balanced by (None: the
    clusters), `threshold` the cosine of a near-duplicate, `by_script` that of texts in other scripts than Latin.
    """

    eval: list[int]
    labels: Rows
    elbow: Elbow
    threshold: float
    spares: dict[int, list[int]] = field(default_factory=dict)
    groups: Rows | None = None
    by_script: Mapping[str, float] = field(default_factory=dict)

    def threshold_of(self, question: str) -> float:
        """The cosine from which another question is a near-duplicate of this one."""
        return threshold_of(question, self.by_script, self.threshold)

    def group(self, row: int) -> int:
        """The key in `spares` of those that may replace the row."""
        return int((self.labels if self.groups is None else self.groups)[row])


@dataclass(frozen=True)
class EvalPool:
    """The rows that eval is drawn from, by what the choice looks at: `vectors` (n, d), float32 with unit rows.

    `tags`: for strategy tags, those of each row; `strata`: for category and difficulty, what each row counts as;
    `train`: for second-run, the vectors of the rows trained on; `questions`: the texts of the rows; scripts differ
    in what is a near-duplicate.
    """

    vectors: Vectors
    tags: Sequence[Sequence[str]] = ()
    strata: Sequence[str] = ()
    train: Vectors | None = None
    questions: Sequence[str] = ()


def eval_size(pool_count: int, fraction: float, limit: int) -> int:
    """The share `fraction` of `pool_count`, rounded down, or `limit`, whichever is lower; at least 1."""
    return max(1, min(int(pool_count * fraction + 1e-9), limit))


def train_size(pool_rows: Sequence[Row], runs: Sequence[str], eval_settings: DatasetSettings) -> int:
    """How many of `pool_rows` will be in train, before they are phrased more than once."""
    if not eval_settings.eval_split:
        return len(pool_rows)
    if eval_settings.strategy == "second-run":
        return sum(row.run != runs[-1] for row in pool_rows)
    return len(pool_rows) - is_held_out(eval_settings) * eval_size(
        len(pool_rows), eval_settings.eval_fraction, eval_settings.eval_max
    )


def is_held_out(eval_settings: DatasetSettings) -> bool:
    """Whether the rows of eval leave train.

    `auto` keeps train whole: eval is a copy of part of it, except that a random split is held out. The rows of a
    second run were never in train.
    """
    if eval_settings.strategy == "second-run":
        return False
    if eval_settings.train == "auto":
        return eval_settings.strategy == "random"
    return eval_settings.train == "held-out"


def row_strata(pool_rows: Sequence[Row], strategy: str) -> list[str]:
    """What each row counts as for the strategies `category` and `difficulty`.

    Difficulty is the measured one in three levels where every row has one, else the guessed one.
    """
    if strategy == "category":
        return [pool_row.category for pool_row in pool_rows]
    measured_difficulties = [row.measured_difficulty for row in pool_rows if row.measured_difficulty is not None]
    if len(measured_difficulties) == len(pool_rows):
        return [DIFFICULTY_LEVELS[min(2, int(difficulty * 3))] for difficulty in measured_difficulties]
    return [pool_row.difficulty for pool_row in pool_rows]


def choose_eval_by_tags(
    tags: Sequence[Sequence[str]], eval_count: int, random_order: Rows, find_twins: FindTwins
) -> list[int]:
    """Take, again and again, the row that brings eval's tag counts closest to their share, in least squares."""
    tag_numbers = {tag: i for i, tag in enumerate(sorted({row_tag for row in tags for row_tag in row}))}
    if not tag_numbers:
        raise CannotSplit(f"strategy tags needs tags, and no pair has one; {TAGS_REMEDY}")
    tags_of = [np.array(sorted({tag_numbers[tag] for tag in tags[row]}), dtype=np.int64) for row in random_order]
    row_count, row_indices = len(tags_of), np.repeat(np.arange(len(tags_of)), [len(row_tags) for row_tags in tags_of])
    tag_indices = np.concatenate(tags_of)
    missing_tag_counts = np.bincount(tag_indices, minlength=len(tag_numbers)) * (eval_count / len(random_order))
    has_twin = np.array([len(twin_rows) > 0 for twin_rows in find_twins(random_order)])
    twin_penalty = np.where(has_twin, len(tag_numbers) * 1e6, 0.0) + np.bincount(row_indices, minlength=row_count)
    selected_rows: list[int] = []
    for _ in range(eval_count):
        tag_gain = 2 * np.bincount(row_indices, weights=missing_tag_counts[tag_indices], minlength=row_count)
        best_position = int((tag_gain - twin_penalty).argmax())
        selected_rows.append(int(random_order[best_position]))
        twin_penalty[best_position] = np.inf
        missing_tag_counts[tags_of[best_position]] -= 1
    return selected_rows


def select_eval(
    eval_pool: EvalPool,
    size: int,
    *,
    strategy: Strategy = "clusters",
    k: int = 0,
    seed: int = 42,
    held_out: bool = True,
) -> EvalSplit:
    """Choose `size` rows of the pool for eval.

    `held_out`: the chosen rows leave train, so those without a near-duplicate among the other rows are preferred; where
    the pool knows rows trained on, those without one there. `k`: clusters; 0 lets the elbow pick.
    Raises CannotSplit.
    """
    pool_vectors = eval_pool.vectors
    _check_eval_size(len(pool_vectors), size, strategy, held_out, eval_pool.tags)
    elbow_curve, cluster_labels = cluster_pool(pool_vectors, size, k, seed)
    strata = np.asarray(eval_pool.strata, dtype=object).astype(str)
    balance_groups = np.unique(strata, return_inverse=True)[1] if eval_pool.strata else cluster_labels
    random_order = np.random.default_rng(seed).permutation(len(pool_vectors))
    threshold, by_script = _calibrate_pool(eval_pool, seed)
    pool_questions = eval_pool.questions or [""] * len(pool_vectors)
    twin_thresholds = near_duplicate_thresholds(pool_questions, by_script, threshold)
    find_twins = twin_finder(pool_vectors, eval_pool.train, twin_thresholds, held_out)
    if strategy == "random":
        eval_rows = random_order[:size].tolist()
    elif strategy == "tags":
        eval_rows = choose_eval_by_tags(eval_pool.tags, size, random_order, find_twins)
    else:
        eval_rows = choose_eval_by_clusters(balance_groups, size, random_order, find_twins, pool_vectors, seed)
    eval_spares: dict[int, list[int]] = {}
    for pool_row in random_order[~np.isin(random_order, eval_rows)].tolist():
        eval_spares.setdefault(int(balance_groups[pool_row]), []).append(pool_row)
    return EvalSplit(sorted(eval_rows), cluster_labels, elbow_curve, threshold, eval_spares, balance_groups, by_script)


def _calibrate_pool(eval_pool: EvalPool, seed: int) -> tuple[float, dict[str, float]]:
    """The cosine of a near-duplicate among the rows of the pool and those trained on, and that of other scripts."""
    all_vectors = eval_pool.vectors if eval_pool.train is None else np.concatenate([eval_pool.vectors, eval_pool.train])
    threshold = calibrate_threshold(all_vectors, seed)
    return threshold, calibrate_by_script(eval_pool.vectors, eval_pool.questions, threshold, seed)


def _check_eval_size(
    pool_rows: int, eval_rows: int, strategy: Strategy, held_out: bool, tags: Sequence[Sequence[str]]
) -> None:
    if pool_rows == 0:
        raise CannotSplit("there are no pairs to split")
    if held_out and eval_rows >= pool_rows:
        raise CannotSplit(
            f"{counted(pool_rows, 'pair is', 'pairs are')} too few to give {eval_rows} to eval and keep any for train; "
            "generate more"
        )
    if held_out and 2 * eval_rows > pool_rows:
        raise CannotSplit(
            f"eval would hold {eval_rows} of {counted(pool_rows, 'pair')}, more than train; lower --eval-fraction or "
            "--eval-max"
        )
    if eval_rows > pool_rows:
        raise CannotSplit(f"{counted(eval_rows, 'eval row')} asked of {counted(pool_rows, 'pair')}; lower --eval-max")
    if strategy == "tags" and len(tags) != pool_rows:
        raise CannotSplit(f"strategy tags needs the tags of every pair; {TAGS_REMEDY}")


@dataclass(frozen=True)
class EvalDraw:
    """The rows that eval is drawn from, those of another run that are trained on, their vectors, and the choice."""

    pool: list[Row]
    vectors: Vectors
    train_run: list[Row] | None
    train_run_vectors: Vectors | None
    split: EvalSplit
    held_out: bool

    @cached_property
    def train(self) -> list[Row]:
        """The rows of train, each with its cluster where it has one."""
        if self.train_run is not None:
            return self.train_run
        clustered_rows = [
            msgspec.structs.replace(row, cluster=int(cluster))
            for row, cluster in zip(self.pool, self.split.labels, strict=True)
        ]
        return [clustered_rows[i] for i in self._train_indices]

    @cached_property
    def train_vectors(self) -> Vectors:
        if self.train_run_vectors is not None:
            return self.train_run_vectors
        return self.vectors[self._train_indices] if self.held_out else self.vectors

    @property
    def eval_rows(self) -> list[Row]:
        """The rows of eval as they were."""
        eval_labels = self.split.labels
        return [msgspec.structs.replace(self.pool[i], cluster=int(eval_labels[i])) for i in self.split.eval]

    @property
    def _train_indices(self) -> list[int]:
        eval_indices = set(self.split.eval) if self.held_out else set()
        return [i for i in range(len(self.pool)) if i not in eval_indices]


async def draw_eval_split(
    pool_rows: list[Row], runs: Sequence[str], eval_settings: DatasetSettings, encode: Encode
) -> EvalDraw:
    """Draw eval as the settings ask. Raises CannotSplit."""
    is_second_run = eval_settings.strategy == "second-run"
    drawn_pool, train_run = _part_second_run(pool_rows, runs) if is_second_run else (pool_rows, None)
    drawn_questions, held_out = [row.question for row in drawn_pool], is_held_out(eval_settings)
    pool_vectors = await encode(drawn_questions, "query")
    train_run_vectors = None if train_run is None else await encode([row.question for row in train_run], "query")
    drawn_strata = row_strata(drawn_pool, eval_settings.strategy) if eval_settings.strategy in STRATA else ()
    drawn_tags = [row.tags for row in drawn_pool]
    eval_split = select_eval(
        EvalPool(pool_vectors, drawn_tags, drawn_strata, train=train_run_vectors, questions=drawn_questions),
        eval_size(len(drawn_pool), eval_settings.eval_fraction, eval_settings.eval_max),
        strategy=eval_settings.strategy,
        k=eval_settings.clusters,
        seed=eval_settings.seed,
        held_out=held_out,
    )
    return EvalDraw(drawn_pool, pool_vectors, train_run, train_run_vectors, eval_split, held_out)


def _part_second_run(pool_rows: list[Row], runs: Sequence[str]) -> tuple[list[Row], list[Row]]:
    """The rows of the last run, which eval is drawn from, and those of the others. Raises CannotSplit."""
    if len(runs) < 2:
        raise CannotSplit("strategy second-run needs two runs: train on the first, eval from the last")
    drawn_pool, train_run = [r for r in pool_rows if r.run == runs[-1]], [r for r in pool_rows if r.run != runs[-1]]
    if not drawn_pool or not train_run:
        raise CannotSplit(f"{runs[-1] if not drawn_pool else ', '.join(runs[:-1])}: holds no pairs")
    return drawn_pool, train_run
