"""The statements of a chunk, each of which a question can be about: its sentences, list items and table rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from groundwork.language.detection import resolved
from groundwork.language.scripts import UNSPACED
from groundwork.language.sentences import sentences

StatementKind = Literal["sentence", "row"]

OF_HEADING = -1  # the indent that stands for a heading, which governs a list right below it
LONGEST_NAME = 60  # characters of a column's name; what is longer, or a sentence, is no table head

_HEADING = re.compile(r"\s{0,3}#{1,6}\s")
_ROW = re.compile(r"\s*\|.*\|\s*$")
_DELIMITER = re.compile(r"\s*\|?\s*:?-{1,}:?\s*(?:\|\s*:?-{1,}:?\s*)*\|?\s*$")
_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_NOTHING = re.compile(r"\s*(?:!\[[^\]]*\]\([^)]*\)|<!--.*-->|[-*_]{3,}|<[^>]+>)?\s*$")
_ITEM = re.compile(
    r"(?P<indent>[ \t>]*)(?:[*_]{0,2})"
    r"(?P<label>[A-Z]?\d+(?:\.\d+)*[.)]|[A-Z]?\d+(?:\.\d+)+(?!\s*[€$£¥%‰°])|\(?[a-zA-Z][.)]|\([ivx]+\)|[-*+•◦▪–])"
    r"(?:[*_]{0,2})(?:\s+|(?=[A-Z]))"
)
_CAPTION = re.compile(r"[*_ \t]*(?:Table|Figure|Fig\.|Tabelle|Abbildung|Tableau)\s+\d+\b.{0,120}$")
_NUMBERING = re.compile(r"^[\s#*_]*[A-Z]?\d+(?:\.\d+)*\.?\s+")
_TWO_WORDS = re.compile(rf"(?s)[^\W\d_]+.*?[\W\d_][^\W\d_]|[{UNSPACED}]{{3}}")


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence, list item or table row at [start, end) of the chunk's text.

    `label` is the number of its rule; `lead` the text that governs a list item ("Players must:"), outermost first;
    `header` the names of a row's columns.
    """

    start: int
    end: int
    kind: StatementKind
    label: str = ""
    lead: str = ""
    header: tuple[str, ...] = ()

    def plain(self, text: str) -> str:
        """The statement as a reader would say it: the lead in front, a row as `column: cell` pairs, no markup."""
        own = text[self.start : self.end]
        if self.kind == "row":
            own = "; ".join(_cell_pairs(self.header, cells(own)))
        return " ".join(f"{self.lead} {own}".split()).replace("**", "")


