"""Questions that nobody needs, and those that only look like it."""

import pytest

from groundwork.questions.trivial_questions import trivial_question_reason

TITLE = "Harbour Rules of Sarn"


@pytest.mark.parametrize(
    ("question", "answer", "why"),
    [
        ("With which utility is the host name shown?", "With the hostname utility.", "answer stands in the question"),
        ("What is the horn signal used for at Sarn?", "It is used as a signal.", "answer stands in the question"),
        ("Which chapter describes the fees?", "Chapter 3.", "which part"),
        ("In which section are the berths of the Harbour Rules explained?", "In the second.", "which part"),
        ("What stands first in the table of contents of the Harbour Rules?", "Fees.", "make-up"),
        ("Where can the form for a berth be found?", "At https://sarn.invalid/forms/berth.", "address"),
        ("On what condition may verbatim copies of the Harbour Rules of Sarn be made?", "With the notice.", "licence"),
        ("Under which licence do the Harbour Rules of Sarn stand?", "CC-BY.", "licence"),
        ("How are optional words marked in the Harbour Rules of Sarn?", "They are enclosed in brackets.", "notation"),
        ("How does the HRS represent berth names?", "In italics.", "notation"),
    ],
)
def test_what_nobody_needs(question: str, answer: str, why: str) -> None:
    """Given by the question, or about the make-up of the document; the reason is told."""
    assert why in trivial_question_reason(question, answer, TITLE, "")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Is the horn of a ferry louder than a bell?", "Yes, the horn is louder."),
        ("Which is longer, a skiff or a ferry?", "A ferry."),
        ("Which variable holds the access token of the gauge?", "ACCESS_TOKEN."),
        ("Which file lists the users of the gauge in /etc?", "/etc/users."),
        ("How many berths has the north pier with its berths?", "Twelve berths."),
        ("When must a ferry sound its horn?", "Never."),
        ("How do I stop the gauge service made with tide.exe?", "With tide.exe stop gauge."),
        ("Who takes the berth if a ferry and a skiff ask for the berth at once?", "The ferry."),
        ("Which licence does a skipper of a ferry need at Sarn?", "The coastal licence."),
        ("What must the copyright file of a package state?", "The licence and the holder."),
        ("At which address does the gauge serve its readings?", "At http://localhost:8080/readings."),
        ("How are berths marked in the harbour of Sarn?", "With white numbers on the pier."),
        ("Which table must be oiled before the saw is used?", "The left one."),
        ("How are the fees of the harbour of Sarn distributed?", "Half goes to the pilots."),
        ("In tidebook, how do I leave a chapter out of the table of contents?", "Leave out its number."),
        ("Which option of tidebook hides the page numbers?", "--no-page-numbers."),
        ("Wozu dient das Horn?", "Das Horn."),
    ],
)
def test_what_only_looks_like_it(question: str, answer: str) -> None:
    """Choices, yes and no, codes, numbers, licences and addresses that are the subject itself, other languages."""
    assert trivial_question_reason(question, answer, TITLE, "") == ""
