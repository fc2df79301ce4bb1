"""A start that finds nothing to do looks at files alone, and whatever has changed is found all the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from groundwork.__main__ import main
from groundwork.llm.prompt_templates import prompt_file
from groundwork.stage_runner.job import Unit
from groundwork.stage_runner.stage_command import stage_command
from groundwork.stage_runner.unit_loop import UnitLoop
from tests.author import Author
from tests.fake_openrouter import FakeOpenRouter
from tests.stage_runner.test_shards import settings

STAGES = ("ingest", "summarize", "chunk", "generate_qa", "curate", "coverage")
NAMES = ("ferry", "tram")
RUN = "qa/gemini-2.5-flash"
READ = {
    "ingest": ("documents/ferry.md",),
    "summarize": ("text/ferry.md", "text/ferry.json"),
    "chunk": ("text/ferry.md", "text/ferry.json"),
    "generate_qa": ("chunks/ferry.jsonl", "summaries/ferry.json", "text/ferry.json"),
    "curate": (f"{RUN}/ferry.jsonl", "chunks/ferry.jsonl", "summaries/ferry.json", "text/ferry.json"),
    "coverage": (
        *("text/ferry.md", "text/ferry.json", "chunks/ferry.jsonl"),
        *(f"{RUN}/curated/ferry.jsonl", f"{RUN}/coverage/ferry.json"),
    ),
}
WRITTEN = {
    "ingest": ("text/ferry.md", "text/ferry.json"),
    "summarize": ("summaries/ferry.json",),
    "chunk": ("chunks/ferry.jsonl",),
    "generate_qa": (f"{RUN}/ferry.jsonl", f"{RUN}/rejected/ferry.jsonl", f"{RUN}/coverage/ferry.json"),
    "curate": (f"{RUN}/curated/ferry.jsonl", f"{RUN}/curated/report.html"),
    "coverage": ("plots/coverage-ferry.html", "plots/coverage-ferry.json"),
}
SETTINGS = {
    "ingest": "ingest.pictures=true",
    "summarize": "summarize.max_words=77",
    "chunk": "chunk.max_length=3210",
    "generate_qa": "qa.limit=3",
    "curate": "qa.duplicate_threshold=0.5",
    "coverage": "chunk.language=de",
}


@pytest.fixture(scope="module")
def server() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter(reply=Author()).thread() as fake:
        yield fake


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, server: FakeOpenRouter) -> Path:
    """What all stages make of two documents, with a prompt of their own for each model stage."""
    root = tmp_path_factory.mktemp("made")
    for folder in ("documents", "prompts"):
        (root / folder).mkdir()
    for prompt in ("summarize", "generate_qa"):
        (root / "prompts" / f"{prompt}.md").write_bytes(prompt_file(f"{prompt}.md").read_bytes())
    for name in NAMES:
        sentences = " ".join(
            f"The {name} of line {line} leaves platform {line + 3} every {line + 7} minutes on workdays."
            for line in range(4)
        )
        (root / "documents" / f"{name}.md").write_text(f"# {name}\n\n{sentences}\n")
    for stage in STAGES:
        assert main([stage, *flags(root, server)]) == 0
    return root


def flags(root: Path, server: FakeOpenRouter, *assignments: str) -> list[str]:
    prompts = f"summarize.prompt={root}/prompts/summarize.md", f"qa.prompt={root}/prompts/generate_qa.md"
    return ["--data", str(root), *settings(server), *(f"--set={one}" for one in (*prompts, *assignments))]


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The units that are judged by their entries and the hashes of their files."""
    units: list[str] = []
    judge = UnitLoop._unit_state

    def noted(unit_loop: UnitLoop, unit: Unit) -> object:
        units.append(unit.name)
        return judge(unit_loop, unit)

    monkeypatch.setattr(UnitLoop, "_unit_state", noted)
    return units


@pytest.fixture
def unfinished(data: Path, server: FakeOpenRouter):
    """What a stage has to do, by unit with the reason."""

    def run(stage: str, *assignments: str) -> dict[str, str]:
        command = stage_command(stage)
        return dict(command.unfinished(command.parse(flags(data, server, *assignments))))

    return run


