"""The Scene of one dataset's splits: whether eval stands for the whole, and what it repeats of train.

Eval stands for the whole when each part of the subject has the share in it that it has among all questions. The parts
are the regions of the map; how far the shares may lie apart is told by random choices of equally many questions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import numpy.typing as npt

from groundwork.console.progress import Progress
from groundwork.dataset.loading import MIRRORS
from groundwork.embedding.duplicates import nearest
from groundwork.maps.draw.scene import Bar, Scene
from groundwork.maps.scene_building import Group, by_split, scene_of
from groundwork.maps.tag_scene import histogram
from groundwork.settings.dataset_settings import Maps

if TYPE_CHECKING:
    from groundwork.dataset.question_vectors import Embedded

SPLIT_WEIGHT = 4  # area of a point of eval beside one of train
RANDOM_SPLITS = 2_000
TAGGED = 0.9  # share of a split's questions that must bear tags for the splits to be compared by them
BETTER, WORSE = 0.5, 0.95  # shares of random splits that lie closer: up to here it stands for the whole, from here not


def split_scene(
    one: Embedded,
    settings: Maps,
    encoder: str,
    tags: Mapping[str, list[str]] | None = None,
    progress: Progress | None = None,
) -> Scene:
    """The splits of one dataset on one map: the smaller ones stand out, the notes judge them, tags compare them."""
    groups = by_split(one)
    scene = scene_of(groups, one.dataset.name, settings, encoder, tags, progress)
    assert scene.numbers is not None  # noqa: S101  # scene_of always measures
    numbers = msgspec.structs.replace(scene.numbers, best="", certainty=None, recommendation="")
    train = max(groups, key=lambda group: len(group.rows))
    others = [group for group in groups if group is not train and group.rows and group.name not in MIRRORS]
    large = {group.name for group in others}
    points = [
        msgspec.structs.replace(point, weight=SPLIT_WEIGHT) if point.dataset in large else point
        for point in scene.points
    ]
    notes = [note for group in others if (note := representativeness(scene, group.name, settings.seed))]
    notes += [_repetition(train, group, numbers.near_duplicate) for group in others]
    return msgspec.structs.replace(
        scene,
        compares="splits",
        points=points,
        numbers=numbers,
        notes=[*notes, *scene.notes[bool(scene.numbers.recommendation) :]],
        only_in={},
        missed_by={name: _seen(scene, rows) for name, rows in scene.missed_by.items() if name not in MIRRORS},
        histogram=_by_tag(scene),
    )


def representativeness(scene: Scene, split: str, seed: int) -> str:
    """A sentence on whether `split` has all regions of the map in their shares; "" where the map has no regions."""
    rows = [point for point in scene.points if point.dataset not in MIRRORS]
    region = np.array([point.cluster for point in rows])
    own = np.array([point.dataset == split for point in rows])
    if len(scene.clusters) < 2 or not own.any():
        return ""
    shares = np.bincount(region, minlength=len(scene.clusters)) / len(region)
    held = np.bincount(region[own], minlength=len(shares)) / own.sum()
    apart = float(np.abs(held - shares).sum() / 2)
    random = _random_distances(region, int(own.sum()), shares, seed)
    closer = float((random < apart - 1e-9).mean())
    where = f"the {len(shares)} regions of the map"
    figures = f"its shares of {where} differ by {apart:.0%} from those of all questions"
    if closer <= BETTER:
        return (
            f"The split {split} stands for the whole: {figures}, less than in {1 - closer:.0%} of random splits "
            f"({random.mean():.0%} in the mean)."
        )
    most = int(np.abs(held - shares).argmax())
    worst = f"most apart: {scene.clusters[most].label}, {held[most]:.0%} of {split} and {shares[most]:.0%} of all"
    verdict = "does not stand for the whole" if closer >= WORSE else "is like one drawn at random"
    return (
        f"The split {split} {verdict}: {figures}, and {closer:.0%} of random splits differ less ({random.mean():.0%} "
        f"in the mean); {worst}."
    )


def _random_distances(
    region: npt.NDArray[Any], size: int, shares: npt.NDArray[np.float64], seed: int
) -> npt.NDArray[np.float64]:
    """How far the region shares of RANDOM_SPLITS random choices of `size` questions lie from `shares`, each 0..1."""
    rng = np.random.default_rng(seed)
    counts = np.bincount(region, minlength=len(shares))
    drawn = rng.multivariate_hypergeometric(counts, size, size=RANDOM_SPLITS, method="marginals")
    distances: npt.NDArray[np.float64] = np.abs(drawn / size - shares).sum(axis=1) / 2
    return distances


def _repetition(train: Group, other: Group, threshold: float) -> str:
    _, cosines = nearest(other.vectors, train.vectors)
    repeated = int((cosines >= threshold).sum())
    return (
        f"{repeated:,} of {len(other.rows):,} questions of {other.name} nearly repeat one of {train.name} "
        f"(cosine {threshold:.2f} or more)."
    )


def _seen(scene: Scene, rows: list[int]) -> list[int]:
    """Without the points of mirrors, which repeat what is there."""
    return [row for row in rows if scene.points[row].dataset not in MIRRORS]


def _by_tag(scene: Scene) -> list[Bar]:
    """The tag histogram of the splits; empty where a split lacks tags, since nothing could be compared."""
    counts = {entry.name: Counter[str]() for entry in scene.datasets}
    tagged: Counter[str] = Counter()
    for point in scene.points:
        counts[point.dataset].update(set(point.tags))
        tagged[point.dataset] += bool(point.tags)
    sizes = {entry.name: entry.count for entry in scene.datasets}
    if any(tagged[name] < TAGGED * size for name, size in sizes.items()):
        return []
    return histogram(counts, sizes, 1)
