"""Settings: one file of values, overlays, and every problem reported at once."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from groundwork.errors import ConfigError
from groundwork.settings import config_files
from groundwork.settings.config_schema import json_schema
from tests.settings.setting_reads import leaves, unread

SETTINGS = config_files.PROJECT / "groundwork" / "settings"


def test_the_shipped_files_are_valid() -> None:
    """config.json holds every setting, and local.json only settings that exist."""
    assert config_files.load().qa.model == "google/gemini-2.5-flash"
    assert config_files.load([config_files.CONFIG_DIR / "local.json"]).llm.base_url == "local"


def test_the_schema_file_is_current() -> None:
    """config.schema.json is what the settings generate."""
    stored = json.loads((config_files.CONFIG_DIR / "config.schema.json").read_text())
    assert stored == msgspec.to_builtins(json_schema()), "run: uv run dataprep schema"


def test_a_later_overlay_wins(tmp_path: Path) -> None:
    """Overlays are laid over in order, --set last, and untouched keys stay."""
    (tmp_path / "a.json").write_text('{"qa": {"temperature": 0.1, "batch": 3}}')
    (tmp_path / "b.json").write_text('{"qa": {"temperature": 0.2}}')
    loaded = config_files.load(
        [tmp_path / "a.json", tmp_path / "b.json"], ["chunk.max_length=2000", "qa.context=touch: rugby"]
    )
    assert (loaded.qa.temperature, loaded.qa.batch, loaded.chunk.max_length) == (0.2, 3, 2000)
    assert loaded.qa.context == "touch: rugby"


def test_overlays_that_disagree_are_named(tmp_path: Path) -> None:
    """A later overlay that changes what an earlier one said is named with the settings; what agrees is not."""
    first, second, third = (tmp_path / f"{name}.json" for name in ("first", "second", "third"))
    first.write_text('{"qa": {"batch": 2, "temperature": 0.1}, "dataset": {"exports": ["messages"]}}')
    second.write_text('{"qa": {"batch": 3, "temperature": 0.1}, "chunk": {"max_length": 900}}')
    third.write_text('{"dataset": {"exports": []}}')
    assert config_files.overridden_settings([first, second, third]) == [
        f"{second}, which comes after {first}, gives another value to qa.batch",
        f"{third}, which comes after {first}, gives another value to dataset.exports",
    ]
    assert config_files.overridden_settings([config_files.CONFIG_DIR / "config.json", first]) == []


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    """Unknown keys, wrong types and impossible values come together, each with its file, path and nearest key."""
    overlay = tmp_path / "mine.json"
    overlay.write_text('{"qa": {"modle": "x", "temperature": "hot"}, "chunks": {}, "llm": {"routing": []}}')
    with pytest.raises(ConfigError) as caught:
        config_files.load([overlay], ["qa.top_p=7"])
    text = "\n".join(caught.value.problems)
    assert len(caught.value.problems) == 5
    assert f"{overlay}: qa.modle: no such setting; did you mean qa.model?" in text
    assert "chunks: no such setting; did you mean chunk?" in text
    assert "qa.temperature" in text
    assert "'hot'" in text
    assert "llm.routing" in text
    assert "--set: qa.top_p" in text


def test_values_that_cannot_stand_together() -> None:
    """Limits that contradict each other and providers that are not defined are named, all of them."""
    with pytest.raises(ConfigError) as caught:
        config_files.load([], ["chunk.max_length=600", "qa.provider=elsewhere"])
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["chunk.min_length", "qa.provider"]


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("ingest.memory_mb=10", ["at least 500", "0 for no limit"]),
        ("chunk.language=klingon", ["klingon", "such as en"]),
        ("chunk.language=xx", ["xx"]),
        ('ingest.overrides={"*.md": {"language": "danish"}}', ["ingest.overrides.*.md.language", "danish"]),
        ('curate.checks=["bogus"]', ["bogus", "stand_alone, supported, criteria, worth, natural, duplicates"]),
        ("qa.strategy=many", ["many", "there are batch, sentence"]),
        ("llm.structured=xml", ["there are auto, json_schema, json_object, prompt"]),
    ],
)
def test_a_value_that_there_is_not_is_named_with_those_that_there_are(assignment: str, said: list[str]) -> None:
    """One problem, in one line, for a size that holds nothing and for a name that nothing has."""
    with pytest.raises(ConfigError) as caught:
        config_files.load([], [assignment])
    assert len(caught.value.problems) == 1
    assert all(text in caught.value.problems[0] for text in said)


@pytest.mark.parametrize(
    "assignment",
    [
        "chunk.language=yo",
        "chunk.language=tlh",
        "ingest.memory_mb=0",
        "chunk.language=tr",
        'ingest.overrides={"*.md": {"language": "da"}}',
    ],
)
def test_a_rare_value_is_one_all_the_same(assignment: str) -> None:
    """A language that hardly any library knows still has its code; 0 is no limit."""
    config_files.load([], [assignment])


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"qa": 3}'])
def test_a_broken_overlay_names_its_file(tmp_path: Path, content: str) -> None:
    """An overlay that is no JSON object is an error with the file's name."""
    (tmp_path / "broken.json").write_text(content)
    with pytest.raises(ConfigError, match=r"broken\.json"):
        config_files.load([tmp_path / "broken.json"])


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the type checker keeps what it knows of Python's own modules and of the settings."""
    return tmp_path_factory.mktemp("cache")


