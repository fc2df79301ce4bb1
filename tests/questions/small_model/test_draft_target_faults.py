"""Whether a small model's pair fits its statement: every rule turns down its fault and lets a good pair pass."""

from __future__ import annotations

import math

import pytest

from groundwork.markdown.statements import statements
from groundwork.questions.pair_drafts import Draft
from groundwork.questions.small_model.draft_target_faults import asks_for_opening_term, draft_target_faults
from groundwork.questions.small_model.question_targets import QuestionTarget, group_targets
from groundwork.questions.small_model.rival_statements import max_rival_statements
from groundwork.questions.small_model.sentence_strategy import answers_agree
from tests.chunks import reading_of

TITLE = "Harbour of Sarn"
QUAY = "If the wind is above 18 knots, boats must leave the quay of Sarn within 30 minutes."
ROW = "| Berth | Fee |\n|---|---|\n| North | 40 |\n"


def target_of(text: str) -> QuestionTarget:
    reading = reading_of(text)
    (found,) = group_targets(reading.statements, reading)
    return found


def fault(question: str, answer: str, text: str = QUAY) -> str:
    """The reason and detail of the first fault, or ""."""
    target = target_of(text)
    draft = Draft(
        evidence=[text], question=question, answer=answer, evaluation_criteria=[], difficulty="easy", category="factual"
    )
    found = draft_target_faults(draft, target, "", "", TITLE)
    return f"{found[0].reason}: {found[0].detail}" if found else ""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Within what time must boats leave the quay of Sarn if the wind is above 18 knots?", "Within 30 minutes."),
        ("What must boats do if the wind is above 18 knots?", "They must leave the quay of Sarn within 30 minutes."),
        ("When must boats leave the quay of Sarn?", "If the wind is above 18 knots, within 30 minutes."),
    ],
)
def test_what_fits_passes(question: str, answer: str) -> None:
    """A question that names its case, with the answer that the statement gives, has no fault."""
    assert fault(question, answer) == ""


@pytest.mark.parametrize(
    ("question", "answer", "told"),
    [
        ("What must boats do in wind at Sarn?", "Emperor Maximilian pays everything.", "unsupported: the answer's"),
        ("What must boats do at 25 knots?", "Leave within 30 minutes.", "unsupported: the question's numbers"),
        ("Who painted the ceiling of Sarn?", "Boats must leave within 30 minutes.", "beside: the question is not"),
        ("What penalties and insurance await boats at the quay?", QUAY, "beside: the question's words"),
        ("What is the purpose of leaving the quay?", "Boats must leave the quay.", "beside: the answer is not of"),
        ("How many boats must leave the quay?", "Boats must leave the quay in wind.", "beside: the question asks for"),
        ("When must boats leave the quay?", "Boats must leave the quay of Sarn.", "beside: the answer is not of"),
        ("Must boats leave the quay within 30 minutes if wind is above 18 knots?", QUAY, "beside: the answer tells no"),
        ("What must boats do in wind?", "This must be done within 30 minutes.", "dangling: the answer leans"),
        ("What must boats leave in wind above 18 knots?", "Boats must leave one.", "dangling: the answer leans"),
        ("What must boats do in wind?", "Boats leave the quay (see 14.3).", "dangling: the answer points at"),
        ("What must boats do if 'n' is above 18 knots?", "They must leave the quay.", "dangling: the question"),
        ("What is a quay?", "Boats must leave the quay of Sarn.", "beside: the question asks what a term"),
        ("What must boats do in wind?",
         "Boats must leave the quay if boats must leave the quay of Sarn.", "form: the answer says twice"),
        ("What must boats leave in wind must leave?", "Boats must leave the quay of Sarn.", "form: the question is no"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(question: str, answer: str, told: str) -> None:
    """Each kind of misfit has its reason."""
    assert fault(question, answer).startswith(told)


def test_the_same_words_of_different_numbers_are_two_facts() -> None:
    """A sentence may say two numbers in the same form; the same number again is a slip."""
    asked = "Until when may boats come to the quay of Sarn?"
    told = "Boats come to the quay of Sarn until 20 minutes before low tide, barges until 5 minutes before it."
    for other, found in (("5", ""), ("20", "form: the answer says twice")):
        answer = f"Boats come until 20 minutes before low tide and barges until {other} minutes before low tide."
        assert fault(asked, answer, told).startswith(found) and bool(fault(asked, answer, told)) == bool(found)


def test_a_permission_is_no_answer_to_what_must_be_done() -> None:
    """Where the statement allows something, the question may not ask for a duty; what forbids is a duty."""
    leave = "A boat that has lost its anchor may stay at the quay of Sarn."
    asked = "What must a boat do that has lost its anchor?"
    assert fault(asked, leave, leave).startswith("beside: the question asks for a duty")
    assert fault("What may a boat do that has lost its anchor?", leave, leave) == ""
    for forbidden in (leave.replace("may stay", "may not stay"), leave.replace("A boat", "No boat")):
        assert fault(asked, forbidden, forbidden) == ""


def test_a_row_must_be_named_and_told() -> None:
    """The question holds the cell that names the row, the answer the cell that was asked about."""
    assert fault("What is the fee of the North berth?", "The North berth costs 40.", ROW) == ""
    assert fault("What is the fee of a berth?", "The fee is 40.", ROW).startswith(
        "dangling: the question does not name"
    )
    assert fault("What is the fee of the North berth?", "It is the fee of a berth.", ROW).startswith("beside")


RULES = """# 1. Mooring

A mooring is a rope between a boat and the quay. The mooring fee is 12 crowns a night. A mooring must be checked.
Every mooring needs a fender. A mooring left open is closed by the harbour master. No mooring may cross another.
"""


def test_a_definition_may_ask_for_a_term_that_stands_everywhere() -> None:
    """What a term means is no vague question, where the statement opens with the term; "the rules for" is one."""
    opening, fee = (QuestionTarget((one,), one.plain_text(RULES)) for one in statements(RULES, "en")[:2])
    assert asks_for_opening_term("What is a mooring in the harbour of Sarn?", opening, TITLE)
    assert not asks_for_opening_term("What is a berth in the harbour of Sarn?", opening, TITLE)
    assert not asks_for_opening_term("How much is a mooring?", fee, TITLE)
    allowed = [
        max_rival_statements(f"{asked} a mooring in the harbour of Sarn?", opening, TITLE)
        for asked in ("What is", "How much is", "What are the rules for")
    ]
    assert allowed == [math.inf, 3, 0]


@pytest.mark.parametrize(
    ("answer", "again", "same"),
    [
        ("The quay is 90 metres long.", "90 metres", True),
        ("The quay is 90 metres long.", "80 metres long", False),
        ("Anna Holm owns the berth.", "The berth is owned by Anna Holm", True),
        ("Anna Holm owns the berth.", "not answered.", False),
    ],
)
def test_a_round_trip_compares_facts(answer: str, again: str, same: bool) -> None:
    """Two answers agree when they share words and no number speaks against it."""
    assert answers_agree(answer, again) is same
