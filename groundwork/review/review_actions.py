"""What `review` does by its flags: serve the page, ask about a statement, write pairs as CSV, read decisions back."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from groundwork.console.terminal import openable_path, terminal_text
from groundwork.errors import EXIT_FAILED, EXIT_OK, UsageError
from groundwork.installation import as_typed
from groundwork.message_wording import counted
from groundwork.stage_runner.next_command import repeat_flags

if TYPE_CHECKING:
    from groundwork.review.review_session import ReviewSession
    from groundwork.stage_runner.job import Job

STATEMENT_WIDTH = 100  # characters of a statement


async def serve_review_page(job: Job, session: ReviewSession) -> int:
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


def ask_about_statement(job: Job, session: ReviewSession) -> int:
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


def export_decisions_csv(spreadsheet: Path, session: ReviewSession) -> int:
    from groundwork.review.decisions_csv import write_decisions_csv

    pair_count = write_decisions_csv(spreadsheet, session)
    edits = "write accept or reject into the column verdict, or edit the texts"
    print(f"{counted(pair_count, 'pair')} -> {openable_path(spreadsheet)}; {edits}")
    return EXIT_OK


def import_decisions_csv(spreadsheet: Path, session: ReviewSession) -> int:
    from groundwork.data_folder.runs.review_decisions import append_decisions
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
