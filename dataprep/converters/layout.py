"""layout: the default for PDFs. Needs no download, no key and no model.

No permissive engine reads every page best, and two of them are fast: pdf-inspector (MIT) keeps numbered rules in
order, liteparse (Apache-2.0) keeps tables and code. Both run; so does a plain one of ours over liteparse's boxes
(lines.py), with the tables that the page draws (grids.py). Each page keeps the rendition that holds more of the text
layer and reads better (pages.py).
"""

from __future__ import annotations

from typing import Any

from dataprep.converters import Conversion, Request
from dataprep.converters.grids import find_grids
from dataprep.converters.lines import flow


def convert(request: Request) -> Conversion:
    """Both engines' renditions. Raises what an engine raises only where both fail."""
    renditions: dict[str, list[str]] = {}
    tables: list[list[str]] = []
    warnings = []
    try:
        renditions["pdf-inspector"] = _pdf_inspector(request)
    except Exception as error:  # engines raise anything; the other one carries on
        warnings.append(f"pdf-inspector failed: {error}")
    try:
        pages = _liteparse_pages(request)
    except Exception as error:
        if not renditions:
            raise RuntimeError(f"{warnings[0]}; liteparse failed: {error}") from error
        warnings.append(f"liteparse failed: {error}")
    else:
        grids = [find_grids(page) if page else [] for page in pages]
        tables = [[grid.markdown for grid in found] for found in grids]
        renditions["liteparse"] = [page.markdown or "" if page else "" for page in pages]
        renditions["lines"] = [flow(page, found) if page else "" for page, found in zip(pages, grids, strict=True)]
    return Conversion(renditions=renditions, tables=tables, warnings=warnings)


def _pdf_inspector(request: Request) -> list[str]:
    import pdf_inspector

    numbers = None if request.pages is None else [number - 1 for number in request.pages]
    return [page.markdown for page in pdf_inspector.extract_pages_markdown(request.source, numbers).pages]


def _liteparse_pages(request: Request) -> list[Any]:
    """liteparse's pages in the order asked for; None for one that it does not give."""
    from liteparse import LiteParse

    parser = LiteParse(
        ocr_enabled=False,  # it would fetch its language data from the network
        output_format="markdown",
        image_mode="off",
        extract_vector_graphics=True,
        extract_links=False,
        target_pages=None if request.pages is None else ",".join(map(str, request.pages)),
        max_pages=request.settings.max_pages,
        quiet=True,
    )
    by_number = {page.page_num: page for page in parser.parse(request.source).pages}
    return [by_number.get(number) for number in request.pages or range(1, request.page_count + 1)]


def _liteparse(request: Request) -> list[str]:
    return [page.markdown or "" if page else "" for page in _liteparse_pages(request)]


ENGINES = {"pdf-inspector": _pdf_inspector, "liteparse": _liteparse}
