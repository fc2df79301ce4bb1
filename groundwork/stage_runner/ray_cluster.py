"""A stage on a Ray cluster, each of whose nodes sees the same data folder.

A task does a shard, with a manifest, a journal and caches of its own. The shards of a node that dies run again on
another one, where what their manifest has as done is not done again; at the end they are joined as by
`dataprep gather`.
"""

from __future__ import annotations

import argparse
import importlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundwork.console.progress_line import ProgressLine
from groundwork.console.stop_signals import STOPPED_MESSAGE, SignalHandler
from groundwork.data_folder.shards import Shard
from groundwork.errors import MissingExtra, UsageError
from groundwork.stage_runner.shard_progress import (
    PROCESS_REPORT_SECONDS,
    ProgressSnapshot,
    ShardResult,
    show_snapshots,
)
from groundwork.stage_table import BY_NAME

if TYPE_CHECKING:
    from groundwork.stage_runner.job import Job

RAY_SHARDS_PER_PROCESSOR = 4  # so that a shard that is lost, or longer than the others, costs little
RAY_SHARDS_PER_WORKER = 16  # after which a new process takes over, which costs a second
START_CLUSTER_REMEDY = "start a cluster there: ray start --head"
CLUSTER_CONNECT_SECONDS = 10.0  # seconds
MAX_RAY_TASK_RETRIES = 5  # of a shard: how often a node may die under it


def run_on_ray(stage: str, job: Job, ray_units: int, address: str, gpus: float) -> list[ShardResult]:
    """`stage` on the cluster at `address`, its `ray_units` in as many shards as the settings ask for.

    Raises UsageError where the extra or the cluster is missing.
    """
    ray = connect_to_ray(address)
    cluster_processors = int(ray.cluster_resources().get("CPU", 1))
    shard_count = max(1, min(job.config.engine.shards or RAY_SHARDS_PER_PROCESSOR * cluster_processors, ray_units))
    # a full memory may take the board, and progress alone is lost
    lasting_ray_board = {"max_restarts": -1, "max_task_retries": -1}
    ray_board = (
        ray.remote(num_cpus=0, **lasting_ray_board)(_RayBoard).options(scheduling_strategy=_on_this_node(ray)).remote()
    )
    ray_task = ray.remote(**ray_task_options(gpus))(_run_ray_task)
    shards_at_once = min(shard_count, cluster_processors)
    ray_flags = argparse.Namespace(**(vars(job.flags) | {"budget": job.budget.share(shard_count)}))
    shards_by_ray_task = {
        ray_task.remote(stage, ray_flags, shard, shards_at_once, ray_board): shard for shard in Shard.all(shard_count)
    }
    ray_results: list[ShardResult] = []
    with SignalHandler() as ray_stop_signals:
        while shards_by_ray_task:
            ready_ray_tasks, _ = ray.wait(list(shards_by_ray_task), num_returns=1, timeout=PROCESS_REPORT_SECONDS)
            ray_results += [
                _fetch_ray_result(ray, ray_task_reference, shards_by_ray_task.pop(ray_task_reference))
                for ray_task_reference in ready_ray_tasks
            ]
            ray_stop_signals.announce_first(job.progress.say)
            if ray_stop_signals.count:  # again and again: a board that began anew has not heard it
                ray_board.stop.remote()
            if ray_stop_signals.count > 1:
                for ray_task_reference in shards_by_ray_task:
                    ray.cancel(ray_task_reference, force=True)
                return [*ray_results, *(ShardResult(stopped=("Stopped", STOPPED_MESSAGE)) for _ in shards_by_ray_task)]
            _show_board(ray, ray_board, job.progress)
    return ray_results


def ray_task_options(gpus: float) -> dict[str, float]:
    """How Ray runs a shard: a worker's process does several, one after the other, unless it holds memory of a GPU."""
    shards_per_ray_worker = 1 if gpus else RAY_SHARDS_PER_WORKER
    return {"num_cpus": 1, "num_gpus": gpus, "max_retries": MAX_RAY_TASK_RETRIES, "max_calls": shards_per_ray_worker}


