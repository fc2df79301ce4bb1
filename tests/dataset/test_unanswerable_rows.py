"""Questions that the documents do not answer: which are kept, where they go, and what is left out and told."""

import msgspec
import pytest

from groundwork.dataset.split_report.descriptive_sentences import describe_leakage
from groundwork.dataset.split_report.report_schema import BuiltDataset
from groundwork.dataset.unanswerable_rows import (
    UNANSWERABLE_CRITERIA,
    Finding,
    Findings,
    Proposals,
    Proposed,
    UnanswerableFinder,
    add_unanswerable_questions,
    unanswerable_needed_by_split,
)
from groundwork.errors import UnitError
from groundwork.records import Chunk
from tests.dataset.rows import row
from tests.dataset.test_general_data_mix import built, encode

CHUNKS = [
    Chunk(id=f"rules-c{n}", document="rules", index=n, kind="text", text=f"Rule {n} holds for {7 * n} minutes.",
          start=0, end=9, length=9, headings=["Rules"], pages=[n + 1])
    for n in range(8)
]  # fmt: skip
WORDS = ("origin", "author", "penalty", "exception", "history", "appeal", "fee", "season")


class Model:
    """Proposes three questions a chunk, and answers as told: by what a question holds."""

    def __init__(self, answered="", reply="The rules do not say that.", fails=()):
        self.answered, self.reply, self.fails = answered, reply, fails
        self.shown = []

    async def propose(self, chunk, count):
        if chunk.index in self.fails:
            raise UnitError("no reply that can be read")
        own = f"{WORDS[chunk.index]} rule {chunk.index}"
        texts = [f"What {WORDS[(chunk.index + 3 * n) % 8]} does {own} have in group {n}?" for n in range(count)]
        return Proposals(questions=[Proposed(question=text, missing="it") for text in texts])

    async def look_up(self, chunk, questions, passages):
        self.shown.append((chunk.id, [passage.id for passage in passages]))
        answered = [bool(self.answered) and self.answered in one.question for one in questions]
        told = [Finding(number=n, quote="", answered=one, reply=self.reply) for n, one in enumerate(answered, 1)]
        return Findings(findings=told)


async def add(model, share=0.1, seed=0, chunks=CHUNKS, into=None) -> BuiltDataset:
    base = into or await built()
    finder = UnanswerableFinder(model.propose, model.look_up, encode, "test/model", seed)
    return await add_unanswerable_questions(base, chunks, share, finder)


def added(found, split):
    return [one for one in found.splits[split] if one.unanswerable]


async def test_a_share_of_train_and_of_eval():
    """Both get their share, marked and with criteria of their own; no question is in both, nor asked twice."""
    found = await add(Model())
    told = found.report.unanswerable
    assert (len(added(found, "train")), len(added(found, "eval"))) == (told.train, told.eval) == (4, 1)
    assert told.needed == 5 and not found.report.warnings
    rows = [*added(found, "train"), *added(found, "eval")]
    assert len({one.question for one in rows}) == len({one.id for one in rows}) == 5
    assert all(one.evaluation_criteria == UNANSWERABLE_CRITERIA and one.category == "unanswerable" for one in rows)
    assert all(one.pages and one.headings == ["Rules"] and not one.evidence for one in rows)
    assert found.report.splits == {name: len(split) for name, split in found.splits.items()}


async def test_they_are_not_counted_among_the_rows_that_were_measured():
    """The report says of how many rows leaks and wordings were counted: of those that it measured."""
    base = await built()
    found = await add(Model())
    assert describe_leakage(found.report) == describe_leakage(base.report)


async def test_the_other_rows_stay_as_they_are():
    """Nothing of train or eval is lost or changed; train's new rows lie between the others."""
    base = await built()
    found = await add(Model())
    for split, own in base.splits.items():
        assert [one for one in found.splits[split] if not one.unanswerable] == own
    places = [place for place, one in enumerate(found.splits["train"]) if one.unanswerable]
    assert places[0] > 1 and places[-1] < len(found.splits["train"]) - 2


async def test_what_a_passage_answers_is_left_out():
    """Of three a chunk one is answered: two remain, and the report counts the others."""
    found = await add(Model(answered="group 1"), share=0.2)
    assert not any("group 1" in one.question for split in ("train", "eval") for one in added(found, split))
    assert found.report.unanswerable.answered > 0


