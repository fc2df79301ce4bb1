"""Turn documents into Markdown, one text each, and prove page by page that nothing was lost.

Reads   data/documents/*, sub-folders too: PDF, DOCX, PPTX, XLSX, CSV, HTML, EPUB, Markdown, text and more
Writes  data/text/<document>.md and .json
Run     uv run dataprep/ingest.py [--converter NAME] [--password WORD]
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import msgspec

from dataprep.console.command import Command, Estimate, Job, Outcome, Unit, run_script, setting
from dataprep.converters import CONVERTERS, IMAGES, Request, choose, require, run, versions
from dataprep.converters.headers import without_running
from dataprep.converters.outline import Entry, set_headings
from dataprep.converters.pages import Audited, convert_pages
from dataprep.converters.pdf import TextLayer, read_text_layer, unlock
from dataprep.converters.pictures import count_frames, page_jpeg
from dataprep.converters.sources import Source, examine, find_sources
from dataprep.converters.stitch import is_contents, stitch, tidy
from dataprep.converters.vision import PageReader
from dataprep.engine import WorkerFailed, Workers
from dataprep.schema.errors import BadDocument, MissingExtra
from dataprep.schema.records import Document, Page, PageAudit
from dataprep.schema.settings import Config, Ingest
from dataprep.store.artifacts import write_json, write_text

TEST_PAGES = 2
INPUT_TOKENS, OUTPUT_TOKENS = 1900, 800  # of a page at 1288 pixels: four tiles of 258 and the prompt; a full page
T = TypeVar("T")


def units(job: Job) -> list[Unit]:
    """Every file of data/documents; one that must not be opened reads nothing and fails by its problem."""
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


async def process(job: Job, unit: Unit) -> Outcome:
    """Convert one document and write its Markdown and its record."""
    source: Source = unit.payload
    if source.problem:
        raise BadDocument(f"{source.name}: {source.problem}")
    with tempfile.TemporaryDirectory() as scratch:
        ingestion = Ingestion(job, source, Path(scratch))
        try:
            markdown, document = await ingestion.run()
        except BadDocument as error:
            raise BadDocument(f"{source.name}: {error}") from None
    write_text(unit.writes[0], markdown)
    write_json(unit.writes[1], document)
    return Outcome(note=_note(document), counts=_counts(document), warnings=document.warnings)


@dataclass
class Draft:
    """The best rendition of one page so far."""

    markdown: str = ""
    converter: str = ""
    audit: PageAudit | None = None
    fell_back: str = ""

    def offer(self, markdown: str, audit: PageAudit, converter: str, trouble: str) -> None:
        """Take a rendition that is better than the one before; a page in trouble stays open for the next converter."""
        better = self.audit is None or audit.score > self.audit.score or (markdown and not self.markdown)
        if better and self.audit and self.markdown:
            lost = f", numbers lost: {', '.join(self.audit.lost_numbers[:5])}" if self.audit.lost_numbers else ""
            self.fell_back = self.fell_back or f"{self.converter}: score {self.audit.score:.2f}{lost}"
        if better:
            self.markdown, self.audit, self.converter = markdown, audit, converter
        self.fell_back = trouble or self.fell_back


@dataclass
class Ingestion:
    """One document on its way to Markdown."""

    job: Job
    source: Source
    scratch: Path
    warnings: list[str] = field(default_factory=list)
    _by: str = ""  # the converter of a document without pages

    async def run(self) -> tuple[str, Document]:
        """The Markdown and the record. Raises BadDocument with cause and remedy, without the file's name."""
        path = Path(self.source.path)
        digest = _sha256(path)
        ending, self.warnings = examine(path, self.job.config.ingest.max_unpacked_mb)
        self.warnings = [*self.source.warnings, *self.warnings]
        names = choose(self.job.config.ingest, ending)
        if not names:
            raise BadDocument(f"no converter for {ending}; {_remedy(ending)}")
        if ending == ".pdf":
            markdown, pages, title = await self._pdf(path, names)
        elif CONVERTERS[names[0]].remote:
            markdown, pages, title = await self._picture(path, names[0])
        else:
            markdown, pages, title = await self._whole(path, ending, names)
        if _sha256(path) != digest:
            raise BadDocument("it changed while it was read; run again")
        used = Counter(page.converter.partition(":")[0] for page in pages)
        converter = used.most_common(1)[0][0] if used else self._by
        return markdown, Document(
            id=self.source.id,
            source=self.source.name,
            sha256=digest,
            converter=converter,
            converter_version=versions(converter) or self.job.config.ingest.vision.model,
            characters=len(markdown),
            pages=pages,
            warnings=self.warnings,
            title=_title(markdown, title, path),
        )

    async def _whole(self, path: Path, ending: str, names: list[str]) -> tuple[str, list[Page], str]:
        """A document without pages, or with slides: the first converter that can."""
        request = Request(source=str(path), ending=ending, settings=self.job.config.ingest)
        reasons: list[str] = []
        for name in names:
            try:
                require(name)
            except MissingExtra as error:
                if name == self.job.config.ingest.converter:
                    raise
                reasons.append(str(error))
                continue
            try:
                conversion = await self._work(run, name, request)
            except WorkerFailed as error:
                reasons.append(f"{name}: {_reason(error)}")
                continue
            self._by = name
            self.warnings += [*reasons, *conversion.warnings]
            texts = conversion.pages[: TEST_PAGES if self.job.test else None]
            if not "".join(texts).strip():
                raise BadDocument("it holds no text; remove it, or read its pictures with --converter gemini")
            stitched = stitch(texts)
            numbered = enumerate(stitched.spans, start=1) if len(texts) > 1 else ()
            pages = [Page(number=n, start=start, end=end, converter=name) for n, (start, end) in numbered]
            return stitched.markdown, pages, ""
        remedy = _OCR if ending in IMAGES else "it may be damaged: save it anew or as PDF"
        raise BadDocument(f"{'; '.join(reasons)}; {remedy}")

    async def _picture(self, path: Path, name: str) -> tuple[str, list[Page], str]:
        """A picture file, each of its frames a page."""
        count = await self._must(count_frames, str(path))
        numbers = list(range(1, (min(count, TEST_PAGES) if self.job.test else count) + 1))
        done = await self._look(path, numbers, [])
        if failed := [f"page {n}: {done.troubles[n - 1]}" for n in numbers if done.troubles[n - 1]]:
            raise BadDocument("; ".join(failed))
        stitched = stitch(done.pages)
        pages = [
            Page(number=n, start=start, end=end, converter=name, scan=True)
            for n, (start, end) in enumerate(stitched.spans, start=1)
        ]
        return stitched.markdown, pages, ""

    async def _pdf(self, path: Path, names: list[str]) -> tuple[str, list[Page], str]:
        """A PDF, page by page: what scores below the threshold goes to the next converter."""
        path, layer = await self._open(path)
        drafts = [Draft() for _ in layer.pages]
        self.job.progress.start(len(drafts), "pages")
        for i, name in enumerate(names):
            due = [n for n, draft in enumerate(drafts, start=1) if self._is_due(draft, layer, n)]
            if name == "ocr" and i > 0:
                due = [n for n in due if layer.scans[n - 1]]  # a text layer, however odd, is surer than its picture
            if due and self._available(name, needed=i == 0):
                await self._try(name, path, layer, due, drafts)
        for draft, text in zip(drafts, without_running(layer.pages), strict=True):
            if not draft.markdown.strip() and text.strip():
                draft.markdown, draft.converter = tidy(text), "text layer"
                draft.fell_back = draft.fell_back or "no converter gave any text"
        self.job.progress.advance(len(drafts))
        return self._assemble(layer, drafts)

    def _is_due(self, draft: Draft, layer: TextLayer, number: int) -> bool:
        if layer.scans[number - 1]:
            return not draft.markdown.strip()
        if draft.audit is None or draft.audit.lost_numbers:
            return True
        return draft.audit.score < self.job.config.ingest.audit_threshold

    def _available(self, name: str, needed: bool) -> bool:
        try:
            require(name)
        except MissingExtra:
            if needed:
                raise
            return False
        return True

    async def _try(self, name: str, path: Path, layer: TextLayer, due: list[int], drafts: list[Draft]) -> None:
        """Let a converter do the pages that are due, and keep what is better than what there is."""
        try:
            done = await (self._look(path, due, layer.pages) if CONVERTERS[name].remote else
                          self._convert(name, path, due, layer))  # fmt: skip
        except WorkerFailed as error:
            self.warnings.append(f"{name}: {_reason(error)}")
            for number in due:
                drafts[number - 1].fell_back = drafts[number - 1].fell_back or f"{name}: {_reason(error)}"
            return
        self.warnings += done.warnings
        for i, number in enumerate(due):
            trouble = done.troubles[i] if done.troubles else ""
            drafts[number - 1].offer(done.pages[i], done.audits[i], done.makers[i], trouble and f"{name}: {trouble}")

    async def _convert(self, name: str, path: Path, due: list[int], layer: TextLayer) -> Audited:
        request = Request(
            source=str(path),
            ending=".pdf",
            settings=self.job.config.ingest,
            pages=None if len(due) == layer.page_count else due,
            page_count=layer.page_count,
            images=str(self.job.data.path("text", "images", self.source.id)),
            base_url=self.job.config.llm.base_url,
            api_key_env=self.job.config.llm.api_key_env,
        )
        return await self._work(convert_pages, name, request, layer.pages, models=CONVERTERS[name].models)

    async def _look(self, path: Path, due: list[int], layer: list[str]) -> Audited:
        """Have the vision model read pages of a PDF or of a picture file."""
        vision = self.job.config.ingest.vision

        async def picture(number: int, turn: int) -> bytes:
            return await self._work(page_jpeg, str(path), number, vision.image_size, vision.jpeg_quality, turn)

        reader = PageReader(self.job.client, vision, self.job.prompt(vision.prompt), self.source.name, picture)
        threshold = self.job.config.ingest.audit_threshold
        return await reader.read_pages(due, layer, threshold, _picture_places(self.job.config.llm.max_concurrency))

    async def _open(self, path: Path) -> tuple[Path, TextLayer]:
        """The text layer, and the path of a copy without a password where one was needed."""
        first = TEST_PAGES if self.job.test else 0
        if password := self.job.flags.password:
            target = self.scratch / "unlocked.pdf"
            await self._must(unlock, str(path), password, str(target))
            path = target
        layer = await self._must(read_text_layer, str(path), first)
        limit = self.job.config.ingest.max_pages
        if layer.page_count > limit:
            raise BadDocument(f"it has {layer.page_count} pages, more than ingest.max_pages ({limit}); raise the limit")
        return path, layer

    def _assemble(self, layer: TextLayer, drafts: list[Draft]) -> tuple[str, list[Page], str]:
        if not any(draft.markdown.strip() for draft in drafts):
            reasons = [draft.fell_back for draft in drafts if draft.fell_back]
            cause = "its pages are pictures without text (a scan)" if any(layer.scans) else "its pages hold no text"
            raise BadDocument("; ".join(dict.fromkeys([cause, *reasons, *self.warnings, _OCR])))
        stitched = stitch(set_headings([draft.markdown for draft in drafts], [Entry(*row) for row in layer.outline]))
        pages = [
            Page(
                number=number,
                start=start,
                end=end,
                converter=draft.converter,
                audit=draft.audit,
                fell_back=draft.fell_back,
                scan=layer.scans[number - 1],
                contents=is_contents(draft.markdown),
            )
            for number, ((start, end), draft) in enumerate(zip(stitched.spans, drafts, strict=True), start=1)
        ]
        self.warnings += _page_warnings(pages, self.job.config.ingest.audit_threshold)
        return stitched.markdown, pages, layer.title

    async def _work(self, fn: Callable[..., T], *args: object, models: bool = False) -> T:
        """fn(*args) in a process of its own; with `models` in the one that holds them."""
        settings = self.job.config.ingest
        workers = _workers(1, 0) if models else _workers(settings.workers, settings.memory_mb)
        return await workers.acall(fn, *args, timeout=settings.timeout)

    async def _must(self, fn: Callable[..., T], *args: object) -> T:
        try:
            return await self._work(fn, *args)
        except WorkerFailed as error:
            raise BadDocument(_reason(error)) from None


