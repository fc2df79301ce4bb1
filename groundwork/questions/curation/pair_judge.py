"""The judge of pairs: what it is asked about several pairs in one call, the calls, and how their replies are read.

Two forms of questions: `ApartForm` sees the pairs and nothing else, `SupportedForm` the text above its pairs; a third
is `RewritingForm` (pair_rewriting). The pairs of a call stand in the order of a hash of their ids, so that neither
their place in the document nor an earlier verdict decides what stands beside what, and the order is always the same.
Calls are as few as the pairs' number and tokens allow, and one more for those that a reply left out.
"""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import Any, ClassVar

from groundwork.errors import Filtered, InvalidReply, UnitError
from groundwork.llm.calls.costs_and_budget import estimate_tokens, tokens_in
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.client import Client
from groundwork.llm.prompt_templates import Message, PromptReader, render_template, render_turns
from groundwork.llm.replies.reply_schema import (
    INTEGER_SCHEMA,
    STRING_SCHEMA,
    ReplyRequirements,
    list_schema,
    object_schema,
)
from groundwork.markdown.figures import text_with_captions
from groundwork.markdown.title_and_name_lines import UNNAMED
from groundwork.questions.curation.pair_origins import PairOrigin
from groundwork.records import Pair
from groundwork.settings.config_schema import Check, Curate

# Batches without a verdict, after which a model that gave none is not asked about their parts.
HOPELESS_JUDGE_BATCHES = 6
FULL_MARK = 2  # the best mark
JUDGE_FRAME_TOKENS, MARK_TOKENS = 10, 2
JUDGE_FIELD_TOKENS = 4  # of a pair's name in the reply
REMARK_SHARE, REMARK_TOKENS = 0.1, 14  # share of pairs with a remark, for estimates
JUDGED_EVIDENCE_WINDOW = 400  # characters on either side of the evidence that are shown of a text too long for one call
_JUDGE_REMARK = re.compile(r"p?(\d{1,6})[:.]?\s+(.+)", re.DOTALL)  # "p3: which sport's field is meant"


@dataclass(frozen=True)
class CurationCase:
    """A pair to be judged, by its number in the run.

    `wrong_answer`: one that its criteria must not fit, where only a model can tell whether they do, else "".
    `other_answer`: the answer to another question, of which one is made. `unwritten`: the case as it failed, before its
    pair was written anew. `error`: why that could not be done or judged; the pair stays failed.
    `complaint`, `objection`: what a check said against the pair, and why it is said to be mistaken.
    """

    number: int
    pair: Pair
    origin: PairOrigin
    wrong_answer: str = ""
    other_answer: str = ""
    unwritten: CurationCase | None = None
    error: UnitError | None = None
    complaint: str = ""
    objection: str = ""


@dataclass
class JudgeReplyRecord:
    """Did any call bring verdicts, and how many batches brought none."""

    has_verdicts: bool = False
    failed_batches: int = 0

    @property
    def is_hopeless(self) -> bool:
        return not self.has_verdicts and self.failed_batches >= HOPELESS_JUDGE_BATCHES


Json = dict[str, Any]


def pair_field_name(pair_number: int) -> str:
    return f"p{pair_number}"


def judge_call_order(cases: Sequence[CurationCase]) -> list[CurationCase]:
    """The cases of a call in the order in which it shows them."""
    return sorted(cases, key=lambda case: hashlib.sha256(case.pair.id.encode()).digest())


def judge_reply_schema(judge_form: JudgeForm, cases: Sequence[CurationCase]) -> Json:
    """The reply's JSON Schema: a field for each of `cases`, so that none can be left out or made up."""
    judged_case_fields = [judge_form.pair_field_schema(case) for case in cases]
    mark_schemas = [field for i, field in enumerate(judged_case_fields) if field not in judged_case_fields[:i]]
    mark_schema_names = ["m", "n"]  # named once: the schema is paid for as text
    mark_definitions = (
        {} if mark_schemas == [INTEGER_SCHEMA] else {"$defs": dict(zip(mark_schema_names, mark_schemas, strict=False))}
    )
    field_schemas = [
        {"$ref": f"#/$defs/{mark_schema_names[mark_schemas.index(field)]}"} if mark_definitions else field
        for field in judged_case_fields
    ]
    remarks_schema = {"remarks": list_schema(STRING_SCHEMA)} if judge_form.remarks else {}
    return (
        object_schema(remarks_schema | {pair_field_name(number): mark for number, mark in enumerate(field_schemas, 1)})
        | mark_definitions
    )


