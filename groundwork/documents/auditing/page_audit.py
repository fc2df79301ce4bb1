"""Hold a page's Markdown against the PDF's own text layer: what is lost, glued, shuffled or said twice.

The text layer is the reference because it is what the file's author put there. Its order is that of the file's
content: the reading order on most pages, so that words which stand side by side in it should do so in the Markdown.
Only within a table the neighbours may be others: the layer reads line by line what Markdown reads cell by cell.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from functools import cached_property, lru_cache
from itertools import pairwise

from groundwork.documents.repair.running_headers import page_labels
from groundwork.language.labels import ITEM
from groundwork.language.numbers import as_written
from groundwork.language.writing_systems import WORD_OR_CHARACTER, is_shaped
from groundwork.records.document_record import PageAudit

_MARKUP = re.compile(r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|<!--.*?-->|</?[a-zA-Z][^<>]*>", re.DOTALL)
_ESCAPE = re.compile(r"\\(?=[^\w\s])")
_JOINED = re.compile(r"[-‐‑](?<=[^\W\d_].)\s*(?=[^\W\d_])")  # hyphens, so that broken and mended words are one
_LEADERS = re.compile(r"(?:\.\s?){4,}")
_TABLE = re.compile(r"(?:^[ \t]*\|.*\n?)+", re.MULTILINE)
_RUN = 6  # words of a run that counts as repeated
_DOUBLED = 0.8  # of the letters of a Thai text layer, which says some of them twice, are all there are
_THAI = re.compile("[\u0e00-\u0eff]")


def words(text: str) -> list[str]:
    """The words of text or Markdown, lower case, ligatures resolved, hyphenated words as one."""
    return _words(plain_text(text))


def digits(text: str) -> list[str]:
    """The runs of digits of text or Markdown as they are written, such as 1.2.3, 13 or 10,000."""
    return _digits(plain_text(text))


def _words(text: str) -> list[str]:
    joined = _JOINED.sub("", text) if "-" in text or "‐" in text or "‑" in text else text
    return WORD_OR_CHARACTER.findall(joined.casefold())


def _digits(text: str) -> list[str]:
    return as_written(_LEADERS.sub(" ", text) if "...." in text or ". . ." in text else text)


@lru_cache(maxsize=8)  # a page is asked for its words and its numbers, before and after mending
def plain_text(text: str) -> str:
    """Markdown without images, link targets, tags, comments and escapes; compatibility characters resolved."""
    text = _ESCAPE.sub("", text) if "\\" in text else text
    text = _MARKUP.sub(" ", text) if "<" in text or "](" in text else text
    return unicodedata.normalize("NFKC", html.unescape(text) if "&" in text else text)


class Reference:
    """A page's text layer, prepared once for several renditions.

    Of a `shaped` script it holds the right letters in the wrong order, so letters are compared and not words.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        bare = plain_text(text)
        self.shaped = is_shaped(bare)
        self.words = _words(bare)
        self.numbers = _digits(bare)

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(self.words)

    def audit(self, markdown: str) -> PageAudit:
        """Shares between 0 and 1; an empty reference is kept by everything."""
        bare = plain_text(markdown)
        found, told = _words(bare), _digits(bare)
        if self.shaped:
            return self._audit_letters(markdown, bare, told)
        same = found == self.words  # as on most pages
        lost = self._lost_numbers(told)
        words_kept, glued = (1.0, 0.0) if same else self._kept(found)
        numbers_kept = 1 - lost.total() / len(self.numbers) if self.numbers else 1.0
        pairs_kept = 1.0 if same else self._pairs_kept(found, markdown)
        once = found if same or not _has_rows(markdown) else _words(plain_text(_unfilled(markdown)))
        repeated = 0.0 if same else self._repeated(once)
        text_kept = words_kept * numbers_kept * (1 - glued) * (1 - repeated) * (0.9 + 0.1 * pairs_kept)
        return PageAudit(
            words_kept=round(words_kept, 4),
            pairs_kept=round(pairs_kept, 4),
            numbers_kept=round(numbers_kept, 4),
            glued=round(glued, 4),
            repeated=round(repeated, 4),
            tables=count_tables(markdown),
            text_kept=round(text_kept, 4),
            lost_numbers=sorted(lost)[:20],
        )

    def _lost_numbers(self, told: list[str]) -> Counter[str]:
        """The reference's numbers that are gone; a page's label is none."""
        if told == self.numbers:
            return Counter()
        return Counter(self.numbers) - Counter(told) - Counter(page_labels(self.text))

    def _audit_letters(self, markdown: str, bare: str, told: list[str]) -> PageAudit:
        """By the letters and numbers alone, whatever their order."""
        wanted, found = (Counter(filter(str.isalpha, text)) for text in (plain_text(self.text), bare))
        lost = self._lost_numbers(told)
        share = (wanted & found).total() / wanted.total()
        letters_kept = 1.0 if share >= _DOUBLED and found <= wanted and _THAI.search(bare) else share
        once = sum(map(str.isalpha, plain_text(_unfilled(markdown))))
        repeated = max(0.0, 1 - wanted.total() / once) if once else 0.0
        numbers_kept = 1 - lost.total() / len(self.numbers) if self.numbers else 1.0
        return PageAudit(
            words_kept=round(letters_kept, 4),
            pairs_kept=1.0,
            numbers_kept=round(numbers_kept, 4),
            glued=0.0,
            repeated=round(repeated, 4),
            tables=count_tables(markdown),
            text_kept=round(letters_kept * numbers_kept * (1 - repeated), 4),
            lost_numbers=sorted(lost)[:20],
        )

    def _kept(self, found: list[str]) -> tuple[float, float]:
        """The share of the reference's words that are there, and of the words found that are several of its in one."""
        counts = Counter(found)
        kept = sum(min(n, counts[word]) for word, n in self.counts.items() if word in counts)
        unknown = [word for word in counts if word not in self.counts and len(word) > 3]
        squeezed = "".join(self.words) if unknown else ""
        glued = sum(counts[word] for word in unknown if word in squeezed)
        return kept / len(self.words) if self.words else 1.0, glued / len(found) if found else 0.0

    def _pairs_kept(self, found: list[str], markdown: str) -> float:
        """The share of the reference's neighbouring words that are still neighbours, or stand in one table."""
        wanted = Counter(pairwise(self.words))
        lost = wanted - Counter(pairwise(found))
        if not wanted or not lost:
            return 1.0
        tables = [set(_words(plain_text(table))) for table in _TABLE.findall(markdown)]
        missing = sum(n for (a, b), n in lost.items() if not any(a in table and b in table for table in tables))
        return 1 - missing / wanted.total()

    def _repeated(self, found: list[str]) -> float:
        """The share of words in runs of six that come more often than in the reference."""
        runs = Counter(zip(*(found[k:] for k in range(_RUN)), strict=False))
        often = {run: n for run, n in runs.items() if n > 1}
        if not often:
            return 0.0
        known = Counter(zip(*(self.words[k:] for k in range(_RUN)), strict=False))
        extra = sum(max(0, n - max(1, known[run])) for run, n in often.items())
        return min(1.0, extra / len(found))


