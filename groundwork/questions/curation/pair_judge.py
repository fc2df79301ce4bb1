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
from itertools import groupby
from typing import Any, ClassVar

from groundwork.errors import Filtered, InvalidReply, UnitError
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.calls.token_estimate import estimate_tokens, tokens_in
from groundwork.llm.client import Client
from groundwork.llm.prompts import Message, PromptReader, render_template, render_turns
from groundwork.llm.replies.structured_output import ReplyRequirements
from groundwork.markdown.figures_and_picture_links import text_with_captions
from groundwork.questions.curation.cases_and_origins import CurationCase
from groundwork.questions.interview_material import UNNAMED
from groundwork.settings.config_schema import Check, Curate

HOPELESS_BATCHES = 6  # batches without a verdict, after which a model that gave none is not asked about their parts


@dataclass
class JudgeReplyRecord:
    """Did any call bring verdicts, and how many batches brought none."""

    has_verdicts: bool = False
    failed_batches: int = 0

    @property
    def is_hopeless(self) -> bool:
        return not self.has_verdicts and self.failed_batches >= HOPELESS_BATCHES


Json = dict[str, Any]

STRING_SCHEMA: Json = {"type": "string"}
INTEGER_SCHEMA: Json = {"type": "integer"}

FULL_MARK = 2  # the best mark
JUDGE_FRAME_TOKENS, MARK_TOKENS = 10, 2
JUDGE_FIELD_TOKENS = 4  # of a pair's name in the reply
REMARK_SHARE, REMARK_TOKENS = 0.1, 14  # share of pairs with a remark, for estimates
EVIDENCE_WINDOW = 400  # characters on either side of the evidence that are shown of a text too long for one call

_PAIR_REMARK = re.compile(r"p?(\d{1,6})[:.]?\s+(.+)", re.DOTALL)  # "p3: which sport's field is meant"


def pair_field_name(number: int) -> str:
    return f"p{number}"


def judge_call_order(cases: Sequence[CurationCase]) -> list[CurationCase]:
    """The cases of a call in the order in which it shows them."""
    return sorted(cases, key=lambda case: hashlib.sha256(case.pair.id.encode()).digest())


def judge_reply_schema(form: JudgeForm, cases: Sequence[CurationCase]) -> Json:
    """The reply's JSON Schema: a field for each of `cases`, so that none can be left out or made up."""
    fields = [form.field(case) for case in cases]
    field_kinds = [field for i, field in enumerate(fields) if field not in fields[:i]]
    definition_names = ["m", "n"]  # named once: the schema is paid for as text
    shared = (
        {} if field_kinds == [INTEGER_SCHEMA] else {"$defs": dict(zip(definition_names, field_kinds, strict=False))}
    )
    field_schemas = [
        {"$ref": f"#/$defs/{definition_names[field_kinds.index(field)]}"} if shared else field for field in fields
    ]
    remarks_schema = {"remarks": list_schema(STRING_SCHEMA)} if form.remarks else {}
    return (
        object_schema(remarks_schema | {pair_field_name(number): mark for number, mark in enumerate(field_schemas, 1)})
        | shared
    )


def list_schema(item_schema: Json, count: int | None = None) -> Json:
    size = {} if count is None else {"minItems": count, "maxItems": count}
    return {"type": "array", "items": item_schema, **size}


def object_schema(properties: Json) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


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
    def field_description(self) -> str:
        """What a pair's field holds, in words."""

    @abstractmethod
    def messages(self, cases: Sequence[CurationCase]) -> list[Message]:
        """The call about `cases`."""

    @abstractmethod
    def field(self, case: CurationCase) -> Json:
        """The JSON Schema of a pair's field, of which a call has two kinds at the most."""

    @abstractmethod
    def read(self, case: CurationCase, value: Any) -> Any | None:
        """What the field says; None where it cannot be used."""

    @abstractmethod
    def reply_tokens(self, cases: Sequence[CurationCase]) -> int:
        """About how many tokens a reply is."""


