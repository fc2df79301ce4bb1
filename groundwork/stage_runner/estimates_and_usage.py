"""What a run would do and its estimated calls and cost (--dry-run); what it used, by model and document."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Protocol

from groundwork.errors import ConfigError, GroundworkError
from groundwork.message_wording import counted
from groundwork.stage_runner.job import Job, Unit

if TYPE_CHECKING:
    from groundwork.data_folder.manifest import State
    from groundwork.llm.calls.costs_and_budget import UsageRow
    from groundwork.settings.config_schema import ModelCall

MAX_DRY_RUN_LINES = 20  # units that a dry run names
MAX_DOCUMENT_LINES = 12


@dataclass(frozen=True)
class Estimate:
    """What a unit would cost: calls, and tokens in and out over all of them, of the model of `call`.

    Of a service that is paid by the page, `pages` and, where it is known, `cost` in USD.
    """

    calls: int
    input_tokens: int
    output_tokens: int
    call: ModelCall
    pages: int = 0
    cost: float | None = None


class EstimateUnit(Protocol):
    def __call__(self, job: Job, unit: Unit) -> Estimate | list[Estimate]: ...


def print_dry_run(
    stage: str,
    job: Job,
    unit_states: Sequence[tuple[Unit, State, str]],
    estimate: EstimateUnit | None,
    is_due: Callable[[State], bool],
) -> None:
    """The units that a run would do, and what their calls would cost. `unit_states`: of every unit, with the reason."""
    dry_run_states = [dry_run_state for dry_run_state in unit_states if is_due(dry_run_state[1])]
    for unit, state, reason in dry_run_states[:MAX_DRY_RUN_LINES]:
        print(f"  {unit.name}: {'to do' if state == 'missing' else state}{f' ({reason})' if reason else ''}")
    if len(dry_run_states) > MAX_DRY_RUN_LINES:
        print(f"  … and {len(dry_run_states) - MAX_DRY_RUN_LINES:,} more")
    print(f"{stage}: {len(dry_run_states)} of {len(unit_states)} to do")
    estimates = _estimate_units(job, [unit for unit, _, _ in dry_run_states], estimate) if estimate else []
    if any(
        dry_run_state.calls or dry_run_state.pages for dry_run_state in estimates
    ):  # else there is no endpoint to ask for its prices
        print_estimate(job, estimates)


def expect_calls(job: Job, due_units: list[Unit], sample_size: int, estimate: EstimateUnit) -> None:
    """Tell the progress line about how many calls there will be, from `sample_size` units at most."""
    sampled_units = due_units[:: -(-len(due_units) // sample_size)]  # evenly over all of them
    with suppress(GroundworkError, OSError):  # which the unit itself will meet and tell of
        estimated_calls = sum(row.calls for row in _estimate_units(job, sampled_units, estimate))
        job.progress.expected_calls = round(estimated_calls * len(due_units) / len(sampled_units))


def _estimate_units(job: Job, units: list[Unit], estimate_unit: EstimateUnit) -> list[Estimate]:
    estimates: list[Estimate] = []
    for unit in units:
        job.data.fetch(unit.reads)
        unit_estimate = estimate_unit(job, unit)
        estimates += unit_estimate if isinstance(unit_estimate, list) else [unit_estimate]
    return estimates


def print_estimate(job: Job, estimates: Sequence[Estimate]) -> None:
    """One line a model of an endpoint: calls, tokens in and out, and cost where the endpoint tells its prices."""
    estimates_by_model: dict[tuple[str, str], list[Estimate]] = defaultdict(list)
    for estimate in estimates:
        estimates_by_model[estimate.call.model, estimate.call.provider].append(estimate)
    endpoint_counts = Counter(model for model, _ in estimates_by_model)
    for (model_name, provider), model_estimates in estimates_by_model.items():
        model = f"{model_name}@{provider}" if provider and endpoint_counts[model_name] > 1 else model_name
        if estimated_pages := sum(e.pages for e in model_estimates):
            page_cost = _estimated_cost_text(_estimated_page_cost(model_estimates))
            print(f"  {model}: {counted(estimated_pages, 'page')}, {page_cost}")
            continue
        estimated_calls = sum(e.calls for e in model_estimates)
        tokens_in, tokens_out = (
            sum(e.input_tokens for e in model_estimates),
            sum(e.output_tokens for e in model_estimates),
        )
        estimated_tokens = f"{counted(tokens_in, 'token')} in, {tokens_out:,} out"
        estimated_cost = _estimated_call_cost_text(job, model_estimates)
        print(f"  {model}: {counted(estimated_calls, 'call')}, {estimated_tokens}, {estimated_cost}")


def _estimated_cost_text(estimated_cost: float | None) -> str:
    return "no price known" if estimated_cost is None else f"about ${estimated_cost:,.4f}"


def _estimated_page_cost(estimates: Sequence[Estimate]) -> float | None:
    if any(estimate.cost is None for estimate in estimates):
        return None
    return sum(estimate.cost or 0 for estimate in estimates)


def _estimated_call_cost_text(job: Job, estimates: Sequence[Estimate]) -> str:
    import asyncio  # 40 ms that --help does without

    async def ask_estimated_price() -> str:
        try:
            estimated_price = await job.client.price(estimates[0].call)
        except ConfigError as error:  # no key yet: what there is to do can be counted all the same
            return f"no price known: {error}"
        finally:
            await job.close()
        return _estimated_cost_text(
            None
            if estimated_price is None
            else sum(
                estimate.input_tokens * estimated_price.prompt + estimate.output_tokens * estimated_price.completion
                for estimate in estimates
            )
        )

    return asyncio.run(ask_estimated_price())


def print_usage_and_costs(usage_rows: Sequence[UsageRow]) -> None:
    """The calls of this run: a line a model, and below it a line a document."""
    usage_by_model: dict[str, dict[str, list[UsageRow]]] = defaultdict(lambda: defaultdict(list))
    for usage_row in usage_rows:
        usage_by_model[usage_row.model][usage_row.unit].append(usage_row)
    for model, usage_by_document in usage_by_model.items():
        print(f"  {model}: {_usage_line(list(chain.from_iterable(usage_by_document.values())))}")
        if len(usage_by_document) > 1:
            dearest_documents = sorted(usage_by_document.items(), key=lambda pair: -_total_cost(pair[1]))
            is_priced = any(_total_cost(document_usage) for document_usage in usage_by_document.values())
            for document, document_usage in dearest_documents[:MAX_DOCUMENT_LINES]:
                print(f"    {document}: {_usage_line(document_usage, names_unpriced=is_priced)}")


def _total_cost(usage_rows: Sequence[UsageRow]) -> float:
    return sum(usage_row.cost or 0 for usage_row in usage_rows)


def _token_phrases(usage_rows: Sequence[UsageRow]) -> list[str]:
    cached_tokens = sum(r.cached_tokens for r in usage_rows)
    return [
        f"{counted(sum(r.input_tokens for r in usage_rows), 'token')} in",
        *([f"{cached_tokens:,} of them cached"] if cached_tokens else []),
        f"{sum(r.output_tokens for r in usage_rows):,} out",
    ]


def _usage_line(usage_rows: Sequence[UsageRow], *, names_unpriced: bool = True) -> str:
    """`3 calls, 900 tokens in, 80 out`. `names_unpriced`: with how many of them had no price."""
    call_count, replayed_calls = sum(r.calls for r in usage_rows), sum(r.replayed for r in usage_rows)
    usage_phrases = [counted(call_count, "call")]
    if replayed_calls:
        usage_phrases.append(f"{replayed_calls:,} replayed from the journal")
    if paid_pages := sum(r.pages for r in usage_rows):
        usage_phrases.append(counted(paid_pages, "page"))
    if any(r.input_tokens or r.output_tokens for r in usage_rows) or not paid_pages:
        usage_phrases += _token_phrases(usage_rows)
    if total_cost := _total_cost(usage_rows):
        usage_phrases.append(f"${total_cost:,.4f}")
    if names_unpriced and (unpriced_calls := sum(r.unpriced for r in usage_rows)):
        usage_phrases.append(f"{counted(unpriced_calls, 'call')} had no price")
    return ", ".join(usage_phrases)
