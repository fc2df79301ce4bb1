"""`dataprep run`: every stage in order, and at the end where its results are."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from groundwork.console import preflight
from groundwork.console.command import load_config, workspace
from groundwork.errors import EXIT_OK, UnitError, UsageError
from groundwork.pipeline import STAGES, writer_of

if TYPE_CHECKING:
    from groundwork.console.command import Command
    from groundwork.records.artifacts import Workspace


def run_all(flags: argparse.Namespace, command: Callable[[str], Command]) -> int:
    """The highest exit code of the stages. A stage with failures does not keep the others from what they can do."""
    began = time.monotonic()
    worst = EXIT_OK
    if not flags.dry_run:
        config = load_config(flags)
        preflight.check(config, workspace(config, flags))
    for stage in STAGES:
        if not stage.run:
            continue
        main = command(stage.name)
        shared = vars(flags) | {"assignments": list(flags.assignments)}
        stage_flags = main.parse([])
        for name, value in shared.items():
            setattr(stage_flags, name, value)
        try:
            worst = max(worst, main.run(stage_flags))
        except UsageError as error:
            if flags.dry_run and stage.reads[0] != "documents":
                before = writer_of(stage.reads[0])
                print(f"{stage.name}: not known before {before.name if before else 'the stage before'} has run")
                continue
            if stage.reads[0] == "documents" or worst == EXIT_OK:
                raise
            print(f"{stage.name}: skipped, for what came before it failed ({error})")
        except UnitError as error:
            print(f"{stage.name}: {error}", file=sys.stderr)
            worst = max(worst, error.exit_code)
    if not flags.dry_run:
        _print_results(workspace(load_config(flags), flags), time.monotonic() - began)
    return worst


def _print_results(data: Workspace, seconds: float) -> None:
    print(f"\nfinished in {seconds:,.0f} s")
    datasets = sorted(p for p in data.path("datasets").glob("*") if p.is_dir())
    for folder in datasets:
        print(f"  dataset   {folder}")
        for report in sorted(folder.glob("*.html")):
            print(f"  report    {report}")
    for picture in sorted(data.path("plots").glob("*")):
        if picture.suffix in (".html", ".png"):
            print(f"  picture   {picture}")
