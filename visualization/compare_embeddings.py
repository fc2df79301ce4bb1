"""Compare the questions of several datasets on one map, with the figures that tell which to choose.

Reads   data/qa/<run>/*.jsonl (or folders, or Hub datasets), vectors and tags where there are some
Writes  data/plots/<a>-vs-<b>-map.png, .html (--interactive), .json (the numbers), .points.jsonl (the coordinates)
Run     uv run visualization/compare_embeddings.py A B [C ...] [--interactive | --no-interactive]
        A, B: runs, folders of JSONL or Parquet, or org/name@revision:split; what lacks vectors is embedded first
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dataprep.console.command import Command, Job, Outcome, Unit, run_script
from visualization.arguments import add_datasets, add_interactive, picture_unit, sources_of, together

if TYPE_CHECKING:
    from visualization.datasets import Source


def add_flags(parser: argparse.ArgumentParser) -> None:
    add_datasets(parser, "every run in data/qa")
    add_interactive(parser)


def units(job: Job) -> list[Unit]:
    sources = sources_of(job, least=2)
    name, stem = together(sources)
    return [picture_unit(job, name, f"{stem}-map", sources)]


async def process(job: Job, unit: Unit) -> Outcome:
    from visualization.atlas import by_dataset, scene_of
    from visualization.pictures import write_map_pictures
    from visualization.tags import tags_by_question
    from visualization.vectors import embedded, encoder_of

    sources: list[Source] = unit.payload
    ones = await embedded(job, sources)
    scene = scene_of(
        by_dataset(ones), unit.name, job.config.maps, encoder_of(job).name, tags_by_question(job.data, sources)
    )
    write_map_pictures(scene, unit.writes)
    return Outcome(
        status="ok" if scene.points else "empty",
        note=f"{len(scene.points):,} questions -> {job.data.relative(unit.writes[0])}",
        counts={"questions": len(scene.points)},
        warnings=[warning for one in ones for warning in one.dataset.warnings],
    )


def report(job: Job, done: list[Unit]) -> None:
    from visualization.pictures import print_numbers

    print_numbers(job, done)


main = Command(
    name="compare_embeddings",
    units=units,
    process=process,
    settings=lambda config: (config.embeddings, config.maps),
    flags=add_flags,
    after=report,
)

if __name__ == "__main__":
    run_script(main)
