"""The numbers of an answer in the spelling of its sources: dates, times, fractions and thousands that mean the same."""

from __future__ import annotations

from collections.abc import Set

from groundwork.language.dates_and_times import Date, slashed_dates, times, without_dates
from groundwork.language.numbers import fractions, join_thousands, number_values, plain_fractions


def in_source_spelling(answer: str, source: str, source_values: Set[str], source_dates: Set[Date]) -> str:
    """`answer` without its full dates and the times of `source`, and with fractions and thousands as `source` has them.

    `source_values` are those of the source's numbers, however they are written. What means something else stays.
    """
    for written, meanings in slashed_dates(answer):
        if meanings & source_dates:
            answer = answer.replace(written, " ")
    answer = _without_times(without_dates(answer), source)
    answer = plain_fractions(answer)
    for written, value in fractions(answer):
        if value in source_values:
            answer = answer.replace(written, value)
    return _as_thousands(answer, source_values)


def _without_times(answer: str, source: str) -> str:
    """`answer` without the times of day that `source` has in any spelling."""
    answer_times = list(times(answer))
    source_times = {time.minutes for time in times(source)} if answer_times else set()
    for time in reversed(answer_times):
        if time.minutes in source_times:
            answer = f"{answer[: time.start]} {answer[time.end :]}"
    return answer


def _as_thousands(answer: str, source_values: Set[str]) -> str:
    """`answer` with its thousands joined ("2 000") where the sources have such a number, with another space in it."""
    joined_text = join_thousands(answer)
    if joined_text == answer or not number_values(joined_text) - number_values(answer) <= source_values:
        return answer
    return joined_text
