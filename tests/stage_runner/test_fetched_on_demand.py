"""What of a data folder elsewhere a command fetches: the artifacts and databases that it reads, and no others."""

from __future__ import annotations

import importlib
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from groundwork import stage_table
from groundwork.__main__ import main
from groundwork.data_folder.remote_folder.mirror import mirror_of
from tests.author import Author
from tests.fake_openrouter import FakeOpenRouter
from tests.stage_runner.test_elsewhere import artifacts, local_contents
from tests.stage_runner.test_elsewhere import local as local
from tests.stage_runner.test_shards import settings

pytest.importorskip("s3fs", reason="needs the extra s3")
pytestmark = [pytest.mark.s3, pytest.mark.timeout(600)]


@pytest.fixture
def models() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter(reply=Author()).thread() as fake:
        yield fake


def test_each_stage_on_another_machine(tmp_path: Path, models: FakeOpenRouter, local: tuple[Path, int]) -> None:
    """Every stage fetches what it reads: none opens a file that is only listed, and the files are those of one run."""
    fsspec: Any = importlib.import_module("fsspec")
    files, place, folder = fsspec.filesystem("memory"), f"/{uuid.uuid4().hex}/data", local[0]
    for document in (folder / "documents").iterdir():
        files.pipe_file(f"{place}/documents/{document.name}", document.read_bytes())
    for stage in (one.name for one in stage_table.STAGES if one.run):
        cache = tmp_path / stage
        with unfetched_files_opened(f"memory:/{place}", str(cache)) as opened:
            assert main([stage, f"--data=memory:/{place}", f"--cache={cache}", *settings(models)]) == 0
        assert opened == [], f"{stage} reads what it did not fetch"
    assert len(models.requests) == local[1]
    there = artifacts({path.removeprefix(f"{place}/"): files.cat_file(path) for path in files.find(place)})
    here = artifacts(local_contents(folder))
    assert sorted(there) == sorted(here) and [path for path in here if there[path] != here[path]] == []


PAGES = ("plots/*.html", "plots/*.png", "datasets/*/report.html", "qa/*/curated/report.html")
RUN = ("qa/gemini-2.5-flash/*",)
OF_ONE = ("text/harbour-2.*", "summaries/harbour-2.*", "chunks/harbour-2.*", "qa/*harbour-2.*", "plots/*harbour-2*")
FORGOTTEN = (*OF_ONE, "datasets/*.parquet", "tags/*")


@pytest.mark.parametrize(
    ("command", "fetched", "databases"),
    [
        (["open", "--no-browser"], PAGES, {"manifest.db"}),
        (["diff", "gemini-2.5-flash/raw", "gemini-2.5-flash"], RUN, {"manifest.db"}),
        (["diff", "gemini-2.5-flash", "groundwork-dataset"], (*RUN, "datasets/*.parquet"), {"manifest.db"}),
        (["review", "--dry-run"], (*RUN, "tags/*", "chunks/*"), {"manifest.db"}),
        (["chunk", "--document=harbour-2", "--force"], OF_ONE, {"manifest.db"}),
        (["generate_qa", "--document=harbour-2", "--run=other"], OF_ONE, {"manifest.db", "journal.db", "vectors.db"}),
        (["set-aside", "harbour-2"], ("documents/harbour-2.md",), {"manifest.db"}),
        (["gc"], (), {"manifest.db", "journal.db"}),
        (["forget", "harbour-2"], FORGOTTEN, {"manifest.db"}),
        (
            ["forget", "harbour-2", "--replies"],
            FORGOTTEN,
            {"manifest.db", "journal.db"},
        ),
    ],
)
def test_a_command_fetches_what_it_shows(
    tmp_path: Path,
    models: FakeOpenRouter,
    local: tuple[Path, int],
    command: list[str],
    fetched: tuple[str, ...],
    databases: set[str],
) -> None:
    """Of artifacts and databases only those that a command reads come into the copy, and nothing is read unfetched."""
    files, place, cache = stored(local[0]), f"/{uuid.uuid4().hex}/data", str(tmp_path / "cache")
    for path, content in files.items():
        store().pipe_file(f"{place}/{path}", content)
    url = f"memory:/{place}"
    with unfetched_files_opened(url, cache) as opened:
        assert main([*command, f"--data={url}", f"--cache={cache}", *settings(models)]) == 0
    assert opened == []
    copy = mirror_of(url, cache).root
    here = {path for path in files if (copy / path).is_file() and (copy / path).stat().st_size}
    made = {path for path in here if not path.startswith(".state/") and "/" in path and not path.endswith(".db")}
    assert [path for path in made if not any(fnmatch(path, pattern) for pattern in fetched)] == []
    assert {".".join(path.rpartition("/")[2].split(".")[-2:]) for path in here if path.endswith(".db")} == databases


def store() -> Any:
    fsspec: Any = importlib.import_module("fsspec")
    return fsspec.filesystem("memory")


def stored(folder: Path) -> dict[str, bytes]:
    """A data folder as it lies in a store, without what is of one machine."""
    found = local_contents(folder)
    return {path: found[path] for path in found if not path.endswith((".db-wal", ".db-shm", ".reserve"))}


@contextmanager
def unfetched_files_opened(url: str, cache: str) -> Iterator[list[str]]:
    """The files of a copy that are opened to be read while only their names, or nothing of them, are there."""
    mirror, opened, watching = mirror_of(url, cache), [], True

    def look(event: str, details: tuple[Any, ...]) -> None:
        if not watching or event not in ("open", "sqlite3.connect") or not isinstance(details[0], str):
            return
        path = Path(details[0].removeprefix("file://").partition("?")[0])
        if not path.is_relative_to(mirror.root):
            return
        missing = event == "sqlite3.connect" and not path.exists()
        if missing and store().exists(f"{url.removeprefix('memory:/')}/{path.relative_to(mirror.root)}"):
            opened.append(details[0])
        if event == "open" and details[1] in ("r", "rb") and mirror.is_remote(path):
            opened.append(details[0])

    sys.addaudithook(look)
    try:
        yield opened
    finally:
        watching = False
