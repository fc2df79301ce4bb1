"""What curation writes anew, and the wrong answers that criteria must not fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from groundwork.questions.curation.pair_judge import ApartForm, CurationCase, judge_reply_schema
from groundwork.questions.curation.pair_origins import PairOrigin
from groundwork.questions.curation.pair_rewriting import RewritingForm
from groundwork.questions.curation.wrong_answers import undecided_wrong_answer, wrong_answer
from groundwork.settings.config_files import load
from tests.fake_openrouter import FakeOpenRouter
from tests.questions.scripted_judge import asks_for, shown
from tests.questions.scripted_writer import Json, said
from tests.stages.curate_run import Run, judge, many, pair_of


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with FakeOpenRouter().thread() as server:
        yield Run(tmp_path, server)


def test_a_dangling_question_is_found_by_rule_and_rewritten_once(run: Run) -> None:
    """A question that points at its passage is reworded, checked again and kept with the old wording."""
    dangling = pair_of(1, question="What does the passage say the mill ground?")
    run.curate(judge(), dangling)
    (kept,) = run.kept()
    assert kept.question == "What did the tide mill of Orrin grind until 1931?"
    assert kept.original_question == dangling.question
    assert kept.checks["stand_alone"]["before"]["checker"] == "rule"
    assert [asks_for(body) for body in run.server.requests] == ["rewrite", "apart", "supported"]


def test_an_unnatural_question_is_reworded_and_judged_again(run: Run) -> None:
    """A model's low mark for the wording alone gets the question reworded, with the remark, and marked once more."""
    stiff = judge(natural=0.0)
    first = pair_of(1).question

    def reply(body: Json) -> str:
        return stiff(body) if first in said(body) else judge()(body)

    run.curate(reply, pair_of(1))
    (kept,) = run.kept()
    assert kept.original_question == first and kept.checks["natural"]["before"]["score"] == 0.0
    assert [asks_for(body) for body in run.server.requests] == ["apart", "rewrite", "apart", "supported"]
    assert "What is wrong with it: the judge says so" in said(run.server.requests[1])


def test_what_cannot_be_mended_is_rejected(run: Run) -> None:
    """A question that fails again after its rewriting is rejected; without curate.rewrite none is tried."""
    run.curate(judge(stand_alone=0.0), pair_of(1, question="How long is the wheel of this thing?"))
    assert run.rejected()[0].pair["original_question"]
    run.curate(judge(stand_alone=0.0), pair_of(2, question="How wide is the gate of the thing?"), curate__rewrite=False)
    assert not run.rejected()[0].pair["original_question"]


@pytest.mark.parametrize("unusable", ["rewrite", "apart"])
def test_what_failed_is_not_kept_because_it_could_not_be_rewritten(run: Run, unusable: str) -> None:
    """A question that a rule turns down, and whose rewriting or judging anew gets no usable reply, is rejected for what
    it failed; that counts as a failure, and the next run asks again.
    """
    dangling = pair_of(1, question="What does the passage say the mill ground?")
    assert run.curate(lambda body: "No." if asks_for(body) == unusable else judge()(body), dangling) == 1
    (rejected,) = run.rejected()
    assert rejected.reason == "stand_alone" and rejected.pair["question"] == dangling.question and not run.kept()
    assert run.curate(judge(), dangling) == 0
    assert [kept.original_question for kept in run.kept()] == [dangling.question]


def test_a_judge_that_rewrites_nothing_is_not_asked_about_every_part(run: Run) -> None:
    """What is known of its marks says nothing of its rewritings: a batch of those is not halved to its end."""
    marks = judge(natural=0.0)
    run.curate(lambda body: "No." if asks_for(body) == "rewrite" else marks(body), *many(9), curate__batch=9)
    assert len(run.rejected()) == 9 and {rejected.reason for rejected in run.rejected()} == {"natural"}
    asked = [asks_for(body) for body in run.server.requests]
    assert asked.count("rewrite") <= 3 * 12, "and not three for each of 17 parts"


