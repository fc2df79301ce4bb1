"""Documents that go or change their names: named, left out, removed whole, or carried over without a call."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from groundwork.__main__ import main
from groundwork.commands.forget import forget_document
from groundwork.data_folder.manifest import Manifest
from groundwork.data_folder.read_write import write_text
from groundwork.data_folder.workspace import Workspace
from groundwork.documents.renamed_documents import rename_document
from tests.author import Author
from tests.fake_openrouter import FakeOpenRouter
from tests.stage_runner.test_shards import settings

NAMES = ("one", "two", "two-b")


@pytest.fixture
def server() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter(reply=Author()).thread() as fake:
        yield fake


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three documents, taken to a dataset."""
    root = tmp_path_factory.mktemp("finished")
    (root / "documents").mkdir()
    for number, name in enumerate(NAMES):
        sentences = " ".join(
            f"The ferry {name} crosses the sound at quarter {hour} with {hour + number} passengers on deck."
            for hour in range(5)
        )
        (root / "documents" / f"{name}.md").write_text(f"# Ferry {name}\n\n{sentences}\n")
    stages = ("ingest", "summarize", "chunk", "generate_qa", "generate_tags", "visualize_embeddings", "coverage")
    with FakeOpenRouter(reply=Author()).thread() as server:
        for command in (*([stage] for stage in stages), ["create_dataset", "--name", "ferries"]):
            assert main([*command, "--data", str(root), *settings(server)]) == 0, command
    return root


