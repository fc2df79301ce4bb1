"""Turn documents into Markdown, one text each, and check page by page that nothing was lost.

Reads   data/documents/*, sub-folders too: PDF, DOCX, PPTX, XLSX, CSV, HTML, EPUB, Markdown, text and more
Writes  data/text/<document>.md and .json; with --pictures also the pictures in data/text/<document>/
Run     uv run dataprep/ingest.py [--converter NAME] [--password WORD]
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundwork.console.terminal import openable_path
from groundwork.data_folder.file_names import Paths
from groundwork.data_folder.shards import SERVICE_REPLIES
from groundwork.documents.conversion.converter_table import CONVERTERS, check_converters, choose_converters
from groundwork.documents.overrides_and_recipe import (
    document_recipe,
    override_of,
    override_pages,
    recipe_config_names,
    recipe_prompts,
    recipe_settings,
    settings_with_override,
)
from groundwork.installation import as_typed
from groundwork.message_wording import counted, list_names, name_order, nearest_name
from groundwork.stage_runner.chosen_documents import select_documents
from groundwork.stage_runner.stage_command import Estimate, Job, Outcome, StageCommand, Unit, setting_flag

if TYPE_CHECKING:
    from groundwork.data_folder.manifest import Manifest
    from groundwork.documents.conversion.document_conversion import DocumentConversion
    from groundwork.documents.engines.marker_service import MarkerService
    from groundwork.documents.engines.vision import VisionPicture
    from groundwork.documents.source_files import DocumentFile
    from groundwork.records import Document
    from groundwork.settings.config_schema import Ingest

TEST_INGEST_PAGES = 2
DOUBTFUL_PAGES_NAMED = 5  # pages of doubtful pages that are named
COPIED_SOURCES_NAMED = 5
IGNORED_SOURCES_NAMED = 10  # files that are named
NO_PICTURE_FOLDER = (
    "no pictures kept: a file's name that ends in .md or .json leaves no folder for them; rename the document"
)
INGEST_TOKENS_OF_UNREAD_PAGE = 800  # of a page whose words nobody knows before it is read


def ingest_units(job: Job) -> list[Unit]:
    """Every file of data/documents; one that must not be opened reads nothing and fails by its problem."""
    from groundwork.documents.source_files import find_sources

    ingest_settings = job.config.ingest
    check_converters(ingest_settings)
    ingest_sources = {source.id: source for source in find_sources(job.data.documents, ingest_settings.ignore)}
    ingest_overrides = {source.id: override_of(ingest_settings, source.name) for source in ingest_sources.values()}
    return [
        Unit(
            name=ingested_id,
            reads=Paths([] if ingest_sources[ingested_id].problem else [ingest_sources[ingested_id].path]),
            writes=job.data.paths(
                ("text", f"{ingested_id}.md"),
                ("text", f"{ingested_id}.json"),
                ("plots", f"audit-{ingested_id}.html"),  # only where pages are doubtful
                *([("text", ingested_id)] if _keeps_source_pictures(job, ingested_id) else []),
            ),
            payload=IngestSource(ingest_sources[ingested_id], ingest_overrides[ingested_id]),
            recipe=document_recipe(ingest_settings, ingest_overrides[ingested_id], job.prompt),
        )
        for ingested_id in select_documents(
            job, sorted(ingest_sources, key=name_order), with_gone=True, with_copies=True
        )  # under the same name another file may have come
    ]


def _keeps_source_pictures(job: Job, document: str) -> bool:
    """Are the document's pictures to be kept, and can there be a folder for them?"""
    from groundwork.data_folder.document_files import can_have_picture_folder

    return job.config.ingest.pictures and can_have_picture_folder(document)


@dataclass(frozen=True)
class IngestSource:
    """A file, and what `ingest.overrides` sets for it."""

    file: DocumentFile
    override: dict[str, Any]


