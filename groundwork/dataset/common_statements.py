"""What two runs have in common: the statements that pairs of both rest on, and the pairs that only one run has.

Rows of two models share no ids and no wording, so that they are held against each other by their evidence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from groundwork.dataset.load_dataset import QuestionRow
from groundwork.dataset.row_differences import RowRecord
from groundwork.message_wording import counted
from groundwork.questions.duplicates.duplicate_rule import AskedQuestion, asked_question, not_duplicate_reason
from groundwork.questions.duplicates.duplicate_search import StatementIndex, wording_hash


class CommonStatement(msgspec.Struct, frozen=True):
    """The rows of either side that rest on one statement; `same_question`: a pair of them asks the same."""

    document: str
    statement: str
    a: list[RowRecord]
    b: list[RowRecord]
    same_question: bool


class StatementComparison(msgspec.Struct, frozen=True):
    """What both sides ask about, and the rows that rest on a statement of one side alone."""

    common: list[CommonStatement]
    only_a: list[RowRecord]
    only_b: list[RowRecord]

    def __bool__(self) -> bool:
        """Does either side ask something that the other does not?"""
        return bool(self.only_a or self.only_b or not all(common.same_question for common in self.common))

    def describe(self, first_name: str, second_name: str) -> str:
        """The figures in a sentence."""
        same = sum(common.same_question for common in self.common)
        first, second = (sum(len(rows) for rows in side) for side in zip(*self._common_rows(), strict=True))
        return (
            f"{counted(len(self.common), 'statement is', 'statements are')} asked about by both ({first:,} of "
            f"{counted(first + len(self.only_a), 'question')} of {first_name}, {second:,} of "
            f"{second + len(self.only_b):,} of {second_name}; {same:,} with the same question); only {first_name} asks "
            f"{len(self.only_a):,}, only {second_name} {len(self.only_b):,}"
        )

    def _common_rows(self) -> list[tuple[list[RowRecord], list[RowRecord]]]:
        return [(common.a, common.b) for common in self.common] or [([], [])]

    def by_document(self) -> dict[str, tuple[int, int, int]]:
        """By document: common statements, rows of the first side alone, and of the second alone."""
        counts = [
            Counter(common.document for common in self.common),
            Counter(str(row["document"]) for row in self.only_a),
            Counter(str(row["document"]) for row in self.only_b),
        ]
        return {name: (counts[0][name], counts[1][name], counts[2][name]) for name in set().union(*counts)}


def compare_statements(before: Sequence[QuestionRow], after: Sequence[QuestionRow]) -> StatementComparison:
    """Hold the rows of two runs against each other by document and evidence; without evidence by the question's words.

    Rows that share most of a statement's words, with each other or over a third, are of one statement.
    """
    rows = [*before, *after]
    questions = [asked_question(row) for row in rows]
    groups: dict[int, list[int]] = defaultdict(list)
    for row, leader in enumerate(_leaders(rows, questions, len(before))):
        groups[leader].append(row)
    common, only = [], [list[RowRecord](), list[RowRecord]()]
    for members in groups.values():
        sides = [row for row in members if row < len(before)], [row for row in members if row >= len(before)]
        if all(sides):
            common.append(_common_statement(rows, questions, *sides))
            continue
        for side, side_rows in zip(only, sides, strict=True):
            side += [msgspec.structs.asdict(rows[row]) for row in side_rows]
    return StatementComparison(common, *only)


def _leaders(rows: Sequence[QuestionRow], questions: Sequence[AskedQuestion], first_count: int) -> Iterator[int]:
    """Of each row the first one of its group: rows of both sides that share statements (union-find)."""
    parents = list(range(len(rows)))

    def leader(row: int) -> int:
        while parents[row] != row:
            parents[row] = parents[parents[row]]
            row = parents[row]
        return row

    by_document: dict[str, tuple[StatementIndex, dict[bytes, int]]] = {}
    for row, question in enumerate(questions):
        index, wordings = by_document.setdefault(rows[row].document, (StatementIndex(), {}))
        same = index.rows_sharing_words(question.statement) if question.statement else set[int]()
        twin = wordings.get(wording_hash(question.question))
        if row < first_count:
            index.add(row, question.statement)
            wordings.setdefault(wording_hash(question.question), row)
            continue
        for other in same | ({twin} if twin is not None else set()):
            first, second = sorted((leader(other), leader(row)))
            parents[second] = first
    return map(leader, range(len(rows)))


def _common_statement(
    rows: Sequence[QuestionRow], questions: Sequence[AskedQuestion], first: Sequence[int], second: Sequence[int]
) -> CommonStatement:
    quotes = [quote for row in (*first, *second) for quote in rows[row].evidence]
    return CommonStatement(
        document=rows[first[0]].document,
        statement=min(quotes, key=len, default=""),
        a=[msgspec.structs.asdict(rows[row]) for row in first],
        b=[msgspec.structs.asdict(rows[row]) for row in second],
        same_question=any(_asks_the_same(questions[row], questions[other]) for row in first for other in second),
    )


def _asks_the_same(first: AskedQuestion, second: AskedQuestion) -> bool:
    if first.statement and second.statement:
        return not not_duplicate_reason(first, second)
    return wording_hash(first.question) == wording_hash(second.question)