@dataclass(frozen=True)
class MarksForm(JudgeForm):
    """A mark for each of `mark_names`, 0 to 2, or to the number of criteria."""

    remarks = True

    @property
    @abstractmethod
    def mark_names(self) -> Sequence[str]:
        """What is marked, in order: a check of curation, or "wrong_answer"."""

    def mark_names_for(self, case: CurationCase) -> Sequence[str]:
        """Those of `mark_names` that `case` is marked for: "wrong_answer" only where one is shown."""
        return [mark_name for mark_name in self.mark_names if mark_name != "wrong_answer" or case.wrong_answer]

    @property
    def field_description(self) -> str:
        return self._describe_marks(self.mark_names)

    def _describe_marks(self, mark_names: Sequence[str]) -> str:
        count = len(mark_names)
        if "wrong_answer" in mark_names:
            return f"a list of {count - 1} whole numbers, {count} where a wrong answer is shown"
        return "a whole number" if count == 1 else f"a list of {count} whole numbers"

    def field(self, case: CurationCase) -> Json:
        return (
            INTEGER_SCHEMA if len(self.mark_names) == 1 else list_schema(INTEGER_SCHEMA, len(self.mark_names_for(case)))
        )

    def read(self, case: CurationCase, value: Any) -> Any | None:
        """The share of the full mark that the pair has in each part; None where a mark is missing or out of range."""
        marks, mark_names = [value] if isinstance(value, int) else value, self.mark_names_for(case)
        criteria = len(case.pair.evaluation_criteria)
        max_marks = [criteria if mark_name in ("criteria", "wrong_answer") else FULL_MARK for mark_name in mark_names]
        if not isinstance(marks, list) or len(marks) not in (len(mark_names), len(self.mark_names)):
            return None  # a mark for a wrong answer that is not shown does no harm
        if not all(
            type(mark) is int and 0 <= mark <= max_mark for mark, max_mark in zip(marks, max_marks, strict=False)
        ):
            return None
        return {
            mark_name: mark / max(1, max_mark)
            for mark_name, mark, max_mark in zip(mark_names, marks, max_marks, strict=False)
        }

    def reply_tokens(self, cases: Sequence[CurationCase]) -> int:
        tokens_each = JUDGE_FIELD_TOKENS + REMARK_SHARE * REMARK_TOKENS
        return JUDGE_FRAME_TOKENS + sum(
            round(tokens_each + MARK_TOKENS * len(self.mark_names_for(case))) for case in cases
        )


@dataclass(frozen=True)
class ApartForm(MarksForm):
    """Marks of pairs that are judged without their text: one for each of `checks`, a second one for the criteria."""

    checks: tuple[Check, ...]
    name = "apart"

    @property
    def mark_names(self) -> Sequence[str]:
        return *self.checks, *(("wrong_answer",) if "criteria" in self.checks else ())

    def messages(self, cases: Sequence[CurationCase]) -> list[Message]:
        mark_names = max((self.mark_names_for(case) for case in cases), key=len)
        texts = [self.prompt(self.settings.prompts[mark_name]).strip() for mark_name in mark_names]
        instructions = "\n".join(f"{i}. {text}" for i, text in enumerate(texts, 1))
        pair_texts = "\n\n".join(self._render_pair(number, case) for number, case in enumerate(cases, 1))
        return render_turns(
            self.prompt(self.settings.prompts["pairs"]),
            count=self._describe_marks(mark_names),
            checks=instructions,
            document=name if (name := cases[0].origin.name) not in ("", UNNAMED) else "(no name)",
            pairs=pair_texts,
        )

    def _render_pair(self, number: int, case: CurationCase) -> str:
        lines = [pair_field_name(number), *_question_and_answer(case)]
        if self.checks == ("stand_alone",):
            lines = lines[:2]
        if "criteria" in self.checks:
            lines += ["Criteria:", *(f"- {single_line(text)}" for text in case.pair.evaluation_criteria)]
            lines += [f"Wrong answer: {single_line(case.wrong_answer)}"] if case.wrong_answer else []
        if case.objection:
            lines += [f"Complaint: {single_line(case.complaint)}", f"Objection to it: {single_line(case.objection)}"]
        return "\n".join(lines)