@dataclass(frozen=True)
class JudgeForm(ABC):
    """One kind of call, named `name`."""

    settings: Curate
    prompt: PromptReader
    name: ClassVar[str]
    remarks: ClassVar[bool] = False
    shows_text: ClassVar[bool] = False

    @property
    @abstractmethod
    def pair_field_description(self) -> str:
        """What a pair's field holds, in words."""

    @abstractmethod
    def messages(self, cases: Sequence[CurationCase]) -> list[Message]:
        """The call about `cases`."""

    @abstractmethod
    def pair_field_schema(self, case: CurationCase) -> Json:
        """The JSON Schema of a pair's field, of which a call has two kinds at the most."""

    @abstractmethod
    def read_pair_field(self, case: CurationCase, field_value: Any) -> Any | None:
        """What the field says; None where it cannot be used."""

    @abstractmethod
    def reply_tokens(self, cases: Sequence[CurationCase]) -> int:
        """About how many tokens a reply is."""


@dataclass(frozen=True)
class MarksForm(JudgeForm):
    """A mark for each of `judged_parts`, 0 to 2, or to the number of criteria."""

    remarks = True

    @property
    @abstractmethod
    def judged_parts(self) -> Sequence[str]:
        """What is marked, in order: a check of curation, or "wrong_answer"."""

    def judged_parts_of(self, case: CurationCase) -> Sequence[str]:
        """Those of `judged_parts` that `case` is marked for: "wrong_answer" only where one is shown."""
        return [judged_part for judged_part in self.judged_parts if judged_part != "wrong_answer" or case.wrong_answer]

    @property
    def pair_field_description(self) -> str:
        return self._describe_marks(self.judged_parts)

    def _describe_marks(self, judged_parts: Sequence[str]) -> str:
        judged_part_count = len(judged_parts)
        if "wrong_answer" in judged_parts:
            return f"a list of {judged_part_count - 1} whole numbers, {judged_part_count} where a wrong answer is shown"
        return "a whole number" if judged_part_count == 1 else f"a list of {judged_part_count} whole numbers"

    def pair_field_schema(self, case: CurationCase) -> Json:
        judged_part_count = len(self.judged_parts_of(case))
        return INTEGER_SCHEMA if len(self.judged_parts) == 1 else list_schema(INTEGER_SCHEMA, judged_part_count)

    def read_pair_field(self, case: CurationCase, reply_value: Any) -> Any | None:
        """The share of the full mark that the pair has in each part; None where a mark is missing or out of range."""
        reply_marks = [reply_value] if isinstance(reply_value, int) else reply_value
        judged_parts = self.judged_parts_of(case)
        criterion_count = len(case.pair.evaluation_criteria)
        full_marks = [criterion_count if name in ("criteria", "wrong_answer") else FULL_MARK for name in judged_parts]
        if not isinstance(reply_marks, list) or len(reply_marks) not in (len(judged_parts), len(self.judged_parts)):
            return None  # a mark for a wrong answer that is not shown does no harm
        named_marks = list(zip(judged_parts, reply_marks, full_marks, strict=False))
        if not all(type(mark) is int and 0 <= mark <= full_mark for _, mark, full_mark in named_marks):
            return None
        return {judged_part: mark / max(1, full_mark) for judged_part, mark, full_mark in named_marks}

    def reply_tokens(self, cases: Sequence[CurationCase]) -> int:
        tokens_per_judged_pair = JUDGE_FIELD_TOKENS + REMARK_SHARE * REMARK_TOKENS
        return JUDGE_FRAME_TOKENS + sum(
            round(tokens_per_judged_pair + MARK_TOKENS * len(self.judged_parts_of(case))) for case in cases
        )


