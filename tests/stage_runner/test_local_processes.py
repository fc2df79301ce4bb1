"""A real stage in processes of its own, while an endpoint takes its time: Ctrl-C, two at once, what failed again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from groundwork.data_folder.read_write import read_json, write_text
from groundwork.errors import EXIT_BUDGET, EXIT_FAILED, EXIT_OK, EXIT_STOPPED
from groundwork.settings.config_files import PROJECT
from groundwork.stages.summarize import main as summarize
from tests.fake_openrouter import FakeOpenRouter

DOCUMENTS = 5


@pytest.fixture
def slow() -> Iterator[FakeOpenRouter]:
    """Every document is summarised in the same words, once the latency is over."""
    told = "the ferry leaves at noon and comes back at night"
    with FakeOpenRouter(reply=lambda _: told, latency=0.0).thread() as fake:
        yield fake


@pytest.fixture
def start(tmp_path: Path, slow: FakeOpenRouter) -> Callable[[], subprocess.Popen[str]]:
    """Begins `summarize` for five documents, two calls at a time."""
    for number in range(DOCUMENTS):
        write_text(tmp_path / "text" / f"d{number}.md", f"{number}: the ferry leaves at noon and comes back at night.")
    settings = {"llm.base_url": slow.url, "llm.api_key_env": "", "llm.max_concurrency": 2}
    command = [sys.executable, "dataprep/summarize.py", "--data", str(tmp_path)]
    command += [f"--set={key}={value}" for key, value in settings.items()]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return lambda: subprocess.Popen(command, cwd=PROJECT, text=True, env=environment, **pipes)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 100
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.slow
def test_the_first_drains_and_the_next_run_goes_on(start, slow, tmp_path):
    """Calls under way end and are written, none is launched; exit 130, the command; later only the rest is asked."""
    held = [True]
    slow.held = lambda: bool(held)
    process = start()
    wait_for(lambda: slow.in_flight == 2)
    process.send_signal(signal.SIGINT)
    wait_for(lambda: "press Ctrl-C again" in process.stderr.readline())  # maybe after some of progress
    held.clear()
    out, err = process.communicate(timeout=100)
    assert process.returncode == EXIT_STOPPED and len(slow.requests) == 2
    assert "2 ok · 3 not finished" in out
    assert f"go on with: uv run dataprep/summarize.py --data {tmp_path}" in err
    assert len(list((tmp_path / "summaries").glob("*.json"))) == 2
    process = start()
    process.communicate(timeout=100)
    assert process.returncode == EXIT_OK and len(slow.requests) == DOCUMENTS
    summaries = [read_json(path, dict)["summary"] for path in (tmp_path / "summaries").glob("*.json")]
    assert len(summaries) == DOCUMENTS and len(set(summaries)) == 1


@pytest.mark.slow
def test_the_second_cancels_at_once(start, slow, tmp_path):
    """Nobody waits for a slow endpoint: exit 130 soon, the calls are given up, and the next run asks them anew."""
    slow.latency = 600.0
    process = start()
    wait_for(lambda: slow.in_flight == 2)
    process.send_signal(signal.SIGINT)
    wait_for(lambda: "press Ctrl-C again" in process.stderr.readline())  # maybe after some of progress
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=100)
    assert process.returncode == EXIT_STOPPED and "5 not finished" in out and "go on with" in err
    wait_for(lambda: slow.abandoned == 2)
    slow.latency = 0.0
    process = start()
    process.communicate(timeout=100)
    assert process.returncode == EXIT_OK and len(list((tmp_path / "summaries").glob("*.json"))) == DOCUMENTS


@pytest.mark.slow
def test_two_processes_on_one_data_folder_ask_once(start, slow, tmp_path):
    """Both end well, with one call a document between them."""
    slow.latency = 0.5
    both = [start(), start()]
    for process in both:
        process.communicate(timeout=120)
    assert [process.returncode for process in both] == [EXIT_OK, EXIT_OK]
    assert len(slow.requests) == DOCUMENTS == len(list((tmp_path / "summaries").glob("*.json")))


def test_what_is_made_as_a_whole_is_written_by_one_process_at_a_time(tmp_path: Path) -> None:
    """The second names the first and waits, then finds it done; of one that was killed nothing is waited for."""
    write_text(tmp_path / "documents" / "d.txt", "slow")
    command = [sys.executable, "-u", "-m", "tests.stage_runner.toy", "--data", str(tmp_path)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}

    def start_toy() -> subprocess.Popen[str]:
        return subprocess.Popen(command, cwd=PROJECT, text=True, **pipes)

    killed = start_toy()
    wait_for(lambda: "slow one begins" in killed.stderr.readline())
    killed.kill()
    killed.communicate()
    first = start_toy()
    wait_for(lambda: "slow one begins" in first.stderr.readline())
    second = start_toy()
    wait_for(lambda: f"text/d.md: process {first.pid} is writing it" in second.stderr.readline())
    write_text(tmp_path / "documents" / "d.go", "")
    assert "1 ok" in first.communicate(timeout=100)[0]
    out, err = second.communicate(timeout=100)
    assert "1 up to date" in out and "slow one begins" not in err and second.returncode == EXIT_OK


@pytest.mark.usefixtures("start")
def test_retry_failed_asks_for_the_failed_and_nothing_else(slow, tmp_path, capsys):
    """A unit that failed is asked about once more; one that is new or changed waits for a run of everything."""
    slow.latency = 0.0
    slow.script.append("400")
    here = ["--data", str(tmp_path), f"--set=llm.base_url={slow.url}", "--set=llm.api_key_env=", "--quiet"]
    assert summarize([*here, "--set=llm.max_concurrency=1"]) == EXIT_FAILED
    assert "context length exceeded" in capsys.readouterr().out
    write_text(tmp_path / "text" / "new.md", "A new document.")
    assert summarize([*here, "--set=llm.max_concurrency=1", "--retry-failed"]) == EXIT_OK
    assert len(slow.requests) == DOCUMENTS + 1 and slow.requests[0]["messages"] == slow.requests[-1]["messages"]
    assert not (tmp_path / "summaries" / "new.json").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("start")
def test_processes_together_stay_below_the_cost(slow, tmp_path, capsys):
    """--max-cost is that of all processes: each has its share, and the run ends with exit code 3."""
    slow.credit = 1.0
    slow.reply = lambda _: "the ferry leaves at noon " * 320  # 2,000 tokens: 0.005 USD
    here = ["--data", str(tmp_path), f"--set=llm.base_url={slow.url}", "--set=llm.api_key_env="]
    assert summarize([*here, "--workers=3", "--max-cost=0.02"]) == EXIT_BUDGET
    assert 0 < 1 - slow.credit <= 0.02
    assert "--max-cost 0.02, of which each of 3 processes has 0.0067" in capsys.readouterr().err
