"""curate.py --document: the chosen document is checked, and what was made of the others stays and counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from groundwork.__main__ import main as dataprep
from groundwork.data_folder.manifest import Manifest
from groundwork.data_folder.read_write import write_jsonl
from groundwork.data_folder.runs.review_decisions import Decision, append_decisions, question_hash
from groundwork.records import Pair
from groundwork.stages.curate import main
from tests.fake_openrouter import FakeOpenRouter
from tests.questions.scripted_judge import shown
from tests.questions.scripted_writer import ENGINE, Json
from tests.stages.curate_run import Run, judge, many

DOCUMENTS = "dyke", "mill", "pond"


class ThreeDocuments(Run):
    """Three pairs of each of three documents."""

    def curate_with(self, *flags: str, reply: Callable[[Json], str] | None = None, **settings: Any) -> int:
        self.command = lambda given: main([*given, *flags])
        self.server.requests.clear()
        return self.curate(reply or judge(), **settings)

    def generate(self, document: str, *numbers: int, **changed: Any) -> None:
        """Have the document hold the pairs of these numbers."""
        self.chunk(ENGINE, document)
        own = {"document": document, "chunk": f"{document}-0", **changed}
        pairs = many(9)
        write_jsonl(self.folder / f"{document}.jsonl", [
            msgspec.structs.replace(pairs[number], id=f"{document}-{number}", **own) for number in numbers
        ])  # fmt: skip

    def forget_replies(self) -> None:
        """Have every call be paid for that is made from here on."""
        for part in (self.root / ".state").glob("journal*"):
            part.unlink()

    @property
    def asked(self) -> set[str]:
        """The questions of all calls."""
        return {told["Question"] for body in self.server.requests for told in shown(body).values()}

    def files(self, *documents: str) -> dict[Path, bytes]:
        return {
            path: path.read_bytes() for path in (self.folder / "curated").rglob("*.jsonl") if path.stem in documents
        }

    def status_line(self, capsys: pytest.CaptureFixture[str]) -> str:
        """What status says of the run that is due, by the settings of the plain command."""
        capsys.readouterr()
        settings = "embeddings.backend=static", "embeddings.model=wordllama"
        dataprep(["status", "--data", str(self.root), *(f"--set={setting}" for setting in settings)])
        (line,) = [line for line in capsys.readouterr().out.splitlines() if "small in curate: " in line]
        return line.strip()

    def ids(self) -> dict[str, list[str]]:
        return {document: [pair.id for pair in self.kept(document)] for document in DOCUMENTS}

    def decide(self, pair: Pair, verdict: str) -> None:
        decision = {"pair": pair.id, "document": pair.document, "question_hash": question_hash(pair)}
        made = msgspec.convert({"time": "2026-01-01", "reviewer": "mo", "verdict": verdict, **decision}, Decision)
        append_decisions(self.folder / "decisions.jsonl", [made])


@pytest.fixture
def run(tmp_path: Path) -> Iterator[ThreeDocuments]:
    with FakeOpenRouter().thread() as server:
        run = ThreeDocuments(tmp_path, server)
        for first, document in enumerate(DOCUMENTS):
            run.generate(document, *range(3 * first, 3 * first + 3))
        assert run.curate_with() == 0
        yield run


def questions(*numbers: int) -> set[str]:
    return {many(9)[number].question for number in numbers}


def test_a_document_of_a_current_run_is_up_to_date(run: ThreeDocuments, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to do for it: it was done for it alone again, and the run was stale afterwards."""
    assert run.curate_with("--document", "mill") == 0
    assert "1 up to date" in capsys.readouterr().out and "9 pairs of 3 documents" in run.page


def test_the_other_documents_stay_and_count(run: ThreeDocuments, capsys: pytest.CaptureFixture[str]) -> None:
    """Calls are made about the chosen document alone; files of the others, report and counts are of the whole run."""
    run.generate("mill", 3, 4)
    run.forget_replies()
    before = run.files("dyke", "pond")
    assert run.curate_with("--document", "mill") == 0
    assert run.asked == questions(3, 4) and run.files("dyke", "pond") == before
    assert "8 pairs of 3 documents" in run.page and "8 kept" in capsys.readouterr().out
    assert run.curate_with() == 0
    assert "1 up to date" in capsys.readouterr().out and run.asked == set()


