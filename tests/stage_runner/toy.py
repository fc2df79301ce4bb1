"""Shout each document.

Reads   data/documents/*.txt
Writes  data/text/<document>.md
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from groundwork.data_folder.read_write import read_text, write_text
from groundwork.data_folder.unit_changes import names_in_order
from groundwork.errors import BadDocument, ProviderRefused
from groundwork.stage_runner.chosen_documents import select_documents
from groundwork.stage_runner.stage_command import Failure, Job, Outcome, StageCommand, Unit, setting_flag


def units(job: Job) -> list[Unit]:
    names = sorted(p.stem for p in job.data.documents.glob("*.txt"))
    return [
        Unit(name, (job.data.path("documents", f"{name}.txt"),), (job.data.path("text", f"{name}.md"),))
        for name in select_documents(job, names)
    ]


async def process(job: Job, unit: Unit) -> Outcome:
    """The document's words say what happens to it."""
    text = read_text(unit.reads[0])
    if "bad" in text:
        raise BadDocument(f"{unit.name}: it is bad; write something good")
    if "broke" in text:
        raise ProviderRefused("no credit left; add some")
    if "bug" in text:
        raise ZeroDivisionError("oops")
    if "slow" in text:
        job.progress.say("slow one begins")
        while not unit.reads[0].with_suffix(".go").exists():  # noqa: ASYNC110  # a test touches it from outside
            await asyncio.sleep(0.01)
    write_text(unit.writes[0], text.upper())
    if "partly" in text:
        return Outcome(failures=[Failure("page 2", "invalid reply", "no JSON")])
    return Outcome(note=f"{len(text)} characters", counts={"characters": len(text)})


def flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--iterate", **setting_flag("qa.iterate", True))
    parser.add_argument("--longest", **setting_flag("chunk.max_length"))


main = StageCommand(
    "ingest",
    units=units,
    process=process,
    settings=lambda config: config.chunk,
    config_names=names_in_order("chunk"),
    flags=flags,
)

if __name__ == "__main__":
    sys.exit(main())
