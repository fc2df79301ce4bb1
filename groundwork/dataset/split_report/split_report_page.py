"""The split report as one HTML page, which opens from a file and asks no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from groundwork.dataset.split_report.descriptive_sentences import (
    describe_closeness,
    describe_leakage,
    describe_missing_eval,
    describe_mixture,
    describe_phrasings,
    describe_splits,
    describe_unanswerable,
    describe_verdict,
)
from groundwork.dataset.split_report.report_schema import EvalRow, Neighbour, SplitReport, SplitShare
from groundwork.dataset.split_report.svg_figures import cosine_figure, elbow_figure, map_figure, share_bars
from groundwork.message_wording import shorten_text
from groundwork.pages.html_markup import Markup, join_markup, table, tag
from groundwork.pages.html_page import document_page, read_asset

MAX_TABLE_ROWS, MAX_SHARES = 200, 40  # of a table of the page
SPLIT_REPORT_ASSETS = Path(__file__).parent / "assets"


def split_report_html(page_report: SplitReport) -> str:
    """The whole HTML page; there is no script."""
    split_sizes = " · ".join(f"{count:,} {split}" for split, count in page_report.splits.items())
    page_body = [tag("h1", page_report.name), tag("p", split_sizes, class_="soft")]
    page_body += [tag("p", page_line) for page_line in page_report.reviewed]
    if "eval" in page_report.splits:
        page_body += _eval_sections(page_report)
    else:
        page_body += [tag("p", page_line) for page_line in describe_missing_eval(page_report)]
        page_body += [
            _page_section(f"Rows by {column}", _count_table(shares)) for column, shares in page_report.shares.items()
        ]
    page_styles = "\n" + read_asset("split_report.css", SPLIT_REPORT_ASSETS)
    return document_page(f"{page_report.name}: split report", page_styles, *page_body, *_finding_sections(page_report))


def _eval_sections(page_report: SplitReport) -> Iterator[Markup]:
    closeness, leakage = _bullet_list(describe_closeness(page_report)), _bullet_list(describe_leakage(page_report))
    verdict, cluster_table = _verdict_markup(page_report), _cluster_table(page_report)
    yield _page_section("What the splits are", _bullet_list(describe_splits(page_report)))
    yield _page_section("Does eval stand for the whole?", verdict, closeness, cluster_table)
    yield _page_section("Can eval be answered from memory?", leakage, cosine_figure(page_report))
    yield _page_section("Train and eval on one map", map_figure(page_report))
    if page_report.curve and len(page_report.curve.ks) > 1:
        yield _page_section("How many clusters", elbow_figure(page_report.curve))
    for column, shares in page_report.shares.items():
        yield _page_section(f"Shares by {column}", _value_share_table(page_report, shares))
    yield _page_section("Every eval row", _eval_rows_table(page_report))


def _verdict_markup(page_report: SplitReport) -> Markup:
    """The answer in plain words; the figures behind it follow."""
    lead_sentence, *figure_sentences = describe_verdict(page_report) or [""]
    verdict_lines = [tag("p", lead_sentence, class_="lead"), *(tag("p", line) for line in figure_sentences)]
    return join_markup(verdict_lines) if lead_sentence else Markup("")


def _page_section(title: str, *content: str) -> Markup:
    return tag("section", tag("h2", title), content)


def _bullet_list(items: Iterable[str]) -> Markup:
    return tag("ul", [tag("li", item) for item in items])


def _cluster_table(page_report: SplitReport) -> Markup:
    return _share_table(page_report, "cluster", [(f"{n}: {c.value}", c) for n, c in enumerate(page_report.clusters)])


def _count_table(shares: Sequence[SplitShare]) -> Markup:
    count_rows = [(share.value or "none", f"{share.pool:,}") for share in shares[:MAX_SHARES]]
    return join_markup([*_share_cut_note(shares), table(["value", "rows"], count_rows, numbers=(1,))])


def _share_cut_note(shares: Sequence[SplitShare]) -> list[Markup]:
    return [tag("p", f"the {MAX_SHARES} most frequent of {len(shares)}")] if len(shares) > MAX_SHARES else []


def _value_share_table(page_report: SplitReport, shares: Sequence[SplitShare]) -> Markup:
    labelled_shares = [(share.value or "none", share) for share in shares[:MAX_SHARES]]
    return join_markup([*_share_cut_note(shares), _share_table(page_report, "value", labelled_shares)])


def _share_table(page_report: SplitReport, label_column: str, shares: Sequence[tuple[str, SplitShare]]) -> Markup:
    """Shares of the rows: a row with several tags counts for each, so that those of tags may exceed 1 together."""
    pool_rows, eval_rows = (
        sum(getattr(share, side) for share in page_report.clusters) or 1 for side in ("pool", "eval")
    )
    bar_shares = [(share.pool / pool_rows, share.eval / eval_rows) for _, share in shares]
    largest_share = max([bar_share for pair in bar_shares for bar_share in pair] or [1]) or 1
    share_rows = [
        (label, f"{share.pool:,}", f"{share.eval:,}", share_bars(*pair, largest_share))
        for (label, share), pair in zip(shares, bar_shares, strict=True)
    ]
    share_columns = [label_column, "rows", "in eval", "share of all above, of eval below"]
    return table(share_columns, share_rows, numbers=(1, 2), stacked=True)


def _eval_rows_table(page_report: SplitReport) -> Markup:
    """Each eval row as one reads it, beside the row of train that comes nearest."""
    column_titles = ["cluster", "the question in eval", "nearest in train"]
    if page_report.leaked_after is not None:
        column_titles += ["as it was", "words kept", "of the answer", "nearest in train as it was"]
    is_reworded = page_report.leaked_after is not None
    eval_table_rows = [_eval_row(row, reworded=is_reworded) for row in page_report.rows[:MAX_TABLE_ROWS]]
    eval_table = table(column_titles, eval_table_rows, class_="rows", stacked=True)
    table_parts = [tag("p", "numbers before a question are cosines"), eval_table]
    if len(page_report.rows) > MAX_TABLE_ROWS:
        table_parts.append(tag("p", f"the first {MAX_TABLE_ROWS} of {len(page_report.rows)}; all in report.json"))
    return join_markup(table_parts)


def _eval_row(row: EvalRow, *, reworded: bool) -> list[str]:
    eval_cells = [str(row.cluster), _cite_row(row.reworded or row.question, row.id)]
    if not reworded:
        return [*eval_cells, _cite_neighbour(row.before)]
    own_cosine = "" if row.own is None else f"{row.own:.2f} "
    kept_shares = ["-" if share is None else f"{share:.0%}" for share in (row.overlap, row.answer_overlap)]
    question_before, nearest_before = f"{own_cosine}{row.question}", _cite_neighbour(row.before)
    return [*eval_cells, _cite_neighbour(row.after), question_before, *kept_shares, nearest_before]


def _cite_neighbour(neighbour: Neighbour | None) -> str:
    return _cite_row(f"{neighbour.cosine:.2f} {neighbour.question}", neighbour.id) if neighbour else "-"


def _cite_row(text: str, row_id: str) -> Markup:
    return join_markup([text, " ", tag("small", row_id)])


def _finding_sections(page_report: SplitReport) -> Iterator[Markup]:
    if page_report.warnings:
        yield _page_section("Warnings", _bullet_list(page_report.warnings))
    if page_report.replaced:
        replaced = [(r.id, shorten_text(r.reason, 200)) for r in page_report.replaced]
        yield _page_section("Rows that could not be reworded", table(["id", "why"], replaced))
    if page_report.phrasings > 1:
        fewer = [(r.id, shorten_text(r.reason, 200)) for r in page_report.fewer[:MAX_TABLE_ROWS]]
        fewer_table = [table(["fewer wordings of", "why"], fewer)] if fewer else []
        phrasings = _bullet_list(describe_phrasings(page_report))
        yield _page_section("Wordings of each row of train", phrasings, *fewer_table)
    if page_report.unanswerable:
        yield _page_section("Questions without an answer", _bullet_list(describe_unanswerable(page_report)))
    if page_report.mixture:
        yield _page_section("Rows of another dataset in train", _bullet_list(describe_mixture(page_report)))
    if page_report.personal:
        personal = [(p.id, p.field, p.kind, p.masked) for p in page_report.personal[:MAX_TABLE_ROWS]]
        yield _page_section("Looks personal", table(["id", "where", "what", "masked"], personal))
    if page_report.invalid:
        invalid = [(r.id, r.reason) for r in page_report.invalid[:MAX_TABLE_ROWS]]
        yield _page_section("Left out as invalid", table(["id", "why"], invalid))
