"""The statements that rival a question's own: a question is too vague where many others hold as much of it.

"What are the rules for time-outs in touch rugby?" fits a dozen statements of the rules; the one that it was made of is
no answer to it. The measure is inverse document frequency (Sparck Jones, 1972) over the statements of one document.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from groundwork.language.numbers import content_terms
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.statements import Statement
from groundwork.questions.small_model.draft_target_faults import asks_for_opening_term
from groundwork.questions.small_model.question_targets import QuestionTarget
from groundwork.records import Chunk

MAX_RIVAL_STATEMENTS = 3  # other statements may fit a question as well as its own
HEADING_TERM_WEIGHT = 0.5  # of a word's weight, where only a heading above the statement holds it
_ASKS_FOR_RIVALS = re.compile(
    r"(?i)\bwhat (?:is|are) the (?:\w+ )?(?:rules?|regulations?|details|guidelines|provisions|policy|information)\b"
)
_StatementKey = tuple[str, int]  # a statement: the chunk's id and where it starts
_StatementTerms = tuple[set[str], set[str]]  # its terms, and those of the headings above it


def max_rival_statements(question: str, target: QuestionTarget, title: str) -> float:
    """How many other statements may fit the question as well as its own before it is too vague.

    None where it asks for "the rules for ..." at large; any number where it asks what a term means that the statement
    opens with, for such a term stands in many statements.
    """
    if _ASKS_FOR_RIVALS.search(question):
        return 0
    return math.inf if asks_for_opening_term(question, target, title) else MAX_RIVAL_STATEMENTS


class RivalSearch:
    """The statements of a document with the words by which a question finds them; those of the title tell nothing."""

    def __init__(self, readings: Sequence[Reading], title: str) -> None:
        self._title_terms_of_no_rival = content_terms(title, "en")
        self._rival_terms_by_statement: dict[_StatementKey, _StatementTerms] = {}
        self._rivals_by_term: dict[str, list[_StatementKey]] = defaultdict(list)
        for reading in readings:
            for statement, plain in zip(reading.statements, reading.plain_statements(), strict=True):
                heading_terms = content_terms(" ".join(reading.headings_at(statement.start)), "en")
                self._add_statement((reading.chunk.id, statement.start), (content_terms(plain, "en"), heading_terms))
        self._rival_term_weights = {
            term: math.log(1 + len(self._rival_terms_by_statement) / len(rival_keys))
            for term, rival_keys in self._rivals_by_term.items()
        }

    def _add_statement(self, rival_key: _StatementKey, statement_and_heading_terms: _StatementTerms) -> None:
        self._rival_terms_by_statement[rival_key] = statement_and_heading_terms
        for term in set.union(*statement_and_heading_terms):
            self._rivals_by_term[term].append(rival_key)

    def count_rivals(self, question: str, chunk: Chunk, statements: Iterable[Statement]) -> int:
        """How many other statements of the document hold as much of `question` as those that it was made of.

        Statements without one of the question's rarer terms cannot, and are not looked at (MaxScore: Turtle and Flood,
        1995).
        """
        rival_question_terms = content_terms(question, "en") - self._title_terms_of_no_rival
        own_statement_keys = {(chunk.id, statement.start) for statement in statements}
        known_keys = own_statement_keys & self._rival_terms_by_statement.keys()
        own_terms, own_heading_terms = set[str](), set[str]()
        for statement_terms, heading_terms in map(self._rival_terms_by_statement.__getitem__, known_keys):
            own_terms |= statement_terms
            own_heading_terms |= heading_terms
        fit_to_target = self._question_fit(rival_question_terms, own_terms, own_heading_terms)
        if not fit_to_target:
            return len(self._rival_terms_by_statement) - len(known_keys)
        rival_keys = {
            rival_key
            for term in self._rare_terms_needed(rival_question_terms, fit_to_target)
            for rival_key in self._rivals_by_term[term]
        }
        return sum(
            self._question_fit(rival_question_terms, *self._rival_terms_by_statement[rival_key]) >= fit_to_target
            for rival_key in rival_keys - own_statement_keys
        )

    def _rare_terms_needed(self, question_terms: set[str], fit_to_target: float) -> list[str]:
        """Those of the rarest, of which a statement needs one to fit by `fit_to_target`: all others together weigh
        less."""
        rarest_rival_terms = sorted(
            question_terms & self._rival_term_weights.keys(), key=lambda term: (-self._rival_term_weights[term], term)
        )
        rarest_weights = [self._rival_term_weights[term] for term in rarest_rival_terms]
        return [term for k, term in enumerate(rarest_rival_terms) if math.fsum(rarest_weights[k:]) >= fit_to_target]

    def _question_fit(self, question_terms: set[str], rival_terms: set[str], rival_heading_terms: set[str]) -> float:
        rival_term_weights = self._rival_term_weights
        return math.fsum(  # the same in whatever order a set gives its terms
            rival_term_weights.get(term, 0.0) * (1 if term in rival_terms else HEADING_TERM_WEIGHT)
            for term in question_terms & (rival_terms | rival_heading_terms)
        )
