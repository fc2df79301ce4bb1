"""New means new: which questions ask what an earlier one has asked."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from groundwork.embedding.nearest_neighbours import EXACT_ROWS, calibrate_threshold, random_cosines, similar_rows
from groundwork.errors import MissingExtra
from groundwork.language.detection import main_script
from groundwork.language.words import normalised_words
from groundwork.questions.duplicates.duplicate_rule import (
    SAME_STATEMENT,
    Asked,
    Words,
    differ_in_words,
    difference,
    share,
)
from groundwork.questions.duplicates.set_similarity_join import SharedStatements, rarest
from groundwork.settings.dataset_settings import Embeddings

if TYPE_CHECKING:
    from groundwork.llm.client import Client

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

CALIBRATED_ON = 400  # texts at the most
TOO_FEW = 20  # texts to calibrate on
DEFAULT_THRESHOLD, DEFAULT_ALIKE = 0.92, 0.3  # for those few
ALIKE = 0.12  # on a scale from 0 (two random texts) to 1 (the same text); the same fact reworded begins at 0.15
MANY = 1_000  # questions at once from which statements are held against each other in arrays
HELD = 4_096  # questions whose words are kept, of many
BLOCK = 256  # new questions held against all earlier ones at once: 100 MB of cosines for 100,000

_NONE: Rows = np.zeros(0, dtype=np.int64)

Encode = Callable[[list[str]], Awaitable[Vectors]]


@dataclass(frozen=True)
class Likeness:
    """Cosines of an embedder: `alike` from which two pairs with evidence may ask the same, since the same statement
    answers both; `one` from which two questions without evidence are one.
    """

    one: float = 1.0
    alike: float = -1.0


def likeness(vectors: Vectors, threshold: float | None = None, seed: int = 0) -> Likeness:
    """Calibrated on the vectors (n, d) of some texts; `threshold` stands for `one` where it is given."""
    one = calibrate_threshold(vectors, seed) if threshold is None else threshold
    if len(vectors) < 2:
        return Likeness(one)
    random = float(np.median(random_cosines(vectors, seed)))
    return Likeness(one, random + ALIKE * (1 - random))


class Statements:
    """Finds, among the pairs so far, those whose evidence shares SAME_STATEMENT of the words of the smaller of the two.

    A pair is looked up by its rarest words: of the words of the smaller at most a fifth may be missing in the larger,
    so of any choice of a fifth and two more at least two are there.
    """

    def __init__(self) -> None:
        self._holding: dict[str, list[int]] = defaultdict(list)  # all words
        self._by_rarest: dict[str, list[int]] = defaultdict(list)
        self._seen: Counter[str] = Counter()
        self._words: dict[int, Words] = {}

    def expect(self, statements: Iterable[Words]) -> None:
        """Count the words of those to come: the better it is known which words are rare, the fewer are candidates."""
        for statement in statements:
            self._seen.update(statement)

    def add(self, row: int, statement: Words) -> None:
        self._words[row] = statement
        for word in statement:
            self._holding[word].append(row)
        for word in self._rarest(statement):
            self._by_rarest[word].append(row)

    def candidates(self, statement: Words) -> set[int]:
        """The rows whose statement has enough words in common with this one."""
        smaller = self._hit(self._by_rarest, statement)
        found = {row for row, hits in smaller.items() if hits > 1 or len(self._words[row]) == 1}
        larger = self._hit(self._holding, self._rarest(statement))
        found.update(row for row, hits in larger.items() if hits > 1 or len(statement) == 1)
        return {row for row in found if share(statement, self._words[row]) >= SAME_STATEMENT}

    def _hit(self, index: Mapping[str, list[int]], words: Iterable[str]) -> Counter[int]:
        """How many of `words` lead to each row."""
        return Counter(chain.from_iterable(index.get(word, ()) for word in words))

    def _rarest(self, statement: Words) -> list[str]:
        return sorted(statement, key=lambda word: (self._seen[word], word))[: rarest(len(statement))]


def _apart(asked: Asked) -> Asked:
    """The same without the words that were read of it, which take some kB: what is read of this is soon gone."""
    return replace(asked)


def wording_hash(question: str) -> bytes:
    """16 bytes in place of a wording: two of a million are the same once in 10^26 runs."""
    return hashlib.blake2b(normalised_words(question).encode("utf-8", "surrogatepass"), digest_size=16).digest()


class _Joined:
    """Sequences one after the other, none of them copied."""

    def __init__(self) -> None:
        self._parts: list[Sequence[Asked]] = []
        self._starts: list[int] = []
        self._length = 0

    def append(self, part: Sequence[Asked]) -> None:
        self._parts.append(part)
        self._starts.append(self._length)
        self._length += len(part)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, row: int) -> Asked:
        part = bisect_right(self._starts, row) - 1
        return self._parts[part][row - self._starts[part]]


class AskedSoFar:
    """The questions so far. `encode` gives vectors of length 1; without it the evidence alone tells, or the wording."""

    def __init__(self, encode: Encode | None = None, likeness: Likeness | None = None) -> None:
        self._encode, self._likeness = encode, likeness or Likeness()
        self._wordings: dict[bytes, int] = {}  # the row of each wording, by its hash
        self._asked = _Joined()  # one a row of _vectors
        self._new = bytearray()  # of each row: does it repeat no other?
        self._statements = Statements()
        self._indexed = 0  # of _asked, those that _statements knows
        self._vectors: Vectors | None = None
        self._read = lru_cache(maxsize=HELD)(self._apart)

    async def sift(self, asked: Sequence[Asked]) -> list[str]:
        """For each the earlier question that it repeats, or "" where it is new; the new ones are remembered.

        Of many, `asked` may be read from a file again and again: it is kept as it is, and no words of it.
        """
        vectors = await self._encode([one.question for one in asked]) if self._encode and len(asked) else None
        many, repeats = not len(self._asked) and len(asked) > MANY, list[str]()
        self._asked.append(asked)
        for one, near, shared in zip(asked, self._near(len(asked), vectors), self._sharing(asked, many), strict=True):
            row, wording = len(self._new), wording_hash(one.question)
            if (known := self._wordings.get(wording)) is not None:
                earlier = self._asked[known].question
            else:
                earlier = self._repeated(_apart(one) if many else one, near, shared())
            repeats.append(earlier)
            if not earlier:
                self._wordings[wording] = row
            self._new.append(not earlier)
        return repeats

    def _sharing(self, asked: Sequence[Asked], many: bool) -> Iterator[Callable[[], Iterable[int]]]:
        """For each of `asked` what gives the earlier ones whose evidence shares its words."""
        if many:
            shared = SharedStatements(_apart(one).statement for one in asked)
            yield from (partial(shared.of, row) for row in range(len(asked)))
            return
        self._statements.expect(one.statement for one in asked)
        for one in asked:
            self._index()
            yield partial(self._statements.candidates, one.statement)

    def _index(self) -> None:
        """Add to the index of statements those that it lacks."""
        for row in range(self._indexed, len(self._new)):
            if self._new[row]:
                self._statements.add(row, self._asked[row].statement)
        self._indexed = len(self._new)

    def _apart(self, row: int) -> Asked:
        """The question with its words: those of a few are kept with it, those of many only for a while."""
        return self._asked[row] if row < self._indexed else _apart(self._asked[row])

    def _near(self, count: int, vectors: Vectors | None) -> Iterator[Rows]:
        """For each new vector the earlier ones with a cosine from which questions are one."""
        if vectors is None:
            yield from [_NONE] * count
            return
        first = 0 if self._vectors is None else len(self._vectors)
        known = self._vectors = vectors if self._vectors is None else np.concatenate([self._vectors, vectors])
        if len(known) > EXACT_ROWS:
            rows = np.arange(first, len(known))
            for row, found in zip(rows.tolist(), similar_rows(known, rows, self._likeness.one), strict=True):
                yield found[found < row]
            return
        for start in range(first, len(known), BLOCK):
            block = known[start : start + BLOCK]
            cosines = block @ known[: start + len(block)].T
            for place, own in enumerate(cosines):
                yield np.flatnonzero(own[: start + place] >= self._likeness.one)

    def _repeated(self, one: Asked, near: Rows, shared: Iterable[int]) -> str:
        """The earlier question most like it that asks the same, or ""; `shared`: those that share its evidence."""
        now = len(self._new)
        rows = np.array(sorted(row for row in shared if row < now), dtype=np.int64)
        if self._vectors is None:
            cosines = np.ones(len(rows), dtype=np.float32)
        else:
            own = self._vectors[now]
            alike = rows[self._vectors[rows] @ own >= self._likeness.alike] if len(rows) else rows
            rows = np.union1d(alike, near)
            cosines = self._vectors[rows] @ own
        for place in np.argsort(-cosines, kind="stable").tolist():
            row = int(rows[place])
            if self._new[row] and same(one, self._read(row), float(cosines[place]), self._likeness):
                return self._read(row).question
        return ""


class SameQuestions:
    """Which of many pairs ask the same; `vectors` (n, d) are those of their questions, rows of length 1."""

    def __init__(
        self, asked: Sequence[Asked], vectors: Vectors, likeness: Likeness, rows: Sequence[int] | None = None
    ) -> None:
        """`rows`: the only ones that `of` will be asked about."""
        self._asked, self._vectors, self._likeness = asked, vectors, likeness
        places = np.arange(len(vectors)) if rows is None else np.array(rows, dtype=np.int64)
        self._near = similar_rows(vectors, places, likeness.one)
        self._place = None if rows is None else {row: place for place, row in enumerate(rows)}
        statements = (_apart(one).statement for one in asked)
        self._sharing = SharedStatements(statements).of if rows is None else _sharing(asked, rows)
        self._read = lru_cache(maxsize=HELD)(lambda row: _apart(asked[row]))

    def of(self, row: int) -> list[int]:
        """The other rows that ask what `row` asks, in order."""
        near = self._near[row if self._place is None else self._place[row]]
        rows = np.union1d(self._sharing(row), near)
        rows = rows[rows != row].astype(np.int64)
        cosines = self._vectors[rows] @ self._vectors[row]
        least = min(self._likeness.one, self._likeness.alike)
        return [
            int(rows[place])
            for place in np.flatnonzero(cosines >= least).tolist()
            if same(self._read(row), self._read(int(rows[place])), float(cosines[place]), self._likeness)
        ]


def _sharing(asked: Sequence[Asked], rows: Sequence[int]) -> Callable[[int], Rows]:
    """What gives, for one of `rows`, those whose evidence shares its words; all are gone through once for few."""
    few = Statements()
    few.expect(asked[row].statement for row in rows)
    for row in rows:
        few.add(row, asked[row].statement)
    found: dict[int, list[int]] = {row: [] for row in rows}
    for other, one in enumerate(asked):
        for row in few.candidates(_apart(one).statement):
            found[row].append(other)
    return lambda row: np.array(found[row], dtype=np.int64)


def same(one: Asked, other: Asked, cosine: float, likeness: Likeness) -> bool:
    """Do the two ask the same, their questions being as alike as `cosine`?"""
    if one.statement and other.statement and cosine >= likeness.alike and not difference(one, other):
        return True
    return cosine >= likeness.one and not differ_in_words(one, other)


async def similarity(
    settings: Embeddings,
    threshold: float | None,
    sample: Sequence[str],
    vectors: Path,
    client: Callable[[], Client],
    joined: Path | None = None,
) -> tuple[Encode, Likeness, str]:
    """(encode, from which cosines questions are alike, note for the ledger).

    Without a `threshold` it is calibrated for the embedder on `sample`. `vectors` is the folder of the vectors' cache,
    `joined` one that is only read.
    Where the embedder's extra is not installed, the embedder of the base install stands in, and the note says so.
    """
    from groundwork.embedding.encoder import encoder_for
    from groundwork.settings.dataset_settings import STATIC_MODEL

    some = list(sample[:: max(1, len(sample) // CALIBRATED_ON)])
    encoder, note = encoder_for(settings, vectors, client() if settings.backend == "endpoint" else None, joined), ""
    try:
        known = await encoder.aencode(some, "query")
    except MissingExtra as missing:
        stand_in = msgspec.structs.replace(settings, backend="static", model=STATIC_MODEL)
        encoder, note = (
            encoder_for(stand_in, vectors, joined=joined),
            f"{STATIC_MODEL} judges what is a duplicate: {missing.need}",
        )
        known = await encoder.aencode(some, "query")

    async def encode(questions: list[str]) -> Vectors:
        return await encoder.aencode(questions, "query")

    return encode, _calibrated(some, known, threshold), note


def _calibrated(texts: Sequence[str], vectors: Vectors, threshold: float | None) -> Likeness:
    whole = (
        likeness(vectors, threshold)
        if len(texts) >= TOO_FEW
        else Likeness(threshold or DEFAULT_THRESHOLD, DEFAULT_ALIKE)
    )
    if threshold is not None:
        return whole
    apart = [calibrate_threshold(vectors[rows]) for rows in _by_script(texts) if len(rows) > 1]
    return Likeness(max([whole.one, *apart]), whole.alike)


def _by_script(texts: Sequence[str]) -> list[list[int]]:
    """The places of the texts of each script other than Latin, in which an English embedder finds everything alike."""
    found: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        if not text.isascii() and (name := main_script(text)) != "latin":
            found.setdefault(name, []).append(place)
    return list(found.values())
