"""The Scene that a map is drawn from: the commands of maps/ fill it, and maps/draw/ draws it.

A Scene holds everything that the picture shows, already computed; drawing it needs no model and no network.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from groundwork.records import QuestionFields


class SceneStruct(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the parts of a Scene: immutable, all arguments named."""


class Point(QuestionFields, frozen=True, kw_only=True):
    """One question (or, in a map of tags, one tag of one dataset) at its place on the map."""

    dataset: str  # DatasetEntry.name
    x: float
    y: float
    tags: list[str] = msgspec.field(default_factory=list)
    cluster: int = -1  # Cluster.id; -1: in none
    # up to five indices into Scene.points, nearest first, by cosine of the vectors
    neighbours: list[int] = msgspec.field(default_factory=list)
    weight: int = 1  # the marker's area; in a map of tags the number of questions


class DatasetEntry(SceneStruct, frozen=True):
    """One dataset, or one split of a dataset: a colour and a line of the legend."""

    name: str
    count: int  # rows
    colour: int  # index into the palette, stable for the dataset within a scene
    run: str = ""  # the run of data/qa whose pairs these are


class Cluster(SceneStruct, frozen=True):
    """A group of neighbouring questions, the words that tell it from the others, and where its label stands."""

    id: int
    label: str
    x: float
    y: float
    count: int = 0


class Contour(SceneStruct, frozen=True):
    """Density contours of one dataset, or of all together (""): closed lines of (x, y) in the map's own coordinates,
    outermost level first.
    """

    dataset: str
    level: float  # share of the dataset's questions that lies inside, 0..1
    lines: list[list[tuple[float, float]]]


class Bar(SceneStruct, frozen=True):
    """One group of the tag histogram: how many questions of each dataset bear the tag, and which share that is."""

    label: str
    counts: dict[str, int]  # by DatasetEntry.name; every dataset is there
    shares: dict[str, float]  # of the dataset's questions, 0..1


class DatasetNumbers(SceneStruct, frozen=True):
    """The figures of one dataset. Shares lie between 0 and 1."""

    name: str
    questions: int
    chunks: int  # distinct chunks that were asked about; 0: unknown
    mean_per_chunk: float | None
    redundancy: float  # share of the questions that nearly repeat an earlier one of the same dataset
    diversity: float  # Vendi score of all its questions: how many different questions they amount to
    diversity_at_equal_n: float  # the same for equally many questions of every dataset (Numbers.equal_n)
    reach: float  # share of the union's topics that it reaches with equal_n questions
    reach_interval: tuple[float, float]  # 95 % bootstrap interval of `reach`
    reach_of_all: float  # share of the union's topics that all of its questions reach
    curve: list[tuple[int, float]]  # (number of questions, reach), rising
    only_here: int  # questions that no other dataset asks
    missed: int  # topics of the union that it does not reach at all


class Numbers(SceneStruct, frozen=True):
    """What the pictures cannot say exactly; the JSON file beside them."""

    encoder: str
    projection: str
    near_duplicate: float  # cosine from which two questions are one
    same_subject: float  # cosine from which two questions are of one topic
    also_asked: float  # cosine from which a question of another dataset asks about the same
    equal_n: int  # questions drawn from every dataset for a fair comparison: those of the smallest
    topics: int  # of the union of all datasets
    datasets: list[DatasetNumbers]
    overlap: list[list[float]]  # share of the row's questions of which the column's dataset asks about the same
    best: str = ""  # the dataset to choose; "": they cannot be told apart, or there is only one
    certainty: float | None = None  # share of bootstrap draws in which `best` leads
    recommendation: str = ""  # the answer to "which should I choose", with its figures and its uncertainty

    def without_choice(self) -> Numbers:
        """The same of splits, of which none is to be chosen."""
        return msgspec.structs.replace(self, best="", certainty=None, recommendation="")


class Scene(SceneStruct, frozen=True):
    """A map with everything that stands beside it. Indices count from 0 into `points`."""

    title: str
    points: list[Point]
    datasets: list[DatasetEntry]
    kind: Literal["questions", "tags"] = "questions"
    compares: Literal["datasets", "splits"] = "datasets"  # what `datasets` are: of splits none is to be chosen
    parts: str = ""  # what splits of another kind are called, such as "Pass rate"
    subtitle: str = ""  # such as "touch-rugby · 412 questions · wordllama, t-SNE"
    clusters: list[Cluster] = []
    contours: list[Contour] = []
    numbers: Numbers | None = None
    notes: list[str] = []  # sentences for the reader, such as the answer to "which should I choose"
    only_in: dict[str, list[int]] = {}  # by dataset: its questions that no other dataset asks
    missed_by: dict[str, list[int]] = {}  # by dataset: the others' questions that it does not ask
    histogram: list[Bar] = []  # sorted, the most frequent tag first