def _has_rows(markdown: str) -> bool:
    return markdown.startswith("|") or "\n|" in markdown


def _unfilled(markdown: str) -> str:
    """Tables without the cells that say the same as the one before them: a merged cell is in all of its columns."""
    above: list[str] = []
    out = []
    for line in markdown.split("\n"):
        cells = line.split("|") if line.startswith("|") else []
        fresh = [
            cell if cell not in cells[max(0, k - 1) : k] + above[k : k + 1] else "" for k, cell in enumerate(cells)
        ]
        out.append(" ".join(fresh) if cells else line)
        above = cells
    return "\n".join(out)


def count_tables(markdown: str) -> int:
    """Markdown tables, counted by their delimiter rows."""
    return len(re.findall(r"^\s*\|(?:\s*:?-+:?\s*\|)+\s*$", markdown, re.MULTILINE))


# --- how well a rendition reads, which the text layer alone can not say -------------------------------------------

_ITEM = re.compile(rf"^[^\S\n]*({ITEM})\s+\S", re.MULTILINE)
_LINE_START = re.compile(rf"^(?:[^\S\n]|[>#*_|-])*+({ITEM})", re.MULTILINE)
_BLOCK_SPLIT = re.compile(r"\n\s*\n")
HEADING_LINE = re.compile(r"^(#{1,6}) +(.*)$", re.MULTILINE)
_ENTRY = re.compile(r"\S (?:(?:\.\s?){4,}|… ?)\s*\d+\W*$", re.MULTILINE)
_STOPS = (".", ":", ";", "!", "?", "”", '"', "'", "…")
_ROW = re.compile(r"^[^\S\n]*\|.*\|[^\S\n]*$", re.MULTILINE)


