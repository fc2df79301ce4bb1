"""How commands are spelt; tests/test_wheel.py does the rest in an empty folder."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from groundwork.installation import PROJECT, as_installed, as_typed


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
