"""Running headers, footers and page numbers in Markdown: lines that come back at the edge of page after page.

Those that are left in the text of a document's chunks are told by what else it says: "Roles and duties 11" holds a
heading and a page number, and "2 Keeping Tides" comes again as "4 Keeping Tides" and "10 Keeping Tides".
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cached_property
from itertools import pairwise

from groundwork.language.sentences import STATEMENT_END
from groundwork.language.words import words, words_or_characters
from groundwork.markdown.blocks import blocks
from groundwork.records import Chunk

_OUTER_PAGE_LINES = 3  # lines at the head and at the foot of a page that may be running ones
_LEAST_REPEATED_PAGES = 3  # pages a line must come back on
_SETTLED_SHARE = 0.7  # of its comings at the same place, for a line without a page number
_MOST_PAGES_SHARE = 0.6  # of the pages
_NUMBER_IN_PAGE_LINE = re.compile(r"\d+")
_PAGE_NUMBER_AT_EDGE = re.compile(r"^(\d{1,4})(?=\s+[^\W\d])|(?<=\s)(\d{1,4})$")  # a page number beside a title
_PAGE_LABEL = re.compile(r"\W*(?:[^\W\d_]{1,12}\W{0,2})?(\d{1,4})\W*")  # such as 61, - 61 -, Page 61
_MARKUP_IN_PAGE_LINE = re.compile(r"[*_#>\\]+|</?\w+>")
_LEAST_RUNNING_WORDS = 3  # of a running line that says something; a name or a date has fewer
_LEAST_LETTERHEAD_WORDS = 5  # of all running lines at an edge, such as a letterhead's
_MOST_STATED_SHARE = 0.5  # of its neighbouring words, that the text has too
_USE_OF_PAGE = re.compile(  # says how a document may be used, and nothing of its subject
    r"\b(?:confiden[tc]i|confidentiel|vertraulich|vertrouwelijk|riservat|draft\b|entwurf\b|borrador\b|brouillon\b"
    r"|bozza\b|internal use|unlicensed|evaluation copy|all rights reserved)",
    re.IGNORECASE,
)
MIN_HEADER_OCCURRENCES = 3  # places that a line without a heading has to come back in
MAX_PAGE_HEADER_LINE = 150  # characters
MIN_HEADER_DISTANCE = 1_000  # characters at least between two of them: less is no page
MIN_HEADER_WORDS = 2  # of a line that comes back
_DOT_LEADERS = re.compile(r"[\s.…_·|]{1,200}(?:\d{1,4}|[ivxlc]{1,7})[\s|]*$")  # behind an entry of a contents page
_PAGE_NUMBER_BESIDE_TITLE = re.compile(r"(?:(\d{1,4})\s+(?=[^\W\d_])(.+)|(\S.*?[^\W\d_]\W*)\s(\d{1,4}))")
_PAGE_CHAPTER = re.compile(
    r"\A(?:chapter|section|part|appendix|kapitel|abschnitt|teil|chapitre|capítulo)?\s*[\d.]+\s", re.IGNORECASE
)


def running_keys(pages: Sequence[str], first_page_number: int = 1) -> set[str]:
    """What runs through the pages, as `strip_running` takes it. `first_page_number`: that of the first of them."""
    pages_by_running_key: Counter[str] = Counter()
    pages_by_number_key: Counter[str] = Counter()
    positions_of_running_key: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for i, page_markdown in enumerate(pages):
        running_lines = _outer_page_lines(page_markdown)
        running_positions = {
            running_key: running_position
            for running_position, running_line in enumerate(running_lines)
            for running_key in line_keys(running_line, first_page_number + i)
        }
        pages_by_running_key.update(running_positions.keys())
        for running_key, running_position in running_positions.items():
            positions_of_running_key[running_key][
                running_position if running_position < _OUTER_PAGE_LINES else running_position - len(running_lines)
            ] += 1
        pages_by_number_key.update(
            {
                running_key
                for running_line in running_lines[:1] + running_lines[-1:]
                for running_key in _page_number_keys(running_line, first_page_number + i)
            }
        )
    running_line_keys = {
        running_key
        for running_key, n in pages_by_running_key.items()
        if n >= _LEAST_REPEATED_PAGES and _runs_through_pages(running_key, n, len(pages))
    }
    running_line_keys = {
        running_key
        for running_key in running_line_keys
        if "<page>" in running_key or _is_at_settled_place(positions_of_running_key[running_key], len(pages))
    }
    return running_line_keys | {
        running_key for running_key, n in pages_by_number_key.items() if n > max(_LEAST_REPEATED_PAGES, len(pages) // 2)
    }


def unrepeated_lines(running_lines: Sequence[str], text: str) -> list[str]:
    """Those running lines of an edge of the first page that say something which the text of the document, without what
    runs through it, does not: a letterhead's address, a title that stands nowhere else."""
    pairs = _neighbouring_words(text)
    unstated = [line for line in running_lines if not _USE_OF_PAGE.search(line) and not _is_said_in_text(line, pairs)]
    words_by_line = [sum(len(word) > 2 or not word.isascii() for word in words(line)) for line in unstated]
    is_letterhead = sum(words_by_line) >= _LEAST_LETTERHEAD_WORDS
    return [
        line
        for line, word_count in zip(unstated, words_by_line, strict=True)
        if word_count >= (1 if is_letterhead else _LEAST_RUNNING_WORDS)
    ]


