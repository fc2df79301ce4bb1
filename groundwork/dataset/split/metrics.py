"""What a split is worth, in numbers: shares, representativeness, leakage, and a map of train and eval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from groundwork.dataset.publish.personal_data import PersonalData
from groundwork.dataset.rows import InvalidRow, Row
from groundwork.dataset.split.eval_selection import Rows, Split, Vectors
from groundwork.dataset.split.herding import bandwidth
from groundwork.dataset.split.representativeness import Representativeness
from groundwork.embedding.clusters import principal_components, single_thread
from groundwork.embedding.nearest_neighbours import find_nearest, random_cosines
from groundwork.questions.duplicates.duplicate_rule import question_of
from groundwork.questions.duplicates.duplicate_search import Likeness, SameQuestions
from groundwork.records.record_base import Record

RANDOM_SPLITS = 500
BLOCK_ROWS = 20_000  # rows whose features are held at once
FEATURE_COUNT = 512  # random features of the kernel behind the MMD
MAP_ROWS = 2_000  # points on the map at the most: eval and a random sample of the rest
PERPLEXITY = 30  # perplexity
LABEL_LENGTH = 60  # characters


class SplitShare(Record, frozen=True):
    """Rows with one value (a tag, a document ...) in the pool and in eval."""

    value: str
    pool: int
    eval: int


class Closeness(Record, frozen=True):
    """A distance between eval and the pool beside that of 500 random splits.

    `percentile`: the share of random splits that lie closer, between 0 (none, the best) and 1.
    """

    eval: float
    random: float  # the median of the random splits
    percentile: float


class Neighbour(Record, frozen=True):
    """The nearest row of train, and the cosine to it."""

    id: str
    cosine: float
    question: str = ""


class EvalRow(Record, frozen=True):
    """Leakage of one eval row. `before`: its question as it was, against train without its own verbatim copy;
    `after`: its question as reworded, against all of train; `own`: as reworded, against itself as it was;
    `repeats`: another question of train that asks what it asks."""

    id: str
    cluster: int
    before: Neighbour | None
    after: Neighbour | None = None
    own: float | None = None
    overlap: float | None = None
    repeats: str = ""
    question: str = ""  # as it was
    reworded: str = ""
    answer_overlap: float | None = None
    answer_kept: bool | None = None  # the reworded answer says it in the old words, all of them or too many


class SplitPoint(Record, frozen=True):
    """A place on the map."""

    id: str
    split: str
    cluster: int
    x: float
    y: float
    question: str


class ElbowCurve(Record, frozen=True):
    """The elbow: inertia by k, the k taken and why."""

    k: int
    reason: str
    ks: list[int]
    inertias: list[float]


class ReplacedRow(Record, frozen=True):
    """A row of which no rewording passed, so that another took its place, or train has fewer wordings of it."""

    id: str
    reason: str


class Mixture(Record, frozen=True):
    """The rows of another dataset in train, and those of it that were left out."""

    dataset: str
    revision: str  # the commit of a dataset of the Hub, or ""
    share: float  # of train's rows, as asked for
    seed: int
    needed: int  # rows that make up the share
    rows: int = 0
    incomplete: int = 0  # without an answer
    in_eval: int = 0  # whose question eval asks, word for word
    near_eval: int = 0  # of those drawn: a near-duplicate of a question of eval
    repeats: int = 0  # whose question train or another row asks, word for word


class Unanswerable(Record, frozen=True):
    """The questions that the documents do not answer, and those that were left out on the way."""

    share: float  # of train's and of eval's rows, as asked for
    needed: int
    train: int
    eval: int
    proposed: int
    asked: int  # that ask what another row asks
    answered: int  # that a passage answers
    unusable: int  # whose reply is missing or has a number of its own


class SplitReport(Record, frozen=True):
    """`report.json` of a dataset."""

    name: str
    strategy: str
    train: str  # "whole" or "held out"
    seed: int
    splits: dict[str, int]
    pool: str  # what eval was drawn from and is measured against
    embedder: str
    curve: ElbowCurve | None
    clusters: list[SplitShare]
    verdict: Representativeness | None
    mmd: Closeness | None
    threshold: float
    random_cosine: float
    verbatim_in_train: int
    leaked_before: int
    leaked_after: int | None
    rows: list[EvalRow]
    shares: dict[str, list[SplitShare]]
    replaced: list[ReplacedRow]
    dropped: int
    same_answers: int  # rows of a reworded eval whose answer keeps the old wording, all of it or too much
    personal: list[PersonalData]
    invalid: list[InvalidRow]
    warnings: list[str]
    map: list[SplitPoint]
    reviewed: list[str] = msgspec.field(default_factory=list)  # what people decided about the pairs, in sentences
    phrasings: int = 1  # wordings asked for of each row of train
    copies: int = 0  # reworded copies in train
    near_copies: int | None = None  # questions of eval from which a copy is a near-duplicate; None: no eval, no copies
    fewer: list[ReplacedRow] = msgspec.field(default_factory=list)  # rows of train with fewer wordings, and why
    mixture: Mixture | None = None  # rows of another dataset in train
    unanswerable: Unanswerable | None = None
    sent_back: int | None = None  # rewordings that the judge turned down at first; None: nobody judged
    unjudged: int = 0  # rewordings that no usable reply was about


class Kernel:
    """A Gaussian kernel, its bandwidth the median distance of random pairs of `vectors`, by random features.

    Inner products of (m, size) features approach the kernel (Rahimi and Recht, "Random Features for Large-Scale
    Kernel Machines", 2007); the distance of the means of two sets' features is their MMD.
    """

    def __init__(self, vectors: Vectors, seed: int, size: int) -> None:
        shape = (vectors.shape[1], size // 2)
        self._frequencies = np.random.default_rng(seed).normal(size=shape) / bandwidth(vectors, seed)
        self._scale = np.float32((2 / size) ** 0.5)

    def features(self, vectors: Vectors) -> Vectors:
        """(m, size) of (m, d) vectors."""
        angles = vectors @ self._frequencies.astype(np.float32)
        return np.concatenate([np.cos(angles), np.sin(angles)], axis=1) * self._scale


def cluster_labels(rows: Sequence[Row], labels: Rows, vectors: Vectors) -> list[str]:
    """For each cluster the tag most particular to it, or else the question nearest to its centre."""
    all_tag_counts = Counter(tag for row in rows for tag in row.tags)
    cluster_names = []
    for cluster in range(int(labels.max()) + 1 if len(labels) else 0):
        members = np.flatnonzero(labels == cluster)
        tag_counts = Counter(tag for i in members.tolist() for tag in rows[i].tags)
        if tag_counts:
            cluster_names.append(max(sorted(tag_counts), key=lambda tag: tag_counts[tag] ** 2 / all_tag_counts[tag]))
        else:
            centre = vectors[members].mean(axis=0)
            cluster_names.append(shorten_text(rows[members[int((vectors[members] @ centre).argmax())]].question))
    return cluster_names


def eval_closeness(split: Split, vectors: Vectors, seed: int) -> Closeness:
    """The MMD of eval against the pool, beside that of 500 random splits of its size."""
    rng = np.random.default_rng(seed + 1)
    size = len(split.eval)
    features = Kernel(vectors, seed + 1, FEATURE_COUNT).features
    blocks = (vectors[start : start + BLOCK_ROWS] for start in range(0, len(vectors), BLOCK_ROWS))
    centre = np.sum([features(block).sum(axis=0, dtype=np.float64) for block in blocks], axis=0) / len(vectors)

    def mmd(rows: NDArray[np.int64]) -> float:
        return float(np.linalg.norm(features(vectors[rows]).mean(axis=0, dtype=np.float64) - centre))

    random = [rng.choice(len(vectors), size, replace=False) for _ in range(RANDOM_SPLITS)]
    return _compare_with_random(mmd, np.array(split.eval), random)


def count_moved_topics(split: Split, vectors: Vectors, reworded: Vectors) -> int:
    """How many reworded questions of eval lie nearer to another topic's centre than they did before."""
    topics = int(split.labels.max()) + 1
    centres = np.stack([vectors[split.labels == topic].mean(axis=0) for topic in range(topics)])
    centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
    before, after = (question_vectors @ centres.T for question_vectors in (vectors[split.eval], reworded))
    return int((before.argmax(axis=1) != after.argmax(axis=1)).sum())


def measure_leakage(
    rows: Sequence[Row],
    split: Split,
    vectors: Vectors,
    train: Sequence[Row],
    train_vectors: Vectors,
    reworded: Vectors | None,
) -> list[EvalRow]:
    """The nearest train neighbour of every eval row, as it was and as reworded, and what repeats it there."""
    train_indices = {row.id: number for number, row in enumerate(train)}
    eval_rows = [rows[i] for i in split.eval]
    own_copies = np.array([train_indices.get(row.id, -1) for row in eval_rows], dtype=np.int64)
    before = _nearest_in_train(vectors[split.eval], train, train_vectors, own_copies)
    repeats = _repeated_questions(
        eval_rows, vectors[split.eval], own_copies.tolist(), train, train_vectors, Likeness(split.threshold)
    )
    after = _nearest_in_train(reworded, train, train_vectors) if reworded is not None else [None] * len(eval_rows)
    return [
        EvalRow(
            id=row.id,
            cluster=int(split.labels[index]),
            before=before[number],
            after=after[number],
            own=round(float(reworded[number] @ vectors[index]), 4) if reworded is not None else None,
            repeats=repeats[number],
            question=row.question,
        )
        for number, (index, row) in enumerate(zip(split.eval, eval_rows, strict=True))
    ]


def _repeated_questions(
    eval_rows: Sequence[Row],
    vectors: Vectors,
    own_copies: Sequence[int],
    train: Sequence[Row],
    train_vectors: Vectors,
    likeness: Likeness,
) -> list[str]:
    """For each chosen row the first question of train, but its own copy, that asks the same, or "".

    `own_copies`: the index of each row's copy in train, or -1.
    """
    train_size, asked_questions = len(train), [question_of(row) for row in train]
    if min(own_copies, default=-1) < 0:  # some are not in train: they stand behind it
        own_copies = range(train_size, train_size + len(eval_rows))
        asked_questions += [question_of(row) for row in eval_rows]
        train_vectors = np.concatenate([train_vectors, vectors])
    same_questions = SameQuestions(asked_questions, train_vectors, likeness, rows=own_copies)
    return [
        next((train[i].question for i in same_questions.of(copy_index) if i < train_size and train[i].id != row.id), "")
        for copy_index, row in zip(own_copies, eval_rows, strict=True)
    ]


def count_leaked(neighbours: Iterable[Neighbour | None], threshold: float) -> int:
    """How many are as near to a question of train as two wordings of one question."""
    return sum(neighbour is not None and neighbour.cosine >= threshold for neighbour in neighbours)


def value_shares(rows: Sequence[Row], eval_rows: Sequence[int]) -> dict[str, list[SplitShare]]:
    """By tag, category, difficulty and document: rows of the pool and of eval, the most frequent value first."""
    values: dict[str, Callable[[Row], Iterable[str]]] = {
        "tag": lambda row: row.tags,
        "category": lambda row: [row.category],
        "difficulty": lambda row: [row.difficulty],
        "document": lambda row: [row.document],
    }
    shares_by_column = {}
    for column, column_values in values.items():
        pool_counts = Counter(value for row in rows for value in column_values(row))
        eval_counts = Counter(value for i in eval_rows for value in column_values(rows[i]))
        if pool_counts:
            shares_by_column[column] = [
                SplitShare(value=value, pool=pool_counts[value], eval=eval_counts[value])
                for value in sorted(pool_counts, key=lambda value: (-pool_counts[value], value))
            ]
    return shares_by_column


def median_random_cosine(vectors: Vectors, seed: int) -> float:
    """The median cosine of two random questions."""
    return round(float(np.median(random_cosines(vectors, seed))), 4) if len(vectors) > 1 else 0.0


def draw_split_map(rows: Sequence[Row], split: Split, vectors: Vectors, seed: int) -> list[SplitPoint]:
    """t-SNE of eval and up to 2,000 other rows, fitted together, coordinates between 0 and 1."""
    rng = np.random.default_rng(seed)
    other_rows = np.setdiff1d(np.arange(len(rows)), split.eval)
    remaining = max(0, MAP_ROWS - len(split.eval))
    if len(other_rows) > remaining:
        other_rows = np.sort(rng.choice(other_rows, remaining, replace=False))
    map_rows = np.sort(np.concatenate([np.array(split.eval, dtype=np.int64), other_rows]))
    eval_rows = set(split.eval)
    return [
        SplitPoint(
            id=rows[i].id,
            split="eval" if i in eval_rows else "train",
            cluster=int(split.labels[i]),
            x=round(float(x), 4),
            y=round(float(y), 4),
            question=shorten_text(rows[i].question, 120),
        )
        for i, (x, y) in zip(map_rows.tolist(), _project(vectors[map_rows], seed), strict=True)
    ]


def shorten_text(text: str, length: int = LABEL_LENGTH) -> str:
    """`text` on one line, cut to `length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def _project(vectors: Vectors, seed: int) -> NDArray[np.float32]:
    """(n, 2) places between 0 and 1: t-SNE, or the principal components of very few rows."""
    reduced = principal_components(vectors, seed=seed)
    coordinates = np.zeros((len(vectors), 2), dtype=np.float32)
    perplexity = min(PERPLEXITY, (len(vectors) - 1) // 3)
    if perplexity >= 2 and reduced.any():
        from sklearn.manifold import TSNE

        with single_thread():
            coordinates = TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(reduced)
    else:
        coordinates[:, : reduced.shape[1]] = reduced[:, :2]
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    positions: NDArray[np.float32] = np.where(high > low, (coordinates - low) / np.maximum(high - low, 1e-9), 0.5)
    return positions


def _compare_with_random(
    distance: Callable[[NDArray[np.int64]], float], eval_rows: NDArray[np.int64], random: Sequence[NDArray[np.int64]]
) -> Closeness:
    own_distance, random_distances = distance(eval_rows), np.array([distance(rows) for rows in random])
    return Closeness(
        eval=round(own_distance, 4),
        random=round(float(np.median(random_distances)), 4),
        percentile=round(float((random_distances < own_distance).mean()), 4),
    )


def _nearest_in_train(
    vectors: Vectors, train: Sequence[Row], train_vectors: Vectors, own_copies: Rows | None = None
) -> list[Neighbour | None]:
    nearest_rows, cosines = find_nearest(vectors, train_vectors, own_copies)
    return [
        Neighbour(id=train[i].id, cosine=round(float(row_cosine), 4), question=train[i].question) if i >= 0 else None
        for i, row_cosine in zip(nearest_rows.tolist(), cosines, strict=True)
    ]
