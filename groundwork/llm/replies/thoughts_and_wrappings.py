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

from groundwork.language.list_labels import BULLETS
from groundwork.language.text_spans import Span, span_index

_THOUGHT_TAG = r"(?:\w{1,12}[:_])?(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|analysis|scratchpad|antthinking)"
_OPENING_THOUGHT_MARK = (
    rf"<{_THOUGHT_TAG}(?:[ \t][^<>\n]{{0,80}})?>|\[think\]|◁think▷"
    r"|<\|(?:start_thinking|begin_of_thought|inner_prefix|think)\|>|<\|channel>|<unused94>"
    r"|<\|channel\|>(?:analysis|commentary)[^<\n]{0,40}<\|message\|>|\Aanalysis(?=[A-Z{])"
    r"|\A\s*here(?: is|['’]s) my thought process:"
)
_CLOSING_THOUGHT_MARK = (
    rf"</{_THOUGHT_TAG}>|\[/think\]|◁/think▷|<\|(?:end_thinking|end_of_thought|inner_suffix|/think)\|>"
    r"|<channel\|>|<unused95>"
    r"|(?:<\|start\|>(?:assistant)?)?<\|channel\|>final[^<\n]{0,40}<\|message\|>|assistantfinal(?=[A-Z{\[\s])"
    r"|here(?: is|['’]s) my response:"
)
_THOUGHT_MARK = re.compile(rf"(?P<open>{_OPENING_THOUGHT_MARK})|(?P<close>{_CLOSING_THOUGHT_MARK})", re.IGNORECASE)
# What may be left around the reply itself: the answer's own tags, and the tokens that end a turn.
_ANSWER_TAG = re.compile(r"<\|(?:start_response|begin_of_solution)\|>|<(?:answer|response)>", re.IGNORECASE)
_END_OF_TURN_TOKEN = re.compile(
    r"(?:(?<!\s)\s++)?(?:</?(?:answer|response|s)>|<\|(?:end_response|end_of_solution|end|return|im_end|eot_id|endoftext)\|>|<eos>"
    r"|<turn\|>|<end_of_turn>)$",
    re.IGNORECASE,
)
_QUOTES_AROUND_MARK = "`'\"“”‘’"

_SUMMARY_PREFACE = (
    r"(?:summary|summari[sz]ed?|overview|zusammenfassung|résumé|resumen|resumo|riassunto|sintesi|samenvatting"
    r"|sammanfattning|streszczenie|摘要|总结|要約)"
)
_HERE_IS = (
    r"(?:here(?:['’]s| is| are)|below is|the following is|hier (?:ist|sind|is)|voici|aqu[ií] (?:está|tienes?|va)"
    r"|ecco|以下是|以下は)"
)
_ASSENT_TO_REQUEST = (
    r"(?:(?:sure|certainly|of course|absolutely|okay|gerne?|bien sûr|claro|certo)\b[^\n:.!]{0,60}[.!,:]\s*)"
)
_EMPHASIS_MARKS = r"[*_]{0,3}"
_PREFACE_OF_REPLY = re.compile(
    rf"(?i)\A\s*(?:{_ASSENT_TO_REQUEST}?{_EMPHASIS_MARKS}{_HERE_IS}[^\n:：]{{0,200}}[:：]{_EMPHASIS_MARKS}\s*\n"
    rf"|{_ASSENT_TO_REQUEST}?{_EMPHASIS_MARKS}{_HERE_IS}[^\n:：]{{0,60}}{_SUMMARY_PREFACE}[^\n:：]{{0,120}}"
    rf"[:：]{_EMPHASIS_MARKS}\s*"
    rf"|{_ASSENT_TO_REQUEST}\n"
    rf"|(?:\#{{1,6}} *)?{_EMPHASIS_MARKS}{_SUMMARY_PREFACE}{_EMPHASIS_MARKS} *[:：]?{_EMPHASIS_MARKS} *\n"
    rf"|{_EMPHASIS_MARKS}{_SUMMARY_PREFACE}{_EMPHASIS_MARKS}[:：]{_EMPHASIS_MARKS}\s+)"
)
_CLOSING_NOTE = re.compile(
    r"(?i)\A[\W_]*(?:(?:please )?let me know|feel free|i hope (?:this|that|it)|hope (?:this|that) helps|would you like"
    r"|if you(?:['’]d| would| need| want| have)\b.{0,80}\b(?:let me|i can|i['’]?ll|i could|feel free|ask|tell me)\b"
    r"|is there anything|i can also|note: this summary)"
)
_WRAPPING_FENCE = re.compile(  # perhaps below a line that introduces it, in any language
    r"\A\s*(?:[^\n`~]{1,120}[:：][ \t*_]*\n\s*)?(?P<fence>`{3,}|~{3,})[^\n`]*\n(?P<body>.*?)\n?[ \t]*(?P=fence)\s*\Z",
    re.DOTALL,
)
_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")
_LIST_ITEM = re.compile(rf"[-*+{BULLETS}] |\d+[.)] ")
_MAX_PREFACE_WORDS = 15  # at most, of a line with a colon before the text
_MAX_NOTE_WORDS = 40  # at most, of a paragraph behind it


class SpokenText(NamedTuple):
    """A reply without its thoughts; `unclosed`: the last block never ended, so what follows it was never said."""

    text: str
    unclosed: bool


