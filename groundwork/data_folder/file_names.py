"""Which documents a pattern of the settings means: by the file's name below data/documents, as in a shell.

`scan.pdf` and `*.log` mean files of that name in any folder, `drafts/` everything below that folder, and
`2024/*.pdf` what lies there; `*` stands for any letters, `/` among them.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase


def matches(name: str, pattern: str) -> bool:
    """Does `pattern` mean the file `name` (a path below data/documents, with /)?"""
    folder = pattern.rstrip("/")
    file_name = name.rpartition("/")[2]
    return (
        fnmatchcase(name, pattern)
        or fnmatchcase(name, f"{folder}/*")
        or ("/" not in folder and (fnmatchcase(file_name, pattern) or fnmatchcase(f"/{name}", f"*/{folder}/*")))
    )


def matches_any(name: str, patterns: Iterable[str]) -> bool:
    """Does one of `patterns` mean the file `name`?"""
    return any(matches(name, pattern) for pattern in patterns)
