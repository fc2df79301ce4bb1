"""How Ray is asked to run a shard; without Ray."""

from __future__ import annotations

from groundwork.stage_runner.ray_cluster import RAY_SHARDS_PER_WORKER, ray_task_options


def test_a_worker_does_several_shards_unless_it_holds_a_gpu() -> None:
    """A process takes a second to start; one that had a GPU has to end for its memory to be free."""
    assert ray_task_options(0)["max_calls"] == RAY_SHARDS_PER_WORKER > 4
    assert ray_task_options(1)["max_calls"] == 1 and ray_task_options(1)["num_gpus"] == 1
