"""Questions near the subject that the documents do not answer, so that a model learns to say so.

One call a chunk proposes questions that a reader might ask next. What the dataset answers already is left out by its
meaning; the others are shown to a second call beside the whole document, or of a long one the passages nearest to them,
which tells whether any of these answers them and words the reply.
(Rajpurkar and others, "Know What You Don't Know", 2018, arXiv:1806.03822.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import numpy as np

from groundwork.dataset.build import Built
from groundwork.dataset.general_data_mix import general_rows_needed, spread
from groundwork.dataset.publish.personal_data import scan
from groundwork.dataset.rows import Row
from groundwork.dataset.split.metrics import Unanswerable
from groundwork.embedding.nearest_neighbours import calibrate_threshold, find_nearest
from groundwork.errors import UnitError
from groundwork.language.numbers import number_values
from groundwork.language.words import normalised_words
from groundwork.llm.task_group import gather_all
from groundwork.records.chunk_record import Chunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from groundwork.embedding.nearest_neighbours import Vectors

Encode = Callable[[list[str], Literal["query", "document"]], Awaitable["Vectors"]]
CATEGORY = "unanswerable"
CRITERIA = ["Says that this is not stated, or not known from the source", "Gives no answer of its own to the question"]
A_CALL = 3  # questions proposed for one chunk
WHOLE = 40_000  # characters of a document up to which a question is looked up in all of it
NEAREST = 3  # chunks of a longer one: so many by their text, by their words, and by what is asked of them
SPARE = 2  # times as many are proposed as are needed, since some turn out to be answered


class Proposed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question that a chunk leaves open, and what would have to be said to answer it."""

    question: str
    missing: str


