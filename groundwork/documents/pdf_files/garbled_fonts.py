"""Text layers that no one can read: fonts that tell the wrong letters, or none, and what a bad OCR made.

Such a font shows `for` and says `enq`. Its text is whole by every measure that holds a page against its own text
layer, so the letters themselves are looked at: words of any language are made of known subwords, letters by chance
are not; and private or unassigned characters are no letters at all.
"""

from __future__ import annotations

import regex

from groundwork.language.subwords import latin_words, letters_per_subword

_NO_LETTER = regex.compile(r"[\p{Co}\p{Cn}\ufffd]|(?![\s])\p{Cc}")
_CONTROL = regex.compile(r"[\p{Cc}--[\x02\s]]", regex.V1)  # pdfium writes 2 where a line's end parts a word
_SIGN_IN_WORD = regex.compile(r"\p{L}[~^|{}\[\]\\;:<>]\p{L}|[~^|{}\[\]\\]\p{Ll}|\p{Ll}[~^|{}\[\]\\]")
_CONTROL_SHARE = 0.05  # of the characters; formulas in fonts without a mapping have less than .02
_MISREAD_SHARE = 0.2  # of the words
_LEAST_TO_JUDGE = 30  # different words, or characters, to judge by
_LEAST_LETTERS = 4  # of a word to judge by
_SHIFTED_SUBWORD = 1.9  # letters of a subword; texts in Turkish or Estonian, and lists of names, have more than 2.0
_SCANNED_SUBWORD = 2.1  # the same, of all words of a scan; text with a fifth of its letters wrong has 2.1 to 2.5
_MOST_WORDS = 120  # words that are looked at
_UNASSIGNED_SHARE = 0.3  # of the characters


def is_unreadable(text: str) -> bool:
    """Whether a page's text is in letters other than those that the page shows."""
    signs = "".join(text.split())
    has_odd_signs = not signs.isprintable() or "\ufffd" in signs  # the two patterns are slow, and seldom needed
    if len(signs) >= _LEAST_TO_JUDGE and has_odd_signs:
        if len(_NO_LETTER.findall(signs)) > _UNASSIGNED_SHARE * len(signs):
            return True
        if len(_CONTROL.findall(signs)) > _CONTROL_SHARE * len(signs):
            return True
    words = list(dict.fromkeys(word for word in latin_words(text) if len(word) >= _LEAST_LETTERS))
    return len(words) >= _LEAST_TO_JUDGE and letters_per_subword(_sample_words(words)) < _SHIFTED_SUBWORD


def is_misread(text: str) -> bool:
    """Whether an OCR read other letters than a scan shows: signs stand among those of its words, or its words are none.
    Of programs, formulas and lists of codes it is true too, so that only scans are to be asked about."""
    tokens = text.split()
    if len(tokens) < _LEAST_TO_JUDGE:
        return False
    if sum(_SIGN_IN_WORD.search(word) is not None for word in tokens) > _MISREAD_SHARE * len(tokens):
        return True
    words = latin_words(text)
    return len(words) >= _LEAST_TO_JUDGE and letters_per_subword(_sample_words(words)) < _SCANNED_SUBWORD


def _sample_words(words: list[str]) -> list[str]:
    """Words from all over a page."""
    return words[:: -(-len(words) // _MOST_WORDS)]
