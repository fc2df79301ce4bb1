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
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from groundwork.dataset.creation.build_inputs import BuildInputs, Encode, read_passages
from groundwork.dataset.creation.build_splits import BuiltDataset, train_size
from groundwork.dataset.creation.document_subjects import Subjects, read_subjects
from groundwork.dataset.general_data_mix import general_rows_needed, spread_rows
from groundwork.dataset.publish.personal_data import scan_rows
from groundwork.dataset.split.eval_selection import eval_size
from groundwork.dataset.split_report.report_record import Unanswerable
from groundwork.embedding.nearest_neighbours import (
    VectorBuffer,
    calibrate_by_script,
    calibrate_threshold,
    find_nearest,
    threshold_of,
)
from groundwork.errors import UnitError
from groundwork.language.numbers import number_values
from groundwork.language.words import normalised_words
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.client import Client
from groundwork.llm.prompts import Message, render_turns
from groundwork.message_wording import counted
from groundwork.records import Chunk, Row
from groundwork.settings.config_schema import AbsentQuestions
from groundwork.stage_runner.job import Job
from groundwork.stage_runner.unit_and_outcome import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from groundwork.embedding.nearest_neighbours import Vectors


UNANSWERABLE_CATEGORY = "unanswerable"
UNANSWERABLE_CRITERIA = [
    "Says that this is not stated, or not known from the source",
    "Gives no answer of its own to the question",
]
QUESTIONS_PER_CALL = 3  # questions proposed for one chunk
WHOLE_DOCUMENT_LENGTH = 40_000  # characters of a document up to which a question is looked up in all of it
NEAREST_CHUNKS = 3  # chunks of a longer one: so many by their text, by their words, and by what is asked of them
SPARE_FACTOR = 2  # times as many are proposed as are needed, since some turn out to be answered


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


@dataclass(frozen=True)
class UnanswerableFinder:
    """What finds questions that the documents leave open: who proposes them, who looks them up, what tells them apart.

    `model` is the name that the rows bear; `seed` decides which chunks are asked about.
    """

    propose: Propose
    look_up: LookUp
    encode: Encode
    model: str
    seed: int


@dataclass
class _Gathered:
    """Rows so far, and how many questions were left out for which reason."""

    rows: list[Row] = field(default_factory=list)
    wordings: set[str] = field(default_factory=set)  # of their questions
    proposed: int = 0
    asked: int = 0
    answered: int = 0
    unusable: int = 0
    failed: list[str] = field(default_factory=list)


