"""The map of questions, from datasets with their vectors to a Scene: positions, regions and their labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundwork.console.progress_line import ProgressLine
from groundwork.dataset.dataset_argument import source_run
from groundwork.dataset.load_dataset import MIRROR_SPLITS, QuestionRow
from groundwork.embedding.cluster_labels import label_clusters
from groundwork.embedding.clusters import kmeans
from groundwork.embedding.nearest_neighbours import similarities
from groundwork.embedding.projection import Positions, project_vectors, rows_fitted_by_tsne
from groundwork.maps.dataset_diversity import DatasetQuestions, MeasuredDiversity, measure_diversity
from groundwork.maps.density_contours import contours_of_groups
from groundwork.maps.draw.scene import Cluster, DatasetEntry, Point, Scene
from groundwork.message_wording import counted
from groundwork.records import QuestionFields
from groundwork.settings.config_schema import Maps

if TYPE_CHECKING:
    from groundwork.dataset.question_vectors import EmbeddedDataset

Indices = npt.NDArray[np.int64]

QUESTIONS_PER_CLUSTER = 12  # at least, in the mean
LEAST_REGION = 3  # rows that make a region of the map
CLUSTERS_PER_ROOT = 0.75  # clusters of n questions: this times the root of n, 15 of 400
MAX_CLUSTERS = 24  # labels that a map can hold


@dataclass(frozen=True)
class MapGroup:
    """One colour of the map: a dataset, or one split of it, with its rows and vectors (n, d)."""

    name: str
    rows: list[QuestionRow]
    vectors: npt.NDArray[np.float32]
    run: str = ""  # of data/qa, where the rows are one's pairs

    @property
    def chunk_count(self) -> int:
        """How many chunks its questions are about."""
        return len({question_row.chunk for question_row in self.rows if question_row.chunk})


def group_by_dataset(embedded: Sequence[EmbeddedDataset]) -> list[MapGroup]:
    """A group for each dataset, without the rows that its mirror split repeats."""
    return [
        _map_group(e.dataset.name, e, lambda split: split not in MIRROR_SPLITS, source_run(e.dataset.source))
        for e in embedded
    ]


def group_by_split(embedded: EmbeddedDataset) -> list[MapGroup]:
    """A group for each split of a dataset."""
    return [_map_group(split or embedded.dataset.name, embedded, split.__eq__) for split in embedded.dataset.splits]


def _map_group(name: str, embedded: EmbeddedDataset, takes_split: Callable[[str], bool], run: str = "") -> MapGroup:
    """The rows of the splits that `takes_split`."""
    row_indices = [index for index, row in enumerate(embedded.dataset.rows) if takes_split(row.split)]
    question_rows = [embedded.dataset.rows[row_index] for row_index in row_indices]
    return MapGroup(name, question_rows, embedded.vectors[row_indices], run)


def build_scene(
    map_groups: list[MapGroup],
    title: str,
    settings: Maps,
    encoder: str,
    tags: Mapping[str, list[str]] | None = None,
    progress: ProgressLine | None = None,
) -> Scene:
    """The Scene of `map_groups` on one map, all fitted together. `tags`: by question, its tags."""
    progress = progress or ProgressLine("", quiet=True)
    question_rows, vectors, group_of_question = _join_groups(map_groups)
    fitted, of_all = rows_fitted_by_tsne(len(question_rows)), f"of {len(question_rows):,} "
    progress.start_phase(f"laying out {fitted:,} {of_all * (fitted < len(question_rows))}questions")
    map_positions, map_projection = project_vectors(vectors, settings)
    progress.start_phase("comparing")
    progress.start(len(question_rows), "questions compared")
    nearest_questions = similarities(vectors, group_of_question, len(map_groups), settings.seed, progress.advance)
    progress.start_phase("finding regions and counting")
    tags_of = [_tags_of(question_row, tags or {}) for question_row in question_rows]
    documents, texts = [row.document for row in question_rows], [row.question for row in question_rows]
    clusters, cluster_of = cluster_map(map_positions, texts, tags_of, settings.seed)
    chunk_counts = [group.chunk_count for group in map_groups]
    group_names = [group.name for group in map_groups]
    questions = DatasetQuestions(group_names, vectors, group_of_question, chunk_counts, documents, texts)
    measured_diversity = measure_diversity(questions, nearest_questions, encoder, map_projection, settings.seed)
    return Scene(
        title=title,
        subtitle=f"{counted(len(question_rows), 'question')} · {encoder} · {map_projection.partition(';')[0]}",
        points=_build_points(
            question_rows, questions, map_positions, cluster_of, nearest_questions.neighbours, tags_of
        ),
        datasets=[DatasetEntry(name=g.name, count=len(g.rows), colour=i, run=g.run) for i, g in enumerate(map_groups)],
        clusters=clusters,
        contours=contours_of_groups(group_names, map_positions, group_of_question),
        numbers=measured_diversity.numbers,
        notes=_map_notes(measured_diversity, map_projection, nearest_questions.recall),
        only_in=measured_diversity.only_in,
        missed_by=measured_diversity.missed_by,
    )


def cluster_map(
    map_positions: Positions, questions: Sequence[str], tags: Sequence[list[str]], seed: int
) -> tuple[list[Cluster], Indices]:
    """Regions of the map and their names. Found on the map itself, since that is what the eye groups."""
    question_count = len(map_positions)
    k = min(MAX_CLUSTERS, question_count // QUESTIONS_PER_CLUSTER, round(CLUSTERS_PER_ROOT * question_count**0.5))
    if k < 2:
        return [], np.full(question_count, -1)
    cluster_of = _map_regions(map_positions, k, seed)
    cluster_count = int(cluster_of.max()) + 1
    cluster_labels = label_clusters(questions, tags, cluster_of.tolist(), cluster_count)
    clusters = []
    for cluster, cluster_label in enumerate(cluster_labels):
        region_members = map_positions[cluster_of == cluster]
        x, y = np.median(region_members, axis=0).tolist()
        clusters.append(Cluster(id=cluster, label=cluster_label, x=x, y=y, count=len(region_members)))
    return clusters, cluster_of


def _map_regions(map_positions: Positions, k: int, seed: int) -> Indices:
    """The region of each row, of k regions where there are so many: a few rows far from all others are none.

    They take a centre of k-means to themselves, so that it is run again with more; then each goes to the nearest.
    """
    for region_centres in range(k, 2 * k + 2):
        cluster_of = kmeans(map_positions, region_centres, seed)
        region_sizes = np.bincount(cluster_of)
        regions = np.flatnonzero(region_sizes >= LEAST_REGION)
        if len(regions) >= k:
            break
    if len(regions) in (0, len(region_sizes)):
        return cluster_of
    region_means = np.stack([map_positions[cluster_of == region].mean(axis=0) for region in regions])
    centre_distances = np.linalg.norm(map_positions[:, None] - region_means[None], axis=2)
    centre_distances[np.isin(cluster_of, regions)] = np.inf
    nearest_centre = centre_distances.argmin(axis=1)
    return np.where(np.isin(cluster_of, regions), np.searchsorted(regions, cluster_of), nearest_centre)


def _join_groups(map_groups: list[MapGroup]) -> tuple[list[QuestionRow], npt.NDArray[np.float32], Indices]:
    """All rows, their vectors and groups, sorted by the question, so that the map is the same in any order."""
    map_rows = [(row, group_number) for group_number, group in enumerate(map_groups) for row in group.rows]
    nonempty = [group.vectors for group in map_groups if len(group.rows)]
    vectors = np.concatenate(nonempty) if nonempty else np.zeros((0, 1), dtype=np.float32)
    question_sort_keys = [(row.question, map_groups[group_number].name, row.id) for row, group_number in map_rows]
    order = sorted(range(len(map_rows)), key=question_sort_keys.__getitem__)
    map_group_of = np.array([map_rows[index][1] for index in order], dtype=np.int64)
    return [map_rows[index][0] for index in order], vectors[order], map_group_of


def _tags_of(question_row: QuestionRow, tags: Mapping[str, list[str]]) -> list[str]:
    """The question's tags; a reworded one has those of the question that it was."""
    return tags.get(question_row.question) or tags.get(question_row.original_question) or []