def prepare_ingest(job: Job, manifest: Manifest) -> None:
    """Carry over what was renamed, and name what the settings pass over or mean in vain."""
    from groundwork.data_folder.file_names import matches
    from groundwork.documents.engines.marker_service import check_marker_service
    from groundwork.documents.renamed_documents import carry_over_renamed_documents
    from groundwork.documents.source_files import find_sources, ignored_files

    carry_over_renamed_documents(job, manifest)
    ingest_settings = job.config.ingest
    check_marker_service(job)
    if ignored_sources := ignored_files(job.data.documents, ingest_settings.ignore):
        job.progress.say(f"ignored (ingest.ignore): {list_names(ignored_sources, IGNORED_SOURCES_NAMED)}")
    if ingest_settings.overrides:
        ingest_names = [source.name for source in find_sources(job.data.documents, ingest_settings.ignore)]
        for override_pattern in ingest_settings.overrides:
            if not any(matches(ingest_name, override_pattern) for ingest_name in ingest_names):
                nearest_source = nearest_name(override_pattern, ingest_names)
                ingest_suggestion = f"; did you mean {nearest_source}?" if nearest_source else ""
                job.progress.say(f"ingest.overrides: {override_pattern} fits no document{ingest_suggestion}")


async def ingest_document(job: Job, unit: Unit) -> Outcome:
    """Convert one document and write its Markdown and its record."""
    import os
    from tempfile import TemporaryDirectory

    import msgspec

    from groundwork.documents.engines.marker_service import MarkerService
    from groundwork.errors import BadDocument

    ingested_file, ingest_override = unit.payload.file, unit.payload.override
    if ingested_file.problem:
        raise BadDocument(f"{ingested_file.name}: {ingested_file.problem}")
    ingest_settings = settings_with_override(job.config.ingest, ingest_override)
    if ingest_settings.pictures and not _keeps_source_pictures(job, ingested_file.id):
        ingest_settings = msgspec.structs.replace(ingest_settings, pictures=False)
    ingest_replies, joined_replies = (folder / SERVICE_REPLIES for folder in (job.data.state, job.data.joined_state))
    marker_service = MarkerService(
        ingest_settings.marker_api, os.environ, ingest_replies, joined_replies if job.data.shard else None
    )
    with TemporaryDirectory() as scratch_folder:
        ingestion = _ingestion(job, unit.payload, ingest_settings, Path(scratch_folder), marker_service)
        try:
            ingested_markdown, ingested_document = await ingestion.run()
        except BadDocument as ingest_error:
            raise BadDocument(f"{ingested_file.name}: {ingest_error}") from None
        finally:
            job.usage += marker_service.usage
    ingested_pictures = await _write_ingested(job, unit, ingestion, ingested_markdown, ingested_document)
    ingest_warnings = ingested_document.warnings + [NO_PICTURE_FOLDER] * (
        job.config.ingest.pictures and not ingest_settings.pictures
    )
    return Outcome(
        note=_ingest_note(ingested_document),
        counts=_ingest_counts(ingested_document, ingested_pictures),
        warnings=ingest_warnings,
    )


async def _write_ingested(
    job: Job, unit: Unit, ingestion: DocumentConversion, ingested_markdown: str, ingested_document: Document
) -> int:
    """Write the text, its record and its doubtful pages; returns how many pictures the text needs."""
    import asyncio  # 40 ms that --help does without

    from groundwork.data_folder.read_write import write_json, write_text
    from groundwork.documents.auditing.doubtful_pages import write_doubtful_pages
    from groundwork.markdown.figures import remove_unused_pictures

    ingested_file = unit.payload.file
    # Each waits for the disk; other documents need not.
    await asyncio.to_thread(write_text, unit.writes[0], ingested_markdown)
    await asyncio.to_thread(write_json, unit.writes[1], ingested_document)
    await asyncio.to_thread(
        write_doubtful_pages, unit.writes[2], ingested_file.name, ingestion.doubtful, ingestion.not_shown
    )
    ingest_picture_folder = job.data.path("text", ingested_file.id)
    ingested_pictures, _ = await asyncio.to_thread(remove_unused_pictures, ingest_picture_folder, ingested_markdown)
    return ingested_pictures


