"""The report of what a run's calls cost."""

import pytest

from groundwork.llm.calls.costs_and_budget import UsageRow
from groundwork.stage_runner.estimates_and_usage import print_usage_and_costs


@pytest.mark.parametrize(("unpriced", "told"), [(0, ""), (1, ", 1 call had no price"), (3, ", 3 calls had no price")])
def test_calls_without_a_price_are_counted(capsys: pytest.CaptureFixture[str], unpriced: int, told: str) -> None:
    """A sum that leaves calls out says how many."""
    print_usage_and_costs([UsageRow("qa", "maker/m", "handbook", calls=5, cost=0.25, unpriced=unpriced)])
    assert capsys.readouterr().out == f"  maker/m: 5 calls, 0 tokens in, 0 out, $0.2500{told}\n"


def test_a_model_without_prices_says_so_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing has a price the model's line says it, and not each document's again."""
    print_usage_and_costs([UsageRow("qa", "own", name, calls=2, cost=None, unpriced=2) for name in ("ferry", "tram")])
    assert capsys.readouterr().out.count("had no price") == 1
