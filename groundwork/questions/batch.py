"""The strategy for large models: many pairs a call, with the questions so far and the gaps shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from groundwork.llm.client import Client
from groundwork.llm.prompts import conversation, render
from groundwork.llm.replies import FaultyItem
from groundwork.markdown.statements import Statement
from groundwork.questions.draft_faults import Corrections, Draft, Drafts
from groundwork.questions.interview import Judged
from groundwork.records.types import Chunk, Pair
from groundwork.settings.settings import QA

T = TypeVar("T")

MAX_GAPS = 60  # shown in one call; the rest follows when these are closed


@dataclass
class Batch:
    """Asks about one chunk. `known` are the variables of the prompt that stay the same: context, document, summary."""

    client: Client
    settings: QA
    chunk: Chunk
    prompt: str
    correction: str
    known: dict[str, str]
    calls: int = 0
    dropped: list[FaultyItem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._messages: list[dict[str, Any]] = []

    @property
    def at_once(self) -> int:
        return self.settings.batch

    async def ask(self, iteration: int, pairs: Sequence[Pair], gaps: Sequence[Statement], count: int) -> list[Judged]:
        """One call. The gaps are shown from the second iteration on, when there is something that they were left by."""
        shown = [gap.plain(self.chunk.text) for gap in gaps] if self.settings.show_gaps and iteration > 1 else []
        self._messages = turns(self.prompt, self.known, self.chunk, [pair.question for pair in pairs], shown, count)
        reply = await self._call(self._messages, Drafts, f"{self.chunk.id} iteration {iteration}", iteration)
        return [(as_it_stands(draft, gaps, self.chunk.text), []) for draft in reply.pairs]

    async def correct(self, faulty: Sequence[Judged]) -> list[Draft | None]:
        """One call for all of them; None for a draft that the reply leaves out."""
        faults = [
            f"{number}. {draft.question}\n" + "\n".join(f"   - {fault.detail}" for fault in found)
            for number, (draft, found) in enumerate(faulty, 1)
        ]
        said = msgspec.json.encode(Drafts(pairs=[draft for draft, _ in faulty])).decode()
        messages = [
            *self._messages,
            {"role": "assistant", "content": said},
            {"role": "user", "content": render(self.correction, faults="\n".join(faults))},
        ]
        reply = await self._call(messages, Corrections, f"{self.chunk.id} correction", 0)
        corrected = {draft.number: as_draft(draft) for draft in reply.pairs}
        return [corrected.get(number) for number in range(1, len(faulty) + 1)]

    async def _call(self, messages: list[dict[str, Any]], schema: type[Any], unit: str, sample: int) -> Any:
        self.calls += 1
        reply = await self.client.ask(
            self.settings, messages, stage="generate_qa", unit=unit, schema=schema, sample=sample, partial=True
        )
        self.dropped += reply.dropped
        return reply.value


def turns(
    prompt: str, known: dict[str, str], chunk: Chunk, asked: Sequence[str], gaps: Sequence[str], count: int
) -> list[dict[str, Any]]:
    """The conversation that asks for `count` pairs about `chunk`."""
    return conversation(
        prompt,
        **known,
        section=" > ".join(chunk.headings) or "(none)",
        chunk=chunk.text,
        asked=listed(asked) or "(none yet)",
        gaps=listed(gaps[:MAX_GAPS]) or "(not known)",
        batch=str(count),
    )


def as_it_stands(draft: Draft, gaps: Sequence[Statement], text: str) -> Draft:
    """`draft` with evidence that was copied from the list of gaps, where a row is in words and an item behind its lead,
    turned back into what the chunk says.
    """
    shown = {_plain(gap.plain(text)): text[gap.start : gap.end] for gap in gaps}
    return msgspec.structs.replace(draft, evidence=[shown.get(_plain(quote), quote) for quote in draft.evidence])


def _plain(quote: str) -> str:
    return " ".join(quote.split()).strip(" -.,;")


def as_draft(correction: Any) -> Draft:
    """A correction without its number."""
    return Draft(**{name: getattr(correction, name) for name in Draft.__struct_fields__})


def listed(items: Sequence[str]) -> str:
    return "\n".join(f"- {item}" for item in items)
