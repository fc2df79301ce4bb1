"""Running headers, footers and page numbers in Markdown: lines that come back at the edge of page after page.

Page by page they are told by coming back at an edge. Those that are left in the text of a document are told by what
else it says: "Roles and duties 11" holds a heading and a page number, and "2 Keeping Tides" comes again as "4 Keeping
Tides" and "10 Keeping Tides".
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

from groundwork.language.language_and_script import words_or_characters
from groundwork.language.sentences import STATEMENT_END
from groundwork.language.words import words
from groundwork.markdown.blocks import blocks
from groundwork.records import Chunk

_MARKDOWN_EDGE = 3  # lines at the head and at the foot of a page that may be running ones
_LEAST_REPEATS = 3  # pages a line must come back on
_SETTLED_SHARE = 0.7  # of its comings at the same place, for a line without a page number
_MOST_PAGES_SHARE = 0.6  # of the pages
_NUMBER = re.compile(r"\d+")
_NUMBER_AT_END = re.compile(r"^(\d{1,4})(?=\s+[^\W\d])|(?<=\s)(\d{1,4})$")  # a page number beside a title
_PAGE_LABEL = re.compile(r"\W*(?:[^\W\d_]{1,12}\W{0,2})?(\d{1,4})\W*")  # such as 61, - 61 -, Page 61
_MARKUP = re.compile(r"[*_#>\\]+|</?\w+>")
_LEAST_WORDS = 3  # of a running line that says something; a name or a date has fewer
_LEAST_BLOCK_WORDS = 5  # of all running lines at an edge, such as a letterhead's
_MOST_STATED_SHARE = 0.5  # of its neighbouring words, that the text has too
_MARKING = re.compile(  # says how a document may be used, and nothing of its subject
    r"\b(?:confiden[tc]i|confidentiel|vertraulich|vertrouwelijk|riservat|draft\b|entwurf\b|borrador\b|brouillon\b"
    r"|bozza\b|internal use|unlicensed|evaluation copy|all rights reserved)",
    re.IGNORECASE,
)


def running_keys(pages: Sequence[str], first: int = 1) -> set[str]:
    """What runs through the pages, in the form that `strip_running` takes. `first`: the number of the first page."""
    key_counts: Counter[str] = Counter()
    numbered_counts: Counter[str] = Counter()
    edge_positions: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for i, page_markdown in enumerate(pages):
        edges = _edge_texts(page_markdown)
        positions_by_key = {
            key: position for position, edge_line in enumerate(edges) for key in line_keys(edge_line, first + i)
        }
        key_counts.update(positions_by_key.keys())
        for key, position in positions_by_key.items():
            edge_positions[key][position if position < _MARKDOWN_EDGE else position - len(edges)] += 1
        numbered_counts.update(
            {key for edge_line in edges[:1] + edges[-1:] for key in _page_number_keys(edge_line, first + i)}
        )
    running = {key for key, n in key_counts.items() if n >= _LEAST_REPEATS and _comes_often(key, n, len(pages))}
    running = {key for key in running if "<page>" in key or _is_settled(edge_positions[key], len(pages))}
    return running | {key for key, n in numbered_counts.items() if n > max(_LEAST_REPEATS, len(pages) // 2)}


def unrepeated_lines(lines: Sequence[str], text: str) -> list[str]:
    """Those running lines of an edge of the first page that say something which the text of the document, without what
    runs through it, does not: a letterhead's address, a title that stands nowhere else."""
    text_pairs = _word_pairs(text)
    unstated = [line for line in lines if not _MARKING.search(line) and not _is_stated(line, text_pairs)]
    line_words = [sum(len(word) > 2 or not word.isascii() for word in words(line)) for line in unstated]
    is_block = sum(line_words) >= _LEAST_BLOCK_WORDS
    return [
        line for line, count in zip(unstated, line_words, strict=True) if count >= (1 if is_block else _LEAST_WORDS)
    ]


def _is_stated(line: str, text_pairs: Set[tuple[str, str]]) -> bool:
    line_pairs = _word_pairs(line)
    return len(line_pairs & text_pairs) > _MOST_STATED_SHARE * len(line_pairs)


def _word_pairs(text: str) -> set[tuple[str, str]]:
    return set(pairwise(words_or_characters(unicodedata.normalize("NFKC", text).casefold())))


