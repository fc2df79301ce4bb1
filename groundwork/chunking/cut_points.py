"""The places at which text may be cut: headings first, then paragraphs, list items, sentences, clauses and words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise, takewhile

import regex

from groundwork.language.sentences import COMPLETE_BLOCK_END, FULL_STOPS, sentence_starts, uncuttable_spans
from groundwork.language.text_spans import Span
from groundwork.markdown.blocks import LIST_ITEM_START, PSEUDO_HEADING, Block
from groundwork.markdown.footnotes import is_footnote_below_mark

# the end of a clause: "so, " and the full-width marks, which need no space
_CUT_BEHIND_CLAUSE = regex.compile(r"[,;:，、；：،؛)\]—–]\s++|[，、；：]")
_CUT_BEHIND_WORD = regex.compile(r"\s++")  # between words
_CUT_IN_UNSPACED_TEXT = regex.compile(r"\b(?=\S)", regex.WORD)  # between words of a script without spaces
_CUT_BETWEEN_GRAPHEMES = regex.compile(r"\X")  # a letter with its accents, an emoji with its parts
_NEAR_CUT_LIMIT = 100  # characters before the limit that are looked at first
_SENTENCE_CUT_LOOKAHEAD = 300  # characters behind a window that an engine sees, to judge the last sentence in it
_BOLD_TITLE_ABOVE_CUT = regex.compile(
    r"\n[ \t]*+(?:[\w.]{1,8}+[.)]?[ \t]++)?\*\*[^*\n]{1,150}+\*\*\Z"
)  # "II) **Rules**"
_ITEM_BELOW_CUT = regex.compile(r"[ \t>]*+\(?(?:1|[aAiI])[.)][ \t]")  # of a list, which a line above may lead to
_LENGTH_ABOVE_CUT = 200  # characters above the border of a block that tell whether it interrupts a sentence
_OPEN_BRACKET_ABOVE_CUT = regex.compile(r"[(\[][^()\[\]!?\n]*+(?<!\.)\Z")  # "(such as new", and nothing closes it
_MAX_UNCUT_TITLES = 20  # below one heading, each of which stays with what follows
_MAX_UNCUT_TITLE_LENGTH = 150  # characters
_MAX_NUMBERED_UNCUT_TITLES = 3  # lines of one list
_MAX_UNCUT_TITLES_LENGTH = 400  # characters from the first of them to the end of the last
_FENCE_ABOVE_CUT = ("```", "~~~")  # the end of a code fence, behind which a sentence may go on
_UNFINISHED_ABOVE_CUT = regex.compile(
    r"[\p{L}\p{N},;(–-]\s*\Z"
)  # a word or comma at the end of a block: the sentence goes on in the next one


class CutPoints:
    """The breaks of one run of blocks. Every method gives the best break within first..last, or 0.

    A break at p ends one chunk at p and starts the next there; white space stays with the chunk before it.
    """

    def __init__(self, markdown: str, blocks: Sequence[Block], language: str, engine: str) -> None:
        self._text_to_cut, self._language, self._engine = markdown, language, engine
        self._end = blocks[-1].end
        self._block_starts = [(block.start, block.kind == "heading") for block in blocks[1:]]
        self._heading_starts = []
        self._heading_levels = []
        self._paragraph_starts = []
        uncut_titles = _titles_below_headings(markdown, blocks)
        uncut_note_starts = {block.start for block in blocks[1:] if is_footnote_below_mark(markdown, block.start)}
        self._uncut_spans = _spans_without_cut(markdown, blocks, uncut_titles, uncut_note_starts)
        for block_above, block in pairwise(blocks):
            if block_above.kind == "heading" or block_above.start in uncut_titles or block.start in uncut_note_starts:
                continue  # headings and titles are never left at the end of a chunk, nor a note at the head of the next
            if block.level == PSEUDO_HEADING and self._cut_interrupts(block.start):
                continue
            if block.kind == "heading":
                self._heading_starts.append(block.start)
                self._heading_levels.append(block.level)
            elif block.kind != "code" or COMPLETE_BLOCK_END.search(markdown, block_above.start, block_above.end):
                self._paragraph_starts.append(block.start)  # a fence stays with the sentence that leads to it

    def structural_cut(self, earliest_cut: int, latest_cut: int, fuller_cut: int) -> int:
        """A heading, else a paragraph, else a list item: in the fuller half the highest level, else the last one."""
        if heading_cut := self._heading_cut(earliest_cut, latest_cut, fuller_cut):
            return heading_cut
        for k in range(bisect_right(self._paragraph_starts, latest_cut) - 1, -1, -1):
            if self._paragraph_starts[k] < earliest_cut:
                break
            if not self._cut_interrupts(self._paragraph_starts[k]):
                return self._paragraph_starts[k]
        return self._item_cut(max(earliest_cut, fuller_cut), latest_cut) or self._item_cut(earliest_cut, fuller_cut - 1)

    def _heading_cut(self, earliest_cut: int, latest_cut: int, fuller_cut: int) -> int:
        """The last heading of the highest level in the fuller half, or the last one, or 0."""
        first_cut = bisect_left(self._heading_starts, earliest_cut)
        cuts_end = bisect_right(self._heading_starts, latest_cut)
        if first_cut >= cuts_end:
            return 0
        first_cut = min(bisect_left(self._heading_starts, fuller_cut, first_cut, cuts_end), cuts_end - 1)
        highest = min(self._heading_levels[first_cut:cuts_end])
        return max(self._heading_starts[k] for k in range(first_cut, cuts_end) if self._heading_levels[k] == highest)

    def _cut_interrupts(self, cut_position: int) -> bool:
        """A lead-in or a numbered title is above, or a sentence that a page border interrupts."""
        text_above_cut = self._text_to_cut[max(0, cut_position - _LENGTH_ABOVE_CUT) : cut_position].rstrip()
        if text_above_cut.endswith((":", "：")):
            return True
        if _OPEN_BRACKET_ABOVE_CUT.search(text_above_cut) or _BOLD_TITLE_ABOVE_CUT.search(text_above_cut):
            return True
        if _ITEM_BELOW_CUT.match(self._text_to_cut, cut_position) and not COMPLETE_BLOCK_END.search(text_above_cut):
            return True
        letter_below_cut = self._text_to_cut[cut_position]
        return (letter_below_cut.islower() or letter_below_cut == "(") and (
            text_above_cut.endswith(_FENCE_ABOVE_CUT) or _UNFINISHED_ABOVE_CUT.search(text_above_cut) is not None
        )

    def _is_interrupted_block(self, cut_position: int) -> bool:
        k = bisect_left(self._block_starts, (cut_position, False))
        is_cut_at_block = k < len(self._block_starts) and self._block_starts[k][0] == cut_position
        return is_cut_at_block and self._cut_interrupts(cut_position)

    def _item_cut(self, earliest_cut: int, latest_cut: int) -> int:
        """The last of the highest list items, by the parts of its number or by its indentation."""
        last_item_cut, cut_depth = 0, 99
        for item_below_cut in LIST_ITEM_START.finditer(self._text_to_cut, earliest_cut - 1, latest_cut + 8):
            item_cut, item_depth = item_below_cut.start() + 1, _list_item_depth(item_below_cut.group()[1:])
            if (
                item_depth > cut_depth
                or item_cut > latest_cut
                or self._is_in_uncut_span(item_cut)
                or self._cut_interrupts(item_cut)
            ):
                continue
            last_item_cut, cut_depth = item_cut, item_depth
        return last_item_cut

    def sentence_cut(self, part_start: int, earliest_cut: int, latest_cut: int) -> int:
        """The last start of a sentence."""
        if earliest_cut > latest_cut:
            return 0
        text_to_sentence_cut = self._text_to_cut[part_start : min(self._end, latest_cut + _SENTENCE_CUT_LOOKAHEAD)]
        sentence_cuts = sentence_starts(text_to_sentence_cut, self._language, self._engine)
        k = bisect_right(sentence_cuts, latest_cut - part_start) - 1
        while k > 0 and sentence_cuts[k] >= earliest_cut - part_start:
            if not self._is_in_uncut_span(part_start + sentence_cuts[k]) and not self._is_interrupted_block(
                part_start + sentence_cuts[k]
            ):
                return part_start + sentence_cuts[k]
            k -= 1
        return 0

    def word_cut(self, part_start: int, latest_cut: int) -> int:
        """The last clause in the second half, else word, else border of a block, else (inside a word over the limit)
        character; never 0."""
        latest_cut_offset = latest_cut - part_start
        text_to_cut = self._text_to_cut[part_start : min(self._end, latest_cut + latest_cut_offset + 1)]
        uncut_spans = uncuttable_spans(text_to_cut) + [
            (a - part_start, b - part_start) for a, b in self._uncut_spans if a < latest_cut and b > part_start
        ]
        uncut_spans.sort()
        near_cut_offset = latest_cut_offset - _NEAR_CUT_LIMIT
        least_cut_offsets = {_CUT_BEHIND_CLAUSE: latest_cut_offset // 2, _CUT_BEHIND_WORD: 1, _CUT_IN_UNSPACED_TEXT: 1}
        for cut_pattern, least_cut_offset in least_cut_offsets.items():
            for first_cut in (max(least_cut_offset, near_cut_offset), least_cut_offset):
                word_cuts = _cut_candidates(cut_pattern, text_to_cut, first_cut, latest_cut_offset)
                if last_cut := _last_cut_outside(word_cuts, uncut_spans):
                    return part_start + last_cut
        if block_cut := self._block_cut(part_start + 1, latest_cut):
            return block_cut  # below the minimum, or behind a heading, but no table or fence is cut
        for cut_pattern in (_CUT_BEHIND_WORD, _CUT_IN_UNSPACED_TEXT, _CUT_BETWEEN_GRAPHEMES):
            if word_cuts := _cut_candidates(cut_pattern, text_to_cut, max(1, near_cut_offset), latest_cut_offset):
                return part_start + word_cuts[-1]
        return max(latest_cut, part_start + 1)

    def _block_cut(self, earliest_cut: int, latest_cut: int) -> int:
        """The last start of a heading, else of any block, or 0."""
        block_cuts = [
            (block_cut, is_heading)
            for block_cut, is_heading in self._block_starts
            if earliest_cut <= block_cut <= latest_cut
        ]
        return max(
            (block_cut for block_cut, is_heading in block_cuts if is_heading),
            default=max((block_cut for block_cut, _ in block_cuts), default=0),
        )

    def _is_in_uncut_span(self, cut_position: int) -> bool:
        k = bisect_left(self._uncut_spans, (cut_position, 0)) - 1
        return k >= 0 and cut_position < self._uncut_spans[k][1]


def _spans_without_cut(
    markdown: str, blocks: Sequence[Block], uncut_titles: Mapping[int, int], uncut_note_starts: set[int]
) -> list[Span]:
    """In order what is left whole, a heading with the place behind it, where no chunk may end."""
    uncut_spans = [
        (block.start, block.end + (block.kind == "heading"))
        for block in blocks
        if block.kind in ("formula", "code", "table", "heading")
    ]
    uncut_spans += [(start - 1, end + 1) for start, end in uncut_titles.items()]
    uncut_spans += [(_end_of_text_above_cut(markdown, note) - 1, note + 1) for note in uncut_note_starts]
    return sorted(uncut_spans)


def _titles_below_headings(markdown: str, blocks: Sequence[Block]) -> dict[int, int]:
    """Start to end of each title below a heading: "3.1 Segments" below the name of a sheet."""
    uncut_titles: dict[int, int] = {}
    for k, block in enumerate(blocks[:-1]):
        is_uncut_below_heading = k and (blocks[k - 1].kind == "heading" or blocks[k - 1].start in uncut_titles)
        if is_uncut_below_heading and count_uncut_titles(markdown, blocks[max(0, k - _MAX_UNCUT_TITLES) : k + 1]):
            uncut_titles[block.start] = block.end
    return uncut_titles


def count_uncut_titles(markdown: str, blocks: Sequence[Block]) -> int:
    """How many blocks at the end are titles below a heading, with nothing but titles in between: "3.1 Segments"."""
    uncut_titles = list(takewhile(lambda uncut_block: is_uncut_title(markdown, uncut_block), reversed(blocks)))
    is_below_heading = len(uncut_titles) < len(blocks) and blocks[-1 - len(uncut_titles)].kind == "heading"
    return (
        len(uncut_titles)
        if uncut_titles and is_below_heading and blocks[-1].end - uncut_titles[-1].start <= _MAX_UNCUT_TITLES_LENGTH
        else 0
    )


def is_uncut_title(markdown: str, uncut_block: Block) -> bool:
    """A line that is no sentence, or a few with a number in front ("3. Segments" and "3.1 Sales")."""
    uncut_lines = [
        uncut_line.rstrip("*_ \r")
        for uncut_line in markdown[uncut_block.start : uncut_block.end].split("\n")
        if uncut_line.strip()
    ]
    is_numbered_title = (
        uncut_block.kind == "list"
        and len(uncut_lines) <= _MAX_NUMBERED_UNCUT_TITLES
        and all(uncut_line[0].isdigit() for uncut_line in uncut_lines)
    )
    is_title_line = uncut_block.kind == "paragraph" and len(uncut_lines) == 1
    return (is_title_line or is_numbered_title) and not any(
        len(uncut_line) > _MAX_UNCUT_TITLE_LENGTH or uncut_line.endswith((*FULL_STOPS, ";"))
        for uncut_line in uncut_lines
    )


def _end_of_text_above_cut(markdown: str, cut_start: int) -> int:
    """Where the text in front of the blank lines above `cut_start` ends."""
    text_above_cut = markdown[max(0, cut_start - _NEAR_CUT_LIMIT) : cut_start]
    return cut_start - len(text_above_cut) + len(text_above_cut.rstrip())


def _cut_candidates(cut_pattern: regex.Pattern[str], markdown: str, first_cut: int, last_cut: int) -> list[int]:
    """Where matches of the pattern end within first_cut..last_cut."""
    return [
        cut_match.end()
        for cut_match in cut_pattern.finditer(markdown, first_cut - 1, last_cut + 1)
        if first_cut <= cut_match.end() <= last_cut
    ]


def _list_item_depth(item_marker: str) -> int:
    """How deep a list item stands: by the parts of its number, else by its indentation."""
    dots_in_item_number = item_marker.strip(" \t>.").count(".")
    return dots_in_item_number or 1 + len(item_marker) - len(item_marker.lstrip())


def _last_cut_outside(cut_candidates: Sequence[int], uncut_spans: Sequence[Span]) -> int:
    """The last of `cut_candidates` that lies in none of the spans, or 0."""
    uncut_starts = [start for start, _ in uncut_spans]
    for cut_candidate in reversed(cut_candidates):
        k = bisect_left(uncut_starts, cut_candidate) - 1
        if k < 0 or uncut_spans[k][1] <= cut_candidate:
            return cut_candidate
    return 0
