"""What the tests of generate_qa share, and those of maps and comparisons of two runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from groundwork.settings.config_files import CONFIG_DIR
from tests.fake_openrouter import FakeOpenRouter
from tests.stages.mill_run import Mill
from tests.stages.two_runs import Run
from tests.synthetic_runs import pairs, write_run


@pytest.fixture
def mill(tmp_path: Path) -> Iterator[Mill]:
    with FakeOpenRouter().thread() as server:
        yield Mill(tmp_path, server)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_run(tmp_path, "wide", pairs(60, "wide"))
    write_run(tmp_path, "narrow", pairs(40, "narrow", leaves_out=("Field", "Ball", "Uniform", "Mixed", "Injury")))
    return tmp_path


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command on this test's data by the embedded encoder; returns the exit code."""

    def call(main: Callable[[Sequence[str]], int], *flags: str) -> int:
        return main(["--data", str(tmp_path), "--config", str(CONFIG_DIR / "local.json"), *flags])

    return call
