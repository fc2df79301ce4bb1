"""One HTML page about a curated run: what was kept, rewritten and rejected, with examples of each."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from groundwork.data_folder.runs.review_decisions import BY_PERSON
from groundwork.message_wording import counted
from groundwork.pages.html_markup import Markup, join_markup, table, tag
from groundwork.pages.html_page import document_page, read_asset
from groundwork.records import Pair, Rejected

REPORTED_EXAMPLES = 4  # of each kind
# Pairs that are all shown where there are no more: those with a person's words, or kept all the same.
MAX_REPORTED_PAIRS = 40
NO_MODEL_ASKED = "No model was asked: rules alone decided, and what they cannot see may still be wrong."

CURATION_ASSETS = Path(__file__).parent / "assets"
_NO_REPORTED_PAIRS = tag("p", "None.", class_="soft")


@dataclass(frozen=True)
class CurationResult:
    """What curation made of a run. Rewritten pairs are among the kept, with their `original_question`."""

    run: str
    checks: Sequence[str]
    kept_pairs: Sequence[Pair]
    rejected_pairs: Sequence[Rejected]
    reviewed: Sequence[str] = ()  # what people decided, in sentences


def curation_html(curation_result: CurationResult) -> str:
    """The whole page."""
    report_counts = _CurationCounts(curation_result)
    outcome_counts = report_counts.outcome_sizes()
    reported_documents = len(report_counts.documents)
    document_count = "one document" if reported_documents == 1 else counted(reported_documents, "document")
    reported_checks = ", ".join(curation_result.checks).replace("_", " ") or "nothing"
    report_line = f"{counted(sum(outcome_counts.values()), 'pair')} of {document_count}, checked for {reported_checks}."
    report_column_titles = ["Check", "Checked", "Passed", "Failed by rule", "Failed by model", "No model was asked"]
    return document_page(
        title := f"Curation of {curation_result.run}",
        read_asset("curation_report.css", CURATION_ASSETS),
        tag("h1", title),
        tag("p", report_line, class_="soft"),
        *([tag("p", NO_MODEL_ASKED)] if report_counts.is_by_rules_alone else []),
        _render_outcome_bar(outcome_counts),
        *([tag("p", " ".join(curation_result.reviewed))] if curation_result.reviewed else []),
        tag("h2", "The checks"),
        table(
            report_column_titles,
            [report_counts.check_row(check) for check in curation_result.checks],
            numbers=(1, 2, 3, 4, 5),
            stacked=True,
        ),
        tag("h2", "Kept"),
        *_render_example_pairs("k", curation_result.kept_pairs, report_counts.unchanged),
        tag("h2", "Rewritten"),
        *_render_example_pairs("w", curation_result.kept_pairs, report_counts.rewritten),
        *_render_listed_pairs("c", "Corrected by people", curation_result.kept_pairs, report_counts.corrected),
        *_render_listed_pairs("k", "Kept against a complaint", curation_result.kept_pairs, report_counts.defended),
        tag("h2", "Rejected"),
        *(_render_rejected_pairs(curation_result.rejected_pairs, report_counts.by_reason) or [_NO_REPORTED_PAIRS]),
    )


def _render_outcome_bar(reported_sizes: dict[str, int]) -> Markup:
    """The sizes as parts of a bar, and what each colour is."""
    report_bar = [
        tag("div", class_=reported_outcome, style=f"flex:{size}")
        for reported_outcome, size in reported_sizes.items()
        if size
    ]
    bar_legend = [
        tag("span", tag("i", class_=f"dot {reported_outcome}"), f"{size:,} {reported_outcome}")
        for reported_outcome, size in reported_sizes.items()
    ]
    bar_label = ", ".join(f"{size} {reported_outcome}" for reported_outcome, size in reported_sizes.items())
    report_bar_markup = tag("div", report_bar, class_="bar", role="img", aria_label=bar_label)
    return join_markup([report_bar_markup, tag("p", bar_legend, class_="key")])


def is_rejected_by_rule(rejection: Rejected) -> bool:
    """Was the pair rejected by rules, without a model's word?"""
    reported_failures = [column for column in rejection.pair.get("checks", {}).values() if not column["passed"]]
    return (
        bool(reported_failures)
        and rejection.reason != BY_PERSON
        and all(column.get("checker") == "rule" for column in reported_failures)
    )


def curation_outcome(pair: Pair) -> Literal["kept", "rewritten", "corrected"]:
    """What became of a pair that is kept: as it was, in other words of a model, or as a person has it."""
    if not (pair.original_question or pair.original_answer or pair.original_criteria):
        return "kept"
    return "corrected" if BY_PERSON in pair.checks else "rewritten"


