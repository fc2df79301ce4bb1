"""What a DATASET argument may be, and where it points.

gemini-2.5-flash           a run of data/qa: of every document the curated pairs where curation has run, else all of
                           them, just as create_dataset takes them; `<run>/raw`: all as they were generated
touch-rugby                a finished dataset: data/datasets/<name>
./some/folder, rows.jsonl  a folder of JSONL or Parquet files, or one such file
org/name@revision:split    a dataset on the Hugging Face Hub; revision and split may be left out
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from groundwork.data_folder.file_names import slug
from groundwork.data_folder.read_write import read_json, write_json
from groundwork.data_folder.runs.run_files import ROW_ENDINGS, nearest_run, pair_files, row_files
from groundwork.data_folder.spread_folders import folder_of
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import UsageError

HUB_ID = re.compile(r"^(?P<id>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?(:(?P<split>\w+))?$")
RAW_SUFFIX = "/raw"  # behind a run's name: its pairs as they were generated, whatever curation made of them

HUB_LOGIN_HINT = "log in with `hf auth login` or set HF_TOKEN"


class DatasetSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where a DATASET argument points, before anything of it is read."""

    name: str  # as it is shown
    key: str  # as files made of it are named; distinct for distinct sources
    kind: Literal["run", "files", "hub"]
    files: Sequence[Path] = ()
    hub_id: str = ""
    revision: str = ""
    split: str = ""


def locate_dataset(argument: str, data: Workspace, prefer: str = "qa") -> DatasetSource:
    """What `argument` points at; a name is looked up in data/<prefer> first. Reads no file and asks no network.

    Raises UsageError, with the nearest known name, when it is nothing of the kinds above.
    """
    if not argument.strip():
        raise UsageError(f"a dataset's name is empty; {nearest_run(argument, data)}")
    for folder_kind in ("qa", "datasets") if prefer == "qa" else ("datasets", "qa"):
        if (
            dataset_source := _locate_run(argument, data)
            if folder_kind == "qa"
            else _locate_finished_dataset(argument, data)
        ):
            return dataset_source
    dataset_path = Path(argument).expanduser()
    if dataset_path.exists():
        dataset_files = row_files(dataset_path) if dataset_path.is_dir() else (dataset_path,)
        if not dataset_files or dataset_files[0].suffix not in ROW_ENDINGS:
            raise UsageError(f"{argument}: holds no .jsonl and no .parquet file")
        path_digest = hashlib.sha256(str(dataset_path.resolve()).encode()).hexdigest()[:6]
        return DatasetSource(
            name=dataset_path.stem, key=f"{slug(dataset_path.stem)}-{path_digest}", kind="files", files=dataset_files
        )
    if (hub_match := HUB_ID.match(argument)) and not argument.startswith("."):
        revision, split = hub_match["revision"] or "", hub_match["split"] or ""
        return DatasetSource(
            name=argument, key=slug(argument), kind="hub", hub_id=hub_match["id"], revision=revision, split=split
        )
    raise UsageError(f"{argument}: no run, no folder and no Hub id (org/name); {nearest_run(argument, data)}")


def locate_datasets(arguments: Iterable[str], data: Workspace, prefer: str = "qa") -> list[DatasetSource]:
    """The sources of all, those of one name told apart by their folders. Raises UsageError for a repetition."""
    dataset_sources = [locate_dataset(argument, data, prefer) for argument in arguments]
    for repeated_key, key_count in Counter(dataset_source.key for dataset_source in dataset_sources).items():
        if key_count > 1:
            repeated_name = next(
                dataset_source.name for dataset_source in dataset_sources if dataset_source.key == repeated_key
            )
            raise UsageError(f"{repeated_name}: named twice; a dataset cannot be compared with itself")
    name_counts = Counter(dataset_source.name for dataset_source in dataset_sources)
    return [
        msgspec.structs.replace(
            dataset_source, name=f"{folder_of(dataset_source.files[0]).parent.name}/{dataset_source.name}"
        )
        if name_counts[dataset_source.name] > 1 and dataset_source.files
        else dataset_source
        for dataset_source in dataset_sources
    ]


