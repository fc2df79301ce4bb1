"""Several wordings of each row of train: what the copies are, what they must not say, and what is told of them."""

import pytest

from groundwork.dataset.reword.eval_rewording import Reworded, Reworder
from groundwork.dataset.reword.train_phrasings import PHRASING_TAKEN, EvalBorder, is_phrasing, reword_train_rows
from tests.dataset.reword.test_rephrased_dataset import data, run, server  # noqa: F401  # fixtures
from tests.dataset.rows import row
from tests.stages.test_create_dataset import load, report

OLD = row(id="r-1", question="Who decides on a goal?", answer="The referee of the match decides on it.")
WORDINGS = [
    Reworded("Whose word counts when one side claims to have scored?", "That is settled by whoever referees."),
    Reworded("If a score is in doubt, which person rules?", "It falls to the official with the whistle."),
    Reworded("What authority confirms that points were made?", "Only an umpire may say so, and no one else."),
]


def asker(replies):
    """An asker that gives `replies` in turn, and what it was told each time."""
    told, left = [], list(replies)

    async def ask(_row, past):
        told.append(list(past))
        return left.pop(0)

    return ask, told


async def passes(_index, _new):
    return None


async def phrase(rows, count, replies, border=None, check=passes, tries=2):
    ask, told = asker(replies)
    return await reword_train_rows(rows, count, Reworder(ask, check, tries), 0.75, border or EvalBorder.of([])), told


async def test_copies_stand_behind_their_row():
    """The row stays first and as it is; each copy has its id with a number, and keeps what it said before."""
    found, told = await phrase([OLD], 3, WORDINGS[:2])
    assert [one.id for one in found.rows] == ["r-1", "r-1~2", "r-1~3"]
    assert found.rows[0] == OLD
    assert [one.question for one in found.rows[1:]] == [one.question for one in WORDINGS[:2]]
    assert {one.original_question for one in found.rows[1:]} == {OLD.question}
    assert {one.original_answer for one in found.rows[1:]} == {OLD.answer}
    assert (found.copies, found.missing) == (2, [])
    assert [is_phrasing(one) for one in found.rows] == [False, True, True]
    assert told == [[], [(WORDINGS[0], PHRASING_TAKEN)]]


async def test_a_wording_is_used_once():
    """The same question again is sent back, and another one is taken."""
    found, told = await phrase([OLD], 3, [WORDINGS[0], WORDINGS[0], WORDINGS[1]])
    assert [one.question for one in found.rows[1:]] == [one.question for one in WORDINGS[:2]]
    assert told[-1] == [(WORDINGS[0], PHRASING_TAKEN), (WORDINGS[0], PHRASING_TAKEN)]


async def test_a_row_without_another_wording_has_fewer():
    """The copies that passed stay; the row is named with the reason."""
    found, _ = await phrase([OLD], 3, [WORDINGS[0], WORDINGS[0], WORDINGS[0]])
    assert [one.id for one in found.rows] == ["r-1", "r-1~2"]
    assert found.missing == [("r-1", PHRASING_TAKEN)]


@pytest.mark.parametrize("held_id", ["r-1", "r-9"])
async def test_eval_is_not_told_in_train(held_id):
    """A question of eval is never a copy in train, whether its row is in train too or not."""
    held = row(
        id=held_id, question=WORDINGS[0].question, answer=WORDINGS[0].answer, original_question="?", original_answer="-"
    )
    found, _ = await phrase([OLD], 2, [WORDINGS[0], WORDINGS[1]], EvalBorder.of([held]))
    assert [one.question for one in found.rows[1:]] == [WORDINGS[1].question]


async def test_evals_answer_is_not_told_in_train():
    """Another question with the answer as eval rewords it is sent back; an answer that eval left as it was may stay."""
    held = row(id="r-1", question=WORDINGS[0].question, answer=WORDINGS[0].answer, original_answer=OLD.answer)
    near = Reworded(WORDINGS[1].question, WORDINGS[0].answer)
    found, _ = await phrase([OLD], 2, [near, WORDINGS[2]], EvalBorder.of([held]))
    assert found.rows[1].answer == WORDINGS[2].answer
    unchanged = row(id="r-1", question=WORDINGS[0].question, answer=OLD.answer, original_answer=OLD.answer)
    found, _ = await phrase([OLD], 2, [Reworded(WORDINGS[1].question, OLD.answer)], EvalBorder.of([unchanged]))
    assert found.copies == 1


async def test_copies_pass_the_checks_of_rewording():
    """What the check complains of is told to the model with the next try."""

    async def check(index, new):
        assert index == 0
        return "No." if new == WORDINGS[0] else None

    found, told = await phrase([OLD], 2, WORDINGS[:2], check=check)
    assert found.rows[1].question == WORDINGS[1].question
    assert told[1] == [(WORDINGS[0], "No.")]


def test_train_holds_each_row_twice(data, server):  # noqa: F811
    """Every row of train has a copy behind it; eval and the mirror are as without, and no question crosses over."""
    assert run(data, server, "--no-eval-split", "--phrasings", "2") == 0
    train = load(data)["train"].to_list()
    assert len(train) == 96
    for old, new in zip(train[::2], train[1::2], strict=True):
        assert new["id"] == f"{old['id']}~2"
        assert new["original_question"] == old["question"] != new["question"]
    assert report(data)["copies"] == 48
    card = (data / "datasets" / "touch-rugby" / "README.md").read_text()
    assert "48 rows of train are reworded copies" in card


def test_no_question_of_eval_stands_in_train(data, server):  # noqa: F811
    """The fake rewords a row in one way only, which eval has taken, so that rows of eval get no copy of their own."""
    assert run(data, server, "--eval-split", "--phrasings", "2") == 0
    loaded = load(data)
    train = loaded["train"].to_list()
    assert not {one["question"] for one in train} & set(loaded["eval"]["question"])
    assert set(loaded["eval_mirror"]["question"]) <= {one["question"] for one in train}
    assert len(train) == 48 + 39
    assert sorted(one["id"] for one in report(data)["fewer"]) == sorted(loaded["eval"]["id"])
    assert report(data)["splits"]["train"] == len(train)
    assert 0 <= report(data)["near_copies"] <= 9
    lines = (data / "datasets" / "touch-rugby" / "README.md").read_text()
    assert f"{report(data)['near_copies']} of 9 questions of eval are worded like one of them" in lines


def test_a_dry_run_counts_the_copies(data, server, capsys):  # noqa: F811
    """One call a row of eval and one for each copy; nothing is asked."""
    assert run(data, server, "--eval-split", "--phrasings", "3", "--dry-run") == 0
    assert not server.requests
    assert f"{9 + 2 * 48}" in capsys.readouterr().out
