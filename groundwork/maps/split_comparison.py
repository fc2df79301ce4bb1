"""The Scene of one dataset's splits: whether eval stands for the whole, and what it repeats of train."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from groundwork.console.progress_line import ProgressLine
from groundwork.dataset.load_dataset import MIRROR_SPLITS, QuestionRow
from groundwork.dataset.split.topic_representativeness import assess_representativeness
from groundwork.dataset.split_report.descriptive_sentences import describe_repeats, describe_verbatim_copies
from groundwork.dataset.split_report.report_schema import Representativeness, SplitReport
from groundwork.embedding.cosine_threshold import calibrate_by_script, near_duplicate_thresholds
from groundwork.embedding.nearest_neighbours import find_nearest
from groundwork.maps.draw.scene import Bar, Point, Scene
from groundwork.maps.question_map import MapGroup, build_scene, group_by_split
from groundwork.maps.tag_comparison import tag_histogram
from groundwork.message_wording import counted
from groundwork.settings.config_schema import Maps

if TYPE_CHECKING:
    from groundwork.dataset.question_vectors import EmbeddedDataset

SPLIT_WEIGHT = 4  # area of a point of eval beside one of train
MIN_TAGGED_SHARE = 0.9  # share of a split's questions that must bear tags for the splits to be compared by them
COPY_ID = re.compile(r"~\d+$")  # ends the id of a reworded copy in train


def build_split_scene(
    embedded: EmbeddedDataset,
    settings: Maps,
    encoder: str,
    tags: Mapping[str, list[str]] | None = None,
    progress: ProgressLine | None = None,
    report: SplitReport | None = None,
) -> Scene:
    """The splits of one dataset on one map: the smaller ones stand out, the notes judge them, tags compare them.

    `report`: the dataset's own, whose verdict and repeats of eval stand here as well.
    """
    split_groups = group_by_split(embedded)
    split_scene = build_scene(split_groups, embedded.dataset.name, settings, encoder, tags, progress)
    assert split_scene.numbers is not None  # noqa: S101  # build_scene always measures
    train = max(split_groups, key=lambda group: len(group.rows))
    compared_splits = [g for g in split_groups if g is not train and g.rows and g.name not in MIRROR_SPLITS]
    split_notes = [
        *_describe_representativeness(split_groups, train, compared_splits, split_scene, report),
        *_describe_repetitions(train, compared_splits, split_scene.numbers.near_duplicate, encoder, report),
    ]
    return msgspec.structs.replace(
        split_scene,
        compares="splits",
        points=_emphasize_splits(split_scene.points, {group.name for group in compared_splits}),
        numbers=split_scene.numbers.without_choice(),
        notes=[*split_notes, *split_scene.notes[bool(split_scene.numbers.recommendation) :]],
        only_in={},
        missed_by={
            name: _drop_mirrors(split_scene, rows)
            for name, rows in split_scene.missed_by.items()
            if name not in MIRROR_SPLITS
        },
        histogram=_split_histogram(split_scene),
    )


def _emphasize_splits(points: list[Point], splits: set[str]) -> list[Point]:
    return [
        msgspec.structs.replace(point, weight=SPLIT_WEIGHT) if point.dataset in splits else point for point in points
    ]


def _describe_representativeness(
    groups: Sequence[MapGroup], train: MapGroup, splits: Sequence[MapGroup], scene: Scene, report: SplitReport | None
) -> list[str]:
    """For each of `splits` whether it stands for the whole; of eval as the dataset's own report says it."""
    representativeness_sentences = []
    for split in splits:
        reported_measures = report.verdict if report and split.name == "eval" else None
        if verdict := reported_measures or assess_split(groups, train, split, scene):
            representativeness_sentences += [line for line in (verdict.sentence, verdict.drift) if line]
    return representativeness_sentences


def assess_split(
    split_groups: Sequence[MapGroup], train: MapGroup, split: MapGroup, split_scene: Scene
) -> Representativeness | None:
    """Whether `split` stands for the whole, by the rows as they were before rewording.

    By the topics that the dataset was drawn from, where its rows bear them, else by the regions of the map; None
    where there are neither.
    """
    pool_rows, split_rows = _rows_before_rewording(split_groups, train, split)
    if pool_rows and all(pool_row.cluster >= 0 for pool_row in pool_rows):
        topic_names = [f"topic {number}" for number in range(max(row.cluster for row in pool_rows) + 1)]
        topic_counts = _topic_counts(pool_rows, split_rows, lambda row: row.cluster, len(topic_names))
        return assess_representativeness(*topic_counts, topic_names, split=split.name)
    if len(split_scene.clusters) < 2 or not split_rows:
        return None
    regions = {(point.split, point.id): point.cluster for point in split_scene.points}
    region_names = _number_duplicates([cluster.label for cluster in split_scene.clusters])
    topic_counts = _topic_counts(pool_rows, split_rows, lambda row: regions[row.split, row.id], len(region_names))
    return assess_representativeness(*topic_counts, region_names, split=split.name, topic_noun="regions of the map")


