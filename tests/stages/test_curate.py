"""curate.py from the command line, against a scripted OpenRouter: each check, the rewriting, the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from groundwork.data_folder.read_write import write_jsonl
from groundwork.llm.calls.costs_and_budget import estimate_tokens
from groundwork.stages.curate import curate_pairs, main
from groundwork.stages.merge import main as merge
from tests.fake_openrouter import FakeOpenRouter
from tests.questions.scripted_judge import Judge, asks_for, shown
from tests.questions.scripted_writer import ENGINE, Json, said
from tests.stages.curate_run import Run, judge, many, pair_of


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with FakeOpenRouter().thread() as server:
        yield Run(tmp_path, server)


def test_every_pair_has_its_own_field(run: Run) -> None:
    """The schema has a field of exactly so many marks for each pair of the call; none is left out or made up."""
    run.curate(judge(), *many(3))
    apart, supported = (body["response_format"]["json_schema"]["schema"] for body in run.server.requests)
    assert apart["required"] == supported["required"] == ["remarks", "p1", "p2", "p3"]
    assert apart["$defs"]["m"]["minItems"] == apart["$defs"]["m"]["maxItems"] == 5
    assert not apart["additionalProperties"]


def test_a_chunk_takes_two_calls(run: Run) -> None:
    """All pairs of a chunk are asked about together: once with the chunk, once without it."""
    run.curate(judge(), *many(8))
    assert [asks_for(body) for body in run.server.requests] == ["apart", "supported"]
    assert len(run.kept()) == 8


def test_only_the_call_for_support_sees_the_chunk(run: Run) -> None:
    """No chunk, evidence, summary or title reaches the judge of standing alone, worth, naturalness and criteria."""
    run.curate(judge(), *many(2))
    apart, supported = map(said, run.server.requests)
    assert "cubic metres" in supported and supported.count("<text>") == 1
    assert "cubic metres" not in apart and "Evidence" not in apart and "mill-0" not in apart


def test_long_lists_are_cut_into_several_calls(run: Run) -> None:
    """No call holds more than curate.batch pairs, nor more tokens than curate.max_input_tokens."""
    run.curate(judge(), *many(7), curate__batch=3)
    assert max(len(shown(body)) for body in run.server.requests) <= 3 and len(run.kept()) == 7
    run.server.requests.clear()
    run.curate(judge(), *many(9), curate__max_input_tokens=1_000)
    assert len(run.server.requests) > 2 and len(run.kept()) == 9
    assert all(estimate_tokens(body["messages"]) <= 1_000 for body in run.server.requests)


def test_of_a_text_too_long_for_a_call_the_passages_around_the_evidence_are_shown(run: Run) -> None:
    """A chunk beyond half of curate.max_input_tokens is cut to whole lines around each quote."""
    filler = "The miller of Orrin wrote down the height of the tide on every day of the year. "
    run.chunk(
        f"{ENGINE}\n\n" + "\n".join(filler + str(day) for day in range(400)) + "\n\nThe mill burned down in 1947."
    )
    run.curate(judge(), pair_of(1), curate__checks=["supported"])
    (body,) = run.server.requests
    assert pair_of(1).evidence[0] in said(body) and "1947" not in said(body)


def test_pairs_that_a_reply_leaves_out_cost_one_more_call_for_them_alone(run: Run) -> None:
    """A reply that lacks a pair, or marks it out of range, is kept for the others; only those are asked about again."""
    good = judge()
    calls: list[list[str]] = []

    def reply(body: Json) -> str:
        told = json.loads(good(body))
        calls.append([asked["Question"] for asked in shown(body).values()])
        if len(calls) == 1:
            del told["p2"]
            told["p3"] = [1, 2, 7, 1, 0]
        return json.dumps(told)

    assert run.curate(reply, *many(4), curate__checks=["stand_alone", "worth", "natural", "criteria"]) == 0
    assert [len(call) for call in calls] == [4, 2] and calls[1] == calls[0][1:3]
    assert len(run.kept()) == 4 and all(set(pair.checks) >= {"worth", "natural"} for pair in run.kept())


def test_a_pair_left_out_twice_stays_unchecked_and_fails(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """What no reply marks is among the kept without a column, and the exit code says that it is not done."""
    good = judge("worth", "natural")

    def reply(body: Json) -> str:
        lost = next((n for n, told in shown(body).items() if told["Question"] == many(4)[2].question), "")
        told = json.loads(good(body))
        if len(told) > 2:
            told.pop(lost, None)
        elif lost:
            told[lost] = "yes"
        return json.dumps(told)

    assert run.curate(reply, *many(4), curate__checks=["worth", "natural"]) == 1
    assert [pair.id for pair in run.kept() if not pair.checks] == ["p2"] and len(run.kept()) == 4
    assert "p2" in capsys.readouterr().out


def test_one_pair_that_spoils_its_call_costs_the_others_nothing(run: Run) -> None:
    """A call that brings nothing usable is halved until the culprit is alone; the rest are judged."""
    good = judge()

    def reply(body: Json) -> str:
        return "I would rather not." if many(6)[4].question in said(body) else good(body)

    assert run.curate(reply, *many(6)) == 1
    assert [pair.id for pair in run.kept() if "worth" not in pair.checks] == ["p4"]


def test_a_model_that_judges_nothing_is_not_asked_about_every_part(run: Run) -> None:
    """Where no reply at all was usable, a batch is not halved to its end: that took three calls for each part of it."""
    assert run.curate(lambda _: "I would rather not.", *many(9), curate__checks=["worth"], curate__batch=9) == 1
    assert all("worth" not in pair.checks for pair in run.kept()) and len(run.kept()) == 9
    assert len(run.server.requests) <= 3 * 12, "and not three for each of 17 parts"


def test_the_order_within_a_call_is_the_same_for_the_same_pairs(run: Run) -> None:
    """The pairs of a call stand in an order of their ids' hashes, whatever their order in the file."""
    asked = []
    for pairs in (many(6), many(6)[::-1]):
        run.server.requests.clear()
        run.curate(judge("worth"), *pairs, curate__checks=["worth"])
        asked.append([told["Question"] for body in run.server.requests for told in shown(body).values()])
    assert asked[1] in ([], asked[0])  # replayed: the same request
    assert asked[0] != [pair.question for pair in many(6)]


