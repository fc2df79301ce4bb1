"""What a DATASET argument may be, and where it points.

gemini-2.5-flash           a run of data/qa: of every document the curated pairs where curation has run, else all of
                           them, just as create_dataset takes them; `<run>/raw`: all as they were generated
touch-rugby                a finished dataset: data/datasets/<name>
./some/folder, rows.jsonl  a folder of JSONL or Parquet files, or one such file
org/name@revision:split    a dataset on the Hugging Face Hub; revision and split may be left out
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from groundwork.data_folder.file_names import slug
from groundwork.data_folder.read_write import read_json, write_json
from groundwork.data_folder.runs.run_files import (
    ROW_ENDINGS,
    default_run,
    nearest_run,
    pair_files,
    row_files,
    run_names,
)
from groundwork.data_folder.spread_folders import folder_of
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import UsageError
from groundwork.message_wording import counted, name_order
from groundwork.stage_runner.chosen_documents import select_documents
from groundwork.stage_runner.stage_command import Job

HUB_ID = re.compile(r"^(?P<id>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?(:(?P<split>\w+))?$")
RAW_SUFFIX = "/raw"  # behind a run's name: its pairs as they were generated, whatever curation made of them

HUB_LOGIN_HINT = "log in with `hf auth login` or set HF_TOKEN"
DATASET_FORMS = (
    "a run (curated where curation has run; RUN/raw: as generated), a folder of JSONL or Parquet, or "
    "org/name@revision:split on the Hub"
)
SEPARATE_RUNS = "every run in data/qa but merges of others"


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
            argument_source := _locate_run(argument, data)
            if folder_kind == "qa"
            else _locate_finished_dataset(argument, data)
        ):
            return argument_source
    argument_path = Path(argument).expanduser()
    if argument_path.exists():
        argument_files = row_files(argument_path) if argument_path.is_dir() else (argument_path,)
        if not argument_files or argument_files[0].suffix not in ROW_ENDINGS:
            raise UsageError(f"{argument}: holds no .jsonl and no .parquet file")
        path_digest = hashlib.sha256(str(argument_path.resolve()).encode()).hexdigest()[:6]
        return DatasetSource(
            name=argument_path.stem, key=f"{slug(argument_path.stem)}-{path_digest}", kind="files", files=argument_files
        )
    if (hub_match := HUB_ID.match(argument)) and not argument.startswith("."):
        revision, split = hub_match["revision"] or "", hub_match["split"] or ""
        hub_id, key = hub_match["id"], slug(argument)
        return DatasetSource(name=argument, key=key, kind="hub", hub_id=hub_id, revision=revision, split=split)
    raise UsageError(f"{argument}: no run, no folder and no Hub id (org/name); {nearest_run(argument, data)}")


def locate_datasets(arguments: Iterable[str], data: Workspace, prefer: str = "qa") -> list[DatasetSource]:
    """The sources of all, those of one name told apart by their folders. Raises UsageError for a repetition."""
    dataset_sources = [locate_dataset(argument, data, prefer) for argument in arguments]
    for repeated_key, key_count in Counter(argument_source.key for argument_source in dataset_sources).items():
        if key_count > 1:
            repeated_name = next(source.name for source in dataset_sources if source.key == repeated_key)
            raise UsageError(f"{repeated_name}: named twice; a dataset cannot be compared with itself")
    name_counts = Counter(argument_source.name for argument_source in dataset_sources)
    return [
        msgspec.structs.replace(
            argument_source, name=f"{folder_of(argument_source.files[0]).parent.name}/{argument_source.name}"
        )
        if name_counts[argument_source.name] > 1 and argument_source.files
        else argument_source
        for argument_source in dataset_sources
    ]


def _locate_run(argument: str, data: Workspace) -> DatasetSource | None:
    """The run `argument`, `<run>/curated` or `<run>/raw` of data/qa, if there is one."""
    run_argument = argument.removesuffix(RAW_SUFFIX)
    if not (run_folder := _argument_subfolder(data.path("qa"), run_argument)):
        return None
    run_name = run_folder.relative_to(data.path("qa")).as_posix()
    run_files = (pair_files(data, run_name) if argument == run_argument else ()) or row_files(run_folder)
    shown_name = f"{run_name}{RAW_SUFFIX}" if argument != run_argument else run_name
    return DatasetSource(name=shown_name, key=slug(shown_name), kind="run", files=run_files) if run_files else None


def source_run(argument_source: DatasetSource) -> str:
    """The run of data/qa that a source is, curated or not; "" where it is none."""
    if argument_source.kind != "run" or not argument_source.files:
        return ""
    run_folder = folder_of(argument_source.files[0])
    return (run_folder.parent if run_folder.name == "curated" else run_folder).name


def _locate_finished_dataset(argument: str, data: Workspace) -> DatasetSource | None:
    """The finished dataset `argument` of data/datasets, if there is one."""
    if not (argument_folder := _argument_subfolder(data.path("datasets"), argument)):
        return None
    argument_name = argument_folder.relative_to(data.path("datasets")).as_posix()
    argument_files = row_files(argument_folder)
    return (
        DatasetSource(name=argument_name, key=f"datasets-{slug(argument_name)}", kind="files", files=argument_files)
        if argument_files
        else None
    )


def _argument_subfolder(folder: Path, relative_path: str) -> Path | None:
    subfolder = Path(os.path.normpath(folder / relative_path))
    return subfolder if subfolder != folder and subfolder.is_relative_to(folder) and subfolder.is_dir() else None


def pin_revision(argument_source: DatasetSource, data: Workspace) -> DatasetSource:
    """A Hub dataset at the commit that its revision names now, so that every look at it sees the same rows.

    The commit is written to data/.state/hub, whose change makes pictures of the dataset stale; without a network the
    last one known stands. Raises UsageError when there is none, or the Hub has no such dataset.
    """
    dataset_pin = data.state / "hub" / f"{argument_source.key}.json"
    try:
        dataset_commit = _dataset_commit(argument_source)
    except OSError as error:
        if not dataset_pin.exists():
            problem = f"the Hub is out of reach ({' '.join(str(error).split())})"
            raise UsageError(f"{argument_source.hub_id}: {problem}") from error
        dataset_commit = read_json(dataset_pin, dict[str, str])["commit"]
    if not dataset_pin.exists() or read_json(dataset_pin, dict[str, str])["commit"] != dataset_commit:
        pinned_revision = {"dataset": argument_source.hub_id, "revision": argument_source.revision or "main"}
        write_json(dataset_pin, {**pinned_revision, "commit": dataset_commit})
    return msgspec.structs.replace(argument_source, revision=dataset_commit, files=(dataset_pin,))


def _dataset_commit(argument_source: DatasetSource) -> str:
    """Raises UsageError (no such dataset, or not for this login) and OSError (no network)."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

    try:
        revision = argument_source.revision or None
        dataset_info = HfApi().dataset_info(argument_source.hub_id, revision=revision, timeout=20)
    except RevisionNotFoundError as error:
        raise UsageError(f"{argument_source.hub_id}: has no revision {argument_source.revision!r}") from error
    except (RepositoryNotFoundError, HfHubHTTPError) as error:
        raise UsageError(
            f"{argument_source.hub_id}: the Hub has no such dataset that you may read; if it is private or gated, "
            f"{HUB_LOGIN_HINT}"
        ) from error
    except Exception as error:  # of httpx, by what broke: name, route, certificate, time
        raise OSError(str(error) or type(error).__name__) from error
    return str(dataset_info.sha)


