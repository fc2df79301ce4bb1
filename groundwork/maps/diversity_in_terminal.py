"""The diversity of datasets, and how they overlap, as tables for the terminal."""

from __future__ import annotations

from groundwork.console import terminal
from groundwork.maps.draw.scene import DatasetNumbers, Numbers
from groundwork.message_wording import counted


def diversity_table(numbers: Numbers | None) -> list[str]:
    """A line a dataset: questions, mean per chunk, repeats, diversity, reach; then how several overlap."""
    if numbers is None:
        return []
    reach_heading = f"reach of {counted(numbers.topics, 'topic')}"
    header = ["", "questions", "a chunk", "repeats", "diversity", reach_heading, "95%", "of all"]
    diversity_rows = [header, *map(_diversity_row, numbers.datasets)]
    if len(numbers.datasets) == 1:  # reach is of what several ask together
        return terminal.table_lines(
            [
                [*diversity_row[:5], topics]
                for diversity_row, topics in zip(diversity_rows, ["topics", f"{numbers.topics:,}"], strict=True)
            ]
        )
    are_splits = not numbers.recommendation  # none of them is to be chosen
    table_lines = terminal.table_lines(
        [diversity_row[:4] for diversity_row in diversity_rows] if are_splits else diversity_rows
    )
    if not are_splits:
        table_lines.append(
            f"  (diversity and reach with {counted(numbers.equal_n, 'question')} each; 'of all' with all of its own)"
        )
    return table_lines + _overlap_table(numbers)


def _diversity_row(dataset: DatasetNumbers) -> list[str]:
    low, high = dataset.reach_interval
    return [
        dataset.name,
        f"{dataset.questions:,}",
        "-" if dataset.mean_per_chunk is None else f"{dataset.mean_per_chunk:.1f}",
        f"{dataset.redundancy:.0%}",
        f"{dataset.diversity_at_equal_n:.1f}",
        f"{dataset.reach:.0%}",
        f"{low:.0%}-{high:.0%}",
        f"{dataset.reach_of_all:.0%}",
    ]


def _overlap_table(numbers: Numbers) -> list[str]:
    dataset_names = [dataset.name for dataset in numbers.datasets]
    shares = [[f"{share:.0%}" for share in row] for row in numbers.overlap]
    overlap_rows = ([dataset_name, *row] for dataset_name, row in zip(dataset_names, shares, strict=True))
    return terminal.table_lines([["also asked by", *dataset_names], *overlap_rows])
