"""Which process did something, told so that other machines and containers can read it too.

An identity is `host/boot/namespace/pid/start`: the host's name, the id of its boot, the process's PID namespace, its
number there, and when it began. A bare PID means nothing to another host, to another container (each has a PID 1) or
after a restart.
"""

from __future__ import annotations

import hashlib
import os
import platform
from functools import cache
from pathlib import Path

_PROC = Path("/proc")
_START_TIME_FIELD = 19  # of the fields of /proc/PID/stat behind the command's name: ticks from the boot to its start


def this_process() -> str:
    """The identity of the process that calls."""
    return identity(os.getpid())


def identity(pid: int) -> str:
    """The identity of a process of this machine, in this container."""
    return f"{_namespace_id()}/{pid}/{_start_time(pid)}"


def is_alive(process: str) -> bool | None:
    """Whether the process of that identity runs; None for another host or container."""
    pid_namespace, pid, start_time = ("//" + process).rsplit("/", 2)
    if pid_namespace != "//" + _namespace_id() or not pid.isdigit() or os.name == "nt":  # where signal 0 would end it
        return None
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return not start_time or _start_time(int(pid)) in ("", start_time)


def process_mark() -> str:
    """This process in letters that a file name holds: a hash of where its number means something, and the number."""
    return f"{_namespace_hash()}-{os.getpid()}-{_start_time(os.getpid()) or 0}"


def is_dead(mark: str) -> bool:
    """Is it the `process_mark` of a process of this machine that has ended? False where that cannot be known."""
    pid_namespace, pid, start_time = [*mark.split("-"), "", "", ""][:3]
    process = f"{_namespace_id()}/{pid}/{'' if start_time == '0' else start_time}"
    return pid_namespace == _namespace_hash() and is_alive(process) is False


def _namespace_hash() -> str:
    return hashlib.sha256(_namespace_id().encode()).hexdigest()[:8]


def process_label(process: str) -> str:
    """`process 4711`, with its host where that is another one."""
    pid_namespace, pid, _ = ("//" + process).rsplit("/", 2)
    host_name = pid_namespace.removeprefix("//").partition("/")[0]
    return f"process {pid}" if pid_namespace == "//" + _namespace_id() else f"process {pid} on {host_name}"


@cache
def _namespace_id() -> str:
    """Where process numbers mean the same as here."""
    host_name = platform.node().replace("/", "-") or "host"
    return f"{host_name}/{_read_proc_file(_PROC / 'sys/kernel/random/boot_id')}/{_pid_namespace()}"


def _pid_namespace() -> str:
    try:
        return os.readlink(_PROC / "self/ns/pid").strip("pid:[]")  # noqa: PTH115  it is no path
    except OSError:
        return ""


def _start_time(pid: int) -> str:
    """Ticks since the boot at which the process began; "" where the system does not tell."""
    stat_fields = _read_proc_file(_PROC / str(pid) / "stat").rpartition(")")[2].split()
    return stat_fields[_START_TIME_FIELD] if len(stat_fields) > _START_TIME_FIELD else ""


def _read_proc_file(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
