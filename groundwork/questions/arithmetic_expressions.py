"""Arithmetic that a text writes out, "1000 + 40": its terms, signs and brackets as an expression, and what it gives."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isclose

from groundwork.language.numbers import Number, numbers

_MAX_SIGN_GAP = 40  # characters between two terms of an expression: a unit, a sign, a currency
_MAX_EXPRESSION_TERMS = 40  # of one expression

# what stands for a sign; "at" and "each" multiply, for nothing counts but what really comes of it
_ARITHMETIC_SIGNS = {
    "*": r"[×·∙*x]|\b(?:times|multiplied by|at|mal|zu je|zu|à|je|fois|por|a)\b",
    "/": r"[/÷]|(?<=\s):(?=\s)|\b(?:divided by|geteilt durch|durch|divisé par|dividido (?:por|entre)|entre)\b",
    "+": r"\+|\b(?:plus|más)\b",
    "-": r"[−–-]|\b(?:minus|less|moins|menos)\b",
}
_PLAIN_TERM = re.compile(r"\d{1,15}(?:\.\d{1,15})?")  # no time, no number of a version
_DOTTED_TERM = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_CURRENCY_SIGN = r"(?:[\\$€£¥]|\b(?:EUR|USD|GBP|CHF)\b)"
_UNIT_AFTER_NUMBER = r"(?:\s*+(?:\\?[%°$€£¥]|[^\W\d_][\w./²³]*+))*?"
_SIGN_BETWEEN_NUMBERS = re.compile(
    rf"{_UNIT_AFTER_NUMBER}\s*+(?P<closing>\)*+)\s*+"
    rf"(?:{'|'.join(f'({sign})' for sign in _ARITHMETIC_SIGNS.values())})\s*+"
    rf"(?P<opening>\(*+)\s*+{_CURRENCY_SIGN}?\s*+",
    re.IGNORECASE,
)
_SHARE_OF = re.compile(
    rf"\s*+\\?(?:%|[^\W\d_]++)\s(?:of|von|vom|der|des?|du|del|di)(?:\s[^\W\d_]++)?\s*+{_CURRENCY_SIGN}?\s*+",
    re.IGNORECASE,
)
_CLOSING_BRACKETS = re.compile(rf"{_UNIT_AFTER_NUMBER}\s*+(\)++)")
_ARITHMETIC_OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Add: operator.add,
    ast.Sub: operator.sub,
}


@dataclass(frozen=True)
class ArithmeticExpression:
    """The numbers that it starts from, and what comes of it: with percentages as they stand, and as hundredths."""

    operands: frozenset[float]
    results: tuple[float, ...]
    divides: bool
    count: float | None = None  # of what is added up, where the sum is divided by it: a mean

    def gives(self, number: Number) -> bool:
        """Is it the result, or a quotient or fraction rounded to the decimal places of the number?"""
        hundredfold_results = [100 * result for result in self.results] if number.unit == "percent" else []
        return any(
            self._is_rounded_result(abs(result), written_value)
            for written_value in _written_values(number)
            for result in (*self.results, *hundredfold_results)
        )

    def _is_rounded_result(self, result: float, value: str) -> bool:
        decimal_places = len(value.partition(".")[2])
        rounding_tolerance = 0.5001 * 10**-decimal_places if decimal_places or self.divides else 0.0
        return isclose(float(value), result) or abs(float(value) - result) <= rounding_tolerance


def written_expressions(answer: str, language: str) -> Iterator[ArithmeticExpression]:
    """The expressions of `answer` in order, each as long as numbers and signs follow each other."""
    terms: list[Number] = []
    signs: list[list[str]] = []
    for answer_number in numbers(answer, spelled=language):
        signs_between_terms = (
            _signs_between(answer, terms[-1], answer_number) if terms and is_plain_number(answer_number.value) else None
        )
        if signs_between_terms is None or len(terms) == _MAX_EXPRESSION_TERMS:
            yield from _expressions(answer, terms, signs)
            terms, signs = [answer_number] if is_plain_number(answer_number.value) else [], []
        else:
            terms.append(answer_number)
            signs.append(signs_between_terms)
    yield from _expressions(answer, terms, signs)


def _expressions(answer: str, terms: Sequence[Number], signs: Sequence[list[str]]) -> Iterator[ArithmeticExpression]:
    """That of all terms; and without the first, which may be the result: "20 %: (360 - 300) / 300"."""
    yield from _evaluate_terms(answer, terms, signs)
    yield from _evaluate_terms(answer, terms[1:], signs[1:])


def _signs_between(text: str, first: Number, second: Number) -> list[str] | None:
    """The brackets and the sign between two numbers of an expression; None where there is no sign."""
    text_between_numbers = text[first.end : second.start]
    if len(text_between_numbers) > _MAX_SIGN_GAP:
        return None
    if first.unit == "percent" and _SHARE_OF.fullmatch(text_between_numbers):
        return ["*"]
    if not (sign_match := _SIGN_BETWEEN_NUMBERS.fullmatch(text_between_numbers)):
        return None
    arithmetic_sign = next(
        arithmetic_sign
        for arithmetic_sign, written in zip(_ARITHMETIC_SIGNS, sign_match.groups()[1:-1], strict=True)
        if written
    )
    return [*sign_match["closing"], arithmetic_sign, *sign_match["opening"]]


def _evaluate_terms(answer: str, terms: Sequence[Number], signs: Sequence[list[str]]) -> Iterator[ArithmeticExpression]:
    if len(terms) < 2:
        return
    text_before_expression = answer[max(0, terms[0].start - _MAX_SIGN_GAP) : terms[0].start].rstrip(" \\$€£¥")
    brackets_before = ["("] * (len(text_before_expression) - len(text_before_expression.rstrip("(")))
    closing_brackets = _CLOSING_BRACKETS.match(answer[terms[-1].end :][:_MAX_SIGN_GAP])
    brackets_after = list(closing_brackets[1]) if closing_brackets else []
    for reading_index in (0, -1):
        if reading_index and all(len(numeric_readings(term)) == 1 for term in terms):
            return
        term_values = [numeric_readings(term)[reading_index] for term in terms]
        hundredth_values = [
            value / 100 if term.unit == "percent" else value for term, value in zip(terms, term_values, strict=True)
        ]
        expression_results = [
            _evaluate_expression(_join_expression(brackets_before, operand_values, signs, brackets_after))
            for operand_values in (term_values, hundredth_values)
        ]
        if any(result is not None for result in expression_results):
            is_division = any("/" in sign for sign in signs) or term_values != hundredth_values
            addend_count = term_values.pop() if _is_mean_expression(term_values, signs) else None
            yield ArithmeticExpression(
                frozenset(term_values),
                tuple(result for result in expression_results if result is not None),
                is_division,
                addend_count,
            )


def is_plain_number(value: str) -> bool:
    """Is it a number that can be computed with, and no time or number of a version?"""
    return _PLAIN_TERM.fullmatch(value) is not None


def numeric_readings(number: Number) -> list[float]:
    """The value; and a second one where a point may part the thousands, as in German: 1.560. None of a time."""
    return [float(value) for value in _written_values(number) if is_plain_number(value)]


def _written_values(number: Number) -> list[str]:
    return [number.value, *([number.value.replace(".", "")] if _DOTTED_TERM.fullmatch(number.value) else [])]


def _is_mean_expression(term_values: Sequence[float], signs: Sequence[list[str]]) -> bool:
    """Is it a sum that is divided by the number of what is added up?"""
    *signs_of_sum, last_sign = signs
    return (
        len(term_values) > 2
        and term_values[-1] == len(signs)
        and "/" in last_sign
        and all("+" in sign for sign in signs_of_sum)
    )


def _join_expression(
    brackets_before: Sequence[str],
    term_values: Sequence[float],
    signs: Sequence[list[str]],
    brackets_after: Sequence[str],
) -> str:
    expression_tokens = [*brackets_before, repr(term_values[0])]
    for arithmetic_sign, term_value in zip(signs, term_values[1:], strict=True):
        expression_tokens += [*arithmetic_sign, repr(term_value)]
    return _without_unpaired_brackets([*expression_tokens, *brackets_after])


def _without_unpaired_brackets(expression_tokens: Sequence[str]) -> str:
    """The tokens as a text without the brackets that have no partner."""
    open_brackets: list[int] = []
    unpaired_brackets: set[int] = set()
    for token_place, expression_sign in enumerate(expression_tokens):
        if expression_sign == "(":
            open_brackets.append(token_place)
        elif expression_sign == ")":
            if open_brackets:
                open_brackets.pop()
            else:
                unpaired_brackets.add(token_place)
    unpaired_brackets.update(open_brackets)
    return "".join(
        expression_token
        for token_place, expression_token in enumerate(expression_tokens)
        if token_place not in unpaired_brackets
    )


def _evaluate_expression(expression: str) -> float | None:
    """What comes of numbers, four operations and brackets; None where they make no expression."""
    try:
        return _evaluate_node(ast.parse(expression, mode="eval").body)
    except (SyntaxError, ZeroDivisionError, OverflowError, MemoryError, RecursionError):
        return None


def _evaluate_node(node: ast.expr) -> float:
    match node:
        case ast.BinOp(left=left, op=sign, right=right):
            return _ARITHMETIC_OPERATIONS[type(sign)](_evaluate_node(left), _evaluate_node(right))
        case ast.Constant(value=float(value)):
            return value
    raise SyntaxError
