"""Titles and names: lines of Markdown that only name something, and the short form of a title."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundwork.language.language_and_script import UNSPACED
from groundwork.language.list_labels import SECTION_NUMBER
from groundwork.language.negations_and_duties import is_negated
from groundwork.language.sentences import STATEMENT_END
from groundwork.language.words import content_words, words

MAX_NAME_LINE = 60  # characters of a line that is a name
TITLE_WORDS = 4  # of a line of its own that ends without a stop and says no number: a title, a label of a figure
_COPYRIGHT_LINE = re.compile(r"[*_ \t]*(?:©|\((?:c|C)\)|Copyright\s+(?:©|\(c\)|\(C\)|\d{4}))")
_PAGE_NUMBER_BESIDE_TITLE = re.compile(r"\A\d{1,4}\s+|\s{1,9}\d{1,4}\Z")
_TITLE_LINE_WORD = re.compile(r"[^\W\d_]+")
_SIGN_OF_NO_NAME = re.compile(r"[\d:;=|/\\`()<>+×_!?]")
MAX_SHORT_TITLE_WORD = 3  # letters of a word that a title need not begin with a capital
UNSPACED_WORDS = re.compile(rf"[{UNSPACED}]{{3}}")
UNNAMED = "(it has no name; take one from its summary or its text)"
MIN_SHORT_TITLE_LENGTH = 4  # characters of a title without its subtitle
_SUBTITLE = re.compile(r":\s|\s[-–—|]\s|\s[(\[]")
_CHAPTER_TITLE = re.compile(r"\s*(?:chapter|part|section|appendix)\s+[\dIVXA-Z]+\b", re.IGNORECASE)
_TITLE_NUMBER = re.compile(rf"^{SECTION_NUMBER}\.?\s+(?=\D)")  # the number before a heading


def is_title_paragraph(paragraph: str) -> bool:
    """Is it a line that only names something: a heading without its mark, a head of columns, a label in a figure?"""
    title_line = paragraph.strip("*_ \t\r\n")
    if (
        "\n" in title_line
        or len(title_line) > 10 * TITLE_WORDS
        or STATEMENT_END.search(title_line)
        or UNSPACED_WORDS.search(title_line)
    ):
        return False
    return len(title_line.split()) <= TITLE_WORDS and not any(character.isdigit() for character in title_line)


def is_name_line(paragraph: str) -> bool:
    """Is it a line without a clause: who owns the text, a title or a page's header in capitals, names and no verb?"""
    title_line = paragraph.strip("*_ \t\r\n")
    if "\n" in title_line or len(title_line) > MAX_NAME_LINE or UNSPACED_WORDS.search(title_line):
        return False
    if _COPYRIGHT_LINE.match(title_line):
        return True
    is_capitals, is_closed = title_line.isupper(), STATEMENT_END.search(title_line) is not None
    title_line = _PAGE_NUMBER_BESIDE_TITLE.sub("", title_line) if is_capitals else title_line
    title_words = _TITLE_LINE_WORD.findall(title_line)
    if sum(len(word) > MAX_SHORT_TITLE_WORD for word in title_words) < 2 or _SIGN_OF_NO_NAME.search(title_line):
        return False
    if is_capitals:
        return len(title_words) <= (TITLE_WORDS if is_closed else 2 * TITLE_WORDS) and not is_negated(title_line)
    return not is_closed and all(word[0].isupper() or len(word) <= MAX_SHORT_TITLE_WORD for word in title_words)


def short_title(title: str, document: str, headings: Sequence[str] = ()) -> str:
    """A title without what follows a colon, a dash or a bracket. Never the file's name, with or without its ending,
    or a chapter's: in its place the first of `headings`, the document's own, where it has two words and is neither, or
    words that say that there is no name. A heading further down names a part of the document.
    """
    title_headings = [heading for heading in headings[:1] if len(words(_TITLE_NUMBER.sub("", heading))) > 1]
    for long_title in (title, *title_headings):
        if _CHAPTER_TITLE.match(long_title):
            continue
        shorter_title = _SUBTITLE.split(_TITLE_NUMBER.sub("", long_title.strip()), maxsplit=1)[0].strip()
        if shorter_title and words(re.sub(r"\.\w{2,5}$", "", shorter_title)) != words(document.replace("_", " ")):
            return shorter_title if len(shorter_title) >= MIN_SHORT_TITLE_LENGTH else long_title.strip()
    return UNNAMED


def is_title_named(title: str, text: str) -> bool:
    """Does the text name what has the title, by half of the title's words or their first letters?"""
    capital_words = [word for word in re.findall(r"\w+", title) if word[0].isupper()]
    title_initials = "".join(word[0] for word in capital_words)
    if len(title_initials) > 1 and re.search(rf"\b{title_initials}\b", text):
        return True
    title_words = content_words(title, "en")
    return bool(title_words) and 2 * len(title_words & content_words(text, "en")) > len(title_words)
