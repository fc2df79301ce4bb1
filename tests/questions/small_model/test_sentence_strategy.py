"""The strategy for small models: what it asks about, how it checks, what it makes of an answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from groundwork.data_folder.read_write import read_json, read_jsonl, write_jsonl
from groundwork.questions.small_model.criteria_from_answer_clauses import (
    category_from_wording,
    criteria_from_answer,
    difficulty_from_answer,
)
from groundwork.questions.small_model.question_targets import (
    QuestionTarget,
    group_targets,
    simplify_target_text,
    spread_targets,
    target_importance,
)
from groundwork.questions.small_model.sentence_strategy import (
    answer_or_row_cells,
    name_document,
    without_column_names,
)
from groundwork.records import Chunk, DocumentCoverage, Pair, Rejected
from groundwork.settings.config_files import CONFIG_DIR
from groundwork.stages.generate_qa import main
from tests.chunks import reading_of
from tests.fake_openrouter import FakeOpenRouter

HARBOUR = """Boats in the harbour of Sarn must:
- show a light after sunset
- carry a horn of brass

The quay of Sarn is 90 metres long. It was built by the "Sarn Stone Company".

| Berth | Length | Fee | Owner |
|---|---|---|---|
| North | 12 m | 40 | Anna Holm |
| South | 8 m | 25 | Per Lund |
"""


def targets_of(text: str, turn: int = 0) -> list[QuestionTarget]:
    reading = reading_of(text)
    return group_targets(reading.statements, reading, turn)


def plain(text: str, turn: int = 0) -> list[str]:
    return [target.plain for target in targets_of(text, turn)]


def test_targets_are_statements_lists_and_parts_of_rows() -> None:
    """A list is one target with its lead, a sentence goes with those it points back to, a row is asked cell by cell."""
    assert plain(HARBOUR) == [
        "Boats in the harbour of Sarn must: show a light after sunset; carry a horn of brass",
        "The quay of Sarn is 90 metres long. It was built by the 'Sarn Stone Company'.",
        "North (Berth): Length: 12 m",
        "South (Berth): Fee: 25",
    ]
    assert "North (Berth): Fee: 40" in plain(HARBOUR, turn=1)


def test_quotes_and_markup_do_not_reach_a_small_model() -> None:
    """Double quotes become single ones, emphasis goes, so that the model's JSON stays whole."""
    assert simplify_target_text('a **"pull"** and “brick”') == "a 'pull' and 'brick'"


def test_a_cap_is_spread_over_the_text_by_importance() -> None:
    """Of each even stretch the most important target is taken: numbers, rows, lists before plain words."""
    found = targets_of(HARBOUR)
    chosen = [target.plain for target in spread_targets(found, HARBOUR, 2)]
    assert chosen == [found[0].plain, "North (Berth): Length: 12 m"]
    plain_words = "The quay is old and it was made of brick."
    (alone,) = targets_of(plain_words)
    assert target_importance(found[2], HARBOUR) > target_importance(alone, plain_words)


def test_an_answer_that_repeats_its_row_is_cut_to_the_cells() -> None:
    """A small model copies a row with its name; the answer then is the cells, and other answers stay as they are."""
    row = targets_of(HARBOUR)[2]
    assert answer_or_row_cells("North (Berth): Length: 12 m; Fee: 40.", row) == "Length: 12 m."
    assert answer_or_row_cells("It is 12 m long.", row) == "It is 12 m long."


def test_column_names_in_brackets_are_taken_out() -> None:
    """What a model copies of the row's head loses the column's name."""
    row = targets_of(HARBOUR)[2]
    assert without_column_names("What does North (Berth) cost?", row) == "What does North cost?"


def test_a_question_about_something_else_is_turned_down(tmp_path: Path) -> None:
    """A question that shares next to nothing with its statement but the title's words is rejected."""
    strange = json.dumps({"answer": "The quay of Sarn is 90 metres long.", "question": "What is the purpose of Sarn?"})
    run(tmp_path, Small(quay=strange))
    (one,) = read_jsonl(tmp_path / "qa" / "small" / "rejected" / "sarn.jsonl", Rejected)
    assert one.detail == "the question is not about the statement"


