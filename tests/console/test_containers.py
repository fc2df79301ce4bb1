"""Two containers on one data folder: each numbers its own processes, and neither pays for what the other asked."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from groundwork.__main__ import main
from groundwork.settings.config_files import PROJECT
from tests.author import Author
from tests.fake_openrouter import FakeOpenRouter
from tests.stage_runner.test_shards import corpus, files, settings

CONTAINER = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]
DOCUMENTS = 18


def _can_unshare() -> bool:
    return bool(shutil.which("unshare")) and not subprocess.run([*CONTAINER, "true"], capture_output=True).returncode


pytestmark = [pytest.mark.skipif(not _can_unshare(), reason="no namespaces here"), pytest.mark.timeout(300)]


@pytest.fixture
def server() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter(reply=Author(), latency=0.5).thread() as fake:
        yield fake


@pytest.mark.slow
def test_two_containers_pay_once(tmp_path: Path, server: FakeOpenRouter) -> None:
    """A stage in two PID namespaces at once: each call is made once, and both end well with the files of one."""
    one, both = corpus(tmp_path / "one", DOCUMENTS), corpus(tmp_path / "both", DOCUMENTS)
    for data in (one, both):
        assert main(["chunk", "--data", str(data)]) == 0
    assert main(["generate_qa", "--data", str(one), "--workers", "1", *settings(server)]) == 0
    needed = len(server.requests)
    command = [*CONTAINER, sys.executable, "-m", "groundwork", "generate_qa", "--data", str(both), "--workers", "1"]
    command += [*settings(server), "--set=llm.max_concurrency=4"]
    started = [subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in "ab"]
    told = [process.communicate()[0].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0], told
    asked = Counter(str(request["messages"]) for request in server.requests[needed:])
    assert len(asked) == needed >= DOCUMENTS and set(asked.values()) == {1}
    assert files(both, "qa") == files(one, "qa")
