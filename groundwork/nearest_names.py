"""The name that somebody may have meant, for messages that say what there is."""

from __future__ import annotations

from collections.abc import Iterable

SUGGESTIONS = 5


def nearest_name(name: str, names: Iterable[str]) -> str:
    """The one of `names` that is most like `name` (difflib's ratio, 0.6 at least); "" where none is."""
    import difflib  # where a name is wrong: nobody else waits for it

    return next(iter(difflib.get_close_matches(name, list(names), n=1)), "")


def suggested_names(name: str, names: Iterable[str]) -> str:
    """What to suggest in place of `name`: the one that is like it, or the five of `names` that are least unlike."""
    import difflib

    known_names = list(names)
    return nearest_name(name, known_names) or ", ".join(
        difflib.get_close_matches(name, known_names, n=SUGGESTIONS, cutoff=0.0)
    )