def test_a_rewriting_may_give_answer_evidence_and_criteria_anew(run: Run) -> None:
    """Two questions in one become one, held against the same rules; what was said before is kept beside."""
    first = pair_of(1, question="Until which year did the Orrin mill grind barley, and who built it?")
    new = {
        "question": "Until which year did the Orrin mill grind barley?",
        "answer": "Until 1931.",
        "evidence": first.evidence,
        "evaluation_criteria": ["States 1931"],
    }

    def reply(body: Json) -> str:
        if asks_for(body) == "rewrite":
            return json.dumps({"p1": {**new, "evidence": [1]}})
        return (judge(natural=0.0) if first.question in said(body) else judge())(body)

    run.curate(reply, first)
    (kept,) = run.kept()
    assert {name: getattr(kept, name) for name in new} == new
    assert (kept.original_question, kept.original_answer) == (first.question, first.answer)
    assert kept.original_criteria == first.evaluation_criteria or first.evaluation_criteria == ["States 1931"]
    new["answer"], new["evaluation_criteria"] = "Until 1999.", ["States 1999"]
    first = msgspec.structs.replace(first, question=first.question.replace("built it", "owned it"))
    run.curate(reply, first)
    assert (
        run.rejected()[0].reason == "supported" and run.rejected()[0].pair["checks"]["supported"]["checker"] == "rule"
    )


def test_only_a_pair_with_a_wrong_answer_is_marked_for_it() -> None:
    """The field of a pair without one has a mark less; one that comes all the same does no harm."""
    form = ApartForm(load([], []).curate, str, ("natural", "criteria"))
    place = PairOrigin("", "mill", "", "")
    with_wrong, without = CurationCase(0, pair_of(1), place, wrong_answer="A gate."), CurationCase(1, pair_of(2), place)
    kinds = judge_reply_schema(form, [without, with_wrong, without])["$defs"]
    assert [kind["minItems"] for kind in kinds.values()] == [2, 3]
    assert (
        form.read_pair_field(without, [2, 2])
        == form.read_pair_field(without, [2, 2, 0])
        == {"natural": 1.0, "criteria": 1.0}
    )
    assert (
        form.read_pair_field(with_wrong, [2, 2]) is None
        and form.read_pair_field(with_wrong, [2, 2, 2])["wrong_answer"] == 1.0
    )


MADE = {"question": "Until when did the Orrin mill grind?", "answer": "Until 1931.", "criteria": ["States 1931"]}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Until when did the Orrin mill grind?", ()),
        ({**MADE, "evidence": [2]}, ("The wheel is of oak.",)),
        ({**MADE, "evidence": [2, 1, 2]}, ("The wheel is of oak.", "It ground barley until 1931.")),
        ({**MADE, "evidence": ["until 1931"]}, ("until 1931",)),
        ({**MADE, "evidence": [3]}, None),
        ({**MADE, "evidence": [0]}, None),
        ({**MADE, "evidence": [True]}, None),
        ({**MADE, "evidence": 1}, None),
        ({**MADE, "criteria": [1], "evidence": [1]}, None),
        ([1], None),
        ("Not a question", None),
    ],
)
def test_evidence_is_named_by_its_numbers(given: object, kept: tuple[str, ...] | None) -> None:
    """A rewriting names the quotes it keeps; a number that no quote has makes it unusable, a copied quote does not."""
    told = {"evidence": ["It ground barley until 1931.", "The wheel is of oak."]}
    case = CurationCase(0, pair_of(1, **told), PairOrigin("", "mill", "", ""))
    read = RewritingForm(load([], []).curate, str).read_pair_field(case, given)
    assert (read and read.evidence) == kept


def test_the_only_quote_is_meant_whatever_its_number():
    """Models number the evidence on from one pair to the next; a pair of one quote leaves no doubt."""
    case = CurationCase(0, pair_of(1, evidence=["It ground barley until 1931."]), PairOrigin("", "mill", "", ""))
    read = RewritingForm(load([], []).curate, str).read_pair_field
    assert read(case, {**MADE, "evidence": [2]}).evidence == ("It ground barley until 1931.",)
    assert read(case, {**MADE, "evidence": [0]}) is None