def _is_said_in_text(running_line: str, page_word_pairs: Set[tuple[str, str]]) -> bool:
    running_word_pairs = _neighbouring_words(running_line)
    return len(running_word_pairs & page_word_pairs) > _MOST_STATED_SHARE * len(running_word_pairs)


def _neighbouring_words(page_text: str) -> set[tuple[str, str]]:
    return set(pairwise(words_or_characters(unicodedata.normalize("NFKC", page_text).casefold())))


def unrepeated_keys(
    pages: Sequence[str],
    running_line_keys: Set[str],
    left_out: Mapping[int, Sequence[Sequence[str]]] | None = None,
    first_page: str | None = None,
) -> Set[str]:
    """Of what runs through the pages, what stays on the first one.

    `left_out`: by the number of a page, the cells of other lines that run; `first_page`: the only text in which lines
    stay, where it is given.
    """
    first_page_lines = (
        [page_line for page_line in _outer_page_lines(pages[0]) if _unnumbered_key(page_line) in running_line_keys]
        if pages
        else []
    )
    if not first_page_lines:
        return frozenset()
    page_numbers = range(1, len(pages) + 1)
    other_running_lines = left_out or {}
    pages_without_others = [
        without_lines(page, other_running_lines.get(page_number, ()))
        for page_number, page in zip(page_numbers, pages, strict=True)
    ]
    unrepeated = unrepeated_lines(
        first_page_lines, "\n".join(strip_running(pages_without_others, running_line_keys, page_numbers))
    )
    return {
        _unnumbered_key(page_line)
        for page_line in unrepeated
        if first_page is None or _line_letters(page_line) in _line_letters(first_page)
    }


def _unnumbered_key(line: str) -> str:
    """What a line repeats as without a page number."""
    return next((key for key in line_keys(line, 1) if "<page>" not in key), "")


def strip_running(
    pages: Sequence[str],
    running_line_keys: Set[str],
    page_numbers: Sequence[int],
    first_page_keys: Set[str] = frozenset(),
) -> list[str]:
    """The pages, whose numbers are `page_numbers`, without the lines that run through the document; page 1 has those of
    `first_page_keys`."""
    return [
        _strip_running_page(page, page_number, running_line_keys, first_page_keys if page_number == 1 else frozenset())
        for page, page_number in zip(pages, page_numbers, strict=True)
    ]


def without_lines(page: str, running_lines: Sequence[Sequence[str]]) -> str:
    """The page without the lines of these cells that stand in it."""
    for running_cells in running_lines:
        remaining_page = without_line(page, running_cells)
        page = page if remaining_page is None else remaining_page
    return page


