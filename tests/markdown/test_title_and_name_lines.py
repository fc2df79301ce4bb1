"""What a document is called in short."""

import pytest

from groundwork.markdown.title_and_name_lines import UNNAMED, short_title


@pytest.mark.parametrize(
    ("title", "document", "headings", "expected"),
    [
        ("Harbour Rules: Third Edition", "harbour", [], "Harbour Rules"),
        ("Harbour Rules (2024)", "harbour", [], "Harbour Rules"),
        ("harbour-rules", "harbour-rules", ["1.3. The Rules of the Harbour"], "The Rules of the Harbour"),
        ("report_2024.pdf", "report-2024", [], UNNAMED),
        ("hr", "hr", ["Chapter 1. Introduction", "Introduction"], UNNAMED),
        ("Chapter 1. Introduction", "hr", ["Chapter 1. Introduction", "1.1. Purpose"], UNNAMED),
        ("Bestellliste", "bestellliste", ["Bestellliste", "Die Liste"], UNNAMED),
    ],
)
def test_a_documents_name_is_never_its_files(title, document, headings, expected):
    """The title in its short form; where it is the file's name or a chapter's, a heading, or none."""
    assert short_title(title, document, headings) == expected
