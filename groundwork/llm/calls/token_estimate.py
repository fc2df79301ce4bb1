"""How many tokens a request is, without its model's tokenizer: for estimates, worst cases and tokens a minute."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

# One token each: words in pieces of seven letters, single digits, runs of two signs, line ends; letters beyond ASCII
# one by one, Greek and Cyrillic by three. Over prose, tables, JSON, code and German that is 0.87 to 1.05 of what
# Llama 2's tokenizer counts and 0.89 to 1.23 of what Qwen 2.5's does; characters / 3.5 is 0.44 to 1.32 of them.
_TYPICAL_TOKEN = re.compile(r"[A-Za-z]{1,7}|\d|[\u0370-\u052f]{1,3}|[^\W\d_]|[^\w\s]{1,2}|_+|\n+")
# As few tokens as any tokenizer makes of a text: whole words, three digits at once, three letters of Chinese.
_LARGEST_TOKEN = re.compile(r"[A-Za-z]{1,12}|\d{1,3}|[\u0370-\u052f]{1,8}|[^\W\d_]{1,3}|[^\w\s]{1,4}")
IMAGE_TOKENS = 1_100  # a page at 1288 px: 1,032 for gemini-2.5 (four tiles of 258), 1,105 for gpt-4o
TURN_TOKENS = 4  # the marks around a turn


def tokens_in(text: str) -> int:
    """About how many tokens `text` is."""
    return len(_TYPICAL_TOKEN.findall(text))


def min_token_count(text: str) -> int:
    """How many tokens `text` is at the least, whatever the tokenizer."""
    return len(_LARGEST_TOKEN.findall(text))


def message_text(messages: Sequence[dict[str, Any]]) -> str:
    """The text of `messages` (OpenAI chat), without images."""
    return "\n".join(
        message_part.get("text") or ""
        for message in messages
        for message_part in _message_parts(message.get("content"))
    )


def estimate_tokens(messages: Sequence[dict[str, Any]], schema: dict[str, Any] | None = None) -> int:
    """About how many tokens `messages` (OpenAI chat) are, images and the reply's schema included."""
    message_parts = [message_part for message in messages for message_part in _message_parts(message.get("content"))]
    image_count: int = sum(message_part.get("type") == "image_url" for message_part in message_parts)
    text_tokens: int = sum(tokens_in(message_part.get("text") or "") for message_part in message_parts)
    schema_tokens = tokens_in(msgspec.json.encode(schema).decode()) if schema else 0
    return text_tokens + schema_tokens + image_count * IMAGE_TOKENS + TURN_TOKENS * len(messages)


def _message_parts(content: Any) -> list[dict[str, Any]]:
    return content if isinstance(content, list) else [{"type": "text", "text": content or ""}]
