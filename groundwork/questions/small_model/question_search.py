"""Does a question point to its statement? Found without a model: by a search with the question's words.

"What are the rules for time-outs in touch rugby?" fits a dozen statements of the rules; the one that it was made of is
no answer to it. A question points when hardly another statement of the document holds as much of it. The measure is
inverse document frequency (Sparck Jones, 1972) over the statements of one document.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from groundwork.language.numbers import numbers
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.statements import Statement
from groundwork.questions.small_model.english_words import content_words
from groundwork.records.chunk_record import Chunk

RIVALS = 3  # other statements may fit a question as well as its own
BY_HEADING = 0.5  # of a word's weight, where only a heading above the statement holds it


class QuestionSearch:
    """The statements of a document with the words by which a question finds them; those of the title tell nothing."""

    def __init__(self, readings: Sequence[Reading], title: str) -> None:
        self._title = terms(title)
        self._entries: dict[tuple[str, int], tuple[set[str], set[str]]] = {}
        for reading in readings:
            for one, plain in zip(reading.statements, reading.plain_statements(), strict=True):
                above = terms(" ".join(reading.headings_at(one.start)))
                self._entries[reading.chunk.id, one.start] = terms(plain), above
        found_in = Counter(term for own, above in self._entries.values() for term in own | above)
        self._weights = {term: math.log(1 + len(self._entries) / count) for term, count in found_in.items()}

    def rivals(self, question: str, chunk: Chunk, asked: Iterable[Statement]) -> int:
        """How many other statements of the document hold as much of `question` as those that it was made of."""
        wanted = terms(question) - self._title
        keys = {(chunk.id, one.start) for one in asked}
        mine = [self._entries[key] for key in keys if key in self._entries]
        own = self._fit(wanted, set().union(*(words for words, _ in mine)), set().union(*(above for _, above in mine)))
        return sum(self._fit(wanted, *entry) >= own for key, entry in self._entries.items() if key not in keys)

    def _fit(self, wanted: set[str], own: set[str], above: set[str]) -> float:
        weight = self._weights
        return sum(weight.get(term, 0.0) * (1 if term in own else BY_HEADING) for term in wanted & (own | above))


def terms(text: str) -> set[str]:
    """The stems of the content words of `text`, and its numbers."""
    return content_words(text) | {number.value for number in numbers(text, spelled=True)}
