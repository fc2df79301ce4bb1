"""What a grading costs (--dry-run): by the real prompts, with the reference answers in place of the answers."""

from __future__ import annotations

from collections.abc import Sequence

from groundwork.dataset.load_dataset import QuestionRow
from groundwork.grading.answer_judge import AnswerJudge, GradingCase, judge_reply_type
from groundwork.grading.grading_run import Grading
from groundwork.grading.model_answers import question_messages
from groundwork.grading.verdicts_by_rule import grade_by_rule
from groundwork.llm.calls.costs_and_budget import tokens_in
from groundwork.settings.config_schema import ModelCall
from groundwork.stage_runner.job import Job
from groundwork.stage_runner.unit_and_outcome import Estimate

TOKENS_PER_VERDICT = 35  # a reason of a short sentence, the verdict and the names of the fields


def answer_estimate(
    job: Job, call: ModelCall, question_rows: Sequence[QuestionRow], template: str, *, open_book: bool
) -> Estimate:
    """A call a row; the answers as long as the reference answers."""
    prompt_tokens = sum(
        job.tokens(call, question_messages(question_row, template, open_book=open_book))
        for question_row in question_rows
    )
    return Estimate(
        len(question_rows), prompt_tokens, sum(tokens_in(question_row.answer) for question_row in question_rows), call
    )


def judge_estimates(job: Job, grading: Grading, label: str) -> list[Estimate]:
    """The verdicts on a model's answers by each judge; the check comes with the first model of the run."""
    grading_cases = [grading.case(graded_row, graded_row.answer) for graded_row in grading.rows]
    if grading.first_label in ("", label):
        grading.first_label = label
        check_cases = [check_case.case for check_case in grading.check.cases()]
    else:
        check_cases = []
    return [
        _judge_estimate(job, judge, grading_cases + (check_cases if judge is grading.judges[0] else []))
        for judge in grading.judges
    ]


def _judge_estimate(job: Job, judge: AnswerJudge, grading_cases: Sequence[GradingCase]) -> Estimate:
    judge_calls = prompt_tokens = reply_tokens = 0
    for grading_case in grading_cases:
        open_criteria = sum(
            grade_by_rule(criterion, grading_case.question, grading_case.answer) is None
            for criterion in grading_case.criteria
        )
        if open_criteria:
            judge_messages, _ = judge.messages(grading_case, 0)
            judge_calls += judge.repeats
            prompt_tokens += judge.repeats * job.tokens(judge.call, judge_messages, judge_reply_type(open_criteria))
            reply_tokens += judge.repeats * open_criteria * TOKENS_PER_VERDICT
    return Estimate(judge_calls, prompt_tokens, reply_tokens, judge.call)
