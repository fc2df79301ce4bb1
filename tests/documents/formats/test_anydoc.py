"""Office files, web pages and mail as Markdown: what they say is kept, and nothing that could be fetched."""

from __future__ import annotations

import base64
import email
import email.message
import email.policy
import re
import time
import warnings
from pathlib import Path

import docx
import openpyxl
import pytest

from groundwork.documents.engines import office
from groundwork.documents.engines.office import read_office_file
from groundwork.documents.file_types import examine_file_type
from groundwork.documents.formats.mail import mail_to_markdown
from groundwork.documents.formats.office.office_package import open_package
from groundwork.documents.formats.spreadsheets.workbooks import read_xlsx
from groundwork.documents.formats.web_pages.html_to_markdown import html_to_markdown
from groundwork.errors import BadDocument
from tests.documents.conftest import Folder
from tests.documents.formats import office_files


def test_word_keeps_numbers_formulas_checkboxes_and_merged_cells(tmp_path: Path) -> None:
    """Headings carry the numbers that Word shows, formulas are LaTeX, boxes are ticked, merged cells are filled."""
    (text,), told = read_office_file(str(office_files.word(tmp_path / "a.docx")), ".docx")
    assert "# Handbook of the lake" in text and "# 1 Boats" in text and "## 1.1 Weight" in text and "# 2 Crews" in text
    assert r"\frac{d}{t}" in text and text.count("$") == 4 and not told
    assert "☒ Lifejackets on board" in text
    assert "| Class | Crew | Crew |\n| --- | --- | --- |\n| Skiff | 4 | 1 |" in text


def test_comments_of_word_are_quotes_below_the_text(tmp_path: Path) -> None:
    """Each with the words that it stands at, in the order of the text; one without a reference is left out."""
    document = docx.Document()
    first, second = document.add_paragraph("The barrier opens "), document.add_paragraph("It is ")
    low, lit = first.add_run("at low tide"), second.add_run("lit")
    document.add_comment(lit, text="By whom?\nTell.", author="Una")
    document.add_comment(low, text="Only with the lamp & the bell.", author="Una")
    document.add_comment(lit, text="gone", author="Una")
    for mark in document.element.body.xpath('//w:commentReference[@w:id="2"]'):
        mark.getparent().remove(mark)
    document.save(str(tmp_path / "a.docx"))
    (text,), told = read_office_file(str(tmp_path / "a.docx"), ".docx")
    quotes = "> On “at low tide”: Only with the lamp & the bell.\n\n> On “lit”: By whom? Tell."
    assert text == f"The barrier opens at low tide\n\nIt is lit\n\n{quotes}" and not told


def test_comments_of_open_document_text_are_quotes_below_it(tmp_path: Path) -> None:
    """As of Word: with the words that they are about where a range is marked, over the end of a paragraph too."""

    def note(name: str, *lines: str) -> str:
        paragraphs = "".join(f"<text:p>{line}</text:p>" for line in lines)
        who = '<dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">Una</dc:creator>'
        return f'<office:annotation office:name="{name}">{who}{paragraphs}</office:annotation>'

    end = '<office:annotation-end office:name="{}"/>'
    body = (
        f"<text:p>The barrier {note('1', 'By <text:span>whom</text:span>?', 'Tell.')}opens<text:s/>at "
        f"<text:span>low</text:span> tide{end.format(1)}, and it is lit{note('2', 'Always.')}.</text:p>"
        f"<text:p>{note('3')}Row {note('4', 'Both?')}on</text:p><text:p>and{end.format(4)} rest.</text:p>"
    )
    path = office_files.open_document(tmp_path / "a.odt", "text", body)
    quotes = "> On “opens at low tide”: By whom? Tell.\n\n> Always.\n\n> On “on and”: Both?"
    paragraphs = "The barrier opens at low tide, and it is lit.\n\nRow on\n\nand rest."
    assert read_office_file(str(path), ".odt").pages == [f"{paragraphs}\n\n{quotes}"]


def test_the_tree_that_comments_are_read_from_is_freed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long document is not in memory twice, as XML and as anydoc's model of it."""
    document = docx.Document()
    document.add_comment(document.add_paragraph().add_run("lit"), text="By whom?", author="Una")
    document.save(str(tmp_path / "a.docx"))
    package = open_package((tmp_path / "a.docx").read_bytes())
    assert package is not None and package.root("word/document.xml") is not None
    held: list[list[str]] = []
    anydoc_parse = office.parse_with_anydoc

    def parse(content: bytes, kind: str) -> object:
        held.append([name for name, root in vars(package)["_part_roots"].items() if root is not None])
        return anydoc_parse(content, kind)

    monkeypatch.setattr(office, "open_package", lambda _: package)
    monkeypatch.setattr(office, "parse_with_anydoc", parse)
    assert read_office_file(str(tmp_path / "a.docx"), ".docx").pages[0].endswith("> On “lit”: By whom?")
    assert held == [[]]


