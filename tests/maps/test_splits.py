"""Whether a split stands for the whole."""

from __future__ import annotations

import msgspec

from groundwork.maps.draw.scene import Scene
from groundwork.maps.split_scene import representativeness
from tests.maps.scenes import scene


def split_by(regions: list[int], each: int) -> Scene:
    """A scene whose eval holds `each` questions of each of `regions`, and whose train holds all others."""
    drawn = scene(600, ["train", "eval"])
    left = dict.fromkeys(regions, each)
    points = []
    for point in drawn.points:
        held = left.get(point.cluster, 0) > 0
        if held:
            left[point.cluster] -= 1
        points.append(msgspec.structs.replace(point, dataset="eval" if held else "train"))
    return msgspec.structs.replace(drawn, points=points)


def test_a_proportional_split_stands_for_the_whole() -> None:
    """Eval with a like share of every region differs less than random splits do."""
    every = sorted({point.cluster for point in scene(600, ["train", "eval"]).points})
    assert representativeness(split_by(every, 4), "eval", 1).startswith("The split eval stands for the whole: ")


def test_a_one_sided_split_does_not() -> None:
    """Eval of two regions alone is found out, and the region that stands out is named."""
    drawn = split_by([0, 1], 20)
    said = representativeness(drawn, "eval", 1)
    assert said.startswith("The split eval does not stand for the whole: ")
    assert any(f"most apart: {cluster.label}, 50% of eval" in said for cluster in drawn.clusters if cluster.id < 2)


def test_nothing_is_said_without_regions() -> None:
    """A map of a few questions has no regions, and a split without questions no shares."""
    drawn = split_by([0], 5)
    assert representativeness(msgspec.structs.replace(drawn, clusters=[]), "eval", 1) == ""
    assert representativeness(drawn, "eval_mirror", 1) == ""
