"""What --dry-run tells, against what a run then asks."""

from pathlib import Path

import pytest

from benchmarks.llm_dry_run import Diligent, compare, llama_tokens
from groundwork.__main__ import main
from tests.fake_openrouter import FakeOpenRouter

RULES = """# Tide mill handbook

## Opening

The Ellary mill opens at 06:40 on weekdays and at 08:10 on Sundays. The miller opens the sluice gate two hours after
high water. No grinding takes place when the wind is above 38 knots.

The harbour master announces a closed day at least 45 minutes before its time.

## Fares

| Visitor | Fare | Deposit |
|---|---|---|
| Adult | €6.50 | €20.00 |
| Child under 14 | €3.00 | none |

Dogs enter free of charge but must stay on the open deck of the Ellary mill.
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "mill.md").write_text(RULES)
    return tmp_path


def test_an_estimate_is_near_what_a_run_takes(data: Path) -> None:
    """Calls and cost of every stage are within a quarter of the truth, as another tokenizer counts it."""
    static = ["--set", "embeddings.backend=static", "--set", "embeddings.model=wordllama"]
    stages = [["ingest"], ["chunk"], ["summarize", "--set", "summarize.max_words=90"], ["generate_qa", "--iterate"]]
    with FakeOpenRouter(reply=Diligent({}), tokens=llama_tokens()).thread() as fake:
        here = ["--data", str(data), "--set", f"llm.base_url={fake.url}", "--set", "llm.api_key_env=", *static]
        assert compare(data, [*stages, ["curate"], ["generate_tags"]], here)


def test_a_dry_run_of_everything_says_what_is_not_known_yet(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stages whose inputs are still to be made are named, and nothing is an error."""
    assert main(["run", "--dry-run", "--data", str(data)]) == 0
    out = capsys.readouterr().out
    assert "ingest: 1 of 1 to do" in out and "create_dataset: not known before generate_qa has run" in out


def test_a_dry_run_needs_no_key(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls and tokens are counted all the same; the price is not known, and why stands beside it."""
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    assert main(["ingest", "--data", str(data)]) == 0
    assert main(["summarize", "--dry-run", "--data", str(data), "--set", "llm.api_key_env=NO_SUCH_KEY"]) == 0
    out = capsys.readouterr().out
    assert "1 call, " in out and "no price known: NO_SUCH_KEY is not set: put NO_SUCH_KEY=... into .env" in out
