"""Pairs as a model writes them, what rules find wrong with them, and the records that they become."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

import msgspec

from groundwork.language import dangling_references as wording
from groundwork.language.dangling_references import drop_bracketed_references, find_cross_reference
from groundwork.language.language_and_script import detect_language, foreign_language
from groundwork.language.names_and_codes import names
from groundwork.language.numbers import numbers
from groundwork.language.sentences import is_question, sentences
from groundwork.language.text_spans import Span
from groundwork.language.words import content_words, normalised_words, words
from groundwork.language.yes_and_no import yes_or_no
from groundwork.llm.prompt_templates import placeholders, split_turns
from groundwork.llm.replies.reply_schema import FaultyItem
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.figures import is_figure
from groundwork.markdown.grounding import SourceText
from groundwork.questions.calculated_numbers import unsupported_numbers
from groundwork.questions.criteria_faults import criteria_fault, drop_padding_criteria, item_without_criterion
from groundwork.questions.interview_material import InterviewMaterial
from groundwork.questions.prompt_injection import is_prompt_injection
from groundwork.questions.trivial_questions import trivial_question_reason
from groundwork.records import Category, Chunk, Difficulty, Pair, Rejected
from groundwork.settings.config_schema import QA

MIN_NEW_DRAFTED_WORDS = 2  # of an answer beside the question's, of which one stands in any quote that proves it
UNCORRECTABLE_FAULTS = ("example", "instruction", "round trip", "worth")  # faults that asking again does not mend


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """One pair of a model's reply; the order of the fields is the order in which the model writes them."""

    evidence: list[str]
    question: str
    answer: str
    evaluation_criteria: list[str]
    difficulty: Difficulty
    category: Category


class Drafts(msgspec.Struct, frozen=True, kw_only=True):
    """A model's reply: as many pairs as it found, or none.

    `declined`: of the parts shown as untouched those that hold nothing worth asking, each as "number: reason".
    `contradictions`: what the chunk tells in two ways, or in another way than the summary. `done`: nothing worth asking
    is left in the chunk.
    """

    pairs: list[Draft]
    declined: list[str] = []
    contradictions: list[str] = []
    done: bool = False


class Correction(Draft, frozen=True, kw_only=True):
    """A draft put right, with the number under which its faults were listed."""

    number: int


class Corrections(msgspec.Struct, frozen=True, kw_only=True):
    """A model's reply to a list of faults."""

    pairs: list[Correction]


class Fault(NamedTuple):
    """Why a pair is not kept: a short `reason` that can be counted, and the detail."""

    reason: Literal[
        "form", "dangling", "evidence", "unsupported", "language", "example", "instruction", "duplicate", "excess",
        "round trip", "beside", "vague", "worth",
    ]  # fmt: skip
    detail: str


JudgedDraft = tuple[Draft, list[Fault]]


@dataclass(frozen=True)
class DraftBasis:
    """What a pair may rest on: the chunk's text; and what it may not: the example in the prompt."""

    grounds: SourceText
    prompt: str = ""
    naming_text: str = ""  # title, headings, summary and context, whose names a question may use
    title: str = ""

    @property
    def text(self) -> str:
        return self.grounds.text

    def judge_draft(self, draft: Draft, faults: Sequence[Fault] = ()) -> JudgedDraft:
        """`draft` with what rules find wrong with it, and then with the `faults` that were found before."""
        return draft, [*self.draft_faults(draft), *faults]

    def draft_faults(self, draft: Draft) -> list[Fault]:
        """Everything that rules find wrong with `draft`."""
        draft_text = f"{draft.question} {draft.answer}"
        if self._is_prompt_example(draft, draft_text):
            return [Fault("example", "is about the example in the prompt")]
        if any(self._is_injected_quote(quote) for quote in draft.evidence) or is_prompt_injection(draft_text):
            return [Fault("instruction", "follows an instruction that the document holds")]
        if trivial_draft := trivial_question_reason(draft.question, draft.answer, self.title, self.grounds.language):
            return [Fault("worth", trivial_draft)]
        draft_faults = list(form_faults(draft, self.grounds.language))
        if draft_language := foreign_language(draft_text, self.grounds.language, self.text):
            draft_faults.append(Fault("language", f"is in another language ({draft_language}) than the text"))
        for number_fault in unsupported_numbers(self.grounds, draft):
            draft_faults.append(Fault("evidence" if "evidence" in number_fault else "unsupported", number_fault))
        return [*draft_faults, *evidence_faults(draft, self.grounds)]

    def _is_prompt_example(self, draft: Draft, draft_text: str) -> bool:
        if not self.prompt:
            return False
        prompt_text, prompt_names = _read_prompt_example(self.prompt)
        if draft.evidence and all(not self.grounds.find(quote) and prompt_text.find(quote) for quote in draft.evidence):
            return True
        return bool((names(draft_text) & prompt_names) - self._nameable_words)

    @cached_property
    def _nameable_words(self) -> set[str]:
        return {*words(self.text), *words(self.naming_text)}

    def _is_injected_quote(self, quote: str) -> bool:
        return is_prompt_injection(quote) and self.grounds.find(quote) is not None