@pytest.fixture
def data(tmp_path: Path, finished: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A copy of them for each test."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    capsys.readouterr()
    return tmp_path


def mentions(data: Path, word: str) -> list[str]:
    """Files that are about the word, the databases and the dataset aside."""
    files = [path for path in data.rglob("*") if path.is_file() and path.suffix != ".db"]
    files = [path for path in files if path.parts[len(data.parts)] not in ("datasets", ".state")]
    return [str(path) for path in files if word.encode() in path.read_bytes() or path.stem == word]


def test_a_document_that_is_gone_is_named_and_left_out(
    data: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status and stages say what is gone and what remains of it; the next dataset does without it, unless told."""
    (data / "documents" / "two.md").unlink()
    assert main(["--data", str(data), *settings(server)]) == 0
    out = capsys.readouterr().out
    assert "gone  two (documents/two.md): its text, " in out and "of dataset ferries remain" in out
    assert "dataprep forget two" in out and "two-b (" not in out
    assert main(["create_dataset", "--name", "next", "--data", str(data), *settings(server)]) == 0
    assert "gone: documents/two.md" in capsys.readouterr().err
    rows = (data / "datasets" / "next" / "report.json").read_text()
    assert main(["create_dataset", "--name", "all", "--keep-gone", "--data", str(data), *settings(server)]) == 0
    assert json.loads(rows) != json.loads((data / "datasets" / "all" / "report.json").read_text())


def test_what_is_gone_costs_no_call(data: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever made a stage due, it leaves out the documents whose source is gone, and names them."""
    (data / "documents" / "two.md").unlink()
    asked = len(server.requests)
    anew = ["--data", str(data), *settings(server), "--force"]
    for stage in ("summarize", "chunk", "generate_qa", "curate", "generate_tags", "visualize_embeddings", "coverage"):
        assert main([stage, *anew]) == 0, capsys.readouterr()
        assert "left out, because their documents are gone: two\n" in capsys.readouterr().err, stage
    later = [str(request) for request in server.requests[asked:]]
    assert later and not any("ferry two crosses" in text for text in later)
    assert main(["generate_qa", "--document", "two", *anew]) == 2
    assert "documents/two.md is gone; put it back, or" in capsys.readouterr().err
    (data / "documents" / "two.md").write_text("# Ferry two\n\nThe ferry two crosses the sound at noon.\n")
    assert main(["ingest", "--data", str(data)]) == 0 and "left out" not in capsys.readouterr().err


def test_forget_removes_a_document_whole(
    data: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of its text remains but in the dataset, which is marked; its neighbours stay; twice is an error."""
    assert mentions(data, "ferry two crosses")
    kept = len(mentions(data, "ferry two-b crosses"))
    (data / "documents" / "two.md").unlink()
    assert main(["forget", "two", "--replies", "--data", str(data), *settings(server)]) == 0
    out = capsys.readouterr().out
    assert "dataset ferries still holds" in out and "replies removed" in out
    assert "of dataset ferries" not in out, "what still holds it is not among what was removed"
    assert not mentions(data, "ferry two crosses") and not list(data.rglob("two.*"))
    assert kept >= len(mentions(data, "ferry two-b crosses")) > 0
    assert b"ferry two crosses" not in (data / ".state" / "journal.db").read_bytes()
    assert main(["forget", "two", "--data", str(data), *settings(server)]) == 2
    assert main(["--data", str(data), *settings(server)]) == 0
    out = capsys.readouterr().out
    assert "gone" not in out and "ferries still holds" in out
    asked = len(server.requests)
    for stage in ("ingest", "generate_qa", "generate_tags", "visualize_embeddings", "coverage"):
        assert main([stage, "--data", str(data), *settings(server)]) == 0
    assert len(server.requests) == asked, "what is made anew of the others is in the journal"


def test_a_renamed_document_is_carried_over(
    data: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its content it is the same: no call, no ghost, everything current under the new name."""
    (data / "documents" / "two.md").rename(data / "documents" / "Second ferry.md")
    asked = len(server.requests)
    assert main(["ingest", "--data", str(data), *settings(server)]) == 0
    told = capsys.readouterr()
    assert "carried over as second-ferry" in told.err and "3 up to date" in told.out
    assert not list(data.rglob("two.*"))
    for stage in ("summarize", "chunk", "generate_qa", "generate_tags"):
        assert main([stage, "--data", str(data), *settings(server)]) == 0
        told = capsys.readouterr()
        assert " ok" not in told.out.splitlines()[0] and "edited by hand" not in told.err
    assert len(server.requests) == asked
    pairs = [json.loads(line) for line in (data / "qa/gemini-2.5-flash/second-ferry.jsonl").read_text().splitlines()]
    chunks = [json.loads(line)["id"] for line in (data / "chunks/second-ferry.jsonl").read_text().splitlines()]
    assert {pair["document"] for pair in pairs} == {"second-ferry"} and {pair["chunk"] for pair in pairs} <= set(chunks)
    tagged = (data / "tags" / "gemini-2.5-flash.jsonl").read_text()
    assert all(pair["id"] in tagged for pair in pairs) and '"two-b' not in json.dumps(pairs)


def test_one_of_two_copies_carries_a_document_on(
    data: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a file comes back under two names, one is what it was, and the other is a new document."""
    content = (data / "documents" / "two.md").read_bytes()
    (data / "documents" / "two.md").unlink()
    for name in ("copy.md", "second.md"):
        (data / "documents" / name).write_bytes(content)
    assert main(["ingest", "--data", str(data), *settings(server)]) == 0
    assert capsys.readouterr().err.count("carried over as") == 1
    assert (data / "chunks" / "copy.jsonl").exists() and not (data / "chunks" / "second.jsonl").exists()


def test_an_edited_text_stays_edited_under_a_new_name(
    data: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    """What somebody changed by hand is the user's decision, whatever the file is called."""
    edited = (data / "text" / "two.md").read_text().replace("on deck", "on the deck", 1)
    (data / "text" / "two.md").write_text(edited)
    (data / "documents" / "two.md").rename(data / "documents" / "Second ferry.md")
    assert main(["ingest", "--data", str(data), *settings(server)]) == 0
    assert "3 up to date" in capsys.readouterr().out
    assert (data / "text" / "second-ferry.md").read_text() == edited


def test_a_new_name_leaves_other_documents_alone(tmp_path: Path) -> None:
    """A name that is part of a file's own name, or begins another document's, is changed where it is meant alone."""
    ours, theirs = "age-0123456789ab-01234567", "age-2024-0123456789ab-01234567"
    files = {
        "text/age.md": "Rings tell it.",
        "text/age-2024.md": "Teeth tell it.",
        "plots/coverage-age.html": "<p>",
        "plots/audit-age.html": "<p>",
        "qa/run/coverage/age.json": json.dumps({"document": "age", "spans": [{"touched_by": [ours]}]}),
        "qa/run/decisions.jsonl": "".join(
            json.dumps({"pair": pair, "document": name}) + "\n" for pair, name in ((ours, "age"), (theirs, "age-2024"))
        ),
        "tags/run.jsonl": f'{{"id":"{ours}"}}\n{{"id":"{theirs}"}}\n',
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    manifest = Manifest(tmp_path / ".state" / "manifest.db")
    rename_document(Workspace(tmp_path), manifest, "age", "years", "years.md")
    manifest.close()
    new = {
        str(path.relative_to(tmp_path)): path.read_text()
        for path in tmp_path.rglob("*")
        if path.is_file() and ".state" not in path.parts
    }
    assert set(new) == {name.replace("/age.", "/years.").replace("-age.", "-years.") for name in files}
    assert json.loads(new["qa/run/coverage/years.json"])["spans"] == [{"touched_by": [ours.replace("age", "years")]}]
    for name in ("qa/run/decisions.jsonl", "tags/run.jsonl"):
        first, second = new[name].splitlines()
        assert "age" not in first and json.loads(second) == json.loads(files[name].splitlines()[1])


def test_forgetting_leaves_no_tags(tmp_path: Path) -> None:
    """Tags of every row of the document go, of rewordings and of questions without an answer too; no other's do."""
    (tmp_path / "text").mkdir()
    for name in ("age", "age-2024"):
        (tmp_path / "text" / f"{name}.md").write_text("Rings tell it.")
    pair = "0123456789ab-01234567"
    ids = [f"age-{pair}", f"age-{pair}~2", f"alpha/age-{pair}", "age-unanswerable-0123456789ab", f"age-2024-{pair}"]
    (tmp_path / "tags").mkdir()
    rows = [{"id": id_, "question": "How old is it?", "tags": ["age"]} for id_ in ids]
    (tmp_path / "tags" / "rings.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    manifest = Manifest(tmp_path / ".state" / "manifest.db")
    forget_document(Workspace(tmp_path), manifest, "age")
    manifest.close()
    (left,) = (tmp_path / "tags" / "rings.jsonl").read_text().splitlines()
    assert json.loads(left)["id"] == ids[-1]


def test_forgetting_removes_what_was_edited_by_hand(tmp_path: Path) -> None:
    """The edited files that a stage set aside hold passages of the document, as those in their place do."""
    own = ["text/age.md", "text/age.md.edited", "summaries/age.json.edited", "chunks/age.jsonl.edited"]
    own += ["qa/m/age.jsonl.edited", "qa/m/curated/age.jsonl.edited", "chunks/age.jsonl.edited-2"]
    for name in (*own, "summaries/age-2024.json.edited"):
        write_text(tmp_path / name, "{}")
    with closing(Manifest(tmp_path / ".state" / "manifest.db")) as manifest:
        forget_document(Workspace(tmp_path), manifest, "age")
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*") if ".state" not in path.parts}
    assert {name for name in left if "age" in name} == {"summaries/age-2024.json.edited"}


def test_forgetting_names_the_grades_that_hold_answers(
    tmp_path: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    """Grades stay, for they cost calls; how many questions about the document they hold is said, each counted once."""
    (tmp_path / "text").mkdir()
    for name in ("age", "age-2024"):
        (tmp_path / "text" / f"{name}.md").write_text("Rings tell it.")
    pair = "0123456789ab-01234567"
    lines = [json.dumps({"id": f"{name}-{pair}", "answer": "By its rings."}) for name in ("age", "age-2024")]
    grades = tmp_path / "grades" / "rings"
    grades.mkdir(parents=True)
    for file in ("alpha.jsonl", "beta.jsonl"):
        (grades / file).write_text("\n".join([*lines, '{"id":']))
    assert main(["forget", "age", "--data", str(tmp_path), "--dry-run", *settings(server)]) == 0
    assert "graded questions in grades/rings: 1" in capsys.readouterr().out
    assert main(["forget", "age", "--data", str(tmp_path), *settings(server)]) == 0
    assert f"{grades} still holds answers about it (questions: 1)" in capsys.readouterr().out
    assert (grades / "alpha.jsonl").read_text().startswith(lines[0])


def test_all_that_failed_is_set_aside_by_one_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The advice holds for all failures: by name where they are few, by `--failed` where they are many."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "good.md").write_text("# Ferry\n\nThe ferry sails at seven.\n")
    for number in range(7):
        (tmp_path / "documents" / f"empty {number}.md").write_text("")
    data = ["--data", str(tmp_path)]
    assert main(["ingest", *data]) == 1
    assert f"dataprep set-aside --failed {' '.join(data)}" in capsys.readouterr().out
    assert main(["set-aside", "--failed", *data]) == 0
    assert capsys.readouterr().out.count("set aside: empty-") == 7
    assert main(["ingest", *data]) == 0
    assert main(["set-aside", "--failed", *data]) == 0
    assert "not set aside" in capsys.readouterr().out
