"""How much of a text's build a rewording keeps: stretches of words that were copied, and the order of the others.

Names, numbers, codes, quoted terms and the words that say what a text is about have to stay, so they neither make a
copy nor break one. That two texts share common words says nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from groundwork.language.names import codes, names_as_written, quoted_terms
from groundwork.language.words import words
from groundwork.language.writing_systems import has_unspaced

RUN = 5  # words in a row that make a copied stretch
LONG = 10  # words in a row that make a copy of any text
SAME_WORDS = 0.9  # of all words: they only changed places
SAME_ORDER = 0.75  # of the words in their old order: the sentence is the old one with a few words exchanged

_TOKEN = re.compile(r"[^\s,;:.!?()\"“”„«»]+(?:[.,:][^\s,;:.!?()\"“”„«»]+)*")


class Word(NamedTuple):
    """A word in lower case; `fixed`: it has to stay; `closes`: a stretch of words ends behind it."""

    text: str
    fixed: bool
    closes: bool


def terms(text: str) -> list[str]:
    """The names, codes and quoted terms of a text, as they are written."""
    return list(dict.fromkeys([*names_as_written(text), *quoted_terms(text), *codes(text)]))


def words_of(text: str, keep: Iterable[str] = ()) -> list[Word]:
    """The words of `text`; in scripts without spaces the pairs of neighbouring characters that stand for them."""
    if has_unspaced(text):
        return [Word(word, False, False) for word in words(text)]
    fixed = {part.lower() for term in terms(text) for part in _TOKEN.findall(term)} | set(keep)
    found = []
    for match in _TOKEN.finditer(text):
        word = re.sub(r"['’]s$", "", match.group().lower())
        after = text[match.end() : match.end() + 1]
        found.append(Word(word, word in fixed or any(c.isdigit() for c in word), bool(after) and after in ",;:.!?()"))
    return found


def copied_words(old: str, new: str, keep: Iterable[str] = ()) -> list[str]:
    """The words of `new`, in order, that stand in stretches of RUN that `old` has too; "" between two stretches.

    A stretch ends at a comma, a bracket, the end of a sentence and at a word that has to stay: a list of things can
    stay a list, and a term keeps its words.
    """
    keep = set(keep)
    known = {run for part in _stretches(words_of(old, keep)) for run in _runs(part)}
    found: list[str] = []
    for part in _stretches(words_of(new, keep)):
        inside = {i + k for i, run in enumerate(_runs(part)) if run in known for k in range(RUN)}
        found += [word if i in inside else "" for i, word in enumerate(part)] + [""]
    return found


def longest_copy(old: str, new: str, keep: Iterable[str] = ()) -> str:
    """The longest stretch of RUN words and more that `new` copies, or ""."""
    text = " ".join(word or "\n" for word in copied_words(old, new, keep))
    return max((stretch.strip() for stretch in text.split("\n")), key=lambda stretch: stretch.count(" "))


def copied_share(old: str, new: str, keep: Iterable[str] = ()) -> float:
    """The share of the free words of `new` that stand in copied stretches; 1.0 where one is LONG or longer."""
    keep = set(keep)
    copied = sum(bool(word) for word in copied_words(old, new, keep))
    if copied and len(longest_copy(old, new, keep).split()) >= LONG:
        return 1.0
    return copied / max(1, free_words(new, keep))


def kept_in_order(old: str, new: str) -> float:
    """The share of the words of the longer text that both have in the same order (longest common subsequence)."""
    before, after = ([word.text for word in words_of(text)] for text in (old, new))
    lengths = [0] * (len(after) + 1)
    for word in before:
        last = lengths
        lengths = [0]
        for i, other in enumerate(after):
            lengths.append(last[i] + 1 if word == other else max(last[i + 1], lengths[-1]))
    return lengths[-1] / max(1, len(before), len(after))


def share_in_common(old: str, new: str) -> float:
    """The share of the words of the longer text, counted with repetition, that the other has too, in any order."""
    before, after = (Counter(word.text for word in words_of(text)) for text in (old, new))
    return (before & after).total() / max(1, before.total(), after.total())


def is_copy(old: str, new: str, most_copied: float, keep: Iterable[str] = (), same_words: float = SAME_WORDS) -> bool:
    """Does `new` copy stretches of `old`, or is it the same words in another order or but for single ones?

    `same_words`: from which share of words in common on it is the other order alone that differs.
    """
    alike = kept_in_order(old, new) >= SAME_ORDER or share_in_common(old, new) >= same_words
    return alike or copied_share(old, new, keep) > most_copied


def share_kept(old: str, new: str, keep: Iterable[str] = ()) -> float:
    """The share of the free words of `old`, counted with repetition, that `new` says too: for the report alone."""
    keep = set(keep)
    before, after = (Counter(word.text for word in words_of(text, keep) if not word.fixed) for text in (old, new))
    return (before & after).total() / before.total() if before else 0.0


def free_words(text: str, keep: Iterable[str] = ()) -> int:
    """How many words of a text a rewording may change."""
    return sum(not word.fixed for word in words_of(text, keep))


def _stretches(found: Sequence[Word]) -> list[list[str]]:
    """The free words between marks and words that have to stay."""
    parts: list[list[str]] = [[]]
    for word in found:
        if not word.fixed:
            parts[-1].append(word.text)
        if word.fixed or word.closes:
            parts.append([])
    return parts


def _runs(part: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(part[i : i + RUN]) for i in range(len(part) - RUN + 1)]
