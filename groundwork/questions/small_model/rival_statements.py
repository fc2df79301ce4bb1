"""A search with a question's words, without a model: how many statements of the document does it fit?

"What are the rules for time-outs in touch rugby?" fits a dozen statements of the rules; the one that it was made of is
no answer to it. A question points when hardly another statement of the document holds as much of it. The measure is
inverse document frequency (Sparck Jones, 1972) over the statements of one document.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from groundwork.language.numbers import numbers
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.statements import Statement
from groundwork.questions.small_model.english_words import content_words
from groundwork.records.chunk_record import Chunk

MAX_RIVALS = 3  # other statements may fit a question as well as its own
HEADING_WEIGHT = 0.5  # of a word's weight, where only a heading above the statement holds it

_Key = tuple[str, int]  # a statement: the chunk's id and where it starts
_Entry = tuple[set[str], set[str]]  # its terms, and those of the headings above it


class QuestionSearch:
    """The statements of a document with the words by which a question finds them; those of the title tell nothing."""

    def __init__(self, readings: Sequence[Reading], title: str) -> None:
        self._title = terms(title)
        self._entries: dict[_Key, _Entry] = {}
        self._keys_by_term: dict[str, list[_Key]] = defaultdict(list)
        for reading in readings:
            for statement, plain in zip(reading.statements, reading.plain_statements(), strict=True):
                heading_terms = terms(" ".join(reading.headings_at(statement.start)))
                self._add((reading.chunk.id, statement.start), (terms(plain), heading_terms))
        self._weights = {
            term: math.log(1 + len(self._entries) / len(keys)) for term, keys in self._keys_by_term.items()
        }

    def _add(self, key: _Key, entry: _Entry) -> None:
        self._entries[key] = entry
        for term in set.union(*entry):
            self._keys_by_term[term].append(key)

    def rivals(self, question: str, chunk: Chunk, statements: Iterable[Statement]) -> int:
        """How many other statements of the document hold as much of `question` as those that it was made of.

        Statements without one of the question's rarer terms cannot, and are not looked at (MaxScore: Turtle and Flood,
        1995).
        """
        question_terms = terms(question) - self._title
        keys = {(chunk.id, statement.start) for statement in statements}
        own_entries = [self._entries[key] for key in keys if key in self._entries]
        own_fit = self._fit(
            question_terms,
            set().union(*(statement_terms for statement_terms, _ in own_entries)),
            set().union(*(heading_terms for _, heading_terms in own_entries)),
        )
        if not own_fit:
            return len(self._entries) - len(own_entries)
        candidates = {key for term in self._needed_terms(question_terms, own_fit) for key in self._keys_by_term[term]}
        return sum(self._fit(question_terms, *self._entries[key]) >= own_fit for key in candidates - keys)

    def _needed_terms(self, question_terms: set[str], fit: float) -> list[str]:
        """Those of the rarest, of which a statement needs one to fit by `fit`: all others together weigh less."""
        rarest_first = sorted(question_terms & self._weights.keys(), key=lambda term: (-self._weights[term], term))
        weights = [self._weights[term] for term in rarest_first]
        return [term for k, term in enumerate(rarest_first) if math.fsum(weights[k:]) >= fit]

    def _fit(self, question_terms: set[str], statement_terms: set[str], heading_terms: set[str]) -> float:
        weights = self._weights
        return math.fsum(  # the same in whatever order a set gives its terms
            weights.get(term, 0.0) * (1 if term in statement_terms else HEADING_WEIGHT)
            for term in question_terms & (statement_terms | heading_terms)
        )


def terms(text: str) -> set[str]:
    """The stems of the content words of `text`, and its numbers."""
    return content_words(text) | {number.value for number in numbers(text, spelled=True)}
