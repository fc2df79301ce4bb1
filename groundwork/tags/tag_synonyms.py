"""Tags that mean the same.

`data/tags/synonyms.json` holds one entry a tag: into which tag it goes, why, how near they are, and whether to merge.
An entry that stands in the file is never changed here: set `merge` to true or false, or change `into`, and draw again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from groundwork.data_folder.read_write import read_json, write_json
from groundwork.embedding.cosine_threshold import random_cosines
from groundwork.embedding.vector_types import Vectors
from groundwork.records import Tags
from groundwork.tags.tag_forms import tag_form

if TYPE_CHECKING:
    pass

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


def read_synonyms(synonyms_file: Path) -> SynonymEntries:
    """The entries of synonyms.json by tag. Raises BadRecord when it was edited into something else."""
    return read_json(synonyms_file, SynonymEntries) if synonyms_file.exists() else {}


def update_synonyms(synonyms_file: Path, counts: Counter[str], vectors: Vectors) -> tuple[SynonymEntries, list[str]]:
    """Add entries for tags that have none, keep all others; returns all entries and the tags that are new.

    `vectors` (n, d): those of the tags of `counts`, in its order.
    """
    recorded = read_synonyms(synonyms_file)
    proposed_synonyms = {tag: entry for tag, entry in propose_synonyms(counts, vectors).items() if tag not in recorded}
    # A tag that a person merges into another must not be merged away itself.
    merge_targets = {entry.into for entry in recorded.values() if entry.merge}
    proposed_synonyms = {tag: entry for tag, entry in proposed_synonyms.items() if tag not in merge_targets}
    if proposed_synonyms:
        write_json(synonyms_file, dict(sorted({**recorded, **proposed_synonyms}.items())))
    return {**recorded, **proposed_synonyms}, sorted(proposed_synonyms)


def merge_targets(synonyms: Mapping[str, Synonym]) -> dict[str, str]:
    """Which tag becomes which, chains followed to their end; the tags of a circle become the first by the alphabet."""
    synonym_of = {tag: synonym.into for tag, synonym in synonyms.items() if synonym.merge and synonym.into != tag}
    resolved_synonyms = {}
    for tag in synonym_of:
        synonym_chain = [tag]
        while synonym_chain[-1] in synonym_of and synonym_of[synonym_chain[-1]] not in synonym_chain:
            synonym_chain.append(synonym_of[synonym_chain[-1]])
        synonym_circle = (
            synonym_chain[synonym_chain.index(synonym_of[synonym_chain[-1]]) :]
            if synonym_chain[-1] in synonym_of
            else synonym_chain[-1:]
        )
        resolved_synonyms[tag] = min(synonym_circle)
    return {tag: target for tag, target in resolved_synonyms.items() if tag != target}


def propose_synonyms(tag_counts: Counter[str], tag_vectors: Vectors) -> SynonymEntries:
    """For each tag the more frequent one that it may be another name of."""
    tags_to_merge = list(tag_counts)
    if len(tags_to_merge) < 2:
        return {}
    median_tag_cosine = float(np.median(random_cosines(tag_vectors)))
    synonym_threshold, proposal_threshold = (
        median_tag_cosine + scale * (1 - median_tag_cosine) for scale in (MERGE_SCALE, PROPOSAL_SCALE)
    )
    tags_by_count = sorted(
        range(len(tags_to_merge)), key=lambda tag_row: (-tag_counts[tags_to_merge[tag_row]], tags_to_merge[tag_row])
    )
    kept_tags = _KeptTags(tag_vectors[tags_by_count])
    rows_by_tag_form: dict[str, int] = {}
    proposed_synonyms: SynonymEntries = {}
    for tag_rank, tag_row in enumerate(tags_by_count):
        tag = tags_to_merge[tag_row]
        nearest_rank, tag_cosine = kept_tags.nearest(tag_rank)
        synonym_tag = tags_to_merge[tags_by_count[nearest_rank]]
        if (row_of_same_form := rows_by_tag_form.get(tag_form(tag))) is not None:
            tag_similarity = round(float(tag_vectors[row_of_same_form] @ tag_vectors[tag_row]), 3)
            proposed_synonyms[tag] = Synonym(
                into=tags_to_merge[row_of_same_form], merge=True, why="the same words", similarity=tag_similarity
            )
        elif tag_cosine >= proposal_threshold and _numbers_in_tag(tag) == _numbers_in_tag(synonym_tag):
            is_synonym = tag_cosine >= synonym_threshold and not _is_narrower_tag(tag, synonym_tag)
            synonym_reason = "almost the same meaning" if is_synonym else "related; merge it if it means the same here"
            proposed_synonyms[tag] = Synonym(
                into=synonym_tag, merge=is_synonym, why=synonym_reason, similarity=round(tag_cosine, 3)
            )
        if tag not in proposed_synonyms or not proposed_synonyms[tag].merge:
            kept_tags.keep(tag_rank)
            rows_by_tag_form.setdefault(tag_form(tag), tag_row)
    return proposed_synonyms


class _KeptTags:
    """Tags that are merged into no other, to find the nearest of; all come in the order of `vectors`, a block at a time
    held against those kept before it by one product of matrices.
    """

    _BLOCK = 256

    def __init__(self, vectors: Vectors) -> None:
        self._tag_vectors = vectors
        self._kept_tag_rows: list[int] = []
        self._block_start = self._kept_before = -1
        self._nearest_before: list[tuple[int, float]] = []

    def keep(self, rank: int) -> None:
        self._kept_tag_rows.append(rank)

    def nearest(self, tag_rank: int) -> tuple[int, float]:
        """The kept tag nearest to that of `tag_rank`, and their cosine; -1.0 where none is kept. By rising
        `tag_rank`."""
        if (block_start := tag_rank - tag_rank % self._BLOCK) != self._block_start:
            self._start_tag_block(block_start)
        kept_tags_in_block = self._kept_tag_rows[self._kept_before :]
        nearest_tag_before = self._nearest_before[tag_rank - block_start]
        if not kept_tags_in_block:
            return nearest_tag_before
        tag_cosines = self._tag_vectors[kept_tags_in_block] @ self._tag_vectors[tag_rank]
        nearest_in_block = int(tag_cosines.argmax())
        nearest_pair = kept_tags_in_block[nearest_in_block], float(tag_cosines[nearest_in_block])
        return max(nearest_tag_before, nearest_pair, key=lambda neighbour: neighbour[1])

    def _start_tag_block(self, block_start: int) -> None:
        tag_block = self._tag_vectors[block_start : block_start + self._BLOCK]
        self._block_start, self._kept_before = block_start, len(self._kept_tag_rows)
        self._nearest_before = [(0, -1.0)] * len(tag_block)
        if self._kept_tag_rows:
            tag_cosines = tag_block @ self._tag_vectors[self._kept_tag_rows].T
            nearest_kept = tag_cosines.argmax(axis=1)
            self._nearest_before = [
                (self._kept_tag_rows[kept_index], float(block_row[kept_index]))
                for block_row, kept_index in zip(tag_cosines, nearest_kept, strict=True)
            ]


def _is_narrower_tag(tag: str, other_tag: str) -> bool:
    """Does one of two tags hold all words of the other and more: `forced-interchange` and `interchange`?"""
    tag_words, other_words = set(tag_form(tag).split()), set(tag_form(other_tag).split())
    return tag_words != other_words and (tag_words <= other_words or other_words <= tag_words)


def _numbers_in_tag(tag: str) -> list[str]:
    """Numbers in a tag: `under-12` and `under-14` are as near as can be, and never the same."""
    return re.findall(r"\d+", tag)


def count_tags(tagged_rows: Sequence[Tags], merge_target_of: Mapping[str, str]) -> Counter[str]:
    """How many questions bear each tag, synonyms taken together."""
    return Counter(tag for row in tagged_rows for tag in {merge_target_of.get(tag, tag) for tag in row.tags})
