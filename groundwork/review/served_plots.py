"""Maps and coverage pages as the review serves them, and what a reader of the coverage page wants asked."""

from __future__ import annotations

from pathlib import Path

from groundwork.data_folder.read_write import read_text, text_hash
from groundwork.data_folder.runs.reader_wishes import Wish, read_wishes, toggle_wish, wishes_file
from groundwork.data_folder.runs.recorded_decisions import utc_now
from groundwork.data_folder.spread_folders import file_names
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import BadRecord
from groundwork.markdown.chunk_reading import read_chunks
from groundwork.pages.html_frame import allow_calls, is_groundwork_page
from groundwork.records.figures import is_figure_name
from groundwork.review.decision_requests import RequestRefused

PLOTLY = ".plotly.html"  # drawn by a library, and without a way back


def page_names(data: Workspace) -> list[str]:
    """The pages in data/plots that can be opened beside a review, coverage pages last."""
    files = [file_name for file_name in file_names(data.path("plots"), ".html") if not file_name.endswith(PLOTLY)]
    return sorted(files, key=lambda file_name: (file_name.startswith("coverage-"), file_name))


def served_page(data: Workspace, file_name: str) -> str:
    """A page of data/plots that may call the server. Raises RequestRefused for a file that is not there or not ours."""
    if file_name not in page_names(data):
        raise RequestRefused(f"{file_name}: no page in data/plots", 404)
    file = data.path("plots", file_name)
    data.fetch([file])
    text = read_text(file)
    if not is_groundwork_page(text):
        raise RequestRefused(f"{file_name}: not drawn by Groundwork", 404)
    return allow_calls(text)


def served_figure(data: Workspace, document: str, file_name: str) -> bytes:
    """A picture that ingest kept of a document. Raises RequestRefused for any other file."""
    _check_name(document)
    path = data.path("text", document, file_name)
    if not is_figure_name(file_name) or not path.is_file() or not path.resolve().is_relative_to(data.path("text")):
        raise RequestRefused(f"{document}/{file_name}: no picture", 404)
    data.fetch([path])
    return path.read_bytes()


def find_wish(data: Workspace, document: str, start: int, reviewer: str, drawn_from: str = "") -> Wish:
    """The wish for the statement that begins at `start` of a document's text.

    `drawn_from`: the hash of the text that the reader sees. Raises RequestRefused where no statement begins there, or
    where the text has changed.
    """
    _check_name(document)
    file, text_file = data.path("chunks", f"{document}.jsonl"), data.path("text", f"{document}.md")
    data.fetch([file, text_file] if drawn_from else [file])
    try:
        if drawn_from and text_hash(read_text(text_file)) != drawn_from:
            remedy = "run: uv run visualization/coverage.py"
            raise RequestRefused(f"{document} has changed since the page was drawn; {remedy}", 409)
        readings = read_chunks(file)
    except BadRecord as error:
        raise RequestRefused(f"{document}: {error}", 404) from None
    for reading in readings:
        chunk = reading.chunk
        for statement in reading.statements:
            if chunk.start + statement.start - len(chunk.added) == start and not statement.announces:
                text = chunk.text[statement.start : statement.end]
                return Wish(text=text, document=document, start=start, reviewer=reviewer, time=utc_now())
    raise RequestRefused(f"{document}: no statement begins at {start}", 404)


def change_wish(data: Workspace, run: str, wish: Wish) -> bool:
    """Write the wish, or take it back where it stands already; returns whether it stands now. Raises BadRecord."""
    return toggle_wish(wishes_file(data, run, wish.document), wish)


def wished_starts(data: Workspace, run: str, document: str) -> list[int]:
    """Where in the document the statements begin that are wished for. Raises BadRecord."""
    _check_name(document)
    return [wish.start for wish in read_wishes(wishes_file(data, run, document))]


def _check_name(document: str) -> None:
    if not document or Path(document).name != document:
        raise RequestRefused(f"{document!r} is no document", 404)