def connect_to_ray(address: str) -> Any:
    """Ray, connected to the cluster at `address` (`local`: one of its own on this machine)."""
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError:
        raise MissingExtra("--ray", "ray") from None
    if not ray.is_initialized():
        _check_cluster_port(address)
        cluster_address = {} if address == "local" else {"address": address}
        try:
            ray.init(log_to_driver=False, **cluster_address)
        except Exception as ray_error:
            raise UsageError(f"--ray {address}: no cluster there ({ray_error}); {START_CLUSTER_REMEDY}") from None
    return ray


def _check_cluster_port(address: str) -> None:
    """Raise UsageError at once where nothing answers at HOST:PORT: Ray itself would try for minutes."""
    cluster_host, _, cluster_port = address.removeprefix("ray://").rpartition(":")
    if cluster_host and cluster_port.isdigit():
        try:
            socket.create_connection((cluster_host, int(cluster_port)), timeout=CLUSTER_CONNECT_SECONDS).close()
        except OSError as cluster_error:
            raise UsageError(
                f"--ray {address}: nothing answers there ({cluster_error}); {START_CLUSTER_REMEDY}"
            ) from None


def _on_this_node(ray: Any) -> Any:
    """On this node, which lives as long as the run."""
    strategies: Any = importlib.import_module("ray.util.scheduling_strategies")
    return strategies.NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)


class _RayBoard:
    """The actor that holds what the tasks tell, and whether to stop."""

    def __init__(self) -> None:
        self._snapshot_by_shard: dict[str, ProgressSnapshot] = {}
        self._board_lines: list[str] = []
        self._stop = False

    def tell(self, shard: str, snapshot: ProgressSnapshot) -> bool:
        self._snapshot_by_shard[shard] = snapshot
        return self._stop

    def say(self, line: str) -> None:
        self._board_lines.append(line)

    def stop(self) -> None:
        self._stop = True

    def is_stopping(self) -> bool:
        return self._stop

    def news(self) -> tuple[list[ProgressSnapshot], list[str]]:
        board_lines, self._board_lines = self._board_lines, []
        return list(self._snapshot_by_shard.values()), board_lines


class _RayBoardChannel:
    """A task's way to the board."""

    def __init__(self, shard: Shard, ray_board: Any) -> None:
        self._shard, self._ray_board, self._stop = str(shard), ray_board, False

    def tell(self, snapshot: ProgressSnapshot) -> None:
        ray: Any = importlib.import_module("ray")
        self._stop = self._stop or ray.get(self._ray_board.tell.remote(self._shard, snapshot))

    def say(self, line: str) -> None:
        self._ray_board.say.remote(line)

    def is_stopping(self) -> bool:
        return self._stop


def _run_ray_task(stage: str, flags: argparse.Namespace, shard: Shard, among: int, ray_board: Any) -> ShardResult:
    """A task: the shard in this worker's process."""
    import os

    folder_on_node = Path(flags.data) if flags.data and "://" not in str(flags.data) else None
    if folder_on_node is not None and not folder_on_node.is_dir():
        missing_on_node = (
            f"{folder_on_node}: not there on the node {os.uname().nodename}; every node needs the same data folder"
        )
        return ShardResult(stopped=("UsageError", missing_on_node))
    ray: Any = importlib.import_module("ray")
    if ray.get(ray_board.is_stopping.remote()):  # its first news come too late: the calls of a short shard are out
        return ShardResult(stopped=("Stopped", STOPPED_MESSAGE))
    flags.shard, flags.ray = shard, None
    run_ray_shard: Callable[..., ShardResult] = BY_NAME[stage].load_command().run_shard
    return run_ray_shard(flags, shard, _RayBoardChannel(shard, ray_board), among=among)


def _fetch_ray_result(ray: Any, ray_task_reference: Any, shard: Shard) -> ShardResult:
    try:
        ray_result: ShardResult = ray.get(ray_task_reference)
    except ray.exceptions.RayError as error:
        failure = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return ShardResult(stopped=("StopRun", f"shard {shard} failed on the cluster: {failure}; run again to go on"))
    return ray_result


def _show_board(ray: Any, ray_board: Any, progress: ProgressLine) -> None:
    board_snapshots, board_lines = ray.get(ray_board.news.remote())
    for board_line in board_lines:
        progress.say(board_line)
    if board_snapshots:
        show_snapshots(progress, board_snapshots)
