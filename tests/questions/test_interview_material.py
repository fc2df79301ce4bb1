"""What the interviews about a document call it, and how much they ask for at once."""

import pytest

from groundwork.questions.batched_strategy import BEYOND, batch_for
from groundwork.questions.interview_material import UNNAMED, Material, short_title


@pytest.mark.parametrize(
    ("title", "document", "headings", "expected"),
    [
        ("Harbour Rules: Third Edition", "harbour", [], "Harbour Rules"),
        ("Harbour Rules (2024)", "harbour", [], "Harbour Rules"),
        ("harbour-rules", "harbour-rules", ["1.3. The Rules of the Harbour"], "The Rules of the Harbour"),
        ("report_2024.pdf", "report-2024", [], UNNAMED),
        ("hr", "hr", ["Chapter 1. Introduction", "Introduction"], UNNAMED),
        ("Chapter 1. Introduction", "hr", ["Chapter 1. Introduction", "1.1. Purpose"], UNNAMED),
    ],
)
def test_a_documents_name_is_never_its_files(title, document, headings, expected):
    """The title in its short form; where it is the file's name or a chapter's, a heading, or none."""
    assert short_title(title, document, headings) == expected


def test_the_name_decided_with_the_summary_comes_before_the_title():
    """It is what all questions call their subject."""
    assert Material("hr", "3. Equipment", "", [], subject="the Sarn league").name == "the Sarn league"
    assert Material("hr", "Harbour Rules: Third Edition", "", []).name == "Harbour Rules"


def test_a_small_chunk_is_asked_for_few_pairs():
    """As many as it has statements and a few more, never more than the batch."""
    assert [batch_for(25, 4), batch_for(25, 60), batch_for(25, None)] == [4 + BEYOND, 25, 25]
