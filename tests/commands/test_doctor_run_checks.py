"""What a whole run needs is checked before its first stage, and nothing that it does not need."""

from pathlib import Path

import pytest

from groundwork.commands.doctor import check_run
from groundwork.commands.run_all import run_all
from groundwork.data_folder.read_write import write_text
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import BudgetReached, ConfigError
from groundwork.settings.config_files import load
from groundwork.stages.summarize import main as summarize
from tests.fake_openrouter import FakeOpenRouter

OTHER = 'llm.providers={"other": {"base_url": "https://example.org/v1", "api_key_env": "OTHER_KEY"}}'
STATIC = ("embeddings.backend=static", "embeddings.model=wordllama")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "note.md").write_text("The ferry leaves at noon.")
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-enough")
    monkeypatch.delenv("OTHER_KEY", raising=False)
    return Workspace(tmp_path)


@pytest.mark.parametrize(
    "settings",
    [
        ("ingest.vision.provider=other", "ingest.converter=gemini"),
        ("curate.provider=other",),
        ("dataset.rephrase.provider=other", "dataset.phrasings=2"),
        ("dataset.rephrase.provider=other", "dataset.eval_split=true", "dataset.rephrase_qa=true"),
        ("dataset.absent.provider=other", "dataset.unanswerable=0.1"),
    ],
)
def test_the_key_of_every_endpoint_that_is_asked_is_looked_for(data: Workspace, settings: tuple[str, ...]) -> None:
    """Also those that one setting alone brings in: pages by vision, rewordings, questions without an answer."""
    with pytest.raises(ConfigError, match="OTHER_KEY is not set"):
        check_run(load([], [OTHER, *STATIC, *settings]), data)


@pytest.mark.parametrize(
    "settings",
    [
        ("ingest.vision.provider=other",),
        ("curate.provider=other", "curate.rules_only=true"),
        ("dataset.rephrase.provider=other",),
        ("dataset.rephrase.provider=other", "dataset.rephrase_qa=true"),
        ("dataset.absent.provider=other",),
        ("embeddings.provider=other",),
    ],
)
def test_endpoints_that_nothing_asks_need_no_key(data: Workspace, settings: tuple[str, ...]) -> None:
    """No run is refused for the key of an endpoint that none of its stages calls."""
    check_run(load([], [OTHER, *STATIC, *settings]), data)


def test_the_stages_of_a_run_share_one_budget(data: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """--max-cost is that of the whole run: what a stage spends, those after it have less."""
    write_text(data.path("text", "note.md"), "The ferry leaves at noon.")
    reply = "the ferry leaves at noon " * 320  # 2,000 tokens: 0.005 USD
    with FakeOpenRouter(reply=lambda _: reply, credit=1.0).thread() as fake:
        flags = summarize.parse(
            [
                *(f"--set={pair}" for pair in (*STATIC, f"llm.base_url={fake.url}", "llm.api_key_env=")),
                *("--data", str(data.root), "--force", "--quiet", "--max-cost=0.02"),
            ]
        )
        monkeypatch.setattr("groundwork.commands.run_all.stage_command", lambda _: summarize)
        with pytest.raises(BudgetReached, match=r"^--max-cost 0\.02: "):
            run_all(flags)  # every stage asks once
        assert 0 < 1 - fake.credit <= 0.02
