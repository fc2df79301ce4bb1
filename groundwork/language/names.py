"""The names, codes and quoted terms of a text, found by rule."""

from __future__ import annotations

import re

from groundwork.language.scripts import UNSPACED
from groundwork.language.words import STOP_WORDS

_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»\n]{2,80})[\"”“»]")
_NAME = re.compile(rf"[^\W_{UNSPACED}]+")


def quoted(text: str) -> list[str]:
    """The terms that stand between double quotes."""
    return [match.strip() for match in _QUOTED.findall(text)]


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
        if code or (inside and word[0].isupper() and word.lower() not in STOP_WORDS):
            found.append(word)
    return found
