"""The words of a text, those that carry its meaning, those that say nothing (stop words), and their stems.

Where no space parts the words (Chinese, Japanese, Thai), and in Korean, pairs of neighbouring characters stand for
them.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

import regex

from groundwork.language.language_and_script import UNSPACED

# What counts as a word, by what it is looked at for: tests/language/test_words.py says where these differ.
WORD = regex.compile(r"[\w\p{No}]+")  # a run of letters, digits and underscores, with its vowel signs and accents
TERM = regex.compile(r"[^\W\d_][\w'’-]*")  # begins with a letter; keeps hyphens, apostrophes and digits: low-e, h2o
HYPHENATED_WORD = re.compile(r"[^\W\d_]+(?:[-‐‑][^\W\d_]+)*")  # letters only, with every kind of hyphen between them
LONG_WORD = re.compile(r"[^\W\d_]{3,}")  # three letters and more in a row: a formula in small letters has few
# letters and digits; where no space parts words, each character counts as one
WORD_OR_CHARACTER = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")
_ASCII_WORD = re.compile(r"[^\W_]+", re.ASCII)  # the same, twice as fast
WRITTEN_OUT_WORD = re.compile(r"[^\W\d_]{2,}")  # two letters and more in a row: a formula has none
_LATIN_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LETTERS_OF_WORD = r"[\p{L}\p{Nl}\p{No}][\p{L}\p{M}\p{Nl}\p{No}]*+"  # vowel signs and accents belong to their letters
_WORD_OF_ANY_SCRIPT = regex.compile(rf"{_LETTERS_OF_WORD}(?:['’-]{_LETTERS_OF_WORD})*+")
_UNSPACED_WORD_RUN = regex.compile(rf"[{UNSPACED}\uac00-\ud7af]++")
_WORD_CHARACTER = regex.compile(r"\p{L}\p{M}*+")


def words(text: str) -> list[str]:
    """The words of `text` in lower case, in order."""
    if text.isascii():
        return [match.group().lower() for match in _LATIN_WORD.finditer(text)]
    return [word for match in _WORD_OF_ANY_SCRIPT.finditer(text) for word in _split_unspaced(match.group().lower())]


def word_set(listed_words: str) -> frozenset[str]:
    """The words of a list that is written as one text, with white space between them."""
    return frozenset(listed_words.split())


def _split_unspaced(word: str) -> Iterator[str]:
    """The word; a run of letters of a script without spaces, or of Korean, as overlapping pairs of characters."""
    unspaced_end = 0
    for run in _UNSPACED_WORD_RUN.finditer(word):
        if run.start() > unspaced_end:
            yield word[unspaced_end : run.start()]
        word_characters = _WORD_CHARACTER.findall(run.group())
        yield from map("".join, pairwise(word_characters)) if word_characters[1:] else word_characters
        unspaced_end = run.end()
    if unspaced_end < len(word):
        yield word[unspaced_end:]


def words_or_characters(text: str) -> list[str]:
    """What WORD_OR_CHARACTER matches in `text`."""
    return (_ASCII_WORD if text.isascii() else WORD_OR_CHARACTER).findall(text)


def word_pieces(word: str) -> list[str]:
    """A word in lower case; what of it is of a script without spaces, or Korean, as its pairs of characters."""
    return list(_split_unspaced(word.lower()))


_UNSPACED_LETTERS = [  # with how many of them make a word
    (regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]++"), 2),
    (regex.compile(r"[\p{Thai}\p{Lao}\p{Myanmar}\p{Khmer}]++"), 5),
]


def word_count(text: str) -> int:
    """How many words a text has, for its length; where no space parts them, about as many as its letters make."""
    unspaced_words = 0.0
    for unspaced_letters, letters_per_word in _UNSPACED_LETTERS:
        unspaced_words += sum(map(len, unspaced_letters.findall(text))) / letters_per_word
        text = unspaced_letters.sub(" ", text)
    return sum(any(map(str.isalnum, word)) for word in text.split()) + math.ceil(unspaced_words)


def normalised_words(text: str) -> str:
    """The words and numbers of `text` with a space between, without case, accents of writing and punctuation."""
    return " ".join(WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def whole_word_pattern(term: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern of `term` where it is no part of a longer word; `flags` are those of `re`."""
    return re.compile(rf"(?<!\w){re.escape(term)}(?!\w)", flags)


def content_words(text: str, language: str) -> set[str]:
    """The words that carry meaning, each cut to its stem.

    `language` is an ISO 639-1 code; "", where it is not known, is read as English.
    """
    ignored_words = stop_words(language)
    return {stem(word, language) for word in words(text) if word not in ignored_words and len(word) > 1}


@lru_cache(maxsize=100_000)
def stem(word: str, language: str) -> str:
    """The stem of a word by Snowball's algorithm for its language ("throws" and "throwing" meet); itself where none."""
    snowball_stemmer = _snowball_stemmer(language)
    normalised_word = word.lower().replace("’", "'")
    return str(snowball_stemmer.stemWord(normalised_word)) if snowball_stemmer else normalised_word


@cache
def _snowball_stemmer(language: str) -> Any:
    from snowballstemmer import stemmer

    snowball_algorithm = _SNOWBALL_STEMMERS.get(language or "en")
    return stemmer(snowball_algorithm) if snowball_algorithm else None


_SNOWBALL_STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian", "nb": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish",
    "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip


ENGLISH_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """a about above after again all also an and any are as at be because been before being below between both
        but by can could did do does doing down during each few for from further had has have having he her here
        hers him his how i if in into is it its itself just let may me might more most must my no nor not now of
        off on once one only or other our out over own same shall she should so some such than that the their
        them then there these they this those through to too under until up upon us very was we were what when
        where which while who whom whose why will with would you your""",
    )
)


# Words that say how something is asked and never what about, and those of other languages that their stop words lack.
WORDS_OF_ASKING = frozenset(
    re.findall(
        r"\w+",
        """a about according after again against all allowed also an and another any apart are as at back be
        been before between both but by can cannot certain could count counts describe did do does during each
        either else ever explain far for from give given greatest had happen happened happens has have how if
        in include including into is it its later least list long longer made make makes many may mean might
        more most much must name need needed needs no not of on one only or other out over per say set shall
        should so some soon state still such take taken takes than that the their them then there these they
        this those to too twice two under up upon use used using versus was were what when where whether which
        while who whom whose why will with within without would you your
        wieviel darf dürfen gilt gelten | combien coûte coûtent | cuál cuáles cuánta cuántas cuánto cuántos dónde cuesta
        quale quali quanta quante quanti quanto quando può costa | quais quanta quantas quanto quantos custa
        hoeveel kost mag waar waarom wanneer welk welke | jaka jaki jakich jakie jakim kosztuje
        какая каких какие каким каков какова какое какой каком стоит | hangi kaç nasıl""",
    )
)


@cache
def stop_words(language: str) -> frozenset[str]:
    """The stop words of a language by its ISO 639-1 code; those of English for "", none where they are not known."""
    if language in ("en", ""):
        return ENGLISH_STOP_WORDS
    from stop_words import LANGUAGE_MAPPING, get_stop_words

    stop_word_list = {"no": "nb"}.get(language, language)
    return frozenset(get_stop_words(stop_word_list)) if stop_word_list in LANGUAGE_MAPPING else frozenset()


@cache
def stop_words_of_all_languages() -> frozenset[str]:
    """Those of each language that has some, for texts whose language is not known."""
    from stop_words import LANGUAGE_MAPPING

    return frozenset().union(*map(stop_words, LANGUAGE_MAPPING))
