"""Exports are the shapes that trainers document."""

import json
from typing import get_args, get_type_hints

import datasets
import pytest

from groundwork.dataset.publish.trainer_formats import RECORDS_BY_FORMAT, export_files
from groundwork.settings.config_schema import HARNESSES, DatasetSettings
from tests.dataset.rows import row

ROW = row(1, question="How long is it?", answer="Nine “metres”.", context="The chunk.", evaluation_criteria=["Says 9"])
PLAIN = {
    "messages": {
        "messages": [
            {"role": "user", "content": "How long is it?"},
            {"role": "assistant", "content": "Nine “metres”."},
        ]
    },
    "prompt-completion": {
        "prompt": [{"role": "user", "content": "How long is it?"}],
        "completion": [{"role": "assistant", "content": "Nine “metres”."}],
    },
    "alpaca": {"instruction": "How long is it?", "input": "", "output": "Nine “metres”."},
    "sharegpt": {
        "conversations": [
            {"from": "human", "value": "How long is it?"},
            {"from": "gpt", "value": "Nine “metres”."},
        ]
    },
    "openai-eval": {
        "id": "rules-001",
        "input": [{"role": "user", "content": "How long is it?"}],
        "ideal": "Nine “metres”.",
        "criteria": ["Says 9"],
    },
}


@pytest.mark.parametrize("name", PLAIN)
def test_the_documented_shape(name):
    """Each format is what its trainers document, and nothing else."""
    assert RECORDS_BY_FORMAT[name](ROW, "", False) == PLAIN[name]


@pytest.mark.parametrize("name", PLAIN)
def test_system_prompt_and_chunk_come_in(name):
    """The system prompt and, on request, the source chunk stand where the format has its place for them."""
    record = json.dumps(RECORDS_BY_FORMAT[name](ROW, "Be brief.", True))
    assert "Be brief." in record
    assert "The chunk." in record
    assert record.index("Be brief.") < record.index("The chunk.") or name == "alpaca"


def test_the_settings_offer_exactly_these_formats():
    """A format in the config exists, and one that exists can be set."""
    offered = get_args(get_args(get_type_hints(DatasetSettings)["exports"])[0])
    assert set(offered) == {*RECORDS_BY_FORMAT, *HARNESSES}


def test_files_are_one_a_split_and_load(tmp_path):
    """JSON Lines in UTF-8 that `datasets` reads with the same columns in every split; openai-eval has no train."""
    splits = {"train": [ROW, row(2)], "eval": [row(3)]}
    files = export_files(list(RECORDS_BY_FORMAT), splits, "Be brief.", context=False)
    assert "exports/openai-eval/train.jsonl" not in files
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content if isinstance(content, bytes) else b"".join(content()))
    for name in RECORDS_BY_FORMAT:
        loaded = datasets.load_dataset(str(tmp_path / "exports" / name), cache_dir=str(tmp_path / "cache"))
        there = [split for split in splits if f"exports/{name}/{split}.jsonl" in files]
        assert {split: len(rows) for split, rows in loaded.items()} == {split: len(splits[split]) for split in there}
        assert len({tuple(rows.column_names) for rows in loaded.values()}) == 1


def test_trl_knows_the_formats():
    """trl's own code takes `messages` and `prompt-completion` for conversations (where trl is installed)."""
    data_utils = pytest.importorskip("trl.data_utils")
    for name in ("messages", "prompt-completion"):
        assert data_utils.is_conversational(RECORDS_BY_FORMAT[name](ROW, "Be brief.", False))
    assert data_utils.is_conversational_from_value(RECORDS_BY_FORMAT["sharegpt"](ROW, "", False))