def unrepeated_keys(
    pages: Sequence[str],
    running: Set[str],
    left_out: Mapping[int, Sequence[Sequence[str]]] | None = None,
    first_page: str | None = None,
) -> Set[str]:
    """Of what runs through the pages, what stays on the first one.

    `left_out`: by the number of a page, the cells of other lines that run; `first_page`: the only text in which lines
    stay, where it is given.
    """
    lines = [line for line in _edge_texts(pages[0]) if _plain_key(line) in running] if pages else []
    if not lines:
        return frozenset()
    numbers = range(1, len(pages) + 1)
    others = left_out or {}
    texts = [without_lines(page, others.get(number, ())) for number, page in zip(numbers, pages, strict=True)]
    kept = unrepeated_lines(lines, "\n".join(strip_running(texts, running, numbers)))
    return {_plain_key(line) for line in kept if first_page is None or _letters(line) in _letters(first_page)}


def _plain_key(line: str) -> str:
    """What a line repeats as without a page number."""
    return next((key for key in line_keys(line, 1) if "<page>" not in key), "")


def strip_running(
    pages: Sequence[str], header_keys: Set[str], page_numbers: Sequence[int], first_page_keys: Set[str] = frozenset()
) -> list[str]:
    """The pages, whose numbers are `page_numbers`, without the lines that run through the document; page 1 has those of
    `first_page_keys`."""
    return [
        _strip_page(page, page_number, header_keys, first_page_keys if page_number == 1 else frozenset())
        for page, page_number in zip(pages, page_numbers, strict=True)
    ]


def without_lines(page: str, lines: Sequence[Sequence[str]]) -> str:
    """The page without the lines of these cells that stand in it."""
    for cells in lines:
        remaining = without_line(page, cells)
        page = page if remaining is None else remaining
    return page


def without_line(page: str, header_cells: Sequence[str]) -> str | None:
    """The page without a line of these cells; None where it, or one of its cells, is in no line of its own there.

    Where the last cell is empty, the line may go on behind the first, and what it goes on with stays; where the first
    is empty, so may what stands before the last.
    """
    page_lines = page.split("\n")
    line_ranges = [_find_lines(page_lines, "".join(header_cells))]
    line_ranges = line_ranges if line_ranges[0] else [_find_lines(page_lines, cell) for cell in header_cells]
    dropped = (
        {i for line_range in line_ranges for i in line_range}
        if all(line_ranges)
        else _shared_lines(page_lines, header_cells)
    )
    if not dropped and header_cells[1:] == [""]:
        return _without_first_word(page_lines, header_cells[0])
    if not dropped:
        return _without_end(page_lines, header_cells[-1]) if header_cells[:-1] == [""] else None
    return "\n".join(page_line for i, page_line in enumerate(page_lines) if i not in dropped)


def _without_first_word(lines: Sequence[str], word: str) -> str | None:
    """The lines without that word at the head of the first one that begins with it."""
    for i, line in enumerate(lines):
        first_word, _, following_words = line.lstrip().partition(" ")
        if first_word == word and following_words.strip():
            return "\n".join([*lines[:i], following_words.lstrip(), *lines[i + 1 :]])
    return None


def _without_end(lines: Sequence[str], text: str) -> str | None:
    """The lines without that text at the end of the last one that ends with it."""
    for i in reversed(range(len(lines))):
        preceding_text = lines[i].rstrip().removesuffix(f" {text}")
        if preceding_text.strip() and preceding_text != lines[i].rstrip():
            return "\n".join([*lines[:i], preceding_text.rstrip(), *lines[i + 1 :]])
    return None


def _find_lines(page: Sequence[str], text: str) -> range:
    """The lines, one or more, that hold the letters of a text and no others; of several the outermost."""
    letters = _letters(text)
    for start in sorted(range(len(page)), key=lambda i: min(i, len(page) - i)):
        prefix, end = _letters(page[start]), start + 1
        while prefix and end < len(page) and len(prefix) < len(letters) and letters.startswith(prefix):
            prefix, end = prefix + _letters(page[end]), end + 1
        if prefix and prefix == letters:
            return range(start, end)
    return range(0)


