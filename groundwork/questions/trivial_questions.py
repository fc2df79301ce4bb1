"""Questions that nobody needs, where a rule is sure of it; the rest is for the prompt of generation and for curation.

What is looked for: an answer that the question gives, and the document's own furniture: its licence, its addresses, its
typography, its table of contents, which part of it says what.
"""

from __future__ import annotations

import re
from itertools import pairwise

from groundwork.language.language_and_script import is_english
from groundwork.language.numbers import number_values
from groundwork.language.words import ENGLISH_STOP_WORDS, content_words, words
from groundwork.language.yes_and_no import YES_NO_AUXILIARY
from groundwork.markdown.title_and_name_lines import is_title_named

_CONFIRMING_QUESTION = re.compile(rf"(?:^|[,;.:]\s+)(?:and\s+)?{YES_NO_AUXILIARY}\s", re.IGNORECASE)
_CHOOSING_QUESTION = re.compile(
    r"\b(?:or|than|between|both|either|which of|compared|whether|except|besides|another|others?)\b", re.IGNORECASE
)
# "Who keeps the disc if offence and defence catch it?" - "The offence."
_TRIVIAL_CONDITION = re.compile(r"(?:(?<=\w )(?:if|when|unless|while)|^(?:if|unless|while)) [^,?;]*", re.IGNORECASE)
# "How do I stop the gauge with tide?" - "tide stop gauge": a command in the question's words.
HOW_QUESTION = re.compile(r"how (?:do|does|did|can|could|is|are|was|were|should|must|may)\b", re.IGNORECASE)
_LICENCE_WORDS = re.compile(
    r"\b(?:licen[cs]es?|copyright(?:ed)?|permission notice|verbatim copies|redistribut\w+|all rights|trademarks?|isbn"
    r"|dedicated to|(?:distribut|cop|reproduc)\w+ (?:a |an |the )?(?:modified |verbatim )?(?:version|cop(?:y|ies)))\b",
    re.IGNORECASE,
)
_WEB_ADDRESS = re.compile(r"https?://(?!localhost|127\.|\d|[\w.-]*example\b)\S+|\bwww\.\S+\.\w{2,}", re.IGNORECASE)
_WHERE_QUESTION = re.compile(
    r"\b(?:where|at (?:which|what)|(?:which|what) (?:url|address|web ?site|site|link|page))\b.*\b(?:found|find"
    r"|described|description|documentation|information|available|obtain\w*|download\w*|read|published|hosted|url|address|link)\b",
    re.IGNORECASE,
)
_NOTATION_QUESTION = re.compile(
    r"\b(?:how|by (?:which|what)|what|which)\b.*\b(?:shown|represent(?:ed|s)?|marked?|printed|typeset|written"
    r"|indicated?|displayed|denoted?|stands? for|notation|typeface|convention|symbols?)\b",
    re.IGNORECASE,
)
_TYPOGRAPHY_WORDS = re.compile(
    r"\b(?:typeface|italics?|bold|font|enclosed in|angle brackets|square brackets|asterisk|indicates? variable)\b",
    re.IGNORECASE,
)
_DOCUMENT_PARTS_QUESTION = re.compile(
    r"\b(?:table of contents|title page|foreword|acknowledge?ments|page numbers?|memory is .*\bdedicated)\b",
    re.IGNORECASE,
)
_WHICH_PART_QUESTION = re.compile(
    r"\b(?:which|what) (?:section|chapter|footnote|appendix|page|tutorial|paragraph|subsection|heading|table)s?\b"
    r".*\b(?:says?|said|states?|stated|describes?|described|covers?|covered|explains?|explained|defines?|defined|specifies"
    r"|specified|deals?|discuss(?:es|ed)?|mentions?|mentioned|found|named)\b",
    re.IGNORECASE,
)


def trivial_question_reason(question: str, answer: str, title: str, language: str) -> str:
    """Why nobody needs the pair, or "" where no rule is sure, as in any language but English.

    `title` and `language` are those of the document; where it is "", the question tells it.
    """
    if language != "en" and (language or not is_english(question)):
        return ""
    if trivial_answer := _trivial_answer(question, answer):
        return f'the answer stands in the question: "{trivial_answer}"'
    if _WHICH_PART_QUESTION.search(question):
        return "asks which part of a document says something"
    if _DOCUMENT_PARTS_QUESTION.search(question) and not _is_how_to_question(question, answer):
        return "asks about the make-up of the document"
    if _WEB_ADDRESS.search(answer) and _WHERE_QUESTION.search(question):
        return "asks for an address on the web"
    if not is_title_named(title, question):
        return ""
    if title and _LICENCE_WORDS.search(question) and not _LICENCE_WORDS.search(title):
        return "asks about the licence of the document"
    is_about_notation = _NOTATION_QUESTION.search(question) and _TYPOGRAPHY_WORDS.search(f"{question} {answer}")
    return "asks about the notation of the document" if is_about_notation else ""


def _is_how_to_question(question: str, answer: str) -> bool:
    """Is it about making something, such as a book with page numbers, rather than about this document?"""
    return bool(HOW_QUESTION.match(question.rpartition(", ")[2]) or _CODE_IN_TRIVIAL_ANSWER.search(answer))


def _trivial_answer(question: str, answer: str) -> str:
    """The answer, where all of it stands in the question and nothing was to be chosen or confirmed."""
    trivial_answer_words = content_words(answer, "en")
    if (
        not trivial_answer_words
        or HOW_QUESTION.match(question)
        or _CONFIRMING_QUESTION.search(question)
        or _CHOOSING_QUESTION.search(question)
        or _adds_small_word(answer, question)
    ):
        return ""
    if any(code not in question for code in _CODE_IN_TRIVIAL_ANSWER.findall(answer)):
        return ""
    question = _TRIVIAL_CONDITION.sub(" ", question)
    uncommon_trivial_words = [word for word in words(question) if word not in ENGLISH_STOP_WORDS]
    # host name, hostname
    joined_trivial_words = content_words(" ".join(map("".join, pairwise(uncommon_trivial_words))), "en")
    return answer.strip() if trivial_answer_words <= content_words(question, "en") | joined_trivial_words else ""


def _adds_small_word(answer: str, question: str) -> bool:
    """Is there a number, a yes or no, or another small word that the question lacks, which may be the answer?"""
    small_words_of_answer = (
        {word for word in words(answer) if word in ENGLISH_STOP_WORDS} - _TRIVIAL_SMALL_WORDS - set(words(question))
    )
    return bool(small_words_of_answer or number_values(answer, spelled="en") - number_values(question, spelled="en"))


_CODE_IN_TRIVIAL_ANSWER = re.compile(r"(?<![\w/.<-])[\w/.<-]*(?:_|/|\w\.\w|\w-\w|[A-Z]{2})\w*")
_TRIVIAL_SMALL_WORDS = frozenset(
    words("a an and as at be been by for from in into is are was were it its of on that the they this to with")
)