def test_a_remark_counts_for_the_pair_it_names(run: Run) -> None:
    """Remarks are lines that begin with the pair's name; what names none costs the remark, not the marks."""
    remarks = [
        "p1: stiff",
        "2 which mill is open",
        'p1: "which mill" is open',
        "stiff",
        {"pair": 2},
        "p9: no such pair",
    ]
    marks = {"remarks": remarks, "p1": [2, 0], "p2": [2, 1]}

    def reply(_body: Json) -> str:
        return json.dumps(marks)

    run.curate(reply, pair_of(1), pair_of(2), curate__checks=["stand_alone", "worth"], curate__batch=2)
    said = {one.detail for one in run.rejected()}
    assert said == {'stiff; "which mill" is open', "which mill is open"}


def test_a_rewritten_pair_gets_a_wrong_answer_of_its_own(run: Run) -> None:
    """Without the number of which one was made, the changed old answer would be right."""
    told = {"answer": "The lever, at 60 turns.", "evaluation_criteria": ["Says what stops it"]}
    first = pair_of(1, question="What stops the Orrin mill?", **told)
    other = pair_of(2, question="What stops the Orrin water?", answer="The gate.", evaluation_criteria=["Names it"])
    new = {
        "question": "What does stop the Orrin mill?",
        "answer": "The lever.",
        "evidence": [],
        "evaluation_criteria": [],
    }

    def reply(body: Json) -> str:
        if asks_for(body) == "rewrite":
            return json.dumps({"p1": new})
        parts = ("natural", "criteria", "wrong_answer")
        return (judge(*parts, natural=0.0) if first.answer in said(body) else judge(*parts))(body)

    run.curate(reply, first, other, curate__checks=["natural", "criteria"])
    asked = [pair for body in run.server.requests if asks_for(body) == "apart" for pair in shown(body).values()]
    wrong = [pair["Wrong answer"] for pair in asked if pair["Answer"].startswith("The lever")]
    assert wrong == ["The lever, at 71 turns.", "The gate."]


def test_a_rewriting_may_drop_the_pair(run: Run) -> None:
    """Without a question in its place the pair is rejected as it was, and not asked about again."""
    stiff = judge(natural=0.0)
    stiff.rewritten = ""
    run.curate(stiff, pair_of(1))
    assert [one.reason for one in run.rejected()] == ["natural"] and run.kept() == []
    assert [asks_for(body) for body in run.server.requests] == ["apart", "rewrite"]


def test_a_wrong_answer_has_other_numbers_or_names() -> None:
    """The wrong answer keeps the form and changes each number, else paths and codes; names in words may be of any kind,
    so that another pair's answer stands for them.
    """
    assert wrong_answer(pair_of(1), "other", "en") == "It ground barley until 1928."
    assert wrong_answer(pair_of(1, answer="It ground barley."), "other", "en") == "other"
    told = {"evidence": ["The host is Port Ellary; Tarn Quay stands in. It logs to /var/log, never to /tmp."]}
    assert wrong_answer(pair_of(1, answer="It is Port Ellary.", **told), "other", "en") == "other"
    assert wrong_answer(pair_of(1, answer="To /var/log.", **told), "other", "en") == "To /tmp."
    marked = {"evidence": ["<pre><code>tide mill up -d</code></pre>"]}
    assert wrong_answer(pair_of(1, answer="With tide mill up -d.", **marked), "other", "en") == "other"
    linked = {"evidence": ["The two ways are [sc.exe](#scexe) or [WinSW](#winsw)."]}
    assert wrong_answer(pair_of(1, answer="sc.exe and WinSW.", **linked), "other", "en") == "other"
    bracket = {"evidence": ["Set it below [output.sails or output.sails]."], "question": "Below what is it set?"}
    assert wrong_answer(pair_of(1, answer="Below [output.sails].", **bracket), "other", "en") == "other"
    acronym = {"evidence": ["A URL or an URI or the DNS."], "question": "What is it?"}
    assert wrong_answer(pair_of(1, answer="The URL.", **acronym), "other", "en") == "The DNS."
    assert (
        wrong_answer(pair_of(1, answer="For 6 days, unless 16.3 applies."), "", "en")
        == "For 5 days, unless 16.3 applies."
    )
    assert wrong_answer(pair_of(1, answer="No, it ground barley until 1931."), "other", "en") == "Yes."
    option = {"answer": "Grind --speed 60 barley.grain, --pages '2, 3'.", "evidence": ["grind --speed 60 barley.grain"]}
    assert wrong_answer(pair_of(1, **option), "other", "en") == "other"
    assert "71" in wrong_answer(pair_of(1, **option, evaluation_criteria=["Sets the speed to 60"]), "other", "en")


