"""`create_dataset --mix DATASET`: rows of a general dataset in train, and everything that can be wrong with them."""

import json
import os
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from groundwork.settings.config_files import PROJECT
from tests.dataset.rows import pair, write_run
from tests.fake_hub import FakeHub, Repo
from tests.stages.test_create_dataset import OFFLINE, _own_cache, data, hashes, load, report, run  # noqa: F401

CHAT = [
    {"messages": [{"role": "user", "content": f"Name {n} rivers."}, {"role": "assistant", "content": f"Here are {n}."}]}
    for n in range(2, 60)
]


@pytest.fixture
def chat(tmp_path):
    return write(tmp_path / "chat.jsonl", *CHAT)


def write(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def folder(data):  # noqa: F811
    return data / "datasets" / "touch-rugby"


def rows(data):  # noqa: F811
    """The rows of each split, as the files have them."""
    return {path.name.partition("-")[0]: pq.read_table(path).to_pylist() for path in folder(data).glob("data/*")}


def test_rows_join_train_alone(data, chat):  # noqa: F811
    """A fifth of train is chat, marked by its name; eval and the mirror are as without, and the exports carry it."""
    flags = ("--eval-split", "--eval-mirror", "--export", "messages")
    assert run(data, *flags) == 0
    plain = rows(data)
    assert run(data, *flags, "--mix", str(chat), "--mix-share", "0.2") == 0
    mixed = rows(data)
    names = [one["mixed"] for one in mixed["train"]]
    assert (names.count("chat"), names.count("")) == (12, 48)
    for split in ("eval", "eval_mirror"):
        assert mixed[split] == [{**one, "mixed": ""} for one in plain[split]]
    lines = (folder(data) / "exports" / "messages" / "train.jsonl").read_text().splitlines()
    assert len(lines) == 60
    assert sum(json.loads(line) in CHAT for line in lines) == 12


def test_what_came_in_is_told(data, chat, capsys):  # noqa: F811
    """Terminal, card, report and page say how many rows of what; the card leaves the licence to the user."""
    assert run(data, "--eval-split", "--mix", str(chat), "--mix-share", "0.2") == 0
    told = "12 rows of train (20.0%) are of the dataset chat"
    card = (folder(data) / "README.md").read_text()
    assert told in " ".join("".join(capsys.readouterr()).split())
    assert told in card
    assert told in (folder(data) / "report.html").read_text()
    assert "Its licence was not checked" in card
    assert "| `mixed` |" in card
    sources = card[card.index("## Sources") : card.index("## How it was made")]
    assert sum(line.startswith("| ") for line in sources.splitlines()) == 4  # head, rule, guide and rules
    found = report(data)["mixture"]
    assert (found["dataset"], found["rows"], found["needed"], found["share"]) == ("chat", 12, 12, 0.2)


def test_without_mixing_nothing_changes(data):  # noqa: F811
    """No column, nothing about it on the card, and another share alone builds nothing again."""
    assert run(data, "--eval-split") == 0
    assert "mixed" not in load(data)["train"].column_names
    before = hashes(data)
    assert run(data, "--eval-split", "--mix-share", "0.3") == 0
    assert hashes(data) == before


def test_without_an_eval_split(data, chat, capsys):  # noqa: F811
    """Train alone takes the rows as well, and the card says so."""
    assert run(data, "--no-eval-split", "--mix", str(chat), "--mix-share", "0.5") == 0
    assert len(load(data)["train"]) == 96
    assert "48 rows of train (50.0%)" in (folder(data) / "README.md").read_text()
    assert "48 rows of train (50.0%)" in " ".join("".join(capsys.readouterr()).split())


def test_the_same_rows_give_the_same_files(data, chat):  # noqa: F811
    """A rebuild is byte for byte the same; a change of the general dataset is seen, and another seed draws others."""
    flags = ("--eval-split", "--mix", str(chat))
    assert run(data, *flags) == 0
    first = hashes(data)
    assert run(data, *flags, "--force") == 0
    assert hashes(data) == first
    write(chat, *reversed(CHAT))
    assert run(data, *flags) == 0
    assert {name: digest for name, digest in hashes(data).items() if name.endswith(".parquet")} == {
        name: digest for name, digest in first.items() if name.endswith(".parquet")
    }
    write(chat, *CHAT[:3])
    assert run(data, *flags) == 0
    assert report(data)["mixture"]["rows"] == 3


def test_a_run_and_a_finished_dataset_are_mixed_in(data):  # noqa: F811
    """By their names; of a finished dataset only train."""
    write_run(data, "general", [pair(n, id=f"x-{n}", question=f"How is tea number {n} made?") for n in range(100, 130)])
    assert run(data, "model-a", "--mix", "general") == 0
    assert report(data)["mixture"]["rows"] == 5
    assert run(data, "general", "--eval-split", "--set", "dataset.name=tea") == 0
    assert run(data, "model-a", "--mix", "tea", "--mix-share", "0.5") == 0
    assert report(data)["mixture"]["dataset"] == "tea"
    assert report(data)["mixture"]["rows"] == 30


@pytest.mark.parametrize(
    ("flags", "status", "told"),
    [
        (("--mix", "no-such-thing"), 2, "--mix no-such-thing: no run, no folder and no Hub id"),
        (("--mix", "touch-rugby"), 2, "is the dataset that is to be built"),
        (("--mix", "{chat}", "--mix-share", "1"), 2, "dataset.mix_share"),
        (("--mix", "{chat}", "--mix-share", "0"), 2, "dataset.mix_share"),
        (("--mix", "{chat}", "--mix-share", "a lot"), 2, "dataset.mix_share"),
        (("--mix", "{columns}"), 2, "columns.jsonl: no column 'question'"),
        (("--mix", "{answers}"), 2, "answers: no row has both a question and an answer"),
    ],
)
def test_what_cannot_be_mixed_in(data, chat, tmp_path, capsys, flags, status, told):  # noqa: F811
    """The error names the dataset or the setting, and the dataset that was there stays as it is."""
    assert run(data, "--eval-split") == 0
    before = hashes(data)
    places = {
        "chat": chat,
        "columns": write(tmp_path / "columns.jsonl", {"text": "Once upon a time."}),
        "answers": write(tmp_path / "answers.jsonl", {"question": "Why?"}),
    }
    capsys.readouterr()
    assert run(data, "--eval-split", *(flag.format(**places) for flag in flags)) == status
    assert told in "".join(capsys.readouterr())
    assert hashes(data) == before


@pytest.mark.slow
def test_a_dataset_of_the_hub(data):  # noqa: F811
    """Its rows come at the commit that it has now, which the card names; what the Hub has not is refused."""
    files = {"train.jsonl": "".join(json.dumps(record) + "\n" for record in CHAT).encode()}
    with FakeHub() as hub:
        hub.repos["acme/chat"] = Repo("acme/chat", False, [("b" * 40, "first", files)])
        environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(data / "hf"), "HF_HUB_DISABLE_XET": "1"}

        def create(name):
            command = [sys.executable, "dataprep/create_dataset.py", "--data", str(data), *OFFLINE, "--mix", name]
            return subprocess.run(
                command, env={**environment, "HF_TOKEN": ""}, cwd=PROJECT, capture_output=True, text=True, check=False
            )

        done, refused = create("acme/chat"), create("acme/nothing")
    assert done.returncode == 0, done.stderr
    assert refused.returncode == 2
    assert "the Hub has no such dataset" in refused.stderr
    assert f"acme/chat at {'b' * 12}" in (folder(data) / "README.md").read_text()
    assert report(data)["mixture"]["revision"] == "b" * 40
