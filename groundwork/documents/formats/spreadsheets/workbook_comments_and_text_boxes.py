"""Comments and text boxes of the sheets of a workbook.

Excel writes a comment with replies (threaded) a second time as one without, which is left out.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from groundwork.documents.formats.office.office_package import open_package
from groundwork.documents.formats.office.office_xml import Element, tags
from groundwork.documents.formats.office.reader_comments import comment_quote, quotable_words
from groundwork.documents.formats.spreadsheets.sheet_titles_and_remarks import sheet_paragraph

_CELL_PLACE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")
CellComment = tuple[str, str]  # the place of a cell, such as "B2", and what is said of it


class WorkbookComments:
    """The comments and the text boxes of an XLSX by the parts of its sheets."""

    def __init__(self, workbook_path: str) -> None:
        with zipfile.ZipFile(workbook_path) as archive:
            has_comments_or_boxes = any("comment" in name.lower() or "drawings/" in name for name in archive.namelist())
        self._package = open_package(Path(workbook_path).read_bytes()) if has_comments_or_boxes else None

    def comments(self, part_name: str) -> list[CellComment]:
        """In the order of the file."""
        if self._package is None:
            return []
        comment_roots = {
            relation.kind: self._package.root(relation.target)
            for relation in self._package.relations(part_name)
            if relation.kind in ("comments", "threadedComment")
        }
        comment_threads = list(_threaded_comments(comment_roots.get("threadedComment")))
        threaded_cells = {place for place, _ in comment_threads}
        return [
            *(each for each in _cell_comments(comment_roots.get("comments")) if each[0] not in threaded_cells),
            *comment_threads,
        ]

    def text_boxes(self, part_name: str) -> str:
        """The paragraphs of the boxes and shapes on a sheet, each once; those that show a cell say nothing new."""
        if self._package is None:
            return ""
        box_relations = self._package.relations(part_name)
        box_drawings = [relation.target for relation in box_relations if relation.kind == "drawing"]
        box_roots = [root for name in box_drawings if (root := self._package.root_with(name, "txBody")) is not None]
        box_shapes = [shape for root in box_roots for shape in root.iter("{*}sp") if not shape.get("textlink")]
        shown_boxes = [shape for shape in box_shapes if next(shape.iterancestors("{*}Fallback"), None) is None]
        box_paragraphs = (paragraph for shape in shown_boxes for paragraph in shape.iter(*tags("a", "p")))
        box_texts = (
            "".join(text.text or " " for text in paragraph.iter(*tags("a", "t", "br"))) for paragraph in box_paragraphs
        )
        return "\n\n".join(
            dict.fromkeys(sheet_paragraph(text) for text in box_texts if re.search(r"\w", text.replace("_", "")))
        )


def _cell_comments(comments_root: Element | None) -> Iterator[CellComment]:
    if comments_root is None:
        return
    comment_authors = [comment_author.text or "" for comment_author in comments_root.iter(*tags("x", "author"))]
    for comment in comments_root.iter(*tags("x", "comment")):
        comment_text = "".join(run.text or "" for run in comment.iter(*tags("x", "t")))
        comment_author_number = comment.get("authorId", "")
        comment_author = (
            comment_authors[int(comment_author_number)]
            if comment_author_number.isdecimal() and int(comment_author_number) < len(comment_authors)
            else ""
        )
        yield comment.get("ref", ""), without_author(comment_text, comment_author)


def _threaded_comments(comments_root: Element | None) -> Iterator[CellComment]:
    for comment in [] if comments_root is None else comments_root.iter("{*}threadedComment"):
        yield comment.get("ref", ""), " ".join(text.text or "" for text in comment.iterchildren("{*}text"))


def without_author(comment_text: str, comment_author: str) -> str:
    """A comment without the name that Excel writes above it."""
    return comment_text.strip().removeprefix(f"{comment_author}:") if comment_author else comment_text


def sheet_comment_quotes(comments: Iterable[CellComment], sheet_rows: Mapping[int, Mapping[int, str]]) -> str:
    """A quote for each comment that says something: with the text of its cell, or the cell's place where it has none,
    or a long one."""
    comment_quotes = []
    for cell_place, comment_text in comments:
        row, column = _row_and_column(cell_place)
        if comment_words := " ".join(comment_text.split()):
            comment_quotes.append(
                comment_quote(quotable_words(sheet_rows.get(row, {}).get(column, "")) or cell_place, comment_words)
            )
    return "\n\n".join(comment_quotes)


def _row_and_column(cell_place: str) -> tuple[int, int]:
    """Both from 1; 0 of what is no place of a cell."""
    comment_place = _CELL_PLACE.fullmatch(cell_place)
    comment_column = 0
    for column_letter in comment_place[1].upper() if comment_place else "":
        comment_column = 26 * comment_column + ord(column_letter) - ord("A") + 1
    return (int(comment_place[2]), comment_column) if comment_place else (0, 0)
