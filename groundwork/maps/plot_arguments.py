"""The arguments of the commands that draw or compare: DATASET and what it stands for, the forms of the picture."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.data_folder.runs.run_files import default_run, run_names
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import UsageError
from groundwork.message_wording import counted, name_order
from groundwork.stage_runner.chosen_documents import select_documents
from groundwork.stage_runner.stage_command import Job, Outcome, Unit, setting_flag

if TYPE_CHECKING:
    from groundwork.dataset.dataset_argument import DatasetSource

MAX_STEM_LENGTH = 150  # letters; file systems end at 255 bytes
DATASET_FORMS = (
    "a run (curated where curation has run; RUN/raw: as generated), a folder of JSONL or Parquet, or "
    "org/name@revision:split on the Hub"
)

SEPARATE_RUNS = "every run in data/qa but merges of others"


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
    from groundwork.dataset.dataset_argument import locate_datasets, pin_revision

    named_datasets = [
        dataset_name for argument in job.flags.datasets for dataset_name in _datasets_of_vectors(job, argument)
    ]
    dataset_names = named_datasets or (default(job) if default else run_names(job.data))
    if dataset_names and len(dataset_names) < minimum:
        raise UsageError(
            f"needs at least {counted(minimum, 'dataset')}; the runs are: {', '.join(run_names(job.data))}"
        )
    dataset_sources = _with_documents(
        job,
        [_drop_documents(job, located_source) for located_source in locate_datasets(dataset_names, job.data, prefer)],
    )
    return [
        pin_revision(dataset_source, job.data) if dataset_source.kind == "hub" else dataset_source
        for dataset_source in dataset_sources
    ]


def _datasets_of_vectors(job: Job, argument: str) -> list[str]:
    """The datasets whose vectors a folder of .npz files, or one such file, holds; any other argument as it is.

    Raises UsageError where no run and no finished dataset of data/ belongs to them.
    """
    from groundwork.dataset.dataset_argument import locate_dataset

    vectors_path = Path(argument)
    vector_files = (
        list(vectors_path.glob("*.npz"))
        if vectors_path.is_dir()
        else [vectors_path] * (vectors_path.suffix == ".npz" and vectors_path.is_file())
    )
    vector_keys = {vector_file.stem for vector_file in vector_files}
    if not vector_keys:
        return [argument]
    finished_datasets = sorted(
        (folder.name for folder in job.data.path("datasets").glob("*") if folder.is_dir()), key=name_order
    )
    dataset_by_key = {locate_dataset(name, job.data).key: name for name in run_names(job.data)}
    dataset_by_key |= {locate_dataset(name, job.data, "datasets").key: name for name in finished_datasets}
    if names := [name for key, name in dataset_by_key.items() if key in vector_keys]:
        return names
    raise UsageError(
        f"{argument}: vectors of no run and no dataset in {job.data.root} ({', '.join(sorted(vector_keys))})"
    )


def comparison_name(compared_sources: list[DatasetSource]) -> tuple[str, str]:
    """What a comparison of `compared_sources` is called, and how its files are named."""
    comparison_title, file_stem = (
        " · ".join(compared_source.name for compared_source in compared_sources),
        "-vs-".join(compared_source.key for compared_source in compared_sources),
    )
    if len(file_stem) > MAX_STEM_LENGTH:
        stem_digest = hashlib.sha256(file_stem.encode()).hexdigest()[:8]
        file_stem = f"{compared_sources[0].key[:60]}-vs-{len(compared_sources) - 1}-others-{stem_digest}"
    return comparison_title, file_stem


def default_runs(job: Job) -> list[str]:
    """The run that no argument means. Raises UsageError where several could be meant; none at all is an empty list."""
    return [default_run(job.data, job.config.qa.model)] if run_names(job.data) else []


def default_datasets(job: Job) -> list[str]:
    """The finished dataset that no argument means, if there is one."""
    name = _default_dataset(job.data, job.config.dataset.name)
    return [name] if name else []


def _drop_documents(job: Job, dataset_source: DatasetSource) -> DatasetSource:
    """Of a run, only the files of the shard's documents; none set aside or gone."""
    if dataset_source.kind != "run":
        return dataset_source
    import msgspec

    job.left_out_documents |= job.departed_sources.keys() & {run_file.stem for run_file in dataset_source.files}
    if excluded_documents := job.set_aside.keys() | job.departed_sources.keys() | job.copies.keys():
        included_documents = tuple(
            run_file for run_file in dataset_source.files if run_file.stem not in excluded_documents
        )
        dataset_source = msgspec.structs.replace(dataset_source, files=included_documents)
    if job.data.shard is not None:
        shard_files = tuple(run_file for run_file in dataset_source.files if job.data.shard.holds(run_file.stem))
        dataset_source = msgspec.structs.replace(dataset_source, files=shard_files)
    return dataset_source


