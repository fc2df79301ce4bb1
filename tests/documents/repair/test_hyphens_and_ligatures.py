"""Ligatures that come as control characters are letters again, where the words of the document tell which."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.documents.conversion.converter_table import Conversion
from groundwork.documents.conversion.page_renditions import audit_pages
from groundwork.documents.pdf_files.text_layer import read_text_layer
from groundwork.documents.repair.hyphens_and_ligatures import find_ligatures, restore_ligatures

TEXT = """The o{ffi}cer of the di{ff}erent ferries {fi}nds an e{ffi}cient and a su{ffi}cient way to de{fi}ne the {fi}rst
e{ff}ort. Its e{ff}ect is {fl}at; the {fl}ow of {fl}uid in{fl}uences the pro{fi}t of {fl}ights and {fl}oods,
a con{fl}ict, and the {fi}nal o{ff}er is {fi}ne."""
CODES = {"ff": "\x0b", "fi": "\x0c", "fl": "\x1d", "ffi": "\x0e"}
WHOLE = TEXT.replace("{", "").replace("}", "")


def lost(text: str) -> str:
    for ligature, code in CODES.items():
        text = text.replace(f"{{{ligature}}}", code)
    return text


def test_the_words_of_a_document_tell_its_ligatures():
    """Each character is the ligature that makes words of the fewest subwords; a symbol on its own stays."""
    found = find_ligatures([lost(TEXT)])
    assert found == {code: ligature for ligature, code in CODES.items()}
    assert restore_ligatures(f"{lost(TEXT)} (\x0c, 1)", found) == f"{WHOLE} (\x0c, 1)"


@pytest.mark.parametrize(
    "text", ["e\x0cect of an e\x0cect", "xq\x0czr kw\x0cpp gh\x0cjj vv\x0cqq tz\x0crm", "a\x02b c\td", WHOLE]
)
def test_what_is_not_certain_stays(text):
    """Two words are too few, letters by chance tell nothing, and hyphens and blanks are no ligatures."""
    assert find_ligatures([text]) == {}


def test_the_text_layer_of_a_pdf_has_its_ligatures(tmp_path: Path):
    """A font with names of glyphs that say nothing gives the codes of its ligatures."""
    names = " ".join(f"{ord(code)} /g{ord(code)}" for code in CODES.values())
    lines = [f"({line}) Tj T*".encode("latin-1") for line in lost(TEXT).split("\n")]
    content = b"BT /F 10 Tf 12 TL 50 700 Td " + b" ".join(lines) + b" ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding<</Differences[%b]>>>>" % names.encode(),
    ]
    body = b"".join(b"%d 0 obj%b endobj\n" % pair for pair in enumerate(objects, start=1))
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R>>")
    assert read_text_layer(str(tmp_path / "a.pdf")).pages == [WHOLE]


CUT = """Be- sonders erfreulich ist die gekom- mene **Hafen-** **meisterin**. Sie gibt Integrations- bzw. Sprachkurse
für Kinder- und Jugendgruppen mit Live-Vorfüh- rung, den die Kur- gäste kennen. Kur und gäste sind zwei Wörter."""
MENDED = """Besonders erfreulich ist die gekommene **Hafenmeisterin**. Sie gibt Integrations- bzw. Sprachkurse
für Kinder- und Jugendgruppen mit Live-Vorführung, den die Kur- gäste kennen. Kur und gäste sind zwei Wörter."""


def test_words_cut_at_a_line_end_are_whole_without_a_text_layer() -> None:
    """An engine joins lines by a blank, on a page whose text layer is in letters that nobody can read: what follows
    "Kinder-" is a stop word, and a document that has both "Kur" and "gäste" does not tell."""
    [page] = audit_pages("layout", Conversion(renditions={"pdf-inspector": [CUT]}), [1], [""]).pages
    assert page.split() == MENDED.split()
