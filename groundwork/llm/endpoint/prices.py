"""What a token of a model costs."""

from __future__ import annotations

import msgspec


class Price(msgspec.Struct, frozen=True):
    """USD a token."""

    prompt: float
    completion: float

    def of(self, input_tokens: float, output_tokens: float) -> float:
        """USD for so many tokens in and out."""
        return self.prompt * input_tokens + self.completion * output_tokens


FREE = Price(0.0, 0.0)
