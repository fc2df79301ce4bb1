"""Pictures in a conversation, as OpenAI's chat format has them: parts of a turn, behind its text."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from groundwork.llm.prompts import Message


def with_images(turns: Sequence[Message], jpegs: Sequence[bytes], labels: Sequence[str] = ()) -> list[Message]:
    """The turns, the last with the pictures behind its text, each behind its label where there are `labels`.

    As they are where there is no picture.
    """
    if not jpegs:
        return list(turns)
    *before, last = turns
    parts = [_text(last["content"])]
    for number, jpeg in enumerate(jpegs):
        parts += [*map(_text, labels[number : number + 1]), _picture(jpeg)]
    return [*before, {**last, "content": parts}]


def _text(text: str) -> Message:
    return {"type": "text", "text": text}


def _picture(jpeg: bytes) -> Message:
    url = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}