def add_dataset_arguments(parser: argparse.ArgumentParser, default: str = "", nargs: str | int = "*") -> None:
    """The positional DATASET arguments; `default` says what none of them means."""
    note = f"; default: {default}" if default else ""
    parser.add_argument("datasets", metavar="DATASET", nargs=nargs, help=f"{DATASET_FORMS}{note}")


def dataset_sources_of_arguments(
    job: Job, default: Callable[[Job], list[str]] | None = None, minimum: int = 1, prefer: str = "qa"
) -> list[DatasetSource]:
    """The sources that the arguments name; without any, those of `default`, or every run.

    `prefer`: the folder of data/ that a name is looked up in first. Raises UsageError for fewer than `minimum`.
    """
    named_datasets = [name for argument in job.flags.datasets for name in _datasets_of_vectors(job, argument)]
    dataset_names = named_datasets or (default(job) if default else run_names(job.data))
    if dataset_names and len(dataset_names) < minimum:
        known_runs = ", ".join(run_names(job.data))
        raise UsageError(f"needs at least {counted(minimum, 'dataset')}; the runs are: {known_runs}")
    located_sources = locate_datasets(dataset_names, job.data, prefer)
    dataset_sources = _with_documents(job, [_drop_documents(job, source) for source in located_sources])
    return [
        pin_revision(argument_source, job.data) if argument_source.kind == "hub" else argument_source
        for argument_source in dataset_sources
    ]


