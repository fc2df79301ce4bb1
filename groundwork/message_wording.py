"""The wording of messages: a number with its noun, names in order, the name that is meant, a text cut to a length."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from itertools import cycle, islice


def counted(count: int, noun: str, plural: str = "") -> str:
    """`count` and `noun`, or `plural` where it is not one; by default the noun with an s.

    Words that agree with the noun come along: counted(rows, "row is left out", "rows are left out").
    """
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


_ACCENTS = re.compile(r"[\u0300-\u036f]+")
_DIGITS = re.compile(r"(\d{1,18})")


def name_order(name: str) -> tuple[list[str | int], str]:
    """The key by which people find a name in a list: capitals and accents aside, and `part 2` before `part 10`."""
    plain_letters = name if name.isascii() else _ACCENTS.sub("", unicodedata.normalize("NFKD", name))
    name_parts = _DIGITS.split(plain_letters.casefold())
    return [
        int(name_part) if is_number else name_part
        for is_number, name_part in zip(cycle((False, True)), name_parts, strict=False)
    ], name


SUGGESTIONS = 5


def nearest_name(name: str, names: Iterable[str]) -> str:
    """The one of `names` that is most like `name` (difflib's ratio, 0.6 at least); "" where none is."""
    import difflib  # where a name is wrong: nobody else waits for it

    return next(iter(difflib.get_close_matches(name, list(names), n=1)), "")


def suggested_names(name: str, names: Iterable[str]) -> str:
    """What to suggest in place of `name`: the one that is like it, or the five of `names` that are least unlike."""
    import difflib

    possible_names = list(names)
    return nearest_name(name, possible_names) or ", ".join(
        difflib.get_close_matches(name, possible_names, n=SUGGESTIONS, cutoff=0.0)
    )


def list_names(names: Collection[str], most: int) -> str:
    """`a, b and 3 more`: the first `most` of the names, and how many more there are."""
    more_names = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(islice(names, most))}{more_names}"


MOST_NAMES = 20  # in one message


def no_such_message(name: str, kind: str, names: Collection[str]) -> str:
    """A message that there is no `kind` of that name: the nearest one, and those that there are."""
    nearest_known = nearest_name(name, names)
    nearest_question = f"did you mean {nearest_known}? " if nearest_known else ""
    return f"no {kind} {name!r}; {nearest_question}there are {list_names(names, MOST_NAMES)}"


LABEL_LENGTH = 60  # characters


def shorten_text(text: str, length: int = LABEL_LENGTH) -> str:
    """`text` on one line, cut to `length` characters."""
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= length else f"{one_line[: length - 1]}…"
