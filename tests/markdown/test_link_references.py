"""Links with their addresses elsewhere get them, and the definitions are gone."""

from __future__ import annotations

import pytest

from groundwork.markdown.link_references import with_link_addresses


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("See [the rules][r], [Rules][] and [rules].\n\n[r]: https://e.org/r\n[RULES]: <x.md> 'All'\n",
         "See [the rules](https://e.org/r), [Rules](x.md) and [rules](x.md).\n\n"),
        ("[![Built][b]][r] `[r]`\n\n[b]: b.svg\n[r]: https://e.org\n", "[![Built](b.svg)](https://e.org) `[r]`\n\n"),
        ("A [long\nname].\n\n  [long name]: x.md\n", "A [long\nname](x.md).\n\n"),
        ("```\n[r]: x\n```\n\n[r] and [none].\n", "```\n[r]: x\n```\n\n[r] and [none].\n"),
        ("A[^1] [x](y) [ ].\n\n[^1]: Note.\n\n[z]: q.md\n", "A[^1] [x](y) [ ].\n\n[^1]: Note.\n\n"),
    ],
)  # fmt: skip
def test_a_reference_becomes_a_link(text: str, read: str) -> None:
    """In full, by its words alone, around a picture, over a line's end; not in code, and notes are none."""
    assert with_link_addresses(text) == read
