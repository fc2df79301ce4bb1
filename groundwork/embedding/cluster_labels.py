"""Labels of clusters: the words or tags that tell a cluster's questions from the others, or its own question."""

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
from groundwork.language.words import TERM, WORDS_OF_ASKING, stem, stop_words
from groundwork.message_wording import shorten_text

MIN_LANGUAGE_SHARE = 0.05  # of sampled questions, from which a language has its stop words left out of labels
LANGUAGE_SAMPLE = 200  # questions whose language is told
_LABEL_WORD_PARTS = re.compile(r"[-'’]")
_LABEL_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+")
COMMON_SHARE = 0.15  # share of all questions from which a word is too common to name a part of them
PAIR_WEIGHT = 1.6  # how much more two neighbouring words tell than one
MIN_LIFT = 1.5  # how much more often than by its size a cluster must hold a term that tells something about it
TERMS_PER_LABEL = 2
MAX_QUESTION_LENGTH = 30  # characters of a question that names a cluster without terms


def label_clusters(
    questions: Sequence[str], tags: Sequence[list[str]], cluster_of: Sequence[int], cluster_count: int
) -> list[str]:
    """A label for each cluster from 0 up, no two alike: its most telling tags, or words where there are no tags."""
    label_languages = _label_languages(questions)
    ranked_cluster_terms = _rank_cluster_terms(_label_words(questions, label_languages), cluster_of, cluster_count)
    if any(tags):
        by_tags = _rank_cluster_terms([list(dict.fromkeys(row)) for row in tags], cluster_of, cluster_count)
        ranked_cluster_terms = [tags or words for tags, words in zip(by_tags, ranked_cluster_terms, strict=True)]
    cluster_labels: list[str] = []
    used_terms: set[str] = set()  # first words of labels: no two clusters are named after the same
    for cluster in range(cluster_count):
        unused_terms = [term for term in ranked_cluster_terms[cluster] if term not in used_terms]
        label_terms = _pick_distinct_terms(unused_terms or ranked_cluster_terms[cluster], label_languages[0])
        used_terms.update(label_terms[:1])
        cluster_label = " · ".join(label_terms) or _shortest_question(questions, cluster_of, cluster)
        cluster_labels.append(cluster_label + f" ({cluster + 1})" * (cluster_label in cluster_labels))
    return cluster_labels


def _rank_cluster_terms(
    question_terms: list[list[str]], cluster_of: Sequence[int], cluster_count: int
) -> list[list[str]]:
    """By cluster its terms, the most telling first: those that many of its questions hold, and few of the others.

    A word that runs through the whole map (the name of the game, of the handbook) names no part of it.
    """
    term_counts_by_cluster: list[Counter[str]] = [Counter() for _ in range(cluster_count)]
    overall_term_counts: Counter[str] = Counter()
    for row_terms, cluster in zip(question_terms, cluster_of, strict=True):
        overall_term_counts.update(set(row_terms))
        if cluster >= 0:
            term_counts_by_cluster[cluster].update(set(row_terms))
    common_term_limit = max(COMMON_SHARE, 1.5 / max(1, cluster_count)) * len(question_terms)
    common_terms = {term for term, count in overall_term_counts.items() if count > common_term_limit}
    lift_floor, common_terms = (MIN_LIFT, common_terms) if cluster_count > 1 else (0, set())
    cluster_sizes = Counter(cluster_of)
    ranked_cluster_terms = []
    for cluster, term_counts in enumerate(term_counts_by_cluster):
        size, questions = max(1, cluster_sizes[cluster]), len(question_terms)
        term_lifts = {term: count / overall_term_counts[term] * questions / size for term, count in term_counts.items()}
        ranked_cluster_terms.append(_rank_by_lift(term_counts, term_lifts, lift_floor, common_terms))
    return ranked_cluster_terms


def _rank_by_lift(
    term_counts: Counter[str], term_lifts: dict[str, float], lift_floor: float, common_terms: set[str]
) -> list[str]:
    """The terms of a cluster, the most telling first; `common_terms` only where it has no others."""
    candidate_terms = [term for term in term_counts if term_counts[term] >= 2 and term_lifts[term] >= lift_floor]
    term_weights = {
        term: term_counts[term] * math.log1p(term_lifts[term]) * (PAIR_WEIGHT if " " in term else 1)
        for term in candidate_terms
    }
    specific_terms = [t for t in candidate_terms if t not in common_terms and common_terms.isdisjoint(t.split())]
    return [term for _, term in sorted((-term_weights[term], term) for term in specific_terms or candidate_terms)]


