"""Comments and text boxes of the sheets of a workbook.

Excel writes a comment with replies (threaded) a second time as one without, which is left out.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from groundwork.documents.formats.office.package_parts import open_package
from groundwork.documents.formats.office.reader_comments import comment_quote, short_text
from groundwork.documents.formats.office.xml_elements import Element, tags
from groundwork.documents.formats.spreadsheets.sheet_titles_and_remarks import (
    sheet_paragraph,
)

_PLACE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")
Comment = tuple[str, str]  # the place of a cell, such as "B2", and what is said of it


class WorkbookNotes:
    """The comments and the text boxes of an XLSX by the parts of its sheets."""

    def __init__(self, workbook_path: str) -> None:
        with zipfile.ZipFile(workbook_path) as archive:
            has_notes = any("comment" in name.lower() or "drawings/" in name for name in archive.namelist())
        self._package = open_package(Path(workbook_path).read_bytes()) if has_notes else None

    def comments(self, part_name: str) -> list[Comment]:
        """In the order of the file."""
        if self._package is None:
            return []
        roots = {
            relation.kind: self._package.root(relation.target)
            for relation in self._package.relations(part_name)
            if relation.kind in ("comments", "threadedComment")
        }
        threads = list(_threaded_comments(roots.get("threadedComment")))
        with_thread = {place for place, _ in threads}
        return [*(each for each in _plain_comments(roots.get("comments")) if each[0] not in with_thread), *threads]

    def text_boxes(self, part_name: str) -> str:
        """The paragraphs of the boxes and shapes on a sheet, each once; those that show a cell say nothing new."""
        if self._package is None:
            return ""
        relations = self._package.relations(part_name)
        drawings = [relation.target for relation in relations if relation.kind == "drawing"]
        roots = [root for name in drawings if (root := self._package.root_with(name, "txBody")) is not None]
        shapes = [shape for root in roots for shape in root.iter("{*}sp") if not shape.get("textlink")]
        shown = [shape for shape in shapes if next(shape.iterancestors("{*}Fallback"), None) is None]
        paragraphs = (paragraph for shape in shown for paragraph in shape.iter(*tags("a", "p")))
        texts = ("".join(text.text or " " for text in each.iter(*tags("a", "t", "br"))) for each in paragraphs)
        return "\n\n".join(
            dict.fromkeys(sheet_paragraph(text) for text in texts if re.search(r"\w", text.replace("_", "")))
        )


def _plain_comments(root: Element | None) -> Iterator[Comment]:
    if root is None:
        return
    authors = [author.text or "" for author in root.iter(*tags("x", "author"))]
    for comment in root.iter(*tags("x", "comment")):
        text = "".join(run.text or "" for run in comment.iter(*tags("x", "t")))
        number = comment.get("authorId", "")
        author = authors[int(number)] if number.isdecimal() and int(number) < len(authors) else ""
        yield comment.get("ref", ""), without_author(text, author)


def _threaded_comments(root: Element | None) -> Iterator[Comment]:
    for comment in [] if root is None else root.iter("{*}threadedComment"):
        yield comment.get("ref", ""), " ".join(text.text or "" for text in comment.iterchildren("{*}text"))


def without_author(text: str, author: str) -> str:
    """A comment without the name that Excel writes above it."""
    return text.strip().removeprefix(f"{author}:") if author else text


def sheet_quotes(comments: Iterable[Comment], sheet_rows: Mapping[int, Mapping[int, str]]) -> str:
    """A quote for each comment that says something: with the text of its cell, or the cell's place where it has none,
    or a long one."""
    quotes = []
    for place, text in comments:
        row, column = _row_and_column(place)
        if words := " ".join(text.split()):
            quotes.append(comment_quote(short_text(sheet_rows.get(row, {}).get(column, "")) or place, words))
    return "\n\n".join(quotes)


def _row_and_column(place: str) -> tuple[int, int]:
    """Both from 1; 0 of what is no place of a cell."""
    match = _PLACE.fullmatch(place)
    column = 0
    for letter in match[1].upper() if match else "":
        column = 26 * column + ord(letter) - ord("A") + 1
    return (int(match[2]), column) if match else (0, 0)
