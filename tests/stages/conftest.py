"""What the tests of generate_qa share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_openrouter import FakeOpenRouter
from tests.stages.mill_run import Mill


@pytest.fixture
def mill(tmp_path: Path) -> Iterator[Mill]:
    with FakeOpenRouter().thread() as server:
        yield Mill(tmp_path, server)
