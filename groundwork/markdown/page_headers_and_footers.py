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

from groundwork.language.sentences import CLOSED
from groundwork.markdown.blocks import blocks
from groundwork.records.chunk_record import Chunk

LEAST = 3  # places that a line without a heading has to come back in
LONGEST = 150  # characters
APART = 1_000  # characters at least between two of them: less is no page
FEWEST_WORDS = 2  # of a line that comes back
_LEADERS = re.compile(r"[\s.…_·|]{1,200}(?:\d{1,4}|[ivxlc]{1,7})[\s|]*$")  # behind an entry of a contents page
_AT_EDGE = re.compile(r"(?:(\d{1,4})\s+(?=[^\W\d_])(.+)|(\S.*?[^\W\d_]\W*)\s(\d{1,4}))")
_PAGE = re.compile(r"(?:page|seite|página|pagina)\s+\d{1,4}(?:\s+(?:of|von|sur|de|di|van)\s+\d{1,4})?", re.IGNORECASE)
_LABEL = re.compile(
    r"\A(?:chapter|section|part|appendix|kapitel|abschnitt|teil|chapitre|capítulo)?\s*[\d.]+\s", re.IGNORECASE
)


class PageLines:
    """The page headers and footers of the document whose chunks are given."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._chunks = chunks

    def __contains__(self, line: object) -> bool:
        """Is a paragraph that is this one line, without its surrounding marks, a page's header or footer?"""
        text = _bare(str(line))
        if _PAGE.fullmatch(text):
            return True
        parted = _without_number(text)
        return parted is not None and (_letters(parted[1]) in self._headings or _letters(parted[1]) in self._recurring)

    @cached_property
    def _headings(self) -> frozenset[str]:
        named = {heading for chunk in self._chunks for heading in chunk.headings}
        for chunk in self._chunks:
            for block in blocks(chunk.text):
                if block.kind == "heading":
                    named.add(block.headings[-1])
                elif block.kind == "contents":
                    named |= {_LEADERS.sub("", line) for line in chunk.text[block.start : block.end].splitlines()}
        return frozenset(filter(None, map(_letters, named)))

    @cached_property
    def _recurring(self) -> frozenset[str]:
        """What stands beside a number that grows from place to place, LEAST places and more, as far apart as pages."""
        pages: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, line in self._lines():
            if (parted := _without_number(_bare(line))) and len(parted[1].split()) >= FEWEST_WORDS:
                pages[_letters(parted[1])].append((place, parted[0]))
        return frozenset(text for text, found in pages.items() if text and len(found) >= LEAST and _grow(found))

    def _lines(self) -> Iterator[tuple[int, str]]:
        """(place in the document, text) of the paragraphs that are one line."""
        for chunk in self._chunks:
            own = chunk.text[len(chunk.added) : len(chunk.text) - len(chunk.closing)]
            place = chunk.start
            for part in own.split("\n\n"):
                if "\n" not in part.strip():
                    yield place, part
                place += len(part) + 2


def _bare(line: str) -> str:
    return line.strip("*_ \t\r\n")


def _without_number(line: str) -> tuple[int, str] | None:
    """The number at an edge of a line, and the rest of it; None where there is none, or the line is a sentence."""
    if len(line) > LONGEST or CLOSED.search(line) or not (match := _AT_EDGE.fullmatch(line)):
        return None
    return int(match[1] or match[4]), match[2] or match[3]


def _letters(text: str) -> str:
    """`text` without its label ("Chapter 3."), marks and spaces, in lower case; "" where no word is left."""
    bare = "".join(re.findall(r"[^\W_]+", _LABEL.sub("", f"{text.strip('#*_ ')} ", count=1).lower()))
    return bare if re.search(r"[^\W\d_]{3}", bare) else ""


def _grow(found: Sequence[tuple[int, int]]) -> bool:
    return all(there - here >= APART and before < after for (here, before), (there, after) in pairwise(found))