@lru_cache(maxsize=4)
def _read_prompt_example(prompt: str) -> tuple[SourceText, frozenset[str]]:
    """The prompt, which all chunks of a run share, to look quotes up in, and the names that it holds."""
    return SourceText(prompt, detect_language(prompt)), frozenset(names(prompt))


def evidence_faults(draft: Draft, grounds: SourceText) -> Iterator[Fault]:
    """What makes quotes prove nothing: none has a word of the answer, or one is half of two sentences."""
    language, drafted_evidence = grounds.language, " ".join(draft.evidence)
    new_drafted_words = content_words(draft.answer, language) - content_words(draft.question, language)
    drafted_evidence_letters = "".join(drafted_evidence.casefold().split())
    is_drafted_evidence_silent = new_drafted_words.isdisjoint(content_words(drafted_evidence, language)) and not any(
        word in drafted_evidence_letters for word in new_drafted_words
    )
    is_drafted_answer_worked_out = (
        yes_or_no(draft.answer, language) or numbers(draft.answer, spelled="en") or is_figure(drafted_evidence)
    )
    is_drafted_answer_unsupported = is_drafted_evidence_silent and not is_drafted_answer_worked_out
    if len(new_drafted_words) >= MIN_NEW_DRAFTED_WORDS and is_drafted_answer_unsupported and draft.evidence:
        unsupported_answer = "no word of the answer is in the evidence: quote the whole sentence or row that says it"
        yield Fault("unsupported", unsupported_answer)
    for drafted_quote in draft.evidence:
        if (span := grounds.find(drafted_quote)) and _is_half_of_two_sentences(drafted_quote, span, grounds):
            yield Fault("evidence", f'the evidence "{drafted_quote}" is half of two sentences: quote whole ones')


def _is_half_of_two_sentences(drafted_quote: str, drafted_span: Span, grounds: SourceText) -> bool:
    """Does a quote begin and end inside a sentence, with the end of one in it?"""
    draft_begins_inside = re.search(r"[\w,] \Z", grounds.text[max(0, drafted_span[0] - 2) : drafted_span[0]])
    draft_ends_inside = drafted_quote.strip()[-1:].isalnum() and re.match(
        r" \w", grounds.text[drafted_span[1] : drafted_span[1] + 2]
    )
    return bool(draft_begins_inside and draft_ends_inside) and len(sentences(drafted_quote, grounds.language)) > 1