@dataclass(frozen=True)
class SupportedForm(MarksForm):
    """Marks of answers that are held against their text. Pairs of one text stand below it, and it is shown once."""

    name = "supported"
    shows_text = True

    @property
    def mark_names(self) -> Sequence[str]:
        return ("supported",)

    def messages(self, cases: Sequence[CurationCase]) -> list[Message]:
        blocks, number = [], 0
        for text, group in groupby(cases, key=lambda case: case.origin.text):
            text_cases = list(group)
            passages = _passages_with_captions(self._judged_passages(text, text_cases), text_cases)
            blocks.append(render_template("<text>\n{{text}}\n</text>", text=passages))
            for case in text_cases:
                number += 1
                blocks.append("\n".join([pair_field_name(number), *_question_and_answer(case)]))
        return render_turns(self.prompt(self.settings.prompts["supported"]), texts="\n\n".join(blocks))

    def _judged_passages(self, text: str, cases: Sequence[CurationCase]) -> str:
        """The text; of one that fills a call by itself what stands around the evidence."""
        if tokens_in(text) <= self.settings.max_input_tokens // 2:
            return text
        spans = sorted(span for case in cases for span in _evidence_windows(case))
        passages: list[tuple[int, int]] = []
        for start, end in spans:
            if passages and start <= passages[-1][1]:
                passages[-1] = passages[-1][0], max(end, passages[-1][1])
            else:
                passages.append((start, end))
        return "\n[...]\n".join(text[start:end].strip() for start, end in passages)


def _passages_with_captions(judged_text: str, cases: Sequence[CurationCase]) -> str:
    return text_with_captions(judged_text, cases[0].pair.document)


def _evidence_windows(case: CurationCase) -> Iterator[tuple[int, int]]:
    """Whole lines around each quote of the evidence; the beginning of the text where none is found."""
    chunk_text, find_quote = case.origin.text, case.origin.grounds.find
    evidence_spans = [span for quote in case.pair.evidence if (span := find_quote(quote))] or [(0, EVIDENCE_WINDOW)]
    for start, end in evidence_spans:
        line_start = chunk_text.rfind("\n", 0, max(0, start - EVIDENCE_WINDOW)) + 1
        line_end = chunk_text.find("\n", min(len(chunk_text), end + EVIDENCE_WINDOW))
        yield line_start, len(chunk_text) if line_end < 0 else line_end


def _question_and_answer(case: CurationCase) -> list[str]:
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
    documents: dict[str, dict[str, list[CurationCase]]] = {}
    for case in cases:
        documents.setdefault(case.pair.document, {}).setdefault(case.origin.text, []).append(case)
    packed_batches = []
    for chunks in documents.values():
        remaining_cases = [case for chunk_cases in chunks.values() for case in judge_call_order(chunk_cases)]
        while remaining_cases:
            batch_count = _next_judge_batch_size(form, remaining_cases, settings)
            packed_batches.append(
                remaining_cases[:batch_count] if form.shows_text else judge_call_order(remaining_cases[:batch_count])
            )
            remaining_cases = remaining_cases[batch_count:]
    return packed_batches


def _next_judge_batch_size(form: JudgeForm, cases: list[CurationCase], settings: Curate) -> int:
    """How many of `cases`, from the first, go into a call: at least one, and no chunk cut that fits into the next."""
    batch_sizes = range(1, min(len(cases), settings.batch) + 1)
    max_size = max(
        1,
        bisect_left(batch_sizes, True, key=lambda batch_size: not _fits_judge_call(form, cases[:batch_size], settings)),
    )
    if not form.shows_text or max_size == len(cases) or cases[max_size - 1].origin != cases[max_size].origin:
        return max_size
    chunk_start = next(i for i, case in enumerate(cases) if case.origin == cases[max_size].origin)
    following = cases[chunk_start : chunk_start + settings.batch + 1]
    chunk_size = sum(case.origin == cases[max_size].origin for case in following)
    return chunk_start if chunk_start and chunk_size <= settings.batch else max_size


def _fits_judge_call(form: JudgeForm, cases: Sequence[CurationCase], settings: Curate) -> bool:
    if form.reply_tokens(cases) > settings.max_tokens // 2:
        return False
    return estimate_tokens(form.messages(cases)) <= settings.max_input_tokens


