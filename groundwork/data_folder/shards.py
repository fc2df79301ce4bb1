"""Shards: the same share of the documents for whoever says the same `I/N`, whatever other documents there are.

A document belongs to shard sha256(name) mod N, so that documents that come or go move no other. Each shard keeps a
manifest, a journal and caches of its own below .state/shards/, so that no SQLite file is shared between machines;
`dataprep gather` joins them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from groundwork.errors import UsageError

JOURNAL_SEGMENT = "journal-*.db"  # in a state: replies that nobody writes to any more, joined as whole files
SERVICE_REPLIES = "marker-api"  # a folder of a state, joined by gather: what a service of converters replied


@dataclass(frozen=True, order=True)
class Shard:
    """Shard `index` of `count`, counted from 1."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    @property
    def folder(self) -> str:
        """Its name below .state/shards/."""
        return f"{self.index:05}-of-{self.count:05}"

    def holds(self, document: str) -> bool:
        """Does the document belong to this shard?"""
        document_digest = hashlib.sha256(document.encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(document_digest[:8]) % self.count == self.index - 1

    @staticmethod
    def parse(shard_text: str) -> Shard:
        """`3/16`, or the name of its folder. Raises UsageError for anything else."""
        shard_numbers = shard_text.strip().replace("-of-", "/").split("/")
        is_shard = len(shard_numbers) == 2 and all(
            shard_number.isdecimal() and len(shard_number) <= 6 for shard_number in shard_numbers
        )
        shard = Shard(int(shard_numbers[0]), int(shard_numbers[1])) if is_shard else Shard(0, 0)
        if not 1 <= shard.index <= shard.count:
            raise UsageError(f"--shard {shard_text}: write it as I/N with I from 1 to N, such as 3/16")
        return shard

    @staticmethod
    def all(count: int) -> list[Shard]:
        return [Shard(index, count) for index in range(1, count + 1)]
