"""The stage `chunk`, from the files of data/text to data/chunks."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from groundwork.data_folder.read_write import read_jsonl, write_json, write_text
from groundwork.errors import EXIT_FAILED, EXIT_OK, EXIT_USAGE
from groundwork.records import Chunk, Document, Page
from groundwork.stages.chunk import main

TEXT = (
    "# Field\n\nThe field is 75 metres long. " + "It is 25 metres wide. " * 24 + "\n\n"
    "| zone | metres |\n|---|---|\n| central | 45 |\n" + "| end of the field | 15 |\n" * 20 + "\n"
    "# Legal License\n\nThis work is licensed under a Creative Commons Attribution 4.0 license.\n"
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write(tmp_path, "rules", TEXT)
    return tmp_path


def write(data: Path, name: str, text: str) -> None:
    pages = [
        Page(number=1, start=0, end=30, converter="layout"),
        Page(number=2, start=30, end=len(text), converter="layout"),
    ]
    record = Document(
        id=name, source="x.pdf", sha256="", converter="layout", converter_version="1", characters=len(text), pages=pages
    )
    write_text(data / "text" / f"{name}.md", text)
    write_json(data / "text" / f"{name}.json", record)


def run(data: Path, *flags: str) -> int:
    return main(["--data", str(data), *flags])


def chunks(data: Path, name: str = "rules") -> list[Chunk]:
    return read_jsonl(data / "chunks" / f"{name}.jsonl", Chunk)


def test_writes_chunks_and_counts_them(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The ledger says segments, chunks, tables and what is left out of questions; the histogram shows lengths."""
    assert run(data) == EXIT_OK
    assert [(chunk.kind, chunk.skip, chunk.pages) for chunk in chunks(data)] == [
        ("text", "", [1, 2]),
        ("table", "", [2]),
        ("text", "boilerplate", [2]),
    ]
    out = capsys.readouterr().out
    assert "3 segments -> 3 chunks; 26 sentences; 1 table whole, 0 split; left out of questions: 1 boilerplate" in out
    assert "501 - 1,000  ████████████████████████████████████████ 2" in out


def test_chunks_of_one_document_do_not_depend_on_others(data: Path) -> None:
    """A second document changes no byte of the first one's chunks."""
    run(data)
    before = (data / "chunks" / "rules.jsonl").read_bytes()
    write(data, "another", TEXT.replace("75", "100"))
    run(data, "--force")
    assert (data / "chunks" / "rules.jsonl").read_bytes() == before


def test_line_breaks_of_windows_are_kept(data: Path) -> None:
    """Offsets count the characters of the file as it is, CRLF and byte-order mark included."""
    text = "\ufeff" + TEXT.replace("\n", "\r\n")
    write(data, "windows", text)
    run(data)
    found = chunks(data, "windows")
    assert "".join(chunk.text for chunk in found) == text
    assert [chunk.kind for chunk in found] == ["text", "table", "text"]


