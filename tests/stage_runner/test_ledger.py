"""The account of a stage: failures first, warnings never hidden, notes while there is room; how a command ends."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from groundwork.__main__ import main
from groundwork.console.flags import load_config
from groundwork.stage_runner.divided_stage import divide_units
from groundwork.stage_runner.job import open_job
from groundwork.stage_runner.ledger import MAX_LEDGER_LINES, Failure, Ledger, Outcome
from groundwork.stage_runner.next_command import repeat_flags
from groundwork.stage_runner.shard_progress import ShardResult
from groundwork.stages import visualize_splits
from tests.fake_openrouter import FakeOpenRouter
from tests.stage_runner.test_shards import corpus
from tests.stage_runner.toy import main as toy


def ledger(documents: int) -> Ledger:
    """Many documents with notes, one that fails at the end, and pages below the threshold."""
    outcomes = {f"d{number}": Outcome(note=f"{number} pages") for number in range(documents)}
    pages = [f"page {page}: text kept 0.{page} is below 0.9" for page in (7, 47, 48, 50)]
    outcomes["zz"] = Outcome(warnings=[*pages, "its name ends in .txt, but it holds PDF"])
    outcomes["last"] = Outcome(failures=[Failure("", "failed", "the file is empty")])
    return Ledger("ingest", outcomes=outcomes)


def test_failures_come_first_and_no_warning_is_hidden() -> None:
    """Among sixty notes the failure and every kind of warning are seen; the notes give way."""
    lines = ledger(60).report_lines()
    assert len(lines) <= MAX_LEDGER_LINES + 1
    assert lines[1] == "  failed  last: the file is empty"
    assert lines[2] == "  warning  zz: page 7: text kept 0.7 is below 0.9 (and 3 more: 47, 48, 50)"
    assert lines[3] == "  warning  zz: its name ends in .txt, but it holds PDF"
    assert lines[-1].endswith("more lines; --verbose shows them")
    assert len(ledger(60).report_lines(verbose=True)) == 1 + 1 + 5 + 60


def test_a_kind_of_warning_that_many_documents_share_is_one_line() -> None:
    """Thirty documents with the same complaint take a line and not thirty."""
    outcomes = {f"d{n}": Outcome(warnings=[f"d{n}.json is missing: chunks get no pages"]) for n in range(30)}
    lines = Ledger("chunk", outcomes=outcomes).report_lines()
    assert lines[1:] == ["  warning  30 of one kind, such as d0: d0.json is missing: chunks get no pages"]


def test_warnings_of_several_code_pages_are_of_several_kinds() -> None:
    """The digits of a name are no number: a text read in a rare code page is seen among many in a common one."""
    outcomes = {f"d{n}": Outcome(warnings=["read as cp1257" if n == 7 else "read as cp1252"]) for n in range(30)}
    lines = Ledger("ingest", outcomes=outcomes).report_lines()
    assert lines[1:] == ["  warning  29 of one kind, such as d0: read as cp1252", "  warning  d7: read as cp1257"]


def test_parts_that_failed_for_one_reason_are_one_line() -> None:
    """Where an endpoint is down every question fails alike: that is said once, and with --verbose of each."""
    alike = [Failure(f"question {n}", "failed transport", "nothing listens") for n in range(195)]
    outcomes = {"a": Outcome(failures=[*alike, Failure("question x", "invalid reply", "no tags")])}
    lines = Ledger("generate_tags", outcomes=outcomes).report_lines()
    assert lines[1:] == [
        "  failed transport  a, question 0 (and 194 more): nothing listens",
        "  invalid reply  a, question x: no tags",
    ]
    assert len(Ledger("generate_tags", outcomes=outcomes).report_lines(verbose=True)) == 1 + 196


def test_a_reason_that_names_its_part_is_one_line_too() -> None:
    """A judge that gives no verdict on any pair fails at each in the same way, but for the pair's name."""
    failures = [
        Failure(f"ferry-{n}", "invalid reply", f"ferry-{n} apart: maker/m: no usable reply in 3 calls")
        for n in range(30)
    ]
    lines = Ledger("curate", outcomes={"run": Outcome(failures=failures)}).report_lines()
    assert lines[1:] == [
        "  invalid reply  run, ferry-0 (and 29 more): ferry-0 apart: maker/m: no usable reply in 3 calls"
    ]


