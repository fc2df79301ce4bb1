"""Where work runs: processes of this machine, or a Ray cluster; and calls that may crash or hang.

`map` spreads shards over processes or nodes. `Workers` runs single calls in processes of their own, each
with a time limit: a worker that crashes or hangs is ended and replaced, and only its call fails.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from multiprocessing.connection import Connection
from typing import Any, TypeVar

Shard = TypeVar("Shard")
Result = TypeVar("Result")

_Call = tuple[Callable[..., Any], tuple[Any, ...], float, Future[Any]]

_SPAWN = multiprocessing.get_context("spawn")  # fork would copy threads and locks of Rust and C++ libraries


class WorkerFailed(Exception):
    """A call in a worker failed. `kind`: the class of what it raised, or "crash", or "timeout"."""

    def __init__(self, kind: str, reason: str) -> None:
        self.kind = kind
        super().__init__(reason)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map(  # noqa: A001  # engine.map reads as what it is
    fn: Callable[[Shard], Result],
    shards: Iterable[Shard],
    num_cpus: float = 1,
    num_gpus: float = 0,
    ray_address: str = "",
) -> Iterator[Result]:
    """fn over the shards, results in their order. `num_cpus` and `num_gpus` are what one call needs.

    With `ray_address` ("auto", "local" or a head's address) the calls run on that Ray cluster, where the shards of
    a node that dies run again elsewhere; otherwise in a process pool of this machine.
    """
    if ray_address:
        return _map_ray(fn, list(shards), num_cpus, num_gpus, ray_address)
    return _map_local(fn, list(shards), num_cpus)


def _map_local(fn: Callable[[Shard], Result], shards: list[Shard], num_cpus: float) -> Iterator[Result]:
    from concurrent.futures import ProcessPoolExecutor

    processes = min(max(1, int(cores() / max(num_cpus, 0.01))), len(shards))
    if processes <= 1:
        yield from (fn(shard) for shard in shards)
        return
    with ProcessPoolExecutor(processes, mp_context=_SPAWN, initializer=_leave_signals_to_parent) as pool:
        yield from pool.map(fn, shards)


def _map_ray(
    fn: Callable[[Shard], Result], shards: list[Shard], num_cpus: float, num_gpus: float, address: str
) -> Iterator[Result]:
    try:
        import ray
    except ImportError:
        raise ModuleNotFoundError("several machines need the extra 'ray'; run: uv sync --extra ray") from None
    if not ray.is_initialized():
        ray.init(address=None if address == "local" else address, log_to_driver=False)
    task = ray.remote(num_cpus=num_cpus, num_gpus=num_gpus, max_retries=3)(fn)
    for reference in [task.remote(shard) for shard in shards]:
        yield ray.get(reference)


class Workers:
    """Up to `count` processes that each run one call at a time, started when needed and kept for the next call.

    Close it, or use it as a context manager; the processes end with this one in any case.
    """

    def __init__(self, count: int = 0, memory_mb: int = 0) -> None:
        """`count` 0: one a core. `memory_mb`: address space that a worker may take; 0: no limit."""
        self._memory_mb = memory_mb
        self._count = count or cores()
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._running: set[_Worker] = set()
        self._idle = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, fn: Callable[..., Result], *args: Any, timeout: float) -> Result:
        """fn(*args) in a worker. Raises WorkerFailed where it raised, crashed, or took more than `timeout` seconds."""
        return self._submit(fn, args, timeout).result()

    async def acall(self, fn: Callable[..., Result], *args: Any, timeout: float) -> Result:  # noqa: ASYNC109
        """`call` for coroutines. The time that a call waits for a free worker does not count."""
        return await asyncio.wrap_future(self._submit(fn, args, timeout))

    def close(self) -> None:
        """End every worker at once; calls under way fail."""
        for _ in self._threads:
            self._calls.put(None)
        for worker in list(self._running):
            worker.end()

    def _submit(self, fn: Callable[..., Result], args: tuple[Any, ...], timeout: float) -> Future[Result]:
        future: Future[Result] = Future()
        with self._lock:
            self._calls.put((fn, args, timeout, future))
            if self._idle < self._calls.qsize() and len(self._threads) < self._count:
                thread = threading.Thread(target=self._attend, daemon=True)
                self._threads.append(thread)
                thread.start()
        return future

    def _attend(self) -> None:
        """One thread's life: take a call, have this thread's worker run it, hand over what came of it."""
        worker: _Worker | None = None
        while call := self._next():
            fn, args, timeout, future = call
            if not future.set_running_or_notify_cancel():
                continue
            try:
                worker = worker or self._start()
                future.set_result(worker.run(fn, args, timeout))
            except BaseException as error:
                if worker and not (isinstance(error, WorkerFailed) and error.kind not in ("crash", "timeout")):
                    self._running.discard(worker)
                    worker.end()
                    worker = None
                future.set_exception(error)
        if worker:
            worker.end()

    def _next(self) -> _Call | None:
        with self._lock:
            self._idle += 1
        call = self._calls.get()
        with self._lock:
            self._idle -= 1
        return call

    def _start(self) -> _Worker:
        worker = _Worker(self._memory_mb)
        self._running.add(worker)
        return worker


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, memory_mb: int) -> None:
        self._ending = threading.Lock()
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(theirs, memory_mb), daemon=True)
        self._process.start()
        theirs.close()

    def run(self, fn: Callable[..., Any], args: tuple[Any, ...], timeout: float) -> Any:
        try:
            self._pipe.send((fn, args))
            if not self._pipe.poll(timeout):
                raise WorkerFailed("timeout", f"no result after {timeout:g} s")
            outcome, kind, value = self._pipe.recv()
        except (EOFError, ConnectionError):
            self._process.join(5)
            raise WorkerFailed("crash", _death(self._process.exitcode)) from None
        if outcome == "raised":
            raise WorkerFailed(kind, value)
        return value

    def end(self) -> None:
        """May be called by several threads; a pipe closed twice would take someone else's file descriptor with it."""
        with self._ending:
            self._process.kill()
            self._process.join(5)
            self._pipe.close()


def _death(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return f"its process was ended by {signal.Signals(-exitcode).name}"
    return f"its process ended with exit code {exitcode}"


def _leave_signals_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _serve(pipe: Connection, memory_mb: int) -> None:
    """A worker's life: calls in, results out, until the pipe closes."""
    _leave_signals_to_parent()
    _limit_memory(memory_mb)
    while True:
        try:
            fn, args = pipe.recv()
        except (EOFError, ConnectionError):
            return
        try:
            reply = ("returned", "", fn(*args))
        except Exception as error:
            reply = ("raised", type(error).__name__, str(error) or type(error).__name__)
        pipe.send(reply)


def _limit_memory(memory_mb: int) -> None:
    if memory_mb:
        import resource  # absent on Windows, where no limit is set

        resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 2**20, memory_mb * 2**20))
