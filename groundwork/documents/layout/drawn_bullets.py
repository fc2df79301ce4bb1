"""Bullets of lists that are drawn as discs and not written, as browsers print them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from groundwork.documents.layout.text_lines import Box, Run

_LEAST_SIDE, _MOST_SIDE = 1.5, 8.0  # points of a disc
_SQUARE = 0.2  # of its longer side, by which the other may be shorter
_LEAST_SIZES, _MOST_SIZES = 0.2, 0.6  # of the type beside it
_TEXT_GAP, _FREE_GAP = 2.5, 3.0  # sizes from a bullet to its text, and from text left of it that makes it no bullet
_LEAST_BULLETS, _MOST_BULLETS = 2, 100  # of one place across a page: a plot has more marks


def find_bullets(drawn: Any) -> list[Box]:
    """The small discs of a liteparse page, those that stand one below the other."""
    discs = [
        Box(x, y, x + w, y + h)
        for x, y, w, h in (shape.bbox for shape in drawn.shapes if shape.fill and shape.has_curve)
        if _LEAST_SIDE <= max(w, h) <= _MOST_SIDE and abs(w - h) <= _SQUARE * max(w, h)
    ]
    columns = Counter(round(disc.x1) for disc in discs)
    return [disc for disc in discs if _LEAST_BULLETS <= columns[round(disc.x1)] <= _MOST_BULLETS]


def with_bullets(runs: Sequence[Run], bullets: Sequence[Box], charts: Sequence[Box] = ()) -> list[Run]:
    """The runs of a page; those that begin behind a bullet, which is no mark of a chart, begin with its sign."""
    signed_runs = {}
    for bullet in bullets:
        if any(chart.x1 < bullet.x1 < chart.x2 and chart.y1 < bullet.y1 < chart.y2 for chart in charts):
            continue
        middle = (bullet.y1 + bullet.y2) / 2
        line = [k for k, run in enumerate(runs) if run.y1 < middle < run.y2]
        behind = min((k for k in line if runs[k].x1 >= bullet.x2), key=lambda k: runs[k].x1, default=None)
        if behind is None or not _fits(bullet, runs[behind]):
            continue
        reach = _FREE_GAP * runs[behind].size
        if any(runs[k].x1 < bullet.x1 and bullet.x1 - runs[k].x2 < reach for k in line):
            continue
        signed_runs[behind] = _with_sign(runs[behind], bullet)
    return [signed_runs.get(k, run) for k, run in enumerate(runs)]


def _fits(bullet: Box, run: Run) -> bool:
    """Whether a disc is as large as a bullet of a text's type, and as near."""
    share = (bullet.x2 - bullet.x1) / run.size
    return _LEAST_SIZES <= share <= _MOST_SIZES and run.x1 - bullet.x2 < _TEXT_GAP * run.size


def _with_sign(run: Run, bullet: Box) -> Run:
    sign = Box(bullet.x1, run.y1, bullet.x2, run.y2, "•")
    return run._replace(x1=bullet.x1, text=f"• {run.text}", words=(sign, *run.words))
