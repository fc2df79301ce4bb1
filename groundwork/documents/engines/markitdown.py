"""markitdown: every office format and HTML, on the CPU, with no models. MIT licence.

Its PDF text loses the spaces between words on some files, which the audit sees; layout reads PDFs better.
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

from groundwork.documents.conversion.converter_table import Conversion, ConversionRequest
from groundwork.markdown.figures import without_pictures

_MARKITDOWN_SLIDE = re.compile(r"^<!-- Slide number: \d+ -->\n?", re.MULTILINE)


def convert(request: ConversionRequest) -> Conversion:
    """One page for each page of a PDF and each slide of a PPTX; other formats in one piece."""
    from markitdown import MarkItDown, StreamInfo

    markitdown_engine = MarkItDown(enable_plugins=False)
    if request.ending == ".pdf":
        return Conversion(pages=_markitdown_pdf_pages(markitdown_engine, request))
    markitdown_bytes = Path(request.source).read_bytes()
    if request.ending == ".ipynb":
        markitdown_bytes = _without_empty_cells(markitdown_bytes)
    markitdown_text = markitdown_engine.convert_stream(
        io.BytesIO(markitdown_bytes), stream_info=StreamInfo(extension=request.ending)
    ).text_content
    markitdown_slides = _MARKITDOWN_SLIDE.split(without_pictures(markitdown_text))
    return Conversion(pages=markitdown_slides[1:] if len(markitdown_slides) > 1 else markitdown_slides)


def _without_empty_cells(notebook_bytes: bytes) -> bytes:
    """A notebook without the cells that say nothing, which would be empty fences; what is no notebook as it is."""
    try:
        notebook = json.loads(notebook_bytes)
        notebook["cells"] = [cell for cell in notebook["cells"] if "".join(cell["source"]).strip()]
    except (ValueError, LookupError, TypeError):
        return notebook_bytes
    return json.dumps(notebook).encode()


def _markitdown_pdf_pages(markitdown_engine: object, request: ConversionRequest) -> list[str]:
    """markitdown gives a PDF as one text, so each page is cut out as a PDF of its own first."""
    import pypdfium2
    from markitdown import StreamInfo

    from groundwork.documents.pdf_files.open_pdf import open_pdf

    markitdown_document = open_pdf(request.source)
    markitdown_pages = []
    for page_number in request.pages or range(1, len(markitdown_document) + 1):
        markitdown_page_pdf = pypdfium2.PdfDocument.new()
        markitdown_page_pdf.import_pages(markitdown_document, [page_number - 1])
        pdf_stream = io.BytesIO()
        markitdown_page_pdf.save(pdf_stream)
        markitdown_page_pdf.close()
        pdf_stream.seek(0)
        stream_info = StreamInfo(extension=".pdf", mimetype="application/pdf")
        markitdown_pages.append(markitdown_engine.convert_stream(pdf_stream, stream_info=stream_info).text_content)  # type: ignore[attr-defined]  # untyped package
    markitdown_document.close()
    return markitdown_pages