def test_every_setting_is_read_somewhere(cache: Path) -> None:
    """No setting stands in the file that no code reads, told by the block that each attribute is of."""
    assert not unread(config_files.PROJECT / "groundwork", SETTINGS, cache)


@pytest.mark.parametrize(
    ("code", "reads"),
    [
        ("", set()),
        (
            "def seed(config: Config, other: Other) -> object:\n    return config.dataset.seed, other.batch",
            {"dataset.seed"},
        ),
        ("def near(call: Embeddings | QA) -> object:\n    return call.batch", {"embeddings.batch", "qa.batch"}),
    ],
    ids=["nothing", "one value of one block", "a value of either of two blocks"],
)
def test_each_setting_that_no_code_reads_is_found(tmp_path: Path, cache: Path, code: str, reads: set[str]) -> None:
    """Of code that reads no setting, every setting is found unread; a name that another block has too helps none."""
    names = (
        "from groundwork.settings.config_schema import Config\n"
        "from groundwork.settings.config_schema import Embeddings\n"
        "from groundwork.settings.config_schema import QA\n"
    )
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "stage.py").write_text(f"{names}class Other:\n    batch = 1\n{code}\n")
    assert unread(tmp_path / "code", SETTINGS, cache) == leaves() - reads


@pytest.mark.parametrize("path", ["qa.model", "tags.temperature", "dataset.rephrase.top_k", "ingest.vision.provider"])
def test_null_in_a_stage_means_the_default(tmp_path: Path, path: str) -> None:
    """A stage that says null uses the value of llm.defaults, by an overlay as by --set; its own value comes first."""
    name, own = path.rpartition(".")[2], {"model": "b", "temperature": 0.5, "top_k": 7, "provider": "there"}
    default = {"model": "a", "temperature": 1.5, "top_k": 3, "provider": "here"}[name]
    endpoints = {key: msgspec.to_builtins(config_files.load().llm) for key in ("here", "there")}
    for endpoint in endpoints.values():
        for key in ("defaults", "providers", "local"):
            del endpoint[key]
    overlay = {"llm": {"defaults": {name: default}, "providers": endpoints}}
    (tmp_path / "mine.json").write_text(json.dumps(overlay))
    for assigned, expected in ((f"{path}=null", default), (f"{path}={own[name]}", own[name])):
        value: object = config_files.load([tmp_path / "mine.json"], [assigned])
        for key in path.split("."):
            value = getattr(value, key)
        assert value == expected


def test_one_line_changes_the_model_of_everything() -> None:
    """No stage of config.json or local.json names a model of its own."""
    for overlays in ([], [config_files.CONFIG_DIR / "local.json"]):
        loaded = config_files.load(overlays, ["llm.defaults.model=maker/other", "llm.defaults.provider="])
        stages = [loaded.ingest.vision, loaded.summarize, loaded.qa, loaded.curate, loaded.tags]
        assert {call.model for call in (*stages, loaded.dataset.rephrase)} == {"maker/other"}


def test_a_provider_that_is_not_there_is_named_once() -> None:
    """An unknown provider in llm.defaults is one problem, not one a stage."""
    with pytest.raises(ConfigError) as caught:
        config_files.load([], ["llm.defaults.provider=elsewhere"])
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["llm.defaults.provider"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'\xef\xbb\xbf{"qa": {"batch": 0}}', "qa.batch"),
        (b'{"qa": {"batch": 3}} // mine', "no comments"),
        (b'{"qa": {"batch": 3}, "qa": {"limit": 3}}', "'qa' stands twice"),
        (b'{"llm": {"timeout": NaN}}', "NaN is not a number"),
        ('{"qa": {}}'.encode("utf-16"), "save it as UTF-8"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"llm": {"providers": {"mine": 5}}}', "llm.providers.mine: expected an object, got 5"),
        (b'{"ingest": {"converters": {"pdf": "layout"}}}', "ingest.converters.pdf"),
        (b'{"llm": {"requests_per_minute": -1}}', "llm.requests_per_minute"),
        (b'{"llm": {"routing": {"max_price": {"prompt": -1}}}}', "llm.routing.max_price.prompt"),
        (b'{"curate": {"thresholds": {"grounded": 0.5}}}', "curate.thresholds.grounded: no such check"),
        (b'{"embeddings": {"backend": "static"}}', "--set embeddings.model=wordllama"),
    ],
)
def test_what_is_wrong_in_an_overlay_is_said(tmp_path: Path, content: bytes, problem: str) -> None:
    """Whatever an overlay holds, the error names what is wrong with it, as near to the value as can be."""
    (tmp_path / "mine.json").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        config_files.load([tmp_path / "mine.json"])
    assert problem in str(caught.value)


def test_a_value_of_set_is_taken_for_what_the_setting_is() -> None:
    """A name of digits is a name, a number a number."""
    loaded = config_files.load([], ["dataset.name=2027", "qa.batch=3", "qa.context=true"])
    assert (loaded.dataset.name, loaded.qa.batch, loaded.qa.context) == ("2027", 3, "true")
