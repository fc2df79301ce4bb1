"""Which run is meant where a command names none."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.data_folder.read_write import write_json, write_text
from groundwork.data_folder.runs.run_files import default_run, merged_from, separate_runs
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import UsageError


def make_run(root: Path, name: str, *merged: str) -> None:
    write_text(root / "qa" / name / "ferry.jsonl", "{}\n")
    if merged:
        write_json(root / "qa" / name / "merged.json", {"from": dict.fromkeys(merged, 1), "kept": {}})


def test_a_merge_of_other_runs_counts_no_question_twice(tmp_path: Path) -> None:
    """It is left out beside the runs that it is made of, and stays where one of them is elsewhere."""
    data = Workspace(tmp_path)
    for name, merged in (("alpha", ()), ("beta", ()), ("both", ("alpha", "beta/raw")), ("more", ("alpha", "a/hub"))):
        make_run(tmp_path, name, *merged)
    assert merged_from(data, "both") == ["alpha", "beta/raw"] and merged_from(data, "alpha") == []
    assert separate_runs(data) == ["alpha", "beta", "more"]


def test_the_merge_of_all_others_is_meant_where_the_settings_name_no_run(tmp_path: Path) -> None:
    """The run of the model goes before it; a merge of some of the runs is none of them."""
    data = Workspace(tmp_path)
    for name, merged in (("alpha", ()), ("beta", ()), ("both", ("alpha", "beta"))):
        make_run(tmp_path, name, *merged)
    assert default_run(data, "acme/large") == "both"
    assert default_run(data, "acme/beta") == "beta"
    make_run(tmp_path, "gamma")
    with pytest.raises(UsageError, match="name one or more of: alpha, beta, both, gamma"):
        default_run(data, "acme/large")