def _datasets_of_vectors(job: Job, argument: str) -> list[str]:
    """The datasets whose vectors a folder of .npz files, or one such file, holds; any other argument as it is.

    Raises UsageError where no run and no finished dataset of data/ belongs to them.
    """
    argument_path = Path(argument)
    vector_files = list(argument_path.glob("*.npz")) if argument_path.is_dir() else []
    if argument_path.suffix == ".npz" and argument_path.is_file():
        vector_files = [argument_path]
    vector_keys = {vector_file.stem for vector_file in vector_files}
    if not vector_keys:
        return [argument]
    dataset_folders = [folder for folder in job.data.path("datasets").glob("*") if folder.is_dir()]
    finished_datasets = sorted((folder.name for folder in dataset_folders), key=name_order)
    dataset_by_key = {locate_dataset(name, job.data).key: name for name in run_names(job.data)}
    dataset_by_key |= {locate_dataset(name, job.data, "datasets").key: name for name in finished_datasets}
    if names := [name for key, name in dataset_by_key.items() if key in vector_keys]:
        return names
    unknown_keys = ", ".join(sorted(vector_keys))
    raise UsageError(f"{argument}: vectors of no run and no dataset in {job.data.root} ({unknown_keys})")


def default_runs(job: Job) -> list[str]:
    """The run that no argument means. Raises UsageError where several could be meant; none at all is an empty list."""
    return [default_run(job.data, job.config.qa.model)] if run_names(job.data) else []


def default_datasets(job: Job) -> list[str]:
    """The finished dataset that no argument means, if there is one."""
    name = _default_dataset(job.data, job.config.dataset.name)
    return [name] if name else []


def _drop_documents(job: Job, argument_source: DatasetSource) -> DatasetSource:
    """Of a run, only the files of the shard's documents; none set aside or gone."""
    if argument_source.kind != "run":
        return argument_source
    job.left_out_documents |= job.departed_sources.keys() & {run_file.stem for run_file in argument_source.files}
    if excluded_documents := job.set_aside.keys() | job.departed_sources.keys() | job.copies.keys():
        included_documents = tuple(file for file in argument_source.files if file.stem not in excluded_documents)
        argument_source = msgspec.structs.replace(argument_source, files=included_documents)
    if job.data.shard is not None:
        shard_files = tuple(run_file for run_file in argument_source.files if job.data.shard.holds(run_file.stem))
        argument_source = msgspec.structs.replace(argument_source, files=shard_files)
    return argument_source


def _with_documents(job: Job, dataset_sources: list[DatasetSource]) -> list[DatasetSource]:
    """Of runs only the files of the documents that --document names, and none of the runs that hold none of them."""
    named_runs = [argument_source for argument_source in dataset_sources if argument_source.kind == "run"]
    if not job.flags.document or not named_runs:
        return dataset_sources
    chosen_documents = select_documents(job, list(dict.fromkeys(file.stem for run in named_runs for file in run.files)))
    restricted_sources = []
    for argument_source in dataset_sources:
        run_files = tuple(run_file for run_file in argument_source.files if run_file.stem in chosen_documents)
        if argument_source.kind != "run":
            restricted_sources.append(argument_source)
        elif run_files:
            documents = [run_file.stem for run_file in run_files]
            name = f"{argument_source.name} ({', '.join(documents)})"
            key = "-".join((argument_source.key, *documents))
            restricted_sources.append(msgspec.structs.replace(argument_source, name=name, key=key, files=run_files))
    return restricted_sources


def _default_dataset(data: Workspace, name: str) -> str | None:
    """The finished dataset `name`; where it was not made, the only one that was; else None."""
    if data.path("datasets", name).is_dir():
        return name
    dataset_names = sorted(folder.name for folder in data.path("datasets").glob("*") if folder.is_dir())
    return dataset_names[0] if len(dataset_names) == 1 else None
