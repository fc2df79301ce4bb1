"""Claims: which of several processes is at a piece of work now, in a table of a database that they share.

By `OutputClaims` one process at a time writes what is made as a whole, such as a dataset or a merged run.

A claim ends with `release`, with its process, or at its time: of a process on another host or in another container only
the time is known.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

from groundwork.processes.process_identity import is_alive, process_label, this_process

TABLE = (
    "CREATE TABLE IF NOT EXISTS claims (key TEXT PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL) WITHOUT ROWID;"
)
_TAKE_CLAIM = (
    "INSERT INTO claims VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, until = excluded.until"
    " WHERE owner = excluded.owner OR until < ?"
)

CLAIM_SECONDS = 300.0  # of a claim on an output, which is prolonged while its process lives
PROLONG_SECONDS = 60.0
SECONDS_BETWEEN_CLAIM_TRIES = 0.2


class Claims:
    """The claims of a database that has TABLE, through `execute`, which gives the rows of a statement."""

    def __init__(self, execute: Callable[[str, tuple[Any, ...]], Iterable[Any]]) -> None:
        self._execute = execute
        self.process = this_process()

    def take(self, claim_key: str, seconds: float) -> bool:
        """Whether this process has the claim now: no living process had it, or this one did."""
        now = time.time()
        claim_row = (claim_key, self.process, now + seconds, now)
        self._execute(_TAKE_CLAIM, claim_row)
        claim_owner = self.owner(claim_key)
        if claim_owner and claim_owner != self.process and is_alive(claim_owner) is False:
            self._execute("DELETE FROM claims WHERE key = ? AND owner = ?", (claim_key, claim_owner))
            self._execute(_TAKE_CLAIM, claim_row)
            claim_owner = self.owner(claim_key)
        return claim_owner == self.process

    def prolong(self, seconds: float) -> None:
        """Let all claims of this process end so much later than now."""
        self._execute("UPDATE claims SET until = ? WHERE owner = ?", (time.time() + seconds, self.process))

    def release(self, claim_key: str) -> None:
        """End this process's claim."""
        self._execute("DELETE FROM claims WHERE key = ? AND owner = ?", (claim_key, self.process))

    def owner(self, claim: str) -> str:
        """The process that has the claim (as in processes/process_identity.py); "": none has."""
        return next((str(owner) for (owner,) in self._execute("SELECT owner FROM claims WHERE key = ?", (claim,))), "")

    def others(self, except_claim: str = "") -> list[str]:
        """The other living processes that have a claim, but for that on `except_claim`, as a message names them."""
        query = "SELECT DISTINCT owner FROM claims WHERE owner != ? AND until > ? AND key != ?"
        claim_rows = self._execute(query, (self.process, time.time(), except_claim))
        return [process_label(claim_owner) for (claim_owner,) in claim_rows if is_alive(claim_owner) is not False]


class OutputClaims:
    """The claims of a run on what its units write, in `database`. As a context manager it prolongs them meanwhile."""

    def __init__(self, claims: Claims, database: Path) -> None:
        self._claims, self._database = claims, database
        self._claims_ended = threading.Event()

    def __enter__(self) -> None:
        threading.Thread(target=self._prolong_claims, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self._claims_ended.set()

    @asynccontextmanager
    async def hold(self, claim_key: str, stopping: asyncio.Event, say: Callable[[str], None]) -> AsyncIterator[bool]:
        """Wait until no other process has the claim, then keep others from it; yields whether it had to wait.

        Where the run is `stopping` while it waits, it goes on without the claim: nothing more is begun then.
        """
        has_waited_for_claim = False
        while not self._claims.take(claim_key, CLAIM_SECONDS) and not stopping.is_set():
            if not has_waited_for_claim:
                claim_owner = process_label(self._claims.owner(claim_key))
                say(f"{claim_key}: {claim_owner} is writing it; this one goes on once it has ended")
            has_waited_for_claim = True
            await asyncio.sleep(SECONDS_BETWEEN_CLAIM_TRIES)
        try:
            yield has_waited_for_claim
        finally:
            self._claims.release(claim_key)

    def _prolong_claims(self) -> None:
        """By a connection of this thread."""
        while not self._claims_ended.wait(PROLONG_SECONDS):
            with suppress(sqlite3.Error), closing(sqlite3.connect(self._database, timeout=30)) as database:
                Claims(database.execute).prolong(CLAIM_SECONDS)
                database.commit()
