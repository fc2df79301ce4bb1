"""What the sizes and weights of a document's type tell: its body, its headings, the notes at the foot of a page.

A heading is set apart from the body, and so can only be told by looking at the document as a whole: the same bold
line is a heading in one manual, and a term, a warning's title or the whole text in another.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import chain, pairwise, zip_longest
from typing import Any

from groundwork.documents.dot_leaders import is_contents_entry
from groundwork.documents.layout.text_runs_and_lines import APART, Line, Run, is_bullet, is_number, item_label, to_lines
from groundwork.documents.repair.hyphens_and_ligatures import DocumentWords
from groundwork.language.language_and_script import detect_language
from groundwork.language.sentences import sentences
from groundwork.language.words import WRITTEN_OUT_WORD
from groundwork.markdown.running_page_lines import heading_key

_FOOTNOTE_SIZE = 0.93  # of the body's size, which notes have at the most
# times the body's size, which a heading is larger than
_OTHER_FONT_HEADING_RATIO, _SAME_FONT_HEADING_RATIO = 1.06, 1.15
# where fonts have no names, as browsers embed Chinese ones, so that none is known to be bold
_UNNAMED_FONT_HEADING_RATIO = 1.1
_FOOTNOTE_START = re.compile(r"(?:\d{1,3}|[*∗†‡§¶‖]+|\(\d{1,3}\)) ?[^\W\d]")  # a note's
_HEADING_LEADING = 1.5  # sizes from one line of a heading to the next
_SAME_HEADING_LEADING = 1.06  # times the body's leading, from one to the next
_MOST_HEADING_STEP = 2.2  # sizes from one line to the next of a heading that is double-spaced
_SAME_HEADING_HEIGHT = 1.06  # times the height of its tallest word, in which lines of several sizes and fonts differ
_OFF_CENTRE = 0.25  # sizes by which the middles of centred lines differ, as where a note's mark stands behind one
_LEAST_PROSE = 60  # letters of several sentences that are no heading
_LONGEST_HEADING_SENTENCE = 120  # letters of a heading that ends with a stop
_PROSE_ENDS = (".", "!", "?", "”", '"')
_LONGEST_HEADING_PARTICLE = 3  # letters, as of "and" and "der", with which no heading ends
_NUMERAL_HEADING = re.compile(r"([IVX]{1,5})\. (?=[A-Z0-9]{2})[A-Z0-9 ,:&/()'’–-]{4,90}")
_RUN_IN_HEADING = re.compile(r"[^\W\d_][^.:]{2,60}[.:] \S")
_SENTENCE_ENDS = (".", ",", ";")
_TYPEWRITER_STYLE_SHARE = 0.7  # of the letters in a typewriter's font, from which on it is the body's and tells no code
_MOST_STYLE_LEADING = 2.5  # sizes from line to line, which text with a line left free between its lines does not reach
_STRETCHED_STEP, _EQUAL_GAPS = 1.6, 0.25  # sizes from line to line, and by which spaces differ, of a stretched heading
# of a stretched heading, before which its second line may begin: a number, and the sign before it
_HEADING_LABEL_WORDS = 3
_BOX_TITLE_RECURRENCES = 4  # times that a bold line comes before it is the title of a kind of box, such as "Note"
NAMED_HEADING_RATIO = 1.15  # times the body's size: a line above that may be a heading, a running header has less
_MOST_HEADING_LINES = 3  # lines of a heading at the most


class HeadingStyles:
    """The measures of a document, from the lines of its pages."""

    def __init__(self, pages: Sequence[Sequence[Line]]) -> None:
        styled_lines = [line for page in pages for line in page if line.runs]
        styled_runs = list(chain.from_iterable(line.runs for line in styled_lines))
        size_style_counts = _letters_by_style(styled_runs, lambda run: _rounded_heading_size(run.size))
        font_style_counts = _letters_by_style(styled_runs, lambda run: run.font)
        bold_style_counts = _letters_by_style(styled_runs, lambda run: run.bold)
        mono_style_counts = _letters_by_style(styled_runs, lambda run: run.mono)
        self.body = size_style_counts.most_common(1)[0][0] if size_style_counts else 10.0
        self.font = font_style_counts.most_common(1)[0][0] if font_style_counts else ""
        self.bold = bold_style_counts[True] > bold_style_counts[False]
        self.mono = mono_style_counts[True] > _TYPEWRITER_STYLE_SHARE * mono_style_counts.total()
        self.leading = _style_leading(pages, self.body)
        self.vocabulary = DocumentWords(line.text for line in styled_lines)
        self._box_titles = self._recurring_bold_styles(styled_lines)
        heading_numerals = {match[1] for line in styled_lines if (match := _NUMERAL_HEADING.fullmatch(line.text))}
        self._has_numerals = len(heading_numerals) > 1
        self._levels_by_heading_size = self._heading_levels(pages)

    def heading(self, heading_line: Line) -> int:
        """A line's level as a heading, 1 the highest; 0 where its type is not a heading's."""
        if self._is_large_heading(heading_line):
            return self._levels_by_heading_size.get(_rounded_heading_size(heading_line.main.size), 1)
        is_set_off_heading = self.is_numeral_heading(heading_line) or self._is_heading_set_off(heading_line)
        return min(6, max(self._levels_by_heading_size.values(), default=1) + 1) if is_set_off_heading else 0

    def is_numeral_heading(self, line: Line) -> bool:
        """Whether a line is a section's title in capitals behind a Roman numeral, in a document of more than one."""
        return self._has_numerals and bool(_NUMERAL_HEADING.fullmatch(line.text)) and _may_be_heading(line)

    def _is_large_heading(self, heading_line: Line) -> bool:
        heading_run = heading_line.main
        is_other_font = heading_run.bold or (heading_run.font != self.font and not heading_run.mono)
        heading_size_ratio = (
            _OTHER_FONT_HEADING_RATIO
            if is_other_font
            else _SAME_FONT_HEADING_RATIO
            if self.font
            else _UNNAMED_FONT_HEADING_RATIO
        )
        return heading_run.size > heading_size_ratio * self.body and _may_be_heading(heading_line)

    def _is_heading_set_off(self, heading_line: Line) -> bool:
        """Bold where the body is not, and no title of a kind of box."""
        main = heading_line.main
        if self.bold or not all(run.bold and not run.mono for run in heading_line.runs) or main.size < 0.8 * self.body:
            return False
        heading_text = heading_line.text
        return (
            _may_be_heading(heading_line)
            and len(heading_text) < 90
            and not heading_text.endswith(_SENTENCE_ENDS)
            and heading_text not in self._box_titles
        )

    def _recurring_bold_styles(self, lines: Sequence[Line]) -> set[str]:
        bold_heading_counts = Counter(line.text for line in lines if len(line.runs) == 1 and line.runs[0].bold)
        return {text for text, n in bold_heading_counts.items() if n >= _BOX_TITLE_RECURRENCES}

    def _heading_levels(self, pages: Sequence[Sequence[Line]]) -> dict[float, int]:
        """Levels by size; the sizes that only one page has, where they are the largest, are its title's."""
        pages_by_size: defaultdict[float, set[int]] = defaultdict(set)
        for page_index, headed_page in enumerate(pages):
            for line in headed_page:
                if line.runs and self._is_large_heading(line):
                    pages_by_size[_rounded_heading_size(line.main.size)].add(page_index)
        shared_heading_sizes = [size for size in pages_by_size if len(pages_by_size[size]) > 1 or len(pages) < 4]
        largest_shared_size = max(shared_heading_sizes, default=0.0)
        top_heading_level = 2 if any(size > largest_shared_size for size in pages_by_size) else 1
        return {
            size: 1
            if size > largest_shared_size
            else min(5, top_heading_level + sum(larger > size for larger in shared_heading_sizes))
            for size in pages_by_size
        }

    def heading_end(
        self, lines: Sequence[Line], heading_start: int, is_full: Callable[[Line, Line], bool] = lambda *_: False
    ) -> int:
        """Where the lines end that are in the type of the heading that begins at one of them.

        `is_full`: whether the first word of a line would not have had its place at the end of the one above.
        """
        heading_level, heading_end = self.heading(lines[heading_start]), heading_start + 1
        while heading_end < len(lines) and self._is_same_heading(
            lines[heading_end - 1], lines[heading_end], heading_level, is_full
        ):
            heading_end += 1
        return heading_end

    def is_heading_too_long(self, lines: Sequence[Line], heading_start: int, heading_end: int) -> bool:
        """Whether lines in the type of a heading are too many for one, or are sentences."""
        most_lines = 4 if self._is_larger_than_body(lines[heading_start]) else 2
        if heading_end - heading_start > most_lines:
            return True
        return _reads_as_prose(" ".join(line.text for line in lines[heading_start:heading_end]))

    def is_heading(self, lines: Sequence[Line], heading_start: int, heading_end: int) -> bool:
        """Whether lines in the type of a heading are one: large, with a label, or with space around them."""
        heading_line = lines[heading_start]
        if self._heading_runs_in(lines, heading_end):
            return False
        has_heading_label = bool(item_label(heading_line.text)) or self.is_numeral_heading(heading_line)
        is_large_heading = self._is_larger_than_body(heading_line)
        return is_large_heading or has_heading_label or self._heading_stands_free(lines, heading_start, heading_end)

    def _is_larger_than_body(self, heading_line: Line) -> bool:
        return heading_line.main.size > 1.04 * self.body

    def _heading_runs_in(self, lines: Sequence[Line], below: int) -> bool:
        """Whether a bold start goes on in the line below it, and then runs into its text."""
        line_below, heading_line = (lines[below], lines[below - 1]) if below < len(lines) else (None, None)
        if not line_below or not heading_line or not line_below.runs or not line_below.runs[0].runs_in:
            return False
        is_near_heading = line_below.y - heading_line.y < APART * self.leading * max(
            line_below.main.size, heading_line.main.size
        )
        return is_near_heading and abs(line_below.main.size - heading_line.main.size) < 0.2

    def _is_same_heading(
        self, heading_above: Line, heading_line: Line, heading_level: int, is_full: Callable[[Line, Line], bool]
    ) -> bool:
        """Whether a line is a further one of the heading above it; it may be a year that alone would be none."""
        if (
            not heading_line.runs
            or len(heading_line.runs) > 1
            or item_label(heading_line.text)
            or is_contents_entry(heading_line.text)
            or (
                heading_above.text.isupper()
                and heading_line.text != heading_line.text.upper()
                and not self.heading(heading_line)
            )
        ):
            return False
        heading_step = (heading_line.y - heading_above.y) / heading_line.main.size
        is_near = heading_step < max(_HEADING_LEADING, _SAME_HEADING_LEADING * self.leading)
        if is_near and self._is_heading_alike(heading_above, heading_line, heading_level):
            return True
        return heading_step < _MOST_HEADING_STEP and self._heading_goes_on(heading_above, heading_line, is_full)

    def _is_heading_alike(self, heading_above: Line, heading_line: Line, heading_level: int) -> bool:
        """Whether two lines are of one type and size; within a phrase a name in another font may stand."""
        above, run = heading_above.main, heading_line.main
        is_within_phrase = heading_above.text.endswith(("-", "‐", ",")) or heading_line.text[:1].islower()
        is_same_type = above.bold == run.bold and (above.font == run.font or is_within_phrase)
        is_same_size = abs(above.size - run.size) < 0.2
        return is_same_type and is_same_size and self.heading(heading_line) in (heading_level, 0)

    def _heading_goes_on(self, heading_above: Line, heading_line: Line, is_full: Callable[[Line, Line], bool]) -> bool:
        """Whether the title in larger letters than the body's goes on in a line further below, or in another type: it
        is unfinished, or had no place for the next word."""
        if not (self._is_large_heading(heading_above) and self._is_large_heading(heading_line)):
            return False
        off_centre = abs(heading_above.x1 + heading_above.x2 - heading_line.x1 - heading_line.x2) / 2
        is_aligned = abs(heading_above.x1 - heading_line.x1) < 2 or off_centre < _OFF_CENTRE * heading_line.main.size
        heights = [max(word.y2 - word.y1 for word in line.main.words) for line in (heading_above, heading_line)]
        is_as_high = max(heights) < _SAME_HEADING_HEIGHT * min(heights)
        return (
            is_aligned
            and is_as_high
            and (_is_phrase_parted(heading_above.text, heading_line.text) or is_full(heading_above, heading_line))
        )

    def _heading_stands_free(self, lines: Sequence[Line], heading_start: int, heading_end: int) -> bool:
        """Whether a bold line has space above it and nothing indented below it, as the terms of a list have."""
        heading_line = lines[heading_start]
        heading_step = self.leading * self.body
        line_above = lines[heading_start - 1] if heading_start else None
        if line_above and line_above.runs and heading_line.y - line_above.y < 1.1 * heading_step:
            return False
        line_below = lines[heading_end] if heading_end < len(lines) else None
        if not line_below or not line_below.runs:
            return True
        is_indented = line_below.x1 - heading_line.x1 > 0.8 * heading_line.main.size and not item_label(line_below.text)
        return not is_indented or line_below.y - heading_line.y > 1.5 * heading_step


