"""Rewording for small models: the question alone, in a new frame that a rule picks and the reply has to begin with.

Left to themselves small models repeat the sentence, or ask something else in it. So they are given the beginning, and
whatever they write behind it must keep every term of the old question and bring none of its own.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from groundwork.errors import InvalidReply
from groundwork.language.words import stem
from groundwork.llm.client import Client
from groundwork.llm.prompt_templates import Message, render_turns
from groundwork.llm.replies.reply_schema import ReplyRequirements
from groundwork.settings.config_schema import Rephrase


def _frame_words(words: str) -> frozenset[str]:
    return frozenset(words.split())


TITLE_BEFORE_FRAME = re.compile(r"According to (the [^,?]+), (\w)(.*)$", re.DOTALL)
NOUN_OF_FRAME = r"(?P<noun>[\w-]+(?: [\w-]+)?)"
# A kind of question, and what it may begin with instead: groups of the old question fill the braces.
QUESTION_FRAMES = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), openings)
    for pattern, openings in (
        (r"what must (?P<who>.+?) do\b.*", ("What is required of {who}", "To do what is {who} obliged")),
        (r"what (?:can|may) (?P<who>.+?) do\b.*", ("Which options are open to {who}",)),
        (r"what must (?:happen|be done)\b.*", ("Which procedure is required",)),
        (r"what happens to (?P<who>.+?) (?:if|when|that|which) .*", ("What becomes of {who}",)),
        (r"what happens (?:if|when|after) .*", ("Which consequence follows",)),
        (r"what must .*", ("What is it that",)),
        (r"what is the (?:meaning|definition) of .*", ("How is",)),
        (rf"what is the {NOUN_OF_FRAME} (?:for|of) .*", ("Which {noun} applies to", "Which {noun} belongs to")),
        (rf"what are the {NOUN_OF_FRAME} (?:for|of) .*", ("Which {noun} apply to", "Which {noun} belong to")),
        (rf"what is the {NOUN_OF_FRAME} .*", ("Which {noun}",)),
        (r"when (?:do|does|is|are|must|can) .*", ("At what point in time", "By what time")),
        (r"how many .*", ("What number of",)),
        (r"how long .*", ("For what length of time",)),
        (r"how much (?P<noun>\w+) .*", ("What amount of {noun}",)),
        (r"who .*", ("Which person",)),
    )
)  # fmt: skip
# Words that a sentence can gain or lose with its meaning kept; not those of condition, time and quantity.
FRAME_FUNCTION_WORDS = _frame_words(
    """a an the this that these those it its they their there and or but so as at by for from in into of off on onto out
    to up with than then is are was were be been being do does did done has have had having must should shall may might
    can could will would other what which who whom whose how also just such you we he she his her your our my me us"""
)
REMOVABLE_FRAME_TERMS = _frame_words("according happen happens meaning definition many much long open take takes when")
ADDABLE_FRAME_TERMS = _frame_words(
    """amount applies apply become becomes belong belongs consequence defined follow follows length number obliged open
    options order person point procedure required take taken term time"""
)


class QuestionFrame(NamedTuple):
    """A question without the title that it begins with ("According to the handbook, "), and other ways to begin it."""

    core_question: str
    title_before: str
    openings: tuple[str, ...]


def question_frame(question: str) -> QuestionFrame:
    """The frame of a question; one of a kind that is not known has no openings."""
    title_before_frame = TITLE_BEFORE_FRAME.match(question)
    core_question = f"{title_before_frame[2].upper()}{title_before_frame[3]}" if title_before_frame else question
    framed_question = core_question.rstrip(" ?")
    frame_matches = ((pattern.fullmatch(framed_question), openings) for pattern, openings in QUESTION_FRAMES)
    frame_match, openings = next((framed for framed in frame_matches if framed[0]), (None, ()))
    filled_openings = tuple(opening.format(**frame_match.groupdict()) for opening in openings) if frame_match else ()
    return QuestionFrame(core_question, title_before_frame[1] if title_before_frame else "", filled_openings)


def put_title_before(question: str, title: str) -> str:
    """`question` behind the title, where there is one."""
    return f"In {title}, {question[:1].lower()}{question[1:]}" if title else question


def changed_question_terms(original: str, reworded: str) -> str | None:
    """Complains of a term of the old question that the new one lost, and of one that it brought."""
    terms_before_frame, terms_in_frame = _question_terms_by_stem(original), _question_terms_by_stem(reworded)
    if terms_lost_in_frame := sorted(
        terms_before_frame[stem]
        for stem in terms_before_frame.keys() - terms_in_frame.keys()
        if terms_before_frame[stem] not in REMOVABLE_FRAME_TERMS
    ):
        return f"The question lost {', '.join(terms_lost_in_frame)}."
    if terms_added_by_frame := sorted(
        terms_in_frame[stem]
        for stem in terms_in_frame.keys() - terms_before_frame.keys()
        if terms_in_frame[stem] not in ADDABLE_FRAME_TERMS
    ):
        return f"The question has what was not there: {', '.join(terms_added_by_frame)}."
    return None


def frame_messages(frame_template: str, question: str) -> list[Message]:
    """The request that rewords a question, with a beginning of usual length, to be counted."""
    return render_turns(frame_template, question=question, opening="What is required of")


async def ask_in_frame(
    client: Client, rephrase_call: Rephrase, frame_template: str, question: str, unit: str, attempt: int
) -> str:
    """`question` in the frame of this `attempt`, counted from 0. Raises InvalidReply where there is none left."""
    frame = question_frame(question)
    if attempt >= len(frame.openings):
        raise InvalidReply(f"{unit}: no other way to begin {' '.join(frame.core_question.split()[:3])!r} is known")
    frame_opening = frame.openings[attempt]
    messages_in_frame = render_turns(frame_template, question=frame.core_question, opening=frame_opening)
    frame_reply = await client.ask(
        rephrase_call,
        messages_in_frame,
        stage="create_dataset",
        unit=unit,
        schema=ReplyRequirements(dict[str, str], _frame_reply_schema(frame_opening)),
    )
    return put_title_before(frame_reply.value["question"].strip(), frame.title_before)


def _frame_reply_schema(frame_opening: str) -> dict[str, Any]:
    """A JSON Schema that leaves the model no other beginning."""
    escaped_frame_opening = re.sub(r"([\\^$.|?*+()\[\]{}/])", r"\\\1", frame_opening)
    framed_question_schema = {"type": "string", "pattern": f'^{escaped_frame_opening} [^"?]{{3,400}}\\?$'}
    return {
        "title": "question",
        "type": "object",
        "properties": {"question": framed_question_schema},
        "required": ["question"],
        "additionalProperties": False,
    }


def _question_terms_by_stem(question: str) -> dict[str, str]:
    """The words that say what is asked about, by their stem."""
    question_words = [word.lower() for word in re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", question)]
    return {stem(word, "en"): word for word in question_words if word not in FRAME_FUNCTION_WORDS}
