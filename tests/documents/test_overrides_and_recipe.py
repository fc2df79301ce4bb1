"""Settings of single documents, patterns of files to pass over, and documents that are set aside."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from groundwork.__main__ import main
from groundwork.data_folder.file_names import matches
from groundwork.data_folder.read_write import read_jsonl
from groundwork.documents.conversion import document_conversion
from groundwork.documents.overrides_and_recipe import override_page_numbers, override_pages
from groundwork.errors import BadDocument, MissingExtra
from groundwork.records import Chunk
from groundwork.settings.config_schema import DocumentOverride
from tests.documents.conftest import Folder


@pytest.mark.parametrize(
    ("pattern", "names", "others"),
    [
        ("scan.pdf", ["scan.pdf", "old/scan.pdf"], ["scan.pdf.md", "a-scan.pdf"]),
        ("*.log", ["a.log", "x/y/b.log"], ["log", "a.log.md"]),
        ("drafts/", ["drafts/a.md", "2024/drafts/b/c.md"], ["drafts.md", "my-drafts/a.md"]),
        ("drafts", ["drafts/a.md"], ["drafts.md"]),
        ("2024/*.pdf", ["2024/a.pdf"], ["2025/a.pdf", "x/2024/a.pdf"]),
        ("a[1].md", ["a1.md"], ["a[1].md"]),
    ],
)
def test_patterns_mean_files_as_in_a_shell(pattern: str, names: list[str], others: list[str]) -> None:
    """A bare name means files of any folder, a folder all that is below it, a path that place alone."""
    assert [name for name in [*names, *others] if matches(name, pattern)] == names


def test_pages_are_named_by_ranges() -> None:
    """Ranges, single pages and an open end; pages that there are not are an error only where none remains."""
    assert override_page_numbers("1-3, 7, 9-", 10) == [1, 2, 3, 7, 9, 10]
    assert (
        override_page_numbers("2", 3) == [2]
        and override_page_numbers("", 2) == [1, 2]
        and override_page_numbers("2-9", 3) == [2, 3]
    )
    with pytest.raises(BadDocument, match="names the pages 7-9, but it has 3"):
        override_pages("7-9", 3)


@pytest.mark.parametrize(
    "text", ["1", "1-3, 7, 9-", " 2 - 3 ,5", "9 -", "007", "0", "0-3", "2-0", "2,", "1 3", "-3", "²", "٣", "1-2-3"]
)
def test_the_settings_take_what_is_read_as_pages(text: str) -> None:
    """The pattern of the setting and the reader of page ranges know the same ranges."""
    try:
        msgspec.convert(dict.fromkeys(DocumentOverride.__struct_fields__) | {"pages": text}, DocumentOverride)
    except msgspec.ValidationError:
        with pytest.raises(ValueError, match="write the pages as"):
            override_page_numbers(text, 12)
    else:
        assert override_page_numbers(text, 12)


def test_overrides_hold_for_the_files_that_they_name(folder: Folder, short_pdf) -> None:
    """Pages, title and converter of one document; a change of its override is no change of the others."""
    folder.add("manual.pdf", short_pdf(3, 4, 5))
    folder.add("notes.md", "# Notes\n\nThe tide turns at noon.")
    said = {"*.pdf": {"pages": "2-3", "title": "The manual"}, "manual.*": {"converter": "markitdown"}}
    assert folder.ingest(f"--set=ingest.overrides={json.dumps(said)}") == 0
    record = folder.record("manual")
    assert [page.number for page in record.pages] == [2, 3] and record.title == "The manual"
    assert "markitdown" in {page.converter for page in record.pages} and folder.record("notes").title == "Notes"
    assert record.pages[-1].end == record.characters == len(folder.text("manual"))
    before = (folder.root / "text" / "notes.json").stat().st_mtime_ns
    said["*.pdf"]["pages"] = "1"
    assert folder.ingest(f"--set=ingest.overrides={json.dumps(said)}") == 0
    assert [page.number for page in folder.record("manual").pages] == [1]
    assert (folder.root / "text" / "notes.json").stat().st_mtime_ns == before


def test_the_language_is_passed_on_to_the_chunks(folder: Folder) -> None:
    """What the settings say of a document's language holds in place of its detection."""
    folder.add("kort.md", "# Kort\n\nVand. Havn. Sejl.")
    assert folder.ingest('--set=ingest.overrides={"kort.md": {"language": "da"}}') == 0
    assert main(["chunk", "--data", str(folder.root)]) == 0
    assert {chunk.language for chunk in read_jsonl(folder.root / "chunks" / "kort.jsonl", Chunk)} == {"da"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"a.md": {"convertor": "ocr"}}, "ingest.overrides.a.md.convertor: no such setting"),
        ({"a.md": {"pages": "first"}}, "ingest.overrides.a.md.pages"),
        ({"a.md": {"pages": "0"}}, "ingest.overrides.a.md.pages"),
    ],
)
def test_a_wrong_override_is_named(folder: Folder, capsys: pytest.CaptureFixture[str], said: dict, told: str) -> None:
    """A setting that there is not, and pages that are none, stop before anything is read."""
    folder.add("a.md", "# A\n\nText.")
    assert folder.ingest(f"--set=ingest.overrides={json.dumps(said)}") == 2
    assert told in capsys.readouterr().err and not folder.written


