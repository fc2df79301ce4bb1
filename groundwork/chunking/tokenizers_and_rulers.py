"""Lengths of stretches of a text, in characters or in tokens."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from pathlib import Path
from typing import Any, Protocol

from groundwork.errors import ConfigError


class Ruler(Protocol):
    """Measures stretches of one text; positions are characters, lengths are in the ruler's unit."""

    def length(self, start: int, end: int) -> int: ...

    def reach(self, start: int, length: int) -> int:
        """The last position up to which the text from `start` is no longer than `length`."""

    def back(self, end: int, length: int) -> int:
        """The last position from which the text up to `end` is at least `length` long."""

    def text_length(self, text: str) -> int:
        """Length of another text, such as a repeated header."""


class CharacterRuler:
    """The unit `characters`."""

    def length(self, start: int, end: int) -> int:
        return end - start

    def reach(self, start: int, length: int) -> int:
        return start + length

    def back(self, end: int, length: int) -> int:
        return end - length

    def text_length(self, text: str) -> int:
        return len(text)


class TokenRuler:
    """The unit `tokens`: the text is encoded once, and lengths are counts of the tokens that start in a stretch.

    A stretch encoded alone may have a few tokens more, at its borders; the chunker checks the finished chunks.
    """

    def __init__(self, markdown: str, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._end = len(markdown)
        self._token_starts = array("L")
        for encoded_start in range(0, len(markdown), 1 << 20):
            token_offsets = tokenizer.encode(
                markdown[encoded_start : encoded_start + (1 << 20)], add_special_tokens=False
            ).offsets
            self._token_starts.extend(encoded_start + token_offset for token_offset, _ in token_offsets)

    def length(self, start: int, end: int) -> int:
        return bisect_left(self._token_starts, end) - bisect_left(self._token_starts, start)

    def reach(self, start: int, length: int) -> int:
        token_index = bisect_left(self._token_starts, start) + length
        return self._token_starts[token_index] if token_index < len(self._token_starts) else self._end

    def back(self, end: int, length: int) -> int:
        token_index = bisect_left(self._token_starts, end) - length
        return self._token_starts[token_index] if token_index >= 0 else 0

    def text_length(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)


def load_tokenizer(tokenizer_name: str) -> Any:
    """A `tokenizers.Tokenizer` from a folder, a tokenizer.json or a Hub id. Raises ConfigError naming what to do."""
    from tokenizers import Tokenizer

    if not tokenizer_name:
        raise ConfigError(["chunk.tokenizer: is empty; chunk.unit tokens needs a folder, a tokenizer.json or a Hub id"])
    token_path = Path(tokenizer_name).expanduser()
    token_path = token_path / "tokenizer.json" if token_path.is_dir() else token_path
    try:
        return Tokenizer.from_file(str(token_path if token_path.exists() else _tokenizer_from_hub(tokenizer_name)))
    except ConfigError:
        raise
    except Exception as error:  # tokenizers raises bare Exception for a file that it cannot read
        raise ConfigError([f"chunk.tokenizer: {token_path} is no tokenizer.json that can be read: {error}"]) from error


def _tokenizer_from_hub(tokenizer_name: str) -> str:
    from huggingface_hub import hf_hub_download

    try:
        return str(hf_hub_download(tokenizer_name, "tokenizer.json"))
    except Exception as error:  # the hub's client raises a dozen kinds; each means that there is no tokenizer
        tokenizer_error = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ConfigError(
            [
                f"chunk.tokenizer: no such folder or file, and the Hub gave no {tokenizer_name!r} ({tokenizer_error}); "
                'name a local tokenizer.json, or set chunk.unit to "characters"'
            ]
        ) from error


def length_ruler(markdown: str, tokenizer: Any = None) -> Ruler:
    """Tokens where there is a tokenizer, else characters."""
    return TokenRuler(markdown, tokenizer) if tokenizer else CharacterRuler()