@dataclass(frozen=True)
class ApartForm(MarksForm):
    """Marks of pairs that are judged without their text: one for each of `checks`, a second one for the criteria."""

    checks: tuple[Check, ...]
    name = "apart"

    @property
    def judged_parts(self) -> Sequence[str]:
        return *self.checks, *(("wrong_answer",) if "criteria" in self.checks else ())

    def messages(self, cases: Sequence[CurationCase]) -> list[Message]:
        judged_parts = max((self.judged_parts_of(case) for case in cases), key=len)
        judged_check_prompts = [self.prompt(self.settings.prompts[judged_part]).strip() for judged_part in judged_parts]
        numbered_judge_prompts = "\n".join(f"{i}. {text}" for i, text in enumerate(judged_check_prompts, 1))
        judged_pair_texts = "\n\n".join(self._render_pair(number, case) for number, case in enumerate(cases, 1))
        return render_turns(
            self.prompt(self.settings.prompts["pairs"]),
            count=self._describe_marks(judged_parts),
            checks=numbered_judge_prompts,
            document=name if (name := cases[0].origin.name) not in ("", UNNAMED) else "(no name)",
            pairs=judged_pair_texts,
        )

    def _render_pair(self, pair_number: int, case: CurationCase) -> str:
        judged_pair_lines = [pair_field_name(pair_number), *_judged_question_and_answer(case)]
        if self.checks == ("stand_alone",):
            judged_pair_lines = judged_pair_lines[:2]
        if "criteria" in self.checks:
            judged_pair_lines += ["Criteria:", *(f"- {single_line(text)}" for text in case.pair.evaluation_criteria)]
            judged_pair_lines += [f"Wrong answer: {single_line(case.wrong_answer)}"] if case.wrong_answer else []
        if case.objection:
            judged_pair_lines += [
                f"Complaint: {single_line(case.complaint)}",
                f"Objection to it: {single_line(case.objection)}",
            ]
        return "\n".join(judged_pair_lines)


@dataclass(frozen=True)
class SupportedForm(MarksForm):
    """Marks of answers that are held against their text. Pairs of one text stand below it, and it is shown once."""

    name = "supported"
    shows_text = True

    @property
    def judged_parts(self) -> Sequence[str]:
        return ("supported",)

    def messages(self, cases: Sequence[CurationCase]) -> list[Message]:
        judged_blocks, pair_number = [], 0
        for judged_text, cases_of_text in groupby(cases, key=lambda case: case.origin.text):
            judged_cases_of_text = list(cases_of_text)
            judged_passages = self._judged_passages(judged_text, judged_cases_of_text)
            judged_passages = text_with_captions(judged_passages, judged_cases_of_text[0].pair.document)
            judged_blocks.append(render_template("<text>\n{{text}}\n</text>", text=judged_passages))
            for case in judged_cases_of_text:
                pair_number += 1
                judged_blocks.append("\n".join([pair_field_name(pair_number), *_judged_question_and_answer(case)]))
        return render_turns(self.prompt(self.settings.prompts["supported"]), texts="\n\n".join(judged_blocks))

    def _judged_passages(self, judged_text: str, cases: Sequence[CurationCase]) -> str:
        """The text; of one that fills a call by itself what stands around the evidence."""
        if tokens_in(judged_text) <= self.settings.max_input_tokens // 2:
            return judged_text
        judged_evidence_windows = sorted(span for case in cases for span in _evidence_windows(case))
        judged_passages: list[tuple[int, int]] = []
        for start, end in judged_evidence_windows:
            if judged_passages and start <= judged_passages[-1][1]:
                judged_passages[-1] = judged_passages[-1][0], max(end, judged_passages[-1][1])
            else:
                judged_passages.append((start, end))
        return "\n[...]\n".join(judged_text[start:end].strip() for start, end in judged_passages)


def _evidence_windows(case: CurationCase) -> Iterator[tuple[int, int]]:
    """Whole lines around each quote of the evidence; the beginning of the text where none is found."""
    judged_text, find_judged_quote = case.origin.text, case.origin.grounds.find
    judged_evidence_spans = [span for quote in case.pair.evidence if (span := find_judged_quote(quote))] or [
        (0, JUDGED_EVIDENCE_WINDOW)
    ]
    for start, end in judged_evidence_spans:
        judged_line_start = judged_text.rfind("\n", 0, max(0, start - JUDGED_EVIDENCE_WINDOW)) + 1
        judged_line_end = judged_text.find("\n", min(len(judged_text), end + JUDGED_EVIDENCE_WINDOW))
        yield judged_line_start, len(judged_text) if judged_line_end < 0 else judged_line_end


