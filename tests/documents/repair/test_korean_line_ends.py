"""Lines of Korean that end within a word or with one are joined as the text has it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.conversion.converter_table import ConversionRequest
from groundwork.documents.conversion.page_renditions import convert_pages
from groundwork.documents.pdf_files.text_layer import read_text_layer
from groundwork.documents.repair.hyphens_and_ligatures import DocumentWords
from groundwork.settings.config_files import load

TEXT = (
    "항구 사무소는 매일 아침 배의 이름과 도착한 시각을 장부에 적는다. 선장은 항구에 들어오기 전에 사무소에 알려야 "
    "하고, 사무소는 선장에게 배를 댈 자리를 알려 준다. 배를 댈 자리의 요금은 배의 길이에 따라 다르며, 선장은 요금을 "
    "항구를 떠나기 전에 사무소에 낸다. 요금을 내지 않은 배는 항구를 떠날 수 없다. 사무소는 요금을 낸 선장에게 영수증을 "
    "준다. 바람이 세게 부는 날에는 작은 배가 항구를 떠날 수 없고, 선장은 사무소의 허락을 받아야 배를 움직일 수 있다. "
    "허락을 받지 않고 배를 움직인 선장은 벌금을 낸다. 벌금의 액수는 사무소가 정하며, 선장은 벌금을 사무소에 낸다."
)


def lines_of(text: str, width: int, *, whole_words: bool) -> list[str]:
    """The text in lines of so many letters, which end between any two syllables or between words alone."""
    lines = []
    while len(text) > width:
        end = text.rindex(" ", 0, width + 1) if whole_words else width
        lines.append(text[:end].strip())
        text = text[end:].lstrip()
    return [*lines, text]


def count_right_joints(lines: list[str], text: str) -> tuple[int, int]:
    """Of the lines that end and begin in letters, how many are joined as the text has it, and how many there are."""
    words = DocumentWords(lines)
    pairs = [pair for pair in pairwise(lines) if pair[0][-1].isalpha()]
    return sum(words.join(above, below) in text for above, below in pairs), len(pairs)


def test_lines_that_end_within_words_are_joined_by_the_words_of_the_text():
    """A document's own words and syllables tell most of them; a space at each would be wrong for most."""
    counts = [count_right_joints(lines_of(TEXT, width, whole_words=False), TEXT) for width in range(14, 30)]
    right, count = map(sum, zip(*counts, strict=True))
    assert right > 0.75 * count


@pytest.mark.parametrize("width", [16, 21, 27])
def test_lines_that_end_between_words_are_joined_by_a_space(width):
    """Where all lines end with whole words, each join is a space."""
    right, count = count_right_joints(lines_of(TEXT, width, whole_words=True), TEXT)
    assert right == count


def test_a_printed_page_is_one_paragraph_with_its_words(tmp_path: Path):
    """The words of a page whose lines end anywhere are whole."""
    pdfmetrics.registerFont(UnicodeCIDFont("HYSMyeongJo-Medium"))
    canvas = Canvas(str(tmp_path / "korean.pdf"))
    canvas.setFont("HYSMyeongJo-Medium", 11)
    lines = lines_of(TEXT, 21, whole_words=False)
    for k, line in enumerate(lines):
        canvas.drawString(60, 760 - 14 * k, line)
    canvas.save()
    layer = read_text_layer(str(tmp_path / "korean.pdf"))
    request = ConversionRequest(
        source=str(tmp_path / "korean.pdf"), ending=".pdf", settings=load().ingest, page_count=1
    )
    words = convert_pages("layout", request, layer.pages).pages[0].split()
    wanted = TEXT.split()
    assert len(set(wanted) - set(words)) <= 0.1 * len(set(wanted))
