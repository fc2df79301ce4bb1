"""Make the dataset: train, an eval split that stands for it, its mirror, a card; and push it to the Hub.

Reads   data/qa/<run>/curated/<document>.jsonl, or data/qa/<run>/<document>.jsonl where curation has not run; and,
        where there are any, data/tags, data/text (sources), data/chunks (the column `context`)
Writes  data/datasets/<name>/: README.md, data/<split>-*.parquet, report.json, report.html, versions.json, exports/
Run     uv run dataprep/create_dataset.py [RUN ...] --eval-split [--rephrase-qa] [--eval-mirror] [--push --org ORG]
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from typing import TYPE_CHECKING, Any

from groundwork.console.flags import FlagSetting
from groundwork.dataset.creation.build_inputs import find_build_inputs
from groundwork.dataset.creation.output_files import dataset_folder, file_names, output_contents
from groundwork.errors import UsageError
from groundwork.settings.config_schema import EVAL_STRATEGIES, EXPORT_FORMATS, HARNESSES
from groundwork.stage_runner.stage_command import Estimate, Job, Outcome, StageCommand, Unit, setting_flag

if TYPE_CHECKING:
    from groundwork.data_folder.manifest import Manifest
    from groundwork.dataset.creation.build_inputs import BuildInputs
    from groundwork.settings.config_schema import Config


_SHARE = re.compile(r"0?\.\d+|\d{1,2}(?:\.\d+)?%", re.ASCII)


class _ExportFlag(argparse.Action):
    """`--export messages,alpaca` or `--export messages --export alpaca` as one setting that holds a list."""

    def __call__(
        self, parser: Any, dataset_flags: argparse.Namespace, dataset_exports: Any, _option: str | None = None
    ) -> None:
        export_names = [export_name.strip() for export_name in dataset_exports.split(",") if export_name.strip()]
        if unknown_names := [export_name for export_name in export_names if export_name not in EXPORT_FORMATS]:
            parser.error(f"--export: no format {unknown_names[0]!r}; there are {', '.join(EXPORT_FORMATS)}")
        formats = list(dict.fromkeys([*(getattr(dataset_flags, "formats", None) or []), *export_names]))
        dataset_flags.formats = formats
        dataset_flags.assignments = [*dataset_flags.assignments, FlagSetting(f"dataset.exports={json.dumps(formats)}")]


class _DatasetNameFlag(argparse.Action):
    """`--name NAME` or `--name ORG/NAME` as the settings that hold them."""

    def __call__(
        self, _parser: Any, dataset_flags: argparse.Namespace, dataset_repository: Any, _option: str | None = None
    ) -> None:
        organization, _, dataset_name = dataset_repository.rpartition("/")
        assignments = [
            f"dataset.name={dataset_name}",
            *([f"dataset.organization={organization}"] if organization else []),
        ]
        dataset_flags.assignments = [*dataset_flags.assignments, *map(FlagSetting, assignments)]
        dataset_flags.repository = dataset_repository if organization else ""


class _GradesFlag(argparse.Action):
    """`--grades NAME`, given once or more, as one setting that holds a list."""

    def __call__(
        self, _parser: Any, dataset_flags: argparse.Namespace, dataset_grades: Any, _option: str | None = None
    ) -> None:
        dataset_flags.grades = [*(getattr(dataset_flags, "grades", None) or []), dataset_grades]
        dataset_flags.assignments = [
            *dataset_flags.assignments,
            FlagSetting(f"dataset.grades={json.dumps(dataset_flags.grades)}"),
        ]


def add_dataset_flags(parser: argparse.ArgumentParser) -> None:
    _add_split_flags(parser)
    _add_row_flags(parser)
    _add_push_flags(parser)
    parser.add_argument("--keep-gone", action="store_true", help="also rows of documents whose source is gone")


def _add_split_flags(parser: argparse.ArgumentParser) -> None:
    """Which rows there are, whether eval is drawn from them, and how they are worded."""
    dataset_flag = parser.add_argument
    dataset_flag(
        "runs", metavar="RUN", nargs="*", help="folders of data/qa; default: the run of qa.model, or the only one"
    )
    dataset_flag(
        "--eval-split",
        help="an eval split, a balanced copy of part of train",
        **setting_flag("dataset.eval_split", True),
    )
    dataset_flag("--no-eval-split", help="only train (default)", **setting_flag("dataset.eval_split", False))
    dataset_flag(
        "--rephrase-qa", help="reword questions and answers of eval", **setting_flag("dataset.rephrase_qa", True)
    )
    dataset_flag(
        "--phrasings",
        help="wordings of each row of train, its own among them (default: 1)",
        **setting_flag("dataset.phrasings"),
    )
    dataset_flag(
        "--mix",
        help="a general dataset whose rows join train: a folder, or org/name on the Hub",
        **setting_flag("dataset.mix", metavar="DATASET"),
    )
    dataset_flag(
        "--mix-share",
        help="the rows of --mix as a share of train (0 to 1)",
        **setting_flag("dataset.mix_share", metavar="SHARE"),
    )
    dataset_flag(
        "--unanswerable",
        help="questions that the documents do not answer, as a share of train and of eval (0 to 1)",
        **setting_flag("dataset.unanswerable", metavar="SHARE"),
    )
    _add_eval_flags(parser)


def _add_eval_flags(parser: argparse.ArgumentParser) -> None:
    """How eval is drawn, and what becomes of its rows in train."""
    dataset_flag = parser.add_argument
    dataset_flag(
        "--eval-mirror", help="a third split: eval as it stands in train", **setting_flag("dataset.eval_mirror", True)
    )
    dataset_flag("--strategy", choices=EVAL_STRATEGIES, help="how eval is drawn", **setting_flag("dataset.strategy"))
    dataset_flag(
        "--train",
        choices=("auto", "whole", "held-out"),
        help="whether eval rows stay in train",
        **setting_flag("dataset.train"),
    )
    dataset_flag(
        "--eval-fraction",
        help="rows of eval, as a share of all (0 to 1)",
        **setting_flag("dataset.eval_fraction", metavar="SHARE"),
    )
    dataset_flag("--eval-max", help="rows of eval at most", **setting_flag("dataset.eval_max"))
    dataset_flag(
        "--k",
        help="clusters that eval is drawn from; default: found by the elbow of the inertia",
        **setting_flag("dataset.clusters"),
    )
    dataset_flag("--seed", help="another seed, another draw of eval", **setting_flag("dataset.seed"))


def _add_row_flags(parser: argparse.ArgumentParser) -> None:
    """What the rows hold, and the files that they go into."""
    dataset_flag = parser.add_argument
    dataset_flag(
        "--name", metavar="NAME", action=_DatasetNameFlag, help="of the dataset, here and on the Hub; also ORG/NAME"
    )
    dataset_flag(
        "--drop-invalid",
        help="leave out rows that are invalid (no answer, no evidence ...) instead of stopping",
        **setting_flag("dataset.drop_invalid", True),
    )
    dataset_flag(
        "--grades", metavar="NAME", action=_GradesFlag, help="a folder of data/grades: measured difficulty as a column"
    )
    dataset_flag(
        "--leave-out-flipping",
        help="leave out rows whose criteria the judge of --grades marks now so, now otherwise",
        **setting_flag("dataset.leave_out_flipping", True),
    )
    dataset_flag(
        "--export",
        metavar="FORMATS",
        action=_ExportFlag,
        help=f"files for trainers and harnesses, by commas: {', '.join(EXPORT_FORMATS)}",
    )
    dataset_flag(
        "--system-prompt",
        help="the system message of the exports",
        **setting_flag("dataset.system_prompt", metavar="TEXT"),
    )
    dataset_flag("--include-chunk", help="the source chunk as a column", **setting_flag("dataset.include_chunk", True))
    dataset_flag("--license", help="for the card, such as cc-by-4.0", **setting_flag("dataset.license", metavar="ID"))


def _add_push_flags(parser: argparse.ArgumentParser) -> None:
    dataset_flag = parser.add_argument
    dataset_flag(
        "--push", action="store_true", help="to the Hugging Face Hub, private; needs HF_TOKEN or `hf auth login`"
    )
    dataset_flag(
        "--org", help="organisation on the Hub; default: you", **setting_flag("dataset.organization", metavar="ORG")
    )
    dataset_flag("--public", action="store_true", help="push for everybody to see; makes a private repository public")
    dataset_flag("--allow-personal", action="store_true", help="push publicly although rows look like personal data")


def dataset_units(job: Job) -> list[Unit]:
    from groundwork.dataset.creation.conflicting_settings import mirror_conflict

    dataset_name = job.config.dataset.name
    _check_dataset_name(dataset_name)
    if dataset_problem := mirror_conflict(job.config.dataset):
        raise UsageError(dataset_problem)
    _refuse_share_as_run(job)
    dataset_inputs = find_build_inputs(job, job.flags.runs, with_gone=job.flags.keep_gone)
    if job.flags.push and not job.flags.dry_run:
        from groundwork.dataset.publish import hub

        hub.check_push(
            dataset_name, job.config.dataset.organization, public=_is_public_dataset(job), may_publish=job.flags.public
        )
    return [
        Unit(
            dataset_name,
            dataset_inputs.files,
            tuple(dataset_folder(job) / file for file in file_names(job.config)),
            dataset_inputs,
        )
    ]


def _refuse_share_as_run(job: Job) -> None:
    """Raises UsageError for `--eval-split 0.1`, whose number would be the name of a run."""
    for run in job.flags.runs:
        if _SHARE.fullmatch(run) and not job.data.path("qa", run).exists():
            share = float(run.rstrip("%")) / (100 if run.endswith("%") else 1)
            raise UsageError(
                f"{run}: --eval-split takes no value; for a share of {share:.0%}: --set dataset.eval_fraction={share:g}"
            )


def refuse_other_dataset(job: Job, manifest: Manifest) -> None:
    """Raises UsageError where `--name ORG/NAME` would replace a dataset that was built under another name.

    The same rows under a new name are no replacement: they are only pushed there.
    """
    from groundwork.dataset.publish.hub import repository_of

    repository, built_as = getattr(job.flags, "repository", ""), repository_of(dataset_folder(job))
    if not repository or built_as in ("", repository) or job.flags.force:
        return
    dataset_states = main.unit_loop(job, manifest).states(dataset_units(job))
    if any(state not in ("done", "empty") for state, _ in dataset_states):
        dataset_name = job.config.dataset.name
        raise UsageError(
            f"--name {repository}: {job.data.folder_address(f'datasets/{dataset_name}')} holds another dataset, built "
            f"as {built_as}; choose another name, or replace it: "
            f"--name {dataset_name} --org {repository.rpartition('/')[0]}"
        )


async def create_and_write_dataset(job: Job, unit: Unit) -> Outcome:
    """Build the whole dataset in memory, then put its files in place."""
    from groundwork.dataset.creation.build_dataset import build_dataset
    from groundwork.dataset.creation.output_files import replace_output_files
    from groundwork.dataset.dataset_versions import read_versions
    from groundwork.dataset.publish.trainer_formats import export_warnings
    from groundwork.dataset.split_report.descriptive_sentences import describe_warnings
    from groundwork.dataset.split_report.terminal_lines import split_report_lines

    dataset_inputs: BuildInputs = unit.payload
    dataset_inputs.is_broken = True
    built_dataset = await build_dataset(job, dataset_inputs)
    job.progress.start_phase("writing the dataset")
    replace_output_files(dataset_folder(job), output_contents(job, dataset_inputs, built_dataset))
    dataset_version = read_versions(dataset_folder(job))[-1]
    job.progress.say(
        f"version {dataset_version.version}{f': {dataset_version.change}' if dataset_version.change else ''}"
    )
    for report_line in split_report_lines(built_dataset.report, shutil.get_terminal_size((120, 24)).columns):
        job.progress.say(report_line)
    dataset_inputs.is_broken = False
    dataset_splits = built_dataset.report.splits
    split_sizes = ", ".join(f"{count} {split}" for split, count in dataset_splits.items())
    dataset_warnings = [
        *describe_warnings(built_dataset.report),
        *export_warnings(job.config.dataset.exports, dataset_splits),
    ]
    return Outcome(note=split_sizes, counts=dict(dataset_splits), warnings=dataset_warnings)


def push_created_dataset(job: Job, units: list[Unit]) -> None:
    """After the build: one commit with all splits and the card."""
    pushed_folder = dataset_folder(job)
    is_dataset_built = units and not any(unit.payload.is_broken for unit in units)
    if not job.flags.push or not is_dataset_built or not (pushed_folder / "README.md").exists():
        return
    from groundwork.dataset.publish import hub
    from groundwork.dataset.publish.hub import refuse_personal

    dataset_settings = job.config.dataset
    if _is_public_dataset(job) and not job.flags.allow_personal:
        refuse_personal(pushed_folder)
    pushed_dataset = hub.push_dataset(
        pushed_folder,
        dataset_settings.name,
        dataset_settings.organization,
        public=_is_public_dataset(job),
        may_publish=job.flags.public,
        say=job.progress.say,
    )
    job.progress.say(
        f"pushed to {pushed_dataset.url} ({'private' if pushed_dataset.private else 'public'}), "
        f"commit {pushed_dataset.commit[:8]}"
    )
    job.progress.say(f'load it: datasets.load_dataset("{pushed_dataset.repository}")')


def estimate_dataset(job: Job, unit: Unit) -> list[Estimate]:
    """For --dry-run."""
    from groundwork.dataset.creation.build_dataset import estimate_build

    return estimate_build(job, unit.payload)


def _check_dataset_name(dataset_name: str) -> None:
    """Raises UsageError for a name that the Hub would refuse."""
    from groundwork.dataset.publish.hub import hub_name_problem

    if dataset_name_problem := hub_name_problem(dataset_name):
        raise UsageError(f"--name {dataset_name}: {dataset_name_problem}")


def _is_public_dataset(job: Job) -> bool:
    return bool(job.flags.public) or not job.config.dataset.private


def _dataset_settings(config: Config) -> Any:
    """The settings of `dataset` that shape its files: not to whom it is pushed, nor who may see it there.

    Those of mixing, of questions without an answer and of judging rewordings count where there are any: older datasets
    stay as they are.
    """
    import msgspec

    all_dataset_settings = config.dataset
    settings_left_out = {"organization", "private", *([] if all_dataset_settings.mix else ["mix", "mix_share"])}
    settings_left_out |= set() if all_dataset_settings.unanswerable else {"unanswerable", "absent"}
    dataset_values = {
        name: value
        for name, value in msgspec.to_builtins(all_dataset_settings).items()
        if name not in settings_left_out
    }
    if not (config.dataset.rewords_eval and all_dataset_settings.rephrase.check_prompt):
        del dataset_values["rephrase"]["check_prompt"]
    return dataset_values


def _dataset_review_settings(config: Config) -> list[str]:
    """How reviewers' disagreement is settled, where not as by default."""
    return [config.review.disagreement] if config.review.disagreement != "rejected" else []


