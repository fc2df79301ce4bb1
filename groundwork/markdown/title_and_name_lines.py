"""Lines of Markdown that only name something: titles, heads of pages, names that stand alone, notices of copyright."""

from __future__ import annotations

import re

from groundwork.language.language_and_script import UNSPACED
from groundwork.language.opposites import is_negated
from groundwork.language.sentences import STATEMENT_END

MAX_NAME_LINE = 60  # characters of a line that is a name
TITLE_WORDS = 4  # of a line of its own that ends without a stop and says no number: a title, a label of a figure
_COPYRIGHT_LINE = re.compile(r"[*_ \t]*(?:©|\((?:c|C)\)|Copyright\s+(?:©|\(c\)|\(C\)|\d{4}))")
_PAGE_NUMBER_BESIDE_TITLE = re.compile(r"\A\d{1,4}\s+|\s{1,9}\d{1,4}\Z")
_TITLE_LINE_WORD = re.compile(r"[^\W\d_]+")
_SIGN_OF_NO_NAME = re.compile(r"[\d:;=|/\\`()<>+×_!?]")
MAX_SHORT_TITLE_WORD = 3  # letters of a word that a title need not begin with a capital
UNSPACED_WORDS = re.compile(rf"[{UNSPACED}]{{3}}")


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
