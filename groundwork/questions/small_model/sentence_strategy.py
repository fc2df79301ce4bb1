"""The strategy for small local models: one statement, one call, one pair, the answer first.

The evidence is the statement by construction; criteria, difficulty and category follow from question and answer by
rule. What the model invents is caught by its words, which must stand in the statement or near it, and, if asked for, by
a round trip: the model answers its own question again from the statement, and both answers must agree.

This module is the one door of its room. What the room holds was made for one model of 1.5 billion parameters, as a
demonstration, and takes no more rules.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from groundwork.errors import UnitError
from groundwork.language.names_and_codes import names
from groundwork.language.numbers import number_values
from groundwork.language.words import content_words, stem
from groundwork.llm.calls.costs_and_budget import tokens_in
from groundwork.llm.client import Client
from groundwork.llm.prompt_templates import PromptReader, render_turns
from groundwork.llm.replies.reply_schema import FaultyItem
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.statements import Statement
from groundwork.questions.interview_material import InterviewMaterial, table_caption
from groundwork.questions.interview_strategy import (
    Asker,
    ForecastBasis,
    ForecastTokens,
    InterviewAnswer,
    InterviewRound,
)
from groundwork.questions.pair_drafts import Draft, Fault, JudgedDraft
from groundwork.questions.small_model.criteria_from_answer_clauses import (
    category_from_wording,
    criteria_from_answer,
    difficulty_from_answer,
)
from groundwork.questions.small_model.draft_target_faults import draft_target_faults
from groundwork.questions.small_model.question_frames import ask_in_frame, changed_question_terms, frame_messages
from groundwork.questions.small_model.question_targets import (
    QuestionTarget,
    group_targets,
    simplify_target_text,
    spread_targets,
    target_importance,
    target_list_items,
)
from groundwork.questions.small_model.rival_statements import RivalSearch, max_rival_statements
from groundwork.records import Chunk
from groundwork.settings.config_schema import QA

T = TypeVar("T")

_DOCUMENT_KIND_WORDS = content_words("rules regulations handbook guide manual policy report standard", "en")
AGREEING_ROUND_TRIP_WORDS = 0.5  # of the shorter answer's content words that both answers of a round trip share


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The model's reply, in the order in which it writes."""

    answer: str
    question: str


