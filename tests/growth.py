"""How the work of a call grows with its text: the CPU time of one size beside that of a quarter of it.

A ratio of two times on one machine says what a time does not: linear work takes four times as long for four times
the text, quadratic work sixteen times.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import cache

SIZES = (780, 3_125, 12_500, 50_000)  # characters, each four times the last
LONG = (*SIZES, 200_000)
ENOUGH = 0.03  # CPU seconds, below which a ratio tells nothing; above it the next size is not needed
AGAIN = 4  # measurements of what seems steep
STEEP = 9.0  # between the 4 of linear work and the 16 of quadratic

_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@cache
def hard_texts(size: int) -> dict[str, str]:
    """Texts of `size` characters that give a backtracking pattern the most to do, by name."""
    return {
        "one letter": "x" * size,
        "digits": "1" * size,
        "spaces": " " * size,
        "line ends": "\n" * size,
        "pipes": "|" * size,
        "quotes": '"' * size,
        "brackets": "[" * size,
        "dots": "." * size,
        "stars": "*" * size,
        "cells": ("| a " * 8 + "|\n") * (size // 34),
        "tags": "<td <tr " * (size // 8),
        "base64": "".join(random.Random(1).choices(_BASE64, k=size)),
    }


def steep(call: Callable[[str], object], kind: str, sizes: tuple[int, ...] = SIZES) -> str:
    """How the work of `call` grows over texts of `kind`, where that is faster than in proportion; else ""."""
    earlier = 0.0
    for size in sizes:
        text = hard_texts(size)[kind]
        seconds = _seconds(call, text)
        if seconds > ENOUGH:
            limit = STEEP * max(earlier, ENOUGH / STEEP**2)
            for _ in range(AGAIN):  # what else runs on the machine only adds to it
                seconds = min(seconds, _seconds(call, text)) if seconds > limit else seconds
            ratio = STEEP * seconds / limit
            return "" if ratio <= STEEP else f"{ratio:.0f} times the work for 4 times the {kind} ({size:,} characters)"
        if seconds * (sizes[-1] / size) ** 2 < ENOUGH:  # even if it were quadratic
            return ""
        earlier = seconds
    return ""


def _seconds(call: Callable[[str], object], text: str) -> float:
    begun = time.process_time()
    call(text)
    return time.process_time() - begun
