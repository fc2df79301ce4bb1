"""What interviews will ask, for --dry-run."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from groundwork.questions.document_interviews import limits_of
from groundwork.questions.interview_material import CallTokens, Material, Prompt, Tokens
from groundwork.questions.strategies import strategy_of
from groundwork.questions.wished_statements import wished_statements
from groundwork.settings.question_settings import QA


def calls(settings: QA, material: Material, prompt: Prompt, tokens: Tokens) -> Iterator[CallTokens]:
    """Each call that the interviews about `material` are likely to make. `tokens` counts a request's."""
    strategy = strategy_of(settings)
    found = [len(reading.statements) for reading in material.readings]
    wished, _ = wished_statements(material.wishes, material.readings)
    for reading, limit in zip(material.readings, limits_of(settings, found), strict=True):
        if limit != 0:  # nothing is asked where no pair may come
            yield from strategy.forecast(settings, material, reading, limit, prompt, tokens)
        if count := len(wished.get(reading.chunk.id, ())):  # once more, whatever the limit is
            once = msgspec.structs.replace(settings, iterate=False)
            yield from strategy.forecast(once, material, reading, count, prompt, tokens)