def _pick_distinct_terms(ranked_terms: list[str], language: str) -> list[str]:
    """The first terms that do not say the same again."""
    picked_terms: list[str] = []
    for term in ranked_terms:
        if not any(_stems(term, language) & _stems(picked_term, language) for picked_term in picked_terms):
            picked_terms.append(term)
        if len(picked_terms) == TERMS_PER_LABEL:
            break
    return picked_terms


def _stems(term: str, language: str) -> set[str]:
    return {stem(word, language) for word in re.split(r"[ -]", term)}


def _label_languages(questions: Sequence[str]) -> list[str]:
    """The languages of the questions, the most frequent first; [""] where none can be told."""
    label_sample = questions[:: -(-len(questions) // LANGUAGE_SAMPLE) or 1]
    language_counts = Counter(detect_language(question) for question in label_sample)
    question_languages = [
        language
        for language, language_count in language_counts.most_common()
        if language_count >= MIN_LANGUAGE_SHARE * len(label_sample)
    ]
    return list(dict.fromkeys([detect_language(" ".join(label_sample)), *filter(None, question_languages)]))


def _label_words(questions: Sequence[str], label_languages: list[str]) -> list[list[str]]:
    ignored_words = [stop_words(language) | WORDS_OF_ASKING for language in label_languages]
    return [_label_terms(question, ignored_words) for question in questions]


def _label_terms(question: str, ignored_words: Sequence[frozenset[str]]) -> list[str]:
    """Words, and pairs of neighbouring words, of a question that may tell what it is about.

    `ignored_words`: by language; those count of which the question holds most.
    """
    terms = TERM.findall(_LABEL_CJK.sub(_label_character_pairs, question.lower()))
    ignored_terms = max(ignored_words, key=lambda question_words: sum(term in question_words for term in terms))
    question_words = ["" if len(t) == 1 or ignored_terms.issuperset(_LABEL_WORD_PARTS.split(t)) else t for t in terms]
    word_pairs = [f"{a} {b}" for a, b in pairwise(question_words) if a and b]
    return [word for word in question_words if word] + word_pairs


def _label_character_pairs(match: re.Match[str]) -> str:
    """A run of characters without spaces as overlapping pairs, which stand for words there."""
    label_run = match[0]
    return " " + " ".join(label_run[i : i + 2] for i in range(max(1, len(label_run) - 1))) + " "


def _shortest_question(questions: Sequence[str], cluster_of: Sequence[int], cluster: int) -> str:
    cluster_questions = [
        question
        for question, question_cluster in zip(questions, cluster_of, strict=True)
        if question_cluster == cluster
    ]
    shortest_question = min(cluster_questions, key=len, default="")
    return shorten_text(shortest_question, MAX_QUESTION_LENGTH)


def name_clusters_by_tag_or_centre(
    questions: Sequence[str],
    tags: Sequence[Sequence[str]],
    cluster_of: npt.NDArray[np.intp],
    vectors: npt.NDArray[np.floating[Any]],
) -> list[str]:
    """For each cluster the tag most particular to it that no larger one has, or the question nearest to its centre.

    `vectors`: (n, d), a row a question; `cluster_of`: (n,), counted from 0.
    """
    all_tag_counts = Counter(tag for question_tags in tags for tag in question_tags)
    cluster_names: list[str] = []
    for cluster in range(int(cluster_of.max()) + 1 if len(cluster_of) else 0):
        cluster_members = np.flatnonzero(cluster_of == cluster)
        tag_counts = Counter(tag for i in cluster_members.tolist() for tag in tags[i])
        ranked_tags = sorted(tag_counts, key=lambda tag: (-(tag_counts[tag] ** 2) / all_tag_counts[tag], tag))
        if ranked_tags:
            cluster_name = next((tag for tag in ranked_tags if tag not in cluster_names), ranked_tags[0])
        else:
            centrality = vectors[cluster_members] @ vectors[cluster_members].mean(axis=0)
            cluster_name = shorten_text(questions[cluster_members[int(centrality.argmax())]])
        cluster_names.append(cluster_name)
    return cluster_names
