"""What stands before a text: the settings' word, else the model's own, else its family's, else nothing."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from groundwork.embedding.embedder_model import embedding_prefix, language_warning
from groundwork.embedding.encoder import encoder_for
from groundwork.errors import ConfigError, MissingExtra
from groundwork.llm.client import Client
from groundwork.settings.config_files import CONFIG_DIR, load
from groundwork.settings.config_schema import Embeddings
from tests.fake_openrouter import FakeOpenRouter

DEFAULT = load().embeddings
NOMIC = ("search_query: ", "search_document: ")
NOTHING = ("", "")


def prefixes(model: str, **changes: object) -> tuple[str, str]:
    settings: Embeddings = msgspec.structs.replace(DEFAULT, model=model, **changes)
    return embedding_prefix(settings, "query"), embedding_prefix(settings, "document")


def model_folder(place: Path, own: object = None) -> str:
    place.mkdir(parents=True)
    (place / "modules.json").write_text("[]")
    if own is not None:
        (place / "config_sentence_transformers.json").write_text(json.dumps(own))
    return str(place)


@pytest.fixture(autouse=True)
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the Hub, which none can be reached beside."""
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (None, NOTHING),
        ({"prompts": {}}, NOTHING),
        ({"prompts": {"query": "", "document": ""}, "default_prompt_name": None}, NOTHING),
        ({"prompts": {"query": "q: ", "passage": "p: "}, "default_prompt_name": "query"}, ("q: ", "p: ")),
        ({"prompts": {"query": "Instruct: x\nQuery:", "document": ""}}, ("Instruct: x\nQuery:", "")),
        ({"prompts": {"sts": "same: ", "query": ""}, "default_prompt_name": "sts"}, ("same: ", "same: ")),
        ({"prompts": {"clustering": "c: "}}, NOTHING),
    ],
)
def test_a_model_names_its_own(tmp_path: Path, own: object, expected: tuple[str, str]) -> None:
    """The prompts in a model's folder are used as encode_query and encode_document would; without them, none."""
    assert prefixes(model_folder(tmp_path / "model", own)) == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("nomic-ai/modernbert-embed-base", NOMIC),
        ("nomic-embed-text:latest", NOMIC),
        ("intfloat/e5-small-v2", ("query: ", "passage: ")),
        ("intfloat/multilingual-e5-large", ("query: ", "passage: ")),
        ("BAAI/bge-small-en-v1.5", NOTHING),
        ("sentence-transformers/all-MiniLM-L6-v2", NOTHING),
        ("Alibaba-NLP/gte-modernbert-base", NOTHING),
        ("intfloat/multilingual-e5-large-instruct", NOTHING),
        ("openai/text-embedding-3-small", NOTHING),
    ],
)
def test_a_family_by_its_name(model: str, expected: tuple[str, str]) -> None:
    """Where an endpoint names no prompts, the model's family is known by its name; a foreign prefix is never put."""
    assert prefixes(model, backend="endpoint") == expected


def test_the_default_model_needs_no_file_for_its_prefix() -> None:
    """The prefix of a known family is there before the model is fetched."""
    assert prefixes(DEFAULT.model) == NOMIC


def test_a_folder_named_like_its_family(tmp_path: Path) -> None:
    """A copy of a model that names no prompts is known by its folder's name; one that does goes before its name."""
    assert prefixes(model_folder(tmp_path / "modernbert-embed-base", {"prompts": {}})) == NOMIC
    tuned = model_folder(tmp_path / "tuned" / "e5-small", {"prompts": {"query": "ask: "}})
    assert prefixes(tuned) == ("ask: ", "")


@pytest.mark.parametrize("model", ["acme/tuned", "all-tuned"])
def test_prompts_in_the_cache_of_the_hub(hub_cache: Path, model: str) -> None:
    """A fetched model's prompts are read where the Hub's client put them, without loading the model."""
    name = model if "/" in model else f"sentence-transformers/{model}"
    place = hub_cache / f"models--{name.replace('/', '--')}"
    model_folder(place / "snapshots" / "abc", {"prompts": {"query": "ask: "}})
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("abc")
    assert prefixes(model) == ("ask: ", "")


def test_the_settings_go_first(tmp_path: Path) -> None:
    """A prefix in the settings stands in for the model's own, "" for none; the static model takes none at all."""
    folder = model_folder(tmp_path / "model", {"prompts": {"query": "q: ", "document": "d: "}})
    assert prefixes(folder, query_prefix="mine: ", document_prefix="") == ("mine: ", "")
    assert prefixes("wordllama", backend="static", query_prefix="mine: ") == NOTHING


def test_a_damaged_settings_file_is_named(tmp_path: Path) -> None:
    """Prompts that cannot be read are an error, not silently none."""
    folder = Path(model_folder(tmp_path / "model"))
    (folder / "config_sentence_transformers.json").write_text('{"prompts": ')
    with pytest.raises(ConfigError, match=r"config_sentence_transformers\.json of .*model is damaged"):
        prefixes(str(folder))


@pytest.mark.parametrize("model", ["/no/such/folder", "./none", "a/b/c", "my model"])
def test_neither_folder_nor_id(model: str) -> None:
    """A path that leads nowhere is said to be no folder, not sought on the Hub."""
    with pytest.raises((ConfigError, MissingExtra), match="no local folder and no Hub id"):
        prefixes(model)


async def test_an_endpoint_gets_its_models_prefix(tmp_path: Path) -> None:
    """Through the real client each question arrives behind the prefix of the model's family."""
    async with FakeOpenRouter() as fake:
        config = load(
            [CONFIG_DIR / "local.json"],
            [
                f"llm.base_url={fake.url}",
                "embeddings.backend=endpoint",
                "embeddings.model=intfloat/e5-base-v2",
            ],
        )
        async with Client(config.llm, tmp_path / "journal.db") as client:
            await encoder_for(config.embeddings, tmp_path, client).aencode(["how long?"])
    assert fake.requests[0]["input"] == ["query: how long?"]


RUSSIAN = ["Как долго хранят протоколы?", "Кто подписывает протокол лаборатории?", "How long is the field?"]


@pytest.mark.parametrize(
    ("model", "questions", "warns"),
    [
        ("wordllama", RUSSIAN, True),
        ("intfloat/e5-base", RUSSIAN, True),
        ("intfloat/multilingual-e5-base", RUSSIAN, False),
        ("wordllama", ["How long is the field?", "Who may ask for a berth in the harbour?"], False),
        ("wordllama", [], False),
    ],
)
def test_a_model_of_english_is_named_for_other_languages(model: str, questions: list[str], warns: bool) -> None:
    """Where most questions are in another language, a multilingual model is advised."""
    warning = language_warning(model, questions)
    assert bool(warning) == warns
    assert not warns or ("in ru:" in warning and "multilingual" in warning)