def without_line(page: str, running_cells: Sequence[str]) -> str | None:
    """The page without a line of these cells; None where it, or one of its cells, is in no line of its own there.

    Where the last cell is empty, the line may go on behind the first, and what it goes on with stays; where the first
    is empty, so may what stands before the last.
    """
    page_lines = page.split("\n")
    line_ranges = [_lines_of_text(page_lines, "".join(running_cells))]
    line_ranges = line_ranges if line_ranges[0] else [_lines_of_text(page_lines, cell) for cell in running_cells]
    dropped_page_lines = (
        {i for page_range in line_ranges for i in page_range}
        if all(line_ranges)
        else _lines_of_cells(page_lines, running_cells)
    )
    if not dropped_page_lines and running_cells[1:] == [""]:
        return _without_first_word(page_lines, running_cells[0])
    if not dropped_page_lines:
        return _without_last_words(page_lines, running_cells[-1]) if running_cells[:-1] == [""] else None
    return "\n".join(page_line for i, page_line in enumerate(page_lines) if i not in dropped_page_lines)


def _without_first_word(page_lines: Sequence[str], word: str) -> str | None:
    """The lines without that word at the head of the first one that begins with it."""
    for i, page_line in enumerate(page_lines):
        running_word, _, following_words = page_line.lstrip().partition(" ")
        if running_word == word and following_words.strip():
            return "\n".join([*page_lines[:i], following_words.lstrip(), *page_lines[i + 1 :]])
    return None


def _without_last_words(page_lines: Sequence[str], running_text: str) -> str | None:
    """The lines without that text at the end of the last one that ends with it."""
    for i in reversed(range(len(page_lines))):
        text_on_page = page_lines[i].rstrip().removesuffix(f" {running_text}")
        if text_on_page.strip() and text_on_page != page_lines[i].rstrip():
            return "\n".join([*page_lines[:i], text_on_page.rstrip(), *page_lines[i + 1 :]])
    return None


def _lines_of_text(page_lines: Sequence[str], running_text: str) -> range:
    """The lines, one or more, that hold the letters of a text and no others; of several the outermost."""
    running_letters = _line_letters(running_text)
    for page_line in sorted(range(len(page_lines)), key=lambda i: min(i, len(page_lines) - i)):
        page_line_letters, line_end = _line_letters(page_lines[page_line]), page_line + 1
        while (
            page_line_letters
            and line_end < len(page_lines)
            and len(page_line_letters) < len(running_letters)
            and running_letters.startswith(page_line_letters)
        ):
            page_line_letters, line_end = page_line_letters + _line_letters(page_lines[line_end]), line_end + 1
        if page_line_letters and page_line_letters == running_letters:
            return range(page_line, line_end)
    return range(0)


def _lines_of_cells(page_lines: Sequence[str], running_cells: Sequence[str]) -> set[int]:
    """The lines that hold the cells and nothing else, in any order, or none; a line may hold several cells."""
    remaining, page_cell_lines = [_line_letters(running_cell) for running_cell in running_cells], set[int]()
    for i in sorted(range(len(page_lines)), key=lambda i: min(i, len(page_lines) - i)):
        page_line_letters = _line_letters(page_lines[i])
        orders = (order for size in range(1, len(remaining) + 1) for order in itertools.permutations(remaining, size))
        if page_line_letters and (
            page_cells := next((order for order in orders if "".join(order) == page_line_letters), None)
        ):
            page_cell_lines.add(i)
            for running_cell in page_cells:
                remaining.remove(running_cell)
    return set() if remaining else page_cell_lines