class Proposals(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The reply to the first call."""

    questions: list[Proposed]


class Finding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the passages say to one question: the words that answer it, "" where none do; then the reply to it."""

    number: int
    quote: str
    answered: bool
    reply: str


class Findings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The reply to the second call."""

    findings: list[Finding]


Propose = Callable[[Chunk, int], Awaitable[Proposals]]
LookUp = Callable[[Chunk, Sequence[Proposed], Sequence[Chunk]], Awaitable[Findings]]


@dataclass
class _Found:
    """Rows so far, and how many questions were left out for which reason."""

    rows: list[Row] = field(default_factory=list)
    proposed: int = 0
    asked: int = 0
    answered: int = 0
    unusable: int = 0
    failed: list[str] = field(default_factory=list)


class _Words:
    """Texts by their words, rare ones weighing more (tf-idf)."""

    def __init__(self, texts: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer = TfidfVectorizer(sublinear_tf=True, token_pattern=r"\w+")  # noqa: S106  no password
        self._texts = self._vectorizer.fit_transform(texts)

    def scores(self, question: str) -> NDArray[np.float64]:
        """The cosine of each text to the question, (texts,)."""
        scores: NDArray[np.float64] = (self._texts @ self._vectorizer.transform([question]).T).toarray()[:, 0]
        return scores


def _highest(scores: NDArray[Any]) -> list[int]:
    """The places of the NEAREST highest scores, the highest first."""
    return np.argsort(-scores, kind="stable")[:NEAREST].tolist()  # type: ignore[no-any-return]


@dataclass
class _Search:
    """What a question is compared with: the dataset's rows and the chunks, with their vectors."""

    rows: Sequence[Row]
    chunks: Sequence[Chunk]
    encode: Encode
    threshold: float
    row_vectors: Vectors
    chunk_vectors: Vectors

    @classmethod
    async def over(cls, rows: Sequence[Row], chunks: Sequence[Chunk], encode: Encode, seed: int) -> _Search:
        vectors = await encode([row.question for row in rows], "query")
        return cls(
            rows, chunks, encode, calibrate_threshold(vectors, seed), vectors,
            await encode([chunk.text for chunk in chunks], "document"),
        )  # fmt: skip

    def passages(self, questions: Sequence[str], vectors: Vectors, own: Chunk) -> list[Chunk]:
        """All chunks of the chunk's document where it is short; else the chunk itself and those nearest to the
        questions, whose `vectors` are (m, d): by vectors of texts, by rare words, and by what rows ask of them.
        """
        document = [chunk for chunk in self.chunks if chunk.document == own.document]
        if sum(len(chunk.text) for chunk in document) <= WHOLE:
            return document
        found = {own.id: own}
        for question, vector in zip(questions, vectors, strict=True):
            asked = _highest(self.row_vectors[: len(self.rows)] @ vector)
            near = [*_highest(self.chunk_vectors @ vector), *_highest(self._words.scores(question))]
            chunks = [self.chunks[place] for place in near]
            chunks += [self._by_id[self.rows[place].chunk] for place in asked if self.rows[place].chunk in self._by_id]
            found |= {chunk.id: chunk for chunk in chunks if chunk.id not in found}
        return list(found.values())

    @cached_property
    def _by_id(self) -> dict[str, Chunk]:
        return {chunk.id: chunk for chunk in self.chunks}

    @cached_property
    def _words(self) -> _Words:
        return _Words([chunk.text for chunk in self.chunks])

    def remember(self, vectors: Vectors) -> None:
        """Questions that are taken: they are not asked twice."""
        self.row_vectors = np.concatenate([self.row_vectors, vectors])


def needed(built: Built, share: float) -> dict[str, int]:
    """How many questions make up `share` of train and of eval, once they stand in them."""
    return {
        split: general_rows_needed(len(built.splits[split]), share)
        for split in ("train", "eval")
        if built.splits.get(split)
    }


def calls_needed(rows: int, chunks: int) -> int:
    """Calls of each of the two kinds for so many questions."""
    return min(chunks, -(-SPARE * rows // A_CALL))


async def with_unanswerable(
    built: Built,
    chunks: Sequence[Chunk],
    share: float,
    seed: int,
    model: str,
    encode: Encode,
    propose: Propose,
    look_up: LookUp,
) -> Built:
    """`built` with questions that no passage answers, as `share` of train and of eval, none in both.

    Chunks are asked about in an order drawn with `seed` until there are enough; fewer rows are warned of. A reply that
    cannot be had costs its chunk's questions alone.
    """
    counts = needed(built, share)
    wanted = sum(counts.values())
    rows = list({row.id: row for split in ("train", "eval") for row in built.splits.get(split, [])}.values())
    held = {row.chunk for row in rows}
    usable = [chunk for chunk in chunks if chunk.id in held]
    found = await _gathered(rows, usable, list(chunks), wanted, seed, model, encode, propose, look_up)
    drawn = _apart(found.rows, counts)
    report = built.report
    told = Unanswerable(
        share=share, needed=wanted, train=len(drawn["train"]), eval=len(drawn.get("eval", [])), proposed=found.proposed,
        asked=found.asked, answered=found.answered, unusable=found.unusable,
    )  # fmt: skip
    splits = {
        split: spread(own, drawn[split]) if split == "train" else [*own, *drawn[split]] if split in drawn else own
        for split, own in built.splits.items()
    }
    report = msgspec.structs.replace(
        report,
        splits={split: len(own) for split, own in splits.items()},
        unanswerable=told,
        personal=[*report.personal, *scan([row for part in drawn.values() for row in part])],
        warnings=[*report.warnings, *_too_few(told, found.failed)],
    )
    return Built(splits, report)


async def _gathered(
    rows: Sequence[Row], usable: Sequence[Chunk], everything: Sequence[Chunk], wanted: int, seed: int, model: str,
    encode: Encode, propose: Propose, look_up: LookUp,
) -> _Found:  # fmt: skip
    search = await _Search.over(rows, everything, encode, seed)
    order = np.random.default_rng(seed).permutation(len(usable)).tolist()
    found, start = _Found(), 0
    while len(found.rows) < wanted and start < len(order):
        part = order[start : start + calls_needed(wanted - len(found.rows), len(order))]
        start += len(part)
        for new in await gather_all(_of_chunk(usable[i], search, model, propose, look_up) for i in part):
            await _add(found, new, search)
    return found


async def _of_chunk(chunk: Chunk, search: _Search, model: str, propose: Propose, look_up: LookUp) -> _Found:
    """The rows of one chunk; those of another chunk may still ask the same."""
    found = _Found()
    try:
        proposals = await propose(chunk, A_CALL)
        distinct = {one.question.strip(): one for one in reversed(proposals.questions) if one.question.strip()}
        questions = list(reversed(distinct))
        found.proposed = len(questions)
        if not questions:
            return found
        vectors = await search.encode(questions, "query")
        open_ = [
            place
            for place, cosine in enumerate(find_nearest(vectors, search.row_vectors)[1])
            if cosine < search.threshold
        ]
        found.asked = len(questions) - len(open_)
        if not open_:
            return found
        left = [questions[place] for place in open_]
        passages = search.passages(left, vectors[open_], chunk)
        findings = await look_up(chunk, [distinct[question] for question in left], passages)
    except UnitError as error:
        found.failed.append(str(error))
        return found
    by_number = {finding.number: finding for finding in findings.findings}
    shown = " ".join(passage.text for passage in passages)
    for number, place in enumerate(open_, 1):
        finding = by_number.get(number)
        if finding and (finding.answered or finding.quote.strip()):
            found.answered += 1
        elif finding is None or not _is_honest(finding.reply, questions[place], shown):
            found.unusable += 1
        else:
            found.rows.append(_row(questions[place], finding.reply.strip(), chunk, model))
    return found


def _is_honest(reply: str, question: str, shown: str) -> bool:
    """Whether the reply says something, and no number that neither the question nor the passages have."""
    return bool(reply.strip()) and number_values(reply, spelled=True) <= number_values(
        f"{question} {shown}", spelled=True
    )


async def _add(found: _Found, new: _Found, search: _Search) -> None:
    """The rows of `new` that `found` does not ask yet, and all its counts."""
    for row in new.rows:
        vector = await search.encode([row.question], "query")
        if find_nearest(vector, search.row_vectors)[1][0] >= search.threshold or _is_taken(row, found.rows):
            found.asked += 1
            continue
        search.remember(vector)
        found.rows.append(row)
    found.proposed += new.proposed
    found.asked += new.asked
    found.answered += new.answered
    found.unusable += new.unusable
    found.failed += new.failed


def _is_taken(row: Row, rows: Sequence[Row]) -> bool:
    return any(normalised_words(row.question) == normalised_words(other.question) for other in rows)


def _row(question: str, answer: str, chunk: Chunk, model: str) -> Row:
    digest = hashlib.sha256(f"{chunk.document}\0{question}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return Row(
        id=f"{chunk.document}-unanswerable-{digest}",
        question=question,
        answer=answer,
        evaluation_criteria=list(CRITERIA),
        difficulty="",
        category=CATEGORY,
        document=chunk.document,
        chunk=chunk.id,
        evidence=[],
        tags=[],
        headings=chunk.headings,
        pages=chunk.pages,
        model=model,
        run="",
        iteration=0,
        cluster=-1,
        unanswerable=True,
    )


def _apart(rows: Sequence[Row], counts: Mapping[str, int]) -> dict[str, list[Row]]:
    """The rows by split, as many as it takes of each; where they are too few, by the same shares, one at least."""
    wanted = sum(counts.values())
    taken = list(rows[:wanted])
    if "eval" not in counts:
        return {"train": taken}
    held = counts["eval"] if len(taken) == wanted else round(len(taken) * counts["eval"] / wanted)
    return {"eval": taken[:held], "train": taken[held:]}


def _too_few(told: Unanswerable, failed: Sequence[str]) -> list[str]:
    made = told.train + told.eval
    warnings = []
    if made < told.needed:
        warnings.append(
            f"only {made:,} of {told.needed:,} questions without an answer were found: of {told.proposed:,} proposed "
            f"ones {told.answered:,} are answered by a passage and {told.asked:,} ask what another row asks"
        )
    if failed:
        warnings.append(f"{len(failed):,} chunks gave no question without an answer; the first reason: {failed[0]}")
    return warnings
