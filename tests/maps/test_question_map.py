"""The regions of a map: what the eye groups, and no single dots."""

from __future__ import annotations

import numpy as np
import pytest

from groundwork.maps.question_map import LEAST_REGION, cluster_map


@pytest.mark.parametrize("strays", [1, 2, 4])
def test_a_dot_far_from_all_others_is_no_region(strays: int) -> None:
    """Each stray belongs to the region that is nearest, and no region spans two groups."""
    rng = np.random.default_rng(0)
    groups = [rng.normal(centre, 0.02, (20, 2)) for centre in ([0.8, 0.3], [0.8, -0.3])]
    far = [[-0.5 - 0.1 * number, (-1) ** number] for number in range(strays)]
    positions = np.array([*groups[0], *groups[1], *far], dtype=np.float32)
    rows = len(positions)
    clusters, cluster_of = cluster_map(positions, [f"Question {row}?" for row in range(rows)], [[]] * rows, 42)
    assert min(cluster.count for cluster in clusters) >= LEAST_REGION
    assert set(cluster_of[:20]).isdisjoint(cluster_of[20:40])
    assert sum(cluster.count for cluster in clusters) == rows
