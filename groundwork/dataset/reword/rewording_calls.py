"""Ask a model to reword a row: the pair with what was wrong with its tries so far, or the question in a given frame."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from groundwork.dataset.creation.input_files import Subjects
from groundwork.dataset.reword.eval_rewording import AskRewording, PastTries, Reworded
from groundwork.dataset.reword.rewording_faults import UNCHANGED, faults_of_rewording, required_terms
from groundwork.dataset.rows import Row
from groundwork.llm.client import Client
from groundwork.llm.prompts import Message, follow_up, render_turns
from groundwork.settings.dataset_settings import Rephrase


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
        from groundwork.questions.small_model.sentence_strategy import changed_terms

        faults = [fault for fault in faults if fault != UNCHANGED]
        faults += [fault for fault in [changed_terms(row.question, rewording.question)] if fault]
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