def test_show_prints_every_chunk(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--show prints number, kind, length, pages, breadcrumb and text, also when nothing had to be done."""
    run(data)
    capsys.readouterr()
    run(data, "--show")
    out = capsys.readouterr().out
    assert f"── 2 · table · {chunks(data)[1].length} characters · page 2 · Field" in out and "| central | 45 |" in out


def test_lengths_are_shown_when_there_is_news(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The histogram ends with its last chunk, and a run with nothing to do goes without it unless it shows chunks."""
    run(data)
    out = capsys.readouterr().out
    assert "length in" in out and "1,001 - 1,500" not in out
    run(data)
    assert "length in" not in capsys.readouterr().out
    run(data, "--show")
    assert "length in" in capsys.readouterr().out


def test_a_damaged_chunk_file_hides_no_other(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--show names the file that cannot be read, shows those that can, and fails."""
    write(data, "another", TEXT)
    run(data)
    capsys.readouterr()
    (data / "chunks" / "another.jsonl").write_bytes(b"{broken\n")
    assert run(data, "--show") == EXIT_FAILED
    told = capsys.readouterr()
    assert "another.jsonl, line 1" in told.err and "| central | 45 |" in told.out and "length in" in told.out


class Elements(HTMLParser):
    """The tags of a page and the text in its <pre>."""

    def __init__(self) -> None:
        super().__init__()
        self.tags = [""]
        self.pre = ""

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if self.tags[-1] in ("pre", "mark"):
            self.pre += data


def test_html_view_draws_every_border_and_runs_nothing(data: Path) -> None:
    """--html writes a page with a section for each chunk; markup of a document stays text."""
    write(data, "evil", TEXT + "\n<script>alert(1)</script> & <b>bold</b>\n")
    run(data, "--html")
    page = Elements()
    page.feed((data / "plots" / "evil-chunks.html").read_text(encoding="utf-8"))
    assert page.tags.count("section") == len(chunks(data, "evil"))
    assert "script" not in page.tags and "<script>alert(1)</script> & <b>bold</b>" in page.pre


def test_edited_or_lone_markdown_is_chunked_without_pages(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A text edited after ingest, or put there by hand, is chunked; pages that would lie are left out and said so."""
    (data / "text" / "rules.md").write_text(TEXT + "\nOne more sentence.\n", encoding="utf-8")
    (data / "text" / "lone.md").write_text("Text by hand.\n", encoding="utf-8")
    assert run(data) == EXIT_OK
    out = capsys.readouterr().out
    assert "edited since ingest" in out and "lone.json is missing" in out
    assert all(not chunk.pages for chunk in chunks(data) + chunks(data, "lone"))


def test_a_bad_document_fails_alone(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes that are no UTF-8 fail their document and leave no file; an empty one is empty; the others go on."""
    (data / "text" / "binary.md").write_bytes(b"\x89PNG\xff\x00\xfe")
    (data / "text" / "void.md").write_text(" \n\n", encoding="utf-8")
    assert run(data) == EXIT_FAILED
    assert "1 ok · 1 empty · 1 failed" in capsys.readouterr().out
    assert not (data / "chunks" / "binary.jsonl").exists() and len(chunks(data)) == 3


def test_tokens_need_a_tokenizer_that_can_be_had(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """chunk.unit tokens without a tokenizer, or with one that is nowhere, ends with exit code 2 and the remedy."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # else 20 s of tries to reach it
    assert run(data, "--set", "chunk.unit=tokens") == EXIT_USAGE
    assert "chunk.tokenizer: is empty" in capsys.readouterr().err
    assert run(data, "--set", "chunk.unit=tokens", "--set", "chunk.tokenizer=no/such-model") == EXIT_USAGE
    assert 'set chunk.unit to "characters"' in capsys.readouterr().err
    broken = data / "tokenizer.json"
    broken.write_text("{}", encoding="utf-8")
    assert run(data, "--set", "chunk.unit=tokens", "--set", f"chunk.tokenizer={broken}") == EXIT_USAGE
    assert "no tokenizer.json that can be read" in capsys.readouterr().err


def test_impossible_limits_are_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A minimum above half the maximum could not be kept, and is an error that names both."""
    assert run(data, "--set", "chunk.min_length=4000") == EXIT_USAGE
    assert "chunk.min_length: 4000 is more than half of chunk.max_length" in capsys.readouterr().err
    assert msgspec.json.decode((data / "text" / "rules.json").read_bytes())["id"] == "rules"


def test_short_chunks_are_named_with_the_reason(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Below the histogram stands which chunks are shorter than the minimum, and why; what is left out is none."""
    write(data, "note", "# Note\n\nOne sentence is all there is.\n")
    run(data)
    lines = [line for line in capsys.readouterr().out.splitlines() if "shorter than" in line]
    assert len(lines) == 1 and "shorter than 500, the whole document: note 1" in lines[0]
