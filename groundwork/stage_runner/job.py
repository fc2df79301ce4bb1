"""One run of one stage and its units, as its functions get them: settings, flags, data folder, prompts, and client.

`open_job` makes it of the flags of a command line.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundwork.console.progress_line import ProgressLine
from groundwork.data_folder.workspace import Workspace, open_workspace
from groundwork.errors import BudgetReached, GroundworkError, Stopped, StopRun

if TYPE_CHECKING:
    import asyncio

    from groundwork.data_folder.departed_and_set_aside import DepartedDocument, SetAside
    from groundwork.data_folder.manifest import Manifest
    from groundwork.data_folder.remote_folder.mirror import Mirror
    from groundwork.llm.calls.costs_and_budget import Budget, UsageRow
    from groundwork.llm.client import Client
    from groundwork.settings.config_schema import Config, ModelCall

MAX_DETAILED_DOCUMENTS = 3  # documents whose chunks and sections are told one by one
TEST_CHUNKS = 2  # of one document, that --test works on


def _new_job_event() -> asyncio.Event:
    import asyncio  # 40 ms that --help does without

    return asyncio.Event()


def _new_job_lock() -> asyncio.Lock:
    import asyncio

    return asyncio.Lock()


@dataclass(frozen=True)
class Unit:
    """One piece of a stage's work: the files it reads and the files it writes.

    adds: files that it reads where they exist and itself adds to, so that they shape it as they are when it is done.
    recipe: what shapes this unit alone, beside the settings that shape all of the stage.
    documents: how many it works on.
    chosen: of a unit of many documents, those that --document asks for; it reads and writes their files, and leaves
    what the manifest holds of the others. Empty: all of them.
    """

    name: str
    reads: Sequence[Path]
    writes: Sequence[Path]
    payload: Any = None
    adds: Sequence[Path] = ()
    recipe: dict[str, Any] = field(default_factory=dict, hash=False)
    documents: int = 1
    chosen: frozenset[str] = frozenset()

    @property
    def document(self) -> str:
        """The document that the unit is of, by which it belongs to a shard."""
        return self.name.rpartition("/")[2]


@dataclass
class Job:
    """One run of one stage."""

    config: Config
    data: Workspace
    flags: argparse.Namespace
    progress: ProgressLine
    make_client: Callable[[Job], Client]
    idle: bool = False  # whether, at the end, every unit was found up to date
    stopping: asyncio.Event = field(default_factory=_new_job_event)
    order_lock: asyncio.Lock = field(default_factory=_new_job_lock)  # for units that build on one another, in order
    loop: asyncio.AbstractEventLoop | None = None  # that of the units, while it runs
    due: int = 0  # units of this run
    departed_documents: list[DepartedDocument] = field(default_factory=list)  # documents whose source is gone
    left_out_documents: set[str] = field(default_factory=set)  # of these, the ones that this stage would have worked on
    left_out_copies: dict[str, str] = field(default_factory=dict)  # of `copies` likewise
    search_copies: Callable[[Job], dict[str, str]] = lambda _: {}
    estimated_questions: set[str] = field(default_factory=set)  # whose tags the estimate of a dataset before counts
    retagged_questions: set[str] = field(default_factory=set)  # which --force has had tagged anew by now
    usage: list[UsageRow] = field(default_factory=list)  # of calls that other processes made for this job
    caches_refreshed: bool = False  # whether those have asked again what --force asks for again
    _job_client: Client | None = None
    _job_prompts: dict[str, str] = field(default_factory=dict)

    @cached_property
    def budget(self) -> Budget:
        """What the calls of this command may cost: all of --max-cost, less what its stages before have spent."""
        from groundwork.llm.calls.costs_and_budget import Budget

        return getattr(self.flags, "budget", None) or Budget(self.flags.max_cost)

    def add_usage(self, usage: Sequence[UsageRow]) -> None:
        """Enter calls that other processes made."""
        self.usage += usage
        self.budget.spent += sum(row.cost for row in usage)

    @property
    def departed_sources(self) -> dict[str, str]:
        """The documents whose source is gone, and that source's name."""
        return {document.document: document.source for document in self.departed_documents}

    @property
    def client(self) -> Client:
        """The language model client, made at the first call and closed by the loop over the units."""
        if self._job_client is None:
            self._job_client = self.make_client(self)
        return self._job_client

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
        from groundwork.data_folder.departed_and_set_aside import read_set_aside

        return read_set_aside(self.data)

    @cached_property
    def copies(self) -> dict[str, str]:
        """The documents whose text another document has as well, each with that one, which stands for both."""
        return self.search_copies(self)

    @property
    def has_client(self) -> bool:
        return self._job_client is not None

    async def close(self) -> None:
        """End the client, and with it a local model's server."""
        if self._job_client is not None:
            await self._job_client.close()

    @property
    def test(self) -> bool:
        return bool(self.flags.test)

    def prompt(self, name: str) -> str:
        """The text of config/prompts/<name>, read once a run. Raises ConfigError with the nearest name that exists."""
        if name not in self._job_prompts:
            from groundwork.llm.prompt_templates import read_prompt

            self._job_prompts[name] = read_prompt(name)
        return self._job_prompts[name]

    def tokens(
        self, call: ModelCall, messages: list[dict[str, Any]], schema: type | dict[str, Any] | None = None
    ) -> int:
        """About how many tokens a request to the job's models has (`request_tokens`)."""
        from groundwork.llm.calls.costs_and_budget import request_tokens

        return request_tokens(self.config.llm, call, messages, schema)


