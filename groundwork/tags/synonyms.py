"""Tags that mean the same: proposed, written down for review, and merged only as the file says.

`data/tags/synonyms.json` holds one entry a tag: into which tag it goes, why, how near they are, and whether to merge.
An entry that stands in the file is never changed here: set `merge` to true or false, or change `into`, and draw again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from groundwork.data_folder.read_write import read_json, write_json
from groundwork.embedding.nearest_neighbours import random_cosines

Vectors = npt.NDArray[np.float32]

# On the scale from two random tags (0) to the same tag (1): beyond MERGE_SCALE two tags are merged unless a person says
# no, beyond PROPOSAL_SCALE they are only proposed: touch-football may be touch-rugby's other name, half-time is not
# full-time.
MERGE_SCALE = 0.9
PROPOSAL_SCALE = 0.55


class Synonym(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of synonyms.json."""

    into: str
    merge: bool
    why: str
    similarity: float | None = None


SynonymEntries = dict[str, Synonym]


def read_synonyms(file: Path) -> SynonymEntries:
    """The entries of synonyms.json by tag. Raises BadRecord when it was edited into something else."""
    return read_json(file, SynonymEntries) if file.exists() else {}


def update_synonyms(file: Path, counts: Counter[str], vectors: Vectors) -> tuple[SynonymEntries, list[str]]:
    """Add entries for tags that have none, keep all others; returns all entries and the tags that are new.

    `vectors` (n, d): those of the tags of `counts`, in its order.
    """
    recorded = read_synonyms(file)
    proposed = {tag: entry for tag, entry in propose_synonyms(counts, vectors).items() if tag not in recorded}
    # A tag that a person merges into another must not be merged away itself.
    targets = {entry.into for entry in recorded.values() if entry.merge}
    proposed = {tag: entry for tag, entry in proposed.items() if tag not in targets}
    if proposed:
        write_json(file, dict(sorted({**recorded, **proposed}.items())))
    return {**recorded, **proposed}, sorted(proposed)


def merge_targets(entries: Mapping[str, Synonym]) -> dict[str, str]:
    """Which tag becomes which, chains followed to their end; the tags of a circle become the first by the alphabet."""
    target_of = {tag: entry.into for tag, entry in entries.items() if entry.merge and entry.into != tag}
    resolved = {}
    for tag in target_of:
        chain = [tag]
        while chain[-1] in target_of and target_of[chain[-1]] not in chain:
            chain.append(target_of[chain[-1]])
        circle = chain[chain.index(target_of[chain[-1]]) :] if chain[-1] in target_of else chain[-1:]
        resolved[tag] = min(circle)
    return {tag: target for tag, target in resolved.items() if tag != target}


def propose_synonyms(counts: Counter[str], vectors: Vectors) -> SynonymEntries:
    """For each tag the more frequent one that it may be another name of."""
    tags = list(counts)
    if len(tags) < 2:
        return {}
    median_cosine = float(np.median(random_cosines(vectors)))
    merge_threshold, likeness_floor = (
        median_cosine + scale * (1 - median_cosine) for scale in (MERGE_SCALE, PROPOSAL_SCALE)
    )
    by_count = sorted(range(len(tags)), key=lambda row: (-counts[tags[row]], tags[row]))
    kept = _KeptTags(vectors[by_count])
    by_form: dict[str, int] = {}
    proposed: SynonymEntries = {}
    for rank, row in enumerate(by_count):
        tag = tags[row]
        nearest_rank, cosine = kept.nearest(rank)
        nearest_tag = tags[by_count[nearest_rank]]
        if (same_form := by_form.get(tag_form(tag))) is not None:
            similarity = round(float(vectors[same_form] @ vectors[row]), 3)
            proposed[tag] = Synonym(into=tags[same_form], merge=True, why="the same words", similarity=similarity)
        elif cosine >= likeness_floor and _numbers(tag) == _numbers(nearest_tag):
            merge = cosine >= merge_threshold and not _is_narrower(tag, nearest_tag)
            why = "almost the same meaning" if merge else "related; merge it if it means the same here"
            proposed[tag] = Synonym(into=nearest_tag, merge=merge, why=why, similarity=round(cosine, 3))
        if tag not in proposed or not proposed[tag].merge:
            kept.keep(rank)
            by_form.setdefault(tag_form(tag), row)
    return proposed


class _KeptTags:
    """Tags that are merged into no other, to find the nearest of; all come in the order of `vectors`, a block at a time
    held against those kept before it by one product of matrices.
    """

    _BLOCK = 256

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors
        self._kept: list[int] = []
        self._block_start = self._kept_before = -1
        self._nearest_before: list[tuple[int, float]] = []

    def keep(self, rank: int) -> None:
        self._kept.append(rank)

    def nearest(self, rank: int) -> tuple[int, float]:
        """The kept tag nearest to that of `rank`, and their cosine; -1.0 where none is kept. By rising `rank`."""
        if (block_start := rank - rank % self._BLOCK) != self._block_start:
            self._start_block(block_start)
        kept_in_block = self._kept[self._kept_before :]
        nearest_before = self._nearest_before[rank - block_start]
        if not kept_in_block:
            return nearest_before
        cosines = self._vectors[kept_in_block] @ self._vectors[rank]
        nearest_in_block = int(cosines.argmax())
        candidate = kept_in_block[nearest_in_block], float(cosines[nearest_in_block])
        return max(nearest_before, candidate, key=lambda neighbour: neighbour[1])

    def _start_block(self, block_start: int) -> None:
        block = self._vectors[block_start : block_start + self._BLOCK]
        self._block_start, self._kept_before = block_start, len(self._kept)
        self._nearest_before = [(0, -1.0)] * len(block)
        if self._kept:
            cosines = block @ self._vectors[self._kept].T
            nearest = cosines.argmax(axis=1)
            self._nearest_before = [
                (self._kept[kept_index], float(row[kept_index]))
                for row, kept_index in zip(cosines, nearest, strict=True)
            ]


def _is_narrower(tag: str, other: str) -> bool:
    """Does one of two tags hold all words of the other and more: `forced-interchange` and `interchange`?"""
    words, other_words = set(tag_form(tag).split()), set(tag_form(other).split())
    return words != other_words and (words <= other_words or other_words <= words)


def tag_form(tag: str) -> str:
    """A tag's words without their order and their plural: `field-dimensions` and `dimension-of-field` are one."""
    return " ".join(sorted(_singular(word) for word in tag.split("-") if word not in ("of", "the", "in", "for")))


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _numbers(tag: str) -> list[str]:
    """Numbers in a tag: `under-12` and `under-14` are as near as can be, and never the same."""
    return re.findall(r"\d+", tag)
