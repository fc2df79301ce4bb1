"""What becomes of rows that resist their rewording."""

import numpy as np
import pytest

from groundwork.dataset.reword.eval_rewording import (
    REWORDING_DECLINED,
    Reworded,
    Reworder,
    fine_part_note,
    restore_fine_part,
    reword_eval,
)
from groundwork.dataset.reword.rewording_faults import UNCHANGED_ANSWER, faults_of_rewording, unsupported_answer_fault
from groundwork.dataset.reword.rewording_judge import RewordingMark, rewording_problem
from groundwork.dataset.reword.train_phrasings import PHRASING_TAKEN
from groundwork.dataset.split.eval_selection import EvalSplit
from groundwork.embedding.clusters import Elbow
from groundwork.errors import Filtered, InvalidReply, TransportFailed
from tests.dataset.reword.rewordings import COPIED
from tests.dataset.rows import row

QUESTION = "How many players of each team may be on the field at the same time in Touch Rugby?"
WHOSE, WHO = "Who hauls the ferry up the slip in winter?", "In winter, who gets the ferry up the slip?"
SAME = "In winter, who hauls the ferry up the slip?"
OLD = "Ten yoke of oxen from the farm haul it, a few metres at a time, with long rests."
NEAR = "Ten yoke of oxen from the farm haul it with long rests, a few metres at a time."
BUILT = "It is pulled a few metres at a time by ten yoke of oxen from the farm, which rest long in between."
ANSWER = "A maximum of six players per team are allowed on the field at any time."


def test_an_answer_that_leaves_its_evidence_says_where():
    """The complaint names the words that the evidence has nothing on."""
    near, far = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    told = row(question=QUESTION, answer=ANSWER, evidence=[ANSWER])
    sources = np.array([near, near])
    assert unsupported_answer_fault(told, ANSWER, near, near, sources) is None
    assert "nothing on bananas" in str(unsupported_answer_fault(told, "Six bananas per team.", near, far, sources))
    assert unsupported_answer_fault(told, "Six per team.", near, far, sources) is None
    assert unsupported_answer_fault(told, "Six bananas per team.", near, far, np.array([near, far])) is None


def test_a_retry_asks_for_the_faulty_part_alone():
    """What passed is kept as it was, whether it is sent again or not."""
    assert fine_part_note("The answer lost the number 6.").startswith("The question is fine and kept")
    assert fine_part_note("The question is empty.").startswith("The answer is fine and kept")
    assert fine_part_note("The question is empty. The answer is empty.") == ""
    past = [(Reworded("How many?", "Seven."), "The answer lost the number 6.")]
    assert restore_fine_part(Reworded("", "Six."), past) == Reworded("How many?", "Six.")
    assert restore_fine_part(Reworded("Who?", ""), [(past[0][0], "The question is empty.")]) == Reworded(
        "Who?", "Seven."
    )
    assert restore_fine_part(Reworded("", ""), [(past[0][0], PHRASING_TAKEN)]) == Reworded("", "")


def _unit(*degrees):
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


VECTORS = _unit(0, 90, 40, 180, 200)


def _split(chosen, spares):
    return EvalSplit(chosen, np.array([0, 0, 0, 1, 1]), Elbow(2, "given"), 0.9, spares)


async def _nothing(_index, _new):
    return None


async def test_a_row_that_resists_is_replaced_by_another_of_its_cluster():
    """After all tries the spare row most like it takes the place; the report knows which and why."""
    rows = [row(n) for n in range(5)]
    asked = []

    async def ask(one, past):
        asked.append((one.id, [problem for _, problem in past]))
        return Reworded("bad" if one.id == "rules-000" else "Q?", "A.")

    async def check(_index, new):
        return "keeps 90%" if new.question == "bad" else None

    done = await reword_eval(rows, VECTORS, _split([0, 3], {0: [2, 1], 1: [4]}), Reworder(ask, check, tries=3))
    assert list(done.rows) == [2, 3]
    assert done.replaced == [("rules-000", "keeps 90%")]
    assert [past for name, past in asked if name == "rules-000"] == [[], ["keeps 90%"], ["keeps 90%", "keeps 90%"]]


async def test_what_reads_contrived_is_worded_once_more_and_then_gives_way():
    """The judge's remark is told with the first wording; a second one that it turns down goes, and nothing else."""
    rows = [row(n) for n in range(5)]
    told = []

    async def ask(one, past):
        told.append((one.id, [problem for _, problem in past]))
        return Reworded(f"{one.id} {len(past)}?", "A.")

    async def judge(pairs):
        verdicts = {"rules-000": "stiff", "rules-002": None}
        verdicts |= {"rules-003": "" if any("1" in new.question.split()[1] for _, new in pairs) else "stiff"}
        return [verdicts.get(one.id, "") for one, _ in pairs]

    reworder = Reworder(ask, _nothing, tries=1, judge=judge)
    done = await reword_eval(rows, VECTORS, _split([0, 3], {0: [2, 1], 1: [4]}), reworder)
    assert {index: new.question for index, new in done.rows.items()} == {2: "rules-002 0?", 3: "rules-003 1?"}
    assert done.replaced == [("rules-000", "stiff")]
    assert (done.sent_back, done.unjudged) == (2, 1)
    assert told == [(f"rules-00{n}", past) for n, past in [(0, []), (3, []), (0, ["stiff"]), (3, ["stiff"]), (2, [])]]


