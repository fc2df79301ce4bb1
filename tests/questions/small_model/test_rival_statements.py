"""The search for the statements that a question fits."""

from __future__ import annotations

from itertools import permutations

from groundwork.questions.small_model.rival_statements import RivalSearch
from tests.chunks import reading_of
from tests.growth import SIZES, steep

WORDS = ("slate", "copper", "barley", "walnut", "lantern", "thistle", "granite", "saffron", "juniper", "pewter")

TITLE = "Harbour of Sarn"
RULES = """# 1. Mooring

A mooring is a rope between a boat and the quay. The mooring fee is 12 crowns a night. A mooring must be checked.
Every mooring needs a fender. A mooring left open is closed by the harbour master. No mooring may cross another.
"""


def _document(count: int) -> str:
    """Statements on `count` moorings, three words of each in a tenth of the others as well."""
    names = list(permutations(WORDS, 3))
    return "\n\n".join(
        f"Mooring {n} lies beside the {' '.join(names[n % len(names)])} quay and takes {n} boats." for n in range(count)
    )


def test_a_question_points_to_its_statement_or_is_vague() -> None:
    """Hardly another statement may hold as much of the question, title words and generic words left out."""
    reading = reading_of(RULES)
    chunk, found = reading.chunk, reading.statements
    pointing = RivalSearch([reading], TITLE)
    assert pointing.count_rivals("What is the mooring fee for a night in the harbour of Sarn?", chunk, [found[1]]) == 0
    assert pointing.count_rivals("What are the rules for a mooring in the harbour of Sarn?", chunk, [found[1]]) == 5


def test_all_questions_of_a_document_are_searched_in_linear_time() -> None:
    """A question is held against the statements with its rarer words, and not against all."""
    searches = {}
    for size in SIZES[:3]:
        reading = reading_of(_document(size // 10))
        searches[size] = (RivalSearch([reading], "Harbour"), reading)

    def ask(text: str) -> None:
        search, reading = searches[len(text)]
        for statement in reading.statements:
            question = f"How many boats does mooring {statement.plain_text(reading.chunk.text).split()[1]} take?"
            assert search.count_rivals(question, reading.chunk, [statement]) <= 1

    assert not steep(ask, "one letter", SIZES[:3])


def test_a_question_without_a_word_of_its_statement_fits_all_others() -> None:
    """Nothing is as much as nothing."""
    reading = reading_of(_document(20))
    search = RivalSearch([reading], "Harbour")
    assert search.count_rivals("Why is it so?", reading.chunk, reading.statements[:2]) == len(reading.statements) - 2


def test_statements_are_counted_by_what_they_hold_of_the_rarer_words() -> None:
    """A common word alone makes no rival of a statement that lacks the rare one; of words in a heading half counts."""
    text = (
        "# Ferries\n\nThe ferry is blue. The ferry carries mules. The ferry carries coal.\n\n# Mules\n\nThey eat oats."
    )
    reading = reading_of(text)
    search = RivalSearch([reading], "Harbour")
    mules = next(s for s in reading.statements if "mules" in s.plain_text(text))
    ferries = [s for s in reading.statements if "blue" in s.plain_text(text)]
    assert search.count_rivals("Which ferry carries mules?", reading.chunk, [mules]) == 0
    assert search.count_rivals("Which ferry carries people?", reading.chunk, [mules]) == 1
    assert search.count_rivals("Which ferry is it?", reading.chunk, ferries) == 2
