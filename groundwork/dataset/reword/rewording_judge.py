"""Ask a model which rewordings read contrived or mean something else: several in a call, each beside its original."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from groundwork.console.job import Job
from groundwork.console.unit_and_outcome import Estimate
from groundwork.dataset.reword.eval_rewording import JudgeRewordings, Reworded
from groundwork.dataset.rows import Row
from groundwork.errors import Filtered, InvalidReply
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.client import Client
from groundwork.llm.prompts import Message, render_turns
from groundwork.settings.dataset_settings import Rephrase

REWORDINGS_PER_CALL = 20  # rewordings judged in one call
TOKENS_PER_MARK = 25  # of the reply
LEAST_NATURAL = 2  # of 2: what a model calls odd, readers mark down; another row takes its place


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


def build_judge(client: Client, call: Rephrase, template: str) -> JudgeRewordings:
    """What judges rewordings for `reword_eval`."""

    async def judge(pairs: Sequence[tuple[Row, Reworded]]) -> list[str | None]:
        batches = [pairs[start : start + REWORDINGS_PER_CALL] for start in range(0, len(pairs), REWORDINGS_PER_CALL)]
        replies = await gather_all(_judge_batch(client, call, template, batch) for batch in batches)
        return [problem for problems in replies for problem in problems]

    return judge


async def _judge_batch(
    client: Client, call: Rephrase, template: str, batch: Sequence[tuple[Row, Reworded]]
) -> list[str | None]:
    def missing_marks(reply: RewordingMarks) -> str | None:
        missing = set(range(1, len(batch) + 1)) - {mark.number for mark in reply.marks}
        return f"Give marks for all {len(batch)} pairs; pair {min(missing)} has none." if missing else None

    try:
        reply = await client.ask(
            call,
            judging_messages(template, batch),
            stage="create_dataset",
            unit=f"{batch[0][0].id} rewording" + (f" and {len(batch) - 1} more" if batch[1:] else ""),
            schema=RewordingMarks,
            check=missing_marks,
        )
    except (Filtered, InvalidReply):
        return [None] * len(batch)
    marks = {mark.number: mark for mark in reply.value.marks}
    return [rewording_problem(marks[number]) for number in range(1, len(batch) + 1)]


def judging_messages(template: str, pairs: Sequence[tuple[Row, Reworded]]) -> list[Message]:
    """The request about `pairs`."""
    return render_turns(
        template,
        pairs="\n\n".join(_pair_text(number, row, rewording) for number, (row, rewording) in enumerate(pairs, 1)),
    )


def rewording_problem(mark: RewordingMark) -> str:
    """What the model is told of a rewording that does not pass, or ""."""
    if mark.natural >= LEAST_NATURAL and mark.same:
        return ""
    subject = {"question": "The question ", "answer": "The answer "}.get(mark.part, "Together, question and answer ")
    verb = ("do", "are") if subject.startswith("Together") else ("does", "is")
    if mark.same:
        complaint, advice = f"{verb[1]} not natural", "Say it plainer, nearer to the original."
    else:
        complaint, advice = f"{verb[0]} not say the same as the original", "Ask for exactly the same fact."
    reason = " ".join(mark.wrong.split()).rstrip(".")
    return f"{subject}{complaint}{f': {reason}' if reason else ''}. {advice}"


def judge_estimate(job: Job, rows: Sequence[Row], count: int) -> Estimate:
    """The calls that judge `count` rewordings, as long as their originals; those that are sent back need more."""
    call = job.config.dataset.rephrase
    batch = [(row, Reworded(row.question, row.answer)) for row in rows[:REWORDINGS_PER_CALL]]
    prompt_tokens = job.tokens(call, judging_messages(job.prompt(call.check_prompt), batch), RewordingMarks)
    calls = -(-count // REWORDINGS_PER_CALL)
    return Estimate(calls, calls * prompt_tokens, count * TOKENS_PER_MARK, call)


def _pair_text(number: int, row: Row, rewording: Reworded) -> str:
    texts = {"Question": row.question, "Answer": row.answer}
    texts |= {"Reworded question": rewording.question, "Reworded answer": rewording.answer}
    return "\n".join([f"Pair {number}", *(f"{label}: {' '.join(text.split())}" for label, text in texts.items())])