_PLACES: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
_OCR = "read it with a vision model (--converter gemini) or on this machine (uv sync --extra ocr, --converter ocr)"


def _picture_places(calls: int) -> asyncio.Semaphore:
    """One for all documents of a run: as many pages are drawn as calls can be in flight, and as many again wait."""
    return _PLACES.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(2 * calls))


@functools.cache
def _workers(count: int, memory_mb: int) -> Workers:
    return Workers(count, memory_mb)


def _reason(error: WorkerFailed) -> str:
    return str(error) if error.kind in ("crash", "timeout", "BadDocument") else f"{error.kind}: {error}"


def _remedy(ending: str) -> str:
    return f'name one in ingest.converters, such as {{"{ending[1:]}": ["gemini"]}}, or pass --converter gemini'


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _title(markdown: str, metadata: str, path: Path) -> str:
    """The first heading of the first level, the PDF's own title, or the file's name."""
    if heading := re.search(r"^# +(.+)$", markdown[:5000], re.MULTILINE):
        return re.sub(r"[*_`\\]|<[^>]+>", "", heading[1]).strip()
    named = re.sub(r"^Microsoft \w+ - |\.\w{2,4}$", "", metadata).strip()
    return named or path.stem


def _page_warnings(pages: list[Page], threshold: float) -> list[str]:
    warnings = []
    if scans := [page.number for page in pages if page.scan and page.end == page.start]:
        warnings.append(f"{_numbers(scans)} without text (scans); {_OCR}")
    for page in pages:
        if page.audit and page.audit.score < threshold and not page.scan:
            warnings.append(f"page {page.number}: audit score {page.audit.score:.2f} is below {threshold}")
        elif page.audit and page.audit.lost_numbers:
            warnings.append(f"page {page.number}: numbers not found: {', '.join(page.audit.lost_numbers[:5])}")
    return warnings


