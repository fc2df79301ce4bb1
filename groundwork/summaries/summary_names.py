"""The name of a subject in a summary: the line "Name: ..." of a reply, its faults, and the summary without it."""

from __future__ import annotations

import re
from typing import NamedTuple

from groundwork.language.words import stem, stop_words, word_pieces
from groundwork.summaries.summary_source import WORD_PART, SummarySource

MAX_NAME_WORDS = 5  # words, beside a year
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d(?:[-/–]\d{2,4})?")
_QUOTED_NAME = re.compile(r"[\"'“”„«»「『《]([^\"“”„«»「」『』《》]*)[\"'“”„«»」』》]")
_NAME_LINE = re.compile(r"\A[\s*_#>-]*Name[*_]*\s*[:：][ \t*_]*([^\n]*)(?:\n|\Z)", re.IGNORECASE)


class NamedSummary(NamedTuple):
    """A reply in its parts. `dropped`: why its name is not used, in words; "" where it is, or where there is none."""

    name: str
    summary: str
    dropped: str


def split_summary_name(summary_reply: str, summary_source: SummarySource) -> NamedSummary:
    """The parts of a reply that begins with the line "Name: ..."; the name "" where there is no such line, where it is
    too long, or where the source does not hold its words.
    """
    if not (match := _NAME_LINE.match(summary_reply)):
        return NamedSummary("", summary_reply, "")
    subject, summary = _unquote_summary_name(match[1].strip(" \t*_.")), summary_reply[match.end() :].strip()
    fault = summary_name_fault(summary_reply, summary_source)
    return NamedSummary("" if fault else subject, summary, fault and f'the name "{subject}" is left out: {fault}')


def _unquote_summary_name(subject_name: str) -> str:
    """`subject_name` without quotes around all of it: those of a part of it stay."""
    match = _QUOTED_NAME.fullmatch(subject_name)
    return match[1] if match else subject_name


def summary_name_fault(summary_reply: str, summary_source: SummarySource) -> str:
    """What is wrong with the line that names the subject, as a sentence for the correction turn, or ""."""
    if not (match := _NAME_LINE.match(summary_reply)):
        return ""
    if (summary_words := sum(not _YEAR.fullmatch(word) for word in match[1].split())) > MAX_NAME_WORDS:
        return (
            f'the line "Name: ..." has {summary_words} words; '
            f"give a name of at most {MAX_NAME_WORDS} that people use in a sentence"
        )
    if unknown_words := _name_words_not_in_source(match[1], summary_source):
        unknown_words_listed = ", ".join(f'"{word}"' for word in unknown_words)
        return (
            f'the line "Name: ..." says {unknown_words_listed}, which the text does not; '
            "give a name of words of the text"
        )
    return ""


def _name_words_not_in_source(subject_name: str, summary_source: SummarySource) -> list[str]:
    """Those words of a name that the source lacks; of a compound with hyphens ("Blynk-PID") each part counts."""
    ignored_words = stop_words(summary_source.language)
    return [
        word
        for word in WORD_PART.findall(subject_name)
        if len(word) > 1
        and word.lower() not in ignored_words
        and any(stem(piece, summary_source.language) not in summary_source.name_stems for piece in word_pieces(word))
    ]


def with_summary_name(summary_reply: str, earlier_reply: str) -> str:
    """`summary_reply` with the line that names the subject; that of an earlier one where it has none."""
    line = None if _NAME_LINE.match(summary_reply) else _NAME_LINE.match(earlier_reply)
    return f"{line[0].strip()}\n\n{summary_reply}" if line else summary_reply


def with_name_as_sentence(summary_reply: str) -> str:
    """`summary_reply` with the name as its first sentence, so that it is checked like the others."""
    return _NAME_LINE.sub(r"\1.\n\n", summary_reply)


def without_summary_name(summary_reply: str) -> str:
    """The summary alone."""
    return _NAME_LINE.sub("", summary_reply)