@dataclass
class SentenceAsker:
    """Asks about the statements of one chunk. `document_title` names it, `table_caption` is that of the chunk's table.

    What was asked about once, with whatever result, is not asked about again: the model would write the same. What
    readers want asked is asked all the same, as another sample.
    """

    client: Client
    settings: QA
    reading: Reading
    sentence_prompt: str
    round_trip_prompt: str
    document_title: str
    rival_search: RivalSearch
    table_caption: str = ""
    calls: int = 0
    batch_size: int = 1_000_000
    failures: list[UnitError] = field(default_factory=list)
    dropped: list[FaultyItem] = field(default_factory=list)  # never any: one pair a reply
    _asked_statements: set[str] = field(default_factory=set)

    @property
    def chunk(self) -> Chunk:
        return self.reading.chunk

    async def ask(self, sentence_round: InterviewRound) -> InterviewAnswer:
        """One pair for each of the targets that matter most, spread over the chunk."""
        chunk_text = self.chunk.text
        open_sentence_targets = group_targets(sentence_round.gaps, self.reading, sentence_round.iteration - 1)
        fresh_sentence_targets = [
            target
            for target in open_sentence_targets
            if target_importance(target, chunk_text) > 0 and target.plain not in self._asked_statements
        ]
        eligible_targets = open_sentence_targets if sentence_round.wished else fresh_sentence_targets
        chosen_sentence_targets = spread_targets(eligible_targets, chunk_text, sentence_round.count)
        self._asked_statements |= {target.plain for target in chosen_sentence_targets}
        sentence_drafts_or_errors = await asyncio.gather(
            *(self._ask_about(target, sentence_round.iteration) for target in chosen_sentence_targets),
            return_exceptions=True,
        )
        sentence_errors = [error for error in sentence_drafts_or_errors if isinstance(error, UnitError)]
        sentence_drafts = [draft for draft in sentence_drafts_or_errors if not isinstance(draft, BaseException)]
        for error in sentence_drafts_or_errors:
            if isinstance(error, BaseException) and not isinstance(error, UnitError):
                raise error
        if sentence_errors and len(sentence_errors) == len(sentence_drafts_or_errors):
            raise sentence_errors[0]
        self.failures += sentence_errors
        return InterviewAnswer(sentence_drafts)

    async def correct(self, faulty_sentence_drafts: Sequence[JudgedDraft]) -> list[Draft | None]:
        """A small model does not mend what it wrote; the next iteration asks about the statement anew."""
        return [None] * len(faulty_sentence_drafts)

    async def _ask_about(self, target: QuestionTarget, iteration: int) -> JudgedDraft:
        section = self._section_of_target(target)
        sentence_before = self._previous_sentence(target.statements[0])
        sentence_messages = render_turns(
            self.sentence_prompt,
            document=self.document_title,
            section=section or "(none)",
            before=sentence_before or "(nothing)",
            statement=target.plain,
        )
        sentence_unit = f"{self.chunk.id} at {target.statements[0].start}"
        sentence_reply = await self._call(sentence_messages, Reply, sentence_unit, iteration)
        sentence_draft = self._sentence_draft(target, sentence_reply)
        sentence_faults = draft_target_faults(sentence_draft, target, sentence_before, section, self.document_title)
        rival_count = 0 if sentence_faults else self._count_rivals(sentence_draft, target)
        if rival_count > max_rival_statements(sentence_reply.question, target, self.document_title):
            sentence_faults = [Fault("vague", f"{rival_count} other statements fit the question as well")]
        if self.settings.round_trip and not sentence_faults:
            sentence_faults = await self._check_round_trip(sentence_draft, target.plain, sentence_unit, iteration)
        return sentence_draft, sentence_faults

    def _sentence_draft(self, target: QuestionTarget, sentence_reply: Reply) -> Draft:
        is_english = self.reading.source_text.word_language == "en"
        asked_question = without_column_names(sentence_reply.question, target)
        sentence_question = name_document(asked_question, self.document_title, is_english)
        answer = without_column_names(answer_or_row_cells(sentence_reply.answer.strip(), target), target)
        untitled = sentence_question.replace(self.document_title, "")
        return Draft(
            evidence=[self.chunk.text[statement.start : statement.end] for statement in target.statements],
            question=sentence_question,
            answer=answer,
            evaluation_criteria=criteria_from_answer(untitled, answer, target_list_items(target, self.chunk.text)),
            difficulty=difficulty_from_answer(answer),
            category=category_from_wording(sentence_reply.question, answer),
        )

    def _count_rivals(self, sentence_draft: Draft, target: QuestionTarget) -> int:
        return self.rival_search.count_rivals(sentence_draft.question, self.chunk, target.statements)

    async def _check_round_trip(self, draft: Draft, statement_text: str, unit: str, iteration: int) -> list[Fault]:
        round_trip_messages = render_turns(self.round_trip_prompt, statement=statement_text, question=draft.question)
        round_trip_answer: str = await self._call(round_trip_messages, None, f"{unit} round trip", iteration)
        if answers_agree(draft.answer, round_trip_answer):
            return []
        return [Fault("round trip", f"answered again from the statement: {round_trip_answer.strip()}")]

    def _section_of_target(self, target: QuestionTarget) -> str:
        """The headings above the target but the title, and the caption of its table."""
        target_headings = [
            heading
            for heading in self.reading.headings_at(target.statements[0].start)
            if heading != self.document_title
        ]
        return " > ".join([*target_headings, *([self.table_caption] if self.table_caption and target.subject else [])])

    def _previous_sentence(self, statement: Statement) -> str:
        """The sentence before, where the statement has no lead of its own to be understood by."""
        if statement.lead or statement.kind == "row":
            return ""
        sentences = self.reading.statements
        sentence_before = sentences[sentences.index(statement) - 1] if sentences[0] != statement else None
        return (
            simplify_target_text(sentence_before.plain_text(self.chunk.text))
            if sentence_before and sentence_before.kind == "sentence"
            else ""
        )

    async def _call(self, sentence_messages: list[dict[str, Any]], schema: type[T] | None, unit: str, sample: int) -> T:
        self.calls += 1
        sentence_reply = await self.client.ask(
            self.settings, sentence_messages, stage="generate_qa", unit=unit, schema=schema, sample=sample
        )
        return sentence_reply.value


def name_document(sentence_question: str, document: str, is_english: bool = True) -> str:
    """The question; where it does not name what the title names, so that nobody could tell what it is about, the title
    goes in front; in other languages with a colon alone.
    """
    words_naming_document = content_words(document, "en") - _DOCUMENT_KIND_WORDS
    naming_words_in_question = content_words(sentence_question, "en") & words_naming_document
    if (
        naming_words_in_question & {stem(name, "en") for name in names(sentence_question)}
        or len(naming_words_in_question) > len(words_naming_document) / 2
    ):
        return sentence_question
    if not is_english:
        return f"{document}: {sentence_question}"
    full_title = document if re.match(r"(?i)the\b", document) else f"the {document}"
    return f"According to {full_title}, {sentence_question[:1].lower()}{sentence_question[1:]}"