def _locate_run(argument: str, data: Workspace) -> DatasetSource | None:
    """The run `argument`, `<run>/curated` or `<run>/raw` of data/qa, if there is one."""
    run_argument = argument.removesuffix(RAW_SUFFIX)
    if not (run_folder := _subfolder(data.path("qa"), run_argument)):
        return None
    run_name = run_folder.relative_to(data.path("qa")).as_posix()
    run_files = (pair_files(data, run_name) if argument == run_argument else ()) or row_files(run_folder)
    shown_name = f"{run_name}{RAW_SUFFIX}" if argument != run_argument else run_name
    return DatasetSource(name=shown_name, key=slug(shown_name), kind="run", files=run_files) if run_files else None


def source_run(dataset_source: DatasetSource) -> str:
    """The run of data/qa that a source is, curated or not; "" where it is none."""
    if dataset_source.kind != "run" or not dataset_source.files:
        return ""
    run_folder = folder_of(dataset_source.files[0])
    return (run_folder.parent if run_folder.name == "curated" else run_folder).name


def _locate_finished_dataset(argument: str, data: Workspace) -> DatasetSource | None:
    """The finished dataset `argument` of data/datasets, if there is one."""
    if not (dataset_folder := _subfolder(data.path("datasets"), argument)):
        return None
    dataset_name, dataset_files = (
        dataset_folder.relative_to(data.path("datasets")).as_posix(),
        row_files(dataset_folder),
    )
    return (
        DatasetSource(name=dataset_name, key=f"datasets-{slug(dataset_name)}", kind="files", files=dataset_files)
        if dataset_files
        else None
    )


def _subfolder(folder: Path, relative_path: str) -> Path | None:
    subfolder = Path(os.path.normpath(folder / relative_path))
    return subfolder if subfolder != folder and subfolder.is_relative_to(folder) and subfolder.is_dir() else None


def pin_revision(dataset_source: DatasetSource, data: Workspace) -> DatasetSource:
    """A Hub dataset at the commit that its revision names now, so that every look at it sees the same rows.

    The commit is written to data/.state/hub, whose change makes pictures of the dataset stale; without a network the
    last one known stands. Raises UsageError when there is none, or the Hub has no such dataset.
    """
    dataset_pin = data.state / "hub" / f"{dataset_source.key}.json"
    try:
        dataset_commit = _dataset_commit(dataset_source)
    except OSError as error:
        if not dataset_pin.exists():
            raise UsageError(
                f"{dataset_source.hub_id}: the Hub is out of reach ({' '.join(str(error).split())})"
            ) from error
        dataset_commit = read_json(dataset_pin, dict[str, str])["commit"]
    if not dataset_pin.exists() or read_json(dataset_pin, dict[str, str])["commit"] != dataset_commit:
        write_json(
            dataset_pin,
            {"dataset": dataset_source.hub_id, "revision": dataset_source.revision or "main", "commit": dataset_commit},
        )
    return msgspec.structs.replace(dataset_source, revision=dataset_commit, files=(dataset_pin,))


def _dataset_commit(dataset_source: DatasetSource) -> str:
    """Raises UsageError (no such dataset, or not for this login) and OSError (no network)."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

    try:
        dataset_info = HfApi().dataset_info(dataset_source.hub_id, revision=dataset_source.revision or None, timeout=20)
    except RevisionNotFoundError as error:
        raise UsageError(f"{dataset_source.hub_id}: has no revision {dataset_source.revision!r}") from error
    except (RepositoryNotFoundError, HfHubHTTPError) as error:
        raise UsageError(
            f"{dataset_source.hub_id}: the Hub has no such dataset that you may read; if it is private or gated, "
            f"{HUB_LOGIN_HINT}"
        ) from error
    except Exception as error:  # of httpx, by what broke: name, route, certificate, time
        raise OSError(str(error) or type(error).__name__) from error
    return str(dataset_info.sha)