def test_a_style_s_level_numbers_its_headings(tmp_path: Path) -> None:
    """Headings whose style alone names list and level are numbered on that level."""
    (text,), _ = read_office_file(str(office_files.word(tmp_path / "a.docx", linked=False)), ".docx")
    assert "# 1 Boats" in text and "## 1.1 Weight" in text and "# 2 Crews" in text


def test_formulas_side_by_side_are_two(tmp_path: Path) -> None:
    """Two formulas without a letter between them have a space, for `$$` would begin a block."""
    (text,), _ = read_office_file(str(office_files.with_formulas_side_by_side(tmp_path / "a.docx")), ".docx")
    assert text == r"Twice: $\frac{d}{t}$ $\frac{d}{t}$"


def test_a_formula_that_cannot_be_read_is_given_as_text(tmp_path: Path) -> None:
    """Its letters stand in the sentence, the other formulas stay LaTeX, and a warning says how many are which."""
    path = office_files.with_unknown_formula(tmp_path / "a.docx")
    (text,), told = read_office_file(str(path), ".docx")
    assert "The weight is x=9 and the speed" in text and r"\frac{d}{t}" in text
    assert told == ["1 of 2 formulas are given as plain text: they could not be read as LaTeX"]


@pytest.mark.parametrize("target", ["https://example.org/p.png", "file:///etc/hostname"])
def test_linked_pictures_are_left_out(tmp_path: Path, target: str) -> None:
    """A picture that lies elsewhere fails no document and leaves no address."""
    (text,), _ = read_office_file(str(office_files.with_linked_picture(tmp_path / "a.docx", target)), ".docx")
    assert "Before the picture." in text and "Behind the picture." in text
    assert "example" not in text and "file:" not in text and "![" not in text


def test_slides_are_pages_with_bullets_and_notes(tmp_path: Path) -> None:
    """Each slide is a page; bullets are list items on their levels, notes a quote."""
    pages, _ = read_office_file(str(office_files.slides(tmp_path / "a.pptx")), ".pptx")
    assert len(pages) == 2 and pages[1].strip() == "## Odd shapes"
    assert pages[0].startswith("## Safety\n\n- Wear a lifejacket\n  - on the water\n- Row with a light")
    assert "> Say it twice." in pages[0]


def test_an_unknown_shape_costs_no_slide(tmp_path: Path) -> None:
    """A shape that python-pptx refuses is read or passed over; the slide's other text is kept."""
    shape = (
        b'<p:sp><p:nvSpPr><p:cNvPr id="9" name="x"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr>'
        b'<a:prstGeom prst="nonsense"/></p:spPr>'
        b"<p:txBody><a:bodyPr/><a:p><a:r><a:t>In an odd shape</a:t></a:r></a:p></p:txBody></p:sp>"
    )
    pages, _ = read_office_file(str(office_files.slides(tmp_path / "a.pptx", shape)), ".pptx")
    assert "Odd shapes" in pages[1] and "In an odd shape" in pages[1]


def test_open_document_text_and_sheets(tmp_path: Path) -> None:
    """ODT and ODS are told by their content and read with headings, lists and tables."""
    body = (
        '<text:h text:outline-level="1">Rules</text:h><text:p>Row with care.</text:p>'
        "<text:list><text:list-item><text:p>One light</text:p></text:list-item></text:list>"
    )
    path = office_files.open_document(tmp_path / "a.bin", "text", body)
    assert examine_file_type(path, 10)[0] == ".odt"
    (text,), _ = read_office_file(str(path), ".odt")
    assert text == "# Rules\n\nRow with care.\n\n- One light"
    rows = "".join(
        f"<table:table-row>{''.join(f'<table:table-cell><text:p>{c}</text:p></table:table-cell>' for c in row)}"
        "</table:table-row>"
        for row in (("Crews of the season",), ("Class", "Crew"), ("Skiff", "4"))
    )
    sheet = office_files.open_document(
        tmp_path / "b.ods", "spreadsheet", f'<table:table table:name="x">{rows}</table:table>'
    )
    assert examine_file_type(sheet, 10)[0] == ".ods"
    table = "| Class | Crew |\n| --- | --- |\n| Skiff | 4 |"
    assert read_office_file(str(sheet), ".ods").pages[0] == f"Crews of the season\n\n{table}"


