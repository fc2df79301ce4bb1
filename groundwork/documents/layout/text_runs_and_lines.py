"""A page's text as runs and lines: what stands side by side, what is a list's label, what shares a column."""

from __future__ import annotations

import re
import statistics
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from groundwork.documents.dot_leaders import LEADERS_AT_END, is_contents_entry, shortened_leaders
from groundwork.documents.layout.bold_mono_and_symbol_fonts import (
    begins_in_bold_font,
    dingbat_sign,
    is_bold_font,
    is_dingbat_font,
    is_mono_font,
    plain_font_name,
    with_symbol_font_letters,
)
from groundwork.documents.layout.text_layer_spelling import Speller
from groundwork.language.language_and_script import has_unspaced
from groundwork.language.list_labels import DRAWN_BULLET_LABEL, DRAWN_LABEL

APART = 1.3  # lines further apart than this many of the usual steps are paragraphs
_LINE_BULLET = re.compile(DRAWN_BULLET_LABEL)
_ITEM_LABEL = re.compile(DRAWN_LABEL)
_LINE_OF_DASHES = re.compile(r"[-_=*~–—─━]{4,}+")  # a line drawn with letters
_MONO_RUN_WIDTH = 0.5  # font sizes; a typewriter's letters have 0.52 to 0.6, the letters of other fonts 0.45
_LINE_NUMBER = re.compile(
    r"[-–—−+~<>±≥≤(\[]*[$€£¥]?\s?[-–−]?\.?\d[\d.,:/%’' –-]*[)\]%*†‡]*(?:\s?[a-z*†‡⁰¹²³⁴-⁹]{1,2})?[)\]]?"
    r"|[-–—−.*†‡…]+|n/?a|N/?A"
)
_RUN_WORD = re.compile(r"(?:\$[^$\s][^$]*\$|\S)+")  # a formula is one word
_TALL_RUN_RATIO = 1.4  # times the height of most of its words; a mathematical sign's font may reach as far
_LINE_NUMBER_GAP = 0.42  # font sizes between two runs that both hold numbers
_LINE_RUN_GAP = 1.1  # font sizes between two runs
_LEADER_TITLE_WORDS = 4  # words of a run that is no entry's number

Stretches = Sequence[tuple[float, float]]


class Box(NamedTuple):
    """A word or a segment, in points from the page's top left."""

    x1: float
    y1: float
    x2: float
    y2: float
    text: str = ""


class Run(NamedTuple):
    """Text of one font on one line, in points from the page's top left."""

    x1: float
    y1: float
    x2: float
    y2: float
    text: str
    size: float
    font: str = ""
    bold: bool = False
    mono: bool = False
    words: tuple[Box, ...] = ()  # each in its place
    runs_in: bool = False  # it begins in bold, as a head that runs into the text, and goes on in other letters


class Line(NamedTuple):
    """Runs side by side; those that no wide gap parts are one.

    For a drawn table there are no cells, but its rows: a row's cells are texts of one or more lines. A chart has the
    texts of its labels alone. `underlined`: the lines drawn right below it, from left to right. `walls`: where steep
    lines are drawn through its height. `columns`: those of a drawn table, which
    `full_table` has with the empty ones; `shared_columns`: those that the table has for the sake of its other part.
    """

    y: float  # of the bottom
    runs: list[Run]
    table: Sequence[Sequence[str]] = ()
    labels: str = ""
    underlined: Stretches = ()
    walls: Sequence[float] = ()
    columns: Stretches = ()
    full_table: Sequence[Sequence[str]] = ()
    shared_columns: Sequence[int] = ()

    @property
    def filled_columns(self) -> Stretches:
        """The columns of a drawn table that has texts in all of them."""
        return self.columns if self.table and len(self.table[0]) == len(self.columns) else ()

    @property
    def text(self) -> str:
        return self.runs[0].text if len(self.runs) == 1 else " ".join([run.text for run in self.runs])

    @property
    def main(self) -> Run:
        """The run that holds most of the text, and so its font."""
        return self.runs[0] if len(self.runs) == 1 else max(self.runs, key=lambda run: len(run.text))

    @property
    def x1(self) -> float:
        return self.runs[0].x1

    @property
    def x2(self) -> float:
        return self.runs[-1].x2


def has_field_rule(line: Line) -> bool:
    """Whether a longer line than its text is drawn below it, as the edge of a field is."""
    line_reach = line.x2 + 2 * line.main.size
    return any(x1 <= line.x1 + 2 and x2 > line_reach for x1, x2 in line.underlined)


def first_run_word_width(line: Line) -> float:
    """How wide the first word is, with a space; of Chinese and Japanese, which break anywhere, two characters."""
    first_run = line.runs[0]
    if has_unspaced(first_run.text.split(None, 1)[0]):
        return 2 * first_run.size
    return (first_run.x2 - first_run.x1) * (len(first_run.text.split(None, 1)[0]) + 1) / max(1, len(first_run.text))


