"""Tags that shards ask for, each for the documents of its own, and the whole takes."""

from __future__ import annotations

import json
import re
import sqlite3
from argparse import Namespace
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from groundwork.data_folder.databases import join_database
from groundwork.data_folder.read_write import read_jsonl
from groundwork.data_folder.shards import Shard
from groundwork.records import Tags
from groundwork.stage_runner.job import Job
from groundwork.stage_runner.shard_progress import ProgressSnapshot, ShardResult
from groundwork.stage_table import BY_NAME
from groundwork.stages.generate_tags import main
from groundwork.tags.tag_files import TagStore
from tests.fake_openrouter import FakeOpenRouter
from tests.synthetic_runs import pairs, write_run

NUMBERED = re.compile(r"^\d+\. (.*)$", re.MULTILINE)


class Tagger:
    """Says with each tag how often the question was asked about by then."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    def __call__(self, body: dict[str, Any]) -> str:
        questions = NUMBERED.findall(body["messages"][1]["content"])
        self.asked.update(questions)
        rows = [{"number": i, "tags": [f"time-{self.asked[text]}"]} for i, text in enumerate(questions, start=1)]
        return json.dumps({"questions": rows})


class Silent:
    """The channel of a shard that is done in this process."""

    def tell(self, snapshot: ProgressSnapshot) -> None: ...
    def say(self, line: str) -> None: ...
    def is_stopping(self) -> bool:
        return False


def in_this_process(stage: str, job: Job, *_: object, **__: object) -> list[ShardResult]:
    """As `run_on_ray`: the stage in three shards, one after the other."""
    return [
        BY_NAME[stage]
        .load_command()
        .run_shard(Namespace(**vars(job.flags) | {"shard": shard, "ray": None}), shard, Silent(), among=3)
        for shard in Shard.all(3)
    ]


def test_forced_shards_ask_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """generate_tags --force --ray asks about each question once more, and its file has the tags of then."""
    made = pairs(40, "a")
    spread = [(pair, f"document-{number % 8}", f"What is rule {number}?") for number, pair in enumerate(made)]
    write_run(tmp_path, "a", [replace(pair, document=name, question=question) for pair, name, question in spread])
    monkeypatch.setattr("groundwork.stage_runner.divided_stage.run_on_ray", in_this_process)
    tagger = Tagger()
    with FakeOpenRouter(reply=tagger).thread() as fake:
        settings = [f"--set=llm.base_url={fake.url}", "--set=llm.api_key_env=", "--set=tags.vocabulary_prompt="]
        for time, flags in enumerate(([], ["--force", "--ray", "x"], ["--force", "--ray", "x"], ["--force"]), start=1):
            assert main(["a", f"--data={tmp_path}", "--max-tags=1", "--set=tags.batch=4", *settings, *flags]) == 0
            rows = read_jsonl(tmp_path / "tags" / "a.jsonl", Tags)
            assert {tuple(row.tags) for row in rows} == {(f"time-{time}",)}
            assert set(tagger.asked.values()) == {time}


@pytest.mark.parametrize("old", ["shard", "joined", "both", "none"])
def test_the_later_tags_of_a_question_are_joined(tmp_path: Path, old: str) -> None:
    """What was asked about more often stands; stores of an earlier version, which count nothing, give way to others."""
    stores = {name: TagStore(tmp_path / f"{name}.db", "model", "prompt", 1) for name in ("shard", "joined")}
    for name, store in stores.items():
        if old in (name, "both"):
            with closing(sqlite3.connect(tmp_path / f"{name}.db")) as database:
                database.execute("CREATE TABLE tags (key BLOB PRIMARY KEY, tags BLOB)")
                rows = [(store._question_key(text), json.dumps([name])) for text in ("both?", f"{name}?")]
                database.executemany("INSERT INTO tags VALUES (?, ?)", rows)
                database.commit()
    for name in ("joined", "shard"):
        if old not in (name, "both"):
            stores[name].write({"both?": [name], f"{name}?": [name]})
    if old == "none":
        stores["shard"].write({"both?": ["shard"]})  # asked about once more
    join_database(tmp_path / "shard.db", tmp_path / "joined.db")
    later = "joined" if old in ("shard", "both") else "shard"
    assert stores["joined"].read(["both?", "shard?", "joined?"]) == {
        "both?": [later], "shard?": ["shard"], "joined?": ["joined"]
    }  # fmt: skip
    stores["joined"].write({"both?": ["anew"]})
    assert stores["joined"].read(["both?"]) == {"both?": ["anew"]}
