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
_START = 19  # of the fields of /proc/PID/stat behind the command's name: clock ticks from the boot to its start


def this_process() -> str:
    """The identity of the process that calls."""
    return identity(os.getpid())


def identity(pid: int) -> str:
    """The identity of a process of this machine, in this container."""
    return f"{_place()}/{pid}/{_started(pid)}"


def is_alive(process: str) -> bool | None:
    """Whether the process of that identity runs; None for another host or container."""
    place, pid, started = ("//" + process).rsplit("/", 2)
    if place != "//" + _place() or not pid.isdigit() or os.name == "nt":  # where signal 0 would end it
        return None
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return not started or _started(int(pid)) in ("", started)


def mark() -> str:
    """This process in letters that a file name holds: a hash of where its number means something, and the number."""
    return f"{_hashed_place()}-{os.getpid()}-{_started(os.getpid()) or 0}"


def is_dead(marked: str) -> bool:
    """Whether `mark` was made by a process of this machine that has ended; False where that cannot be known."""
    place, pid, started = [*marked.split("-"), "", "", ""][:3]
    return place == _hashed_place() and is_alive(f"{_place()}/{pid}/{'' if started == '0' else started}") is False


def _hashed_place() -> str:
    return hashlib.sha256(_place().encode()).hexdigest()[:8]


def spoken(process: str) -> str:
    """`process 4711`, with its host where that is another one."""
    place, pid, _ = ("//" + process).rsplit("/", 2)
    host = place.removeprefix("//").partition("/")[0]
    return f"process {pid}" if place == "//" + _place() else f"process {pid} on {host}"


@cache
def _place() -> str:
    """Where process numbers mean the same as here."""
    host = platform.node().replace("/", "-") or "host"
    return f"{host}/{_read(_PROC / 'sys/kernel/random/boot_id')}/{_namespace()}"


def _namespace() -> str:
    try:
        return os.readlink(_PROC / "self/ns/pid").strip("pid:[]")  # noqa: PTH115  it is no path
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Ticks since the boot at which the process began; "" where the system does not tell."""
    fields = _read(_PROC / str(pid) / "stat").rpartition(")")[2].split()
    return fields[_START] if len(fields) > _START else ""


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
