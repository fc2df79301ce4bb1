"""Tags of many questions: what every call is shown stays small, and so does what is in memory at once."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from groundwork.data_folder.read_write import read_jsonl
from groundwork.records import Tags
from groundwork.tags.tag_synonyms import propose_synonyms
from tests.fake_openrouter import FakeOpenRouter
from tests.synthetic_runs import write_run
from tests.tags.test_tagging import pairs, run

NUMBERED = re.compile(r"^(\d+)\. ", re.MULTILINE)


def new_tags_each(body: dict[str, Any]) -> str:
    """A model that makes up new tags for each question, however many there are."""
    if "draw up the list" in body["messages"][0]["content"]:
        return json.dumps({"tags": [f"topic{number}-first" for number in range(6)]})
    asked = body["messages"][1]["content"]
    known = Counter(asked)[","]
    entries = [
        {"number": int(number), "tags": [f"idea{known}-{number}-{place}" for place in range(3)]}
        for number in NUMBERED.findall(asked)
    ]
    return json.dumps({"new_tags": sorted(tag for entry in entries for tag in entry["tags"]), "questions": entries})


def test_a_vocabulary_has_an_end(tmp_path: Path) -> None:
    """However many questions there are, no more than max_vocabulary tags are shown to every call and given."""
    write_run(tmp_path, "a", pairs(200, "a"))
    with FakeOpenRouter(reply=new_tags_each).thread() as fake:
        assert run(fake, tmp_path, "a", "--set", "tags.max_vocabulary=20", "--set", "tags.max_tags=3") == 0
    given = {tag for row in read_jsonl(tmp_path / "tags" / "a.jsonl", Tags) for tag in row.tags}
    assert 6 < len(given) <= 20


def test_waves_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the largest wave no more requests are made at once, and the tags are there all the same."""
    monkeypatch.setattr("groundwork.tags.tagging.MAX_TAGGING_WAVE", 2)
    write_run(tmp_path, "a", pairs(45, "a"))
    with FakeOpenRouter(reply=new_tags_each, latency=0.05).thread() as fake:
        assert run(fake, tmp_path, "a", "--set", "tags.batch=3", "--set", "llm.max_concurrency=16") == 0
        assert fake.peak <= 2
    assert len(read_jsonl(tmp_path / "tags" / "a.jsonl", Tags)) == 45


@pytest.mark.parametrize("count", [1, 2, 255, 600])
def test_synonyms_of_many_tags_are_those_of_one_by_one(count: int) -> None:
    """Held against each other by blocks: for each tag the nearest of all more frequent ones that stay."""
    dice = np.random.default_rng(count)
    centres = dice.normal(size=(max(1, count // 4), 8))
    vectors = (centres[dice.integers(len(centres), size=count)] + 0.2 * dice.normal(size=(count, 8))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    counts = Counter({f"tag{chr(97 + row % 26)}{chr(97 + row // 26)}x": 1 + row % 7 for row in range(count)})
    proposed, names = propose_synonyms(counts, vectors), list(counts)
    by_count = sorted(range(count), key=lambda row: (-counts[names[row]], names[row]))
    stay: list[int] = []
    for row in by_count:
        if names[row] in proposed:
            nearest = max(stay, key=lambda other: float(vectors[other] @ vectors[row]))
            assert proposed[names[row]].into == names[nearest]
        if names[row] not in proposed or not proposed[names[row]].merge:
            stay.append(row)
    assert count < 200 or any(entry.merge for entry in proposed.values())