class _WordIndex:
    """Texts by their words, rare ones weighing more (tf-idf)."""

    def __init__(self, texts: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer = TfidfVectorizer(sublinear_tf=True, token_pattern=r"\w+")  # noqa: S106  no password
        self._texts = self._vectorizer.fit_transform(texts)

    def scores(self, question: str) -> NDArray[np.float64]:
        """The cosine of each text to the question, (texts,)."""
        scores: NDArray[np.float64] = (self._texts @ self._vectorizer.transform([question]).T).toarray()[:, 0]
        return scores


def _highest_indices(scores: NDArray[Any]) -> list[int]:
    """The places of the NEAREST highest scores, the highest first."""
    return np.argsort(-scores, kind="stable")[:NEAREST_CHUNKS].tolist()  # type: ignore[no-any-return]


@dataclass
class _QuestionSearch:
    """What a question is compared with: the dataset's rows and the chunks, with their vectors."""

    rows: Sequence[Row]
    chunks: Sequence[Chunk]
    encode: Encode
    threshold_of: Callable[[str], float]
    row_vectors: VectorBuffer
    chunk_vectors: Vectors

    @classmethod
    async def over(cls, rows: Sequence[Row], chunks: Sequence[Chunk], encode: Encode, seed: int) -> _QuestionSearch:
        questions = [row.question for row in rows]
        vectors = await encode(questions, "query")
        overall = calibrate_threshold(vectors, seed)
        by_script = calibrate_by_script(vectors, questions, overall, seed)
        return cls(
            rows, chunks, encode, partial(threshold_of, by_script=by_script, overall=overall), VectorBuffer(vectors),
            await encode([chunk.text for chunk in chunks], "document"),
        )  # fmt: skip

    async def open_questions(self, questions: list[str]) -> tuple[list[str], Vectors]:
        """Those of `questions` that no row asks, with their vectors (m, d)."""
        if not questions:
            return [], np.empty((0, self.chunk_vectors.shape[1]), dtype=np.float32)
        vectors = await self.encode(questions, "query")
        is_open = find_nearest(vectors, self.row_vectors.rows)[1] < [*map(self.threshold_of, questions)]
        return [question for question, is_new in zip(questions, is_open, strict=True) if is_new], vectors[is_open]

    def passages(self, questions: Sequence[str], vectors: Vectors, source_chunk: Chunk) -> list[Chunk]:
        """All chunks of the chunk's document where it is short; else the chunk itself and those nearest to the
        questions, whose `vectors` are (m, d): by vectors of texts, by rare words, and by what rows ask of them.
        """
        document = [chunk for chunk in self.chunks if chunk.document == source_chunk.document]
        if sum(len(chunk.text) for chunk in document) <= WHOLE_DOCUMENT_LENGTH:
            return document
        passages_by_id = {source_chunk.id: source_chunk}
        for question, vector in zip(questions, vectors, strict=True):
            nearest_rows = _highest_indices(self.row_vectors.rows[: len(self.rows)] @ vector)
            nearest_chunks = [
                *_highest_indices(self.chunk_vectors @ vector),
                *_highest_indices(self._word_index.scores(question)),
            ]
            chunks = [self.chunks[index] for index in nearest_chunks]
            chunks += [
                self._chunks_by_id[self.rows[index].chunk]
                for index in nearest_rows
                if self.rows[index].chunk in self._chunks_by_id
            ]
            passages_by_id |= {chunk.id: chunk for chunk in chunks if chunk.id not in passages_by_id}
        return list(passages_by_id.values())

    @cached_property
    def _chunks_by_id(self) -> dict[str, Chunk]:
        return {chunk.id: chunk for chunk in self.chunks}

    @cached_property
    def _word_index(self) -> _WordIndex:
        return _WordIndex([chunk.text for chunk in self.chunks])


def needed_by_split(built: BuiltDataset, share: float) -> dict[str, int]:
    """How many questions make up `share` of train and of eval, once they stand in them."""
    return {
        split: general_rows_needed(len(built.splits[split]), share)
        for split in ("train", "eval")
        if built.splits.get(split)
    }


def calls_needed(rows: int, chunks: int) -> int:
    """Calls of each of the two kinds for so many questions."""
    return min(chunks, -(-SPARE_FACTOR * rows // QUESTIONS_PER_CALL))


async def add_unanswerable_questions(
    built: BuiltDataset,
    chunks: Sequence[Chunk],
    share: float,
    finder: UnanswerableFinder,
) -> BuiltDataset:
    """`built` with questions that no passage answers, as `share` of train and of eval, none in both.

    Chunks are asked about in an order drawn with the seed until there are enough; fewer rows are warned of. A reply
    that cannot be had costs its chunk's questions alone.
    """
    counts = needed_by_split(built, share)
    total = sum(counts.values())
    rows = list({row.id: row for split in ("train", "eval") for row in built.splits.get(split, [])}.values())
    row_chunks = {row.chunk for row in rows}
    usable = [chunk for chunk in chunks if chunk.id in row_chunks]
    search = await _QuestionSearch.over(rows, list(chunks), finder.encode, finder.seed)
    gathered = await _gather_rows(usable, total, search, finder)
    added = _divide_rows(gathered.rows, counts)
    outcome = Unanswerable(
        share=share, needed=total, train=len(added["train"]), eval=len(added.get("eval", [])),
        proposed=gathered.proposed, asked=gathered.asked, answered=gathered.answered, unusable=gathered.unusable,
    )  # fmt: skip
    return _with_unanswerable(built, added, outcome, gathered.failed)


def _with_unanswerable(
    built: BuiltDataset, added: Mapping[str, list[Row]], outcome: Unanswerable, failed: list[str]
) -> BuiltDataset:
    """`built` with the rows `added` to each split: spread over train, at the end of the others."""
    splits = {
        split: spread_rows(split_rows, added[split]) if split == "train" else [*split_rows, *added.get(split, [])]
        for split, split_rows in built.splits.items()
    }
    report = msgspec.structs.replace(
        built.report,
        splits={split: len(split_rows) for split, split_rows in splits.items()},
        unanswerable=outcome,
        personal=[*built.report.personal, *scan_rows([row for split_rows in added.values() for row in split_rows])],
        warnings=[*built.report.warnings, *_shortage_warnings(outcome, failed)],
    )
    return BuiltDataset(splits, report)


async def _gather_rows(
    usable: Sequence[Chunk], total: int, search: _QuestionSearch, finder: UnanswerableFinder
) -> _Gathered:
    order = np.random.default_rng(finder.seed).permutation(len(usable)).tolist()
    gathered, start = _Gathered(), 0
    while len(gathered.rows) < total and start < len(order):
        batch = order[start : start + calls_needed(total - len(gathered.rows), len(order))]
        start += len(batch)
        for addition in await gather_all(_chunk_rows(usable[i], search, finder) for i in batch):
            await _add_rows(gathered, addition, search)
    return gathered


async def _chunk_rows(chunk: Chunk, search: _QuestionSearch, finder: UnanswerableFinder) -> _Gathered:
    """The rows of one chunk; those of another chunk may still ask the same."""
    gathered = _Gathered()
    try:
        proposed = _distinct_questions(await finder.propose(chunk, QUESTIONS_PER_CALL))
        gathered.proposed = len(proposed)
        open_questions, vectors = await search.open_questions(list(proposed))
        gathered.asked = len(proposed) - len(open_questions)
        if not open_questions:
            return gathered
        passages = search.passages(open_questions, vectors, chunk)
        findings = await finder.look_up(chunk, [proposed[question] for question in open_questions], passages)
    except UnitError as error:
        gathered.failed.append(str(error))
        return gathered
    by_number = {finding.number: finding for finding in findings.findings}
    passage_text = " ".join(passage.text for passage in passages)
    for number, question in enumerate(open_questions, 1):
        finding = by_number.get(number)
        if finding and (finding.answered or finding.quote.strip()):
            gathered.answered += 1
        elif finding is None or not _is_honest(finding.reply, question, passage_text):
            gathered.unusable += 1
        else:
            gathered.rows.append(_row(question, finding.reply.strip(), chunk, finder.model))
    return gathered


def _distinct_questions(proposals: Proposals) -> dict[str, Proposed]:
    """What was proposed, by its question; of several with one question the first."""
    by_question: dict[str, Proposed] = {}
    for proposed in proposals.questions:
        if question := proposed.question.strip():
            by_question.setdefault(question, proposed)
    return by_question


def _is_honest(reply: str, question: str, passage_text: str) -> bool:
    """Whether the reply says something, and no number that neither the question nor the passages have."""
    return bool(reply.strip()) and number_values(reply, spelled="en") <= number_values(
        f"{question} {passage_text}", spelled="en"
    )


async def _add_rows(gathered: _Gathered, addition: _Gathered, search: _QuestionSearch) -> None:
    """The rows of `addition` that `gathered` does not ask yet, and all its counts."""
    for row in addition.rows:
        vector = await search.encode([row.question], "query")
        # a question of marks alone, such as a formula, has no words to be told by
        wording = normalised_words(row.question) or row.question
        nearest_cosine = find_nearest(vector, search.row_vectors.rows)[1][0]
        if wording in gathered.wordings or nearest_cosine >= search.threshold_of(row.question):
            gathered.asked += 1
            continue
        search.row_vectors.extend(vector)  # not to be asked twice
        gathered.rows.append(row)
        gathered.wordings.add(wording)
    gathered.proposed += addition.proposed
    gathered.asked += addition.asked
    gathered.answered += addition.answered
    gathered.unusable += addition.unusable
    gathered.failed += addition.failed


def _row(question: str, answer: str, chunk: Chunk, model: str) -> Row:
    digest = hashlib.sha256(f"{chunk.document}\0{question}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return Row(
        id=f"{chunk.document}-unanswerable-{digest}",
        question=question,
        answer=answer,
        evaluation_criteria=list(UNANSWERABLE_CRITERIA),
        difficulty="",
        category=UNANSWERABLE_CATEGORY,
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


def _divide_rows(rows: Sequence[Row], split_counts: Mapping[str, int]) -> dict[str, list[Row]]:
    """The rows by split, as many as it takes of each; where they are too few, by the same shares, one at least."""
    total = sum(split_counts.values())
    used_rows = list(rows[:total])
    if "eval" not in split_counts:
        return {"train": used_rows}
    eval_count = (
        split_counts["eval"] if len(used_rows) == total else round(len(used_rows) * split_counts["eval"] / total)
    )
    return {"eval": used_rows[:eval_count], "train": used_rows[eval_count:]}


def _shortage_warnings(counts: Unanswerable, failed: Sequence[str]) -> list[str]:
    total = counts.train + counts.eval
    warnings = []
    if total < counts.needed:
        warnings.append(
            f"only {total:,} of {counted(counts.needed, 'question')} without an answer were found: of "
            f"{counts.proposed:,} "
            f"proposed ones {counts.answered:,} are answered by a passage and {counts.asked:,} ask what another row "
            "asks"
        )
    if failed:
        warnings.append(
            f"{counted(len(failed), 'chunk gave', 'chunks gave')} no question without an answer; the first "
            f"reason: {failed[0]}"
        )
    return warnings


TOKENS_PER_QUESTION = 60  # of either reply


def build_proposer(client: Callable[[], Client], call: AbsentQuestions, template: str, about: Subjects) -> Propose:
    """What proposes questions beside a chunk."""

    async def propose(chunk: Chunk, count: int) -> Proposals:
        messages = proposal_messages(template, about.of(chunk.document), chunk, count)
        unit = f"{chunk.id} unanswerable"
        return (await client().ask(call, messages, stage="create_dataset", unit=unit, schema=Proposals)).value

    return propose


def build_look_up(client: Callable[[], Client], call: AbsentQuestions, template: str, about: Subjects) -> LookUp:
    """What looks questions up in passages, and words the replies to those that none of them answers."""

    async def look_up(chunk: Chunk, questions: Sequence[Proposed], passages: Sequence[Chunk]) -> Findings:
        messages = look_up_messages(template, about.of(chunk.document), questions, passages)
        unit = f"{chunk.id} unanswerable looked up"
        return (await client().ask(call, messages, stage="create_dataset", unit=unit, schema=Findings)).value

    return look_up


def proposal_messages(template: str, about: str, chunk: Chunk, count: int) -> list[Message]:
    """The first request."""
    return render_turns(template, subject=about.strip() or chunk.document, passage=chunk.text, count=str(count))


def look_up_messages(
    template: str, about: str, questions: Sequence[Proposed], passages: Sequence[Chunk]
) -> list[Message]:
    """The second request. The passages come first: those of a short document are the same in all of its requests."""
    return render_turns(
        template,
        subject=about.strip() or passages[0].document,
        passages="\n\n".join(passage.text for passage in passages),
        questions="\n".join(_question_line(number, question) for number, question in enumerate(questions, 1)),
    )


def _question_line(number: int, proposed: Proposed) -> str:
    missing = " ".join(proposed.missing.split())
    return f"{number}. {proposed.question.strip()}" + (f" (to be stated: {missing})" if missing else "")


async def add_unanswerable(
    job: Job, built: BuiltDataset, passages: Sequence[Chunk], about: Subjects, encode: Encode
) -> BuiltDataset:
    """The dataset with the questions that the settings ask for."""
    settings = job.config.dataset
    call = settings.absent
    job.progress.start_phase("looking for questions that the documents do not answer")
    propose = build_proposer(lambda: job.client, call, job.prompt(call.prompt), about)
    look_up = build_look_up(lambda: job.client, call, job.prompt(call.check_prompt), about)
    finder = UnanswerableFinder(propose, look_up, encode, str(call.model), settings.seed)
    return await add_unanswerable_questions(built, passages, settings.unanswerable, finder)


def unanswerable_estimate(job: Job, inputs: BuildInputs, rows: Sequence[Row]) -> Estimate:
    """Two calls a chunk, by the first chunk's size and what the questions of its document are looked up in."""
    settings = job.config.dataset
    call = settings.absent
    row_chunks = {row.chunk for row in rows}
    all_chunks = read_passages(inputs)
    passages = [chunk for chunk in all_chunks if chunk.id in row_chunks]
    if not passages:
        return Estimate(0, 0, 0, call)
    train = train_size(rows, inputs.runs, settings) * settings.phrasings
    held_out = eval_size(len(rows), settings.eval_fraction, settings.eval_max) if settings.eval_split else 0
    needed = sum(general_rows_needed(count, settings.unanswerable) for count in (train, held_out) if count)
    calls, about = (
        calls_needed(needed, len(passages)),
        read_subjects(job.config.qa.context, inputs.texts, inputs.summaries),
    )
    document_chunks = [chunk for chunk in all_chunks if chunk.document == passages[0].document]
    shown_chunks = (
        document_chunks
        if sum(len(chunk.text) for chunk in document_chunks) <= WHOLE_DOCUMENT_LENGTH
        else document_chunks[: QUESTIONS_PER_CALL * 2 * NEAREST_CHUNKS]
    )
    subject = about.of(passages[0].document)
    propose_tokens = job.tokens(
        call, proposal_messages(job.prompt(call.prompt), subject, passages[0], QUESTIONS_PER_CALL), Proposals
    )
    questions = [Proposed(question=row.question, missing=row.answer) for row in rows[:QUESTIONS_PER_CALL]]
    look_up_tokens = job.tokens(
        call, look_up_messages(job.prompt(call.check_prompt), subject, questions, shown_chunks), Findings
    )
    return Estimate(
        2 * calls, calls * (propose_tokens + look_up_tokens), 2 * calls * TOKENS_PER_QUESTION * QUESTIONS_PER_CALL, call
    )
