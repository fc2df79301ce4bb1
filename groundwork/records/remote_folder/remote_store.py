"""A data folder elsewhere: the objects below `s3://bucket/prefix` and the like, by fsspec.

Only stores that put an object whole or not at all are taken. fsspec finds the credentials in the environment, as the
tools of each provider do; they are in no message, and a URL that holds some is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from groundwork.errors import GroundworkError, MissingExtra, StopRun, UnitError, UsageError

Item = TypeVar("Item")
Result = TypeVar("Result")

PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "hf": "", "memory": ""}
EXTRAS = {"s3": "s3"}  # the other packages are installed by their own names
AT_ONCE = 32  # requests
_SECRET = re.compile(r"//[^/@]*:[^/@]*@")
_VERSIONS = ("ETag", "etag", "generation", "md5Hash", "blob_id", "xet_hash", "LastModified", "last_modified", "created")
_RIGHTS = "set the credentials in the environment or in .env (for S3: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)"
_UNREACHABLE = ("ConnectionError", "ConnectTimeout", "ReadTimeout", "EndpointConnection", "ClientConnector", "Timeout")


class RemoteFile(NamedTuple):
    """One object: what changes with its content, such as its ETag, and its bytes."""

    version: str
    size: int


def is_url(text: object) -> bool:
    """Does a data folder's name lead elsewhere?"""
    return "://" in str(text)


def kind_of(url: str) -> str:
    """`s3` of `s3://bucket/prefix`. Raises UsageError for a place that cannot be a data folder."""
    kind, _, rest = url.partition("://")
    if kind not in PACKAGES:
        known = ", ".join(f"{name}://" for name in PACKAGES if name != "memory")
        raise UsageError(f"--data {kind}://: no such kind of store; there are {known}")
    if _SECRET.search(url):
        raise UsageError(f"--data {kind}://: the address holds a password; {_RIGHTS} instead")
    if not rest.strip("/"):
        raise UsageError(f"--data {url}: names no bucket; write it as {kind}://BUCKET/FOLDER")
    return kind


class RemoteStore:
    """The objects below one URL, named by their path below it."""

    def __init__(self, url: str) -> None:
        """Connect to `url`. Raises UsageError, or MissingExtra where the package for its kind is not installed."""
        self.url, kind = url.rstrip("/"), kind_of(url)
        package = PACKAGES[kind]
        import fsspec  # 120 ms that a folder on this machine does without

        try:
            self._fs, place = fsspec.url_to_fs(self.url, use_listings_cache=False, skip_instance_cache=True)
        except ImportError:
            if kind in EXTRAS:
                raise MissingExtra(f"--data {kind}://", EXTRAS[kind]) from None
            raise UsageError(f"--data {kind}:// needs the package {package}; run: uv pip install {package}") from None
        self._place = str(place).rstrip("/")
        self._in_bucket = kind not in ("hf", "memory")

    def list(self) -> dict[str, RemoteFile]:
        """Every object, by its path. Raises UsageError where the store cannot be listed."""
        with self._explained(UsageError):
            self._fs.invalidate_cache()
            found = self._fs.find(self._place, detail=True)
            if not found and self._in_bucket:  # where nothing is found in a bucket that is not there as well
                self._fs.ls(self._place.partition("/")[0])
        inside = {self._inside(name): _remote_file(info) for name, info in found.items() if info["type"] == "file"}
        return {path: file for path, file in inside.items() if path and _stays_inside(path)}

    def info(self, path: str) -> RemoteFile | None:
        """The object as it is now; None where there is none."""
        with self._explained(StopRun):
            try:
                self._fs.invalidate_cache()
                return _remote_file(self._fs.info(self._at(path)))
            except FileNotFoundError:
                return None

    def get(self, path: str, target: Path) -> None:
        """Copy an object to the file `target`. Raises UnitError where it cannot be read, StopRun where none can."""
        with self._explained(UnitError, path):
            self._fs.get_file(self._at(path), str(target))

    def read(self, path: str) -> bytes:
        with self._explained(StopRun, path):
            content: bytes = self._fs.cat_file(self._at(path))
        return content

    def put(self, source: Path, path: str) -> RemoteFile:
        """Put a file whole or not at all. Raises StopRun where it cannot be put."""
        with self._explained(StopRun, path):
            self._fs.put_file(str(source), self._at(path))
        return self.info(path) or RemoteFile("", source.stat().st_size)

    def write(self, path: str, content: bytes) -> None:
        with self._explained(StopRun, path):
            self._fs.pipe_file(self._at(path), content)

    def delete(self, path: str) -> None:
        """Remove an object; nothing where there is none."""
        with self._explained(StopRun, path):
            try:
                self._fs.rm_file(self._at(path))
            except FileNotFoundError:
                return

    def _at(self, path: str) -> str:
        return f"{self._place}/{path}"

    def _inside(self, name: str) -> str:
        start = f"{self._place}/"
        return name[len(start) :] if name.startswith(start) else ""

    @contextmanager
    def _explained(self, unreadable: type[GroundworkError], path: str = "") -> Iterator[None]:
        """What a store raises as one line: `unreadable`, or StopRun where no other object could be had either."""
        where = f"{self.url}/{path}" if path else self.url
        try:
            yield
        except (GroundworkError, MemoryError):
            raise
        except FileNotFoundError as error:
            raise unreadable(
                f"{where}: {'no such object' if path else f'no such bucket or folder ({error})'}"
            ) from None
        except Exception as error:
            kinds = [name.__name__ for name in type(error).__mro__]
            if isinstance(error, PermissionError) or "NoCredentialsError" in kinds:
                lost: type[GroundworkError] = UsageError if unreadable is UsageError else StopRun
                raise lost(f"{where}: no right to do this ({_first_line(error)}); {_RIGHTS}") from None
            if any(mark in kind for kind in kinds for mark in _UNREACHABLE):
                raise StopRun(
                    f"{self.url}: cannot be reached ({_first_line(error)}); what is made is kept here"
                ) from None
            if isinstance(error, OSError) and error.filename:  # of this machine's disk
                raise
            raise unreadable(f"{where}: {_first_line(error)}") from None


def side_by_side(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """`work` for each of `items`, many requests at once; raises what the first of them raises."""
    items = list(items)
    if len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(work, items))


def _remote_file(info: dict[str, Any]) -> RemoteFile:
    version = next((info[name] for name in _VERSIONS if info.get(name)), "")
    if isinstance(version, datetime):  # of some stores in a single answer, and a number in a list
        version = version.timestamp()
    return RemoteFile(str(version).strip('"'), int(info.get("size") or 0))


def _stays_inside(path: str) -> bool:
    return not path.endswith("/") and not {"", ".", ".."} & set(path.split("/"))


def _first_line(error: Exception) -> str:
    """What went wrong, without the address of a request, which may be signed."""
    text = (str(error).strip().splitlines() or [""])[0]
    return re.sub(r"\?\S*", "", text) or type(error).__name__
