"""What curation asks about several pairs in one call: what is shown of each, and its own field of the reply.

Three forms: `Apart` sees the pairs and nothing else, `Supported` the text above its pairs, `Rewriting` the evidence and
what names the subject. The pairs of a call stand in the order of a hash of their ids, so that neither their place in
the document nor an earlier verdict decides what stands beside what, and the order is always the same.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar, NamedTuple

from groundwork.language.question_forms import is_question
from groundwork.language.sentences import sentences
from groundwork.llm.calls.token_estimate import tokens_in
from groundwork.llm.prompts import Message, PromptReader, render_template, render_turns
from groundwork.questions.curation.rule_checks import REWRITABLE_CHECKS, CurationCase
from groundwork.questions.interview_material import SUMMARY_LENGTH, UNNAMED
from groundwork.records.figures import quote_in_words, text_with_captions
from groundwork.settings.curate_and_review_settings import Check, Curate

Json = dict[str, Any]

_STRING: Json = {"type": "string"}
_INTEGER: Json = {"type": "integer"}

FULL_MARK = 2  # the best mark
FRAME_TOKENS = 10
FIELD_TOKENS = 4  # of a pair's name in the reply
MARK_TOKENS = 2
REMARK_SHARE, REMARK_TOKENS = 0.1, 14  # share of pairs with a remark, for estimates
FULL_REWRITE_SHARE = 0.5  # share of rewritings that give more than a question, for estimates
EVIDENCE_WINDOW = 400  # characters on either side of the evidence that are shown of a text too long for one call


def field_name(number: int) -> str:
    return f"p{number}"


def call_order(cases: Sequence[CurationCase]) -> list[CurationCase]:
    """The cases of a call in the order in which it shows them."""
    return sorted(cases, key=lambda case: hashlib.sha256(case.pair.id.encode()).digest())


def reply_schema(form: Form, cases: Sequence[CurationCase]) -> Json:
    """The reply's JSON Schema: a field for each of `cases`, so that none can be left out or made up."""
    fields = [form.field(case) for case in cases]
    field_kinds = [field for i, field in enumerate(fields) if field not in fields[:i]]
    definition_names = ["m", "n"]  # named once: the schema is paid for as text
    shared = {} if field_kinds == [_INTEGER] else {"$defs": dict(zip(definition_names, field_kinds, strict=False))}
    field_schemas = [
        {"$ref": f"#/$defs/{definition_names[field_kinds.index(field)]}"} if shared else field for field in fields
    ]
    remarks_schema = {"remarks": _list_of(_STRING)} if form.remarks else {}
    return (
        _closed_object(remarks_schema | {field_name(number): mark for number, mark in enumerate(field_schemas, 1)})
        | shared
    )


def _list_of(item_schema: Json, count: int | None = None) -> Json:
    size = {} if count is None else {"minItems": count, "maxItems": count}
    return {"type": "array", "items": item_schema, **size}


def _closed_object(properties: Json) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


@dataclass(frozen=True)
class Form(ABC):
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
class Marks(Form):
    """A mark for each of `mark_names`, 0 to 2, or to the number of criteria."""

    remarks = True

    @property
    @abstractmethod
    def mark_names(self) -> Sequence[str]:
        """What is marked, in order: a check of curation, or "wrong_answer"."""

    def marks_of(self, case: CurationCase) -> Sequence[str]:
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
        return _INTEGER if len(self.mark_names) == 1 else _list_of(_INTEGER, len(self.marks_of(case)))

    def read(self, case: CurationCase, value: Any) -> Any | None:
        """The share of the full mark that the pair has in each part; None where a mark is missing or out of range."""
        marks, mark_names = [value] if isinstance(value, int) else value, self.marks_of(case)
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
        tokens_each = FIELD_TOKENS + REMARK_SHARE * REMARK_TOKENS
        return FRAME_TOKENS + sum(round(tokens_each + MARK_TOKENS * len(self.marks_of(case))) for case in cases)


@dataclass(frozen=True)
class Apart(Marks):
    """Marks of pairs that are judged without their text: one for each of `checks`, a second one for the criteria."""

    checks: tuple[Check, ...]
    name = "apart"

    @property
    def mark_names(self) -> Sequence[str]:
        return *self.checks, *(("wrong_answer",) if "criteria" in self.checks else ())

    def messages(self, cases: Sequence[CurationCase]) -> list[Message]:
        mark_names = max((self.marks_of(case) for case in cases), key=len)
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
        lines = [field_name(number), *_question_and_answer(case)]
        if self.checks == ("stand_alone",):
            return "\n".join(lines[:2])
        if "criteria" in self.checks:
            lines += ["Criteria:", *(f"- {_one_line(text)}" for text in case.pair.evaluation_criteria)]
            lines += [f"Wrong answer: {_one_line(case.wrong_answer)}"] if case.wrong_answer else []
        return "\n".join(lines)


@dataclass(frozen=True)
class Supported(Marks):
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
            passages = _as_read_by_model(self._passages(text, text_cases), text_cases)
            blocks.append(render_template("<text>\n{{text}}\n</text>", text=passages))
            for case in text_cases:
                number += 1
                blocks.append("\n".join([field_name(number), *_question_and_answer(case)]))
        return render_turns(self.prompt(self.settings.prompts["supported"]), texts="\n\n".join(blocks))

    def _passages(self, text: str, cases: Sequence[CurationCase]) -> str:
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


