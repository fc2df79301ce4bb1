"""The split report in lines for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from groundwork.console import terminal
from groundwork.dataset.split_report.report_record import SplitReport, SplitShare
from groundwork.dataset.split_report.report_sentences import (
    describe_additions,
    describe_closeness,
    describe_leakage,
    describe_missing_eval,
    describe_replaced,
    describe_splits,
    describe_verdict,
)
from groundwork.message_wording import counted, shorten_text

ENTRIES_SHOWN = 12  # values of a table in the terminal and clusters listed

SPARKLINE_BARS = "▁▂▃▄▅▆▇█"


def split_report_lines(split_report: SplitReport, columns: int = 10_000) -> list[str]:
    """The report for a terminal of so many columns."""
    import textwrap

    def fitted_lines(line: str) -> list[str]:
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        return textwrap.wrap(line, columns, subsequent_indent=indent, break_on_hyphens=False)

    return [
        output_line
        for line in _report_lines(split_report)
        for output_line in (fitted_lines(line) if len(line) > columns else [line])
    ]


def _report_lines(split_report: SplitReport) -> list[str]:
    split_sizes = ", ".join(f"{count:,} {split}" for split, count in split_report.splits.items())
    report_lines = [f"{split_report.name}: {split_sizes}"]
    report_lines += [f"  {line}" for line in split_report.reviewed]
    if "eval" in split_report.splits:
        eval_lines = [
            *describe_verdict(split_report),
            *describe_splits(split_report),
            *describe_closeness(split_report),
        ]
        report_lines += [f"  {line}" for line in eval_lines]
        if split_report.curve and split_report.curve.inertias:
            elbow_curve = split_report.curve
            report_lines.append(
                f"  inertia for k = {elbow_curve.ks[0]}..{elbow_curve.ks[-1]}  {_sparkline(elbow_curve.inertias)}  k "
                f"= {elbow_curve.k}"
            )
        report_lines += _cluster_lines(split_report.clusters)
        report_lines += [f"  {line}" for line in describe_leakage(split_report)]
    else:
        report_lines += [
            f"  {line}" for line in [*describe_missing_eval(split_report), *describe_additions(split_report)]
        ]
    report_lines += [f"    {row.id}: {shorten_text(row.reason, 120)}" for row in split_report.fewer[:3]]
    if split_report.replaced:
        report_lines.append(f"  {describe_replaced(split_report)}")
        report_lines += [f"    {row.id}: {shorten_text(row.reason, 120)}" for row in split_report.replaced[:3]]
    if split_report.invalid:
        report_lines.append(f"  {counted(len(split_report.invalid), 'invalid row')} left out")
        report_lines += [f"    {row.id}: {row.reason}" for row in split_report.invalid[:ENTRIES_SHOWN]]
    if split_report.personal:
        report_lines.append(f"  {counted(len(split_report.personal), 'place looks', 'places look')} like personal data")
        report_lines += [
            f"    {finding.id} {finding.field}: {finding.kind} {finding.masked}"
            for finding in split_report.personal[:ENTRIES_SHOWN]
        ]
    return report_lines


def _cluster_lines(clusters: Sequence[SplitShare]) -> list[str]:
    pool_rows, eval_rows = (sum(getattr(cluster, name) for cluster in clusters) or 1 for name in ("pool", "eval"))
    cluster_rows = [["cluster", "rows", "share", "eval", "share", "about"]]
    cluster_rows += [
        [
            f"{number}",
            f"{cluster.pool:,}",
            f"{cluster.pool / pool_rows:.1%}",
            f"{cluster.eval}",
            f"{cluster.eval / eval_rows:.1%}",
            cluster.value,
        ]
        for number, cluster in enumerate(clusters[:ENTRIES_SHOWN])
    ]
    more_clusters = (
        [f"    ... {len(clusters) - ENTRIES_SHOWN} more in report.json"] if len(clusters) > ENTRIES_SHOWN else []
    )
    return [*terminal.table_lines(cluster_rows, to_left=(5,), indent=4), *more_clusters]


def _sparkline(inertias: Sequence[float]) -> str:
    lowest, highest = min(inertias), max(inertias)
    bar_scale = (len(SPARKLINE_BARS) - 1) / (highest - lowest) if highest > lowest else 0
    return "".join(SPARKLINE_BARS[round((value - lowest) * bar_scale)] for value in inertias)
