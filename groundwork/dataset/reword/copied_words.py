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

COPIED_RUN_LENGTH = 5  # words in a row that make a copied stretch
LEAST_FREE_WORDS = 6  # words that may change, from which on their order alone tells
LONG_COPY_LENGTH = 10  # words in a row that make a copy of any text
SAME_WORDS_SHARE = 0.9  # of all words: they only changed places
SAME_ORDER_SHARE = 0.75  # of the words in their old order: the sentence is the old one with a few words exchanged

TERM_LENGTH = 3  # words in a row, none of them of the frame, that make a term of several words
LEAST_FRAME_WORDS = 4  # words around the terms, from which on they tell how a question is built
SAME_FRAME_SHARE = 0.5  # of the shorter frame, kept in order: the build is the old one
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

_WORD_TOKEN = re.compile(r"[^\s,;:.!?()\"“”„«»]+(?:[.,:][^\s,;:.!?()\"“”„«»]+)*")


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
        return [Word(text_word, False, False) for text_word in words(text)]
    fixed_words = {fixed_token.lower() for term in terms(text) for fixed_token in _WORD_TOKEN.findall(term)} | set(keep)
    text_words = []
    for match in _WORD_TOKEN.finditer(text):
        text_word = re.sub(r"['’]s$", "", match.group().lower())
        next_character = text[match.end() : match.end() + 1]
        text_words.append(
            Word(
                text_word,
                text_word in fixed_words or any(c.isdigit() for c in text_word),
                bool(next_character) and next_character in ",;:.!?()",
            )
        )
    return text_words


def word_texts(text: str) -> list[str]:
    """The words of `text` in lower case."""
    return [word.text for word in words_of(text)]


def copied_words(original: str, reworded: str, keep: Iterable[str] = ()) -> list[str]:
    """The words of `reworded`, in order, in stretches of COPIED_RUN_LENGTH that `original` has too; "" between two
    stretches.

    A stretch ends at a comma, a bracket, the end of a sentence and at a word that has to stay: a list of things can
    stay a list, and a term keeps its words.
    """
    keep = set(keep)
    runs_in_original = {run for stretch in _free_stretches(words_of(original, keep)) for run in _word_runs(stretch)}
    copied_stretches: list[str] = []
    for stretch in _free_stretches(words_of(reworded, keep)):
        copied_positions = {
            i + k
            for i, run in enumerate(_word_runs(stretch))
            if run in runs_in_original
            for k in range(COPIED_RUN_LENGTH)
        }
        copied_stretches += [word if i in copied_positions else "" for i, word in enumerate(stretch)] + [""]
    return copied_stretches


def longest_copy(original: str, reworded: str, keep: Iterable[str] = ()) -> str:
    """The longest stretch of COPIED_RUN_LENGTH words and more that `reworded` copies, or ""."""
    copied_text = " ".join(word or "\n" for word in copied_words(original, reworded, keep))
    return max(
        (copied_stretch.strip() for copied_stretch in copied_text.split("\n")),
        key=lambda copied_stretch: copied_stretch.count(" "),
    )


def copied_share(original: str, reworded: str, keep: Iterable[str] = ()) -> float:
    """The share of the free words of `reworded` that stand in copied stretches; 1.0 where one has LONG_COPY_LENGTH or
    more.
    """
    keep = set(keep)
    copied_count = sum(bool(word) for word in copied_words(original, reworded, keep))
    if copied_count and len(longest_copy(original, reworded, keep).split()) >= LONG_COPY_LENGTH:
        return 1.0
    return copied_count / max(1, free_words(reworded, keep))


def share_in_order(original: str, reworded: str) -> float:
    """The share of the words of the longer text that both have in the same order (longest common subsequence)."""
    original_words, reworded_words = ([word.text for word in words_of(text)] for text in (original, reworded))
    subsequence_lengths = [0] * (len(reworded_words) + 1)
    for original_word in original_words:
        previous_lengths = subsequence_lengths
        subsequence_lengths = [0]
        for i, reworded_word in enumerate(reworded_words):
            subsequence_lengths.append(
                previous_lengths[i] + 1
                if original_word == reworded_word
                else max(previous_lengths[i + 1], subsequence_lengths[-1])
            )
    return subsequence_lengths[-1] / max(1, len(original_words), len(reworded_words))


