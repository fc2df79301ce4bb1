"""Decisions from the file to the dataset: what holds, what curate and create_dataset make of it, and CSV both ways."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwork.commands.forget import forget_document
from groundwork.data_folder.manifest import Manifest
from groundwork.data_folder.read_write import read_jsonl, write_json, write_jsonl
from groundwork.data_folder.runs.kept_and_rejected_pairs import generation_rejects, run_candidates
from groundwork.data_folder.runs.review_decisions import (
    Decision,
    append_decisions,
    apply_edits,
    decisions_file,
    edited_fields,
    read_decisions,
    read_standing_review,
    reviewer_agreements,
    standing_decisions,
)
from groundwork.data_folder.runs.review_decisions import prevailing_decision as verdict
from groundwork.data_folder.runs.run_files import pair_files, run_names
from groundwork.data_folder.workspace import Workspace
from groundwork.documents.renamed_documents import rename_document
from groundwork.documents.source_files import find_sources
from groundwork.records import Coverage, DocumentCoverage, Pair, Rejected, Span
from groundwork.review.review_session import ReviewSession, new_decision
from groundwork.stages import create_dataset, curate, review
from tests.review.runs import CLOSING, COUNTING, OPENING, REWORDED, WAITING, write_curated, write_generated

STATIC = ["--set=embeddings.backend=static", "--set=embeddings.model=wordllama", "--set=curate.rules_only=true"]


def decide(data: Path, *told: tuple[Pair, str, str, dict[str, Any]], reviewer: str = "ann") -> None:
    made = [new_decision(pair, reviewer, kind, reason, edited) for pair, kind, reason, edited in told]  # type: ignore[arg-type]
    append_decisions(decisions_file(Workspace(data), "small"), made)


def build(data: Path, *more: str) -> dict[str, dict[str, Any]]:
    """The rows of train by id."""
    flags = ["--data", str(data), "small", "--name", "made", "--no-eval-split", *STATIC, *more]
    assert create_dataset.main(flags) == 0
    rows = pq.read_table(next((data / "datasets" / "made" / "data").glob("train-*"))).to_pylist()
    return {row["id"]: row for row in rows}


def draft(data: Path) -> Pair:
    return next(one.pair for one in run_candidates(Workspace(data), "small") if one.reason == "vague")


def test_create_dataset_obeys(tmp_path: Path) -> None:
    """Rejected rows go, accepted ones come back, whoever turned them down, and edits keep what was generated."""
    write_curated(tmp_path)
    decide(
        tmp_path,
        (OPENING, "reject", "too easy", {}), (WAITING, "accept", "", {}), (draft(tmp_path), "accept", "", {}),
        (REWORDED, "edit", "", {"question": "When do Orrin's gates close?", "answer": "At 6.45 pm."}),
    )  # fmt: skip
    rows = build(tmp_path)
    assert rows.keys() == {CLOSING.id, COUNTING.id, WAITING.id, draft(tmp_path).id}
    edited = rows[CLOSING.id]
    assert (edited["question"], edited["original_question"]) == ("When do Orrin's gates close?", CLOSING.question)
    assert (edited["answer"], edited["original_answer"]) == ("At 6.45 pm.", CLOSING.answer)
    assert (rows[draft(tmp_path).id]["headings"], rows[draft(tmp_path).id]["pages"]) == (["Gates"], [3])
    said = "Reviewed by ann: 3 accepted (1 of them edited, 2 turned down before), 1 rejected."
    assert said in (tmp_path / "datasets" / "made" / "README.md").read_text()
    assert said in (tmp_path / "datasets" / "made" / "report.html").read_text()


def test_curate_obeys_and_the_dataset_is_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What curation makes of the decisions is what create_dataset makes of them, and a second time nothing changes."""
    write_generated(tmp_path)
    decide(
        tmp_path,
        (OPENING, "reject", "too easy", {}), (draft(tmp_path), "accept", "", {}),
        (WAITING, "edit", "", {"evaluation_criteria": ["Names the quay"]}),
    )  # fmt: skip
    late = draft(tmp_path).id
    before = build(tmp_path)
    folder = tmp_path / "qa" / "small" / "curated"
    for _ in range(2):
        assert curate.main(["--data", str(tmp_path), "--force", *STATIC]) == 0
        kept = {pair.id: pair for pair in read_jsonl(folder / "mill.jsonl", Pair)}
        assert kept[WAITING.id].original_criteria == WAITING.evaluation_criteria
        assert kept[WAITING.id].evaluation_criteria == ["Names the quay"]
        assert not kept[late].checks["generation"]["passed"] and kept[late].checks["review"]["passed"]
        turned_down = read_jsonl(folder / "rejected" / "mill.jsonl", Rejected)
        assert ("review", "rejected by ann; too easy") in [(one.reason, one.detail) for one in turned_down]
    page = (folder / "report.html").read_text()
    assert "Reviewed by ann" in page and "1 corrected" in page
    assert "0 rewritten · 1 corrected · " in capsys.readouterr().out
    corrected = page.partition("Corrected by people")[2].partition("Rejected")[0]
    assert "edited by ann" in corrected and "<li>Names the quay</li>" in corrected
    assert all(f"<del>{criterion}</del>" in corrected for criterion in WAITING.evaluation_criteria)
    after = build(tmp_path)
    assert after[WAITING.id]["evaluation_criteria"] == before[WAITING.id]["evaluation_criteria"]
    assert OPENING.id not in after and OPENING.id not in before