def _letters_by_style(styled_runs: Sequence[Run], style: Callable[[Run], Any]) -> Counter[Any]:
    style_counts: Counter[Any] = Counter()
    for run in styled_runs:
        style_counts[style(run)] += len(run.text)
    return style_counts


def heading_names(pages: Sequence[Sequence[Run]], body_size: float) -> frozenset[str]:
    """What headings of one to three lines say, in larger type than the body's size: as `heading_key` gives it."""
    heading_keys = set()
    for headed_runs in pages:
        large_runs = [run for run in headed_runs if run.size > NAMED_HEADING_RATIO * body_size]
        heading_lines = [line.text for line in to_lines(large_runs)]
        heading_keys |= {
            heading_key(" ".join(heading_lines[heading_start:heading_end]))
            for heading_start in range(len(heading_lines))
            for heading_end in range(heading_start + 1, heading_start + 1 + _MOST_HEADING_LINES)
        }
    return frozenset(heading_keys - {""})


def _is_phrase_parted(text_above: str, text: str) -> bool:
    """Whether a line ends with a particle, a hyphen or a comma, or the next one begins in small letters."""
    last_word, first_word = text_above.split()[-1], text.split()[0]
    is_particle = last_word.isalpha() and last_word.islower() and len(last_word) <= _LONGEST_HEADING_PARTICLE
    return is_particle or text_above.endswith(("-", "‐", ",")) or (first_word[:2].islower() and len(first_word) > 1)


