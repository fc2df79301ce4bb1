"""Notes stand behind the block that holds their mark, and nothing else of the text moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwork.markdown.footnotes import place_footnotes


@pytest.mark.parametrize(
    ("text", "placed"),
    [
        ("A[^1] b.\n\nC[^x].\n\n[^1]: One.\n[^x]: Two.\n", "A[^1] b.\n\n[^1]: One.\n\nC[^x].\n\n[^x]: Two.\n"),
        ("# A[^1]\n\nB.\n\nC.\n\n[^1]: One.", "# A[^1]\n\nB.\n\n[^1]: One.\n\nC.\n\n"),
        ("A[^1].\n\nB.\n\n[^1]: One.\n\n    More.\n\nC.\n", "A[^1].\n\n[^1]: One.\n\n    More.\n\nB.\n\nC.\n"),
        ("| a[^1] |\n|---|\n| b |\n\nC.\n\n[^1]: One.\n", "| a[^1] |\n|---|\n| b |\n\n[^1]: One.\n\nC.\n\n"),
        ("A[^1], B[^1].\n\nC[^1].\n\n[^1]: One, and[^2].\n\n[^2]: Two.\n",
         "A[^1], B[^1].\n\n[^1]: One, and[^2].\n\n[^2]: Two.\n\nC[^1].\n\n"),
        ("```\nA[^1]\n```\n\nB.\n\n[^1]: One.\n", "```\nA[^1]\n```\n\nB.\n\n[^1]: One.\n"),
        ("No mark.\n\n[^1]: One.\n\nEnd.\n", "No mark.\n\n[^1]: One.\n\nEnd.\n"),
        ("```\n[^1]: code\n```\n\nA[^1].\n", "```\n[^1]: code\n```\n\nA[^1].\n"),
    ],
)  # fmt: skip
def test_a_note_stands_behind_the_block_of_its_first_mark(text: str, placed: str) -> None:
    """Marks of headings, tables, notes; two of one note; none of code, and none at all."""
    assert place_footnotes(text) == placed


def test_a_note_of_a_long_list_stands_behind_its_item() -> None:
    """A short list stays together."""
    items = [
        f"- Boat {k} is kept on the shore of the lake, above the line of the spring tide[^{k}].\n" for k in range(20)
    ]
    notes = [f"[^{k}]: Note {k}." for k in range(20)]
    placed = place_footnotes("".join(items) + "\n" + "\n".join(notes))
    assert placed.startswith(f"{items[0]}\n{notes[0]}\n\n{items[1]}\n{notes[1]}")
    short = place_footnotes("".join(items[:2]) + "\n" + "\n".join(notes[:2]))
    assert short == f"{items[0]}{items[1]}\n{notes[0]}\n\n{notes[1]}\n"


@given(
    st.lists(
        st.sampled_from(["A[^1].", "[^1]: n", "[^2]: m", "    in", "- b[^2]", "# H[^2]", "```", "|a|", ""]), max_size=12
    )
)
def test_nothing_gets_lost(lines: list[str]) -> None:
    """Every line is kept, whatever stands where."""
    text = "\n".join(lines)
    placed = place_footnotes(text)
    assert sorted(filter(None, placed.split("\n"))) == sorted(filter(None, lines))
