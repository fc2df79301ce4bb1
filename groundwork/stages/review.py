"""Read every pair of a run beside its chunk; accept, reject or correct it; the dataset follows your decisions.

Reads   data/qa/<run>/<document>.jsonl, rejected/, curated/ and coverage/ there, data/chunks, data/tags
Writes  data/qa/<run>/decisions.jsonl, a line for every decision; curate and create_dataset obey it; and
        data/qa/<run>/wishes/<document>.jsonl, which generate_qa obeys
Run     uv run dataprep/review.py [RUN] [--reviewer NAME]
"""

from __future__ import annotations

import argparse
import getpass
import shlex
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from groundwork.console.flags import load_config, port_number
from groundwork.console.terminal import openable_path, terminal_text
from groundwork.data_folder.file_names import slug
from groundwork.errors import EXIT_FAILED, EXIT_OK, UsageError
from groundwork.installation import as_typed
from groundwork.message_wording import counted
from groundwork.stage_runner.chosen_documents import select_documents
from groundwork.stage_runner.job import open_job
from groundwork.stage_runner.next_command import repeat_flags
from groundwork.stage_runner.stage_command import Job, Outcome, StageCommand, Unit

if TYPE_CHECKING:
    from groundwork.review.review_session import ReviewSession

REVIEWER_NAME_LENGTH = 60  # of a reviewer
STATEMENT_WIDTH = 100  # characters of a statement


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", nargs="?", help="a folder of data/qa; default: the run of qa.model")
    parser.add_argument("--reviewer", metavar="NAME", type=_reviewer_name, help="who decides; default: your login name")
    parser.add_argument("--pair", metavar="ID", help="the pair that the page opens with")
    parser.add_argument(
        "--ask-about",
        metavar="DOCUMENT:START",
        type=_statement,
        help="have the next generate_qa ask about a statement, as a coverage page gives it; again takes it back",
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address of the page")
    parser.add_argument("--port", metavar="N", type=port_number, default=0, help="of the page; default: a free one")
    parser.add_argument("--export", metavar="FILE", type=Path, help="write all pairs as CSV instead of showing them")
    parser.add_argument("--import", metavar="FILE", type=Path, dest="table", help="read decisions from such a CSV")


def _reviewer_name(typed_name: str) -> str:
    reviewer_name = " ".join(typed_name.split())
    if reviewer_name and len(reviewer_name) <= REVIEWER_NAME_LENGTH and reviewer_name.isprintable():
        return reviewer_name
    raise argparse.ArgumentTypeError(f"{typed_name!r} is not a name of 1 to {REVIEWER_NAME_LENGTH} letters")


def _statement(statement_place: str) -> tuple[str, int]:
    document, _, start = statement_place.rpartition(":")
    if document and start.isascii() and start.isdigit():
        return document, int(start)
    raise argparse.ArgumentTypeError(f"{statement_place!r} is not DOCUMENT:START, as a coverage page says it")


def units(job: Job) -> list[Unit]:
    """The one run that is reviewed, with the documents that --document asks for."""
    from groundwork.data_folder.runs.run_lookup import default_run, nearest_run, run_documents

    run = slug(job.flags.run) if job.flags.run else default_run(job.data, job.config.qa.model)
    run_folder = job.data.path("qa", run)
    if not run_folder.is_dir():
        raise UsageError(f"{run}: no such run in {job.data.path('qa')}; {nearest_run(run, job.data)}")
    documents = run_documents(run_folder) if job.flags.document else []
    chosen = select_documents(job, documents, with_gone=True, with_copies=True)
    return [Unit(run, (), (), payload=chosen if job.flags.document else None)]


async def process(job: Job, unit: Unit) -> Outcome:
    """How much there is to review."""
    session = _review_session(job, unit)
    rejected_count = sum(bool(row.stage) for row in session.review_rows)
    decided = sum(session.reviewer in by_reviewer for by_reviewer in session.decision_stacks.standing().values())
    note = (
        f"{counted(len(session.review_rows), 'pair')}, {rejected_count:,} of them rejected; {session.reviewer} decided "
        f"about {decided:,}"
    )
    return Outcome(note=note, warnings=session.warnings)


def _review_session(job: Job, unit: Unit) -> ReviewSession:
    from groundwork.review.review_session import ReviewSession

    tagger = job.config.tags.model.rpartition("/")[2]
    return ReviewSession(job.data, unit.name, job.flags.reviewer or _login_name(), unit.payload, tagger)


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without accounts
        return "reviewer"


class ReviewCommand(StageCommand):
    """A stage whose work is done by people: it is never up to date, and it ends when they say so."""

    def run(self, flags: argparse.Namespace) -> int:
        import asyncio

        with open_job(load_config(flags), flags, folders=()) as (job, _):
            (unit,) = units(job)
            session = _review_session(job, unit)
            if flags.ask_about:
                return _ask_about(job, session)
            if flags.pair and flags.pair not in session.row_by_pair:
                raise UsageError(f"--pair {flags.pair}: not in {session.run}; another run may hold it")
            if flags.table:
                return _import(flags.table, session)
            if flags.export:
                return _export(flags.export, session)
            outcome = asyncio.run(process(job, unit))
            print(terminal_text(f"review {unit.name}: {outcome.note}"))
            for warning in outcome.warnings:
                print(terminal_text(f"warning {unit.name}: {warning}"))
            return EXIT_OK if flags.dry_run else asyncio.run(_serve(job, session))


async def _serve(job: Job, session: ReviewSession) -> int:
    """Until Ctrl-C."""
    import asyncio
    import signal
    import webbrowser
    from contextlib import suppress

    from groundwork.review.review_server import ReviewServer

    flags = job.flags
    restart_command = f"uv run dataprep/review.py {shlex.quote(session.run)} --reviewer {shlex.quote(session.reviewer)}"
    server = ReviewServer(session, as_typed(restart_command) + repeat_flags(flags))
    try:
        await server.start(flags.port)
    except OSError as error:
        await server.close()
        raise UsageError(f"--port {flags.port}: {error.strerror or error}; leave it out for a free one") from None
    stop_event = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # on Windows, where Ctrl-C raises KeyboardInterrupt
            asyncio.get_running_loop().add_signal_handler(signal_number, stop_event.set)
    address = f"{server.address}#pair={quote(flags.pair)}" if flags.pair else server.address
    print(f"{address}\nCtrl-C ends it; each decision is at once in {openable_path(session.decisions_path)}", flush=True)
    if not flags.no_browser:
        await asyncio.to_thread(webbrowser.open, address)
    try:
        await stop_event.wait()
    finally:
        await server.close()
    next_command = f"{as_typed('next: uv run dataprep/curate.py')}{repeat_flags(flags)}"
    print(f"-> {openable_path(session.decisions_path)}\n{next_command}")
    return EXIT_OK


def _ask_about(job: Job, session: ReviewSession) -> int:
    from groundwork.data_folder.runs.reader_wishes import wishes_file
    from groundwork.review.review_server import change_wish, find_wish
    from groundwork.review.reviewer_edits import RequestRefused

    document, statement_start = job.flags.ask_about
    try:
        wish = find_wish(job.data, document, statement_start, session.reviewer)
    except RequestRefused as error:
        raise UsageError(f"--ask-about: {error}") from None
    is_asked = change_wish(job.data, session.run, wish)
    status = "will be asked about" if is_asked else "will not be asked about any more"
    print(terminal_text(f'{document}: "{" ".join(wish.text.split())[:STATEMENT_WIDTH]}" {status}'))
    command = f"uv run dataprep/generate_qa.py --document {shlex.quote(document)} --run {shlex.quote(session.run)}"
    wish_file = wishes_file(job.data, session.run, document)
    print(f"-> {openable_path(wish_file)}\nnext: {as_typed(command)}{repeat_flags(job.flags)}")
    return EXIT_OK


def _export(spreadsheet: Path, session: ReviewSession) -> int:
    from groundwork.review.decisions_csv import write_decisions_csv

    pair_count = write_decisions_csv(spreadsheet, session)
    edits = "write accept or reject into the column verdict, or edit the texts"
    print(f"{counted(pair_count, 'pair')} -> {openable_path(spreadsheet)}; {edits}")
    return EXIT_OK


def _import(spreadsheet: Path, session: ReviewSession) -> int:
    from groundwork.data_folder.runs.decisions import append_decisions
    from groundwork.review.decisions_csv import MAX_SHOWN_FAULTS, read_decisions_csv

    table = read_decisions_csv(spreadsheet, session)
    if table.decisions:
        append_decisions(session.decisions_path, table.decisions)
    rejected = sum(decision.verdict == "reject" for decision in table.decisions)
    edited = sum(decision.verdict == "edit" for decision in table.decisions)
    accepted = len(table.decisions) - rejected
    print(
        f"{accepted:,} accepted ({edited:,} edited), {rejected:,} rejected, {counted(table.unchanged, 'row')} as before"
    )
    for fault in table.faults[:MAX_SHOWN_FAULTS]:
        print(terminal_text(f"failed {fault}"))
    if len(table.faults) > MAX_SHOWN_FAULTS:
        print(f"… and {len(table.faults) - MAX_SHOWN_FAULTS:,} more")
    if table.decisions:
        print(f"-> {openable_path(session.decisions_path)}")
    return EXIT_FAILED if table.faults else EXIT_OK


main = ReviewCommand(name="review", units=units, process=process, flags=add_flags)
