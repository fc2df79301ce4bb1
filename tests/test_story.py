"""The user's story from documents to the Hub and back, against a fake OpenRouter and a fake Hub."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from groundwork.__main__ import main
from groundwork.settings.config_files import PROJECT
from tests.author import Author
from tests.fake_hub import FakeHub
from tests.fake_openrouter import FakeOpenRouter

HANDBOOK = PROJECT / "data" / "documents" / "ellary-sound-rowing-handbook.pdf"


@pytest.fixture
def server() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter(reply=Author(parity=0)).thread() as fake:
        yield fake


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with FakeHub() as fake:
        monkeypatch.setenv("HF_ENDPOINT", fake.url)
        monkeypatch.setenv("HF_TOKEN", "hf_write")
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        yield fake


class User:
    """Somebody at the command line, with a data folder and an endpoint."""

    def __init__(self, data: Path, server: FakeOpenRouter, output: pytest.CaptureFixture[str]) -> None:
        self.data, self.server, self.output = data, server, output

    def says(self, *command: str) -> str:
        """The output of a command that must succeed."""
        settings = {
            "llm.base_url": self.server.url,
            "llm.api_key_env": "",
            "embeddings.backend": "static",
            "embeddings.model": "wordllama",
            "qa.context": "the rowing rules of Ellary",
        }
        assignments = [f"--set={key}={value}" for key, value in settings.items()]
        code = main([*command, "--data", str(self.data), *assignments])
        captured = self.output.readouterr()
        assert code == 0, f"{' '.join(command)} exits {code}\n{captured.out}\n{captured.err}"
        return captured.out + captured.err


@pytest.fixture
def user(tmp_path: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture[str]) -> User:
    (tmp_path / "documents").mkdir()
    shutil.copy(HANDBOOK, tmp_path / "documents")
    return User(tmp_path, server, capsys)


@pytest.mark.story
@pytest.mark.timeout(900)
def test_the_whole_story(user: User, hub: FakeHub) -> None:
    """Convert, ask by two models, compare them, build the dataset, push it, load it back: every command succeeds."""
    user.says("run", "--test")
    assert not (user.data / "text").exists(), "a test run writes to data/test only"

    user.says("run")
    user.server.reply = Author(parity=1)
    user.says("generate_qa", "--iterate", "--run", "second-model")
    user.says("generate_tags")
    user.says("compare_embeddings", "gemini-2.5-flash", "second-model", "--interactive")
    user.says("compare_tags", "gemini-2.5-flash", "second-model", "--interactive")
    user.says("coverage")
    user.says("merge", "gemini-2.5-flash", "second-model", "--out", "both")

    recipe = ("--eval-split", "--rephrase-qa", "--eval-mirror", "--name", "ellary")
    user.says("create_dataset", "gemini-2.5-flash", *recipe, "--push", "--org", "acme")
    assert hub.repos["acme/ellary"].private

    from datasets import load_dataset

    local = load_dataset(str(user.data / "datasets" / "ellary"), cache_dir=str(user.data / "cache"))
    assert set(local) == {"train", "eval", "eval_mirror"}
    assert local["eval"]["original_question"] == local["eval_mirror"]["question"]
    assert set(local["eval"]["question"]).isdisjoint(local["eval_mirror"]["question"])

    user.says("run")  # curates and maps what came after the first one: the second model's run, and both merged
    asked = len(user.server.received)
    assert " ok" not in user.says("run")
    assert len(user.server.received) == asked, "a run with nothing to do asks nothing"
