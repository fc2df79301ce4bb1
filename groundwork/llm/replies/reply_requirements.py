"""What a reply must be to be used: its schema, the stage's own check, and what may be left out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from groundwork.llm.replies.structured_output import strict_schema

T = TypeVar("T")


class ReplyRequirements(msgspec.Struct, Generic[T], frozen=True):
    """What a reply must be to be used. Without a `schema`, its text is.

    `json_schema` is sent instead of the one of `schema`; `check` returns a problem for the correction turn, or None.
    Where `schema` has one list of objects, faulty items alone are corrected; `partial`: those that stay faulty are left
    out. `whole_prompt`: a reply by a server that cut the prompt off is a failure, not a warning.
    """

    schema: type[T] | None = None
    json_schema: dict[str, Any] | None = None
    check: Callable[[T], str | None] | None = None
    partial: bool = False
    whole_prompt: bool = False

    @property
    def schema_sent(self) -> dict[str, Any] | None:
        """The JSON Schema that goes with the request, where one does."""
        return self.json_schema or (strict_schema(self.schema) if self.schema else None)
