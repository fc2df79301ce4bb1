"""Documents in other scripts: joined lines, letters out of order, accents in two forms, older encodings."""

from __future__ import annotations

import pytest

from groundwork.documents.auditing.page_audit import AuditReference
from groundwork.documents.formats.text_encodings import decode_text
from groundwork.documents.repair.hyphens_and_ligatures import DocumentWords
from groundwork.documents.repair.page_joining import join_pages
from groundwork.documents.repair.text_layer_repair import respell_words
from tests.documents.layout.test_markdown_paragraphs import read, run

CHINESE = "港务长有权分配和收回泊\n位。费用为12,345元。"
ARABIC = "تسري هذه اللائحة على جميع السفن ١٩ و 48 ساعة"


@pytest.mark.parametrize(
    ("above", "below", "joined"),
    [
        ("有权分配和收回泊", "位。", "有权分配和收回泊位。"),
        ("长度超过", "12.5米", "长度超过12.5米"),
        ("適用する。", "ヨット", "適用する。ヨット"),
        ("ค่าจอดเรือต่อ", "เดือน", "ค่าจอดเรือต่อเดือน"),
        ("ค่าจอด 12", "บาท", "ค่าจอด 12 บาท"),
        ("ថ្លៃចូល", "ប្រចាំឆ្នាំ", "ថ្លៃចូលប្រចាំឆ្នាំ"),
        ("ដងក្នុងមួយឆ្នាំ។", "សមាជិក", "ដងក្នុងមួយឆ្នាំ។ សមាជិក"),
        ("from 5–", "7 days", "from 5–7 days"),
        ("항만장은 김바다", "씨이다", "항만장은 김바다 씨이다"),
        ("das Schiff", "fährt", "das Schiff fährt"),
    ],
)
def test_lines_join_without_a_space_where_the_script_has_none(above: str, below: str, joined: str) -> None:
    """A line's end is a space only where the script has spaces."""
    assert DocumentWords([]).join(above, below) == joined


def test_a_short_chinese_line_ends_its_paragraph() -> None:
    """A line of a script without spaces is full when two characters more have no place on it."""
    lines = [run(50, 100, "保持泊位清洁", 20), run(50, 130, "检查缆绳和护舷", 20), run(50, 160, "船" * 20, 20)]
    assert read(lines).split("\n\n")[:2] == ["保持泊位清洁", "检查缆绳和护舷"]


def test_chinese_is_audited_by_characters() -> None:
    """A rendition that joins the lines of a page keeps all of it; one that leaves a sentence out does not."""
    reference = AuditReference(CHINESE)
    assert reference.audit(CHINESE.replace("\n", "")).text_kept == 1
    assert reference.audit(CHINESE.split("。")[0]).words_kept < 0.8
    assert respell_words(CHINESE.replace("\n", ""), reference) == CHINESE.replace("\n", "")


def test_arabic_is_audited_by_letters() -> None:
    """The text layer's order of letters is nothing to hold against a rendition; what is lost or said twice is."""
    reference = AuditReference(ARABIC.replace("اللائحة", "الالئحة").replace("على", "عىل"))
    assert reference.audit(ARABIC).text_kept == 1
    assert reference.audit(ARABIC[:20]).text_kept < 0.6
    assert reference.audit(f"{ARABIC}\n{ARABIC}").text_kept < 0.6
    assert reference.audit(ARABIC.replace("48", "84")).lost_numbers == ["48"]


def test_thai_letters_that_the_text_layer_doubles_are_no_loss() -> None:
    """pdfium says some Thai letters twice."""
    assert AuditReference("ระเบียบีบท่าเรือรืเวลโมรา").audit("ระเบียบท่าเรือเวลโมรา").text_kept == 1


def test_accents_are_one_character() -> None:
    """Text that keeps accents apart from their letters is put together, for a model quotes it so."""
    assert join_pages(["pr\u030ci\u0301stav"]).markdown == "přístav"


def test_latin_9_is_told_by_its_euro_sign() -> None:
    """Where cp1252 would read the sign for any currency, it is the euro of ISO 8859-15, and œ is no ½."""
    text = "Le capitaine Lacœur perçoit 12 € de loyer à l'année."
    assert decode_text(text.encode("iso8859-15")) == (text, "iso8859-15")
