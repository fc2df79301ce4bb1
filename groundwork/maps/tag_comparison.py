"""The Scene of tags: their histogram and their map, of one dataset or of several side by side, and its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from groundwork.console import terminal
from groundwork.console.terminal import openable_path
from groundwork.data_folder.read_write import write_json
from groundwork.dataset.question_vectors import job_encoder
from groundwork.embedding.nearest_neighbours import similarities
from groundwork.embedding.projection import project_vectors
from groundwork.errors import UnitError
from groundwork.maps.draw.map_page import write_tags
from groundwork.maps.draw.png_map import write_map_png
from groundwork.maps.draw.scene import Bar, Cluster, DatasetEntry, Point, Scene
from groundwork.maps.draw.tag_histogram import write_histogram_png
from groundwork.maps.question_map import cluster_map
from groundwork.message_wording import counted
from groundwork.records import Tags
from groundwork.settings.config_schema import Maps
from groundwork.stage_runner.stage_command import Job, Unit
from groundwork.tags.tag_synonyms import count_tags, merge_targets, update_synonyms

MARK_OFFSET = 0.013  # of the map: how far the marks of one tag in several datasets stand from its place
MAX_LISTED_TAGS = 12  # tags of a dataset alone that the terminal shows


def tag_histogram(tag_counts: Mapping[str, Counter[str]], questions: Mapping[str, int], minimum: int) -> list[Bar]:
    """A bar for each tag that `minimum` questions bear over all datasets; the largest mean share first."""
    totals: Counter[str] = sum(tag_counts.values(), Counter())
    tag_bars = [
        Bar(
            label=tag,
            counts={dataset: tag_counts[dataset][tag] for dataset in tag_counts},
            shares={dataset: tag_counts[dataset][tag] / max(1, questions[dataset]) for dataset in tag_counts},
        )
        for tag, tag_count in totals.items()
        if tag_count >= minimum
    ]
    return sorted(tag_bars, key=lambda tag_bar: (-sum(tag_bar.shares.values()), tag_bar.label))


def tags_only_in(tag_bars: Sequence[Bar], datasets: Sequence[str]) -> dict[str, list[str]]:
    """By dataset: the tags that no other dataset has, the most frequent first."""
    return {
        dataset: [
            tag_bar.label
            for tag_bar in sorted(tag_bars, key=lambda tag_bar: (-tag_bar.counts[dataset], tag_bar.label))
            if tag_bar.counts[dataset] and sum(tag_bar.counts.values()) == tag_bar.counts[dataset]
        ]
        for dataset in datasets
    }


def build_tag_scene(
    title: str,
    tag_bars: list[Bar],
    compared_tag_vectors: npt.NDArray[np.float32],
    question_counts: Mapping[str, int],
    settings: Maps,
    encoder: str,
    comparison_notes: list[str],
) -> Scene:
    """The map of tags: a mark for each dataset with the tag, its area the number of questions."""
    names = list(question_counts)
    tag_positions, projection_method = project_vectors(compared_tag_vectors, settings)
    nearest_tags = similarities(compared_tag_vectors, np.zeros(len(compared_tag_vectors), dtype=np.int64), 1)
    projection_method = projection_method.partition(";")[0]
    clusters, cluster_of = _tag_regions(tag_bars, tag_positions, settings.seed)
    users_of = [[name for name in names if tag_bar.counts[name]] for tag_bar in tag_bars]
    bar_of_point = [index for index, users in enumerate(users_of) for _ in users]  # of each point, its bar
    first_point_of = np.searchsorted(bar_of_point, np.arange(len(tag_bars)))  # of each bar, its first point
    points = [
        _tag_point(tag_bars[index], name, position, int(cluster_of[index]), neighbours)
        for index, users in enumerate(users_of)
        for neighbours in [first_point_of[nearest_tags.neighbours[index]].tolist()]
        for name, position in zip(users, _mark_positions(tag_positions[index], len(users)), strict=True)
    ]
    return Scene(
        title=title,
        subtitle=f"{counted(len(tag_bars), 'tag')} of {counted(sum(question_counts.values()), 'question')} · "
        f"{encoder} · {projection_method}",
        kind="tags",
        points=points,
        datasets=[DatasetEntry(name=name, count=question_counts[name], colour=i) for i, name in enumerate(names)],
        clusters=clusters,
        notes=comparison_notes,
        only_in={name: [i for i, index in enumerate(bar_of_point) if users_of[index] == [name]] for name in names},
        missed_by={name: [i for i, index in enumerate(bar_of_point) if name not in users_of[index]] for name in names},
        histogram=tag_bars,
    )


def _tag_point(tag_bar: Bar, dataset: str, position: tuple[float, float], cluster: int, neighbours: list[int]) -> Point:
    """The mark of a dataset at the tag of `tag_bar`."""
    return Point(
        id=f"{dataset}/{tag_bar.label}",
        dataset=dataset,
        x=position[0],
        y=position[1],
        question=tag_bar.label,
        answer=f"{counted(tag_bar.counts[dataset], 'question')}, {tag_bar.shares[dataset]:.1%} of {dataset}",
        tags=[tag_bar.label],
        cluster=cluster,
        weight=tag_bar.counts[dataset],
        neighbours=neighbours,
    )


def _tag_regions(
    tag_bars: Sequence[Bar], tag_positions: npt.NDArray[np.float32], seed: int
) -> tuple[list[Cluster], npt.NDArray[np.int64]]:
    """Regions of the map of tags, each named after the tag that most questions in it bear."""
    bar_labels = [tag_bar.label for tag_bar in tag_bars]
    clusters, cluster_of = cluster_map(tag_positions, bar_labels, [[label] for label in bar_labels], seed)
    named_clusters = []
    for cluster in clusters:
        region_tags = np.flatnonzero(cluster_of == cluster.id).tolist()
        main_bar = max(region_tags, key=lambda bar_index: sum(tag_bars[bar_index].shares.values()))
        x, y = tag_positions[main_bar].tolist()
        named_clusters.append(Cluster(id=cluster.id, label=bar_labels[main_bar], x=x, y=y, count=len(region_tags)))
    return named_clusters, cluster_of


def _mark_positions(position: npt.NDArray[np.float32], marks: int) -> list[tuple[float, float]]:
    """The positions of so many marks around that of a tag; a single mark stands on it."""
    x, y = position.tolist()
    if marks == 1:
        return [(x, y)]
    angles = [np.pi / 2 + 2 * np.pi * mark / marks for mark in range(marks)]
    return [
        (round(x + MARK_OFFSET * float(np.cos(a)), 5), round(y + MARK_OFFSET * float(np.sin(a)), 5)) for a in angles
    ]


async def compare_tags(
    job: Job, title: str, tagged_rows: dict[str, list[Tags]], question_counts: Mapping[str, int], min_count: int
) -> Scene:
    """`tagged_rows`: by dataset its tagged questions; `question_counts`: how many questions each has.

    Raises UnitError where no tag stands at `min_count` questions.
    """
    encoder = job_encoder(job)
    tag_counts_of_all = count_tags([row for tag_rows in tagged_rows.values() for row in tag_rows], {})
    tag_name_vectors = await encoder.aencode([tag.replace("-", " ") for tag in tag_counts_of_all], "query")
    synonyms_file = job.data.path("tags", "synonyms.json")
    tag_synonyms, new_tags = update_synonyms(synonyms_file, tag_counts_of_all, tag_name_vectors)
    target_of = merge_targets(tag_synonyms)
    tagged_counts = {dataset: len(tag_rows) for dataset, tag_rows in tagged_rows.items()}
    tag_counts = {dataset: count_tags(tag_rows, target_of) for dataset, tag_rows in tagged_rows.items()}
    tag_bars = tag_histogram(tag_counts, tagged_counts, min_count)
    if not tag_bars and any(tag_counts.values()):
        raise UnitError(_too_rare(tag_counts, min_count))
    comparison_notes = _synonym_notes(
        job, {tag: target for tag, target in target_of.items() if tag in tag_counts_of_all}, tag_synonyms, new_tags
    )
    comparison_notes = [*tagging_notes(tagged_rows, question_counts), *comparison_notes]
    compared_tag_vectors = await encoder.aencode([tag_bar.label.replace("-", " ") for tag_bar in tag_bars], "query")
    return build_tag_scene(
        title, tag_bars, compared_tag_vectors, tagged_counts, job.config.maps, encoder.name, comparison_notes
    )


def _too_rare(tag_counts: Mapping[str, Counter[str]], least_questions: int) -> str:
    highest_count = max(sum(tag_counts.values(), Counter()).values())
    remedy = f"--min-count {highest_count} or lower"
    return f"no tag has {counted(least_questions, 'question')}; the most frequent has {highest_count:,}: {remedy}"


def tagging_notes(tagged_rows: Mapping[str, Sequence[Tags]], question_counts: Mapping[str, int]) -> list[str]:
    """What a reader must know of the tags: questions without any, and models that differ."""
    untagged = [
        f"{question_counts[dataset] - len(tag_rows):,} of {counted(question_counts[dataset], 'question')} of {dataset}"
        for dataset, tag_rows in tagged_rows.items()
        if len(tag_rows) < question_counts[dataset]
    ]
    tagging_models = {
        dataset: sorted({tagged_row.model or "?" for tagged_row in tag_rows})
        for dataset, tag_rows in tagged_rows.items()
    }
    taggers = "; ".join(f"{dataset} by {', '.join(names)}" for dataset, names in tagging_models.items() if names)
    notes = [f"Left out, for want of tags: {', '.join(untagged)}."] if untagged else []
    if len({model for models in tagging_models.values() for model in models}) > 1:
        notes.append(f"Tagged by several models, to which differences may be due: {taggers}.")
    return notes


def _synonym_notes(job: Job, target_of: dict[str, str], synonyms: dict[str, Any], new_tags: list[str]) -> list[str]:
    synonym_notes = []
    if target_of:
        synonym_notes.append(
            "Taken together: " + ", ".join(f"{tag} into {target}" for tag, target in sorted(target_of.items())) + "."
        )
    if proposed := [f"{tag} into {synonyms[tag].into}" for tag in new_tags if not synonyms[tag].merge]:
        synonyms_file = openable_path(job.data.path("tags", "synonyms.json"))
        synonym_notes.append(f"Proposed, not taken together (decide in {synonyms_file}): {', '.join(proposed)}.")
    return synonym_notes


def write_tag_files(tag_scene: Scene, unit: Unit, shown_tags: int) -> list[str]:
    """Write the unit's files; returns what to warn the reader of."""
    histogram_path, tag_map, numbers, *page = unit.writes
    warnings = write_histogram_png(tag_scene, histogram_path, shown_tags) + write_map_png(tag_scene, tag_map)
    write_json(numbers, _tag_numbers(tag_scene))
    for picture_path in page:
        write_tags(tag_scene, picture_path)
    return warnings


