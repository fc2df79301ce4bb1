"""The interview about two related chunks: which chunks are related, and one call for both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from groundwork.errors import UnitError
from groundwork.llm.client import Client
from groundwork.llm.prompt_templates import Message, PromptReader, render_turns
from groundwork.llm.replies.reply_schema import ReplyRequirements
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.figures import text_with_captions
from groundwork.questions.chunk_interviews import duplicate_faults
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
from groundwork.questions.interview_material import InterviewMaterial, prompt_variables
from groundwork.questions.pair_drafts import (
    Draft,
    DraftBasis,
    Drafts,
    Fault,
    draft_basis_of,
    pair_from_draft,
    reject_draft,
    reject_unread_draft,
)
from groundwork.records import Pair, Rejected
from groundwork.settings.config_schema import QA

if TYPE_CHECKING:
    from groundwork.embedding.encoder import EncodeTexts
    from groundwork.embedding.vector_types import Vectors

TWO_CHUNK_ROUND = 0  # these pairs belong to no iteration of one chunk
RELATED_CHUNKS_AT_ONCE = 256  # chunks held against all others at once: 20 MB of cosines for 20,000


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
        first_chunk = self.first_reading.chunk
        try:
            two_chunk_reply = await self.client.ask(
                self.settings,
                self._two_chunk_messages(),
                stage="generate_qa",
                unit=f"{first_chunk.id} with {self.second_reading.chunk.id}",
                schema=ReplyRequirements(Drafts, partial=True),
            )
        except UnitError as error:
            self.two_chunk_failure = error
            return
        self.rejected += [reject_unread_draft(item, first_chunk, TWO_CHUNK_ROUND) for item in two_chunk_reply.dropped]
        self.contradictions = [text.strip() for text in two_chunk_reply.value.contradictions if text.strip()]
        faultless_drafts = []
        for draft in two_chunk_reply.value.pairs[: self.settings.batch]:
            if faults := [*self.draft_basis.draft_faults(draft), *self._one_sided_evidence_faults(draft)]:
                self.rejected.append(reject_draft(draft, first_chunk, TWO_CHUNK_ROUND, faults[0]))
            else:
                faultless_drafts.append(draft)
        await self._keep_new_two_chunk_drafts(faultless_drafts, earlier_questions)

    def _two_chunk_messages(self) -> list[Message]:
        first_text, second_text = (
            text_with_captions(reading.chunk.text, reading.chunk.document)
            for reading in (self.first_reading, self.second_reading)
        )
        batch = str(self.settings.batch)
        return render_turns(self.prompt, **self.variables, first=first_text, second=second_text, batch=batch)

    async def _keep_new_two_chunk_drafts(self, drafts: Sequence[Draft], earlier_questions: EarlierQuestions) -> None:
        faults = await duplicate_faults(drafts, earlier_questions)
        for draft, duplicate_fault in zip(drafts, faults, strict=True):
            if duplicate_fault:
                self.rejected.append(reject_draft(draft, self.first_reading.chunk, TWO_CHUNK_ROUND, duplicate_fault))
            else:
                self.pairs.append(self._two_chunk_pair(draft))

    def _one_sided_evidence_faults(self, draft: Draft) -> list[Fault]:
        for reading in (self.first_reading, self.second_reading):
            if not any(reading.source_text.find(quote) for quote in draft.evidence):
                return [Fault("evidence", f"no evidence from chunk {reading.chunk.index + 1}")]
        return []

    def _two_chunk_pair(self, draft: Draft) -> Pair:
        first_chunk, second_chunk = self.first_reading.chunk, self.second_reading.chunk
        pair = pair_from_draft(draft, first_chunk, self.settings.model, TWO_CHUNK_ROUND)
        pages_of_both = sorted({*first_chunk.pages, *second_chunk.pages})
        return msgspec.structs.replace(pair, also=[second_chunk.id], pages=pages_of_both)


async def related_chunk_pairs(readings: Sequence[Reading], encode: EncodeTexts) -> list[tuple[Reading, Reading]]:
    """Each chunk with the other one that is most like it, each couple once, in the order of the document."""
    if len(readings) < 2:
        return []
    import numpy as np

    related_chunk_vectors: Vectors = await encode([reading.chunk.text for reading in readings])
    related_index_pairs = set()
    for first_chunk_of_block in range(0, len(related_chunk_vectors), RELATED_CHUNKS_AT_ONCE):
        related_chunk_cosines = (
            related_chunk_vectors[first_chunk_of_block : first_chunk_of_block + RELATED_CHUNKS_AT_ONCE]
            @ related_chunk_vectors.T
        )
        np.fill_diagonal(related_chunk_cosines[:, first_chunk_of_block:], -1)
        related_index_pairs |= {
            (min(i, j), max(i, j))
            for i, j in enumerate(map(int, related_chunk_cosines.argmax(axis=1)), first_chunk_of_block)
        }
    return [(readings[i], readings[j]) for i, j in sorted(related_index_pairs)]


async def prepare_two_chunk_interviews(
    settings: QA, material: InterviewMaterial, prompt: PromptReader, client: Callable[[], Client], encode: EncodeTexts
) -> list[TwoChunkInterview]:
    """None where qa.multi_chunk does not ask for them."""
    if not settings.multi_chunk:
        return []
    template, variables = prompt(settings.two_chunk_prompt), prompt_variables(settings, material)
    return [
        TwoChunkInterview(
            client(),
            settings,
            template,
            *both_readings,
            variables,
            draft_basis_of(material, both_readings, template, settings),
        )
        for both_readings in await related_chunk_pairs(material.readings, encode)
    ]
