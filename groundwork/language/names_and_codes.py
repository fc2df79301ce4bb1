"""The names, codes and quoted terms of a text, found by rule."""

from __future__ import annotations

import re

from groundwork.language.language_and_script import UNSPACED
from groundwork.language.words import ENGLISH_STOP_WORDS

_QUOTED_TERM = re.compile(r"[\"“„«]([^\"“”„«»\n]*)[\"”“»]")
_LONGEST_QUOTED_TERM = 80  # characters of a quoted term; a longer quotation is a passage
_CODE_OR_PATH = re.compile(
    r"""(?<![^\s("'“‘`*])(?=[^\s]{0,80}[/\\_<>=$#@|]|[^\s]{0,80}[a-z0-9]\.[a-z0-9]|-)"""
    r"""[^\s"“”`,;?!]{0,80}[^\W\d_][^\s"“”`,;?!]*"""
)
_ABBREVIATION = re.compile(r"((?:[A-Z][\w-]{0,40}[ -](?:(?:of|and|for|the|in) )?){1,20})\(([A-Z][A-Za-z]{0,30}[A-Z])\)")
# "D." of "D.C.", "U.S. " of "U.S. Senate"
_INITIALISM_BEFORE = re.compile(r"(?<!\w)(?:(?:[A-Z]\.)+|(?:[A-Z]\.){2,} ?)\Z")
_LONGEST_INITIALISM = 20  # characters
_CAPITAL_NOUNS = frozenset({"de", "lb"})  # German and Luxembourgish, where a capital marks a noun and no name
# Korean has no capitals, and particles behind its numbers: 14일까지
_NAME_OR_WORD = re.compile(rf"[^\W_{UNSPACED}\uac00-\ud7af]+")


def quoted_terms(text: str) -> list[str]:
    """The terms of two characters and more that stand between double quotes."""
    terms = map(str.strip, _QUOTED_TERM.findall(text))
    return [quoted_term for quoted_term in terms if 1 < len(quoted_term) <= _LONGEST_QUOTED_TERM]


def names(text: str, language: str = "") -> set[str]:
    """Words written with a capital inside a sentence, and codes such as Q4 or WFDF, in lower case.

    Of a `language` that writes every noun with a capital the codes alone.
    """
    return {name.lower() for name in names_as_written(text, language)}


def names_as_written(text: str, language: str = "") -> list[str]:
    """The `names` of `text` in order, as they are written."""
    capitals_mark_names = language not in _CAPITAL_NOUNS
    written_names, previous_word_end = [], 0
    for match in _NAME_OR_WORD.finditer(text):
        name_or_code = match.group()
        is_capital_of_name = _is_name_inside_sentence(text, previous_word_end, match.start())
        previous_word_end = match.end() - 1
        is_upper_code = len(name_or_code) > 1 and name_or_code.isupper()
        is_code = not name_or_code.isdigit() and (is_upper_code or any(c.isdigit() for c in name_or_code))
        if is_code or (
            capitals_mark_names
            and is_capital_of_name
            and name_or_code[0].isupper()
            and name_or_code.lower() not in ENGLISH_STOP_WORDS
        ):
            written_names.append(name_or_code)
    return written_names


def _is_name_inside_sentence(text: str, previous_word_end: int, name_start: int) -> bool:
    """No sentence starts at `name_start`: the word before is in it, or its full stop is that of an initialism."""
    mark_before_name = text[previous_word_end:name_start].rstrip()[-1:]
    if mark_before_name == ".":
        return _INITIALISM_BEFORE.search(text, max(0, name_start - _LONGEST_INITIALISM), name_start) is not None
    return mark_before_name not in ("?", "!", ":", "")


def codes(text: str) -> list[str]:
    """Paths, options, addresses and identifiers, as they are written: /etc/fstab, --force, max_length, a.b.org."""
    return [_trim_punctuation_of_code(match.group()) for match in _CODE_OR_PATH.finditer(text)]


def _trim_punctuation_of_code(code: str) -> str:
    """`code` without the marks of its sentence behind it; a bracket that it opens itself is closed."""
    trimmed_code = code.rstrip(".:)]*'’")
    for opening_bracket, closing_bracket in ("()", "[]"):
        if trimmed_code.count(opening_bracket) - trimmed_code.count(closing_bracket) == 1 and code[
            len(trimmed_code) :
        ].startswith(closing_bracket):
            return trimmed_code + closing_bracket
    return trimmed_code


def abbreviations(text: str) -> dict[str, str]:
    """Names that stand in front of their abbreviation, by it: {"FHS": "Filesystem Hierarchy Standard"}."""
    full_names = {match[2]: match[1].strip() for match in _ABBREVIATION.finditer(text)}
    return {
        abbreviation: full_name
        for abbreviation, full_name in full_names.items()
        if abbreviation[0] == full_name[0] and len(abbreviation) <= len(full_name.split()) + 1
    }
