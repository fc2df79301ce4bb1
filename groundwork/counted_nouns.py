"""A number with its noun, for messages: `1 call`, `1,234 calls`."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str = "") -> str:
    """`count` and `noun`, or `plural` where it is not one; by default the noun with an s.

    Words that agree with the noun come along: counted(rows, "row is left out", "rows are left out").
    """
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"
