"""The command line of a stage: `main = StageCommand("chunk", units=..., process=...)` is all that a script needs.

A stage says which units of work there are and how one is done. Flags, settings, resume, progress, ledger and exit
code are the same for all and live here and in the modules beside: flags, job, unit_loop, ledger, exit_codes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from groundwork.console.exit_codes import run_guarded
from groundwork.console.flags import add_data_flags, add_work_flags, flag_parser, load_config, setting_flag
from groundwork.console.terminal import terminal_text
from groundwork.data_folder.file_names import path_strings_of
from groundwork.data_folder.unit_changes import AS_RECORDED, ConfigNames
from groundwork.errors import EXIT_OK, GroundworkError, UsageError
from groundwork.processes.utf8_mode import restart_in_utf8_mode
from groundwork.stage_runner.chosen_documents import NO_DOCUMENTS, left_out_lines
from groundwork.stage_runner.estimates_and_usage import Estimate
from groundwork.stage_runner.job import Job, Unit, open_job
from groundwork.stage_runner.ledger import Failure, Outcome
from groundwork.stage_runner.next_command import MAX_UNITS_JUDGED, has_made_all, results_and_next_command
from groundwork.stage_table import BY_NAME, writing_stage

if TYPE_CHECKING:
    from groundwork.data_folder.manifest import Manifest
    from groundwork.settings.config_schema import Config
    from groundwork.stage_runner.estimates_and_usage import EstimateUnit
    from groundwork.stage_runner.ledger import Ledger
    from groundwork.stage_runner.shard_progress import ShardChannel, ShardResult, Share
    from groundwork.stage_runner.unit_loop import Process, UnitLoop

__all__ = ["Estimate", "Failure", "Job", "Outcome", "StageCommand", "Unit", "setting_flag"]

MAX_SAMPLED_UNITS = 10  # units whose calls are counted before they begin; of more, a sample stands for all

StageShards = Literal["documents", "caches", "none"]


@dataclass(frozen=True)
class StageCommand:
    """A stage's script. Calling it parses the flags, does the work and returns the exit code.

    `settings` picks what of the config shapes the results, `prompts` the prompt files that do; together with the
    hashes of a unit's inputs and `version` they decide whether the unit is current. `config_names` gives these
    settings, in the form that is recorded, the names that the user knows: those of config.json.

    `shards`: what --shard does. `documents`: only the units of the shard's documents; `caches`: the calls and vectors
    of its documents, so that the stage has nothing to ask once they are gathered; `none`: it needs all documents.
    """

    name: str
    units: Callable[[Job], list[Unit]]
    process: Process
    settings: Callable[[Config], Any] = lambda _: None
    config_names: ConfigNames = AS_RECORDED
    prompts: Callable[[Config], Sequence[str]] = lambda _: ()
    flags: Callable[[argparse.ArgumentParser], None] | None = None
    estimate: EstimateUnit | None = None
    before: Callable[[Job, Manifest], None] | None = None
    after: Callable[[Job, list[Unit]], None] | None = None
    version: str = "1"
    shards: StageShards = "none"
    units_a_process: int = 0  # due units (for caches: documents) from which one more process pays here; 0: never
    divides: Callable[[Config], bool] = lambda _: True  # whether, by these settings, processes have anything to do
    needs_gpu: Callable[[Config], bool] = lambda _: False

    def __call__(self, argv: Sequence[str] | None = None) -> int:
        if argv is None:
            restart_in_utf8_mode()
        return run_guarded(lambda: self.run(self.parse(argv)))

    @property
    def folders_read(self) -> tuple[str, ...] | None:
        """The folders that it reads beside the files of its units: of single documents none. None: unknown."""
        if self.shards == "documents":
            return ()
        return (*BY_NAME[self.name].reads, BY_NAME[self.name].writes) if self.name in BY_NAME else None

    def parser(self) -> argparse.ArgumentParser:
        stage_parser = flag_parser(
            BY_NAME[self.name].script if self.name in BY_NAME else self.name,
            sys.modules[self.units.__module__].__doc__ or "",
        )
        if self.flags:
            self.flags(stage_parser.add_argument_group("flags of this stage"))  # type: ignore[arg-type]  # same methods
        add_data_flags(stage_parser)
        add_work_flags(stage_parser)
        return stage_parser

    def parse(self, argv: Sequence[str] | None = None) -> argparse.Namespace:
        stage_flags = self.parser().parse_args(argv)
        stage_flags.typed_words = sys.argv[1:] if argv is None else list(argv)
        return stage_flags

    def run(self, flags: argparse.Namespace) -> int:
        with open_job(load_config(flags), flags, folders=self.folders_read) as (job, manifest):
            job.progress.stage = self.name
            self._prepare_stage(job, manifest)
            stage_units = self._placed_stage_units(job)
            for stage_omission in left_out_lines(job):
                job.progress.say(stage_omission)
            stage_loop = self.unit_loop(job, manifest)
            if flags.dry_run:
                from groundwork.stage_runner.estimates_and_usage import print_dry_run

                stage_states = zip(stage_units, stage_loop.states(stage_units), strict=True)
                stage_rows = [(unit, *state) for unit, state in stage_states]
                print_dry_run(self.name, job, stage_rows, self.estimate, stage_loop.is_due)
                return EXIT_OK
            stage_ledger = self._do_stage_units(job, stage_loop, stage_units)
            job.idle = not stage_ledger.outcomes
            if (failures := getattr(flags, "failures", None)) is not None:  # of all stages of `dataprep run`
                failures.update({(self.name, unit): reason for unit, reason in stage_ledger.failure_reasons().items()})
            finished_stage_units = [unit for unit in stage_units if not stage_ledger.has_failed_entirely(unit.name)]
            if self.after:
                self.after(job, finished_stage_units)
            if not flags.quiet and not getattr(flags, "within_run", False):
                finished_names = [unit.name for unit in finished_stage_units[: MAX_UNITS_JUDGED + 1]]
                is_current = partial(has_made_all, job, manifest, finished_names)
                print(results_and_next_command(self.name, job, finished_stage_units, stage_ledger, is_current))
            return stage_ledger.exit_code

    def _prepare_stage(self, job: Job, manifest: Manifest) -> None:
        """What is done once, before the units are known: samples copied, names carried over, what is gone said."""
        from groundwork.data_folder.departed_and_set_aside import find_departed

        if self.name in BY_NAME:
            job.data.copy_from_base(BY_NAME[self.name].reads, _files_of_stages(manifest) if job.test else ())
        if self.before and not job.flags.dry_run:
            self.before(job, manifest)
            if job.departed_documents:  # some may be carried over by now
                job.departed_documents = find_departed(job.data, manifest, job.config.ingest.ignore)
        self._report_departed_to_stage(job)
        if not job.flags.dry_run:
            job.data.settle_files()

    def _placed_stage_units(self, job: Job) -> list[Unit]:
        """The units of this run, with paths in subfolders where a folder has become one of too many files."""
        stage_units = self._select_stage_units(job, job.data.shard)
        if not job.flags.dry_run and job.data.spread_new_folders(
            text for unit in stage_units for text in path_strings_of(unit.writes)
        ):
            return self._select_stage_units(job, job.data.shard)
        return stage_units

    def _do_stage_units(self, job: Job, unit_loop: UnitLoop, units: list[Unit]) -> Ledger:
        from groundwork.stage_runner.divided_stage import run_divided_stage

        job.progress.counted = progress_unit(self.name)
        if self.shards != "documents":
            self._expect_stage_calls(job, unit_loop.due(units), MAX_SAMPLED_UNITS)
        try:
            return run_divided_stage(self, job, unit_loop, units) or self._run_stage_here(job, unit_loop, units)
        finally:
            self._print_stage_report(job, unit_loop.ledger)

    def _select_stage_units(self, job: Job, shard: Share | None) -> list[Unit]:
        if shard is not None and self.shards == "none":
            raise UsageError(f"--shard: {self.name} needs all documents; run it after: uv run dataprep gather")
        stage_units = self.units(job)
        if (remembered_call := getattr(job.flags, "call", None)) is not None:  # of several that this stage is done by
            stage_units = [unit for unit in stage_units if remembered_call.makes(unit.name)]
        if not stage_units:
            raise UsageError(self._no_stage_units_message(job))
        if shard is None or self.shards == "caches":
            return stage_units
        if isinstance(shard, frozenset):
            return [unit for unit in stage_units if unit.name in shard]
        return [unit for unit in stage_units if shard.holds(unit.document)]

    def _report_departed_to_stage(self, job: Job) -> None:
        """Say which documents have lost their source."""
        from groundwork.data_folder.departed_and_set_aside import departed_warnings

        if getattr(job.flags, "within_run", False) and self.name != "ingest":
            return  # said once, by the first stage of them all
        for departed_line in departed_warnings(job.departed_documents, job.set_aside):
            job.progress.say(departed_line)

    def unfinished(self, flags: argparse.Namespace) -> list[tuple[str, str]]:
        """The units that are not done, each with the reason."""
        stage_flags = argparse.Namespace(**(vars(self.parse([])) | vars(flags)))
        with open_job(load_config(stage_flags), stage_flags, folders=self.folders_read) as (job, manifest):
            stage_units = self.units(job)
            stage_states = self.unit_loop(job, manifest).states(stage_units)
        return [
            (unit.name, reason if state == "failed" else f"{state} {reason}".strip())
            for unit, (state, reason) in zip(stage_units, stage_states, strict=True)
            if state not in ("done", "empty")
        ]

    def _run_stage_here(self, job: Job, unit_loop: UnitLoop, units: list[Unit]) -> Ledger:
        if self.shards == "documents":  # where several processes do it, each counts its own
            self._expect_stage_calls(job, unit_loop.due(units), MAX_SAMPLED_UNITS)
        return unit_loop.run(units)

    def run_shard(self, flags: argparse.Namespace, shard: Share, channel: ShardChannel, *, among: int) -> ShardResult:
        """The units of one share, in a process that is one of `among`; what comes of it is told and returned."""
        from groundwork.stage_runner.local_processes import divide_limits
        from groundwork.stage_runner.shard_progress import RelayedProgress, ShardResult

        stage_result = ShardResult()
        try:
            is_part = getattr(flags, "shard", None) is None  # of one state, which the parent looks after
            stage_config = divide_limits(load_config(flags, tells=False), among)
            with open_job(stage_config, flags, is_part=is_part, folders=self.folders_read) as (job, manifest):
                job.progress = RelayedProgress(channel, job.stop)
                stage_loop = self.unit_loop(job, manifest)
                stage_units = self._select_stage_units(job, shard)
                if self.shards == "documents":
                    self._expect_stage_calls(job, stage_loop.due(stage_units), -(-MAX_SAMPLED_UNITS // among))
                try:
                    stage_loop.run(stage_units)
                finally:
                    stage_result.outcomes, stage_result.up_to_date = (
                        stage_loop.ledger.outcomes,
                        stage_loop.ledger.up_to_date,
                    )
                    stage_result.retagged_questions = job.retagged_questions
                    stage_result.usage = [*(job.client.report() if job.has_client else []), *job.usage]
        except GroundworkError as error:
            stage_result.stopped = type(error).__name__, str(error)
        return stage_result

    def unit_loop(self, job: Job, manifest: Manifest) -> UnitLoop:
        from groundwork.stage_runner.unit_loop import UnitLoop

        recipe, whole_outputs = self._stage_recipe(job), self.shards != "documents"
        return UnitLoop(self.name, job, manifest, recipe, self.process, self.config_names, whole_outputs=whole_outputs)

    def _stage_recipe(self, job: Job) -> dict[str, Any]:
        """What shapes the results apart from the inputs, in a form that tells which part of it changed."""
        import hashlib

        import msgspec

        stage_prompt_hashes = {
            name: hashlib.sha256(job.prompt(name).encode()).hexdigest() for name in self.prompts(job.config)
        }
        stage_settings = msgspec.to_builtins(self.settings(job.config))
        stage_recipe = {
            "settings": stage_settings,
            "prompts": stage_prompt_hashes,
            "version": self.version,
            "test": job.test,
        }
        read_back: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(stage_recipe))  # as it will be read back
        return read_back

    def _no_stage_units_message(self, job: Job) -> str:
        stage_folder = BY_NAME[self.name].reads[0] if self.name in BY_NAME else "documents"
        stage_folder_address = job.data.folder_address(stage_folder)
        if stage_folder == "documents":
            return NO_DOCUMENTS.format(stage_folder_address)
        if stage_omissions := left_out_lines(job):
            return f"nothing to work on; {'; '.join(stage_omissions)}"
        writer_stage = writing_stage(stage_folder)
        earlier_stage_command = writer_stage.script if writer_stage else "dataprep run"
        return f"{stage_folder_address}: nothing to work on; run first: uv run {earlier_stage_command}"

    def _expect_stage_calls(self, job: Job, due: list[Unit], sample_size: int) -> None:
        if self.estimate and due:
            from groundwork.stage_runner.estimates_and_usage import expect_calls

            expect_calls(job, due, sample_size, self.estimate)

    def _print_stage_report(self, job: Job, ledger: Ledger) -> None:
        if job.flags.quiet and not ledger.failed_units:
            return
        for stage_line in ledger.report_lines(verbose=job.flags.verbose):
            print(terminal_text(stage_line))
        if stage_usage := [*(job.client.report() if job.has_client else []), *job.usage]:
            from groundwork.stage_runner.estimates_and_usage import print_usage_and_costs

            print_usage_and_costs(stage_usage)


def stage_command(name: str) -> StageCommand:
    """The command of a stage, by its name."""
    command: StageCommand = BY_NAME[name].load_command()
    return command


def _files_of_stages(manifest: Manifest) -> set[str]:
    """Every file that a stage wrote, as the manifest names it."""
    return {path for _, _, entry in manifest.all_entries() for path in entry.outputs}


def progress_unit(stage: str) -> str:
    """What a stage's progress counts before it has something finer to count."""
    stage_folder = BY_NAME[stage].writes if stage in BY_NAME else ""
    stage_progress_units = {"plots": "pages", "grades": "models"} | dict.fromkeys(
        ("datasets", "tags", "embeddings"), "datasets"
    )
    return stage_progress_units.get(stage_folder, "documents")
