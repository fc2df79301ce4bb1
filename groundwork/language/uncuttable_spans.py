"""Spans of text that no cut may fall into."""

from __future__ import annotations

from itertools import chain

import regex

Span = tuple[int, int]

_TRIGGERS = "[`$\\"  # every pattern below needs one of these, and looking for them is fifty times faster
_WHOLE = regex.compile(
    r"""
      !?\[ [^\[\]\n]*+ (?:\[[^\[\]\n]*+\][^\[\]\n]*+)*+ \]
      \( [^()\s]*+ (?:\([^()\s]*+\)[^()\s]*+)*+ (?:[ ]"[^"\n]*+")?+ \)    # a link or picture: [text](address "title")
    | \[ [^\[\]\n]{1,200}+ \] \[ [^\[\]\n]{0,200}+ \]     # a link by reference: [text][1]
    | \$\$ [^$]++ \$\$                                    # a formula set apart
    | (?<![\\$\w]) \$ (?=\S) [^$\n]{1,300}+ (?<=\S) \$ (?![\d$])    # $x + y$, but not "$5 and $6"
    | \\\( .{1,300}? \\\) | \\\[ .{1,300}? \\\]           # \(x + y\)
    | (?<!`) (`{1,3}) (?!`) [^`\n]++ \1 (?!`)             # `code`
    """,
    regex.VERBOSE,
)
_SPACED_NUMBER = regex.compile(r"(?<!\d)\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+(?!\d)")  # 10 000


def whole_spans(text: str) -> list[Span]:
    """Links, formulas and inline code that hold white space or sentence ends, in order and apart."""
    if not any(trigger in text for trigger in _TRIGGERS):
        return []
    return [match.span() for match in _WHOLE.finditer(text)]


def uncuttable(text: str) -> list[Span]:
    """`whole_spans` and numbers written with spaces: what a cut between two words may not fall into."""
    return sorted(chain(whole_spans(text), (match.span() for match in _SPACED_NUMBER.finditer(text))))
