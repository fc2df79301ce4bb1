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

from groundwork.embedding.nearest_neighbours import random_cosines
from groundwork.records.artifacts import read_json, write_json

Vectors = npt.NDArray[np.float32]

# On the scale from two random tags (0) to the same tag (1): beyond `ALIKE` two tags are merged unless a person says
# no, beyond `NEAR` they are only proposed: touch-football may be touch-rugby's other name, half-time is not full-time.
ALIKE = 0.9
NEAR = 0.55


class Synonym(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of synonyms.json."""

    into: str
    merge: bool
    why: str
    similarity: float | None = None


Entries = dict[str, Synonym]


def read_synonyms(file: Path) -> Entries:
    """The entries of synonyms.json by tag. Raises BadRecord when it was edited into something else."""
    return read_json(file, Entries) if file.exists() else {}


def update(file: Path, counts: Counter[str], vectors: Vectors) -> tuple[Entries, list[str]]:
    """Add entries for tags that have none, keep all others; returns all entries and the tags that are new.

    `vectors` (n, d): those of the tags of `counts`, in its order.
    """
    known = read_synonyms(file)
    fresh = {tag: entry for tag, entry in propose(counts, vectors).items() if tag not in known}
    # A tag that a person merges into another must not be merged away itself.
    targets = {entry.into for entry in known.values() if entry.merge}
    fresh = {tag: entry for tag, entry in fresh.items() if tag not in targets}
    if fresh:
        write_json(file, dict(sorted({**known, **fresh}.items())))
    return {**known, **fresh}, sorted(fresh)


def applied(entries: Mapping[str, Synonym]) -> dict[str, str]:
    """Which tag becomes which, chains followed to their end."""
    into = {tag: entry.into for tag, entry in entries.items() if entry.merge and entry.into != tag}
    resolved = {}
    for tag in into:
        end, seen = tag, {tag}
        while end in into and into[end] not in seen:
            end = into[end]
            seen.add(end)
        resolved[tag] = end
    return {tag: end for tag, end in resolved.items() if tag != end}


def propose(counts: Counter[str], vectors: Vectors) -> Entries:
    """For each tag the more frequent one that it may be another name of."""
    tags = list(counts)
    if len(tags) < 2:
        return {}
    random = float(np.median(random_cosines(vectors)))
    alike, near = (random + scale * (1 - random) for scale in (ALIKE, NEAR))
    order = sorted(range(len(tags)), key=lambda row: (-counts[tags[row]], tags[row]))
    kept: list[int] = []
    by_form: dict[str, int] = {}
    proposed: Entries = {}
    for row in order:
        tag = tags[row]
        cosines = vectors[kept] @ vectors[row] if kept else np.zeros(0)
        nearest = int(cosines.argmax()) if kept else -1
        cosine = float(cosines[nearest]) if kept else 0.0
        if (same := by_form.get(form(tag))) is not None:
            similarity = round(float(vectors[same] @ vectors[row]), 3)
            proposed[tag] = Synonym(into=tags[same], merge=True, why="the same words", similarity=similarity)
        elif kept and cosine >= near and _numbers(tag) == _numbers(tags[kept[nearest]]):
            other = tags[kept[nearest]]
            alone = cosine >= alike and not _narrower(tag, other)
            why = "almost the same meaning" if alone else "related; merge it if it means the same here"
            proposed[tag] = Synonym(into=other, merge=alone, why=why, similarity=round(cosine, 3))
        if tag not in proposed or not proposed[tag].merge:
            kept.append(row)
            by_form.setdefault(form(tag), row)
    return proposed


def _narrower(tag: str, other: str) -> bool:
    """Does one of two tags hold all words of the other and more: `forced-interchange` and `interchange`?"""
    words, others = set(form(tag).split()), set(form(other).split())
    return words != others and (words <= others or others <= words)


def form(tag: str) -> str:
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
