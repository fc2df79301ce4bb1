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

STORE_PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "hf": "", "memory": ""}
STORE_EXTRAS = {"s3": "s3"}  # the other packages are installed by their own names
REQUESTS_AT_ONCE = 32  # requests
MAX_CONDITIONAL_BYTES = 1 << 30  # bytes of an object that is put in one request, as a condition needs it, from memory
_CHANGED_MEANWHILE = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409")
_PASSWORD_IN_URL = re.compile(r"//[^/@]*:[^/@]*@")
_VERSION_KEYS = (
    "ETag",
    "etag",
    "generation",
    "md5Hash",
    "blob_id",
    "xet_hash",
    "LastModified",
    "last_modified",
    "created",
)
_CREDENTIALS_HELP = (
    "set the credentials in the environment or in .env (for S3: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)"
)
_UNREACHABLE_ERRORS = (
    "ConnectionError",
    "ConnectTimeout",
    "ReadTimeout",
    "EndpointConnection",
    "ClientConnector",
    "Timeout",
)


class RemoteFile(NamedTuple):
    """One object: what changes with its content, such as its ETag, and its bytes."""

    version: str
    size: int


def is_url(text: object) -> bool:
    """Does a data folder's name lead elsewhere?"""
    return "://" in str(text)


def url_store_kind(url: str) -> str:
    """`s3` of `s3://bucket/prefix`. Raises UsageError for a place that cannot be a data folder."""
    url_scheme, _, bucket_and_folder = url.partition("://")
    if url_scheme not in STORE_PACKAGES:
        url_schemes = ", ".join(f"{name}://" for name in STORE_PACKAGES if name != "memory")
        raise UsageError(f"--data {url_scheme}://: no such kind of store; there are {url_schemes}")
    if _PASSWORD_IN_URL.search(url):
        raise UsageError(f"--data {url_scheme}://: the address holds a password; {_CREDENTIALS_HELP} instead")
    if not bucket_and_folder.strip("/"):
        raise UsageError(f"--data {url}: names no bucket; write it as {url_scheme}://BUCKET/FOLDER")
    return url_scheme


