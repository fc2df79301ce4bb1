"""The tags of a project: their form, the vocabulary that every batch takes them from, and those that mean the same.

`data/tags/vocabulary.json` holds them in the order in which they came, and those that are no longer given because they
fit nearly every question. You may take tags out, put some in, or delete the file: the next run proposes anew.

`data/tags/synonyms.json` holds one entry a tag: into which tag it goes, why, how near they are, and whether to merge.
An entry that stands in the file is never changed here: set `merge` to true or false, or change `into`, and draw again.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from groundwork.data_folder.read_write import read_json, write_json
from groundwork.embedding.nearest_neighbours import random_cosines
from groundwork.errors import BadRecord

if TYPE_CHECKING:
    from groundwork.settings.config_schema import TagSettings

COMMON_SHARE = 0.6  # of the questions: a tag on more of them tells none apart
MIN_QUESTIONS = 20  # questions, below which no tag is too common
MIN_TAGS_FACTOR = 3  # times the tags of a question: so many a vocabulary may always have
PROPOSED_SHARE = 2 / 3  # of what it may have; the rest is room for what the sample lacks

MAX_TAG_WORDS = 3

Vectors = npt.NDArray[np.float32]
# On the scale from two random tags (0) to the same tag (1): beyond MERGE_SCALE two tags are merged unless a person says
# no, beyond PROPOSAL_SCALE they are only proposed: touch-football may be touch-rugby's other name, half-time is not
# full-time.
MERGE_SCALE = 0.9
PROPOSAL_SCALE = 0.55


class VocabularyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """data/tags/vocabulary.json."""

    tags: list[str] = []
    too_common: list[str] = []


@dataclass
class TagVocabulary:
    """Tags by their form, of which there may be `max_size`."""

    max_size: int
    too_common: list[str] = field(default_factory=list)
    _tags: dict[str, str] = field(default_factory=dict)

    @property
    def tags(self) -> list[str]:
        return list(self._tags.values())

    @property
    def room(self) -> int:
        return max(0, self.max_size - len(self._tags))

    def canonical_tag(self, tag: str) -> str:
        """The tag that says the same, in whatever number and order of words; "" where there is none."""
        return self._tags.get(tag_form(tag), "")

    def add(self, tags: Iterable[str]) -> None:
        struck_forms = {tag_form(tag) for tag in self.too_common}
        for tag in tags:
            if tag_form(tag) not in struck_forms:
                self._tags.setdefault(tag_form(tag), tag)

    def strike(self, tags: Iterable[str]) -> None:
        """Tags that are not given any more."""
        for tag in tags:
            self._tags.pop(tag_form(tag), None)
            self.too_common.append(tag)

    def settle_tags(self, tags: Sequence[str], max_tags: int) -> list[str]:
        """A question's tags as they are given: the known ones, new ones while there is room, else the nearest.

        A new tag that is taken joins the vocabulary, where there are too few to choose from even without room.
        """
        final_tags: list[str] = []
        for tag in tags:
            if not self.canonical_tag(tag) and (self.room or len(self._tags) < max_tags):
                self.add([tag])
            final_tags.append(self.canonical_tag(tag))
        for tag_index, tag in enumerate(final_tags):
            if not tag or tag in final_tags[:tag_index]:
                final_tags[tag_index] = self._nearest_tag(tags[tag_index], final_tags) or tags[tag_index]
        return final_tags

    def foreign_tags(self, tags: Iterable[str]) -> list[str]:
        """The tags that are not in the vocabulary, each once."""
        return list(dict.fromkeys(tag for tag in tags if not self.canonical_tag(tag)))

    def _nearest_tag(self, tag: str, excluded: Sequence[str]) -> str:
        """The tag with most words in common, then most letters, that is not among `excluded`."""
        tag_words = set(tag_form(tag).split())
        shared_words = {
            known_tag: len(tag_words.intersection(form.split()))
            for form, known_tag in self._tags.items()
            if known_tag not in excluded
        }
        most_shared = max(shared_words.values(), default=0)
        likely_tags = [known_tag for known_tag, count in shared_words.items() if count == most_shared]
        return max(likely_tags, key=lambda known_tag: SequenceMatcher(None, tag, known_tag).ratio(), default="")


def vocabulary_size(question_count: int, settings: TagSettings) -> int:
    """How many tags a vocabulary for so many questions may have."""
    wanted_tags = min(question_count // settings.questions_per_tag, settings.max_vocabulary)
    return max(wanted_tags, MIN_TAGS_FACTOR * settings.max_tags)


def overused_tags(tags: Mapping[str, Sequence[str]]) -> list[str]:
    """The tags that more than COMMON_SHARE of the questions bear; `tags`: by question."""
    tag_counts = Counter(tag for question_tags in tags.values() for tag in question_tags)
    return [
        tag
        for tag, bearing_questions in tag_counts.most_common()
        if len(tags) >= MIN_QUESTIONS and bearing_questions > COMMON_SHARE * len(tags)
    ]


def read_vocabulary(vocabulary_files: Iterable[Path], max_size: int) -> TagVocabulary:
    """The vocabulary that the files hold together. Raises BadRecord where one was edited into something else."""
    vocabulary = TagVocabulary(max_size)
    for vocabulary_file in vocabulary_files:
        if vocabulary_file.exists():
            try:
                saved_vocabulary = read_json(vocabulary_file, VocabularyFile)
            except BadRecord as error:
                raise BadRecord(f"{error}; fix it, or delete it: the next run proposes a new one") from error
            vocabulary.too_common += [tag for tag in saved_vocabulary.too_common if tag not in vocabulary.too_common]
            vocabulary.add(saved_vocabulary.tags)
    return vocabulary


def write_vocabulary(vocabulary_file: Path, vocabulary: TagVocabulary) -> None:
    write_json(vocabulary_file, VocabularyFile(tags=vocabulary.tags, too_common=vocabulary.too_common))


def normalise_tag(tag: str) -> str:
    """`tag` in lower case, its words joined by hyphens: `Field Dimensions` and `#field_dimensions` become one.

    Of more than three words the last three stay, for the noun comes last: small models hold on to long names.
    """
    tag_letters = unicodedata.normalize("NFKC", tag).lower().replace("'", "").replace("’", "")
    tag_letters = tag_letters.replace("i\u0307", "i")  # what a Turkish İ becomes
    tag_words = "".join(
        c if c.isalnum() or unicodedata.category(c).startswith("M") else " " for c in tag_letters
    ).split()
    return "-".join(tag_words[-MAX_TAG_WORDS:])


def tags_problem(tags: list[str], max_tags: int) -> str:
    """What is wrong with a question's tags after normalising; "" when nothing is."""
    if not 1 <= len(tags) <= max_tags:
        return f"has {len(tags)} tags instead of 1 to {max_tags}"
    if "" in tags:
        return "has an empty tag"
    if len(set(tags)) < len(tags):
        return f"has the tag {next(tag for tag in tags if tags.count(tag) > 1)!r} twice"
    return ""


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


