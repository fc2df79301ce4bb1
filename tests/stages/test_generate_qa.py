"""generate_qa.py from the command line, against a scripted OpenRouter: what it asks, keeps, counts and says."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest

from groundwork.data_folder.read_write import read_jsonl
from groundwork.data_folder.runs.run_files import MERGED
from groundwork.questions.document_interviews import prompt_files
from groundwork.records import Pair
from groundwork.settings.config_files import load
from groundwork.stages.generate_qa import main
from tests.questions.scripted_writer import ENGINE, Json, Writer, pair, pairs, part, said, sentences
from tests.stages.mill_run import RUN, Mill, chunk_of, once


def test_it_asks_until_nothing_new_comes(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    """Iterations go on until nothing is open, and none is made that could only be empty; log and coverage file hold the
    curve, pairs their iteration.
    """
    assert mill.run(Writer(per_call=2)) == 0
    assert "chunk 1: 2 + 2 + 1 " in capsys.readouterr().err
    assert [one.iteration for one in mill.pairs] == [1, 1, 2, 2, 3]
    run = mill.coverage.runs[0]
    assert (run.new, run.ended, run.calls, run.coverage[-1]) == ([2, 2, 1], "exhausted", 3, 1.0)
    assert mill.coverage.sentences == mill.coverage.numbers == 1.0


def test_a_pair_holds_what_a_grader_needs(mill: Mill) -> None:
    """Question, 1 to 6 criteria, answer, evidence, place and model are all there, and ids are unique."""
    mill.run(Writer())
    first = mill.pairs[0]
    assert first.question.endswith("?") and 1 <= len(first.evaluation_criteria) <= 6 and first.evidence
    assert (first.document, first.chunk, first.model) == ("mill", "mill-0", "google/gemini-2.5-flash")
    assert len({one.id for one in mill.pairs}) == len(mill.pairs)


def test_later_iterations_see_questions_and_gaps(mill: Mill) -> None:
    """From the second iteration on the prompt lists the questions so far and what they leave untouched."""
    mill.run(Writer(per_call=4))
    first, second = (said(body) for body in mill.server.requests[:2])
    assert "Questions asked so far" not in first and "Parts of the chunk" not in first
    assert "- What is told about the Orrin mill: The wheel of the Orrin tide mill measures ...?" in second
    assert "1. Visitors may see the grinding stones on Sundays." in second.split("covers yet")[1]


def test_without_gaps_none_are_shown(mill: Mill) -> None:
    """qa.show_gaps off is the plain loop."""
    mill.run(Writer(per_call=4), qa__show_gaps=False)
    assert not any("Parts of the chunk" in said(body) for body in mill.server.requests)


def test_the_beginning_of_the_prompt_stays_the_same(mill: Mill) -> None:
    """All calls of a document share system turn and head, which endpoints bill at a fraction."""
    mill.run(Writer(per_call=4))
    one, two = mill.server.requests[:2]
    assert one["messages"][0] == two["messages"][0]
    assert said(one).split("Write at most")[0] == said(two).split("Questions asked so far")[0]


@pytest.mark.parametrize(
    ("settings", "ended", "calls"),
    [
        ({"qa__stop": "coverage", "qa__target_coverage": 0.6}, "coverage", 2),
        ({"qa__stop": "fixed", "qa__max_iterations": 5}, "fixed", 5),
        ({"qa__iterate": False}, "fixed", 1),
        ({"qa__limit": 3}, "limit", 2),
        ({"qa__questions": 3}, "limit", 2),
        ({"qa__questions": 2, "qa__iterate": False}, "limit", 1),
    ],
)
def test_what_ends_a_chunk(mill: Mill, settings: dict[str, Any], ended: str, calls: int) -> None:
    """qa.stop, qa.iterate and qa.limit each end the loop where they say, and the record names which did."""
    mill.run(Writer(per_call=2), **settings)
    assert (mill.coverage.runs[0].ended, mill.coverage.calls) == (ended, calls)


def test_a_chunk_cut_short_is_told(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    """When max_iterations ends a chunk that still gave new pairs, the ledger names the setting to raise."""
    mill.run(Writer(per_call=1), qa__max_iterations=2)
    assert mill.coverage.runs[0].ended == "max_iterations"
    assert "--set qa.max_iterations=4" in capsys.readouterr().out


def replying(*replies: Json) -> Writer:
    """A model that gives these replies one after the other, then empty ones."""
    return Writer(wrong=lambda n, _: json.dumps(replies[n - 1] if n <= len(replies) else {"pairs": []}))


def test_gaps_can_be_declined(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    """What the model declines, by the number that it was shown under, is told apart and never shown again."""
    first = pair("The wheel of the Orrin tide mill measures 6 metres.")
    other = pair("The Orrin mill ground barley until 1931.")
    mill.run(
        replying(
            {"pairs": [first], "declined": ["1: nothing was shown yet"]},
            {"pairs": [other], "declined": ["4: opening hours", "99: no such gap", "not a number"]},
        )
    )
    spans = [one for one in mill.coverage.chunks[0].spans if one.declined]
    assert [ENGINE[one.start : one.end] for one in spans] == ["Visitors may see the grinding stones on Sundays."]
    assert [one.declined for one in spans] == ["opening hours"]
    assert mill.coverage.declined == round(1 / len(mill.coverage.chunks[0].spans), 4)
    second, third = (said(body).split("covers yet")[1] for body in mill.server.requests[1:3])
    assert "4. Visitors" in second and "Visitors" not in third
    assert "declined" in capsys.readouterr().out


def test_a_model_that_says_it_is_done_ends_the_chunk(mill: Mill) -> None:
    """Once the gaps were shown; what of them it did not ask about then counts as declined."""
    mill.run(
        replying(
            {"pairs": [pair("The Orrin mill ground barley until 1931.")], "done": True}, {"pairs": [], "done": True}
        )
    )
    run = mill.coverage.runs[0]
    assert (run.new, run.ended, run.calls) == ([1, 0], "done", 2)
    assert all(
        one.touched_by or one.declined == "nothing worth asking is left" for one in mill.coverage.chunks[0].spans
    )


def test_all_gaps_are_put_to_a_model_that_says_it_is_done(mill: Mill, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are: what no call had room to show is not declined by a reply to others."""
    monkeypatch.setattr("groundwork.questions.shown_gaps.MAX_SHOWN_GAPS", 2)
    done = {"pairs": [], "done": True}
    mill.run(replying({"pairs": [pair("The Orrin mill ground barley until 1931.")], "done": True}, done, done))
    shown = [re.findall(r"^\d\. (.+)$", said(body), re.MULTILINE) for body in mill.server.requests]
    assert [len(gaps) for gaps in shown] == [0, 2, 2] and len({*shown[1], *shown[2]}) == 4
    assert (mill.coverage.runs[0].ended, mill.coverage.runs[0].calls) == ("done", 3)


