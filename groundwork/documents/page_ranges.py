"""Ranges of pages as people write them: `1-3, 7, 9-`, pages counted from 1, the last one open to the end."""

from __future__ import annotations

import re

_PAGE_RANGE = re.compile(r"([1-9][0-9]{0,8}) *(?:(-) *([1-9][0-9]{0,8})?)?")


def page_numbers(text: str, count: int) -> list[int]:
    """The pages, in order, that `text` names of a document that has `count`; all for "", and none where it has none.

    Raises ValueError where `text` is not written as ranges.
    """
    if not text:
        return list(range(1, count + 1))
    numbers: set[int] = set()
    for page_range in text.split(","):
        match = _PAGE_RANGE.fullmatch(page_range.strip(" "))
        if not match:
            raise ValueError(f"{text}: write the pages as 1-3, 7, 9-")
        first_page, is_range, last_page = int(match[1]), match[2], match[3]
        numbers.update(range(first_page, min(count, int(last_page or count) if is_range else first_page) + 1))
    return sorted(numbers)
