"""How commands are spelt; tests/test_wheel.py does the rest in an empty folder."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from groundwork import installation
from groundwork.data_folder.runs.obeyed_decisions import Review
from groundwork.dataset.creation.rows_of_runs import _half_curated_warnings
from groundwork.installation import PACKAGE, PROJECT, as_installed, as_typed


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("run first: uv run dataprep/generate_qa.py", "run first: dataprep generate_qa"),
        ("Run     uv run visualization/merge.py RUN RUN --out NAME", "Run     dataprep merge RUN RUN --out NAME"),
        ("uv run dataprep run --retry-failed", "dataprep run --retry-failed"),
        ("--push needs it: uv run hf auth login", "--push needs it: hf auth login"),
        (
            "needs the extra 'ocr'; run: uv sync --inexact --extra ocr",
            "needs the extra 'ocr'; install groundwork-data[ocr]",
        ),
        ("all rows: uv sync --inexact --extra large-maps", "all rows: install groundwork-data[large-maps]"),
        ("uv run benchmarks/startup.py", "uv run benchmarks/startup.py"),
    ],
)
def test_a_command_is_spelt_as_it_is_typed(written: str, typed: str) -> None:
    """Outside the repository there are no scripts to run by their paths; in it every text stays as it is."""
    assert as_installed(written) == typed
    assert as_typed(written) == written


def test_warnings_name_the_command_as_it_is_typed_in_a_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A warning is no error, which spells its commands itself: it has them spelt where it is made."""
    monkeypatch.setattr(installation, "IN_REPOSITORY", False)
    (undone,) = Review("first", {}, _undone_count=1).outdated_warnings()
    (half,) = _half_curated_warnings({"first": [tmp_path / "curated" / "a.jsonl", tmp_path / "b.jsonl"]})
    assert undone.endswith("; run: dataprep curate") and half.endswith("; for the rest: dataprep curate")


def test_every_message_names_a_script_with_its_command() -> None:
    """Without `uv run` before it a script's path cannot be spelt as a wheel's command."""
    bare_script = re.compile(r"(?<!uv run )\b(?:dataprep|visualization)/\w+\.py")
    texts = [
        (file.name, node.value)
        for file in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert len(texts) > 1000
    assert [text for text in texts if bare_script.search(text[1]) and not bare_script.fullmatch(text[1])] == []


def test_the_hashes_are_of_what_the_project_asks_for() -> None:
    """Every direct dependency stands in requirements-hashes.txt in a version that fits, with hashes and no address."""
    text = (PROJECT / "requirements-hashes.txt").read_text()
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())
    pinned = {re.split(r"[\[=]", entry)[0]: re.search(r"==([^ ]+)", entry) for entry in entries}
    assert all("--hash=sha256:" in entry for entry in entries) and "://" not in text and " @ " not in text
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    for named in map(Requirement, project["dependencies"]):
        version = pinned[re.sub(r"[-_.]+", "-", named.name).lower()]
        assert version and named.specifier.contains(version[1], prereleases=True), (
            f"{named}: write requirements-hashes.txt anew (docs/verify.md)"
        )
