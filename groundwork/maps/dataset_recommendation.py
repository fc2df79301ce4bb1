"""Which of several datasets to take: by reach at equal size, never a part before the whole, none of equals.

Beside it stand the price and the time of the models that made them, as the journal of replies has them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundwork.llm.calls.costs_and_budget import Spending
from groundwork.maps.draw.scene import DatasetNumbers
from groundwork.message_wording import counted

if TYPE_CHECKING:
    from groundwork.dataset.load_dataset import QuestionRow


Floats = npt.NDArray[np.floating[Any]]

MIN_QUESTIONS = 20  # a dataset with fewer questions does not take part in the choice
VARIETY_FACTOR = 1.5  # times the diversity of the next: reason enough to take a dataset that reaches no less
SURE_SHARE = 0.9  # share of draws that a dataset must lead in to be recommended
CONTAINED_SHARE = 0.98  # share of its questions that another must ask too for a dataset to be a part of it


@dataclass(frozen=True)
class Choice:
    """The dataset to take ("": they cannot be told apart), the share of draws in which it leads, and sentences."""

    best: str = ""
    certainty: float | None = None
    recommendation: str = ""


def choose_dataset(
    datasets: list[DatasetNumbers], reach_draws: Floats, topic_counts: Floats, equal_n: int, contained_shares: Floats
) -> Choice:
    """`reach_draws`: (draws, datasets) of reach; `topic_counts`: (datasets, topics) questions.

    `contained_shares`: (datasets, datasets), the share of the row's questions that the column's dataset asks too,
    nearly word for word.
    """
    comparable_datasets = [number for number, row in enumerate(datasets) if row.questions >= MIN_QUESTIONS]
    if len(comparable_datasets) < 2:
        too_few_questions = f"Too few questions to choose by: {_describe_too_small(datasets)} are needed."
        return Choice(recommendation=too_few_questions * (len(datasets) > 1))
    candidates = _candidates(comparable_datasets, contained_shares)
    leader, certainty = _leading_dataset(reach_draws, candidates)
    equally_asking = [
        number
        for number in comparable_datasets
        if number not in candidates and _is_contained(leader, number, contained_shares)
    ]
    is_sure = certainty >= SURE_SHARE and not equally_asking
    rivals = [number for number in comparable_datasets if number in candidates or number in equally_asking]
    most_varied = None if is_sure else _most_varied(datasets, rivals)
    recommended = leader if most_varied is None else most_varied  # the dataset that the reader is left with
    notes = (
        _describe_full_size(datasets, datasets[recommended])
        + _describe_merging(datasets[recommended], topic_counts, recommended)
        + _describe_contained(datasets, comparable_datasets, contained_shares)
        + _describe_left_out(datasets) * (len(comparable_datasets) < len(datasets))
    )
    other_datasets = sorted((datasets[n] for n in comparable_datasets if n != leader), key=lambda row: -row.reach)
    name, lead = datasets[leader].name, _describe_lead(len(candidates), certainty, len(reach_draws), is_sure)
    reach_text = _describe_reach(datasets[leader], other_datasets, equal_n, topic_counts.shape[1], is_sure)
    if is_sure:
        return Choice(name, certainty, f"Choose {name}: {reach_text}; {lead}.{notes}")
    lead = f"{name} {lead}, so " if lead else ""
    variety = _describe_variety(datasets, most_varied, rivals)
    return Choice("", certainty, f"No clear choice: {reach_text}; {lead}{variety}.{notes}")


def _describe_lead(candidates: int, certainty: float, draws: int, is_sure: bool) -> str:
    """How often the leader leads; of a single candidate, why it is the only one ("" where it is not chosen)."""
    if candidates > 1:
        return f"{'it leads in' if is_sure else 'leads in only'} {certainty:.0%} of {draws:,} bootstrap draws"
    return "it asks all that the others ask" if is_sure else ""


def _describe_too_small(datasets: Sequence[DatasetNumbers]) -> str:
    too_small = [
        f"{row.name} has {counted(row.questions, 'question')}" for row in datasets if row.questions < MIN_QUESTIONS
    ]
    return f"{'; '.join(too_small)}; at least {MIN_QUESTIONS}"


def _describe_left_out(datasets: Sequence[DatasetNumbers]) -> str:
    return f" Left out: {_describe_too_small(datasets)} are needed to be compared."


def _is_contained(part: int, whole: int, contained_shares: Floats) -> bool:
    return bool(contained_shares[part, whole] >= CONTAINED_SHARE)


def _candidates(comparable: list[int], contained_shares: Floats) -> list[int]:
    """Without the parts of others; of several that ask the same, the first."""
    candidates = []
    for dataset in comparable:
        wholes = [rival for rival in comparable if rival != dataset and _is_contained(dataset, rival, contained_shares)]
        if all(_is_contained(whole, dataset, contained_shares) and whole not in candidates for whole in wholes):
            candidates.append(dataset)
    return candidates or comparable


def _leading_dataset(reach_draws: Floats, candidates: list[int]) -> tuple[int, float]:
    """The candidate with the largest mean reach, and the share of draws in which it leads, ties shared out."""
    candidate_draws = np.round(reach_draws[:, candidates], 9)
    leading_draws = candidate_draws == candidate_draws.max(axis=1, keepdims=True)
    leading_share = (leading_draws / leading_draws.sum(axis=1, keepdims=True)).mean(axis=0)
    leading_candidate = int(candidate_draws.mean(axis=0).argmax())
    return candidates[leading_candidate], float(leading_share[leading_candidate])


def _describe_contained(
    datasets: Sequence[DatasetNumbers], comparable_datasets: Sequence[int], contained_shares: Floats
) -> str:
    """A sentence for each dataset that is a part of another, and for each two that ask the same."""
    contained_sentences = ""
    for part, whole in permutations(comparable_datasets, 2):
        if not _is_contained(part, whole, contained_shares):
            continue
        share, reverse_share = contained_shares[part, whole], contained_shares[whole, part]
        if not _is_contained(whole, part, contained_shares):
            contained_sentences += (
                f" {datasets[whole].name} asks what {datasets[part].name} asks ({share:.0%} of its questions) and more."
            )
        elif part < whole:
            contained_shares_text = f"{share:.0%} and {reverse_share:.0%} of them are in the other"
            contained_sentences += (
                f" {datasets[part].name} and {datasets[whole].name} ask the same questions ({contained_shares_text})."
            )
    return contained_sentences


def _describe_reach(
    recommended: DatasetNumbers, other_datasets: list[DatasetNumbers], equal_n: int, topics: int, is_sure: bool
) -> str:
    low, high = recommended.reach_interval
    return (
        f"with {counted(equal_n, 'question')} each{' it' if is_sure else f', {recommended.name}'} reaches "
        f"{recommended.reach:.0%} of the {counted(topics, 'topic')} of all together "
        f"(95% interval {low:.0%} to {high:.0%}), {', '.join(f'{row.name} {row.reach:.0%}' for row in other_datasets)}"
    )


def _most_varied(datasets: list[DatasetNumbers], rivals: Sequence[int]) -> int | None:
    """The rival whose diversity is much above that of all others, if there is one."""
    first, second = sorted(rivals, key=lambda number: -datasets[number].diversity_at_equal_n)[:2]
    is_ahead = datasets[first].diversity_at_equal_n >= VARIETY_FACTOR * datasets[second].diversity_at_equal_n
    return first if is_ahead else None


def _describe_variety(datasets: list[DatasetNumbers], varied: int | None, rivals: Sequence[int]) -> str:
    """What decides between datasets of like reach: diversity where it differs much, else what they cost."""
    if varied is None:
        return "let the price decide"
    next_best = max(datasets[number].diversity_at_equal_n for number in rivals if number != varied)
    own_diversity = datasets[varied].diversity_at_equal_n
    return f"take {datasets[varied].name} for its variety (diversity {own_diversity:.1f}, the next {next_best:.1f})"


def _describe_full_size(datasets: list[DatasetNumbers], recommended: DatasetNumbers) -> str:
    """A larger dataset may reach more by its size, which matters to whoever takes it as it is."""
    widest = max(datasets, key=lambda row: row.reach_of_all)
    if widest.reach_of_all <= recommended.reach_of_all:
        return ""
    questions = counted(widest.questions, "question")
    return f" Taken whole, {widest.name} reaches more: {widest.reach_of_all:.0%} with its {questions}."


def _describe_merging(recommended: DatasetNumbers, topic_counts: Floats, leader: int) -> str:
    topics_added = int(((topic_counts[leader] == 0) & (topic_counts.sum(axis=0) > 0)).sum())
    return f" Merging adds {counted(topics_added, 'topic')} that {recommended.name} lacks." if topics_added else ""


def price_note(question_rows: Iterable[QuestionRow], spent: Sequence[Spending]) -> str:
    """`Price and time of the questions: model-a $2.98 for 1,000 (3.2 s a call), ...`; "" where nothing is known.

    Of each model that wrote some of `question_rows`, over all of its calls and all of its questions here.
    """
    questions_by_model = Counter(question_row.model for question_row in question_rows if question_row.model)
    model_prices = [
        _describe_spending(spending, questions_by_model[spending.model])
        for spending in spent
        if questions_by_model[spending.model] and spending.calls
    ]
    return f"Price and time of the questions: {'; '.join(model_prices)}." if model_prices else ""


def _describe_spending(spending: Spending, questions: int) -> str:
    price_text = f"${1_000 * spending.cost / questions:,.2f} for 1,000" if spending.priced else "no price known"
    unpriced_calls = (
        f", {counted(spending.calls - spending.priced, 'call')} without a price"
        if 0 < spending.priced < spending.calls
        else ""
    )
    seconds_text = f"{spending.seconds / spending.calls:.1f} s a call, {spending.seconds / questions:.1f} s a question"
    return f"{spending.model} {price_text}{unpriced_calls} ({seconds_text})"
