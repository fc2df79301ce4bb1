"""What a stage gets (Job, Unit) and what it gives back (Outcome)."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from groundwork.console.progress import Progress
from groundwork.data_folder.file_names import slug
from groundwork.data_folder.lazy_paths import Paths
from groundwork.data_folder.spread_folders import unsorted_file_names
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import ConfigError, UsageError
from groundwork.installation import as_typed
from groundwork.nearest_names import nearest_name

if TYPE_CHECKING:
    import asyncio

    from groundwork.data_folder.document_changes.departed_documents import DepartedDocument
    from groundwork.data_folder.document_changes.set_aside_documents import SetAside
    from groundwork.llm.calls.budget import Budget
    from groundwork.llm.calls.call_costs import UsageRow
    from groundwork.llm.client import Client
    from groundwork.settings.model_settings import ModelCall
    from groundwork.settings.whole_config import Config


MAX_DETAILED_DOCUMENTS = 3  # documents whose chunks and sections are told one by one
TEST_CHUNKS = 2  # of one document, that --test works on


@dataclass(frozen=True)
class Unit:
    """One piece of a stage's work: the files it reads and the files it writes.

    adds: files that it reads where they exist and itself adds to, so that they shape it as they are when it is done.
    recipe: what shapes this unit alone, beside the settings that shape all of the stage.
    documents: how many it works on.
    """

    name: str
    reads: Sequence[Path]
    writes: Sequence[Path]
    payload: Any = None
    adds: Sequence[Path] = ()
    recipe: dict[str, Any] = field(default_factory=dict, hash=False)
    documents: int = 1

    @property
    def document(self) -> str:
        """The document that the unit is of, by which it belongs to a shard."""
        return self.name.rpartition("/")[2]


@dataclass(frozen=True)
class Failure:
    """A part of a unit (a page, a chunk, a question) that failed while the rest of the unit went on."""

    part: str
    status: str
    reason: str


@dataclass(frozen=True)
class Outcome:
    """How a unit ended. With `failures` it counts as failed, keeps what it wrote and is redone by the next run."""

    status: Literal["ok", "empty"] = "ok"
    note: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


@dataclass(frozen=True)
class Estimate:
    """What a unit would cost: calls, and tokens in and out over all of them, of the model of `call`.

    Of a service that is paid by the page, `pages` and, where it is known, `cost` in USD.
    """

    calls: int
    input_tokens: int
    output_tokens: int
    call: ModelCall
    pages: int = 0
    cost: float | None = None


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
        from groundwork.data_folder.document_changes.set_aside_documents import read_set_aside

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

    def list_documents(self, folder: str, suffix: str) -> list[str]:
        """The documents that have a file in `folder`, in order, those of --document only where it is given."""
        files = unsorted_file_names(self.data.path(folder), suffix)
        return self.select_documents(sorted(file.removesuffix(suffix) for file in files))

    def select_documents(self, names: list[str], *, with_gone: bool = False) -> list[str]:
        """`names` that --document asks for, without those set aside. A file name with its ending is understood as well.

        Those whose source is gone stay only `with_gone`. Raises UsageError for a --document that fits none of them, is
        set aside or is gone.
        """
        if not with_gone:
            names = self._with_source(names)
        for text in self.flags.document or []:
            if (set_aside := self.set_aside.get(slug(text)) or self.set_aside.get(slug(Path(text).stem))) is not None:
                take_back = f"take it back: {as_typed('uv run dataprep set-aside')} --undo {slug(text)}"
                reason = set_aside.reason or "no reason given"
                raise UsageError(f"--document {text}: is set aside ({reason}); {take_back}")
        names = [name for name in names if name not in self.set_aside]
        asked_names = {text: {text, slug(text), slug(Path(text).stem)} for text in self.flags.document or []}
        for text, forms in asked_names.items():
            if names and not forms & set(names):
                suggestion = nearest_name(slug(text), names) or ", ".join(names[:5])
                raise UsageError(f"--document {text}: no such document; did you mean {suggestion}?")
        return [name for name in names if not asked_names or any(name in forms for forms in asked_names.values())]

    def _with_source(self, names: list[str]) -> list[str]:
        departed = self.departed_sources
        for text in self.flags.document or []:
            for name in {slug(text), slug(Path(text).stem)} & departed.keys() & set(names):
                remedy = f"put it back, or remove what is left of it: {as_typed('uv run dataprep forget')} {name}"
                raise UsageError(f"--document {text}: documents/{departed[name]} is gone; {remedy}")
        self.left_out_documents |= departed.keys() & set(names)
        return [name for name in names if name not in departed]


def texts_with_records(job: Job, documents: Iterable[str]) -> Iterator[tuple[str, Paths]]:
    """(document, its text and record): no record where somebody put a Markdown file there by hand."""
    recorded = unsorted_file_names(job.data.path("text"), ".json")
    for document in documents:
        text, record = ("text", f"{document}.md"), ("text", f"{document}.json")
        yield document, job.data.paths(text, record) if record[1] in recorded else job.data.paths(text)
