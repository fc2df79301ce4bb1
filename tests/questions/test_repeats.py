"""What counts as a new question."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from groundwork.questions import repeats as novelty
from groundwork.questions.repeats import Novelty, differ_in_fact, similarity
from groundwork.settings.config import load


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("What was the revenue in 2021?", "What was the revenue in 2022?", True),
        ("How long is the pause after seven minutes?", "How long is the pause after 7 minutes?", False),
        ("What does Port Ellary pay?", "What does Tarn Quay pay?", True),
        ("What is the minimum age of a junior?", "What is the maximum age of a junior?", True),
        ("Who may call a foul?", "Who may not call a foul?", True),
        ("How wide is a field in beach ultimate?", "How long is a field in beach ultimate?", True),
        ("How long is the time limit on Course A?", "What is the time limit on Course A?", False),
        ("Who may call a foul in ultimate?", "In ultimate, who can call a foul?", False),
    ],
)
def test_what_makes_two_questions_different(one: str, other: str, differ: bool) -> None:
    """Other numbers, names or opposites make another question, other wording does not."""
    assert differ_in_fact(one, other) is differ


@pytest.mark.skipif(find_spec("sentence_transformers") is not None, reason="the extra `embed` is installed")
async def test_the_base_install_stands_in_for_a_missing_embedder(tmp_path: Path) -> None:
    """Without the configured embedder's extra, the one of the base install judges, and a note says so."""
    encode, _, note = await similarity(load().embeddings, 0.9, ["a text"], tmp_path, lambda: None)  # type: ignore[arg-type, return-value]  # no endpoint
    assert (await encode(["a question"])).shape[0] == 1 and "uv sync --inexact --extra embed" in note


async def test_repeated_wording_is_found_without_vectors() -> None:
    """The same words in other case and punctuation repeat an earlier question, also within one reply."""
    seen = Novelty()
    assert await seen.sift(["How long is it, in metres?", "how long is it in metres"]) == [
        "",
        "How long is it, in metres?",
    ]
    assert await seen.sift(["HOW LONG is it - in metres?"]) == ["How long is it, in metres?"]


async def test_paraphrases_are_found_by_the_embedder(tmp_path: Path) -> None:
    """With vectors a paraphrase repeats; a question that differs in a number or in its subject is new."""
    settings = load([], ["embeddings.backend=static", "embeddings.model=wordllama"]).embeddings
    encode, threshold, note = await similarity(settings, None, ["too few"], tmp_path, lambda: None)  # type: ignore[arg-type, return-value]  # no endpoint
    seen = Novelty(encode, threshold)
    await seen.sift(["How long may a team take for a time-out in beach ultimate?"])
    repeats = await seen.sift(
        [
            "How long can a team take for a time-out in beach ultimate?",
            "How long may a team take for 2 time-outs in beach ultimate?",
            "Which colour should the disc have?",
        ]
    )
    assert [bool(one) for one in repeats] == [True, False, False] and note == ""


async def test_many_questions_are_sifted_as_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks and calls make no difference: each question is held against every new one before it, the nearest first."""
    monkeypatch.setattr(novelty, "BLOCK", 7)
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(12, 16))[rng.integers(12, size=60)] + 0.3 * rng.normal(size=(60, 16))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    texts = [f"What is said of matter {'abcdefghijklmnop'[row % 16]} in {row % 3}?" for row in range(60)]
    place = iter(range(60))

    async def encode(questions: list[str]) -> NDArray[np.float32]:
        return vectors[[next(place) for _ in questions]]

    seen = Novelty(encode, 0.8)
    found = [one for part in (texts[:5], texts[5:40], texts[40:]) for one in await seen.sift(part)]
    new: list[int] = []
    for row, repeats in enumerate(found):
        wordings = {texts[i] for i in new}
        cosines = {i: float(vectors[i] @ vectors[row]) for i in new if not differ_in_fact(texts[i], texts[row])}
        nearest = max(cosines, key=cosines.__getitem__, default=-1)
        alike = texts[nearest] if cosines.get(nearest, 0) >= 0.8 else ""
        assert repeats == (texts[row] if texts[row] in wordings else alike)
        new += [] if repeats else [row]
    assert 10 < len(new) < 50
