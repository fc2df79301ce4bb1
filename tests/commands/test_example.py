"""The two runs in examples/: what large models wrote, through every stage that needs none."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from groundwork.__main__ import main
from groundwork.commands import example
from groundwork.data_folder.read_write import read_jsonl
from groundwork.records import Pair
from groundwork.settings.config_files import PROJECT

SETTINGS = ["--config", str(PROJECT / "config" / "examples.json")]


KEPT = ("documents", "text", "summaries", "chunks", "qa", "tags")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the folder, so that nothing is written into the repository."""
    root = tmp_path_factory.mktemp("examples") / "examples"
    for name in KEPT:
        shutil.copytree(PROJECT / "examples" / name, root / name)
    return root


def test_one_command_shows_everything(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`dataprep example` draws curation, coverage, maps, tags, splits and a dataset, and links them on one page."""
    monkeypatch.setattr(example, "EXAMPLES_FOLDER", data)
    assert main(["example", "--no-browser"]) == 0, capsys.readouterr()
    page = (data / "index.html").read_text()
    for name in ("coverage-ellary", "alpha-vs-beta", "rowing-rules", "qa/alpha/curated/report.html"):
        assert name in page, f"{name} is not linked"
    states = re.findall(r'<td><span class="soft">([^<]*)</span></td>', page)
    assert states and set(states) == {"done"}, "each page has a state"
    report = json.loads((data / "datasets" / "rowing-rules" / "report.json").read_text())
    assert report and (data / "datasets" / "rowing-rules" / "README.md").is_file()
    splits = json.loads((data / "plots" / "datasets-rowing-rules-splits.json").read_text())
    leakage = f"Leakage: {report['leaked_before']} of "  # one count of repeats, here and in the report
    assert [note.startswith(leakage) for note in splits["notes"] if "asked in train" in note] == [True]
    assert not any("worded nearly like" in note for note in splits["notes"])
    ours = [
        file for name in KEPT for file in (PROJECT / "examples" / name).rglob("*.jsonl") if "curated" not in file.parts
    ]
    changed = [
        file.name for file in ours if file.read_bytes() != (data / file.relative_to(PROJECT / "examples")).read_bytes()
    ]
    assert ours and not changed, "files under version control are not written anew"


def test_both_runs_merge_without_losing_what_one_alone_asks(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The union holds more than either and less than both: what both ask stands once."""
    assert main(["merge", "alpha", "beta", "--out", "both", "--data", str(data), *SETTINGS]) == 0, capsys.readouterr()
    count = {run: len(_pairs(data, run)) for run in ("alpha", "beta", "both")}
    assert max(count["alpha"], count["beta"]) < count["both"] <= count["alpha"] + count["beta"]


def test_rules_of_curation_pass_what_curation_kept(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Curating kept pairs again by rule alone rejects next to none of them."""
    (data / "qa" / "again").mkdir()
    shutil.copy(next((data / "qa" / "alpha" / "curated").glob("*.jsonl")), data / "qa" / "again")
    rules = ["--set", "curate.rules_only=true", *SETTINGS]
    assert main(["curate", "--run", "again", "--data", str(data), *rules]) == 0, capsys.readouterr()
    kept, before = len(_pairs(data, "again")), len(_pairs(data, "alpha"))
    assert kept >= 0.97 * before


def _pairs(data: Path, run: str) -> list[Pair]:
    folder = data / "qa" / run
    place = folder / "curated" if (folder / "curated").is_dir() else folder
    return [pair for file in place.glob("*.jsonl") for pair in read_jsonl(file, Pair)]
