"""What is known of a model that judges pairs, by how its replies to one form were so far."""

from __future__ import annotations

from dataclasses import dataclass

HOPELESS = 6  # batches without a verdict, after which a model that gave none is not asked about their parts


@dataclass
class ReplyRecord:
    """Did any call bring verdicts, and how many batches brought none."""

    has_verdicts: bool = False
    failed_batches: int = 0

    @property
    def is_hopeless(self) -> bool:
        return not self.has_verdicts and self.failed_batches >= HOPELESS