class RemoteStore:
    """The objects below one URL, named by their path below it."""

    def __init__(self, url: str) -> None:
        """Connect to `url`. Raises UsageError, or MissingExtra where the package for its kind is not installed."""
        self.url, scheme = url.rstrip("/"), url_store_kind(url)
        store_package = STORE_PACKAGES[scheme]
        import fsspec  # 120 ms that a folder on this machine does without

        try:
            self._filesystem, in_store = fsspec.url_to_fs(self.url, use_listings_cache=False, skip_instance_cache=True)
        except ImportError:
            if scheme in STORE_EXTRAS:
                raise MissingExtra(f"--data {scheme}://", STORE_EXTRAS[scheme]) from None
            raise UsageError(
                f"--data {scheme}:// needs the package {store_package}; run: uv pip install {store_package}"
            ) from None
        self._store_root = str(in_store).rstrip("/")
        self._in_bucket = scheme not in ("hf", "memory")
        self._puts_conditionally = scheme == "s3"

    def list(self) -> dict[str, RemoteFile]:
        """Every object, by its path. Raises UsageError where the store cannot be listed."""
        with self._translate_errors(UsageError):
            self._filesystem.invalidate_cache()
            store_objects = self._filesystem.find(self._store_root, detail=True)
            if not store_objects and self._in_bucket:  # where nothing is found in a bucket that is not there as well
                self._filesystem.ls(self._store_root.partition("/")[0])
        file_objects = {
            object_name: object_info
            for object_name, object_info in store_objects.items()
            if object_info["type"] == "file"
        }
        remote_files = {
            self._relative_path(object_name): _remote_file(object_info)
            for object_name, object_info in file_objects.items()
        }
        return {path: remote_file for path, remote_file in remote_files.items() if path and _is_object_path(path)}

    def info(self, remote_path: str) -> RemoteFile | None:
        """The object as it is now; None where there is none."""
        with self._translate_errors(StopRun):
            try:
                self._filesystem.invalidate_cache()
                return _remote_file(self._filesystem.info(self._full_path(remote_path)))
            except FileNotFoundError:
                return None

    def get(self, remote_path: str, target: Path) -> None:
        """Copy an object to the file `target`. Raises UnitError where it cannot be read, StopRun where none can."""
        with self._translate_errors(UnitError, remote_path):
            self._filesystem.get_file(self._full_path(remote_path), str(target))

    def read(self, remote_path: str) -> bytes:
        with self._translate_errors(StopRun, remote_path):
            object_bytes: bytes = self._filesystem.cat_file(self._full_path(remote_path))
        return object_bytes

    def put(self, local_file: Path, remote_path: str) -> RemoteFile:
        """Put a file whole or not at all. Raises StopRun where it cannot be put."""
        with self._translate_errors(StopRun, remote_path):
            self._filesystem.put_file(str(local_file), self._full_path(remote_path))
        return self.info(remote_path) or RemoteFile("", local_file.stat().st_size)

    def put_unless_changed(
        self, local_file: Path, remote_path: str, remote_file: RemoteFile | None
    ) -> RemoteFile | None:
        """Put a file where the object is still `remote_file`, or still missing (None); returns None where it is not.

        S3 checks that as it puts. Other stores, and those of S3's kind that know no conditions, put it in any case.
        Raises StopRun where it cannot be put.
        """
        if not self._puts_conditionally or local_file.stat().st_size > MAX_CONDITIONAL_BYTES:
            return self.put(local_file, remote_path)
        condition = {"IfMatch": f'"{remote_file.version}"'} if remote_file else {"IfNoneMatch": "*"}
        object_bytes = local_file.read_bytes()
        with self._translate_errors(StopRun, remote_path):
            try:
                stored = self._filesystem.pipe_file(
                    self._full_path(remote_path), object_bytes, chunksize=MAX_CONDITIONAL_BYTES, **condition
                )
            except OSError as store_error:
                error_code = _store_error_code(store_error)
                if error_code in _CHANGED_MEANWHILE:
                    return None
                if error_code != "NotImplemented":
                    raise
                self._puts_conditionally = False
        if not self._puts_conditionally:
            return self.put(local_file, remote_path)
        # a look at the object could show what somebody else has put by then
        return _remote_file({**stored, "size": len(object_bytes)}) if stored else self.info(remote_path)

    def write(self, remote_path: str, object_bytes: bytes) -> None:
        with self._translate_errors(StopRun, remote_path):
            self._filesystem.pipe_file(self._full_path(remote_path), object_bytes)

    def delete(self, remote_path: str) -> None:
        """Remove an object; nothing where there is none."""
        with self._translate_errors(StopRun, remote_path):
            try:
                self._filesystem.rm_file(self._full_path(remote_path))
            except FileNotFoundError:
                return

    def _full_path(self, remote_path: str) -> str:
        return f"{self._store_root}/{remote_path}"

    def _relative_path(self, object_name: str) -> str:
        store_prefix = f"{self._store_root}/"
        return object_name[len(store_prefix) :] if object_name.startswith(store_prefix) else ""

    @contextmanager
    def _translate_errors(self, store_error_class: type[GroundworkError], remote_path: str = "") -> Iterator[None]:
        """What a store raises as one line: `store_error_class`, or StopRun where no other object could be had."""
        stored_at = f"{self.url}/{remote_path}" if remote_path else self.url
        try:
            yield
        except (GroundworkError, MemoryError):
            raise
        except FileNotFoundError as store_error:
            raise store_error_class(
                f"{stored_at}: {'no such object' if remote_path else f'no such bucket or folder ({store_error})'}"
            ) from None
        except Exception as store_error:
            store_error_classes = [name.__name__ for name in type(store_error).__mro__]
            if isinstance(store_error, PermissionError) or "NoCredentialsError" in store_error_classes:
                access_error: type[GroundworkError] = UsageError if store_error_class is UsageError else StopRun
                raise access_error(
                    f"{stored_at}: no right to do this ({_store_error_line(store_error)}); {_CREDENTIALS_HELP}"
                ) from None
            if any(
                unreachable_mark in class_name
                for class_name in store_error_classes
                for unreachable_mark in _UNREACHABLE_ERRORS
            ):
                raise StopRun(
                    f"{self.url}: cannot be reached ({_store_error_line(store_error)}); what is made is kept here"
                ) from None
            if isinstance(store_error, OSError) and store_error.filename:  # of this machine's disk
                raise
            raise store_error_class(f"{stored_at}: {_store_error_line(store_error)}") from None


def request_in_threads(request: Callable[[Item], Result], remote_items: Iterable[Item]) -> list[Result]:
    """`request` for each of `remote_items`, many requests at once; raises what the first of them raises."""
    remote_items = list(remote_items)
    if len(remote_items) < 2:
        return [request(remote_item) for remote_item in remote_items]
    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as request_threads:
        return list(request_threads.map(request, remote_items))


def _remote_file(object_metadata: dict[str, Any]) -> RemoteFile:
    object_version = next(
        (object_metadata[version_key] for version_key in _VERSION_KEYS if object_metadata.get(version_key)), ""
    )
    if isinstance(object_version, datetime):  # of some stores in a single answer, and a number in a list
        object_version = object_version.timestamp()
    return RemoteFile(str(object_version).strip('"'), int(object_metadata.get("size") or 0))


def _is_object_path(object_path: str) -> bool:
    return not object_path.endswith("/") and not {"", ".", ".."} & set(object_path.split("/"))


def _store_error_code(error: Exception) -> str:
    """What S3 calls the error, such as `PreconditionFailed`; "" of an error that is not S3's."""
    error_response = getattr(error.__cause__, "response", None) or {}
    return str(error_response.get("Error", {}).get("Code", ""))


def _store_error_line(error: Exception) -> str:
    """What went wrong, without the address of a request, which may be signed."""
    error_text = (str(error).strip().splitlines() or [""])[0]
    return re.sub(r"\?\S*", "", error_text) or type(error).__name__
