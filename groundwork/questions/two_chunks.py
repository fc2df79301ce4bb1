"""Questions that need two related chunks of a document, evidence from both (qa.multi_chunk)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from groundwork.errors import UnitError
from groundwork.llm.client import Client
from groundwork.llm.prompts import conversation
from groundwork.markdown.grounding import find
from groundwork.questions.draft_faults import Draft, Drafts, Fault, Source
from groundwork.questions.interview import as_pair, as_rejected, as_unread
from groundwork.questions.repeats import Encode, Novelty
from groundwork.records.types import Chunk, Pair, Rejected
from groundwork.settings.settings import QA

if TYPE_CHECKING:
    from groundwork.questions.repeats import Vectors

ITERATION = 0  # these pairs belong to no iteration of one chunk


@dataclass
class TwoChunks:
    """One call for two related chunks, and what came of it."""

    client: Client
    settings: QA
    prompt: str
    first: Chunk
    second: Chunk
    known: dict[str, str]
    source: Source
    pairs: list[Pair] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    failure: UnitError | None = None

    async def run(self, novelty: Novelty) -> None:
        """Ask once; pairs that need only one of the chunks are turned down."""
        messages = conversation(
            self.prompt,
            **self.known,
            first=self.first.text,
            second=self.second.text,
            batch=str(self.settings.batch),
        )
        unit = f"{self.first.id} with {self.second.id}"
        try:
            reply = await self.client.ask(
                self.settings, messages, stage="generate_qa", unit=unit, schema=Drafts, partial=True
            )
        except UnitError as error:
            self.failure = error
            return
        self.rejected += [as_unread(item, self.first, ITERATION) for item in reply.dropped]
        good = []
        for draft in reply.value.pairs[: self.settings.batch]:
            if found := [*self.source.faults(draft), *self._one_sided(draft)]:
                self.rejected.append(as_rejected(draft, self.first, ITERATION, found[0]))
            else:
                good.append(draft)
        for draft, earlier in zip(good, await novelty.sift([draft.question for draft in good]), strict=True):
            if earlier:
                self.rejected.append(
                    as_rejected(draft, self.first, ITERATION, Fault("duplicate", f"repeats: {earlier}"))
                )
            else:
                self.pairs.append(self._pair(draft))

    def _one_sided(self, draft: Draft) -> list[Fault]:
        for chunk in (self.first, self.second):
            if not any(find(quote, chunk.text) for quote in draft.evidence):
                return [Fault("evidence", f"no evidence from chunk {chunk.index}")]
        return []

    def _pair(self, draft: Draft) -> Pair:
        pair = as_pair(draft, self.first, self.settings.model, ITERATION)
        pages = sorted({*self.first.pages, *self.second.pages})
        return msgspec.structs.replace(pair, also=[self.second.id], pages=pages)


async def related(chunks: Sequence[Chunk], encode: Encode) -> list[tuple[Chunk, Chunk]]:
    """Each chunk with the other one that is most like it, each couple once, in the order of the document."""
    if len(chunks) < 2:
        return []
    import numpy as np

    vectors: Vectors = await encode([chunk.text for chunk in chunks])
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    couples = {(min(i, j), max(i, j)) for i, j in enumerate(map(int, cosines.argmax(axis=1)))}
    return [(chunks[i], chunks[j]) for i, j in sorted(couples)]
