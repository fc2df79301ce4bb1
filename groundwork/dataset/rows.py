"""The rows of a dataset: pairs of one or more runs with their tags, checked before anything is made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from sys import intern  # of what many rows have in common
from typing import Literal, NamedTuple

import msgspec

from groundwork.records.artifacts import read_jsonl
from groundwork.records.chunk_record import Chunk
from groundwork.records.figures import quote_in_words, text_with_captions
from groundwork.records.pair_record import Difficulty, Pair
from groundwork.records.record_base import Record
from groundwork.records.run_pairs import Candidate, Review
from groundwork.records.spread_folders import folder_of
from groundwork.records.tags_record import Tags

BROKEN_TEXT = "\ufffd\x00"  # what a wrong decoding and a binary file leave behind


class Reviewed(NamedTuple):
    """What people decided about a run, and the pairs that rules or models had turned down."""

    review: Review
    turned_down: Sequence[Candidate]


class Row(Record, frozen=True):
    """One row of every split. `original_question` and `original_answer`: what a reworded or edited row said before."""

    id: str
    question: str
    answer: str
    evaluation_criteria: list[str]
    difficulty: Difficulty | Literal[""]  # "": unknown, as of a mixed row
    category: str
    document: str
    chunk: str
    evidence: list[str]
    tags: list[str]
    headings: list[str]
    pages: list[int]
    model: str
    run: str
    iteration: int
    cluster: int = 0
    original_question: str = ""
    original_answer: str = ""
    measured_difficulty: float | None = None  # 1 - share of the graded models that answer it right
    flipping_criteria: list[str] = msgspec.field(default_factory=list)
    mixed: str = ""  # the dataset that a row of train was mixed in from
    unanswerable: bool = False  # asks what the documents do not say
    context: str = ""

    def asked(self, *, context: bool) -> str:
        """The question; with `context` behind the chunk that answers it, where the row has one."""
        return f"{self.context}\n\n{self.question}" if context and self.context else self.question


class Invalid(Record, frozen=True):
    """A row that cannot go into a dataset: its id (or file and line), and why."""

    id: str
    reason: str


class Pool(Record, frozen=True):
    """What the runs hold: `rows` in a stable order, and what is wrong with others."""

    rows: list[Row]
    invalid: list[Invalid]
    warnings: list[str]
    reviewed: list[str] = msgspec.field(default_factory=list)  # what people decided about the pairs, in sentences


def gather_rows(
    files: Mapping[str, Sequence[Path]],
    tags: Mapping[str, Sequence[str]],
    chunks: Mapping[str, str],
    reviews: Mapping[str, Reviewed] | None = None,
) -> Pool:
    """The rows of `files` (by run), with the tags and the chunk texts known by id, as people decided about them."""
    pairs, places, invalid = [], [], []
    for run, paths in files.items():
        for path in paths:
            for place, pair in _pairs(path):
                if isinstance(pair, Pair):
                    pairs.append((run, pair))
                    places.append(place)
                else:
                    invalid.append(Invalid(id=place, reason=pair))
    pairs, places, reviewed, warnings = _obeyed(pairs, places, reviews or {}, files)
    shared = _ids_of_several_runs(pairs)
    rows = []
    for run, pair in pairs:
        row = _row(pair, run, tags, chunks)
        rows.append(msgspec.structs.replace(row, id=f"{run}/{row.id}") if row.id in shared else row)
    bad = list(_problems(rows))
    wrong = {number for number, _ in bad}
    invalid += [Invalid(id=rows[number].id or "row", reason=f"{reason} ({places[number]})") for number, reason in bad]
    return Pool(
        rows=[row for number, row in enumerate(rows) if number not in wrong],
        invalid=invalid,
        warnings=[*_half_curated(files), *warnings],
        reviewed=reviewed,
    )


def sample(pool: Pool, chunks: int) -> Pool:
    """Of each run only the rows of the first so many chunks of its first document."""
    first: dict[str, list[tuple[str, str]]] = {}
    for row in pool.rows:
        taken = first.setdefault(row.run, [])
        place = (row.document, row.chunk)
        if place not in taken and len(taken) < chunks and all(row.document == document for document, _ in taken):
            taken.append(place)
    rows = [row for row in pool.rows if (row.document, row.chunk) in first[row.run]]
    return msgspec.structs.replace(pool, rows=rows)


def _obeyed(
    pairs: list[tuple[str, Pair]],
    places: list[str],
    reviews: Mapping[str, Reviewed],
    files: Mapping[str, Sequence[Path]],
) -> tuple[list[tuple[str, Pair]], list[str], list[str], list[str]]:
    """(pairs by run, their places, what people decided, warnings) once each run's decisions are obeyed."""
    obeyed, where = [], []
    for (run, pair), place in zip(pairs, places, strict=True):
        kept = reviews[run].review.apply_decision(pair) if run in reviews else pair
        if kept is not None:
            obeyed.append((run, kept))
            where.append(place)
    present = {(run, pair.id) for run, pair in pairs}
    said, warnings = [], []
    for run, (review, turned_down) in reviews.items():
        restored = review.restored_pairs(turned_down, lambda name, run=run: (run, name) in present)  # type: ignore[misc]
        obeyed += [(run, pair) for pair in restored]
        where += [f"{run}, accepted in review"] * len(restored)
        said += [f"{run}: {line}" if len(reviews) > 1 else line for line in review.summary_lines()]
        warnings += [*review.unmet_warnings(path.stem for path in files[run]), *review.outdated_warnings()]
    return obeyed, where, said, warnings


