"""A researcher's day with a folder that changes: after each step status says what is true, and `run` sets it right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from groundwork.__main__ import main
from groundwork.stage_table import STAGES
from tests.author import Author
from tests.fake_hub import FakeHub
from tests.fake_openrouter import FakeOpenRouter
from tests.stage_runner.test_shards import settings

SUBJECTS = (
    "lantern granary orchard foundry library brewery chapel quarry tannery windmill lighthouse bakery market bridge "
    "stable smithy cannery pottery printery glassworks saddlery chandlery sawmill cobbler farrier joinery quarters "
    "shipyard ropewalk tailor barber grocery hattery drapery florist fishery"
)
COUNT = len(SUBJECTS.split()) + 4
NAMED = "dataset.name=lab"


@pytest.fixture
def server() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter(reply=Author()).thread() as fake:
        yield fake


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with FakeHub() as fake:
        monkeypatch.setenv("HF_ENDPOINT", fake.url)
        monkeypatch.setenv("HF_TOKEN", "hf_write")
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        yield fake


def note(subject: str, hour: int = 7) -> str:
    """A short document of its own."""
    sentences = (
        f"The {subject} opens its northern gate at {hour} in the morning and admits {hour + 30} visitors.",
        f"Every keeper of the {subject} stores {hour + 11} barrels of lamp oil beneath the western staircase.",
        f"A damaged window of the {subject} costs its owner {hour + 4} silver coins before the second notice.",
    )
    return f"# The {subject}\n\n{' '.join(sentences)}\n"


class Researcher:
    """Somebody with a data folder, a config and a terminal."""

    def __init__(self, data: Path, server: FakeOpenRouter, output: pytest.CaptureFixture[str]) -> None:
        self.data, self.server, self.output = data, server, output
        self.documents = data / "documents"

    def writes(self, name: str, text: str | bytes) -> None:
        path = self.documents / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    def says(self, *words: str, code: int = 0) -> str:
        """What a command prints; its exit code must be `code`."""
        self.output.readouterr()
        given = ["--data", str(self.data), *settings(self.server), f"--set={NAMED}", "--set=dataset.eval_split=true"]
        found = main([words[0], *given, *words[1:]])
        said = self.output.readouterr()
        assert found == code, f"{words}: exit code {found}\n{said.out}\n{said.err}"
        return said.out + said.err

    def sees(self) -> dict[str, str]:
        """By stage what status counts, such as `39 done, 1 stale`; under "" all of it."""
        whole = self.says("status")
        rows = {stage.name: line for stage in STAGES for line in whole.splitlines() if f"/{stage.name}.py  " in line}
        states = {name: line.split(".py", 1)[1].strip().split("  ")[0] for name, line in rows.items()}
        return {**states, "": whole}

    def is_current(self) -> str:
        """Everything is done, by status; returns what it says."""
        seen = self.sees()
        assert not [name for name, state in seen.items() if name and ("stale" in state or "behind" in state)], seen[""]
        assert "next: nothing; everything is current" in seen[""], seen[""]
        return seen[""]

    def rows(self) -> set[str]:
        """The documents of the dataset's rows."""
        files = sorted((self.data / "datasets" / "lab" / "data").glob("*.parquet"))
        return {name for file in files for name in pq.read_table(file, columns=["document"]).column(0).to_pylist()}


@pytest.fixture
def researcher(tmp_path: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture[str]) -> Researcher:
    person = Researcher(tmp_path / "data", server, capsys)
    for number, subject in enumerate(SUBJECTS.split()):
        person.writes(f"house {number:02}.md", note(subject, hour=3 + number % 7))
    person.writes("2026/Fähre & Brücke.txt", note("ferry"))
    person.writes("drafts/idea.md", note("aqueduct"))
    person.writes("broken.pdf", b"%PDF-1.7\nno more")
    person.writes("empty.docx", b"")
    person.writes(".DS_Store", b"x")
    person.writes("~$house 01.docx", b"x")
    return person


@pytest.mark.story
@pytest.mark.usefixtures("hub")
def test_a_day_with_a_folder_that_changes(researcher: Researcher) -> None:
    """40 documents: some set aside, edited, added, removed, forgotten, renamed, ignored; the dataset pushed."""
    ignoring = '--set=ingest.ignore=["drafts/"]'
    said = researcher.says("run", code=1)
    assert "finished in" in said and "2 failed" in said and "broken" in said.rpartition("finished in")[2]
    seen = researcher.sees()
    assert seen["ingest"] == f"{COUNT - 2} done, 2 failed" and "set-aside broken empty" in seen[""]

    researcher.says("set-aside", "broken", "empty")
    assert "set aside  broken (documents/broken.pdf)" in researcher.is_current()
    assert "idea" in str(researcher.rows())

    text = researcher.data / "text" / "house-03.md"
    text.write_text(text.read_text().replace("visitors", "travellers"))
    seen = researcher.sees()
    assert "1 stale" in seen["summarize"] and "1 stale" in seen["chunk"] and "1 behind" in seen["generate_qa"]
    assert all("behind" in seen[stage] for stage in ("curate", "create_dataset", "visualize_splits")), seen[""]
    researcher.says("run")
    researcher.is_current()

    researcher.writes("house 04.md", note("vineyard", hour=9))
    seen = researcher.sees()
    assert "1 stale" in seen["ingest"] and "1 behind" in seen["chunk"] and "behind" in seen["create_dataset"]
    researcher.says("run")
    researcher.is_current()

    researcher.writes("house new.md", note("windlass"))
    assert "1 to do" in researcher.sees()["ingest"]
    researcher.says("run")
    assert "house-new" in researcher.rows() and researcher.is_current()

    (researcher.documents / "house 05.md").unlink()
    seen = researcher.sees()
    assert "gone  house-05 (documents/house 05.md): its text, 1 chunk" in seen[""]
    assert "stale" in seen["create_dataset"], seen[""]
    assert "left out, because their documents are gone: house-05" in researcher.says("run")
    assert "house-05" not in researcher.rows() and "gone  house-05" in researcher.is_current()
    researcher.says("forget", "house-05")
    assert "house-05" not in researcher.sees()[""]
    researcher.says("run")
    assert "gone" not in researcher.is_current()

    asked = len(researcher.server.requests)
    (researcher.documents / "house 06.md").rename(researcher.documents / "Haus 06.md")
    assert "Haus 06.md is what house-06 was" in researcher.says("run")
    assert len(researcher.server.requests) == asked, "a new name is no new call"
    assert {"haus-06"} <= researcher.rows() and "house-06" not in researcher.rows()
    researcher.is_current()

    assert "behind" in researcher.says("status", "--set=chunk.max_length=1500")
    researcher.is_current()
    researcher.says("run", ignoring)
    seen = researcher.says("status", ignoring)
    assert "ignored  drafts-idea (documents/drafts/idea.md)" in seen and "next: nothing" in seen
    assert "drafts-idea" not in researcher.rows()
    researcher.says("run")

    researcher.says("create_dataset", "--push", "--org", "acme")
    researcher.is_current()
    assert researcher.says("run").count("up to date") >= len([stage for stage in STAGES if stage.run])
