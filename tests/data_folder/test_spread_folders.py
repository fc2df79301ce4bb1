"""Folders of very many files: the files lie in subfolders, and every command does with them what it does without."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import docx
import pytest

from groundwork.__main__ import main
from groundwork.commands.index_page import indexed_files, write_index
from groundwork.data_folder import spread_folders
from groundwork.data_folder.remote_folder.mirror_scope import MirrorScope, document_names
from groundwork.data_folder.runs.kept_and_rejected_pairs import run_candidates
from groundwork.data_folder.shards import Shard
from groundwork.data_folder.spread_folders import file_path, is_spread, names_in_folder
from groundwork.data_folder.workspace import Workspace
from groundwork.markdown.figures import figures
from groundwork.processes.process_identity import process_mark
from groundwork.review.review_server import served_figure, served_plot_names, served_plot_page
from tests.author import Author
from tests.fake_openrouter import FakeOpenRouter
from tests.sample.pictures import chart
from tests.stage_runner.test_shards import settings

NAMES = ("one", "two", "two-b", "three.v2")
RUN = "gemini-2.5-flash"
STAGES = (
    *(["ingest"], ["summarize"], ["chunk", "--html"], ["generate_qa"], ["curate"], ["generate_tags"]),
    *(["generate_embeddings"], ["coverage"], ["merge", f"{RUN}/raw", RUN, "--out", "both"]),
    ["create_dataset", "--name", "ferries"],
)
SUBFOLDER = re.compile(r"/_[0-9a-f]{2}(?=/)")


@pytest.fixture(scope="module")
def server() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter(reply=Author()).thread() as fake:
        yield fake


def sentences(name: str, number: int) -> list[str]:
    return [
        f"The ferry {name} crosses the sound at quarter {hour} with {hour + number} passengers on deck."
        for hour in range(5)
    ]


def write_documents(data: Path) -> Path:
    (data / "documents").mkdir(parents=True)
    for number, name in enumerate(NAMES[1:]):
        (data / "documents" / f"{name}.md").write_text(f"# Ferry {name}\n\n{' '.join(sentences(name, number))}\n")
    word = docx.Document()
    for number, sentence in enumerate(sentences("one", 7)):
        word.add_paragraph(sentence)
        if number in (1, 3):
            word.add_picture(io.BytesIO(chart(number)))
    word.save(str(data / "documents" / "one.docx"))
    return data


def command(server: FakeOpenRouter, data: Path, *words: str) -> int:
    return main([*words, "--data", str(data), *settings(server), "--set=ingest.pictures=true"])


@pytest.fixture(scope="module")
def plain(server: FakeOpenRouter, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the stages write where the folders are as they always were."""
    data = write_documents(tmp_path_factory.mktemp("plain") / "data")
    for stage in STAGES:
        assert command(server, data, *stage) == 0, stage
    return data