def item_label(text: str) -> str:
    """The number, letter or bullet that makes a line an item; "" where there is none."""
    label_match = _LINE_BULLET.match(text) or _ITEM_LABEL.match(text)
    return label_match[0] if label_match else ""


def is_typed_rule(text: str) -> bool:
    """Whether a text is a line drawn with letters: dashes from one side to the other, or below a head."""
    return _LINE_OF_DASHES.fullmatch(text) is not None


def cleaned_line(line_text: str) -> str:
    """A line without the arrow that leads back to the contents, its leading dots as `…`, its label free of its text."""
    if "↑" in line_text:
        line_text = line_text.rstrip("↑ ")
    if is_contents_entry(line_text):
        line_text = shortened_leaders(line_text)
    label_end = len(item_label(line_text))
    if label_end and line_text[label_end : label_end + 1].strip():
        return f"{line_text[:label_end]} {line_text[label_end:]}"
    return line_text


def is_bullet(text: str) -> bool:
    return _LINE_BULLET.match(text) is not None


def to_run(
    text_item: Any, size: float, speller: Speller, end_font: str = "", typewriter: Collection[str] = ()
) -> Run | None:
    """A text item of liteparse whose letters have a size, spelt as in the text layer; None where it is blank.

    `end_font`: the font of its last word, where it may be another than that of the first. `typewriter`: fonts that are
    known to have letters of one width.
    """
    run_text = text_item.text.strip().replace("\u00ad", "-")
    if not run_text:
        return None
    run_font, is_bold_run = plain_font_name(text_item.font_name), begins_in_bold_font(text_item)
    if is_dingbat_font(run_font):
        run_text, text_item = _run_with_dingbat(run_text, text_item, run_font)
    end_font = plain_font_name(end_font)
    runs_in = is_bold_run and end_font not in ("", run_font) and not is_bold_font(end_font)
    run_font, is_bold_run = (end_font, False) if runs_in else (run_font, is_bold_run)
    x, right, (run_top, run_bottom) = text_item.x, text_item.x + text_item.width, _run_top_and_bottom(text_item)
    is_typed = run_font in typewriter or is_mono_font(run_font)
    is_mono = is_typed and text_item.width > _MONO_RUN_WIDTH * size * len(run_text)  # not its first word alone
    spelt_run = speller.spell(run_text)
    run_tokens, run_boxes = run_text.split(), [word.text for word in text_item.words]
    boxes_fit_run = run_tokens == run_boxes or sum(map(len, run_tokens)) == sum(
        len("".join(word.split())) for word in run_boxes
    )
    run_words = tuple(
        _spelt_word_boxes(text_item.words, spelt_run)
        if boxes_fit_run
        else spread_words(spelt_run, x, text_item.width, (run_top, run_bottom))
    )
    if not spelt_run.isascii():
        spelt_run = with_symbol_font_letters(spelt_run, run_font)
        run_words = tuple(
            word._replace(text=with_symbol_font_letters(word.text, run_font, begins=not k))
            for k, word in enumerate(run_words)
        )
    return Run(x, run_top, right, run_bottom, spelt_run, size, run_font, is_bold_run, is_mono, run_words, runs_in)


def _run_with_dingbat(run_text: str, text_item: Any, font: str) -> tuple[str, Any]:
    """A text and its item; where its first word, a letter in a font of pictures, stands alone, with the sign that it
    shows."""
    run_sign, _, run_text_behind_sign = run_text.partition(" ")
    run_words = text_item.words
    if len(run_sign) != 1 or not run_words or run_words[0].text.strip() != run_sign:
        return run_text, text_item
    run_dingbat = dingbat_sign(run_sign, font)
    run_words = [msgspec.structs.replace(run_words[0], text=run_dingbat), *run_words[1:]]
    return f"{run_dingbat} {run_text_behind_sign}".rstrip(), msgspec.structs.replace(text_item, words=run_words)


