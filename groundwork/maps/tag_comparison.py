"""The tags of several datasets side by side: one Scene with histogram and map, and its files."""

from __future__ import annotations

from typing import Any

from groundwork.console.command import Job, Unit
from groundwork.console.next_steps import from_here
from groundwork.dataset.question_vectors import encoder_of
from groundwork.maps.draw.matplotlib_plots import write_histogram_png, write_map_png
from groundwork.maps.draw.scene import Scene
from groundwork.maps.draw.tags_page import write_tags
from groundwork.maps.tag_scene import only_in, tag_histogram, tag_scene
from groundwork.records.artifacts import write_json
from groundwork.records.types import Tags
from groundwork.tags import synonyms
from groundwork.tags.tag_files import count


async def compare(job: Job, title: str, rows: dict[str, list[Tags]]) -> Scene:
    encoder = encoder_of(job)
    every = count([row for own in rows.values() for row in own], {})
    vectors = await encoder.aencode([tag.replace("-", " ") for tag in every], "query")
    file = job.data.path("tags", "synonyms.json")
    entries, fresh = synonyms.update(file, every, vectors)
    into = synonyms.applied(entries)
    questions = {name: len(own) for name, own in rows.items()}
    bars = tag_histogram({name: count(own, into) for name, own in rows.items()}, questions, job.flags.min_count)
    notes = _notes(job, {tag: end for tag, end in into.items() if tag in every}, entries, fresh)
    tag_vectors = await encoder.aencode([bar.label.replace("-", " ") for bar in bars], "query")
    return tag_scene(title, bars, tag_vectors, questions, job.config.maps, encoder.name, notes)


def _notes(job: Job, into: dict[str, str], entries: dict[str, Any], fresh: list[str]) -> list[str]:
    notes = []
    if into:
        notes.append("Taken together: " + ", ".join(f"{tag} into {end}" for tag, end in sorted(into.items())) + ".")
    if proposed := [f"{tag} into {entries[tag].into}" for tag in fresh if not entries[tag].merge]:
        place = from_here(job.data.path("tags", "synonyms.json"))
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