def _ingestion(
    job: Job, unit: IngestSource, settings: Ingest, scratch: Path, marker: MarkerService
) -> DocumentConversion:
    """The way of one file to its Markdown, by `settings`, which are its own."""
    import msgspec

    from groundwork.documents.conversion.document_conversion import DocumentConversion
    from groundwork.documents.engines.vision import VisionPageReader

    def page_reader(document: str, picture: VisionPicture) -> VisionPageReader:
        vision = job.config.ingest.vision
        prompts = job.prompt(vision.prompt), job.prompt(vision.correction_prompt)
        return VisionPageReader(job.client, vision, prompts, document, picture)

    return DocumentConversion(
        source=unit.file,
        config=msgspec.structs.replace(job.config, ingest=settings),
        scratch=scratch,
        images=job.data.path("text", unit.file.id),
        count=job.progress,
        reader=page_reader,
        service=lambda request: marker.convert(request, unit.file.id),
        first=TEST_INGEST_PAGES if job.test else 0,
        password=job.flags.password,
        **{name: unit.override[name] for name in ("pages", "title", "language") if name in unit.override},
    )


def _ingest_note(ingested_document: Document) -> str:
    if not ingested_document.pages:
        return f"{counted(ingested_document.characters, 'character')} by {ingested_document.converter}"
    pages_by_converter = Counter(page.converter for page in ingested_document.pages)
    return (
        f"{counted(len(ingested_document.pages), 'page')} by "
        f"{', '.join(f'{converter} ({page_count})' for converter, page_count in pages_by_converter.most_common())}"
    )


def _ingest_counts(ingested_document: Document, ingested_pictures: int) -> dict[str, int]:
    page_counts = {"pages": len(ingested_document.pages), "characters": ingested_document.characters}
    page_counts["fell back"] = sum(bool(page.fell_back) for page in ingested_document.pages)
    page_counts["scans"] = sum(page.scan for page in ingested_document.pages)
    page_counts["pictures"] = ingested_pictures
    return {name: count for name, count in page_counts.items() if count}


def report_ingest(job: Job, finished_units: list[Unit]) -> None:
    """After the ledger: where the doubtful pages can be looked at, and which documents are the same."""
    from groundwork.data_folder.copied_documents import copy_lines

    _report_ingested_doubts(job, finished_units)
    same_texts = [] if job.idle else copy_lines(job.search_copies(job))
    for ingested_copy in same_texts[:COPIED_SOURCES_NAMED]:
        job.progress.say(ingested_copy)
    if len(same_texts) > COPIED_SOURCES_NAMED:
        job.progress.say(f"  … and {len(same_texts) - COPIED_SOURCES_NAMED:,} more; see: {as_typed('uv run dataprep')}")


def _report_ingested_doubts(job: Job, finished_units: list[Unit]) -> None:
    ingested_doubts = [] if job.idle else [unit.writes[2] for unit in finished_units if unit.writes[2].exists()]
    for ingested_doubt in ingested_doubts[:DOUBTFUL_PAGES_NAMED]:
        job.progress.say(f"look at its doubtful pages: {openable_path(ingested_doubt)}")
    if len(ingested_doubts) > DOUBTFUL_PAGES_NAMED:
        job.progress.say(
            f"… and of {counted(len(ingested_doubts) - DOUBTFUL_PAGES_NAMED, 'more document')}: "
            f"{as_typed('uv run dataprep open')}"
        )


