"""Pictures beside a text when the document is renamed, forgotten, tidied up, or lies in another data folder."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest

from groundwork.__main__ import main
from groundwork.data_folder.read_write import read_json, read_jsonl
from groundwork.markdown.figures import figures
from groundwork.records import Chunk, Document, DocumentCoverage, Pair
from tests.fake_openrouter import FakeOpenRouter
from tests.questions.scripted_writer import Json, pair, pairs, part
from tests.sample.pictures import chart
from tests.stage_runner.test_shards import settings

RUN = "gemini-2.5-flash"
STAGES = ("ingest", "chunk", "generate_qa", "coverage")
SENTENCES = [f"The Orrin mill ground {number}0 sacks of meal in month {number}." for number in range(1, 9)]


def reply(body: Json) -> str:
    """A pair about the first sentence of the chunk, and one about its first picture."""
    text = part(body, "chunk")
    mine = [one for one in SENTENCES if one in text][:1]
    seen = {"question": "How did the Orrin mill's meal change over the year?", "answer": "It rose and fell."}
    seen |= {"evaluation_criteria": ["Says that it rose and fell"], "evidence": ["[figure 1]"]}
    made = [pair(one) for one in mine] + ([pair(SENTENCES[0], **seen)] if "[figure 1" in text else [])
    return pairs(*made)


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """A data folder with one Word document of two pictures, asked about, and the command over it."""
    (tmp_path / "data" / "documents").mkdir(parents=True)
    word = docx.Document()
    for number, sentence in enumerate(SENTENCES):
        word.add_paragraph(sentence)
        if number in (1, 5):
            word.add_picture(io.BytesIO(chart(number)))
    word.save(str(tmp_path / "data" / "documents" / "mill.docx"))
    with FakeOpenRouter(reply=reply).thread() as server:

        def command(*words: str, data: Path = tmp_path / "data") -> int:
            chosen = [*settings(server), "--set=ingest.pictures=true", "--set=qa.images=true"]
            return main([*words, "--data", str(data), *chosen])

        command.server, command.data = server, tmp_path / "data"  # type: ignore[attr-defined]
        for stage in STAGES:
            assert command(stage) == 0
        yield command


def check(data: Path, name: str) -> None:
    """Text, pages, chunks, evidence and coverage fit together under this name."""
    text = (data / "text" / f"{name}.md").read_text()
    found = figures(text, name)
    assert len(found) == 2 and all((data / "text" / one.file).is_file() for one in found)
    assert read_json(data / "text" / f"{name}.json", Document).characters == len(text)
    chunks = read_jsonl(data / "chunks" / f"{name}.jsonl", Chunk)
    for one in chunks:
        assert one.text == one.added + text[one.start : one.end] + one.closing and one.length == len(one.text)
    assert [file for one in chunks for file in one.figures or ()] == [one.file for one in found]
    own = {one.id: one.text for one in chunks}
    quotes = [(pair.chunk, quote) for pair in _pairs(data, name) for quote in pair.evidence]
    assert all(quote in own[chunk] for chunk, quote in quotes)
    assert any(quote.startswith("![") for _, quote in quotes)
    covered = read_json(data / "qa" / RUN / "coverage" / f"{name}.json", DocumentCoverage)
    for coverage in covered.chunks:
        for figure in coverage.figures or ():
            assert figure.file in own[coverage.chunk][figure.start : figure.end]
        said = [own[coverage.chunk][span.start : span.end] for span in coverage.spans if span.kind == "sentence"]
        assert set(said) <= set(SENTENCES)


def _pairs(data: Path, name: str) -> list[Pair]:
    return read_jsonl(data / "qa" / RUN / f"{name}.jsonl", Pair)


def test_a_renamed_document_takes_its_pictures_along(run: Callable[..., int], capsys: Any) -> None:
    """Links, offsets and evidence follow the new name; everything is current, no call is made, no id changes."""
    data, server = run.data, run.server  # type: ignore[attr-defined]
    check(data, "mill")
    before = [one.id.removeprefix("mill") for one in _pairs(data, "mill")]
    asked = len(server.requests)
    (data / "documents" / "mill.docx").rename(data / "documents" / "The tide mill of Orrin.docx")
    assert run("ingest") == 0
    capsys.readouterr()
    check(data, "the-tide-mill-of-orrin")
    assert not (data / "text" / "mill").exists()
    for stage in ("ingest", "chunk", "generate_qa"):
        assert run(stage) == 0
        assert "1 up to date" in capsys.readouterr().out
    assert run("chunk", "--force") == 0  # as the new name alone would have it
    assert run("generate_qa") == 0
    check(data, "the-tide-mill-of-orrin")
    after = [one.id.removeprefix("the-tide-mill-of-orrin") for one in _pairs(data, "the-tide-mill-of-orrin")]
    assert (before, asked) == (after, len(server.requests))


def test_forget_and_gc_remove_pictures(run: Callable[..., int], capsys: Any) -> None:
    """gc takes what no text shows and leaves other files; forget takes the whole folder."""
    data = run.data  # type: ignore[attr-defined]
    folder = data / "text" / "mill"
    shown = {path.name for path in folder.iterdir()}
    (folder / "figure-00000000000f.png").write_bytes(chart())
    (folder / "notes.txt").write_text("mine")
    (data / "text" / "gone").mkdir()
    (data / "text" / "gone" / "figure-00000000000f.png").write_bytes(chart())
    assert run("gc") == 0
    assert "pictures" not in capsys.readouterr().out, "they may be of an ingest at work, whose text is not written yet"
    for changed in (folder, data / "text" / "gone"):
        os.utime(changed, (0, 0))
    assert run("gc") == 0
    assert "2 pictures that no text shows" in capsys.readouterr().out
    assert {path.name for path in folder.iterdir()} == {*shown, "notes.txt"}
    assert not (data / "text" / "gone").exists()
    (data / "documents" / "mill.docx").unlink()
    assert run("forget", "mill") == 0
    assert "2 pictures" in capsys.readouterr().out
    assert not folder.exists()


def test_a_data_folder_may_be_moved(run: Callable[..., int], tmp_path: Path, capsys: Any) -> None:
    """Links are relative: in another place everything is current, and --test copies the pictures."""
    data, server = run.data, run.server  # type: ignore[attr-defined]
    asked = len(server.requests)
    shutil.copytree(data, tmp_path / "elsewhere")
    capsys.readouterr()
    for stage in STAGES[:3]:
        assert run(stage, data=tmp_path / "elsewhere") == 0
        assert "1 up to date" in capsys.readouterr().out
    check(tmp_path / "elsewhere", "mill")
    assert run("generate_qa", "--test", data=tmp_path / "elsewhere") == 0
    assert len(server.requests) == asked
    plot = json.loads((tmp_path / "elsewhere" / "plots" / "coverage-mill.json").read_text())
    assert plot["figures"]["of"] == 2 and plot["figures"]["asked"] >= 1
