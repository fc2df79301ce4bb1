"""The calculations that an answer writes out: "1000 + 40 + 15", "3 nights × $300", "30 % of 500", "(520 + 85) x 12"."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isclose

from groundwork.language.numbers import Number, numbers

_MAX_GAP = 40  # characters between two numbers of a calculation: a unit, a sign, a currency
_MAX_NUMBERS = 40  # of one calculation
# what stands for a sign; "at" and "each" multiply, for nothing counts but what really comes of it
_SIGNS = {
    "*": r"[×·∙*x]|\\times|\\cdot|\b(?:times|multiplied by|at|mal|zu|à|je|fois|por|a)\b",
    "/": r"[/÷]|\\div|\b(?:divided by|geteilt durch|durch|divisé par|dividido (?:por|entre)|entre)\b",
    "+": r"\+|\b(?:plus|más|und|and|et|y)\b",
    "-": r"[−–-]|\b(?:minus|less|moins|menos)\b",
}
_PLAIN = re.compile(r"\d{1,15}(?:\.\d{1,15})?")  # no time, no number of a version
_CURRENCY = r"(?:[\\$€£¥]|\b(?:EUR|USD|GBP|CHF)\b)"
_UNIT = r"(?:\s*+(?:\\?[%°$€£¥]|[^\W\d_][\w./²³]*+))*?"
_GAP = re.compile(
    rf"{_UNIT}\s*+(?P<closing>\)*+)\s*+(?:{'|'.join(f'({sign})' for sign in _SIGNS.values())})\s*+"
    rf"(?P<opening>\(*+)\s*+{_CURRENCY}?\s*+",
    re.IGNORECASE,
)
_SHARE_OF = re.compile(
    rf"\s*+\\?(?:%|[^\W\d_]++)\s(?:of|von|vom|der|des?|du|del|di)(?:\s[^\W\d_]++)?\s*+{_CURRENCY}?\s*+", re.IGNORECASE
)
_CLOSING = re.compile(rf"{_UNIT}\s*+(\)++)")
_OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Add: operator.add,
    ast.Sub: operator.sub,
}


@dataclass(frozen=True)
class Calculation:
    """The numbers that it starts from, and what comes of it: with percentages as they stand, and as hundredths."""

    operands: frozenset[float]
    results: tuple[float, ...]
    divides: bool

    def gives(self, number: Number) -> bool:
        """Is it the result, or a quotient or fraction rounded to the decimal places of the number?"""
        places = len(number.value.partition(".")[2])
        tolerance = 0.5001 * 10**-places if places or self.divides else 0.0
        hundredfold = [100 * result for result in self.results] if number.unit == "percent" else []
        value = float(number.value)
        return any(
            isclose(value, abs(result)) or abs(value - abs(result)) <= tolerance
            for result in (*self.results, *hundredfold)
        )


def calculations(answer: str) -> Iterator[Calculation]:
    """The calculations of `answer` in order, each as long as numbers and signs follow each other."""
    terms: list[Number] = []
    signs: list[list[str]] = []
    for number in numbers(answer, spelled=True):
        is_plain = _PLAIN.fullmatch(number.value) is not None
        sign = _signs_between(answer, terms[-1], number) if terms and is_plain else None
        if sign is None or len(terms) == _MAX_NUMBERS:
            yield from _calculate(answer, terms, signs)
            terms, signs = [number] if is_plain else [], []
        else:
            terms.append(number)
            signs.append(sign)
    yield from _calculate(answer, terms, signs)


def _signs_between(text: str, first: Number, second: Number) -> list[str] | None:
    """The brackets and the sign between two numbers of a calculation; None where there is no sign."""
    gap = text[first.end : second.start]
    if len(gap) > _MAX_GAP:
        return None
    if first.unit == "percent" and _SHARE_OF.fullmatch(gap):
        return ["*"]
    if not (match := _GAP.fullmatch(gap)):
        return None
    sign = next(sign for sign, written in zip(_SIGNS, match.groups()[1:-1], strict=True) if written)
    return [*match["closing"], sign, *match["opening"]]


def _calculate(text: str, terms: Sequence[Number], signs: Sequence[list[str]]) -> Iterator[Calculation]:
    if len(terms) < 2:
        return
    text_before = text[max(0, terms[0].start - _MAX_GAP) : terms[0].start].rstrip(" \\$€£¥")
    before = ["("] * (len(text_before) - len(text_before.rstrip("(")))
    closing = _CLOSING.match(text[terms[-1].end :][:_MAX_GAP])
    after = list(closing[1]) if closing else []
    results = []
    divides = any("/" in sign for sign in signs) or any(term.unit == "percent" for term in terms)
    for percent in (1.0, 0.01):
        values = [float(term.value) * (percent if term.unit == "percent" else 1.0) for term in terms]
        tokens = [*before, repr(values[0])]
        for sign, value in zip(signs, values[1:], strict=True):
            tokens += [*sign, repr(value)]
        results.append(_evaluate(_balanced([*tokens, *after])))
    if any(result is not None for result in results):
        operands = frozenset(float(term.value) for term in terms)
        yield Calculation(operands, tuple(result for result in results if result is not None), divides)


def _balanced(tokens: Sequence[str]) -> str:
    """The tokens as a text without the brackets that have no partner."""
    open_places: list[int] = []
    lonely: set[int] = set()
    for place, sign in enumerate(tokens):
        if sign == "(":
            open_places.append(place)
        elif sign == ")":
            if open_places:
                open_places.pop()
            else:
                lonely.add(place)
    lonely.update(open_places)
    return "".join(token for place, token in enumerate(tokens) if place not in lonely)


def _evaluate(expression: str) -> float | None:
    """What comes of numbers, four operations and brackets; None where they make no expression."""
    try:
        return _value(ast.parse(expression, mode="eval").body)
    except (SyntaxError, ZeroDivisionError, OverflowError, MemoryError, RecursionError):
        return None


def _value(node: ast.expr) -> float:
    match node:
        case ast.BinOp(left=left, op=sign, right=right):
            return _OPERATIONS[type(sign)](_value(left), _value(right))
        case ast.Constant(value=float(value)):
            return value
    raise SyntaxError