def cells(row: str) -> list[str]:
    """The cells of a Markdown table row, with escaped pipes restored."""
    inner = row.strip().removeprefix("|").removesuffix("|")
    return [cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", inner)]


def is_caption(line: str) -> bool:
    """Is the line the caption of a table or figure?"""
    return _CAPTION.match(line) is not None


@lru_cache(maxsize=256)
def statements(text: str, language: str = "en") -> tuple[Statement, ...]:
    """The statements of a chunk's Markdown in order; headings, rules, images and table headers are none.

    `language` is an ISO 639-1 code, or "auto".
    """
    language = resolved(language, text)
    found: list[Statement] = []
    open_items: list[_Item] = []
    for kind, start, end in _blocks(text):
        if kind == "table":
            found += _rows(text, start, end)
        elif kind == "code":
            found.append(Statement(start, end, "sentence"))
        elif kind == "heading":
            open_items[:] = [_Item("", OF_HEADING, f"{_NUMBERING.sub('', text[start:end]).strip('#*_ ')}:")]
        else:
            found += _sentences(text, start, end, open_items, language)
    return tuple(found)


def _blocks(text: str) -> list[tuple[str, int, int]]:
    """(heading | table | code | text, start, end): a text block is one paragraph or one list item."""
    blocks: list[tuple[str, int, int]] = []
    fence = ""
    after_blank = True
    for start, end in _lines(text):
        line = text[start:end]
        last = blocks[-1] if blocks else ("", 0, 0)
        if fence:
            blocks[-1] = ("code", last[1], end)
            if line.strip().startswith(fence):
                fence = ""
        elif match := _FENCE.match(line):
            fence = match.group(1)
            blocks.append(("code", start, end))
        elif _HEADING.match(line):
            blocks.append(("heading", start, end))
        elif _NOTHING.match(line) or is_caption(line):
            after_blank = True
            continue
        elif _ROW.match(line):
            _extend_or_append(blocks, "table", start, end, extend=not after_blank and last[0] == "table")
        else:
            _extend_or_append(
                blocks, "text", start, end, extend=not after_blank and last[0] == "text" and not _ITEM.match(line)
            )
        after_blank = False
    return blocks


def _extend_or_append(blocks: list[tuple[str, int, int]], kind: str, start: int, end: int, *, extend: bool) -> None:
    if extend:
        blocks[-1] = (kind, blocks[-1][1], end)
    else:
        blocks.append((kind, start, end))


def _lines(text: str) -> list[tuple[int, int]]:
    spans, start = [], 0
    for line in text.splitlines(keepends=True):
        spans.append((start, start + len(line.rstrip("\r\n"))))
        start += len(line)
    return spans


def _rows(text: str, start: int, end: int) -> list[Statement]:
    """The rows below the head; without a delimiter line the first is the head. Empty rows are no statements.

    Lines with one filled cell above the head are captions.
    """
    lines = [(start + a, start + b) for a, b in _lines(text[start:end])]
    rows = [line for line in lines if not _DELIMITER.match(text[slice(*line)])]
    filled = [[cell for cell in cells(text[slice(*row)]) if re.search(r"\w", cell)] for row in rows]
    head = next((i for i, has in enumerate(filled) if len(has) > 1), 0)
    header = tuple(cells(text[slice(*rows[head])])) if rows else ()
    first = head + 1
    if any(len(name) > LONGEST_NAME or (name.endswith(".") and " " in name) for name in header):
        header, first = (), head  # a row like the others: the converter took it for the head
    return [Statement(*row, "row", header=header) for row, has in zip(rows[first:], filled[first:], strict=True) if has]


def _cell_pairs(header: tuple[str, ...], row: list[str]) -> list[str]:
    padded = [*header, *[""] * (len(row) - len(header))]
    return [f"{name}: {cell}" if name else cell for name, cell in zip(padded, row, strict=False) if cell]


def _sentences(text: str, start: int, end: int, open_items: list[_Item], language: str) -> list[Statement]:
    """The sentences of one paragraph or list item; `open_items` are the items that may govern it, kept up to date."""
    match = _ITEM.match(text, start, end)
    label, indent = (match["label"].strip("()."), len(match["indent"])) if match else ("", 0)
    body = match.end() if match else start
    while open_items and not (match and open_items[-1].governs(label, indent)):
        open_items.pop()
    lead = " ".join(item.lead for item in open_items if item.lead)
    spans = [(body + a, body + b) for a, b in sentences(text[body:end], language)]
    last = text[slice(*spans[-1])].rstrip("*_ ") if spans else ""
    if match or last.endswith(":"):
        open_items.append(_Item(label, indent, last if last.endswith(":") else ""))
    return [Statement(a, b, "sentence", label=label, lead=lead) for a, b in spans if _TWO_WORDS.search(text[a:b])]


@dataclass(frozen=True, slots=True)
class _Item:
    """A list item, a paragraph that ends with a colon (label ""), or a heading, which may govern what follows."""

    label: str
    indent: int
    lead: str

    def governs(self, label: str, indent: int) -> bool:
        if self.indent == OF_HEADING:
            return not _numbered(label)
        if not self.label:
            return True
        if _numbered(label) and _numbered(self.label):
            return label.startswith(f"{self.label}.")
        return indent > self.indent or (_numbered(self.label) and not _numbered(label))


def _numbered(label: str) -> bool:
    return any(character.isdigit() for character in label)
