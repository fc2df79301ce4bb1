"""Files of the data folder: whole or not at all, inside the folder, readable or a clear error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from groundwork.console.terminal import terminal_text
from groundwork.data_folder.file_names import MAX_SLUG_BYTES, slug
from groundwork.data_folder.read_write import read_jsonl, remove_leftovers, write_bytes, write_jsonl
from groundwork.data_folder.spread_folders import names_in_folder
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import BadRecord, UsageError
from groundwork.processes.process_identity import process_mark
from groundwork.records import Summary


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """What cannot be written whole leaves the old content and no temporary file."""
    target = tmp_path / "a.jsonl"
    write_bytes(target, b"old\n")

    def broken() -> object:
        yield {"fine": 1}
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        write_jsonl(target, broken())
    assert target.read_bytes() == b"old\n"
    assert [p.name for p in tmp_path.iterdir()] == ["a.jsonl"]


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    """JSON Lines hold any text: line separators, quotes, other scripts."""
    records = [Summary(document="ü", summary='two\nlines "quoted" \u2028 界', model="m")]
    write_jsonl(tmp_path / "s.jsonl", records)
    assert read_jsonl(tmp_path / "s.jsonl", Summary) == records


def test_a_damaged_record_names_file_and_line(tmp_path: Path) -> None:
    """A record with a missing or unknown field is an error with file, line and remedy."""
    (tmp_path / "s.jsonl").write_text('{"document":"a","summary":"b","model":"c"}\n\n{"document":"a","extra":1}\n')
    with pytest.raises(BadRecord, match=r"s\.jsonl, line 3: .*run its stage again"):
        read_jsonl(tmp_path / "s.jsonl", Summary)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    """A path made from a name stays inside the data folder."""
    with pytest.raises(UsageError, match="leads out"):
        Workspace(tmp_path).path("text", "..", name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("My File (v2)", "my-file-v2"),
        ("-rf", "rf"),
        ("..", "unnamed"),
        ("a/b\\c", "a-b-c"),
        ("Regeln für 界", "regeln-für-界"),
        ("नियमावली ระเบียบ", "नियमावली-ระเบียบ"),
        ("YÖNETMELİK", "yönetmelik"),
    ],
)
def test_slug(name: str, expected: str) -> None:
    """Any name becomes a file name without spaces, separators or a leading dash or dot."""
    assert slug(name) == expected


def test_a_long_name_is_cut_and_stays_its_own() -> None:
    """No file name is longer than a file system takes; what differs behind the cut differs in it; cutting ends."""
    names = [slug("folder with a long name/" * 20 + last) for last in ("a", "b")]
    assert names[0] != names[1] and all(len(name) == MAX_SLUG_BYTES for name in names)
    assert [slug(name) for name in names] == names
    assert len(slug("\u0915\u093f" * 100).encode()) <= MAX_SLUG_BYTES


def test_a_test_workspace_borrows_what_it_lacks(tmp_path: Path) -> None:
    """A test run reads the results of the full run and writes beside them."""
    write_bytes(tmp_path / "text" / "a.md", b"full")
    test = Workspace(tmp_path / "test", tmp_path)
    test.copy_from_base(["text"])
    assert test.path("text", "a.md").read_bytes() == b"full"
    assert test.path("documents", "x.pdf") == tmp_path / "documents" / "x.pdf"
    write_bytes(test.path("text", "a.md"), b"sample")
    test.copy_from_base(["text"])
    assert test.path("text", "a.md").read_bytes() == b"sample"
    assert (tmp_path / "text" / "a.md").read_bytes() == b"full"


def test_what_a_test_run_made_is_not_replaced(tmp_path: Path) -> None:
    """Of a document that a stage worked on in the test folder nothing is copied, other documents are."""
    test = Workspace(tmp_path / "test", tmp_path)
    write_bytes(test.path("qa", "run", "a.jsonl"), b"two chunks")
    for name in ("a.jsonl", "curated/a.jsonl", "b.jsonl"):
        write_bytes(tmp_path / "qa" / "run" / name, b"full")
    test.copy_from_base(["qa"], ["qa/run/a.jsonl"])
    assert test.path("qa", "run", "a.jsonl").read_bytes() == b"two chunks"
    assert not test.path("qa", "run", "curated", "a.jsonl").exists()
    assert test.path("qa", "run", "b.jsonl").read_bytes() == b"full"


def test_temporary_files_of_dead_processes_are_removed(tmp_path: Path) -> None:
    """What a killed process left goes; what a living one, or one of another machine, is writing stays."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    place, pid, started = process_mark().split("-")
    names = [f"{place}-{dead.pid}-{int(started) + 1}", f"{place}-{pid}-{started}", f"0{place[1:]}x-{dead.pid}-1", "old"]
    left = [tmp_path / f".tmp-{name}-x.md" for name in names]
    for path in left:
        path.write_text("half")
    assert remove_leftovers([tmp_path, tmp_path / "absent"]) == 1
    assert [path.exists() for path in left] == [False, True, True, True]


@pytest.mark.parametrize("text", ["\x1b[31mred", "title\x1b]0;own\x07", "back\u202ewards", "bell\x07", "c1\x9b31m"])
def test_control_characters_are_spelt_out(text: str) -> None:
    """A name or heading cannot colour, clear or retitle the terminal, nor turn its text round."""
    assert not {c for c in terminal_text(text) if not c.isprintable()}
    assert terminal_text("tab\tand\nline, ü 界 e\u0301") == "tab\tand\nline, ü 界 e\u0301"


def test_a_folder_is_listed_in_order(tmp_path: Path) -> None:
    """Files of any or of some endings, linked ones too; no folders, and nothing where there is no folder."""
    for name in ("b.md", "a.json", "c.md"):
        (tmp_path / name).touch()
    (tmp_path / "d.md").mkdir()
    (tmp_path / "e.md").symlink_to(tmp_path / "b.md")
    (tmp_path / "f.md").symlink_to(tmp_path / "absent")
    assert names_in_folder(tmp_path) == ["a.json", "b.md", "c.md", "e.md"]
    assert names_in_folder(tmp_path, ".md") == ["b.md", "c.md", "e.md"] and names_in_folder(
        tmp_path, ".csv", ".json"
    ) == ["a.json"]
    assert names_in_folder(tmp_path / "absent") == names_in_folder(tmp_path / "b.md") == []
