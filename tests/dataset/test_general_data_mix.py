"""Rows of a general dataset in train: how many, which, in what order, and what is left out."""

import itertools

import msgspec
import numpy as np
import pytest

from groundwork.dataset.creation.build_dataset import build_splits
from groundwork.dataset.creation.build_tools import BuildTools
from groundwork.dataset.creation.row_pool import RowPool
from groundwork.dataset.dataset_argument import DatasetSource
from groundwork.dataset.general_data_mix import general_rows_needed, mix_in_general_rows, select_usable_rows
from groundwork.dataset.load_dataset import Dataset, QuestionRow
from groundwork.dataset.split_report.report_schema import BuiltDataset
from groundwork.errors import UsageError
from groundwork.settings.config_files import load as load_config
from tests.dataset.rows import row

OWN = [row(n) for n in range(40)]


def general(*rows, **changes):
    source = DatasetSource(name="acme/chat", key="acme-chat", kind="hub", revision="c" * 40)
    return Dataset(source=source, rows=list(rows), **changes)


def asked(number, **changes):
    fields = {"id": f"g{number}", "question": f"What is {number} times {number}?", "answer": f"It is {number**2}."}
    return QuestionRow(**{**fields, **changes})


BUILT: dict[str, BuiltDataset] = {}  # by the setting of train: nothing changes what is built
MANY = [asked(n) for n in range(200)]


async def encode(texts, _kind):
    """Vectors by the letters of a text: the same text is the same vector, another one almost never."""
    vectors = np.zeros((len(texts), 96), dtype=np.float32)
    for place, text in enumerate(texts):
        for first, second in itertools.pairwise(text):
            vectors[place, (ord(first) * 31 + ord(second)) % 96] += 1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def settings(**changes):
    return msgspec.structs.replace(load_config().dataset, **changes)


async def built(train="auto"):
    if train not in BUILT:
        pool = RowPool(rows=OWN, invalid=[], warnings=[])
        BUILT[train] = await build_splits(
            pool, ["model-a"], settings(eval_split=True, train=train), BuildTools(encode, "letters")
        )
    return BUILT[train]


async def mix(dataset, share=0.2, seed=0, into=None) -> BuiltDataset:
    return await mix_in_general_rows(into or await built(), dataset, share, seed, encode)


def mixed(found):
    return [one for one in found.splits["train"] if one.mixed]


@pytest.mark.parametrize(("share", "count"), [(0.5, 40), (0.2, 10), (0.01, 1), (0.9, 360)])
def test_the_share_is_of_train_after_mixing(share, count):
    """Half of train is as many rows again; at least one row is taken."""
    assert general_rows_needed(40, share) == count


async def test_train_alone_has_the_mixed_rows():
    """Train's own rows stay in their order, eval is the same object's worth, and the share is met."""
    before = await built()
    found = await mix(general(*MANY), into=before)
    assert len(mixed(found)) == 10
    assert [one for one in found.splits["train"] if not one.mixed] == before.splits["train"]
    assert found.splits["eval"] == before.splits["eval"]
    assert {one.mixed for one in mixed(found)} == {"acme/chat"}
    assert all(one.id.startswith("mix/") and one.cluster == -1 for one in mixed(found))
    changed = {"splits", "mixture"}
    for name in set(found.report.__struct_fields__) - changed:
        assert getattr(found.report, name) == getattr(before.report, name)
    assert (found.report.splits["train"], found.report.mixture.rows) == (50, 10)


async def test_the_seed_decides_and_the_files_order_does_not_matter():
    """The same seed is the same rows; another one draws others."""
    first, again, other = await mix(general(*MANY)), await mix(general(*MANY)), await mix(general(*MANY), seed=1)
    assert mixed(first) == mixed(again)
    assert mixed(first) != mixed(other)


async def test_the_rows_are_spread_through_train():
    """Each tenth of train has its share, so that a trainer that does not shuffle never learns one kind alone."""
    train = (await mix(general(*MANY))).splits["train"]
    assert [sum(bool(one.mixed) for one in train[start : start + 10]) for start in range(0, 50, 10)] == [2] * 5