def test_rtf_is_told_by_its_content(tmp_path: Path) -> None:
    """An RTF file is read whatever it is called, letters of its code page included."""
    path = tmp_path / "letter.txt"
    path.write_bytes(rb"{\rtf1\ansi\ansicpg1252 The crew of the skiff rows at f\'fcnf o'clock.\par Bring oars.\par}")
    ending, told = examine_file_type(path, 10)
    assert ending == ".rtf" and "holds RTF" in told[0]
    assert read_office_file(str(path), ending).pages[0] == "The crew of the skiff rows at fünf o'clock.\n\nBring oars."


@pytest.mark.parametrize(
    ("items", "markdown"),
    [
        ("<li>Oars</li><li><ul><li>Long</li><li>Short</li></ul></li><li>Ropes</li>",
         "- Oars\n  - Long\n  - Short\n- Ropes"),
        ("<li><ul><li>Long<ul><li>Ash</li></ul></li></ul></li><li>Oars</li>", "  - Long\n    - Ash\n- Oars"),
        ("<li><ul><li><ul><li>Ash</li><li>Pine</li></ul></li></ul></li>", "- Ash\n- Pine"),
        ("<li>Oars<ul><li>Long</li></ul></li><li>Ropes</li>", "- Oars\n  - Long\n- Ropes"),
    ],
)  # fmt: skip
def test_deeper_levels_alone_are_no_items(tmp_path: Path, items: str, markdown: str) -> None:
    """OpenDocument has deeper levels in an item without a text, which stand below the item above it."""
    body = re.sub(r"\b[A-Z][a-z]+", r"<text:p>\g<0></text:p>", f"<ul>{items}</ul>")
    body = body.replace("ul>", "text:list>").replace("li>", "text:list-item>")
    path = office_files.open_document(tmp_path / "a.odt", "text", body)
    assert read_office_file(str(path), ".odt").pages == [markdown]


def test_deeper_levels_alone_have_no_number(tmp_path: Path) -> None:
    """An item that only holds a list is not counted."""
    numbers = '<text:list-level-style-number text:level="1" style:num-suffix="." style:num-format="1"/>'
    bullets = '<text:list-level-style-bullet text:level="2" text:bullet-char="•"/>'
    style = f'<text:list-style style:name="L">{numbers}{bullets}</text:list-style>'
    deeper = "<text:list-item><text:list><text:list-item><text:p>Long</text:p></text:list-item></text:list>"
    ends = [f"<text:list-item><text:p>{word}</text:p></text:list-item>" for word in ("Oars", "Ropes")]
    body = f'<text:list text:style-name="L">{ends[0]}{deeper}</text:list-item>{ends[1]}</text:list>'
    path = office_files.open_document(tmp_path / "a.odt", "text", body, styles=style)
    assert read_office_file(str(path), ".odt").pages == ["1. Oars\n   - Long\n2. Ropes"]


@pytest.mark.parametrize("ending", [".docx", ".pptx", ".odt", ".epub", ".rtf", ".doc"])
def test_damaged_files_say_so(tmp_path: Path, ending: str) -> None:
    """What cannot be read ends as BadDocument, never as another kind of error."""
    path = tmp_path / f"a{ending}"
    path.write_bytes(b"PK\x03\x04" + bytes(range(256)) * 3)
    with pytest.raises(BadDocument):
        read_office_file(str(path), ending)


def test_merged_cells_of_a_workbook_are_filled(tmp_path: Path) -> None:
    """The text of a merged area is in every row and column of it that holds something."""
    cells = {"A1": "Class", "B1": "Crew", "A2": "Skiffs", "B2": 4, "B3": 6, "D2": None}
    text = read_xlsx(str(office_files.workbook(tmp_path / "a.xlsx", cells, merged="A2:A3"))).text
    assert text == "## Crews\n\n| Class | Crew |\n| --- | --- |\n| Skiffs | 4 |\n| Skiffs | 6 |"


def test_a_far_cell_costs_nothing(tmp_path: Path) -> None:
    """A cell in the last corner of a sheet, or a merged area of the whole sheet, is read in no time."""
    began = time.process_time()
    far = office_files.workbook(tmp_path / "far.xlsx", {"A1": "near", "XFD1048576": "far"})
    assert read_xlsx(str(far)).text.splitlines()[2:] == ["| near |  |", "| --- | --- |", "|  | far |"]
    whole = office_files.workbook(tmp_path / "whole.xlsx", {"A1": "all"}, merged="A1:XFD1048576")
    assert read_xlsx(str(whole)).text.splitlines()[2:] == ["| all |", "| --- |"]
    assert time.process_time() - began < 5


