"""The arrows of the architecture: rooms on floors, and no import that runs back up, across, or round in a circle."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from groundwork.settings.config_files import PROJECT
from groundwork.stage_table import STAGES

FLOORS = (
    {"installation"},
    {"errors", "stage_table", "processes", "apportionment", "message_wording"},
    {"settings", "records", "language", "raster_images"},
    {"data_folder"},
    {"markdown", "llm", "embedding", "pages"},
    {"console"},
    {"stage_runner"},
    {"coverage"},
    {"chunking", "documents", "questions"},
    {"dataset", "review", "summaries"},
    {"grading", "tags"},
    {"maps"},
    {"stages"},
    {"commands"},
    {"__main__"},
)
STAGE_MODULES = {stage.module for stage in STAGES}
FORBIDDEN_NAMES = {"utils", "util", "common", "core", "helpers", "helper", "misc"}
LONGEST_MODULE = 700  # lines


@cache
def _modules() -> dict[str, Path]:
    paths = sorted((PROJECT / "groundwork").rglob("*.py"))
    return {".".join(p.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): p for p in paths}


@cache
def _imports(module: str) -> frozenset[str]:
    """Every module of ours that `module` imports, inside functions and for types as well."""
    names = set()
    for node in ast.walk(ast.parse(_modules()[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return frozenset(names & _modules().keys()) - {module, "groundwork"}


def _room(module: str) -> str:
    return module.split(".")[1]


def _floor(module: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if _room(module) in rooms)


def test_every_room_has_a_floor() -> None:
    """A new folder of groundwork/ is given its floor here; none is at the top by default."""
    rooms = {_room(module) for module in _modules() if module != "groundwork"}
    assert not rooms - set().union(*FLOORS)


@pytest.mark.parametrize("module", [module for module in _modules() if module != "groundwork"])
def test_no_import_runs_up_or_across(module: str) -> None:
    """A module imports from lower floors and from its own room, and a stage never imports another stage."""
    for imported in _imports(module):
        if _room(module) != "__main__":
            assert imported not in STAGE_MODULES, f"{module} imports the stage {imported}"
        same_room = _room(imported) == _room(module)
        assert same_room or _floor(imported) < _floor(module), f"{module} imports {imported}"


def test_no_import_goes_round() -> None:
    """No module comes back to itself by its imports, those inside functions and for types included."""
    try:
        TopologicalSorter({module: _imports(module) for module in _modules()}).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("folder", ["dataprep", "visualization"])
def test_a_script_only_starts_its_stage(folder: str) -> None:
    """dataprep/ and visualization/ hold a script a stage and nothing else."""
    scripts = {path.relative_to(PROJECT).as_posix() for path in (PROJECT / folder).rglob("*.py")}
    assert scripts == {stage.script for stage in STAGES if stage.folder == folder}
    for script in scripts:
        assert len((PROJECT / script).read_text(encoding="utf-8").splitlines()) < 20, f"{script} does more"


def test_no_drawers() -> None:
    """Nothing lives in a module without a name of its own."""
    assert not [module for module in _modules() if FORBIDDEN_NAMES & set(module.split("."))]


def test_no_module_is_longer_than_one_sitting() -> None:
    """A module holds one noun, and at most 700 lines of it."""
    lengths = {module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in _modules().items()}
    assert not {module: length for module, length in lengths.items() if length > LONGEST_MODULE}


def test_the_small_model_has_one_door() -> None:
    """What was made for one small model is entered by its strategy alone, and only where that is chosen."""
    room, door = (
        "groundwork.questions.small_model",
        "groundwork.questions.small_model.sentence_strategy",
    )
    chosen_by = {"groundwork.questions.document_interviews", "groundwork.dataset.reword.eval_rewording"}
    for module in _modules():
        inside = {imported for imported in _imports(module) if imported.startswith(room)}
        if not module.startswith(room) and inside:
            assert module in chosen_by and inside <= {room, door}, f"{module} imports {sorted(inside)}"
