"""Which run, finished dataset or tag file is meant: the names that commands take, looked up in data/.

A run is a folder of data/qa, a file of pairs a document; curation puts what it kept of them into `<run>/curated`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from groundwork.data_folder.file_names import Paths, slug
from groundwork.data_folder.read_write import read_json
from groundwork.data_folder.spread_folders import folder_files, unsorted_file_names
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import UsageError
from groundwork.installation import as_typed
from groundwork.message_wording import name_order, nearest_name

MERGED = "merged.json"  # in the folder of a run that merge has made
ROW_ENDINGS = (".jsonl", ".parquet")
DECISIONS = "decisions"  # the file of a run that holds what people decided, and therefore no document's name
_DECISION_FILES = {f"{DECISIONS}{ending}" for ending in ROW_ENDINGS}


def run_names(data: Workspace) -> list[str]:
    """Every run in data/qa that holds questions, in alphabetical order."""
    folder = data.path("qa")
    if not folder.is_dir():
        return []
    return sorted((run.name for run in folder.iterdir() if run.is_dir() and holds_rows(run)), key=name_order)


def merged_from(data: Workspace, run: str) -> list[str]:
    """The datasets that merge made the run of, by name; none of a run that no merge has made. Raises BadRecord."""
    path = data.path("qa", run, MERGED)
    return list(read_json(path, dict[str, Any]).get("from", ())) if path.exists() else []


def separate_runs(data: Workspace) -> list[str]:
    """The runs without those that merge made of others that are there too: no question counts twice."""
    names = run_names(data)
    return [run for run in names if not _is_merge_of(merged_from(data, run), names)]


def _is_merge_of(sources: Sequence[str], runs: Sequence[str]) -> bool:
    return bool(sources) and {source.removesuffix("/raw") for source in sources} <= set(runs)


def run_of_model(model: str) -> str:
    """The run that a model's name stands for: its last part, as a file name."""
    return slug(model.rpartition("/")[2])


def default_run(data: Workspace, model: str) -> str:
    """The run of `model`, else the only one there is, else the one that merges all others.

    Raises UsageError where there is none, or where there are several others.
    """
    names, model_run = run_names(data), run_of_model(model)
    if model_run in names:
        return model_run
    if not names:
        raise UsageError(f"{data.path('qa')}: no run yet; run first: uv run dataprep/generate_qa.py")
    whole = [run for run in names if set(names) - {run} == {*merged_from(data, run)}]
    if len(names) > 1 and not whole:
        raise UsageError(f"there is no run {model_run} (of qa.model); name one or more of: {', '.join(names)}")
    return (whole or names)[0]


def run_of_flag(name: str, data: Workspace) -> str:
    """The run of data/qa that a flag names. Raises UsageError, with those that there are, where it is none."""
    if any(map(str.isalnum, name)) and run_pair_files(data.path("qa", slug(name))):
        return slug(name)
    raise UsageError(f"--run {name}: no such run in {data.path('qa')}; {nearest_run(name, data)}")


def new_run(name: str) -> str:
    """The run that a flag names, which need not be there. Raises UsageError for a name without a letter or digit."""
    if not any(map(str.isalnum, name)):
        raise UsageError(f"--run {name!r}: names no run; write letters or digits, such as --run second")
    return slug(name)


def nearest_run(name: str, data: Workspace) -> str:
    """The end of a message that `name` is no run: the nearest name, or all of them."""
    names = run_names(data)
    if not names:
        return as_typed(f"there is no run in {data.path('qa')} yet; run first: uv run dataprep/generate_qa.py")
    nearest = nearest_name(name, names)
    return f"did you mean {nearest}?" if nearest else f"the runs are: {', '.join(names)}"


def pair_files(data: Workspace, run: str) -> Paths:
    """A run's files, one a document: the curated one where curation has run. Raises UsageError for no such run."""
    folder = data.path("qa", run)
    if not folder.is_dir():
        raise UsageError(f"{run}: no such run in {data.path('qa')}; {nearest_run(run, data)}")
    paths = [*_document_files(folder), *_document_files(folder / "curated")]
    files = {document_of(path): path for path in paths}
    return Paths(files[name] for name in sorted(files))


def run_pair_files(folder: Path) -> Paths:
    """The files of pairs in a run's folder or a folder below it, one a document, in order."""
    return Paths(_document_files(folder))


def document_of(file: str) -> str:
    """The document that the file of pairs, a path as text, is of."""
    return file[file.rfind(os.sep) + 1 :].removesuffix(".jsonl")


def _document_files(folder: Path) -> list[str]:
    return [file for file in folder_files(folder, ".jsonl").texts if document_of(file) != DECISIONS]


def coverage_folder_parts(run: str) -> tuple[str, ...]:
    """Where below the data folder generation keeps what the pairs of a run, or of its raw ones, touch."""
    return "qa", run.removesuffix("/raw"), "coverage"


def coverage_path_parts(run: str, document: str) -> tuple[str, ...]:
    """The file of one document there."""
    return *coverage_folder_parts(run), f"{document}.json"


def run_documents(folder: Path) -> list[str]:
    """Every document of which a run's folder holds pairs, kept or turned down."""
    folders = (folder, folder / "curated", folder / "rejected")
    return sorted({document_of(file) for pair_folder in folders for file in _document_files(pair_folder)})


def row_files(folder: Path) -> Paths:
    """The data files of a folder, or of its data/ as the Hub lays them out; not those of rejected rows or exports."""
    for row_folder in (folder, folder / "data"):
        if row_folder.is_dir() and (files := _row_files(row_folder)):
            parquet = {file.removesuffix(".parquet") for file in files if file.endswith(".parquet")}
            return Paths(file for file in files if file.removesuffix(".jsonl") not in parquet)
    return Paths()


def _row_files(folder: Path) -> list[str]:
    return [file for file in folder_files(folder, *ROW_ENDINGS).texts if os.path.basename(file) not in _DECISION_FILES]  # noqa: PTH119


def holds_rows(folder: Path) -> bool:
    """Is there any of `row_files`?"""
    return any(unsorted_file_names(place, *ROW_ENDINGS) - _DECISION_FILES for place in (folder, folder / "data"))


def tag_file(data: Workspace, key: str) -> Path:
    """Where the tags of the questions of the dataset or run `key` stand."""
    return data.cache("tags") / f"{key}.jsonl"


def run_tag_files(data: Workspace, run: str, preferred: str) -> list[Path]:
    """The tag file of a run: that of the model `preferred` where several models have tagged it."""
    stems = {slug(run), slug(f"{run}/curated"), run}
    files = [path for path in sorted(data.path("tags").rglob("*.jsonl")) if path.stem in stems]
    preferred_files = [path for path in files if path.parent.name == slug(preferred)] or files
    return [path for path in preferred_files if path.parent == preferred_files[0].parent]
