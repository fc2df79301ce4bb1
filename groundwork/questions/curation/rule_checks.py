"""Checks of pairs by a rule, for which no model is asked."""

from __future__ import annotations

from groundwork.language import dangling_references as wording
from groundwork.questions.calculated_numbers import unsupported_numbers
from groundwork.questions.criteria_faults import unsupported_criterion_numbers
from groundwork.questions.curation.checked_pairs import CheckColumn, build_check_column
from groundwork.questions.curation.pair_origins import PairOrigin
from groundwork.questions.trivial_questions import trivial_question_reason
from groundwork.records import Pair
from groundwork.settings.config_schema import Check, Curate

RULE_CHECKS: tuple[Check, ...] = ("stand_alone", "worth", "criteria", "supported")


def rule_check_columns(pair: Pair, origin: PairOrigin, settings: Curate) -> dict[str, CheckColumn]:
    """The columns of the checks that a rule fails; with curate.rules_only of those as well that no rule fails."""
    rule_faults = {check: rule_check_fault(check, pair, origin) for check in RULE_CHECKS if check in settings.checks}
    shown_rule_faults = {check: fault for check, fault in rule_faults.items() if fault or settings.rules_only}
    return {
        check: build_check_column(settings, check, float(not rule_fault), rule_fault, "rule")
        for check, rule_fault in shown_rule_faults.items()
    }


def rule_check_fault(check: Check, pair: Pair, origin: PairOrigin) -> str:
    """What a rule finds wrong with `pair`, or ""."""
    match check:
        case "stand_alone":
            dangling_reference = wording.find_dangling_reference(pair.question, origin.language)
            return f'points at something its reader cannot see: "{dangling_reference}"' if dangling_reference else ""
        case "worth":
            return trivial_question_reason(pair.question, pair.answer, origin.document, origin.language)
        case "criteria":
            if not pair.evaluation_criteria:
                return "there are no criteria"
            unsupported_values = ", ".join(unsupported_criterion_numbers(pair))
            return f"the reference answer does not contain: {unsupported_values}" if unsupported_values else ""
        case "supported":
            return "; ".join(unsupported_numbers(origin.grounds, pair))
        case _:
            return ""