def test_a_command_ends_with_a_path_and_the_next_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The path opens from where one stands, and the next command repeats what was said of settings and data."""
    monkeypatch.chdir(tmp_path)
    data = corpus(tmp_path / "data")
    assert main(["chunk", "--data", str(data), "--set", "chunk.min_length=50"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[-2] == "-> data/chunks" and Path("data/chunks").is_dir()
    assert out[-1].startswith("next: uv run dataprep/generate_qa.py --set chunk.min_length=50 --data ")
    several = [f"--set=chunk.{name}" for name in ("min_length=50", "max_length=4000", "overlap_sentences=0")]
    assert main(["chunk", "--data", str(data), *several]) == 0
    settings = " ".join(several).replace("=chunk", " chunk")
    assert capsys.readouterr().out.endswith(f"generate_qa.py {settings} --data {data}\n")
    many = [f"--set=llm.providers.p{number}.base_url=https://example.org/v1" for number in range(20)]
    assert main(["chunk", "--data", str(data), *many]) == 0
    assert "  # and the same 20 --set, or --config with a file" in capsys.readouterr().out


@pytest.mark.parametrize("picture_flag", ["--interactive", "--no-interactive", "--plotly", "--size=paper"])
def test_flags_of_a_picture_stay_with_its_command(picture_flag: str) -> None:
    """What one picture was drawn with is not asked for of the next; what is typed as --set is, as ever."""
    assert not repeat_flags(visualize_splits.main.parse([picture_flag]))
    typed = visualize_splits.main.parse([picture_flag, "--workers=2", "--set=maps.seed=3"])
    assert repeat_flags(typed) == " --set engine.workers=2 --set maps.seed=3"


def test_a_stage_that_has_made_all_is_not_the_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After summaries the chunks come next only where some are to be made; what failed is tried again as typed."""
    data = corpus(tmp_path / "data")
    nowhere = ["--set=llm.base_url=http://127.0.0.1:9/v1", "--set=llm.transport_retries=0", "--set=llm.api_key_env="]
    assert main(["summarize", "--data", str(data), "--force", *nowhere]) == 1
    words = shlex.join(["--data", str(data), *nowhere])
    assert f"next: uv run dataprep/summarize.py {words} --retry-failed\n" in capsys.readouterr().out
    with FakeOpenRouter().thread() as fake:
        llm = [f"--set=llm.base_url={fake.url}", "--set=llm.api_key_env="]
        for chunked, next_stage in (("", "chunk"), ("chunk", "generate_qa")):
            assert not chunked or main([chunked, "--data", str(data)]) == 0
            assert main(["summarize", "--data", str(data), *llm]) == 0
            assert f"next: uv run dataprep/{next_stage}.py" in capsys.readouterr().out.splitlines()[-1]
    assert main(["chunk", "--data", str(data), "--quiet"]) == 0
    assert not capsys.readouterr().out