def _numbers(numbers: list[int]) -> str:
    """[1, 2, 3, 7] as "pages 1-3, 7"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    listed = ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
    return f"page{'s' if len(numbers) > 1 else ''} {listed}"


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
    return "gemini" in (settings.converter, *(name for names in settings.converters.values() for name in names))


def shaping(config: Config) -> Any:
    """The settings that shape the texts: not how many processes there are, nor what an unused converter is told."""
    settings = msgspec.to_builtins(config.ingest)
    for name in ("workers", "memory_mb", "timeout", *(() if uses_vision(config.ingest) else ("vision",))):
        del settings[name]
    return settings


def estimate(job: Job, unit: Unit) -> Estimate:
    """The vision model's calls, where it comes first: one a page, at what a picture and a full page of text take."""
    vision, path = job.config.ingest.vision, Path(unit.payload.path)
    try:
        ending, _ = examine(path, job.config.ingest.max_unpacked_mb)
        first = choose(job.config.ingest, ending)[:1]
        if unit.payload.problem or first != ["gemini"]:
            return Estimate(0, 0, 0, vision)
        count = read_text_layer(str(path), 1).page_count if ending == ".pdf" else count_frames(str(path))
    except BadDocument:
        return Estimate(0, 0, 0, vision)
    calls = min(count, TEST_PAGES) if job.test else count
    return Estimate(calls, calls * INPUT_TOKENS, calls * OUTPUT_TOKENS, vision)


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--converter", **setting("ingest.converter"), choices=[n for n in CONVERTERS if n != "plain"],
        help="the converter to try first",
    )  # fmt: skip
    parser.add_argument("--password", metavar="WORD", default="", help="of the encrypted PDFs among the documents")


main = Command(
    name="ingest",
    units=units,
    process=process,
    settings=shaping,
    prompts=lambda config: [config.ingest.vision.prompt] if uses_vision(config.ingest) else [],
    flags=add_flags,
    estimate=estimate,
    version="1",
)

if __name__ == "__main__":
    run_script(main)
