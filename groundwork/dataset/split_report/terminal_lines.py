"""The split report as lines of a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from groundwork.console import terminal
from groundwork.dataset.split_report.descriptive_sentences import (
    describe_additions,
    describe_closeness,
    describe_leakage,
    describe_missing_eval,
    describe_replaced,
    describe_splits,
    describe_verdict,
)
from groundwork.dataset.split_report.report_schema import SplitReport, SplitShare
from groundwork.message_wording import counted, shorten_text

ENTRIES_SHOWN = 12  # values of a table in the terminal and clusters listed
SPARKLINE_BARS = "▁▂▃▄▅▆▇█"


def split_report_lines(report: SplitReport, columns: int = 10_000) -> list[str]:
    """The report for a terminal of so many columns."""
    import textwrap

    def fitted_lines(line: str) -> list[str]:
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        return textwrap.wrap(line, columns, subsequent_indent=indent, break_on_hyphens=False)

    report_lines = _report_lines(report)
    return [part for line in report_lines for part in (fitted_lines(line) if len(line) > columns else [line])]


def _report_lines(report: SplitReport) -> list[str]:
    split_sizes = ", ".join(f"{count:,} {split}" for split, count in report.splits.items())
    report_lines = [f"{report.name}: {split_sizes}"]
    report_lines += [f"  {line}" for line in report.reviewed]
    if "eval" in report.splits:
        report_lines += _eval_lines(report)
    else:
        report_lines += [f"  {line}" for line in [*describe_missing_eval(report), *describe_additions(report)]]
    report_lines += [f"    {row.id}: {shorten_text(row.reason, 120)}" for row in report.fewer[:3]]
    if report.replaced:
        report_lines.append(f"  {describe_replaced(report)}")
        report_lines += [f"    {row.id}: {shorten_text(row.reason, 120)}" for row in report.replaced[:3]]
    if report.invalid:
        report_lines.append(f"  {counted(len(report.invalid), 'invalid row')} left out")
        report_lines += [f"    {row.id}: {row.reason}" for row in report.invalid[:ENTRIES_SHOWN]]
    if report.personal:
        report_lines.append(f"  {counted(len(report.personal), 'place looks', 'places look')} like personal data")
        report_lines += [
            f"    {finding.id} {finding.field}: {finding.kind} {finding.masked}"
            for finding in report.personal[:ENTRIES_SHOWN]
        ]
    return report_lines


def _eval_lines(report: SplitReport) -> Iterator[str]:
    eval_sentences = [*describe_verdict(report), *describe_splits(report), *describe_closeness(report)]
    yield from (f"  {eval_sentence}" for eval_sentence in eval_sentences)
    if (curve := report.curve) and curve.inertias:
        yield f"  inertia for k = {curve.ks[0]}..{curve.ks[-1]}  {_sparkline(curve.inertias)}  k = {curve.k}"
    yield from _cluster_lines(report.clusters)
    yield from (f"  {leakage_sentence}" for leakage_sentence in describe_leakage(report))


def _cluster_lines(clusters: Sequence[SplitShare]) -> list[str]:
    pool_rows, eval_rows = (sum(getattr(cluster, name) for cluster in clusters) or 1 for name in ("pool", "eval"))
    cluster_rows = [["cluster", "rows", "share", "eval", "share", "about"]]
    for number, cluster in enumerate(clusters[:ENTRIES_SHOWN]):
        pool_cells = f"{cluster.pool:,}", f"{cluster.pool / pool_rows:.1%}"
        eval_cells = f"{cluster.eval}", f"{cluster.eval / eval_rows:.1%}"
        cluster_rows.append([f"{number}", *pool_cells, *eval_cells, cluster.value])
    clusters_left_out = len(clusters) - ENTRIES_SHOWN
    more_clusters = [f"    ... {clusters_left_out} more in report.json"] if clusters_left_out > 0 else []
    return [*terminal.table_lines(cluster_rows, to_left=(5,), indent=4), *more_clusters]


def _sparkline(inertias: Sequence[float]) -> str:
    lowest, highest = min(inertias), max(inertias)
    bar_scale = (len(SPARKLINE_BARS) - 1) / (highest - lowest) if highest > lowest else 0
    return "".join(SPARKLINE_BARS[round((value - lowest) * bar_scale)] for value in inertias)
