"""How commands are spelt; tests/test_wheel.py does the rest in an empty folder."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

from groundwork import installation
from groundwork.data_folder.runs.review_decisions import StandingReview
from groundwork.dataset.creation.pool_warnings import half_curated_warnings
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
    (undone,) = StandingReview("first", {}, _undone_count=1).outdated_warnings()
    (half,) = half_curated_warnings({"first": [tmp_path / "curated" / "a.jsonl", tmp_path / "b.jsonl"]})
    assert undone.endswith("; run: dataprep curate") and half.endswith("; for the rest: dataprep curate")


def test_every_message_names_a_script_with_its_command() -> None:
    """Without `uv run` before it a script's path cannot be spelt as a wheel's command."""
    bare_script = re.compile(r"(?<!uv run )\b(?:dataprep|visualization)/\w+\.py")
    texts = _texts_of_the_code()
    assert len(texts) > 1000
    assert [text for text in texts if bare_script.search(text[1]) and not bare_script.fullmatch(text[1])] == []


def test_values_of_sql_are_not_numbered() -> None:
    """Python 3.12.0 to 3.12.3 take `?1` for a name, and warn of every tuple of values."""
    sql = [text for text in _texts_of_the_code() if re.match(r"(SELECT|INSERT|UPDATE|DELETE) ", text[1])]
    assert len(sql) > 20
    assert [text for text in sql if re.search(r"\?\d", text[1])] == []


@cache
def _texts_of_the_code() -> list[tuple[str, str]]:
    """(file, text) of each string constant."""
    return [
        (file.name, node.value)
        for file in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


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


LOCK = PROJECT / "uv.lock"  # not committed: `uv sync` writes it
EVERYWHERE = ["python_version > '3'"]


@pytest.mark.skipif(not LOCK.is_file(), reason="needs the lock file of uv sync")
def test_every_package_has_a_wheel_for_each_python() -> None:
    """Else installing compiles it, which takes a compiler and the headers of libraries. (An extra may hold a package
    that has no wheel at all, for any Python.)"""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    minors = [minor for minor in range(30) if f"3.{minor}" in SpecifierSet(project["requires-python"])]
    packages = [package for package in tomllib.loads(LOCK.read_text())["package"] if package.get("wheels")]
    assert len(minors) > 3 and len(packages) > 100
    assert [(f"3.{minor}", p["name"], p["version"]) for minor in minors for p in _without_wheel(packages, minor)] == []


def _without_wheel(packages: list[dict[str, Any]], minor: int) -> list[dict[str, Any]]:
    """Those that are locked for Python 3.`minor` on Linux, and have no wheel for it."""
    platforms = [f"manylinux{version}_x86_64" for version in (1, 2010, 2014, *(f"_2_{n}" for n in range(5, 29)))]
    tags = {*cpython_tags((3, minor), platforms=platforms), *compatible_tags((3, minor), f"cp3{minor}", platforms)}
    machine = {"python_full_version": f"3.{minor}.9", "sys_platform": "linux", "platform_machine": "x86_64"}
    without = [p for p in packages if all(tags.isdisjoint(_wheel_tags(wheel)) for wheel in p["wheels"])]
    return [p for p in without if any(Marker(m).evaluate(machine) for m in p.get("resolution-markers", EVERYWHERE))]


def _wheel_tags(wheel: dict[str, str]) -> frozenset[Tag]:
    address = wheel.get("url") or wheel.get("path") or wheel["filename"]
    return parse_wheel_filename(address.rpartition("/")[2])[3]