def test_an_empty_area_of_a_billion_cells_is_refused(tmp_path: Path) -> None:
    """A sheet whose cells span more than can be a table is refused by size, with the sheet's name and the remedy."""
    book = openpyxl.Workbook()
    for row in range(1, 2001):
        book.active.cell(row, 16385 - row, "x")
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(BadDocument, match=r"'Sheet' spans .* cells, nearly all of them empty; delete"):
        read_xlsx(str(tmp_path / "a.xlsx"))


def test_time_for_a_workbook_is_linear(tmp_path: Path) -> None:
    """Four times the rows take about four times as long, not sixteen times."""

    def seconds(rows: int) -> float:
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("x")
        for k in range(rows):
            sheet.append([k, k + 1, "oar", "bow"])
        book.save(tmp_path / "a.xlsx")
        began = time.process_time()
        assert read_xlsx(str(tmp_path / "a.xlsx")).text.count("\n") == rows + 2
        return time.process_time() - began

    fast = min(seconds(500) for _ in range(2))
    assert any(seconds(2000) < 9 * fast + 0.05 for _ in range(3))


def test_xhtml_is_read_without_a_warning() -> None:
    """XHTML with its XML head is a web page like any other."""
    page = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>Oars</h1><p>Two a rower.<img src="file:///x" alt="an oar"/></p>