def share_in_common(original: str, reworded: str) -> float:
    """The share of the words of the longer text, counted with repetition, that the other has too, in any order."""
    original_counts, reworded_counts = (Counter(word.text for word in words_of(text)) for text in (original, reworded))
    return (original_counts & reworded_counts).total() / max(1, original_counts.total(), reworded_counts.total())


def is_copy(
    original: str, reworded: str, most_copied: float, keep: Iterable[str] = (), same_words: float = SAME_WORDS_SHARE
) -> bool:
    """Does `reworded` copy stretches of `original`, or is it the same words in another order or but for single ones?

    `same_words`: from which share of words in common on it is the other order alone that differs.
    """
    if share_in_order(original, reworded) >= SAME_ORDER_SHARE or share_in_common(original, reworded) >= same_words:
        return True
    return copied_share(original, reworded, keep) > most_copied


def are_other_words(original: str, reworded: str, keep: Iterable[str] = ()) -> bool:
    """Do two texts share few words in order but for those that have to stay, and copy no stretch of them?"""
    free_texts = [
        " ".join(word.text for word in words_of(wording, keep) if not word.fixed) for wording in (original, reworded)
    ]
    are_long_enough = all(len(text.split()) >= LEAST_FREE_WORDS for text in free_texts)
    is_same_wording = (
        share_in_order(*free_texts) >= SAME_ORDER_SHARE or share_in_common(*free_texts) >= SAME_WORDS_SHARE
    )
    return are_long_enough and not is_same_wording and not longest_copy(original, reworded, keep)


def is_built_anew(original: str, reworded: str) -> bool:
    """Is all that two texts share terms, with other words around them? "What is the difference between A and B?",
    "How does A differ from B?": the longer A and B are, the more words they share, and neither copies the other.
    """
    original_words, reworded_words = words_of(original), words_of(reworded)
    original_frame = _frame_words(original_words, _term_runs(reworded_words))
    reworded_frame = _frame_words(reworded_words, _term_runs(original_words))
    frame_lengths = len(original_frame), len(reworded_frame)
    frame_words_kept = share_in_order(" ".join(original_frame), " ".join(reworded_frame)) * max(frame_lengths)
    return len(original_frame) >= LEAST_FRAME_WORDS and frame_words_kept < SAME_FRAME_SHARE * min(frame_lengths)


def shared_terms(text: str, other_texts: Iterable[str]) -> set[str]:
    """The words of the terms of several words that `text` shares with one of `other_texts`: set expressions, which
    stay.
    """
    term_runs = _term_runs(words_of(text))
    shared_term_runs = set().union(*(_term_runs(words_of(other_text)) & term_runs for other_text in other_texts))
    return {word for run in shared_term_runs for word in run} - _LINKING_WORDS


def _term_runs(word_list: Sequence[Word]) -> set[tuple[str, ...]]:
    word_texts = [word.text for word in word_list]
    word_runs = zip(*(word_texts[start:] for start in range(TERM_LENGTH)), strict=False)
    return {run for run in word_runs if _FRAME_WORDS.isdisjoint(run)}


def _frame_words(word_list: Sequence[Word], term_runs: set[tuple[str, ...]]) -> list[str]:
    """The words that have not to stay and stand in none of `term_runs`."""
    word_texts = [word.text for word in word_list]
    term_starts = [
        term_start
        for term_start in range(len(word_texts))
        if tuple(word_texts[term_start : term_start + TERM_LENGTH]) in term_runs
    ]
    term_positions = {term_start + offset for term_start in term_starts for offset in range(TERM_LENGTH)}
    return [word.text for place, word in enumerate(word_list) if place not in term_positions and not word.fixed]


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


def _free_stretches(word_list: Sequence[Word]) -> list[list[str]]:
    """The free words between marks and words that have to stay."""
    free_stretches: list[list[str]] = [[]]
    for word in word_list:
        if not word.fixed:
            free_stretches[-1].append(word.text)
        while word.fixed and free_stretches[-1] and free_stretches[-1][-1] in _LINKING_WORDS:
            free_stretches[-1].pop()
        if word.fixed or word.closes:
            free_stretches.append([])
    return free_stretches


def _word_runs(stretch: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(stretch[i : i + COPIED_RUN_LENGTH]) for i in range(len(stretch) - COPIED_RUN_LENGTH + 1)]
