"""The sample document holds what its Markdown source holds, and what it says is true of itself."""

import datetime
import itertools
import re
from collections import Counter
from pathlib import Path

import pypdfium2
import pytest

from tests.sample.make_pdf import PDF, build
from tests.sample.source import HANDBOOK, Caption, Figure, Footnote, Heading, Paragraph, Table, plain, read_handbook


@pytest.fixture(scope="module")
def pages() -> list[str]:
    """The text layer of each page, words that were hyphenated at a line end made whole."""
    with pypdfium2.PdfDocument(PDF) as document:
        return [re.sub("\ufffe(\r\n)?", "", page.get_textpage().get_text_range()) for page in document]


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    """The tables by their captions' first words, "Table 1" and so on."""
    blocks = read_handbook()
    pairs = itertools.pairwise(blocks)
    return {one.text.split(".")[0]: two for one, two in pairs if isinstance(one, Caption) and isinstance(two, Table)}


def words_and_numbers(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W\d_]+|\d+(?:[.,:]\d+)*", text))


def minutes(clock: str) -> int:
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)


def test_the_text_layer_holds_every_word_and_number_of_the_source(pages: list[str]) -> None:
    """Whatever the source says, the PDF says at least as often."""
    source = re.sub(r"\(#figure-1\)|\[\^1\]", "", HANDBOOK.read_text("utf-8"))
    assert words_and_numbers(source) - words_and_numbers("\n".join(pages)) == Counter()


def test_the_pdf_is_made_from_the_source_byte_for_byte(tmp_path: Path) -> None:
    """Running make_pdf.py again changes nothing."""
    assert build(tmp_path / "again.pdf").read_bytes() == PDF.read_bytes()


def test_the_pdf_is_small() -> None:
    """A clone does not pay for the sample: 6 to 10 pages and less than 300 kB."""
    with pypdfium2.PdfDocument(PDF) as document:
        assert 6 <= len(document) <= 10
    assert PDF.stat().st_size < 300_000


def test_running_headers_and_page_numbers_repeat(pages: list[str]) -> None:
    """Every page has its number at the foot, and every page but the first has the running header."""
    assert all(f"Page {number}" in page for number, page in enumerate(pages, start=1))
    assert ["Ellary Sound Rowing League Handbook 2027" in page for page in pages] == [False] + [True] * (len(pages) - 1)


@pytest.mark.parametrize("header", ["Rule Offence Penalty Decided by", "Term Meaning"])
def test_a_table_that_runs_over_a_page_end_repeats_its_header(pages: list[str], header: str) -> None:
    """The penalties and the definitions each stand on two pages that follow each other, with their header on both."""
    first, second = (number for number, page in enumerate(pages) if header in page)
    assert second == first + 1


def test_some_words_are_hyphenated_at_a_line_end() -> None:
    """The sample holds what a converter has to mend: words broken at line ends."""
    with pypdfium2.PdfDocument(PDF) as document:
        broken = [
            word for page in document for word in re.findall(r"\w+\ufffe\w+", page.get_textpage().get_text_range())
        ]
    assert len(broken) >= 2


def test_the_contents_name_the_page_of_every_heading(pages: list[str]) -> None:
    """A contents line with dotted leaders ends in the page on which its heading stands."""
    entries = dict(re.findall(r"^(\d.*?) (?:\. )+(\d+)\r?$", pages[0], re.MULTILINE))
    headings = [block.text for block in read_handbook() if isinstance(block, Heading) and block.level in (2, 3)]
    assert list(entries) == headings
    assert all(re.search(rf"^{heading}\r?$", pages[int(entries[heading]) - 1], re.MULTILINE) for heading in headings)


def test_every_cross_reference_leads_somewhere(tables: dict[str, Table]) -> None:
    """A rule, section, table or figure that is referred to exists."""
    blocks = read_handbook()
    text = HANDBOOK.read_text("utf-8")
    rules = {block.number for block in blocks if isinstance(block, Paragraph) and block.number}
    sections = {block.text.split()[0] for block in blocks if isinstance(block, Heading) and block.level == 3}
    referred = set(re.findall(r"\b\d\.\d\.\d\b", text)) | {row[0] for row in tables["Table 6"].rows[1:]}
    assert referred <= rules | sections
    assert set(re.findall(r"Table \d", text)) == set(tables)
    assert {rule.rsplit(".", 1)[0] for rule in rules} <= sections


def test_the_rules_are_numbered_without_gaps() -> None:
    """Within a section the rules run 1, 2, 3."""
    numbers = [block.number for block in read_handbook() if isinstance(block, Paragraph) and block.number]
    sections = Counter(number.rsplit(".", 1)[0] for number in numbers)
    assert numbers == [f"{section}.{n}" for section, count in sections.items() for n in range(1, count + 1)]


def test_the_worked_example_is_right(tables: dict[str, Table]) -> None:
    """The rules of 5.2, applied to the ages and hull years of the example, give the times that it prints."""

    def corrected(ages: list[int], hull: int, elapsed: int) -> float:
        age = min(max(4 * (sum(ages) // 4 - 30), 0), 120)
        limits = [(2015, 0), (2005, 8), (1995, 15), (0, 22)]
        return 1000 * elapsed / (1000 + age + next(points for year, points in limits if hull >= year))

    assert [row[1] for row in tables["Table 5"].rows[1:]] == ["0", "8", "15", "22"]
    assert corrected([34, 41, 47, 52], 2009, 31 * 60 + 48) == 1800.0
    assert corrected([24, 26, 29, 31], 2019, 30 * 60 + 12) == 1812.0


def test_the_tables_add_up(tables: dict[str, Table]) -> None:
    """Clubs sum to their total row, regattas are on Saturdays and start 1 h 30 min before high water."""
    *clubs, total = [row[2:4] for row in tables["Table 1"].rows[1:]]
    assert tuple(str(sum(int(club[i]) for club in clubs)) for i in (0, 1)) == total
    regattas = tables["Table 7"].rows[1:]
    days = [datetime.datetime.strptime(f"{row[0]} 2027", "%d %B %Y").date() for row in regattas]
    assert len(days) == 7
    assert all(day.isoweekday() == 6 for day in days)
    assert all(minutes(row[3]) - minutes(row[4]) == 90 for row in regattas)


def test_the_figure_is_drawn_with_every_label(pages: list[str]) -> None:
    """The labels that the source lists as the figure's text stand on the page of its caption."""
    (figure,) = [block for block in read_handbook() if isinstance(block, Figure)]
    (page,) = [page for page in pages if "Figure 1. " in page]
    assert all(label in page for label in figure.labels)


def test_the_footnote_stands_at_the_foot_of_the_page_that_refers_to_it(pages: list[str]) -> None:
    """The note is on the page of rule 5.3.2."""
    (note,) = [block for block in read_handbook() if isinstance(block, Footnote)]
    (page,) = [page for page in pages if "5.3.2 A disqualification" in page]
    assert plain(note.text).split(".")[0] in page
