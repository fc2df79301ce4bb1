"""`dataprep example`: all there is to look at of the two runs in examples/, in half a minute and by no model."""

from __future__ import annotations

import argparse
import webbrowser
from pathlib import Path

from groundwork.commands.index_page import write_index
from groundwork.console.flags import flag_parser
from groundwork.data_folder.read_write import read_jsonl, write_text
from groundwork.data_folder.runs.run_files import run_pair_files
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import EXIT_OK, UsageError
from groundwork.installation import PROJECT
from groundwork.questions.curation.curation_report import CurationResult, curation_html
from groundwork.records import Pair, Rejected
from groundwork.settings.config_files import load
from groundwork.stage_runner.stage_command import stage_command

EXAMPLES_FOLDER, EXAMPLES_CONFIG = PROJECT / "examples", PROJECT / "config" / "examples.json"
EXAMPLE_RUNS = ("alpha", "beta")
EXAMPLE_STEPS = (
    ("coverage", *EXAMPLE_RUNS),
    ("compare_embeddings", *EXAMPLE_RUNS, "--interactive"),
    ("compare_tags", *EXAMPLE_RUNS, "--interactive"),
    ("create_dataset", EXAMPLE_RUNS[0], "--eval-split", "--eval-mirror", "--name", "rowing-rules"),
    ("visualize_splits", "rowing-rules", "--interactive"),
)


def example_parser() -> argparse.ArgumentParser:
    parser = flag_parser("dataprep example", "Draw the two runs in examples/ and open what there is to look at.")
    parser.add_argument("--no-browser", action="store_true", help="only write the pages and say where they are")
    return parser


def show_example(flags: argparse.Namespace) -> int:
    """Run the stages that need no model on examples/, and open the page that links what they made.

    Raises UsageError where the folder is missing, as it is outside the repository.
    """
    if not (EXAMPLES_FOLDER / "qa").is_dir():
        raise UsageError(f"{EXAMPLES_FOLDER}: not there; it lies in the repository and not in the wheel")
    example_pages = _draw_example_curation()
    exit_code = EXIT_OK
    for stage_name, *example_words in EXAMPLE_STEPS:
        example_command = stage_command(stage_name)
        example_flags = example_command.parse(
            [*example_words, "--data", str(EXAMPLES_FOLDER), "--config", str(EXAMPLES_CONFIG)]
        )
        example_flags.within_run = True
        exit_code = max(exit_code, example_command.run(example_flags))
    example_index = write_index(Workspace(EXAMPLES_FOLDER), example_pages)
    print(f"open    {example_index}")
    if not flags.no_browser:
        webbrowser.open(example_index.as_uri())
    return exit_code


def _draw_example_curation() -> list[Path]:
    """The page of each run's curation, from its kept and rejected pairs: the models are not asked again."""
    example_checks = load([EXAMPLES_CONFIG]).curate.checks
    example_pages = [EXAMPLES_FOLDER / "qa" / run / "curated" / "report.html" for run in EXAMPLE_RUNS]
    for run, example_page in zip(EXAMPLE_RUNS, example_pages, strict=True):
        curated_example = example_page.parent
        kept_examples = [pair for pair_file in run_pair_files(curated_example) for pair in read_jsonl(pair_file, Pair)]
        rejected_example_files = run_pair_files(curated_example / "rejected")
        rejected_examples = [
            rejected_pair for pair_file in rejected_example_files for rejected_pair in read_jsonl(pair_file, Rejected)
        ]
        write_text(example_page, curation_html(CurationResult(run, example_checks, kept_examples, rejected_examples)))
    return example_pages