def _run_top_and_bottom(text_item: Any) -> tuple[float, float]:
    """Top and bottom of a text item; where a sign of another font reaches far out of the line, those of its words."""
    run_top, run_bottom = text_item.y, text_item.y + text_item.height
    run_heights = [word.height for word in text_item.words]
    if (
        not run_heights
        or text_item.height < _TALL_RUN_RATIO * min(run_heights)
        or text_item.height < _TALL_RUN_RATIO * statistics.median(run_heights)
    ):
        return run_top, run_bottom
    middle_run_word = sorted(text_item.words, key=lambda word: word.height)[len(text_item.words) // 2]
    return middle_run_word.y, middle_run_word.y + middle_run_word.height


def _spelt_word_boxes(run_words: Sequence[Any], spelt_run: str) -> list[Box]:
    """The words of a text item; boxes that the text layer holds as one word are one."""
    spelt_run_words = spelt_run.split()
    if [len(word.text) for word in run_words] == [len(word) for word in spelt_run_words]:  # as nearly always
        return [
            Box(word.x, word.y, word.x + word.width, word.y + word.height, run_letters)
            for word, run_letters in zip(run_words, spelt_run_words, strict=True)
        ]
    joined_run_words: list[Box] = []
    run_letters = ""
    for word in run_words:
        run_box = Box(word.x, word.y, word.x + word.width, word.y + word.height, word.text)
        if run_letters and spelt_run_words and len("".join(spelt_run_words[0].split())) > len(run_letters):
            joined_run_words[-1] = Box(
                joined_run_words[-1].x1,
                min(joined_run_words[-1].y1, run_box.y1),
                run_box.x2,
                max(joined_run_words[-1].y2, run_box.y2),
                spelt_run_words[0],
            )
        else:
            joined_run_words.append(run_box)
            run_letters = ""
        run_letters += word.text
        if spelt_run_words and len(run_letters) >= len(spelt_run_words[0]):
            joined_run_words[-1] = joined_run_words[-1]._replace(text=spelt_run_words.pop(0))
            run_letters = ""
    return joined_run_words


def spread_words(run_text: str, x: float, width: float, rise: tuple[float, float]) -> list[Box]:
    """The words of a text whose own boxes do not hold all of it, as of formulas: each has its share of the width."""
    run_letter_width = width / max(1, len(run_text))
    return [
        Box(x + run_letter_width * word.start(), rise[0], x + run_letter_width * word.end(), rise[1], word[0])
        for word in _RUN_WORD.finditer(run_text)
    ]


def to_lines(runs: list[Run]) -> list[Line]:
    """Runs whose middles share a height, from left to right; lines from top to bottom."""
    return [_line_of_runs(sorted(group)) for group in runs_by_line(runs)]


def runs_by_line(runs: Sequence[Run]) -> list[list[Run]]:
    """Runs in groups whose middles share a height, from top to bottom."""
    run_groups: list[list[Run]] = []
    line_middle = 0.0
    for run in sorted(runs, key=lambda run: run.y1 + run.y2):
        if run_groups and abs((run.y1 + run.y2) / 2 - line_middle) < 0.45 * (run.y2 - run.y1):
            run_groups[-1].append(run)
        else:
            run_groups.append([run])
            line_middle = (run.y1 + run.y2) / 2
    return run_groups


def text_columns(line_runs: Sequence[Run], stretches: Stretches = ()) -> Stretches:
    """The stretches from left to right that some runs cover, and those known; what overlaps is one."""
    line_columns: list[tuple[float, float]] = []
    for x1, x2 in sorted([*stretches, *((run.x1, run.x2) for run in line_runs)]):
        if line_columns and x1 < line_columns[-1][1] + 2:
            if x2 > line_columns[-1][1]:
                line_columns[-1] = (line_columns[-1][0], x2)
        else:
            line_columns.append((x1, x2))
    return line_columns


def parted_words(line_words: Sequence[Box], size: float = 0) -> list[list[Box]]:
    """The words of a line as texts: parted where they stand apart, numbers by less than others, and after leaders."""
    line_word_groups = [[line_word] for line_word in line_words[:1]]
    for previous, line_word in pairwise(line_words):
        line_gap, word_em = line_word.x1 - previous.x2, size or 0.85 * (line_word.y2 - line_word.y1)
        is_same_text = line_gap < _LINE_NUMBER_GAP * word_em or (
            line_gap < word_em and not (is_number(previous.text) and is_number(line_word.text))
        )
        if is_same_text and not (previous.text.endswith("....") and is_number(line_word.text)):
            line_word_groups[-1].append(line_word)
        else:
            line_word_groups.append([line_word])
    return line_word_groups


def words_as_box(words: Sequence[Box]) -> Box:
    """Words side by side as one box."""
    if len(words) == 1:
        return words[0]
    y1, y2 = min([word.y1 for word in words]), max([word.y2 for word in words])
    return Box(words[0].x1, y1, max([word.x2 for word in words]), y2, " ".join([word.text for word in words]))


@lru_cache(16384)  # a page's words are asked for as parts of lines, rows and columns
def is_number(line_text: str) -> bool:
    """Whether a run's text is a figure, or what stands for one: 1,200, (0.5), 12%, 3 a, –, .."""
    return _LINE_NUMBER.fullmatch(line_text) is not None


def column_of(line_run: Run, stretches: Stretches) -> int:
    """The column that a run covers most."""
    return widest_overlap(line_run.x1, line_run.x2, stretches)


def widest_overlap(run_left: float, run_right: float, stretches: Stretches) -> int:
    """Which stretch covers most of what reaches from left to right; the nearest where none does."""
    overlaps = [(run_right if run_right < x2 else x2) - (run_left if run_left > x1 else x1) for x1, x2 in stretches]
    return overlaps.index(max(overlaps))


def _line_of_runs(runs: list[Run]) -> Line:
    line_runs = [runs[0]]
    for run in runs[1:]:
        last_run = line_runs[-1]
        if run.x1 - last_run.x2 < _LINE_RUN_GAP * max(run.size, 4):
            line_runs[-1] = _join_runs(last_run, run)
        else:
            line_runs.append(run)
    if len(line_runs) > 1:
        line_runs = _join_item_labels(_join_leader_runs(line_runs))
    return Line(max(line_runs, key=_run_prominence).y2, line_runs)


def _join_runs(left_run: Run, run: Run) -> Run:
    """Two runs as one; a change of font within a word leaves no space."""
    run_space = "" if run.x1 - left_run.x2 < 0.12 * run.size else " "
    prominent_run = left_run if _run_prominence(left_run) >= _run_prominence(run) else run
    bold, mono = left_run.bold and run.bold, left_run.mono and run.mono
    text = f"{left_run.text}{run_space}{run.text}"
    x2, words = max(left_run.x2, run.x2), left_run.words + run.words
    runs_in = left_run.runs_in or (left_run.bold and not run.bold)
    x1, y1 = left_run.x1, min(left_run.y1, run.y1)
    return prominent_run._replace(x1=x1, y1=y1, x2=x2, text=text, bold=bold, mono=mono, words=words, runs_in=runs_in)


def _run_prominence(run: Run) -> tuple[bool, float]:
    """How much of a line a run is: letters come before formulas, which have no font of their own and stand higher."""
    return bool(run.font), run.x2 - run.x1


def _join_leader_runs(line_runs: list[Run]) -> list[Run]:
    """A title, its leading dots and its page number as one run; dots before more than one number lead along a row."""
    if not any(run.text[0] == "." or LEADERS_AT_END.search(run.text) for run in line_runs):
        return line_runs
    if any(is_number(run.text.strip(". ")) for run in line_runs[1:-1]):
        return line_runs
    line_end_number = line_runs[-1].text.lstrip(". ")
    if not line_end_number.isdigit():
        return line_runs
    first_title_run = _leader_title_run(line_runs)
    line_title = " ".join(run.text for run in line_runs[first_title_run:-1])
    line_words = tuple(word for run in line_runs[first_title_run:] for word in run.words)
    joined_line_run = line_runs[first_title_run]._replace(
        x2=line_runs[-1].x2, text=f"{line_title.rstrip('. ')} ..... {line_end_number}", words=line_words
    )
    return [*line_runs[:first_title_run], joined_line_run]


def _leader_title_run(line_runs: Sequence[Run]) -> int:
    """The first run of the title that leading dots follow; running text to its left is another column's."""
    dotted_line_run = next(
        (i for i, run in enumerate(line_runs) if run.text[0] == "." or LEADERS_AT_END.search(run.text)), 0
    )
    line_title_run = max(0, dotted_line_run - 1) if line_runs[dotted_line_run].text[0] == "." else dotted_line_run
    while line_title_run and len(line_runs[line_title_run - 1].text.split()) < _LEADER_TITLE_WORDS:
        line_title_run -= 1
    return line_title_run


def _join_item_labels(line_runs: list[Run]) -> list[Run]:
    """A label and its text as one run, however far apart; in a row of more than two runs only side by side lists."""
    are_item_labels = [bool(run.text == item_label(run.text)) for run in line_runs]
    if not any(are_item_labels) or (len(line_runs) > 2 and sum(are_item_labels) == 1 and are_item_labels[0]):
        return line_runs
    joined_line_runs: list[Run] = []
    for i, run in enumerate(line_runs):
        if i and are_item_labels[i - 1] and not are_item_labels[i]:
            label_run = joined_line_runs.pop()
            text, words = f"{label_run.text} {run.text}", label_run.words + run.words
            run = run._replace(x1=label_run.x1, text=text, bold=label_run.bold and run.bold, words=words)
        joined_line_runs.append(run)
    return joined_line_runs


def word_lines(words: Iterable[Box]) -> list[list[Box]]:
    """Words that share a height, from left to right; lines from top to bottom."""
    line_words: list[list[Box]] = []
    for line_word in sorted(words, key=lambda b: b.y1 + b.y2):
        line_word_middle = (line_word.y1 + line_word.y2) / 2
        if line_words and abs(line_word_middle - (line_words[-1][0].y1 + line_words[-1][0].y2) / 2) < 0.45 * (
            line_word.y2 - line_word.y1
        ):
            line_words[-1].append(line_word)
        else:
            line_words.append([line_word])
    return [sorted(group) for group in line_words]
