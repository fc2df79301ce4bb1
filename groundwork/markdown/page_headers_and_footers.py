"""Headers and footers of pages that are left in a document's text: lines of their own that are no statements.

A page's header or footer is told by what else the document says: "Roles and duties 11" holds a heading and a page
number, and "2 Keeping Tides" comes again as "4 Keeping Tides" and "10 Keeping Tides".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise

from groundwork.language.sentences import STATEMENT_END
from groundwork.markdown.blocks import blocks
from groundwork.records.chunk_record import Chunk

MIN_OCCURRENCES = 3  # places that a line without a heading has to come back in
MAX_LINE_LENGTH = 150  # characters
MIN_PAGE_LENGTH = 1_000  # characters at least between two of them: less is no page
MIN_WORDS = 2  # of a line that comes back
_DOT_LEADERS = re.compile(r"[\s.…_·|]{1,200}(?:\d{1,4}|[ivxlc]{1,7})[\s|]*$")  # behind an entry of a contents page
_EDGE_NUMBER = re.compile(r"(?:(\d{1,4})\s+(?=[^\W\d_])(.+)|(\S.*?[^\W\d_]\W*)\s(\d{1,4}))")
_PAGE_LABEL = re.compile(
    r"(?:page|seite|página|pagina)\s+\d{1,4}(?:\s+(?:of|von|sur|de|di|van)\s+\d{1,4})?", re.IGNORECASE
)
_LABEL = re.compile(
    r"\A(?:chapter|section|part|appendix|kapitel|abschnitt|teil|chapitre|capítulo)?\s*[\d.]+\s", re.IGNORECASE
)


class PageLines:
    """The page headers and footers of the document whose chunks are given."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._chunks = chunks

    def __contains__(self, line: object) -> bool:
        """Is a paragraph that is this one line, without its surrounding marks, a page's header or footer?"""
        text = _strip_marks(str(line))
        if _PAGE_LABEL.fullmatch(text):
            return True
        numbered_line = _split_page_number(text)
        key = "" if numbered_line is None else _line_key(numbered_line[1])
        return numbered_line is not None and (key in self._headings or key in self._recurring)

    @cached_property
    def _headings(self) -> frozenset[str]:
        titles = {heading for chunk in self._chunks for heading in chunk.headings}
        for chunk in self._chunks:
            for block in blocks(chunk.text):
                if block.kind == "heading":
                    titles.add(block.headings[-1])
                elif block.kind == "contents":
                    titles |= {_DOT_LEADERS.sub("", line) for line in chunk.text[block.start : block.end].splitlines()}
        return frozenset(filter(None, map(_line_key, titles)))

    @cached_property
    def _recurring(self) -> frozenset[str]:
        """What stands beside a number that grows from page to page, MIN_OCCURRENCES times and more."""
        occurrences: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for offset, line in self._single_lines():
            numbered_line = _split_page_number(_strip_marks(line))
            if numbered_line and len(numbered_line[1].split()) >= MIN_WORDS:
                occurrences[_line_key(numbered_line[1])].append((offset, numbered_line[0]))
        return frozenset(
            key for key, pages in occurrences.items() if key and len(pages) >= MIN_OCCURRENCES and _grow_apart(pages)
        )

    def _single_lines(self) -> Iterator[tuple[int, str]]:
        """(offset in the document, text) of the paragraphs that are one line."""
        for chunk in self._chunks:
            chunk_text = chunk.text[len(chunk.added) : len(chunk.text) - len(chunk.closing)]
            offset = chunk.start
            for paragraph in chunk_text.split("\n\n"):
                if "\n" not in paragraph.strip():
                    yield offset, paragraph
                offset += len(paragraph) + 2


def _strip_marks(line: str) -> str:
    return line.strip("*_ \t\r\n")


def _split_page_number(line: str) -> tuple[int, str] | None:
    """The number at an edge of a line, and the rest of it; None where there is none, or the line is a sentence."""
    if len(line) > MAX_LINE_LENGTH or STATEMENT_END.search(line) or not (match := _EDGE_NUMBER.fullmatch(line)):
        return None
    return int(match[1] or match[4]), match[2] or match[3]


def _line_key(text: str) -> str:
    """`text` without its label ("Chapter 3."), marks and spaces, in lower case; "" where no word is left."""
    letters = "".join(re.findall(r"[^\W_]+", _LABEL.sub("", f"{text.strip('#*_ ')} ", count=1).lower()))
    return letters if re.search(r"[^\W\d_]{3}", letters) else ""


def _grow_apart(occurrences: Sequence[tuple[int, int]]) -> bool:
    return all(
        next_offset - offset >= MIN_PAGE_LENGTH and number < next_number
        for (offset, number), (next_offset, next_number) in pairwise(occurrences)
    )
