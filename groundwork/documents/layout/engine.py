"""layout: the default for PDFs. Needs no download, no key and no model.

liteparse (Apache-2.0) gives the boxes of a page's text and its drawn lines, pdfium inside; what they mean is read
here: lines (lines.py), the document's type (styles.py), drawn tables (grids.py), paragraphs, lists and columns
(flow.py). Where the audit is not content with a page, pdf-inspector (MIT) and liteparse's own Markdown read it too,
and the page keeps the best of the three (pages.py).
"""

from __future__ import annotations

import dataclasses
from typing import Any

from groundwork.documents import Conversion, Request
from groundwork.documents.audit import count_tables
from groundwork.documents.layout.lines import Line, to_lines, to_run
from groundwork.documents.layout.page_flow import Flow, page_lines
from groundwork.documents.layout.ruled_tables import Box, Frame, find_frames, find_grids
from groundwork.documents.layout.spelling import Speller
from groundwork.documents.layout.type_styles import Styles
from groundwork.language.scripts import is_shaped


def convert(request: Request) -> Conversion:
    """Our own reading of every page, but of pages in a shaped script that of pdf-inspector.

    pdfium, and with it liteparse, gives the letters of such a script in the order in which they are drawn. Raises what
    the engines raise.
    """
    pages = _liteparse_pages(request, vectors=True)
    layer = request.layer or [""] * len(pages)
    shaped = [i for i, text in enumerate(layer) if is_shaped(text)]
    pages = [None if i in shaped else page for i, page in enumerate(pages)]
    frames = [find_frames(page.vector_graphics) if page and page.vector_graphics else [] for page in pages]
    words = _word_boxes(request, [page.page_num for page, found in zip(pages, frames, strict=True) if found])
    lines = [
        _lines(page, found, words.get(page.page_num, []), Speller(text)) if page else []
        for page, found, text in zip(pages, frames, layer, strict=True)
    ]
    styles = Styles(lines)
    ours = [Flow(page, styles).markdown() for page in lines]
    if not shaped:
        return Conversion(renditions={"lines": ours})
    other = _only(shaped, request)
    return Conversion(renditions={"lines": ours, "pdf-inspector": other}, warnings=_unsure_tables(other, request))


def reserve(request: Request) -> Conversion:
    """Two engines' renditions, for pages that our own reading gets wrong. An engine that fails is a warning."""
    renditions = {}
    warnings = []
    for name, engine in ENGINES.items():
        try:
            renditions[name] = engine(request)
        except Exception as error:  # engines raise anything; the other one carries on
            warnings.append(f"{name} failed: {error}")
    return Conversion(renditions=renditions, warnings=warnings)


def _only(places: list[int], request: Request) -> list[str]:
    """pdf-inspector's Markdown of the pages at `places`, "" for the others."""
    numbers = request.pages or list(range(1, request.page_count + 1))
    found = iter(_pdf_inspector(dataclasses.replace(request, pages=[numbers[i] for i in places])))
    return [next(found) if i in places else "" for i in range(len(numbers))]


def _unsure_tables(pages: list[str], request: Request) -> list[str]:
    """A warning of tables in shaped scripts, whose rows and spaces get lost."""
    numbers = request.pages or range(1, len(pages) + 1)
    if found := [str(number) for number, page in zip(numbers, pages, strict=True) if count_tables(page)]:
        pages_told = f"page{'s' if len(found) > 1 else ''} {', '.join(found)}"
        return [f"{pages_told}: tables of such a script come apart; look at them, or use --converter gemini"]
    return []


def _lines(page: Any, frames: list[Frame], items: list[Any], speller: Speller) -> list[Line]:
    """The lines of a liteparse page and its drawn tables, spelt as in the page's text layer."""
    letters = [box for item in items for box in _spelt_words(item, speller)]
    grids = find_grids(frames, letters) if letters else []
    runs = [run for item in page.text_items if (run := to_run(item))]
    free = [run for run in runs if not any(grid.holds(run) for grid in grids)] if grids else runs
    return page_lines(to_lines([run._replace(text=speller.spell(run.text)) for run in free]), grids)


def _word_boxes(request: Request, numbers: list[int]) -> dict[int, list[Any]]:
    """The text items of some pages with the place of each word, which tables need; by page number."""
    if not numbers:
        return {}
    pages = _liteparse_pages(dataclasses.replace(request, pages=numbers), emit_word_boxes=True)
    return {page.page_num: page.text_items for page in pages if page}


def _spelt_words(item: Any, speller: Speller) -> list[Box]:
    """The words of a text item; boxes that the text layer holds as one word are one."""
    out: list[Box] = []
    spelt = speller.spell(item.text.strip()).split()
    letters = ""
    for word in item.words:
        box = Box(word.x, word.y, word.x + word.width, word.y + word.height, word.text)
        if letters and spelt and len("".join(spelt[0].split())) > len(letters):
            out[-1] = Box(out[-1].x1, min(out[-1].y1, box.y1), box.x2, max(out[-1].y2, box.y2), spelt[0])
        else:
            out.append(box)
            letters = ""
        letters += word.text
        if spelt and len(letters) >= len(spelt[0]):
            out[-1] = out[-1]._replace(text=spelt.pop(0))
            letters = ""
    return out


def _pdf_inspector(request: Request) -> list[str]:
    import pdf_inspector

    numbers = None if request.pages is None else [number - 1 for number in request.pages]
    return [page.markdown for page in pdf_inspector.extract_pages_markdown(request.source, numbers).pages]


def _liteparse(request: Request) -> list[str]:
    return [page.markdown or "" if page else "" for page in _liteparse_pages(request, output_format="markdown")]


def _liteparse_pages(request: Request, vectors: bool = False, **options: Any) -> list[Any]:
    """liteparse's pages in the order asked for; None for one that it does not give."""
    from liteparse import LiteParse

    parser = LiteParse(
        ocr_enabled=False,  # it would fetch its language data from the network
        image_mode="off",
        extract_vector_graphics=vectors,
        extract_links=False,
        target_pages=None if request.pages is None else ",".join(map(str, request.pages)),
        max_pages=request.settings.max_pages,
        quiet=True,
        **{"output_format": "text", **options},
    )
    by_number = {page.page_num: page for page in parser.parse(request.source).pages}
    return [by_number.get(number) for number in request.pages or range(1, request.page_count + 1)]


ENGINES = {"pdf-inspector": _pdf_inspector, "liteparse": _liteparse}