</body></html>"""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert html_to_markdown(page).strip() == "# Oars\n\nTwo a rower. an oar"


def mail(**attachments: bytes) -> email.message.EmailMessage:
    message = email.message.EmailMessage()
    message["Subject"], message["From"], message["To"] = "Début de la saison", "cox@example.org", "crew@example.org"
    message.set_content("Venez à huit heures.\n", charset="iso-8859-1", cte="base64")
    for name, content in attachments.items():
        message.add_attachment(content, maintype="application", subtype="pdf", filename=f"{name}.pdf")
    return message


def test_mail_is_decoded_and_its_attachments_are_named() -> None:
    """Subject, sender and body are text; what is attached is named with its size and not read."""
    markdown, told = mail_to_markdown(mail(plan=b"%PDF-1.4 ...").as_bytes())
    assert markdown.startswith("# Début de la saison\n\nFrom: cox@example.org  \nTo: crew@example.org")
    assert "Venez à huit heures." in markdown and markdown.endswith("Attachments: plan.pdf (application/pdf, 12 bytes)")
    assert "named and not read" in told[0]


def test_a_web_page_in_a_mail_keeps_its_table() -> None:
    """Of two versions of a body the HTML is read, with its tables."""
    message = mail()
    message.add_alternative("<table><tr><th>Day</th><th>Boat</th></tr><tr><td>1</td><td>Gig</td></tr></table>"
                            "<p>Venez à huit heures.</p>", subtype="html")  # fmt: skip
    assert "| Day | Boat |\n| --- | --- |\n| 1 | Gig |" in mail_to_markdown(message.as_bytes()).markdown


def test_mail_in_a_mail_is_read() -> None:
    """The mails of a digest stand one behind the other, each under its subject."""
    digest = email.message.EmailMessage()
    digest["Subject"] = "Two mails"
    digest.add_attachment(mail())
    digest.add_attachment(mail())
    assert mail_to_markdown(digest.as_bytes()).markdown.count("# Début de la saison") == 2


def test_text_below_an_attachment_is_read() -> None:
    """Each text of a mail is read in its place, and why another mail did not arrive; a calendar is no alternative."""
    letter = mail(plan=b"%PDF-1.4 ...")
    status = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; sound\n\nAction: failed\n"
    letter.attach(email.message_from_string(status, policy=email.policy.default))
    last = email.message.EmailMessage()
    last.set_content("À demain.")
    last.add_alternative("BEGIN:VCALENDAR", subtype="calendar")
    letter.attach(last)
    text = mail_to_markdown(letter.as_bytes()).markdown
    places = [
        text.index(part) for part in ("huit heures", "MTA: dns; sound", "Action: failed", "À demain.", "plan.pdf")
    ]
    assert places == sorted(places) and "VCALENDAR" not in text


@pytest.mark.parametrize("head", ["", "Content-Type: multipart/mixed; boundary=oar\n\n--oar\n"])
@pytest.mark.parametrize(("kind", "is_read"), [("markdown", True), ("calendar", False), ("csv", False)])
def test_a_text_of_any_kind_is_read_or_named(kind: str, is_read: bool, head: str) -> None:
    """Markdown is read like plain text; of another kind the type and the size are named, and a warning is given."""
    content = f"Subject: Tide\n{head}Content-Type: text/{kind}\n\nRow at **eight**.{head and chr(10) + '--oar--'}\n"
    markdown, warnings = mail_to_markdown(content.encode())
    assert ("Row at **eight**." in markdown) == is_read
    assert (f"(text/{kind}, " in markdown) == bool(warnings) == (not is_read)


def test_mails_that_are_nested_too_deeply_are_named() -> None:
    """Five mails in one another are read; a warning names the subject of the next one."""
    nested = mail()
    for depth in reversed(range(7)):
        outer = email.message.EmailMessage()
        outer["Subject"] = f"Level {depth}"
        outer.add_attachment(nested)
        nested = outer
    markdown, warnings = mail_to_markdown(nested.as_bytes())
    assert "# Level 5" in markdown and "Level 6" not in markdown
    assert warnings == ["mails in mails are read to a depth of 5, and these are not: Level 6"]


@pytest.mark.parametrize("charset", ["us-ascii", "utf-8", "x-unknown"])
def test_the_bytes_of_a_mail_outweigh_its_charset(charset: str) -> None:
    """Letters that are not in the charset a mail names are read by its bytes."""
    content = f"Subject: Tide\nContent-Type: text/plain; charset={charset}\n\nLa marée monte à l’été.\n"
    assert mail_to_markdown(content.encode("cp1252")).markdown.endswith("La marée monte à l’été.")


def test_a_mail_within_a_mail_in_base64_is_read() -> None:
    """Some programs write an attached mail in base64."""
    inner = base64.encodebytes(mail().as_bytes()).decode()
    content = f"Subject: Fwd\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{inner}"
    outer = f"Subject: Two\nContent-Type: multipart/mixed; boundary=oar\n\n--oar\n{content[13:]}\n--oar--\n"
    assert "Venez à huit heures." in mail_to_markdown(outer.encode()).markdown


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"Subject: =?x?q?a?=\nContent-Type: text/plain; charset=nope\n\nHi \xff"]
)
def test_odd_mail_is_read_as_far_as_it_goes(content: bytes) -> None:
    """Empty mail, unknown charsets and broken headers raise nothing."""
    assert mail_to_markdown(content).markdown.startswith("# ")


def test_a_report_of_a_delivery_is_decoded() -> None:
    """Its fields are encoded as headers are."""
    mail = (
        b'Subject: Returned\nContent-Type: multipart/report; boundary="x"\n\n--x\n'
        b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example.org\n\n"
        b"Action: failed\nDiagnostic-Code: =?utf-8?q?no_box_caf=C3=A9?=\n\n--x--\n"
    )
    assert "Action: failed\nDiagnostic-Code: no box café" in mail_to_markdown(mail).markdown


def test_encrypted_mail_says_so() -> None:
    """An encrypted mail is no text."""
    with pytest.raises(BadDocument, match="encrypted"):
        mail_to_markdown(b'Content-Type: multipart/encrypted; boundary="x"\n\n--x--\n')


def test_mail_is_told_by_its_headers(tmp_path: Path) -> None:
    """A mail without an ending is a mail; a text that begins with one such word is none."""
    path = tmp_path / "saved"
    path.write_bytes(b"From: a@example.org\nTo: b@example.org\nDate: Mon, 1 Jan 2024 08:00:00 +0000\n\nRow.\n")
    assert examine_file_type(path, 10)[0] == ".eml"
    path.write_text("From: the beginning\n\nTo: the end\n")
    assert examine_file_type(path, 10)[0] == ".txt"


def test_a_page_is_called_by_its_heading_or_its_title(folder: Folder) -> None:
    """A heading of the first level is a page's name, else its <title>; what leads to other pages is no text of it."""
    menu = '<nav><a href="/">Home</a></nav><div role="navigation">Previous</div>'
    page = "<html><head><title>{}</title></head><body>" + menu + "<{}>Oars</{}><p>Two a rower.</p></body></html>"
    folder.add("own.html", page.format("Site", "h1", "h1"))
    folder.add("told.html", page.format("1.3 The\n Oars", "h2", "h2"))
    assert folder.ingest() == 0
    assert folder.record("own").title == "Oars" and folder.record("told").title == "1.3 The Oars"
    assert "Home" not in folder.text("own") + folder.text("told") and "Previous" not in folder.text("told")
