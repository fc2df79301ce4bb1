"""Text that no one can read: letters of fonts without a mapping, what a bad OCR made, and encoded runs such as base64.

A font without a mapping shows `for` and says `enq`. Its text is whole by every measure that holds a page against its
own text layer, so the letters themselves are looked at: words of any language are made of known subwords, letters by
chance are not; and private or unassigned characters are no letters at all.
"""

from __future__ import annotations

import re  # for the patterns of encoded runs, which go over a whole text: it takes less time than regex
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import pairwise

import regex

from groundwork.language.language_and_script import main_script
from groundwork.language.wordllama_subwords import latin_words, letters_per_subword

UNREADABLE = "the fonts, or an OCR, give other letters than the page shows, so that its text cannot be read"
MIN_ENCODED_RUN_LENGTH = 200  # characters of a run; a key or a checksum in a sentence is shorter
_UNREADABLE_SHARE = 0.6  # of a line or a fence that such letters make up
_MIN_ENCODED_LINE_LENGTH = 40  # characters of a line that is looked at
_CHARACTERS_PER_SPACE = 9  # characters to a space: fewer are words that can be read
_MIN_DISTINCT_ENCODED_LETTERS = 4  # letters at least: a ruled line of === has one
_MAX_GENE_LETTERS = 6  # letters that the text of a gene may hold
_UNREADABLE_LETTERS = re.compile(
    r"""(?<![A-Za-z0-9+/]) (?: (?:[acgtun]{10,}+|[A-Z]{10,}+)(?!\w)   # genes in groups of ten, as gene banks print them
                             | [A-Za-z0-9+/]{40,}+={0,2} )            # base64, a key""",
    re.VERBOSE,
)
_DIGEST_LENGTHS = (40, 64, 128)  # letters of the digest of a commit or a file: examples show them
_UNREADABLE_TAIL = re.compile(r"\s*+[A-Za-z0-9+/]++={0,2}\s*+")  # the last line of an encoded text
_PERHAPS_UNREADABLE_LINE = re.compile(r"[^\n]*+(?:\n|\Z)")
_UNASSIGNED_OR_PRIVATE = regex.compile(r"[\p{Co}\p{Cn}\ufffd]|(?![\s])\p{Cc}")
_CONTROL_CHARACTER = regex.compile(r"[\p{Cc}--[\x02\s]]", regex.V1)  # pdfium writes 2 where a line's end parts a word
_SIGN_IN_WORD = regex.compile(r"\p{L}[~^|{}\[\]\\;:<>]\p{L}|[~^|{}\[\]\\]\p{Ll}|\p{Ll}[~^|{}\[\]\\]")
_UNREADABLE_CONTROL_SHARE = 0.05  # of the characters; formulas in fonts without a mapping have less than .02
_MISREAD_WORD_SHARE = 0.2  # of the words
_LEAST_WORDS_TO_JUDGE = 30  # different words, or characters, to judge by
_LEAST_LETTERS_TO_JUDGE = 4  # of a word to judge by
# letters of a subword; texts in Turkish or Estonian, and lists of names, have more than 2.0
_SHIFTED_READABILITY = 1.9
# the same, of all words of a scan; text with a fifth of its letters wrong has 2.1 to 2.5
_SCANNED_READABILITY = 2.1
_LEAST_READABILITY = 3.0  # the same, of text of which no tenth is in other letters
_UNREADABLE_SIGN = re.compile("[\x00\x01\x03-\x08\x0e-\x1f\ue000-\uf8ff]")
_MOST_SAMPLED_WORDS = 120  # words that are looked at
_UNASSIGNED_LETTER_SHARE = 0.3  # of the characters
_SHORT_UNASSIGNED_LETTER_SHARE = 0.5  # the same, of fewer than _LEAST_WORDS_TO_JUDGE
# letters of a subword: of words they have more, by chance fewer
_READABILITY_OF_WORDS = {"latin": 2.1, "cyrillic": 1.65}
_FEW_WORDS, _FEW_WORDS_FACTOR = 3, 1.4  # so many times as many letters, where there are fewer words
_LEAST_BACKWARD_WORDS = 12  # different words that tell whether a text runs backward
_BACKWARD_READABILITY = 2.3  # letters of a subword: words as they are read have more than turned around
_BACKWARD_RATIO = 1.25  # times as many; of words as they are read, turned around, 1.01 at the most
_FINAL_LETTERS = frozenset("ךםןףץةى")  # letters that end words in Hebrew and Arabic and begin none
_LEAST_FINAL_LETTERS, _FINAL_LETTERS_RATIO = 3, 2
_READABLE_LETTER_SHARE = 0.5  # of the characters of a text
LONG_WORD = regex.compile(rf"\p{{L}}{{{_LEAST_LETTERS_TO_JUDGE},}}+")
_SAME_PAIRS_SHARE = 0.5  # of the pairs of characters of a text that says what another one says