def _judged_question_and_answer(case: CurationCase) -> list[str]:
    return [f"Question: {single_line(case.pair.question)}", f"Answer: {single_line(case.pair.answer)}"]


def single_line(pair_text: str) -> str:
    """`pair_text` in one line, so that nothing in it can look like the next pair."""
    return " ".join(pair_text.split())


@dataclass(frozen=True)
class PairVerdict:
    """What a reply says of one pair: the form's value, and the remark."""

    value: Any
    remark: str


PairVerdicts = dict[int, PairVerdict | UnitError]  # by the case's number


def pack_judge_batches(form: JudgeForm, cases: Sequence[CurationCase], settings: Curate) -> list[list[CurationCase]]:
    """The cases of each call: of one document, as many as fit, those of a chunk together where the form shows it."""
    judged_by_document: dict[str, dict[str, list[CurationCase]]] = {}
    for case in cases:
        judged_by_document.setdefault(case.pair.document, {}).setdefault(case.origin.text, []).append(case)
    judge_batches = []
    for judged_by_chunk in judged_by_document.values():
        cases_to_judge = [case for chunk_cases in judged_by_chunk.values() for case in judge_call_order(chunk_cases)]
        while cases_to_judge:
            judge_batch_size = _next_judge_batch_size(form, cases_to_judge, settings)
            judge_batches.append(
                cases_to_judge[:judge_batch_size]
                if form.shows_text
                else judge_call_order(cases_to_judge[:judge_batch_size])
            )
            cases_to_judge = cases_to_judge[judge_batch_size:]
    return judge_batches


def _next_judge_batch_size(form: JudgeForm, cases: list[CurationCase], settings: Curate) -> int:
    """How many of `cases`, from the first, go into a call: at least one, and no chunk cut that fits into the next."""
    batch_sizes = range(1, min(len(cases), settings.batch) + 1)
    fitting_batch = bisect_left(batch_sizes, True, key=lambda size: not _fits_judge_call(form, cases[:size], settings))
    max_judge_batch = max(1, fitting_batch)
    if not form.shows_text or max_judge_batch == len(cases):
        return max_judge_batch
    next_origin = cases[max_judge_batch].origin
    if cases[max_judge_batch - 1].origin != next_origin:
        return max_judge_batch
    first_judged_of_chunk = next(i for i, case in enumerate(cases) if case.origin == next_origin)
    cases_from_chunk_start = cases[first_judged_of_chunk : first_judged_of_chunk + settings.batch + 1]
    judged_in_chunk = sum(case.origin == next_origin for case in cases_from_chunk_start)
    return first_judged_of_chunk if first_judged_of_chunk and judged_in_chunk <= settings.batch else max_judge_batch


def _fits_judge_call(judge_form: JudgeForm, cases: Sequence[CurationCase], settings: Curate) -> bool:
    if judge_form.reply_tokens(cases) > settings.max_tokens // 2:
        return False
    return estimate_tokens(judge_form.messages(cases)) <= settings.max_input_tokens


