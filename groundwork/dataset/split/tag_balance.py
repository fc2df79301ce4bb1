"""Rows of eval chosen so that each tag has the share in eval that it has in all rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from groundwork.dataset.split.eval_split import CannotSplit, Rows
from groundwork.dataset.split.near_duplicate_twins import FindTwins

TAGS_REMEDY = "run first: uv run visualization/generate_tags.py"


def choose_eval_by_tags(
    tags: Sequence[Sequence[str]], size: int, random_order: Rows, find_twins: FindTwins
) -> list[int]:
    """Take, again and again, the row that brings eval's tag counts closest to their share, in least squares."""
    tag_numbers = {tag: i for i, tag in enumerate(sorted({row_tag for row in tags for row_tag in row}))}
    if not tag_numbers:
        raise CannotSplit(f"strategy tags needs tags, and no pair has one; {TAGS_REMEDY}")
    tags_by_position = [
        np.array(sorted({tag_numbers[row_tag] for row_tag in tags[row]}), dtype=np.int64) for row in random_order
    ]
    row_indices = np.repeat(
        np.arange(len(tags_by_position)), [len(position_tags) for position_tags in tags_by_position]
    )
    tag_indices = np.concatenate(tags_by_position)
    missing_tag_counts = np.bincount(tag_indices, minlength=len(tag_numbers)) * (size / len(random_order))
    has_twin = np.array([len(twin_rows) > 0 for twin_rows in find_twins(random_order)])
    twin_penalty = np.where(has_twin, len(tag_numbers) * 1e6, 0.0) + np.bincount(
        row_indices, minlength=len(tags_by_position)
    )
    eval_rows: list[int] = []
    for _ in range(size):
        tag_gain = (
            2 * np.bincount(row_indices, weights=missing_tag_counts[tag_indices], minlength=len(tags_by_position))
            - twin_penalty
        )
        best_position = int(tag_gain.argmax())
        eval_rows.append(int(random_order[best_position]))
        twin_penalty[best_position] = np.inf
        missing_tag_counts[tags_by_position[best_position]] -= 1
    return eval_rows
