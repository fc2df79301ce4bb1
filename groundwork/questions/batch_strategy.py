"""The strategy for large models, seen from outside: its askers, its prompts, and what it will ask, for --dry-run.

A forecast takes the real prompts, answered by a model that behaves like most. Each call asks about `FOUND` of what is
left, so that a chunk gives 13 + 3 + 3 + 2; a pair says its statement three times, as evidence, in the answer and in
the criteria. Corrections are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from groundwork.llm.client import Client
from groundwork.llm.token_estimate import tokens_in
from groundwork.markdown.chunk_reading import Reading
from groundwork.questions.batch_asker import Batch, batch_for, turns
from groundwork.questions.chunk_figures import ChunkFigures
from groundwork.questions.draft_faults import Drafts
from groundwork.questions.interview import SHOWN_AT_MOST, Asker
from groundwork.questions.interview_material import CallTokens, Material, Prompt, Tokens, known
from groundwork.settings.question_settings import QA

FOUND = 0.6
REPEATS = 3
FRAME, QUESTION = 80, 22  # tokens of a pair beside its statement; of its question alone


def prompt_files(settings: QA) -> list[str]:
    """The files of config/prompts that it makes use of."""
    corrections, pictures = [settings.correction_prompt] * settings.correct, [settings.images_prompt] * settings.images
    return [settings.prompt, *corrections, *pictures]


def askers(settings: QA, material: Material, prompt: Prompt, client: Callable[[], Client]) -> list[Asker]:
    """One for each chunk of `material`."""
    texts = prompt(settings.prompt), prompt(settings.correction_prompt)
    about = known(settings, material)
    return [
        Batch(client(), settings, one.chunk, *texts, about, len(one.plain()), _figures(settings, material, one, prompt))
        for one in material.readings
    ]


def _figures(settings: QA, material: Material, reading: Reading, prompt: Prompt) -> ChunkFigures:
    """The pictures of a chunk, where a model is to see them."""
    shows = settings.images and material.texts is not None
    told = prompt(settings.images_prompt) if shows else ""
    return ChunkFigures(reading.chunk, settings, material.texts if shows else None, told)


def forecast(
    settings: QA,
    material: Material,
    reading: Reading,
    limit: int | None,
    prompt: Prompt,
    tokens: Tokens,
) -> Iterator[CallTokens]:
    """The calls that one chunk is likely to take."""
    plain = reading.plain()
    told = sum(map(tokens_in, plain)) / max(1, len(plain))
    template, about = prompt(settings.prompt), known(settings, material)
    pictures = _figures(settings, material, reading, prompt)
    things = len(plain) + pictures.count
    at_once = batch_for(settings.batch, things)
    asked, most = 0, things if limit is None else min(limit, things)
    for iteration in range(settings.max_iterations if settings.iterate else 1):
        count = at_once if limit is None else min(at_once, limit - asked)
        shown = plain[asked:] if settings.show_gaps and iteration else []
        chunk = msgspec.structs.replace(reading.chunk, text=pictures.text)
        messages = pictures.beside(turns(template, about, chunk, [], shown, count))
        new = min(count, most - asked, round(FOUND * (things - asked)))
        yield tokens(messages, Drafts) + asked * QUESTION, int(new * (REPEATS * told + FRAME)) + 5
        asked += new
        if (settings.stop != "fixed" and asked >= things) or asked == limit:
            return
        if settings.stop != "fixed" and settings.show_gaps and iteration >= SHOWN_AT_MOST and new < count:
            return  # each gap was shown as often as it may be
