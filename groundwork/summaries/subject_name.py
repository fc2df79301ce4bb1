"""The name of a document's subject, as all questions call it: the line "Name: ..." before its summary."""

from __future__ import annotations

import re

from groundwork.language.detection import detect_language
from groundwork.language.words import content_words

MAX_NAME_WORDS = 5  # words
_LINE = re.compile(r"\A[\s*_#>-]*Name[*_]*\s*[:：][ \t*_]*([^\n]*)(?:\n|\Z)", re.IGNORECASE)


def split_name(reply: str, text: str) -> tuple[str, str]:
    """(name, summary) of a reply that begins with the line "Name: ..."; the name "" where there is no such line, where
    it is too long, or where `text`, the document with its title, does not hold its words.
    """
    if not (match := _LINE.match(reply)):
        return "", reply
    subject = match[1].strip(" \t*_\"'“”„«».")
    text_words = content_words(text, language := detect_language(text))
    is_in_text = 0 < len(subject.split()) <= MAX_NAME_WORDS and content_words(subject, language) <= text_words
    return subject if is_in_text else "", reply[match.end() :].strip()


def name_fault(reply: str) -> str:
    """What is wrong with the line that names the subject, as a sentence for the correction turn, or ""."""
    words = len(match[1].split()) if (match := _LINE.match(reply)) else 0
    if words <= MAX_NAME_WORDS:
        return ""
    return (
        f'the line "Name: ..." has {words} words; give a name of at most {MAX_NAME_WORDS} that people use in a sentence'
    )


def with_name(reply: str, earlier_reply: str) -> str:
    """`reply` with the line that names the subject; that of an earlier one where it has none."""
    line = None if _LINE.match(reply) else _LINE.match(earlier_reply)
    return f"{line[0].strip()}\n\n{reply}" if line else reply


def without_label(reply: str) -> str:
    """`reply` with the name as its first sentence, so that it is checked like the others."""
    return _LINE.sub(r"\1.\n\n", reply)


def without_name(reply: str) -> str:
    """The summary alone."""
    return _LINE.sub("", reply)
