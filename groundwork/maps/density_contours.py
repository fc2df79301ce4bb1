"""Contours of the map: lines inside which given shares of a group's points lie, where they lie densest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from groundwork.embedding.projection import Positions
from groundwork.maps.draw.scene import Contour

Edges = npt.NDArray[np.floating[Any]]

DENSITY_CELLS = 160  # cells a side
MIN_CONTOUR_POINTS = 40  # points; fewer have no density worth a line
CONTOUR_LEVELS = (0.9, 0.6, 0.3)  # shares of the points that lie inside


def contours_of_groups(
    group_names: Sequence[str], map_positions: Positions, group_of: npt.NDArray[np.int64]
) -> list[Contour]:
    """The contours of each group and, where there are several, those of all together under the name ""."""
    contours_of_all = density_contours("", map_positions) if len(group_names) > 1 else []
    return [
        *contours_of_all,
        *(
            contour
            for i, group_name in enumerate(group_names)
            for contour in density_contours(group_name, map_positions[group_of == i])
        ),
    ]


def density_contours(dataset: str, positions: Positions) -> list[Contour]:
    """Lines inside which 90, 60 and 30 % of the positions (n, 2) lie; none for few points."""
    if len(positions) < MIN_CONTOUR_POINTS or not np.ptp(positions, axis=0).all():
        return []
    import contourpy

    xs, ys, density = _density_grid(positions)
    contour_generator = contourpy.contour_generator((xs[1:] + xs[:-1]) / 2, (ys[1:] + ys[:-1]) / 2, density.T)
    contours = []
    for enclosed_share, density_threshold in zip(CONTOUR_LEVELS, _density_thresholds(density), strict=True):
        contour_lines = [
            [(round(float(x), 4), round(float(y), 4)) for x, y in contour_line]
            for contour_line in _contour_lines(contour_generator, density_threshold)
            if len(contour_line) > 3
        ]
        contours.append(Contour(dataset=dataset, level=enclosed_share, lines=contour_lines))
    return contours


def _density_grid(positions: Positions) -> tuple[Edges, Edges, npt.NDArray[np.float64]]:
    """The edges of the cells along x and y, and how dense the positions (n, 2) lie in each, smoothed."""
    from scipy.ndimage import gaussian_filter

    position_spread = float(np.median(np.ptp(positions, axis=0))) or 1.0
    grid_low, grid_high = positions.min(axis=0) - 0.25 * position_spread, positions.max(axis=0) + 0.25 * position_spread
    cell_counts, xs, ys = np.histogram2d(
        positions[:, 0], positions[:, 1], DENSITY_CELLS, [(grid_low[0], grid_high[0]), (grid_low[1], grid_high[1])]
    )
    kernel_width = 0.55 * float(positions.std(axis=0).mean()) * len(positions) ** (-1 / 6)  # Scott's rule, in map units
    return xs, ys, gaussian_filter(cell_counts, [kernel_width / (xs[1] - xs[0]), kernel_width / (ys[1] - ys[0])])


def _contour_lines(contour_generator: Any, density_threshold: float) -> list[npt.NDArray[np.float64]]:
    return list(contour_generator.lines(density_threshold))


def _density_thresholds(density: npt.NDArray[np.float64]) -> list[float]:
    """The densities above which each share of CONTOUR_LEVELS lies."""
    cell_densities = np.sort(density.ravel())[::-1]
    enclosed_shares = np.cumsum(cell_densities) / cell_densities.sum()
    return [float(cell_densities[np.searchsorted(enclosed_shares, share)]) for share in CONTOUR_LEVELS]
