"""Passages that questions leave out by default: contents pages and legal boilerplate."""

from __future__ import annotations

from bisect import bisect_right

import regex

from dataprep.schema.records import Document
from dataprep.text.blocks import Block

_LEGAL_HEADING = regex.compile(
    r"(?:[\d.]+\s*)?(?:(?:legal|software|document|content)\s+)?"
    r"(?:licen[cs]e|licen[cs]ing|copyright|legal notices?|imprint|impressum|disclaimer|lizenz|licence|licencia|"
    r"mentions légales|urheberrecht|aviso legal)\b.{0,40}",
    regex.IGNORECASE,
)
_LEGAL_TEXT = regex.compile(
    r"""all\ rights\ reserved | alle\ rechte\ vorbehalten | tous\ droits\ réservés | todos\ los\ derechos\ reservados
      | (?:©|\(c\)|copyright\s++(?:©|\(c\)|notice)?)\s*+(?:19|20)\d\d
      | permission\ is\ (?:hereby\ )?granted | licen[cs]ed\ under | creative\ ?commons\.org/licenses
      | without\ warranty\ of\ any\ kind | this\ work\ is\ licen[cs]ed | creative\ commons\ attribution
      | GNU\ (?:Lesser\ )?General\ Public\ Licen[cs]e""",
    regex.IGNORECASE | regex.VERBOSE,
)


def marks(text: str, found: list[Block], document: Document) -> list[str]:
    """For each block "contents", "boilerplate" or ""."""
    pages = [page for page in document.pages if page.contents]
    starts = [page.start for page in pages]
    result = []
    legal_level = 0  # of the heading whose section is boilerplate
    for block in found:
        k = bisect_right(starts, block.start) - 1
        on_contents = k >= 0 and block.start < pages[k].end
        if block.kind == "heading":
            title = block.headings[-1] if block.headings else ""
            if not legal_level or block.level <= legal_level:
                legal_level = block.level if _LEGAL_HEADING.fullmatch(title) else 0
        if block.kind == "contents" or (on_contents and not _is_prose(text, block)):
            result.append("contents")
        elif legal_level or (block.kind in ("paragraph", "quote") and _is_legal(text, block)):
            result.append("boilerplate")
        else:
            result.append("")
    return result


def _is_prose(text: str, block: Block) -> bool:
    return block.kind != "contents" and block.end - block.start > 200 and text.count(". ", block.start, block.end) >= 2


def _is_legal(text: str, block: Block) -> bool:
    hits = len(_LEGAL_TEXT.findall(text, block.start, block.end))
    return hits > 0 and hits * 400 >= block.end - block.start