def is_unreadable(text: str) -> bool:
    """Whether a page's text is in letters other than those that the page shows."""
    unreadable_signs = "".join(text.split())
    # the two patterns are slow, and seldom needed
    has_odd_signs = not unreadable_signs.isprintable() or "\ufffd" in unreadable_signs
    if len(unreadable_signs) > 1 and has_odd_signs:
        is_short = len(unreadable_signs) < _LEAST_WORDS_TO_JUDGE
        unassigned_share = _SHORT_UNASSIGNED_LETTER_SHARE if is_short else _UNASSIGNED_LETTER_SHARE
        if len(_UNASSIGNED_OR_PRIVATE.findall(unreadable_signs)) > unassigned_share * len(unreadable_signs):
            return True
        if not is_short and len(_CONTROL_CHARACTER.findall(unreadable_signs)) > _UNREADABLE_CONTROL_SHARE * len(
            unreadable_signs
        ):
            return True
    subword_letters = _letters_per_latin_subword(text)
    return (subword_letters is not None and subword_letters < _SHIFTED_READABILITY) or runs_backward(text)


def runs_backward(text: str) -> bool:
    """Whether the letters of a text's words stand in the wrong order from end to end, as in an OCR's layer that was
    mirrored: turned around they are plainly words; or, in Hebrew and Arabic, they begin with letters that end words."""
    long_words = list(dict.fromkeys(word.casefold() for word in LONG_WORD.findall(text)))
    if main_script(text) in _READABILITY_OF_WORDS:
        if len(long_words) < _LEAST_BACKWARD_WORDS:
            return False
        long_words = _words_to_try_reading(long_words)
        forward_readability = letters_per_subword(long_words)
        if forward_readability > _BACKWARD_READABILITY:  # as on most pages
            return False
        backward = letters_per_subword([word[::-1] for word in long_words])
        return backward > _BACKWARD_READABILITY and backward > _BACKWARD_RATIO * forward_readability
    finals_first, finals_last = (sum(word[end] in _FINAL_LETTERS for word in long_words) for end in (0, -1))
    return finals_first >= _LEAST_FINAL_LETTERS and finals_first > _FINAL_LETTERS_RATIO * finals_last


def reads_plainly(text: str) -> bool:
    """Whether a text is long and its words are so well known that no part of it can be in other letters."""
    has_unreadable_sign = "\ufffd" in text or _UNREADABLE_SIGN.search(text) is not None
    letters_per_latin_subword = None if has_unreadable_sign else _letters_per_latin_subword(text)
    return letters_per_latin_subword is not None and letters_per_latin_subword > _LEAST_READABILITY


def _letters_per_latin_subword(text: str) -> float | None:
    """Letters of a subword of a text's different Latin words; None of fewer than tell."""
    latin_tokens = list(dict.fromkeys(word for word in latin_words(text) if len(word) >= _LEAST_LETTERS_TO_JUDGE))
    has_enough_words = len(latin_tokens) >= _LEAST_WORDS_TO_JUDGE
    return letters_per_subword(_words_to_try_reading(latin_tokens)) if has_enough_words else None


def is_misread(text: str) -> bool:
    """Whether an OCR read other letters than a scan shows: signs stand among those of its words, or its words are none.
    Of programs, formulas and lists of codes it is true too, so that only scans are to be asked about."""
    scanned_words = text.split()
    if len(scanned_words) < _LEAST_WORDS_TO_JUDGE:
        return False
    if sum(_SIGN_IN_WORD.search(word) is not None for word in scanned_words) > _MISREAD_WORD_SHARE * len(scanned_words):
        return True
    scanned_latin_words = latin_words(text)
    return (
        len(scanned_latin_words) >= _LEAST_WORDS_TO_JUDGE
        and letters_per_subword(_words_to_try_reading(scanned_latin_words)) < _SCANNED_READABILITY
    )


