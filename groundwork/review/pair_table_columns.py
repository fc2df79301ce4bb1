"""The columns of the table of pairs on the review page, their orders, and the texts in which it searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from groundwork.data_folder.runs.kept_and_rejected_pairs import Candidate
from groundwork.data_folder.runs.review_decisions import BY_PERSON
from groundwork.records import Pair


def review_columns(
    review_rows: Sequence[Candidate], tags: Mapping[str, Sequence[str]], covered: Mapping[str, int]
) -> dict[str, Any]:
    """A list a column; `tags` and `covered` (how much a pair asks about) are by its id.

    Values that repeat are indices into `values`.
    """
    column_pairs = [review_row.pair for review_row in review_rows]
    return {
        "question": [pair.question for pair in column_pairs],
        "iteration": [pair.iteration for pair in column_pairs],
        "length": [len(pair.answer) for pair in column_pairs],
        "covers": [covered.get(pair.id, 0) for pair in column_pairs],
        "tags": _indexed_pair_list_column([tags.get(pair.id, []) for pair in column_pairs]),
        "document": _indexed_pair_column([pair.document for pair in column_pairs]),
        "section": _indexed_pair_column([" › ".join(pair.headings) for pair in column_pairs]),
        "state": _indexed_pair_column([review_row_state(review_row) for review_row in review_rows]),
        "check": _indexed_pair_column([_failed_check_of_row(review_row) for review_row in review_rows]),
        "reason": _indexed_pair_column([review_row.reason.replace("_", " ") for review_row in review_rows]),
        "difficulty": _indexed_pair_column([pair.difficulty for pair in column_pairs]),
        "category": _indexed_pair_column([pair.category for pair in column_pairs]),
        "orders": {
            "question": _pair_column_order([pair.question for pair in column_pairs]),
            "tags": _pair_column_order([" ".join(tags.get(pair.id, [])) for pair in column_pairs]),
        },
    }


def review_row_state(review_row: Candidate) -> str:
    return "rejected" if review_row.stage else "edited" if _is_edited_by_person(review_row.pair) else "kept"


def _is_edited_by_person(pair: Pair) -> bool:
    return BY_PERSON in pair.checks and bool(pair.original_question or pair.original_answer or pair.original_criteria)


def _failed_check_of_row(review_row: Candidate) -> str:
    failed_checks = [
        check_name
        for check_name, check_column in review_row.pair.checks.items()
        if not check_column.get("passed", True)
    ]
    return (failed_checks or [""])[0].replace("_", " ")


def searched_pair_texts(review_row: Candidate) -> list[str]:
    pair = review_row.pair
    return [pair.id, pair.question, pair.answer, *pair.evaluation_criteria, *pair.evidence, review_row.detail]


def _pair_column_order(column_texts: Sequence[str]) -> list[int]:
    """The rows by their text, whatever its case, those without one last."""
    return sorted(range(len(column_texts)), key=lambda row: (not column_texts[row], column_texts[row].casefold()))


def _indexed_pair_column(column_values: Sequence[str]) -> dict[str, Any]:
    column_value_indices = {column_value: index for index, column_value in enumerate(dict.fromkeys(column_values))}
    return {
        "values": list(column_value_indices),
        "index": [column_value_indices[column_value] for column_value in column_values],
    }


def _indexed_pair_list_column(lists: Sequence[Sequence[str]]) -> dict[str, Any]:
    column_value_indices = {
        column_value: index
        for index, column_value in enumerate(dict.fromkeys(text for values in lists for text in values))
    }
    return {
        "values": list(column_value_indices),
        "index": [[column_value_indices[column_value] for column_value in values] for values in lists],
    }
