"""What this machine has for a process: processor cores, graphics cards, and memory that is free."""

from __future__ import annotations

import os
from pathlib import Path

GPU_FOLDERS = Path("/proc/driver/nvidia/gpus")  # has a folder for each


def core_count() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cuda_devices() -> list[str]:
    """The graphics cards that this process may use, as CUDA names them; without any, [""]: one worker, on the CPU."""
    if visible := os.environ.get("CUDA_VISIBLE_DEVICES"):
        return [name.strip() for name in visible.split(",")]
    return [str(index) for index in range(len(list(GPU_FOLDERS.iterdir())))] if GPU_FOLDERS.is_dir() else [""]


def free_memory() -> int | None:
    """Bytes that can be had, on Linux; None where the system does not tell."""
    try:
        memory_lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kilobytes = [int(memory_line.split()[1]) for memory_line in memory_lines if memory_line.startswith("MemAvailable:")]
    return kilobytes[0] * 1024 if kilobytes else None
