"""The Scene of tags: their histogram and their map, of one dataset or of several side by side, and its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from groundwork.console import terminal
from groundwork.console.stage_command import Job, Unit
from groundwork.console.terminal import openable_path
from groundwork.counted_nouns import counted
from groundwork.data_folder.read_write import write_json
from groundwork.dataset.question_vectors import job_encoder
from groundwork.embedding.nearest_neighbours import similarities
from groundwork.embedding.projection import project_vectors
from groundwork.errors import UnitError
from groundwork.maps.draw.html_map import write_tags
from groundwork.maps.draw.png_charts import write_histogram_png
from groundwork.maps.draw.png_map import write_map_png
from groundwork.maps.draw.scene import Bar, Cluster, DatasetEntry, Point, Scene
from groundwork.maps.question_map import cluster_map
from groundwork.records.pair_record import Tags
from groundwork.settings.embedding_and_map_settings import Maps
from groundwork.tags.tag_files import count_tags
from groundwork.tags.vocabulary_and_synonyms import merge_targets, update_synonyms

MARK_OFFSET = 0.013  # of the map: how far the marks of one tag in several datasets stand from its place
MAX_LISTED_TAGS = 12  # tags of a dataset alone that the terminal shows


def tag_histogram(counts: Mapping[str, Counter[str]], questions: Mapping[str, int], minimum: int) -> list[Bar]:
    """A bar for each tag that `minimum` questions bear over all datasets; the largest mean share first."""
    totals: Counter[str] = sum(counts.values(), Counter())
    bars = [
        Bar(
            label=tag,
            counts={name: counts[name][tag] for name in counts},
            shares={name: counts[name][tag] / max(1, questions[name]) for name in counts},
        )
        for tag, tag_count in totals.items()
        if tag_count >= minimum
    ]
    return sorted(bars, key=lambda bar: (-sum(bar.shares.values()), bar.label))


def tags_only_in(bars: Sequence[Bar], names: Sequence[str]) -> dict[str, list[str]]:
    """By dataset: the tags that no other dataset has, the most frequent first."""
    return {
        name: [
            bar.label
            for bar in sorted(bars, key=lambda bar: (-bar.counts[name], bar.label))
            if bar.counts[name] and sum(bar.counts.values()) == bar.counts[name]
        ]
        for name in names
    }


def build_tag_scene(
    title: str,
    bars: list[Bar],
    vectors: npt.NDArray[np.float32],
    questions: Mapping[str, int],
    settings: Maps,
    encoder: str,
    notes: list[str],
) -> Scene:
    """The map of tags: a mark for each dataset with the tag, its area the number of questions. `vectors`: of `bars`."""
    names = list(questions)
    positions, method = project_vectors(vectors, settings)
    similar = similarities(vectors, np.zeros(len(vectors), dtype=np.int64), 1)
    method = method.partition(";")[0]
    clusters, cluster_of = _tag_regions(bars, positions, settings.seed)
    users_of = [[name for name in names if bar.counts[name]] for bar in bars]
    bar_of_point = [index for index, users in enumerate(users_of) for _ in users]  # of each point, its bar
    first_point_of = np.searchsorted(bar_of_point, np.arange(len(bars)))  # of each bar, its first point
    points = [
        _tag_point(bars[index], name, position, int(cluster_of[index]), neighbours)
        for index, users in enumerate(users_of)
        for neighbours in [first_point_of[similar.neighbours[index]].tolist()]
        for name, position in zip(users, _mark_positions(positions[index], len(users)), strict=True)
    ]
    return Scene(
        title=title,
        subtitle=f"{counted(len(bars), 'tag')} of {counted(sum(questions.values()), 'question')} · {encoder} · "
        f"{method}",
        kind="tags",
        points=points,
        datasets=[DatasetEntry(name=name, count=questions[name], colour=i) for i, name in enumerate(names)],
        clusters=clusters,
        notes=notes,
        only_in={name: [i for i, index in enumerate(bar_of_point) if users_of[index] == [name]] for name in names},
        missed_by={name: [i for i, index in enumerate(bar_of_point) if name not in users_of[index]] for name in names},
        histogram=bars,
    )


def _tag_point(bar: Bar, dataset: str, position: tuple[float, float], cluster: int, neighbours: list[int]) -> Point:
    """The mark of a dataset at the tag of `bar`."""
    return Point(
        id=f"{dataset}/{bar.label}",
        dataset=dataset,
        x=position[0],
        y=position[1],
        question=bar.label,
        answer=f"{counted(bar.counts[dataset], 'question')}, {bar.shares[dataset]:.1%} of {dataset}",
        tags=[bar.label],
        cluster=cluster,
        weight=bar.counts[dataset],
        neighbours=neighbours,
    )


def _tag_regions(
    bars: Sequence[Bar], positions: npt.NDArray[np.float32], seed: int
) -> tuple[list[Cluster], npt.NDArray[np.int64]]:
    """Regions of the map of tags, each named after the tag that most questions in it bear."""
    labels = [bar.label for bar in bars]
    clusters, cluster_of = cluster_map(positions, labels, [[label] for label in labels], seed)
    named_clusters = []
    for cluster in clusters:
        members = np.flatnonzero(cluster_of == cluster.id).tolist()
        main_bar = max(members, key=lambda index: sum(bars[index].shares.values()))
        x, y = positions[main_bar].tolist()
        named_clusters.append(Cluster(id=cluster.id, label=labels[main_bar], x=x, y=y, count=len(members)))
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


async def compare_tags(job: Job, title: str, rows: dict[str, list[Tags]], sizes: Mapping[str, int]) -> Scene:
    """`rows`: by dataset its tagged questions; `sizes`: how many questions each has.

    Raises UnitError where no tag is as frequent as --min-count asks.
    """
    encoder = job_encoder(job)
    counts = count_tags([row for tag_rows in rows.values() for row in tag_rows], {})
    vectors = await encoder.aencode([tag.replace("-", " ") for tag in counts], "query")
    file = job.data.path("tags", "synonyms.json")
    entries, new_tags = update_synonyms(file, counts, vectors)
    target_of = merge_targets(entries)
    questions = {name: len(tag_rows) for name, tag_rows in rows.items()}
    tag_counts = {name: count_tags(tag_rows, target_of) for name, tag_rows in rows.items()}
    bars = tag_histogram(tag_counts, questions, job.flags.min_count)
    if not bars and any(tag_counts.values()):
        raise UnitError(_too_rare(tag_counts, job.flags.min_count))
    notes = _notes(job, {tag: target for tag, target in target_of.items() if tag in counts}, entries, new_tags)
    notes = [*tagging_notes(rows, sizes), *notes]
    tag_vectors = await encoder.aencode([bar.label.replace("-", " ") for bar in bars], "query")
    return build_tag_scene(title, bars, tag_vectors, questions, job.config.maps, encoder.name, notes)


def _too_rare(counts: Mapping[str, Counter[str]], minimum: int) -> str:
    most = max(sum(counts.values(), Counter()).values())
    return f"no tag has {counted(minimum, 'question')}; the most frequent has {most:,}: --min-count {most} or lower"


def tagging_notes(rows: Mapping[str, Sequence[Tags]], sizes: Mapping[str, int]) -> list[str]:
    """What a reader must know of the tags: questions without any, and models that differ."""
    untagged = [
        f"{sizes[name] - len(tag_rows):,} of {counted(sizes[name], 'question')} of {name}"
        for name, tag_rows in rows.items()
        if len(tag_rows) < sizes[name]
    ]
    models = {name: sorted({row.model or "?" for row in tag_rows}) for name, tag_rows in rows.items()}
    taggers = "; ".join(f"{name} by {', '.join(names)}" for name, names in models.items() if names)
    return [
        *([f"Left out, for want of tags: {', '.join(untagged)}."] if untagged else []),
        *(
            [f"Tagged by several models, to which differences may be due: {taggers}."]
            if len({name for names in models.values() for name in names}) > 1
            else []
        ),
    ]


def _notes(job: Job, target_of: dict[str, str], entries: dict[str, Any], new_tags: list[str]) -> list[str]:
    notes = []
    if target_of:
        notes.append(
            "Taken together: " + ", ".join(f"{tag} into {target}" for tag, target in sorted(target_of.items())) + "."
        )
    if proposed := [f"{tag} into {entries[tag].into}" for tag in new_tags if not entries[tag].merge]:
        file = openable_path(job.data.path("tags", "synonyms.json"))
        notes.append(f"Proposed, not taken together (decide in {file}): {', '.join(proposed)}.")
    return notes


def write_tag_files(scene: Scene, unit: Unit, shown_tags: int) -> list[str]:
    """Write the unit's files; returns what to warn the reader of."""
    histogram_path, tag_map, numbers, *page = unit.writes
    warnings = write_histogram_png(scene, histogram_path, shown_tags) + write_map_png(scene, tag_map)
    write_json(numbers, _tag_numbers(scene))
    for path in page:
        write_tags(scene, path)
    return warnings


