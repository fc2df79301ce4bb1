"""Likeness: the cosines from which questions may be duplicates, calibrated for an embedder on some questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from groundwork.embedding.cosine_threshold import calibrate_by_script, calibrate_threshold, random_cosines, threshold_of
from groundwork.errors import MissingExtra
from groundwork.settings.config_schema import Embeddings

if TYPE_CHECKING:
    from groundwork.embedding.encoder import EncodeTexts
    from groundwork.embedding.vector_types import Vectors
    from groundwork.llm.client import Client

CALIBRATION_QUESTIONS = 400  # texts at the most
LEAST_CALIBRATION_QUESTIONS = 20  # texts to calibrate on
DEFAULT_THRESHOLD, DEFAULT_ALIKE_COSINE = 0.92, 0.3  # for those few
# On a scale from 0 (two random texts) to 1 (the same text); the same fact reworded begins at 0.15.
ALIKE_COSINE_DISTANCE = 0.12


@dataclass(frozen=True)
class Likeness:
    """Cosines of an embedder: `alike_cosine` from which two pairs with evidence may ask the same, since the same
    statement answers both; `same_cosine` from which two questions without evidence are one, `by_script` where both are
    in another script than Latin.
    """

    same_cosine: float = 1.0
    alike_cosine: float = -1.0
    by_script: Mapping[str, float] = field(default_factory=dict)

    def are_close(self, first_question: str, second_question: str, cosine: float) -> bool:
        """Are two questions one by their wording?"""
        return cosine >= self.same_cosine and all(
            cosine >= threshold_of(question, self.by_script, self.same_cosine)
            for question in (first_question, second_question)
        )


def calibrated_likeness(
    vectors: Vectors, threshold: float | None = None, seed: int = 0, questions: Sequence[str] = ()
) -> Likeness:
    """Calibrated on the vectors (n, d) of some `questions`; `threshold` stands for `same_cosine` where given."""
    same_cosine = calibrate_threshold(vectors, seed) if threshold is None else threshold
    if len(vectors) < 2:
        return Likeness(same_cosine)
    random_cosine = float(np.median(random_cosines(vectors, seed)))
    by_script = calibrate_by_script(vectors, questions, same_cosine, seed) if threshold is None else {}
    return Likeness(same_cosine, random_cosine + ALIKE_COSINE_DISTANCE * (1 - random_cosine), by_script)


async def encoder_and_likeness(
    settings: Embeddings,
    threshold: float | None,
    likeness_sample: Sequence[str],
    vectors: Path,
    client: Callable[[], Client],
    joined: Path | None = None,
) -> tuple[EncodeTexts, Likeness, str]:
    """(encode, from which cosines questions are alike, note for the ledger).

    Without a `threshold` it is calibrated for the embedder on `likeness_sample`. `vectors` is the folder of the
    vectors' cache, `joined` one that is only read.
    Where the embedder's extra is not installed, the embedder of the base install stands in, and the note says so.
    """
    from groundwork.embedding.encoder import encoder_for
    from groundwork.settings.config_schema import STATIC_MODEL

    likeness_texts = list(likeness_sample[:: max(1, len(likeness_sample) // CALIBRATION_QUESTIONS)])
    endpoint_client = client() if settings.backend == "endpoint" else None
    encoder, likeness_note = encoder_for(settings, vectors, endpoint_client, joined), ""
    try:
        likeness_vectors = await encoder.aencode(likeness_texts, "query")
    except MissingExtra as missing_extra:
        stand_in_embeddings = msgspec.structs.replace(settings, backend="static", model=STATIC_MODEL)
        encoder = encoder_for(stand_in_embeddings, vectors, joined=joined)
        likeness_note = f"{STATIC_MODEL} judges what is a duplicate: {missing_extra.need}"
        likeness_vectors = await encoder.aencode(likeness_texts, "query")

    async def encode(questions: list[str]) -> Vectors:
        return await encoder.aencode(questions, "query")

    return encode, _calibrate_likeness(likeness_texts, likeness_vectors, threshold), likeness_note


def _calibrate_likeness(questions: Sequence[str], vectors: Vectors, threshold: float | None) -> Likeness:
    if len(questions) >= LEAST_CALIBRATION_QUESTIONS:
        return calibrated_likeness(vectors, threshold, questions=questions)
    same_cosine = threshold or DEFAULT_THRESHOLD
    by_script = calibrate_by_script(vectors, questions, same_cosine) if threshold is None else {}
    return Likeness(same_cosine, DEFAULT_ALIKE_COSINE, by_script)
