"""The split report for the terminal and as one HTML page, which opens from a file and asks no network."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from groundwork.dataset.publish.card import describe_closeness, describe_leakage, describe_replaced, describe_splits
from groundwork.dataset.split.measures import Curve, EvalRow, Neighbour, Report, Share, shorten

BARS = "▁▂▃▄▅▆▇█"
SHOWN = 12  # values of a table in the terminal and clusters listed
WIDTH, HEIGHT = 640, 260  # of a figure, in its own units


def lines(report: Report, columns: int = 10_000) -> list[str]:
    """The report for a terminal of so many columns."""
    import textwrap

    def fitted(line: str) -> list[str]:
        margin = " " * (len(line) - len(line.lstrip()) + 2)
        return textwrap.wrap(line, columns, subsequent_indent=margin, break_on_hyphens=False)

    return [part for line in _lines(report) for part in (fitted(line) if len(line) > columns else [line])]


def _lines(report: Report) -> list[str]:
    counts = ", ".join(f"{count:,} {split}" for split, count in report.splits.items())
    found = [f"{report.name}: {counts}"]
    if "eval" in report.splits:
        found += [f"  {line}" for line in [*describe_splits(report), *describe_closeness(report)]]
        if report.curve and report.curve.inertias:
            curve = report.curve
            found.append(f"  inertia for k = {curve.ks[0]}..{curve.ks[-1]}  {_spark(curve.inertias)}  k = {curve.k}")
        found += _cluster_lines(report.clusters)
        found += [f"  {line}" for line in describe_leakage(report)]
    if report.replaced:
        found.append(f"  {describe_replaced(report)}")
        found += [f"    {gone.id}: {shorten(gone.reason, 120)}" for gone in report.replaced[:3]]
    if report.invalid:
        found.append(f"  {len(report.invalid)} invalid rows left out")
        found += [f"    {row.id}: {row.reason}" for row in report.invalid[:SHOWN]]
    if report.personal:
        found.append(f"  {len(report.personal)} places look like personal data")
        found += [f"    {p.id} {p.field}: {p.kind} {p.masked}" for p in report.personal[:SHOWN]]
    return found


def page(report: Report) -> str:
    """The whole HTML page. Everything from rows is escaped; there is no script."""
    sizes = " · ".join(f"{count:,} {split}" for split, count in report.splits.items())
    body = [f"<h1>{_e(report.name)}</h1>", f"<p>{_e(sizes)}</p>"]
    if "eval" in report.splits:
        body += [
            _section("What the splits are", _list(describe_splits(report))),
            _section(
                "Does eval stand for the whole?", _verdict(report), _list(describe_closeness(report)), _clusters(report)
            ),
            _section("Can eval be answered from memory?", _list(describe_leakage(report)), _cosines(report)),
            _section("Train and eval on one map", _map(report)),
        ]
        if report.curve and len(report.curve.ks) > 1:
            body.append(_section("How many clusters", _elbow(report.curve)))
        body += [_section(f"Shares by {name}", _shares(report, found)) for name, found in report.shares.items()]
        body.append(_section("Every eval row", _rows(report)))
    body.append(_findings(report))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_e(report.name)}: split report</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def _verdict(report: Report) -> str:
    """The answer in plain words; the figures behind it follow."""
    if not (found := report.cluster_error):
        return ""
    if found.percentile <= 0.5:
        answer = "Yes: each topic has nearly the share of eval that it has of all rows."
    elif found.percentile < 0.95:
        answer = "As well as a random split does; another seed may do better."
    else:
        answer = "No: some topics have far more or far less of eval than of all rows. Try another seed or strategy."
    return f"<p class=lead>{_e(answer)}</p>"


def _cluster_lines(clusters: Sequence[Share]) -> list[str]:
    pool, held = (sum(getattr(c, name) for c in clusters) or 1 for name in ("pool", "eval"))
    head = f"    {'cluster':>7} {'rows':>7} {'share':>7} {'eval':>5} {'share':>7}  about"
    found = [
        f"    {number:>7} {c.pool:>7,} {c.pool / pool:>7.1%} {c.eval:>5} {c.eval / held:>7.1%}  {c.value}"
        for number, c in enumerate(clusters[:SHOWN])
    ]
    more = [f"    ... {len(clusters) - SHOWN} more in report.json"] if len(clusters) > SHOWN else []
    return [head, *found, *more]


def _spark(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0
    return "".join(BARS[round((value - low) * scale)] for value in values)


def _section(title: str, *content: str) -> str:
    return f"<section><h2>{_e(title)}</h2>{''.join(content)}</section>"


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{_e(item)}</li>' for item in items)}</ul>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, wide: bool = False) -> str:
    """Cells hold HTML already; a wide table is scrolled on a phone, not squeezed."""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    top = "".join(f"<th>{_e(cell)}</th>" for cell in head)
    kind = " class=wide" if wide else ""
    return f"<div class=scroll tabindex=0 role=group aria-label=table><table{kind}><tr>{top}</tr>{body}</table></div>"


def _clusters(report: Report) -> str:
    return _share_table(report, "cluster", [(f"{n}: {c.value}", c) for n, c in enumerate(report.clusters)])


def _shares(report: Report, found: Sequence[Share]) -> str:
    note = f"<p>the {len(found[:40])} most frequent of {len(found)}</p>" if len(found) > 40 else ""
    return note + _share_table(report, "value", [(share.value or "none", share) for share in found[:40]])


def _share_table(report: Report, name: str, found: Sequence[tuple[str, Share]]) -> str:
    """Shares of the rows: a row with several tags counts for each, so that those of tags may exceed 1 together."""
    pool, held = (sum(getattr(cluster, side) for cluster in report.clusters) or 1 for side in ("pool", "eval"))
    most = max([share.pool / pool for _, share in found] + [share.eval / held for _, share in found] or [1]) or 1
    return _table(
        [name, "rows", "in eval", "share of all above, of eval below"],
        [
            (_e(label), f"{share.pool:,}", f"{share.eval:,}", _bars(share.pool / pool, share.eval / held, most))
            for label, share in found
        ],
    )


def _bars(pool: float, held: float, most: float) -> str:
    return (
        f'<svg viewBox="0 0 220 26" width=220 height=26 role=img aria-label="{pool:.1%} of all, {held:.1%} of eval">'
        f"<rect class=train x=0 y=2 width={150 * pool / most:.1f} height=8 />"
        f"<rect class=eval x=0 y=15 width={150 * held / most:.1f} height=8 />"
        f"<text x=156 y=10>{pool:.1%}</text><text x=156 y=23>{held:.1%}</text></svg>"
    )


def _elbow(curve: Curve) -> str:
    low, high = min(curve.inertias), max(curve.inertias)
    span = (high - low) or 1
    places = [
        (40 + (WIDTH - 60) * i / (len(curve.ks) - 1), 20 + (HEIGHT - 60) * (1 - (inertia - low) / span))
        for i, inertia in enumerate(curve.inertias)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    marks = "".join(
        f"<circle class={'eval' if k == curve.k else 'train'} cx={x:.1f} cy={y:.1f} r={6 if k == curve.k else 3}>"
        f"<title>k = {k}: inertia {inertia:,.2f}</title></circle>"
        f"<text text-anchor=middle x={x:.1f} y={HEIGHT - 14}>{k if len(curve.ks) < 16 or k % 2 == 0 else ''}</text>"
        for k, inertia, (x, y) in zip(curve.ks, curve.inertias, places, strict=True)
    )
    caption = f"<p>k = {curve.k}: {_e(curve.reason)}. Inertia is the sum of squared distances to the centres.</p>"
    return f"{_figure(f'<polyline points={_q(line)} />{marks}', 'inertia of k-means for each k')}{caption}"


def _cosines(report: Report) -> str:
    """Histograms of the cosine to the nearest train row, before and after rewording."""
    kinds = [("before", [r.before.cosine for r in report.rows if r.before])]
    if report.leaked_after is not None:
        kinds.append(("after", [r.after.cosine for r in report.rows if r.after]))
    low = min([c for _, cosines in kinds for c in cosines] + [report.random_cosine, 0.9])
    bins, parts = 25, []
    step = (WIDTH - 60) / bins
    counts = {name: [0] * bins for name, _ in kinds}
    for name, cosines in kinds:
        for cosine in cosines:
            counts[name][min(bins - 1, int((cosine - low) / (1.0001 - low) * bins))] += 1
    most = max([count for found in counts.values() for count in found] + [1])
    for offset, (name, found) in enumerate(counts.items()):
        width = step / len(kinds) - 1
        for i, count in enumerate(found):
            tall = (HEIGHT - 70) * count / most
            x = 30 + i * step + offset * step / len(kinds)
            shade = "eval" if name == "after" else "train"
            parts.append(
                f"<rect class={shade} x={x:.1f} y={HEIGHT - 40 - tall:.1f} width={width:.1f} height={tall:.1f}>"
                f"<title>{count} rows {name} rewording</title></rect>"
            )
    for value, label in ((report.threshold, "near-duplicate"), (report.random_cosine, "random pair")):
        x = 30 + (value - low) / (1 - low) * (WIDTH - 60)
        parts.append(f"<line class=mark x1={x:.1f} x2={x:.1f} y1=14 y2={HEIGHT - 40} />")
        anchor = "start" if x < 60 else "end" if x > WIDTH - 60 else "middle"
        parts.append(f"<text text-anchor={anchor} x={x:.1f} y=10>{label} {value:.2f}</text>")
    parts.append(f"<text x=30 y={HEIGHT - 20}>{low:.2f}</text><text x={WIDTH - 40} y={HEIGHT - 20}>1.00</text>")
    legend = "cosine of each question of eval to the nearest of train; blue: as they were" + (
        ", orange: as reworded" if len(kinds) > 1 else ""
    )
    return _figure("".join(parts), "cosine to the nearest train row") + f"<p>{legend}</p>"


def _map(report: Report) -> str:
    side = HEIGHT * 1.7
    points = sorted(report.map, key=lambda point: point.split == "eval")
    dots = "".join(
        f"<circle class={'eval' if p.split == 'eval' else 'train'} cx={20 + p.x * (WIDTH - 40):.1f} "
        f"cy={20 + (1 - p.y) * (side - 40):.1f} r={6 if p.split == 'eval' else 3}>"
        f"<title>{_e(p.split)}, cluster {p.cluster}: {_e(p.question)}</title></circle>"
        for p in points
    )
    note = "orange: eval, blue: the rest; hold the pointer over a dot to read its question"
    return _figure(dots, "map of train and eval questions", side) + f"<p>{note}</p>"


def _rows(report: Report) -> str:
    """Each eval row as one reads it, beside the row of train that comes nearest."""
    head = ["cluster", "the question in eval", "nearest in train"]
    if report.leaked_after is not None:
        head += ["as it was", "words kept", "of the answer", "nearest in train as it was"]
    rows = [_eval_row(row, reworded=report.leaked_after is not None) for row in report.rows[:200]]
    more = f"<p>the first 200 of {len(report.rows)}; all in report.json</p>" if len(report.rows) > 200 else ""
    return "<p>numbers before a question are cosines</p>" + _table(head, rows, wide=True) + more


def _eval_row(row: EvalRow, *, reworded: bool) -> list[str]:
    cells = [str(row.cluster), f"{_e(row.reworded or row.question)} <small>{_e(row.id)}</small>"]
    if not reworded:
        return [*cells, _near(row.before)]
    own = "" if row.own is None else f"{row.own:.2f} "
    kept = ["-" if share is None else f"{share:.0%}" for share in (row.overlap, row.answer_overlap)]
    return [*cells, _near(row.after), f"{own}{_e(row.question)}", *kept, _near(row.before)]


def _near(found: Neighbour | None) -> str:
    return f"{found.cosine:.2f} {_e(found.question)} <small>{_e(found.id)}</small>" if found else "-"


def _findings(report: Report) -> str:
    parts = []
    if report.warnings:
        parts.append(_section("Warnings", _list(report.warnings)))
    if report.replaced:
        replaced = [(_e(r.id), _e(shorten(r.reason, 200))) for r in report.replaced]
        parts.append(_section("Rows that could not be reworded", _table(["id", "why"], replaced)))
    if report.personal:
        personal = [(_e(p.id), _e(p.field), _e(p.kind), _e(p.masked)) for p in report.personal[:200]]
        parts.append(_section("Looks personal", _table(["id", "where", "what", "masked"], personal)))
    if report.invalid:
        invalid = [(_e(r.id), _e(r.reason)) for r in report.invalid[:200]]
        parts.append(_section("Left out as invalid", _table(["id", "why"], invalid)))
    return "".join(parts)


def _figure(content: str, label: str, height: float = HEIGHT) -> str:
    return f"<svg class=figure viewBox={_q(f'0 0 {WIDTH} {height:g}')} role=img aria-label={_q(label)}>{content}</svg>"


def _e(text: str) -> str:
    return html.escape(text, quote=True)


def _q(text: str) -> str:
    return f'"{_e(text)}"'


STYLE = """
:root { color-scheme: light dark; --text: #1c1e21; --soft: #5d646d; --back: #fff; --line: #d9dde3;
  --train: #5b86c4; --eval: #d9691e; }
@media (prefers-color-scheme: dark) { :root { --text: #e7e9ec; --soft: #a2a9b3; --back: #16181b; --line: #363b42;
  --train: #6f9bdc; --eval: #f28a3d; } }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 860px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 28px; margin: 0 0 8px; } h2 { font-size: 19px; margin: 36px 0 8px; }
p { color: var(--soft); margin: 6px 0; } ul { padding-left: 20px; margin: 6px 0; }
p.lead { color: var(--text); font-size: 18px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: 14px; width: 100%; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); vertical-align: middle; }
th, small { color: var(--soft); } th { font-weight: 600; } td { overflow-wrap: break-word; }
small { overflow-wrap: anywhere; }
svg { max-width: 100%; } svg.figure { width: 100%; height: auto; overflow: visible; margin-top: 12px; }
svg text { fill: var(--soft); font-size: 11px; } .train { fill: var(--train); } .eval { fill: var(--eval); }
circle { stroke: var(--back); stroke-width: 1; } circle.train { opacity: 0.55; }
polyline { fill: none; stroke: var(--train); stroke-width: 2; }
@media (max-width: 600px) { svg.figure text { font-size: 19px; } table.wide { min-width: 760px; } }
line.mark { stroke: var(--soft); stroke-dasharray: 4 3; }
"""
