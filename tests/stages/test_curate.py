"""curate.py from the command line, against a scripted OpenRouter: each check, the rewriting, the page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from groundwork.questions.curation_checks import wrong_answer
from groundwork.records.artifacts import read_jsonl, write_jsonl
from groundwork.records.types import Chunk, Pair, Rejected
from groundwork.stages.curate import main
from tests.fake_openrouter import FakeOpenRouter
from tests.questions.scripted_writer import ENGINE, Json, said

GOOD = {"stand_alone": 1.0, "supported": 1.0, "trivial": 1.0}


def pair_of(number: int, **changed: Any) -> Pair:
    made = Pair(
        id=f"p{number}", document="mill", chunk="mill-0", iteration=1, difficulty="easy", category="factual", model="m",
        question="Until which year did the Orrin mill grind barley?",
        answer="It ground barley until 1931.",
        evaluation_criteria=["States 1931", "Names barley"],
        evidence=["The Orrin mill ground barley until 1931."],
    )  # fmt: skip
    return msgspec.structs.replace(made, **changed)


def judge(**scores: float) -> Callable[[Json], str]:
    """A model that gives every check its score and marks a criterion as met when its last word is in the answer."""

    def reply(body: Json) -> str:
        system, asked = body["messages"][0]["content"], said(body)
        if "rewrite a question" in system:
            return json.dumps({"question": "What did the tide mill of Orrin grind until 1931?"})
        if "grade an answer" in system:
            answer = asked.partition("Answer to grade: ")[2]
            listed = [line.split() for line in asked.splitlines() if line.startswith("criterion_")]
            return json.dumps({name.rstrip(":"): told[-1].lower() in answer.lower() for name, *told in listed})
        name = (
            "supported"
            if "follows from a text" in system
            else "trivial"
            if "worth learning" in system
            else "stand_alone"
        )
        score = {**GOOD, **scores}[name]
        told = (
            {"subject": "a mill", "missing": "which mill"} if name == "stand_alone" else {"reason": f"{name} says so"}
        )
        return json.dumps({**told, "score": score})

    return reply


class Run:
    def __init__(self, root: Path, server: FakeOpenRouter) -> None:
        self.folder, self.root, self.server = root / "qa" / "small", root, server
        chunk = Chunk(
            id="mill-0",
            document="mill",
            index=0,
            kind="text",
            text=ENGINE,
            start=0,
            end=len(ENGINE),
            length=len(ENGINE),
        )
        write_jsonl(root / "chunks" / "mill.jsonl", [chunk])

    def curate(self, reply: Callable[[Json], str], *pairs: Pair, **settings: Any) -> int:
        by_document: dict[str, list[Pair]] = {}
        for pair in pairs:
            by_document.setdefault(pair.document, []).append(pair)
        for document, group in by_document.items():
            write_jsonl(self.folder / f"{document}.jsonl", group)
        self.server.reply = reply
        chosen = {"llm.base_url": self.server.url, "llm.api_key_env": "", **settings}
        chosen |= {"embeddings.backend": "static", "embeddings.model": "wordllama"}
        return main(
            ["--data", str(self.root), *(f"--set={k.replace('__', '.')}={json.dumps(v)}" for k, v in chosen.items())]
        )

    def kept(self, document: str = "mill") -> list[Pair]:
        return read_jsonl(self.folder / "curated" / f"{document}.jsonl", Pair)

    def rejected(self, document: str = "mill") -> list[Rejected]:
        return read_jsonl(self.folder / "curated" / "rejected" / f"{document}.jsonl", Rejected)

    @property
    def page(self) -> str:
        return (self.folder / "curated" / "report.html").read_text()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with FakeOpenRouter().thread() as server:
        yield Run(tmp_path, server)


def test_every_criterion_has_its_own_mark(run: Run) -> None:
    """The schema of the reply has one field a criterion, so that a model can neither leave one out nor add one."""
    three = pair_of(1, evaluation_criteria=["States 1931", "Names barley", "Says until 1931"])
    assert run.curate(judge(), three, curate__checks=["criteria"]) == 0
    schemas = [body["response_format"]["json_schema"]["schema"] for body in run.server.requests]
    assert [schema["required"] for schema in schemas] == [["criterion_1", "criterion_2", "criterion_3"]] * 2
    assert run.kept()[0].checks["criteria"]["passed"]


def test_a_good_pair_passes_every_check(run: Run) -> None:
    """A pair that passes is kept as it was, with a column for each check."""
    assert run.curate(judge(), pair_of(1)) == 0
    (kept,) = run.kept()
    assert {name: column["passed"] for name, column in kept.checks.items()} == dict.fromkeys(
        ["duplicates", "stand_alone", "supported", "criteria", "trivial"], True
    )
    assert msgspec.structs.replace(kept, checks={}) == pair_of(1) and run.rejected() == []


@pytest.mark.parametrize("check", ["supported", "trivial", "stand_alone"])
def test_a_failed_check_names_itself(run: Run, check: str) -> None:
    """A score below the threshold rejects the pair under the check's name, with the model's reason."""
    assert run.curate(judge(**{check: 0.2}), pair_of(1)) == 0
    (one,) = run.rejected()
    assert one.reason == check and one.detail and one.pair["checks"][check]["score"] == 0.2
    assert run.kept() == []


def test_thresholds_are_settings(run: Run) -> None:
    """The same score passes under a lower threshold."""
    run.curate(judge(supported=0.4), pair_of(1), curate__thresholds={"supported": 0.3})
    assert len(run.kept()) == 1


def test_a_dangling_question_is_found_by_rule_and_rewritten_once(run: Run) -> None:
    """A question that points at its passage is reworded, checked again and kept with the old wording."""
    dangling = pair_of(1, question="What does the passage say the mill ground?")
    run.curate(judge(), dangling)
    (kept,) = run.kept()
    assert kept.question == "What did the tide mill of Orrin grind until 1931?"
    assert kept.original_question == dangling.question
    assert kept.checks["stand_alone"]["before"]["checker"] == "rule"
    assert [said(body) for body in run.server.requests if "rewrite a question" in body["messages"][0]["content"]]


def test_what_cannot_be_mended_is_rejected(run: Run) -> None:
    """A question that fails again after its rewriting is rejected; without curate.rewrite none is tried."""
    run.curate(judge(stand_alone=0.0), pair_of(1, question="How long is the wheel of this thing?"))
    assert run.rejected()[0].pair["original_question"]
    run.curate(judge(stand_alone=0.0), pair_of(2, question="How wide is the gate of the thing?"), curate__rewrite=False)
    assert not run.rejected()[0].pair["original_question"]


def test_the_judge_of_standing_alone_sees_the_question_only(run: Run) -> None:
    """No summary, title or chunk reaches the stand-alone check."""
    run.curate(judge(), pair_of(1), curate__checks=["stand_alone"])
    (body,) = run.server.requests
    assert said(body) == f"Question: {pair_of(1).question}"


def test_criteria_must_fit_the_right_answer_and_no_wrong_one(run: Run) -> None:
    """Criteria that the reference misses fail, and so do criteria that a wrong answer meets as well."""
    fits = pair_of(1)
    missed = pair_of(2, question="What did the Orrin mill grind?", evaluation_criteria=["States 1931", "Names oats"])
    loose = pair_of(3, question="Did Orrin have a mill?", evaluation_criteria=["Names until", "Names barley"])
    run.curate(judge(), fits, missed, loose, curate__checks=["criteria"])
    assert [one.id for one in run.kept()] == ["p1"]
    why = {one.pair["id"]: one.detail for one in run.rejected()}
    assert "does not meet: Names oats" in why["p2"] and "a wrong answer meets every criterion" in why["p3"]


def test_criteria_with_numbers_of_their_own_fail_by_rule(run: Run) -> None:
    """A criterion that asks for a number which the reference answer does not hold fails without a model."""
    run.curate(judge(), pair_of(1, evaluation_criteria=["States 1931", "States 12 mills"]), curate__checks=["criteria"])
    assert run.rejected()[0].detail == "the reference answer does not hold: 12" and run.server.requests == []


def test_a_wrong_answer_has_other_numbers() -> None:
    """The wrong answer keeps the form and changes each number; without numbers it is another pair's answer."""
    assert wrong_answer(pair_of(1), "other") == "It ground barley until 2042."
    assert wrong_answer(pair_of(1, answer="It ground barley."), "other") == "other"


