"""A judge: one verdict a criterion, all criteria of an answer in one call, several separate draws.

Each draw shows the criteria in another order, and the wordings of the prompt take turns, since both change verdicts
of language models. A reply that cannot be read gives no verdict: it is counted as ungraded, never as unmet.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

import msgspec

from groundwork.data_folder.read_write import text_hash
from groundwork.errors import UnitError, UsageError
from groundwork.grading.verdicts_by_rule import grade_by_rule
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.client import Client
from groundwork.llm.prompt_templates import Message, render_turns
from groundwork.message_wording import counted
from groundwork.records import CriterionGrade, Draw, Grade, Verdict
from groundwork.settings.config_schema import ModelCall, named_call
from groundwork.stage_runner.estimates_and_usage import Estimate

if TYPE_CHECKING:
    from groundwork.stage_runner.job import Job

CUT_ANSWER_NOTE = "\n[the rest of the answer is left out here]"
REFERENCE_CRITERION = "Says in substance the same as this reference answer, and nothing that contradicts it: "
TOKENS_PER_VERDICT = 35  # a reason of a short sentence, the verdict and the names of the fields


class Mark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the judge says of one criterion; the reason comes first, so that the verdict follows from it."""

    reason: str
    verdict: Literal["met", "unmet", "cannot tell"]


@cache
def judge_reply_type(criteria_count: int) -> type[msgspec.Struct]:
    """The reply on `criteria_count` criteria, a field for each; one that is missing or not asked about spoils it."""
    criterion_fields = [(f"criterion_{i}", Mark) for i in range(1, criteria_count + 1)]
    return msgspec.defstruct(f"Verdicts{criteria_count}", criterion_fields, frozen=True, forbid_unknown_fields=True)


@dataclass(frozen=True)
class JudgedCase:
    """An answer to be graded. `evidence` is shown to the judge; "" where it is to judge without."""

    id: str
    question: str
    criteria: Sequence[str]
    answer: str
    evidence: str = ""


@dataclass(frozen=True)
class AnswerJudge:
    """One model with the wordings of its prompt. `repeats`: draws an answer; `longest`: characters shown of one."""

    client: Callable[[], Client]
    call: ModelCall
    judge_wordings: Sequence[str]
    repeats: int
    longest: int
    seed: int = 0

    @property
    def name(self) -> str:
        return f"{self.call.model}@{self.call.provider}" if self.call.provider else self.call.model

    @property
    def judge_prompts_hash(self) -> str:
        """Equal for judges that are asked in the same wordings, in the same order."""
        return text_hash("\0".join(self.judge_wordings))

    def judge_was_asked_alike(self, recorded_judge_prompts: str) -> bool:
        """Were verdicts with this `judge_prompts` asked for in these wordings? Older ones, without any, count so."""
        return recorded_judge_prompts in ("", self.judge_prompts_hash)

    async def draws(self, judged_case: JudgedCase) -> list[list[Draw]]:
        """For each criterion its draws, in the order of the draws."""
        draws_by_judge = await gather_all(self._draw(judged_case, draw_number) for draw_number in range(self.repeats))
        return [list(judge_draws) for judge_draws in zip(*draws_by_judge, strict=True)]

    def messages(self, judged_case: JudgedCase, draw_number: int) -> tuple[list[Message], list[int]]:
        """The conversation of draw `draw_number`, and which criterion stands at each place."""
        judged_order = list(range(len(judged_case.criteria)))
        random.Random(f"{self.seed} {judged_case.id} {draw_number}").shuffle(judged_order)
        judged_answer = (
            judged_case.answer
            if len(judged_case.answer) <= self.longest
            else judged_case.answer[: self.longest] + CUT_ANSWER_NOTE
        )
        judge_messages = render_turns(
            self.judge_wordings[draw_number % len(self.judge_wordings)],
            question=judged_case.question,
            criteria="\n".join(
                f"criterion_{number}: {judged_case.criteria[i]}" for number, i in enumerate(judged_order, 1)
            ),
            evidence=judged_case.evidence,
            answer=judged_answer,
        )
        return judge_messages, judged_order

    async def _draw(self, judged_case: JudgedCase, draw_number: int) -> list[Draw]:
        judge_messages, judged_order = self.messages(judged_case, draw_number)
        try:
            judge_reply = await self.client().ask(
                self.call,
                judge_messages,
                stage="grade",
                unit=f"{judged_case.id} verdict {draw_number + 1}",
                schema=judge_reply_type(len(judged_order)),
                sample=draw_number,
            )
        except UnitError as error:
            return [Draw(judge=self.name, verdict="ungraded", reason=str(error))] * len(judged_order)
        marks: tuple[Mark, ...] = msgspec.structs.astuple(judge_reply.value)
        marks_by_criterion = dict(zip(judged_order, marks, strict=True))
        return [
            Draw(judge=self.name, verdict=marks_by_criterion[i].verdict, reason=marks_by_criterion[i].reason.strip())
            for i in range(len(judged_order))
        ]


