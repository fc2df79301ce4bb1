"""The calls that reword a row, with what was wrong with its tries so far, and those that judge rewordings.

Judged is which of them read contrived or mean something else: several in a call, each beside its original.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from groundwork.dataset.creation.document_subjects import Subjects
from groundwork.dataset.reword.eval_rewording import AskRewording, JudgeRewordings, PastTries, Reworded
from groundwork.dataset.reword.rewording_faults import UNCHANGED, faults_of_rewording, required_terms
from groundwork.errors import Filtered, InvalidReply
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.client import Client
from groundwork.llm.prompts import Message, follow_up, render_turns
from groundwork.llm.replies.structured_output import ReplyRequirements
from groundwork.records import Row
from groundwork.settings.config_schema import Rephrase
from groundwork.stage_runner.job import Job
from groundwork.stage_runner.unit_and_outcome import Estimate

REWORDINGS_PER_CALL = 20  # rewordings judged in one call
TOKENS_PER_MARK = 25  # of the reply
LEAST_NATURAL = 2  # of 2: what a model calls odd, readers mark down; another row takes its place


def build_asker(client: Client, call: Rephrase, template: str, about: Subjects) -> AskRewording:
    """What asks for rewordings; `about`: what the documents are about, whose words have to stay."""

    async def ask(row: Row, past: PastTries) -> Reworded:
        if call.strategy == "question":
            from groundwork.questions.small_model.sentence_strategy import ask_in_frame

            question = await ask_in_frame(client, call, template, row.question, row.id, len(past))
            return Reworded(question, row.answer)
        messages = rewording_messages(call, template, about.of(row.document), row)
        for earlier_try, problem in past:
            correction = f"{problem} {fine_part_note(problem) or 'Reply with the whole JSON object again.'}"
            messages += follow_up(msgspec.json.encode(earlier_try).decode(), correction)
        reply = await client.ask(call, messages, stage="create_dataset", unit=row.id, schema=Reworded)
        return restore_fine_part(reply.value, past)

    return ask


def restore_fine_part(rewording: Reworded, past: PastTries) -> Reworded:
    """A retry whose part that was fine is taken from the try before it."""
    if not past:
        return rewording
    earlier_try, problem = past[-1]
    match blamed_part(problem):
        case "question":
            return Reworded(rewording.question, rewording.answer.strip() or earlier_try.answer)
        case "answer":
            return Reworded(rewording.question.strip() or earlier_try.question, rewording.answer)
    return rewording


def blamed_part(problem: str) -> str:
    """ "question" or "answer" where `problem` is about this part alone, else ""."""
    blamed_fields = [field for field in ("question", "answer") if f"The {field} " in problem]
    return blamed_fields[0] if len(blamed_fields) == 1 else ""


def fine_part_note(problem: str) -> str:
    """What tells that one of question and answer is fine and need not be sent again, or ""."""
    if not (blamed_field := blamed_part(problem)):
        return ""
    fine_field = "answer" if blamed_field == "question" else "question"
    return f'The {fine_field} is fine and kept: give "" for it, and only the {blamed_field} anew, as a JSON object.'


def strategy_faults(row: Row, rewording: Reworded, call: Rephrase, keep: Sequence[str]) -> list[str]:
    """What rules find wrong with a rewording, by what its strategy asks for."""
    faults = faults_of_rewording(row, rewording.question, rewording.answer, call.max_copied, keep)
    if call.strategy == "question":  # whose answer stays
        from groundwork.questions.small_model.sentence_strategy import changed_question_terms

        faults = [fault for fault in faults if fault != UNCHANGED]
        faults += [fault for fault in [changed_question_terms(row.question, rewording.question)] if fault]
    return faults


def rewording_messages(call: Rephrase, template: str, about: str, row: Row) -> list[Message]:
    """The first request for a row; for the strategy `question` with a beginning of usual length, to be counted."""
    if call.strategy == "question":
        from groundwork.questions.small_model.sentence_strategy import frame_messages

        return frame_messages(template, row.question)
    return render_turns(
        template,
        subject=about.strip() or row.document,
        question=row.question,
        answer=row.answer,
        criteria="\n".join(f"- {criterion}" for criterion in row.evaluation_criteria),
        evidence="\n".join(f"- {quote}" for quote in row.evidence) or "- none",
        keep=", ".join(required_terms(row, about)) or "none in particular",
    )


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
            schema=ReplyRequirements(RewordingMarks, check=missing_marks),
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
