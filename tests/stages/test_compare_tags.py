"""Comparing datasets by their tags: only what is missing is asked, and what could not be tagged is said."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from groundwork.console.progress_line import ProgressLine
from groundwork.data_folder.read_write import read_jsonl
from groundwork.records import Tags
from groundwork.stages import (
    compare_tags,
    generate_tags,
)
from tests.fake_openrouter import FakeOpenRouter
from tests.stages.two_runs import Run, size_of
from tests.synthetic_runs import tag_reply


def test_comparing_tags_tags_first_what_has_none(data: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """All files are written; the second run is idle although the first made synonyms.json; a decision there counts."""
    with FakeOpenRouter(reply=tag_reply).thread() as fake:
        flags = [
            "wide",
            "narrow",
            "--set",
            f"llm.base_url={fake.url}",
            "--set",
            "tags.batch=20",
            "--set",
            "tags.max_tags=6",
        ]
        assert run(compare_tags.main, *flags) == 0
        asked = len(fake.requests)
        assert (data / "tags" / "synonyms.json").exists()
        capsys.readouterr()
        assert run(compare_tags.main, *flags) == 0
        assert "1 up to date" in capsys.readouterr().out
        plots = data / "plots"
        for name in ("wide-vs-narrow-tags.png", "wide-vs-narrow-tag-map.png"):
            size_of(plots / name)
        tags = {bar["label"] for bar in json.loads((plots / "wide-vs-narrow-tags.json").read_text())["tags"]}
        file = data / "tags" / "synonyms.json"
        entries = json.loads(file.read_text())
        entries["touch-football"] = {"into": "touch-rugby", "merge": True, "why": "one game"}
        file.write_text(msgspec.json.encode(entries).decode())
        assert run(compare_tags.main, *flags) == 0
        assert len(fake.requests) == asked
    content = json.loads((plots / "wide-vs-narrow-tags.json").read_text())
    assert {"touch-football", "touch-rugby"} <= tags
    assert "touch-football" not in {bar["label"] for bar in content["tags"]}
    assert any("touch-football into touch-rugby" in note for note in content["notes"])


def test_a_count_that_no_tag_has_writes_nothing(data: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """No empty page: the message names the highest --min-count, and with that one the page is drawn."""
    with FakeOpenRouter(reply=tag_reply).thread() as fake:
        flags = ["wide", "narrow", "--set", f"llm.base_url={fake.url}", "--interactive"]
        assert run(compare_tags.main, *flags, "--min-count", "5000") == 1
        message = re.search(r"no tag has 5,000 questions; .* --min-count (\d+) or lower", capsys.readouterr().out)
        assert message and not list((data / "plots").glob("*tag*"))
        assert run(compare_tags.main, *flags, "--min-count", message[1]) == 0


@pytest.mark.usefixtures("data")
def test_what_follows_the_last_call_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Laying out and drawing take long: meanwhile the count of questions does not stand there as if all were done."""
    phases: list[str] = []
    start_phase = ProgressLine.start_phase
    monkeypatch.setattr(
        ProgressLine, "start_phase", lambda self, phase: (phases.append(phase), start_phase(self, phase))
    )
    with FakeOpenRouter(reply=tag_reply).thread() as fake:
        llm = ["--set", f"llm.base_url={fake.url}", "--set", "tags.batch=20", "--set", "tags.max_tags=6"]
        assert run(compare_tags.main, "wide", "narrow", "--no-interactive", *llm) == 0
    assert phases == ["laying out the tags", "drawing"]


