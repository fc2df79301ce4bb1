"""Fonts that tell other letters than they draw are known by a line, and others are not taken for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import pytest
from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.pdf_files.misleading_fonts import Extent, fits
from groundwork.documents.pdf_files.text_layer import TextLayer, read_text_layer

TEXT = "The lock keeper opens the upper gate and lowers it again behind the last boat."
RUSSIAN = "Смотритель шлюза открывает верхние ворота и закрывает их за лодкой."
HEBREW = "שומר השער פותח את הסכר העליון רק כאשר המים עומדים באותו גובה"
FONTS = Path(matplotlib.get_data_path()) / "fonts/ttf"

Tell = Callable[[int], int]


def next_letter(code: int) -> int:
    return code + 1 if chr(code).isalpha() else code


def private(code: int) -> int:
    return 0xE000 + code


def unknown(_: int) -> int:
    return 0xFFFD


def code_page(code: int) -> int:
    return ord(chr(code).encode("cp1251").decode("cp1252"))


@pytest.fixture
def layer_of(tmp_path, monkeypatch) -> Callable[..., TextLayer]:
    """The text layer of a page with lines in fonts that tell each letter as another one."""

    def build(*lines: tuple[str, Tell | None], file: str = "DejaVuSerif.ttf") -> TextLayer:
        make_map = ttfonts.makeToUnicodeCMap
        tells: dict[str, Tell] = {}

        def told(name: str, codes: list[int]) -> Any:
            tell = next((tell for font, tell in tells.items() if font in name), None)
            return make_map(name, [tell(code) for code in codes] if tell else codes)

        monkeypatch.setattr(ttfonts, "makeToUnicodeCMap", told)
        canvas = Canvas(str(tmp_path / "told.pdf"))
        for k, (line, tell) in enumerate(lines):
            path = tmp_path / f"{'B' * (k + 1)}.ttf"
            path.write_bytes((FONTS / file).read_bytes())
            font = ttfonts.TTFont(f"Font{k}", path)
            font.face.name = f"Face{k}".encode()
            if tell:
                tells[f"Face{k}"] = tell
            pdfmetrics.registerFont(font)
            canvas.setFont(f"Font{k}", 11)
            canvas.drawString(60, 700 - 20 * k, line)
        canvas.save()
        return read_text_layer(str(tmp_path / "told.pdf"))

    return build


@pytest.mark.parametrize(
    ("text", "tell"),
    [(TEXT, next_letter), (TEXT, private), (TEXT, unknown), (RUSSIAN, code_page), (HEBREW[::-1], next_letter)],
)
def test_a_font_that_tells_other_letters_is_known_by_a_line(layer_of, text, tell):
    """One line is enough, in any alphabet; what it tells is no text to hold a page against."""
    layer = layer_of((text, tell), file="DejaVuSans.ttf")
    assert layer.unreadable == [True]
    assert layer.pages == [""]
    assert layer.misleading[1].strip()


@pytest.mark.parametrize(
    "file", ["DejaVuSerif.ttf", "DejaVuSansMono-Oblique.ttf", "STIXGeneralItalic.ttf", "cmtt10.ttf"]
)
def test_a_font_that_tells_what_it_draws_can_be_read(layer_of, file):
    """Serifs, a typewriter and italics are other designs of the same letters."""
    assert layer_of((TEXT, None), file=file).unreadable == [False]


@pytest.mark.parametrize("text", [RUSSIAN, HEBREW[::-1]])
def test_other_alphabets_can_be_read(layer_of, text):
    """Letters of other alphabets are compared with their own."""
    assert layer_of((text, None)).unreadable == [False]


def test_a_part_in_such_a_font_is_told_by_its_share(layer_of):
    """A page that can be read but for a line stays readable, and says how much of it cannot be."""
    layer = layer_of(*[(TEXT, None)] * 6, (TEXT[:26], next_letter))
    assert layer.unreadable == [False]
    assert 0.03 < layer.partly_unreadable[1] < 0.1


def test_letters_drawn_alike_tell_nothing():
    """Bars, and the boxes of an OCR's layer, have one height and one width whatever they tell."""
    assert fits({letter: Extent(1, 0, 0.5) for letter in "abcdefghijkl"}) == []
