"""What benchmarks/teaching.py counts: equal tokens for each dataset, and the table of its trainings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.learning import own_and_further
from benchmarks.learning_curve import Recipe, example, trained_tokens
from benchmarks.teaching import key_of, named, plan_of, points_of
from benchmarks.teaching_arms import EXAMINER, arms
from benchmarks.teaching_report import Training, contents, said_by_one_row, table
from groundwork.data_folder.read_write import write_jsonl
from groundwork.data_folder.workspace import Workspace
from groundwork.dataset.load_dataset import QuestionRow
from groundwork.errors import UsageError


@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=12), tokens=st.integers(1, 200), batch=st.integers(1, 5)
)
def test_a_plan_ends_with_the_step_that_reaches_the_tokens(lengths, tokens, batch):
    """All rows are passed over again and again; without the last step the tokens are not reached."""
    examples = [made for length in lengths if (made := example([1, 2], [7] * length, 99))]
    plan = plan_of(examples, batch, 1, tokens)
    seen = [trained_tokens([examples[place] for place in places]) for places in plan]
    assert sum(seen) >= tokens > sum(seen[:-1])
    steps = -(-len(examples) // batch)
    for start in range(0, len(plan) - steps + 1, steps):
        assert sorted(place for places in plan[start : start + steps] for place in places) == list(range(len(examples)))


def test_rows_without_an_answer_give_no_steps():
    """There is nothing to train on, and the plan ends."""
    assert plan_of([], 8, 1, 100) == []


@given(steps=st.integers(1, 500), points=st.integers(1, 12))
def test_the_last_step_is_measured_and_none_twice(steps, points):
    """The points lie in order among the steps, whatever their number."""
    found = points_of(steps, points)
    assert max(found) == steps and min(found) >= 1
    assert list(found.values()) == sorted(set(found.values()))


def row(question, answer="x", split="train"):
    return QuestionRow(id=question, question=question, answer=answer, split=split)


def test_another_answer_is_another_training():
    """A finished training counts for the same rows, tests and recipe only."""
    recipe, tests = Recipe("m"), {"t": [row("b")]}
    key = key_of([row("a")], tests, recipe, "s", 9, 2)
    assert key == key_of([row("a")], {"t": [row("b")]}, Recipe("m"), "s", 9, 2)
    others = [
        key_of([row("a", "y")], tests, recipe, "s", 9, 2),
        key_of([row("a")], {"t": [row("c")]}, recipe, "s", 9, 2),
        key_of([row("a")], tests, Recipe("m", batch=4), "s", 9, 2),
        key_of([row("a")], tests, recipe, "other", 9, 2),
        key_of([row("a")], tests, recipe, "s", 8, 2),
    ]
    assert len({key, *others}) == 6


def test_differences_are_taken_seed_by_seed():
    """Two seeds that differ much but by the same from the first dataset's give a narrow interval of the difference."""

    def training(name, seed, end):
        return Training(name, seed, "", [0, 10], {"t": [4.0, end]}, {"t": 0.5})

    trainings = [training("one", 1, 2.0), training("one", 2, 3.0), training("two", 1, 1.5), training("two", 2, 2.5)]
    head, first, second = table("t", trainings, {"one": [row("a")], "two": [row("a"), row("b")]})
    assert head.split()[:3] == ["dataset", "rows", "tokens"]
    assert "2.50 (-3.85 to 8.85)" in first and "  -  " in first and "50 (50 to 50) %" in first
    assert "-0.50 (-0.50 to -0.50)" in second


def test_train_is_trained_on_where_there_are_splits(tmp_path):
    """Rows of other splits stay out; a file without splits counts whole; a bare name is refused."""
    write_jsonl(tmp_path / "pairs" / "train.jsonl", [{"id": "1", "question": "q", "answer": "a"}])
    write_jsonl(tmp_path / "pairs" / "eval.jsonl", [{"id": "2", "question": "r", "answer": "a"}])
    write_jsonl(tmp_path / "all.jsonl", [{"id": "3", "question": "s", "answer": "a"}])
    found = named([f"ours={tmp_path}/pairs", f"all={tmp_path}/all.jsonl"], Workspace(tmp_path))
    assert {name: [row.question for row in rows] for name, rows in found.items()} == {"ours": ["q"], "all": ["s"]}
    with pytest.raises(UsageError, match="NAME=DATASET"):
        named(["pairs"], Workspace(tmp_path))


def test_the_packaged_pairs_differ_by_what_is_compared():
    """Copies stand for rows of ours, K - 1 of each at the most, and no question of the examiner is trained on."""
    found = arms()
    assert next(iter(found)) == "groundwork" and all(found.values())
    ids = {name: {row.id for row in rows} for name, rows in found.items()}
    ours = ids["groundwork"]
    assert ids["first-iteration"] < ours < ids["phrasings-2"] < ids["phrasings-4"]
    for name, most in (("phrasings-2", 2), ("phrasings-4", 4)):
        copies = [one.split("~") for one in ids[name] - ours]
        assert {row for row, _ in copies} <= ours and {int(number) for _, number in copies} == set(range(2, most + 1))
    (asked,) = named([f"t={EXAMINER}"], Workspace(EXAMINER.parent)).values()
    assert len(asked) == 60 and all(row.evaluation_criteria for row in asked)
    trained = {row.question for rows in found.values() for row in rows}
    assert not trained & {row.question for row in asked}


def test_criteria_met_are_compared_over_the_questions():
    """The interval of the difference comes from the questions; one that only one of them was graded on is left out."""

    def training(name, seed, shares):
        score = sum(shares.values()) / len(shares)
        return Training(name, seed, "", [0, 10], {"t": [4.0, 2.0]}, {"t": score}, {"t": shares})

    trainings = [
        training("one", 1, {"a": 0.0, "b": 0.5, "c": 0.5}),
        training("one", 2, {"a": 0.0, "b": 0.5, "c": 0.5}),
        training("two", 1, {"a": 0.0, "b": 0.5}),
        training("two", 2, {"a": 0.2, "b": 0.7}),
    ]
    head, first, second = table("t", trainings, {"one": [row("a")], "two": [row("a")]})
    assert head.endswith("points less the first's") and first.endswith("-")
    assert second.endswith("+10.0 (+10.0 to +10.0)")


def test_further_arguments_go_to_the_judge():
    """What stands after `--` is for grade.py, whatever values its flags take."""
    assert own_and_further(["a=b", "--judge", "m", "--", "--config", "x"]) == (
        ["a=b", "--judge", "m"],
        ["--config", "x"],
    )
    assert own_and_further(["--quick"]) == (["--quick"], [])


def test_what_datasets_hold_is_told_without_training():
    """Half of the words and numbers in one row and half in another are half: the nearest row alone counts."""
    test = [row("How far?", "A lap of 2,500 m on Course A")]
    apart = [row("How long is it?", "2500 m"), row("Where?", "A lap on the course")]
    assert 0 < said_by_one_row(test, apart) < 1
    assert said_by_one_row(test, [row("What of course A?", "Its lap measures 2,500 m")]) == 1
    assert said_by_one_row(test, [row("Who pays?", "The club")]) == 0
    trained = Training("few", 1, "", [0, 60], {"t": [4.0, 2.0]})
    assert contents(test, [trained], {"few": apart}, {"few": 20})[1].split()[:3] == ["few", "10.0", "3.0"]
