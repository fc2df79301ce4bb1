"""Words that a line's end parts: mended or kept as compounds, by what the document writes elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable

from groundwork.language.words import HYPHENATED
from groundwork.language.writing_systems import IDEOGRAPHS

_NO_SPACE = re.compile(rf"[{IDEOGRAPHS}][{IDEOGRAPHS}\d]|\d[{IDEOGRAPHS}]")
_HYPHENS = ("-", "‐", "‑")
_STEM = re.compile(r"(?<![^\W\d_])(?<![^\W\d_][-‐‑])((?:[^\W\d_]+[-‐‑])*[^\W\d_]+)[-‐‑]$")
_BLANK = re.compile(r"\w- \w")
_PARTED = re.compile(r"(?<![\w-])((?:[^\W\d_]+-)*[^\W\d_]+)- (?!(?:and|or|to|nor)\b)([^\W\d_]+(?:-[^\W\d_]+)*)")


class DocumentWords:
    """The words of a document that stand within its lines, those with hyphens apart.

    `lines`: as they follow each other, each with the hyphen at its end; what such a hyphen parts is no word.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.plain: set[str] = set()
        self.hyphenated: set[str] = set()
        parted = False
        for line in lines:
            text = line.casefold().rstrip()
            found = HYPHENATED.findall(text)
            first, parted = int(parted), text.endswith(("-", "‐"))
            for word in found[first : len(found) - parted]:
                if "-" in word or "‐" in word or "‑" in word:
                    self.hyphenated.add(_simple(word))
                else:
                    self.plain.add(word)
        self._starts = {word.partition("-")[0] for word in self.hyphenated}
        self._ends = {word.rpartition("-")[2] for word in self.hyphenated}

    def join(self, above: str, below: str) -> str:
        """Two lines of a paragraph as one: with a space, or by the word that the line's end parts.

        Between Chinese or Japanese characters, and between them and a number, no space stands.
        """
        stem = _STEM.search(above) if above.endswith(_HYPHENS) else None
        rest = HYPHENATED.match(below) if stem else None
        if not stem and _NO_SPACE.fullmatch(above[-1:] + below[:1]):
            return above + below
        if not stem or not rest:
            return above + below if above.endswith("-") and below[:1].isdigit() else f"{above} {below}"
        compound = below[0].isupper() or self.keeps(stem[1], rest[0])
        return (above if compound else above[:-1]) + below

    def keeps(self, stem: str, rest: str) -> bool:
        """Whether the hyphen between two parts belongs to the word: the document writes it so, or others like it."""
        whole = _simple(f"{stem}-{rest}").casefold()
        if whole in self.hyphenated:
            return True
        if whole.replace("-", "") in self.plain:
            return False
        if "-" in _simple(stem):
            return True  # a compound is parted at its own hyphens
        first, last = rest.casefold().partition("-")[0], rest.casefold().rpartition("-")[2]
        if last in self._ends and stem.casefold() in self.plain:
            return True  # model-based, for it writes rule-based
        return stem.casefold() in self._starts and (first in self.plain or last in self._ends)

    def mend(self, text: str) -> str:
        """The text without blanks after hyphens inside of known words: "any- body", "out-of- bounds"."""
        return _PARTED.sub(self._mended, text)

    def _mended(self, match: re.Match[str]) -> str:
        whole = _simple(f"{match[1]}-{match[2]}").casefold()
        if whole in self.hyphenated:
            return f"{match[1]}-{match[2]}"
        return f"{match[1]}{match[2]}" if whole.replace("-", "") in self.plain else match[0]


def has_parted(text: str) -> bool:
    """Whether a text has what may be a word with a blank after its hyphen."""
    return _BLANK.search(text) is not None and _PARTED.search(text) is not None


def _simple(word: str) -> str:
    return word.replace("‐", "-").replace("‑", "-")