def readability(reference: Reference, markdown: str) -> float:
    """1 for a rendition with nothing to stumble over; less for items run together, broken sentences, false tables
    and false headings."""
    return (
        (0.5 + 0.5 * _items_kept(reference.text, markdown))
        * (1 - 0.5 * _broken(markdown))
        * (1 - 0.5 * _false_headings(markdown))
        * (1 - 0.5 * _false_cells(markdown))
    )


def table_rows(markdown: str) -> int:
    """Rows of tables that are tables indeed: their borders cut no sentence."""
    return len(_ROW.findall(markdown)) if _false_cells(markdown) < 0.05 else 0


def contents_lines(markdown: str) -> int:
    return len(_ENTRY.findall(markdown))


def _items_kept(text: str, markdown: str) -> float:
    """Of the numbered lines of the text layer, the share that still begin a line."""
    items = Counter(_ITEM.findall(text))
    if not items:
        return 1.0
    found = Counter(_LINE_START.findall(_ESCAPE.sub("", markdown)))
    kept: int = (items & found).total()
    return kept / items.total()


def _broken(markdown: str) -> float:
    """The share of paragraphs that begin in the middle of a sentence."""
    blocks = [block.strip("*_ ") for block in _BLOCK_SPLIT.split(markdown) if block.strip()]
    prose = [(a, b) for a, b in pairwise(blocks) if not b.startswith(("|", "#", "`", "-", "<", "!"))]
    if not prose:
        return 0.0
    broken = [a for a, b in prose if b[:1].islower() and not a.startswith(("#", "|")) and not a.endswith(_STOPS)]
    return len(broken) / len(prose)


def _false_headings(markdown: str) -> float:
    """The share of headings that are sentences: they end like one, or are longer than two lines of print."""
    headings = [title.strip("*_ ") for _, title in HEADING_LINE.findall(markdown)]
    false = sum(len(heading) > 160 or heading.endswith((";", ",", ".", "; and", "; or")) for heading in headings)
    return false / len(headings) if headings else 0.0


def _false_cells(markdown: str) -> float:
    """The share of cell borders that cut a sentence: the next cell, or the next row, goes on in lower case."""
    rows = [[cell.strip("* ") for cell in row.strip(" |").split("|")] for row in _ROW.findall(markdown)]
    rows = [row for row in rows if not all(set(cell) <= set(":- ") for cell in row)]
    borders = cut = 0
    for row in rows:
        for left, right in pairwise(cell for cell in row if cell):
            borders += 1
            cut += right[0].islower() and left[-1].isalpha() and " " in left + right and len(left + right) > 30
    for above, below in pairwise(rows):
        if above[-1] and below[0]:
            borders += 1
            cut += below[0][0].islower() and above[-1][-1].isalpha()
    return cut / borders if borders else 0.0
