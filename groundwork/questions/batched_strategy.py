"""The strategy for large models: many pairs a call, with the questions so far and the gaps shown.

A forecast takes the real prompts, answered by a model that behaves like most. Each call asks about
ASKED_SHARE_PER_CALL of what is left, so that a chunk gives 13 + 3 + 3 + 2; a pair says its statement three times, as
evidence, in the answer and in the criteria. Corrections are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from groundwork.language.sentences import sentences
from groundwork.language.words import content_words
from groundwork.llm.calls.costs_and_budget import tokens_in
from groundwork.llm.client import Client
from groundwork.llm.prompt_templates import Message, PromptReader, follow_up_turns, render_template, render_turns
from groundwork.llm.replies.reply_schema import FaultyItem, ReplyRequirements
from groundwork.markdown.chunk_reading import Reading
from groundwork.questions.chunk_interviews import MAX_TIMES_SHOWN
from groundwork.questions.interview_material import SUMMARY_LENGTH, InterviewMaterial, prompt_variables
from groundwork.questions.interview_strategy import (
    Asker,
    ForecastBasis,
    ForecastTokens,
    InterviewAnswer,
    InterviewRound,
)
from groundwork.questions.pair_drafts import Corrections, Draft, Drafts, JudgedDraft
from groundwork.questions.prompt_figures import PromptFigures
from groundwork.questions.shown_gaps import (
    WISHED_GAPS_NOTE,
    first_gaps,
    numbered_gaps,
    read_declined_gaps,
    restore_gap_evidence,
)
from groundwork.records import Chunk, Rejected
from groundwork.settings.config_schema import QA

REJECTED_QUESTIONS_NOTE = "Turned down in the last round; do not ask them again in other words:"
BATCH_STATEMENT_CHARACTERS = 250  # at the most; a sentence has about half as many
EXTRA_PAIRS_PER_BATCH = 3  # that a chunk may give beyond one for each of its statements: counts, comparisons, cases
BatchMessages = list[Message]  # a conversation


@dataclass
class BatchAsker:
    """Asks about one chunk. `batch_variables`: those of the prompt that stay the same, as context and summary."""

    client: Client
    settings: QA
    chunk: Chunk
    batch_prompt: str
    correction_prompt: str
    batch_variables: dict[str, str]
    statement_count: int | None = None  # of the chunk, where they are counted
    figures: PromptFigures | None = None
    calls: int = 0
    dropped: list[FaultyItem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._batch_figures = self.figures or PromptFigures(self.chunk, self.settings)
        self._gap_characters = 0  # characters that no question covers yet

    @property
    def batch_size(self) -> int:
        figure_count = self._batch_figures.prompt_figure_count
        statement_count = None if self.statement_count is None else self.statement_count + figure_count
        return pairs_per_call(self.settings.batch, statement_count, len(self.chunk.text))

    @property
    def warnings(self) -> list[str]:
        return self._batch_figures.unshown_figure_warnings

    @property
    def shows_figures(self) -> bool:
        return self._batch_figures.prompt_figure_count > 0

    async def ask(self, batch_round: InterviewRound) -> InterviewAnswer:
        """One call. The gaps are shown from the second iteration on, when there is something that they were left by."""
        chunk_text = self.chunk.text
        shows_gaps = batch_round.wished or (self.settings.show_gaps and batch_round.iteration > 1)
        max_gaps = batch_round.count if batch_round.wished else len(batch_round.gaps)
        batch_gaps = first_gaps(batch_round.gaps, max_gaps) if shows_gaps else []
        batch_messages = self._batch_round_messages(batch_round, [gap.plain_text(chunk_text) for gap in batch_gaps])
        self._gap_characters = sum(gap.end - gap.start for gap in batch_round.gaps)
        batch_unit = f"{self.chunk.id} iteration {batch_round.iteration}"
        batch_messages = self._batch_figures.add_figures(batch_messages)
        batch_reply = await self._call(batch_messages, Drafts, batch_unit, batch_round.iteration)
        batch_drafts = (restore_gap_evidence(draft, batch_round.gaps, chunk_text) for draft in batch_reply.pairs)
        judged_batch: list[JudgedDraft] = [(self._batch_figures.resolve_figures(draft), []) for draft in batch_drafts]
        declined_gaps = read_declined_gaps(batch_reply.declined, batch_gaps)
        return InterviewAnswer(judged_batch, batch_gaps, declined_gaps, batch_reply.done, batch_reply.contradictions)

    async def correct(self, faulty_batch: Sequence[JudgedDraft]) -> list[Draft | None]:
        """One call for all of them; None for a draft that the reply leaves out."""
        numbered_batch_faults = [
            f"{draft_number}. {draft.question}\n" + "\n".join(f"   - {fault.detail}" for fault in draft_faults)
            for draft_number, (draft, draft_faults) in enumerate(faulty_batch, 1)
        ]
        faulty_batch_reply = msgspec.json.encode({"pairs": [draft for draft, _ in faulty_batch]}).decode()
        correction_request = render_template(self.correction_prompt, faults="\n".join(numbered_batch_faults))
        batch_correction_messages = [
            *self._batch_figures.add_figures(self._batch_round_messages(None)),
            *follow_up_turns(faulty_batch_reply, correction_request),
        ]
        batch_corrections = await self._call(batch_correction_messages, Corrections, f"{self.chunk.id} correction", 0)
        corrected_batch_drafts = {
            draft.number: self._batch_figures.resolve_figures(draft_of_correction(draft))
            for draft in batch_corrections.pairs
        }
        return [corrected_batch_drafts.get(draft_number) for draft_number in range(1, len(faulty_batch) + 1)]

    def _batch_round_messages(self, batch_round: InterviewRound | None, gap_texts: Sequence[str] = ()) -> BatchMessages:
        chunk = msgspec.structs.replace(self.chunk, text=self._batch_figures.text_with_figure_marks)
        return batch_messages(self.batch_prompt, self.batch_variables, chunk, batch_round, gap_texts)

    async def _call(self, batch_call_messages: BatchMessages, schema: type[Any], batch_unit: str, sample: int) -> Any:
        self.calls += 1
        batch_reply = await self.client.ask(
            self.settings,
            batch_call_messages,
            stage="generate_qa",
            unit=batch_unit,
            schema=ReplyRequirements(schema, partial=True),
            sample=sample,
            remaining_characters=self._gap_characters,
        )
        self.dropped += batch_reply.dropped
        return batch_reply.value


def pairs_per_call(max_batch: int, statement_count: int | None, chunk_characters: int = 0) -> int:
    """How many pairs to ask for at once: not many more than the chunk has statements.

    The cells of a table in HTML may be long, and each of them is one statement: by its length it has more.
    """
    if statement_count is None:
        return max_batch
    return min(max_batch, max(statement_count, chunk_characters // BATCH_STATEMENT_CHARACTERS) + EXTRA_PAIRS_PER_BATCH)


def batch_messages(
    batch_prompt: str,
    batch_variables: dict[str, str],
    chunk: Chunk,
    batch_round: InterviewRound | None,
    batch_gaps: Sequence[str] = (),
) -> BatchMessages:
    """The conversation that asks for the round's pairs about `chunk`, and shows these of its gaps.

    Without a round it ends with the chunk, for corrections: the same beginning, of which endpoints keep a cache.
    """
    batch_variables = {**batch_variables, "summary": summary_for_chunk(chunk, batch_variables["summary"])}
    no_round = {"asked": "", "gaps": "", "batch": ""}
    round_variables = _batch_variables(batch_round, batch_gaps) if batch_round else no_round
    section_headings = " > ".join(chunk.headings) or "(none)"
    return render_turns(batch_prompt, **batch_variables, **round_variables, section=section_headings, chunk=chunk.text)


def _batch_variables(batch_round: InterviewRound, batch_gaps: Sequence[str]) -> dict[str, str]:
    rejected_in_batch = rejected_question_lines(batch_round.rejected)
    batch_question_lines = [
        *batched_question_bullets([pair.question for pair in batch_round.pairs]).splitlines(),
        *([REJECTED_QUESTIONS_NOTE, batched_question_bullets(rejected_in_batch)] if rejected_in_batch else []),
    ]
    return {
        "asked": "\n".join(batch_question_lines),
        "gaps": "\n".join([WISHED_GAPS_NOTE] * batch_round.wished + numbered_gaps(batch_gaps)),
        "batch": str(batch_round.count),
    }


def summary_for_chunk(chunk: Chunk, summary: str) -> str:
    """What a chunk needs of the document's summary: its first sentence and those that share most words with the chunk,
    in SUMMARY_LENGTH characters, twice as many for a chunk of several times the length.
    """
    batch_summary_room = SUMMARY_LENGTH * (2 if len(chunk.text) > 4 * SUMMARY_LENGTH else 1)
    if len(summary) <= batch_summary_room:
        return summary
    sentences_for_batch = [summary[start:end].strip() for start, end in sentences(summary, chunk.language)] or [summary]
    batch_chunk_words = content_words(chunk.text, chunk.language)
    shared_words = [len(batch_chunk_words & content_words(text, chunk.language)) for text in sentences_for_batch]
    batch_summary_sentences, batch_summary_room = [0], batch_summary_room - len(sentences_for_batch[0])
    for i in sorted(range(1, len(sentences_for_batch)), key=lambda i: -shared_words[i]):
        if shared_words[i] and len(sentences_for_batch[i]) < batch_summary_room:
            batch_summary_sentences.append(i)
            batch_summary_room -= len(sentences_for_batch[i]) + 1
    return " ".join(sentences_for_batch[i] for i in sorted(batch_summary_sentences))


def rejected_question_lines(rejected_in_batch: Sequence[Rejected]) -> list[str]:
    """The questions that were rejected, each with the reason."""
    rejected_with_reasons = [
        (str(rejected.pair.get("question", "")).strip(), f"{rejected.reason}: {rejected.detail}")
        for rejected in rejected_in_batch
    ]
    return [f"{batch_question} ({reason})" for batch_question, reason in rejected_with_reasons if batch_question]


def draft_of_correction(correction: Any) -> Draft:
    """A correction without its number."""
    return Draft(**{name: getattr(correction, name) for name in Draft.__struct_fields__})


def batched_question_bullets(batch_questions: Sequence[str]) -> str:
    return "\n".join(f"- {batch_question}" for batch_question in batch_questions)


BATCH_SHARE_OF_STATEMENTS = 0.6
BATCH_STATEMENT_REPEATS = 3
BATCH_PAIR_TOKENS, BATCH_QUESTION_TOKENS = 80, 22  # tokens of a pair beside its statement; of its question alone


def prompt_files(settings: QA) -> list[str]:
    """The files of config/prompts that it makes use of."""
    batch_correction_prompts = [settings.correction_prompt] * settings.correct
    return [settings.prompt, *batch_correction_prompts, *[settings.images_prompt] * settings.images]


def askers(
    settings: QA, material: InterviewMaterial, prompt: PromptReader, client: Callable[[], Client]
) -> list[Asker]:
    """One for each chunk of `material`."""
    batch_prompts = prompt(settings.prompt), prompt(settings.correction_prompt)
    batch_variables = prompt_variables(settings, material)
    return [
        BatchAsker(
            client(),
            settings,
            reading.chunk,
            *batch_prompts,
            batch_variables,
            len(reading.plain_statements()),
            _batch_figures(settings, material, reading, prompt),
        )
        for reading in material.readings
    ]


def _batch_figures(settings: QA, material: InterviewMaterial, reading: Reading, prompt: PromptReader) -> PromptFigures:
    """The pictures of a chunk, where a model is to see them."""
    shows_figures = settings.images and material.texts is not None
    figure_instructions = prompt(settings.images_prompt) if shows_figures else ""
    return PromptFigures(reading.chunk, settings, material.texts if shows_figures else None, figure_instructions)


def forecast(basis: ForecastBasis, reading: Reading, limit: int | None) -> Iterator[ForecastTokens]:
    """The calls that one chunk is likely to take."""
    batch_statements = reading.plain_statements()
    mean_batch_statement_tokens = sum(map(tokens_in, batch_statements)) / max(1, len(batch_statements))
    settings, material = basis.settings, basis.material
    batch_prompt, batch_variables = basis.prompt(settings.prompt), prompt_variables(settings, material)
    batch_figures = _batch_figures(settings, material, reading, basis.prompt)
    batch_subject_count = len(batch_statements) + batch_figures.prompt_figure_count
    batch_size = pairs_per_call(settings.batch, batch_subject_count, len(batch_figures.text_with_figure_marks))
    forecast_batch_pairs, max_batch_pairs = 0, batch_subject_count if limit is None else min(limit, batch_subject_count)
    for iteration in range(settings.max_iterations if settings.iterate else 1):
        wanted_batch_pairs = batch_size if limit is None else min(batch_size, limit - forecast_batch_pairs)
        batch_gaps = batch_statements[forecast_batch_pairs:] if settings.show_gaps and iteration else []
        forecast_batch_chunk = msgspec.structs.replace(reading.chunk, text=batch_figures.text_with_figure_marks)
        forecast_batch_round = InterviewRound(iteration, wanted_batch_pairs, pairs=[], gaps=[])
        forecast_batch_messages = batch_figures.add_figures(
            batch_messages(batch_prompt, batch_variables, forecast_batch_chunk, forecast_batch_round, batch_gaps)
        )
        pairs_of_batch = min(
            wanted_batch_pairs,
            max_batch_pairs - forecast_batch_pairs,
            round(BATCH_SHARE_OF_STATEMENTS * (batch_subject_count - forecast_batch_pairs)),
        )
        yield (
            basis.tokens(forecast_batch_messages, Drafts) + forecast_batch_pairs * BATCH_QUESTION_TOKENS,
            int(pairs_of_batch * (BATCH_STATEMENT_REPEATS * mean_batch_statement_tokens + BATCH_PAIR_TOKENS)) + 5,
        )
        forecast_batch_pairs += pairs_of_batch
        if (settings.stop != "fixed" and forecast_batch_pairs >= batch_subject_count) or forecast_batch_pairs == limit:
            return
        are_gaps_shown_enough = settings.show_gaps and iteration >= MAX_TIMES_SHOWN
        if settings.stop != "fixed" and are_gaps_shown_enough and pairs_of_batch < wanted_batch_pairs:
            return