def remove_thoughts(reply_text: str, payload: Sequence[Span] = ()) -> SpokenText:
    """`reply_text` without what was thought aloud. Marks in the spans of `payload` are content, as are quoted ones."""
    spoken_texts: list[str] = []
    spoken_from, in_thought = 0, False
    for thought_mark in _THOUGHT_MARK.finditer(reply_text):
        if span_index(thought_mark.start(), payload) is not None or _is_quoted_mark(reply_text, thought_mark):
            continue
        if in_thought:
            spoken_from, in_thought = (thought_mark.end(), False) if thought_mark["close"] else (spoken_from, True)
        elif thought_mark["open"] and _starts_thought_block(reply_text, spoken_from, thought_mark.start()):
            spoken_texts.append(reply_text[spoken_from : thought_mark.start()])
            spoken_from, in_thought = thought_mark.end(), True
        elif thought_mark["close"] and not _is_mentioned_mark(reply_text, thought_mark):
            spoken_texts.clear()  # the opening mark stood in the prompt: all that came before was thought
            spoken_from = thought_mark.end()
    if not in_thought:
        spoken_texts.append(reply_text[spoken_from:])
    return SpokenText(_strip_answer_tags("".join(spoken_texts)), in_thought)


def _is_quoted_mark(reply_text: str, thought_mark: re.Match[str]) -> bool:
    before_mark = reply_text[thought_mark.start() - 1 : thought_mark.start()]
    after_mark = reply_text[thought_mark.end() : thought_mark.end() + 1]
    return all(quote and quote in _QUOTES_AROUND_MARK for quote in (before_mark, after_mark))


def _starts_thought_block(reply_text: str, spoken_from: int, mark_start: int) -> bool:
    """A block begins a line, follows another block, or follows a whole sentence."""
    text_before_mark = reply_text[max(spoken_from, mark_start - 200) : mark_start]
    line_before_mark = text_before_mark[text_before_mark.rfind("\n") + 1 :].strip()
    return not line_before_mark or line_before_mark.endswith((".", "!", ":"))


def _is_mentioned_mark(reply_text: str, thought_mark: re.Match[str]) -> bool:
    """Whether a sentence goes on around it: it speaks of the mark, and ends no thought."""
    before_mark = reply_text[thought_mark.start() - 1 : thought_mark.start()]
    after_mark = reply_text[thought_mark.end() : thought_mark.end() + 2]
    sentence_goes_on = after_mark[:1] == " " and after_mark[1:].islower()
    return before_mark == " " and bool(after_mark) and (after_mark[0] in ".,;:)?!" or sentence_goes_on)


def _strip_answer_tags(spoken_text: str) -> str:
    spoken_text = spoken_text.strip()
    if answer_tag := _ANSWER_TAG.match(spoken_text):
        spoken_text = spoken_text[answer_tag.end() :]
    while end_token := _END_OF_TURN_TOKEN.search(spoken_text[-40:]):
        spoken_text = spoken_text[: len(spoken_text) - len(spoken_text[-40:]) + end_token.start()]
    return spoken_text.strip()


def unwrap_text(wrapped_text: str) -> str:
    """`wrapped_text` without what surely stands around it, in whatever order; itself where nothing would be left."""
    unwrapped_text = wrapped_text.strip()
    while unwrapped_text:
        inner_text = _remove_repeated_reply(
            _strip_wrapping_fence(_remove_closing_note(_PREFACE_OF_REPLY.sub("", unwrapped_text, count=1).strip()))
        )
        if inner_text == unwrapped_text:
            return unwrapped_text
        unwrapped_text = inner_text
    return wrapped_text.strip()


def wrapping_problem(unwrapped_text: str) -> str:
    """What of an unwrapped text is perhaps no part of it, as a problem to be told to the model; "" for none."""
    first_paragraph, *following_paragraphs = _BLANK_LINE.split(unwrapped_text.strip())
    last_paragraph = following_paragraphs[-1] if following_paragraphs else ""
    if "```" in unwrapped_text or "~~~" in unwrapped_text:
        return "It holds a code fence."
    if (
        following_paragraphs
        and first_paragraph.rstrip("*_ ").endswith((":", "："))
        and _is_short_wrapping(first_paragraph, _MAX_PREFACE_WORDS)
    ):
        return "" if _LIST_ITEM.match(following_paragraphs[0]) else "It begins with a line that introduces it."
    if last_paragraph.endswith(("?", "!", "？", "！")) and _is_short_wrapping(last_paragraph, _MAX_NOTE_WORDS):
        return "It ends with a note to the reader."
    return ""


def _is_short_wrapping(wrapping_paragraph: str, max_words: int) -> bool:
    return "\n" not in wrapping_paragraph and len(wrapping_paragraph.split()) <= max_words


def _remove_closing_note(wrapped_text: str) -> str:
    *earlier_paragraphs, last_paragraph = _BLANK_LINE.split(wrapped_text)
    if (
        not earlier_paragraphs
        or not _CLOSING_NOTE.match(last_paragraph)
        or not _is_short_wrapping(last_paragraph, _MAX_NOTE_WORDS)
    ):
        return wrapped_text
    return wrapped_text[: wrapped_text.rindex(last_paragraph)].rstrip().removesuffix("---").rstrip()


def _strip_wrapping_fence(wrapped_text: str) -> str:
    wrapping_fence = _WRAPPING_FENCE.match(wrapped_text)
    is_wrapped = wrapping_fence is not None and wrapping_fence["fence"] not in wrapping_fence["body"]
    return wrapping_fence["body"].strip() if wrapping_fence and is_wrapped else wrapped_text


def _remove_repeated_reply(reply_text: str) -> str:
    """A text that was sent twice over, once."""
    first_half = reply_text[: len(reply_text) // 2].strip()
    return first_half if first_half and reply_text[len(first_half) :].strip() == first_half else reply_text
