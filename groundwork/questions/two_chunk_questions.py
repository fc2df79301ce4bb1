"""Questions that need two related chunks of a document, evidence from both (qa.multi_chunk)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from groundwork.errors import UnitError
from groundwork.llm.client import Client
from groundwork.llm.prompts import render_turns
from groundwork.llm.replies.structured_output import ReplyRequirements
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.figures_and_picture_links import text_with_captions
from groundwork.questions.drafts_and_faults import (
    Draft,
    DraftBasis,
    Drafts,
    Fault,
    pair_from_draft,
    reject_draft,
    reject_unread_draft,
)
from groundwork.questions.duplicates.duplicate_rule import asked_question
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions, Encode
from groundwork.records import Pair, Rejected
from groundwork.settings.config_schema import QA

if TYPE_CHECKING:
    from groundwork.questions.duplicates.duplicate_search import Vectors

NO_ITERATION = 0  # these pairs belong to no iteration of one chunk
CHUNKS_AT_ONCE = 256  # chunks held against all others at once: 20 MB of cosines for 20,000


@dataclass
class TwoChunkInterview:
    """One call for two related chunks, and what came of it."""

    client: Client
    settings: QA
    prompt: str
    first: Reading
    second: Reading
    variables: dict[str, str]
    source: DraftBasis
    pairs: list[Pair] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    failure: UnitError | None = None

    async def run(self, earlier: EarlierQuestions) -> None:
        """Ask once; pairs that need only one of the chunks are rejected."""
        messages = render_turns(
            self.prompt,
            **self.variables,
            first=text_with_captions(self.first.chunk.text, self.first.chunk.document),
            second=text_with_captions(self.second.chunk.text, self.second.chunk.document),
            batch=str(self.settings.batch),
        )
        unit = f"{self.first.chunk.id} with {self.second.chunk.id}"
        try:
            reply = await self.client.ask(
                self.settings,
                messages,
                stage="generate_qa",
                unit=unit,
                schema=ReplyRequirements(Drafts, partial=True),
            )
        except UnitError as error:
            self.failure = error
            return
        self.rejected += [
            reject_unread_draft(faulty_item, self.first.chunk, NO_ITERATION) for faulty_item in reply.dropped
        ]
        self.contradictions = [text.strip() for text in reply.value.contradictions if text.strip()]
        accepted_drafts = []
        for draft in reply.value.pairs[: self.settings.batch]:
            if faults := [*self.source.faults(draft), *self._one_sided_evidence_faults(draft)]:
                self.rejected.append(reject_draft(draft, self.first.chunk, NO_ITERATION, faults[0]))
            else:
                accepted_drafts.append(draft)
        earlier_questions = await earlier.find_repeats([asked_question(draft) for draft in accepted_drafts])
        for draft, earlier_question in zip(accepted_drafts, earlier_questions, strict=True):
            if earlier_question:
                self.rejected.append(
                    reject_draft(
                        draft, self.first.chunk, NO_ITERATION, Fault("duplicate", f"repeats: {earlier_question}")
                    )
                )
            else:
                self.pairs.append(self._two_chunk_pair(draft))

    def _one_sided_evidence_faults(self, draft: Draft) -> list[Fault]:
        for reading in (self.first, self.second):
            if not any(reading.source_text.find(quote) for quote in draft.evidence):
                return [Fault("evidence", f"no evidence from chunk {reading.chunk.index + 1}")]
        return []

    def _two_chunk_pair(self, draft: Draft) -> Pair:
        first, second = self.first.chunk, self.second.chunk
        pair = pair_from_draft(draft, first, self.settings.model, NO_ITERATION)
        return msgspec.structs.replace(pair, also=[second.id], pages=sorted({*first.pages, *second.pages}))


async def related_chunk_pairs(readings: Sequence[Reading], encode: Encode) -> list[tuple[Reading, Reading]]:
    """Each chunk with the other one that is most like it, each couple once, in the order of the document."""
    if len(readings) < 2:
        return []
    import numpy as np

    vectors: Vectors = await encode([reading.chunk.text for reading in readings])
    chunk_pairs = set()
    for start in range(0, len(vectors), CHUNKS_AT_ONCE):
        cosines = vectors[start : start + CHUNKS_AT_ONCE] @ vectors.T
        np.fill_diagonal(cosines[:, start:], -1)
        chunk_pairs |= {(min(i, j), max(i, j)) for i, j in enumerate(map(int, cosines.argmax(axis=1)), start)}
    return [(readings[i], readings[j]) for i, j in sorted(chunk_pairs)]