async def test_a_quote_counts_as_an_answer():
    """A model that quotes words and still says that nothing answers is not followed."""

    class Quoting(Model):
        async def look_up(self, chunk, questions, passages):
            told = await super().look_up(chunk, questions, passages)
            return Findings(findings=[msgspec.structs.replace(one, quote="holds") for one in told.findings])

    found = await add(Quoting())
    assert not added(found, "train") and found.report.unanswerable.answered == found.report.unanswerable.proposed == 24


@pytest.mark.parametrize("reply", ["", "   ", "It is not stated, but 93 minutes are usual."])
async def test_a_reply_that_is_empty_or_has_a_number_of_its_own_is_refused(reply):
    """Nobody learns a made-up number from a question without an answer."""
    found = await add(Model(reply=reply))
    assert not added(found, "train")
    assert found.report.unanswerable.unusable == 24
    assert "only 0 of 5 questions without an answer were found" in found.report.warnings[-1]


async def test_a_number_of_the_passage_may_stand_in_the_reply():
    """What is stated beside the gap may be told."""
    model = Model(reply="That is not stated; rule 3 holds for 21 minutes.")
    found = await add(model, chunks=[CHUNKS[3]])
    assert len(added(found, "train")) + len(added(found, "eval")) == 3


async def test_what_the_dataset_asks_already_is_left_out():
    """A proposed question that a row asks in the same words has an answer."""

    class Asking(Model):
        async def propose(self, chunk, _count):
            return Proposals(questions=[Proposed(question=row(chunk.index).question, missing="")])

    model = Asking()
    found = await add(model)
    assert not added(found, "train") and not model.shown
    assert found.report.unanswerable.asked == found.report.unanswerable.proposed == 8


async def test_questions_without_words_are_told_apart():
    """Formulas have no words that could be the same: each counts as a question of its own."""

    class Asking(Model):
        async def propose(self, chunk, _count):
            formula = "∀" + chr(0x2201 + chunk.index)
            return Proposals(questions=[Proposed(question=formula, missing="a sense")])

    found = await add(Asking())
    assert len(added(found, "train")) + len(added(found, "eval")) == found.report.unanswerable.needed == 5


async def test_a_short_document_is_shown_whole():
    """A question is looked up in every chunk of its document, in their order."""
    model = Model()
    await add(model)
    assert {tuple(passages) for _, passages in model.shown} == {tuple(chunk.id for chunk in CHUNKS)}


async def test_of_a_long_document_the_nearest_passages_are_shown(monkeypatch):
    """The chunk itself first, then others, each once and not all; one that has the question's rare words is there."""
    monkeypatch.setattr("groundwork.dataset.passage_search.WHOLE_DOCUMENT_LENGTH", 100)
    filler = " ".join(f"word{n}" for n in range(50))
    chunks = [msgspec.structs.replace(chunk, text=f"{chunk.text} {filler}") for chunk in CHUNKS]
    far = [
        msgspec.structs.replace(CHUNKS[0], id=f"rules-d{n}", index=8 + n, text=f"{filler} {text}")
        for n, text in enumerate(("nothing", "the appeal in group 2 is heard by the board", "no more", "the end"))
    ]
    model = Model()
    await add(model, chunks=[*chunks, *far])
    for chunk, passages in model.shown:
        assert passages[0] == chunk and 1 < len(passages) < 12
        assert len(set(passages)) == len(passages)
    assert any("rules-d1" in passages for _, passages in model.shown)


async def test_a_reply_that_fails_costs_its_chunk_alone():
    """The others go on; the reason is told."""
    found = await add(Model(fails=(0, 1, 2)), share=0.3)
    assert added(found, "train")
    assert any("3 chunks gave no question" in line and "no reply" in line for line in found.report.warnings)


async def test_the_seed_decides():
    """The same seed gives the same rows; another asks other chunks first."""
    first, again, other = await add(Model(), seed=1), await add(Model(), seed=1), await add(Model(), seed=5)
    assert first.splits == again.splits
    assert added(first, "train") != added(other, "train")


async def test_without_eval_train_alone_gets_some():
    """A dataset of train only has no eval to put them into."""
    base = await built()
    alone = BuiltDataset({"train": base.splits["train"]}, msgspec.structs.replace(base.report, splits={"train": 40}))
    assert unanswerable_needed_by_split(alone, 0.2) == {"train": 10}
    found = await add(Model(), share=0.2, into=alone)
    assert set(found.splits) == {"train"} and len(added(found, "train")) == 10
