"""`dataprep diff A B`: what two runs or datasets have in common and what not, as a table, JSON or a page."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundwork.console import terminal
from groundwork.console.flags import add_data_flags, flag_parser, load_config
from groundwork.console.terminal import openable_path, terminal_text
from groundwork.data_folder.read_write import write_bytes, write_text
from groundwork.data_folder.workspace import open_workspace
from groundwork.errors import EXIT_FAILED, EXIT_OK
from groundwork.message_wording import name_order, shorten_text
from groundwork.pages.html_markup import Markup, tag
from groundwork.pages.html_page import document_page, read_asset

if TYPE_CHECKING:
    from groundwork.dataset.load_dataset import Dataset
    from groundwork.dataset.row_comparison import (
        ChangedRow,
        CommonStatement,
        RowDifferences,
        RowRecord,
        StatementComparison,
    )

DIFF_ROWS_SHOWN = 20  # rows of each kind in the terminal
DIFF_QUESTION_WIDTH = 100  # characters of a question in the terminal
DIFF_ROWS_ON_PAGE = 2_000  # rows of each kind on the page
FIELDS_DIFFED_BY_WORD = ("question", "answer", "evaluation_criteria")  # whose words are compared on the page
DIFF_ASSETS = Path(__file__).parent / "assets"


def diff_parser() -> argparse.ArgumentParser:
    purpose = (
        "Which rows of two runs or two versions of a dataset came, went and changed; of runs by different models, what "
        "both ask about and what only one does."
    )
    parser = flag_parser("dataprep diff", purpose, "A B")
    compared_help = (
        "a run (RUN/raw: as generated), a dataset, a folder of JSONL or Parquet, or org/name@revision on the Hub"
    )
    parser.add_argument("datasets", metavar="DATASET", nargs=2, help=compared_help)
    parser.add_argument(
        "--by",
        choices=("row", "statement"),
        help="compare row by row, or by the statements that are asked about (default for runs by different models)",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all differences as JSON; - : to the terminal")
    parser.add_argument("--page", metavar="FILE", type=Path, help="write them as an HTML page")
    parser.add_argument("--exit-code", action="store_true", help="end with 1 where there are differences")
    add_data_flags(parser, by_document=False)
    return parser


def show_diff(flags: argparse.Namespace) -> int:
    """Compare the two datasets that the flags name. Raises UsageError, BadRecord."""
    from groundwork.dataset.dataset_argument import locate_datasets
    from groundwork.dataset.load_dataset import load_dataset

    diffed_data = open_workspace(load_config(flags), flags, folders=())
    diffed_sources = locate_datasets(flags.datasets, diffed_data)
    diffed_data.fetch(dataset_file for diffed_source in diffed_sources for dataset_file in diffed_source.files)
    before, after = map(load_dataset, diffed_sources)
    by_statement = flags.by == "statement" if flags.by else _are_of_different_models(before, after)
    diff_report = _StatementReport.of(before, after) if by_statement else _RowReport.of(before, after)
    if flags.json == Path("-"):
        sys.stdout.write(diff_report.as_json())
    else:
        for diff_line in diff_report.lines():
            print(terminal_text(diff_line))
        if flags.json:
            write_bytes(flags.json, diff_report.as_json().encode())
            print(f"-> {openable_path(flags.json)}")
    if flags.page:
        write_text(flags.page, diff_report.page())
        print(f"-> {openable_path(flags.page)}", file=sys.stderr if flags.json == Path("-") else sys.stdout)
    return EXIT_FAILED if flags.exit_code and diff_report.differences else EXIT_OK


def _are_of_different_models(before: Dataset, after: Dataset) -> bool:
    """Did no model write rows of both? Then their questions share neither ids nor wording."""
    models_before, models_after = ({row.model for row in dataset.rows if row.model} for dataset in (before, after))
    return bool(models_before and models_after) and models_before.isdisjoint(models_after)


@dataclass(frozen=True)
class _RowReport:
    """Which rows came, went and changed, as lines, JSON and a page."""

    before: Dataset
    after: Dataset
    differences: RowDifferences

    @classmethod
    def of(cls, before: Dataset, after: Dataset) -> _RowReport:
        from groundwork.dataset.row_comparison import compare_rows

        return cls(before, after, compare_rows(_diffed_rows(before), _diffed_rows(after)))

    def lines(self) -> list[str]:
        return _diff_lines(self.before, self.after, self.differences)

    def as_json(self) -> str:
        return _diff_as_json((self.before.name, self.after.name), self.differences)

    def page(self) -> str:
        return row_diff_html((self.before.name, self.after.name), self.differences)


@dataclass(frozen=True)
class _StatementReport:
    """What both ask about and what only one does, as lines, JSON and a page."""

    names: tuple[str, str]
    differences: StatementComparison

    @classmethod
    def of(cls, before: Dataset, after: Dataset) -> _StatementReport:
        from groundwork.dataset.row_comparison import compare_statements

        return cls((before.name, after.name), compare_statements(before.rows, after.rows))

    def lines(self) -> list[str]:
        first_diffed, second_diffed = self.names
        diffed_counts = self.differences.by_document()
        diff_table = [["", "common", f"only {first_diffed}", f"only {second_diffed}"]]
        diff_table += [
            [name or "(no document)", *map(str, diffed_counts[name])] for name in sorted(diffed_counts, key=name_order)
        ]
        return [
            f"{first_diffed} beside {second_diffed}: {self.differences.describe(first_diffed, second_diffed)}",
            *terminal.table_lines(diff_table),
            *_diff_question_lines("-", f"that only {first_diffed} asks", self.differences.only_a),
            *_diff_question_lines("+", f"that only {second_diffed} asks", self.differences.only_b),
        ]

    def as_json(self) -> str:
        return _diff_as_json(self.names, self.differences)

    def page(self) -> str:
        return statement_diff_html(self.names, self.differences)


def _diff_question_lines(mark: str, kind: str, diffed_rows: Sequence[RowRecord]) -> list[str]:
    question_lines = [
        f"  {mark} {shorten_text(row['question'], DIFF_QUESTION_WIDTH)}" for row in diffed_rows[:DIFF_ROWS_SHOWN]
    ]
    undiffed_questions = len(diffed_rows) - DIFF_ROWS_SHOWN
    return question_lines + [f"    … and {undiffed_questions:,} more {kind}; --page FILE or --json FILE has all"] * (
        undiffed_questions > 0
    )


def _diffed_rows(dataset: Dataset) -> list[RowRecord]:
    import msgspec

    return [msgspec.structs.asdict(dataset_row) for dataset_row in dataset.rows]


def _diff_as_json(diffed_names: tuple[str, str], differing: RowDifferences | StatementComparison) -> str:
    import msgspec

    diff_json = {"a": diffed_names[0], "b": diffed_names[1], **msgspec.structs.asdict(differing)}
    return json.dumps(msgspec.to_builtins(diff_json), indent=2, ensure_ascii=False) + "\n"


def _diff_lines(before: Dataset, after: Dataset, differing: RowDifferences) -> list[str]:
    table = _diff_by_document(before, after, differing)
    diff_lines = [f"{before.name} -> {after.name}: {differing}", *terminal.table_lines(table)]
    diff_lines += _diff_row_lines(
        "+", "came", [(differing_row["id"], differing_row["question"]) for differing_row in differing.came]
    )
    diff_lines += _diff_row_lines(
        "-", "went", [(differing_row["id"], differing_row["question"]) for differing_row in differing.went]
    )
    changes = [
        (differing_row.id, f"{', '.join(differing_row.fields)}: {differing_row.question}")
        for differing_row in differing.changed
    ]
    diff_lines += _diff_row_lines("~", "changed", changes)
    return diff_lines


def _diff_by_document(before: Dataset, after: Dataset, differing: RowDifferences) -> list[list[str]]:
    """A line a document: its rows on either side, and how many came, went and changed."""
    diffed_documents = {row.id: row.document for dataset in (before, after) for row in dataset.rows}
    diffed_rows = [
        Counter(row.document for row in before.rows),
        Counter(row.document for row in after.rows),
        Counter(row["document"] for row in differing.came),
        Counter(row["document"] for row in differing.went),
        Counter(diffed_documents[row.id] for row in differing.changed),
    ]
    diffed_documents_in_order = sorted(set().union(*diffed_rows), key=name_order)
    diff_rows = [
        [diffed_document or "(no document)", *(f"{document_rows[diffed_document]:,}" for document_rows in diffed_rows)]
        for diffed_document in diffed_documents_in_order
    ]
    diff_documents = [row for row in diff_rows if row[3:] != ["0", "0", "0"]]
    return [["", before.name, after.name, "came", "went", "changed"], *diff_documents] if diff_documents else []


def _diff_row_lines(mark: str, verb: str, differing_rows: Sequence[tuple[str, str]]) -> list[str]:
    row_lines = [
        f"  {mark} {row_id}  {shorten_text(question, DIFF_QUESTION_WIDTH)}"
        for row_id, question in differing_rows[:DIFF_ROWS_SHOWN]
    ]
    hidden = len(differing_rows) - DIFF_ROWS_SHOWN
    return row_lines + [f"    … and {hidden:,} more that {verb}; --page FILE or --json FILE has all"] * (hidden > 0)


def row_diff_html(diffed_names: tuple[str, str], row_differences: RowDifferences) -> str:
    """The differences as one HTML page: changed rows field by field, with the words marked that went and came."""
    return document_page(
        title := f"{diffed_names[0]} → {diffed_names[1]}",
        f"\n{read_asset('diff.css', DIFF_ASSETS)}\n",
        tag("h1", title),
        tag("p", str(row_differences), "."),
        *_diff_section(
            "Changed",
            [_diff_changed_row(differing_row) for differing_row in row_differences.changed[:DIFF_ROWS_ON_PAGE]],
            len(row_differences.changed),
        ),
        *_diff_section(
            "Came",
            [_diff_one_sided_row(differing_row, "came") for differing_row in row_differences.came[:DIFF_ROWS_ON_PAGE]],
            len(row_differences.came),
        ),
        *_diff_section(
            "Went",
            [_diff_one_sided_row(differing_row, "went") for differing_row in row_differences.went[:DIFF_ROWS_ON_PAGE]],
            len(row_differences.went),
        ),
    )


def statement_diff_html(diffed_names: tuple[str, str], comparison: StatementComparison) -> str:
    """What two runs ask about as one HTML page: the statements of both with their questions, then those of one."""
    first_diffed, second_diffed = diffed_names
    common_articles = [
        _diff_common_article(diffed_names, common_statement)
        for common_statement in comparison.common[:DIFF_ROWS_ON_PAGE]
    ]
    diff_sections = [_diff_section("Asked about by both", common_articles, len(comparison.common))]
    for name, rows, kind in ((first_diffed, comparison.only_a, "went"), (second_diffed, comparison.only_b, "came")):
        diff_articles = [_diff_one_sided_row(row, kind) for row in rows[:DIFF_ROWS_ON_PAGE]]
        diff_sections.append(_diff_section(f"Only {name}", diff_articles, len(rows)))
    return document_page(
        title := f"{first_diffed} beside {second_diffed}",
        f"\n{read_asset('diff.css', DIFF_ASSETS)}\n",
        tag("h1", title),
        tag("p", comparison.describe(first_diffed, second_diffed), "."),
        *chain.from_iterable(diff_sections),
    )


def _diff_common_article(diffed_names: tuple[str, str], common_statement: CommonStatement) -> Markup:
    """A statement, and below it what each run asks."""
    diffed_questions = [
        (tag("dt", name), [tag("dd", row["question"]) for row in rows])
        for name, rows in zip(diffed_names, (common_statement.a, common_statement.b), strict=True)
    ]
    diff_note = " · ".join(
        text for text in (common_statement.document, "the same question" * common_statement.same_question) if text
    )
    return tag(
        "article",
        tag("h3", common_statement.statement or common_statement.a[0]["question"]),
        tag("dl", diffed_questions),
        tag("small", diff_note),
    )


def _diff_section(title: str, diff_articles: Sequence[Markup], count: int) -> list[Markup]:
    undiffed_count = count - len(diff_articles)
    hidden_note = [tag("p", f"… and {undiffed_count:,} more; --json FILE has all.")] * (undiffed_count > 0)
    return [tag("h2", f"{title}: {count:,}"), *diff_articles, *hidden_note] if count else []


def _diff_changed_row(changed_row: ChangedRow) -> Markup:
    diffed_fields = [
        (tag("dt", column), tag("dd", *_diff_words(column, *changed_row.fields[column])))
        for column in changed_row.fields
    ]
    return tag("article", tag("h3", changed_row.question), tag("small", changed_row.id), tag("dl", diffed_fields))


def _diff_one_sided_row(differing_row: RowRecord, difference_kind: str) -> Markup:
    diff_labels = " · ".join(label for label in (differing_row["id"], differing_row.get("split", "")) if label)
    return tag(
        "article",
        tag("h3", differing_row["question"]),
        tag("p", differing_row["answer"]),
        tag("small", diff_labels),
        class_=difference_kind,
    )


def _diff_words(column: str, before: Any, after: Any) -> list[Markup | str]:
    """What a field said and says: texts word by word, other values one after the other."""

    text_before, text_after = _diffed_field_text(before), _diffed_field_text(after)
    if column not in FIELDS_DIFFED_BY_WORD or not text_before or not text_after:
        return [tag("del", text_before), " "] * bool(text_before) + [tag("ins", text_after)] * bool(text_after)
    words_to_diff = text_before.split(), text_after.split()
    diffed_words: list[Markup | str] = []
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, *words_to_diff, autojunk=False).get_opcodes():
        if kind == "equal":
            diffed_words.append(" ".join(words_to_diff[0][i1:i2]))
        diffed_words += [tag("del", " ".join(words_to_diff[0][i1:i2])), " "] * (kind in ("replace", "delete"))
        diffed_words += [tag("ins", " ".join(words_to_diff[1][j1:j2]))] * (kind in ("replace", "insert"))
        diffed_words.append(" ")
    return diffed_words


def _diffed_field_text(diffed_field: Any) -> str:
    if isinstance(diffed_field, list):
        return "; ".join(map(str, diffed_field))
    return "" if diffed_field is None else str(diffed_field)
