"""The manifest's entry of a unit of many documents, of which --document asked for some: what it says of these alone,
and what becomes of it once they are done. Which document a file is of, its name says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from groundwork.data_folder.manifest import ManifestEntry

if TYPE_CHECKING:
    from groundwork.data_folder.manifest import Hashes
    from groundwork.stage_runner.job import Unit
    from groundwork.stage_runner.ledger import Failure

FailureRow = dict[str, str]


def failure_rows(unit: Unit, failures: Iterable[Failure]) -> list[FailureRow]:
    """The failures as the manifest holds them; one of a unit of some documents as a whole is a failure of each."""
    return [
        {"part": f.part, "status": f.status, "reason": f.reason, **({"document": document} if document else {})}
        for f in failures
        for document in ([f.document] if f.document or not unit.chosen else sorted(unit.chosen))
    ]


def entry_of_chosen(
    entry: ManifestEntry, chosen: Collection[str], reads: Collection[str], writes: Collection[str]
) -> ManifestEntry | None:
    """What `entry` says of the chosen documents and of the files `reads` and `writes`; None where they were not done.

    A failure of which no document is known counts as one of theirs.
    """
    failures = [row for row in entry.failures if row.get("document") is None or row["document"] in chosen]
    if not failures and not any(_is_of(name, chosen) for name in entry.inputs):
        return None
    status = "failed" if failures else "ok" if entry.status == "failed" else entry.status
    return replace(
        entry,
        inputs={name: digest for name, digest in entry.inputs.items() if name in reads or _is_of(name, chosen)},
        outputs={name: digest for name, digest in entry.outputs.items() if name in writes},
        status=status,
        failures=failures,
    )


def entry_without_chosen(entry: ManifestEntry, chosen: Collection[str]) -> ManifestEntry:
    """`entry` as if the chosen documents had not been done yet, so that they and the whole are due."""
    return replace(entry, inputs=_of_others(entry.inputs, chosen))


def entry_with_chosen(
    before: ManifestEntry, now: ManifestEntry, chosen: Collection[str], unheeded: Collection[str]
) -> ManifestEntry:
    """The entry of the whole unit: `now` of the chosen documents, `before` of the others.

    What shapes all of it counts as it was where the others do not follow it yet: the inputs `unheeded`, and the recipe.
    Where the recipe is another one, the chosen documents are due in the whole: no recipe is that of all of them.
    """
    if not _of_others(before.inputs, chosen).keys() - now.inputs.keys():
        return now
    if has_failed_entirely := any(not row["part"] for row in now.failures):
        unheeded = _of_others(now.inputs, chosen)
    heeded_inputs = {name: digest for name, digest in now.inputs.items() if name not in unheeded}
    failures = now.failures + [row for row in before.failures if row.get("document") not in chosen]
    told_of = before if has_failed_entirely else now
    entry = replace(
        now,
        inputs=_of_others(before.inputs, chosen) | heeded_inputs,
        outputs=before.outputs | now.outputs,
        status="failed" if failures else now.status,
        note=told_of.note,
        counts=told_of.counts,
        warnings=told_of.warnings,
        failures=failures,
    )
    if before.recipe == now.recipe:
        return entry
    return entry_without_chosen(replace(entry, recipe=before.recipe, choice=before.choice), chosen)


def _of_others(hashes: Hashes, chosen: Collection[str]) -> Hashes:
    return {name: digest for name, digest in hashes.items() if not _is_of(name, chosen)}


def _is_of(name: str, chosen: Collection[str]) -> bool:
    """Is `name` the file of one of the documents?"""
    return name.rpartition("/")[2].rpartition(".")[0] in chosen
