"""The fingerprint of a unit tells whether anything that decides about its state has changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from groundwork.data_folder.file_names import Paths
from groundwork.data_folder.unit_states import unit_fingerprint


def fingerprint(folder: Path, recipe: bytes = b"{}") -> bytes | None:
    """Of a unit that reads a and b, b being absent at first, and writes c and d."""
    read = Paths([f"{folder}/a", f"{folder}/b"])
    return unit_fingerprint(recipe, (read, ()), (folder / "c", folder / "d"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a").write_text("one")
    (tmp_path / "c").write_text("three")
    return tmp_path


def longer(folder: Path) -> None:
    (folder / "a").write_text("longer")


def later(folder: Path) -> None:
    status = (folder / "a").stat()
    os.utime(folder / "a", ns=(status.st_atime_ns, status.st_mtime_ns + 1))


def another_file(folder: Path) -> None:
    status = (folder / "a").stat()
    (folder / "new").write_text("two")
    os.utime(folder / "new", ns=(status.st_atime_ns, status.st_mtime_ns))
    (folder / "new").replace(folder / "a")


CHANGES: list[Callable[[Path], object]] = [
    longer,
    later,
    another_file,
    lambda folder: (folder / "a").unlink(),
    lambda folder: (folder / "b").touch(),
    lambda folder: (folder / "c").unlink(),
    lambda folder: (folder / "d").touch(),
]


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_that_decides_changes_it(folder: Path, change: Callable[[Path], object]) -> None:
    """A file that is read is another one, came or went; one that is written came or went."""
    before = fingerprint(folder)
    assert before and fingerprint(folder) == before
    change(folder)
    assert fingerprint(folder) not in (before, None)


def test_what_was_written_may_be_edited(folder: Path) -> None:
    """A file that a person has edited stays current, so its content does not count."""
    before = fingerprint(folder)
    (folder / "c").write_text("edited by hand")
    assert fingerprint(folder) == before


def test_recipe_names_and_their_part_count(folder: Path) -> None:
    """Another recipe, other names, the same names as inputs of another kind or as outputs: all are other units."""
    a, b = f"{folder}/a", f"{folder}/b"
    units = [((a, b), (), ()), ((a,), (b,), ()), ((a,), (), (b,)), ((b, a), (), ()), ((a,), (), ()), ((), (), (a,))]
    kinds = {unit_fingerprint(recipe, unit[:2], unit[2]) for recipe in (b"{}", b"[]") for unit in units}
    assert len(kinds) == 2 * len(units) and None not in kinds


def test_a_unit_that_reads_a_folder_has_none(folder: Path) -> None:
    """What is in the folder may change without the folder; one that is written counts as any file."""
    assert unit_fingerprint(b"", ((folder,),), ()) is None
    assert unit_fingerprint(b"", (), (folder,))


def test_names_of_any_bytes(tmp_path: Path) -> None:
    """A name that is no UTF-8 is a name like others."""
    odd = os.fsdecode(b"\xff.md")
    assert unit_fingerprint(b"", ((f"{tmp_path}/{odd}",),), ()) != unit_fingerprint(b"", ((f"{tmp_path}/x.md",),), ())