def test_status_finds_the_run_current(
    run: ThreeDocuments, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done for a document is no reason to do the run again."""
    monkeypatch.setenv("COLUMNS", "80")  # a wider terminal shows what the stage does as well
    run.generate("mill", 3, 4)
    run.curate_with("--document", "mill")
    capsys.readouterr()
    settings = "embeddings.backend=static", "embeddings.model=wordllama"
    dataprep(["status", "--data", str(run.root), *(f"--set={setting}" for setting in settings)])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "dataprep/curate.py" in line]
    assert line.split()[1:] == ["1", "done"]


def test_a_pair_may_repeat_one_of_another_document(run: ThreeDocuments) -> None:
    """It is rejected where the other's stays, in whatever order the documents are."""
    run.generate("dyke", 0, 1, 7)
    assert run.curate_with("--document", "dyke") == 0
    assert run.ids() == {"dyke": ["dyke-0", "dyke-1"], "mill": ["mill-3", "mill-4", "mill-5"],
                         "pond": ["pond-6", "pond-7", "pond-8"]}  # fmt: skip
    assert [rejected.detail for rejected in run.rejected("dyke")] == [f"repeats: {many(9)[7].question}"]


def test_a_document_that_was_never_curated_joins_the_others(
    run: ThreeDocuments, capsys: pytest.CaptureFixture[str]
) -> None:
    """It alone is checked, and the whole is current afterwards."""
    run.generate("quay", 0, 3)
    run.forget_replies()
    assert run.curate_with("--document", "quay", "--dry-run") == 0
    assert "small: to do" in capsys.readouterr().out
    assert run.curate_with("--document", "quay") == 0
    assert run.asked == questions(0, 3) and "11 pairs of 4 documents" in run.page
    assert [rejected.reason for rejected in run.rejected("quay")] == ["duplicates", "duplicates"]
    assert run.curate_with() == 0 and "1 up to date" in capsys.readouterr().out.splitlines()[-3:][0]


def test_a_repeat_of_a_question_that_is_gone_is_due_again(
    run: ThreeDocuments, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other document's pair is not lost: a warning names it, and the plain command takes it in without a call."""
    run.generate("quay", 3, 0)
    assert run.curate_with("--document", "quay") == 0 and run.kept("quay") == []
    run.generate("mill", 4, 5)
    assert run.curate_with("--document", "mill") == 0
    assert "1 pair of quay stands rejected as a repeat of a question that is gone" in capsys.readouterr().out
    assert run.kept("quay") == [] and "10 pairs of 4 documents" in run.page
    assert run.status_line(capsys).endswith("small in curate: quay is to be done again")
    assert run.curate_with("--dry-run") == 0
    assert "small: stale (quay is to be done again)" in capsys.readouterr().out
    assert run.curate_with() == 0 and run.asked == set()
    assert [pair.id for pair in run.kept("quay")] == ["quay-3"]
    capsys.readouterr()
    assert run.curate_with("--document", "dyke", "--force") == 0 and "warning" not in capsys.readouterr().out
    assert run.curate_with() == 0 and "1 up to date" in capsys.readouterr().out


def test_the_first_document_of_a_run_leaves_the_others_to_do(tmp_path: Path) -> None:
    """Of a run that was never curated, the plain command does what is left."""
    with FakeOpenRouter().thread() as server:
        run = ThreeDocuments(tmp_path, server)
        run.generate("dyke", 0)
        run.generate("mill", 3)
        assert run.curate_with("--document", "mill") == 0
        assert run.asked == questions(3) and "1 pair of one document" in run.page
        assert run.curate_with() == 0
        assert run.asked == questions(0) and "2 pairs of 2 documents" in run.page


def test_another_document_that_changed_meanwhile_stays_stale(
    run: ThreeDocuments, capsys: pytest.CaptureFixture[str]
) -> None:
    """It keeps what was made of it and is due in the whole; the chosen one is current by itself."""
    run.generate("mill", 3, 4)
    run.generate("pond", 6, 7)
    assert run.curate_with("--document", "mill") == 0
    assert run.ids()["pond"] == ["pond-6", "pond-7", "pond-8"] and "8 pairs of 3 documents" in run.page
    capsys.readouterr()
    assert run.curate_with("--document", "mill") == 0 and "1 up to date" in capsys.readouterr().out
    assert run.curate_with("--dry-run") == 0 and "qa/small/pond.jsonl changed" in capsys.readouterr().out
    assert run.curate_with() == 0
    assert run.asked == questions(6, 7) and "7 pairs of 3 documents" in run.page


def test_force_asks_about_the_chosen_document_again(run: ThreeDocuments, capsys: pytest.CaptureFixture[str]) -> None:
    """It alone, and the run stays current."""
    assert run.curate_with("--document", "mill", "--force") == 0
    assert run.asked == questions(3, 4, 5) and "9 pairs of 3 documents" in run.page
    capsys.readouterr()
    assert run.curate_with() == 0 and "1 up to date" in capsys.readouterr().out


def test_a_dry_run_counts_the_calls_of_the_chosen_document(
    run: ThreeDocuments, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of a document that is current, and of one that changed its own calls."""
    capsys.readouterr()
    assert run.curate_with("--document", "mill", "--dry-run") == 0
    assert "0 of 1 to do" in capsys.readouterr().out
    run.generate("mill", 3, 4)
    before = run.files(*DOCUMENTS)
    assert run.curate_with("--document", "mill", "--dry-run") == 0
    told = capsys.readouterr().out
    assert "small: stale (qa/small/mill.jsonl changed)" in told and " 2 calls" in told
    assert run.files(*DOCUMENTS) == before


def test_failures_of_other_documents_stay_to_be_tried_again(
    run: ThreeDocuments, capsys: pytest.CaptureFixture[str]
) -> None:
    """The chosen document fails by its own calls alone; what failed of another is tried again with the whole."""
    run.generate("pond", 6, 7)
    run.generate("mill", 3, 4)
    run.forget_replies()
    good = judge()

    def refuse_pond(body: Json) -> str:
        asked = {told["Question"] for told in shown(body).values()}
        return "I would rather not." if asked & questions(6, 7) else good(body)

    assert run.curate_with(reply=refuse_pond) == 1
    run.generate("mill", 4)
    capsys.readouterr()
    assert run.curate_with("--document", "mill") == 0 and "1 ok" in capsys.readouterr().out
    assert run.curate_with("--document", "mill", "--retry-failed") == 0 and run.asked == set()
    assert run.curate_with("--retry-failed") == 0
    assert run.asked == questions(6, 7)
    assert all(len(pair.checks) == 6 for pair in run.kept("pond"))


def test_failures_of_an_earlier_version_are_of_their_document(
    run: ThreeDocuments, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their rows name the pair alone: once its document is mended, the run is current."""
    run.forget_replies()
    run.generate("mill", 3, 4)
    run.curate_with("--document", "mill", reply=lambda _: "no JSON")
    with closing(Manifest(run.root / ".state" / "manifest.db")) as manifest:
        entry = manifest.entry("curate", "small")
        assert entry is not None and {row.pop("document") for row in entry.failures} == {"mill"}
        manifest.record("curate", "small", entry)
    assert run.curate_with("--document", "dyke") == 0 and run.asked == set()
    assert run.curate_with("--document", "mill") == 0
    capsys.readouterr()
    assert run.curate_with() == 0 and "1 up to date" in capsys.readouterr().out


def test_a_chosen_document_that_fails_leaves_the_others(run: ThreeDocuments) -> None:
    """Its failure is its own, and once it is mended the run is current."""
    (run.folder / "mill.jsonl").write_text("no pair\n")
    before = run.files(*DOCUMENTS)
    assert run.curate_with("--document", "mill") == 1 and run.files(*DOCUMENTS) == before
    run.generate("mill", 3, 4)
    assert run.curate_with("--document", "mill", "--retry-failed") == 0
    run.forget_replies()
    assert run.curate_with() == 0 and run.asked == set()


def test_other_settings_for_one_document_are_not_those_of_the_run(
    run: ThreeDocuments, capsys: pytest.CaptureFixture[str]
) -> None:
    """The document is due again with the settings of the whole, and the whole with those of the document."""
    run.forget_replies()
    lower = {"curate__checks": ["worth", "duplicates"]}
    assert run.curate_with("--document", "mill", **lower, reply=judge("worth")) == 0
    assert run.asked == questions(3, 4, 5)
    assert [set(pair.checks) for pair in run.kept("mill")] == [{"worth", "duplicates"}] * 3
    assert [len(pair.checks) for pair in run.kept("pond")] == [6] * 3
    assert run.status_line(capsys).endswith("small in curate: mill was done under other settings")
    assert run.curate_with("--dry-run") == 0
    assert "small: stale (mill was done under other settings)" in capsys.readouterr().out
    assert run.curate_with("--document", "mill", "--dry-run") == 0 and "small: to do" in capsys.readouterr().out
    assert run.curate_with("--dry-run", **lower) == 0 and "stale (curate.checks changed)" in capsys.readouterr().out
    assert run.curate_with() == 0
    assert run.asked >= questions(3, 4, 5) and [len(pair.checks) for pair in run.kept("mill")] == [6] * 3


@pytest.mark.parametrize("cause", ["other settings", "other pairs", "force"])
def test_an_edited_file_of_the_chosen_document_is_kept(run: ThreeDocuments, cause: str) -> None:
    """Whatever has it made anew; after other settings the manifest says nothing current of the document."""
    if cause == "other settings":
        run.curate_with("--document", "mill", curate__checks=["worth", "duplicates"], reply=judge("worth"))
    elif cause == "other pairs":
        run.generate("mill", 3, 4)
    edited = run.folder / "curated" / "mill.jsonl"
    edited.write_text("")
    others = run.files("dyke", "pond")
    assert run.curate_with("--document", "mill", *(["--force"] if cause == "force" else [])) == 0
    copies = {path.name: path.read_text() for path in edited.parent.glob("*.edited*")}
    assert copies == {"mill.jsonl.edited": ""} and run.files("dyke", "pond") == others
    assert len(run.kept("mill")) == (2 if cause == "other pairs" else 3)


def test_documents_take_to_other_settings_one_by_one(run: ThreeDocuments, capsys: pytest.CaptureFixture[str]) -> None:
    """The settings are the run's once no document follows the earlier ones; those done before it are due once more."""
    lower = {"curate__checks": ["worth", "duplicates"]}
    for document in DOCUMENTS:
        assert run.curate_with("--document", document, **lower, reply=judge("worth")) == 0
    capsys.readouterr()
    assert run.curate_with("--dry-run", **lower) == 0
    assert "small: stale (dyke, mill are to be done again)" in capsys.readouterr().out
    for document in DOCUMENTS:
        assert run.curate_with("--document", document, **lower, reply=judge("worth")) == 0
    capsys.readouterr()
    assert run.curate_with(**lower) == 0 and "1 up to date" in capsys.readouterr().out


def test_decisions_about_the_chosen_document_are_obeyed(
    run: ThreeDocuments, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole is current then; where another document's pairs do not stand as people decided, it is stale."""
    for document in DOCUMENTS:
        write_jsonl(run.folder / "rejected" / f"{document}.jsonl", [])
    run.decide(run.kept("mill")[0], "reject")
    assert run.curate_with("--document", "mill") == 0 and run.ids()["mill"] == ["mill-4", "mill-5"]
    capsys.readouterr()
    assert run.curate_with() == 0 and "1 up to date" in capsys.readouterr().out
    run.decide(run.kept("pond")[0], "reject")
    run.decide(run.kept("mill")[0], "accept")
    assert run.curate_with("--document", "mill") == 0
    assert run.ids()["pond"] == ["pond-6", "pond-7", "pond-8"]
    capsys.readouterr()
    assert run.curate_with("--dry-run") == 0 and "qa/small/decisions.jsonl changed" in capsys.readouterr().out
    assert run.curate_with() == 0 and run.ids()["pond"] == ["pond-7", "pond-8"]
    assert "Reviewed by mo: 1 accepted, 2 rejected" in run.page
    assert run.curate_with("--document", "mill", "--force") == 0
    assert "Reviewed by mo: 1 accepted, 2 rejected" in run.page
    capsys.readouterr()
    assert run.curate_with() == 0 and "1 up to date" in capsys.readouterr().out
