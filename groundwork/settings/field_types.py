"""Base of every block of settings, and the types that fields of several blocks have."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta

Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]
Name = Annotated[str, Meta(min_length=1)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every block of config/config.json."""


@cache  # evaluating the annotations was nine tenths of the time that a config took to load
def field_types(block: type[Settings]) -> Mapping[str, Any]:
    """The annotated type of each field of a block, by name."""
    return MappingProxyType({field.name: field.type for field in msgspec.structs.fields(block)})


def settings_class(annotated: Any) -> type[Settings] | None:
    """The block that a field of this type is, or None where it is a single value."""
    kind = strip_annotations(annotated)
    return kind if isinstance(kind, type) and issubclass(kind, Settings) else None


def strip_annotations(annotated: Any) -> Any:
    """The type without the limits and the description that come with it."""
    return get_args(annotated)[0] if hasattr(annotated, "__metadata__") else annotated
