"""The arrows of the architecture: four floors, and no import that runs back up or across."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from dataprep.pipeline import STAGES
from dataprep.schema.config import PROJECT

FLOORS = [
    {"schema", "engine"},
    {"llm", "store", "text", "embedding", "pipeline"},
    {"converters", "qa", "dataset", "console"},
]
TOP = len(FLOORS)
STAGE_MODULES = {stage.module for stage in STAGES}
FORBIDDEN_NAMES = {"utils", "util", "common", "core", "helpers", "helper", "misc"}


def _modules() -> list[Path]:
    return sorted(p for package in ("dataprep", "visualization") for p in (PROJECT / package).rglob("*.py"))


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")


def _imports(path: Path) -> set[str]:
    """Every dataprep or visualization module that `path` imports, inside functions and for types as well."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    known = {_dotted(p) for p in _modules()}
    return {name for name in found if name in known}


def _noun(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "dataprep" and len(parts) > 1 else parts[0]


def _floor(module: str) -> int:
    return next((n for n, nouns in enumerate(FLOORS) if module.startswith("dataprep.") and _noun(module) in nouns), TOP)


@pytest.mark.parametrize("path", _modules(), ids=_dotted)
def test_no_import_runs_up_or_across(path: Path) -> None:
    """A module imports from lower floors and from its own folder, and a stage never imports another stage."""
    module = _dotted(path)
    for imported in _imports(path) - {module, "dataprep", "visualization"}:
        if module != "dataprep.__main__":
            assert imported not in STAGE_MODULES, f"{module} imports the stage {imported}"
        if _floor(module) < TOP:
            same_folder = _noun(imported) == _noun(module)
            assert same_folder or _floor(imported) < _floor(module), f"{module} imports {imported}"


def test_no_drawers() -> None:
    """Nothing lives in a module without a name of its own."""
    assert not [m for m in map(_dotted, _modules()) if FORBIDDEN_NAMES & set(m.split("."))]
