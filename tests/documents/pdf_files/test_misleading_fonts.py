"""Fonts that tell other letters than they draw are known by a line, and others are not taken for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import pytest
from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.pdf_files.letter_extents import LetterExtent, extent_fits
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


def next_sign(code: int) -> int:
    return code + 1


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
    assert extent_fits({letter: LetterExtent(1, 0, 0.5) for letter in "abcdefghijkl"}) == []


@pytest.mark.parametrize(
    ("word", "tell"), [("website", lambda code: 0x21 + code % 29), ("Closed on Monday", next_sign)]
)
def test_a_page_of_a_few_words_is_told_by_letters_far_off(layer_of, word, tell):
    """Quotes and dashes that stand on the line, and letters that hang in the air, are others than those told."""
    assert layer_of((word, tell), file="DejaVuSans.ttf").unreadable == [True]


@pytest.mark.parametrize("file", ["DejaVuSerif.ttf", "DejaVuSansMono-Oblique.ttf", "STIXGeneralItalic.ttf"])
@pytest.mark.parametrize("word", ["website", "Closed", "4711", "12.50", "10:30", "A4-PDF"])
def test_a_page_of_a_few_words_can_be_read(layer_of, file, word):
    """A word or a figure alone, in its own letters, is no doubtful page."""
    assert layer_of((word, None), file=file).unreadable == [False]


def write_one_box_font(path: Path, lines: list[str], tell: Tell) -> None:
    """A page in a Type 3 font that draws each letter as a bar of its height and gives one box for all."""
    signs = sorted(set("".join(lines)))
    glyphs = [f"1000 0 0 -300 1000 900 d1 {bar(sign)} re f".encode() for sign in signs]
    names = " ".join(f"/g{k} {k + 6} 0 R" for k in range(len(signs)))
    codes = {sign: 33 + k for k, sign in enumerate(signs)}
    pairs = "".join(f"<{code:02X}> <{tell(ord(sign)):04X}>" for sign, code in codes.items())
    text = " ".join(f"<{''.join(f'{codes[sign]:02X}' for sign in line)}> Tj T*" for line in lines)
    unicode_map = f"1 begincodespacerange <00> <FF> endcodespacerange {len(signs)} beginbfchar {pairs} endbfchar"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F 5 0 R >> >> >>",
        stream(f"BT /F 12 Tf 18 TL 60 700 Td {text} ET".encode()),
        f"<< /Type /Font /Subtype /Type3 /FontBBox [0 -300 1000 900] /FontMatrix [.001 0 0 .001 0 0] /FirstChar 33 "
        f"/LastChar {32 + len(signs)} /Widths [{'640 ' * len(signs)}] /CharProcs << {names} >> "
        f"/Encoding << /Differences [33 {' '.join(f'/g{k}' for k in range(len(signs)))}] >> "
        f"/ToUnicode {6 + len(signs)} 0 R >>".encode(),
        *map(stream, glyphs),
        stream(unicode_map.encode()),
    ]
    body = b"%PDF-1.7\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % pair for pair in enumerate(objects, 1))
    path.write_bytes(body + b"trailer << /Root 1 0 R >>")


def stream(data: bytes) -> bytes:
    return b"<< /Length %d >> stream\n%s\nendstream" % (len(data), data)


def bar(sign: str) -> str:
    """Left, bottom, width and height of a letter in thousandths of its size; of a blank nothing."""
    top = 750 if sign in "bdfhklt" or sign.isupper() else 540
    bottom = -220 if sign in "gpqy" else 0
    width = 0 if sign == " " else 120 if sign in "il" else 600 if sign in "mw" else 480
    return f"20 {bottom} {width} {top - bottom if width else 0}"


@pytest.mark.parametrize("lines", [[TEXT], ["Closed", "on", "monday"], [HEBREW[::-1]]])
def test_letters_in_one_box_are_told_by_the_ink_of_the_page(tmp_path, lines):
    """A bitmap font that gives one box for all its letters is looked at as it is drawn."""
    if lines != [HEBREW[::-1]]:
        write_one_box_font(tmp_path / "other.pdf", lines, lambda code: 0x21 + code % 29)
        assert read_text_layer(str(tmp_path / "other.pdf")).unreadable == [True]
    write_one_box_font(tmp_path / "same.pdf", lines, lambda code: code)
    assert read_text_layer(str(tmp_path / "same.pdf")).unreadable == [False]
