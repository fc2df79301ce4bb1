"""`dataprep example`: all there is to look at of the two runs in examples/, in half a minute and by no model."""

from __future__ import annotations

import argparse
import webbrowser
from collections.abc import Callable
from typing import TYPE_CHECKING

from groundwork.console.index_page import write_index
from groundwork.errors import EXIT_OK, UsageError
from groundwork.installation import PROJECT
from groundwork.questions.curation.report_page import Curated, curation_html
from groundwork.records.artifacts import Workspace, read_jsonl, write_text
from groundwork.records.pair_record import Pair, Rejected
from groundwork.records.run_lookup import files_of_documents
from groundwork.settings.config_files import load

if TYPE_CHECKING:
    from groundwork.console.command import Command

FOLDER, SETTINGS = PROJECT / "examples", PROJECT / "config" / "examples.json"
RUNS = ("alpha", "beta")
STEPS = (
    ("coverage", *RUNS),
    ("compare_embeddings", *RUNS, "--interactive"),
    ("compare_tags", *RUNS, "--interactive"),
    ("create_dataset", RUNS[0], "--eval-split", "--eval-mirror", "--name", "rowing-rules"),
    ("visualize_splits", "rowing-rules", "--interactive"),
)


def show_example(flags: argparse.Namespace, command: Callable[[str], Command]) -> int:
    """Run the stages that need no model on examples/, and open the page that links what they made.

    Raises UsageError where the folder is missing, as it is outside the repository.
    """
    if not (FOLDER / "qa").is_dir():
        raise UsageError(f"{FOLDER}: not there; it lies in the repository and not in the wheel")
    _draw_curation()
    worst = EXIT_OK
    for name, *arguments in STEPS:
        main = command(name)
        stage_flags = main.parse([*arguments, "--data", str(FOLDER), "--config", str(SETTINGS)])
        stage_flags.within_run = True
        worst = max(worst, main.run(stage_flags))
    page = write_index(Workspace(FOLDER))
    print(f"open    {page}")
    if not flags.no_browser:
        webbrowser.open(page.as_uri())
    return worst


def _draw_curation() -> None:
    """The page of each run's curation, from its kept and rejected pairs: the models are not asked again."""
    checks = load([SETTINGS]).curate.checks
    for run in RUNS:
        curated = FOLDER / "qa" / run / "curated"
        kept = [pair for path in files_of_documents(curated) for pair in read_jsonl(path, Pair)]
        rejected = [one for path in files_of_documents(curated / "rejected") for one in read_jsonl(path, Rejected)]
        write_text(curated / "report.html", curation_html(Curated(run, checks, kept, rejected)))
