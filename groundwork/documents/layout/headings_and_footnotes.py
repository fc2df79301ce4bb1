"""What the sizes and weights of a document's type tell: its body, its headings, the notes at the foot of a page.

A heading is set apart from the body, and so can only be told by looking at the document as a whole: the same bold
line is a heading in one manual, and a term, a warning's title or the whole text in another.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import chain, pairwise, zip_longest

from groundwork.documents.dot_leaders import is_contents_entry
from groundwork.documents.layout.text_lines import APART, Line, is_bullet, is_number, label
from groundwork.documents.repair.hyphens_and_ligatures import DocumentWords
from groundwork.language.words import WRITTEN_OUT

_NOTE_SIZE = 0.93  # of the body's size, which notes have at the most
_OTHER_FONT_RATIO, _SAME_FONT_RATIO = 1.06, 1.15  # times the body's size, which a heading is larger than
_UNNAMED_FONT_RATIO = 1.1  # where fonts have no names, as browsers embed Chinese ones, so that none is known to be bold
_NOTE_MARK = re.compile(r"(?:\d{1,3}|[*∗†‡§¶‖]+|\(\d{1,3}\)) ?[^\W\d]")  # a note's
_NUMERAL_TITLE = re.compile(r"([IVX]{1,5})\. (?=[A-Z0-9]{2})[A-Z0-9 ,:&/()'’–-]{4,90}")
_RUN_IN_HEAD = re.compile(r"[^\W\d_][^.:]{2,60}[.:] \S")
_SENTENCE_ENDS = (".", ",", ";")
_TYPEWRITER_SHARE = 0.7  # of the letters in a typewriter's font, from which on it is the body's and tells no code
_MOST_LEADING = 2.5  # sizes from line to line, which text with a line left free between its lines does not reach
_STRETCHED_STEP, _EQUAL_GAPS = 1.6, 0.25  # sizes from line to line, and by which spaces differ, of a stretched heading
_LABEL_WORDS = 3  # of a stretched heading, before which its second line may begin: a number, and the sign before it
_RECURRENCES = 4  # times that a bold line comes before it is the title of a kind of box, such as "Note"


class Styles:
    """The measures of a document, from the lines of its pages."""

    def __init__(self, pages: Sequence[Sequence[Line]]) -> None:
        lines = [line for page in pages for line in page if line.cells]
        sizes: Counter[float] = Counter()
        fonts: Counter[str] = Counter()
        bold: Counter[bool] = Counter()
        mono: Counter[bool] = Counter()
        for cell in chain.from_iterable(line.cells for line in lines):
            sizes[_rounded(cell.size)] += len(cell.text)
            fonts[cell.font] += len(cell.text)
            bold[cell.bold] += len(cell.text)
            mono[cell.mono] += len(cell.text)
        self.body = sizes.most_common(1)[0][0] if sizes else 10.0
        self.font = fonts.most_common(1)[0][0] if fonts else ""
        self.bold = bold[True] > bold[False]
        self.mono = mono[True] > _TYPEWRITER_SHARE * mono.total()
        self.leading = _leading(pages, self.body)
        self.vocabulary = DocumentWords(line.text for line in lines)
        self._box_titles = self._recurring(lines)
        numerals = {match[1] for line in lines if (match := _NUMERAL_TITLE.fullmatch(line.text))}
        self._has_numerals = len(numerals) > 1
        self._levels = self._ranks(pages)

    def heading(self, line: Line) -> int:
        """A line's level as a heading, 1 the highest; 0 where its type is not a heading's."""
        if self._is_large(line):
            return self._levels.get(_rounded(line.main.size), 1)
        is_set_off = self.is_numeral_title(line) or self._is_set_off(line)
        return min(6, max(self._levels.values(), default=1) + 1) if is_set_off else 0

    def is_numeral_title(self, line: Line) -> bool:
        """Whether a line is a section's title in capitals behind a Roman numeral, in a document of more than one."""
        return self._has_numerals and bool(_NUMERAL_TITLE.fullmatch(line.text)) and _may_head(line)

    def _is_large(self, line: Line) -> bool:
        run = line.main
        is_other_font = run.bold or (run.font != self.font and not run.mono)
        size_ratio = _OTHER_FONT_RATIO if is_other_font else _SAME_FONT_RATIO if self.font else _UNNAMED_FONT_RATIO
        return run.size > size_ratio * self.body and _may_head(line)

    def _is_set_off(self, line: Line) -> bool:
        """Bold where the body is not, and no title of a kind of box."""
        run = line.main
        if self.bold or not all(cell.bold and not cell.mono for cell in line.cells) or run.size < 0.8 * self.body:
            return False
        text = line.text
        return _may_head(line) and len(text) < 90 and not text.endswith(_SENTENCE_ENDS) and text not in self._box_titles

    def _recurring(self, lines: Sequence[Line]) -> set[str]:
        counts = Counter(line.text for line in lines if len(line.cells) == 1 and line.cells[0].bold)
        return {text for text, n in counts.items() if n >= _RECURRENCES}

    def _ranks(self, pages: Sequence[Sequence[Line]]) -> dict[float, int]:
        """Levels by size; the sizes that only one page has, where they are the largest, are its title's."""
        pages_by_size: defaultdict[float, set[int]] = defaultdict(set)
        for number, page in enumerate(pages):
            for line in page:
                if line.cells and self._is_large(line):
                    pages_by_size[_rounded(line.main.size)].add(number)
        shared = [size for size in pages_by_size if len(pages_by_size[size]) > 1 or len(pages) < 4]
        largest = max(shared, default=0.0)
        top = 2 if any(size > largest for size in pages_by_size) else 1
        return {
            size: 1 if size > largest else min(5, top + sum(larger > size for larger in shared))
            for size in pages_by_size
        }