def test_a_question_without_a_name_gets_the_title() -> None:
    """The title goes in front where the question shares no word with the title, and only there."""
    assert (
        name_document("How long is the quay?", "Harbour of Sarn")
        == "According to the Harbour of Sarn, how long is the quay?"
    )
    assert name_document("What is the rule?", "Rules of Sarn") == "According to the Rules of Sarn, what is the rule?"
    assert name_document("How long is Sarn's quay?", "Harbour of Sarn") == "How long is Sarn's quay?"


@pytest.mark.parametrize(
    ("question", "answer", "criteria"),
    [
        (
            "How long is the quay?",
            "The quay is 90 metres long.",
            ["States: 90 metres long"],
        ),
        (
            "How long is a skiff that is 1.8 m wide?",
            "If a skiff is 1.8 m wide, it is between 6.5 m and 6.7 m long.",
            ["States: between 6.5 m and 6.7 m long"],
        ),
        (
            "What happens after a false start?",
            "The race is stopped and the crew gets 30 s.",
            ["States: the race is stopped", "States: the crew gets 30 s"],
        ),
        (
            "What is the time limit for a repair?",
            "A repair may take 70 seconds. Whoever needs longer is replaced.",
            ["States: 70 seconds"],
        ),
        (
            "When are results posted?",
            "Results are posted, with every penalty, within 60 minutes of the last finish.",
            ["States: within 60 minutes of the last finish"],
        ),
        (
            "What must a junior do between races?",
            "A junior must rest for at least 60 minutes between two races.",
            ["States: must rest for at least 60 minutes between two races"],
        ),
        (
            "How old must a master be?",
            "A master must be 30 years old or older during the year in which the event ends.",
            ["States: must be 30 years old or older", "States: during the year in which the event ends"],
        ),
        (
            "What must be done to a boat after a repair of its planking?",
            "A boat must be measured again after any repair of its planking.",
            ["States: must be measured again"],
        ),
        (
            "What are the minimum width and length of a field?",
            "The minimum width is twenty-five (25) metres and the minimum length seventy (70) metres.",
            ["States: twenty-five (25) metres and the minimum length seventy (70) metres"],
        ),
        (
            "How many countries must register for a division at a world event?",
            "At a world event at least six countries must register. At a regional event at least four must register.",
            ["States: at least six countries must register"],
        ),
        (
            "How long may teams warm up before play goes on?",
            "Teams get ten minutes to warm up before play goes on, once they are allowed onto the field.",
            ["States: ten minutes to warm up", "States: once they are allowed onto the field"],
        ),
        ("What does a crew pay?", "A crew gives €24.", ["States: gives €24"]),
        ("Who owns it?", "Anna Holm.", ["States: Anna Holm"]),
        (
            "What must boats do?",
            "They must show a light after sunset; carry a horn of brass.",
            ["States: they must show a light after sunset", "States: carry a horn of brass"],
        ),
    ],
)  # fmt: skip
def test_criteria_hold_facts_of_the_answer(question: str, answer: str, criteria: list[str]) -> None:
    """Each criterion is a part of the answer that the question does not give away; none is negative."""
    assert criteria_from_answer(question, answer) == criteria


def test_difficulty_and_category_follow_from_the_wording() -> None:
    """Numbers asked for are numeric, conditions are conditions, several facts are harder than one."""
    assert category_from_wording("How long is the quay of Sarn?", "90 metres") == "numeric"
    assert category_from_wording("What happens if a boat has no horn?", "It pays.") == "condition"
    assert category_from_wording("How must a boat moor?", "Bow first.") == "procedure"
    assert category_from_wording("What is a berth?", "A place for a boat.") == "definition"
    assert [difficulty_from_answer(a) for a in ("Ninety.", "It pays if it has none.", "1 m, 2 m, 3 m, 4 m long")] == [
        "easy",
        "medium",
        "hard",
    ]


