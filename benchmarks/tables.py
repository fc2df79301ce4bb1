"""Score tables and paragraphs of PDF readings on the table competition of ICDAR 2013, and what each part of ours adds.

Run     uv run benchmarks/tables.py FOLDER [--engines layout,lines,liteparse,pdf-inspector] [--ablations] [--each]

FOLDER holds NAME.pdf and NAME-str.xml. The 67 pairs are those of the competition (Göbel et al., "ICDAR 2013 Table
Competition"); tabula-java keeps them in its repository, under src/test/resources/technology/tabula/icdar2013-dataset.
They are not part of this project.

Every filled cell makes a pair with the next filled cell at its right and with the one below it; the pairs of truth
and Markdown are compared as bags over a document. Cells count as letters, digits and % < >; a cell that spans several
is one, and so are equal neighbours in the Markdown. `drawn`: documents with a frame on a page with a table; `free`:
the others. `broken`: paragraphs that begin in the middle of a sentence, per 1,000 words. eu-* is what the reading was
made on, us-* what it was not. Pages per CPU second (`p/cpu-s`) are those of a process that has read a PDF before.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import html
import os
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from groundwork.__main__ import GC_THRESHOLDS
from groundwork.documents.conversion.converter_table import ConversionRequest, run_converter
from groundwork.documents.conversion.first_conversion import MOST_OPEN_PAGES, convert_first
from groundwork.documents.conversion.page_renditions import convert_pages
from groundwork.documents.engines import layout_converter as layout_engine
from groundwork.documents.engines.layout_converter import ENGINES
from groundwork.documents.layout import letter_sizes, markdown_paragraphs, page_content, reading_order
from groundwork.documents.layout.page_columns import PagePart
from groundwork.documents.layout.ruling_strokes_and_shades import find_frames, find_strokes
from groundwork.documents.layout.tables import drawn_tables
from groundwork.documents.pdf_files.open_pdf import OpenPdf
from groundwork.documents.pdf_files.text_layer import read_text_layer, text_layer
from groundwork.documents.repair.outline_and_contents import OutlineEntry, set_headings
from groundwork.documents.repair.page_joining import join_pages
from groundwork.language.list_labels import LIST_LABEL
from groundwork.language.sentences import SENTENCE_LINE_ENDS
from groundwork.settings import config_files

SETTINGS = config_files.load().ingest

_NO_PARAGRAPH = re.compile(rf"[|#`<!>]|[-*+] |{LIST_LABEL}(?:\s|$)|[a-z]\. ")

Pair = tuple[str, str, str]  # "right" or "below", a cell, the next one
Cells = dict[tuple[int, int], int]  # place -> which text


# --- cells and pairs ------------------------------------------------------------------------------------------------


def plain(cell: str) -> str:
    """A cell as it is compared; where nothing but marks is in it, the marks."""
    cell = html.unescape(re.sub(r"<br\s*/?>|</?(?:su[bp]|b|i|u|strong|em)>", " ", cell))
    cell = unicodedata.normalize("NFKC", re.sub(r"\\([^\w\s])", r"\1", cell)).lower()
    letters = "".join(c for c in cell if c.isalnum() or c in "%<>")
    return letters or re.sub(r"[\s*_`|]", "", cell).translate(str.maketrans("–—−", "---"))


def pairs(cells: Cells, texts: Sequence[str]) -> Counter[Pair]:
    rows, columns = defaultdict(list), defaultdict(list)
    for (row, column), which in cells.items():
        if texts[which]:
            rows[row].append((column, which))
            columns[column].append((row, which))
    found = {
        (way, a, b)
        for way, lines in (("right", rows), ("below", columns))
        for line in lines.values()
        for (_, a), (_, b) in pairwise(sorted(line))
        if a != b
    }
    return Counter((way, texts[a], texts[b]) for way, a, b in found)


def of_truth(path: Path) -> Counter[Pair]:
    total: Counter[Pair] = Counter()
    for region in ElementTree.parse(path).getroot().iter("region"):  # noqa: S314 - files of the competition
        cells: Cells = {}
        texts: list[str] = []
        for cell in region.iter("cell"):
            first_row, first_column = int(cell.get("start-row", 0)), int(cell.get("start-col", 0))
            last_row, last_column = int(cell.get("end-row") or first_row), int(cell.get("end-col") or first_column)
            for row in range(first_row, last_row + 1):
                cells.update({(row, column): len(texts) for column in range(first_column, last_column + 1)})
            texts.append(plain(cell.findtext("content") or ""))
        total += pairs(cells, texts)
    return total


def of_markdown(markdown: str) -> Counter[Pair]:
    total: Counter[Pair] = Counter()
    for table in re.findall(r"(?:^[ \t]*\|.*\n?)+", markdown, re.MULTILINE):
        lines = [line.strip() for line in table.splitlines() if not re.fullmatch(r"[|\s:-]*-[|\s:-]*", line)]
        total += pairs(*_squared([re.split(r"(?<!\\)\|", line.strip("|")) for line in lines]))
    return total


def _squared(rows: Sequence[Sequence[str]]) -> tuple[Cells, list[str]]:
    """Cells of a Markdown table; equal neighbours that are more than a figure are one cell."""
    cells: Cells = {}
    texts: list[str] = []
    for i, row in enumerate(rows):
        for j, text in enumerate(map(plain, row)):
            like = [cells[at] for at in ((i, j - 1), (i - 1, j)) if at in cells and texts[cells[at]] == text]
            if like and len(text) > 3 and not text.isdigit():
                cells[i, j] = like[0]
            else:
                cells[i, j] = len(texts)
                texts.append(text)
    return cells, texts


def broken(markdown: str) -> list[tuple[str, str]]:
    """(paragraph, next one) where the next one begins in small letters and the first ends no sentence.

    Items of lists and displayed formulas are no paragraphs.
    """
    prose = re.sub(r"(?ms)^(```|~~~).*?^\1", "|", markdown)
    blocks = [block.strip() for block in re.split(r"\n\s*\n", prose) if block.strip()]
    text = [None if _NO_PARAGRAPH.match(block) or _is_formula(block) else block.strip("*_ ") for block in blocks]
    return [(a, b) for a, b in pairwise(text) if a and b and b[:1].islower() and not a.endswith(SENTENCE_LINE_ENDS)]


def _is_formula(block: str) -> bool:
    """Whether hardly a word stands beside the letters and signs of a block."""
    return len(re.findall(r"[^\W\d_]{3,}", re.sub(r"\$[^$]*\$", " ", block))) < 2 and bool(
        re.search(r"[=≤≥$()]", block)
    )


# --- engines and ablations ------------------------------------------------------------------------------------------


def layout(request: ConversionRequest) -> str:
    layer, converted = convert_first(convert_pages, "layout", request)
    pages = converted.pages if converted else []
    return join_pages(set_headings(pages, [OutlineEntry(*row) for row in layer.outline])).markdown


def lines(request: ConversionRequest) -> str:
    with OpenPdf(request.source, MOST_OPEN_PAGES) as pdf:
        asked = dataclasses.replace(request, layer=text_layer(pdf).pages, opened=pdf)
        return "\n\n".join(run_converter("layout", asked).renditions["lines"])


ALL: dict[str, Callable[[ConversionRequest], str]] = {
    "layout": layout,
    "lines": lines,
    **{name: lambda request, name=name: "\n\n".join(ENGINES[name](request)) for name in ENGINES},  # type: ignore[misc]
}

ABLATIONS: dict[str, tuple[Any, str, Any]] = {
    "sizes by Tf alone": (letter_sizes.LetterSizes, "of", lambda _self, item, _page: item.font_size or 1.0),
    "no columns by where lines begin": (
        reading_order,
        "page_parts",
        lambda runs, grids, *_: [PagePart(list(runs), list(grids))],
    ),
    "no drawn tables": (drawn_tables, "find_frames", lambda _strokes: []),
    "no tables by spaces": (markdown_paragraphs, "find_borderless_tables", lambda *_: []),
    "charts read as text": (page_content, "find_chart_regions", lambda *_: []),
}


@contextmanager
def without(part: str) -> Iterator[None]:
    """Our reading with one of its parts taken out."""
    owner, name, instead = ABLATIONS[part]
    whole = getattr(owner, name)
    setattr(owner, name, instead)
    try:
        yield
    finally:
        setattr(owner, name, whole)


# --- scores ---------------------------------------------------------------------------------------------------------


class Score(NamedTuple):
    """Of one document: pairs that are right, those of the truth, those of the Markdown; what the text is like."""

    right: int
    wanted: int
    given: int
    broken: int
    words: int
    pages: int
    seconds: float


def score(read: Callable[[ConversionRequest], str], pdf: Path) -> Score:
    count = read_text_layer(str(pdf)).page_count
    request = ConversionRequest(source=str(pdf), ending=".pdf", settings=SETTINGS, page_count=count)
    began = os.times()
    markdown = read(request)
    ended = os.times()
    wanted, given = of_truth(pdf.with_name(f"{pdf.stem}-str.xml")), of_markdown(markdown)
    seconds = ended.user + ended.system - began.user - began.system
    words = len(re.findall(r"\w+", markdown))
    right = (wanted & given).total()
    return Score(right, wanted.total(), given.total(), len(broken(markdown)), words, count, seconds)


def f1(scores: Sequence[Score]) -> str:
    total = sum(s.wanted + s.given for s in scores)
    return f"{2 * sum(s.right for s in scores) / total:.3f}" if total else "-"


def row(name: str, scores: dict[str, Score], drawn: set[str]) -> str:
    def part(test: Callable[[str], bool]) -> str:
        return f1([s for document, s in scores.items() if test(document)])

    shares = [part(lambda _: True), part(lambda d: d[:2] == "eu"), part(lambda d: d[:2] == "us"),
              part(lambda d: d in drawn), part(lambda d: d not in drawn)]  # fmt: skip
    every = list(scores.values())
    cut = 1000 * sum(s.broken for s in every) / max(1, sum(s.words for s in every))
    rate = sum(s.pages for s in every) / max(1e-9, sum(s.seconds for s in every))
    return f"{name:34} {' '.join(f'{share:>6}' for share in shares)} {cut:>7.2f} {rate:>8.1f}"


def has_frame(pdf: Path) -> bool:
    path = pdf.with_name(f"{pdf.stem}-str.xml")
    regions = ElementTree.parse(path).getroot().iter("region")  # noqa: S314 - files of the competition
    numbers = {int(region.get("page", 0)) for region in regions}
    request = ConversionRequest(source=str(pdf), ending=".pdf", settings=SETTINGS, pages=sorted(numbers - {0}) or [1])
    pages = layout_engine.read_pages(request)
    return any(page and page.vector_graphics and find_frames(find_strokes(page.vector_graphics)) for page in pages)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--engines", default=",".join(ALL))
    parser.add_argument("--ablations", action="store_true", help="our reading alone, without each of its parts")
    parser.add_argument("--each", action="store_true", help="a line for each document")
    flags = parser.parse_args()
    files = [pdf for pdf in sorted(flags.folder.glob("*.pdf")) if pdf.with_name(f"{pdf.stem}-str.xml").exists()]
    if not files:
        parser.error(f"{flags.folder} holds no NAME.pdf with its NAME-str.xml; see --help for where they come from")
    gc.set_threshold(*GC_THRESHOLDS)
    drawn = {pdf.stem for pdf in files if has_frame(pdf)}
    heads = " ".join(f"{head:>6}" for head in ("all", "eu", "us", "drawn", "free"))
    print(f"{'F1 of tables':34} {heads} {'broken':>7} {'p/cpu-s':>8}")
    for name in flags.engines.split(","):
        score(ALL[name], files[0])  # what it imports is no part of a page's cost
        scores = {pdf.stem: score(ALL[name], pdf) for pdf in files}
        for document, one in scores.items() if flags.each else ():
            print(f"  {document:12} {f1([one])} of {one.wanted} pairs")
        print(row(name, scores, drawn), flush=True)
    for part in ABLATIONS if flags.ablations else ():
        with without(part):
            print(row(f"lines, {part}", {pdf.stem: score(lines, pdf) for pdf in files}, drawn), flush=True)


if __name__ == "__main__":
    main()
