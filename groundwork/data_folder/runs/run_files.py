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
from groundwork.data_folder.spread_folders import folder_files, unsorted_names_in_folder
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import UsageError
from groundwork.installation import as_typed
from groundwork.message_wording import name_order, nearest_name

MERGED = "merged.json"  # in the folder of a run that merge has made
ROW_ENDINGS = (".jsonl", ".parquet")
DECISIONS = "decisions"  # the file of a run that holds what people decided, and therefore no document's name
_DECISION_FILE_NAMES = {f"{DECISIONS}{ending}" for ending in ROW_ENDINGS}


def run_names(data: Workspace) -> list[str]:
    """Every run in data/qa that holds questions, in alphabetical order."""
    runs_folder = data.path("qa")
    if not runs_folder.is_dir():
        return []
    return sorted((run.name for run in runs_folder.iterdir() if run.is_dir() and holds_rows(run)), key=name_order)


def merged_from(data: Workspace, run: str) -> list[str]:
    """The datasets that merge made the run of, by name; none of a run that no merge has made. Raises BadRecord."""
    merged_file = data.path("qa", run, MERGED)
    return list(read_json(merged_file, dict[str, Any]).get("from", ())) if merged_file.exists() else []


def separate_runs(data: Workspace) -> list[str]:
    """The runs without those that merge made of others that are there too: no question counts twice."""
    all_run_names = run_names(data)
    return [run for run in all_run_names if not _is_merge_of(merged_from(data, run), all_run_names)]


def _is_merge_of(sources: Sequence[str], runs: Sequence[str]) -> bool:
    return bool(sources) and {source.removesuffix("/raw") for source in sources} <= set(runs)


def run_of_model(model: str) -> str:
    """The run that a model's name stands for: its last part, as a file name."""
    return slug(model.rpartition("/")[2])


def default_run(data: Workspace, model: str) -> str:
    """The run of `model`, else the only one there is, else the one that merges all others.

    Raises UsageError where there is none, or where there are several others.
    """
    all_run_names, model_run = run_names(data), run_of_model(model)
    if model_run in all_run_names:
        return model_run
    if not all_run_names:
        raise UsageError(f"{data.path('qa')}: no run yet; run first: uv run dataprep/generate_qa.py")
    merges_of_all_others = [run for run in all_run_names if set(all_run_names) - {run} == {*merged_from(data, run)}]
    if len(all_run_names) > 1 and not merges_of_all_others:
        raise UsageError(f"there is no run {model_run} (of qa.model); name one or more of: {', '.join(all_run_names)}")
    return (merges_of_all_others or all_run_names)[0]


def run_of_flag(run_name: str, data: Workspace) -> str:
    """The run of data/qa that a flag names. Raises UsageError, with those that there are, where it is none."""
    if any(map(str.isalnum, run_name)) and run_pair_files(data.path("qa", slug(run_name))):
        return slug(run_name)
    raise UsageError(f"--run {run_name}: no such run in {data.path('qa')}; {nearest_run(run_name, data)}")


def new_run(run_name: str) -> str:
    """The run that a flag names, which need not be there. Raises UsageError for a name without a letter or digit."""
    if not any(map(str.isalnum, run_name)):
        raise UsageError(f"--run {run_name!r}: names no run; write letters or digits, such as --run second")
    return slug(run_name)


def nearest_run(run_name: str, data: Workspace) -> str:
    """The end of a message that `run_name` is no run: the nearest name, or all of them."""
    all_run_names = run_names(data)
    if not all_run_names:
        return as_typed(f"there is no run in {data.path('qa')} yet; run first: uv run dataprep/generate_qa.py")
    nearest_run_name = nearest_name(run_name, all_run_names)
    return f"did you mean {nearest_run_name}?" if nearest_run_name else f"the runs are: {', '.join(all_run_names)}"


