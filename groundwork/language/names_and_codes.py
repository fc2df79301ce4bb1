"""The names, codes and quoted terms of a text, found by rule."""

from __future__ import annotations

import re

from groundwork.language.language_and_script import UNSPACED
from groundwork.language.words import ENGLISH_STOP_WORDS

_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»\n]*)[\"”“»]")
_LONGEST_QUOTED_TERM = 80  # characters of a quoted term; a longer quotation is a passage
_CODE = re.compile(
    r"""(?<![^\s("'“‘`*])(?=[^\s]{0,80}[/\\_<>=$#@|]|[^\s]{0,80}[a-z0-9]\.[a-z0-9]|-)"""
    r"""[^\s"“”`,;?!]{0,80}[^\W\d_][^\s"“”`,;?!]*"""
)
_ABBREVIATION = re.compile(r"((?:[A-Z][\w-]{0,40}[ -](?:(?:of|and|for|the|in) )?){1,20})\(([A-Z][A-Za-z]{0,30}[A-Z])\)")
_INITIALISM_BEFORE = re.compile(
    r"(?<!\w)(?:(?:[A-Z]\.)+|(?:[A-Z]\.){2,} ?)\Z"
)  # "D." of "D.C.", "U.S. " of "U.S. Senate"
_LONGEST_INITIALISM = 20  # characters
_CAPITAL_NOUNS = frozenset({"de", "lb"})  # German and Luxembourgish, where a capital marks a noun and no name
_NAME = re.compile(
    rf"[^\W_{UNSPACED}\uac00-\ud7af]+"
)  # Korean has no capitals, and particles behind its numbers: 14일까지


def quoted_terms(text: str) -> list[str]:
    """The terms of two characters and more that stand between double quotes."""
    return [
        term for match in _QUOTED.findall(text) if (term := match.strip()) and 1 < len(term) <= _LONGEST_QUOTED_TERM
    ]


def names(text: str, language: str = "") -> set[str]:
    """Words written with a capital inside a sentence, and codes such as Q4 or WFDF, in lower case.

    Of a `language` that writes every noun with a capital the codes alone.
    """
    return {name.lower() for name in names_as_written(text, language)}


def names_as_written(text: str, language: str = "") -> list[str]:
    """The `names` of `text` in order, as they are written."""
    capitals_tell = language not in _CAPITAL_NOUNS
    as_written, previous_end = [], 0
    for match in _NAME.finditer(text):
        word = match.group()
        is_inside_sentence = _is_inside_sentence(text, previous_end, match.start())
        previous_end = match.end() - 1
        is_code = not word.isdigit() and (any(c.isdigit() for c in word) or (len(word) > 1 and word.isupper()))
        if is_code or (
            capitals_tell and is_inside_sentence and word[0].isupper() and word.lower() not in ENGLISH_STOP_WORDS
        ):
            as_written.append(word)
    return as_written


def _is_inside_sentence(text: str, previous_end: int, start: int) -> bool:
    """No sentence starts at `start`: the word before is in it, or its full stop is that of an initialism."""
    mark = text[previous_end:start].rstrip()[-1:]
    if mark == ".":
        return _INITIALISM_BEFORE.search(text, max(0, start - _LONGEST_INITIALISM), start) is not None
    return mark not in ("?", "!", ":", "")


def codes(text: str) -> list[str]:
    """Paths, options, addresses and identifiers, as they are written: /etc/fstab, --force, max_length, a.b.org."""
    return [_trim_punctuation(match.group()) for match in _CODE.finditer(text)]


def _trim_punctuation(code: str) -> str:
    """`code` without the marks of its sentence behind it; a bracket that it opens itself is closed."""
    trimmed = code.rstrip(".:)]*'’")
    for opening, closing in ("()", "[]"):
        if trimmed.count(opening) - trimmed.count(closing) == 1 and code[len(trimmed) :].startswith(closing):
            return trimmed + closing
    return trimmed


def abbreviations(text: str) -> dict[str, str]:
    """Names that stand in front of their abbreviation, by it: {"FHS": "Filesystem Hierarchy Standard"}."""
    full_names = {match[2]: match[1].strip() for match in _ABBREVIATION.finditer(text)}
    return {
        abbreviation: full_name
        for abbreviation, full_name in full_names.items()
        if abbreviation[0] == full_name[0] and len(abbreviation) <= len(full_name.split()) + 1
    }