def form_faults(draft: Draft, language: str) -> list[Fault]:
    """What is wrong with the wording, whatever the text says."""
    draft_form_faults = []
    drafted_question = draft.question.strip()
    if not is_question(drafted_question) or len(words(drafted_question)) < 3:
        draft_form_faults.append(Fault("form", "the question is no question"))
    if not draft.answer.strip():
        draft_form_faults.append(Fault("form", "the answer is empty"))
    if reference_of_draft := wording.find_dangling_reference(drafted_question, language):
        unseen_reference = f'the question points at something its reader cannot see: "{reference_of_draft}"'
        draft_form_faults.append(Fault("dangling", unseen_reference))
    reference_of_draft = find_cross_reference(drop_bracketed_references(draft.answer), drafted_question)
    if reference_of_draft:
        unseen_reference = (
            f'the answer refers to "{reference_of_draft}", which its reader cannot see: say in words what stands '
            "there, if the chunk tells it, else leave it out, in answer and criteria"
        )
        draft_form_faults.append(Fault("dangling", unseen_reference))
    drafted_criteria = drop_padding_criteria(drafted_question, draft.evaluation_criteria, language, draft.answer)
    if draft_criteria_problem := criteria_fault(drafted_criteria, draft.answer):
        draft_form_faults.append(Fault("form", draft_criteria_problem))
    elif (
        uncovered_draft_item := item_without_criterion(drafted_question, draft.answer, drafted_criteria, language)
    ) and not (reference_of_draft and reference_of_draft in uncovered_draft_item):
        draft_form_faults.append(
            Fault("form", f'no criterion covers "{uncovered_draft_item}" of the answer: say it in one of them')
        )
    return draft_form_faults


def pair_from_draft(draft: Draft, drafted_chunk: Chunk, model: str, iteration: int) -> Pair:
    """The record of an accepted draft, without criteria that are padding; its id hangs on chunk and question alone."""
    drafted_question_digest = hashlib.sha256(normalised_words(draft.question).encode()).hexdigest()[:8]
    criteria = drop_padding_criteria(draft.question, draft.evaluation_criteria, drafted_chunk.language, draft.answer)
    return Pair(
        id=f"{drafted_chunk.id}-{drafted_question_digest}",
        document=drafted_chunk.document,
        chunk=drafted_chunk.id,
        iteration=iteration,
        question=draft.question.strip(),
        evaluation_criteria=[drop_bracketed_references(criterion).strip() for criterion in criteria],
        answer=drop_bracketed_references(draft.answer).strip(),
        difficulty=draft.difficulty,
        category=draft.category,
        evidence=[quote.strip() for quote in draft.evidence],
        model=model,
        pages=drafted_chunk.pages,
        headings=drafted_chunk.headings,
    )


def reject_unread_draft(faulty: FaultyItem, drafted_chunk: Chunk, iteration: int) -> Rejected:
    """The record of an item of a reply that is no pair at all."""
    unread_draft = faulty.item if isinstance(faulty.item, dict) else {"reply": faulty.item}
    return Rejected(
        document=drafted_chunk.document,
        chunk=drafted_chunk.id,
        iteration=iteration,
        reason="form",
        detail=faulty.problem,
        pair=unread_draft,
    )


def reject_draft(draft: Draft, drafted_chunk: Chunk, iteration: int, fault: Fault) -> Rejected:
    """The record of a draft that was rejected, as the model gave it."""
    return Rejected(
        document=drafted_chunk.document,
        chunk=drafted_chunk.id,
        iteration=iteration,
        reason=fault.reason,
        detail=fault.detail,
        pair=msgspec.to_builtins(draft),
    )


def are_correctable_faults(faults: Sequence[Fault]) -> bool:
    return bool(faults) and not any(fault.reason in UNCORRECTABLE_FAULTS for fault in faults)


def draft_basis_of(material: InterviewMaterial, readings: Sequence[Reading], prompt: str, settings: QA) -> DraftBasis:
    """What drafts about `readings` may rest on, and what not."""
    draft_headings = [heading for reading in readings for heading in reading.chunk.headings]
    naming_text = " ".join([material.title, material.summary, settings.context, *draft_headings])
    both_texts = "\n\n".join(reading.chunk.text for reading in readings)
    grounds = readings[0].source_text if len(readings) == 1 else SourceText(both_texts, readings[0].language)
    return DraftBasis(grounds, _constant_prompt_text(prompt), naming_text, material.title)


def _constant_prompt_text(prompt: str) -> str:
    """The part of a prompt that is the same for every chunk, examples included: no question may be about it."""
    return "\n".join(turn["content"] for turn in split_turns(prompt) if not placeholders(turn["content"]))