def test_a_decision_makes_curation_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And only it: without a file of decisions nothing changes, with an undone one all is as before."""
    write_generated(tmp_path)
    flags = ["--data", str(tmp_path), *STATIC]
    assert curate.main(flags) == 0
    first = (tmp_path / "qa" / "small" / "curated" / "mill.jsonl").read_bytes()
    decide(tmp_path, (OPENING, "reject", "", {}))
    assert curate.main(flags) == 0
    assert OPENING.id.encode() not in (tmp_path / "qa" / "small" / "curated" / "mill.jsonl").read_bytes()
    decide(tmp_path, (OPENING, "undo", "", {}))
    capsys.readouterr()
    assert curate.main(flags) == 0
    assert (tmp_path / "qa" / "small" / "curated" / "mill.jsonl").read_bytes() == first


def test_decisions_for_pairs_that_are_gone_are_named_and_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So are those for pairs that ask something else by now; neither is obeyed."""
    write_curated(tmp_path)
    other = msgspec.structs.replace(OPENING, question="Something else?")
    decide(tmp_path, (other, "reject", "", {}), (msgspec.structs.replace(OPENING, id="mill-lost"), "accept", "", {}))
    assert OPENING.id in build(tmp_path)
    out = capsys.readouterr().out
    assert "mill-lost" in out and "ask something else now" in out
    assert len(read_decisions(decisions_file(Workspace(tmp_path), "small"))[0]) == 2


