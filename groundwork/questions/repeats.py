"""New means new: which questions repeat an earlier one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import regex

from groundwork.errors import MissingExtra
from groundwork.language.detection import script
from groundwork.language.names import names
from groundwork.language.numbers import values
from groundwork.language.opposites import contrasts
from groundwork.language.words import words
from groundwork.settings.settings import Embeddings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from groundwork.llm.client import Client

    Vectors = npt.NDArray[np.float32]

CALIBRATED_ON = 400  # texts at the most
TOO_FEW = 20  # texts to calibrate on
DEFAULT_THRESHOLD = 0.92  # for those few
BLOCK = 256  # new questions held against all earlier ones at once: 100 MB of cosines for 100,000

_WORD = regex.compile(r"[\w\p{No}]+")  # with the vowel signs that `re` takes for no part of a word

Encode = Callable[[list[str]], Awaitable["Vectors"]]

_MEASURES = frozenset(
    re.findall(
        r"\w+",
        "wide long high tall deep thick heavy old fast far many much length width height depth weight age who where "
        "why",
    )
)


def normalised(question: str) -> str:
    """The question's words and numbers, without case, accents of writing and punctuation."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", question).casefold()))


def differ_in_fact(one: str, other: str) -> bool:
    """Do two questions ask about different numbers, named things or opposites, however alike they sound?"""
    if values(one, spelled=True) != values(other, spelled=True) or contrasts(one) != contrasts(other):
        return True
    mine, theirs = set(words(one)), set(words(other))
    measures = mine & _MEASURES, theirs & _MEASURES
    if all(measures) and measures[0].isdisjoint(measures[1]):
        return True
    return bool(names(one) - theirs - _digits(other)) or bool(names(other) - mine - _digits(one))


class Novelty:
    """The questions so far. `encode` gives vectors of length 1; without it only repeated wording is found."""

    def __init__(self, encode: Encode | None = None, threshold: float = 1.0) -> None:
        self._encode, self._threshold = encode, threshold
        self._wordings: dict[str, str] = {}
        self._questions: list[str] = []  # one a row of _vectors, "" for one that repeats another
        self._vectors: Vectors | None = None

    async def sift(self, questions: Sequence[str]) -> list[str]:
        """For each question the earlier one that it repeats, or "" where it is new; the new ones are remembered."""
        vectors = await self._encode(list(questions)) if self._encode and questions else None
        repeats: list[str] = []
        for question, cosines in zip(questions, self._cosines(len(questions), vectors), strict=True):
            earlier = self._wordings.get(normalised(question)) or self._nearest(question, cosines)
            repeats.append(earlier)
            self._questions.append("" if earlier else question)
            if not earlier:
                self._wordings[normalised(question)] = question
        return repeats

    def _cosines(self, count: int, vectors: Vectors | None) -> Iterator[Vectors | None]:
        """For each new vector its cosines to all before it, by one product of matrices for every BLOCK of them."""
        if vectors is None:
            yield from [None] * count
            return
        import numpy as np

        first = 0 if self._vectors is None else len(self._vectors)
        known = self._vectors = vectors if self._vectors is None else np.concatenate([self._vectors, vectors])
        for start in range(first, len(known), BLOCK):
            block = known[start : start + BLOCK]
            for row, cosines in enumerate(block @ known[: start + len(block)].T, start):
                yield cosines[:row]

    def _nearest(self, question: str, cosines: Vectors | None) -> str:
        """The earlier question of the highest cosine from the threshold on that does not differ in fact."""
        if cosines is None:
            return ""
        near = (cosines >= self._threshold).nonzero()[0]
        for i in near[(-cosines[near]).argsort(kind="stable")]:
            earlier = self._questions[int(i)]
            if earlier and not differ_in_fact(question, earlier):
                return earlier
        return ""


async def similarity(
    settings: Embeddings, threshold: float | None, sample: Sequence[str], vectors: Path, client: Callable[[], Client]
) -> tuple[Encode, float, str]:
    """(encode, cosine from which two questions are one, note for the ledger).

    Without a `threshold` it is calibrated for the embedder on `sample`. `vectors` is the folder of the vectors' cache.
    Where the embedder's extra is not installed, the embedder of the base install stands in, and the note says so.
    """
    from groundwork.embedding.duplicates import calibrate_threshold
    from groundwork.embedding.encoder import encoder_for
    from groundwork.settings.settings import STATIC_MODEL

    some = list(sample)[:: max(1, len(sample) // CALIBRATED_ON)]
    encoder, note = encoder_for(settings, vectors, client() if settings.backend == "endpoint" else None), ""
    try:
        known = await encoder.aencode(some, "query")
    except MissingExtra as missing:
        stand_in = msgspec.structs.replace(settings, backend="static", model=STATIC_MODEL)
        encoder, note = encoder_for(stand_in, vectors), f"{STATIC_MODEL} judges what is a duplicate: {missing.need}"
        known = await encoder.aencode(some, "query")
    if threshold is None:
        threshold = calibrate_threshold(known) if len(some) >= TOO_FEW else DEFAULT_THRESHOLD
        apart = [calibrate_threshold(known[rows]) for rows in _by_script(some) if len(rows) > 1]
        threshold = max([threshold, *apart])

    async def encode(questions: list[str]) -> Vectors:
        return await encoder.aencode(questions, "query")

    return encode, threshold, note


def _by_script(texts: Sequence[str]) -> list[list[int]]:
    """The places of the texts of each script other than Latin, in which an English embedder finds everything alike."""
    found: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        if not text.isascii() and (name := script(text)) != "latin":
            found.setdefault(name, []).append(place)
    return list(found.values())


def _digits(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if any(c.isdigit() for c in word)}
