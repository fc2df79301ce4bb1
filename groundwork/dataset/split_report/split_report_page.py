"""The split report as one HTML page, which opens from a file and asks no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from groundwork.dataset.split_report.report_record import EvalRow, Neighbour, SplitReport, SplitShare
from groundwork.dataset.split_report.report_sentences import (
    describe_closeness,
    describe_leakage,
    describe_missing_eval,
    describe_mixture,
    describe_phrasings,
    describe_splits,
    describe_unanswerable,
    describe_verdict,
)
from groundwork.dataset.split_report.split_report_figures import cosine_figure, elbow_figure, map_figure, share_bars
from groundwork.message_wording import shorten_text
from groundwork.pages.html_frame import Markup, document_page, join_markup, table, tag

MAX_TABLE_ROWS, MAX_SHARES = 200, 40  # of a table of the page


def split_report_html(split_report: SplitReport) -> str:
    """The whole HTML page; there is no script."""
    split_sizes = " · ".join(f"{count:,} {split}" for split, count in split_report.splits.items())
    page_body = [tag("h1", split_report.name), tag("p", split_sizes, class_="soft")]
    page_body += [tag("p", page_line) for page_line in split_report.reviewed]
    if "eval" in split_report.splits:
        page_body += [
            _page_section("What the splits are", _bullet_list(describe_splits(split_report))),
            _page_section(
                "Does eval stand for the whole?",
                _verdict_markup(split_report),
                _bullet_list(describe_closeness(split_report)),
                _cluster_table(split_report),
            ),
            _page_section(
                "Can eval be answered from memory?",
                _bullet_list(describe_leakage(split_report)),
                cosine_figure(split_report),
            ),
            _page_section("Train and eval on one map", map_figure(split_report)),
        ]
        if split_report.curve and len(split_report.curve.ks) > 1:
            page_body.append(_page_section("How many clusters", elbow_figure(split_report.curve)))
        page_body += [
            _page_section(f"Shares by {column}", _value_share_table(split_report, shares))
            for column, shares in split_report.shares.items()
        ]
        page_body.append(_page_section("Every eval row", _eval_rows_table(split_report)))
    else:
        page_body += [tag("p", page_line) for page_line in describe_missing_eval(split_report)]
        page_body += [
            _page_section(f"Rows by {column}", _count_table(shares)) for column, shares in split_report.shares.items()
        ]
    return document_page(
        f"{split_report.name}: split report", SPLIT_REPORT_STYLES, *page_body, *_finding_sections(split_report)
    )


def _verdict_markup(split_report: SplitReport) -> Markup:
    """The answer in plain words; the figures behind it follow."""
    lead_sentence, *figure_sentences = describe_verdict(split_report) or [""]
    return (
        join_markup([tag("p", lead_sentence, class_="lead"), *(tag("p", line) for line in figure_sentences)])
        if lead_sentence
        else Markup("")
    )


def _page_section(title: str, *content: str) -> Markup:
    return tag("section", tag("h2", title), content)


def _bullet_list(items: Iterable[str]) -> Markup:
    return tag("ul", [tag("li", item) for item in items])


def _cluster_table(split_report: SplitReport) -> Markup:
    return _share_table(split_report, "cluster", [(f"{n}: {c.value}", c) for n, c in enumerate(split_report.clusters)])


def _count_table(shares: Sequence[SplitShare]) -> Markup:
    count_rows = [(share.value or "none", f"{share.pool:,}") for share in shares[:MAX_SHARES]]
    return join_markup([*_share_cut_note(shares), table(["value", "rows"], count_rows, numbers=(1,))])


def _share_cut_note(shares: Sequence[SplitShare]) -> list[Markup]:
    return [tag("p", f"the {MAX_SHARES} most frequent of {len(shares)}")] if len(shares) > MAX_SHARES else []


def _value_share_table(split_report: SplitReport, shares: Sequence[SplitShare]) -> Markup:
    labelled_shares = [(share.value or "none", share) for share in shares[:MAX_SHARES]]
    return join_markup([*_share_cut_note(shares), _share_table(split_report, "value", labelled_shares)])


def _share_table(split_report: SplitReport, label_column: str, shares: Sequence[tuple[str, SplitShare]]) -> Markup:
    """Shares of the rows: a row with several tags counts for each, so that those of tags may exceed 1 together."""
    pool_rows, eval_rows = (
        sum(getattr(cluster, side) for cluster in split_report.clusters) or 1 for side in ("pool", "eval")
    )
    largest_share = (
        max([share.pool / pool_rows for _, share in shares] + [share.eval / eval_rows for _, share in shares] or [1])
        or 1
    )
    share_rows = [
        (
            label,
            f"{share.pool:,}",
            f"{share.eval:,}",
            share_bars(share.pool / pool_rows, share.eval / eval_rows, largest_share),
        )
        for label, share in shares
    ]
    share_columns = [label_column, "rows", "in eval", "share of all above, of eval below"]
    return table(share_columns, share_rows, numbers=(1, 2), stacked=True)


def _eval_rows_table(split_report: SplitReport) -> Markup:
    """Each eval row as one reads it, beside the row of train that comes nearest."""
    column_titles = ["cluster", "the question in eval", "nearest in train"]
    if split_report.leaked_after is not None:
        column_titles += ["as it was", "words kept", "of the answer", "nearest in train as it was"]
    eval_table_rows = [
        _eval_row(row, reworded=split_report.leaked_after is not None) for row in split_report.rows[:MAX_TABLE_ROWS]
    ]
    rows_left_out = (
        [f"the first {MAX_TABLE_ROWS} of {len(split_report.rows)}; all in report.json"]
        if len(split_report.rows) > MAX_TABLE_ROWS
        else []
    )
    cosine_note = tag("p", "numbers before a question are cosines")
    return join_markup(
        [
            cosine_note,
            table(column_titles, eval_table_rows, class_="rows", stacked=True),
            *(tag("p", text) for text in rows_left_out),
        ]
    )


def _eval_row(row: EvalRow, *, reworded: bool) -> list[str]:
    eval_cells = [str(row.cluster), _cite_row(row.reworded or row.question, row.id)]
    if not reworded:
        return [*eval_cells, _cite_neighbour(row.before)]
    own_cosine = "" if row.own is None else f"{row.own:.2f} "
    kept_shares = ["-" if share is None else f"{share:.0%}" for share in (row.overlap, row.answer_overlap)]
    return [
        *eval_cells,
        _cite_neighbour(row.after),
        f"{own_cosine}{row.question}",
        *kept_shares,
        _cite_neighbour(row.before),
    ]


def _cite_neighbour(neighbour: Neighbour | None) -> str:
    return _cite_row(f"{neighbour.cosine:.2f} {neighbour.question}", neighbour.id) if neighbour else "-"


def _cite_row(text: str, row_id: str) -> Markup:
    return join_markup([text, " ", tag("small", row_id)])


def _finding_sections(split_report: SplitReport) -> list[Markup]:
    finding_sections = []
    if split_report.warnings:
        finding_sections.append(_page_section("Warnings", _bullet_list(split_report.warnings)))
    if split_report.replaced:
        replaced = [(r.id, shorten_text(r.reason, 200)) for r in split_report.replaced]
        finding_sections.append(_page_section("Rows that could not be reworded", table(["id", "why"], replaced)))
    if split_report.phrasings > 1:
        fewer = [(r.id, shorten_text(r.reason, 200)) for r in split_report.fewer[:MAX_TABLE_ROWS]]
        fewer_table = [table(["fewer wordings of", "why"], fewer)] if fewer else []
        finding_sections.append(
            _page_section("Wordings of each row of train", _bullet_list(describe_phrasings(split_report)), *fewer_table)
        )
    if split_report.unanswerable:
        finding_sections.append(
            _page_section("Questions without an answer", _bullet_list(describe_unanswerable(split_report)))
        )
    if split_report.mixture:
        finding_sections.append(
            _page_section("Rows of another dataset in train", _bullet_list(describe_mixture(split_report)))
        )
    if split_report.personal:
        personal = [(p.id, p.field, p.kind, p.masked) for p in split_report.personal[:MAX_TABLE_ROWS]]
        finding_sections.append(_page_section("Looks personal", table(["id", "where", "what", "masked"], personal)))
    if split_report.invalid:
        invalid = [(r.id, r.reason) for r in split_report.invalid[:MAX_TABLE_ROWS]]
        finding_sections.append(_page_section("Left out as invalid", table(["id", "why"], invalid)))
    return finding_sections


SPLIT_REPORT_STYLES = """
:root { --train: var(--blue); --eval: var(--orange); }
main { max-width: 860px; }
p { color: var(--soft); }
p.lead { color: var(--ink); font-size: 18px; }
td { vertical-align: middle; }
svg { max-width: 100%; } svg.figure { width: 100%; height: auto; overflow: visible; margin-top: 12px; }
svg text { fill: var(--soft); font-size: 11px; } .train { fill: var(--train); } .eval { fill: var(--eval); }
circle { stroke: var(--paper); stroke-width: 1; } circle.train { opacity: 0.55; }
polyline { fill: none; stroke: var(--train); stroke-width: 2; }
line.mark { stroke: var(--soft); stroke-dasharray: 4 3; }
@media (max-width: 600px) { svg.figure text { font-size: 19px; } }
"""
