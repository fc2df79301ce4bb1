"""What readers want asked about, in data/qa/<run>/wishes: generate_qa asks about it, or says why not."""

from __future__ import annotations

import json
import re

import pytest

from groundwork.data_folder.runs.reader_wishes import Wish, toggle_wish, wishes_file
from groundwork.data_folder.workspace import Workspace
from tests.questions.scripted_writer import Json, Writer, pair, pairs, part, said, sentences
from tests.stages.mill_run import RUN, Mill

WISH = "The Orrin mill ground barley until 1931."


def wish(mill: Mill, text: str = WISH) -> None:
    toggle_wish(wishes_file(Workspace(mill.root), RUN, "mill"), Wish(text=text))


def test_what_a_reader_wants_asked_is_asked(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    """A statement that no pair covers is asked about once it is wished for; earlier calls come from the journal."""
    writer = Writer(per_call=9, wrong=lambda _n, body: answered(body, WISH))
    mill.run(writer, qa__limit=3)
    before, calls = mill.pairs, len(mill.server.requests)
    assert WISH not in [one.answer for one in before]
    wish(mill)
    assert mill.run(writer, qa__limit=3) == 0
    assert [one.id for one in mill.pairs[:-1]] == [one.id for one in before]
    assert mill.pairs[-1].answer == WISH
    assert len(mill.server.requests) == calls + 1
    assert "the list is an order" in said(mill.server.requests[-1])
    assert f"1. {WISH}" in said(mill.server.requests[-1])
    assert mill.run(writer, qa__limit=3) == 0 and "1 up to date" in capsys.readouterr().out


def test_a_wish_is_foreseen(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    """--dry-run counts the call that a wish costs beyond the limit."""

    def foreseen() -> int:
        capsys.readouterr()
        mill.run(Writer(), "--dry-run", qa__limit=3)
        return int(re.search(r"([\d,]+) calls?", capsys.readouterr().out).group(1))

    before = foreseen()
    wish(mill)
    assert foreseen() == before + 1


def answered(body: Json, text: str) -> str:
    """Only what is ordered, where something is; else the first sentences of the chunk but `text`."""
    if "the list is an order" in said(body):
        return pairs(pair(text))
    return pairs(*(pair(one) for one in sentences(part(body, "chunk")) if one != text))


def test_a_wish_that_is_not_met_is_told(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    """The model declines once more, or the text is gone: a warning says which wish, and why."""

    def reply(body: Json) -> str:
        if "the list is an order" in said(body):
            return json.dumps({"pairs": [], "declined": ["1: only history"], "done": True})
        return answered(body, WISH)

    wish(mill)
    wish(mill, "The mill was sold in 1950.")
    assert mill.run(reply) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert f'wish not met (only history): "{WISH}"' in told
    assert 'gone or left out of the questions: "The mill was sold in 1950."' in told


def test_a_wish_is_taken_back(mill: Mill) -> None:
    """The same wish again removes it, and nothing more is asked."""
    wish(mill)
    wish(mill)
    mill.run(lambda body: answered(body, WISH))
    assert not any("the list is an order" in said(body) for body in mill.server.requests)


def test_a_damaged_wish_fails_by_name(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    """The message names file and line, and no call is made."""
    path = wishes_file(Workspace(mill.root), RUN, "mill")
    path.parent.mkdir(parents=True)
    path.write_text('{"txt": 1}\n')
    assert mill.run(Writer()) == 1
    assert "wishes/mill.jsonl, line 1" in capsys.readouterr().out
    assert not mill.server.requests
