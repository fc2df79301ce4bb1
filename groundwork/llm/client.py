"""The one way to a language model: `ask` for a value, `embed` for vectors.

A question goes through the journal (answered before? then no call), the limiter, the budget and the endpoint. What
comes back is stored before it is read. A reply that cannot be used gets one correction turn that shows the model its
error, then one fresh draw.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from groundwork.errors import ConfigError, InvalidReply
from groundwork.llm.calls.call_runner import CallRunner, RunControls
from groundwork.llm.calls.costs_and_budget import CallContext, Price, UsageRow
from groundwork.llm.calls.reply_corrections import Reply, ReplyCorrector
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.endpoint.endpoint_connection import Endpoint
from groundwork.llm.endpoint.request_body_parameters import Json, chat_request_body
from groundwork.llm.prompt_templates import Message, text_of_turns
from groundwork.llm.replies.reply_schema import ReplyReader, ReplyRequirements
from groundwork.llm.reply_journal import FROM_START, Journal
from groundwork.settings.config_schema import LLM, Embeddings, ModelCall

T = TypeVar("T")


class Client:
    """All endpoints of a config with their limiters, one journal and one budget. Use it from one event loop."""

    def __init__(
        self,
        settings: LLM,
        journal: Path,
        controls: RunControls | None = None,
        *,
        joined: Path | None = None,
        fresh: bool = False,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        """`fresh`: draw anew what was stored before now. `joined`: see Journal."""
        self._settings, self._env = settings, env
        self._journal = Journal(journal, joined)
        self._since = self._journal.end_position() if fresh else FROM_START
        self._client_calls = CallRunner(self._journal, controls or RunControls())
        self._reply_corrector = ReplyCorrector(self._client_calls)
        self._endpoints: dict[str, Endpoint] = {}

    @property
    def in_flight(self) -> int:
        """How many calls were sent and are not answered yet."""
        return self._client_calls.in_flight

    async def ask(
        self,
        call: ModelCall,
        messages: list[Message],
        *,
        stage: str,
        unit: str,
        schema: type[T] | ReplyRequirements[T] | None = None,
        sample: int = 0,
        remaining_characters: int = 0,
    ) -> Reply[T]:
        """The model's reply to `messages` (OpenAI chat), decoded into `schema`, or its text where that is None.

        A reply that was stored before is read again; another `sample` is another draw of the same request.
        `remaining_characters`: how many the caller has still to ask about; of the calls that wait, the one with most
        goes first.

        Raises InvalidReply, Filtered, TransportFailed or UnitError for this unit; ProviderRefused, BudgetReached or
        Stopped (StopRun) and ConfigError for all of them.
        """
        endpoint = self._provider_endpoint(call.provider)
        requirements = schema if isinstance(schema, ReplyRequirements) else ReplyRequirements(schema)
        request_body = chat_request_body(endpoint.settings, call, messages, requirements.schema_sent)
        call_limiter = self._client_calls.limiter(endpoint, call.model)
        context = CallContext(endpoint, call_limiter, call.model, stage, unit, sample, self._since)
        context.remaining_characters, context.requirements = remaining_characters, requirements
        # without replies, in whose JSON "\\n" is no command
        prompt_turns = [message for message in messages if message["role"] != "assistant"]
        reply_reader = ReplyReader(requirements.schema, requirements.check, text_of_turns(prompt_turns))
        return await self._replay_or_ask(context, request_body, reply_reader)

    async def _replay_or_ask(self, context: CallContext, request_body: Json, reply_reader: ReplyReader[T]) -> Reply[T]:
        """The reply, stored or new; where all of it is replayed from an earlier run that failed, it is drawn anew."""
        try:
            return await self._reply_corrector.ask_and_correct(context, request_body, reply_reader)
        except InvalidReply:
            if not context.replayed:
                raise
        context.since = self._journal.end_position()
        return await self._reply_corrector.ask_and_correct(context, request_body, reply_reader)

    async def embed(
        self, call: Embeddings, texts: list[str], *, stage: str = "embed", unit: str = "vectors"
    ) -> list[list[float]]:
        """One vector for each of `texts`, in their order, by the endpoint's /embeddings. Raises like `ask`."""
        endpoint = self._provider_endpoint(call.provider)
        if endpoint.dialect == "local":
            raise ConfigError(['embeddings.provider: the local model makes no embeddings; use backend "static"'])
        context = CallContext(endpoint, self._client_calls.limiter(endpoint, call.model), call.model, stage, unit)
        text_batches = [texts[start : start + call.batch] for start in range(0, len(texts), call.batch)]
        vectors = await gather_all(self._client_calls.vectors(context, text_batch) for text_batch in text_batches)
        return [vector for text_batch in vectors for vector in text_batch]

    async def price(self, call: ModelCall) -> Price | None:
        """USD a prompt and a completion token of the call's model; None where its endpoint names no price."""
        return await self._client_calls.price(self._provider_endpoint(call.provider), call.model)

    def report(self) -> list[UsageRow]:
        """What this client's calls used, by stage, model and unit, in the order of their first call."""
        return list(self._client_calls.rows.values())

    async def close(self) -> None:
        """Close every endpoint (and the local model) and the journal."""
        await self._client_calls.close()
        await asyncio.gather(*(endpoint.close() for endpoint in self._endpoints.values()))
        self._journal.close()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _provider_endpoint(self, provider_name: str) -> Endpoint:
        if provider_name not in self._endpoints:
            provider_settings = self._settings.providers[provider_name] if provider_name else self._settings
            self._endpoints[provider_name] = Endpoint(provider_settings, self._settings.local, self._env)
        return self._endpoints[provider_name]
