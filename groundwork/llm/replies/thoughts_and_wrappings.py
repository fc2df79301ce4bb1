"""What stands in and around a reply's text and is no part of it: thoughts, a preface, a code fence, a note at the end.

Servers without a reasoning parser leave the thoughts in the text, between marks that differ by model: `<think>`,
`<thinking>`, `<seed:think>` and their like in any case, `[THINK]` (Magistral), `◁think▷` (Kimi), `<|START_THINKING|>`
(Command), `<|channel>` (Gemma), `<|channel|>analysis` (gpt-oss), "Here is my thought process:" (Granite). The
opening mark may be missing, for many chat templates end with it; there may be several blocks; and where the tokens
ran out the closing mark is missing.

`unwrap_text` takes off what surely is a wrapping, and `wrapping_problem` names what may be one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from groundwork.language.list_and_rule_labels import BULLETS
from groundwork.language.text_spans import Span, span_index

_TAG = r"(?:\w{1,12}[:_])?(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|analysis|scratchpad|antthinking)"
_OPEN = (
    rf"<{_TAG}(?:[ \t][^<>\n]{{0,80}})?>|\[think\]|◁think▷|<\|(?:start_thinking|begin_of_thought|inner_prefix|think)\|>"
    r"|<\|channel>|<unused94>|<\|channel\|>(?:analysis|commentary)[^<\n]{0,40}<\|message\|>|\Aanalysis(?=[A-Z{])"
    r"|\A\s*here(?: is|['’]s) my thought process:"
)
_CLOSE = (
    rf"</{_TAG}>|\[/think\]|◁/think▷|<\|(?:end_thinking|end_of_thought|inner_suffix|/think)\|>|<channel\|>|<unused95>"
    r"|(?:<\|start\|>(?:assistant)?)?<\|channel\|>final[^<\n]{0,40}<\|message\|>|assistantfinal(?=[A-Z{\[\s])"
    r"|here(?: is|['’]s) my response:"
)
_MARK = re.compile(rf"(?P<open>{_OPEN})|(?P<close>{_CLOSE})", re.IGNORECASE)
# What may be left around the reply itself: the answer's own tags, and the tokens that end a turn.
_FRAME = re.compile(r"<\|(?:start_response|begin_of_solution)\|>|<(?:answer|response)>", re.IGNORECASE)
_END = re.compile(
    r"(?:(?<!\s)\s++)?(?:</?(?:answer|response|s)>|<\|(?:end_response|end_of_solution|end|return|im_end|eot_id|endoftext)\|>|<eos>"
    r"|<turn\|>|<end_of_turn>)$",
    re.IGNORECASE,
)
_QUOTES = "`'\"“”‘’"

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
_FENCE = re.compile(  # perhaps below a line that introduces it, in any language
    r"\A\s*(?:[^\n`~]{1,120}[:：][ \t*_]*\n\s*)?(?P<fence>`{3,}|~{3,})[^\n`]*\n(?P<body>.*?)\n?[ \t]*(?P=fence)\s*\Z",
    re.DOTALL,
)
_BLANK = re.compile(r"\n[ \t]*\n\s*")
_LIST = re.compile(rf"[-*+{BULLETS}] |\d+[.)] ")
_INTRODUCTION_WORDS = 15  # at most, of a line with a colon before the text
_NOTE_WORDS = 40  # at most, of a paragraph behind it


class SpokenText(NamedTuple):
    """A reply without its thoughts; `unclosed`: the last block never ended, so what follows it was never said."""

    text: str
    unclosed: bool


def remove_thoughts(text: str, payload: Sequence[Span] = ()) -> SpokenText:
    """`text` without what was thought aloud. Marks within the spans of `payload` are content, as are quoted ones."""
    spoken: list[str] = []
    position, in_thought = 0, False
    for mark in _MARK.finditer(text):
        if span_index(mark.start(), payload) is not None or _is_quoted(text, mark):
            continue
        if in_thought and mark["close"]:
            position, in_thought = mark.end(), False
        elif not in_thought and mark["open"] and _starts_block(text, position, mark.start()):
            spoken.append(text[position : mark.start()])
            position, in_thought = mark.end(), True
        elif not in_thought and mark["close"] and not _is_mentioned(text, mark):
            spoken.clear()  # the opening mark stood in the prompt: all that came before was thought
            position = mark.end()
    if not in_thought:
        spoken.append(text[position:])
    return SpokenText(_strip_frame("".join(spoken)), in_thought)


def _is_quoted(text: str, mark: re.Match[str]) -> bool:
    before, after = text[mark.start() - 1 : mark.start()], text[mark.end() : mark.end() + 1]
    return bool(before and before in _QUOTES and after and after in _QUOTES)


def _starts_block(text: str, position: int, start: int) -> bool:
    """A block begins a line, follows another block, or follows a whole sentence."""
    before = text[max(position, start - 200) : start]
    line = before[before.rfind("\n") + 1 :].strip()
    return not line or line.endswith((".", "!", ":"))


def _is_mentioned(text: str, mark: re.Match[str]) -> bool:
    """Whether a sentence goes on around it: it speaks of the mark, and ends no thought."""
    before, after = text[mark.start() - 1 : mark.start()], text[mark.end() : mark.end() + 2]
    return before == " " and bool(after) and (after[0] in ".,;:)?!" or (after[0] == " " and after[1:].islower()))


def _strip_frame(text: str) -> str:
    text = text.strip()
    if frame := _FRAME.match(text):
        text = text[frame.end() :]
    while end := _END.search(text[-40:]):
        text = text[: len(text) - len(text[-40:]) + end.start()]
    return text.strip()


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