def test_decisions_for_a_document_that_is_gone_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The run holds no pairs of it any more; a document that is only not built now is not named."""
    write_curated(tmp_path)
    other = msgspec.structs.replace(OPENING, document="quay", id="quay-0-00000001")
    write_jsonl(tmp_path / "qa" / "small" / "quay.jsonl", [other])
    lost = msgspec.structs.replace(OPENING, document="lighthouse", id="lighthouse-lost")
    decide(tmp_path, (other, "accept", "", {}), (lost, "accept", "", {}))
    assert read_standing_review(Workspace(tmp_path), "small").documents_gone == {"lighthouse"}
    assert OPENING.id in build(tmp_path, "--document", "mill")
    out = capsys.readouterr().out
    assert "1 decision is for pairs that are gone and not obeyed: lighthouse-lost" in out
    assert other.id not in out


def test_reviewers_who_disagree(tmp_path: Path) -> None:
    """A rejection holds, unless the settings say that the last decision does."""
    write_curated(tmp_path)
    decide(tmp_path, (OPENING, "reject", "", {}), reviewer="ben")
    decide(tmp_path, (OPENING, "accept", "", {}), reviewer="ann")
    assert OPENING.id not in build(tmp_path)
    assert OPENING.id in build(tmp_path, "--set=review.disagreement=last")


def test_a_torn_line_harms_no_other(tmp_path: Path) -> None:
    """A line that a killed server left unfinished is named; the next one begins on a line of its own."""
    write_curated(tmp_path)
    decide(tmp_path, (OPENING, "reject", "", {}))
    file = decisions_file(Workspace(tmp_path), "small")
    file.write_bytes(file.read_bytes() + b'{"time":"2026')
    decide(tmp_path, (WAITING, "accept", "", {}))
    decisions, warnings = read_decisions(file)
    assert [one.verdict for one in decisions] == ["reject", "accept"]
    assert len(warnings) == 1 and "line 2" in warnings[0]


def test_the_file_of_decisions_is_no_document(tmp_path: Path) -> None:
    """No stage takes it for pairs, and a document of that name gets another."""
    write_generated(tmp_path)
    decide(tmp_path, (OPENING, "accept", "", {}))
    assert [path.stem for path in pair_files(Workspace(tmp_path), "small")] == ["mill"]
    (tmp_path / "qa" / "none").mkdir()
    (tmp_path / "qa" / "none" / "decisions.jsonl").touch()
    assert run_names(Workspace(tmp_path)) == ["small"]
    (tmp_path / "documents").mkdir()
    for name in ("decisions.md", "decisions"):
        (tmp_path / "documents" / name).write_text("# Decisions\n")
    assert "decisions" not in {source.id for source in find_sources(tmp_path / "documents")}


def told(pair: str, reviewer: str, kind: str) -> Decision:
    return Decision(time="", reviewer=reviewer, pair=pair, document="d", question_hash="", verdict=kind)  # type: ignore[arg-type]


def test_kappa_is_that_of_cohens_paper() -> None:
    """20 both accept, 5 and 10 apart, 15 both reject: observed .70, expected .50, kappa .40."""
    cells = [("accept", "accept", 20), ("accept", "reject", 5), ("reject", "accept", 10), ("reject", "reject", 15)]
    made, number = [], 0
    for a, b, count in cells:
        for _ in range(count):
            made += [told(str(number), "ann", a), told(str(number), "ben", b)]
            number += 1
    (found,) = reviewer_agreements(standing_decisions(made))
    assert (found.pairs, round(found.share, 2)) == (50, 0.7) and found.kappa == pytest.approx(0.4)


@given(st.lists(st.sampled_from(["accept", "edit", "reject", "undo"])))
def test_an_undo_takes_back_one_decision(kinds: list[str]) -> None:
    """Whatever the order, the decision that holds is the top of the stack."""
    stack: list[str] = []
    for kind in kinds:
        stack = stack[:-1] if kind == "undo" else [*stack, kind]
    held = standing_decisions(told("p", "ann", kind) for kind in kinds)
    assert (held["p"]["ann"].verdict if held else None) == (stack[-1] if stack else None)


def test_an_acceptance_takes_no_edit_of_another_back() -> None:
    """Ben accepts after Ann has edited: the edited text stands."""
    held = standing_decisions([told("p", "ann", "edit"), told("p", "ben", "accept")])
    assert verdict(held["p"]).reviewer == "ann"


def test_edits_come_back_as_they_were() -> None:
    """Applied once or twice, an edit gives the same pair; back to the generated text it leaves no original."""
    edited = edited_fields(OPENING, {"answer": "Half past six."})
    once = apply_edits(OPENING, edited)
    assert apply_edits(once, edited) == once and once.original_answer == OPENING.answer
    assert apply_edits(once, edited_fields(once, {"answer": OPENING.answer})) == OPENING


def table(data: Path, *flags: str) -> int:
    return review.main(["--data", str(data), "small", "--reviewer", "ann", *flags])


def test_a_table_goes_out_and_comes_back(tmp_path: Path) -> None:
    """Unchanged it decides nothing; a verdict and a corrected text are decisions; read twice, they count once."""
    write_curated(tmp_path)
    file = tmp_path / "pairs.csv"
    assert table(tmp_path, "--export", str(file)) == 0
    assert table(tmp_path, "--import", str(file)) == 0 and not decisions_file(Workspace(tmp_path), "small").exists()
    text = file.read_bytes().decode("utf-8-sig")
    assert text.count("\r\n") >= 7
    changed = text.replace(",At 06:30.,", ",At half past six.,")
    file.write_text(changed, encoding="utf-8", newline="")
    for count in (1, 1):
        assert table(tmp_path, "--import", str(file)) == 0
        made, _ = read_decisions(decisions_file(Workspace(tmp_path), "small"))
        assert [(one.verdict, one.edited) for one in made] == [("edit", {"answer": "At half past six."})] * count


def test_a_cell_may_hold_a_whole_document(tmp_path: Path) -> None:
    """An answer of more characters than the csv module reads by itself goes out and comes back."""
    write_curated(tmp_path)
    long = msgspec.structs.replace(OPENING, answer="It opens at dawn. " * 10_000)
    write_jsonl(tmp_path / "qa" / "small" / "curated" / "mill.jsonl", [long])
    limit = csv.field_size_limit(2**17)
    try:
        assert table(tmp_path, "--export", str(tmp_path / "t.csv")) == 0
        assert table(tmp_path, "--import", str(tmp_path / "t.csv")) == 0
    finally:
        csv.field_size_limit(limit)
    assert not decisions_file(Workspace(tmp_path), "small").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_spreadsheet_program_may_save_it(tmp_path: Path, encoding: str, delimiter: str) -> None:
    """Other encodings and delimiters are read, and letters that were lost on the way are no edit."""
    write_curated(tmp_path)
    arrow = msgspec.structs.replace(OPENING, question="Which gate → opens at 06:30 — the “tide gate”?")
    write_jsonl(tmp_path / "qa" / "small" / "curated" / "mill.jsonl", [arrow])
    lost = arrow.question.encode("cp1252", "replace").decode("cp1252") if encoding == "cp1252" else arrow.question
    cells = [["id", "question", "verdict", "reason"], [arrow.id, f'"{lost}"', "Reject", "zu früh"]]
    (tmp_path / "t.csv").write_bytes("\n".join(delimiter.join(row) for row in cells).encode(encoding))
    assert table(tmp_path, "--import", str(tmp_path / "t.csv")) == 0
    (made,) = read_decisions(decisions_file(Workspace(tmp_path), "small"))[0]
    assert (made.verdict, made.reason, made.edited) == ("reject", "zu früh", {})


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    """What a spreadsheet program would compute stands behind an apostrophe, which is no edit when it comes back."""
    write_curated(tmp_path)
    sums = msgspec.structs.replace(OPENING, answer='=HYPERLINK("http://evil.example")', question="-1+1 is what?")
    write_jsonl(tmp_path / "qa" / "small" / "curated" / "mill.jsonl", [sums])
    assert table(tmp_path, "--export", str(tmp_path / "t.csv")) == 0
    text = (tmp_path / "t.csv").read_text(encoding="utf-8-sig")
    assert "\"'=HYPERLINK" in text and "'-1+1" in text
    assert table(tmp_path, "--import", str(tmp_path / "t.csv")) == 0
    assert not decisions_file(Workspace(tmp_path), "small").exists()


def test_rows_that_cannot_be_used_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The others count; the exit code tells."""
    write_curated(tmp_path)
    rows = ["id,verdict", f"{OPENING.id},reject", "gone,reject", f"{WAITING.id},perhaps"]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    assert table(tmp_path, "--import", str(tmp_path / "t.csv")) == 1
    out = capsys.readouterr().out
    assert "line 3" in out and "line 4" in out and "1 rejected" in out
    (tmp_path / "x.csv").write_bytes(b"PK\x03\x04rest")
    assert table(tmp_path, "--import", str(tmp_path / "x.csv")) == 2
    assert "workbook" in capsys.readouterr().err


