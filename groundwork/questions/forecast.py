"""What interviews will ask, for --dry-run: the real prompts, answered by a model that behaves like most.

Each call asks about `FOUND` of what is left, so that a chunk gives 13 + 3 + 3 + 2 + 0; a pair says its statement three
times, as evidence, in the answer and in the criteria. Corrections are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from groundwork.llm.prompts import conversation
from groundwork.llm.token_estimate import tokens_in
from groundwork.markdown.reading import Reading
from groundwork.questions import batch
from groundwork.questions.document_interviews import Material, caption_of, known, shared_out
from groundwork.questions.draft_faults import Drafts
from groundwork.questions.small_model import sentence_strategy as sentence
from groundwork.questions.small_model.targets import Target, importance, spread, targets
from groundwork.settings.settings import Config

FOUND = 0.6
REPEATS = 3
FRAME, QUESTION = 80, 22  # tokens of a pair beside its statement; of its question alone
SHORT_FRAME = 35  # of question and answer alone, whose answer is the statement or a part of it

Messages = list[dict[str, Any]]
Call = tuple[int, int]  # tokens in, tokens out
Prompt = Callable[[str], str]
Tokens = Callable[[Messages, type | None], int]


def calls(config: Config, material: Material, prompt: Prompt, tokens: Tokens) -> Iterator[Call]:
    """Each call that the interviews about `material` are likely to make. `tokens` counts a request's."""
    one = _sentence if config.qa.strategy == "sentence" else _batch
    found = [len(reading.statements) for reading in material.readings]
    for reading, limit in zip(material.readings, shared_out(config.qa.limit, found), strict=True):
        yield from one(config, material, reading, limit, prompt, tokens)


def _batch(
    config: Config,
    material: Material,
    reading: Reading,
    limit: int | None,
    prompt: Callable[[str], str],
    tokens: Tokens,
) -> Iterator[Call]:
    settings = config.qa
    plain = reading.plain()
    told = sum(map(tokens_in, plain)) / max(1, len(plain))
    template, about = prompt(settings.prompt), known(settings, material)
    asked, most = 0, len(plain) if limit is None else min(limit, len(plain))
    for iteration in range(settings.max_iterations if settings.iterate else 1):
        count = settings.batch if limit is None else min(settings.batch, limit - asked)
        shown = plain[asked:] if settings.show_gaps and iteration else []
        messages = batch.turns(template, about, reading.chunk, [], shown, count)
        new = min(count, most - asked, round(FOUND * (len(plain) - asked)))
        yield tokens(messages, Drafts) + asked * QUESTION, int(new * (REPEATS * told + FRAME)) + 5
        asked += new
        if (settings.stop != "fixed" and not new) or asked == limit:
            return


def _sentence(
    config: Config,
    material: Material,
    reading: Reading,
    limit: int | None,
    prompt: Callable[[str], str],
    tokens: Tokens,
) -> Iterator[Call]:
    template = prompt(config.qa.prompt)
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
        yield tokens(messages, sentence.Reply), said
        if config.qa.round_trip:
            again = conversation(prompt(config.qa.round_trip_prompt), statement=target.plain, question=target.plain)
            yield tokens(again, None), said // 2


def _targets(reading: Reading, limit: int | None) -> list[Target]:
    text = reading.chunk.text
    worth = [target for target in targets(reading.statements, reading) if importance(target, text) > 0]
    return spread(worth, text, len(worth) if limit is None else limit)