def _reads_as_prose(text: str) -> bool:
    """Whether a text in the type of a heading is a long sentence, or several, as an answer in a form's larger type."""
    text = text.removeprefix(item_label(text)).strip()
    if len(text) < _LEAST_PROSE or not text.endswith(_PROSE_ENDS):
        return False
    return (len(text) > _LONGEST_HEADING_SENTENCE and text.endswith(".")) or len(
        sentences(text, detect_language(text))
    ) > 1


def begins_with_run_in_heading(heading_line: Line) -> bool:
    """Whether a line begins with a few bold words and a stop, as a head that runs into its text."""
    return heading_line.runs[0].runs_in and _RUN_IN_HEADING.match(heading_line.text) is not None


def with_whole_headings(lines: Sequence[Line], body_size: float) -> list[Line]:
    """Lines with those as one text whose words are spread over the breadth of a justified column, and whose heading
    ends on the line below."""
    return [
        _joined_heading_line(heading_line)
        if _is_stretched_heading(heading_line, heading_end, body_size)
        else heading_line
        for heading_line, heading_end in zip_longest(lines, lines[1:])
    ]


def _is_stretched_heading(heading: Line, heading_end: Line | None, body_size: float) -> bool:
    """Whether the words of a heading's line lie equally far apart, and the next line is of its type, below it."""
    if len(heading.runs) < 2 or heading_end is None or len(heading_end.runs) != 1:
        return False
    last_run, heading_runs = heading_end.main, heading.runs
    if any(
        (run.font, run.bold) != (last_run.font, last_run.bold) or abs(run.size - last_run.size) > 0.2
        for run in heading_runs
    ):
        return False
    heading_words = [word for run in heading_runs for word in run.words]
    heading_start = next(
        (k for k, word in enumerate(heading_words[:_HEADING_LABEL_WORDS]) if abs(heading_end.x1 - word.x1) < 2),
        None,
    )
    is_heading_near = heading_end.y - heading.y < _STRETCHED_STEP * last_run.size and heading_start is not None
    if (
        not is_heading_near
        or not (last_run.bold or last_run.size > _SAME_FONT_HEADING_RATIO * body_size)
        or last_run.x2 > heading.x2 + 2
    ):
        return False
    heading_words = heading_words[heading_start:]
    word_gaps = [b.x1 - a.x2 for a, b in pairwise(heading_words)]
    return (
        len(word_gaps) > 1
        and max(word_gaps) - min(word_gaps) < _EQUAL_GAPS * last_run.size
        and not any(is_number(w.text) for w in heading_words)
    )


