"""Read every pair of a run beside its chunk; accept, reject or correct it; the dataset follows your decisions.

Reads   data/qa/<run>/<document>.jsonl, rejected/, curated/ and coverage/ there, data/chunks, data/tags
Writes  data/qa/<run>/decisions.jsonl, a line for every decision; curate and create_dataset obey it; and
        data/qa/<run>/wishes/<document>.jsonl, which generate_qa obeys
Run     uv run dataprep/review.py [RUN] [--reviewer NAME]
"""

from __future__ import annotations

import argparse
import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.console.flags import load_config, port_number
from groundwork.console.terminal import terminal_text
from groundwork.data_folder.file_names import slug
from groundwork.errors import EXIT_OK, UsageError
from groundwork.message_wording import counted
from groundwork.stage_runner.chosen_documents import select_documents
from groundwork.stage_runner.job import open_job
from groundwork.stage_runner.stage_command import Job, Outcome, StageCommand, Unit

if TYPE_CHECKING:
    from groundwork.review.review_session import ReviewSession

REVIEWER_NAME_LENGTH = 60  # of a reviewer


def add_review_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", nargs="?", help="a folder of data/qa; default: the run of qa.model")
    parser.add_argument("--reviewer", metavar="NAME", type=_reviewer_flag, help="who decides; default: your login name")
    parser.add_argument("--pair", metavar="ID", help="the pair that the page opens with")
    parser.add_argument(
        "--ask-about",
        metavar="DOCUMENT:START",
        type=_statement_to_review,
        help="have the next generate_qa ask about a statement, as a coverage page gives it; again takes it back",
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address of the page")
    parser.add_argument("--port", metavar="N", type=port_number, default=0, help="of the page; default: a free one")
    parser.add_argument("--export", metavar="FILE", type=Path, help="write all pairs as CSV instead of showing them")
    parser.add_argument("--import", metavar="FILE", type=Path, dest="table", help="read decisions from such a CSV")


def _reviewer_flag(reviewer_flag: str) -> str:
    reviewer_name = " ".join(reviewer_flag.split())
    if reviewer_name and len(reviewer_name) <= REVIEWER_NAME_LENGTH and reviewer_name.isprintable():
        return reviewer_name
    raise argparse.ArgumentTypeError(f"{reviewer_flag!r} is not a name of 1 to {REVIEWER_NAME_LENGTH} letters")


def _statement_to_review(ask_about_flag: str) -> tuple[str, int]:
    document_to_review, _, start = ask_about_flag.rpartition(":")
    if document_to_review and start.isascii() and start.isdigit():
        return document_to_review, int(start)
    raise argparse.ArgumentTypeError(f"{ask_about_flag!r} is not DOCUMENT:START, as a coverage page says it")


def review_units(job: Job) -> list[Unit]:
    """The one run that is reviewed, with the documents that --document asks for."""
    from groundwork.data_folder.runs.run_files import default_run, nearest_run, run_documents

    reviewed_run = slug(job.flags.run) if job.flags.run else default_run(job.data, job.config.qa.model)
    reviewed_folder = job.data.path("qa", reviewed_run)
    if not reviewed_folder.is_dir():
        raise UsageError(f"{reviewed_run}: no such run in {job.data.path('qa')}; {nearest_run(reviewed_run, job.data)}")
    reviewed_documents = run_documents(reviewed_folder) if job.flags.document else []
    documents_to_review = select_documents(job, reviewed_documents, with_gone=True, with_copies=True)
    return [Unit(reviewed_run, (), (), payload=documents_to_review if job.flags.document else None)]


async def count_pairs_to_review(job: Job, unit: Unit) -> Outcome:
    """How much there is to review."""
    session = _review_session(job, unit)
    rejected_count = sum(bool(row.stage) for row in session.review_rows)
    decided_count = sum(session.reviewer in by_reviewer for by_reviewer in session.review_stacks.standing().values())
    review_note = (
        f"{counted(len(session.review_rows), 'pair')}, {rejected_count:,} of them rejected; {session.reviewer} decided "
        f"about {decided_count:,}"
    )
    return Outcome(note=review_note, warnings=session.warnings)


def _review_session(job: Job, unit: Unit) -> ReviewSession:
    from groundwork.review.review_session import ReviewSession

    reviewed_tagger = job.config.tags.model.rpartition("/")[2]
    return ReviewSession(job.data, unit.name, job.flags.reviewer or _reviewer_login(), unit.payload, reviewed_tagger)


def _reviewer_login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without accounts
        return "reviewer"


class ReviewCommand(StageCommand):
    """A stage whose work is done by people: it is never up to date, and it ends when they say so."""

    def run(self, flags: argparse.Namespace) -> int:
        import asyncio

        from groundwork.review.decisions_csv import export_decisions_csv, import_decisions_csv
        from groundwork.review.review_server import serve_review_page
        from groundwork.review.wish_requests import ask_about_statement

        with open_job(load_config(flags), flags, folders=()) as (job, _):
            (unit,) = review_units(job)
            review_session = _review_session(job, unit)
            if flags.ask_about:
                return ask_about_statement(job, review_session)
            if flags.pair and flags.pair not in review_session.review_row_numbers:
                raise UsageError(f"--pair {flags.pair}: not in {review_session.run}; another run may hold it")
            if flags.table:
                return import_decisions_csv(flags.table, review_session)
            if flags.export:
                return export_decisions_csv(flags.export, review_session)
            review_outcome = asyncio.run(count_pairs_to_review(job, unit))
            print(terminal_text(f"review {unit.name}: {review_outcome.note}"))
            for review_warning in review_outcome.warnings:
                print(terminal_text(f"warning {unit.name}: {review_warning}"))
            return EXIT_OK if flags.dry_run else asyncio.run(serve_review_page(job, review_session))


main = ReviewCommand(name="review", units=review_units, process=count_pairs_to_review, flags=add_review_flags)
