"""A reader's request that the next generate_qa asks about a statement: by a coverage page, or by --ask-about."""

from __future__ import annotations

import shlex

import msgspec

from groundwork.console.terminal import openable_path, terminal_text
from groundwork.data_folder.read_write import read_text, text_hash
from groundwork.data_folder.runs.reader_wishes import Wish, read_wishes, toggle_wish, wishes_file
from groundwork.data_folder.runs.review_decisions import utc_now
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import EXIT_OK, BadRecord, UsageError
from groundwork.installation import as_typed
from groundwork.markdown.chunk_reading import read_chunks
from groundwork.review.review_session import ReviewRefused, ReviewSession, check_reviewed_document
from groundwork.stage_runner.job import Job
from groundwork.stage_runner.next_command import repeat_flags

WISHED_TEXT_WIDTH = 100  # characters of a statement


class WishRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a coverage page sends: where the statement begins, and the hash of the text that the page was drawn from."""

    document: str
    start: int
    drawn_from: str


def find_wish(data: Workspace, wish_request: WishRequest, reviewer: str) -> Wish:
    """The reviewer's wish for the statement that begins where the request says, an offset of the document's text.

    Raises ReviewRefused where no statement begins there, or where the text has changed since the page was drawn.
    """
    document, wished_start, drawn_from = wish_request.document, wish_request.start, wish_request.drawn_from
    check_reviewed_document(document)
    wished_chunk_file, wished_text_file = data.path("chunks", f"{document}.jsonl"), data.path("text", f"{document}.md")
    data.fetch([wished_chunk_file, wished_text_file] if drawn_from else [wished_chunk_file])
    try:
        if drawn_from and text_hash(read_text(wished_text_file)) != drawn_from:
            remedy = "run: uv run visualization/coverage.py"
            raise ReviewRefused(f"{document} has changed since the page was drawn; {remedy}", 409)
        readings = read_chunks(wished_chunk_file)
    except BadRecord as error:
        raise ReviewRefused(f"{document}: {error}", 404) from None
    for chunk, statements in ((reading.chunk, reading.statements) for reading in readings):
        for statement in statements:
            if chunk.start + statement.start - len(chunk.added) == wished_start and not statement.announces:
                wished_text, now = chunk.text[statement.start : statement.end], utc_now()
                return Wish(text=wished_text, document=document, start=wished_start, reviewer=reviewer, time=now)
    raise ReviewRefused(f"{document}: no statement begins at {wished_start}", 404)


def wished_starts(data: Workspace, run: str, document: str) -> list[int]:
    """Where in the document the statements begin that are wished for. Raises BadRecord."""
    check_reviewed_document(document)
    return [wish.start for wish in read_wishes(wishes_file(data, run, document))]


def ask_about_statement(job: Job, session: ReviewSession) -> int:
    """Add the wish of --ask-about, or take it back."""
    document, wished_start = job.flags.ask_about
    try:
        wish = find_wish(job.data, WishRequest(document=document, start=wished_start, drawn_from=""), session.reviewer)
    except ReviewRefused as error:
        raise UsageError(f"--ask-about: {error}") from None
    wish_file = wishes_file(job.data, session.run, document)
    wish_status = "will be asked about" if toggle_wish(wish_file, wish) else "will not be asked about any more"
    print(terminal_text(f'{document}: "{" ".join(wish.text.split())[:WISHED_TEXT_WIDTH]}" {wish_status}'))
    wish_command = f"uv run dataprep/generate_qa.py --document {shlex.quote(document)} --run {shlex.quote(session.run)}"
    print(f"-> {openable_path(wish_file)}\nnext: {as_typed(wish_command)}{repeat_flags(job.flags)}")
    return EXIT_OK