def _joined_heading_line(line: Line) -> Line:
    heading_text = " ".join(run.text for run in line.runs)
    heading_words = tuple(word for run in line.runs for word in run.words)
    return line._replace(runs=[line.runs[0]._replace(x2=line.x2, text=heading_text, words=heading_words)])


def _may_be_heading(line: Line) -> bool:
    heading_text = line.text
    stands_alone = len(line.runs) == 1 and not is_bullet(heading_text)
    return (
        stands_alone
        and len(heading_text) <= 160
        and bool(WRITTEN_OUT_WORD.search(heading_text))
        and not is_contents_entry(heading_text)
    )


def _style_leading(pages: Sequence[Sequence[Line]], style_size: float) -> float:
    """From one line of the body to the next, in font sizes."""
    leading_of_style = [
        style_below.y - style_above.y
        for styled_page in pages
        for style_above, style_below in pairwise(styled_page)
        if style_above.runs
        and style_below.runs
        and _rounded_heading_size(style_below.main.size) == style_size
        and not item_label(style_below.text)
    ]
    leading_of_style = [
        step / style_size for step in leading_of_style if 0.9 * style_size < step < _MOST_STYLE_LEADING * style_size
    ]
    return statistics.median(leading_of_style) if leading_of_style else 1.2


def _rounded_heading_size(heading_size: float) -> float:
    return round(2 * heading_size) / 2