@contextmanager
def changed(data: Path, name: str) -> Iterator[None]:
    """With one letter of the file another one, and as it was afterwards."""
    file, aside = data / name, data / "aside"
    content = file.read_bytes()
    file.rename(aside)
    position = content.index(b"e", len(content) // 2)
    file.write_bytes(content[:position] + b"E" + content[position + 1 :])
    yield
    aside.rename(file)


@pytest.mark.parametrize("stage", STAGES)
def test_a_start_with_nothing_to_do_judges_nothing_anew(stage: str, unfinished, judged: list[str]) -> None:
    """The run that made the files has kept their fingerprints."""
    assert unfinished(stage) == {} and judged == []


@pytest.mark.parametrize(("stage", "file"), [(stage, file) for stage, files in READ.items() for file in files])
def test_a_changed_file_is_found(stage: str, file: str, data: Path, unfinished, judged: list[str]) -> None:
    """By a stage that reads it, of the same size as well; only the units that read it are looked at."""
    with changed(data, file):
        ((unit, reason),) = unfinished(stage).items()
        assert reason == f"stale {file} changed" and judged == [unit]
        assert unfinished(stage) == {unit: reason}, "what is stale does not become current by being looked at"
    assert unfinished(stage) == {}


@pytest.mark.parametrize(("stage", "file"), [(stage, file) for stage, files in WRITTEN.items() for file in files])
def test_a_missing_file_is_found(stage: str, file: str, data: Path, unfinished) -> None:
    """By the stage that wrote it."""
    aside = data / "aside"
    (data / file).rename(aside)
    missing = list(unfinished(stage).values())
    aside.rename(data / file)
    assert missing == ["missing its files are gone"] and unfinished(stage) == {}


@pytest.mark.parametrize(("stage", "assignment"), SETTINGS.items())
def test_a_changed_setting_is_found(stage: str, assignment: str, unfinished) -> None:
    """In every unit of the stage."""
    reasons = unfinished(stage, assignment)
    assert reasons and set(reasons.values()) == {f"stale {assignment.partition('=')[0]} changed"}
    assert len(reasons) == (1 if stage == "curate" else len(NAMES)) and unfinished(stage) == {}


@pytest.mark.parametrize("stage", ["summarize", "generate_qa"])
def test_a_changed_prompt_is_found(stage: str, data: Path, unfinished) -> None:
    """In every unit of the stage."""
    with changed(data, f"prompts/{stage}.md"):
        assert len(unfinished(stage)) == len(NAMES)
    assert unfinished(stage) == {}


def test_a_file_that_comes_is_found(data: Path, unfinished) -> None:
    """What a reader wishes is a file that the questions are made of from then on."""
    wishes = data / RUN / "wishes" / "ferry.jsonl"
    wishes.parent.mkdir(exist_ok=True)
    wishes.write_text("{}\n")
    assert list(unfinished("generate_qa").values()) == [f"stale {RUN}/wishes/ferry.jsonl is new"]
    wishes.unlink()
    assert unfinished("generate_qa") == {}


def test_what_a_person_edits_stays_current(data: Path, unfinished) -> None:
    """For the stage that wrote it; the next one is stale."""
    with changed(data, "chunks/ferry.jsonl"):
        assert unfinished("chunk") == {} and len(unfinished("generate_qa")) == 1


def test_a_unit_that_is_made_anew_is_judged_by_what_it_is_now(
    data: Path, server: FakeOpenRouter, unfinished, judged: list[str]
) -> None:
    """A stage that ran with other settings leaves nothing behind by which the former ones would seem current."""
    assert main(["chunk", *flags(data, server, "chunk.max_length=2400")]) == 0
    assert set(unfinished("chunk").values()) == {"stale chunk.max_length changed"}
    assert main(["chunk", *flags(data, server)]) == 0
    judged.clear()
    assert unfinished("chunk") == {} and judged == []
