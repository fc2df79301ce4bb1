"""A judge of rewordings: a model marks which read contrived or mean something else, several beside their originals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from groundwork.dataset.reword.eval_rewording import JudgeRewordings, Reworded
from groundwork.errors import Filtered, InvalidReply
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.client import Client
from groundwork.llm.prompt_templates import Message, render_turns
from groundwork.llm.replies.reply_schema import ReplyRequirements
from groundwork.records import Row
from groundwork.settings.config_schema import Rephrase
from groundwork.stage_runner.estimates_and_usage import Estimate
from groundwork.stage_runner.job import Job

REWORDINGS_PER_CALL = 20  # rewordings judged in one call
TOKENS_PER_MARK = 25  # of the reply
LEAST_NATURAL_MARK = 2  # of 2: what a model calls odd, readers mark down; another row takes its place


class RewordingMark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of one rewording; `part`: which of it has to change."""

    number: int
    natural: Literal[0, 1, 2]
    same: Literal[0, 1]
    part: Literal["", "question", "answer", "both"]
    wrong: str


class RewordingMarks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The reply about the rewordings of one call."""

    marks: list[RewordingMark]


def build_rewording_judge(client: Client, rewording_settings: Rephrase, template: str) -> JudgeRewordings:
    """What judges rewordings for `reword_eval`."""

    async def judge(rewording_pairs: Sequence[tuple[Row, Reworded]]) -> list[str | None]:
        batch_starts = range(0, len(rewording_pairs), REWORDINGS_PER_CALL)
        rewording_batches = [rewording_pairs[start : start + REWORDINGS_PER_CALL] for start in batch_starts]
        judged_batches = await gather_all(
            _judge_rewording_batch(client, rewording_settings, template, batch) for batch in rewording_batches
        )
        return [judged_problem for judged_batch in judged_batches for judged_problem in judged_batch]

    return judge


async def _judge_rewording_batch(
    client: Client, rewording_settings: Rephrase, template: str, rewording_batch: Sequence[tuple[Row, Reworded]]
) -> list[str | None]:
    def missing_marks(rewording_marks: RewordingMarks) -> str | None:
        if unmarked_pairs := set(range(1, len(rewording_batch) + 1)) - {mark.number for mark in rewording_marks.marks}:
            return f"Give marks for all {len(rewording_batch)} pairs; pair {min(unmarked_pairs)} has none."
        return None

    judge_turns = rewording_judge_messages(template, rewording_batch)
    schema = ReplyRequirements(RewordingMarks, check=missing_marks)
    more_rewordings = f" and {len(rewording_batch) - 1} more" if rewording_batch[1:] else ""
    judge_unit = f"{rewording_batch[0][0].id} rewording{more_rewordings}"
    try:
        rewording_marks = await client.ask(
            rewording_settings, judge_turns, stage="create_dataset", unit=judge_unit, schema=schema
        )
    except (Filtered, InvalidReply):
        return [None] * len(rewording_batch)
    marks_by_number = {mark.number: mark for mark in rewording_marks.value.marks}
    return [rewording_problem(marks_by_number[number]) for number in range(1, len(rewording_batch) + 1)]


def rewording_judge_messages(template: str, rewording_pairs: Sequence[tuple[Row, Reworded]]) -> list[Message]:
    """The request about `rewording_pairs`."""
    numbered_pairs = enumerate(rewording_pairs, 1)
    judged_texts = [_judged_pair_text(number, row, rewording) for number, (row, rewording) in numbered_pairs]
    return render_turns(template, pairs="\n\n".join(judged_texts))


def rewording_problem(rewording_mark: RewordingMark) -> str:
    """What the model is told of a rewording that does not pass, or ""."""
    if rewording_mark.natural >= LEAST_NATURAL_MARK and rewording_mark.same:
        return ""
    blamed_parts = {"question": "The question", "answer": "The answer"}
    blamed_part = blamed_parts.get(rewording_mark.part, "Together, question and answer")
    does, is_ = ("does", "is") if rewording_mark.part in blamed_parts else ("do", "are")
    mark_complaint, rewording_advice = f"{does} not say the same as the original", "Ask for exactly the same fact."
    if rewording_mark.same:
        mark_complaint, rewording_advice = f"{is_} not natural", "Say it plainer, nearer to the original."
    mark_reason = " ".join(rewording_mark.wrong.split()).rstrip(".")
    return f"{blamed_part} {mark_complaint}{f': {mark_reason}' if mark_reason else ''}. {rewording_advice}"


def rewording_judge_estimate(job: Job, rows: Sequence[Row], rewording_count: int) -> Estimate:
    """The calls that judge `rewording_count` rewordings, as long as their originals; those that are sent back need
    more.
    """
    rewording_settings = job.config.dataset.rephrase
    sample_batch = [(row, Reworded(row.question, row.answer)) for row in rows[:REWORDINGS_PER_CALL]]
    judge_turns = rewording_judge_messages(job.prompt(rewording_settings.check_prompt), sample_batch)
    prompt_tokens = job.tokens(rewording_settings, judge_turns, RewordingMarks)
    judge_calls = -(-rewording_count // REWORDINGS_PER_CALL)
    return Estimate(judge_calls, judge_calls * prompt_tokens, rewording_count * TOKENS_PER_MARK, rewording_settings)


def _judged_pair_text(number: int, row: Row, rewording: Reworded) -> str:
    labelled_texts = {"Question": row.question, "Answer": row.answer}
    labelled_texts |= {"Reworded question": rewording.question, "Reworded answer": rewording.answer}
    return "\n".join(
        [f"Pair {number}", *(f"{text_label}: {' '.join(text.split())}" for text_label, text in labelled_texts.items())]
    )
