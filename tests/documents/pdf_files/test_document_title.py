"""What a PDF is called, by its properties and by the letters of its first pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.pdf_files.document_title import choose_title
from groundwork.documents.pdf_files.text_layer import read_text_layer
from groundwork.language.section_names import is_section_name

SENTENCE = "The harbour master opens the barrier only when the tide on both sides of it has turned."
Text = tuple[float, str]  # size, words


@pytest.fixture
def title(tmp_path: Path) -> Callable[..., str]:
    """The title of pages that are drawn from the top down, each followed by so many sentences."""

    def read(*pages: Sequence[Text], name: str = "", sentences: int = 8, slides: bool = False) -> str:
        path = str(tmp_path / "titled.pdf")
        canvas = Canvas(path, pagesize=landscape(A4) if slides else A4)
        canvas.setTitle(name)
        for texts in pages:
            y = 540 if slides else 760
            for size, words in [*texts, *[(10.0, SENTENCE)] * sentences]:
                canvas.setFont("Helvetica", size)
                canvas.drawString(60, y, words)
                y -= 2.5 * size
            canvas.showPage()
        canvas.save()
        return read_text_layer(path).title

    return read


@pytest.mark.parametrize(
    "section", ["Abstract", "Introduction", "1 Introduction", "Contents", "Dedication", "5. Discussion",
                "IV. Conclusions", "Vielen Dank!", "Table des matières", "Questions & Answers"]
)  # fmt: skip
def test_a_part_that_any_document_may_have_is_no_title(title, section: str):
    """However large it is, and wherever it stands: on the pages, in the properties, as the Markdown's first heading."""
    heading = (24.0, section)
    assert title([heading]) == ""
    assert title([heading], name=section) == ""
    assert title([(18.0, "Rules of the basin"), (10.0, SENTENCE), heading]) == "Rules of the basin"
    assert choose_title(f"# {section}\n\nText", "rules.pdf", "", pdf=True) == "rules"


def test_titles_that_hold_such_a_word_stay():
    """A title of more words than the part's name is one."""
    assert not any(map(is_section_name, ["An Introduction to Tides", "Abstract Algebra", "Contents of the Hold", "IX"]))


@pytest.mark.parametrize(
    "name", ["Untitled document", "untitled", "PowerPoint Presentation", "Slide 1", "none", "file:///c/empty.html",
             "form12.pfm : default (Read Only)", "basin_rules_final"]
)  # fmt: skip
def test_what_programs_write_is_no_title(title, name: str):
    """A placeholder or a path in the properties is none, though the pages may hold its words."""
    assert title([(10.0, f"Untitled none {SENTENCE}")], name=name) == ""
    assert title([(18.0, "Rules of the basin")], name=name) == "Rules of the basin"


def test_the_first_slide_has_the_title(title):
    """Larger words on a later slide are no title, nor are thanks."""
    first, second, third = [(28.0, "Barriers and tides")], [(40.0, "Why we close them")], [(60.0, "Thank you!")]
    assert title(first, second, third, sentences=6, slides=True) == "Barriers and tides"
    texts = [(10.0, SENTENCE)] * 4
    assert title(third, [*second, *texts], sentences=0, slides=True) == "Why we close them"


def test_a_heading_behind_pages_of_text_is_no_title(title):
    """A title stands on the first page or behind pages of few words, such as a cover."""
    heading = [(20.0, "Annex of all fees")]
    assert title([(10.0, SENTENCE)], heading) == ""
    assert title([(10.0, "Ellary Harbour")], [*heading, (10.0, SENTENCE)], sentences=0) == "Annex of all fees"


def test_a_letter_is_called_by_its_subject(title):
    """The line that says what a letter is about goes before the name over it; other pages' "Re:" is no subject."""
    head = [(20.0, "Ellary Harbour Office"), (10.0, "Re: Your berth in the inner basin")]
    assert title([*head, (10.0, "Dear Ms Storvik,")]) == "Your berth in the inner basin"
    assert title(head) == "Ellary Harbour Office"


def test_a_title_of_one_word_or_a_size_little_larger_heads_its_page(title):
    """Where no larger phrase is a title, what stands alone at the head of the first page is one."""
    assert title([(20.0, "Receipt")]) == "Receipt"
    assert title([(11.0, "Noise in the outer basin")]) == "Noise in the outer basin"
    assert title([(10.0, SENTENCE), (20.0, "Receipt")]) == ""
    assert title([(20.0, "Receipt"), (24.0, "$10.00 paid on July 19")]) == "Receipt"
    assert title([(20.0, "Ada Storvik"), (30.0, "Meditations")]) == "Meditations"
    assert title([(20.0, "Ellary"), (18.0, "Rules of the basin")]) == "Rules of the basin"


def test_marks_of_notes_are_no_part_of_a_title(title):
    """A sign that leads to a note stays out."""
    assert title([(20.0, "Rules of the basin †")]) == "Rules of the basin"


@pytest.mark.parametrize(
    ("markdown", "name", "title"),
    [
        ("**Office**\n\n**Relief Fund of Orrin**\n\n# Table of Contents\n", "018367.docx", "Relief Fund of Orrin"),
        ("**Mill Office**\n\n# Table of Contents\n", "report.docx", "report"),
        ("The **mill** stands.\n\n**Orrin**\n", "018367.docx", "018367"),
        ("#   {{ page.title }}\n\nThe mill.\n", "Einbau.md", "Einbau"),
    ],
)
def test_a_number_or_a_variable_is_no_title(markdown: str, name: str, title: str) -> None:
    """Bold lines at the head tell it where the file's name has no word."""
    assert choose_title(markdown, name, "", pdf=False) == title
