"""Thoughts are no part of a reply, whatever marks them; a mark that is spoken of is."""

import re
from collections.abc import Sequence

import pytest

from groundwork.language.text_spans import span_index
from groundwork.llm.replies.reply_schema import ReplyReader, UnfinishedReply
from groundwork.llm.replies.thoughts_and_wrappings import remove_thoughts

THOUGHT = 'The user wants JSON like {"pairs": []}. Step [1]: I should not stop early.'
SAID = "A handbook of rules; each states one fact."
BLOCKS = [
    f"<think>{THOUGHT}</think>",
    f"<THINK>\n{THOUGHT}\n</THINK>",
    f"<thinking>{THOUGHT}</thinking>",
    f"<reasoning>{THOUGHT}</reasoning>",
    f"<seed:think>{THOUGHT}</seed:think>",
    f"<longcat_think>{THOUGHT}</longcat_think>",
    f"[THINK]{THOUGHT}[/THINK]",
    f"◁think▷{THOUGHT}◁/think▷",
    f"<|START_THINKING|>{THOUGHT}<|END_THINKING|>",
    f"<|begin_of_thought|>{THOUGHT}<|end_of_thought|>",
    f"<|channel>thought\n{THOUGHT}<channel|>",
    f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>",
    f"analysis{THOUGHT}assistantfinal",
    f"Here is my thought process: {THOUGHT}\nHere is my response: ",
    f"<think>first</think>\n<think>{THOUGHT}</think>",
    f"{THOUGHT}\n</think>\n",
    f"Okay, let me look at it.\n</thinking>\n<think>{THOUGHT}</think>",
    f"<think>One ends with `</think>`, I know. {THOUGHT}</think>",
    f"<think a='b'>{THOUGHT}</think>",
]


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("between", ["", "\n\n"])
def test_every_kind_of_thought_is_taken_off(block, between):
    """Tags of each known kind and case, several, with quotes of their own end, and those whose opening is missing."""
    assert remove_thoughts(block + between + SAID) == (SAID, False)


@pytest.mark.parametrize("end", ["<|return|>", "<|im_end|>", "</s>", "\n<turn|>", "<|eot_id|><|end|>"])
def test_tokens_that_end_a_turn_are_taken_off(end):
    """Servers that do not skip special tokens leave them at the end."""
    assert remove_thoughts(SAID + end).text == SAID


@pytest.mark.parametrize("wrapped", [f"<answer>\n{SAID}\n</answer>", f"<|START_RESPONSE|>{SAID}<|END_RESPONSE|>"])
def test_the_tags_of_an_answer_are_taken_off(wrapped):
    """Models that mark their thoughts mark what they say as well."""
    assert remove_thoughts(f"<think>{THOUGHT}</think>\n{wrapped}").text == SAID


@pytest.mark.parametrize(
    "text",
    [
        "The model opens with `<think>` and closes with `</think>`.",
        "The </think> tag closes what the <think> tag opens.",
        "Its thoughts end with </think>. The reply follows.",
        "Rules of analysis: reasoning is written <b>down</b>.",
    ],
)
def test_marks_that_a_sentence_speaks_of_stay(text):
    """A document about reasoning models has a summary that names the tags."""
    assert remove_thoughts(text) == (text, False)


@pytest.mark.parametrize("opening", ["<think>", "<THINKING>\n", "[THINK]", "◁think▷", "<|channel>thought\n"])
def test_thoughts_without_an_end_are_no_reply(opening):
    """The tokens ran out before anything was said; the draft within the thoughts is none."""
    with pytest.raises(UnfinishedReply):
        ReplyReader(None).parse(f"{opening}{THOUGHT} and so on")
    with pytest.raises(UnfinishedReply):
        ReplyReader(dict[str, list[str]]).parse(f"{opening}{THOUGHT} and so on")


def test_json_strings_that_hold_the_words_stay():
    """Tags within the payload are content, also when they would close a thought."""
    payload = '{"answer": "It ends with </think>\\n<think>and </thinking> again", "tag": "</think>"}'
    wanted = {"answer": "It ends with </think>\n<think>and </thinking> again", "tag": "</think>"}
    for before in ("", f"<think>{THOUGHT}</think>", f"{THOUGHT}</think>\n```json\n"):
        assert ReplyReader(dict[str, str]).parse(before + payload).value == wanted


class CountedSpans(Sequence[tuple[int, int]]):
    """Spans that count how often one is looked at."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self.spans, self.looks = spans, 0

    def __len__(self) -> int:
        return len(self.spans)

    def __getitem__(self, index):
        self.looks += 1
        return self.spans[index]


def test_marks_are_looked_up_among_many_values_without_going_through_all():
    """A reply of a thousand values and as many marks takes ten looks for each mark, not a thousand."""
    text = '{"a": "<think>"} x </think>, ' * 1_000
    spans = CountedSpans([(match.start(), match.end()) for match in re.finditer(r"\{.*?\}", text)])
    remove_thoughts(text, spans)
    assert 0 < spans.looks < 2_000 * 12


@pytest.mark.parametrize(("position", "index"), [(0, None), (2, 0), (4, 0), (5, None), (7, 1), (9, None)])
def test_a_position_is_found_in_its_span(position, index):
    """The end of a span is no longer part of it."""
    assert span_index(position, [(2, 5), (7, 9)]) == index
    assert span_index(position, []) is None
