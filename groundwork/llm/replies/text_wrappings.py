"""What stands around a reply's text and is no part of it: a preface, a code fence, a note at the end.

`unwrap_text` takes off what surely is none, and `wrapping_problem` names what may be none.
"""

from __future__ import annotations

import re

from groundwork.language.labels import BULLETS

_SUMMARY = (
    r"(?:summary|summari[sz]ed?|overview|zusammenfassung|résumé|resumen|resumo|riassunto|sintesi|samenvatting"
    r"|sammanfattning|streszczenie|摘要|总结|要約)"
)

_HERE = (
    r"(?:here(?:['’]s| is| are)|below is|the following is|hier (?:ist|sind|is)|voici|aqu[ií] (?:está|tienes?|va)"
    r"|ecco|以下是|以下は)"
)

_ASSENT = r"(?:(?:sure|certainly|of course|absolutely|okay|gerne?|bien sûr|claro|certo)\b[^\n:.!]{0,60}[.!,:]\s*)"

_MARKS = r"[*_]{0,3}"

_PREFACE = re.compile(
    rf"(?i)\A\s*(?:{_ASSENT}?{_MARKS}{_HERE}[^\n:：]{{0,200}}[:：]{_MARKS}\s*\n"
    rf"|{_ASSENT}?{_MARKS}{_HERE}[^\n:：]{{0,60}}{_SUMMARY}[^\n:：]{{0,120}}[:：]{_MARKS}\s*"
    rf"|{_ASSENT}\n"
    rf"|(?:\#{{1,6}} *)?{_MARKS}{_SUMMARY}{_MARKS} *[:：]?{_MARKS} *\n"
    rf"|{_MARKS}{_SUMMARY}{_MARKS}[:：]{_MARKS}\s+)"
)

_NOTE = re.compile(
    r"(?i)\A[\W_]*(?:(?:please )?let me know|feel free|i hope (?:this|that|it)|hope (?:this|that) helps|would you like"
    r"|if you(?:['’]d| would| need| want| have)\b.{0,80}\b(?:let me|i can|i['’]?ll|i could|feel free|ask|tell me)\b"
    r"|is there anything|i can also|note: this summary)"
)

_FENCE = re.compile(r"\A\s*(?P<fence>`{3,}|~{3,})[^\n`]*\n(?P<body>.*?)\n?[ \t]*(?P=fence)\s*\Z", re.DOTALL)

_BLANK = re.compile(r"\n[ \t]*\n\s*")

_LIST = re.compile(rf"[-*+{BULLETS}] |\d+[.)] ")

_INTRODUCTION_WORDS = 15  # at most, of a line with a colon before the text

_NOTE_WORDS = 40  # at most, of a paragraph behind it


def unwrap_text(text: str) -> str:
    """`text` without what surely stands around it, in whatever order; the text itself where nothing would be left."""
    bare = text.strip()
    while bare:
        inner = _remove_repetition(_strip_fence(_remove_note(_PREFACE.sub("", bare, count=1).strip())))
        if inner == bare:
            return bare
        bare = inner
    return text.strip()


def wrapping_problem(text: str) -> str:
    """What of an unwrapped text is perhaps no part of it, as a problem to be told to the model; "" for none."""
    opening, *following = _BLANK.split(text.strip())
    closing = following[-1] if following else ""
    if "```" in text or "~~~" in text:
        return "It holds a code fence."
    if following and opening.rstrip("*_ ").endswith((":", "：")) and _is_short(opening, _INTRODUCTION_WORDS):
        return "" if _LIST.match(following[0]) else "It begins with a line that introduces it."
    if closing.endswith(("?", "!", "？", "！")) and _is_short(closing, _NOTE_WORDS):
        return "It ends with a note to the reader."
    return ""


def _is_short(paragraph: str, max_words: int) -> bool:
    return "\n" not in paragraph and len(paragraph.split()) <= max_words


def _remove_note(text: str) -> str:
    *earlier, last_paragraph = _BLANK.split(text)
    if not earlier or not _NOTE.match(last_paragraph) or not _is_short(last_paragraph, _NOTE_WORDS):
        return text
    return text[: text.rindex(last_paragraph)].rstrip().removesuffix("---").rstrip()


def _strip_fence(text: str) -> str:
    match = _FENCE.match(text)
    return match["body"].strip() if match and match["fence"] not in match["body"] else text


def _remove_repetition(text: str) -> str:
    """A text that was sent twice over, once."""
    half = text[: len(text) // 2].strip()
    return half if half and text[len(half) :].strip() == half else text
