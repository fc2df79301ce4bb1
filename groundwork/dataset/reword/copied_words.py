"""How much of a text's build a rewording keeps: stretches of words that were copied, and the order of the others.

Names, numbers, codes, quoted terms and the words that say what a text is about have to stay, so they neither make a
copy nor break one. That two texts share common words says nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from groundwork.language.language_and_script import detect_language, has_unspaced
from groundwork.language.names_and_codes import codes, names_as_written, quoted_terms
from groundwork.language.words import words

RUN_LENGTH = 5  # words in a row that make a copied stretch
LEAST_FREE = 6  # words that may change, from which on their order alone tells
LONG_COPY = 10  # words in a row that make a copy of any text
SAME_WORDS = 0.9  # of all words: they only changed places
SAME_ORDER = 0.75  # of the words in their old order: the sentence is the old one with a few words exchanged

TERM_LENGTH = 3  # words in a row, none of them of the frame, that make a term of several words
LEAST_FRAME = 4  # words around the terms, from which on they tell how a question is built
SAME_FRAME = 0.5  # of the shorter frame, kept in order: the build is the old one
# Words of a sentence's build, of which no term consists; in other languages the build is told by fewer words.
_FRAME_WORDS = frozenset((
    "what", "which", "who", "whom", "whose", "when", "where", "why", "how", "that", "if", "whether", "while",
    "because", "before", "after", "until", "unless", "than", "as", "to", "and", "or", "but", "not", "it", "its",
    "they", "them", "he", "she", "we", "you", "i", "this", "these", "those", "there", "do", "does", "did", "is",
    "are", "was", "were", "be", "been", "being", "has", "have", "had", "can", "could", "may", "might", "must",
    "shall", "should", "will", "would",
))  # fmt: skip

_LINKING_WORDS = frozenset(  # between a term and what stands before it: "under the ... Act"
    words(
        """the a an of in on at for to under by with from der die das dem den des im am zum zur beim vom le la les du de
        au aux en el los las del al il lo gli di da do dos no na"""
    )
)

_TOKEN = re.compile(r"[^\s,;:.!?()\"“”„«»]+(?:[.,:][^\s,;:.!?()\"“”„«»]+)*")


class Word(NamedTuple):
    """A word in lower case; `fixed`: it has to stay; `closes`: a stretch of words ends behind it."""

    text: str
    fixed: bool
    closes: bool


def terms(text: str) -> list[str]:
    """The names, codes and quoted terms of a text, as they are written."""
    names = names_as_written(text, detect_language(text))
    return list(dict.fromkeys([*names, *quoted_terms(text), *codes(text)]))


def words_of(text: str, keep: Iterable[str] = ()) -> list[Word]:
    """The words of `text`; in scripts without spaces the pairs of neighbouring characters that stand for them."""
    if has_unspaced(text):
        return [Word(word, False, False) for word in words(text)]
    fixed = {token.lower() for term in terms(text) for token in _TOKEN.findall(term)} | set(keep)
    tokens = []
    for match in _TOKEN.finditer(text):
        word = re.sub(r"['’]s$", "", match.group().lower())
        after = text[match.end() : match.end() + 1]
        tokens.append(Word(word, word in fixed or any(c.isdigit() for c in word), bool(after) and after in ",;:.!?()"))
    return tokens


def copied_words(original: str, reworded: str, keep: Iterable[str] = ()) -> list[str]:
    """The words of `reworded`, in order, in stretches of RUN that `original` has too; "" between two stretches.

    A stretch ends at a comma, a bracket, the end of a sentence and at a word that has to stay: a list of things can
    stay a list, and a term keeps its words.
    """
    keep = set(keep)
    original_runs = {run for stretch in _stretches(words_of(original, keep)) for run in _runs(stretch)}
    copied: list[str] = []
    for stretch in _stretches(words_of(reworded, keep)):
        inside = {i + k for i, run in enumerate(_runs(stretch)) if run in original_runs for k in range(RUN_LENGTH)}
        copied += [word if i in inside else "" for i, word in enumerate(stretch)] + [""]
    return copied


def longest_copy(original: str, reworded: str, keep: Iterable[str] = ()) -> str:
    """The longest stretch of RUN words and more that `reworded` copies, or ""."""
    text = " ".join(word or "\n" for word in copied_words(original, reworded, keep))
    return max((stretch.strip() for stretch in text.split("\n")), key=lambda stretch: stretch.count(" "))


def copied_share(original: str, reworded: str, keep: Iterable[str] = ()) -> float:
    """The share of the free words of `reworded` that stand in copied stretches; 1.0 where one is LONG or longer."""
    keep = set(keep)
    copied = sum(bool(word) for word in copied_words(original, reworded, keep))
    if copied and len(longest_copy(original, reworded, keep).split()) >= LONG_COPY:
        return 1.0
    return copied / max(1, free_words(reworded, keep))


def share_in_order(original: str, reworded: str) -> float:
    """The share of the words of the longer text that both have in the same order (longest common subsequence)."""
    original_words, reworded_words = ([word.text for word in words_of(text)] for text in (original, reworded))
    lengths = [0] * (len(reworded_words) + 1)
    for word in original_words:
        previous = lengths
        lengths = [0]
        for i, reworded_word in enumerate(reworded_words):
            lengths.append(previous[i] + 1 if word == reworded_word else max(previous[i + 1], lengths[-1]))
    return lengths[-1] / max(1, len(original_words), len(reworded_words))


def share_in_common(original: str, reworded: str) -> float:
    """The share of the words of the longer text, counted with repetition, that the other has too, in any order."""
    original_counts, reworded_counts = (Counter(word.text for word in words_of(text)) for text in (original, reworded))
    return (original_counts & reworded_counts).total() / max(1, original_counts.total(), reworded_counts.total())


def is_copy(
    original: str, reworded: str, most_copied: float, keep: Iterable[str] = (), same_words: float = SAME_WORDS
) -> bool:
    """Does `reworded` copy stretches of `original`, or is it the same words in another order or but for single ones?

    `same_words`: from which share of words in common on it is the other order alone that differs.
    """
    is_alike = share_in_order(original, reworded) >= SAME_ORDER or share_in_common(original, reworded) >= same_words
    return is_alike or copied_share(original, reworded, keep) > most_copied


def are_other_words(original: str, reworded: str, keep: Iterable[str] = ()) -> bool:
    """Do two texts share few words in order but for those that have to stay, and copy no stretch of them?"""
    texts = [" ".join(word.text for word in words_of(text, keep) if not word.fixed) for text in (original, reworded)]
    is_long = all(len(text.split()) >= LEAST_FREE for text in texts)
    is_alike = share_in_order(*texts) >= SAME_ORDER or share_in_common(*texts) >= SAME_WORDS
    return is_long and not is_alike and not longest_copy(original, reworded, keep)


def is_built_anew(original: str, reworded: str) -> bool:
    """Is all that two texts share terms, with other words around them? "What is the difference between A and B?",
    "How does A differ from B?": the longer A and B are, the more words they share, and neither copies the other.
    """
    original_words, reworded_words = words_of(original), words_of(reworded)
    original_frame = _frame(original_words, _runs_of_terms(reworded_words))
    reworded_frame = _frame(reworded_words, _runs_of_terms(original_words))
    lengths = len(original_frame), len(reworded_frame)
    words_kept = share_in_order(" ".join(original_frame), " ".join(reworded_frame)) * max(lengths)
    return len(original_frame) >= LEAST_FRAME and words_kept < SAME_FRAME * min(lengths)


def shared_terms(text: str, others: Iterable[str]) -> set[str]:
    """The words of the terms of several words that `text` shares with one of `others`: set expressions, which stay."""
    text_runs = _runs_of_terms(words_of(text))
    shared_runs = set().union(*(_runs_of_terms(words_of(other)) & text_runs for other in others))
    return {word for run in shared_runs for word in run} - _LINKING_WORDS


def _runs_of_terms(word_list: Sequence[Word]) -> set[tuple[str, ...]]:
    texts = [word.text for word in word_list]
    runs = zip(*(texts[start:] for start in range(TERM_LENGTH)), strict=False)
    return {run for run in runs if _FRAME_WORDS.isdisjoint(run)}


def _frame(word_list: Sequence[Word], runs: set[tuple[str, ...]]) -> list[str]:
    """The words that have not to stay and stand in none of `runs`."""
    texts = [word.text for word in word_list]
    starts = [start for start in range(len(texts)) if tuple(texts[start : start + TERM_LENGTH]) in runs]
    in_terms = {start + offset for start in starts for offset in range(TERM_LENGTH)}
    return [word.text for place, word in enumerate(word_list) if place not in in_terms and not word.fixed]


def share_kept(original: str, reworded: str, keep: Iterable[str] = ()) -> float:
    """The share of the free words of `original`, counted with repetition, that `reworded` says too: for the report."""
    keep = set(keep)
    original_counts, reworded_counts = (
        Counter(word.text for word in words_of(text, keep) if not word.fixed) for text in (original, reworded)
    )
    return (original_counts & reworded_counts).total() / original_counts.total() if original_counts else 0.0


def free_words(text: str, keep: Iterable[str] = ()) -> int:
    """How many words of a text a rewording may change."""
    return sum(not word.fixed for word in words_of(text, keep))


def _stretches(word_list: Sequence[Word]) -> list[list[str]]:
    """The free words between marks and words that have to stay."""
    stretches: list[list[str]] = [[]]
    for word in word_list:
        if not word.fixed:
            stretches[-1].append(word.text)
        while word.fixed and stretches[-1] and stretches[-1][-1] in _LINKING_WORDS:
            stretches[-1].pop()
        if word.fixed or word.closes:
            stretches.append([])
    return stretches


def _runs(stretch: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(stretch[i : i + RUN_LENGTH]) for i in range(len(stretch) - RUN_LENGTH + 1)]
