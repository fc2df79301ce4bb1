"""What an interview asks of a strategy: an asker for each chunk, which answers its rounds, and a forecast of the calls.

`batched_strategy` gets many pairs from one call, `small_model.sentence_strategy` one pair a statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from groundwork.llm.client import Client
from groundwork.llm.prompt_templates import PromptReader
from groundwork.llm.replies.reply_schema import FaultyItem
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.statements import Statement
from groundwork.questions.interview_material import InterviewMaterial
from groundwork.questions.pair_drafts import Draft, JudgedDraft
from groundwork.records import Pair, Rejected
from groundwork.settings.config_schema import QA

ForecastTokens = tuple[int, int]  # tokens in, tokens out
TokenCounter = Callable[[list[dict[str, Any]], type | None], int]  # of a request


@dataclass(frozen=True)
class InterviewRound:
    """What an asker is told: at most `count` pairs are wanted, `pairs` are kept already, `gaps` are untouched by them,
    `rejected` were rejected in the round before. `wished`: readers want exactly these gaps asked about.
    """

    iteration: int
    count: int
    pairs: Sequence[Pair]
    gaps: Sequence[Statement]
    rejected: Sequence[Rejected] = ()
    wished: bool = False


class InterviewAnswer(NamedTuple):
    """What came back: drafts with the faults that only the asker can see; of the `shown_gaps` those declined,
    each with the reason; whether the model says that nothing is left; and what it says contradicts something.
    """

    drafts: list[JudgedDraft]
    shown_gaps: Sequence[Statement] = ()
    declined: Mapping[Statement, str] = {}
    done: bool = False
    contradictions: Sequence[str] = ()


class Asker(Protocol):
    """How drafts are got from a model: at most `batch_size` an iteration, by `calls` calls so far.

    `dropped`: what came in place of a draft and stayed no draft when it was corrected.
    """

    calls: int
    dropped: list[FaultyItem]

    @property
    def batch_size(self) -> int: ...

    async def ask(self, interview_round: InterviewRound) -> InterviewAnswer:
        """One round of new drafts."""
        ...

    async def correct(self, faulty: Sequence[JudgedDraft]) -> list[Draft | None]:
        """For each faulty draft its correction, or None where none came."""
        ...


@dataclass(frozen=True)
class ForecastBasis:
    """What the calls about a document are forecast from: `tokens` counts a request's."""

    settings: QA
    material: InterviewMaterial
    prompt: PromptReader
    tokens: TokenCounter


class Strategy(Protocol):
    """What a way to ask has to give."""

    def prompt_files(self, settings: QA, /) -> list[str]: ...

    def askers(
        self, settings: QA, material: InterviewMaterial, prompt: PromptReader, client: Callable[[], Client], /
    ) -> list[Asker]: ...

    def forecast(self, basis: ForecastBasis, reading: Reading, limit: int | None, /) -> Iterator[ForecastTokens]: ...
