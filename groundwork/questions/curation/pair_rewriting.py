"""The rewriting of pairs whose wording or criteria failed: what the model is shown of them, and what its reply changes.

It sees the evidence and what names the subject. It may object to a complaint as well: then the judge looks again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import msgspec

from groundwork.language.sentences import is_question, sentences
from groundwork.llm.calls.costs_and_budget import tokens_in
from groundwork.llm.prompt_templates import Message, render_turns
from groundwork.llm.replies.reply_schema import INTEGER_SCHEMA, STRING_SCHEMA, list_schema, object_schema
from groundwork.markdown.figures import is_figure, quote_in_words
from groundwork.questions.criteria_faults import criteria_fault, drop_padding_criteria, item_without_criterion
from groundwork.questions.curation.checked_pairs import (
    CheckColumn,
    add_check_columns,
    build_check_column,
    failed_checks,
)
from groundwork.questions.curation.pair_judge import (
    JUDGE_FIELD_TOKENS,
    JUDGE_FRAME_TOKENS,
    CurationCase,
    Json,
    JudgeForm,
    pair_field_name,
    single_line,
)
from groundwork.questions.curation.rule_checks import rule_check_columns
from groundwork.questions.curation.wrong_answers import wrong_answer_to_show
from groundwork.questions.interview_material import SUMMARY_LENGTH
from groundwork.records import Pair
from groundwork.settings.config_schema import Check, Curate

# By a pair written anew from its evidence.
REWRITABLE_CHECKS: tuple[Check, ...] = ("stand_alone", "natural", "criteria")
FULL_REWRITE_SHARE = 0.5  # share of rewritings that give more than a question, for estimates
MAX_OBJECTED_SHARE = 0.5  # of the pairs to be rewritten: a model that objects to more of them is not believed
_REWRITE_FIELDS = ("question", "answer", "evidence", "criteria", "evaluation_criteria", "keep")


class PairRewrite(NamedTuple):
    """What a rewriting gives of a pair: "" and no items for what stays; without a question the pair is dropped.

    `evidence`: the quotes of the pair that are kept. `objection`: why nothing is wrong with the pair.
    """

    question: str
    answer: str = ""
    evidence: tuple[str, ...] = ()
    evaluation_criteria: tuple[str, ...] = ()
    objection: str = ""


@dataclass(frozen=True)
class RewritingForm(JudgeForm):
    """Pairs whose wording or criteria failed, written anew from their evidence, those of a call from one document."""

    name = "rewrite"
    pair_field_description = (
        'a question, an object with question, answer, evidence and criteria, or {"keep": the reason}'
    )

    def messages(self, cases: Sequence[CurationCase]) -> list[Message]:
        rewritten_origin = cases[0].origin
        return render_turns(
            self.prompt(self.settings.prompts["rewrite"]),
            context=rewritten_origin.context or rewritten_origin.name or rewritten_origin.document,
            document=rewritten_origin.name or rewritten_origin.document,
            summary=_first_summary_sentences(rewritten_origin.summary, rewritten_origin.language) or "(none)",
            pairs="\n\n".join(_render_pair_to_rewrite(pair_number, case) for pair_number, case in enumerate(cases, 1)),
        )

    def pair_field_schema(self, _case: CurationCase) -> Json:
        rewrite_properties = {
            "question": STRING_SCHEMA,
            "answer": STRING_SCHEMA,
            "evidence": list_schema(INTEGER_SCHEMA),
            "criteria": list_schema(STRING_SCHEMA),
        }
        return {"anyOf": [STRING_SCHEMA, object_schema(rewrite_properties), object_schema({"keep": STRING_SCHEMA})]}

    def read_pair_field(self, case: CurationCase, reply_value: Any) -> PairRewrite | None:
        """The rewriting; None where a part has another type, or evidence a number that no quote has.

        A question alone stands for one whose other parts stay, and of an object what it leaves out or empty stays.
        Evidence may be copied instead of named by its numbers.
        """
        rewritten_fields = {"question": reply_value} if isinstance(reply_value, str) else reply_value
        if not isinstance(rewritten_fields, dict) or rewritten_fields.keys().isdisjoint(_REWRITE_FIELDS):
            return None
        rewritten_question, rewritten_answer, rewrite_objection = (
            rewritten_fields.get(name) or "" for name in ("question", "answer", "keep")
        )
        if not all(isinstance(text, str) for text in (rewritten_question, rewritten_answer, rewrite_objection)):
            return None
        rewritten_criteria = _read_rewritten_texts(
            rewritten_fields.get("criteria", rewritten_fields.get("evaluation_criteria")), []
        )
        rewritten_evidence = _read_rewritten_texts(rewritten_fields.get("evidence"), case.pair.evidence)
        if (
            rewritten_criteria is None
            or rewritten_evidence is None
            or (rewritten_question.strip() and not is_question(rewritten_question))
        ):
            return None
        if not (rewritten_question.strip() or rewritten_answer.strip() or rewritten_evidence or rewritten_criteria):
            return PairRewrite("", objection=single_line(rewrite_objection))
        return PairRewrite(
            rewritten_question.strip() or case.pair.question,
            rewritten_answer.strip(),
            rewritten_evidence,
            rewritten_criteria,
        )

    def reply_tokens(self, cases: Sequence[CurationCase]) -> int:
        return JUDGE_FRAME_TOKENS + sum(map(self._case_tokens, cases))

    def _case_tokens(self, case: CurationCase) -> int:
        pair_to_rewrite = case.pair
        rewrite_tokens = (
            JUDGE_FRAME_TOKENS
            + 3 * JUDGE_FIELD_TOKENS
            + tokens_in("\n".join([pair_to_rewrite.answer, *pair_to_rewrite.evaluation_criteria]))
        )
        return JUDGE_FIELD_TOKENS + round(tokens_in(pair_to_rewrite.question) + FULL_REWRITE_SHARE * rewrite_tokens)


def believed_objections(pair_rewrites: Mapping[int, PairRewrite]) -> dict[int, str]:
    """The objections of `pair_rewrites`, by the same numbers; none where there are so many that nobody looked."""
    rewrite_objections = {
        case_number: pair_rewrite.objection
        for case_number, pair_rewrite in pair_rewrites.items()
        if pair_rewrite.objection
    }
    return rewrite_objections if len(rewrite_objections) <= max(1, MAX_OBJECTED_SHARE * len(pair_rewrites)) else {}


def apply_rewrite(case: CurationCase, rewrite: PairRewrite, settings: Curate) -> CurationCase:
    """The case as it was rewritten; what it failed counts as passed until it is judged again."""
    original_pair = case.pair
    new_answer = rewrite.answer or original_pair.answer
    new_criteria = list(rewrite.evaluation_criteria) or original_pair.evaluation_criteria
    new_evidence = list(rewrite.evidence) or original_pair.evidence
    rewritten_pair = msgspec.structs.replace(
        original_pair,
        question=rewrite.question,
        answer=new_answer,
        evidence=original_pair.evidence if any(map(is_figure, original_pair.evidence)) else new_evidence,
        evaluation_criteria=drop_padding_criteria(rewrite.question, new_criteria, case.origin.language, new_answer),
        original_question=original_pair.question if rewrite.question != original_pair.question else "",
        original_answer=original_pair.answer if new_answer != original_pair.answer else "",
        original_criteria=[]
        if new_criteria == original_pair.evaluation_criteria
        else original_pair.evaluation_criteria,
        checks=_passed_check_columns(original_pair),
    )
    rewritten_columns = rule_check_columns(rewritten_pair, case.origin, settings)
    criteria_problem = criteria_fault(rewritten_pair.evaluation_criteria, new_answer)
    criteria_problem = criteria_problem or _uncovered_by_rewrite(rewritten_pair, case.origin.language)
    if criteria_problem and "criteria" in settings.checks:
        rewritten_columns["criteria"] = build_check_column(settings, "criteria", 0, criteria_problem, "rule")
    wrong_answer = wrong_answer_to_show(rewritten_pair, case.other_answer, case.origin.language)
    return replace(case, pair=add_check_columns(rewritten_pair, rewritten_columns), wrong_answer=wrong_answer)


def _uncovered_by_rewrite(rewritten_pair: Pair, language: str) -> str:
    question, answer, criteria = rewritten_pair.question, rewritten_pair.answer, rewritten_pair.evaluation_criteria
    uncovered_item = item_without_criterion(question, answer, criteria, language)
    return uncovered_item and f'no criterion covers "{uncovered_item}" of the answer'


def is_rewritable(pair_to_rewrite: Pair, settings: Curate) -> bool:
    """Did only what can be mended fail, in a pair that was not rewritten before?"""
    checks_to_rewrite = failed_checks(pair_to_rewrite)
    return (
        settings.rewrite
        and bool(checks_to_rewrite)
        and not pair_to_rewrite.original_question
        and checks_to_rewrite <= set(REWRITABLE_CHECKS)
    )


def apply_objection(case: CurationCase, objection: str) -> CurationCase:
    """The case with both sides, for the judge to hear."""
    objected_pair = msgspec.structs.replace(case.pair, checks=_passed_check_columns(case.pair, objection))
    return replace(case, pair=objected_pair, complaint=faults_to_rewrite(case) or "its wording", objection=objection)


def _passed_check_columns(pair_to_rewrite: Pair, objection: str = "") -> dict[str, CheckColumn]:
    """The columns of a pair that is judged again: what it failed counts as passed, and is kept under `before`."""
    rewrite_objection = {"objection": objection} if objection else {}
    return {
        check: column if column["passed"] else {**column, "passed": True, "before": {**column, **rewrite_objection}}
        for check, column in pair_to_rewrite.checks.items()
    }


def faults_to_rewrite(case: CurationCase) -> str:
    """What the checks say against the wording and the criteria of a pair."""
    columns_to_rewrite = [case.pair.checks[check] for check in REWRITABLE_CHECKS if check in case.pair.checks]
    return "; ".join(
        dict.fromkeys(
            column_to_rewrite["why"]
            for column_to_rewrite in columns_to_rewrite
            if not column_to_rewrite["passed"] and column_to_rewrite["why"]
        )
    )


def _read_rewritten_texts(rewritten_items: Any, numbered_quotes: Sequence[str]) -> tuple[str, ...] | None:
    """The strings of a list, a whole number standing for that one of `numbered_quotes`; None where it holds anything
    else."""
    rewritten_texts = []
    for rewritten_item in rewritten_items or [] if isinstance(rewritten_items, list | None) else [None]:
        if (
            type(rewritten_item) is int
            and numbered_quotes
            and 0 < rewritten_item <= max(len(numbered_quotes), rewritten_item * (len(numbered_quotes) == 1))
        ):
            rewritten_texts.append(numbered_quotes[min(rewritten_item, len(numbered_quotes)) - 1])
        elif isinstance(rewritten_item, str):
            rewritten_texts.append(rewritten_item.strip())
        else:
            return None
    return tuple(dict.fromkeys(filter(None, rewritten_texts)))


def _first_summary_sentences(summary: str, language: str) -> str:
    """The first sentences of a summary, which say what the document is; the evidence says the rest."""
    summary_sentence_ends = [sentence_end for _, sentence_end in sentences(summary, language)]
    return summary[
        : max(
            (sentence_end for sentence_end in summary_sentence_ends if sentence_end <= SUMMARY_LENGTH),
            default=SUMMARY_LENGTH,
        )
    ]


def _evidence_to_rewrite_from(case: CurationCase) -> list[str]:
    """The evidence as people read it: a table's row with the names of its columns."""
    return [quote_in_words(case.origin.grounds.with_columns(quote)) for quote in case.pair.evidence]


def _render_pair_to_rewrite(pair_number: int, case: CurationCase) -> str:
    return "\n".join(
        [
            pair_field_name(pair_number),
            f"Section: {' > '.join(case.pair.headings) or '(none)'}",
            "Evidence:",
            *(f"{n}. {single_line(quote)}" for n, quote in enumerate(_evidence_to_rewrite_from(case), 1)),
            f"Question: {single_line(case.pair.question)}",
            f"Answer: {single_line(case.pair.answer)}",
            "Criteria:",
            *(f"- {single_line(text)}" for text in case.pair.evaluation_criteria),
            f"What is wrong with it: {faults_to_rewrite(case) or 'its wording'}",
        ]
    )