def test_furniture_of_the_document_is_trivial_by_rule(run: Run) -> None:
    """A question about page numbers or copyright is flagged without a model."""
    run.curate(judge(), pair_of(1, question="Who holds the copyright of the mill?"), curate__checks=["trivial"])
    assert run.rejected()[0].reason == "trivial" and run.server.requests == []


def test_duplicates_are_found_across_documents(run: Run) -> None:
    """The second document's repetition is rejected, a question that differs in a number is not."""
    same = pair_of(2, document="pond", question="until which year did the Orrin mill grind barley?")
    other = pair_of(3, document="pond", question="Until 1931, which year did the Orrin mill grind barley?")
    run.curate(judge(), pair_of(1), same, other)
    assert [one.id for one in run.kept("pond")] == ["p3"]
    assert run.rejected("pond")[0].detail == f"repeats: {pair_of(1).question}"


def test_rules_alone_ask_no_model(run: Run) -> None:
    """curate.rules_only makes no call, and still finds what rules find."""
    bad = pair_of(2, question="What does this rule say about Orrin?")
    assert run.curate(judge(), pair_of(1), bad, curate__rules_only=True) == 0
    assert [one.id for one in run.kept()] == ["p1"] and run.server.requests == []


def test_a_check_that_gets_no_reply_keeps_the_pair_and_fails(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """A judge that talks prose loses no pair: it stays, unchecked, and the ledger says so with exit code 1."""
    assert run.curate(lambda _: "I would say yes.", pair_of(1)) == 1
    assert [one.id for one in run.kept()] == ["p1"]
    assert "invalid reply" in capsys.readouterr().out


def test_the_page_shows_examples_of_each_and_escapes_them(run: Run) -> None:
    """Kept, rewritten and rejected pairs are on the page; markup in them is shown, not run."""
    run.curate(
        judge(),
        pair_of(1, answer="It ground barley until 1931.<script>alert()</script>"),
        pair_of(2, question="What does the passage say?"),
        pair_of(3, question="Who has the copyright of the mill <b>Orrin</b>?"),
    )
    assert "&lt;script&gt;alert()" in run.page and "<script>" not in run.page and "<b>" not in run.page
    assert "1 kept" in run.page and "<del>What does the passage say?</del>" in run.page
    assert "furniture" in run.page