def pair_files(data: Workspace, run: str) -> Paths:
    """A run's files, one a document: the curated one where curation has run. Raises UsageError for no such run."""
    run_folder = data.path("qa", run)
    if not run_folder.is_dir():
        raise UsageError(f"{run}: no such run in {data.path('qa')}; {nearest_run(run, data)}")
    pair_file_paths = [*_pair_files_of_folder(run_folder), *_pair_files_of_folder(run_folder / "curated")]
    files_by_document = {document_of(path): path for path in pair_file_paths}
    return Paths(files_by_document[document_name] for document_name in sorted(files_by_document))


def run_pair_files(folder: Path) -> Paths:
    """The files of pairs in a run's folder or a folder below it, one a document, in order."""
    return Paths(_pair_files_of_folder(folder))


def document_of(pair_file: str) -> str:
    """The document that the file of pairs, a path as text, is of."""
    return pair_file[pair_file.rfind(os.sep) + 1 :].removesuffix(".jsonl")


def _pair_files_of_folder(folder: Path) -> list[str]:
    return [file for file in folder_files(folder, ".jsonl").path_strings if document_of(file) != DECISIONS]


def coverage_folder_parts(run: str) -> tuple[str, ...]:
    """Where below the data folder generation keeps what the pairs of a run, or of its raw ones, touch."""
    return "qa", run.removesuffix("/raw"), "coverage"


def coverage_path_parts(run: str, document: str) -> tuple[str, ...]:
    """The file of one document there."""
    return *coverage_folder_parts(run), f"{document}.json"


def run_documents(run_folder: Path) -> list[str]:
    """Every document of which a run's folder holds pairs, kept or turned down."""
    pair_folders = (run_folder, run_folder / "curated", run_folder / "rejected")
    return sorted({document_of(file) for pair_folder in pair_folders for file in _pair_files_of_folder(pair_folder)})


def row_files(folder: Path) -> Paths:
    """The data files of a folder, or of its data/ as the Hub lays them out; not those of rejected rows or exports."""
    for row_folder in (folder, folder / "data"):
        if row_folder.is_dir() and (row_file_names := _row_files(row_folder)):
            parquet_stems = {file.removesuffix(".parquet") for file in row_file_names if file.endswith(".parquet")}
            return Paths(file for file in row_file_names if file.removesuffix(".jsonl") not in parquet_stems)
    return Paths()


def _row_files(folder: Path) -> list[str]:
    row_files = folder_files(folder, *ROW_ENDINGS).path_strings
    return [row_file for row_file in row_files if os.path.basename(row_file) not in _DECISION_FILE_NAMES]  # noqa: PTH119


def holds_rows(folder: Path) -> bool:
    """Is there any of `row_files`?"""
    return any(unsorted_names_in_folder(at, *ROW_ENDINGS) - _DECISION_FILE_NAMES for at in (folder, folder / "data"))


def tag_file(data: Workspace, key: str) -> Path:
    """Where the tags of the questions of the dataset or run `key` stand."""
    return data.cache("tags") / f"{key}.jsonl"


def run_tag_files(data: Workspace, run: str, preferred: str) -> list[Path]:
    """The tag file of a run: that of the model `preferred` where several models have tagged it."""
    run_stems = {slug(run), slug(f"{run}/curated"), run}
    files_of_run = [path for path in sorted(data.path("tags").rglob("*.jsonl")) if path.stem in run_stems]
    preferred_files = [path for path in files_of_run if path.parent.name == slug(preferred)] or files_of_run
    return [path for path in preferred_files if path.parent == preferred_files[0].parent]


def model_of_run(folder: Path) -> str:
    """The model that wrote the first pair of a run; "" where there is none."""
    from contextlib import suppress

    from groundwork.data_folder.read_write import read_jsonl
    from groundwork.errors import BadRecord
    from groundwork.records import Pair

    with suppress(BadRecord):  # a file that is made anew
        pairs = (pair for file in run_pair_files(folder) for pair in read_jsonl(file, Pair)[:1])
        return next((pair.model for pair in pairs if pair.model), "")
    return ""
