"""Calls that may crash or hang, in processes of their own.

`Workers` gives each call a time limit: a worker that crashes or hangs is ended and replaced, and only its call fails.
A long call tells by `report` how far it is.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from multiprocessing import connection, get_context, parent_process
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, TypeVar

from groundwork.processes.machine_resources import core_count

Result = TypeVar("Result")

START_SECONDS = 300.0  # seconds that a new process and its imports may take; they count for no call's limit
_PR_SET_PDEATHSIG = 1
_SPAWN = get_context("spawn")  # fork would copy threads and locks of Rust and C++ libraries


class WorkerFailed(Exception):
    """A call in a worker failed. `failure_kind`: the class of what it raised, or "crash", or "timeout"."""

    def __init__(self, failure_kind: str, reason: str) -> None:
        self.failure_kind = failure_kind
        super().__init__(reason)


def report_progress(done_count: int = 1) -> None:
    """From within a call in a worker: so many more (pages) are done, which is a sign of life. Nothing elsewhere."""
    if _pipe_to_parent is not None:
        _pipe_to_parent.send(("reported", "", done_count))


_pipe_to_parent: Connection | None = None  # of this process, where it is a worker


class _WorkerCall(NamedTuple):
    """A call, and who waits for it."""

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    timeout: float
    on_report: Callable[[int], object]
    future: Future[Any]


class Workers:
    """Up to `count` processes that each run one call at a time, started when needed and kept for the next call.

    Close it, or use it as a context manager; the processes end with this one in any case.
    """

    def __init__(self, count: int = 0, memory_mb: int = 0, cuda_devices: Sequence[str] = ("",)) -> None:
        """`count` 0: one a core, or with `cuda_devices` one for each of them, which sees no other.

        `memory_mb`: address space that a worker may take; 0: no limit.
        """
        self._memory_mb = memory_mb
        self._devices = list(cuda_devices)
        self._count = len(self._devices) if any(cuda_devices) else count or core_count()
        self._worker_calls: deque[_WorkerCall | None] = deque()
        self._worker_threads: list[threading.Thread] = []
        self._running_workers: set[_Worker] = set()
        self._idle_threads = 0  # threads that wait for a call
        self._pool_changed = threading.Condition()  # guards these four

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, fn: Callable[..., Result], *args: Any, timeout: float) -> Result:
        """fn(*args) in a worker. Raises WorkerFailed where it raised, crashed, or was silent for `timeout` seconds."""
        future: Future[Result] = Future()
        self._submit(_WorkerCall(fn, args, timeout, lambda _: None, future))
        return future.result()

    async def acall(
        self,
        fn: Callable[..., Result],
        *args: Any,
        timeout: float,  # noqa: ASYNC109  # it begins when a worker is free
        on_report: Callable[[int], object] = lambda _: None,
    ) -> Result:
        """`call` for coroutines; `on_report` takes what the call reports, in the thread of the event loop."""
        import asyncio

        loop = asyncio.get_running_loop()
        future: Future[Result] = Future()
        self._submit(_WorkerCall(fn, args, timeout, lambda n: loop.call_soon_threadsafe(on_report, n), future))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """End every worker at once; calls under way fail, and so do those that wait for one."""
        with self._pool_changed:
            worker_calls = [worker_call for worker_call in self._worker_calls if worker_call]
            self._worker_calls.clear()
            self._worker_calls.extend([None] * len(self._worker_threads))
            self._pool_changed.notify_all()
        for worker_call in worker_calls:
            if worker_call.future.set_running_or_notify_cancel():
                worker_call.future.set_exception(WorkerFailed("crash", "the workers were closed before it began"))
        for worker in list(self._running_workers):
            worker.kill()  # its thread, which may wait on the pipe, closes that

    def _submit(self, worker_call: _WorkerCall) -> None:
        with self._pool_changed:
            self._worker_calls.append(worker_call)
            self._pool_changed.notify()
            if self._idle_threads < len(self._worker_calls) and len(self._worker_threads) < self._count:
                cuda_device = self._devices[len(self._worker_threads) % len(self._devices)]
                worker_thread = threading.Thread(target=self._run_calls, args=(cuda_device,), daemon=True)
                self._worker_threads.append(worker_thread)
                worker_thread.start()

    def _run_calls(self, cuda_device: str) -> None:
        """One thread's life: take a call, have this thread's worker run it, hand over what came of it."""
        worker: _Worker | None = None
        while worker_call := self._next_call():
            if not worker_call.future.set_running_or_notify_cancel():
                continue
            try:
                worker = worker or self._start_worker(cuda_device)
                worker_call.future.set_result(worker.run(worker_call))
            except BaseException as worker_error:
                if worker and not (
                    isinstance(worker_error, WorkerFailed) and worker_error.failure_kind not in ("crash", "timeout")
                ):
                    self._running_workers.discard(worker)
                    worker.end()
                    worker = None
                worker_call.future.set_exception(worker_error)
        if worker:
            worker.end()

    def _next_call(self) -> _WorkerCall | None:
        with self._pool_changed:
            self._idle_threads += 1
            self._pool_changed.wait_for(lambda: self._worker_calls)
            self._idle_threads -= 1
            return self._worker_calls.popleft()

    def _start_worker(self, cuda_device: str) -> _Worker:
        worker = _Worker(self._memory_mb, cuda_device)
        self._running_workers.add(worker)
        return worker


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, memory_mb: int, cuda_device: str) -> None:
        self._worker_end_lock = threading.Lock()
        self._pipe, worker_end = _SPAWN.Pipe()
        self._worker_process = _SPAWN.Process(
            target=_run_worker, args=(worker_end, memory_mb, cuda_device, gc.get_threshold()), daemon=True
        )
        self._worker_process.start()
        worker_end.close()

    def run(self, worker_call: _WorkerCall) -> Any:
        try:
            self._pipe.send((worker_call.fn, worker_call.args))
            self._receive_from_worker(START_SECONDS)
            call_outcome, failure_kind, call_result = self._receive_from_worker(worker_call.timeout)
            while call_outcome == "reported":
                worker_call.on_report(call_result)
                call_outcome, failure_kind, call_result = self._receive_from_worker(worker_call.timeout)
        except (EOFError, ConnectionError):
            self._worker_process.join(5)
            raise WorkerFailed("crash", _describe_worker_exit(self._worker_process.exitcode)) from None
        if call_outcome == "raised":
            raise WorkerFailed(failure_kind, call_result)
        return call_result

    def _receive_from_worker(self, timeout: float) -> tuple[str, str, Any]:
        if not self._pipe.poll(timeout):
            raise WorkerFailed("timeout", f"no result after {timeout:g} s")
        worker_message: tuple[str, str, Any] = self._pipe.recv()
        return worker_message

    def kill(self) -> None:
        """End the process; a call under way raises WorkerFailed. May be called by several threads."""
        with self._worker_end_lock:
            self._worker_process.kill()
            self._worker_process.join(5)

    def end(self) -> None:
        """End the process and close the pipe; not while another thread is in `run`, which waits on it.

        A pipe that several threads closed twice would take someone else's file descriptor with it.
        """
        self.kill()
        with self._worker_end_lock:
            self._pipe.close()


def _describe_worker_exit(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return f"its process was ended by {signal.Signals(-exitcode).name}"
    return f"its process ended with exit code {exitcode}"


def _leave_sigint_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def end_with_parent() -> None:
    """End this process when its parent is gone, whatever took it: kill -9, or no memory."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_watch_parent, daemon=True).start()


