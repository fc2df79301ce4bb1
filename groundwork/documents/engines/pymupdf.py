"""pymupdf: reads tables best of all engines that need no model. AGPL: installing the extra is your decision.

Its licence asks that what you distribute or serve with it be under the AGPL too, unless you buy another licence.
"""

from __future__ import annotations

from groundwork.documents.conversion.converter_table import Conversion, ConversionRequest


def convert(request: ConversionRequest) -> Conversion:
    """Markdown by page, with PyMuPDF's own layout analysis."""
    import pymupdf4llm

    page_numbers = request.pages or list(range(1, request.page_count + 1))
    pymupdf_chunks = pymupdf4llm.to_markdown(
        request.source, pages=[page_number - 1 for page_number in page_numbers], page_chunks=True, show_progress=False
    )
    return Conversion(pages=[pymupdf_chunk["text"] for pymupdf_chunk in pymupdf_chunks])
