"""What the questions of several runs touch of one document: every sentence, table row and number, with who asks.

Evidence decides (groundwork.questions.chunk_coverage). A question whose evidence is found nowhere is put, as merely
likely, to the statement of its chunk that is nearest to it by embedding; likely touches are shown, never counted as
coverage.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from groundwork.markdown.blocks import Block, blocks
from groundwork.markdown.chunk_reading import Reading
from groundwork.questions.chunk_coverage import coverage
from groundwork.records.figures import figures
from groundwork.records.pair_record import Pair

Kind = Literal["sentence", "row", "number"]
KINDS: tuple[Kind, ...] = ("sentence", "row", "number")
# by chunk, [start, end) of its text and kind: why there is nothing worth asking
Declined = Mapping[str, Mapping[tuple[int, int, Kind], str]]
# (questions, statements) -> for each question the index of the statement it is about, or -1
Nearest = Callable[[list[str], list[str]], list[int]]


class Item(msgspec.Struct, kw_only=True):
    """Base of what follows."""


class CoverageItem(Item):
    """A statement or number at [start, end) of the document, and the questions that touch it (indices).

    `declined`: by run, why its model found nothing worth asking there.
    """

    start: int
    end: int
    kind: Kind
    asked: list[int] = []
    likely: list[int] = []
    declined: dict[str, str] = {}

    @property
    def open(self) -> bool:
        """Nobody asks about it, and nobody said that there is nothing to ask."""
        return not self.asked and not self.declined


class FigureItem(Item):
    """A figure at [start, end) of the document, and the questions whose evidence it is (indices)."""

    start: int
    end: int
    file: str  # below data/text
    caption: str
    asked: list[int] = []


class Question(Item):
    """A pair and the run that it belongs to."""

    run: str
    pair: Pair
    placed: bool = True  # False: neither its evidence nor an embedding tells where it belongs


class Section(Item):
    """A heading with all that stands below it, up to the next heading of its level."""

    title: str
    level: int
    start: int
    end: int
    headings: list[str] = []


class Left(Item):
    """A part that questions leave out on purpose: a table of contents, imprint and the like."""

    start: int
    end: int
    why: str


class CoverageCount(Item):
    """How many of the statements of a kind there are, how many are asked about, and how many others were declined."""

    of: int = 0
    asked: int = 0
    declined: int = 0

    @property
    def share(self) -> float | None:
        return self.asked / self.of if self.of else None


Counts = dict[str, dict[Kind, CoverageCount]]


class AskedDocument(Item):
    """A document with everything that is asked about it."""

    document: str
    title: str
    runs: list[str]
    places: list[CoverageItem]
    questions: list[Question]
    sections: list[Section]
    left_out: list[Left]
    figures: list[FigureItem] = []

    def figures_asked(self, run: str = "") -> int:
        """How many figures a question of the run (or of any) has as its evidence."""
        return sum(any(not run or self.questions[i].run == run for i in one.asked) for one in self.figures)

    def counts(self, start: int = 0, end: int | None = None) -> Counts:
        """Of the places that begin in [start, end): by run, and under "" for all runs together, by kind."""
        first = bisect_left(self.places, start, key=_start)
        last = len(self.places) if end is None else bisect_left(self.places, end, key=_start)
        result: Counts = {run: {kind: CoverageCount() for kind in KINDS} for run in ["", *self.runs]}
        for place in self.places[first:last]:
            asking = {self.questions[index].run for index in place.asked}
            for run, by_kind in result.items():
                is_asked = bool(asking) if run == "" else run in asking
                by_kind[place.kind].of += 1
                by_kind[place.kind].asked += is_asked
                by_kind[place.kind].declined += not is_asked and bool(
                    run in place.declined or (place.declined and not run)
                )
        return result


def _start(place: CoverageItem) -> int:
    return place.start


def asked_document(
    document: str,
    title: str,
    text: str,
    readings: Sequence[Reading],
    runs: dict[str, list[Pair]],
    nearest: Nearest,
    declined: Mapping[str, Declined] | None = None,
) -> AskedDocument:
    """Everything that `runs` (pairs by run) ask about `text`, whose chunks hold the pairs' evidence.

    `declined`: by run what its model found nothing worth asking in.
    """
    questions = [Question(run=run, pair=pair) for run, pairs in runs.items() for pair in pairs]
    found: dict[tuple[int, int, Kind], CoverageItem] = {}
    by_chunk: dict[tuple[str, str], list[int]] = {}  # apart by run: a curated or merged run keeps its pairs' ids
    for index, question in enumerate(questions):
        for name in question.pair.chunks:
            by_chunk.setdefault((name, question.run), []).append(index)
    near: dict[int, list[tuple[CoverageItem, str]]] = {}  # by question the places of its chunks, with their text
    for reading in readings:
        chunk = reading.chunk
        for run in runs or {"": []}:
            indices = by_chunk.get((chunk.id, run), [])
            if indices or not chunk.skip:
                places = _touch(reading, indices, questions, found)
                for index in indices:
                    near.setdefault(index, []).extend(places)
    _decline(readings, declined or {}, found)
    shown = _figures(readings, questions, by_chunk)
    sure = {index for place in found.values() for index in place.asked} | {i for one in shown for i in one.asked}
    _guess(questions, near, sure, nearest)
    return AskedDocument(
        document=document,
        title=title or document,
        runs=list(runs),
        places=_apart(found.values()),
        questions=questions,
        sections=sections(text, title or document),
        left_out=[Left(start=c.start, end=c.end, why=c.skip) for c in (one.chunk for one in readings) if c.skip],
        figures=shown,
    )


def _figures(
    readings: Sequence[Reading], questions: Sequence[Question], by_chunk: Mapping[tuple[str, str], Sequence[int]]
) -> list[FigureItem]:
    """The figures of the chunks, in offsets of the document."""
    items = []
    for chunk in (one.chunk for one in readings):
        shift = chunk.start - len(chunk.added)
        indices = [index for (name, _), own in by_chunk.items() if name == chunk.id for index in own]
        for one in figures(chunk.text, chunk.document) if chunk.figures else ():
            if one.start >= len(chunk.added):
                quote = chunk.text[one.start : one.end]
                asking = sorted(index for index in indices if quote in questions[index].pair.evidence)
                place = {"start": one.start + shift, "end": one.end + shift}
                items.append(FigureItem(**place, file=one.file, caption=one.caption, asked=asking))
    return items


def _touch(
    reading: Reading,
    indices: list[int],
    questions: list[Question],
    found: dict[tuple[int, int, Kind], CoverageItem],
) -> list[tuple[CoverageItem, str]]:
    """Add the places of `chunk` to `found`, in offsets of the document; its statements with their text."""
    chunk = reading.chunk
    index_of = {questions[index].pair.id: index for index in indices}
    shift = chunk.start - len(chunk.added)
    places = []
    for span in coverage(reading, [questions[index].pair for index in indices]).spans:
        start, end = max(span.start + shift, chunk.start), span.end + shift
        place = found.setdefault((start, end, span.kind), CoverageItem(start=start, end=end, kind=span.kind))
        place.asked = sorted({*place.asked, *(index_of[pair] for pair in span.touched_by)})
        if span.kind != "number":
            places.append((place, chunk.text[span.start : span.end]))
    return places


def _decline(
    readings: Sequence[Reading], declined: Mapping[str, Declined], found: Mapping[tuple[int, int, Kind], CoverageItem]
) -> None:
    """Note at the places of `found` which runs declined them."""
    for chunk in (one.chunk for one in readings):
        shift = chunk.start - len(chunk.added)
        for run, by_chunk in declined.items():
            for (start, end, kind), why in by_chunk.get(chunk.id, {}).items():
                if place := found.get((max(start + shift, chunk.start), end + shift, kind)):
                    place.declined = {**place.declined, run: why}


def _guess(
    questions: list[Question], near: dict[int, list[tuple[CoverageItem, str]]], placed: set[int], nearest: Nearest
) -> None:
    """Put each question that touches nothing to the nearest statement of its chunks, where there is one."""
    lost: dict[tuple[int, ...], list[int]] = {}  # by the places that may be theirs, so that these are embedded once
    for index, question in enumerate(questions):
        if index not in placed:
            question.placed = False  # as it stays where its chunk is gone: chunked anew since it was asked
            lost.setdefault(tuple(id(place) for place, _ in near.get(index, [])), []).append(index)
    for key, indices in lost.items():
        if key:
            places = near[indices[0]]
            said = [f"{questions[index].pair.question} {questions[index].pair.answer}" for index in indices]
            for index, best in zip(indices, nearest(said, [own for _, own in places]), strict=True):
                questions[index].placed = best >= 0
                if best >= 0:
                    places[best][0].likely.append(index)


def _apart(places: Iterable[CoverageItem]) -> list[CoverageItem]:
    """The places in order; of two statements that overlap (two chunks cut one sentence) the longer takes both's."""
    statements: list[CoverageItem] = []
    numbers: list[CoverageItem] = []
    for place in sorted(places, key=lambda p: (p.start, -p.end)):
        if place.kind == "number":
            numbers.append(place)
        elif statements and place.start < statements[-1].end:
            last = statements[-1]
            last.asked = sorted({*last.asked, *place.asked})
            last.likely = sorted({*last.likely, *place.likely})
            last.declined = {run: why for run, why in last.declined.items() if run in place.declined}
            last.end = max(last.end, place.end)
        else:
            statements.append(place)
    return sorted([*statements, *numbers], key=lambda p: (p.start, -p.end))


def sections(text: str, title: str) -> list[Section]:
    """The headings as sections, text before the first of them as one more named by the document's title."""
    heads: list[Block] = [block for block in blocks(text) if block.kind == "heading" and block.headings]
    result = []
    if not heads or text[: heads[0].start].strip():
        end = heads[0].start if heads else len(text)
        result.append(Section(title=title, level=1, start=0, end=end, headings=[title]))
    for index, head in enumerate(heads):
        end = next((later.start for later in heads[index + 1 :] if later.level <= head.level), len(text))
        result.append(
            Section(title=head.headings[-1], level=head.level, start=head.start, end=end, headings=list(head.headings))
        )
    return result