@dataclass(frozen=True)
class PairJudge:
    """Asks the model of `settings`."""

    client: Callable[[], Client]
    settings: Curate
    records: dict[str, JudgeReplyRecord] = field(default_factory=lambda: defaultdict(JudgeReplyRecord))  # by form

    async def ask(
        self, judge_form: JudgeForm, cases: Sequence[CurationCase], on_progress: Callable[[int], None] = lambda _: None
    ) -> PairVerdicts:
        """A verdict, or an error, for every case; `on_progress` hears of the pairs of each call as it ends."""

        async def judge_batch(batch: list[CurationCase]) -> PairVerdicts:
            pair_verdicts = await self._judge_batch(judge_form, batch)
            on_progress(len(batch))
            return pair_verdicts

        judge_batches = pack_judge_batches(judge_form, cases, self.settings)
        batch_verdicts = await gather_all(judge_batch(batch) for batch in judge_batches)
        return dict(chain.from_iterable(pair_verdicts.items() for pair_verdicts in batch_verdicts))

    async def _judge_batch(self, judge_form: JudgeForm, cases: list[CurationCase]) -> PairVerdicts:
        """The verdicts of one call; where it stays unusable, of its halves, until the culprit or the model is told."""
        reply_record = self.records[judge_form.name]
        try:
            pair_verdicts = await self._ask_judge_model(judge_form, cases)
            reply_record.has_verdicts = True
        except (InvalidReply, Filtered) as error:
            reply_record.failed_batches += isinstance(error, InvalidReply)
            if len(cases) == 1 or reply_record.is_hopeless:
                return {case.number: error for case in cases}
            half_of_judged = len(cases) // 2
            half_verdicts = await gather_all(
                self._judge_batch(judge_form, half) for half in (cases[:half_of_judged], cases[half_of_judged:])
            )
            return half_verdicts[0] | half_verdicts[1]
        except UnitError as error:
            return {case.number: error for case in cases}
        missing = [case for case in cases if case.number not in pair_verdicts]
        return pair_verdicts | await self._ask_again_about_missing(judge_form, missing) if missing else pair_verdicts

    async def _ask_again_about_missing(self, judge_form: JudgeForm, missing_cases: list[CurationCase]) -> PairVerdicts:
        """One further call for those that a reply left out."""
        lost_verdicts: PairVerdicts = {
            case.number: InvalidReply(f"{case.pair.id} {judge_form.name}: left out by the reply, twice")
            for case in missing_cases
        }
        try:
            return lost_verdicts | await self._ask_judge_model(judge_form, missing_cases)
        except UnitError as error:
            return {case.number: error for case in missing_cases}

    async def _ask_judge_model(self, judge_form: JudgeForm, cases: Sequence[CurationCase]) -> PairVerdicts:
        """The verdicts of the pairs that the reply marks as it should. Raises like Client.ask."""
        pair_verdicts: PairVerdicts = {}

        def check(reply: Json) -> str | None:
            pair_verdicts.update(_read_pair_verdicts(judge_form, cases, reply))
            judged_fields = f"{pair_field_name(1)} to {pair_field_name(len(cases))}"
            return None if pair_verdicts else f"Give every pair, {judged_fields}, {judge_form.pair_field_description}."

        await self.client().ask(
            self.settings,
            judge_form.messages(cases),
            stage="curate",
            unit=f"{cases[0].pair.id} {judge_form.name}" + (f" and {len(cases) - 1} more" if cases[1:] else ""),
            schema=ReplyRequirements(Json, judge_reply_schema(judge_form, cases), check),
        )
        return pair_verdicts


def _read_pair_verdicts(judge_form: JudgeForm, cases: Sequence[CurationCase], judge_reply: Json) -> PairVerdicts:
    pair_remarks = _read_pair_remarks(judge_reply.get("remarks"))
    # An object in a single field may come, or be read, without the field.
    bare_judge_reply = judge_reply if len(cases) == 1 else None
    judged_field_values = {
        pair_number: judge_form.read_pair_field(case, judge_reply.get(pair_field_name(pair_number), bare_judge_reply))
        for pair_number, case in enumerate(cases, 1)
    }
    return {
        case.number: PairVerdict(judged_field_values[pair_number], pair_remarks.get(pair_number, ""))
        for pair_number, case in enumerate(cases, 1)
        if judged_field_values[pair_number] is not None
    }


def _read_pair_remarks(judge_remarks: Any) -> dict[int, str]:
    """The remarks by the pair's number; a list that is none costs the remarks, not the marks."""
    pair_remarks: dict[int, str] = {}
    for remark in judge_remarks if isinstance(judge_remarks, list) else []:
        if isinstance(remark, str) and (remark_match := _JUDGE_REMARK.fullmatch(remark.strip())):
            judged_pair, judged_remark = int(remark_match[1]), remark_match[2]
            pair_remarks[judged_pair] = "; ".join(filter(None, [pair_remarks.get(judged_pair, ""), judged_remark]))
    return pair_remarks
