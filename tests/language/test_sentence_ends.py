"""How a text ends that is complete."""

from __future__ import annotations

import pytest

from groundwork.language.sentences import COMPLETE_BLOCK_END, COMPLETE_ITEM_END, SENTENCE_LINE_ENDS, STATEMENT_END


@pytest.mark.parametrize(
    ("text", "finished", "line_ends", "closed", "said_whole"),
    [
        ("It ends.", True, True, True, True),
        ("結束。", True, True, True, True),
        ("and so on…", True, True, True, False),
        ("as follows:", False, True, True, True),
        ("first,", False, False, True, False),
        ("he said “no”", True, True, True, False),
        ("he said “no.”", True, True, True, True),
        ("(see above)", True, False, True, False),
        ("**It ends.**", True, False, False, True),
        ("هل انتهى؟", True, False, False, True),
        ("یہ ختم ہوا۔", False, False, False, True),
        ("| a | b |", True, False, False, False),
        ("Entry fees", False, False, False, False),
    ],
)
def test_the_ends_differ_in_colons_quotes_and_brackets(
    text: str, *, finished: bool, line_ends: bool, closed: bool, said_whole: bool
) -> None:
    """A full stop ends all of them; a comma, a colon, a quote, a bracket and a table's row only some."""
    told = [bool(COMPLETE_BLOCK_END.search(text)), text.endswith(SENTENCE_LINE_ENDS), bool(STATEMENT_END.search(text))]
    assert [*told, bool(COMPLETE_ITEM_END.search(text))] == [finished, line_ends, closed, said_whole]
