"""The loop over a stage's units: skip what is current, do the rest, record each as it ends.

The first Ctrl-C lets what is under way finish and starts nothing more; the second stops at once. Either way every
finished unit is recorded, and the next run goes on from there.
"""

from __future__ import annotations

import asyncio
import errno
import inspect
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from groundwork.console.stop_signals import STOPPED_MESSAGE, InterruptedTasks
from groundwork.data_folder.claims import OutputClaims
from groundwork.data_folder.edited_copies import keep_edited_copy
from groundwork.data_folder.file_names import path_strings_of, printable_path
from groundwork.data_folder.manifest import CURRENT_STATES, Hashes, Manifest, ManifestEntry, State, UnitStates
from groundwork.data_folder.read_write import WRITE_ANNOUNCER, remove_leftovers
from groundwork.data_folder.unit_changes import AS_RECORDED, ConfigNames
from groundwork.data_folder.unit_states import edited_outputs, judge_state, unit_fingerprint
from groundwork.errors import GroundworkError, Stopped, StopRun, UnitError
from groundwork.llm.calls.costs_and_budget import CURRENT_DOCUMENT
from groundwork.stage_runner.chosen_documents import (
    entry_due_again,
    entry_of_chosen,
    entry_with_chosen,
    entry_without_chosen,
    failure_rows,
)
from groundwork.stage_runner.job import Job, Unit
from groundwork.stage_runner.ledger import Failure, Ledger, Outcome
from groundwork.stage_runner.remembered_flags import flags_to_remember

if TYPE_CHECKING:
    from pathlib import Path


Process = Callable[[Job, Unit], Outcome | Awaitable[Outcome]]
UNITS_PER_LOOKUP = 500  # units whose rows of the manifest are looked up together
UNITS_PER_CALL_SLOT = 4  # units under way for each call that the endpoint may have in flight