@pytest.mark.parametrize(
    ("natural", "same", "part", "wrong", "told"),
    [
        (2, 1, "", "", ""),
        (1, 1, "answer", "odd word", "The answer is not natural: odd word. Say it plainer"),
        (0, 1, "question", "nobody says so.", "The question is not natural: nobody says so. Say it plainer"),
        (2, 0, "answer", "lost the fee", "The answer does not say the same as the original: lost the fee. Ask for"),
        (0, 1, "both", "", "Together, question and answer are not natural. Say it"),
    ],
)
def test_the_judge_names_what_has_to_change(natural, same, part, wrong, told):
    """What is odd or means something else does not pass; the part and the reason are told."""
    problem = rewording_problem(RewordingMark(number=1, natural=natural, same=same, part=part, wrong=wrong))
    assert problem.startswith(told) and bool(problem) == bool(told)
    assert bool(fine_part_note(problem)) == (part in ("question", "answer"))


async def test_an_answer_that_resists_stays_as_it_was():
    """A question that passes is not lost because no other wording of its answer does."""
    rows = [row(n) for n in range(5)]

    async def ask(_row, _past):
        return Reworded("Q?", "Wrong.")

    async def check(_index, new):
        return "wrong" if new.answer == "Wrong." else UNCHANGED_ANSWER

    done = await reword_eval(rows, VECTORS, _split([0], {0: [2, 1]}), Reworder(ask, check, tries=2))
    assert done.rows == {0: Reworded("Q?", rows[0].answer)}


async def test_a_near_duplicate_takes_the_place_last():
    """The twin of a row given up would leak: that row goes back to train."""
    rows = [row(n) for n in range(5)]

    async def ask(one, _past):
        return Reworded("Q?", "A.") if one.id == "rules-001" else Reworded("bad", "A.")

    async def check(_index, new):
        return "keeps 90%" if new.question == "bad" else None

    vectors = _unit(0, 60, 5, 180, 200)  # row 2 is at cosine 0.996 to row 0
    done = await reword_eval(rows, vectors, _split([0], {0: [2, 1]}), Reworder(ask, check, tries=1))
    assert list(done.rows) == [1]


@pytest.mark.parametrize("error", [Filtered("refused"), InvalidReply("no JSON")])
async def test_a_hopeless_model_ends_soon_and_leaves_the_places_empty(error):
    """No rewording comes: the spares are used up, nothing loops, every place counts as dropped."""
    rows = [row(n) for n in range(5)]

    async def ask(_row, _past):
        raise error

    done = await reword_eval(rows, VECTORS, _split([0, 3], {0: [2, 1], 1: [4]}), Reworder(ask, _nothing, tries=3))
    assert not done.rows
    assert done.dropped == 2
    assert len(done.replaced) == 5


async def test_a_dead_endpoint_is_no_reason_to_replace_a_row():
    """Transport failures stop the build, which goes on later with the same rows."""

    async def ask(_row, _past):
        raise TransportFailed("down")

    with pytest.raises(TransportFailed):
        await reword_eval([row(n) for n in range(5)], VECTORS, _split([0], {0: [1]}), Reworder(ask, _nothing, tries=2))


async def _worded(replies, rows):
    """What becomes of a row for which a model gives `replies`, and how often it was asked."""
    left, asked = [Reworded(*one) for one in replies], []

    async def ask(one, past):
        asked.append(one)
        return restore_fine_part(left[len(past)], past)

    async def check(_index, new):
        return " ".join(faults_of_rewording(rows[0], new.question, new.answer, COPIED)) or None

    return await Reworder(ask, check, tries=len(replies)).reword(rows[0], 0), len(asked)


@pytest.mark.parametrize(
    ("replies", "kept", "calls"),
    [
        ([(WHO, NEAR), ("", BUILT)], (WHO, BUILT), 2),  # there was another natural way
        ([(WHO, NEAR), ("", OLD), ("", BUILT)], (WHO, OLD), 2),  # there was none: not asked a third time
        ([(WHO, OLD), ("", NEAR), ("", BUILT)], (WHO, OLD), 2),
        ([(SAME, BUILT), ("", "")], REWORDING_DECLINED, 2),
        ([("", BUILT), (WHO, "")], (WHO, BUILT), 2),  # an empty first question is a mistake, no refusal
    ],
)
async def test_nobody_is_made_to_say_it_worse(replies, kept, calls):
    """An answer near to the old one is sent back once, then the old one stays; a question may be declined."""
    found, asked = await _worded(replies, [row(question=WHOSE, answer=OLD, evidence=[OLD])])
    assert (found, asked) == (kept if isinstance(kept, str) else Reworded(*kept), calls)


async def test_a_wording_that_a_reader_found_odd_may_go_back_to_the_old_answer():
    """Who is told to say it plainer, nearer to the original, is not sent back for being near."""
    one, told = row(question=WHOSE, answer=OLD, evidence=[OLD]), []

    async def ask(_row, past):
        told.append(past[-1][1])
        return Reworded(WHO, NEAR)

    async def check(_index, new):
        return " ".join(faults_of_rewording(one, new.question, new.answer, COPIED)) or None

    before = [(Reworded(WHO, BUILT), "The answer is not natural: which rest long. Say it plainer.")]
    assert await Reworder(ask, check, tries=3).reword(one, 0, earlier_tries=before) == Reworded(WHO, OLD)
    assert told == [before[0][1]]
