"""Fractions of displayed formulas, whose numerators and denominators stand on lines of their own, in the line of the
relation sign before them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundwork.documents.layout.text_runs_and_lines import Box, Run

_RELATION_AT_END = re.compile(r"(?:^|\s)(?:[=≤≥≡≈≃≅∼∝<>]|:=)$")
_MOST_FRACTION_RISE = 1.6  # sizes from the middle of a line to that of a numerator or a denominator
_LEAST_FRACTION_RISE = 0.45  # and the least, since less is a raised sign
_FRACTION_CENTRE_SPREAD = 3.0  # by which the middles of a numerator and its denominator lie apart at the most
_MOST_FRACTION_GAP = 3.0  # sizes from the relation sign to the fraction
_MOST_FRACTION_WIDTH = 12  # sizes of a fraction, which a line of text is wider than


def with_fractions(runs: Sequence[Run]) -> list[Run]:
    """The runs of a page, with each fraction behind a relation sign that has nothing else behind it as a run of its
    line."""
    with_fraction_runs = list(runs)
    for relation_sign in runs:
        if _RELATION_AT_END.search(relation_sign.text) and (
            numerator_and_denominator := _fraction(relation_sign, with_fraction_runs)
        ):
            with_fraction_runs = [run for run in with_fraction_runs if run not in numerator_and_denominator]
            with_fraction_runs.append(_fraction_run(relation_sign, *numerator_and_denominator))
    return with_fraction_runs


def _fraction(relation_sign: Run, runs: Sequence[Run]) -> tuple[Run, Run] | None:
    """The numerator and the denominator right behind a relation sign; None where a text stands between them."""
    most_right = relation_sign.x2 + (_MOST_FRACTION_GAP + _MOST_FRACTION_WIDTH) * relation_sign.size
    runs_behind_relation = [
        run
        for run in runs
        if relation_sign.x2 - 1 < run.x1
        and run.x2 < most_right
        and abs(_rise_above_relation(run, relation_sign)) < _MOST_FRACTION_RISE
    ]
    numerator = min(
        (run for run in runs_behind_relation if _rise_above_relation(run, relation_sign) > _LEAST_FRACTION_RISE),
        key=lambda run: run.x1,
        default=None,
    )
    denominator = min(
        (run for run in runs_behind_relation if _rise_above_relation(run, relation_sign) < -_LEAST_FRACTION_RISE),
        key=lambda run: run.x1,
        default=None,
    )
    if (
        numerator is None
        or denominator is None
        or min(numerator.x1, denominator.x1) - relation_sign.x2 > _MOST_FRACTION_GAP * relation_sign.size
    ):
        return None
    is_fraction_centred = (
        abs((numerator.x1 + numerator.x2) - (denominator.x1 + denominator.x2)) / 2 < _FRACTION_CENTRE_SPREAD
    )
    fraction_left, fraction_right = min(numerator.x1, denominator.x1), max(numerator.x2, denominator.x2)
    runs_within_fraction = [
        run
        for run in runs_behind_relation
        if abs(_rise_above_relation(run, relation_sign)) <= _LEAST_FRACTION_RISE
        and run.x1 < fraction_right
        and run.x2 > fraction_left
    ]
    return (numerator, denominator) if is_fraction_centred and not runs_within_fraction else None


def _rise_above_relation(run: Run, relation_sign: Run) -> float:
    """How many sizes of a line a run stands over its middle."""
    return ((relation_sign.y1 + relation_sign.y2) - (run.y1 + run.y2)) / 2 / relation_sign.size


def _fraction_run(relation_sign: Run, numerator: Run, denominator: Run) -> Run:
    fraction_formula = f"$\\frac{{{numerator.text.strip('$')}}}{{{denominator.text.strip('$')}}}$"
    x1, x2 = min(numerator.x1, denominator.x1), max(numerator.x2, denominator.x2)
    return relation_sign._replace(
        x1=x1, x2=x2, text=fraction_formula, words=(Box(x1, relation_sign.y1, x2, relation_sign.y2, fraction_formula),)
    )
