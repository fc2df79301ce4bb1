"""Which run, finished dataset or tag file is meant: the names that commands take, looked up in data/.

A run is a folder of data/qa, a file of pairs a document; curation puts what it kept of them into `<run>/curated`.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from pathlib import Path

from groundwork.errors import UsageError
from groundwork.installation import as_typed
from groundwork.records.artifacts import Workspace, slug
from groundwork.records.paths import Paths
from groundwork.records.spread_folders import files_in

ROW_ENDINGS = (".jsonl", ".parquet")
DECISIONS = "decisions"  # the file of a run that holds what people decided, and therefore no document's name


def runs(data: Workspace) -> list[str]:
    """Every run in data/qa that holds questions, in alphabetical order."""
    folder = data.path("qa")
    if not folder.is_dir():
        return []
    return sorted(place.name for place in folder.iterdir() if place.is_dir() and files_of_rows(place))


def run_of_model(model: str) -> str:
    """The run that a model's name stands for: its last part, as a file name."""
    return slug(model.rpartition("/")[2])


def default_run(data: Workspace, model: str) -> str:
    """The run of `model`, else the only one there is.

    Raises UsageError where there is none, or where there are several others.
    """
    known, own = runs(data), run_of_model(model)
    if own in known:
        return own
    if not known:
        raise UsageError(f"{data.path('qa')}: no run yet; run first: uv run dataprep/generate_qa.py")
    if len(known) > 1:
        raise UsageError(f"there is no run {own} (of qa.model); name one or more of: {', '.join(known)}")
    return known[0]


def named_run(name: str, data: Workspace) -> str:
    """The run of data/qa that a flag names. Raises UsageError, with those that there are, where it is none."""
    if any(map(str.isalnum, name)) and files_of_documents(data.path("qa", slug(name))):
        return slug(name)
    raise UsageError(f"--run {name}: no such run in {data.path('qa')}; {nearest_run(name, data)}")


def new_run(name: str) -> str:
    """The run that a flag names, which need not be there. Raises UsageError for a name without a letter or digit."""
    if not any(map(str.isalnum, name)):
        raise UsageError(f"--run {name!r}: names no run; write letters or digits, such as --run second")
    return slug(name)


def nearest_run(name: str, data: Workspace) -> str:
    """The end of a message that `name` is no run: the nearest name, or all of them."""
    known = runs(data)
    if not known:
        return as_typed(f"there is no run in {data.path('qa')} yet; run first: uv run dataprep/generate_qa.py")
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"the runs are: {', '.join(known)}"


def pair_files(data: Workspace, run: str, documents: Sequence[str] | None = None) -> Paths:
    """A run's files, one a document: the curated one where curation has run. Raises UsageError for no such run."""
    folder = data.path("qa", run)
    if not folder.is_dir():
        raise UsageError(f"{run}: no such run in {data.path('qa')}; {nearest_run(run, data)}")
    files = {document_of(file): file for place in (folder, folder / "curated") for file in _of_documents(place)}
    return Paths(files[name] for name in sorted(files) if documents is None or name in documents)


def files_of_documents(folder: Path) -> Paths:
    """The files of pairs in a run's folder or a folder below it, one a document, in order."""
    return Paths(_of_documents(folder))


def document_of(file: str) -> str:
    """The document that the file of pairs, a path as text, is of."""
    return file[file.rfind(os.sep) + 1 :].removesuffix(".jsonl")


def _of_documents(folder: Path) -> list[str]:
    return [file for file in files_in(folder, ".jsonl").texts if document_of(file) != DECISIONS]


def documents_of(folder: Path) -> list[str]:
    """Every document of which a run's folder holds pairs, kept or turned down."""
    places = (folder, folder / "curated", folder / "rejected")
    return sorted({document_of(file) for place in places for file in _of_documents(place)})


def files_of_rows(folder: Path) -> Paths:
    """The data files of a folder, or of its data/ as the Hub lays them out; not those of rejected rows or exports."""
    for place in (folder, folder / "data"):
        if place.is_dir() and (found := _rows_in(place)):
            parquet = {file.removesuffix(".parquet") for file in found if file.endswith(".parquet")}
            return Paths(file for file in found if file.removesuffix(".jsonl") not in parquet)
    return Paths()


def _rows_in(place: Path) -> list[str]:
    other = {f"{DECISIONS}{ending}" for ending in ROW_ENDINGS}
    return [file for file in files_in(place, *ROW_ENDINGS).texts if os.path.basename(file) not in other]  # noqa: PTH119


def default_dataset(data: Workspace, name: str) -> str | None:
    """The finished dataset `name`; where it was not made, the only one that was; else None."""
    if data.path("datasets", name).is_dir():
        return name
    finished = sorted(folder.name for folder in data.path("datasets").glob("*") if folder.is_dir())
    return finished[0] if len(finished) == 1 else None


def tag_file(data: Workspace, key: str) -> Path:
    """Where the tags of the questions of the dataset or run `key` stand."""
    return data.cache("tags") / f"{key}.jsonl"


def tag_files(data: Workspace, run: str, preferred: str) -> list[Path]:
    """The tag file of a run: that of the model `preferred` where several models have tagged it."""
    names = {slug(run), slug(f"{run}/curated"), run}
    found = [path for path in sorted(data.path("tags").rglob("*.jsonl")) if path.stem in names]
    chosen = [path for path in found if path.parent.name == slug(preferred)] or found
    return [path for path in chosen if path.parent == chosen[0].parent]
