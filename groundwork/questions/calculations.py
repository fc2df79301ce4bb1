"""The calculations that an answer shows, and what comes of them: "1000 + 40 + 15", "3 nights × $300", "30 % of 500"."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from math import isclose

from groundwork.language.numbers import Number, numbers

_MAX_GAP = 40  # characters between two numbers of a calculation: a unit, a sign, a currency
_MAX_NUMBERS = 40  # of one calculation
_MAX_CALCULATIONS = 100  # of one answer
_PERCENT = 100.0  # by which a share is multiplied
_MAX_PAIRS = 300  # of numbers that an answer states
# what stands for a sign; "at" and "each" multiply, for nothing counts but what really comes of it
_SIGNS = {
    "*": r"[×·∙*x]|\b(?:times|multiplied by|at|mal|zu je|zu|à|je|fois|por|a)\b",
    "/": r"[/÷]|(?<=\s):(?=\s)|\b(?:divided by|geteilt durch|durch|divisé par|dividido (?:por|entre)|entre)\b",
    "+": r"\+|\b(?:plus|más)\b",
    "-": r"[−–-]|\b(?:minus|less|moins|menos)\b",
}
_PLAIN = re.compile(r"\d{1,15}(?:\.\d{1,15})?")  # no time, no number of a version
_DOTTED = re.compile(r"[1-9]\d{0,2}\.\d{3}")
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
    count: float | None = None  # of what is added up, where the sum is divided by it: a mean

    def gives(self, number: Number) -> bool:
        """Is it the result, or a quotient or fraction rounded to the decimal places of the number?"""
        hundredfold = [100 * result for result in self.results] if number.unit == "percent" else []
        return any(
            self._is_rounded(abs(result), written_value)
            for written_value in _written_values(number)
            for result in (*self.results, *hundredfold)
        )

    def _is_rounded(self, result: float, value: str) -> bool:
        places = len(value.partition(".")[2])
        tolerance = 0.5001 * 10**-places if places or self.divides else 0.0
        return isclose(float(value), result) or abs(float(value) - result) <= tolerance


def computed_numbers(answer: str, given: set[float], shares: set[float], language: str) -> list[Number]:
    """The numbers of an answer that come of a calculation in it, where this starts from what is given or computed.

    `given`: numbers of question and evidence; `shares`: percentages among them, as parts of 1;
    `language`: whose number words count.
    """
    answer = f"= {answer}"  # behind a sign stands no label
    written = list(islice(calculations(answer, language), _MAX_CALCULATIONS))
    stated = [number for number in numbers(answer, spelled=language) if is_plain(number.value)]
    new_numbers = [number for number in stated if float(number.value) not in given][:_MAX_CALCULATIONS]
    computed: list[Number] = []
    while new_numbers:
        grounds = given | {value for number in computed for value in readings(number)}
        factors = shares | {_PERCENT}  # that a calculation may hold without their being given
        grounded = [calculation for calculation in written if calculation.operands <= grounds | factors]
        used = {value for calculation in grounded for value in calculation.operands} & factors
        results = _Results(
            grounded,
            used | {calculation.count for calculation in grounded if calculation.count is not None},
            _unwritten_results({value for number in stated for value in readings(number)} & grounds, shares),
            {_PERCENT * share for share in shares},
        )
        newly_computed = [number for number in new_numbers if results.give(number)]
        if not newly_computed:
            break
        computed += newly_computed
        new_numbers = [number for number in new_numbers if number not in newly_computed]
    return computed


@dataclass(frozen=True)
class _Results:
    """What comes of the calculations that an answer writes out, and of its numbers without a sign."""

    calculations: Sequence[Calculation]
    used: set[float]  # in them without being given: parts of 1 for percentages, 100, the count of a mean
    unwritten: set[float]
    percentages: set[float]

    def give(self, number: Number) -> bool:
        if any(calculation.gives(number) for calculation in self.calculations):
            return True
        results = self.unwritten | (self.percentages if number.unit == "percent" else set())
        return any(
            value in self.used or any(isclose(value, result) for result in results) for value in readings(number)
        )


def _unwritten_results(number_values: set[float], shares: set[float]) -> set[float]:
    """What an answer that states its grounds may say without a sign: what comes of two numbers, of all, and shares."""
    pairs = islice(combinations(sorted(number_values), 2), _MAX_PAIRS)
    results = {result for first, second in pairs for result in (first + second, second - first, first * second)}
    totals = {sum(number_values)} if len(number_values) > 1 else set()
    return results | totals | {number_value * share for number_value in number_values for share in shares}


def calculations(answer: str, language: str) -> Iterator[Calculation]:
    """The calculations of `answer` in order, each as long as numbers and signs follow each other."""
    terms: list[Number] = []
    signs: list[list[str]] = []
    for answer_number in numbers(answer, spelled=language):
        sign = _signs_between(answer, terms[-1], answer_number) if terms and is_plain(answer_number.value) else None
        if sign is None or len(terms) == _MAX_NUMBERS:
            yield from _calculations(answer, terms, signs)
            terms, signs = [answer_number] if is_plain(answer_number.value) else [], []
        else:
            terms.append(answer_number)
            signs.append(sign)
    yield from _calculations(answer, terms, signs)


def _calculations(answer: str, terms: Sequence[Number], signs: Sequence[list[str]]) -> Iterator[Calculation]:
    """That of all terms; and without the first, which may be the result: "20 %: (360 - 300) / 300"."""
    yield from _calculate(answer, terms, signs)
    yield from _calculate(answer, terms[1:], signs[1:])


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


def _calculate(answer: str, terms: Sequence[Number], signs: Sequence[list[str]]) -> Iterator[Calculation]:
    if len(terms) < 2:
        return
    text_before = answer[max(0, terms[0].start - _MAX_GAP) : terms[0].start].rstrip(" \\$€£¥")
    before = ["("] * (len(text_before) - len(text_before.rstrip("(")))
    closing = _CLOSING.match(answer[terms[-1].end :][:_MAX_GAP])
    after = list(closing[1]) if closing else []
    for reading in (0, -1):
        if reading and all(len(readings(term)) == 1 for term in terms):
            return
        term_values = [readings(term)[reading] for term in terms]
        hundredths = [
            value / 100 if term.unit == "percent" else value for term, value in zip(terms, term_values, strict=True)
        ]
        calculated_results = [_evaluate(_expression(before, form, signs, after)) for form in (term_values, hundredths)]
        if any(result is not None for result in calculated_results):
            divides = any("/" in sign for sign in signs) or term_values != hundredths
            count = term_values.pop() if _is_mean(term_values, signs) else None
            yield Calculation(
                frozenset(term_values),
                tuple(result for result in calculated_results if result is not None),
                divides,
                count,
            )


def is_plain(value: str) -> bool:
    """Is it a number that can be computed with, and no time or number of a version?"""
    return _PLAIN.fullmatch(value) is not None


def readings(number: Number) -> list[float]:
    """The value; and a second one where a point may part the thousands, as in German: 1.560. None of a time."""
    return [float(value) for value in _written_values(number) if is_plain(value)]


def _written_values(number: Number) -> list[str]:
    return [number.value, *([number.value.replace(".", "")] if _DOTTED.fullmatch(number.value) else [])]


def _is_mean(term_values: Sequence[float], signs: Sequence[list[str]]) -> bool:
    """Is it a sum that is divided by the number of what is added up?"""
    *sum_signs, last = signs
    return (
        len(term_values) > 2
        and term_values[-1] == len(signs)
        and "/" in last
        and all("+" in sign for sign in sum_signs)
    )


def _expression(
    before: Sequence[str], term_values: Sequence[float], signs: Sequence[list[str]], after: Sequence[str]
) -> str:
    tokens = [*before, repr(term_values[0])]
    for sign, term_value in zip(signs, term_values[1:], strict=True):
        tokens += [*sign, repr(term_value)]
    return _balanced([*tokens, *after])


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
