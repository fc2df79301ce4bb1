"""Lengths in tokens, with a small tokenizer trained here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundwork.chunking.chunk_records import chunk_document
from groundwork.chunking.tokenizers_and_rulers import load_tokenizer
from groundwork.records import Document
from groundwork.settings.config_files import load
from groundwork.settings.config_schema import ChunkSettings
from tests.chunking.cutting import cut, small

CORPUS = ["The thrower may pass the disc in any direction to any team-mate. "] * 20 + ["| row | 10 | 3.14 |"] * 5


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    trained: Any = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel()
    trained.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trained.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet))
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    trained.save(str(path))
    return path


def in_tokens(path: Path) -> ChunkSettings:
    changes = {"unit": "tokens", "tokenizer": str(path), "min_length": 20, "max_length": 80}
    return msgspec.structs.replace(load().chunk, **changes)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    text=st.lists(
        st.sampled_from([*CORPUS[:1], *CORPUS[-1:], "# A\n\n", "naïve 中文字 🙂🙂 ", "\n", "x" * 50]), max_size=40
    ).map("".join)
)
def test_limits_hold_in_tokens(tokenizer: Path, text: str) -> None:
    """Every chunk, encoded on its own, has at most max_length tokens, says how many, and nothing is lost."""
    document = Document(id="d", source="", sha256="", converter="", converter_version="", characters=len(text))
    chunks = chunk_document(text, document, in_tokens(tokenizer))
    encode = load_tokenizer(str(tokenizer)).encode
    assert "".join(text[chunk.start : chunk.end] for chunk in chunks) == text
    for chunk in chunks:
        assert chunk.length == chunk.tokens == len(encode(chunk.text, add_special_tokens=False).ids) <= 80


def test_a_folder_names_its_tokenizer(tokenizer: Path) -> None:
    """A model's folder will do, as the file in it would."""
    assert load_tokenizer(str(tokenizer.parent)).get_vocab_size() == load_tokenizer(str(tokenizer)).get_vocab_size()


@pytest.mark.parametrize("repeated", [True, False])
def test_rows_with_the_same_first_cell_stay_together(repeated: bool) -> None:
    """The candidates of a contest are not parted where room is left; one contest that is too long is cut anyway."""
    contests = {"Mayor": ["Ada Roe", "Bo Lind", "Cy Orr"], "Clerk": ["Di Poe", "Ed Ray", "Flo Sims", "Gus Tarn"]}
    rows = [
        f"| {contest if repeated or not k else ''} | {name} of Orrin | 512 |"
        for contest, names in contests.items()
        for k, name in enumerate(names)
    ]
    table = "\n".join(["| Contest | Candidate | Votes |", "| --- | --- | --- |", *rows])
    chunks = cut(f"{table}\n", small(min_length=20, max_length=230))
    assert len(chunks) == 2 and "Di Poe" in chunks[1].text and "Cy Orr" not in chunks[1].text
    one_contest = table.replace("Clerk", "Mayor")
    assert all(len(chunk.text) <= 230 for chunk in cut(f"{one_contest}\n", small(min_length=20, max_length=230)))
