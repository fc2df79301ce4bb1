"""The one door of this room: the strategy for small models as the rest of the program may use it.

What the room holds was made for one model of 1.5 billion parameters, as a demonstration, and takes no more rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from groundwork.llm.client import Client
from groundwork.llm.prompts import Message, conversation
from groundwork.llm.token_estimate import tokens_in
from groundwork.markdown.chunk_reading import Reading
from groundwork.questions.interview import Asker
from groundwork.questions.interview_material import CallTokens, Material, Prompt, Tokens, caption_of
from groundwork.questions.small_model.question_frames import ask_in_frame, changed_terms
from groundwork.questions.small_model.question_search import Pointing
from groundwork.questions.small_model.sentence_strategy import Reply, Sentences
from groundwork.questions.small_model.targets import Target, importance, spread_targets, targets
from groundwork.settings.question_settings import QA

__all__ = ["ask_in_frame", "askers", "changed_terms", "forecast", "frame_turns", "prompt_files"]

SHORT_FRAME = 35  # tokens of question and answer alone, whose answer is the statement or a part of it


def prompt_files(settings: QA) -> list[str]:
    """The files of config/prompts that it makes use of."""
    return [settings.prompt, *([settings.round_trip_prompt] if settings.round_trip else [])]


def askers(settings: QA, material: Material, prompt: Prompt, client: Callable[[], Client]) -> list[Asker]:
    """One for each chunk of `material`."""
    again = prompt(settings.round_trip_prompt) if settings.round_trip else ""
    text, title, pointing = prompt(settings.prompt), material.title, Pointing(material.readings, material.title)
    chunks = material.chunks
    return [
        Sentences(client(), settings, reading, text, again, title, pointing, caption_of(reading.chunk, chunks))
        for reading in material.readings
    ]


def frame_turns(template: str, question: str) -> list[Message]:
    """The request that rewords a question, with a beginning of usual length, to be counted."""
    return conversation(template, question=question, opening="What is required of")


def forecast(
    settings: QA,
    material: Material,
    reading: Reading,
    limit: int | None,
    prompt: Prompt,
    tokens: Tokens,
) -> Iterator[CallTokens]:
    """The calls that one chunk is likely to take."""
    template = prompt(settings.prompt)
    for target in _targets(reading, limit):
        section = [
            *reading.headings_at(target.statements[0].start),
            caption_of(reading.chunk, material.chunks) if target.subject else "",
        ]
        messages = conversation(
            template,
            document=material.title,
            section=" > ".join(filter(None, section)) or "(none)",
            before="(nothing)",
            statement=target.plain,
        )
        said = tokens_in(target.plain) + SHORT_FRAME
        yield tokens(messages, Reply), said
        if settings.round_trip:
            again = conversation(prompt(settings.round_trip_prompt), statement=target.plain, question=target.plain)
            yield tokens(again, None), said // 2


def _targets(reading: Reading, limit: int | None) -> list[Target]:
    text = reading.chunk.text
    worth = [target for target in targets(reading.statements, reading) if importance(target, text) > 0]
    return spread_targets(worth, text, len(worth) if limit is None else limit)
