"""What a model thinks aloud, which is no part of its reply, and the frame of tags around it.

Servers without a reasoning parser leave the thoughts in the text, between marks that differ by model: `<think>`,
`<thinking>`, `<seed:think>` and their like in any case, `[THINK]` (Magistral), `◁think▷` (Kimi), `<|START_THINKING|>`
(Command), `<|channel>` (Gemma), `<|channel|>analysis` (gpt-oss), "Here is my thought process:" (Granite). The
opening mark may be missing, for many chat templates end with it; there may be several blocks; and where the tokens
ran out the closing mark is missing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from groundwork.language.spans import Span, span_index

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