def _rows_before_rewording(
    split_groups: Sequence[MapGroup], train: MapGroup, split: MapGroup
) -> tuple[list[QuestionRow], list[QuestionRow]]:
    """Those of train and `split`, and those of `split` alone, as train or a mirror has them."""
    mirrors = [split_group for split_group in split_groups if split_group.name in MIRROR_SPLITS]
    train_rows = {question_row.id: question_row for question_row in train.rows if not COPY_ID.search(question_row.id)}
    known_rows = train_rows | {row.id: row for split_group in mirrors for row in split_group.rows}
    split_rows = [known_rows.get(question_row.id, question_row) for question_row in split.rows]
    return list((train_rows | {question_row.id: question_row for question_row in split_rows}).values()), split_rows


def _topic_counts(
    pool: Sequence[QuestionRow], split_rows: Sequence[QuestionRow], topic: Callable[[QuestionRow], int], topics: int
) -> tuple[list[int], list[int]]:
    """Rows of all and of the split by topic."""
    topic_counts = [
        np.bincount([topic(question_row) for question_row in rows], minlength=topics).tolist()
        for rows in (pool, split_rows)
    ]
    return topic_counts[0], topic_counts[1]


def _number_duplicates(names: list[str]) -> list[str]:
    """The names, each once: a name that was there before gets its number."""
    return [name if names.index(name) == number else f"{name} ({number})" for number, name in enumerate(names)]


def _describe_repetitions(
    train: MapGroup, compared_splits: Sequence[MapGroup], threshold: float, encoder: str, report: SplitReport | None
) -> Iterator[str]:
    for split in compared_splits:
        nearness = f"cosine {threshold:.2f} or more by {encoder}"
        repeats = describe_repeats(report) if report and split.name == "eval" else ""
        yield from _describe_repetition(train, split, threshold, nearness, repeats)


def _describe_repetition(train: MapGroup, split: MapGroup, threshold: float, nearness: str, repeats: str) -> list[str]:
    """Rows that stand in train by design, and questions that repeat another one of train.

    `repeats`: that sentence of the dataset's report, by what answers the questions. Where there is none, `nearness` is
    named: rows of other datasets hold no evidence, and their wording alone tells less.
    """
    own_copies = _own_copies(train, split)
    _, cosines = find_nearest(split.vectors, train.vectors, own_copies)
    by_script = calibrate_by_script(train.vectors, [row.question for row in train.rows], threshold)
    thresholds = near_duplicate_thresholds((row.question for row in split.rows), by_script, threshold)
    copied_from_train, repeated_from_train = int((own_copies >= 0).sum()), int((cosines >= thresholds).sum())
    split_size = len(split.rows)
    repeats = repeats or (
        f"{repeated_from_train:,} of {counted(split_size, 'question')} of {split.name} are worded nearly like "
        f"{'another' if copied_from_train else 'one'} of {train.name} ({nearness})."
    )
    if not copied_from_train:
        return [repeats]
    return [describe_verbatim_copies(copied_from_train, split_size, split.name, train.name), repeats]


def _own_copies(train: MapGroup, split: MapGroup) -> npt.NDArray[np.int64]:
    """For each row of the split the index of the row of train that it is, as it was before rewording, or -1."""
    train_row_indices = {(row.id, row.question): index for index, row in enumerate(train.rows)}
    return np.array(
        [
            max(
                train_row_indices.get((question_row.id, question_text), -1)
                for question_text in (question_row.question, question_row.original_question)
            )
            for question_row in split.rows
        ],
        dtype=np.int64,
    )


def _drop_mirrors(scene: Scene, point_indices: list[int]) -> list[int]:
    """Without the points of mirrors, which repeat what is there."""
    return [point_index for point_index in point_indices if scene.points[point_index].dataset not in MIRROR_SPLITS]


def _split_histogram(split_scene: Scene) -> list[Bar]:
    """The tag histogram of the splits; empty where a split lacks tags, since nothing could be compared."""
    tag_counts = {entry.name: Counter[str]() for entry in split_scene.datasets}
    tagged_questions: Counter[str] = Counter()
    for point in split_scene.points:
        tag_counts[point.dataset].update(set(point.tags))
        tagged_questions[point.dataset] += bool(point.tags)
    split_sizes = {entry.name: entry.count for entry in split_scene.datasets}
    if any(tagged_questions[name] < MIN_TAGGED_SHARE * split_size for name, split_size in split_sizes.items()):
        return []
    return tag_histogram(tag_counts, split_sizes, 1)