def majority_verdict(judge_draws: Sequence[Draw]) -> Verdict:
    """The verdict of more than half of the draws; else "ungraded" where half or more are, and "cannot tell"."""
    judge_verdicts = Counter(draw.verdict for draw in judge_draws)
    verdict, verdict_count = judge_verdicts.most_common(1)[0]
    if 2 * verdict_count > len(judge_draws):
        return verdict
    return "ungraded" if 2 * judge_verdicts["ungraded"] >= len(judge_draws) else "cannot tell"


async def judge_case(judged_case: JudgedCase, judges: Sequence[AnswerJudge]) -> list[CriterionGrade]:
    """Each criterion's grade: by rule where that is sure, else by the first of `judges`; others stand beside it."""
    question, answer = judged_case.question, judged_case.answer
    rule_verdicts = [grade_by_rule(criterion, question, answer) for criterion in judged_case.criteria]
    judged_criteria = [i for i, rule_verdict in enumerate(rule_verdicts) if rule_verdict is None]
    open_case = replace(judged_case, criteria=[judged_case.criteria[i] for i in judged_criteria])
    draws_by_judge = await gather_all(judge.draws(open_case) for judge in judges) if judged_criteria else []
    draws_by_criterion = {
        i: [draw for judge_draws in draws_by_judge for draw in judge_draws[index]]
        for index, i in enumerate(judged_criteria)
    }
    first_judge_draws = {i: draws_by_judge[0][index] for index, i in enumerate(judged_criteria)}
    return [
        CriterionGrade(criterion=criterion, verdict=rule_verdict.verdict, by="rule", reason=rule_verdict.reason)
        if (rule_verdict := rule_verdicts[i])
        else CriterionGrade(
            criterion=criterion,
            verdict=(verdict := majority_verdict(first_judge_draws[i])),
            by="judge",
            reason=next((draw.reason for draw in first_judge_draws[i] if draw.verdict == verdict), ""),
            draws=draws_by_criterion[i],
        )
        for i, criterion in enumerate(judged_case.criteria)
    ]


def criteria_to_judge(criteria: Sequence[str], reference: str) -> tuple[list[str], bool]:
    """The criteria to grade by, and whether they stand in for none: then the reference answer is the one criterion."""
    judged_criteria = [criterion.strip() for criterion in criteria if criterion.strip()]
    return (judged_criteria, False) if judged_criteria else ([f"{REFERENCE_CRITERION}{reference.strip()}"], True)


def build_judges(job: Job) -> list[AnswerJudge]:
    """The judge of the settings, and the second one where they name it. Raises UsageError where both are the same."""
    grade_settings = job.config.grade
    judge_settings = grade_settings.judge
    judge_calls = (
        [judge_settings, named_call(judge_settings, judge_settings.second, job.config.llm.providers)]
        if judge_settings.second
        else [judge_settings]
    )
    judge_wordings = [job.prompt(name) for name in judge_settings.prompts]
    if len({(judge_call.model, judge_call.provider) for judge_call in judge_calls}) < len(judge_calls):
        raise UsageError(f"--judge {judge_settings.second}: named twice; a judge cannot be compared with itself")
    return [
        AnswerJudge(
            lambda: job.client,
            judge_call,
            judge_wordings,
            judge_settings.repeats,
            judge_settings.longest_answer,
            grade_settings.seed,
        )
        for judge_call in judge_calls
    ]


def estimate_judge(job: Job, judge: AnswerJudge, judged_cases: Sequence[JudgedCase]) -> Estimate:
    """The verdicts of `judge` on the cases (--dry-run); a criterion that a rule decides costs nothing."""
    judge_calls = prompt_tokens = reply_tokens = 0
    for judged_case in judged_cases:
        open_criteria = sum(
            grade_by_rule(criterion, judged_case.question, judged_case.answer) is None
            for criterion in judged_case.criteria
        )
        if open_criteria:
            judge_messages, _ = judge.messages(judged_case, 0)
            judge_calls += judge.repeats
            prompt_tokens += judge.repeats * job.tokens(judge.call, judge_messages, judge_reply_type(open_criteria))
            reply_tokens += judge.repeats * open_criteria * TOKENS_PER_VERDICT
    return Estimate(judge_calls, prompt_tokens, reply_tokens, judge.call)


def shortened_answers_warning(grades: Sequence[Grade]) -> list[str]:
    """A warning that the judge saw only the beginning of long answers, where there were any."""
    shortened_count = sum(bool(grade.notes) for grade in grades)
    answer_count = counted(shortened_count, "answer")
    return (
        [f"longer than grade.judge.longest_answer, so that the judge saw the beginning: {answer_count}"]
        if shortened_count
        else []
    )
