"""From datasets with their vectors to the Scene of a map: places, neighbours, clusters, contours and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundwork.console.progress import Progress
from groundwork.dataset.dataset_sources import MIRRORS, QuestionRow, run_of
from groundwork.embedding.clusters import kmeans
from groundwork.embedding.nearest_neighbours import similarities
from groundwork.maps.cluster_names import name_groups
from groundwork.maps.dataset_diversity import Measured, measure
from groundwork.maps.density_contours import contours
from groundwork.maps.draw.scene import Cluster, Contour, DatasetEntry, Point, Scene
from groundwork.maps.projection import Places, laid_out, project
from groundwork.records.question_fields import QuestionFields
from groundwork.settings.dataset_settings import Maps

if TYPE_CHECKING:
    from groundwork.dataset.question_vectors import Embedded

Indices = npt.NDArray[np.int64]

QUESTIONS_A_CLUSTER = 12  # at least, in the mean
CLUSTERS_A_ROOT = 0.75  # clusters of n questions: this times the root of n, 15 of 400
MOST_CLUSTERS = 24  # labels that a map can hold


@dataclass(frozen=True)
class Group:
    """One colour of the map: a dataset, or one split of it, with its rows and vectors (n, d)."""

    name: str
    rows: list[QuestionRow]
    vectors: npt.NDArray[np.float32]
    run: str = ""  # of data/qa, where the rows are one's pairs


def by_dataset(embedded: Sequence[Embedded]) -> list[Group]:
    """A group for each dataset, without the rows that its mirror split repeats."""
    groups = []
    for one in embedded:
        kept = [index for index, row in enumerate(one.dataset.rows) if row.split not in MIRRORS]
        rows = [one.dataset.rows[index] for index in kept]
        groups.append(Group(one.dataset.name, rows, one.vectors[kept], run_of(one.dataset.source)))
    return groups


def by_split(one: Embedded) -> list[Group]:
    """A group for each split of a dataset."""
    groups = []
    for split in one.dataset.splits:
        kept = [index for index, row in enumerate(one.dataset.rows) if row.split == split]
        groups.append(Group(split or one.dataset.name, [one.dataset.rows[i] for i in kept], one.vectors[kept]))
    return groups


def scene_of(
    groups: list[Group],
    title: str,
    settings: Maps,
    encoder: str,
    tags: Mapping[str, list[str]] | None = None,
    progress: Progress | None = None,
) -> Scene:
    """The Scene of `groups` on one map, all fitted together. `tags`: by question, its tags."""
    progress = progress or Progress("", quiet=True)
    rows, vectors, group_of = _joined(groups)
    few = laid_out(len(rows))
    progress.start_phase(f"laying out {few:,} {f'of {len(rows):,} ' if few < len(rows) else ''}questions")
    places, how = project(vectors, settings)
    progress.start_phase("comparing")
    progress.start(len(rows), "questions compared")
    found = similarities(vectors, group_of, len(groups), settings.seed, progress.advance)
    progress.start_phase("finding regions and counting")
    tags_of = [_tags_of(row, tags or {}) for row in rows]
    clusters, cluster_of = cluster_map(places, [row.question for row in rows], tags_of, settings.seed)
    chunks = [len({row.chunk for row in group.rows if row.chunk}) for group in groups]
    names = [group.name for group in groups]
    measured = measure(names, vectors, group_of, chunks, found, encoder, how, settings.seed)
    return Scene(
        title=title,
        subtitle=f"{len(rows):,} questions · {encoder} · {how.partition(';')[0]}",
        points=_points(rows, names, group_of, places, cluster_of, found.neighbours, tags_of),
        datasets=[DatasetEntry(name=g.name, count=len(g.rows), colour=i, run=g.run) for i, g in enumerate(groups)],
        clusters=clusters,
        contours=_contours(names, places, group_of),
        numbers=measured.numbers,
        notes=_notes(measured, how, found.found),
        only_in=measured.only_in,
        missed_by=measured.missed_by,
    )


def _contours(names: Sequence[str], places: Places, group_of: Indices) -> list[Contour]:
    """Those of each group and, where there are several, those of all together under the name ""."""
    union = contours("", places) if len(names) > 1 else []
    return [*union, *(line for i, name in enumerate(names) for line in contours(name, places[group_of == i]))]


def cluster_map(
    places: Places, questions: Sequence[str], tags: Sequence[list[str]], seed: int
) -> tuple[list[Cluster], Indices]:
    """Regions of the map and their names. Found on the map itself, since that is what the eye groups."""
    rows = len(places)
    wanted = min(MOST_CLUSTERS, rows // QUESTIONS_A_CLUSTER, round(CLUSTERS_A_ROOT * rows**0.5))
    if wanted < 2:
        return [], np.full(rows, -1)
    cluster_of = kmeans(places, wanted, seed)
    count = int(cluster_of.max()) + 1
    labels = name_groups(questions, tags, cluster_of.tolist(), count)
    clusters = []
    for number, label in enumerate(labels):
        members = places[cluster_of == number]
        x, y = np.median(members, axis=0).tolist()
        clusters.append(Cluster(id=number, label=label, x=x, y=y, count=len(members)))
    return clusters, cluster_of


def _joined(groups: list[Group]) -> tuple[list[QuestionRow], npt.NDArray[np.float32], Indices]:
    """All rows, their vectors and groups, sorted by the question, so that the map is the same in any order."""
    rows = [(row, number) for number, group in enumerate(groups) for row in group.rows]
    filled = [group.vectors for group in groups if len(group.rows)]
    vectors = np.concatenate(filled) if filled else np.zeros((0, 1), dtype=np.float32)
    keys = [(row.question, groups[number].name, row.id) for row, number in rows]
    order = sorted(range(len(rows)), key=keys.__getitem__)
    group_of = np.array([rows[index][1] for index in order], dtype=np.int64)
    return [rows[index][0] for index in order], vectors[order], group_of


def _tags_of(row: QuestionRow, tags: Mapping[str, list[str]]) -> list[str]:
    """The question's tags; a reworded one has those of the question that it was."""
    return tags.get(row.question) or tags.get(row.original_question) or []


def _points(
    rows: list[QuestionRow],
    names: list[str],
    group_of: Indices,
    places: Places,
    cluster_of: Indices,
    neighbours: Indices,
    tags_of: list[list[str]],
) -> list[Point]:
    spots = np.round(places.astype(float), 5).tolist()
    return [
        Point(
            **{name: getattr(row, name) for name in QuestionFields.__struct_fields__},
            dataset=names[group],
            x=x,
            y=y,
            tags=own,
            cluster=cluster,
            neighbours=near,
        )
        for row, group, (x, y), cluster, near, own in zip(
            rows, group_of.tolist(), spots, cluster_of.tolist(), neighbours.tolist(), tags_of, strict=True
        )
    ]


def _notes(measured: Measured, how: str, found: float) -> list[str]:
    """What a reader must know: the recommendation, and what was left out of so many questions."""
    short = (
        ""
        if found == 1
        else "Not every question was held against all others, there being so many, but against those of the groups "
        f"nearest to it; of a sample {found:.0%} have the right nearest question."
    )
    how, _, remedy = how.partition("; ")
    return [note for note in (measured.numbers.recommendation, f"{how}; {remedy}." if remedy else "", short) if note]