def _with_documents(job: Job, dataset_sources: list[DatasetSource]) -> list[DatasetSource]:
    """Of runs only the files of the documents that --document names, and none of the runs that hold none of them."""
    named_runs = [dataset_source for dataset_source in dataset_sources if dataset_source.kind == "run"]
    if not job.flags.document or not named_runs:
        return dataset_sources
    import msgspec

    chosen_documents = select_documents(
        job, list(dict.fromkeys(run_file.stem for run in named_runs for run_file in run.files))
    )
    restricted_sources = []
    for dataset_source in dataset_sources:
        run_files = tuple(run_file for run_file in dataset_source.files if run_file.stem in chosen_documents)
        if dataset_source.kind != "run":
            restricted_sources.append(dataset_source)
        elif run_files:
            documents = [run_file.stem for run_file in run_files]
            name = f"{dataset_source.name} ({', '.join(documents)})"
            key = "-".join((dataset_source.key, *documents))
            restricted_sources.append(msgspec.structs.replace(dataset_source, name=name, key=key, files=run_files))
    return restricted_sources


def add_picture_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--interactive", **setting_flag("maps.interactive", True), help="also write the HTML page")
    parser.add_argument("--no-interactive", **setting_flag("maps.interactive", False), help="only the PNG")
    picture_sizes = ("page", "readme", "paper")
    parser.add_argument("--size", choices=picture_sizes, help="of the PNG (default: page)", **setting_flag("maps.size"))
    parser.add_argument("--plotly", **setting_flag("maps.plotly", True), help="also write the map as a plotly figure")


def picture_unit(job: Job, name: str, picture_stem: str, sources: list[DatasetSource]) -> Unit:
    """A unit that draws `sources` as data/plots/<stem>.png, .json, .points.jsonl and, where it is set, .html."""
    map_settings = job.config.maps
    page_endings = [
        *([".html"] if map_settings.interactive else []),
        *([".plotly.html"] if map_settings.plotly else []),
    ]
    picture_endings = [".png", ".json", ".points.jsonl", *page_endings]
    tags = sorted((*job.data.path("tags").glob("*.jsonl"), *job.data.path("tags").glob("synonyms.json")))
    files_read = [*(file for source in sources for file in source.files), *tags]
    pictures_written = tuple(
        job.data.path("plots", f"{picture_stem}{picture_ending}") for picture_ending in picture_endings
    )
    return Unit(name, tuple(files_read), pictures_written, sources)


async def draw_unit(job: Job, unit: Unit) -> Outcome:
    """The `process` of the commands that draw such a unit as it stands."""
    from groundwork.maps.map_files import draw_map

    return await draw_map(job, unit)


def report_numbers(job: Job, units: list[Unit]) -> None:
    """After a command: the figures that stand beside its pictures."""
    from groundwork.maps.map_files import print_numbers

    print_numbers(job, units)


def _default_dataset(data: Workspace, name: str) -> str | None:
    """The finished dataset `name`; where it was not made, the only one that was; else None."""
    if data.path("datasets", name).is_dir():
        return name
    dataset_names = sorted(folder.name for folder in data.path("datasets").glob("*") if folder.is_dir())
    return dataset_names[0] if len(dataset_names) == 1 else None
