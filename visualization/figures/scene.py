"""What a picture is drawn from: the contract between the commands, which fill a Scene, and figures/, which draws it.

A Scene holds everything that the picture shows, already computed; drawing it needs no model and no network.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the parts of a Scene: immutable, all arguments named."""


class Point(Item, frozen=True):
    """One question (or, in a map of tags, one tag of one dataset) at its place on the map."""

    id: str
    dataset: str  # DatasetEntry.name
    x: float
    y: float
    question: str  # in a map of tags: the tag
    split: str = ""
    answer: str = ""
    evaluation_criteria: list[str] = []
    evidence: list[str] = []
    document: str = ""
    chunk: str = ""
    headings: list[str] = []
    pages: list[int] = []
    category: str = ""
    difficulty: str = ""
    tags: list[str] = []
    cluster: int = -1  # Cluster.id; -1: in none
    neighbours: list[int] = []  # up to five indices into Scene.points, nearest first, by cosine of the vectors
    weight: int = 1  # the marker's area; in a map of tags the number of questions


class DatasetEntry(Item, frozen=True):
    """One dataset, or one split of a dataset: a colour and a line of the legend."""

    name: str
    count: int  # rows
    colour: int  # index into the palette, stable for the dataset within a scene


class Cluster(Item, frozen=True):
    """A group of neighbouring questions, the words that tell it from the others, and where its label stands."""

    id: int
    label: str
    x: float
    y: float
    count: int = 0


class Contour(Item, frozen=True):
    """Density contours of one dataset: closed lines of (x, y) in the map's own coordinates, outermost level first."""

    dataset: str
    level: float  # share of the dataset's questions that lies inside, 0..1
    lines: list[list[tuple[float, float]]]


class Bar(Item, frozen=True):
    """One group of the tag histogram: how many questions of each dataset bear the tag, and which share that is."""

    label: str
    counts: dict[str, int]  # by DatasetEntry.name; every dataset is there
    shares: dict[str, float]  # of the dataset's questions, 0..1


class Scene(Item, frozen=True):
    """A map with everything that stands beside it. Indices count from 0 into `points`."""

    title: str
    points: list[Point]
    datasets: list[DatasetEntry]
    kind: Literal["questions", "tags"] = "questions"
    subtitle: str = ""  # such as "touch-rugby · 412 questions · wordllama, t-SNE"
    clusters: list[Cluster] = []
    contours: list[Contour] = []
    numbers: dict[str, Any] = {}  # the JSON file beside the picture
    notes: list[str] = []  # sentences for the reader, such as the answer to "which should I choose"
    only_in: dict[str, list[int]] = {}  # by dataset: its questions that no other dataset asks
    missed_by: dict[str, list[int]] = {}  # by dataset: the others' questions that it does not ask
    histogram: list[Bar] = []  # sorted, the most frequent tag first