def _dataset_judge_settings(config: Config) -> list[int]:
    """What of grade's settings the exported tasks hold."""
    dataset_judge = config.grade.judge
    return [dataset_judge.repeats, config.grade.seed] if set(config.dataset.exports) & set(HARNESSES) else []


def dataset_config_names(settings: list[Any]) -> dict[str, Any]:
    """The settings as `main` picks them, by the names of config.json."""
    judge_names = ("grade.judge.repeats", "grade.seed") if len(settings) > 4 else ()
    setting_names = ("dataset", "embeddings", "qa.context", *judge_names, "review.disagreement")
    return dict(zip(setting_names, settings, strict=False))


def creation_prompts(config: Config) -> list[str]:
    judge_prompts = config.grade.judge.prompts if set(config.dataset.exports) & set(HARNESSES) else []
    creation = config.dataset
    dataset_prompts = [creation.rephrase.prompt] if creation.asks_rewordings else []
    if creation.rewords_eval and creation.rephrase.check_prompt:
        dataset_prompts.append(creation.rephrase.check_prompt)
    if creation.unanswerable:
        dataset_prompts += [creation.absent.prompt, creation.absent.check_prompt]
    return [*dataset_prompts, *judge_prompts]


main = StageCommand(
    name="create_dataset",
    units=dataset_units,
    process=create_and_write_dataset,
    settings=lambda config: [
        _dataset_settings(config),
        config.embeddings,
        config.qa.context,
        *_dataset_judge_settings(config),
        *_dataset_review_settings(config),
    ],
    config_names=dataset_config_names,
    prompts=creation_prompts,
    flags=add_dataset_flags,
    estimate=estimate_dataset,
    before=refuse_other_dataset,
    after=push_created_dataset,
    version="2",
)
