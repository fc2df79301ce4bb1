"""Messages count by `counted`: one call, two calls."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from groundwork.message_wording import counted
from groundwork.settings.config_files import PROJECT

# what messages count; a number that a constant gives is never one
NOUNS = (
    "answers|bytes|calls|cells|characters|chunks|clusters|datasets|decisions|documents|draws|figures|files|formulas|"
    "hashes|ids|lines|models|pages|pairs|pictures|places|points|questions|replies|rewordings|rows|sections|shards|"
    "tags|tokens|topics|vectors|warnings|wordings"
)
PLURAL = re.compile(rf" (?:more |new |invalid |different |proposed |temporary )?(?:{NOUNS})\b(?!-)")
NO_COUNT = (
    "counted(",
    "format_points(",
    "suffix",
    "mirror_gain.mean",
    "cells",
)  # text, or no whole number
TO_MODELS = {  # requests, whose words are part of what a reply is known by
    "questions/curation/pair_judge.py",
    "questions/curation/pair_rewriting.py",
    "dataset/reword/eval_rewording.py",
    "tags/tagging.py",
    "tags/tag_vocabulary.py",
    "tags/tag_forms.py",
    "questions/chunk_interviews.py",
    "llm/calls/reply_corrections.py",
}


@pytest.mark.parametrize(
    ("count", "words", "text"),
    [
        (1, ("call",), "1 call"),
        (0, ("call",), "0 calls"),
        (1234, ("reply", "replies"), "1,234 replies"),
        (1, ("row is left out", "rows are left out"), "1 row is left out"),
    ],
)
def test_a_noun_agrees_with_its_number(count: int, words: tuple[str, ...], text: str) -> None:
    """One thing is not several."""
    assert counted(count, *words) == text


def uncounted(path: Path) -> Iterator[str]:
    """Where a number that may be 1 stands before a plural, in one f-string."""
    for node in ast.walk(ast.parse(path.read_text())):
        for value, text in zip(node.values, node.values[1:], strict=False) if isinstance(node, ast.JoinedStr) else ():
            if isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant) and PLURAL.match(text.value):
                number = ast.unparse(value.value)
                name = number.rpartition(".")[2]
                if not name.isupper() and name != "base_url" and not number.startswith(NO_COUNT):
                    yield f"{path.name}:{node.lineno}: {{{number}}}{text.value[:30]}"


def test_no_message_puts_a_plural_behind_a_number_by_itself() -> None:
    """`{count} calls` says "1 calls" one day."""
    sources = (PROJECT / "groundwork").rglob("*.py")
    lines = [
        line
        for path in sorted(sources)
        if path.relative_to(PROJECT / "groundwork").as_posix() not in TO_MODELS
        for line in uncounted(path)
    ]
    assert lines == []
