"""One Markdown of many pages: lines mended, what runs over a page end joined, pages kept by offset."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from groundwork.documents.auditing.page_audit import HEADING_LINE
from groundwork.language.labels import ITEM
from groundwork.language.sentences import LINE_ENDS
from groundwork.language.words import WRITTEN_OUT

_ITEM = re.compile(rf"(?:{ITEM}|[-*+])(?:\s|$)|[A-Z]?(?:\d+\.){{2,}}\d*\S")
_BLOCK_START = re.compile(r"#{1,6}\s|\||```|~~~|>|!\[|<|\$\$")
_LEADERS = re.compile(r"(?:(?<!\s)\s++)?(?:(?:\.\s?){4,}\s*|…{2,}\s*|(?<!_)(?<!_\s)(?:_\s?){6,}+\s*(?=\d+\W*$))")
_DOTS = ("....", ". . .", ".. ..", "……", "___", "_ _")  # what leaders hold
_CONTENTS_LINE = re.compile(r"^.*\S (?:\.{3}|…) \d+\W*$")
_DELIMITER = re.compile(r"\|?(?:\s*:?-+:?\s*\|)+\s*(?::?-+:?)?\s*$")
_NUMBERED = re.compile(r"[#*_ ]*([^\W\d_]+\.? [A-Z]?[\d.-]*\d)\b")  # a caption: Table 3
_UNDERLINE = re.compile(r"<u>\s*[↑^]?\s*</u>|</?u>")  # and the arrows that lead back to the contents
_ENTRY = re.compile(r"^(?:#{1,6} +)?(?![-*+] )(\S.{1,120}?\S)(?: ?[.…·]++)*+ \**(\d{1,4})\**\s*$")
_FIGURES = re.compile(r"\w\W+\d[\d.,]*$")  # a row of figures, and no title
_GLUED_ITEM = re.compile(
    r"^((?:#{1,6} )?(?:(?:[A-Z]?\d+\.)(?:\d+\.)+\d*(?=[A-Z“\"(])|[A-Z]?\d{1,3}\.(?=[A-Z][a-z]{2})))"
)
_BACK_LINK = re.compile(r"(?:(?<!\s)\s++)?↑\s*$")
_HYPHEN_END = re.compile(r"(?<![^\W\d_])[^\W\d_]{2,}+[-‐]$")
_STEM = re.compile(r"(?<![^\W\d_])(?<![^\W\d_]-)(?:[^\W\d_]+-)*[^\W\d_]+[-‐]$")
_WORDS = 3  # of what is no formula, nor a label
_LONG = 60  # letters of what is running text and no label
_FLOATS = 2  # tables and captions at the head of a page that a sentence may pass over


class Stitched(NamedTuple):
    """The whole Markdown and, page by page, (start, end) into it."""

    markdown: str
    spans: list[tuple[int, int]]


def tidy(markdown: str) -> str:
    """A page's Markdown with broken lines joined, one item a paragraph, headings free-standing, leaders shortened."""
    out: list[str] = []
    fence = ""
    for line in markdown.replace("\r\n", "\n").split("\n"):
        text = line.rstrip()
        if marker := re.match(r"\s*(```+|~~~+)", text):
            fence = "" if fence and text.strip().startswith(fence) else fence or marker[1]
            out.append(text)
        elif fence:
            out.append(text)
        else:
            _add(out, _tidy_line(text))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip("\n")


def stitch(pages: Sequence[str], *, flowing: bool = True) -> Stitched:
    """The pages as one text. A page's span ends where its own text ends; an empty page has an empty span.

    `flowing`: sentences and tables go on overleaf, as those of slides do not.
    """
    texts: list[str] = []
    joints: list[str] = []
    last = -1  # the page before that holds text
    for i, page in enumerate(pages):
        texts.append(unicodedata.normalize("NFC", page))  # as models write, who could else quote no accent
        joints.append("")
        if page.strip():
            if last >= 0:
                above, below = texts[last], texts[i]
                texts[last], joints[i], texts[i] = _join(above, below, pages) if flowing else (above, "\n\n", below)
            last = i
    spans = []
    position = 0
    for joint, text in zip(joints, texts, strict=True):
        position += len(joint)
        spans.append((position, position + len(text)))
        position += len(text)
    return Stitched("".join(joint + text for joint, text in zip(joints, texts, strict=True)), spans)


def plain_contents(page: str) -> str:
    """The page with its table of contents, if there is one, as lines of one form: no headings, `title … page`."""
    lines = page.split("\n")
    run: list[int] = []
    last = 0
    for i, line in enumerate([*lines, "-"]):
        entry = _ENTRY.match(line) if line.rstrip("* ")[-1:].isdigit() else None
        entry = None if entry and _FIGURES.search(entry[1]) else entry
        if entry and last <= int(entry[2]) <= last + 60 and not line.startswith("|"):
            run.append(i)
            last = int(entry[2])
        elif line.strip():
            if len(run) >= 5:
                for k in run:
                    lines[k] = _ENTRY.sub(r"\1 … \2", lines[k]).replace("**", "")
            run, last = ([i], int(entry[2])) if entry else ([], 0)
    return "\n".join(lines)


def is_contents(markdown: str) -> bool:
    """Whether most of a page's lines are entries of a table of contents or an index with page numbers."""
    lines = [line for line in markdown.split("\n") if line.strip()]
    entries = sum(bool(_CONTENTS_LINE.match(line)) for line in lines)
    return entries >= 4 and entries > 0.6 * len(lines)


