"""Paths as text: a start over 100,000 documents asks for few of them as Path objects.

To make a Path takes as long as to ask the disk for its file, so the lists that stages judge by are kept as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import overload


class Paths(Sequence[Path]):
    """Paths, each of them made where it is asked for. `texts`: the same as text, in their order."""

    __slots__ = ("texts",)

    def __init__(self, path_strings: Iterable[str] = ()) -> None:
        self.texts = tuple(path_strings)

    @overload
    def __getitem__(self, index: int) -> Path: ...
    @overload
    def __getitem__(self, index: slice) -> Paths: ...
    def __getitem__(self, index: int | slice) -> Path | Paths:
        return Paths(self.texts[index]) if isinstance(index, slice) else Path(self.texts[index])

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[Path]:
        return map(Path, self.texts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self.texts == tuple(path_texts(other))

    def __hash__(self) -> int:
        return hash(self.texts)

    def __repr__(self) -> str:
        return f"Paths({list(self.texts)})"


def path_texts(paths: Iterable[str | Path]) -> Iterable[str]:
    """`paths` as text."""
    return paths.texts if isinstance(paths, Paths) else map(str, paths)
