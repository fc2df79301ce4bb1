"""What a run would do and what it will cost (--dry-run), and what it did cost, by stage, model and document."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from groundwork.data_folder.manifest import State
from groundwork.errors import ConfigError, GroundworkError
from groundwork.message_wording import counted
from groundwork.stage_runner.job import Job
from groundwork.stage_runner.unit_and_outcome import Estimate, Unit

if TYPE_CHECKING:
    from groundwork.llm.client import UsageRow

MAX_DRY_RUN_LINES = 20  # units that a dry run names
MAX_DOCUMENT_LINES = 12


class EstimateUnit(Protocol):
    def __call__(self, job: Job, unit: Unit) -> Estimate | list[Estimate]: ...


def print_dry_run(
    stage: str,
    job: Job,
    states: Sequence[tuple[Unit, State, str]],
    estimate: EstimateUnit | None,
    is_due: Callable[[State], bool],
) -> None:
    """The units that a run would do, and what their calls would cost. `states`: of every unit, with the reason."""
    due = [row for row in states if is_due(row[1])]
    for unit, state, reason in due[:MAX_DRY_RUN_LINES]:
        print(f"  {unit.name}: {'to do' if state == 'missing' else state}{f' ({reason})' if reason else ''}")
    if len(due) > MAX_DRY_RUN_LINES:
        print(f"  … and {len(due) - MAX_DRY_RUN_LINES:,} more")
    print(f"{stage}: {len(due)} of {len(states)} to do")
    estimates = _estimate_units(job, [unit for unit, _, _ in due], estimate) if estimate else []
    if any(row.calls or row.pages for row in estimates):  # else there is no endpoint to ask for its prices
        print_estimate(job, estimates)


def expect_calls(job: Job, due: list[Unit], sample_size: int, estimate: EstimateUnit) -> None:
    """Tell the progress line about how many calls there will be, from `sample_size` units at most."""
    sample = due[:: -(-len(due) // sample_size)]  # evenly over all of them
    with suppress(GroundworkError, OSError):  # which the unit itself will meet and tell of
        calls = sum(row.calls for row in _estimate_units(job, sample, estimate))
        job.progress.expected_calls = round(calls * len(due) / len(sample))


def _estimate_units(job: Job, units: list[Unit], estimate: EstimateUnit) -> list[Estimate]:
    estimates: list[Estimate] = []
    for unit in units:
        job.data.fetch(unit.reads)
        unit_estimate = estimate(job, unit)
        estimates += unit_estimate if isinstance(unit_estimate, list) else [unit_estimate]
    return estimates


def print_estimate(job: Job, estimates: Sequence[Estimate]) -> None:
    """One line a model of an endpoint: calls, tokens in and out, and cost where the endpoint tells its prices."""
    by_model: dict[tuple[str, str], list[Estimate]] = defaultdict(list)
    for estimate in estimates:
        by_model[estimate.call.model, estimate.call.provider].append(estimate)
    endpoint_counts = Counter(model for model, _ in by_model)
    for (model_name, provider), group in by_model.items():
        model = f"{model_name}@{provider}" if provider and endpoint_counts[model_name] > 1 else model_name
        if pages := sum(e.pages for e in group):
            print(f"  {model}: {counted(pages, 'page')}, {_page_cost_text(group)}")
            continue
        calls = sum(e.calls for e in group)
        tokens_in, tokens_out = sum(e.input_tokens for e in group), sum(e.output_tokens for e in group)
        tokens = f"{counted(tokens_in, 'token')} in, {tokens_out:,} out"
        print(f"  {model}: {counted(calls, 'call')}, {tokens}, {_cost_text(job, group)}")


def _page_cost_text(estimates: Sequence[Estimate]) -> str:
    if any(e.cost is None for e in estimates):
        return "no price known"
    return f"about ${sum(e.cost or 0 for e in estimates):,.4f}"


def _cost_text(job: Job, estimates: Sequence[Estimate]) -> str:
    async def ask_price() -> str:
        try:
            price = await job.client.price(estimates[0].call)
        except ConfigError as error:  # no key yet: what there is to do can be counted all the same
            return f"no price known: {error}"
        finally:
            await job.close()
        if price is None:
            return "no price known"
        total = sum(e.input_tokens * price.prompt + e.output_tokens * price.completion for e in estimates)
        return f"about ${total:,.4f}"

    return asyncio.run(ask_price())


def print_report(usage: Sequence[UsageRow]) -> None:
    """The calls of this run: a line a model, and below it a line a document."""
    by_model: dict[str, dict[str, list[UsageRow]]] = defaultdict(lambda: defaultdict(list))
    for row in usage:
        by_model[row.model][row.unit].append(row)
    for model, by_document in by_model.items():
        print(f"  {model}: {_usage_line([row for rows in by_document.values() for row in rows])}")
        if len(by_document) > 1:
            dearest = sorted(by_document.items(), key=lambda pair: -_total_cost(pair[1]))
            is_priced = any(_total_cost(rows) for rows in by_document.values())
            for document, rows in dearest[:MAX_DOCUMENT_LINES]:
                print(f"    {document}: {_usage_line(rows, names_unpriced=is_priced)}")


def _total_cost(rows: Sequence[UsageRow]) -> float:
    return sum(row.cost or 0 for row in rows)


def _token_phrases(rows: Sequence[UsageRow]) -> list[str]:
    cached = sum(r.cached_tokens for r in rows)
    return [
        f"{counted(sum(r.input_tokens for r in rows), 'token')} in",
        *([f"{cached:,} of them cached"] if cached else []),
        f"{sum(r.output_tokens for r in rows):,} out",
    ]


def _usage_line(rows: Sequence[UsageRow], *, names_unpriced: bool = True) -> str:
    """`3 calls, 900 tokens in, 80 out`. `names_unpriced`: with how many of them had no price."""
    calls, replayed = sum(r.calls for r in rows), sum(r.replayed for r in rows)
    phrases = [counted(calls, "call")]
    if replayed:
        phrases.append(f"{replayed:,} replayed from the journal")
    if pages := sum(r.pages for r in rows):
        phrases.append(counted(pages, "page"))
    if any(r.input_tokens or r.output_tokens for r in rows) or not pages:
        phrases += _token_phrases(rows)
    if total := _total_cost(rows):
        phrases.append(f"${total:,.4f}")
    if names_unpriced and (unpriced := sum(r.unpriced for r in rows)):
        phrases.append(f"{counted(unpriced, 'call')} had no price")
    return ", ".join(phrases)
