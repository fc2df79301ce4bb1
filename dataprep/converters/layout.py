"""layout: the default for PDFs. Needs no download, no key and no model.

No permissive engine reads every page best, and two of them are fast: pdf-inspector (MIT) keeps numbered rules in
order, liteparse (Apache-2.0) keeps bordered tables and code. Both run, and each page keeps the rendition that
holds more of the text layer and reads better (pages.py).
"""

from __future__ import annotations

from dataprep.converters import Conversion, Request


def convert(request: Request) -> Conversion:
    """Both engines' renditions. Raises what an engine raises only where both fail."""
    renditions, warnings = {}, []
    for name, engine in ENGINES.items():
        try:
            renditions[name] = engine(request)
        except Exception as error:  # engines raise anything; the other one carries on
            warnings.append(f"{name} failed: {error}")
    if not renditions:
        raise RuntimeError("; ".join(warnings))
    return Conversion(renditions=renditions, warnings=warnings)


def _pdf_inspector(request: Request) -> list[str]:
    import pdf_inspector

    numbers = None if request.pages is None else [number - 1 for number in request.pages]
    return [page.markdown for page in pdf_inspector.extract_pages_markdown(request.source, numbers).pages]


def _liteparse(request: Request) -> list[str]:
    from liteparse import LiteParse

    parser = LiteParse(
        ocr_enabled=False,  # it would fetch its language data from the network
        output_format="markdown",
        image_mode="off",
        extract_links=False,
        target_pages=None if request.pages is None else ",".join(map(str, request.pages)),
        max_pages=request.settings.max_pages,
        quiet=True,
    )
    by_number = {page.page_num: page.markdown or "" for page in parser.parse(request.source).pages}
    return [by_number.get(number, "") for number in request.pages or range(1, request.page_count + 1)]


ENGINES = {"pdf-inspector": _pdf_inspector, "liteparse": _liteparse}
