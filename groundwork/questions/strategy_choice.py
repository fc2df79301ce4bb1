"""The ways to ask about a chunk, chosen by qa.strategy: many pairs a call, or a statement a call for a small model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from groundwork.llm.client import Client
from groundwork.llm.prompts import PromptReader
from groundwork.markdown.chunk_reading import Reading
from groundwork.questions.interview_material import CallTokens, Material, TokenCounter
from groundwork.questions.interview_rounds import Asker
from groundwork.settings.generate_qa_settings import QA


class Strategy(Protocol):
    """What a way to ask has to give."""

    def prompt_files(self, settings: QA, /) -> list[str]: ...

    def askers(
        self, settings: QA, material: Material, prompt: PromptReader, client: Callable[[], Client], /
    ) -> list[Asker]: ...

    def forecast(
        self,
        settings: QA,
        material: Material,
        reading: Reading,
        limit: int | None,
        prompt: PromptReader,
        tokens: TokenCounter,
        /,
    ) -> Iterator[CallTokens]: ...


def choose_strategy(settings: QA) -> Strategy:
    """The strategy of qa.strategy. The small model's is read only where it is asked for."""
    if settings.strategy == "sentence":
        from groundwork.questions.small_model import sentence_strategy

        return sentence_strategy
    from groundwork.questions import batched_strategy

    return batched_strategy


def prompt_files(settings: QA) -> list[str]:
    """The files of config/prompts that `settings` makes use of."""
    return [
        *choose_strategy(settings).prompt_files(settings),
        *([settings.two_chunk_prompt] if settings.multi_chunk else []),
    ]