def begins_with_head(line: Line) -> bool:
    """Whether a line begins with a few bold words and a stop, as a head that runs into its text."""
    return line.cells[0].runs_in and _RUN_IN_HEAD.match(line.text) is not None


def with_whole_headings(lines: Sequence[Line], body: float) -> list[Line]:
    """Lines with those as one text whose words are spread over the breadth of a justified column, and whose heading
    ends on the line below."""
    return [
        _joined_line(line) if _is_stretched(line, below, body) else line
        for line, below in zip_longest(lines, lines[1:])
    ]


def _is_stretched(line: Line, below: Line | None, body: float) -> bool:
    """Whether the words of a heading's line lie equally far apart, and the next line is of its type, below it."""
    if len(line.cells) < 2 or below is None or len(below.cells) != 1:
        return False
    last, cells = below.main, line.cells
    if any((cell.font, cell.bold) != (last.font, last.bold) or abs(cell.size - last.size) > 0.2 for cell in cells):
        return False
    words = [word for cell in cells for word in cell.words]
    start = next((k for k, word in enumerate(words[:_LABEL_WORDS]) if abs(below.x1 - word.x1) < 2), None)
    is_near = below.y - line.y < _STRETCHED_STEP * last.size and start is not None
    if not is_near or not (last.bold or last.size > _SAME_FONT_RATIO * body) or last.x2 > line.x2 + 2:
        return False
    words = words[start:]
    gaps = [b.x1 - a.x2 for a, b in pairwise(words)]
    return (
        len(gaps) > 1 and max(gaps) - min(gaps) < _EQUAL_GAPS * last.size and not any(is_number(w.text) for w in words)
    )


def _joined_line(line: Line) -> Line:
    text = " ".join(cell.text for cell in line.cells)
    words = tuple(word for cell in line.cells for word in cell.words)
    return line._replace(cells=[line.cells[0]._replace(x2=line.x2, text=text, words=words)])


def _may_head(line: Line) -> bool:
    text = line.text
    stands_alone = len(line.cells) == 1 and not is_bullet(text)
    return stands_alone and len(text) <= 160 and bool(WRITTEN_OUT.search(text)) and not is_contents_entry(text)


def _leading(pages: Sequence[Sequence[Line]], body: float) -> float:
    """From one line of the body to the next, in font sizes."""
    steps = [
        below.y - above.y
        for page in pages
        for above, below in pairwise(page)
        if above.cells and below.cells and _rounded(below.main.size) == body and not label(below.text)
    ]
    steps = [step / body for step in steps if 0.9 * body < step < _MOST_LEADING * body]
    return statistics.median(steps) if steps else 1.2


def _rounded(size: float) -> float:
    return round(2 * size) / 2


def foot_notes(lines: Sequence[Line], styles: Styles) -> tuple[int, int]:
    """(start, end) of the notes at the foot of a page or a column: lines in smaller letters, the first with a mark,
    without a running footer below them; both are the number of lines where there are none."""
    start = len(lines)
    while start and lines[start - 1].cells and lines[start - 1].main.size < _NOTE_SIZE * styles.body:
        start -= 1
    while start < len(lines) and (not _NOTE_MARK.match(lines[start].text) or _is_row(lines[start])):
        start += 1
    end = start
    while end < len(lines) and (end == start or lines[end].y - lines[end - 1].y < APART * styles.leading * styles.body):
        end += 1
    above = lines[start - 1] if 0 < start < end else None
    return (start, end) if above and above.cells else (len(lines), len(lines))


def _is_row(line: Line) -> bool:
    """Whether figures stand beside a line's first text: a row of a table in small letters, which has no notes."""
    return len(line.cells) > 1 and all(is_number(cell.text) for cell in line.cells[1:])