def estimate_ingest(job: Job, unit: Unit) -> Estimate:
    """The vision model's calls, where it comes first: a page's prompt and picture, and its text layer as the reply."""
    import msgspec

    from groundwork.documents.engines.vision_replies import LAYER_WORDS_TO_JUDGE
    from groundwork.llm.calls.costs_and_budget import tokens_in
    from groundwork.llm.prompt_templates import attach_images_to_prompt, render_turns

    ingest_settings = settings_with_override(job.config.ingest, unit.payload.override)
    ingest_vision = ingest_settings.vision
    ingest_converter, ingest_pages = _pages_to_pay_for(job, unit.payload, ingest_settings)
    if ingest_converter == "marker-api":
        ingest_price = ingest_settings.marker_api.price_per_1000_pages
        ingest_cost = None if ingest_price is None else ingest_price * len(ingest_pages) / 1000
        ingest_call = msgspec.structs.replace(ingest_vision, model="marker-api")
        return Estimate(0, 0, 0, ingest_call, len(ingest_pages), ingest_cost)
    if not ingest_converter:
        return Estimate(0, 0, 0, ingest_vision)
    ingest_prompt = attach_images_to_prompt(render_turns(job.prompt(ingest_vision.prompt)), [b""])
    ingest_reply_tokens = sum(
        tokens_in(page) if len(page.split()) >= LAYER_WORDS_TO_JUDGE else INGEST_TOKENS_OF_UNREAD_PAGE
        for page in ingest_pages
    )
    prompt_tokens = len(ingest_pages) * job.tokens(ingest_vision, ingest_prompt)
    return Estimate(len(ingest_pages), prompt_tokens, ingest_reply_tokens, ingest_vision)


def _pages_to_pay_for(job: Job, ingest_source: IngestSource, ingest_settings: Ingest) -> tuple[str, list[str]]:
    """(the converter that comes first, where it is one that is paid for, or ""; the text layers of the pages)."""
    from groundwork.documents.file_types import examine_file_type
    from groundwork.documents.pdf_files.page_images import count_frames
    from groundwork.documents.pdf_files.text_layer import read_text_layer
    from groundwork.errors import BadDocument

    ingested_path = ingest_source.file.path
    if ingest_source.file.problem:
        return "", []
    try:
        ending, _ = examine_file_type(Path(ingested_path), ingest_settings.max_unpacked_mb)
        ingest_converters = choose_converters(ingest_settings, ending)[:1]
        if ingest_converters not in (["gemini"], ["marker-api"]):
            return "", []
        ingest_layers = read_text_layer(ingested_path).pages if ending == ".pdf" else [""] * count_frames(ingested_path)
    except BadDocument:
        return "", []
    pages_to_ingest = override_pages(ingest_source.override.get("pages", ""), len(ingest_layers))
    ingest_pages = [ingest_layers[number - 1] for number in pages_to_ingest]
    return ingest_converters[0], ingest_pages[:TEST_INGEST_PAGES] if job.test else ingest_pages


def add_ingest_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--converter", **setting_flag("ingest.converter"), choices=[name for name in CONVERTERS if name != "plain"],
        help="the converter to try first",
    )  # fmt: skip
    parser.add_argument(
        "--keep-images",
        "--pictures",
        help="keep the pictures of PDFs and office files in data/text/<document>/, and name them in the text",
        **setting_flag("ingest.pictures", True),
    )
    parser.add_argument(
        "--password", metavar="WORD", default="", help="the password of the encrypted PDFs among the documents"
    )


main = StageCommand(
    name="ingest",
    units=ingest_units,
    process=ingest_document,
    settings=recipe_settings,
    config_names=recipe_config_names,
    prompts=lambda config: recipe_prompts(config.ingest),
    flags=add_ingest_flags,
    estimate=estimate_ingest,
    before=prepare_ingest,
    after=report_ingest,
    version="1",
    shards="documents",
    needs_gpu=lambda config: "marker" in (config.ingest.converter, *config.ingest.converters.get("pdf", [])),
)
