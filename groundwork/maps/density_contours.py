"""Density contours of points on a map."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from groundwork.maps.draw.scene import Contour

Positions = npt.NDArray[np.float32]

GRID_CELLS = 160  # cells a side
MIN_POINTS = 40  # points; fewer have no density worth a line
LEVELS = (0.9, 0.6, 0.3)  # shares of the points that lie inside


def density_contours(dataset: str, places: Positions) -> list[Contour]:
    """Lines inside which 90, 60 and 30 % of the places (n, 2) lie; none for few points."""
    if len(places) < MIN_POINTS or not np.ptp(places, axis=0).all():
        return []
    import contourpy
    from scipy.ndimage import gaussian_filter

    spread = float(np.median(np.ptp(places, axis=0))) or 1.0
    low, high = places.min(axis=0) - 0.25 * spread, places.max(axis=0) + 0.25 * spread
    counts, xs, ys = np.histogram2d(places[:, 0], places[:, 1], GRID_CELLS, [(low[0], high[0]), (low[1], high[1])])
    width = 0.55 * float(places.std(axis=0).mean()) * len(places) ** (-1 / 6)  # Scott's rule, in map units
    density = gaussian_filter(counts, [width / (xs[1] - xs[0]), width / (ys[1] - ys[0])])
    generator = contourpy.contour_generator((xs[1:] + xs[:-1]) / 2, (ys[1:] + ys[:-1]) / 2, density.T)
    density_contours = []
    for share, threshold in zip(LEVELS, _thresholds(density), strict=True):
        lines = [
            [(round(float(x), 4), round(float(y), 4)) for x, y in line]
            for line in _contour_lines(generator, threshold)
            if len(line) > 3
        ]
        density_contours.append(Contour(dataset=dataset, level=share, lines=lines))
    return density_contours


def _contour_lines(drawing: Any, threshold: float) -> list[npt.NDArray[np.float64]]:
    return list(drawing.lines(threshold))


def _thresholds(density: npt.NDArray[np.float64]) -> list[float]:
    """The densities above which each share of LEVELS lies."""
    cells = np.sort(density.ravel())[::-1]
    enclosed_shares = np.cumsum(cells) / cells.sum()
    return [float(cells[np.searchsorted(enclosed_shares, share)]) for share in LEVELS]