def _tag_numbers(tag_scene: Scene) -> dict[str, object]:
    datasets = [entry.name for entry in tag_scene.datasets]
    return {
        "title": tag_scene.title,
        "questions": {entry.name: entry.count for entry in tag_scene.datasets},
        "notes": tag_scene.notes,
        "tags": tag_scene.histogram,
        "only_in": tags_only_in(tag_scene.histogram, datasets),
        "missed_by": {
            dataset: [tag_bar.label for tag_bar in tag_scene.histogram if not tag_bar.counts[dataset]]
            for dataset in datasets
        },
    }


def tag_lines(tag_numbers: dict[str, Any], shown_tags: int) -> Iterator[str]:
    """The comparison for the terminal, from the written JSON: `shown_tags` tags, and what one dataset alone has."""
    tag_bars = [Bar(**tag_bar) for tag_bar in tag_numbers["tags"][:shown_tags]]
    yield from terminal.table_lines(_tag_table_rows(tag_bars, list(tag_numbers["questions"])))
    yield from (f"  {note}" for note in tag_numbers["notes"])
    for dataset, tags in tag_numbers["only_in"].items():
        suffix = f" and {len(tags) - MAX_LISTED_TAGS:,} more" if len(tags) > MAX_LISTED_TAGS else ""
        yield f"  only in {dataset}: {', '.join(tags[:MAX_LISTED_TAGS]) or 'none'}{suffix}"


def _tag_table_rows(tag_bars: list[Bar], datasets: list[str]) -> list[list[str]]:
    return [
        ["tag", *datasets],
        *(
            [tag_bar.label, *(f"{tag_bar.counts[dataset]:,} ({tag_bar.shares[dataset]:.0%})" for dataset in datasets)]
            for tag_bar in tag_bars
        ),
    ]