def footnote_range(lines: Sequence[Line], styles: HeadingStyles) -> tuple[int, int]:
    """(start, end) of the notes at the foot of a page or a column: lines in smaller letters, the first with a mark,
    without a running footer below them; both are the number of lines where there are none."""
    first_footnote = len(lines)
    footnote_size, footnote_step = _FOOTNOTE_SIZE * styles.body, APART * styles.leading * styles.body
    while first_footnote and lines[first_footnote - 1].runs and lines[first_footnote - 1].main.size < footnote_size:
        first_footnote -= 1
    while first_footnote < len(lines) and (
        not _FOOTNOTE_START.match(lines[first_footnote].text) or _is_small_table_row(lines[first_footnote])
    ):
        first_footnote += 1
    footnotes_end = min(first_footnote + 1, len(lines))
    while footnotes_end < len(lines) and lines[footnotes_end].y - lines[footnotes_end - 1].y < footnote_step:
        footnotes_end += 1
    line_above_footnotes = lines[first_footnote - 1] if 0 < first_footnote < footnotes_end else None
    if line_above_footnotes and line_above_footnotes.runs:
        return (first_footnote, footnotes_end)
    return (len(lines), len(lines))


def _is_small_table_row(footnote_line: Line) -> bool:
    """Whether figures stand beside a line's first text: a row of a table in small letters, which has no notes."""
    return len(footnote_line.runs) > 1 and all(is_number(run.text) for run in footnote_line.runs[1:])