def without_column_names(question_text: str, target: QuestionTarget) -> str:
    """The question without the names of columns in brackets, which the model takes over from a row: "Pear (Tree)"."""
    for column_name in target.statements[0].header:
        question_text = question_text.replace(f" ({column_name})", "") if column_name else question_text
    return question_text.strip()


def answer_or_row_cells(answer: str, target: QuestionTarget) -> str:
    """The answer; one that repeats a row as it stands gives way to the cells that were asked about."""
    answer_repeats_row = (
        target.answer_cells and ": " in answer and (";" in answer or answer.rstrip(".").endswith(target.answer_cells))
    )
    return f"{target.answer_cells}." if answer_repeats_row else answer


__all__ = ["ask_in_frame", "askers", "changed_question_terms", "forecast", "frame_messages", "prompt_files"]

SENTENCE_PAIR_TOKENS = 35  # tokens of question and answer alone, whose answer is the statement or a part of it


def prompt_files(settings: QA) -> list[str]:
    """The files of config/prompts that it makes use of."""
    return [settings.prompt, *([settings.round_trip_prompt] if settings.round_trip else [])]


def askers(
    settings: QA, material: InterviewMaterial, prompt: PromptReader, client: Callable[[], Client]
) -> list[Asker]:
    """One for each chunk of `material`."""
    round_trip_prompt = prompt(settings.round_trip_prompt) if settings.round_trip else ""
    prompts, document_title, chunks = (prompt(settings.prompt), round_trip_prompt), material.title, material.chunks
    rival_search = RivalSearch(material.readings, document_title)
    captions = [table_caption(reading.chunk, chunks) for reading in material.readings]
    return [
        SentenceAsker(client(), settings, reading, *prompts, document_title, rival_search, caption)
        for reading, caption in zip(material.readings, captions, strict=True)
    ]


def forecast(basis: ForecastBasis, reading: Reading, limit: int | None) -> Iterator[ForecastTokens]:
    """The calls that one chunk is likely to take."""
    settings, material, prompt = basis.settings, basis.material, basis.prompt
    sentence_prompt = prompt(settings.prompt)
    for target in _forecast_targets(reading, limit):
        sentence_section = [
            *reading.headings_at(target.statements[0].start),
            table_caption(reading.chunk, material.chunks) if target.subject else "",
        ]
        sentence_messages = render_turns(
            sentence_prompt,
            document=material.title,
            section=" > ".join(filter(None, sentence_section)) or "(none)",
            before="(nothing)",
            statement=target.plain,
        )
        sentence_reply_tokens = tokens_in(target.plain) + SENTENCE_PAIR_TOKENS
        yield basis.tokens(sentence_messages, Reply), sentence_reply_tokens
        if settings.round_trip:
            round_trip_prompt = prompt(settings.round_trip_prompt)
            round_trip_messages = render_turns(round_trip_prompt, statement=target.plain, question=target.plain)
            yield basis.tokens(round_trip_messages, None), sentence_reply_tokens // 2


def _forecast_targets(reading: Reading, limit: int | None) -> list[QuestionTarget]:
    chunk_text = reading.chunk.text
    sentence_targets = [
        target for target in group_targets(reading.statements, reading) if target_importance(target, chunk_text) > 0
    ]
    return spread_targets(sentence_targets, chunk_text, len(sentence_targets) if limit is None else limit)


def answers_agree(answer: str, round_trip_answer: str) -> bool:
    """Do two answers share their words, without different numbers?"""
    first_round_trip_words = content_words(answer, "en")
    second_round_trip_words = content_words(round_trip_answer, "en")
    round_trip_values = number_values(answer, spelled="en"), number_values(round_trip_answer, spelled="en")
    if (
        round_trip_values[0]
        and round_trip_values[1]
        and not (round_trip_values[0] <= round_trip_values[1] or round_trip_values[1] <= round_trip_values[0])
    ):
        return False
    if not first_round_trip_words or not second_round_trip_words:
        return bool(round_trip_values[0] & round_trip_values[1])
    return len(first_round_trip_words & second_round_trip_words) >= AGREEING_ROUND_TRIP_WORDS * min(
        len(first_round_trip_words), len(second_round_trip_words)
    )