def update_synonyms(
    synonyms_file: Path, tag_counts: Counter[str], tag_vectors: Vectors
) -> tuple[SynonymEntries, list[str]]:
    """Add entries for tags that have none, keep all others; returns all entries and the tags that are new.

    `tag_vectors` (n, d): those of the tags of `tag_counts`, in its order.
    """
    recorded_synonyms = read_synonyms(synonyms_file)
    proposed_synonyms = {
        tag: entry for tag, entry in propose_synonyms(tag_counts, tag_vectors).items() if tag not in recorded_synonyms
    }
    # A tag that a person merges into another must not be merged away itself.
    merge_targets = {entry.into for entry in recorded_synonyms.values() if entry.merge}
    proposed_synonyms = {tag: entry for tag, entry in proposed_synonyms.items() if tag not in merge_targets}
    if proposed_synonyms:
        write_json(synonyms_file, dict(sorted({**recorded_synonyms, **proposed_synonyms}.items())))
    return {**recorded_synonyms, **proposed_synonyms}, sorted(proposed_synonyms)


def merge_targets(synonyms: Mapping[str, Synonym]) -> dict[str, str]:
    """Which tag becomes which, chains followed to their end; the tags of a circle become the first by the alphabet."""
    target_of = {tag: synonym.into for tag, synonym in synonyms.items() if synonym.merge and synonym.into != tag}
    resolved_targets = {}
    for tag in target_of:
        merge_chain = [tag]
        while merge_chain[-1] in target_of and target_of[merge_chain[-1]] not in merge_chain:
            merge_chain.append(target_of[merge_chain[-1]])
        merge_circle = (
            merge_chain[merge_chain.index(target_of[merge_chain[-1]]) :]
            if merge_chain[-1] in target_of
            else merge_chain[-1:]
        )
        resolved_targets[tag] = min(merge_circle)
    return {tag: target for tag, target in resolved_targets.items() if tag != target}