@dataclass(frozen=True)
class PairJudge:
    """Asks the model of `settings`."""

    client: Callable[[], Client]
    settings: Curate
    records: dict[str, JudgeReplyRecord] = field(
        default_factory=lambda: defaultdict(JudgeReplyRecord)
    )  # by the form's name

    async def ask(
        self, form: JudgeForm, cases: Sequence[CurationCase], on_progress: Callable[[int], None] = lambda _: None
    ) -> PairVerdicts:
        """A verdict, or an error, for every case; `on_progress` hears of the pairs of each call as it ends."""

        async def judge_batch(batch: list[CurationCase]) -> PairVerdicts:
            verdicts = await self._judge_batch(form, batch)
            on_progress(len(batch))
            return verdicts

        replies = await gather_all(judge_batch(batch) for batch in pack_judge_batches(form, cases, self.settings))
        return {case_number: verdict for verdicts in replies for case_number, verdict in verdicts.items()}

    async def _judge_batch(self, form: JudgeForm, cases: list[CurationCase]) -> PairVerdicts:
        """The verdicts of one call; where it stays unusable, of its halves, until the culprit or the model is told."""
        record = self.records[form.name]
        try:
            verdicts = await self._ask_judge_model(form, cases)
            record.has_verdicts = True
        except (InvalidReply, Filtered) as error:
            record.failed_batches += isinstance(error, InvalidReply)
            if len(cases) == 1 or record.is_hopeless:
                return {case.number: error for case in cases}
            middle = len(cases) // 2
            halves = await gather_all(self._judge_batch(form, half) for half in (cases[:middle], cases[middle:]))
            return halves[0] | halves[1]
        except UnitError as error:
            return {case.number: error for case in cases}
        missing = [case for case in cases if case.number not in verdicts]
        return verdicts | await self._ask_again_about_missing(form, missing) if missing else verdicts

    async def _ask_again_about_missing(self, form: JudgeForm, missing: list[CurationCase]) -> PairVerdicts:
        """One further call for those that a reply left out."""
        lost_verdicts: PairVerdicts = {
            case.number: InvalidReply(f"{case.pair.id} {form.name}: left out by the reply, twice") for case in missing
        }
        try:
            return lost_verdicts | await self._ask_judge_model(form, missing)
        except UnitError as error:
            return {case.number: error for case in missing}

    async def _ask_judge_model(self, form: JudgeForm, cases: Sequence[CurationCase]) -> PairVerdicts:
        """The verdicts of the pairs that the reply marks as it should. Raises like Client.ask."""
        verdicts: PairVerdicts = {}

        def check(reply: Json) -> str | None:
            verdicts.update(_read_pair_verdicts(form, cases, reply))
            return (
                None
                if verdicts
                else f"Give every pair, {pair_field_name(1)} to {pair_field_name(len(cases))}, "
                f"{form.field_description}."
            )

        await self.client().ask(
            self.settings,
            form.messages(cases),
            stage="curate",
            unit=f"{cases[0].pair.id} {form.name}" + (f" and {len(cases) - 1} more" if cases[1:] else ""),
            schema=ReplyRequirements(Json, judge_reply_schema(form, cases), check),
        )
        return verdicts


def _read_pair_verdicts(form: JudgeForm, cases: Sequence[CurationCase], reply: Json) -> PairVerdicts:
    remarks = _read_pair_remarks(reply.get("remarks"))
    # An object in a single field may come, or be read, without the field.
    bare_reply = reply if len(cases) == 1 else None
    field_values = {
        pair_number: form.read(case, reply.get(pair_field_name(pair_number), bare_reply))
        for pair_number, case in enumerate(cases, 1)
    }
    return {
        case.number: PairVerdict(field_values[pair_number], remarks.get(pair_number, ""))
        for pair_number, case in enumerate(cases, 1)
        if field_values[pair_number] is not None
    }


def _read_pair_remarks(raw_remarks: Any) -> dict[int, str]:
    """The remarks by the pair's number; a list that is none costs the remarks, not the marks."""
    remarks: dict[int, str] = {}
    for remark in raw_remarks if isinstance(raw_remarks, list) else []:
        if isinstance(remark, str) and (remark_match := _PAIR_REMARK.fullmatch(remark.strip())):
            pair_number = int(remark_match[1])
            remarks[pair_number] = "; ".join(filter(None, [remarks.get(pair_number, ""), remark_match[2]]))
    return remarks
