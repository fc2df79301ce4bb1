r"""LaTeX comes through whole from JSON that escapes it badly, and no control character comes through at all."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwork.llm.replies.reply_json import NotText, clean_text, escape_backslashes, latex_commands
from groundwork.llm.replies.reply_schema import ReplyReader, UnusableReply

FORMULA = r"$\frac{a}{b} \times \beta \alpha \nabla \rho \theta \neq \right) \begin{x} \% \{ \underline{u} \_ $"


class Answer(msgspec.Struct):
    answer: str


@pytest.mark.parametrize("reply", [f'{{"answer": "{FORMULA}"}}', json.dumps({"answer": FORMULA})])
def test_latex_comes_through_whole(reply):
    """Escaped or not: the prompt holds the formula, and the record is what the model copied of it."""
    assert ReplyReader(Answer, prompt=f"Rule 1: the ratio is {FORMULA}.").parse(reply).value.answer == FORMULA


def test_formulas_that_the_prompt_does_not_hold_come_through_as_well():
    """Within dollars the commands of TeX decide; a form feed and a backspace have no other use anywhere."""
    reply = '{"answer": "$\\times \\nabla \\rho$ and \\frac, \\beta"}'
    assert ReplyReader(Answer).parse(reply).value.answer == r"$\times \nabla \rho$ and \frac, \beta"


@pytest.mark.parametrize(
    "text", ["Line one\nnext line\n\ttab", "1.\tname\n2.\trate", "costs $5\nnote: and $6", "$a$\nbold", "C:/new"]
)
def test_line_ends_and_tabs_stay_what_they_are(text):
    """Words that follow a line end or a tab make no command."""
    assert ReplyReader(Answer, prompt=r"with \frac{1}{2}").parse(json.dumps({"answer": text})).value.answer == text


def test_a_backslash_too_many_is_taken_off():
    """A model that escapes twice; a row's end before a command stays where the prompt has one."""
    assert clean_text("\\\\frac{1}{2}", latex_commands(r"is \frac{1}{2}")) == r"\frac{1}{2}"
    assert clean_text("\\\\hline", latex_commands(r"a \\hline")) == r"\\hline"


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x07", "\x7f", "\x9b", "\ud83d"])
def test_no_control_character_reaches_a_record(character):
    r"""`\u0000e9` was meant for an e with an accent: to drop the control character would spoil the word in silence."""
    with pytest.raises(NotText):
        clean_text(f"caf{character}e9", frozenset())
    with pytest.raises(UnusableReply, match=r"U\+|surrogate"):
        ReplyReader(Answer).parse(json.dumps({"answer": f"caf{character}e9"}))
    with pytest.raises(UnusableReply, match=r"U\+|surrogate"):
        ReplyReader(None).parse(f"caf{character}e9")


@pytest.mark.parametrize("end", ["\r\n", "\r", "\x0b", "\x85"])
def test_every_line_end_becomes_one_kind(end):
    """A carriage return is no text of its own."""
    assert clean_text(f"one{end}two", frozenset()) == "one\ntwo"


@settings(max_examples=200)
@given(st.text())
def test_valid_json_is_never_changed(text):
    """Whatever a string holds: escaping what is escaped leaves it as it is."""
    assert json.loads(escape_backslashes(json.dumps(text))) == text
    assert json.loads(escape_backslashes(json.dumps(text, ensure_ascii=False))) == text