def read_tags(paths: Sequence[Path]) -> dict[str, list[str]]:
    """Tags by id of the pair."""
    return {record.id: record.tags for path in paths for record in read_jsonl(path, Tags)}


def read_chunks(paths: Sequence[Path]) -> dict[str, str]:
    """Chunk texts by id of the chunk."""
    return {
        chunk.id: text_with_captions(chunk.text, chunk.document) for path in paths for chunk in read_jsonl(path, Chunk)
    }


def _pairs(path: Path) -> Iterator[tuple[str, Pair | str]]:
    """(file and line, the pair or what is wrong with it) for every line."""
    decoder = msgspec.json.Decoder(Pair)
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        if line.strip():
            place = f"{folder_of(path).name}/{path.name}:{number}"
            try:
                yield place, decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                yield place, str(error)


def _row(pair: Pair, run: str, tags: Mapping[str, Sequence[str]], chunks: Mapping[str, str]) -> Row:
    return Row(
        id=pair.id,
        question=pair.question.strip(),
        answer=pair.answer.strip(),
        evaluation_criteria=pair.evaluation_criteria,
        difficulty=pair.difficulty,
        category=intern(pair.category),
        document=intern(pair.document),
        chunk=intern(pair.chunk),
        evidence=[quote_in_words(quote) for quote in pair.evidence],
        tags=list(tags.get(pair.id, [])),
        headings=pair.headings,
        pages=pair.pages,
        model=intern(pair.model),
        run=run,
        iteration=pair.iteration,
        original_question=pair.original_question,
        original_answer=pair.original_answer,
        context="\n\n".join(chunks[name] for name in pair.chunks if name in chunks),
    )


def _ids_of_several_runs(pairs: Sequence[tuple[str, Pair]]) -> set[str]:
    runs: dict[str, set[str]] = {}
    for run, pair in pairs:
        runs.setdefault(pair.id, set()).add(run)
    return {name for name, in_runs in runs.items() if len(in_runs) > 1}


def _problems(rows: Sequence[Row]) -> Iterator[tuple[int, str]]:
    """(index, why) of every row that cannot go into a dataset, once each."""
    count = Counter(row.id for row in rows)
    for number, row in enumerate(rows):
        texts = [row.question, row.answer, *row.evaluation_criteria, *row.evidence]
        if not row.id:
            yield number, "has no id"
        elif count[row.id] > 1:
            yield number, f"its id stands {count[row.id]} times"
        elif not row.question:
            yield number, "the question is empty"
        elif not row.answer:
            yield number, "the answer is empty"
        elif not any(criterion.strip() for criterion in row.evaluation_criteria):
            yield number, "has no evaluation criteria"
        elif row.question.casefold() == row.answer.casefold():
            yield number, "the answer repeats the question"
        elif any(mark in text for text in texts for mark in BROKEN_TEXT):
            yield number, "holds characters of a wrong decoding (U+FFFD or NUL)"


def _half_curated(files: Mapping[str, Sequence[Path]]) -> list[str]:
    warnings = []
    for run, paths in files.items():
        curated = sum(folder_of(path).name == "curated" for path in paths)
        if 0 < curated < len(paths):
            warnings.append(
                f"{run}: {curated} of {len(paths)} documents are curated; run dataprep/curate.py for the rest"
            )
    return warnings


@dataclass(frozen=True)
class Subjects:
    """`context`: what all documents are about (qa.context); `names`: by document, what questions call its subject."""

    context: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    def of(self, document: str) -> str:
        """The context and the document's own name; other documents' names say nothing of its rows."""
        return f"{self.context.strip()} {self.names.get(document, '').strip()}".strip()
