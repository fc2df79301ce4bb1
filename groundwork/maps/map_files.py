"""The files of a map in data/plots: PNG, numbers, coordinates, page; their flags, and `draw_map`, which makes them."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from groundwork.console.terminal import openable_path
from groundwork.data_folder.read_write import read_json, write_json, write_jsonl
from groundwork.maps.draw.scene import Numbers, Scene
from groundwork.message_wording import counted
from groundwork.stage_runner.stage_command import Job, Outcome, Unit, setting_flag

if TYPE_CHECKING:
    from groundwork.dataset.dataset_argument import DatasetSource
    from groundwork.dataset.question_vectors import EmbeddedDataset
    from groundwork.llm.calls.costs_and_budget import Spending
    from groundwork.maps.draw.png_map import Size

MAX_STEM_LENGTH = 150  # letters; file systems end at 255 bytes


def comparison_name(compared_sources: list[DatasetSource]) -> tuple[str, str]:
    """What a comparison of `compared_sources` is called, and how its files are named."""
    comparison_title = " · ".join(compared_source.name for compared_source in compared_sources)
    file_stem = "-vs-".join(compared_source.key for compared_source in compared_sources)
    if len(file_stem) > MAX_STEM_LENGTH:
        stem_digest = hashlib.sha256(file_stem.encode()).hexdigest()[:8]
        file_stem = f"{compared_sources[0].key[:60]}-vs-{len(compared_sources) - 1}-others-{stem_digest}"
    return comparison_title, file_stem


def add_picture_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--interactive", **setting_flag("maps.interactive", True), help="also write the HTML page")
    parser.add_argument("--no-interactive", **setting_flag("maps.interactive", False), help="only the PNG")
    picture_sizes = ("page", "readme", "paper")
    parser.add_argument("--size", choices=picture_sizes, help="of the PNG (default: page)", **setting_flag("maps.size"))
    parser.add_argument("--plotly", **setting_flag("maps.plotly", True), help="also write the map as a plotly figure")


def picture_unit(job: Job, name: str, picture_stem: str, sources: list[DatasetSource]) -> Unit:
    """A unit that draws `sources` as data/plots/<stem>.png, .json, .points.jsonl and, where it is set, .html."""
    map_settings = job.config.maps
    endings = [
        *([".html"] if map_settings.interactive else []),
        *([".plotly.html"] if map_settings.plotly else []),
    ]
    picture_endings = [".png", ".json", ".points.jsonl", *endings]
    tags = sorted((*job.data.path("tags").glob("*.jsonl"), *job.data.path("tags").glob("synonyms.json")))
    files_read = [*(file for source in sources for file in source.files), *tags]
    pictures = tuple(job.data.path("plots", f"{picture_stem}{picture_ending}") for picture_ending in picture_endings)
    return Unit(name, tuple(files_read), pictures, sources)


class PictureNumbers(msgspec.Struct):
    """What is read back of the JSON file beside a picture."""

    notes: list[str]
    numbers: Numbers | None


async def draw_map(job: Job, unit: Unit) -> Outcome:
    """Embed what lacks vectors of the unit's sources, lay them out together and write the map's files."""
    from groundwork.dataset.question_vectors import embed_datasets, job_encoder
    from groundwork.llm.calls.costs_and_budget import read_spending
    from groundwork.maps.question_map import build_scene, group_by_dataset
    from groundwork.tags.tag_files import tags_by_question

    embedded_datasets = await embed_datasets(job, unit.payload)
    tags_of_question = tags_by_question(job.data, unit.payload)
    map_groups, encoder = group_by_dataset(embedded_datasets), job_encoder(job).name
    map_scene = build_scene(map_groups, unit.name, job.config.maps, encoder, tags_of_question, job.progress)
    if len(embedded_datasets) > 1:
        map_scene = _with_prices(map_scene, embedded_datasets, read_spending(job.data.joined_journal, "generate_qa"))
    job.progress.start_phase("drawing")
    dataset_warnings = [warning for embedded in embedded_datasets for warning in embedded.dataset.warnings]
    return Outcome(
        status="ok" if map_scene.points else "empty",
        note=f"{counted(len(map_scene.points), 'question')} -> {openable_path(unit.writes[0])}",
        counts={"questions": len(map_scene.points)},
        warnings=[*dataset_warnings, *write_map_pictures(map_scene, unit.writes, job.config.maps.size)],
    )


def _with_prices(map_scene: Scene, datasets: Sequence[EmbeddedDataset], spendings: Sequence[Spending]) -> Scene:
    """The price and time of each model, right behind what is recommended."""
    from groundwork.maps.dataset_recommendation import price_note

    note = price_note((row for embedded_dataset in datasets for row in embedded_dataset.dataset.rows), spendings)
    notes = [*map_scene.notes[:1], note, *map_scene.notes[1:]]
    return msgspec.structs.replace(map_scene, notes=notes) if note else map_scene


def write_map_pictures(map_scene: Scene, picture_paths: Sequence[Path], size: Size = "page") -> list[str]:
    """Write `map_scene` to each path in the form that its ending asks for; returns what to warn the reader of."""
    from groundwork.maps.draw.map_page import write_map
    from groundwork.maps.draw.plotly_map import write_plotly_map
    from groundwork.maps.draw.png_map import write_map_png

    warnings: list[str] = []
    for picture_path in picture_paths:
        if picture_path.suffix == ".png":
            warnings += write_map_png(map_scene, picture_path, size)
        elif picture_path.name.endswith(".plotly.html"):
            write_plotly_map(map_scene, picture_path)
        elif picture_path.suffix == ".html":
            write_map(map_scene, picture_path)
        elif picture_path.suffix == ".json":
            write_json(picture_path, scene_numbers(map_scene))
        else:
            write_jsonl(picture_path, point_rows(map_scene))
    return warnings


def scene_numbers(map_scene: Scene) -> dict[str, object]:
    """What the JSON file beside a picture holds."""
    return {
        "title": map_scene.title,
        "subtitle": map_scene.subtitle,
        "notes": map_scene.notes,
        "numbers": map_scene.numbers,
        "clusters": map_scene.clusters,
        "only_in": _question_ids(map_scene, map_scene.only_in),
        "missed_by": _question_ids(map_scene, map_scene.missed_by),
    }


def _question_ids(map_scene: Scene, points_by_dataset: dict[str, list[int]]) -> dict[str, list[str]]:
    return {
        dataset: [map_scene.points[point_index].id for point_index in point_indices]
        for dataset, point_indices in points_by_dataset.items()
    }


def point_rows(map_scene: Scene) -> list[dict[str, object]]:
    """One row a point: where it stands, for pictures of your own."""
    return [
        {
            "id": p.id,
            "dataset": p.dataset,
            "split": p.split,
            "x": p.x,
            "y": p.y,
            "cluster": p.cluster,
            "question": p.question,
        }
        for p in map_scene.points
    ]


def print_numbers(job: Job, units: Sequence[Unit]) -> None:
    """The figures of the JSON files that `units` wrote, as a table on the terminal."""
    from groundwork.maps.dataset_diversity import diversity_table

    for unit in units:
        numbers_file = next(path for path in unit.writes if path.suffix == ".json")
        if numbers_file.exists() and not job.flags.quiet:
            picture_numbers = read_json(numbers_file, PictureNumbers)
            notes = (f"  {note}" for note in picture_numbers.notes)
            for table_line in [*diversity_table(picture_numbers.numbers), *notes]:
                print(table_line)