def test_a_wrong_answer_is_shown_only_where_words_do_not_settle_it() -> None:
    """Where a criterion names a number or a word of the right answer that the wrong one lacks, no model is asked."""
    assert undecided_wrong_answer(pair_of(1), "It ground barley until 1928.", "en") == ""
    wheel = pair_of(1, question="How is the wheel stopped?", answer="By dropping the penstock.")
    for criterion, needed in [("Names the penstock", False), ("Is an answer", True), ("Names no other penstock", True)]:
        judged = msgspec.structs.replace(wheel, evaluation_criteria=[criterion])
        assert bool(undecided_wrong_answer(judged, "By closing the gates.", "en")) == needed


def test_a_complaint_that_is_mistaken_is_heard_by_the_judge(run: Run) -> None:
    """Of a pair with an objection nothing changes: the judge sees both sides, and its second mark decides."""
    first = pair_of(1)

    def reply(body: Json, convinced: bool = True) -> str:
        if asks_for(body) == "rewrite":
            return json.dumps({"p1": {"keep": "people say so at mills"}})
        is_heard = "Objection to it: people say so at mills" in said(body)
        if is_heard:
            assert "Complaint: the judge says so" in said(body)
        return (judge() if is_heard and convinced else judge(natural=0.0))(body)

    run.curate(reply, first)
    (kept,) = run.kept()
    assert (kept.question, kept.original_question) == (first.question, "")
    assert kept.checks["natural"]["before"]["objection"] == "people say so at mills"
    assert "Kept against a complaint" in run.page and "the judge says so – people say so at mills" in run.page
    run.curate(lambda body: reply(body, convinced=False), pair_of(1, question="What did the Orrin mill grind in 1930?"))
    assert [one.reason for one in run.rejected()] == ["natural"] and run.kept() == []


def test_a_model_that_objects_to_most_pairs_is_not_believed(run: Run) -> None:
    """Two of two are waved through by nobody who looked: they are rejected for what they failed."""
    waving = judge(natural=0.0)
    waving.rewritten = {"keep": "fine"}  # type: ignore[assignment]
    run.curate(waving, *many(2))
    assert [one.reason for one in run.rejected()] == ["natural"] * 2
    assert [asks_for(body) for body in run.server.requests] == ["apart", "rewrite"]


@pytest.mark.parametrize(
    ("given", "changed"),
    [
        ({"answer": "Barley, until 1931."}, {"answer": "Barley, until 1931."}),
        ({"criteria": ["Names 1931"]}, {"evaluation_criteria": ["Names 1931"]}),
        (
            {"question": "", "answer": "", "evidence": [], "criteria": ["Names 1931"]},
            {"evaluation_criteria": ["Names 1931"]},
        ),
    ],
)
def test_a_rewriting_may_change_one_part_alone(run: Run, given: Json, changed: Json) -> None:
    """Answer or criteria; what the object leaves out, or empty, stays, and the question is not said to have changed."""
    first = pair_of(1)

    def reply(body: Json) -> str:
        if asks_for(body) == "rewrite":
            return json.dumps({"p1": given})
        was_rewritten = any(asks_for(request) == "rewrite" for request in run.server.requests)
        return judge(natural=1.0 if was_rewritten else 0.0)(body)

    run.curate(reply, first)
    (kept,) = run.kept()
    parts = ("question", "answer", "evidence", "evaluation_criteria")
    assert {name: getattr(kept, name) for name in parts if getattr(kept, name) != getattr(first, name)} == changed
    assert kept.original_question == "" and bool(kept.original_answer) == ("answer" in changed)
