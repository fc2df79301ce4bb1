"""The columns of the table of pairs on the page, its orders, and what a search looks through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from groundwork.data_folder.runs.obeyed_decisions import BY_PERSON
from groundwork.data_folder.runs.run_pairs import Candidate
from groundwork.records import Pair


def pair_columns(
    review_rows: Sequence[Candidate], tags: Mapping[str, Sequence[str]], covered: Mapping[str, int]
) -> dict[str, Any]:
    """A list a column; `tags` and `covered` (how much a pair asks about) are by its id.

    Values that repeat are indices into `values`.
    """
    reviewed_pairs = [review_row.pair for review_row in review_rows]
    return {
        "question": [pair.question for pair in reviewed_pairs],
        "iteration": [pair.iteration for pair in reviewed_pairs],
        "length": [len(pair.answer) for pair in reviewed_pairs],
        "covers": [covered.get(pair.id, 0) for pair in reviewed_pairs],
        "tags": _indexed_lists([tags.get(pair.id, []) for pair in reviewed_pairs]),
        "document": _indexed([pair.document for pair in reviewed_pairs]),
        "section": _indexed([" › ".join(pair.headings) for pair in reviewed_pairs]),
        "state": _indexed([row_state(review_row) for review_row in review_rows]),
        "check": _indexed([_failed_check(review_row) for review_row in review_rows]),
        "reason": _indexed([review_row.reason.replace("_", " ") for review_row in review_rows]),
        "difficulty": _indexed([pair.difficulty for pair in reviewed_pairs]),
        "category": _indexed([pair.category for pair in reviewed_pairs]),
        "orders": {
            "question": _sort_order([pair.question for pair in reviewed_pairs]),
            "tags": _sort_order([" ".join(tags.get(pair.id, [])) for pair in reviewed_pairs]),
        },
    }


def row_state(review_row: Candidate) -> str:
    return "rejected" if review_row.stage else "edited" if _by_person(review_row.pair) else "kept"


def _by_person(pair: Pair) -> bool:
    return BY_PERSON in pair.checks and bool(pair.original_question or pair.original_answer or pair.original_criteria)


def _failed_check(review_row: Candidate) -> str:
    failed = [
        check_name
        for check_name, check_column in review_row.pair.checks.items()
        if not check_column.get("passed", True)
    ]
    return (failed or [""])[0].replace("_", " ")


def searched_texts(review_row: Candidate) -> list[str]:
    pair = review_row.pair
    return [pair.id, pair.question, pair.answer, *pair.evaluation_criteria, *pair.evidence, review_row.detail]


def _sort_order(column_texts: Sequence[str]) -> list[int]:
    """The rows by their text, whatever its case, those without one last."""
    return sorted(range(len(column_texts)), key=lambda row: (not column_texts[row], column_texts[row].casefold()))


def _indexed(column_values: Sequence[str]) -> dict[str, Any]:
    indices = {column_value: index for index, column_value in enumerate(dict.fromkeys(column_values))}
    return {"values": list(indices), "index": [indices[column_value] for column_value in column_values]}


def _indexed_lists(lists: Sequence[Sequence[str]]) -> dict[str, Any]:
    indices = {
        column_value: index
        for index, column_value in enumerate(dict.fromkeys(text for values in lists for text in values))
    }
    return {"values": list(indices), "index": [[indices[column_value] for column_value in values] for values in lists]}
