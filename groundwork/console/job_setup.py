"""From the flags of a command line to its job: settings, data folder, manifest, and the client of models."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.console.job import Job
from groundwork.console.progress import Progress
from groundwork.errors import UsageError
from groundwork.installation import IN_REPOSITORY
from groundwork.records.artifacts import Workspace

if TYPE_CHECKING:
    from groundwork.llm.client import Client
    from groundwork.records.manifest import Manifest
    from groundwork.settings.whole_config import Config

TEST_FOLDER = "test"  # below data/: what --test writes, so that a sample never replaces a full result


def load_config(flags: argparse.Namespace) -> Config:
    """The settings of this run, with the environment variables of .env in place."""
    from dotenv import load_dotenv

    from groundwork.settings import config_files as config_files

    path = config_files.PROJECT / ".env"
    try:
        load_dotenv(path)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    return config_files.load(flags.config, flags.assignments)


class opened:  # noqa: N801  used as a with-statement's verb
    """The job and the manifest of one stage's run; both are closed at the end."""

    def __init__(self, config: Config, flags: argparse.Namespace) -> None:
        self._config, self._flags = config, flags

    def __enter__(self) -> tuple[Job, Manifest]:
        from groundwork.records.document_lifecycle import departed
        from groundwork.records.manifest import Manifest

        data = workspace(self._config, self._flags)
        joined = data.joined_state / "manifest.db" if data.shard else None
        looks = getattr(self._flags, "dry_run", True)  # status has no such flag, and changes nothing either
        self._manifest = Manifest(data.state / "manifest.db", joined, read_only=looks)
        quiet = getattr(self._flags, "quiet", False)
        gone = departed(data, self._manifest, self._config.ingest.ignore)
        sources = {one.document: one.source for one in gone}
        job = Job(self._config, data, self._flags, Progress("", quiet=quiet), make_client, departed=sources)
        return job, self._manifest

    def __exit__(self, *exc: object) -> None:
        self._manifest.close()


def workspace(config: Config, flags: argparse.Namespace) -> Workspace:
    from groundwork.settings.config_files import PROJECT

    base = flags.data or PROJECT / config.data_dir
    if not base.is_dir():
        remedy = "pass --data DIR with the documents in DIR/documents"
        begin = "" if flags.data or IN_REPOSITORY else "run first: dataprep init, or "
        raise UsageError(f"{base}: no such folder; {begin}{remedy}")
    shard = getattr(flags, "shard", None)
    return Workspace(base / TEST_FOLDER, base, shard) if flags.test else Workspace(base, shard=shard)


def make_client(job: Job) -> Client:
    from groundwork.llm.budget import Budget
    from groundwork.llm.client import Client
    from groundwork.llm.journal import IN_MEMORY

    if job.flags.max_cost is not None and job.budget is None:
        job.budget = Budget(job.flags.max_cost)
    client = Client(
        job.config.llm,
        Path(IN_MEMORY) if job.flags.dry_run else job.data.journal,
        joined=job.data.joined_journal if job.data.shard else None,
        fresh=job.flags.force and not job.asked_anew,
        budget=job.budget,
        on_usage=lambda usage: job.progress.spent(usage.input_tokens + usage.output_tokens, usage.cost),
        stopping=job.stopping,
        say=job.progress.say,
    )
    job.progress.under_way = lambda: client.in_flight
    return client
