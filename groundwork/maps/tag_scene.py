"""The Scene of tags: their histogram and their map, of one dataset or of several side by side, and its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from groundwork.console import terminal_table
from groundwork.console.command import Job, Unit
from groundwork.console.next_steps import openable_path
from groundwork.dataset.question_vectors import encoder_of
from groundwork.embedding.nearest_neighbours import similarities
from groundwork.maps.draw.matplotlib_plots import write_histogram_png, write_map_png
from groundwork.maps.draw.scene import Bar, Cluster, DatasetEntry, Point, Scene
from groundwork.maps.draw.tags_page import write_tags
from groundwork.maps.projection import project
from groundwork.maps.scene_building import cluster_map
from groundwork.records.artifacts import write_json
from groundwork.records.tags_record import Tags
from groundwork.settings.dataset_settings import Maps
from groundwork.tags import synonyms
from groundwork.tags.tag_files import count_tags

ASIDE = 0.013  # of the map: how far the marks of one tag in several datasets stand from its place
MOST_LISTED = 12  # tags of a dataset alone that the terminal shows


def tag_histogram(counts: Mapping[str, Counter[str]], questions: Mapping[str, int], least: int) -> list[Bar]:
    """A bar for each tag that `least` questions bear over all datasets; the largest mean share first."""
    total: Counter[str] = sum(counts.values(), Counter())
    bars = [
        Bar(
            label=tag,
            counts={name: counts[name][tag] for name in counts},
            shares={name: counts[name][tag] / max(1, questions[name]) for name in counts},
        )
        for tag, number in total.items()
        if number >= least
    ]
    return sorted(bars, key=lambda bar: (-sum(bar.shares.values()), bar.label))


def only_in(bars: Sequence[Bar], names: Sequence[str]) -> dict[str, list[str]]:
    """By dataset: the tags that no other dataset has, the most frequent first."""
    return {
        name: [
            bar.label
            for bar in sorted(bars, key=lambda bar: (-bar.counts[name], bar.label))
            if bar.counts[name] and sum(bar.counts.values()) == bar.counts[name]
        ]
        for name in names
    }


def tag_scene(
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
    places, how = project(vectors, settings)
    found = similarities(vectors, np.zeros(len(vectors), dtype=np.int64), 1)
    clusters, cluster_of = _regions(bars, places, settings.seed)
    users_of = [[name for name in names if bar.counts[name]] for bar in bars]
    owner = [index for index, users in enumerate(users_of) for _ in users]  # of each point, its bar
    first_of = np.searchsorted(owner, np.arange(len(bars)))  # of each bar, its first point
    points = [
        _mark(bars[index], name, _beside(places[index], turn, len(users)), int(cluster_of[index]), near)
        for index, users in enumerate(users_of)
        for near in [first_of[found.neighbours[index]].tolist()]
        for turn, name in enumerate(users)
    ]
    return Scene(
        title=title,
        subtitle=f"{len(bars):,} tags of {sum(questions.values()):,} questions · {encoder} · {how.partition(';')[0]}",
        kind="tags",
        points=points,
        datasets=[DatasetEntry(name=name, count=questions[name], colour=i) for i, name in enumerate(names)],
        clusters=clusters,
        notes=notes,
        only_in={name: [i for i, index in enumerate(owner) if users_of[index] == [name]] for name in names},
        missed_by={name: [i for i, index in enumerate(owner) if name not in users_of[index]] for name in names},
        histogram=bars,
    )


def _mark(bar: Bar, name: str, place: tuple[float, float], cluster: int, neighbours: list[int]) -> Point:
    """The mark of the dataset `name` at the tag of `bar`."""
    return Point(
        id=f"{name}/{bar.label}",
        dataset=name,
        x=place[0],
        y=place[1],
        question=bar.label,
        answer=f"{bar.counts[name]:,} questions, {bar.shares[name]:.1%} of {name}",
        tags=[bar.label],
        cluster=cluster,
        weight=bar.counts[name],
        neighbours=neighbours,
    )


def _regions(
    bars: Sequence[Bar], places: npt.NDArray[np.float32], seed: int
) -> tuple[list[Cluster], npt.NDArray[np.int64]]:
    """Regions of the map of tags, each named after the tag that most questions in it bear."""
    labels = [bar.label for bar in bars]
    clusters, cluster_of = cluster_map(places, labels, [[label] for label in labels], seed)
    named = []
    for cluster in clusters:
        members = np.flatnonzero(cluster_of == cluster.id).tolist()
        heaviest = max(members, key=lambda index: sum(bars[index].shares.values()))
        x, y = places[heaviest].tolist()
        named.append(Cluster(id=cluster.id, label=labels[heaviest], x=x, y=y, count=len(members)))
    return named, cluster_of


def _beside(place: npt.NDArray[np.float32], turn: int, of: int) -> tuple[float, float]:
    """The place of one of `of` marks around a tag's place; a single mark stands on it."""
    x, y = place.tolist()
    if of == 1:
        return x, y
    angle = np.pi / 2 + 2 * np.pi * turn / of
    return round(x + ASIDE * float(np.cos(angle)), 5), round(y + ASIDE * float(np.sin(angle)), 5)


