"""Fractions of displayed formulas, whose numerators and denominators stand on lines of their own, in the line of the
relation sign before them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundwork.documents.layout.text_lines import Box, Run

_RELATION_AT_END = re.compile(r"(?:^|\s)(?:[=≤≥≡≈≃≅∼∝<>]|:=)$")
_MOST_RISE = 1.6  # sizes from the middle of a line to that of a numerator or a denominator
_LEAST_RISE = 0.45  # and the least, since less is a raised sign
_CENTRE_POINTS = 3.0  # by which the middles of a numerator and its denominator lie apart at the most
_MOST_GAP = 3.0  # sizes from the relation sign to the fraction
_MOST_WIDTH = 12  # sizes of a fraction, which a line of text is wider than


def with_fractions(runs: Sequence[Run]) -> list[Run]:
    """The runs of a page, with each fraction behind a relation sign that has nothing else behind it as a run of its
    line."""
    joined = list(runs)
    for sign in runs:
        if _RELATION_AT_END.search(sign.text) and (parts := _fraction(sign, joined)):
            joined = [run for run in joined if run not in parts]
            joined.append(_joined(sign, *parts))
    return joined


def _fraction(sign: Run, runs: Sequence[Run]) -> tuple[Run, Run] | None:
    """The numerator and the denominator right behind a relation sign; None where a text stands between them."""
    most_right = sign.x2 + (_MOST_GAP + _MOST_WIDTH) * sign.size
    nearby = [
        run for run in runs if sign.x2 - 1 < run.x1 and run.x2 < most_right and abs(_rise(run, sign)) < _MOST_RISE
    ]
    above = min((run for run in nearby if _rise(run, sign) > _LEAST_RISE), key=lambda run: run.x1, default=None)
    below = min((run for run in nearby if _rise(run, sign) < -_LEAST_RISE), key=lambda run: run.x1, default=None)
    if above is None or below is None or min(above.x1, below.x1) - sign.x2 > _MOST_GAP * sign.size:
        return None
    is_centred = abs((above.x1 + above.x2) - (below.x1 + below.x2)) / 2 < _CENTRE_POINTS
    left, right = min(above.x1, below.x1), max(above.x2, below.x2)
    between = [run for run in nearby if abs(_rise(run, sign)) <= _LEAST_RISE and run.x1 < right and run.x2 > left]
    return (above, below) if is_centred and not between else None


def _rise(run: Run, line: Run) -> float:
    """How many sizes of a line a run stands over its middle."""
    return ((line.y1 + line.y2) - (run.y1 + run.y2)) / 2 / line.size


def _joined(sign: Run, above: Run, below: Run) -> Run:
    text = f"$\\frac{{{above.text.strip('$')}}}{{{below.text.strip('$')}}}$"
    x1, x2 = min(above.x1, below.x1), max(above.x2, below.x2)
    return sign._replace(x1=x1, x2=x2, text=text, words=(Box(x1, sign.y1, x2, sign.y2, text),))
