"""Words that a line's end parts by a hyphen, and ligatures that a PDF's font does not map to letters.

Both are mended by the words of the whole document: what it writes elsewhere, and the ligature with which words are made
of fewer subwords than with any other. A lost ligature is a control character in place of `ff` or `fi`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

from groundwork.documents.repair.korean_line_ends import KoreanLineEnds
from groundwork.language.language_and_script import IDEOGRAPHS
from groundwork.language.wordllama_subwords import latin_words, letters_per_subword
from groundwork.language.words import HYPHENATED_WORD, stop_words_of_all_languages

_UNSPACED_LINE_END = re.compile(rf"[{IDEOGRAPHS}][{IDEOGRAPHS}\d]|\d[{IDEOGRAPHS}]")
_PHRASE_LINE_END = (
    re.compile(  # of Thai, Lao, Burmese and Khmer, whose spaces part phrases; not behind a mark that ends one
        r"[\u0e01-\u0e2e\u0e30-\u0e45\u0e47-\u0e4e\u0e81-\u0eae\u0eb0-\u0ec5\u0ec8-\u0ecd][\u0e01-\u0e45\u0e81-\u0ec5]"
        r"|[\u1000-\u103f\u1050-\u109f]{2}|[\u1780-\u17d3][\u1780-\u17b3]"
    )
)
_HANGUL_LINE = re.compile("[\uac00-\ud7a3]")
_HANGUL_PAIR = re.compile("[\uac00-\ud7a3]{2}")
_NUMBER_BEFORE_HYPHEN = re.compile(r"\d[-–]$")
BELOW_SUSPENDED_HYPHEN = r"(?:and|or|nor|und|oder|sowie|bzw|eller)\b"  # behind "pre-", of which "war" is yet to come
_UNIT_BELOW_HYPHEN = re.compile(rf"(?!{BELOW_SUSPENDED_HYPHEN}|(?:to|bis)\b)[^\W\d_]{{2}}")  # "level" of "5-level"
_HYPHENS = ("-", "‐", "‑")
_STEM_BEFORE_HYPHEN = re.compile(r"(?<![^\W\d_])(?<![^\W\d_][-‐‑])((?:[^\W\d_]+[-‐‑])*[^\W\d_]+)[-‐‑]$")
_BLANK_AFTER_HYPHEN = re.compile(r"\w-(?:\*\*)? (?:\*\*)?\w")
_BOLD_PARTED_AT_HYPHEN = re.compile(r"(?<=[^\W\d_]-)\*\* \*\*(?=[^\W\d_])")  # each line bold by itself
_HYPHEN_WITHIN_LINE = re.compile(r"(?<=[^\W\d_][-‐]) (?=[^\W\d_])")
_BELOW_SUSPENDED_HYPHEN = re.compile(BELOW_SUSPENDED_HYPHEN)
_WORD_PARTED_BY_HYPHEN = re.compile(
    rf"(?<![\w-])((?:[^\W\d_]+-)*[^\W\d_]+)- (?!{BELOW_SUSPENDED_HYPHEN}|(?:to|resp|vs)\b)"
    r"([^\W\d_]+(?:-[^\W\d_]+)*)"
)


class _HyphenatedWords(NamedTuple):
    """Of a document: its words, those with hyphens, and what these begin and end with."""

    unhyphenated: set[str]
    hyphenated: set[str]
    starts: set[str]
    ends: set[str]


class DocumentWords:
    """The words of a document that stand within its lines, those with hyphens apart; read when they are asked for.

    `lines`: as they follow each other, each with the hyphen at its end; what such a hyphen parts is no word.
    """

    def __init__(self, hyphen_lines: Iterable[str]) -> None:
        self._unread_hyphen_lines = hyphen_lines

    @cached_property
    def _lines(self) -> list[str]:
        return list(self._unread_hyphen_lines)

    @cached_property
    def _words(self) -> _HyphenatedWords:
        unhyphenated: set[str] = set()
        hyphenated: set[str] = set()
        ends_in_hyphen = False
        for hyphen_line in self._lines:
            lower_line = hyphen_line.casefold().rstrip()
            hyphen_line_words = HYPHENATED_WORD.findall(lower_line)
            skipped_words, ends_in_hyphen = int(ends_in_hyphen), lower_line.endswith(("-", "‐"))
            for word in hyphen_line_words[skipped_words : len(hyphen_line_words) - ends_in_hyphen]:
                if "-" in word or "‐" in word or "‑" in word:
                    hyphenated.add(_with_plain_hyphens(word))
                else:
                    unhyphenated.add(word)
        compound_starts, compound_ends = ({word.split("-")[k] for word in hyphenated} for k in (0, -1))
        return _HyphenatedWords(unhyphenated, hyphenated, compound_starts, compound_ends)

    def join(self, above: str, below: str) -> str:
        """Two lines of a paragraph as one: with a space, or by the word that the line's end parts.

        Between Chinese or Japanese characters, and between them and a number, no space stands; nor between two letters
        of Thai, Lao, Burmese or Khmer, whose lines end between words.
        """
        hyphen_stem = _STEM_BEFORE_HYPHEN.search(above) if above.endswith(_HYPHENS) else None
        hyphen_tail = HYPHENATED_WORD.match(below) if hyphen_stem else None
        hyphen_letters = above[-1:] + below[:1]
        if _HANGUL_PAIR.fullmatch(hyphen_letters) and not self._korean_line_ends.is_space(above, below):
            return above + below
        if not hyphen_stem and (
            _UNSPACED_LINE_END.fullmatch(hyphen_letters) or _PHRASE_LINE_END.fullmatch(hyphen_letters)
        ):
            return above + below
        if not hyphen_stem or not hyphen_tail:
            is_number_before = _NUMBER_BEFORE_HYPHEN.search(above[-3:])
            goes_on_with_number = (above.endswith("-") or is_number_before) and below[:1].isdigit()
            goes_on_with_unit = is_number_before and above.endswith("-") and _UNIT_BELOW_HYPHEN.match(below)
            return above + below if goes_on_with_number or goes_on_with_unit else f"{above} {below}"
        if _BELOW_SUSPENDED_HYPHEN.match(below) and not self._is_known(hyphen_stem[1] + hyphen_tail[0]):
            return f"{above} {below}"
        keeps_hyphen = below[0].isupper() or self.keeps_hyphen(hyphen_stem[1], hyphen_tail[0])
        return (above if keeps_hyphen else above[:-1]) + below

    @cached_property
    def _korean_line_ends(self) -> KoreanLineEnds:
        return KoreanLineEnds([line.strip() for line in self._lines if _HANGUL_LINE.search(line)])

    def keeps_hyphen(self, hyphen_stem: str, hyphen_tail: str) -> bool:
        """Whether the hyphen between two parts belongs to the word: the document writes it so, or others like it."""
        hyphenated_words, hyphenated_word = self._words, _with_plain_hyphens(f"{hyphen_stem}-{hyphen_tail}").casefold()
        if hyphenated_word in hyphenated_words.hyphenated:
            return True
        if hyphenated_word.replace("-", "") in hyphenated_words.unhyphenated:
            return False
        if "-" in _with_plain_hyphens(hyphen_stem):  # a compound is parted at its own hyphens, and in a word of its own
            last_part = _with_plain_hyphens(hyphen_stem).casefold().rpartition("-")[2]
            return self._is_word(last_part) or self._is_word(hyphen_tail.casefold())
        tail_start, tail_end = (hyphen_tail.casefold().partition("-")[0], hyphen_tail.casefold().rpartition("-")[2])
        if tail_end in hyphenated_words.ends and hyphen_stem.casefold() in hyphenated_words.unhyphenated:
            return True  # model-based, for it writes rule-based
        return hyphen_stem.casefold() in hyphenated_words.starts and (
            tail_start in hyphenated_words.unhyphenated or tail_end in hyphenated_words.ends
        )

    def mend(self, text: str) -> str:
        """The text without blanks after hyphens inside of words: "any- body", "out-of- bounds"."""
        return _WORD_PARTED_BY_HYPHEN.sub(self._without_blank_after_hyphen, _BOLD_PARTED_AT_HYPHEN.sub(" ", text))

    def _without_blank_after_hyphen(self, match: re.Match[str]) -> str:
        hyphenated_word = _with_plain_hyphens(f"{match[1]}-{match[2]}").casefold()
        if hyphenated_word in self._words.hyphenated:
            return f"{match[1]}-{match[2]}"
        if hyphenated_word.replace("-", "") in self._words.unhyphenated:
            return f"{match[1]}{match[2]}"
        if not self._is_parted_word(match[1], match[2]):
            return match[0]
        return f"{match[1]}{'-' if self.keeps_hyphen(match[1], match[2]) else ''}{match[2]}"

    def _is_parted_word(self, hyphen_stem: str, hyphen_tail: str) -> bool:
        """Whether two parts are no two words: the document has not both of them by themselves, and the second is in
        small letters and no such word as those that follow "pre-" in "pre- and post-war"."""
        if not hyphen_tail.islower() or hyphen_tail in stop_words_of_all_languages():
            return False
        return not self._words.unhyphenated.issuperset({hyphen_stem.casefold(), hyphen_tail})

    def _is_known(self, word: str) -> bool:
        return word.casefold() in self._words.unhyphenated

    def _is_word(self, part: str) -> bool:
        """Whether a part of a compound is a word by itself, or a part of others."""
        words = self._words
        is_part = part in words.unhyphenated or part in words.starts or part in words.ends
        return is_part or part in stop_words_of_all_languages()


def lines_parted_at_hyphens(text: str) -> list[str]:
    """The lines of a text whose engine has joined those of the page by a blank, parted again behind hyphens."""
    return _HYPHEN_WITHIN_LINE.sub("\n", _BOLD_PARTED_AT_HYPHEN.sub(" ", text)).split("\n")


def has_words_parted_by_hyphen(text: str) -> bool:
    """Whether a text has what may be a word with a blank after its hyphen."""
    return _BLANK_AFTER_HYPHEN.search(text) is not None and _WORD_PARTED_BY_HYPHEN.search(text) is not None


def _with_plain_hyphens(word: str) -> str:
    return word.replace("‐", "-").replace("‑", "-")


_LIGATURE_CODES = "\\x01\\x03-\\x08\\x0b\\x0c\\x0e-\\x1f"  # pdfium writes 2 where a line's end parts a word
_WORD_WITH_LIGATURE_CODE = re.compile(
    rf"(?<![^\W\d_])([^\W\d_]*)([{_LIGATURE_CODES}])([^\W\d_]*)(?![^\W\d_{_LIGATURE_CODES}])"
)
_LIGATURE_CODE = re.compile(rf"[{_LIGATURE_CODES}]")
_LIGATURES = ("ff", "fi", "fl", "ffi", "ffl")
# beside the character; different words to judge by; looked at
_LEAST_LIGATURE_LETTERS, _LEAST_LIGATURE_WORDS, _MOST_LIGATURE_WORDS = 3, 3, 60
_BEST_LIGATURE_RATIO = 1.15  # times the letters that a subword has with the second best ligature
_LEAST_SUBWORD = 2.4  # letters of a subword of words that are words


def find_ligatures(pages: Iterable[str]) -> dict[str, str]:
    """Control character: the ligature that it stands for in these pages, where that is certain."""
    ligature_words_by_code: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    for page in filter(_LIGATURE_CODE.search, pages):
        for before_ligature, ligature_code, behind_ligature in _WORD_WITH_LIGATURE_CODE.findall(page):
            if len(before_ligature) + len(behind_ligature) >= _LEAST_LIGATURE_LETTERS:
                ligature_words_by_code[ligature_code][before_ligature.lower(), behind_ligature.lower()] = None
    ligatures = {
        ligature_code: _likeliest_ligature(list(ligature_words)[:_MOST_LIGATURE_WORDS])
        for ligature_code, ligature_words in ligature_words_by_code.items()
        if len(ligature_words) >= _LEAST_LIGATURE_WORDS
    }
    return {ligature_code: ligature for ligature_code, ligature in ligatures.items() if ligature}


def restore_ligatures(text: str, ligatures: Mapping[str, str]) -> str:
    """The text with the ligatures of its words as letters."""
    if not any(ligature_code in text for ligature_code in ligatures):
        return text
    return _WORD_WITH_LIGATURE_CODE.sub(lambda match: _replace_ligature(match, ligatures), text)


def _replace_ligature(match: re.Match[str], ligatures: Mapping[str, str]) -> str:
    before_ligature, ligature_code, behind_ligature = match.groups()
    return (
        f"{before_ligature}{ligatures[ligature_code]}{behind_ligature}"
        if ligature_code in ligatures and before_ligature + behind_ligature
        else match[0]
    )


def _likeliest_ligature(ligature_words: list[tuple[str, str]]) -> str:
    """The ligature with which words are made of the fewest subwords; "" where none is plainly the best."""
    rated_ligatures = sorted(
        (
            letters_per_subword(
                latin_words(
                    " ".join(
                        f"{before_ligature}{ligature}{behind_ligature}"
                        for before_ligature, behind_ligature in ligature_words
                    )
                )
            ),
            ligature,
        )
        for ligature in _LIGATURES
    )
    (second_score, _), (best_score, ligature) = rated_ligatures[-2:]
    return ligature if best_score >= _LEAST_SUBWORD and best_score >= _BEST_LIGATURE_RATIO * second_score else ""
