"""The local model's weights: joined, verified, and never by running a carrier's code. One live test asks it."""

import hashlib
import sys
from pathlib import Path

import msgspec
import pytest

from groundwork.errors import ConfigError, MissingExtra
from groundwork.llm.client import Client
from groundwork.llm.endpoint import local_model_weights as local_model
from groundwork.settings.config_files import CONFIG_DIR, load
from tests.llm.conftest import Pair, ask_text

CONTENT = [b"first part ", b"second part"]
WHOLE = hashlib.sha256(b"".join(CONTENT)).hexdigest()


@pytest.fixture
def carriers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two installed carrier packages whose code must not run."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    names = [f"carrier_of_{tmp_path.name.replace('-', '_')}_{n}" for n in (1, 2)]
    for number, (name, content) in enumerate(zip(names, CONTENT, strict=True), start=1):
        data = tmp_path / "site" / name / "data"
        data.mkdir(parents=True)
        (data.parent / "__init__.py").write_text("raise SystemExit('a carrier was imported')")
        (data / f"part{number:02d}.bin").write_bytes(content)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setattr(local_model, "CARRIER_PACKAGE_NAMES", names)
    return names


def settings(model: str, sha256: str = "") -> local_model.LocalModel:
    return msgspec.structs.replace(load([]).llm.local, model=model, sha256=sha256)


def test_carriers_are_joined_once_and_never_imported(carriers):
    """Data files in order, one file in the cache, and no module of theirs in this process."""
    path = local_model.find_weights(settings("packages", WHOLE))
    assert path.read_bytes() == b"".join(CONTENT) and path.is_relative_to(local_model.cache_dir())
    before = path.stat().st_mtime_ns
    assert local_model.find_weights(settings("packages", WHOLE)) == path and path.stat().st_mtime_ns == before
    assert not set(carriers) & sys.modules.keys()


@pytest.mark.usefixtures("carriers")
def test_wrong_carriers_leave_nothing_behind():
    """Another hash than the known one: an error with both, and no file that could be taken for a model."""
    with pytest.raises(ConfigError, match=f"is {WHOLE}, not {local_model.CARRIED_SHA256}"):
        local_model.find_weights(settings("packages"))
    assert not list(local_model.cache_dir().iterdir())


@pytest.mark.usefixtures("carriers")
def test_a_joined_file_that_changed_is_found_out():
    """What was verified once is verified again when its size or time changes."""
    path = local_model.find_weights(settings("packages", WHOLE))
    path.write_bytes(b"something else")
    with pytest.raises(ConfigError, match=f"not {WHOLE}"):
        local_model.find_weights(settings("packages", WHOLE))


def test_a_missing_carrier_names_the_extra(monkeypatch):
    """The message holds the command that installs it."""
    monkeypatch.setattr(local_model, "CARRIER_PACKAGE_NAMES", ["no_such_carrier_part1"])
    with pytest.raises(MissingExtra, match=r"no-such-carrier-part1.*uv sync --inexact --extra local"):
        local_model.find_carrier_files()


def test_a_path_may_have_a_hash(tmp_path, monkeypatch):
    """A file of one's own: taken as it is, or held to llm.local.sha256; a missing one is named."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    model = tmp_path / "my.gguf"
    model.write_bytes(b"".join(CONTENT))
    assert (
        local_model.find_weights(settings(str(model)))
        == local_model.find_weights(settings(str(model), WHOLE.upper()))
        == model
    )
    with pytest.raises(ConfigError, match=r"the sha256 of .*my\.gguf is "):
        local_model.find_weights(settings(str(model), "0" * 64))
    with pytest.raises(ConfigError, match=r"other\.gguf: no such file"):
        local_model.find_weights(settings(str(tmp_path / "other.gguf")))


def test_the_journal_knows_weights_by_their_hash(tmp_path):
    """The same weights from packages or a path are one model; another file of the same name is not."""
    assert local_model.model_identity(settings("packages")) == local_model.model_identity(
        settings("/x.gguf", local_model.CARRIED_SHA256)
    )
    model = tmp_path / "m.gguf"
    model.write_bytes(b"1")
    before = local_model.model_identity(settings(str(model)))
    model.write_bytes(b"22")
    assert local_model.model_identity(settings(str(model))) != before


@pytest.mark.live
@pytest.mark.timeout(600)
async def test_the_real_model_answers_by_schema(journal):
    """llama.cpp starts with the first call, answers by the same client, and a second run asks nothing."""
    config = load([CONFIG_DIR / "local.json"], ["qa.max_tokens=96"])
    question = ask_text("A goal is 90 cm wide. Write one question about it and its answer.")
    for replayed in (False, True):
        async with Client(config.llm, journal) as client:
            reply = await client.ask(config.qa, question, stage="qa", unit="d", schema=Pair)
            running = client._provider_endpoint("")._local_server is not None
        assert "90" in reply.value.answer + reply.value.question and reply.cost == 0
        assert reply.replayed is replayed and running is not replayed
