"""Running headers, footers and page numbers: lines that come back at the edge of page after page."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence

_EDGE = 3  # lines at the head and at the foot of a page that may be running ones
_LEAST = 3  # pages a line must come back on
_SETTLED = 0.7  # of its comings at the same place, for a line without a page number
_MOSTLY = 0.6  # of the pages
_NUMBER = re.compile(r"\d+")
_AT_END = re.compile(r"^(\d{1,4})(?=\s+[^\W\d])|(?<=\s)(\d{1,4})$")  # a page number beside a title
_ROMAN = re.compile(r"[ivxlc]{1,7}$")
_LABEL = re.compile(r"\W*(?:[^\W\d_]{1,12}\W{0,2})?(\d{1,4})\W*")  # such as 61, - 61 -, Page 61
_MARKS = re.compile(r"[*_#>\\]+|</?\w+>")


def running_keys(pages: Sequence[str], first: int = 1) -> set[str]:
    """What runs through the pages, in the form that `strip_running` takes. `first`: the number of the first page."""
    counts: Counter[str] = Counter()
    numbered: Counter[str] = Counter()
    places: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for i, page in enumerate(pages):
        edges = _edges(page)
        found = {key: place for place, line in enumerate(edges) for key in keys_of(line, first + i)}
        counts.update(found.keys())
        for key, place in found.items():
            places[key][place if place < _EDGE else place - len(edges)] += 1
        numbered.update({key for line in edges[:1] + edges[-1:] for key in _numbered(line, first + i)})
    running = {key for key, n in counts.items() if n >= _LEAST and _enough(key, n, len(pages))}
    running = {key for key in running if "<page>" in key or _is_settled(places[key], len(pages))}
    return running | {key for key, n in numbered.items() if n > max(_LEAST, len(pages) // 2)}


def strip_running(pages: Sequence[str], keys: set[str], numbers: Sequence[int]) -> list[str]:
    """The pages, whose numbers are `numbers`, without the lines that run through the document."""
    return [_without(page, number, keys) for page, number in zip(pages, numbers, strict=True)]


def without_line(page: str, cells: Sequence[str]) -> str | None:
    """The page without a line of these cells; None where it, or one of its cells, is in no line of its own there."""
    lines = page.split("\n")
    found = [_find(lines, "".join(cells))]
    found = found if found[0] else [_find(lines, cell) for cell in cells]
    if not all(found):
        return None
    gone = {i for place in found for i in place}
    return "\n".join(line for i, line in enumerate(lines) if i not in gone)


def _find(page: Sequence[str], text: str) -> range:
    """The lines, one or more, that hold the letters of a text and no others; of several the outermost."""
    wanted, letters = _letters(text), [_letters(line) for line in page]
    for start in sorted(range(len(page)), key=lambda i: min(i, len(page) - i)):
        held, end = letters[start], start + 1
        while held and end < len(page) and len(held) < len(wanted) and wanted.startswith(held):
            held, end = held + letters[end], end + 1
        if held and held == wanted:
            return range(start, end)
    return range(0)


def _letters(line: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", line).casefold() if c.isalnum())


def without_running(pages: Sequence[str]) -> list[str]:
    """All pages of a document without what runs through them."""
    return strip_running(pages, running_keys(pages), range(1, len(pages) + 1))


def page_labels(page: str) -> list[str]:
    """The numbers that stand alone in the first or the last line of a page, and so are labels of the page."""
    lines = [line.strip() for line in page.split("\n") if line.strip()]
    return [match[1] for line in lines[:1] + lines[-1:] if (match := _LABEL.fullmatch(line))]


@functools.lru_cache(4096)  # a page's text and its Markdown have the same lines at their edges
def keys_of(line: str, number: int) -> tuple[str, ...]:
    """What a line may repeat as: itself, and itself with a number that is the page's, printed so many pages off."""
    text = " ".join(_MARKS.sub("", line).split()).casefold()
    if not text or text.startswith("|") or len(text) > 200:
        return ()
    keys = [text] if any(c.isalpha() for c in text) else []
    for found in _NUMBER.finditer(text):
        if len(found[0]) < 5:
            keys.append(f"{int(found[0]) - number}|{text[: found.start()]}<page>{text[found.end() :]}")
    if _ROMAN.match(text):
        keys.append(f"{_roman(text) - number}|<page>")
    return tuple(keys)


def _is_settled(places: Counter[int], pages: int) -> bool:
    """Whether a line comes at one place of the pages, as headers do and the title of a kind of box does not; what
    most of the pages have may stand anywhere at the same end of them."""
    at_foot = sum(n for place, n in places.items() if place < 0)
    often = places.total() > _MOSTLY * pages
    most = max(at_foot, places.total() - at_foot) if often else places.most_common(1)[0][1]
    return most >= _SETTLED * places.total()


def _enough(key: str, n: int, pages: int) -> bool:
    """A header of one chapter comes on few pages of a long book, with its page number; a bare repeated line must
    come on a good part of them, and so must a number that stands alone."""
    text = _NUMBER.sub("", key.replace("<page>", "").partition("|")[2] or key)
    if "<page>" in key:
        return n >= (_LEAST if any(c.isalpha() for c in text) else max(_LEAST, pages // 5))
    return n >= max(_LEAST, min(pages // 4, 8))


def _roman(text: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}[c] for c in text]
    return sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))


def _edges(page: str) -> list[str]:
    lines = [line for line in page.split("\n") if line.strip()]
    return lines if len(lines) <= 2 * _EDGE else lines[:_EDGE] + lines[-_EDGE:]


def _numbered(line: str, number: int) -> list[str]:
    """What a line may be that carries its page's number and a text of its own, such as the section's title."""
    text = " ".join(_MARKS.sub("", line).split())
    if len(text) > 100 or text.startswith("|"):
        return []
    return [f"{int(found[1] or found[2]) - number}|<any>" for found in _AT_END.finditer(text)]


def _without(page: str, number: int, keys: set[str]) -> str:
    lines = page.split("\n")
    filled = [i for i, line in enumerate(lines) if line.strip()]
    gone: set[int] = set()
    paged = False
    for inward in (filled[:_EDGE], filled[: -_EDGE - 1 : -1]):
        for i in inward:
            found = keys.intersection(keys_of(lines[i], number))
            if not found:
                break
            gone.add(i)
            paged = paged or any("<page>" in key for key in found)
    for inward in () if paged else (filled, filled[::-1]):
        outermost = next((i for i in inward if i not in gone), None)
        if outermost is not None and not keys.isdisjoint(_numbered(lines[outermost], number)):
            gone.add(outermost)
            break
    return "\n".join(line for i, line in enumerate(lines) if i not in gone).strip("\n") if gone else page.strip("\n")
