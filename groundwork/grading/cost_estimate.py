"""What a grading will ask, for --dry-run: from the real prompts, with the reference answers in place of the answers."""

from __future__ import annotations

from collections.abc import Sequence

from groundwork.console.job import Job
from groundwork.console.unit_of_work import Estimate
from groundwork.dataset.load_dataset import QuestionRow
from groundwork.grading.criteria_by_rule import grade_by_rule
from groundwork.grading.grading_run import Grading
from groundwork.grading.judge import GradingCase, Judge, reply_type
from groundwork.grading.model_answers import question_messages
from groundwork.llm.calls.token_estimate import tokens_in
from groundwork.settings.llm_settings import ModelCall

TOKENS_PER_VERDICT = 35  # a reason of a short sentence, the verdict and the names of the fields


def answer_estimate(
    job: Job, call: ModelCall, rows: Sequence[QuestionRow], template: str, *, open_book: bool
) -> Estimate:
    """A call a row; the answers as long as the reference answers."""
    prompt_tokens = sum(job.tokens(call, question_messages(row, template, open_book=open_book)) for row in rows)
    return Estimate(len(rows), prompt_tokens, sum(tokens_in(row.answer) for row in rows), call)


def judge_estimates(job: Job, grading: Grading, label: str) -> list[Estimate]:
    """The verdicts on a model's answers by each judge; the check comes with the first model of the run."""
    cases = [grading.case(row, row.answer) for row in grading.rows]
    if grading.first_label in ("", label):
        grading.first_label = label
        check = [case for _, case in grading.check_cases()]
    else:
        check = []
    return [_estimate(job, judge, cases + (check if judge is grading.judges[0] else [])) for judge in grading.judges]


def _estimate(job: Job, judge: Judge, cases: Sequence[GradingCase]) -> Estimate:
    calls = prompt_tokens = reply_tokens = 0
    for case in cases:
        open_criteria = sum(grade_by_rule(criterion, case.question, case.answer) is None for criterion in case.criteria)
        if open_criteria:
            messages, _ = judge.messages(case, 0)
            calls += judge.repeats
            prompt_tokens += judge.repeats * job.tokens(judge.call, messages, reply_type(open_criteria))
            reply_tokens += judge.repeats * open_criteria * TOKENS_PER_VERDICT
    return Estimate(calls, prompt_tokens, reply_tokens, judge.call)
