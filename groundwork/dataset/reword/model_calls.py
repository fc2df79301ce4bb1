"""Ask a model to reword a row: the pair with what was wrong with its tries so far, or the question in a given frame."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from groundwork.dataset.reword.eval_rewording import Ask, Past, Reworded
from groundwork.dataset.reword.rewording_faults import UNCHANGED, faults_of_rewording, required
from groundwork.dataset.rows import Row, Subjects
from groundwork.llm.client import Client
from groundwork.llm.prompts import Message, follow_up, render_turns
from groundwork.settings.dataset_settings import Rephrase


def asker(client: Client, call: Rephrase, template: str, about: Subjects) -> Ask:
    """What `rephrase.reword` asks by; `about`: what the documents are about, whose words have to stay."""

    async def ask(row: Row, past: Past) -> Reworded:
        if call.strategy == "question":
            from groundwork.questions.small_model.sentence_strategy import ask_in_frame

            question = await ask_in_frame(client, call, template, row.question, row.id, len(past))
            return Reworded(question, row.answer)
        messages = rewording_turns(call, template, about.of(row.document), row)
        for tried, problem in past:
            told = f"{problem} {fine_part(problem) or 'Reply with the whole JSON object again.'}"
            messages += follow_up(msgspec.json.encode(tried).decode(), told)
        reply = await client.ask(call, messages, stage="create_dataset", unit=row.id, schema=Reworded)
        return with_fine_part(reply.value, past)

    return ask


def with_fine_part(new: Reworded, past: Past) -> Reworded:
    """A retry whose part that was fine is taken from the try before it."""
    if not past:
        return new
    tried, problem = past[-1]
    match blamed_part(problem):
        case "question":
            return Reworded(new.question, new.answer.strip() or tried.answer)
        case "answer":
            return Reworded(new.question.strip() or tried.question, new.answer)
    return new


def blamed_part(problem: str) -> str:
    """ "question" or "answer" where `problem` is about this part alone, else ""."""
    blamed = [part for part in ("question", "answer") if f"The {part} " in problem]
    return blamed[0] if len(blamed) == 1 else ""


def fine_part(problem: str) -> str:
    """What tells that one of question and answer is fine and need not be sent again, or ""."""
    if not (blamed := blamed_part(problem)):
        return ""
    fine = "answer" if blamed == "question" else "question"
    return f'The {fine} is fine and kept: give "" for it, and only the {blamed} anew, as a JSON object.'


def faults_of(row: Row, new: Reworded, call: Rephrase, keep: Sequence[str]) -> list[str]:
    """What rules find wrong with a rewording, by what its strategy asks for."""
    found = faults_of_rewording(row, new.question, new.answer, call.max_copied, keep)
    if call.strategy == "question":  # whose answer stays
        from groundwork.questions.small_model.sentence_strategy import changed_terms

        found = [one for one in found if one != UNCHANGED]
        found += [one for one in [changed_terms(row.question, new.question)] if one]
    return found


def rewording_turns(call: Rephrase, template: str, about: str, row: Row) -> list[Message]:
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
        keep=", ".join(required(row, about)) or "none in particular",
    )
