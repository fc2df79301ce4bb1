"""The table of pairs as the page gets it: a list a column, and the texts that a search looks through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from groundwork.data_folder.runs.obeyed_decisions import BY_PERSON
from groundwork.data_folder.runs.run_pairs import Candidate
from groundwork.records.pair_record import Pair


def pair_columns(
    rows: Sequence[Candidate], tags: Mapping[str, Sequence[str]], covered: Mapping[str, int]
) -> dict[str, Any]:
    """A list a column; `tags` and `covered` (how much a pair asks about) are by its id.

    Values that repeat are indices into `values`.
    """
    pairs = [row.pair for row in rows]
    return {
        "question": [pair.question for pair in pairs],
        "iteration": [pair.iteration for pair in pairs],
        "length": [len(pair.answer) for pair in pairs],
        "covers": [covered.get(pair.id, 0) for pair in pairs],
        "tags": _indexed_lists([tags.get(pair.id, []) for pair in pairs]),
        "document": _indexed([pair.document for pair in pairs]),
        "section": _indexed([" › ".join(pair.headings) for pair in pairs]),
        "state": _indexed([row_state(row) for row in rows]),
        "check": _indexed([_failed_check(row) for row in rows]),
        "reason": _indexed([row.reason.replace("_", " ") for row in rows]),
        "difficulty": _indexed([pair.difficulty for pair in pairs]),
        "category": _indexed([pair.category for pair in pairs]),
        "orders": {
            "question": _sort_order([pair.question for pair in pairs]),
            "tags": _sort_order([" ".join(tags.get(pair.id, [])) for pair in pairs]),
        },
    }


def row_state(row: Candidate) -> str:
    return "rejected" if row.stage else "edited" if _by_person(row.pair) else "kept"


def _by_person(pair: Pair) -> bool:
    return BY_PERSON in pair.checks and bool(pair.original_question or pair.original_answer or pair.original_criteria)


def _failed_check(row: Candidate) -> str:
    failed = [check_name for check_name, result in row.pair.checks.items() if not result.get("passed", True)]
    return (failed or [""])[0].replace("_", " ")


def searched_texts(row: Candidate) -> list[str]:
    pair = row.pair
    return [pair.id, pair.question, pair.answer, *pair.evaluation_criteria, *pair.evidence, row.detail]


def _sort_order(texts: Sequence[str]) -> list[int]:
    """The rows by their text, whatever its case, those without one last."""
    return sorted(range(len(texts)), key=lambda row: (not texts[row], texts[row].casefold()))


def _indexed(values: Sequence[str]) -> dict[str, Any]:
    indices = {value: index for index, value in enumerate(dict.fromkeys(values))}
    return {"values": list(indices), "index": [indices[value] for value in values]}


def _indexed_lists(lists: Sequence[Sequence[str]]) -> dict[str, Any]:
    indices = {value: index for index, value in enumerate(dict.fromkeys(text for values in lists for text in values))}
    return {"values": list(indices), "index": [[indices[value] for value in values] for values in lists]}
