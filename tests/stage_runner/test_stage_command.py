"""The command line that every stage shares, shown on a toy stage."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from groundwork.__main__ import main as dataprep
from groundwork.data_folder.manifest import Manifest
from groundwork.data_folder.read_write import write_text
from groundwork.errors import EXIT_FAILED, EXIT_OK, EXIT_STOPPED, EXIT_USAGE
from groundwork.settings.config_files import PROJECT
from groundwork.stage_runner.stage_command import stage_command
from groundwork.stage_table import STAGES
from tests.stage_runner.toy import main


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    for name in ("a", "b"):
        (tmp_path / "documents" / f"{name}.txt").write_text(f"text of {name}")
    return tmp_path


def run(data: Path, *flags: str) -> int:
    return main(["--data", str(data), *flags])


def test_a_second_run_does_nothing(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Current units are skipped and said to be so."""
    assert run(data) == EXIT_OK
    before = (data / "text" / "a.md").stat().st_mtime_ns
    assert run(data) == EXIT_OK
    assert (data / "text" / "a.md").stat().st_mtime_ns == before
    assert "2 up to date" in capsys.readouterr().out


def test_only_what_a_change_touches_is_redone(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A changed input redoes its unit, a changed setting of the stage all, a setting of another stage none."""
    run(data)
    (data / "documents" / "a.txt").write_text("changed")
    capsys.readouterr()
    run(data)
    assert "1 ok · 1 up to date" in capsys.readouterr().out
    run(data, "--set", "qa.temperature=0.9")
    assert "2 up to date" in capsys.readouterr().out
    run(data, "--set", "chunk.max_length=4000")
    assert "2 ok" in capsys.readouterr().out
    run(data, "--longest", "4000")
    assert "2 up to date" in capsys.readouterr().out


def test_a_dry_run_says_why_and_does_nothing(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--dry-run names the setting that changed, and writes nothing."""
    run(data)
    capsys.readouterr()
    assert run(data, "--set", "chunk.max_length=4000", "--dry-run") == EXIT_OK
    assert "a: stale (chunk.max_length changed)" in capsys.readouterr().out
    run(data)
    assert "2 up to date" in capsys.readouterr().out


def test_one_failure_leaves_the_others(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bad unit is listed with its reason, the rest is done, the exit code tells, and the next run tries it again."""
    (data / "documents" / "c.txt").write_text("bad")
    assert run(data) == EXIT_FAILED
    out = capsys.readouterr().out
    assert "2 ok · 1 failed" in out
    assert "failed  c: it is bad; write something good" in out, "and not named twice"
    assert run(data, "--retry-failed") == EXIT_FAILED
    assert "2 up to date · 1 failed" in capsys.readouterr().out
    (data / "documents" / "c.txt").write_text("good")
    assert run(data) == EXIT_OK


def test_what_was_never_done_is_not_up_to_date(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--retry-failed leaves what is to do for the first time or again, says how much that is, and what does it."""
    assert run(data, "--retry-failed") == EXIT_OK
    out = capsys.readouterr().out
    assert "ingest: 2 to do · " in out and out.endswith(f"next: uv run dataprep/ingest.py --data {data}\n")
    run(data)
    (data / "documents" / "a.txt").write_text("changed")
    capsys.readouterr()
    assert run(data, "--retry-failed", "--dry-run") == EXIT_OK
    assert capsys.readouterr().out == "ingest: 0 of 2 to do\n"
    assert run(data, "--retry-failed") == EXIT_OK
    assert "1 up to date · 1 to do" in capsys.readouterr().out


def test_a_failed_part_fails_its_unit_and_keeps_its_output(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A unit with a failed part keeps what it wrote, counts as failed and is redone."""
    (data / "documents" / "c.txt").write_text("partly")
    assert run(data) == EXIT_FAILED
    assert "invalid reply  c, page 2: no JSON" in capsys.readouterr().out
    assert (data / "text" / "c.md").read_text() == "PARTLY"


def test_a_bug_fails_its_unit_only(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An unexpected exception is a failure of its unit, named by its type."""
    (data / "documents" / "c.txt").write_text("bug")
    assert run(data) == EXIT_FAILED
    assert "unexpected ZeroDivisionError: oops" in capsys.readouterr().out


def test_a_refusal_stops_the_run_and_keeps_what_is_done(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """StopRun ends the stage with its message; finished units are current afterwards."""
    (data / "documents" / "c.txt").write_text("broke")
    assert run(data) == EXIT_FAILED
    assert "no credit left; add some" in capsys.readouterr().err
    (data / "documents" / "c.txt").unlink()
    run(data)
    assert "2 up to date" in capsys.readouterr().out


def test_an_edited_file_is_kept(data: Path) -> None:
    """A file edited by hand stays while it is current, and is set aside before it is redone."""
    run(data)
    (data / "text" / "a.md").write_text("by hand")
    run(data)
    assert (data / "text" / "a.md").read_text() == "by hand"
    run(data, "--force")
    assert (data / "text" / "a.md").read_text() == "TEXT OF A"
    assert (data / "text" / "a.md.edited").read_text() == "by hand"


def test_a_second_edit_keeps_the_first(data: Path) -> None:
    """Each edit has a copy of its own, and an edit made twice is kept once."""
    run(data)
    for text in ("first edit", "second edit", "first edit"):
        (data / "text" / "a.md").write_text(text)
        run(data, "--force")
    copies = {path.name: path.read_text() for path in (data / "text").glob("*.edited*")}
    assert copies == {"a.md.edited": "first edit", "a.md.edited-2": "second edit"}


class Killed(BaseException):
    """What no code of a stage takes for its own."""


def killed_before_its_entry(data: Path, text: str) -> None:
    """The unit `a`, whose document became `text`, wrote its file and did not come to its row of the manifest."""
    (data / "documents" / "a.txt").write_text(text)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Manifest, "record", Mock(side_effect=Killed))
        with pytest.raises(Killed):
            run(data)
    assert (data / "text" / "a.md").read_text() == text.upper()


def test_what_a_killed_run_wrote_is_no_edit(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """However often it is killed, the next run knows the files as its own, also where it writes something else."""
    run(data)
    killed_before_its_entry(data, "second text")
    killed_before_its_entry(data, "third text")
    (data / "documents" / "a.txt").write_text("fourth text")
    assert run(data) == EXIT_OK
    assert "by hand" not in capsys.readouterr().err and not list((data / "text").glob("*.edited*"))
    (data / "text" / "a.md").write_text("SECOND TEXT")  # settled by now: whoever brings that back has edited the file
    run(data, "--force")
    assert (data / "text" / "a.md.edited").read_text() == "SECOND TEXT"


def test_an_edit_after_a_killed_run_is_kept(data: Path) -> None:
    """What was written by a killed run and edited then is an edit."""
    run(data)
    killed_before_its_entry(data, "second text")
    (data / "text" / "a.md").write_text("by hand")
    run(data)
    assert (data / "text" / "a.md").read_text() == "SECOND TEXT"
    assert (data / "text" / "a.md.edited").read_text() == "by hand"


def test_a_unit_that_fails_after_it_wrote_leaves_no_edit(data: Path) -> None:
    """Its entry stays that of the earlier run; its file is known all the same."""
    run(data)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tests.stage_runner.toy.write_text", lambda path, text: write_text(path, f"{text}!"))
        patched.setattr("tests.stage_runner.toy.Outcome", Mock(side_effect=OSError("no answer")))
        assert run(data, "--force") == EXIT_FAILED
    assert (data / "text" / "a.md").read_text() == "TEXT OF A!"
    run(data, "--force")
    assert not list((data / "text").glob("*.edited*"))


def test_an_edited_file_is_kept_after_a_stopped_force(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What --force did not come to is done by the next run, which keeps an edit as --force would have."""
    names = [f"d{number}" for number in range(8)]
    for name in names:
        (data / "documents" / f"{name}.txt").write_text(f"text of {name}")
    run(data)
    (data / "text" / "d7.md").write_text("by hand")
    (data / "documents" / "d0.txt").write_text("broke")
    assert run(data, "--force", "--set", "llm.max_concurrency=1") == EXIT_FAILED
    assert (data / "text" / "d7.md").read_text() == "by hand"
    (data / "documents" / "d0.txt").write_text("text of d0")
    capsys.readouterr()
    run(data, "--dry-run")
    assert "d7 is to be done again" in capsys.readouterr().out
    run(data)
    assert (data / "text" / "d7.md").read_text() == "TEXT OF D7"
    assert [path.name for path in (data / "text").glob("*.edited*")] == ["d7.md.edited"]
    capsys.readouterr()
    run(data)
    assert "10 up to date" in capsys.readouterr().out


def test_a_forced_run_notes_each_unit_twice_at_most(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As due and as done, whatever the number of units: all that were left were noted after each."""
    for number in range(30):
        (data / "documents" / f"d{number}.txt").write_text(f"text {number}")
    run(data)
    execute, written = Manifest._execute_on_manifest, list[str]()

    def counted(manifest: Manifest, statement: str, values: tuple[Any, ...]) -> list[Any]:
        if statement.startswith(("INSERT OR REPLACE INTO units", "DELETE FROM units")):
            written.append(statement)
        return execute(manifest, statement, values)

    monkeypatch.setattr(Manifest, "_execute_on_manifest", counted)
    assert run(data, "--force") == EXIT_OK
    assert 32 < len(written) <= 64


@pytest.mark.parametrize("text", ["bad", "broke"])
def test_an_edited_file_stays_where_its_stage_fails(data: Path, text: str) -> None:
    """What is made of it goes on with the edit, whether the unit fails or the whole run stops; then it is set aside."""
    run(data)
    (data / "text" / "a.md").write_text("by hand")
    source = data / "documents" / "a.txt"
    before = source.read_text()
    source.write_text(text)
    assert run(data) == EXIT_FAILED
    assert (data / "text" / "a.md").read_text() == "by hand"
    source.write_text(before)
    run(data, "--force")
    assert (data / "text" / "a.md").read_text() == "TEXT OF A"
    assert (data / "text" / "a.md.edited").read_text() == "by hand"


def test_a_test_run_leaves_the_full_result(data: Path) -> None:
    """--test writes to data/test, so that a sample never replaces a full result."""
    run(data)
    before = (data / "text" / "a.md").stat().st_mtime_ns
    assert run(data, "--test") == EXIT_OK
    assert (data / "text" / "a.md").stat().st_mtime_ns == before
    assert (data / "test" / "text" / "a.md").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--document", "aa"], "no such document; did you mean a"),
        (["--set", "qa.modle=x"], "did you mean qa.model?"),
        (["--config", "nowhere.json"], "nowhere.json: no such file"),
        (["--data", "nowhere"], "nowhere: no such folder"),
    ],
)
def test_unusable_flags(data: Path, capsys: pytest.CaptureFixture[str], flags: list[str], message: str) -> None:
    """A wrong flag is one line with the remedy, and exit code 2."""
    assert run(data, *flags) == EXIT_USAGE
    assert message in capsys.readouterr().err


def test_no_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty folder is an error that says what to put where."""
    assert run(tmp_path) == EXIT_USAGE
    assert "no documents; put PDF" in capsys.readouterr().err


def test_a_read_only_folder(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A target that cannot be written is named; nothing is left half done."""
    (data / "text").write_text("a file where a folder should be")
    assert run(data) == EXIT_FAILED
    assert "File exists" in capsys.readouterr().out


def test_ctrl_c_finishes_what_is_under_way(data: Path) -> None:
    """The first Ctrl-C lets running units end and records them; exit 130 and the command to go on."""
    (data / "documents" / "s.txt").write_text("slow")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.stage_runner.toy", "--data", str(data)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stderr is not None
    assert "slow one begins" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    assert "press Ctrl-C again" in process.stderr.readline()
    (data / "documents" / "s.go").touch()
    out, err = process.communicate(timeout=100)
    assert process.returncode == EXIT_STOPPED
    assert "3 ok" in out
    assert "go on with: uv run" in err
    assert (data / "text" / "s.md").read_text() == "SLOW"


def test_the_help_fits_the_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No line of a script's help is longer than the terminal is wide, and its own flags come first."""
    monkeypatch.setenv("COLUMNS", "80")
    for stage in STAGES:
        with pytest.raises(SystemExit):
            stage_command(stage.name).parse(["--help"])
        out = capsys.readouterr().out
        assert max(map(len, out.splitlines())) <= 80
        assert "flags of this stage" not in out or out.index("flags of this stage") < out.index("--config")


@pytest.mark.parametrize("amount", ["-1", "nan", "inf", "much"])
def test_a_cost_that_is_none(data: Path, amount: str, capsys: pytest.CaptureFixture[str]) -> None:
    """--max-cost takes an amount of money and nothing else."""
    with pytest.raises(SystemExit) as left:
        run(data, f"--max-cost={amount}")
    assert left.value.code == EXIT_USAGE and "not an amount in USD" in capsys.readouterr().err


def test_a_folder_without_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    """--data "" (a variable of the shell that is not set) is an error, not the folder that one stands in."""
    with pytest.raises(SystemExit) as left:
        main(["--data", ""])
    assert left.value.code == EXIT_USAGE and "--data" in capsys.readouterr().err


def test_a_damaged_manifest_is_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the manifest holds can be made anew: the error says so and names the file."""
    run(data)
    (data / ".state" / "manifest.db").write_bytes(b"no database at all " * 100)
    for log in (data / ".state").glob("manifest.db-*"):
        log.unlink()
    capsys.readouterr()
    assert run(data) == EXIT_USAGE
    message = capsys.readouterr().err
    assert "manifest.db" in message and "move it away" in message
    (data / ".state" / "manifest.db").unlink()
    assert run(data) == EXIT_OK


def test_a_reader_that_goes(data: Path) -> None:
    """`... | head -0` ends a script without a word of its interpreter; nothing failed, and nothing was stopped."""
    script = [sys.executable, "-m", "groundwork", "status", "--data", str(data)]
    with subprocess.Popen(script, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == EXIT_OK


def test_names_that_are_no_utf8(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A byte of a name that is no UTF-8 is spelt out; such a file is read, told from its like, and current later."""
    (tmp_path / "documents").mkdir()
    try:
        for byte in (b"\xff", b"\xfe"):
            Path(os.fsdecode(bytes(tmp_path / "documents") + b"/bad" + byte + b".md")).write_text("A text.")
    except OSError:
        pytest.skip("this file system takes no such names")
    assert stage_command("ingest")(["--data", str(tmp_path)]) == EXIT_OK
    assert sorted(path.stem for path in (tmp_path / "text").glob("*.md")) == ["bad-xfe", "bad-xff"]
    assert "bad\\\\xff.md" in (tmp_path / "text" / "bad-xff.json").read_text()
    assert stage_command("ingest")(["--data", str(tmp_path)]) == EXIT_OK
    assert "2 up to date" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_can_be_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status and --dry-run need no right to write; a stage that works says that it does."""
    from groundwork.__main__ import main as dataprep

    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a.md").write_text("A sentence.")
    (tmp_path / ".state").write_text("in the way of a folder")
    assert dataprep(["--data", str(tmp_path)]) == 0
    assert dataprep(["chunk", "--dry-run", "--data", str(tmp_path)]) == 0
    assert "a: to do" in capsys.readouterr().out
    assert dataprep(["chunk", "--data", str(tmp_path)]) == 2
    assert "manifest.db" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["curate", "--documnet", "x"], "no such flag: --documnet; did you mean --document?"),
        (["curate", "--dataa=x"], "no such flag: --dataa; did you mean --data?"),
        (["curate", "beta"], "it takes no names, such as beta; did you mean --run beta?"),
        (["chunk", "ferry"], "it takes no names, such as ferry"),
        (["doctor", "--provder", "x"], "did you mean --provider?"),
        (["gc", "--document", "ferry"], "no such flag: --document"),
    ],
)
def test_a_flag_that_there_is_none_of(words: list[str], remedy: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt flag, or a word too many, is named with what may be meant."""
    with pytest.raises(SystemExit) as stopped:
        dataprep(words)
    assert stopped.value.code == 2 and remedy in capsys.readouterr().err


def test_help_shows_what_a_command_takes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The usage names the arguments, a line of ours that was full goes on, and no placeholder repeats its flag."""
    monkeypatch.setenv("COLUMNS", "400")
    said = {}
    for command in ("diff", "forget", "merge", "create_dataset"):
        with pytest.raises(SystemExit):
            dataprep([command, "--help"])
        said[command] = capsys.readouterr().out
    assert "dataprep diff A B [flags]" in said["diff"] and "dataprep forget DOCUMENT ... [flags]" in said["forget"]
    assert "--document" not in said["diff"] + said["forget"]
    assert "every copy that was not kept, with the one that stands for it and why\n" in said["merge"]
    assert "[--threshold 0.95]\n        A, B: runs" in said["merge"], "what stands on a line of its own stays there"
    flags = [line.split()[:2] for line in said["create_dataset"].splitlines() if line.startswith("  --")]
    assert [flag for flag, *value in flags if value == [flag[2:].replace("-", "_").upper()]] == ["--name", "--org"]