def _watch_parent() -> None:
    parent_of_worker = parent_process()
    if parent_of_worker is not None:
        connection.wait([parent_of_worker.sentinel])
        os._exit(1)


def _become_worker(
    pipe_to_parent: Connection, memory_mb: int, cuda_device: str, gc_thresholds: tuple[int, int, int]
) -> None:
    """It collects garbage as rarely as its parent: Python's own thresholds cost a twentieth of the reading of a PDF."""
    global _pipe_to_parent
    _pipe_to_parent = pipe_to_parent
    end_with_parent()
    gc.set_threshold(*gc_thresholds)
    if cuda_device:
        os.environ["CUDA_VISIBLE_DEVICES"] = cuda_device
    _leave_sigint_to_parent()
    _limit_worker_memory(memory_mb)


def _run_worker(
    pipe_to_parent: Connection, memory_mb: int, cuda_device: str, gc_thresholds: tuple[int, int, int]
) -> None:
    """A worker's life: calls in, reports and results out, until the pipe closes."""
    _become_worker(pipe_to_parent, memory_mb, cuda_device, gc_thresholds)
    while True:
        try:
            call_function, call_args = pipe_to_parent.recv()
        except (EOFError, ConnectionError):
            return
        except MemoryError:
            os._exit(1)  # no room for the call itself: whoever waits is told that the process ended
        pipe_to_parent.send(("begun", "", None))
        try:
            call_outcome = ("returned", "", call_function(*call_args))
        except Exception as worker_error:
            call_outcome = ("raised", type(worker_error).__name__, str(worker_error) or type(worker_error).__name__)
        pipe_to_parent.send(call_outcome)


def _limit_worker_memory(memory_mb: int) -> None:
    if memory_mb:
        import resource  # absent on Windows, where no limit is set

        resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 2**20, memory_mb * 2**20))