class open_job:  # noqa: N801  used as a with-statement's verb
    """The job and the manifest of one stage's run; both are closed at the end.

    Of a data folder elsewhere, what is new there is taken over first, and what has changed is put at the end.
    """

    def __init__(
        self,
        config: Config,
        flags: argparse.Namespace,
        *,
        writes: bool | None = None,
        shards: bool = False,
        is_part: bool = False,
        folders: Collection[str] | None = None,
    ) -> None:
        """`writes`: whether anything may change; by default, where --dry-run is not given.

        `shards`: the states of all shards are looked at. `is_part`: of what another process of this machine does, which
        takes over and puts what is more than one unit's. `folders`: those of a data folder elsewhere that are looked
        into beside the units; None: all.
        """
        self._job_config, self._job_flags = config, flags
        self._job_writes = not getattr(flags, "dry_run", True) if writes is None else writes
        self._job_shards, self._is_job_part, self._job_folders = shards, is_part, folders

    def __enter__(self) -> tuple[Job, Manifest]:
        from groundwork.data_folder.departed_and_set_aside import find_departed
        from groundwork.data_folder.manifest import Manifest

        job_data = self._job_data = open_workspace(
            self._job_config,
            self._job_flags,
            shards=self._job_shards,
            pull=not self._is_job_part,
            folders=self._job_folders,
        )
        joined_job_manifest = job_data.joined_state / "manifest.db" if job_data.shard else None
        self._job_manifest = Manifest(
            job_data.state / "manifest.db", joined_job_manifest, read_only=not self._job_writes, mirror=job_data.mirror
        )
        quiet = getattr(self._job_flags, "quiet", False)
        job = Job(self._job_config, job_data, self._job_flags, ProgressLine("", quiet=quiet), make_client)
        job.departed_documents = find_departed(job_data, self._job_manifest, self._job_config.ingest.ignore)
        job.search_copies = partial(_find_copies, self._job_manifest)
        return job, self._job_manifest

    def __exit__(self, job_error_kind: type[BaseException] | None, *exc: object) -> None:
        self._job_manifest.close()
        if self._job_writes and not self._is_job_part and self._job_data.mirror:
            try:
                _push_job_data(self._job_data.mirror, quiet=getattr(self._job_flags, "quiet", False))
            except GroundworkError as job_push_error:
                if job_error_kind is None:
                    raise
                if not issubclass(job_error_kind, StopRun) or issubclass(
                    job_error_kind, (Stopped, BudgetReached)
                ):  # else it was told
                    print(f"error: {job_push_error}", file=sys.stderr)


def _find_copies(manifest: Manifest, job: Job) -> dict[str, str]:
    from groundwork.data_folder.copied_documents import find_copies

    return find_copies(job.data, manifest, job.departed_sources.keys() | job.set_aside.keys())


def _push_job_data(mirror: Mirror, *, quiet: bool) -> None:
    if mirror.push() and not quiet:
        print(f"what is new is in {mirror.url}", file=sys.stderr)


def make_client(job: Job) -> Client:
    from groundwork.llm.calls.call_runner import RunControls
    from groundwork.llm.client import Client
    from groundwork.llm.reply_journal import IN_MEMORY

    if not job.flags.dry_run:
        job.data.fetch_databases("journal")
    job_controls = RunControls(
        budget=job.budget,
        stopping=job.stopping,
        on_usage=lambda usage: job.progress.record_call(usage.input_tokens + usage.output_tokens, usage.cost),
        say=job.progress.say,
    )
    job_client = Client(
        job.config.llm,
        Path(IN_MEMORY) if job.flags.dry_run else job.data.journal,
        job_controls,
        joined=job.data.joined_journal if job.data.shard else None,
        fresh=job.flags.force and not job.caches_refreshed,
    )
    job.progress.calls_in_flight = lambda: job_client.in_flight
    return job_client
