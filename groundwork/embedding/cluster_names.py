"""Names for clusters of questions: the words that tell one from the others, or its own tag or question."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from groundwork.language.language_and_script import detect_language
from groundwork.language.shortened_text import shorten_text
from groundwork.language.words import TERM, stem, stop_words

# Words that say how something is asked and never what about. Frequent words of any language are found by counting.
_QUESTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        """a about according after again against all allowed also an and another any apart are as at back be
        been before between both but by can cannot certain could count counts describe did do does during each
        either else ever explain far for from give given greatest had happen happened happens has have how if
        in include including into is it its later least list long longer made make makes many may mean might
        more most much must name need needed needs no not of on one only or other out over per say set shall
        should so some soon state still such take taken takes than that the their them then there these they
        this those to too twice two under up upon use used using versus was were what when where whether which
        while who whom whose why will with within without would you your""",
    )
)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+")
COMMON_SHARE = 0.15  # share of all questions from which a word is too common to name a part of them
PAIR_WEIGHT = 1.6  # how much more two neighbouring words tell than one
MIN_LIFT = 1.5  # how much more often than by its size a group must hold a term that tells something about it
TERMS_PER_LABEL = 2
MAX_QUESTION_LENGTH = 30  # characters of a question that names a group without terms


def name_groups(questions: Sequence[str], tags: Sequence[list[str]], group_of: Sequence[int], groups: int) -> list[str]:
    """A label for each group 0..groups-1, no two alike: its most telling tags, or words where there are no tags."""
    language = detect_language(" ".join(questions))
    ignored_words = _QUESTION_WORDS | stop_words(language)
    ranked_terms = _rank_terms([_terms(question, ignored_words) for question in questions], group_of, groups)
    if any(tags):
        ranked_tags = _rank_terms([list(dict.fromkeys(row)) for row in tags], group_of, groups)
        ranked_terms = [by_tags or by_words for by_tags, by_words in zip(ranked_tags, ranked_terms, strict=True)]
    labels: list[str] = []
    used_terms: set[str] = set()  # first words of labels: no two groups are named after the same
    for group in range(groups):
        unused_terms = [term for term in ranked_terms[group] if term not in used_terms]
        label_terms = _pick_distinct(unused_terms or ranked_terms[group], language)
        used_terms.update(label_terms[:1])
        label = " · ".join(label_terms) or _shortest_question(questions, group_of, group)
        labels.append(label if label not in labels else f"{label} ({group + 1})")
    return labels


def _rank_terms(terms: list[list[str]], group_of: Sequence[int], groups: int) -> list[list[str]]:
    """By group its terms, the most telling first: those that many of its questions hold, and few of the others.

    A word that runs through the whole map (the name of the game, of the handbook) names no part of it.
    """
    counts_in: list[Counter[str]] = [Counter() for _ in range(groups)]
    overall: Counter[str] = Counter()
    for row_terms, group in zip(terms, group_of, strict=True):
        overall.update(set(row_terms))
        if group >= 0:
            counts_in[group].update(set(row_terms))
    common_limit = max(COMMON_SHARE, 1.5 / max(1, groups)) * len(terms)
    common = {term for term, count in overall.items() if count > common_limit} if groups > 1 else set()
    sizes = Counter(group_of)
    ranked = []
    for group, counts in enumerate(counts_in):
        lifts = {term: counts[term] / overall[term] * len(terms) / max(1, sizes[group]) for term in counts}
        lift_floor = MIN_LIFT if groups > 1 else 0
        candidates = [term for term in counts if counts[term] >= 2 and lifts[term] >= lift_floor]
        weights = {
            term: counts[term] * math.log1p(lifts[term]) * (PAIR_WEIGHT if " " in term else 1) for term in candidates
        }
        specific = [term for term in candidates if term not in common and common.isdisjoint(term.split())]
        ranked.append([term for _, term in sorted((-weights[term], term) for term in specific or candidates)])
    return ranked


def _pick_distinct(ranked: list[str], language: str) -> list[str]:
    """The first terms that do not say the same again."""
    picked: list[str] = []
    for term in ranked:
        if not any(_stems(term, language) & _stems(picked_term, language) for picked_term in picked):
            picked.append(term)
        if len(picked) == TERMS_PER_LABEL:
            break
    return picked


def _stems(term: str, language: str) -> set[str]:
    return {stem(word, language) for word in re.split(r"[ -]", term)}


def _terms(question: str, ignored_words: frozenset[str]) -> list[str]:
    """Words, and pairs of neighbouring words, of a question that may tell what it is about."""
    words: list[str] = []
    for word in TERM.findall(_CJK.sub(_character_pairs, question.lower())):
        words.append(word if word not in ignored_words and len(word) > 1 else "")
    pairs = [f"{a} {b}" for a, b in pairwise(words) if a and b]
    return [word for word in words if word] + pairs


def _character_pairs(match: re.Match[str]) -> str:
    """A run of characters without spaces as overlapping pairs, which stand for words there."""
    run = match[0]
    return " " + " ".join(run[i : i + 2] for i in range(max(1, len(run) - 1))) + " "


def _shortest_question(questions: Sequence[str], group_of: Sequence[int], group: int) -> str:
    group_questions = [question for question, number in zip(questions, group_of, strict=True) if number == group]
    shortest = min(group_questions, key=len, default="")
    return shorten_text(shortest, MAX_QUESTION_LENGTH)


def name_by_tag_or_centre(
    questions: Sequence[str],
    tags: Sequence[Sequence[str]],
    cluster_of: npt.NDArray[np.intp],
    vectors: npt.NDArray[np.floating[Any]],
) -> list[str]:
    """For each cluster the tag most particular to it, or else the question nearest to its centre.

    `vectors`: (n, d), a row a question; `cluster_of`: (n,), counted from 0.
    """
    all_tag_counts = Counter(tag for question_tags in tags for tag in question_tags)
    names = []
    for cluster in range(int(cluster_of.max()) + 1 if len(cluster_of) else 0):
        members = np.flatnonzero(cluster_of == cluster)
        tag_counts = Counter(tag for i in members.tolist() for tag in tags[i])
        if tag_counts:
            names.append(max(sorted(tag_counts), key=lambda tag: tag_counts[tag] ** 2 / all_tag_counts[tag]))
        else:
            centre = vectors[members].mean(axis=0)
            names.append(shorten_text(questions[members[int((vectors[members] @ centre).argmax())]]))
    return names