@functools.lru_cache(4096)  # a page is searched for each of its running lines
def _line_letters(page_line: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", page_line).casefold()))


def without_running(pages: Sequence[str], page_numbers: Sequence[int] = ()) -> list[str]:
    """The pages of a document, all of them or those `page_numbers`, without what runs through them; what the first one
    alone says stays there."""
    page_numbers = page_numbers or range(1, len(pages) + 1)
    running_line_keys = running_keys(pages, page_numbers[0]) if pages else set()
    return strip_running(pages, running_line_keys, page_numbers, unrepeated_keys(pages, running_line_keys))


def page_labels(page: str) -> list[str]:
    """The numbers that stand alone in the first or the last line of a page, and so are labels of the page."""
    page_lines = [page_line.strip() for page_line in page.split("\n") if page_line.strip()]
    return [match[1] for page_line in page_lines[:1] + page_lines[-1:] if (match := _PAGE_LABEL.fullmatch(page_line))]


@functools.lru_cache(4096)  # a page's text and its Markdown have the same lines at their edges
def line_keys(page_line: str, page_number: int) -> tuple[str, ...]:
    """What a line may repeat as: itself, and itself with a number that is the page's, printed so many pages off.

    A heading of Markdown whose number counts with the pages ("# Lesson 3") is the title of each.
    """
    running_text = " ".join(_MARKUP_IN_PAGE_LINE.sub("", page_line).split()).casefold()
    if not running_text or running_text.startswith("|") or len(running_text) > 200:
        return ()
    running_line_keys = [running_text] if any(c.isalpha() for c in running_text) else []
    for match in _NUMBER_IN_PAGE_LINE.finditer(running_text):
        if len(match[0]) < 5:
            running_line_keys.append(
                f"{int(match[0]) - page_number}|{running_text[: match.start()]}<page>{running_text[match.end() :]}"
            )
    if len(running_text) < 8 and not running_text.strip("ivxlc"):
        running_line_keys.append(f"{_roman_page_number(running_text) - page_number}|<page>")
    return tuple(key for key in running_line_keys if not (page_line.startswith("#") and is_numbered_title(key)))


def unnumbered_keys(left_out: Sequence[Sequence[Sequence[str]]], numbers: Sequence[int]) -> set[str]:
    """Running lines without a page number that a converter knows by their place: a heading of their words is text."""
    lines = {(" ".join(cells), number) for number, page in zip(numbers, left_out, strict=True) for cells in page}
    return {key for line in lines for key in line_keys(*line) if "<page>" not in key}


def is_numbered_title(line_key: str) -> bool:
    """Whether what a line may repeat as has words beside the number that counts with the pages, but for "page"."""
    line_text = line_key.partition("|")[2]
    has_number = "<page>" in line_text
    return has_number and any(map(str.isalpha, line_text.replace("<page>", ""))) and not NAMED_PAGE.fullmatch(line_text)


def _is_at_settled_place(running_positions: Counter[int], pages: int) -> bool:
    """Whether a line comes at one place of the pages, as headers do and the title of a kind of box does not; what
    most of the pages have may stand anywhere at the same end of them."""
    lines_at_page_foot = sum(n for running_position, n in running_positions.items() if running_position < 0)
    is_on_most_pages = running_positions.total() > _MOST_PAGES_SHARE * pages
    lines_at_one_place = (
        max(lines_at_page_foot, running_positions.total() - lines_at_page_foot)
        if is_on_most_pages
        else running_positions.most_common(1)[0][1]
    )
    return lines_at_one_place >= _SETTLED_SHARE * running_positions.total()


def _runs_through_pages(line_key: str, n: int, pages: int) -> bool:
    """A header of one chapter comes on few pages of a long book, with its page number; a bare repeated line must
    come on a good part of them, and so must a number that stands alone."""
    line_without_number = _NUMBER_IN_PAGE_LINE.sub("", line_key.replace("<page>", "").partition("|")[2] or line_key)
    if "<page>" in line_key:
        return n >= (
            _LEAST_REPEATED_PAGES
            if any(c.isalpha() for c in line_without_number)
            else max(_LEAST_REPEATED_PAGES, pages // 5)
        )
    return n >= max(_LEAST_REPEATED_PAGES, min(pages // 4, 8))


def _roman_page_number(text: str) -> int:
    page_numerals = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}[c] for c in text]
    return sum(-v if v < max(page_numerals[i:]) else v for i, v in enumerate(page_numerals))


def _outer_page_lines(page: str) -> list[str]:
    page_lines = [page_line for page_line in page.split("\n") if page_line.strip()]
    return (
        page_lines
        if len(page_lines) <= 2 * _OUTER_PAGE_LINES
        else page_lines[:_OUTER_PAGE_LINES] + page_lines[-_OUTER_PAGE_LINES:]
    )


def _page_number_keys(page_line: str, page_number: int) -> list[str]:
    """What a line may be that carries its page's number and a text of its own, such as the section's title."""
    running_text = " ".join(_MARKUP_IN_PAGE_LINE.sub("", page_line).split())
    if len(running_text) > 100 or running_text.startswith("|") or page_line.startswith("#"):
        return []
    return [f"{int(match[1] or match[2]) - page_number}|<any>" for match in _PAGE_NUMBER_AT_EDGE.finditer(running_text)]


def _strip_running_page(page: str, page_number: int, running_line_keys: Set[str], kept_line_keys: Set[str]) -> str:
    page_lines = page.split("\n")
    filled_indices = [i for i, page_line in enumerate(page_lines) if page_line.strip()]
    dropped_lines: set[int] = set()
    dropped_line_keys: set[str] = set()
    has_page_number = False
    for running_indices in (filled_indices[:_OUTER_PAGE_LINES], filled_indices[: -_OUTER_PAGE_LINES - 1 : -1]):
        for i in running_indices:
            page_line_keys = line_keys(page_lines[i], page_number)
            if not kept_line_keys.isdisjoint(page_line_keys):
                continue
            matching_keys = running_line_keys & set(page_line_keys)
            if not matching_keys or (page_lines[i].startswith("#") and not matching_keys.isdisjoint(dropped_line_keys)):
                break  # text, or the title below a header of its words
            dropped_lines.add(i)
            dropped_line_keys |= matching_keys
            has_page_number = has_page_number or any("<page>" in key for key in matching_keys)
    for running_indices in () if has_page_number else (filled_indices, filled_indices[::-1]):
        outermost_line = next((i for i in running_indices if i not in dropped_lines), None)
        if outermost_line is not None and not running_line_keys.isdisjoint(
            _page_number_keys(page_lines[outermost_line], page_number)
        ):
            dropped_lines.add(outermost_line)
            break
    return (
        "\n".join(page_line for i, page_line in enumerate(page_lines) if i not in dropped_lines).strip("\n")
        if dropped_lines
        else page.strip("\n")
    )


NAMED_PAGE = re.compile(
    r"(?:page|seite|página|pagina)\s+(?:\d{1,4}|<page>)(?:\s+(?:of|von|sur|de|di|van)\s+\d{1,4})?", re.IGNORECASE
)


class PageLines:
    """The page headers and footers of the document whose chunks are given."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._chunks = chunks

    def __contains__(self, line: object) -> bool:
        """Is a paragraph that is this one line, without its surrounding marks, a page's header or footer?"""
        page_header = _strip_page_line_marks(str(line))
        if NAMED_PAGE.fullmatch(page_header):
            return True
        numbered_page_header = _split_page_number(page_header)
        page_header_key = "" if numbered_page_header is None else heading_key(numbered_page_header[1])
        return numbered_page_header is not None and (
            page_header_key in self._chunk_heading_keys or page_header_key in self._recurring_header_keys
        )

    @cached_property
    def _chunk_heading_keys(self) -> frozenset[str]:
        keys = {heading for chunk in self._chunks for heading in chunk.headings}
        for chunk in self._chunks:
            for block in blocks(chunk.text):
                if block.kind == "heading":
                    keys.add(block.headings[-1])
                elif block.kind == "contents":
                    keys |= {_DOT_LEADERS.sub("", line) for line in chunk.text[block.start : block.end].splitlines()}
        return frozenset(filter(None, map(heading_key, keys)))

    @cached_property
    def _recurring_header_keys(self) -> frozenset[str]:
        """What stands beside a number that grows from page to page, MIN_HEADER_OCCURRENCES times and more."""
        page_headers: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for offset, line in self._single_lines_of_chunks():
            numbered_page_header = _split_page_number(_strip_page_line_marks(line))
            if numbered_page_header and len(numbered_page_header[1].split()) >= MIN_HEADER_WORDS:
                page_headers[heading_key(numbered_page_header[1])].append((offset, numbered_page_header[0]))
        return frozenset(
            page_header
            for page_header, occurrences_of_header in page_headers.items()
            if page_header
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


def _strip_page_line_marks(line: str) -> str:
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
    letters = "".join(re.findall(r"[^\W_]+", _PAGE_CHAPTER.sub("", f"{text.strip('#*_ ')} ", count=1).lower()))
    return letters if re.search(r"[^\W\d_]{3}", letters) else ""


def _page_numbers_grow(occurrences: Sequence[tuple[int, int]]) -> bool:
    return all(
        next_offset - offset >= MIN_HEADER_DISTANCE and number < next_number
        for (offset, number), (next_offset, next_number) in pairwise(occurrences)
    )
