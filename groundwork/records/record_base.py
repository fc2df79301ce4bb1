"""The base of every record that stages hand to each other, one JSON object a line."""

from __future__ import annotations

import msgspec


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every record: immutable, and an unknown field is an error that names it."""