def _build_points(
    question_rows: list[QuestionRow],
    questions: DatasetQuestions,
    map_positions: Positions,
    cluster_of: Indices,
    neighbours: Indices,
    tags_of: list[list[str]],
) -> list[Point]:
    map_coordinates = np.round(map_positions.astype(float), 5).tolist()
    datasets = [questions.names[index] for index in questions.dataset_of]
    return [
        Point(
            **{field: getattr(question_row, field) for field in QuestionFields.__struct_fields__},
            dataset=dataset,
            x=x,
            y=y,
            tags=question_tags,
            cluster=cluster,
            neighbours=point_neighbours,
        )
        for question_row, dataset, (x, y), cluster, point_neighbours, question_tags in zip(
            question_rows, datasets, map_coordinates, cluster_of.tolist(), neighbours.tolist(), tags_of, strict=True
        )
    ]


def _map_notes(measured_diversity: MeasuredDiversity, map_projection: str, recall: float) -> list[str]:
    """What a reader must know: the recommendation, and what was left out of so many questions."""
    recall_note = (
        ""
        if recall == 1
        else "Not every question was held against all others, there being so many, but against those of the groups "
        f"nearest to it; of a sample {recall:.0%} have the right nearest question."
    )
    map_projection, _, remedy = map_projection.partition("; ")
    map_notes = (
        measured_diversity.numbers.recommendation,
        f"{map_projection}; {remedy}." if remedy else "",
        recall_note,
    )
    return [note for note in map_notes if note]