@pytest.fixture(scope="module")
def made(plain: Path, server: FakeOpenRouter, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same where two files are many; with the replies of the other, no call is made."""
    data = tmp_path_factory.mktemp("spread") / "data"
    shutil.copytree(plain / "documents", data / "documents")
    (data / ".state").mkdir()
    shutil.copy(plain / ".state" / "journal.db", data / ".state")
    asked = len(server.requests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spread_folders, "SPREAD_FROM", 2)
        for stage in STAGES:
            assert command(server, data, *stage) == 0, stage
    assert len(server.requests) == asked
    return data


@pytest.fixture
def spread(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    shutil.copytree(made, tmp_path / "data")
    return tmp_path / "data"


def contents(data: Path) -> dict[str, bytes]:
    """By path without subfolders, what every artifact of a document holds, its links without them as well."""
    files = [path for folder in ("text", "summaries", "chunks", "qa", "tags") for path in (data / folder).rglob("*")]
    files += [*(data / "plots").rglob("*"), *(data / "datasets").rglob("*.parquet")]
    return {
        SUBFOLDER.sub("", path.relative_to(data).as_posix()): re.sub(
            rb"\.\./\.\./text/_[0-9a-f]{2}/", b"../text/", path.read_bytes()
        )
        for path in files
        if path.is_file() and path.name not in (spread_folders.SPREAD_MARKER, "report.html")
    }


def test_the_same_files_are_written_as_without(plain: Path, made: Path) -> None:
    """No folder but that of the user's documents holds more than the files of a whole run and what subfolders hold."""
    whole, parts = contents(plain), contents(made)
    assert whole.keys() == parts.keys()
    assert [name for name in whole if whole[name] != parts[name]] == []
    for folder in ("text", "summaries", "chunks", "plots", f"qa/{RUN}", f"qa/{RUN}/rejected", f"qa/{RUN}/coverage"):
        assert is_spread(str(made / folder)) and not is_spread(str(plain / folder))
        left = [path.name for path in (made / folder).iterdir() if path.is_file() and path.name != ".spread"]
        assert [name for name in left if any(name.startswith((one, f"coverage-{one}")) for one in NAMES)] == []
        assert names_in_folder(made / folder) == names_in_folder(plain / folder)
    assert is_spread(str(made / "qa" / "both")) and is_spread(str(made / "qa" / RUN / "curated" / "rejected"))


def said(server: FakeOpenRouter, data: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command prints, without the places of files and the times."""
    capsys.readouterr()
    assert command(server, data, *words) == 0, words
    told = SUBFOLDER.sub("", capsys.readouterr().out.replace(str(data), "DATA"))
    return re.sub(r"\d+\.\d s", "", told)


def test_everything_is_current_and_listed(
    plain: Path, spread: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second start makes no call, and every command that lists says what it says without subfolders."""
    asked = len(server.requests)
    for words in ([], *STAGES, ["diff", f"{RUN}/raw", "both"], ["set-aside", "two"], ["set-aside", "--undo", "two"]):
        assert said(server, spread, capsys, *words) == said(server, plain, capsys, *words), words
    assert len(server.requests) == asked
    data = Workspace(spread)
    assert run_candidates(data, RUN) == run_candidates(Workspace(plain), RUN)
    assert served_plot_names(data) == served_plot_names(Workspace(plain))


def test_links_of_pages_lead_to_files(spread: Path) -> None:
    """Those of the text, of the pages in data/plots and of data/index.html, and the review serves page and picture."""
    data = Workspace(spread)
    text = data.path("text", "one.md")
    found = figures(text.read_text(), "one")
    assert len(found) == 2 and all((text.parent / one.file).is_file() for one in found)
    for name in ("one-chunks.html", "coverage-one.html"):
        page = data.path("plots", name)
        assert page.parent.name != "plots"
        folders = set(re.findall(r"(?:\.\./)+text/(?:_[0-9a-f]{2}/)", page.read_text()))
        assert folders and all((page.parent / folder / one.file).is_file() for folder in folders for one in found)
    index = write_index(data)
    links = re.findall(r'<a href="([^"]+)"', index.read_text())
    assert {index.parent / unquote(link) for link in links} == set(indexed_files(data))
    assert len([link for link in links if "coverage-" in link]) == len(NAMES)
    assert served_plot_page(data, "coverage-one.html") and served_figure(data, "one", Path(found[0].file).name)


def test_forget_finds_what_lies_in_subfolders(spread: Path, server: FakeOpenRouter) -> None:
    """Nothing of a document that was forgotten remains, its pictures among it."""
    assert command(server, spread, "forget", "two", "one") == 0
    left = [path for path in spread.rglob("*") if path.is_file() and path.suffix not in (".db", ".parquet")]
    left = [path for path in left if path.parts[len(spread.parts)] not in ("datasets", ".state", "documents")]
    assert [str(path) for path in left if "two." in path.name or b"ferry two crosses" in path.read_bytes()] == []
    assert not any(path.name.startswith("figure-") for path in left)


def test_gc_finds_what_lies_in_subfolders(
    spread: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pictures that no text shows, temporary files and hashes of lost files go; all else stays, and is current."""
    for stage in STAGES[:5]:
        assert command(server, spread, *stage) == 0
    before, asked = contents(spread), len(server.requests)
    data = Workspace(spread)
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        temporary = f".tmp-{process_mark().split('-')[0]}-{ended.pid}-0-x"
    leftovers = [data.path(folder, "two.jsonl").with_name(temporary) for folder in ("chunks", "text")]
    unused = data.path("text", "one") / f"figure-{'0' * 12}.png"
    summary = data.path("summaries", "two.json")
    assert SUBFOLDER.search(str(unused)) and SUBFOLDER.search(str(summary))
    for file in (*leftovers, unused):
        file.write_bytes(b"left")
    os.utime(unused.parent, (0, 0))
    summary.unlink()
    printed = said(server, spread, capsys, "gc")
    assert "1 picture that no text shows" in printed and "1 hash of files that are gone, 2 temporary files" in printed
    assert not any(file.exists() for file in (*leftovers, unused))
    assert command(server, spread, "summarize") == 0
    assert contents(spread) == before and len(server.requests) == asked
    for stage in STAGES[:5]:
        assert " up to date" in said(server, spread, capsys, *stage)


def test_a_renamed_document_moves_to_its_subfolder(spread: Path, server: FakeOpenRouter) -> None:
    """With all that was made of it, its pictures beside its text, and without a call."""
    asked = len(server.requests)
    (spread / "documents" / "one.docx").rename(spread / "documents" / "seventh.docx")
    assert command(server, spread, "ingest") == 0
    for stage in STAGES[2:4]:
        assert command(server, spread, *stage) == 0
    assert len(server.requests) == asked
    text = file_path(spread / "text", "seventh.md")
    assert all((text.parent / one.file).is_file() for one in figures(text.read_text(), "seventh"))
    assert not list((spread / "text").rglob("one*"))


def test_what_is_laid_into_the_folder_by_hand_is_put_in_its_place(spread: Path, server: FakeOpenRouter) -> None:
    """A text that a person writes is chunked as in a folder without subfolders."""
    (spread / "text" / "mine.md").write_text("The mill of Orrin opens at 06:30 on every day but Sunday.\n")
    assert command(server, spread, "chunk") == 0
    assert file_path(spread / "text", "mine.md").is_file() and file_path(spread / "chunks", "mine.jsonl").is_file()


def test_shards_find_the_same_places(spread: Path, server: FakeOpenRouter) -> None:
    """What shards write is gathered, and nothing is missing."""
    shutil.rmtree(spread / ".state")
    for shard in ("1/2", "2/2"):
        for stage in STAGES[:4]:
            assert command(server, spread, *stage, "--shard", shard) == 0
    assert command(server, spread, "gather") == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_shard_takes_from_elsewhere_what_is_of_its_documents(made: Path, name: str) -> None:
    """By the document's name, whatever the subfolder; the marker of a folder goes to all."""
    data = Workspace(made)
    files = ["text", f"{name}.md"], ["chunks", f"{name}.jsonl"], ["qa", RUN, "curated", f"{name}.jsonl"]
    paths = [data.relative(data.path(*parts)) for parts in files]
    assert all(SUBFOLDER.search(path) for path in paths)
    for shard in Shard.all(3):
        takes = [MirrorScope(shard).takes(path, document_names(paths)) for path in [*paths, "text/.spread"]]
        assert takes == [shard.holds(name)] * 3 + [True]


def test_a_sample_is_spread_like_the_whole(spread: Path, server: FakeOpenRouter) -> None:
    """--test reads what it borrows from the data folder."""
    for stage in STAGES[2:4]:
        assert command(server, spread, *stage, "--test") == 0
    assert is_spread(str(spread / "test" / "text")) and names_in_folder(spread / "test" / "chunks")


def test_a_folder_that_holds_files_stays_as_it_is(
    plain: Path, tmp_path: Path, server: FakeOpenRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many files it holds."""
    shutil.copytree(plain, tmp_path / "data")
    monkeypatch.setattr(spread_folders, "SPREAD_FROM", 2)
    for stage in STAGES[:4]:
        assert command(server, tmp_path / "data", *stage) == 0
    assert not list((tmp_path / "data").rglob(spread_folders.SPREAD_MARKER))