class UnitLoop:
    """One stage, its job and the manifest."""

    def __init__(
        self,
        stage: str,
        job: Job,
        manifest: Manifest,
        recipe: dict[str, Any],
        process: Process,
        config_names: ConfigNames = AS_RECORDED,
        *,
        whole_outputs: bool = False,
    ) -> None:
        """`whole_outputs`: of each unit, only one process may be at work on what it writes."""
        self.stage, self.job, self.manifest, self.recipe, self.process = stage, job, manifest, recipe, process
        self._config_names = config_names
        self._claims = OutputClaims(manifest.claims, manifest.path) if whole_outputs else None
        self.ledger = Ledger(stage)
        self._due_units_of: tuple[list[Unit], list[Unit]] | None = None
        self._forced_unit_entries: dict[str, ManifestEntry] = {}
        self._are_forced_units_due = False
        self._chosen_of_unit: dict[str, frozenset[str]] = {}  # of those that are done for some documents

    def states(self, units: list[Unit]) -> list[tuple[State, str]]:
        """The state of each unit and the reason for it, in their order."""
        unit_states: list[tuple[State, str]] = []
        for batch_start in range(0, len(units), UNITS_PER_LOOKUP):
            unit_batch = units[batch_start : batch_start + UNITS_PER_LOOKUP]
            states_of_batch = self._states_by_unit(unit_batch)
            unit_states += [states_of_batch[unit.name] for unit in unit_batch]
        return unit_states

    def _states_by_unit(self, units: list[Unit]) -> UnitStates:
        """By their fingerprints; of those that have changed, or were never found current, by hashes and entries."""
        unit_fingerprints = {unit.name: self._unit_fingerprint(unit) for unit in units}
        unit_states = self.manifest.states_by_fingerprint(self.stage, unit_fingerprints)
        if unknown := [unit for unit in units if unit.name not in unit_states]:
            unit_paths = [path for unit in unknown for files in _files_of_unit(unit) for path in path_strings_of(files)]
            with self.manifest.looked_up(self.stage, [unit.name for unit in unknown], unit_paths):
                unit_states |= {unit.name: self._unit_state(unit) for unit in unknown}
                current_unit_states = {
                    unit.name: unit_states[unit.name]
                    for unit in unknown
                    if unit_states[unit.name][0] in CURRENT_STATES
                    and self._unit_fingerprint(unit) == unit_fingerprints[unit.name]
                }  # judged by the files that the fingerprint is of
                self.manifest.keep_fingerprints(self.stage, unit_fingerprints, current_unit_states)
        return unit_states

    def _unit_fingerprint(self, unit: Unit) -> bytes | None:
        """None where none can be told: of a folder elsewhere, the files here may be empty and stand for others; of some
        documents of a unit, the fingerprint could later be that of the whole.
        """
        if self.job.data.mirror or unit.chosen:
            return None
        unit_recipe = self._encoded_unit_recipe
        if unit.recipe:
            unit_recipe = msgspec.json.encode(self._unit_recipe(unit), order="deterministic")
        return unit_fingerprint(unit_recipe, (unit.reads, unit.adds), unit.writes)

    @cached_property
    def _encoded_unit_recipe(self) -> bytes:
        return msgspec.json.encode(self.recipe, order="deterministic")

    def keep_fingerprints(self, units: list[Unit]) -> None:
        """Have the next start find current what was just done without a look at its hashes."""
        if not self.job.data.mirror:
            self.states(units)

    def run(self, units: list[Unit]) -> Ledger:
        """Do what is not current. Raises StopRun after everything under way has been recorded."""
        with self.count_progress(units) as due_units:
            if due_units:
                self._forced_unit_entries = self._current_unit_entries(due_units) if self.job.flags.force else {}
                self._chosen_of_unit = {unit.name: unit.chosen for unit in due_units if unit.chosen}
                remove_leftovers(path.parent for unit in due_units for path in unit.writes)
                asyncio.run(self._process_units(due_units))
                self.keep_fingerprints(due_units)
        return self.ledger

    def due(self, units: list[Unit]) -> list[Unit]:
        """What is not current, or what the flags ask for again; judged once for one list of units."""
        if self._due_units_of is None or self._due_units_of[0] is not units:
            unit_states = [state for state, _ in self.states(units)]
            due_units = [unit for unit, state in zip(units, unit_states, strict=True) if self.is_due(state)]
            self._due_units_of = units, due_units
            self.ledger.to_do = sum(not self.is_due(state) and state not in CURRENT_STATES for state in unit_states)
        return self._due_units_of[1]

    @contextmanager
    def count_progress(self, units: list[Unit]) -> Iterator[list[Unit]]:
        """What is due, with the progress line while it is done and the numbers of the ledger after it."""
        units_started_at = time.monotonic()
        due_units = self.due(units)
        self.ledger.up_to_date = len(units) - len(due_units) - self.ledger.to_do
        self.job.due = len(due_units)
        self.job.progress.begin(len(due_units))
        try:
            yield due_units
        finally:
            self.job.progress.end()
            settled_units = self.ledger.up_to_date + self.ledger.to_do + len(self.ledger.outcomes)
            self.ledger.not_started = len(units) - settled_units
            self.ledger.seconds = time.monotonic() - units_started_at

    def _current_unit_entries(self, units: list[Unit]) -> dict[str, ManifestEntry]:
        """The entries of those that only --force asks for."""
        unit_states = zip(units, self.states(units), strict=True)
        return {
            unit.name: entry
            for unit, (state, _) in unit_states
            if state in CURRENT_STATES and (entry := self._unit_entry(unit))
        }

    def is_due(self, state: State) -> bool:
        """Do the flags ask for a unit in this state?"""
        if self.job.flags.retry_failed:
            return state == "failed"
        return bool(self.job.flags.force) or state not in CURRENT_STATES

    def _unit_state(self, unit: Unit) -> tuple[State, str]:
        output_hashes = self._unit_hashes(unit.writes)
        input_hashes = self._unit_hashes(unit.reads) | self._unit_hashes(unit.adds)
        unit_entry, unit_recipe = self._chosen_entry_of(unit, self._unit_entry(unit)), self._unit_recipe(unit)
        return judge_state(unit_entry, input_hashes, unit_recipe, output_hashes, len(unit.writes), self._config_names)

    def _unit_entry(self, unit: Unit) -> ManifestEntry | None:
        return self.manifest.entry(self.stage, unit.name)

    def _chosen_entry_of(self, unit: Unit, unit_entry: ManifestEntry | None) -> ManifestEntry | None:
        """What the unit's entry says of the documents that are worked on."""
        if unit_entry is None or not unit.chosen:
            return unit_entry
        relative = self.job.data.relative
        reads, writes = (set(map(relative, path_strings_of(files))) for files in (unit.reads, unit.writes))
        return entry_of_chosen(unit_entry, unit.chosen, reads, writes)

    def _unit_recipe(self, unit: Unit) -> dict[str, Any]:
        return {**self.recipe, "own": unit.recipe} if unit.recipe else self.recipe

    def _unit_hashes(self, unit_paths: Sequence[Path]) -> Hashes:
        return self.manifest.hashes(unit_paths, self.job.data.relative)

    async def _process_units(self, units: list[Unit]) -> None:
        """Units side by side where `process` is a coroutine function, else one after the other."""
        side_by_side = inspect.iscoroutinefunction(self.process)
        unit_slots = asyncio.Semaphore(UNITS_PER_CALL_SLOT * self.job.config.llm.max_concurrency if side_by_side else 1)
        stopped_units: list[StopRun] = []
        self.job.loop = asyncio.get_running_loop()

        async def process(unit: Unit) -> None:
            try:
                async with self._hold_unit_outputs(unit) as has_waited:
                    async with unit_slots:
                        if stopped_units or self.job.stopping.is_set():
                            return
                        unit_results = await self._process_unit(unit, has_waited=has_waited)
                    await self._store_unit_outcome(unit, *unit_results)  # outside: the next one is worked on meanwhile
            except StopRun as unit_stop:
                stopped_units.append(unit_stop)
                self.job.stopping.set()

        unit_tasks = [asyncio.ensure_future(process(unit)) for unit in units]
        stop_signals = InterruptedTasks(unit_tasks, self.job.stopping, self.job.progress.say)
        with self._claims or nullcontext(), stop_signals if side_by_side else nullcontext():
            await asyncio.gather(*unit_tasks, return_exceptions=True)
        await self.job.close()
        self.job.loop = None
        is_cancelled = any(unit_task.cancelled() for unit_task in unit_tasks)
        for unit_task in unit_tasks:
            if not unit_task.cancelled() and (error := unit_task.exception()):
                raise error
        unit_stop_causes = [unit_stop for unit_stop in stopped_units if not isinstance(unit_stop, Stopped)]
        if unit_stop_causes or stopped_units or is_cancelled or self.job.stopping.is_set():
            raise unit_stop_causes[0] if unit_stop_causes else Stopped(STOPPED_MESSAGE)

    def _hold_unit_outputs(self, unit: Unit) -> AbstractAsyncContextManager[bool]:
        """Yields whether another process had to be waited for, which wrote the first of these outputs."""
        if not self._claims:
            return nullcontext(False)
        unit_output_key = self.job.data.relative(unit.writes[0]) if unit.writes else unit.name
        return self._claims.hold(unit_output_key, self.job.stopping, self.job.progress.say)

    async def _process_unit(self, unit: Unit, *, has_waited: bool) -> tuple[Hashes, Outcome | None, float]:
        """(hashes of what it read, how it ended, None where it was current after all, seconds)."""
        unit_started_at = time.monotonic()
        CURRENT_DOCUMENT.set(unit.name.rpartition("/")[2])  # each unit runs in a task, and so in a context, of its own
        unit_inputs: Hashes = {}
        try:
            if self.job.data.mirror and await self._is_current_once_fetched(unit):
                return unit_inputs, None, 0.0
            if has_waited and not self.is_due(self._unit_state(unit)[0]):
                return unit_inputs, None, 0.0
            unit_inputs = self._unit_hashes(unit.reads)
            self._keep_unit_edits(unit)
            self._announce_unit_writes(unit)
            if missing_inputs := [path for path in unit.reads if not path.exists()]:
                raise UnitError(f"needs {self.job.data.relative(missing_inputs[0])}, which is not there")
            unit_result = self.process(self.job, unit)
            unit_outcome = await unit_result if inspect.isawaitable(unit_result) else unit_result
        except StopRun:
            raise
        except UnitError as unit_error:
            unit_outcome = _failed_unit(str(unit_error), unit_error.status)
        except BrokenPipeError:  # whoever read the output has gone; that is no document's failure
            raise
        except OSError as unit_error:
            unit_outcome = self._unit_of_os_error(unit_error)
        except GroundworkError:
            raise
        except Exception as unit_error:
            unit_outcome = _failed_unit(f"unexpected {type(unit_error).__name__}: {unit_error}")
            if self.job.flags.verbose:
                traceback.print_exc(file=sys.stderr)
        return unit_inputs, unit_outcome, time.monotonic() - unit_started_at

    def _unit_of_os_error(self, unit_error: OSError) -> Outcome:
        """Raises StopRun where no other unit could be written either."""
        if unit_error.errno in (errno.ENOSPC, errno.EROFS):
            full_disk = unit_error.filename or self.job.data.root
            raise StopRun(
                f"{full_disk}: {unit_error.strerror}; free disk space or pass --data with another folder"
            ) from unit_error
        unit_file_prefix = f"{printable_path(unit_error.filename)}: " if unit_error.filename else ""
        return _failed_unit(f"{unit_file_prefix}{unit_error.strerror or unit_error}")

    async def _is_current_once_fetched(self, unit: Unit) -> bool:
        """Fetch what the unit needs. Another version in the store may turn out to have the content that was read."""
        await asyncio.to_thread(self.job.data.fetch, (*unit.reads, *unit.adds, *unit.writes))
        return not self.is_due(self._unit_state(unit)[0])

    async def _store_unit_outcome(
        self, unit: Unit, input_hashes: Hashes, unit_outcome: Outcome | None, unit_seconds: float
    ) -> None:
        """Put what the unit wrote, where the folder is elsewhere, and then note how it ended."""
        if unit_outcome is None:
            self.ledger.up_to_date += 1
            self.job.progress.unit_done()
            return
        if mirror := self.job.data.mirror:
            await asyncio.to_thread(mirror.put, (*unit.writes, *unit_outcome.writes))
        self.ledger.outcomes[unit.name] = unit_outcome
        self._record_unit_outcome(unit, input_hashes, unit_outcome, unit_seconds)
        self.job.progress.unit_done()

    def _record_unit_outcome(self, unit: Unit, input_hashes: Hashes, unit_outcome: Outcome, seconds: float) -> None:
        """Note how the unit ended. A forced one that failed as a whole stays what it was before, and current."""
        unit_has_failed = self.ledger.has_failed_entirely(unit.name)
        if self._forced_unit_entries and not (unit_has_failed or self._are_forced_units_due):
            self._mark_forced_units_due()
        previous_entry = self._forced_unit_entries.get(unit.name) if unit_has_failed else None
        self.manifest.record(
            self.stage, unit.name, previous_entry or self._entry_to_record(unit, input_hashes, unit_outcome, seconds)
        )

    def _mark_forced_units_due(self) -> None:
        """Have a run that is stopped from here on leave the rest to be done, of some documents of a unit these alone.

        What the entries say of the files stays: by it the run that does them sees which were edited by hand.
        """
        for name in self._forced_unit_entries.keys() - self.ledger.outcomes.keys():
            due_entry = entry_due_again(self._forced_unit_entries[name], self._chosen_of_unit.get(name))
            if due_entry is None:
                self.manifest.forget(self.stage, [name])
            else:
                self.manifest.record(self.stage, name, due_entry)
        self._are_forced_units_due = True

    def _entry_to_record(self, unit: Unit, unit_inputs: Hashes, unit_outcome: Outcome, seconds: float) -> ManifestEntry:
        unit_entry = ManifestEntry(
            inputs=unit_inputs | self._unit_hashes(unit.adds),
            recipe=self._unit_recipe(unit),
            outputs=self._unit_hashes((*unit.writes, *unit_outcome.writes)),
            status="failed" if unit_outcome.failures else unit_outcome.status,
            note=unit_outcome.note,
            counts=unit_outcome.counts,
            warnings=unit_outcome.warnings,
            failures=failure_rows(unit, unit_outcome.failures),
            seconds=round(seconds, 3),
            choice=flags_to_remember(self.stage, self.job.flags),
        )
        entry_before = self._entry_before(unit)
        if not unit.chosen or entry_before is None:
            return unit_entry
        unheeded = {self.job.data.relative(path) for path in unit_outcome.unheeded}
        whole_entry = entry_with_chosen(entry_before, unit_entry, unit.chosen, unheeded)
        return entry_without_chosen(whole_entry, unit_outcome.due_again)

    def _keep_unit_edits(self, unit: Unit) -> None:
        """Copy what the user changed by hand before it is written anew. It stays in its place until then: a unit that
        fails, or that is stopped, takes nothing away.
        """
        unit_entry = self._entry_before(unit)
        unit_outputs = {self.job.data.relative(unit_output): unit_output for unit_output in unit.writes}
        unit_outputs |= {
            unit_output_name: self.job.data.root / unit_output_name
            for unit_output_name in (unit_entry.outputs if unit_entry and not unit.chosen else ())
            if unit_output_name not in unit_outputs
        }
        output_hashes = self._unit_hashes(tuple(unit_outputs.values()))
        announced_writes = self.manifest.announced_writes(output_hashes)
        for unit_output_name in edited_outputs(unit_entry, output_hashes):
            if output_hashes[unit_output_name] in announced_writes.get(unit_output_name, ()):
                continue  # of a run that was killed before it noted how the unit ended
            unit_output = unit_outputs[unit_output_name]
            if unit_output.is_file():
                edited_unit_copy = keep_edited_copy(unit_output)
                self.job.progress.say(
                    f"{unit_output_name} was edited by hand; the edited file is kept as {edited_unit_copy.name}"
                )

    def _announce_unit_writes(self, unit: Unit) -> None:
        """Have the manifest told what is about to replace the outputs of an earlier run."""
        replaced_outputs = entry.outputs.keys() if (entry := self._entry_before(unit)) else ()

        def announce_write(path: Path, file_digest: str) -> None:
            if (output_name := self.job.data.relative(path)) in replaced_outputs:
                self.manifest.announce_write(output_name, file_digest)

        WRITE_ANNOUNCER.set(announce_write)  # in the context of the unit's task

    def _entry_before(self, unit: Unit) -> ManifestEntry | None:
        """What the manifest had of the unit before this run."""
        return self._forced_unit_entries.get(unit.name) or self._unit_entry(unit)


def _files_of_unit(unit: Unit) -> tuple[Sequence[Path], ...]:
    return unit.reads, unit.adds, unit.writes


def _failed_unit(reason: str, status: str = "failed") -> Outcome:
    return Outcome(failures=[Failure("", status, reason)])