def test_one_page_links_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`dataprep open` writes data/index.html with every page there is, names escaped, links that work from there."""
    data = corpus(tmp_path)
    for name in ("plots/a map & more.html", "plots/a.png", "datasets/rows/report.html", "qa/run/curated/report.html"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text("x")
    assert main(["open", "--no-browser", "--data", str(data)]) == 0
    page = Path(capsys.readouterr().out.strip()).read_text()
    assert 'href="plots/a%20map%20%26%20more.html">a map &amp; more</a>' in page
    assert 'href="datasets/rows/report.html">rows</a>' in page and 'href="qa/run/curated/report.html">run</a>' in page


@pytest.mark.parametrize(
    ("by_shards", "results", "ok", "up_to_date", "not_finished"),
    [
        (True, [("c", 2), ("d", 0)], 2, 2, 0),  # a, b were done before, and each shard counts its own
        (True, [("c", 2), ("", 1)], 1, 3, 0),  # d was done by a shard whose node died, which found it so
        (True, [("c", 1), ("", 0)], 1, 2, 1),  # and here it died for good
        (False, [("c", 0), ("d", 0)], 2, 2, 0),
        (False, [("c", 0), ("", 1)], 1, 3, 0),  # somebody else did d meanwhile
        (False, [("c", 0), ("", 0)], 1, 2, 1),
    ],
)
def test_what_several_processes_did_is_counted_once(
    tmp_path: Path, by_shards: bool, results: list[tuple[str, int]], ok: int, up_to_date: int, not_finished: int
) -> None:
    """Done now, done before, also by a shard that was lost and ran again, or not done: every unit is one of them."""
    (tmp_path / "documents").mkdir()
    for name in "ab":
        (tmp_path / "documents" / f"{name}.txt").write_text(name)
    assert toy([f"--data={tmp_path}", "--quiet"]) == 0
    for name in "cd":
        (tmp_path / "documents" / f"{name}.txt").write_text(name)
    flags = toy.parse([f"--data={tmp_path}", "--quiet"])
    parts = [ShardResult({name: Outcome() for name in done}, up_to_date=found) for done, found in results]
    with open_job(load_config(flags), flags) as (job, manifest):
        unit_loop = toy.unit_loop(job, manifest)
        work = lambda due: parts if len(due) == 2 else []  # noqa: E731
        counted = divide_units(unit_loop, toy.units(job), work, by_shards=by_shards)
    assert (len(counted.outcomes), counted.up_to_date, counted.not_started) == (ok, up_to_date, not_finished)


def test_no_name_and_no_text_sends_control_characters_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Headings, names of files and reasons are printed with them spelt out, by stages and by the commands beside."""
    evil, data = "\x1b]0;owned\x07\x1b[31m", ("--data", str(tmp_path))
    (tmp_path / "documents").mkdir()
    for name in ("harbour", f"quay {evil}"):
        text = f"# A {evil}heading\n\nThe harbour opens its gate at dawn.\n"
        (tmp_path / "documents" / f"{name}.md").write_text(text)
    for command in (["ingest"], ["chunk", "--show"], ["set-aside", "harbour", "--reason", evil], ["set-aside"]):
        assert main([*command, *data]) == 0
    (tmp_path / "documents" / f"quay {evil}.md").unlink()
    assert main([*data]) == 0
    printed = "".join(capsys.readouterr())
    assert r"A \x1b]0;owned\x07\x1b[31mheading" in printed and printed.count(r"quay \x1b]0;owned") >= 1
    assert "\x1b" not in printed and "\x07" not in printed


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["gc", "--help"], ["chunk", "--help"]])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_a_full_disk_behind_the_output_is_one_line(tmp_path: Path, arguments: list[str]) -> None:
    """Also where the output is buffered, as it is on most machines, and fails only when all is written."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-m", "groundwork", *arguments]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            command, cwd=tmp_path, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, timeout=100
        )
    assert (ended.returncode, ended.stderr) == (
        1,
        "error: the output: No space left on device; free disk space, or write elsewhere\n",
    )


def test_a_count_of_one_is_said_in_the_singular() -> None:
    """`1 chunk` and `1 table split`, where several are `2 chunks`."""
    ledger = Ledger("chunk", outcomes={"a": Outcome(counts={"chunks": 1, "tables split": 1, "asked": 1, "words": 2})})
    assert ledger.summary() == "chunk: 1 ok · 1 chunk · 1 table split · 1 asked · 2 words · 0.0 s"