class Small:
    """A small model behind the fake: it answers with the statement; `wrong` replaces replies by a word in it."""

    def __init__(self, **wrong: str) -> None:
        self.wrong = wrong
        self.asked: list[str] = []

    def __call__(self, body: dict[str, Any]) -> str:
        asked = next(t["content"] for t in reversed(body["messages"]) if "Statement: " in t["content"])
        statement = asked.rpartition("Statement: ")[2].splitlines()[0]
        self.asked.append(statement)
        if "response_format" not in body:
            return "not answered."
        for word, reply in self.wrong.items():
            if word in statement:
                return reply
        said = statement.split()
        question = f"What holds in Sarn for {' '.join(said[: (len(said) + 1) // 2]).rstrip('.:;')}?"
        return json.dumps({"answer": statement.replace(";", " and"), "question": question})


def run(root: Path, model: Small, *flags: str) -> int:
    chunk = Chunk(id="sarn-0", document="sarn", index=0, kind="text", text=HARBOUR, start=0, end=len(HARBOUR), length=9)
    write_jsonl(root / "chunks" / "sarn.jsonl", [chunk])
    with FakeOpenRouter(reply=model).thread() as server:
        where = ["--config", str(CONFIG_DIR / "local.json"), f"--set=llm.base_url={server.url}"]
        return main(
            [
                "--data",
                str(root),
                *where,
                "--set=llm.max_concurrency=4",
                "--set=qa.max_iterations=1",
                "--run",
                "small",
                *flags,
            ]
        )


def test_one_call_a_target_and_evidence_by_construction(tmp_path: Path) -> None:
    """Each target is asked about once; evidence is its text, criteria and the rest are there, and all is covered."""
    model = Small()
    assert run(tmp_path, model) == 0
    pairs = read_jsonl(tmp_path / "qa" / "small" / "sarn.jsonl", Pair)
    assert len(model.asked) == len(pairs) == 4
    assert all(quote in HARBOUR for pair in pairs for quote in pair.evidence)
    assert all(1 <= len(pair.evaluation_criteria) <= 6 for pair in pairs)
    covered = read_json(tmp_path / "qa" / "small" / "coverage" / "sarn.json", DocumentCoverage)
    assert covered.sentences == covered.rows == 1.0


def test_what_a_small_model_invents_is_turned_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Invented words, a row that is not named, and prose each end in rejected/ or the ledger."""
    model = Small(
        quay=json.dumps(
            {"answer": "Emperor Maximilian financed everything.", "question": "Who financed the quay of Sarn?"}
        ),
        North=json.dumps({"answer": "The berth costs 40.", "question": "What does a berth in Sarn cost?"}),
        South="I do not know.",
    )
    assert run(tmp_path, model) == 1
    rejected = read_jsonl(tmp_path / "qa" / "small" / "rejected" / "sarn.jsonl", Rejected)
    assert sorted(one.reason for one in rejected) == ["dangling", "unsupported"]
    assert "invalid reply" in capsys.readouterr().out
    assert len(read_jsonl(tmp_path / "qa" / "small" / "sarn.jsonl", Pair)) == 1


def test_the_round_trip_turns_down_what_is_not_answered_again(tmp_path: Path) -> None:
    """With qa.round_trip each pair is answered again from its statement, and kept only if the answers agree."""
    assert run(tmp_path, Small(), "--set", "qa.round_trip=true") == 0
    rejected = read_jsonl(tmp_path / "qa" / "small" / "rejected" / "sarn.jsonl", Rejected)
    assert {one.reason for one in rejected} == {"round trip"} and len(rejected) == 4


def test_a_cap_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """qa.limit asks about so many targets and the log says how to get all."""
    model = Small()
    run(tmp_path, model, "--limit", "2")
    assert len(model.asked) == 2
    assert "at most 2 pairs" in capsys.readouterr().err