async def test_a_row_and_its_copies_stay_together():
    """No mixed row comes between a row and its reworded copies."""
    before = await built()
    copies = [
        one
        for old in before.splits["train"]
        for one in (
            old,
            *(
                msgspec.structs.replace(old, id=f"{old.id}~{n}", question=f"{old.question} {n}", original_answer="-")
                for n in (2, 3)
            ),
        )
    ]
    found = await mix(general(*MANY), share=0.4, into=BuiltDataset({**before.splits, "train": copies}, before.report))
    assert len(mixed(found)) == 80
    train = found.splits["train"]
    for place, one in enumerate(train):
        if "~" in one.id:
            assert train[place - 1].id.partition("~")[0] == one.id.partition("~")[0]


async def test_what_eval_asks_is_not_mixed_in():
    """A question of eval, in other capitals or with a word more, is left out and counted."""
    before = await built(train="held-out")
    held = before.splits["eval"]
    same = asked(900, question=held[0].question.upper())
    near = asked(901, question=held[1].question.replace("touch rugby", "the touch rugby"))
    found = await mix(general(same, near, *MANY[:5]), share=0.9, into=before)
    assert {one.id for one in mixed(found)} == {f"mix/g{n}" for n in range(5)}
    assert (found.report.mixture.in_eval, found.report.mixture.near_eval) == (1, 1)


async def test_what_train_asks_is_not_asked_again():
    """A question of train with another answer, and one that the general dataset has twice, are left out."""
    found = await mix(general(asked(1), asked(2, question=asked(1).question), asked(3, question=OWN[0].question)))
    assert [one.id for one in mixed(found)] == ["mix/g1"]
    assert found.report.mixture.repeats == 2


async def test_too_few_rows():
    """What there is is taken, with a warning that says how many it takes."""
    found = await mix(general(*MANY[:3]))
    assert len(mixed(found)) == 3
    assert "only 3 rows could be mixed in where a share of 0.2 takes 10" in found.report.warnings[-1]


async def test_rows_without_an_answer_are_left_out():
    """They are counted; where no row has both texts, that is an error that names the columns."""
    found = await mix(general(asked(1), asked(2, answer=" ")))
    assert ([one.id for one in mixed(found)], found.report.mixture.incomplete) == (["mix/g1"], 1)
    with pytest.raises(UsageError, match=r"acme/chat: no row has both a question and an answer.*completion"):
        select_usable_rows(general(asked(1, answer="")))


async def test_ids_are_distinct():
    """Rows of one id in two splits, and an own row whose id begins in the same way, stay apart."""
    before = await built()
    own = [msgspec.structs.replace(before.splits["train"][0], id="mix/g1"), *before.splits["train"][1:]]
    twice = general(asked(1, split="a"), asked(2, id="g1", split="b"))
    found = await mix(twice, into=BuiltDataset({**before.splits, "train": own}, before.report))
    names = [one.id for one in found.splits["train"]]
    assert len(set(names)) == len(names) == 42


def test_another_datasets_eval_stays_out():
    """Of a dataset with splits only train is mixed in; a dataset of other splits gives all but its mirrors."""
    splits = general(asked(1, split="train"), asked(2, split="eval"), asked(3, split="eval_mirror"))
    assert [one.id for one in select_usable_rows(splits)] == ["g1"]
    assert [one.id for one in select_usable_rows(general(*splits.rows[1:]))] == ["g2"]


async def test_an_instruction_keeps_its_input():
    """What an instruction is about stands below it, and the same instruction for two texts is asked twice."""
    found = await mix(general(*(asked(n, question="Sum up the text.", input=f"Text {n}.") for n in (1, 2))))
    assert {one.question for one in mixed(found)} == {"Sum up the text.\n\nText 1.", "Sum up the text.\n\nText 2."}


async def test_personal_data_of_mixed_rows_is_told():
    """A public push stops at an address in a mixed row as at one of the dataset's own."""
    found = await mix(general(asked(1, answer="Write to jane.doe@example.org about it.")))
    assert [one.id for one in found.report.personal] == ["mix/g1"]