def test_what_a_rule_turned_down_is_not_asked_about(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON, ledger and page say that a rule alone decided; the model never saw the pair."""
    bad = pair_of(1, question="Who holds the copyright of the mill?")
    run.curate(judge(), bad, *many(2)[1:])
    assert all(bad.question not in said(body) for body in run.server.requests)
    assert run.rejected()[0].pair["checks"]["worth"]["checker"] == "rule"
    assert "1 of them by a rule, no model was asked" in capsys.readouterr().out
    assert "no model was asked" in run.page


def test_a_good_pair_passes_every_check(run: Run) -> None:
    """A pair that passes is kept as it was, with a column for each check."""
    assert run.curate(judge(), pair_of(1)) == 0
    (kept,) = run.kept()
    assert {name: column["passed"] for name, column in kept.checks.items()} == dict.fromkeys(
        ["duplicates", "stand_alone", "worth", "natural", "criteria", "supported"], True
    )
    assert msgspec.structs.replace(kept, checks={}) == pair_of(1) and run.rejected() == []


@pytest.mark.parametrize("check", ["supported", "worth", "stand_alone", "natural"])
def test_a_failed_check_names_itself(run: Run, check: str) -> None:
    """A score below the threshold rejects the pair under the check's name, with the model's reason."""
    assert run.curate(judge(**{check: 0.5}), pair_of(1)) == 0
    (one,) = run.rejected()
    assert one.reason == check and one.detail == "the judge says so" and one.pair["checks"][check]["score"] == 0.5
    assert run.kept() == []


def test_thresholds_are_settings(run: Run) -> None:
    """The same score passes under a lower threshold."""
    run.curate(judge(supported=0.5), pair_of(1), curate__thresholds={"supported": 0.5})
    assert len(run.kept()) == 1


def test_the_judge_of_standing_alone_sees_the_questions_only(run: Run) -> None:
    """Asked about nothing else, it sees no answer, criterion, summary, title or chunk."""
    run.curate(judge("stand_alone"), pair_of(1), curate__checks=["stand_alone"])
    (body,) = run.server.requests
    assert said(body) == f"Called in questions: (no name)\n\np1\nQuestion: {pair_of(1).question}"


def test_criteria_must_fit_the_right_answer_and_no_wrong_one(run: Run) -> None:
    """Criteria that the reference misses fail, and so do criteria that a wrong answer meets as well."""
    fits = pair_of(1)
    missed = pair_of(2, question="What did the Orrin mill grind?", evaluation_criteria=["States 1931", "Names oats"])
    loose = pair_of(3, question="Did Orrin have a mill?", evaluation_criteria=["Names until", "Names barley"])
    run.curate(judge("criteria", "wrong_answer"), fits, missed, loose, curate__checks=["criteria"])
    assert [one.id for one in run.kept()] == ["p1"]
    why = {one.pair["id"]: one.detail for one in run.rejected()}
    assert why["p2"] == "the judge says so" and "a wrong answer meets every criterion" in why["p3"]


def test_criteria_with_numbers_of_their_own_fail_by_rule(run: Run) -> None:
    """A criterion that asks for a number which the reference answer does not hold fails without a model."""
    foreign = pair_of(1, evaluation_criteria=["States 1931", "States 12 mills"])
    run.curate(judge(), foreign, curate__checks=["criteria"], curate__rewrite=False)
    assert run.rejected()[0].detail == "the reference answer does not contain: 12" and run.server.requests == []


def test_questions_about_the_document_are_turned_down_by_rule(run: Run) -> None:
    """A question about page numbers or copyright is flagged without a model."""
    run.curate(judge(), pair_of(1, question="Who holds the copyright of the mill?"), curate__checks=["worth"])
    assert run.rejected()[0].reason == "worth" and run.server.requests == []


def test_duplicates_are_found_across_documents(run: Run) -> None:
    """The second document's repetition is rejected, a question that differs in a number is not."""
    same = pair_of(2, document="pond", question="until which year did the Orrin mill grind barley?")
    other = pair_of(3, document="pond", question="Until which year did the Orrin mill grind oats in 1932?")
    run.curate(judge(), pair_of(1), same, other)
    assert [one.id for one in run.kept("pond")] == ["p3"]
    assert run.rejected("pond")[0].detail == f"repeats: {pair_of(1).question}"


class Picky(Judge):
    """Finds no worth in questions about rye."""

    def mark(self, part: str, told: dict[str, Any]) -> int:
        return 0 if part == "worth" and "rye" in told["Question"] else super().mark(part, told)


def test_what_comes_out_does_not_depend_on_how_many_pairs_are_held(run: Run) -> None:
    """Few pairs at once or 10,000: the same files and requests, with rewritten, rejected and repeated pairs."""
    results = []
    for at_once in (10_000, 3, 1):
        own = Run(run.root / str(at_once), run.server)
        own.command = replace(main, process=partial(curate_pairs, at_once=at_once))
        for document, count in (("mill", 4), ("quay", 1), ("dyke", 3), ("lock", 2)):
            own.chunk(ENGINE, document)
            pairs = [*many(count), pair_of(9, question="What did it grind until 1931?")]
            named = {"document": document, "chunk": f"{document}-0"}
            pairs = [msgspec.structs.replace(one, id=f"{document}-{one.id}", **named) for one in pairs]
            write_jsonl(own.folder / f"{document}.jsonl", pairs)
        run.server.requests.clear()
        assert own.curate(Picky(reworded="What did the tide mill of Orrin grind until 1931?")) == 0
        files = {path.name: path.read_bytes() for path in (own.folder / "curated").rglob("*.jsonl")}
        kept = [one for document in ("mill", "quay", "dyke", "lock") for one in own.kept(document)]
        rejected = [one.reason for one in own.rejected()]
        results.append((files, sorted(map(json.dumps, run.server.requests)), own.page))
    assert any(one.original_question for one in kept) and {"worth", "duplicates"} <= set(rejected)
    assert results[1] == results[0] and results[2] == results[0]


def test_what_was_curated_before_a_merge_is_not_asked_about_again(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a merged run only pairs without marks are asked about; one that a person accepted in its run stays."""
    run.curate(judge(), *many(4), pair_of(5))
    (accepted,) = [pair for pair in run.kept() if pair.id == "p5"]
    by_person = {"score": 1.0, "passed": True, "why": "accepted by mo", "checker": "person"}
    failed = {**accepted.checks["worth"], "score": 0.0, "passed": False}
    accepted = msgspec.structs.replace(accepted, checks={**accepted.checks, "worth": failed, "review": by_person})
    write_jsonl(run.folder / "curated" / "mill.jsonl", [*(pair for pair in run.kept() if pair.id != "p5"), accepted])
    asked = msgspec.structs.replace(many(5)[-1], id="p6")
    write_jsonl(run.root / "qa" / "second" / "mill.jsonl", [asked])
    static = ["--set=embeddings.backend=static", "--set=embeddings.model=wordllama"]
    assert merge(["--data", str(run.root), *static, "small", "second", "--out", "both"]) == 0
    run.folder = run.root / "qa" / "both"
    run.server.requests.clear()
    run.command = partial(_only_run, "both")
    run.curate(judge())
    assert [len(shown(body)) for body in run.server.requests] == [1, 1]
    assert sorted(pair.id for pair in run.kept()) == ["p0", "p1", "p2", "p3", "p5", "p6"]
    assert "5 pairs were checked before the merge" in capsys.readouterr().out
    run.server.requests.clear()
    run.curate(judge("natural"), curate__checks=["natural", "duplicates"])
    assert [len(shown(body)) for body in run.server.requests] == [1], "no pair lacks a mark but the one"


def _only_run(name: str, flags: list[str]) -> int:
    return main([*flags, "--run", name])


def test_rules_alone_ask_no_model(run: Run) -> None:
    """curate.rules_only makes no call, and still finds what rules find."""
    bad = pair_of(2, question="What does this rule say about Orrin?")
    assert run.curate(judge(), pair_of(1), bad, curate__rules_only=True) == 0
    assert [one.id for one in run.kept()] == ["p1"] and run.server.requests == []
    assert "No model was asked" in run.page and "not asked" in run.page


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
        pair_of(3, question="Who has the copyright of the mill <b>Orrin</b>?", answer="Varn.", evidence=["© Varn"]),
    )
    assert "&lt;script&gt;alert()" in run.page and "<script>" not in run.page and "<b>" not in run.page
    assert "1 kept" in run.page and "<del>What does the passage say?</del>" in run.page
    assert "licence of the document" in run.page


def test_an_unknown_run_is_named_with_the_runs_that_there_are(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """--run with a name that no run has ends with exit code 2 and names those that could be meant."""
    write_jsonl(run.folder / "mill.jsonl", many(1))
    assert main(["--data", str(run.root), "--run", "large"]) == 2
    assert "--run large: no such run" in (said := capsys.readouterr().err)
    assert "the runs are: small" in said
    assert main(["--data", str(run.root), "--run", "  "]) == 2
