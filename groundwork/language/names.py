"""The names, codes and quoted terms of a text, found by rule."""

from __future__ import annotations

import re

from groundwork.language.words import ENGLISH
from groundwork.language.writing_systems import UNSPACED

_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»\n]*)[\"”“»]")
_LONGEST = 80  # characters of a quoted term; a longer quotation is a passage
_CODE = re.compile(
    r"""(?<![^\s("'“‘`*])(?=[^\s]{0,80}[/\\_<>=$#@|]|[^\s]{0,80}[a-z0-9]\.[a-z0-9]|-)"""
    r"""[^\s"“”`,;?!]{0,80}[^\W\d_][^\s"“”`,;?!]*"""
)
_ABBREVIATED = re.compile(r"((?:[A-Z][\w-]{0,40}[ -](?:(?:of|and|for|the|in) )?){1,20})\(([A-Z][A-Za-z]{0,30}[A-Z])\)")
_NAME = re.compile(rf"[^\W_{UNSPACED}]+")


def quoted(text: str) -> list[str]:
    """The terms of two characters and more that stand between double quotes."""
    return [term for match in _QUOTED.findall(text) if (term := match.strip()) and 1 < len(term) <= _LONGEST]


def names(text: str) -> set[str]:
    """Words written with a capital inside a sentence, and codes such as Q4 or WFDF, in lower case."""
    return {name.lower() for name in names_as_written(text)}


def names_as_written(text: str) -> list[str]:
    """The `names` of `text` in order, as they are written."""
    found, last = [], 0
    for match in _NAME.finditer(text):
        word = match.group()
        inside = text[last : match.start()].rstrip()[-1:] not in (".", "?", "!", ":", "")
        last = match.end() - 1
        code = not word.isdigit() and (any(c.isdigit() for c in word) or (len(word) > 1 and word.isupper()))
        if code or (inside and word[0].isupper() and word.lower() not in ENGLISH):
            found.append(word)
    return found


def codes(text: str) -> list[str]:
    """Paths, options, addresses and identifiers, as they are written: /etc/fstab, --force, max_length, a.b.org."""
    return [_trimmed(match.group()) for match in _CODE.finditer(text)]


def _trimmed(code: str) -> str:
    """`code` without the marks of its sentence behind it; a bracket that it opens itself is closed."""
    short = code.rstrip(".:)]*'’")
    for opening, closing in ("()", "[]"):
        if short.count(opening) - short.count(closing) == 1 and code[len(short) :].startswith(closing):
            return short + closing
    return short


def abbreviations(text: str) -> dict[str, str]:
    """Names that stand in front of their abbreviation, by it: {"FHS": "Filesystem Hierarchy Standard"}."""
    found = {match[2]: match[1].strip() for match in _ABBREVIATED.finditer(text)}
    return {short: name for short, name in found.items() if short[0] == name[0] and len(short) <= len(name.split()) + 1}
