"""Prices of tokens, as an endpoint names them for its models."""

from __future__ import annotations

from typing import Any

import msgspec


class Price(msgspec.Struct, frozen=True):
    """USD a token."""

    prompt: float
    completion: float

    def of(self, input_tokens: float, output_tokens: float) -> float:
        """USD for so many tokens in and out."""
        return self.prompt * input_tokens + self.completion * output_tokens


FREE = Price(0.0, 0.0)


def parse_price(pricing: Any) -> Price | None:
    """The price in an entry of /models, whose numbers are strings of USD a token; None where there is none.

    OpenRouter writes -1 for a model that stands for several, whose price is known once it has replied.
    """
    try:
        token_price = Price(float(pricing["prompt"]), float(pricing["completion"]))
    except (TypeError, KeyError, ValueError):
        return None
    return token_price if all(0 <= usd < float("inf") for usd in (token_price.prompt, token_price.completion)) else None