def test_a_pattern_that_fits_nothing_is_said(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """A pattern with a slip of the pen is answered by the nearest name."""
    folder.add("manual.md", "# A\n\nText.")
    assert folder.ingest('--set=ingest.overrides={"manaul.md": {"title": "X"}}') == 0
    assert "manaul.md fits no document; did you mean manual.md?" in capsys.readouterr().err


def test_ignored_files_are_passed_over_and_named(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """What a pattern ignores makes no document; what was made of it before is left out of the next dataset."""
    folder.add("rules.md", "# Rules\n\nThe tide turns at noon.")
    folder.add("drafts/rules.md", "# Draft\n\nThe tide turns at one.")
    assert folder.ingest() == 0 and folder.written == {"rules", "drafts-rules"}
    capsys.readouterr()
    assert folder.ingest('--set=ingest.ignore=["drafts/"]') == 0
    said = capsys.readouterr()
    assert "ignored (ingest.ignore): drafts/rules.md" in said.err and "1 up to date" in said.out
    assert main(["--data", str(folder.root), '--set=ingest.ignore=["drafts/"]']) == 0
    assert "ignored  drafts-rules (documents/drafts/rules.md)" in capsys.readouterr().out


def test_a_picture_without_ocr_names_one_remedy(
    folder: Folder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra to install is named once, whatever converters are missing."""

    def require_converter(name: str) -> None:
        raise MissingExtra(f"The converter {name}", "ocr")

    monkeypatch.setattr(document_conversion, "require_converter", require_converter)
    Image.new("L", (40, 40), 255).save(folder.root / "documents" / "logo.png")
    assert folder.ingest() == 1
    out = capsys.readouterr().out
    assert "logo.png: it is a picture; read it with a vision model" in out and out.count("--extra ocr") == 1


def test_set_aside_ends_the_advice_to_try_again(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that cannot be read is set aside with what failed as the reason, and taken back on request."""
    folder.add("rules.md", "# Rules\n\nThe tide turns at noon.")
    folder.add("broken.pdf", b"%PDF-1.7 and no more")
    there = ["--data", str(folder.root)]
    assert folder.ingest() == 1
    assert "uv run dataprep set-aside broken" in capsys.readouterr().out
    assert main(["set-aside", "brokn", *there]) == 2
    assert "did you mean broken?" in capsys.readouterr().err
    assert main(["set-aside", "broken.pdf", *there]) == 0
    assert re.search(r"set aside: broken \((?!broken\.pdf)\w", capsys.readouterr().out)
    assert folder.ingest() == 0 and main(there) == 0
    out = capsys.readouterr().out
    assert re.search(r"set aside  broken \(documents/broken\.pdf\): (?!broken)\w", out) and "--retry-failed" not in out
    assert "has changed since" not in out
    folder.add("broken.pdf", b"%PDF-1.7 and a little more")
    assert main(there) == 0
    assert "its file has changed since, try it: uv run dataprep set-aside --undo broken" in capsys.readouterr().out
    assert main(["ingest", "--document", "broken", *there]) == 2
    assert "is set aside" in capsys.readouterr().err
    assert main(["set-aside", "--undo", "broken", *there]) == 0 and not (folder.root / "set-aside.json").exists()
    assert folder.ingest() == 1


def test_what_is_set_aside_takes_part_in_nothing(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """A document that was read is left out by the stages after it; a text put there by hand can be set aside too."""
    folder.add("rules.md", "# Rules\n\nThe tide turns at noon.")
    Path(folder.root / "text").mkdir()
    (folder.root / "text" / "mine.md").write_text("# Mine\n\nA text of my own.")
    assert folder.ingest() == 0
    assert main(["set-aside", "mine", "rules", "--reason", "not ours", "--data", str(folder.root)]) == 0
    assert main(["chunk", "--data", str(folder.root)]) == 2
    assert main(["set-aside", "--data", str(folder.root)]) == 0
    assert "mine: not ours\nrules (documents/rules.md): not ours" in capsys.readouterr().out
    assert main(["set-aside", "--undo", "mine", "--data", str(folder.root)]) == 0
    assert main(["chunk", "--data", str(folder.root)]) == 0
    assert [path.stem for path in (folder.root / "chunks").glob("*.jsonl")] == ["mine"]
