"""Whether a split stands for the whole."""

from __future__ import annotations

import msgspec
import numpy as np

from groundwork.dataset.load_dataset import QuestionRow
from groundwork.dataset.split_report.report_schema import Representativeness
from groundwork.maps.draw.scene import Scene
from groundwork.maps.question_map import MapGroup
from groundwork.maps.split_comparison import assess_split
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


def told(drawn: Scene, split: str = "eval", cluster: int = -1) -> Representativeness | None:
    """The verdict on a split of the scene, whose rows bear no topics of their own unless `cluster` says so."""

    def group(name: str) -> MapGroup:
        rows = [
            QuestionRow(id=point.id, question=point.question, split=name, cluster=cluster)
            for point in drawn.points
            if point.dataset == name
        ]
        return MapGroup(name, rows, np.zeros((len(rows), 2), dtype=np.float32))

    points = [msgspec.structs.replace(point, split=point.dataset) for point in drawn.points]
    groups = [group(name) for name in ("train", "eval", "eval_mirror")]
    return assess_split(groups, groups[0], group(split), msgspec.structs.replace(drawn, points=points))


def test_a_proportional_split_stands_for_the_whole() -> None:
    """Without topics of its own, a dataset is judged by the regions of the map."""
    every = sorted({point.cluster for point in scene(600, ["train", "eval"]).points})
    verdict = told(split_by(every, 4))
    assert verdict and verdict.answer == "yes" and "regions of the map" in verdict.sentence


def test_a_one_sided_split_does_not() -> None:
    """Eval of two regions alone is found out, and a region that stands out is named."""
    drawn = split_by([0, 1], 20)
    verdict = told(drawn)
    assert verdict and verdict.answer == "no"
    assert any(f"{cluster.label} " in verdict.sentence for cluster in drawn.clusters if cluster.id < 2)


def test_nothing_is_said_without_regions() -> None:
    """A map of a few questions has no regions, and a split without questions no shares."""
    drawn = split_by([0], 5)
    assert told(msgspec.structs.replace(drawn, clusters=[])) is None
    assert told(drawn, "eval_mirror") is None


def test_topics_of_its_own_come_first() -> None:
    """Rows that bear the topics they were drawn from are judged by those, not by the map."""
    verdict = told(split_by([0, 1], 20), cluster=0)
    assert verdict and verdict.answer == "unknown" and "one of the topics" in verdict.sentence
