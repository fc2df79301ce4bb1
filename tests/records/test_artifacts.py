"""Files of the data folder: whole or not at all, inside the folder, readable or a clear error."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.errors import BadRecord, UsageError
from groundwork.records.artifacts import Workspace, read_jsonl, slug, write_bytes, write_jsonl
from groundwork.records.types import Summary


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


def test_a_test_workspace_borrows_what_it_lacks(tmp_path: Path) -> None:
    """A test run reads the results of the full run and writes beside them."""
    write_bytes(tmp_path / "text" / "a.md", b"full")
    test = Workspace(tmp_path / "test", tmp_path)
    test.borrow(["text"])
    assert test.path("text", "a.md").read_bytes() == b"full"
    assert test.path("documents", "x.pdf") == tmp_path / "documents" / "x.pdf"
    write_bytes(test.path("text", "a.md"), b"sample")
    test.borrow(["text"])
    assert test.path("text", "a.md").read_bytes() == b"sample"
    assert (tmp_path / "text" / "a.md").read_bytes() == b"full"
