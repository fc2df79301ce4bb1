"""How pairs go through curation: what rules tell, then the pairs by themselves, mended once, then their texts.

What a rule or an earlier round has rejected is not asked about again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from groundwork.errors import UnitError
from groundwork.questions.criteria import criteria_fault, uncovered, without_padding
from groundwork.questions.curation.calls import CheckResults, CurationJudge, batches
from groundwork.questions.curation.prompt_fields import Apart, Form, Prompt, Rewrite, Rewriting, Supported, schema
from groundwork.questions.curation.rule_checks import (
    MENDABLE,
    CheckColumn,
    CurationCase,
    PairOrigin,
    column,
    other_answers,
    rule_columns,
    undecided,
    wrong_answer,
)
from groundwork.records.figures import is_figure
from groundwork.records.pair_record import Pair
from groundwork.settings.question_settings import Check, Curate

APART: tuple[Check, ...] = ("stand_alone", "worth", "natural", "criteria")
Judged = dict[int, CurationCase | UnitError]  # by the pair's number, in order


@dataclass(frozen=True)
class Curation:
    """The checks that `settings` names."""

    judge: CurationJudge
    settings: Curate
    prompt: Prompt

    def cases(self, pairs: Sequence[Pair], places: Sequence[PairOrigin | None], context: str) -> list[CurationCase]:
        """The pairs with the columns that rules give, each beside its place; evidence stands in for a lost chunk."""
        cases: list[CurationCase] = []
        for pair, place, other in zip(pairs, places, other_answers(pairs), strict=True):
            origin = place or PairOrigin("\n".join(pair.evidence), pair.document, "", context)
            if cases and cases[-1].place is not origin:
                cases[-1].place.let_go()
            cases.append(self._case(len(cases), pair, origin, other))
        return cases

    def _case(self, number: int, pair: Pair, place: PairOrigin, other: str) -> CurationCase:
        stale = set(self.settings.checks) - {"duplicates"}  # of an earlier curation
        checks = {name: told for name, told in pair.checks.items() if name not in stale}
        checks |= rule_columns(pair, place, self.settings)
        wrong = undecided(pair, wrong_answer(pair, other), place.language)
        return CurationCase(number, msgspec.structs.replace(pair, checks=checks), place, wrong, other)

    async def run(self, cases: Sequence[CurationCase], done: Callable[[int], None]) -> Judged:
        """Every case with the columns of its checks, or the error that kept it from them.

        `done` hears of pairs that have been through their last call.
        """
        judged: Judged = {case.number: case for case in cases}
        if self.settings.rules_only:
            return judged
        supported = self.supported
        tried: set[int] = set()
        await self._rewritten(judged, tried)
        await self._ask(judged, self.apart, done=done if supported is None else None)
        if mended := await self._rewritten(judged, tried):
            await self._ask(judged, self.apart, mended)
        seen = self._of_figures(judged) if supported else set()
        await self._ask(judged, supported, [number for number in judged if number not in seen] if seen else None, done)
        return judged

    def _of_figures(self, judged: Judged) -> set[int]:
        """The pairs whose evidence is a figure, which the judge is not shown: they are left to people."""
        found = set()
        for number, case in judged.items():
            if (
                isinstance(case, CurationCase)
                and any(is_figure(quote) for quote in case.pair.evidence)
                and not failed(case.pair)
            ):
                told = column(self.settings, "supported", 1, "its evidence is a figure; not checked", "rule")
                judged[number] = with_columns(case, {"supported": told})
                found.add(number)
        return found

    @property
    def apart(self) -> Apart | None:
        checks = tuple(check for check in APART if check in self.settings.checks)
        return Apart(self.settings, self.prompt, checks) if checks else None

    @property
    def supported(self) -> Supported | None:
        return Supported(self.settings, self.prompt) if "supported" in self.settings.checks else None

    async def _ask(
        self,
        judged: Judged,
        form: Form | None,
        only: Sequence[int] | None = None,
        done: Callable[[int], None] | None = None,
    ) -> None:
        """Put the columns of `form` on those of `judged` (of `only`) that nothing has rejected."""
        if form is None:
            return
        asked = [judged[number] for number in (judged if only is None else only)]
        going = [case for case in asked if isinstance(case, CurationCase) and not failed(case.pair)]
        for number, verdict in (await self.judge.ask(form, going, done or (lambda _: None))).items():
            case = judged[number]
            if isinstance(verdict, UnitError):
                judged[number] = verdict
            elif isinstance(case, CurationCase):
                judged[number] = with_columns(case, self._columns(case, verdict))

    def _columns(self, case: CurationCase, verdict: CheckResults) -> dict[str, CheckColumn]:
        """The columns of a verdict; a remark stands in those that lack the full mark."""
        marks: dict[str, float] = dict(verdict.value)
        wrong = marks.pop("wrong_answer", 0.0)
        told = {
            name: column(self.settings, name, mark, "" if mark == 1 else verdict.remark) for name, mark in marks.items()
        }
        if case.wrong and wrong == 1 and told["criteria"]["passed"]:
            told["criteria"] = column(
                self.settings, "criteria", 0, f"a wrong answer meets every criterion: {case.wrong}"
            )
        return told

    async def _rewritten(self, judged: Judged, tried: set[int]) -> list[int]:
        """The numbers of the pairs that were written anew, since only what can be mended failed; once a pair."""
        wanting = [
            case
            for number, case in judged.items()
            if isinstance(case, CurationCase) and number not in tried and self._is_mendable(case.pair)
        ]
        tried.update(case.number for case in wanting)
        verdicts = await self.judge.ask(Rewriting(self.settings, self.prompt), wanting)
        mended = []
        for case in wanting:
            verdict = verdicts[case.number]
            if isinstance(verdict, UnitError):
                judged[case.number] = verdict
            elif verdict.value.question:
                judged[case.number] = self._mended(case, verdict.value)
                mended.append(case.number)
        return mended

    def _mended(self, case: CurationCase, new: Rewrite) -> CurationCase:
        """The case as it was rewritten; what it failed counts as passed until it is judged again."""
        old = case.pair
        checks = {
            name: told if told["passed"] else {**told, "passed": True, "before": told}
            for name, told in old.checks.items()
        }
        answer, criteria = new.answer or old.answer, list(new.evaluation_criteria) or old.evaluation_criteria
        pair = msgspec.structs.replace(
            old,
            question=new.question,
            answer=answer,
            evidence=old.evidence if any(map(is_figure, old.evidence)) else list(new.evidence) or old.evidence,
            evaluation_criteria=without_padding(new.question, criteria, case.place.language, answer),
            original_question=old.question,
            original_answer=old.answer if answer != old.answer else "",
            original_criteria=old.evaluation_criteria if criteria != old.evaluation_criteria else [],
            checks=checks,
        )
        columns = rule_columns(pair, case.place, self.settings)
        fault = criteria_fault(pair.evaluation_criteria, answer)
        if thing := uncovered(new.question, answer, pair.evaluation_criteria, case.place.language):
            fault = fault or f'no criterion covers "{thing}" of the answer'
        if fault and "criteria" in self.settings.checks:
            columns["criteria"] = column(self.settings, "criteria", 0, fault, "rule")
        wrong = undecided(pair, wrong_answer(pair, case.other), case.place.language)
        return with_columns(replace(case, pair=pair, wrong=wrong), columns)

    def _is_mendable(self, pair: Pair) -> bool:
        wrong = failed(pair)
        return self.settings.rewrite and bool(wrong) and not pair.original_question and wrong <= set(MENDABLE)

    def requests(self, cases: Sequence[CurationCase]) -> list[tuple[list[Any], dict[str, Any], int]]:
        """For --dry-run: messages, schema and tokens of the reply of each call that is certain beforehand."""
        if self.settings.rules_only:
            return []
        wanting = [case for case in cases if self._is_mendable(case.pair)]
        going = [case for case in cases if not failed(case.pair) or case in wanting]
        rounds: list[tuple[Form | None, Sequence[CurationCase]]] = [
            (Rewriting(self.settings, self.prompt), wanting),
            (self.apart, going),
            (self.supported, going),
        ]
        return [
            (form.messages(batch), schema(form, batch), form.reply_tokens(batch))
            for form, members in rounds
            if form
            for batch in batches(form, members, self.settings)
        ]


def failed(pair: Pair) -> set[str]:
    """The checks that the pair did not pass."""
    return {name for name, told in pair.checks.items() if not told["passed"]}


def with_columns(case: CurationCase, columns: Mapping[str, CheckColumn]) -> CurationCase:
    """The case with further columns; what a column replaced is kept in it under `before`."""
    checks = dict(case.pair.checks)
    for name, told in columns.items():
        before = checks.get(name)
        checks[name] = {**told, "before": before["before"]} if before and "before" in before else told
    return replace(case, pair=msgspec.structs.replace(case.pair, checks=checks))