def counts_and_note(curation_result: CurationResult) -> tuple[dict[str, int], str]:
    """How many pairs became what; and that in words, with why pairs were rejected and what people decided."""
    outcomes = Counter(curation_outcome(pair) for pair in curation_result.kept_pairs)
    reported_counts = {
        outcome: outcomes[outcome]
        for outcome in ("kept", "rewritten", "corrected")
        if outcomes[outcome] or outcome != "corrected"
    }
    reported_counts["rejected"] = len(curation_result.rejected_pairs)
    note = ", ".join(f"{count} {outcome}" for outcome, count in reported_counts.items())
    reported_reasons = Counter(rejection.reason for rejection in curation_result.rejected_pairs).most_common()
    reasons = [f"{reason} {count}" for reason, count in reported_reasons]
    if rejected_by_rule := sum(map(is_rejected_by_rule, curation_result.rejected_pairs)):
        reported_counts["rejected by a rule"] = rejected_by_rule
        reasons.append(f"{rejected_by_rule} of them by a rule, no model was asked")
    note += f" ({', '.join(reasons)})" if reasons else ""
    return reported_counts, " ".join([f"{note}.", *curation_result.reviewed]) if curation_result.reviewed else note


class _CurationCounts:
    """What the page says of all pairs, which are gone through once: there may be a million, in files."""

    def __init__(self, curation_result: CurationResult) -> None:
        self.documents: set[str] = set()
        self.unchanged, self.rewritten, self.corrected = array("q"), array("q"), array("q")  # places among the kept
        self.defended = array("q")  # of them those whose complaint was found mistaken
        self.by_reason: dict[str, array[int]] = defaultdict(lambda: array("q"))  # places among the rejected
        self._checks = frozenset(curation_result.checks)
        self._column_counts: Counter[tuple[str, bool, str]] = Counter()  # by check, passed, checker
        for reported_index, reported_pair in enumerate(curation_result.kept_pairs):
            indexes_by_outcome = {"kept": self.unchanged, "rewritten": self.rewritten, "corrected": self.corrected}
            indexes_by_outcome[curation_outcome(reported_pair)].append(reported_index)
            if _objections_to_pair(reported_pair):
                self.defended.append(reported_index)
            self._count_check_columns(reported_pair.document, reported_pair.checks)
        for reported_index, reported_rejection in enumerate(curation_result.rejected_pairs):
            self.by_reason[reported_rejection.reason].append(reported_index)
            self._count_check_columns(reported_rejection.document, reported_rejection.pair.get("checks", {}))

    def _count_check_columns(self, reported_document: str, reported_columns: Mapping[str, Any]) -> None:
        self.documents.add(reported_document)
        for check, check_column in reported_columns.items():
            if check in self._checks and check_column:
                self._column_counts[check, bool(check_column["passed"]), check_column.get("checker", "model")] += 1

    def check_row(self, check: str) -> list[str]:
        reported_counts = {key[1:]: count for key, count in self._column_counts.items() if key[0] == check}
        reported_checked = sum(reported_counts.values())
        reported_passed = sum(count for (passed, _), count in reported_counts.items() if passed)
        reported_by_rule = reported_counts.get((True, "rule"), 0) + reported_counts.get((False, "rule"), 0)
        reported_by_model = (
            f"{reported_counts.get((False, 'model'), 0):,}" if reported_by_rule < reported_checked else "not asked"
        )
        row_numbers = [reported_checked, reported_passed, reported_counts.get((False, "rule"), 0)]
        return [check.replace("_", " "), *(f"{n:,}" for n in row_numbers), reported_by_model, f"{reported_by_rule:,}"]

    def outcome_sizes(self) -> dict[str, int]:
        """Pairs by what became of them; those that people corrected only where there are any."""
        return {
            "kept": len(self.unchanged),
            "rewritten": len(self.rewritten),
            **({"corrected": len(self.corrected)} if self.corrected else {}),
            "rejected": sum(map(len, self.by_reason.values())),
        }

    @property
    def is_by_rules_alone(self) -> bool:
        """Was no model asked about any pair?"""
        return bool(self._column_counts) and all(checker == "rule" for _, _, checker in self._column_counts)


