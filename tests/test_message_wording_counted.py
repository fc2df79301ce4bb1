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
TO_MODELS = {  # functions that make requests, whose words are part of what a reply is known by
    ("questions/chunk_interviews.py", "_reject_excess_drafts"),
    ("dataset/reword/rewording_judge.py", "missing_marks"),
    ("tags/tag_forms.py", "tags_problem"),
    ("tags/tag_vocabulary.py", "check"),
    ("tags/tagging.py", "unannounced_tags_problem"),
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


def _walk_but_requests(node: ast.AST, path: Path) -> Iterator[ast.AST]:
    module = path.relative_to(PROJECT / "groundwork").as_posix()
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.FunctionDef) and (module, child.name) in TO_MODELS):
            yield child
            yield from _walk_but_requests(child, path)


def uncounted(path: Path) -> Iterator[str]:
    """Where a number that may be 1 stands before a plural, in one f-string."""
    for node in _walk_but_requests(ast.parse(path.read_text()), path):
        for value, text in zip(node.values, node.values[1:], strict=False) if isinstance(node, ast.JoinedStr) else ():
            if isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant) and PLURAL.match(text.value):
                number = ast.unparse(value.value)
                name = number.rpartition(".")[2]
                if not name.isupper() and name != "base_url" and not number.startswith(NO_COUNT):
                    yield f"{path.name}:{node.lineno}: {{{number}}}{text.value[:30]}"


def test_no_message_puts_a_plural_behind_a_number_by_itself() -> None:
    """`{count} calls` says "1 calls" one day."""
    sources = (PROJECT / "groundwork").rglob("*.py")
    assert [line for path in sorted(sources) for line in uncounted(path)] == []
