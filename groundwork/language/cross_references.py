"""References to another part of a document by its number, which tell nothing to a reader without it.

Only what is surely one counts: a number alone ("3.5") may be a value or a version. It needs a word such as "table" or
"rule" beside it, or stands where something is said to hold ("unless 16.3 applies", "as described in 4.2"), or in
brackets with three parts ("(4.4.3)").
"""

from __future__ import annotations

import re

from groundwork.language.spans import Span

_PART_WORD = r"(?:rules?|sections?|clauses?|articles?|appendix|appendices|annex(?:es)?|tables?|figures?|paragraphs?)"
_LABEL = r"(?:[A-Z]?\d{1,3}(?:\.\d{1,3}){0,4}|[A-Z])(?![\w%])(?!\.\d)"
_DOTTED = r"\d{1,3}(?:\.\d{1,3}){1,4}(?![\w%])"
_LIST_JOINT = r"(?:,? (?:and|or|to) |, )"
_POINTING_PHRASE = (
    r"(?:unless|see(?: also)?|according to|in accordance with|pursuant to|subject to|except (?:in|under|for|by)"
    r"|(?:specified|described|listed|defined|given|set out|stated|provided|shown|mentioned)(?: for)? (?:in|by|under))"
)
_NO_UNIT = r"(?! ?[%°€$£])(?! (?!(?:applies|apply|is|are|and|or|in|if|when|but|holds?)\b)[a-z]+)"
_REFERENCE_PATTERNS = [
    re.compile(rf"\b(?i:{_PART_WORD}) {_LABEL}(?:{_LIST_JOINT}(?:(?i:{_PART_WORD}) )?{_LABEL})*"),
    re.compile(
        rf"(?<![\w.]){_DOTTED}(?:{_LIST_JOINT}{_DOTTED})*(?= (?:applies|apply|(?:is|are) in (?:effect|force))\b)"
    ),
    re.compile(rf"(?<=\b){_POINTING_PHRASE} ({_DOTTED}(?:{_LIST_JOINT}{_DOTTED})*){_NO_UNIT}", re.IGNORECASE),
    re.compile(r"(?<=\()\d{1,3}(?:\.\d{1,3}){2,4}(?=\))"),
]
_BRACKETED = re.compile(r"\s?\((?:see )?([^()]{1,80})\)", re.IGNORECASE)
_ASKS_FOR_PART = re.compile(
    rf"\b(?:which|what|an?|two|of|each|every) (?:{_PART_WORD}|chapters?)\b|\bchapter \d", re.IGNORECASE
)
_LIKELY_REFERENCE = re.compile(
    r"\b(?:[A-Z]\d{1,2}(?:\.\d{1,2})+|\d{1,2}(?:\.\d{1,2})+(?= (?:is|are|still|applies|apply)\b)"
    r"|\d{1,2}(?:\.\d{1,2})+(?!\s*(?:%|[a-z]+\b))|(?<=\bsee )\d{1,2}(?:\.\d{1,2})+"
    r"|(?:Table|Figure|Section|Appendix|Rule) [A-Z]?\d+)\b"
)


def cross_references(text: str) -> list[str]:
    """What `text` may well refer to by its number in the document: "14.3" of "unless 14.3 applies", "Table 2"."""
    return _LIKELY_REFERENCE.findall(text)


def cross_reference_spans(text: str) -> list[Span]:
    """(start, end) of what are surely references in `text`, in order."""
    spans = {match.span(match.lastindex or 0) for pattern in _REFERENCE_PATTERNS for match in pattern.finditer(text)}
    return sorted(span for span in spans if not any(outer != span and _holds(outer, span) for outer in spans))


def _holds(outer: Span, inner: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def find_cross_reference(text: str, question: str) -> str:
    """The first reference in `text`, or ""; none where the question is about rules or tables by their numbers."""
    is_about_parts = _ASKS_FOR_PART.search(question) or cross_reference_spans(question)
    spans = [] if is_about_parts else cross_reference_spans(text)
    return text[spans[0][0] : spans[0][1]] if spans else ""


def drop_bracketed_references(text: str) -> str:
    """`text` without brackets that hold nothing but a reference: "within the limits (Table 2)"."""
    return _BRACKETED.sub(lambda match: "" if _is_reference(match[1]) else match[0], text)


def _is_reference(text: str) -> bool:
    return cross_reference_spans(f"({text})") == [(1, 1 + len(text))]
