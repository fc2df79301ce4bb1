"""Questions that need two related chunks of a document, evidence from both (qa.multi_chunk)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from groundwork.errors import UnitError
from groundwork.llm.client import Client
from groundwork.llm.prompt_templates import render_turns
from groundwork.llm.replies.reply_schema import ReplyRequirements
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.figures import text_with_captions
from groundwork.questions.duplicates.duplicate_rule import asked_question
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
from groundwork.questions.pair_drafts import (
    Draft,
    DraftBasis,
    Drafts,
    Fault,
    pair_from_draft,
    reject_draft,
    reject_unread_draft,
)
from groundwork.records import Pair, Rejected
from groundwork.settings.config_schema import QA

if TYPE_CHECKING:
    from groundwork.embedding.encoder import EncodeTexts, Vectors

NO_ITERATION = 0  # these pairs belong to no iteration of one chunk
CHUNKS_AT_ONCE = 256  # chunks held against all others at once: 20 MB of cosines for 20,000


@dataclass
class TwoChunkInterview:
    """One call for two related chunks, and what came of it."""

    client: Client
    settings: QA
    prompt: str
    first_reading: Reading
    second_reading: Reading
    variables: dict[str, str]
    draft_basis: DraftBasis
    pairs: list[Pair] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    two_chunk_failure: UnitError | None = None

    @property
    def chunk_names(self) -> str:
        return f"chunks {self.first_reading.chunk.index + 1} and {self.second_reading.chunk.index + 1}"

    async def ask_about_both(self, earlier_questions: EarlierQuestions) -> None:
        """Ask once; pairs that need only one of the chunks are rejected."""
        first_chunk, second_chunk = self.first_reading.chunk, self.second_reading.chunk
        two_chunk_messages = render_turns(
            self.prompt,
            **self.variables,
            first=text_with_captions(first_chunk.text, first_chunk.document),
            second=text_with_captions(second_chunk.text, second_chunk.document),
            batch=str(self.settings.batch),
        )
        try:
            reply = await self.client.ask(
                self.settings,
                two_chunk_messages,
                stage="generate_qa",
                unit=f"{first_chunk.id} with {second_chunk.id}",
                schema=ReplyRequirements(Drafts, partial=True),
            )
        except UnitError as error:
            self.two_chunk_failure = error
            return
        self.rejected += [reject_unread_draft(faulty_item, first_chunk, NO_ITERATION) for faulty_item in reply.dropped]
        self.contradictions = [text.strip() for text in reply.value.contradictions if text.strip()]
        accepted_drafts = []
        for draft in reply.value.pairs[: self.settings.batch]:
            if faults := [*self.draft_basis.draft_faults(draft), *self._one_sided_evidence_faults(draft)]:
                self.rejected.append(reject_draft(draft, first_chunk, NO_ITERATION, faults[0]))
            else:
                accepted_drafts.append(draft)
        duplicates = await earlier_questions.find_duplicates([asked_question(draft) for draft in accepted_drafts])
        for draft, duplicated_question in zip(accepted_drafts, duplicates, strict=True):
            if duplicated_question:
                duplicate_fault = Fault("duplicate", f"repeats: {duplicated_question}")
                self.rejected.append(reject_draft(draft, first_chunk, NO_ITERATION, duplicate_fault))
            else:
                self.pairs.append(self._two_chunk_pair(draft))

    def _one_sided_evidence_faults(self, draft: Draft) -> list[Fault]:
        for reading in (self.first_reading, self.second_reading):
            if not any(reading.source_text.find(quote) for quote in draft.evidence):
                return [Fault("evidence", f"no evidence from chunk {reading.chunk.index + 1}")]
        return []

    def _two_chunk_pair(self, draft: Draft) -> Pair:
        first_chunk, second_chunk = self.first_reading.chunk, self.second_reading.chunk
        pair = pair_from_draft(draft, first_chunk, self.settings.model, NO_ITERATION)
        return msgspec.structs.replace(
            pair, also=[second_chunk.id], pages=sorted({*first_chunk.pages, *second_chunk.pages})
        )


async def related_chunk_pairs(readings: Sequence[Reading], encode: EncodeTexts) -> list[tuple[Reading, Reading]]:
    """Each chunk with the other one that is most like it, each couple once, in the order of the document."""
    if len(readings) < 2:
        return []
    import numpy as np

    chunk_vectors: Vectors = await encode([reading.chunk.text for reading in readings])
    related_index_pairs = set()
    for block_start in range(0, len(chunk_vectors), CHUNKS_AT_ONCE):
        chunk_cosines = chunk_vectors[block_start : block_start + CHUNKS_AT_ONCE] @ chunk_vectors.T
        np.fill_diagonal(chunk_cosines[:, block_start:], -1)
        related_index_pairs |= {
            (min(i, j), max(i, j)) for i, j in enumerate(map(int, chunk_cosines.argmax(axis=1)), block_start)
        }
    return [(readings[i], readings[j]) for i, j in sorted(related_index_pairs)]
