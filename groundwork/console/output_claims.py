"""One process at a time writes an output that is made as a whole, such as a dataset or a merged run."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress

from groundwork.console.job import Job
from groundwork.console.unit_of_work import Unit
from groundwork.data_folder.claims import Claims
from groundwork.data_folder.manifest.manifest import Manifest
from groundwork.processes.process_identity import process_label

CLAIM_SECONDS = 300.0  # of a claim, which is prolonged while its process lives
PROLONG_SECONDS = 60.0
SECONDS_BETWEEN_LOOKS = 0.2


class OutputClaims:
    """The claims of a run on what its units write, in the manifest: each on the first file that a unit writes.

    As a context manager it prolongs them meanwhile.
    """

    def __init__(self, job: Job, manifest: Manifest) -> None:
        self._job, self._manifest = job, manifest
        self._ended = threading.Event()

    def __enter__(self) -> None:
        threading.Thread(target=self._prolong, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    @asynccontextmanager
    async def hold(self, unit: Unit) -> AsyncIterator[bool]:
        """Wait until no other process writes the unit, then keep others from it; yields whether it had to wait.

        Where the run is stopped while it waits, it goes on without the claim: nothing more is begun then.
        """
        claims, key = self._manifest.claims, self._job.data.relative(unit.writes[0]) if unit.writes else unit.name
        has_waited = False
        while not claims.take(key, CLAIM_SECONDS) and not self._job.stopping.is_set():
            if not has_waited:
                owner = process_label(claims.owner(key))
                self._job.progress.say(f"{key}: {owner} is writing it; this one goes on once it has ended")
            has_waited = True
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        try:
            yield has_waited
        finally:
            claims.release(key)

    def _prolong(self) -> None:
        """By a connection of this thread."""
        while not self._ended.wait(PROLONG_SECONDS):
            with suppress(sqlite3.Error), closing(sqlite3.connect(self._manifest.path, timeout=30)) as database:
                Claims(database.execute).prolong(CLAIM_SECONDS)
                database.commit()
