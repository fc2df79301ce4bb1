"""Footnotes of an EPUB: no mark is a digit of the word before it, and each note stands behind its mark. Its terms."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.documents.engines.office import read_office_file
from groundwork.documents.formats.office.office_package import zip_package

PAGE = (
    '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head>'
    "<body>{}</body></html>"
)


def _book(path: Path, **pages: str) -> str:
    """The Markdown of a book of these pages."""
    items = "".join(f'<item id="{n}" href="{n}.xhtml" media-type="application/xhtml+xml"/>' for n in pages)
    spine = "".join(f'<itemref idref="{name}"/>' for name in pages)
    opf = f'<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/><manifest>{items}</manifest>'
    container = (
        '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile'
        ' full-path="text/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    parts = {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": container.encode(),
        "text/book.opf": f"{opf}<spine>{spine}</spine></package>".encode(),
        **{f"text/{name}.xhtml": PAGE.format(body).encode() for name, body in pages.items()},
    }
    path.write_bytes(zip_package(parts))
    (text,), _ = read_office_file(str(path), ".epub")
    return text


@pytest.mark.parametrize(
    ("mark", "note"),
    [
        ('<a epub:type="noteref" href="#n">1</a>', '<aside epub:type="footnote" id="n"><p>Forty kilos.</p></aside>'),
        ('<a id="m" href="#n"><sup>1</sup></a>', '<p id="n"><a href="#m">1</a>. Forty kilos.</p>'),
        ('<sup><a id="m" href="#n">[1]</a></sup>', '<p><sup><a id="n" href="#m">[1]</a></sup> Forty kilos.</p>'),
        ('<sup id="m"><a href="#n">1</a></sup>', '<ol><li id="n"><p>Forty kilos. <a href="#m">↩</a></p></li></ol>'),
        ('<a class="_idFootnoteLink" href="#n">1</a>', '<div id="n"><p><a href="#x">↑</a>1 Forty kilos.</p></div>'),
        ('<a name="m" href="#_ftn1"><span>[1]</span></a>', '<p><a name="_ftn1" href="#m">[1]</a> Forty kilos.</p>'),
        ('<a role="doc-noteref" href="#n">*</a>', '<p id="n"><a role="doc-backlink" href="#x">*</a>Forty kilos.</p>'),
    ],
)  # fmt: skip
def test_a_note_stands_behind_its_mark(tmp_path: Path, mark: str, note: str) -> None:
    """However programs write marks and notes, on the page or in a chapter of notes."""
    line = f"<p>The boat weighs 40{mark} and floats.</p><p>It is red.</p>"
    right = "The boat weighs 40[^1] and floats.\n\n[^1]: Forty kilos.\n\nIt is red."
    assert _book(tmp_path / "a.epub", one=f"{line}{note}").strip() == right
    elsewhere = line.replace('href="#', 'href="two.xhtml#')
    back = note.replace('href="#', 'href="one.xhtml#')
    assert _book(tmp_path / "b.epub", one=elsewhere, two=back).strip() == right


def test_links_that_are_no_notes_stay(tmp_path: Path) -> None:
    """A power, a link to a chapter, a table of contents, and a mark whose note is missing."""
    body = (
        '<p>Area: 12 m<sup>2</sup>, see <a href="#c">Chapter 2</a> and <sup><a href="#gone">3</a></sup>.</p>'
        '<p><a href="#c">1</a></p><h2 id="c">Crews</h2><p>Four row.</p>'
    )
    text = _book(tmp_path / "a.epub", one=body)
    assert "[^" not in text and "12 m², see Chapter 2 and ³." in text and "## Crews\n\nFour row." in text


def test_two_marks_of_one_note_and_notes_in_a_row(tmp_path: Path) -> None:
    """One note is told once, behind the first of its marks."""
    link = '<sup><a href="#{}">{}</a></sup>'
    body = (
        f"<p>Gigs{link.format('a', 1)} race{link.format('b', 2)}.</p><p>So do skiffs{link.format('a', 1)}.</p>"
        '<section><p id="a">1. Of six.</p><p id="b">2. On Sundays.</p></section>'
    )
    assert _book(tmp_path / "a.epub", one=body).strip().split("\n\n") == [
        "Gigs[^1] race[^2].", "[^1]: Of six.", "[^2]: On Sundays.", "So do skiffs[^1]."
    ]  # fmt: skip


def test_a_note_within_another_is_not_lost(tmp_path: Path) -> None:
    """A mark of all the notes, and one of one of them."""
    body = (
        '<p>Gigs<sup><a href="#all">*</a></sup> race<sup><a href="#one">1</a></sup>.</p>'
        '<section id="all"><p id="one">1. Of six.</p><p>2. On Sundays.</p></section>'
    )
    text = _book(tmp_path / "a.epub", one=body)
    assert text.count("Of six.") == 1 and text.count("On Sundays.") == 1


def test_raised_figures_of_books_are_superscripts(tmp_path: Path) -> None:
    """Also where they are set in italics; ordinals stay, and so do figures that are not raised."""
    body = "<p>10<sup>5</sup> m<sup><i>2</i></sup> on the 1<sup>st</sup> of 3</p>"
    assert _book(tmp_path / "a.epub", one=body).strip() == "10⁵ m*²* on the 1st of 3"


def test_terms_of_a_list_are_parted_and_readings_left_out(tmp_path: Path) -> None:
    """What is said of a term is a line of its own; of ruby text the base is the text."""
    body = "<dl><dt>Gig</dt><dd>Six oars.</dd><dd><p>Fast.</p></dd></dl><p><ruby>港<rp>(</rp><rt>x</rt></ruby>.</p>"
    assert _book(tmp_path / "a.epub", one=body).strip() == "Gig\n: Six oars.\n: Fast.\n\n港."


@pytest.mark.parametrize(
    ("terms", "markdown"),
    [
        (
            "<dt>Gig</dt><dd>A <b>long</b> boat.</dd><dt>Cox</dt><dd>Steers.</dd>",
            "Gig\n: A **long** boat.\n\nCox\n: Steers.",
        ),
        ("<dt>Gig</dt> <dd>A boat.</dd> <dd>Its race.</dd>", "Gig\n: A boat.\n: Its race."),
        ("<div><dt>Gig</dt><dd>\n<p>A boat.</p></dd></div>", "Gig\n: A boat."),
        (
            "<dt>Gig</dt><dd><p>A boat.</p><ul><li>Six oars</li></ul></dd><dd>Its race.</dd>",
            "Gig\n: A boat.\n\n- Six oars\n\nIts race.",
        ),
        ("<dt>Gig</dt><dd><ul><li>Six oars</li></ul></dd>", "Gig\n\n- Six oars"),
        ("<dt/><dd>A boat.</dd>", "A boat."),
        ("<dt>Gig</dt><dd>A boat:<dl><dt>Oar</dt><dd>Six.</dd></dl></dd>", "Gig\n\nA boat:\n\nOar\n: Six."),
    ],
)
def test_a_definition_stands_on_the_line_below_its_term(tmp_path: Path, terms: str, markdown: str) -> None:
    """Blocks behind its first paragraph stand below; term and definition were paragraphs like all others."""
    assert _book(tmp_path / "a.epub", one=f"<dl>{terms}</dl>").strip() == markdown


def test_a_list_that_stands_between_items_belongs_to_the_one_above(tmp_path: Path) -> None:
    """Two in a row too, and one in the other; their items were left out."""
    inner = "<ol><li>Six oars</li><ul><li>of ash</li></ul></ol><ul><li>A cox</li></ul>"
    text = _book(tmp_path / "a.epub", one=f"<ul><li>Gig</li>{inner}<li>Punt</li></ul>").strip()
    assert text.split("\n") == ["- Gig", "  1. Six oars", "     - of ash", "  - A cox", "- Punt"]
