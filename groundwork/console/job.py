"""One run of one stage, as its functions get it: settings, flags, data folder, prompts and the client of models."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from groundwork.console.progress import Progress
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import ConfigError

if TYPE_CHECKING:
    import asyncio

    from groundwork.data_folder.document_changes.departed_documents import DepartedDocument
    from groundwork.data_folder.document_changes.set_aside_file import SetAside
    from groundwork.llm.calls.costs_and_budget import Budget, UsageRow
    from groundwork.llm.client import Client
    from groundwork.settings.llm_settings import ModelCall
    from groundwork.settings.whole_config import Config


MAX_DETAILED_DOCUMENTS = 3  # documents whose chunks and sections are told one by one
TEST_CHUNKS = 2  # of one document, that --test works on


def _new_event() -> asyncio.Event:
    import asyncio  # 40 ms that --help does without

    return asyncio.Event()


def _new_lock() -> asyncio.Lock:
    import asyncio

    return asyncio.Lock()


@dataclass
class Job:
    """One run of one stage."""

    config: Config
    data: Workspace
    flags: argparse.Namespace
    progress: Progress
    make_client: Callable[[Job], Client]
    budget: Budget | None = None
    idle: bool = False  # whether, at the end, every unit was found up to date
    stopping: asyncio.Event = field(default_factory=_new_event)
    order_lock: asyncio.Lock = field(default_factory=_new_lock)  # for units that build on one another, in their order
    loop: asyncio.AbstractEventLoop | None = None  # the runner's, while it runs
    due: int = 0  # units of this run
    departed_documents: list[DepartedDocument] = field(default_factory=list)  # documents whose source is gone
    left_out_documents: set[str] = field(default_factory=set)  # of these, the ones that this stage would have worked on
    usage: list[UsageRow] = field(default_factory=list)  # of calls that other processes made for this job
    caches_refreshed: bool = False  # whether those have asked again what --force asks for again
    _client: Client | None = None
    _prompts: dict[str, str] = field(default_factory=dict)

    @property
    def departed_sources(self) -> dict[str, str]:
        """The documents whose source is gone, and that source's name."""
        return {document.document: document.source for document in self.departed_documents}

    @property
    def client(self) -> Client:
        """The language model client, made at the first call and closed by the runner."""
        if self._client is None:
            self._client = self.make_client(self)
        return self._client

    @property
    def is_detailed(self) -> bool:
        """Whether each chunk and section gets a line: of a few documents, or where --verbose asks for it."""
        return bool(self.flags.verbose) or self.due <= MAX_DETAILED_DOCUMENTS

    def stop(self) -> None:
        """Start nothing more, from whatever thread that is said; what is under way finishes."""
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self.stopping.set)

    @cached_property
    def set_aside(self) -> dict[str, SetAside]:
        """The documents that no stage works on, as a person decided."""
        from groundwork.data_folder.document_changes.set_aside_file import read_set_aside

        return read_set_aside(self.data)

    @property
    def has_client(self) -> bool:
        return self._client is not None

    async def close(self) -> None:
        """End the client, and with it a local model's server."""
        if self._client is not None:
            await self._client.close()

    @property
    def test(self) -> bool:
        return bool(self.flags.test)

    def prompt(self, name: str) -> str:
        """The text of config/prompts/<name>, read once a run. Raises ConfigError with the nearest name that exists."""
        if name not in self._prompts:
            self._prompts[name] = self._read_prompt(name)
        return self._prompts[name]

    def _read_prompt(self, name: str) -> str:
        from groundwork.settings.config_files import prompt_file

        path = prompt_file(name)
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ConfigError([f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8"]) from None
        except OSError as error:
            raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None

    def tokens(
        self, call: ModelCall, messages: list[dict[str, Any]], schema: type | dict[str, Any] | None = None
    ) -> int:
        """About how many tokens a request has. The model on this machine gets the schema as a grammar, not as text."""
        from groundwork.llm.calls.token_estimate import estimate_tokens
        from groundwork.llm.replies.structured_output import strict_schema

        provider = self.config.llm.providers[call.provider] if call.provider else self.config.llm
        sent = strict_schema(schema) if isinstance(schema, type) else schema
        return estimate_tokens(messages, None if provider.base_url == "local" else sent)