def _join(above: str, below: str, pages: Sequence[str]) -> tuple[str, str, str]:
    """Two pages' texts, mended where they meet, and what stands between them."""
    last, first = above.rsplit("\n", 1)[-1], below.split("\n", 1)[0]
    if last.startswith("|") and first.startswith("|") and last.count("|") == first.count("|"):
        return above, "\n", _without_header(above, below)
    if last.startswith("|") and (rows := _continued(above, below)):
        return above, "\n", rows
    if is_open(last) and not goes_on_in(first) and (resumed := _resumed(below)):
        below, first = resumed, resumed.split("\n", 1)[0]
    if _BLOCK_START.match(last) or not goes_on_in(first) or len(WRITTEN_OUT.findall(last)) < _WORDS:
        return above, "\n\n", below
    if _HYPHEN_END.search(last):
        above, joint = _mend(above, first, pages)
        return above, joint, below
    return above, "\n\n" if last.endswith(LINE_ENDS) else " ", below


def is_open(last: str) -> bool:
    """Whether a paragraph is running text that ends in the middle of a sentence."""
    return len(last) > _LONG and not _BLOCK_START.match(last) and not last.endswith(LINE_ENDS)


def goes_on_in(first: str) -> bool:
    """Whether a paragraph begins in the middle of a sentence."""
    return first[:1].islower() and not _BLOCK_START.match(first) and not _ITEM.match(first)


def _resumed(below: str) -> str:
    """A page whose sentence from overleaf goes on below a table or a figure's caption, with that sentence first; ""
    where none does."""
    blocks = below.split("\n\n", _FLOATS + 1)
    for i, block in enumerate(blocks[1 : _FLOATS + 1], start=1):
        before = blocks[i - 1]
        if not (before.startswith("|") or before.endswith(LINE_ENDS)):
            return ""
        if goes_on_in(block) and len(block) > _LONG:
            return "\n\n".join([block, *blocks[:i], *blocks[i + 1 :]])
    return ""


def _continued(above: str, below: str) -> str:
    """The text below from its first rows on, where their caption has the number of that of the table above, and they
    its header, as when a table goes on overleaf; "" where they do not."""
    blocks, further = above.split("\n\n"), below.split("\n\n", 1)
    if len(blocks) < 2 or len(further) < 2 or not further[1].startswith("|"):
        return ""
    number, same = _NUMBERED.match(blocks[-2]), _NUMBERED.match(further[0])
    header, repeated = blocks[-1].split("\n", 1)[0], further[1].split("\n", 1)[0]
    if not number or not same or number[1] != same[1] or header.count("|") != repeated.count("|"):
        return ""
    return _without_header(above, further[1])


def _without_header(above: str, below: str) -> str:
    """A table's second part without its delimiter row, and without the rows of heads that repeat the first part's."""
    rows = below.split("\n")
    if len(rows) < 2 or not _DELIMITER.match(rows[1]):
        return below
    rows = [rows[0], *rows[2:]]
    table = [" ".join(row.split()) for row in above.split("\n\n")[-1].split("\n") if not _DELIMITER.match(row)]
    heads = next(
        (k for k, (row, head) in enumerate(zip(rows, table, strict=False)) if " ".join(row.split()) != head), 0
    )
    repeated = " ".join(rows[0].split()) in table or not rows[0].replace("|", "").strip()
    return "\n".join(rows[max(heads, repeated) :])


def _mend(above: str, below: str, pages: Sequence[str]) -> tuple[str, str]:
    """`above` that ends in a hyphen, without it, unless the document writes that word with a hyphen elsewhere."""
    stem = _STEM.search(above)
    rest = re.match(r"[^\W\d_]+", below)
    if not stem or not rest:
        return above[:-1], ""
    whole = re.compile(rf"\b{re.escape(stem[0])}{re.escape(rest[0])}\b", re.IGNORECASE)
    return (above, "") if any(whole.search(page) for page in pages) else (above[:-1], "")


def _tidy_line(line: str) -> str:
    line = _UNDERLINE.sub("", line) if "u>" in line else line
    line = _BACK_LINK.sub("", line) if "↑" in line else line
    text = _LEADERS.sub(" … ", line) if any(dots in line for dots in _DOTS) else line
    if text != line:
        text = text.replace("**", "").lstrip("# ").rstrip()
    elif len(text) > 160 and (heading := HEADING_LINE.match(text)):
        text = heading[2]  # a paragraph, whatever the engine took it for
    return _GLUED_ITEM.sub(r"\1 ", text)


def _add(out: list[str], line: str) -> None:
    """Append a line: to the line before where it goes on with it, after a blank line where it begins a block."""
    previous = out[-1] if out else ""
    if not line.strip() or not previous.strip():
        if line.strip() or previous.strip():
            out.append(line)
    elif _goes_on(previous, line):
        out[-1] = _glue(previous, line.strip())
    elif _needs_blank(previous, line):
        out += ["", line]
    else:
        out.append(line)


def _goes_on(previous: str, line: str) -> bool:
    text = line.lstrip("* ")
    if _BLOCK_START.match(line) or _BLOCK_START.match(previous) or _ITEM.match(text):
        return False
    return not previous.endswith(LINE_ENDS) and (text[:1].islower() or text[:1] == "(") and "…" not in previous


def _glue(previous: str, line: str) -> str:
    if _HYPHEN_END.search(previous) and line[:1].islower():
        return previous[:-1] + line
    return f"{previous} {line}"


def _needs_blank(previous: str, line: str) -> bool:
    """Headings stand free, and numbered rules are paragraphs of their own; bullet lists stay together."""
    if line.startswith("#") or previous.startswith("#"):
        return True
    if line.startswith("|") != previous.startswith("|"):
        return True
    return bool(re.match(r"[A-Z]?(?:\d+\.)+\d*\s", line))