async def compare_tags(job: Job, title: str, rows: dict[str, list[Tags]]) -> Scene:
    encoder = encoder_of(job)
    every = count_tags([row for own in rows.values() for row in own], {})
    vectors = await encoder.aencode([tag.replace("-", " ") for tag in every], "query")
    file = job.data.path("tags", "synonyms.json")
    entries, fresh = synonyms.update(file, every, vectors)
    into = synonyms.applied(entries)
    questions = {name: len(own) for name, own in rows.items()}
    bars = tag_histogram({name: count_tags(own, into) for name, own in rows.items()}, questions, job.flags.min_count)
    notes = _notes(job, {tag: end for tag, end in into.items() if tag in every}, entries, fresh)
    tag_vectors = await encoder.aencode([bar.label.replace("-", " ") for bar in bars], "query")
    return tag_scene(title, bars, tag_vectors, questions, job.config.maps, encoder.name, notes)


def _notes(job: Job, into: dict[str, str], entries: dict[str, Any], fresh: list[str]) -> list[str]:
    notes = []
    if into:
        notes.append("Taken together: " + ", ".join(f"{tag} into {end}" for tag, end in sorted(into.items())) + ".")
    if proposed := [f"{tag} into {entries[tag].into}" for tag in fresh if not entries[tag].merge]:
        place = openable_path(job.data.path("tags", "synonyms.json"))
        notes.append(f"Proposed, not taken together (decide in {place}): {', '.join(proposed)}.")
    return notes


def write_files(scene: Scene, unit: Unit, most: int) -> list[str]:
    """Write the unit's files; returns what to warn the reader of."""
    bars, tag_map, numbers, *page = unit.writes
    warnings = write_histogram_png(scene, bars, most) + write_map_png(scene, tag_map)
    write_json(numbers, _numbers(scene))
    for path in page:
        write_tags(scene, path)
    return warnings


def _numbers(scene: Scene) -> dict[str, object]:
    names = [entry.name for entry in scene.datasets]
    return {
        "title": scene.title,
        "questions": {entry.name: entry.count for entry in scene.datasets},
        "notes": scene.notes,
        "tags": scene.histogram,
        "only_in": only_in(scene.histogram, names),
        "missed_by": {name: [bar.label for bar in scene.histogram if not bar.counts[name]] for name in names},
    }


def tag_lines(content: dict[str, Any], most: int) -> Iterator[str]:
    """The comparison for the terminal, from the JSON that was written: `most` tags, and what one dataset alone has."""
    bars = [Bar(**bar) for bar in content["tags"][:most]]
    yield from terminal_table.table_lines(_rows(bars, list(content["questions"])))
    yield from (f"  {note}" for note in content["notes"])
    for name, tags in content["only_in"].items():
        more = f" and {len(tags) - MOST_LISTED:,} more" if len(tags) > MOST_LISTED else ""
        yield f"  only in {name}: {', '.join(tags[:MOST_LISTED]) or 'none'}{more}"


def _rows(bars: list[Bar], names: list[str]) -> list[list[str]]:
    return [
        ["tag", *names],
        *([bar.label, *(f"{bar.counts[name]:,} ({bar.shares[name]:.0%})" for name in names)] for bar in bars),
    ]