def test_a_dry_run_serves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says how much there is to review."""
    write_curated(tmp_path)
    assert table(tmp_path, "--dry-run") == 0
    assert "6 pairs, 3 of them rejected; ann decided about 0" in capsys.readouterr().out


def test_the_decisions_about_one_document_alone(tmp_path: Path) -> None:
    """--document shows the pairs of that document."""
    write_curated(tmp_path)
    write_jsonl(tmp_path / "qa" / "small" / "other.jsonl", [msgspec.structs.replace(OPENING, document="other", id="o")])
    assert len(ReviewSession(Workspace(tmp_path), "small", "ann", ["other"]).review_rows) == 1


def test_pairs_of_a_merged_run_cover_what_they_cover_in_theirs(tmp_path: Path) -> None:
    """What they touch is counted with the runs that they come from."""
    write_jsonl(tmp_path / "qa" / "both" / "mill.jsonl", [OPENING, CLOSING])
    for run, pair in (("small", OPENING), ("large", CLOSING)):
        spans = [Span(start=0, end=9, kind="sentence", touched_by=[pair.id]), Span(start=0, end=2, kind="number")]
        coverage = DocumentCoverage(document="mill", chunks=[Coverage(document="mill", chunk="mill-0", spans=spans)])
        write_json(tmp_path / "qa" / run / "coverage" / "mill.json", coverage)
    assert ReviewSession(Workspace(tmp_path), "both", "ann").review_table()["covers"] == [0, 0]
    write_json(tmp_path / "qa" / "both" / "merged.json", {"from": {"small": 1, "large": 1}})
    assert ReviewSession(Workspace(tmp_path), "both", "ann").review_table()["covers"] == [1, 1]


@pytest.mark.parametrize(("files", "check"), [({}, "generation"), ({"merged.json": {"from": {}}}, "merge")])
def test_a_copy_that_the_merge_left_out_is_not_ascribed_to_generation(
    tmp_path: Path, files: dict[str, Any], check: str
) -> None:
    """The check that turned a pair down is named by what made the run."""
    for name, content in files.items():
        write_json(tmp_path / name, content)
    write_jsonl(tmp_path / "rejected" / "mill.jsonl", [Rejected.of(CLOSING, "duplicate", "of another")])
    (candidate,) = generation_rejects(tmp_path, "mill")
    assert [name for name, column in candidate.pair.checks.items() if not column["passed"]] == [check]


def test_a_document_that_is_forgotten_or_renamed_takes_its_decisions_along(tmp_path: Path) -> None:
    """Forgetting drops its lines and no others; renaming carries them to the new name."""
    write_curated(tmp_path)
    other = msgspec.structs.replace(OPENING, document="quay", id="quay-0-00000001")
    write_jsonl(tmp_path / "qa" / "small" / "quay.jsonl", [other])
    decide(tmp_path, (OPENING, "reject", "", {}), (other, "accept", "", {}))
    data = Workspace(tmp_path)
    manifest = Manifest(data.state / "manifest.db")
    rename_document(data, manifest, "mill", "watermill", "watermill.md")
    moved = read_decisions(decisions_file(data, "small"))[0]
    assert [(one.document, one.pair) for one in moved] == [("watermill", "watermill-0-00000001"), ("quay", other.id)]
    forget_document(data, manifest, "quay")
    manifest.close()
    assert [one.document for one in read_decisions(decisions_file(data, "small"))[0]] == ["watermill"]