def test_a_correction_begins_as_its_round_did_and_asks_for_no_more(mill: Mill) -> None:
    """Endpoints bill the same beginning at a fraction; questions so far and the demand for new pairs are left out."""
    good, faulty = (pair(one) for one in sentences(ENGINE)[:2])
    mill.run(replying({"pairs": [good]}, {"pairs": [{**faulty, "evidence": ["It is said so."]}]}))
    asked = next(body for body in mill.server.requests if said(body).startswith("Some of these pairs"))
    first, second = mill.server.requests[:2]
    system, chunk, reply = (turn["content"] for turn in asked["messages"][:3])
    assert system == first["messages"][0]["content"] and said(second).startswith(chunk) and chunk.endswith("</chunk>")
    assert list(json.loads(reply)) == ["pairs"]


def test_a_document_that_contradicts_itself_is_told(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    """What the model says of it stands in the coverage file once, and is a warning."""
    said_so = "The gate opens two hours after high water, by the summary three."
    good = pair("The Orrin mill ground barley until 1931.")
    mill.run(replying({"pairs": [good], "contradictions": [said_so, " "]}, {"pairs": [], "contradictions": [said_so]}))
    assert [(one.chunk, one.text) for one in mill.coverage.contradictions] == [("mill-0", said_so)]
    assert (
        f"chunk 1: the text contradicts itself or its summary, which can be edited by hand: {said_so}"
        in capsys.readouterr().out
    )


def test_a_gap_is_shown_twice_at_most(mill: Mill) -> None:
    """What is neither asked about nor declined stays open, and is not pressed upon the model for ever."""
    made = [pair(one) for one in sentences(ENGINE)[:4]]
    mill.run(replying(*({"pairs": [one]} for one in made)), qa__max_iterations=9)
    shown = ["Visitors may" in said(body).partition("covers yet")[2] for body in mill.server.requests]
    assert shown == [False, True, True]
    assert mill.coverage.runs[0].ended == "exhausted" and mill.coverage.declined == 0


def test_a_round_that_is_mostly_not_worth_asking_ends_the_chunk(mill: Mill) -> None:
    """Pursuing gaps does not pay any more; the pairs are rejected with the reason, without a correction turn."""
    good = pair("The wheel of the Orrin tide mill measures 6 metres.")
    barley = "The Orrin mill ground barley until 1931."
    poor = pair(barley, question="Which chapter of the guide describes the Orrin mill?", answer="The first.")
    given = pair(barley, question="What did the barley mill at Orrin grind?", answer="Barley.")
    mill.run(replying({"pairs": [good]}, {"pairs": [poor, given]}))
    assert mill.coverage.runs[0].ended == "not worth more" and len(mill.server.requests) == 2
    assert mill.reasons() == ["worth"] and mill.coverage.rejected == {"worth": 2}


def test_limit_and_run_name(mill: Mill) -> None:
    """--limit caps the pairs of a document over its chunks, --run names the folder."""
    mill.write(chunk_of(ENGINE), chunk_of(ENGINE.replace("Orrin", "Sarn"), 1))
    assert mill.run(Writer(per_call=9), "--limit", "4", "--run", "Small Run") == 0
    kept = read_jsonl(mill.root / "qa" / "small-run" / "mill.jsonl", Pair)
    assert [one.chunk for one in kept] == ["mill-0"] * 2 + ["mill-1"] * 2


def test_one_round_without_iterate(mill: Mill) -> None:
    """As the settings are, each chunk is asked about once; --max-iterations and --skip-tables are settings as flags."""
    assert load().qa.iterate is False
    flags = main.parse(["--iterate", "--max-iterations", "3", "--questions", "5", "--skip-tables"])
    found = load((), flags.assignments).qa
    assert (found.iterate, found.max_iterations, found.questions, found.skip_tables) == (True, 3, 5, True)
    mill.write(chunk_of(ENGINE), chunk_of(ENGINE.replace("Orrin", "Sarn"), 1))
    mill.run(Writer(per_call=4), "--questions", "4", qa__iterate=False)
    assert all("Write at most 4 new" in said(body) for body in mill.server.requests)
    assert len(mill.server.requests) == 2


def test_a_test_run_takes_two_chunks_of_one_document(mill: Mill) -> None:
    """--test asks about two chunks and writes below data/test."""
    mill.write(*(chunk_of(ENGINE, i) for i in range(4)))
    (mill.root / "chunks" / "other.jsonl").write_bytes((mill.root / "chunks" / "mill.jsonl").read_bytes())
    assert mill.run(Writer(), "--test", qa__iterate=False) == 0
    written = list((mill.root / "test" / "qa" / RUN).glob("*.jsonl"))
    assert [path.name for path in written] == ["mill.jsonl"]
    assert {one.chunk for one in read_jsonl(written[0], Pair)} == {"mill-0", "mill-1"}
    assert not (mill.root / "qa").exists()


def test_tables_and_marked_chunks_can_be_left_out(mill: Mill) -> None:
    """qa.skip_tables and qa.skip_marked leave chunks out; no call is made for them."""
    mill.write(chunk_of(ENGINE, 0, skip="contents"), chunk_of("| a | b |\n|---|---|\n| c | d |", 1, kind="table"))
    assert mill.run(Writer(), qa__skip_tables=True) == 0
    assert mill.server.requests == []


def test_nothing_to_ask_is_no_failure(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty first reply is recorded as empty, with exit code 0, and not asked again by the next run."""
    assert mill.run(lambda _: pairs()) == 0
    assert "1 empty" in capsys.readouterr().out and mill.pairs == []
    mill.run(lambda _: pairs())
    assert len(mill.server.requests) == 1


def test_a_chunk_that_is_only_a_title_costs_no_call(mill: Mill) -> None:
    """What holds no statement is not asked about."""
    mill.write(chunk_of("# Orrin\n\nThe Tide Mill\n"), chunk_of(ENGINE, 1))
    mill.run(lambda _: pairs())
    assert len(mill.server.requests) == 1
    assert [run.ended for run in mill.coverage.runs] == ["nothing said", "exhausted"]


def test_prose_fails_the_chunk_and_not_the_others(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    """A chunk whose replies stay prose is a failure in the ledger, exit code 1; other chunks keep their pairs."""
    mill.write(chunk_of(ENGINE), chunk_of(ENGINE.replace("Orrin", "Sarn"), 1))
    good = Writer(per_call=9)
    assert mill.run(lambda body: "Here are some questions!" if "Sarn" in part(body, "chunk") else good(body)) == 1
    assert {one.chunk for one in mill.pairs} == {"mill-0"}
    assert "chunk 2" in capsys.readouterr().out
    assert mill.coverage.runs[1].ended == "invalid reply"


def test_a_failed_chunk_is_made_up_for(mill: Mill) -> None:
    """The next run asks anew only what failed; what was paid for is read from the journal."""
    mill.write(chunk_of(ENGINE), chunk_of(ENGINE.replace("Orrin", "Sarn"), 1))
    good = Writer(per_call=9)
    mill.run(lambda body: "no" if "Sarn" in part(body, "chunk") else good(body))
    before = len(mill.server.requests)
    assert mill.run(good) == 0
    assert all("Sarn" in part(body, "chunk") for body in mill.server.requests[before:])
    assert len(mill.pairs) == 10


def test_damaged_chunks_fail_by_name(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    """A chunk file that is no chunk file is a failure that names file and line, and nothing is written."""
    (mill.root / "chunks" / "mill.jsonl").write_text('{"id": 1}\n')
    assert mill.run(Writer()) == 1
    assert "mill.jsonl, line 1" in capsys.readouterr().out
    assert not (mill.root / "qa" / RUN / "mill.jsonl").exists()


def test_a_dry_run_asks_nothing(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    """--dry-run tells calls and tokens without a call."""
    assert mill.run(Writer(), "--dry-run") == 0
    assert mill.server.requests == [] and "3 calls" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("strategy", "prompt"), [("batch", "generate_qa.md"), ("sentence", "small_model/generate_qa_sentence.md")]
)
def test_a_limit_below_the_number_of_chunks_is_foretold(
    mill: Mill, capsys: pytest.CaptureFixture[str], strategy: str, prompt: str
) -> None:
    """A chunk whose share of qa.limit is none takes no call, in the forecast too."""
    short = "The wheel of Orrin was rebuilt in oak. It has 24 buckets."
    mill.write(chunk_of(ENGINE), chunk_of(short, 1))
    assert (
        mill.run(Writer(), "--dry-run", qa__limit=1, qa__iterate=False, qa__strategy=strategy, qa__prompt=prompt) == 0
    )
    assert " 1 call" in capsys.readouterr().out.splitlines()[-1]


def test_an_unknown_prompt_is_named(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    """A prompt that does not exist is a usage error that names the nearest one."""
    assert mill.run(Writer(), qa__prompt="generate_q.md") == 2
    assert "generate_qa.md" in capsys.readouterr().err


def test_two_chunks_are_asked_about_together(mill: Mill) -> None:
    """qa.multi_chunk keeps pairs with evidence from both chunks, names the second, and turns one-sided pairs down."""
    flood = "The Orrin mill burned in the flood year of 1887. The miller of Orrin rebuilt the wheel in oak."
    mill.write(chunk_of(ENGINE), chunk_of(flood, 1))
    both = pair(
        "The wheel of the Orrin tide mill measures 6 metres.",
        question="Of which wood is the wheel of the Orrin tide mill, which measures 6 metres?",
        answer="Of oak.",
        evidence=[
            "The wheel of the Orrin tide mill measures 6 metres.",
            "The miller of Orrin rebuilt the wheel in oak.",
        ],
    )
    one_sided = pair("The Orrin mill ground barley until 1931.")

    def model(body: Json) -> str:
        return pairs(both, one_sided) if "needs two chunks" in body["messages"][0]["content"] else pairs()

    assert mill.run(model, qa__multi_chunk=True) == 0
    assert [(one.chunk, one.also, one.answer) for one in mill.pairs] == [("mill-0", ["mill-1"], "Of oak.")]
    assert [one.detail for one in mill.rejected] == ["no evidence from chunk 2"]


@pytest.mark.parametrize(
    ("changed", "used"),
    [
        ({}, ["generate_qa.md", "correct_qa.md"]),
        ({"correct": False}, ["generate_qa.md"]),
        ({"strategy": "sentence", "multi_chunk": True}, ["generate_qa.md", "generate_qa_two_chunks.md"]),
        ({"strategy": "sentence", "round_trip": True}, ["generate_qa.md", "small_model/round_trip.md"]),
    ],
)
def test_only_prompts_in_use_make_a_run_stale(changed: Json, used: list[str]) -> None:
    """An edited prompt redoes the runs that it went into, and no other."""
    settings = msgspec.structs.replace(load().qa, **changed)
    assert prompt_files(settings) == used


def test_evidence_copied_from_the_gaps_is_found_in_the_chunk(mill: Mill) -> None:
    """A row shown in words and an item shown behind its lead are quoted as they were shown, and kept as they stand."""
    text = "The Orrin mill may only grind when:\n\n- the pond is full;\n\n"
    mill.write(chunk_of(f"{text}| Stone | Grain |\n|---|---|\n| granite | barley |\n"))
    item, row = "The Orrin mill may only grind when: the pond is full;", "Stone: granite; Grain: barley"
    asked = [
        pair(item, question="When may the Orrin mill grind?", answer="When the pond is full."),
        pair(row, question="Which grain do the granite stones of the Orrin mill grind?", answer="Barley."),
    ]

    def model(n: int, body: Json) -> str:
        assert n == 1 or all(shown in said(body) for shown in (item, row))
        return pairs(*asked) if n == 2 else pairs()

    mill.run(Writer(wrong=model), qa__correct=False, qa__stop="fixed", qa__max_iterations=2)
    assert [one.evidence for one in mill.pairs if one.iteration == 2] == [
        ["the pond is full;"],
        ["| granite | barley |"],
    ]


def test_a_run_needs_a_name(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    """--run with spaces alone names no folder, and none is made."""
    assert mill.run(once(pairs()), "--run", "   ") == 2
    assert "names no run" in capsys.readouterr().err
    assert not (mill.root / "qa").exists()


def test_no_model_of_the_same_name_replaces_the_run_of_another_maker(
    mill: Mill, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both would be `gemini-2.5-flash`: the second is told to name its run, unless it is to replace the first."""
    mill.run(Writer())
    before = mill.pairs
    assert mill.run(Writer(), qa__model="acme/gemini-2.5-flash") == 2
    told = capsys.readouterr().err
    assert "holds the pairs of google/gemini-2.5-flash, and acme/gemini-2.5-flash would replace them" in told
    assert "--run acme-gemini-2.5-flash" in told and mill.pairs == before
    assert mill.run(Writer(), "--run=acme-gemini-2.5-flash", qa__model="acme/gemini-2.5-flash") == 0
    assert mill.pairs == before
    assert mill.run(Writer(), qa__model="gemini-2.5-flash") == 0, "without a maker: as the maker's own endpoint has it"
    assert mill.run(Writer(), "--force", qa__model="acme/gemini-2.5-flash") == 0
    assert {pair.model for pair in mill.pairs} == {"acme/gemini-2.5-flash"}


def test_a_run_that_a_merge_has_made_is_not_written_over(mill: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    """Its pairs are of several runs; with --force it is meant."""
    mill.run(Writer(), "--run=both")
    (mill.root / "qa" / "both" / MERGED).write_text("{}")
    assert mill.run(Writer(), "--run=both", qa__batch=3) == 2
    assert "is made by merge and would be lost; name another --run" in capsys.readouterr().err
    assert mill.run(Writer(), "--run=both", "--force") == 0