@pytest.mark.parametrize("main", [compare_tags.main, generate_tags.main])
def test_where_no_question_could_be_tagged_nothing_is_written(
    data: Path, run: Run, capsys: pytest.CaptureFixture[str], main: Callable[[Sequence[str]], int]
) -> None:
    """All calls fail, though too few to call the endpoint down: that is said once, and no empty file takes a place."""
    file = data / "tags" / "wide.jsonl"
    file.parent.mkdir()
    file.write_text('{"id": "1", "question": "Whose?", "tags": ["of-another-model"], "model": "other"}\n')
    before = file.read_text()
    with FakeOpenRouter(faults={"500": 1.0}).thread() as fake:
        llm = ["--set", f"llm.base_url={fake.url}", "--set", "llm.transport_retries=0", "--set", "tags.batch=20"]
        assert run(main, "wide", "narrow", *llm) == 1
    assert capsys.readouterr().out.count("could be tagged") == (1 if main is compare_tags.main else 2)
    assert file.read_text() == before
    assert not list((data / "plots").glob("*"))


def test_comparing_tags_asks_only_for_those_that_are_missing(
    data: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tags on file are used although tags.model is another by now, which is said; generate_tags asks that one."""
    with FakeOpenRouter(reply=tag_reply).thread() as fake:
        llm = ["--set", f"llm.base_url={fake.url}", "--set", "tags.batch=20", "--set", "tags.model=first"]
        assert run(generate_tags.main, "wide", *llm) == 0
        llm[-1] = "tags.model=second"
        asked = len(fake.requests)
        assert run(compare_tags.main, "wide", "narrow", "--no-interactive", *llm) == 0
        new_requests = len(fake.requests)
        assert {body["model"] for body in fake.requests[asked:]} == {"second"}
        said = capsys.readouterr().out
        assert "wide.jsonl (60 questions by first)" in said and "generate_tags.py wide narrow" in said
        models = [
            {row.model for row in read_jsonl(data / "tags" / f"{name}.jsonl", Tags)} for name in ("wide", "narrow")
        ]
        assert models == [{"first"}, {"second"}]
        questions = {row.question for row in read_jsonl(data / "tags" / "narrow.jsonl", Tags)}
        assert f"100 questions · {len(questions)} asked" in said
        notes = json.loads((data / "plots" / "wide-vs-narrow-tags.json").read_text())["notes"]
        assert notes[0].endswith("to which differences may be due: wide by first; narrow by second.")
        assert run(generate_tags.main, "wide", *llm) == 0
        assert len(fake.requests) > new_requests


def test_tags_on_file_are_drawn_where_no_model_answers(
    data: Path, run: Run, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Questions without tags are left out and named, with exit code 1; without any tags there is nothing to draw."""
    settings = ["--set", "tags.batch=20", "--set", "tags.max_tags=6"]
    nowhere = ["--set", "llm.base_url=http://127.0.0.1:9/v1", "--set", "llm.api_key_env="]
    monkeypatch.setattr(
        "groundwork.llm.calls.circuit_breaker.FIRST_BACKOFF", 0.005
    )  # tries as many, waits of a hundredth
    assert run(compare_tags.main, "wide", "narrow", *settings, *nowhere) == 1
    assert not (data / "plots" / "wide-vs-narrow-tags.png").exists()
    with FakeOpenRouter(reply=tag_reply).thread() as fake:
        assert run(generate_tags.main, "wide", "narrow", *settings, "--set", f"llm.base_url={fake.url}") == 0
    tags = data / "tags" / "narrow.jsonl"
    lines = tags.read_text().splitlines(keepends=True)
    tags.write_text("".join(lines[3:]))
    (data / "tags" / "store.db").unlink()
    capsys.readouterr()
    assert run(compare_tags.main, "wide", "narrow", *settings, *nowhere) == 1
    assert f"drawn with the tags of {len(lines) - 3} of {len(lines)} questions" in capsys.readouterr().out
    content = json.loads((data / "plots" / "wide-vs-narrow-tags.json").read_text())
    assert content["questions"]["narrow"] == len(lines) - 3
    assert content["notes"][0] == f"Left out, for want of tags: 3 of {len(lines)} questions of narrow."
    size_of(data / "plots" / "wide-vs-narrow-tags.png")
