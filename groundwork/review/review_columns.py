"""The columns of the review page's table: a row for each pair of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
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
    review_pairs = [review_row.pair for review_row in review_rows]
    return {
        "question": [pair.question for pair in review_pairs],
        "iteration": [pair.iteration for pair in review_pairs],
        "length": [len(pair.answer) for pair in review_pairs],
        "covers": [covered.get(pair.id, 0) for pair in review_pairs],
        "tags": _indexed_review_list_column([tags.get(pair.id, []) for pair in review_pairs]),
        "document": _indexed_review_column([pair.document for pair in review_pairs]),
        "section": _indexed_review_column([" › ".join(pair.headings) for pair in review_pairs]),
        "state": _indexed_review_column([review_row_state(review_row) for review_row in review_rows]),
        "check": _indexed_review_column([_failed_check_of_row(review_row) for review_row in review_rows]),
        "reason": _indexed_review_column([review_row.reason.replace("_", " ") for review_row in review_rows]),
        "difficulty": _indexed_review_column([pair.difficulty for pair in review_pairs]),
        "category": _indexed_review_column([pair.category for pair in review_pairs]),
        "orders": {
            "question": _review_column_order([pair.question for pair in review_pairs]),
            "tags": _review_column_order([" ".join(tags.get(pair.id, [])) for pair in review_pairs]),
        },
    }


def review_row_state(review_row: Candidate) -> str:
    return "rejected" if review_row.stage else "edited" if _is_edited_in_review(review_row.pair) else "kept"


def _is_edited_in_review(pair: Pair) -> bool:
    return BY_PERSON in pair.checks and bool(pair.original_question or pair.original_answer or pair.original_criteria)


def _failed_check_of_row(review_row: Candidate) -> str:
    check_columns = review_row.pair.checks.items()
    failed_checks = (check_name for check_name, check_column in check_columns if not check_column.get("passed", True))
    return next(failed_checks, "").replace("_", " ")


def searched_pair_texts(review_row: Candidate) -> list[str]:
    pair = review_row.pair
    return [pair.id, pair.question, pair.answer, *pair.evaluation_criteria, *pair.evidence, review_row.detail]


def _review_column_order(review_texts: Sequence[str]) -> list[int]:
    """The rows by their text, whatever its case, those without one last."""
    return sorted(range(len(review_texts)), key=lambda i: (not review_texts[i], review_texts[i].casefold()))


def _indexed_review_column(review_values: Sequence[str]) -> dict[str, Any]:
    value_index = {review_value: index for index, review_value in enumerate(dict.fromkeys(review_values))}
    return {"values": list(value_index), "index": [value_index[value] for value in review_values]}


def _indexed_review_list_column(review_lists: Sequence[Sequence[str]]) -> dict[str, Any]:
    distinct_values = dict.fromkeys(chain.from_iterable(review_lists))
    value_index = {review_value: index for index, review_value in enumerate(distinct_values)}
    value_indices = [[value_index[review_value] for review_value in review_values] for review_values in review_lists]
    return {"values": list(value_index), "index": value_indices}