def _tag_numbers(scene: Scene) -> dict[str, object]:
    names = [entry.name for entry in scene.datasets]
    return {
        "title": scene.title,
        "questions": {entry.name: entry.count for entry in scene.datasets},
        "notes": scene.notes,
        "tags": scene.histogram,
        "only_in": tags_only_in(scene.histogram, names),
        "missed_by": {name: [bar.label for bar in scene.histogram if not bar.counts[name]] for name in names},
    }


def tag_lines(content: dict[str, Any], shown_tags: int) -> Iterator[str]:
    """The comparison for the terminal, from the written JSON: `shown_tags` tags, and what one dataset alone has."""
    bars = [Bar(**bar) for bar in content["tags"][:shown_tags]]
    yield from terminal.table_lines(_table_rows(bars, list(content["questions"])))
    yield from (f"  {note}" for note in content["notes"])
    for name, tags in content["only_in"].items():
        suffix = f" and {len(tags) - MAX_LISTED_TAGS:,} more" if len(tags) > MAX_LISTED_TAGS else ""
        yield f"  only in {name}: {', '.join(tags[:MAX_LISTED_TAGS]) or 'none'}{suffix}"


def _table_rows(bars: list[Bar], names: list[str]) -> list[list[str]]:
    return [
        ["tag", *names],
        *([bar.label, *(f"{bar.counts[name]:,} ({bar.shares[name]:.0%})" for name in names)] for bar in bars),
    ]
