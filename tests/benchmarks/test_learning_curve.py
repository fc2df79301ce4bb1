"""What benchmarks/learning.py counts: the tokens trained on, the order of rows, the curve and where it turns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.general_check import QUESTIONS, is_right, share_right
from benchmarks.learning import parts_of, score_by_rules, word_for_word
from benchmarks.learning_curve import (
    IGNORED,
    Epoch,
    GeneralKnowledge,
    Recipe,
    Run,
    Score,
    batches,
    before_answers,
    by_heart_from,
    conclusion,
    example,
    forgetting,
    over_runs,
    padded,
    rate_at,
    scores,
    table,
    trained_tokens,
)
from groundwork.data_folder.read_write import write_jsonl
from groundwork.dataset.dataset_argument import DatasetSource
from groundwork.dataset.load_dataset import Dataset, QuestionRow
from groundwork.errors import UsageError


def run(seed=1, **curves):
    """A run with these losses by split, an epoch each."""
    epochs = range(len(next(iter(curves.values()))))
    return Run(seed, [Epoch(n, 100 * n, {split: losses[n] for split, losses in curves.items()}) for n in epochs])


def dataset(**splits):
    rows = [
        QuestionRow(id=f"q{n}", question=f"What is {n}?", answer=f"It is {n} metres.", split=split)
        for split, numbers in splits.items()
        for n in numbers
    ]
    return Dataset(source=DatasetSource(name="d", key="d", kind="files"), rows=rows)


def test_the_prompt_gives_no_loss():
    """Labels are ignored over the prompt and are the tokens themselves over the answer."""
    ids, labels = example([1, 2, 3], [4, 5], longest=10)
    assert ids == [1, 2, 3, 4, 5]
    assert labels == [IGNORED, IGNORED, IGNORED, 4, 5]
    assert trained_tokens([(ids, labels)]) == 2


def test_a_long_row_loses_the_end_of_its_answer():
    """The answer is cut where the row is too long; a row whose prompt alone is too long is none."""
    assert example([1, 2, 3], [4, 5], longest=4) == ([1, 2, 3, 4], [IGNORED, IGNORED, IGNORED, 4])
    assert example([1, 2, 3], [4, 5], longest=3) is None


def test_the_head_begins_at_the_token_before_the_first_answer():
    """From there on every answer's token is predicted; what stands before is the shortest prompt but for its last."""
    examples = [example([1, 2, 3], [4], 9), example([1, 2], [3, 4], 9)]
    assert before_answers(examples) == 1
    assert before_answers([example([], [4, 5], 9)]) == 0


@given(
    st.lists(st.tuples(st.lists(st.integers(1, 9), min_size=1), st.lists(st.integers(1, 9), min_size=1)), min_size=1)
)
def test_padding_is_neither_seen_nor_trained_on(pairs):
    """All rows get one length; the mask shows exactly their own tokens and the loss is that of the rows alone."""
    examples = [example(prompt, answer, 1000) for prompt, answer in pairs]
    ids, labels, mask = padded(examples, pad=0)
    assert len({len(row) for row in [*ids, *labels, *mask]}) == 1
    for (own, own_labels), row, label, seen in zip(examples, ids, labels, mask, strict=True):
        assert [token for token, shown in zip(row, seen, strict=True) if shown] == own
        assert label[: len(own)] == own_labels
        assert set(label[len(own) :]) <= {IGNORED}


@given(st.integers(1, 60), st.integers(1, 9), st.integers(0, 5), st.integers(0, 5))
def test_an_epoch_holds_every_row_once(rows, size, epoch, seed):
    """The same seed and epoch give the same order."""
    made = batches(rows, size, epoch, seed)
    assert sorted(place for batch in made for place in batch) == list(range(rows))
    assert all(len(batch) <= size for batch in made)
    assert made == batches(rows, size, epoch, seed)


def test_another_seed_gives_another_order():
    """So does another epoch."""
    assert batches(50, 8, 1, 1) != batches(50, 8, 1, 2)
    assert batches(50, 8, 1, 1) != batches(50, 8, 2, 1)


def test_the_learning_rate_rises_and_falls():
    """Linear to the whole rate over the warm-up, then linear to nothing."""
    rates = [rate_at(step, 20, 0.1) for step in range(21)]
    assert rates[:3] == [0.5, 1.0, 1.0]
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert rates[20] == 0.0


def test_intervals_need_two_runs():
    """One run has a mean and no interval; equal runs have one of no width; the interval is Student's."""
    assert over_runs([2.0]) == (2.0, None, None)
    assert over_runs([2.0, 2.0, 2.0]) == (2.0, 2.0, 2.0)
    assert over_runs([1.0, 2.0, 3.0])[1:] == pytest.approx((2 - 4.303 / 3**0.5, 2 + 4.303 / 3**0.5), abs=1e-3)
    with pytest.raises(ValueError, match="no values"):
        over_runs([])


@pytest.mark.parametrize(
    ("held", "mirror", "start"),
    [
        ([3.7, 2.8, 2.7, 2.8], [3.2, 1.6, 1.0, 0.5], 3),
        ([3.7, 2.8, 2.7, 2.6], [3.2, 1.6, 1.0, 0.5], None),
        ([3.7, 3.8, 3.9, 4.0], [3.2, 1.6, 1.0, 0.5], 1),
        ([3.0, 2.0, 2.5, 2.6], [3.0, 2.0, 2.5, 2.6], None),
    ],
)
def test_learning_by_heart_begins_where_only_the_mirror_gains(held, mirror, start):
    """It begins after eval's lowest loss, if the mirror's falls on; not while both fall, nor where both rise."""
    assert by_heart_from([run(eval=held, mirror=mirror)]) == start


