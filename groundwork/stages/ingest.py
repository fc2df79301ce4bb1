"""Turn documents into Markdown, one text each, and prove page by page that nothing was lost.

Reads   data/documents/*, sub-folders too: PDF, DOCX, PPTX, XLSX, CSV, HTML, EPUB, Markdown, text and more
Writes  data/text/<document>.md and .json
Run     uv run dataprep/ingest.py [--converter NAME] [--password WORD]
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundwork.console.command import Command, Estimate, Job, Outcome, Unit, setting
from groundwork.documents import CONVERTERS, choose

if TYPE_CHECKING:
    from groundwork.documents.engines.vision import Picture
    from groundwork.records.manifest import Manifest
    from groundwork.records.types import Document
    from groundwork.settings.settings import Config, Ingest

TEST_PAGES = 2
PAGE_TOKENS = 800  # of a page whose words nobody knows before it is read


def units(job: Job) -> list[Unit]:
    """Every file of data/documents; one that must not be opened reads nothing and fails by its problem."""
    from groundwork.documents.sources import find_sources

    sources = {source.id: source for source in find_sources(job.data.documents)}
    return [
        Unit(
            name=id_,
            reads=() if sources[id_].problem else (Path(sources[id_].path),),
            writes=(job.data.path("text", f"{id_}.md"), job.data.path("text", f"{id_}.json")),
            payload=sources[id_],
        )
        for id_ in job.wanted(list(sources))
    ]


def carry_over_renamed(job: Job, manifest: Manifest) -> None:
    """Take a file that has only changed its name for the document that it was, with all that was made of it."""
    from groundwork.documents.sources import find_sources
    from groundwork.records.lifecycle import departed, rename

    lost = {one.sha256: one.document for one in departed(job.data, manifest)}
    known = manifest.entries("ingest") if lost else {}
    for source in find_sources(job.data.documents) if lost else []:
        old = lost.get("" if source.id in known or source.problem else manifest.sha256(Path(source.path)))
        if old and old != source.id:
            rename(job.data, manifest, old, source.id, source.name)
            job.progress.say(f"{source.name} is what {old} was, by its content: carried over as {source.id}")


async def process(job: Job, unit: Unit) -> Outcome:
    """Convert one document and write its Markdown and its record."""
    import asyncio  # 40 ms that --help does without
    from tempfile import TemporaryDirectory

    from groundwork.documents.engines.vision import PageReader
    from groundwork.documents.ingestion import Ingestion
    from groundwork.errors import BadDocument
    from groundwork.records.artifacts import write_json, write_text

    def reader(document: str, picture: Picture) -> PageReader:
        vision = job.config.ingest.vision
        prompts = job.prompt(vision.prompt), job.prompt(vision.correction_prompt)
        return PageReader(job.client, vision, prompts, document, picture)

    source = unit.payload
    if source.problem:
        raise BadDocument(f"{source.name}: {source.problem}")
    with TemporaryDirectory() as scratch:
        ingestion = Ingestion(
            source=source,
            config=job.config,
            scratch=Path(scratch),
            images=job.data.path("text", "images", source.id),
            count=job.progress,
            reader=reader,
            first=TEST_PAGES if job.test else 0,
            password=job.flags.password,
        )
        try:
            markdown, document = await ingestion.run()
        except BadDocument as error:
            raise BadDocument(f"{source.name}: {error}") from None
    await asyncio.to_thread(write_text, unit.writes[0], markdown)  # which wait for the disk; other documents need not
    await asyncio.to_thread(write_json, unit.writes[1], document)
    return Outcome(note=_note(document), counts=_counts(document), warnings=document.warnings)


def _note(document: Document) -> str:
    if not document.pages:
        return f"{document.characters:,} characters by {document.converter}"
    used = Counter(page.converter for page in document.pages)
    return f"{len(document.pages)} pages by {', '.join(f'{name} ({n})' for name, n in used.most_common())}"


def _counts(document: Document) -> dict[str, int]:
    counts = {"pages": len(document.pages), "characters": document.characters}
    counts["fell back"] = sum(bool(page.fell_back) for page in document.pages)
    counts["scans"] = sum(page.scan for page in document.pages)
    return {name: n for name, n in counts.items() if n}


def uses_vision(settings: Ingest) -> bool:
    """Whether the model of ingest.vision may be asked: for whole pages, or by marker for their tables."""
    names = {settings.converter, *(name for listed in settings.converters.values() for name in listed)}
    return "gemini" in names or ("marker" in names and settings.marker.use_llm)


def shaping(config: Config) -> Any:
    """The settings that shape the texts: not how many processes there are, nor what an unused converter is told."""
    import msgspec

    settings = msgspec.to_builtins(config.ingest)
    for name in ("workers", "memory_mb", "timeout", *(() if uses_vision(config.ingest) else ("vision",))):
        del settings[name]
    return settings


def estimate(job: Job, unit: Unit) -> Estimate:
    """The vision model's calls, where it comes first: a page's prompt and picture, and its text layer as the reply."""
    from groundwork.documents.engines.page_verdict import WORDS_TO_JUDGE
    from groundwork.documents.engines.vision import with_picture
    from groundwork.documents.page_images import count_frames
    from groundwork.documents.pdf import read_text_layer
    from groundwork.documents.sources import examine
    from groundwork.errors import BadDocument
    from groundwork.llm.prompts import conversation
    from groundwork.llm.token_estimate import tokens_in

    vision, path = job.config.ingest.vision, Path(unit.payload.path)
    try:
        ending, _ = examine(path, job.config.ingest.max_unpacked_mb)
        first = choose(job.config.ingest, ending)[:1]
        if unit.payload.problem or first != ["gemini"]:
            return Estimate(0, 0, 0, vision)
        layer = read_text_layer(str(path)).pages if ending == ".pdf" else [""] * count_frames(str(path))
    except BadDocument:
        return Estimate(0, 0, 0, vision)
    pages = layer[:TEST_PAGES] if job.test else layer
    asked = job.tokens(vision, with_picture(conversation(job.prompt(vision.prompt)), b""))
    told = sum(tokens_in(page) if len(page.split()) >= WORDS_TO_JUDGE else PAGE_TOKENS for page in pages)
    return Estimate(len(pages), len(pages) * asked, told, vision)


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--converter", **setting("ingest.converter"), choices=[n for n in CONVERTERS if n != "plain"],
        help="the converter to try first",
    )  # fmt: skip
    parser.add_argument(
        "--keep-images", help="marker: pictures beside the text", **setting("ingest.marker.keep_images", True)
    )
    parser.add_argument("--password", metavar="WORD", default="", help="of the encrypted PDFs among the documents")


main = Command(
    name="ingest",
    units=units,
    process=process,
    settings=shaping,
    prompts=lambda config: (
        [config.ingest.vision.prompt, config.ingest.vision.correction_prompt] if uses_vision(config.ingest) else []
    ),
    flags=add_flags,
    estimate=estimate,
    before=carry_over_renamed,
    version="1",
    shards="documents",
    needs_gpu=lambda config: "marker" in (config.ingest.converter, *config.ingest.converters.get("pdf", [])),
)
