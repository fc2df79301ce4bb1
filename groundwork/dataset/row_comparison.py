"""What two runs or two versions of a dataset have in common: the rows that came, went and changed, by their ids.

Rows of two models share no ids and no wording, so that these are held against each other by the statements that their
evidence rests on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from groundwork.dataset.load_dataset import QuestionRow
from groundwork.message_wording import counted
from groundwork.questions.duplicates.duplicate_search import wording_hash
from groundwork.questions.duplicates.overlapping_word_sets import EvidenceIndex
from groundwork.questions.duplicates.question_comparison import AskedQuestion, asked_question, not_duplicate_reason

IGNORED_COLUMNS = ("cluster", "score")  # numbered anew whenever a dataset is built; the mark of curation or of grades

RowRecord = Mapping[str, Any]


class ChangedRow(msgspec.Struct, frozen=True):
    """A row that both sides hold, under its id in the second, and by field what it said and what it says."""

    id: str
    question: str
    fields: dict[str, tuple[Any, Any]]


class RowDifferences(msgspec.Struct, frozen=True):
    """Rows of the second side that the first lacks, rows that it lacks of the first, and those that changed."""

    came: list[RowRecord]
    went: list[RowRecord]
    changed: list[ChangedRow]
    same: int

    def __str__(self) -> str:
        difference_counts = [f"{len(self.came):,} came", f"{len(self.went):,} went", f"{len(self.changed):,} changed"]
        changed_columns = ", ".join(f"{column} {count:,}" for column, count in self.by_field().items())
        changes = f" ({changed_columns})" if changed_columns else ""
        return f"{', '.join(difference_counts)}{changes}, {self.same:,} the same"

    def __bool__(self) -> bool:
        return bool(self.came or self.went or self.changed)

    def by_field(self) -> dict[str, int]:
        """In how many rows each field changed, the most frequent first."""
        return dict(Counter(column for compared_row in self.changed for column in compared_row.fields).most_common())


def compare_rows(before: Sequence[RowRecord], after: Sequence[RowRecord]) -> RowDifferences:
    """Compare rows, each with `id`, `split` and `question`.

    A row is the same one where id and split agree, else where the id does, else where the question does; a row is
    paired once.
    """
    unmatched_before, matched_rows = list(before), list[tuple[RowRecord, RowRecord]]()
    unmatched_after = list(after)
    for key in (_id_and_split, _id, _question):
        unmatched_before, unmatched_after = _match_rows(unmatched_before, unmatched_after, key, matched_rows)
    compared_rows = [_changed_row(row_before, row_after) for row_before, row_after in matched_rows]
    changed_rows = [compared_row for compared_row in compared_rows if compared_row.fields]
    order_after = {id(row): index for index, row in enumerate(after)}
    unmatched_after.sort(key=lambda row: order_after[id(row)])
    return RowDifferences(unmatched_after, unmatched_before, changed_rows, len(compared_rows) - len(changed_rows))


def _match_rows(
    before: Iterable[RowRecord],
    after: Iterable[RowRecord],
    match_key: Callable[[RowRecord], Any],
    matched_rows: list[tuple[RowRecord, RowRecord]],
) -> tuple[list[RowRecord], list[RowRecord]]:
    """Pair the rows whose `match_key` agrees, in order; returns the others of either side."""
    unmatched_by_key: dict[Any, list[RowRecord]] = defaultdict(list)
    for compared_row in before:
        unmatched_by_key[match_key(compared_row)].append(compared_row)
    unmatched_after = []
    for compared_row in after:
        if rows_of_key := unmatched_by_key.get(match_key(compared_row)):
            matched_rows.append((rows_of_key.pop(0), compared_row))
        else:
            unmatched_after.append(compared_row)
    return [compared_row for rows_of_key in unmatched_by_key.values() for compared_row in rows_of_key], unmatched_after


def _id_and_split(compared_row: RowRecord) -> Any:
    return compared_row["id"], compared_row.get("split", "")


def _id(compared_row: RowRecord) -> Any:
    return compared_row["id"]


def _question(compared_row: RowRecord) -> Any:
    return " ".join(str(compared_row["question"]).split()).casefold()


def _changed_row(row_before: RowRecord, row_after: RowRecord) -> ChangedRow:
    compared_columns = [column for column in {**row_before, **row_after} if column not in IGNORED_COLUMNS]
    changed_fields = {
        column: (row_before.get(column), row_after.get(column))
        for column in compared_columns
        if _comparable_value(row_before, column) != _comparable_value(row_after, column)
    }
    return ChangedRow(row_after["id"], row_after["question"], changed_fields)


def _comparable_value(compared_row: RowRecord, column: str) -> Any:
    """The value, an empty one and a missing one alike."""
    compared_value = compared_row.get(column)
    return compared_value if compared_value not in ("", [], None) else None


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
        same_question_count = sum(common.same_question for common in self.common)
        common_rows = zip(*self._common_rows(), strict=True)
        first_count, second_count = (sum(len(rows) for rows in side_rows) for side_rows in common_rows)
        return (
            f"{counted(len(self.common), 'statement is', 'statements are')} asked about by both ({first_count:,} of "
            f"{counted(first_count + len(self.only_a), 'question')} of {first_name}, {second_count:,} of "
            f"{second_count + len(self.only_b):,} of {second_name}; {same_question_count:,} with the same question); "
            f"only {first_name} asks {len(self.only_a):,}, only {second_name} {len(self.only_b):,}"
        )

    def _common_rows(self) -> list[tuple[list[RowRecord], list[RowRecord]]]:
        return [(common.a, common.b) for common in self.common] or [([], [])]

    def by_document(self) -> dict[str, tuple[int, int, int]]:
        """By document: common statements, rows of the first side alone, and of the second alone."""
        counts_by_document = [
            Counter(common.document for common in self.common),
            Counter(str(compared_row["document"]) for compared_row in self.only_a),
            Counter(str(compared_row["document"]) for compared_row in self.only_b),
        ]
        return {
            name: (counts_by_document[0][name], counts_by_document[1][name], counts_by_document[2][name])
            for name in set().union(*counts_by_document)
        }


def compare_statements(first_rows: Sequence[QuestionRow], second_rows: Sequence[QuestionRow]) -> StatementComparison:
    """Hold the rows of two runs against each other by document and evidence; without evidence by the question's words.

    Rows that share most of a statement's words, with each other or over a third, are of one statement.
    """
    compared_rows = [*first_rows, *second_rows]
    asked_questions = [asked_question(compared_row) for compared_row in compared_rows]
    rows_by_statement: dict[int, list[int]] = defaultdict(list)
    for row_place, leader in enumerate(_statement_leaders(compared_rows, asked_questions, len(first_rows))):
        rows_by_statement[leader].append(row_place)
    comparison = StatementComparison([], [], [])
    for statement_rows in rows_by_statement.values():
        first_compared = [row_place for row_place in statement_rows if row_place < len(first_rows)]
        second_compared = [row_place for row_place in statement_rows if row_place >= len(first_rows)]
        if first_compared and second_compared:
            comparison.common.append(_common_statement(compared_rows, asked_questions, first_compared, second_compared))
        else:
            only_one_side = comparison.only_a if first_compared else comparison.only_b
            only_one_side += [msgspec.structs.asdict(compared_rows[row_place]) for row_place in statement_rows]
    return comparison


def _statement_leaders(
    compared_rows: Sequence[QuestionRow], asked_questions: Sequence[AskedQuestion], first_count: int
) -> Iterator[int]:
    """Of each row the first one of its group: rows of both sides that share statements (union-find)."""
    statement_parents = list(range(len(compared_rows)))

    def leader(row_place: int) -> int:
        while statement_parents[row_place] != row_place:
            statement_parents[row_place] = statement_parents[statement_parents[row_place]]
            row_place = statement_parents[row_place]
        return row_place

    for row_place, row_on_statement in _places_on_one_statement(compared_rows, asked_questions, first_count):
        first, second = sorted((leader(row_on_statement), leader(row_place)))
        statement_parents[second] = first
    return map(leader, range(len(compared_rows)))


def _places_on_one_statement(
    compared_rows: Sequence[QuestionRow], asked_questions: Sequence[AskedQuestion], first_count: int
) -> Iterator[tuple[int, int]]:
    """Each row of the second side with each of the first that shares its statement, or its words without evidence."""
    statements_by_document: dict[str, tuple[EvidenceIndex, dict[bytes, int]]] = {}
    for row_place, asked in enumerate(asked_questions):
        document = compared_rows[row_place].document
        statement_index, question_wordings = statements_by_document.setdefault(document, (EvidenceIndex(), {}))
        if row_place < first_count:
            statement_index.add(row_place, asked.evidence_words)
            question_wordings.setdefault(wording_hash(asked.question), row_place)
            continue
        on_statement = statement_index.rows_sharing_words(asked.evidence_words) if asked.evidence_words else set[int]()
        same_wording = question_wordings.get(wording_hash(asked.question))
        for other_place in on_statement | ({same_wording} if same_wording is not None else set()):
            yield row_place, other_place


def _common_statement(
    compared_rows: Sequence[QuestionRow],
    asked_questions: Sequence[AskedQuestion],
    first_compared: Sequence[int],
    second_compared: Sequence[int],
) -> CommonStatement:
    evidence_quotes = [
        quote for place in (*first_compared, *second_compared) for quote in compared_rows[place].evidence
    ]
    return CommonStatement(
        document=compared_rows[first_compared[0]].document,
        statement=min(evidence_quotes, key=len, default=""),
        a=[msgspec.structs.asdict(compared_rows[row_place]) for row_place in first_compared],
        b=[msgspec.structs.asdict(compared_rows[row_place]) for row_place in second_compared],
        same_question=any(
            _asks_same_question(asked_questions[row_place], asked_questions[other])
            for row_place in first_compared
            for other in second_compared
        ),
    )


def _asks_same_question(compared_question: AskedQuestion, other_question: AskedQuestion) -> bool:
    if compared_question.evidence_words and other_question.evidence_words:
        return not not_duplicate_reason(compared_question, other_question)
    return wording_hash(compared_question.question) == wording_hash(other_question.question)
