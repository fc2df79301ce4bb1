"""Work in processes of its own: results in order, crashes and hangs contained."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from groundwork.processes import machine_resources
from groundwork.processes import worker_pool as engine
from groundwork.processes.worker_pool import WorkerFailed, Workers


def double(number: int) -> int:
    return 2 * number


def fail(text: str) -> None:
    raise ValueError(text)


def die() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def hang() -> None:
    time.sleep(3600)


def hog() -> int:
    return len(bytearray(3_000_000_000))


def who() -> int:
    return os.getpid()


@pytest.fixture(scope="module")
def workers():
    with Workers(1) as made:
        yield made


def test_a_call_returns_from_another_process_that_is_kept(workers):
    """A call runs in a worker, and the next call in the same one: models and imports are loaded once."""
    first, second = workers.call(who, timeout=100), workers.call(who, timeout=100)
    assert first == second != os.getpid()
    assert workers.call(double, 21, timeout=100) == 42


def test_what_a_call_raises_is_named(workers):
    """The exception's class and text come back, and the worker lives on."""
    before = workers.call(who, timeout=100)
    with pytest.raises(WorkerFailed, match="no such page") as caught:
        workers.call(fail, "no such page", timeout=100)
    assert caught.value.failure_kind == "ValueError"
    assert workers.call(who, timeout=100) == before


def test_a_crash_costs_one_call(workers):
    """A segmentation fault fails its call with the signal's name; the next call has a new worker."""
    with pytest.raises(WorkerFailed, match="SIGSEGV") as caught:
        workers.call(die, timeout=100)
    assert caught.value.failure_kind == "crash"
    assert workers.call(double, 2, timeout=100) == 4


def test_a_hang_ends_at_the_time_limit(workers):
    """A call that does not return is ended at its limit, process and all."""
    with pytest.raises(WorkerFailed) as caught:
        workers.call(hang, timeout=0.5)
    assert caught.value.failure_kind == "timeout"
    assert workers.call(double, 3, timeout=100) == 6


def test_memory_is_bounded():
    """A call that takes more than memory_mb fails; it does not take the machine down."""
    with Workers(1, memory_mb=1500) as small, pytest.raises(WorkerFailed) as caught:
        small.call(hog, timeout=100)
    assert caught.value.failure_kind == "MemoryError"


def test_a_worker_that_several_threads_end_closes_its_pipe_once():
    """The thread that closes the pool and the one that attends a worker may both end it; neither sees an error."""
    worker = engine._Worker(0, "")  # the race lies in here, and the public way meets it once in hundreds of runs
    held, close = threading.Event(), worker._pipe._close

    def slow_close():  # holds the door open that is otherwise open for microseconds
        held.wait(0.2)
        close()

    worker._pipe._close = slow_close
    with ThreadPoolExecutor(4) as threads:
        ends = [threads.submit(worker.end) for _ in range(4)]
    assert [end.exception() for end in ends] == [None] * 4


def test_a_worker_collects_garbage_as_rarely_as_its_parent():
    """Python's own thresholds, which a new process has, cost a twentieth of the reading of a PDF."""
    own = gc.get_threshold()
    gc.set_threshold(12_345, 21, 101)
    try:
        with Workers(1) as one:
            assert one.call(gc.get_threshold, timeout=100) == (12_345, 21, 101)
    finally:
        gc.set_threshold(*own)


def tell(times: int) -> int:
    for _ in range(times):
        time.sleep(0.1)
        engine.report_progress(2)
    return times


async def test_reports_are_heard_and_keep_a_long_call_alive():
    """A call longer than its time limit lives on while it reports, and what it reports arrives before its result."""
    heard: list[int] = []
    with Workers(1) as one:
        assert await one.acall(tell, 22, timeout=2, on_report=heard.append) == 22
    assert heard == [2] * 22


