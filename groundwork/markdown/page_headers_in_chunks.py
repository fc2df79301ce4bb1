"""Headers and footers of pages that are left in the text of a document's chunks, told by what else it says.

"Roles and duties 11" holds a heading and a page number, and "2 Keeping Tides" comes again as "4 Keeping Tides" and "10
Keeping Tides".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise

from groundwork.language.sentences import STATEMENT_END
from groundwork.markdown.blocks import blocks
from groundwork.markdown.running_page_lines import NAMED_PAGE
from groundwork.records import Chunk

MIN_HEADER_OCCURRENCES = 3  # places that a line without a heading has to come back in
MAX_PAGE_HEADER_LINE = 150  # characters
MIN_HEADER_DISTANCE = 1_000  # characters at least between two of them: less is no page
MIN_HEADER_WORDS = 2  # of a line that comes back
_DOT_LEADERS = re.compile(r"[\s.…_·|]{1,200}(?:\d{1,4}|[ivxlc]{1,7})[\s|]*$")  # behind an entry of a contents page
_PAGE_NUMBER_BESIDE_TITLE = re.compile(r"(?:(\d{1,4})\s+(?=[^\W\d_])(.+)|(\S.*?[^\W\d_]\W*)\s(\d{1,4}))")
_CHAPTER_LABEL = re.compile(
    r"\A(?:chapter|section|part|appendix|kapitel|abschnitt|teil|chapitre|capítulo)?\s*[\d.]+\s", re.IGNORECASE
)


class PageLines:
    """The page headers and footers of the document whose chunks are given."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._chunks = chunks

    def __contains__(self, line: object) -> bool:
        """Is a paragraph that is this one line, without its surrounding marks, a page's header or footer?"""
        header_line = _strip_emphasis_marks(str(line))
        if NAMED_PAGE.fullmatch(header_line):
            return True
        numbered_header = _split_page_number(header_line)
        header_title_key = "" if numbered_header is None else heading_key(numbered_header[1])
        return numbered_header is not None and (
            header_title_key in self._chunk_heading_keys or header_title_key in self._recurring_header_keys
        )

    @cached_property
    def _chunk_heading_keys(self) -> frozenset[str]:
        chunk_heading_titles = {heading for chunk in self._chunks for heading in chunk.headings}
        for chunk in self._chunks:
            for block in blocks(chunk.text):
                if block.kind == "heading":
                    chunk_heading_titles.add(block.headings[-1])
                elif block.kind == "contents":
                    chunk_heading_titles |= {
                        _DOT_LEADERS.sub("", line) for line in chunk.text[block.start : block.end].splitlines()
                    }
        return frozenset(filter(None, map(heading_key, chunk_heading_titles)))

    @cached_property
    def _recurring_header_keys(self) -> frozenset[str]:
        """What stands beside a number that grows from page to page, MIN_HEADER_OCCURRENCES times and more."""
        header_occurrences: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for offset, line in self._single_lines_of_chunks():
            numbered_header = _split_page_number(_strip_emphasis_marks(line))
            if numbered_header and len(numbered_header[1].split()) >= MIN_HEADER_WORDS:
                header_occurrences[heading_key(numbered_header[1])].append((offset, numbered_header[0]))
        return frozenset(
            recurring_header
            for recurring_header, occurrences_of_header in header_occurrences.items()
            if recurring_header
            and len(occurrences_of_header) >= MIN_HEADER_OCCURRENCES
            and _page_numbers_grow(occurrences_of_header)
        )

    def _single_lines_of_chunks(self) -> Iterator[tuple[int, str]]:
        """(offset in the document, text) of the paragraphs that are one line."""
        for chunk in self._chunks:
            chunk_text = chunk.text[len(chunk.added) : len(chunk.text) - len(chunk.closing)]
            offset = chunk.start
            for paragraph in chunk_text.split("\n\n"):
                if "\n" not in paragraph.strip():
                    yield offset, paragraph
                offset += len(paragraph) + 2


def _strip_emphasis_marks(line: str) -> str:
    return line.strip("*_ \t\r\n")


def _split_page_number(header: str) -> tuple[int, str] | None:
    """The number at an edge of a line, and the rest of it; None where there is none, or the line is a sentence."""
    if (
        len(header) > MAX_PAGE_HEADER_LINE
        or STATEMENT_END.search(header)
        or not (match := _PAGE_NUMBER_BESIDE_TITLE.fullmatch(header))
    ):
        return None
    return int(match[1] or match[4]), match[2] or match[3]


def heading_key(text: str) -> str:
    """`text` without its label ("Chapter 3."), marks and spaces, in lower case; "" where no word is left."""
    letters = "".join(re.findall(r"[^\W_]+", _CHAPTER_LABEL.sub("", f"{text.strip('#*_ ')} ", count=1).lower()))
    return letters if re.search(r"[^\W\d_]{3}", letters) else ""


def _page_numbers_grow(occurrences: Sequence[tuple[int, int]]) -> bool:
    return all(
        next_offset - offset >= MIN_HEADER_DISTANCE and number < next_number
        for (offset, number), (next_offset, next_number) in pairwise(occurrences)
    )
