"""A unit, the piece of work that a stage does at once, and how it ends: Outcome, Failure, and what it would cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from groundwork.settings.config_schema import ModelCall


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


@dataclass(frozen=True)
class Failure:
    """A part of a unit (a page, a chunk, a question) that failed while the rest of the unit went on.

    document: that of the part, where the unit is of many documents and may be done for some of them.
    """

    part: str
    status: str
    reason: str
    document: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a unit ended. With `failures` it counts as failed, keeps what it wrote and is redone by the next run.

    writes: files that it wrote beside those of the unit, where only the work itself shows which they are.
    Of a unit that did some of its documents: `unheeded` files that it read and the results of the others do not follow
    yet; `due_again` of the others those that are to be done again, since what was done changes them.
    """

    status: Literal["ok", "empty"] = "ok"
    note: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    writes: Sequence[Path] = ()
    unheeded: Sequence[Path] = ()
    due_again: Sequence[str] = ()


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