def test_each_device_has_a_worker_of_its_own(monkeypatch, tmp_path):
    """Of two graphics cards each worker sees its own; where there is none, one worker runs on the CPU."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3, 5")
    with Workers(cuda_devices=machine_resources.cuda_devices()) as two, ThreadPoolExecutor(2) as threads:
        seen = list(threads.map(lambda _: two.call(meet_and_tell_card, str(tmp_path), timeout=100), range(2)))
    assert sorted(seen) == ["3", "5"]
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.setattr(machine_resources, "GPU_FOLDERS", Path("/nowhere"))
    assert machine_resources.cuda_devices() == [""]


class InThisProcess:
    """A worker whose calls run in the thread that attends to it."""

    def run(self, call):
        return call.fn(*call.args)

    def end(self):
        pass


def test_two_calls_at_once_have_two_workers(monkeypatch):
    """However the threads take turns, no call waits behind another one while a worker may still be started."""
    monkeypatch.setattr(Workers, "_start_worker", lambda *_: InThisProcess())
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(500):
            both = threading.Barrier(2, timeout=20)
            with Workers(2) as two, ThreadPoolExecutor(2) as threads:
                list(threads.map(lambda _: two.call(both.wait, timeout=30), range(2)))  # noqa: B023  awaited here
    finally:
        sys.setswitchinterval(before)


def meet_and_tell_card(folder: str) -> str:
    """Waits for another process to come here too."""
    (Path(folder) / str(os.getpid())).touch()
    while len(list(Path(folder).iterdir())) < 2:
        time.sleep(0.01)
    return os.environ.get("CUDA_VISIBLE_DEVICES", "")


def test_a_worker_ends_with_its_parent(tmp_path):
    """kill -9 of the parent in the middle of a call takes the worker with it."""
    script = (
        "import sys, time; from groundwork.processes.worker_pool import Workers\n"
        "from tests.processes.test_worker_pool import tell_and_hang\n"
        "if __name__ == '__main__':\n"
        "    with Workers(1) as workers: workers.call(tell_and_hang, sys.argv[1], timeout=100)\n"
    )
    file, told = tmp_path / "script.py", tmp_path / "pid"
    file.write_text(script)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    parent = subprocess.Popen([sys.executable, str(file), str(told)], env=environment)
    while not told.exists() or not told.read_text():
        time.sleep(0.05)
    worker = told.read_text()
    parent.kill()
    parent.wait()
    end = time.monotonic() + 100
    while time.monotonic() < end:
        if not Path(f"/proc/{worker}").exists() or "Z" in Path(f"/proc/{worker}/stat").read_text().split()[2]:
            return
        time.sleep(0.05)
    raise AssertionError(f"worker {worker} goes on without its parent")


def slow_to_load() -> None:
    """What is unpickled as an argument of a call, as slowly as a large library is imported."""
    time.sleep(0.6)


class Heavy:
    def __reduce__(self) -> tuple[object, tuple[()]]:
        return slow_to_load, ()


def test_the_start_of_a_process_counts_for_no_call():
    """The time limit begins with the call, however long its process and its imports took before."""
    with Workers(1) as one:
        assert one.call(type, Heavy(), timeout=0.3) is type(None)


def tell_and_hang(path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    while True:  # busy, so that no pipe is looked at
        pass


def test_calls_that_wait_are_not_begun_once_all_is_closed(tmp_path: Path) -> None:
    """One that runs and one that waits behind it fail both; no process is started for the second any more."""
    workers, running, waiting = Workers(1), tmp_path / "running", tmp_path / "waiting"
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(workers.call, tell_and_hang, str(running), timeout=100)
        while not running.exists():
            time.sleep(0.01)
        second = threads.submit(workers.call, tell_and_hang, str(waiting), timeout=100)
        while not workers._worker_calls:
            time.sleep(0.01)
        workers.close()
        for call in (first, second):
            with pytest.raises(WorkerFailed):
                call.result()
    assert not waiting.exists()
