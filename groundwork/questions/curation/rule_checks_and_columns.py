"""The checks of curation by rule, without a model, and the columns in which every check says what it found.

A check's column is {"score": 0..1, "passed": true or false, "why": "...", "checker": "rule" or "model"}. `rule` means
that no model was asked about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import msgspec

from groundwork.language import dangling_references as wording
from groundwork.language.numbers import Number, mantissa_and_scale, number_values, numbers
from groundwork.questions.calculated_numbers import unsupported_numbers
from groundwork.questions.curation.curation_cases import CurationCase, PairOrigin
from groundwork.questions.trivial_questions import trivial_reason
from groundwork.records import Pair
from groundwork.settings.config_schema import Check, Curate

RULE_CHECKS: tuple[Check, ...] = ("stand_alone", "worth", "criteria", "supported")

CheckColumn = dict[str, Any]
DEFAULT_PASS_SCORE = 0.5  # where curate.thresholds names none


def rule_check_columns(pair: Pair, origin: PairOrigin, settings: Curate) -> dict[str, CheckColumn]:
    """The columns of the checks that a rule fails; with curate.rules_only of those as well that no rule fails."""
    faults_by_check = {
        check_name: rule_check_fault(check_name, pair, origin)
        for check_name in RULE_CHECKS
        if check_name in settings.checks
    }
    shown_rule_faults = {
        check_name: reason for check_name, reason in faults_by_check.items() if reason or settings.rules_only
    }
    return {
        check_name: build_check_column(settings, check_name, float(not reason), reason, "rule")
        for check_name, reason in shown_rule_faults.items()
    }


def rule_check_fault(check: Check, pair: Pair, origin: PairOrigin) -> str:
    """What a rule finds wrong with `pair`, or ""."""
    match check:
        case "stand_alone":
            dangling_reference = wording.find_dangling_reference(pair.question, origin.language)
            return f'points at something its reader cannot see: "{dangling_reference}"' if dangling_reference else ""
        case "worth":
            return trivial_reason(pair.question, pair.answer, origin.document, origin.language)
        case "criteria":
            if not pair.evaluation_criteria:
                return "there are no criteria"
            foreign_numbers = unsupported_criterion_numbers(pair)
            return f"the reference answer does not contain: {', '.join(foreign_numbers)}" if foreign_numbers else ""
        case "supported":
            return "; ".join(unsupported_numbers(origin.grounds, pair))
        case _:
            return ""


def unsupported_criterion_numbers(pair: Pair) -> list[str]:
    """The numbers of the criteria that neither answer nor question holds, so that no right answer can meet them."""
    question_and_answer = f"{pair.question} {pair.answer}"
    values_in_pair = number_values(question_and_answer, spelled="en")
    values_in_pair |= {_number_without_scale(question_and_answer, number) for number in numbers(question_and_answer)}
    unsupported_criterion_values = {
        number.value
        for criterion in pair.evaluation_criteria
        for number in numbers(criterion)
        if values_in_pair.isdisjoint({number.value, _number_without_scale(criterion, number)})
    }
    return sorted(unsupported_criterion_values)


def _number_without_scale(text: str, number: Number) -> str:
    """ "784" of "784 million": criterion and answer may differ in giving the scale."""
    mantissa_parts = mantissa_and_scale(text[number.start : number.end])
    return mantissa_parts[0] if mantissa_parts else number.value


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
    columns_by_check = dict(case.pair.checks)
    for check, new_column in check_columns.items():
        old_column = columns_by_check.get(check)
        columns_by_check[check] = (
            {**new_column, "before": old_column["before"]} if old_column and "before" in old_column else new_column
        )
    return replace(case, pair=msgspec.structs.replace(case.pair, checks=columns_by_check))


def first_failed_check(pair: Pair) -> str:
    """The first check that the pair did not pass, or ""."""
    return next((check for check, column in pair.checks.items() if not column["passed"]), "")