def _render_rejected_pairs(rejected: Sequence[Rejected], by_reason: Mapping[str, Sequence[int]]) -> list[Markup]:
    report_articles = []
    for reason, reported_indexes in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        report_articles.append(
            tag("h3", reason.replace("_", " "), " ", tag("span", f"({len(reported_indexes):,})", class_="soft"))
        )
        for reported in (rejected[index] for index in _spread_examples(reported_indexes)):
            reported_rule_note = " (by a rule; no model was asked)" if is_rejected_by_rule(reported) else ""
            pages_of_pair = _pages_of_pair(reported.document, reported.pair.get("pages", []))
            rejected_question, rejected_answer = (str(reported.pair.get(name, "")) for name in ("question", "answer"))
            report_articles.append(
                _render_report_article(
                    "r",
                    _ReportedWording(rejected_question, rejected_answer),
                    pages_of_pair,
                    reported.detail + reported_rule_note,
                )
            )
    return report_articles


def _render_example_pairs(outcome_class: str, pairs: Sequence[Pair], indexes: Sequence[int]) -> list[Markup]:
    """Some of the pairs at `indexes`, or that there are none."""
    return [_render_reported_pair(outcome_class, pairs[i]) for i in _spread_examples(indexes)] or [_NO_REPORTED_PAIRS]


def _render_listed_pairs(outcome_class: str, title: str, pairs: Sequence[Pair], indexes: Sequence[int]) -> list[Markup]:
    """All of the pairs at `indexes`, where there are not too many, each with what was said about it."""
    if not indexes:
        return []
    report_articles = [_render_reported_pair(outcome_class, pairs[index]) for index in indexes[:MAX_REPORTED_PAIRS]]
    more_reported_note = f"… and {len(indexes) - MAX_REPORTED_PAIRS:,} more; the page of review shows all."
    more_notes = [tag("p", more_reported_note, class_="soft")] if len(indexes) > MAX_REPORTED_PAIRS else []
    return [tag("h2", title), *report_articles, *more_notes]


def _objections_to_pair(reported_pair: Pair) -> str:
    """What was said against a pair, and why that did not count."""
    columns_before = [column.get("before", {}) for column in reported_pair.checks.values() if isinstance(column, dict)]
    return "; ".join(
        f"{reported_before['why']} – {reported_before['objection']}"
        for reported_before in columns_before
        if "objection" in reported_before
    )


def _render_reported_pair(outcome_class: str, pair: Pair) -> Markup:
    """The pair; struck out above each text that was changed, what it said before."""
    remark_on_pair = str(pair.checks[BY_PERSON]["why"]) if outcome_class == "c" else _objections_to_pair(pair)
    return _render_report_article(
        outcome_class,
        _ReportedWording(pair.question, pair.answer, pair.evaluation_criteria),
        "; ".join(filter(None, (_pages_of_pair(pair.document, pair.pages), remark_on_pair))),
        originally_reported=_ReportedWording(pair.original_question, pair.original_answer, pair.original_criteria),
    )


class _ReportedWording(NamedTuple):
    """The words of a pair; of an original, those that were changed."""

    question: str = ""
    answer: str = ""
    criteria: Sequence[str] = ()


_UNCHANGED_WORDING = _ReportedWording()


def _render_report_article(
    outcome_class: str,
    reported_wording: _ReportedWording,
    pages_of_pair: str,
    reported_reason: str = "",
    originally_reported: _ReportedWording = _UNCHANGED_WORDING,
) -> Markup:
    return tag(
        "article",
        *([tag("p", tag("del", originally_reported.question))] if originally_reported.question else []),
        tag("p", reported_wording.question, class_="q"),
        *([tag("p", tag("del", originally_reported.answer))] if originally_reported.answer else []),
        tag("p", reported_wording.answer),
        *_render_criteria([tag("del", criterion) for criterion in originally_reported.criteria]),
        *_render_criteria(reported_wording.criteria),
        *([tag("p", reported_reason, class_="why")] if reported_reason else []),
        tag("p", pages_of_pair, class_="soft"),
        class_=outcome_class,
    )


def _render_criteria(criteria: Sequence[Markup | str]) -> list[Markup]:
    return [tag("ul", [tag("li", criterion) for criterion in criteria], dir="auto")] if criteria else []


def _pages_of_pair(document: str, pages: Sequence[int]) -> str:
    reported_pages = f", page{'s' if len(pages) > 1 else ''} {', '.join(map(str, pages))}" if pages else ""
    return f"{document}{reported_pages}"


def _spread_examples(report_examples: Sequence[Any]) -> list[Any]:
    """REPORTED_EXAMPLES of them, evenly spread."""
    report_example_step = max(1, len(report_examples) // REPORTED_EXAMPLES)
    return list(report_examples[::report_example_step])[:REPORTED_EXAMPLES]
