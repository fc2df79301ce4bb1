"""The calls that reword a row, with what was wrong with its tries so far, and those that judge rewordings.

Judged is which of them read contrived or mean something else: several in a call, each beside its original.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from groundwork.dataset.creation.document_subjects import Subjects
from groundwork.dataset.reword.eval_rewording import AskRewording, JudgeRewordings, PastTries, Reworded
from groundwork.dataset.reword.required_terms import required_terms
from groundwork.dataset.reword.rewording_faults import UNCHANGED, faults_of_rewording
from groundwork.errors import Filtered, InvalidReply
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.client import Client
from groundwork.llm.prompt_templates import Message, follow_up_turns, render_turns
from groundwork.llm.replies.reply_schema import ReplyRequirements
from groundwork.records import Row
from groundwork.settings.config_schema import Rephrase
from groundwork.stage_runner.job import Job
from groundwork.stage_runner.unit_and_outcome import Estimate

REWORDINGS_PER_CALL = 20  # rewordings judged in one call
TOKENS_PER_MARK = 25  # of the reply
LEAST_NATURAL_MARK = 2  # of 2: what a model calls odd, readers mark down; another row takes its place


def build_rewording_asker(
    client: Client, rephrase_settings: Rephrase, template: str, subjects: Subjects
) -> AskRewording:
    """What asks for rewordings; `subjects`: what the documents are about, whose words have to stay."""

    async def ask(row: Row, past_tries: PastTries) -> Reworded:
        if rephrase_settings.strategy == "question":
            from groundwork.questions.small_model.sentence_strategy import ask_in_frame

            reworded_question = await ask_in_frame(
                client, rephrase_settings, template, row.question, row.id, len(past_tries)
            )
            return Reworded(reworded_question, row.answer)
        rewording_turns = rewording_messages(rephrase_settings, template, subjects.of(row.document), row)
        for earlier_try, try_problem in past_tries:
            correction_turn = (
                f"{try_problem} {fine_part_note(try_problem) or 'Reply with the whole JSON object again.'}"
            )
            rewording_turns += follow_up_turns(msgspec.json.encode(earlier_try).decode(), correction_turn)
        rewording_reply = await client.ask(
            rephrase_settings, rewording_turns, stage="create_dataset", unit=row.id, schema=Reworded
        )
        return restore_fine_part(rewording_reply.value, past_tries)

    return ask


def restore_fine_part(rewording: Reworded, past_tries: PastTries) -> Reworded:
    """A retry whose part that was fine is taken from the try before it."""
    if not past_tries:
        return rewording
    earlier_try, try_problem = past_tries[-1]
    match blamed_part_of_rewording(try_problem):
        case "question":
            return Reworded(rewording.question, rewording.answer.strip() or earlier_try.answer)
        case "answer":
            return Reworded(rewording.question.strip() or earlier_try.question, rewording.answer)
    return rewording


def blamed_part_of_rewording(problem: str) -> str:
    """ "question" or "answer" where `problem` is about this part alone, else ""."""
    blamed_fields = [field for field in ("question", "answer") if f"The {field} " in problem]
    return blamed_fields[0] if len(blamed_fields) == 1 else ""


def fine_part_note(problem: str) -> str:
    """What tells that one of question and answer is fine and need not be sent again, or ""."""
    if not (blamed_field := blamed_part_of_rewording(problem)):
        return ""
    fine_field = "answer" if blamed_field == "question" else "question"
    return f'The {fine_field} is fine and kept: give "" for it, and only the {blamed_field} anew, as a JSON object.'


def strategy_faults(row: Row, rewording: Reworded, rephrase_settings: Rephrase, subject: Sequence[str]) -> list[str]:
    """What rules find wrong with a rewording, by what its strategy asks for."""
    rewording_faults = faults_of_rewording(
        row, rewording.question, rewording.answer, rephrase_settings.max_copied, subject
    )
    if rephrase_settings.strategy == "question":  # whose answer stays
        from groundwork.questions.small_model.sentence_strategy import changed_question_terms

        rewording_faults = [fault for fault in rewording_faults if fault != UNCHANGED]
        rewording_faults += [fault for fault in [changed_question_terms(row.question, rewording.question)] if fault]
    return rewording_faults


def rewording_messages(rephrase_settings: Rephrase, template: str, about: str, row: Row) -> list[Message]:
    """The first request for a row; for the strategy `question` with a beginning of usual length, to be counted."""
    if rephrase_settings.strategy == "question":
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


def build_rewording_judge(client: Client, rephrase_settings: Rephrase, template: str) -> JudgeRewordings:
    """What judges rewordings for `reword_eval`."""

    async def judge(rewording_pairs: Sequence[tuple[Row, Reworded]]) -> list[str | None]:
        rewording_batches = [
            rewording_pairs[batch_start : batch_start + REWORDINGS_PER_CALL]
            for batch_start in range(0, len(rewording_pairs), REWORDINGS_PER_CALL)
        ]
        rewording_problems_by_batch = await gather_all(
            _judge_rewording_batch(client, rephrase_settings, template, rewording_batch)
            for rewording_batch in rewording_batches
        )
        return [
            rewording_fault for rewording_faults in rewording_problems_by_batch for rewording_fault in rewording_faults
        ]

    return judge


async def _judge_rewording_batch(
    client: Client, rephrase_settings: Rephrase, template: str, rewording_batch: Sequence[tuple[Row, Reworded]]
) -> list[str | None]:
    def missing_marks(marks_reply: RewordingMarks) -> str | None:
        unmarked_pairs = set(range(1, len(rewording_batch) + 1)) - {mark.number for mark in marks_reply.marks}
        return (
            f"Give marks for all {len(rewording_batch)} pairs; pair {min(unmarked_pairs)} has none."
            if unmarked_pairs
            else None
        )

    try:
        marks_reply = await client.ask(
            rephrase_settings,
            rewording_judge_messages(template, rewording_batch),
            stage="create_dataset",
            unit=f"{rewording_batch[0][0].id} rewording"
            + (f" and {len(rewording_batch) - 1} more" if rewording_batch[1:] else ""),
            schema=ReplyRequirements(RewordingMarks, check=missing_marks),
        )
    except (Filtered, InvalidReply):
        return [None] * len(rewording_batch)
    marks_by_number = {mark.number: mark for mark in marks_reply.value.marks}
    return [rewording_problem(marks_by_number[number]) for number in range(1, len(rewording_batch) + 1)]


def rewording_judge_messages(template: str, rewording_pairs: Sequence[tuple[Row, Reworded]]) -> list[Message]:
    """The request about `rewording_pairs`."""
    return render_turns(
        template,
        pairs="\n\n".join(
            _rewording_pair_text(number, row, rewording) for number, (row, rewording) in enumerate(rewording_pairs, 1)
        ),
    )


def rewording_problem(rewording_mark: RewordingMark) -> str:
    """What the model is told of a rewording that does not pass, or ""."""
    if rewording_mark.natural >= LEAST_NATURAL_MARK and rewording_mark.same:
        return ""
    blamed_text = {"question": "The question ", "answer": "The answer "}.get(
        rewording_mark.part, "Together, question and answer "
    )
    complaint_verbs = ("do", "are") if blamed_text.startswith("Together") else ("does", "is")
    if rewording_mark.same:
        mark_complaint, rewording_advice = (
            f"{complaint_verbs[1]} not natural",
            "Say it plainer, nearer to the original.",
        )
    else:
        mark_complaint, rewording_advice = (
            f"{complaint_verbs[0]} not say the same as the original",
            "Ask for exactly the same fact.",
        )
    mark_reason = " ".join(rewording_mark.wrong.split()).rstrip(".")
    return f"{blamed_text}{mark_complaint}{f': {mark_reason}' if mark_reason else ''}. {rewording_advice}"


def rewording_judge_estimate(job: Job, rows: Sequence[Row], rewording_count: int) -> Estimate:
    """The calls that judge `rewording_count` rewordings, as long as their originals; those that are sent back need
    more.
    """
    rephrase_settings = job.config.dataset.rephrase
    sample_batch = [(row, Reworded(row.question, row.answer)) for row in rows[:REWORDINGS_PER_CALL]]
    prompt_tokens = job.tokens(
        rephrase_settings,
        rewording_judge_messages(job.prompt(rephrase_settings.check_prompt), sample_batch),
        RewordingMarks,
    )
    judge_calls = -(-rewording_count // REWORDINGS_PER_CALL)
    return Estimate(judge_calls, judge_calls * prompt_tokens, rewording_count * TOKENS_PER_MARK, rephrase_settings)


def _rewording_pair_text(number: int, row: Row, rewording: Reworded) -> str:
    labelled_texts = {"Question": row.question, "Answer": row.answer}
    labelled_texts |= {"Reworded question": rewording.question, "Reworded answer": rewording.answer}
    return "\n".join(
        [f"Pair {number}", *(f"{text_label}: {' '.join(text.split())}" for text_label, text in labelled_texts.items())]
    )
