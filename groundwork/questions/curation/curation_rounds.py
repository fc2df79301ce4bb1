"""The rounds of curation: rules, then pairs judged by themselves and rewritten once, then answers against their texts.

What a rule or an earlier round has rejected is not asked about again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from groundwork.errors import UnitError
from groundwork.llm.prompt_templates import PromptReader
from groundwork.markdown.figures import is_figure
from groundwork.questions.curation.checked_pairs import (
    CheckColumn,
    add_check_columns,
    build_check_column,
    failed_checks,
)
from groundwork.questions.curation.other_answers import other_answers
from groundwork.questions.curation.pair_judge import (
    ApartForm,
    CurationCase,
    JudgeForm,
    PairJudge,
    PairVerdict,
    SupportedForm,
    judge_reply_schema,
    pack_judge_batches,
)
from groundwork.questions.curation.pair_origins import PairOrigin
from groundwork.questions.curation.pair_rewriting import (
    RewritingForm,
    apply_objection,
    apply_rewrite,
    believed_objections,
    is_rewritable,
)
from groundwork.questions.curation.rule_checks import rule_check_columns
from groundwork.questions.curation.wrong_answers import wrong_answer_to_show
from groundwork.records import Pair
from groundwork.settings.config_schema import Check, Curate

APART_CHECKS: tuple[Check, ...] = ("stand_alone", "worth", "natural", "criteria")
RoundResults = dict[int, CurationCase | UnitError]  # by the pair's number, in order


@dataclass(frozen=True)
class CurationRounds:
    """The checks that `settings` names."""

    judge: PairJudge
    settings: Curate
    prompt: PromptReader

    def cases(self, pairs: Sequence[Pair], origins: Sequence[PairOrigin | None], context: str) -> list[CurationCase]:
        """The pairs with the columns that rules give, each with its origin; evidence stands in for a lost chunk."""
        cases: list[CurationCase] = []
        for curated_pair, source_origin, other_answer in zip(pairs, origins, other_answers(pairs), strict=True):
            origin = source_origin or PairOrigin("\n".join(curated_pair.evidence), curated_pair.document, "", context)
            if cases and cases[-1].origin is not origin:
                cases[-1].origin.drop_origin_grounds()
            cases.append(self._curation_case(len(cases), curated_pair, origin, other_answer))
        return cases

    def _curation_case(self, number: int, curated_pair: Pair, origin: PairOrigin, other_answer: str) -> CurationCase:
        checks_of_rounds = set(self.settings.checks) - {"duplicates"}  # of an earlier curation
        columns_before = {name: column for name, column in curated_pair.checks.items() if name not in checks_of_rounds}
        columns_before |= rule_check_columns(curated_pair, origin, self.settings)
        wrong_answer_in_rounds = wrong_answer_to_show(curated_pair, other_answer, origin.language)
        return CurationCase(
            number,
            msgspec.structs.replace(curated_pair, checks=columns_before),
            origin,
            wrong_answer_in_rounds,
            other_answer,
        )

    async def run(self, cases: Sequence[CurationCase], on_progress: Callable[[int], None]) -> RoundResults:
        """Every case with the columns of its checks, or the error that kept it from them.

        `on_progress` hears of pairs that have been through their last call, or are asked about in none.
        """
        round_results: RoundResults = {case.number: case for case in cases}
        finished_in_rounds = 0

        def count_finished_rounds(count: int) -> None:
            nonlocal finished_in_rounds
            finished_in_rounds += count
            on_progress(count)

        if not self.settings.rules_only:
            await self._ask_curation_rounds(round_results, count_finished_rounds)
        on_progress(len(cases) - finished_in_rounds)
        return round_results

    async def _ask_curation_rounds(self, round_results: RoundResults, on_progress: Callable[[int], None]) -> None:
        supported_form = self.supported
        rewritten_once: set[int] = set()
        await self._rewrite_failed_cases(round_results, rewritten_once)
        await self._ask_round(round_results, self.apart, on_progress=on_progress if supported_form is None else None)
        if rewritten_in_round := await self._rewrite_failed_cases(round_results, rewritten_once):
            await self._ask_round(round_results, self.apart, rewritten_in_round)
        figure_pairs_of_round = self._pass_figure_pairs(round_results) if supported_form else set()
        numbers_in_round = (
            [case_number for case_number in round_results if case_number not in figure_pairs_of_round]
            if figure_pairs_of_round
            else None
        )
        await self._ask_round(round_results, supported_form, numbers_in_round, on_progress)

    def _pass_figure_pairs(self, round_results: RoundResults) -> set[int]:
        """The pairs whose evidence is a figure, which the judge is not shown: they are left to people."""
        figure_pairs_passed = set()
        for case_number, case in round_results.items():
            if (
                isinstance(case, CurationCase)
                and any(is_figure(quote) for quote in case.pair.evidence)
                and not failed_checks(case.pair)
            ):
                remark = "its evidence is a figure; not checked"
                passed_column = build_check_column(self.settings, "supported", 1, remark, "rule")
                passed_pair = add_check_columns(case.pair, {"supported": passed_column})
                round_results[case_number] = replace(case, pair=passed_pair)
                figure_pairs_passed.add(case_number)
        return figure_pairs_passed

    @property
    def apart(self) -> ApartForm | None:
        checks = tuple(check for check in APART_CHECKS if check in self.settings.checks)
        return ApartForm(self.settings, self.prompt, checks) if checks else None

    @property
    def supported(self) -> SupportedForm | None:
        return SupportedForm(self.settings, self.prompt) if "supported" in self.settings.checks else None

    async def _ask_round(
        self,
        round_results: RoundResults,
        round_form: JudgeForm | None,
        case_numbers: Sequence[int] | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        """Put the columns of `round_form` on those of `round_results` (of `case_numbers`) that nothing has rejected."""
        if round_form is None:
            return
        candidates = [round_results[number] for number in (round_results if case_numbers is None else case_numbers)]
        round_cases = [case for case in candidates if isinstance(case, CurationCase) and not failed_checks(case.pair)]
        round_verdicts = await self.judge.ask(round_form, round_cases, on_progress or (lambda _: None))
        for case_number, round_verdict in round_verdicts.items():
            case = round_results[case_number]
            if isinstance(round_verdict, UnitError):
                round_results[case_number] = _case_or_error(case, round_verdict)
            elif isinstance(case, CurationCase):
                judged_pair = add_check_columns(case.pair, self._verdict_check_columns(case, round_verdict))
                round_results[case_number] = replace(case, pair=judged_pair)

    def _verdict_check_columns(self, case: CurationCase, round_verdict: PairVerdict) -> dict[str, CheckColumn]:
        """The columns of a verdict; a remark stands in those that lack the full mark."""
        round_marks: dict[str, float] = dict(round_verdict.value)
        wrong_answer_mark = round_marks.pop("wrong_answer", 0.0)
        round_columns = {
            check_name: build_check_column(self.settings, check_name, mark, "" if mark == 1 else round_verdict.remark)
            for check_name, mark in round_marks.items()
        }
        if case.wrong_answer and wrong_answer_mark == 1 and round_columns["criteria"]["passed"]:
            round_columns["criteria"] = build_check_column(
                self.settings, "criteria", 0, f"a wrong answer meets every criterion: {case.wrong_answer}"
            )
        return round_columns

    async def _rewrite_failed_cases(self, round_results: RoundResults, rewritten_once: set[int]) -> list[int]:
        """The numbers of the pairs that are to be judged again, once a pair, since only what can be mended failed: they
        were written anew, or the judge is to hear an objection.
        """
        cases_for_rewriting_round = [
            case
            for case in round_results.values()
            if isinstance(case, CurationCase) and self._is_to_be_rewritten(case, rewritten_once)
        ]
        rewritten_once.update(case.number for case in cases_for_rewriting_round)
        round_verdicts = await self.judge.ask(RewritingForm(self.settings, self.prompt), cases_for_rewriting_round)
        rewrites_of_round = {
            number: round_verdict.value
            for number, round_verdict in round_verdicts.items()
            if isinstance(round_verdict, PairVerdict)
        }
        objections_of_round = believed_objections(rewrites_of_round)
        judged_in_next_round = []
        for case in cases_for_rewriting_round:
            round_verdict = round_verdicts[case.number]
            if isinstance(round_verdict, UnitError):
                round_results[case.number] = replace(case, error=round_verdict)
                continue
            if round_verdict.value.question:
                case_for_next_round = apply_rewrite(case, round_verdict.value, self.settings)
            elif objection := objections_of_round.get(case.number):
                case_for_next_round = apply_objection(case, objection)
            else:
                continue
            round_results[case.number] = replace(case_for_next_round, unwritten=case)
            judged_in_next_round.append(case.number)
        return judged_in_next_round

    def _is_to_be_rewritten(self, case: CurationCase, rewritten_once: set[int]) -> bool:
        return case.number not in rewritten_once and is_rewritable(case.pair, self.settings)

    def requests(self, cases: Sequence[CurationCase]) -> list[tuple[list[Any], dict[str, Any], int]]:
        """For --dry-run: messages, schema and tokens of the reply of each call that is certain beforehand."""
        if self.settings.rules_only:
            return []
        settings = self.settings
        cases_for_rewriting_round = [case for case in cases if is_rewritable(case.pair, settings)]
        round_cases = [case for case in cases if not failed_checks(case.pair) or is_rewritable(case.pair, settings)]
        rounds_of_forms: list[tuple[JudgeForm | None, Sequence[CurationCase]]] = [
            (RewritingForm(self.settings, self.prompt), cases_for_rewriting_round),
            (self.apart, round_cases),
            (self.supported, round_cases),
        ]
        batches_of_rounds = (
            (round_form, round_batch)
            for round_form, cases_of_round in rounds_of_forms
            if round_form
            for round_batch in pack_judge_batches(round_form, cases_of_round, settings)
        )
        return [
            (form.messages(batch), judge_reply_schema(form, batch), form.reply_tokens(batch))
            for form, batch in batches_of_rounds
        ]


def _case_or_error(case: CurationCase | UnitError, error: UnitError) -> CurationCase | UnitError:
    """Of a pair that was written anew and could not be judged, the one that failed: unchecked, it is not kept."""
    return replace(case.unwritten, error=error) if isinstance(case, CurationCase) and case.unwritten else error
