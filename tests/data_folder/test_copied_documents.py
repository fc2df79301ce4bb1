"""Documents with the same text: said once, asked about once, and once in the dataset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from groundwork.__main__ import main
from tests.author import Author
from tests.fake_openrouter import FakeOpenRouter
from tests.stage_runner.test_shards import settings

TEXT = (
    "# Ferry\n\n" + " ".join(f"The ferry crosses at quarter {hour} with {hour + 3} guests." for hour in range(6)) + "\n"
)


@pytest.fixture
def server() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter(reply=Author()).thread() as fake:
        yield fake


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    for name in ("ferry.md", "copy of ferry.md", "a copy of ferry.txt"):
        (tmp_path / "documents" / name).write_text(TEXT)
    (tmp_path / "documents" / "pier.md").write_text(TEXT.replace("ferry", "pier"))
    return tmp_path


def documents_in(folder: Path) -> set[str]:
    return {path.stem for path in folder.iterdir() if path.is_file()}


def test_two_files_with_one_text_are_asked_about_once(
    data: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    """The shortest name stands for all: said by ingest and status, and no later stage works on the others."""
    flags = ["--data", str(data), *settings(server)]
    assert main(["ingest", *flags]) == 0
    assert "copy-of-ferry has the text of ferry, which stands for both" in capsys.readouterr().err
    for stage in ("summarize", "chunk", "generate_qa"):
        assert main([stage, *flags]) == 0
    assert (
        capsys.readouterr().err.count("other documents have the same text: a-copy-of-ferry, copy-of-ferry") == 2
    )  # generate_qa finds no chunks of them
    for folder in ("summaries", "chunks", "qa/gemini-2.5-flash"):
        assert documents_in(data / folder) == {"ferry", "pier"}, folder
    assert main(flags) == 0
    assert "a-copy-of-ferry has the text of ferry" in capsys.readouterr().out
    assert main(["chunk", "--document", "copy of ferry.md", *flags]) == 2
    assert "name that one" in capsys.readouterr().err


def test_what_was_cut_first_stays_and_an_edit_parts_them(data: Path, server: FakeOpenRouter) -> None:
    """A copy with a shorter name that comes later is the copy; a text that is edited is a document of its own."""
    flags = ["--data", str(data), *settings(server)]
    assert main(["ingest", *flags]) == main(["chunk", *flags]) == 0
    (data / "documents" / "f.md").write_text(TEXT)
    assert main(["ingest", *flags]) == main(["chunk", *flags]) == 0
    assert documents_in(data / "chunks") == {"ferry", "pier"}
    (data / "text" / "f.md").write_text(TEXT.replace("guests", "people"))
    assert main(["chunk", *flags]) == 0
    assert documents_in(data / "chunks") == {"ferry", "pier", "f"}


def test_where_the_first_goes_a_copy_stands_for_it(data: Path, server: FakeOpenRouter) -> None:
    """The text is still there, under another name."""
    flags = ["--data", str(data), *settings(server)]
    assert main(["ingest", *flags]) == 0
    assert main(["set-aside", "ferry", "--reason", "its copy is better", *flags]) == 0
    assert main(["chunk", *flags]) == 0
    assert documents_in(data / "chunks") == {"copy-of-ferry", "pier"}