def _as_read_by_model(text: str, cases: Sequence[CurationCase]) -> str:
    return text_with_captions(text, cases[0].pair.document)


def _evidence_windows(case: CurationCase) -> Iterator[tuple[int, int]]:
    """Whole lines around each quote of the evidence; the beginning of the text where none is found."""
    text, find_quote = case.origin.text, case.origin.grounds.find
    spans = [span for quote in case.pair.evidence if (span := find_quote(quote))] or [(0, EVIDENCE_WINDOW)]
    for start, end in spans:
        line_start = text.rfind("\n", 0, max(0, start - EVIDENCE_WINDOW)) + 1
        line_end = text.find("\n", min(len(text), end + EVIDENCE_WINDOW))
        yield line_start, len(text) if line_end < 0 else line_end


class Rewrite(NamedTuple):
    """What a rewriting gives of a pair: "" and no items for what stays; without a question the pair is dropped.

    `evidence`: the quotes of the pair that are kept.
    """

    question: str
    answer: str = ""
    evidence: tuple[str, ...] = ()
    evaluation_criteria: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rewriting(Form):
    """Pairs whose wording or criteria failed, written anew from their evidence, those of a call from one document."""

    name = "rewrite"
    field_description = "a question, or an object with question, answer, evidence and criteria"

    def messages(self, cases: Sequence[CurationCase]) -> list[Message]:
        origin = cases[0].origin
        return render_turns(
            self.prompt(self.settings.prompts["rewrite"]),
            context=origin.context or origin.name or origin.document,
            document=origin.name or origin.document,
            summary=_first_sentences(origin.summary, origin.language) or "(none)",
            pairs="\n\n".join(_render_faulty_pair(number, case) for number, case in enumerate(cases, 1)),
        )

    def field(self, _case: CurationCase) -> Json:
        properties = {
            "question": _STRING,
            "answer": _STRING,
            "evidence": _list_of(_INTEGER),
            "criteria": _list_of(_STRING),
        }
        return {"anyOf": [_STRING, _closed_object(properties)]}

    def read(self, case: CurationCase, value: Any) -> Rewrite | None:
        """The rewriting; None where a part has another type, or evidence a number that no quote has.

        A question alone stands for one whose other parts stay. Evidence may be copied instead of named by its numbers.
        """
        fields = {"question": value} if isinstance(value, str) else value
        if not isinstance(fields, dict) or not isinstance(fields.get("question"), str):
            return None
        question, answer = fields["question"].strip(), fields.get("answer") or ""
        if (question and not is_question(question)) or not isinstance(answer, str):
            return None
        criteria = _read_texts(fields.get("criteria", fields.get("evaluation_criteria")), [])
        evidence = _read_texts(fields.get("evidence"), case.pair.evidence)
        if criteria is None or evidence is None:
            return None
        return Rewrite(question, answer.strip(), evidence, criteria)

    def reply_tokens(self, cases: Sequence[CurationCase]) -> int:
        return FRAME_TOKENS + sum(map(self._case_tokens, cases))

    def _case_tokens(self, case: CurationCase) -> int:
        pair = case.pair
        rewrite_tokens = (
            FRAME_TOKENS + 3 * FIELD_TOKENS + tokens_in("\n".join([pair.answer, *pair.evaluation_criteria]))
        )
        return FIELD_TOKENS + round(tokens_in(pair.question) + FULL_REWRITE_SHARE * rewrite_tokens)


def _read_texts(items: Any, numbered: Sequence[str]) -> tuple[str, ...] | None:
    """The strings of a list, a whole number standing for that one of `numbered`; None where it holds anything else."""
    texts = []
    for item in items or [] if isinstance(items, list | None) else [None]:
        if type(item) is int and 0 < item <= len(numbered):
            texts.append(numbered[item - 1])
        elif isinstance(item, str):
            texts.append(item.strip())
        else:
            return None
    return tuple(dict.fromkeys(filter(None, texts)))


def _first_sentences(summary: str, language: str) -> str:
    """The first sentences of a summary, which say what the document is; the evidence says the rest."""
    ends = [end for _, end in sentences(summary, language)]
    return summary[: max((end for end in ends if end <= SUMMARY_LENGTH), default=SUMMARY_LENGTH)]


def _render_faulty_pair(number: int, case: CurationCase) -> str:
    columns = [case.pair.checks[check] for check in REWRITABLE_CHECKS if check in case.pair.checks]
    faults = "; ".join(dict.fromkeys(column["why"] for column in columns if not column["passed"] and column["why"]))
    return "\n".join(
        [
            field_name(number),
            f"Section: {' > '.join(case.pair.headings) or '(none)'}",
            "Evidence:",
            *(f"{n}. {_one_line(quote_in_words(quote))}" for n, quote in enumerate(case.pair.evidence, 1)),
            f"Question: {_one_line(case.pair.question)}",
            f"Answer: {_one_line(case.pair.answer)}",
            "Criteria:",
            *(f"- {_one_line(text)}" for text in case.pair.evaluation_criteria),
            f"What is wrong with it: {faults or 'its wording'}",
        ]
    )


def _question_and_answer(case: CurationCase) -> list[str]:
    return [f"Question: {_one_line(case.pair.question)}", f"Answer: {_one_line(case.pair.answer)}"]


def _one_line(text: str) -> str:
    """`text` in one line, so that nothing in it can look like the next pair."""
    return " ".join(text.split())