def propose_synonyms(tag_counts: Counter[str], tag_vectors: Vectors) -> SynonymEntries:
    """For each tag the more frequent one that it may be another name of."""
    counted_tags = list(tag_counts)
    if len(counted_tags) < 2:
        return {}
    median_tag_cosine = float(np.median(random_cosines(tag_vectors)))
    merge_threshold, proposal_threshold = (
        median_tag_cosine + scale * (1 - median_tag_cosine) for scale in (MERGE_SCALE, PROPOSAL_SCALE)
    )
    tags_by_count = sorted(
        range(len(counted_tags)), key=lambda tag_row: (-tag_counts[counted_tags[tag_row]], counted_tags[tag_row])
    )
    kept_tags = _KeptTags(tag_vectors[tags_by_count])
    rows_by_tag_form: dict[str, int] = {}
    proposed_synonyms: SynonymEntries = {}
    for tag_rank, tag_row in enumerate(tags_by_count):
        tag = counted_tags[tag_row]
        nearest_rank, tag_cosine = kept_tags.nearest(tag_rank)
        nearest_tag = counted_tags[tags_by_count[nearest_rank]]
        if (row_of_same_form := rows_by_tag_form.get(tag_form(tag))) is not None:
            tag_similarity = round(float(tag_vectors[row_of_same_form] @ tag_vectors[tag_row]), 3)
            proposed_synonyms[tag] = Synonym(
                into=counted_tags[row_of_same_form], merge=True, why="the same words", similarity=tag_similarity
            )
        elif tag_cosine >= proposal_threshold and _numbers_in_tag(tag) == _numbers_in_tag(nearest_tag):
            is_merged = tag_cosine >= merge_threshold and not _is_narrower_tag(tag, nearest_tag)
            merge_reason = "almost the same meaning" if is_merged else "related; merge it if it means the same here"
            proposed_synonyms[tag] = Synonym(
                into=nearest_tag, merge=is_merged, why=merge_reason, similarity=round(tag_cosine, 3)
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
        """The kept tag nearest to that of `rank`, and their cosine; -1.0 where none is kept. By rising `rank`."""
        if (block_start := tag_rank - tag_rank % self._BLOCK) != self._block_start:
            self._start_block(block_start)
        kept_in_block = self._kept_tag_rows[self._kept_before :]
        nearest_tag_before = self._nearest_before[tag_rank - block_start]
        if not kept_in_block:
            return nearest_tag_before
        tag_cosines = self._tag_vectors[kept_in_block] @ self._tag_vectors[tag_rank]
        nearest_in_block = int(tag_cosines.argmax())
        nearest_pair = kept_in_block[nearest_in_block], float(tag_cosines[nearest_in_block])
        return max(nearest_tag_before, nearest_pair, key=lambda neighbour: neighbour[1])

    def _start_block(self, block_start: int) -> None:
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


def tag_form(tag: str) -> str:
    """A tag's words without their order and their plural: `field-dimensions` and `dimension-of-field` are one."""
    return " ".join(
        sorted(_singular_tag_word(word) for word in tag.split("-") if word not in ("of", "the", "in", "for"))
    )


def _singular_tag_word(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _numbers_in_tag(tag: str) -> list[str]:
    """Numbers in a tag: `under-12` and `under-14` are as near as can be, and never the same."""
    return re.findall(r"\d+", tag)
