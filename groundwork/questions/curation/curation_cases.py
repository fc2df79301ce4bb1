"""Cases of curation: pairs with the text that they come from and a column for each check that says what it found.

A check's column is {"score": 0..1, "passed": true or false, "why": "...", "checker": "rule" or "model"}. `rule` means
that no model was asked about it: some checks fail by a rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import msgspec

from groundwork.data_folder.read_write import read_json, read_jsonl
from groundwork.data_folder.spread_folders import folder_of
from groundwork.errors import UnitError
from groundwork.language import dangling_references as wording
from groundwork.language.numbers import Number, mantissa_and_scale, number_values, numbers
from groundwork.markdown.grounding import SourceText
from groundwork.markdown.title_and_name_lines import short_title
from groundwork.questions.calculated_numbers import unsupported_numbers
from groundwork.questions.trivial_questions import trivial_reason
from groundwork.records import Chunk, Document, Pair, Summary
from groundwork.settings.config_schema import Check, Curate

RULE_CHECKS: tuple[Check, ...] = ("stand_alone", "worth", "criteria", "supported")
DEFAULT_PASS_SCORE = 0.5  # where curate.thresholds names none


@dataclass(frozen=True)
class PairOrigin:
    """Where a pair comes from: the text of its chunks, and what names its document."""

    text: str
    document: str
    summary: str
    context: str
    language: str = ""  # ISO 639-1; "" where it is not known
    name: str = ""  # what questions call the document's subject

    @cached_property
    def grounds(self) -> SourceText:
        return SourceText(self.text, self.language)

    def drop_origin_grounds(self) -> None:
        """Keep no longer what was read of the text, which takes several times its size."""
        vars(self).pop("grounds", None)


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


def read_pair_origins(files_by_document: Mapping[str, Sequence[Path]], context: str) -> dict[str, PairOrigin]:
    """By chunk id: its text and what names its document. `files_by_document`: by document those of its chunks, summary
    and title.

    Raises BadRecord.
    """
    origins_by_chunk = {}
    for document, origin_files in files_by_document.items():
        origin_summary, origin_subject, origin_title, origin_chunks = "", "", "", []
        for origin_file in origin_files:
            if folder_of(origin_file).name == "summaries":
                summary_of_origin = read_json(origin_file, Summary)
                origin_summary, origin_subject = summary_of_origin.summary, summary_of_origin.name
            elif folder_of(origin_file).name == "text":
                origin_title = read_json(origin_file, Document).title
            else:
                origin_chunks = read_jsonl(origin_file, Chunk)
        origin_headings = next((chunk.headings for chunk in origin_chunks if chunk.headings), [])
        origin_name = origin_subject or short_title(origin_title, document, origin_headings)
        naming = origin_title or document.replace("-", " "), origin_summary, context
        for chunk in origin_chunks:
            origins_by_chunk[chunk.id] = PairOrigin(chunk.text, *naming, chunk.language, origin_name)
    return origins_by_chunk


def pair_origin(pair: Pair, origins: dict[str, PairOrigin]) -> PairOrigin | None:
    """The origin of a pair: its chunk, with the text of the further chunks that its answer needs."""
    chunk_origins = [origins[chunk] for chunk in pair.chunks if chunk in origins]
    if len(chunk_origins) < 2:
        return chunk_origins[0] if chunk_origins else None
    return replace(chunk_origins[0], text="\n\n".join(origin.text for origin in chunk_origins))


CheckColumn = dict[str, Any]


def rule_check_columns(pair: Pair, origin: PairOrigin, settings: Curate) -> dict[str, CheckColumn]:
    """The columns of the checks that a rule fails; with curate.rules_only of those as well that no rule fails."""
    rule_checks = [check for check in RULE_CHECKS if check in settings.checks]
    faults_by_check = {check: rule_check_fault(check, pair, origin) for check in rule_checks}
    shown_rule_faults = {check: reason for check, reason in faults_by_check.items() if reason or settings.rules_only}
    return {
        check: build_check_column(settings, check, float(not reason), reason, "rule")
        for check, reason in shown_rule_faults.items()
    }


def rule_check_fault(check: Check, pair: Pair, origin: PairOrigin) -> str:
    """What a rule finds wrong with `pair`, or ""."""
    match check:
        case "stand_alone":
            dangling_in_case = wording.find_dangling_reference(pair.question, origin.language)
            return f'points at something its reader cannot see: "{dangling_in_case}"' if dangling_in_case else ""
        case "worth":
            return trivial_reason(pair.question, pair.answer, origin.document, origin.language)
        case "criteria":
            if not pair.evaluation_criteria:
                return "there are no criteria"
            numbers_of_case = ", ".join(unsupported_criterion_numbers(pair))
            return f"the reference answer does not contain: {numbers_of_case}" if numbers_of_case else ""
        case "supported":
            return "; ".join(unsupported_numbers(origin.grounds, pair))
        case _:
            return ""


def unsupported_criterion_numbers(pair: Pair) -> list[str]:
    """The numbers of the criteria that neither answer nor question holds, so that no right answer can meet them."""
    question_and_answer = f"{pair.question} {pair.answer}"
    values_in_case = number_values(question_and_answer, spelled="en")
    values_in_case |= {_number_without_scale(question_and_answer, number) for number in numbers(question_and_answer)}
    unsupported_criterion_values = {
        number.value
        for criterion in pair.evaluation_criteria
        for number in numbers(criterion)
        if values_in_case.isdisjoint({number.value, _number_without_scale(criterion, number)})
    }
    return sorted(unsupported_criterion_values)


def _number_without_scale(text: str, number: Number) -> str:
    """ "784" of "784 million": criterion and answer may differ in giving the scale."""
    case_number_parts = mantissa_and_scale(text[number.start : number.end])
    return case_number_parts[0] if case_number_parts else number.value


def build_check_column(settings: Curate, check: str, score: float, why: str, checker: str = "model") -> CheckColumn:
    is_check_passed = score >= settings.thresholds.get(check, DEFAULT_PASS_SCORE)
    return shared_check_column(round(score, 3), is_check_passed, why.strip(), checker)


def shared_check_column(score: float, passed: bool, why: str, checker: str) -> CheckColumn:
    """Not to be changed: those without a remark are one and the same, which takes a kB less a pair."""
    column_without_remark = _check_column_without_remark(score, passed, checker)
    return {**column_without_remark, "why": why} if why else column_without_remark


@lru_cache(maxsize=256)
def _check_column_without_remark(score: float, passed: bool, checker: str) -> CheckColumn:
    return {"score": score, "passed": passed, "why": "", "checker": checker}


def failed_checks(pair: Pair) -> set[str]:
    """The checks that the pair did not pass."""
    return {check for check, column_value in pair.checks.items() if not column_value["passed"]}


def add_check_columns(case: CurationCase, check_columns: Mapping[str, CheckColumn]) -> CurationCase:
    """The case with further columns; what a column replaced is kept in it under `before`."""
    case_columns = dict(case.pair.checks)
    for check, new_check_column in check_columns.items():
        old_check_column = case_columns.get(check)
        case_columns[check] = (
            {**new_check_column, "before": old_check_column["before"]}
            if old_check_column and "before" in old_check_column
            else new_check_column
        )
    return replace(case, pair=msgspec.structs.replace(case.pair, checks=case_columns))


def first_failed_check(pair: Pair) -> str:
    """The first check that the pair did not pass, or ""."""
    return next((check for check, column in pair.checks.items() if not column["passed"]), "")