def _shared_lines(page: Sequence[str], cells: Sequence[str]) -> set[int]:
    """The lines that hold the cells and nothing else, in any order, or none; a line may hold several cells."""
    remaining, cell_lines = [_letters(cell) for cell in cells], set[int]()
    for i in sorted(range(len(page)), key=lambda i: min(i, len(page) - i)):
        letters = _letters(page[i])
        orders = (order for size in range(1, len(remaining) + 1) for order in itertools.permutations(remaining, size))
        if letters and (held := next((order for order in orders if "".join(order) == letters), None)):
            cell_lines.add(i)
            for cell in held:
                remaining.remove(cell)
    return set() if remaining else cell_lines


@functools.lru_cache(4096)  # a page is searched for each of its running lines
def _letters(line: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", line).casefold()))


def without_running(pages: Sequence[str], numbers: Sequence[int] = ()) -> list[str]:
    """The pages of a document, all of them or those `numbers`, without what runs through them; what the first one alone
    says stays there."""
    numbers = numbers or range(1, len(pages) + 1)
    running = running_keys(pages, numbers[0]) if pages else set()
    return strip_running(pages, running, numbers, unrepeated_keys(pages, running))


def page_labels(page: str) -> list[str]:
    """The numbers that stand alone in the first or the last line of a page, and so are labels of the page."""
    page_lines = [page_line.strip() for page_line in page.split("\n") if page_line.strip()]
    return [match[1] for page_line in page_lines[:1] + page_lines[-1:] if (match := _PAGE_LABEL.fullmatch(page_line))]


@functools.lru_cache(4096)  # a page's text and its Markdown have the same lines at their edges
def line_keys(line: str, page_number: int) -> tuple[str, ...]:
    """What a line may repeat as: itself, and itself with a number that is the page's, printed so many pages off.

    A heading of Markdown whose number counts with the pages ("# Lesson 3") is the title of each.
    """
    header_text = " ".join(_MARKUP.sub("", line).split()).casefold()
    if not header_text or header_text.startswith("|") or len(header_text) > 200:
        return ()
    header_keys = [header_text] if any(c.isalpha() for c in header_text) else []
    for match in _NUMBER.finditer(header_text):
        if len(match[0]) < 5:
            header_keys.append(
                f"{int(match[0]) - page_number}|{header_text[: match.start()]}<page>{header_text[match.end() :]}"
            )
    if len(header_text) < 8 and not header_text.strip("ivxlc"):
        header_keys.append(f"{_roman_value(header_text) - page_number}|<page>")
    return tuple(key for key in header_keys if not (line.startswith("#") and is_numbered_title(key)))


def unnumbered_keys(left_out: Sequence[Sequence[Sequence[str]]], numbers: Sequence[int]) -> set[str]:
    """Running lines without a page number that a converter knows by their place: a heading of their words is text."""
    lines = {(" ".join(cells), number) for number, page in zip(numbers, left_out, strict=True) for cells in page}
    return {key for line in lines for key in line_keys(*line) if "<page>" not in key}


def is_numbered_title(key: str) -> bool:
    """Whether what a line may repeat as has words beside the number that counts with the pages, but for "page"."""
    text = key.partition("|")[2]
    has_number = "<page>" in text
    return has_number and any(map(str.isalpha, text.replace("<page>", ""))) and not _NAMED_PAGE.fullmatch(text)


def _is_settled(positions: Counter[int], pages: int) -> bool:
    """Whether a line comes at one place of the pages, as headers do and the title of a kind of box does not; what
    most of the pages have may stand anywhere at the same end of them."""
    at_foot = sum(n for position, n in positions.items() if position < 0)
    is_on_most_pages = positions.total() > _MOST_PAGES_SHARE * pages
    at_one_place = max(at_foot, positions.total() - at_foot) if is_on_most_pages else positions.most_common(1)[0][1]
    return at_one_place >= _SETTLED_SHARE * positions.total()


def _comes_often(key: str, n: int, pages: int) -> bool:
    """A header of one chapter comes on few pages of a long book, with its page number; a bare repeated line must
    come on a good part of them, and so must a number that stands alone."""
    text = _NUMBER.sub("", key.replace("<page>", "").partition("|")[2] or key)
    if "<page>" in key:
        return n >= (_LEAST_REPEATS if any(c.isalpha() for c in text) else max(_LEAST_REPEATS, pages // 5))
    return n >= max(_LEAST_REPEATS, min(pages // 4, 8))


def _roman_value(text: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}[c] for c in text]
    return sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))


def _edge_texts(page: str) -> list[str]:
    page_lines = [page_line for page_line in page.split("\n") if page_line.strip()]
    return (
        page_lines
        if len(page_lines) <= 2 * _MARKDOWN_EDGE
        else page_lines[:_MARKDOWN_EDGE] + page_lines[-_MARKDOWN_EDGE:]
    )


def _page_number_keys(line: str, page_number: int) -> list[str]:
    """What a line may be that carries its page's number and a text of its own, such as the section's title."""
    header_text = " ".join(_MARKUP.sub("", line).split())
    if len(header_text) > 100 or header_text.startswith("|") or line.startswith("#"):
        return []
    return [f"{int(match[1] or match[2]) - page_number}|<any>" for match in _NUMBER_AT_END.finditer(header_text)]


def _strip_page(page: str, page_number: int, header_keys: Set[str], kept_keys: Set[str]) -> str:
    page_lines = page.split("\n")
    filled_indices = [i for i, page_line in enumerate(page_lines) if page_line.strip()]
    drop: set[int] = set()
    dropped_keys: set[str] = set()
    has_page_number = False
    for indices in (filled_indices[:_MARKDOWN_EDGE], filled_indices[: -_MARKDOWN_EDGE - 1 : -1]):
        for i in indices:
            keys = line_keys(page_lines[i], page_number)
            if not kept_keys.isdisjoint(keys):
                continue
            matching_keys = header_keys & set(keys)
            if not matching_keys or (page_lines[i].startswith("#") and not matching_keys.isdisjoint(dropped_keys)):
                break  # text, or the title below a header of its words
            drop.add(i)
            dropped_keys |= matching_keys
            has_page_number = has_page_number or any("<page>" in key for key in matching_keys)
    for indices in () if has_page_number else (filled_indices, filled_indices[::-1]):
        outermost = next((i for i in indices if i not in drop), None)
        if outermost is not None and not header_keys.isdisjoint(_page_number_keys(page_lines[outermost], page_number)):
            drop.add(outermost)
            break
    return (
        "\n".join(page_line for i, page_line in enumerate(page_lines) if i not in drop).strip("\n")
        if drop
        else page.strip("\n")
    )


MIN_OCCURRENCES = 3  # places that a line without a heading has to come back in
MAX_LINE_LENGTH = 150  # characters
MIN_PAGE_LENGTH = 1_000  # characters at least between two of them: less is no page
MIN_WORDS = 2  # of a line that comes back
_DOT_LEADERS = re.compile(r"[\s.…_·|]{1,200}(?:\d{1,4}|[ivxlc]{1,7})[\s|]*$")  # behind an entry of a contents page
_EDGE_NUMBER = re.compile(r"(?:(\d{1,4})\s+(?=[^\W\d_])(.+)|(\S.*?[^\W\d_]\W*)\s(\d{1,4}))")
_NAMED_PAGE = re.compile(
    r"(?:page|seite|página|pagina)\s+(?:\d{1,4}|<page>)(?:\s+(?:of|von|sur|de|di|van)\s+\d{1,4})?", re.IGNORECASE
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
        if _NAMED_PAGE.fullmatch(text):
            return True
        numbered_line = _split_page_number(text)
        key = "" if numbered_line is None else heading_key(numbered_line[1])
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
        return frozenset(filter(None, map(heading_key, titles)))

    @cached_property
    def _recurring(self) -> frozenset[str]:
        """What stands beside a number that grows from page to page, MIN_OCCURRENCES times and more."""
        occurrences: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for offset, line in self._single_lines():
            numbered_line = _split_page_number(_strip_marks(line))
            if numbered_line and len(numbered_line[1].split()) >= MIN_WORDS:
                occurrences[heading_key(numbered_line[1])].append((offset, numbered_line[0]))
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


def heading_key(text: str) -> str:
    """`text` without its label ("Chapter 3."), marks and spaces, in lower case; "" where no word is left."""
    letters = "".join(re.findall(r"[^\W_]+", _LABEL.sub("", f"{text.strip('#*_ ')} ", count=1).lower()))
    return letters if re.search(r"[^\W\d_]{3}", letters) else ""


def _grow_apart(occurrences: Sequence[tuple[int, int]]) -> bool:
    return all(
        next_offset - offset >= MIN_PAGE_LENGTH and number < next_number
        for (offset, number), (next_offset, next_number) in pairwise(occurrences)
    )
