"""ocr: scanned pages and pictures read on this machine by RapidOCR, whose weights come with its wheel (extra `ocr`).

About ten seconds a page on one core; a vision model reads tables better.
"""

from __future__ import annotations

import functools
import statistics
from typing import Any, NamedTuple

from groundwork.documents.conversion.converter_table import Conversion, ConversionRequest
from groundwork.documents.layout.heading_styles_and_footnotes import HeadingStyles
from groundwork.documents.layout.markdown_paragraphs import MarkdownWriter
from groundwork.documents.layout.text_runs_and_lines import Run, to_lines
from groundwork.documents.pdf_files.page_images import count_frames, page_image

OCR_IMAGE_SIDE = 1800  # pixels; small print is lost below, time above
LEAST_OCR_SCORE = 0.6  # of a line's recognition


def convert(request: ConversionRequest) -> Conversion:
    """The lines found on each page, in paragraphs and tables by where they stand."""
    frame_count = request.page_count or count_frames(request.source)
    return Conversion(
        pages=[
            _read_page_by_ocr(request.source, page_number) for page_number in request.pages or range(1, frame_count + 1)
        ]
    )


@functools.cache
def _ocr_engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "critical"})


def _read_page_by_ocr(image_path: str, page_number: int) -> str:
    import numpy

    ocr_pixels = numpy.asarray(page_image(image_path, page_number, OCR_IMAGE_SIDE))[:, :, ::-1]  # it takes BGR
    ocr_result = _ocr_engine()(ocr_pixels)
    if ocr_result.boxes is None:
        return ""
    ocr_lines = [
        _ocr_line(box, text)
        for box, text, score in zip(ocr_result.boxes, ocr_result.txts, ocr_result.scores, strict=True)
        if score >= LEAST_OCR_SCORE
    ]
    if not ocr_lines:
        return ""
    usual_ocr_height = statistics.median(ocr_line.height for ocr_line in ocr_lines)
    recognised_lines = to_lines([ocr_line.run(usual_ocr_height) for ocr_line in ocr_lines])
    return MarkdownWriter(recognised_lines, HeadingStyles([recognised_lines])).markdown()


def _ocr_line(box: Any, ocr_text: str) -> _OcrLine:
    (x1, y1), (x2, y2) = box.min(axis=0).tolist(), box.max(axis=0).tolist()
    return _OcrLine(x1, y1, x2, y2, ocr_text)


class _OcrLine(NamedTuple):
    """A line that was recognised, in pixels from the top left."""

    x1: float
    y1: float
    x2: float
    y2: float
    text: str

    @property
    def height(self) -> float:
        return self.y2 - self.y1

    def run(self, usual_height: float) -> Run:
        """As text of a font size. Heights of one font differ by its letters."""
        size = self.height if self.height > 1.4 * usual_height else usual_height
        return Run(self.x1, self.y1, self.x2, self.y2, self.text.strip(), 0.8 * size)
