"""Bullets of lists that are drawn as discs and not written, as browsers print them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from groundwork.documents.layout.text_runs_and_lines import Box, Run

_LEAST_DISC_SIDE, _MOST_DISC_SIDE = 1.5, 8.0  # points of a disc
_DISC_ROUNDNESS = 0.2  # of its longer side, by which the other may be shorter
_LEAST_BULLET_SIZE, _MOST_BULLET_SIZE = 0.2, 0.6  # of the type beside it
# sizes from a bullet to its text, and from text left of it that makes it no bullet
_BULLET_GAP, _FREE_LEFT_OF_BULLET = 2.5, 3.0
_LEAST_BULLETS, _MOST_BULLETS = 2, 100  # of one place across a page: a plot has more marks


def find_bullets(drawn: Any) -> list[Box]:
    """The small discs of a liteparse page, those that stand one below the other."""
    discs = [
        Box(x, y, x + w, y + h)
        for x, y, w, h in (shape.bbox for shape in drawn.shapes if shape.fill and shape.has_curve)
        if _LEAST_DISC_SIDE <= max(w, h) <= _MOST_DISC_SIDE and abs(w - h) <= _DISC_ROUNDNESS * max(w, h)
    ]
    discs_by_column = Counter(round(disc.x1) for disc in discs)
    return [disc for disc in discs if _LEAST_BULLETS <= discs_by_column[round(disc.x1)] <= _MOST_BULLETS]


def with_bullets(runs: Sequence[Run], bullets: Sequence[Box], charts: Sequence[Box] = ()) -> list[Run]:
    """The runs of a page; those that begin behind a bullet, which is no mark of a chart, begin with its sign."""
    bulleted_runs = {}
    for bullet in bullets:
        if any(chart.x1 < bullet.x1 < chart.x2 and chart.y1 < bullet.y1 < chart.y2 for chart in charts):
            continue
        bullet_middle = (bullet.y1 + bullet.y2) / 2
        runs_beside_bullet = [k for k, run in enumerate(runs) if run.y1 < bullet_middle < run.y2]
        run_behind_bullet = min(
            (k for k in runs_beside_bullet if runs[k].x1 >= bullet.x2), key=lambda k: runs[k].x1, default=None
        )
        if run_behind_bullet is None or not _fits_bullet(bullet, runs[run_behind_bullet]):
            continue
        free_reach = _FREE_LEFT_OF_BULLET * runs[run_behind_bullet].size
        if any(runs[k].x1 < bullet.x1 and bullet.x1 - runs[k].x2 < free_reach for k in runs_beside_bullet):
            continue
        bulleted_runs[run_behind_bullet] = _with_bullet_sign(runs[run_behind_bullet], bullet)
    return [bulleted_runs.get(k, run) for k, run in enumerate(runs)]


def _fits_bullet(bullet: Box, run: Run) -> bool:
    """Whether a disc is as large as a bullet of a text's type, and as near."""
    bullet_size = (bullet.x2 - bullet.x1) / run.size
    return _LEAST_BULLET_SIZE <= bullet_size <= _MOST_BULLET_SIZE and run.x1 - bullet.x2 < _BULLET_GAP * run.size


def _with_bullet_sign(run: Run, bullet: Box) -> Run:
    bullet_sign = Box(bullet.x1, run.y1, bullet.x2, run.y2, "•")
    return run._replace(x1=bullet.x1, text=f"• {run.text}", words=(bullet_sign, *run.words))
