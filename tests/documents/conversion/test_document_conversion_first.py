"""The text layer of a PDF and its first conversion, in one call."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pypdfium2
import pytest

from groundwork.documents.conversion.converter_table import ConversionRequest
from groundwork.documents.conversion.first_conversion import convert_first, requested_pages
from groundwork.documents.conversion.page_renditions import convert_pages
from groundwork.documents.pdf_files.open_pdf import OpenPdf
from groundwork.documents.pdf_files.text_layer import TextLayer, read_text_layer
from groundwork.settings.config_files import load
from tests.sample import formats

SETTINGS = load().ingest


def _request(folder: Path, count: int = 4) -> ConversionRequest:
    pages = [formats.page_of([f"The lamp of berth {7 * n} is lit at dusk, and put out at dawn."]) for n in range(count)]
    formats.write_plain_pdf(folder / "lamps.pdf", pages)
    return ConversionRequest(source=str(folder / "lamps.pdf"), ending=".pdf", settings=SETTINGS)


def test_one_call_gives_what_two_give(tmp_path: Path) -> None:
    """The text layer and the pages are those of two calls, whose second opens the PDF again."""
    request = _request(tmp_path)
    layer, converted = convert_first(convert_pages, "layout", request)
    assert layer == read_text_layer(request.source)
    assert converted == convert_pages("layout", dataclasses.replace(request, page_count=4), layer.pages)


def test_only_pages_asked_for_are_converted(tmp_path: Path) -> None:
    """Pages named by an override, or the first ones; none of a book that is too long."""
    request = _request(tmp_path)
    converted = convert_first(convert_pages, "layout", request, pages="2, 4").converted
    assert converted is not None
    assert [page.split()[4] for page in converted.pages] == ["7", "21"]
    layer, converted = convert_first(convert_pages, "layout", request, first=1)
    assert (len(layer.pages), layer.page_count) == (1, 4)
    assert converted is not None
    assert len(converted.pages) == 1
    asked = ConversionRequest(
        source=request.source, ending=".pdf", settings=load(assignments=["ingest.max_pages=3"]).ingest
    )
    assert convert_first(convert_pages, "layout", asked).converted is None


def test_damaged_pages_are_not_asked_for() -> None:
    """A page that cannot be opened is left to the warnings."""
    layer = TextLayer(page_count=3, title="", pages=["a", "", "c"], scans=[False] * 3, damaged=[2])
    assert requested_pages(layer, "", 0) == [1, 3]
    assert requested_pages(layer, "2-3", 0) == [3]


def test_pages_stay_open_up_to_a_limit(tmp_path: Path) -> None:
    """A page is opened once; of a long PDF the first ones stay open, and the last that was asked for."""
    with OpenPdf(_request(tmp_path).source, most_open=2) as pdf:
        first, second, third = pdf[0], pdf[1], pdf[2]
        assert pdf[0] is first
        assert pdf[2] is third
        assert pdf[1] is not second
        with pytest.raises(pypdfium2.PdfiumError):
            pdf[9]