def test_without_a_mirror_train_tells():
    """Train's loss takes the mirror's place; without eval nothing is told."""
    assert by_heart_from([run(eval=[3, 2, 2.5], train=[3, 1, 0.5])]) == 2
    assert by_heart_from([run(train=[3, 1, 0.5])]) is None
    assert "no eval split" in conclusion([run(train=[3, 1, 0.5])])


def test_the_conclusion_names_each_seed():
    """The mean curve decides; what each seed shows by itself stands beside it."""
    runs = [run(1, eval=[3, 2, 2.5], mirror=[3, 1, 0]), run(2, eval=[3, 2, 1.9], mirror=[3, 1, 0])]
    assert conclusion(runs).startswith("learns by heart from epoch 2 on")
    assert "seed 1: 2, seed 2: not yet" in conclusion(runs)


def test_the_table_has_a_line_an_epoch():
    """Losses, the gap and the scores that there are, all in columns of their own; no verdicts: a dash."""
    made = run(train=[3.0, 1.0], eval=[3.0, 2.0], mirror=[2.9, 1.5])
    made.epochs[1].score["eval"] = Score(0.5, 4, 6)
    head, first, second = table([made])
    assert head.split("  ")[-1].strip() == "score eval"
    assert first.split() == ["0", "0", "3.00", "3.00", "2.90", "0.10", "-"]
    assert second.split() == ["1", "100", "1.00", "2.00", "1.50", "0.50", "50%"]
    assert scores([made], "mirror") == []


def test_rules_count_what_they_decide():
    """A number that is given is met, another one unmet, and what no rule knows is left undecided."""
    rows = [
        QuestionRow(
            id="a", question="How long is it?", evaluation_criteria=["States 75 seconds", "Says why it is so long"]
        ),
        QuestionRow(id="b", question="How long is it?", evaluation_criteria=["States 20 seconds"]),
    ]
    assert score_by_rules(rows, ["It is 75 seconds long.", "It is 30 seconds long."]) == Score(0.5, 2, 3)
    assert score_by_rules([rows[0]], ["It is long because it was asked to be."]).decided < 2


def test_the_sample_of_train_is_not_the_mirror():
    """All rows of train are trained on; those measured as train are others than those of the mirror."""
    parts = parts_of(dataset(train=range(20), eval=range(5), eval_mirror=range(5)), 8)
    assert {name: len(rows) for name, rows in parts.items()} == {"all": 20, "train": 8, "eval": 5, "mirror": 5}
    assert not {row.id for row in parts["train"]} & {row.id for row in parts["mirror"]}


def test_a_dataset_without_train_is_refused():
    """The message says which splits there are."""
    with pytest.raises(UsageError, match="has no split train; it has eval"):
        parts_of(dataset(eval=range(5)), 8)


def test_the_recipe_says_all_that_shapes_the_model():
    """Model, method, rate, rows a step and epochs can be read from one line."""
    text = str(Recipe("some/model", epochs=3, batch=4, learning_rate=2e-4, rank=16))
    for part in ("some/model", "LoRA of rank 16", "0.0002", "4 rows a step", "3 epochs"):
        assert part in text


def test_the_general_check_counts_right_answers():
    """The reference answers are all right, answers of the next question are not, and a part of a word is no answer."""
    assert share_right([one.answer for one in QUESTIONS]) == 1
    assert share_right([one.answer for one in QUESTIONS[1:] + QUESTIONS[:1]]) < 0.1
    assert not is_right(QUESTIONS[0], "It is in the Parisian basin.")
    with pytest.raises(ValueError):
        share_right([])


def test_forgetting_is_told_before_and_after():
    """The line gives the first and the last general check; a run without two of them gives none."""
    checks = [GeneralKnowledge(2.0, 0.5), GeneralKnowledge(3.0, 0.25)]
    one = Run(1, general=checks)
    assert forgetting([one]) == ["general check, before and after: loss 2.00, 3.00; right answers 50%, 25%"]
    assert forgetting([one, Run(2, general=checks[:1])]) == []


def test_answers_that_are_the_reference_s_words_are_counted(tmp_path):
    """Case and stops do not count, a number does; rows of the mirror and of eval have the same ids."""
    asked = {"a": "At least 60 minutes.", "b": "Port Ellary"}
    parts = {
        name: [QuestionRow(id=one, question="q", answer=answer, split=name) for one, answer in asked.items()]
        for name in ("eval", "mirror")
    } | {"train": []}
    given = {
        ("mirror", "a"): "at least 60 minutes",
        ("mirror", "b"): "Port Ellary",
        ("eval", "a"): "At least 45 minutes.",
    }
    lines = [{"id": row, "split": split, "answer": answer} for (split, row), answer in given.items()]
    write_jsonl(tmp_path / "answers" / "seed-1-epoch-0.jsonl", lines)
    told = word_for_word([Run(1, [Epoch(0, 0)])], parts, tmp_path)
    assert [line.rpartition(": ")[2] for line in told] == ["0%", "100%"] and "mirror" in told[1]