def are_words(words: Collection[str]) -> bool:
    """Whether words in Latin or Cyrillic letters are those of a language; False for other scripts, and for none."""
    least_readability = _READABILITY_OF_WORDS.get(main_script(" ".join(words))) if words else None
    few_words_factor = _FEW_WORDS_FACTOR if len(words) < _FEW_WORDS else 1.0
    return least_readability is not None and letters_per_subword(sorted(words)) >= least_readability * few_words_factor


def reads_as_text(text: str) -> bool:
    """Whether a text, however short, is mostly letters and figures and, in a script in which that can be told, its
    words are; without any word it has to be figures.
    """
    text_signs = "".join(text.split())
    letter_count, figure_count = (sum(map(kind, text_signs)) for kind in (str.isalpha, str.isdecimal))
    if letter_count + figure_count <= _READABLE_LETTER_SHARE * len(text_signs):
        return False
    long_words = {word.casefold() for word in LONG_WORD.findall(text)}
    if not long_words and figure_count > _READABLE_LETTER_SHARE * len(text_signs):
        return True
    return main_script(text) not in _READABILITY_OF_WORDS or are_words(long_words)


def reads_the_same(text: str, other: str) -> bool:
    """Whether most pairs of neighbouring characters of a text, blanks left out, stand in another one as well."""
    character_pairs, other_character_pairs = (Counter(pairwise("".join(side.split()))) for side in (text, other))
    return (character_pairs & other_character_pairs).total() > _SAME_PAIRS_SHARE * character_pairs.total()


def _words_to_try_reading(readable_words: list[str]) -> list[str]:
    """Words from all over a page."""
    return readable_words[:: -(-len(readable_words) // _MOST_SAMPLED_WORDS)]


def encoded_line_starts(text: str) -> Iterator[int]:
    """Where lines start that no one can read. Most are told by their spaces, in a tenth of the pattern's time."""
    line_start = 0
    for text_line in text.split("\n"):
        line_length = len(text_line)
        if (
            line_length >= _MIN_ENCODED_LINE_LENGTH
            and text_line.strip().count(" ") * _CHARACTERS_PER_SPACE <= line_length
            and is_encoded(text_line, 0, line_length)
        ):
            yield line_start
        line_start += line_length + 1


def encoded_runs(text: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Lines in a row that no one can read, of MIN_ENCODED_RUN_LENGTH characters, with the blank lines behind them."""
    unreadable_start = -1
    for perhaps_unreadable in _PERHAPS_UNREADABLE_LINE.finditer(text, first, last):
        in_encoded_run = unreadable_start >= 0
        if is_encoded(text, perhaps_unreadable.start(), perhaps_unreadable.end()) or (
            in_encoded_run and _continues_unreadable_run(perhaps_unreadable[0])
        ):
            unreadable_start = unreadable_start if in_encoded_run else perhaps_unreadable.start()
        elif in_encoded_run:
            if perhaps_unreadable.start() - unreadable_start >= MIN_ENCODED_RUN_LENGTH:
                yield unreadable_start, perhaps_unreadable.start()
            unreadable_start = -1
    if unreadable_start >= 0 and last - unreadable_start >= MIN_ENCODED_RUN_LENGTH:
        yield unreadable_start, last


def _continues_unreadable_run(unreadable_line: str) -> bool:
    return not unreadable_line.strip() or _UNREADABLE_TAIL.fullmatch(unreadable_line) is not None


def is_encoded(text: str, start: int, end: int) -> bool:
    """Whether most of [start, end) is encoded: base64, keys, the letters of genes."""
    unspaced_length = len("".join(text[start:end].split()))
    encoded_words = (match[0] for match in _UNREADABLE_LETTERS.finditer(text, start, end) if _is_encoded_word(match[0]))
    return sum(map(len, encoded_words)) > _UNREADABLE_SHARE * unspaced_length


def _is_hex_digest(unreadable_run: str) -> bool:
    return len(unreadable_run) in _DIGEST_LENGTHS and set(unreadable_run) <= set("0123456789abcdef")


def _is_encoded_word(unreadable_run: str) -> bool:
    """Neither a long word, which has one capital at the most, nor a ruled line, a file's digest or such."""
    if len(set(unreadable_run)) < _MIN_DISTINCT_ENCODED_LETTERS or _is_hex_digest(unreadable_run):
        return False
    capitals_and_digits = sum(c.isupper() or c.isdigit() for c in unreadable_run)
    return len(set(unreadable_run)) <= _MAX_GENE_LETTERS or capitals_and_digits >= _MIN_DISTINCT_ENCODED_LETTERS
