"""README.md of a dataset: what the Hub and `datasets` read (YAML), and what people want to know, sources included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from groundwork.data_folder.read_write import read_json
from groundwork.dataset.dataset_versions import Version
from groundwork.dataset.parquet import parquet_pattern
from groundwork.dataset.publish.licenses import NO_LICENSE, unchecked_license_note
from groundwork.dataset.publish.origin_and_sources import Origin
from groundwork.dataset.split_report.descriptive_sentences import (
    describe_additions,
    describe_closeness,
    describe_leakage,
    describe_mixed_dataset,
    describe_replaced,
    describe_splits,
    describe_verdict,
)
from groundwork.dataset.split_report.report_schema import SplitReport
from groundwork.message_wording import counted

SIZE_CATEGORIES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
VERSIONS_SHOWN = 10  # that the card tells
CARD_COLUMNS_FILE = Path(__file__).with_name("card_columns.json")  # what each column means


def write_card(
    card_report: SplitReport, card_origin: Origin, columns: Sequence[str], card_versions: Sequence[Version] = ()
) -> str:
    """The whole README.md. The same input gives the same text: it holds no date."""
    card_sections = [
        _card_yaml_header(card_report, card_origin),
        f"# {card_report.name}\n\n{_card_summary(card_report, card_origin)}{_card_version_sentence(card_versions)}",
        _card_load_section(card_report, card_origin),
        _card_splits_section(card_report),
        _card_quality_section(card_report),
        _card_columns_section(columns),
        _card_sources_section(card_report, card_origin),
        _card_versions_section(card_versions),
        _card_making_section(card_report, card_origin),
    ]
    return "\n\n".join(card_section for card_section in card_sections if card_section) + "\n"


def _card_yaml_header(card_report: SplitReport, card_origin: Origin) -> str:
    import yaml

    row_total = sum(card_report.splits.values())
    data_files = [{"split": name, "path": parquet_pattern(name, rows)} for name, rows in card_report.splits.items()]
    yaml_header: dict[str, Any] = {
        "pretty_name": card_report.name,
        **({"language": card_origin.languages} if card_origin.languages else {}),
        "task_categories": ["question-answering", "text-generation"],
        "tags": ["synthetic", "groundwork"],
        "size_categories": [next((size_class for limit, size_class in SIZE_CATEGORIES if row_total < limit), "n>1M")],
        "configs": [{"config_name": "default", "data_files": data_files}],
    }
    if card_origin.license:
        yaml_header = {"license": card_origin.license, **yaml_header}
    return f"---\n{yaml.safe_dump(yaml_header, sort_keys=False, allow_unicode=True)}---"


def _card_summary(card_report: SplitReport, card_origin: Origin) -> str:
    split_sizes = ", ".join(f"{count:,} {split}" for split, count in card_report.splits.items())
    source_names = ", ".join(source.file or source.document for source in card_origin.sources[:5])
    more_sources = f" and {len(card_origin.sources) - 5} more" if len(card_origin.sources) > 5 else ""
    card_summary = f"Question-answer pairs with grading criteria and evidence, from {source_names}{more_sources}."
    return _escape_markdown(f"{card_summary} Rows: {split_sizes}.")


def _card_version_sentence(card_versions: Sequence[Version]) -> str:
    if not card_versions:
        return ""
    return f"\n\nVersion {card_versions[-1].version}, content `sha256:{card_versions[-1].sha256[:16]}`."


def _card_versions_section(card_versions: Sequence[Version]) -> str:
    """What changed from version to version; nothing where there is one alone."""
    if len(card_versions) < 2:
        return ""
    version_rows = [
        [
            str(version.version),
            ", ".join(f"{count:,} {split}" for split, count in version.rows.items()),
            _escape_markdown(version.change),
            f"`{version.sha256[:16]}`",
        ]
        for version in reversed(card_versions[-VERSIONS_SHOWN:])
    ]
    return "## Versions\n\n" + _markdown_table(["version", "rows", "since the one before", "sha256"], version_rows)


def _card_load_section(card_report: SplitReport, card_origin: Origin) -> str:
    load_line = f'dataset = load_dataset("{card_origin.repository}")'
    load_line += "  # owner/name on the Hub, or the path of this folder"
    code_lines = ["from datasets import load_dataset", "", load_line]
    code_lines += [f'dataset["{split}"]  # {counted(count, "row")}' for split, count in card_report.splits.items()]
    return "## How to load\n\n```python\n" + "\n".join(code_lines) + "\n```"


def _card_splits_section(card_report: SplitReport) -> str:
    if "eval" not in card_report.splits:
        additions = "".join(f" {_escape_markdown(line)}" for line in describe_additions(card_report))
        return f"## Splits\n\nAll rows are in `train`; there is no eval split.{additions}"
    return "## Splits\n\n" + "\n".join(f"- {_escape_markdown(line)}" for line in describe_splits(card_report))


def _card_quality_section(card_report: SplitReport) -> str:
    if "eval" not in card_report.splits:
        return ""
    quality_sentences = [*describe_verdict(card_report), *describe_closeness(card_report)]
    quality_sentences += describe_leakage(card_report)
    quality_list = "\n".join(f"- {_escape_markdown(quality_sentence)}" for quality_sentence in quality_sentences)
    return f"## How good the eval split is\n\n{quality_list}\n\n{_card_clusters_table(card_report)}"


def _card_clusters_table(card_report: SplitReport) -> str:
    pool_rows, eval_rows = _sum_cluster_shares(card_report, "pool"), _sum_cluster_shares(card_report, "eval")
    cluster_rows = [
        [
            str(number),
            _escape_markdown(share.value),
            f"{share.pool:,}",
            _percent(share.pool, pool_rows),
            str(share.eval),
            _percent(share.eval, eval_rows),
        ]
        for number, share in enumerate(card_report.clusters)
    ]
    return _markdown_table(["cluster", "about", "rows", "share", "in eval", "share of eval"], cluster_rows)


def _card_columns_section(columns: Sequence[str]) -> str:
    card_columns = read_json(CARD_COLUMNS_FILE, dict[str, str])
    return "## Columns\n\n" + _markdown_table(["column", "meaning"], [[f"`{c}`", card_columns[c]] for c in columns])


def _card_sources_section(card_report: SplitReport, card_origin: Origin) -> str:
    source_rows = [
        [
            _escape_markdown(source.title or source.document),
            _escape_markdown(PurePosixPath(source.file).name),
            _escape_markdown(source.license or "not given"),
            f"{source.rows:,}",
            source.covered or "not measured",
        ]
        for source in card_origin.sources
    ]
    card_sources_table = _markdown_table(["document", "file", "licence", "rows", "covered by questions"], source_rows)
    unchecked_license = ""
    if mixture := card_report.mixture:
        unchecked_license = unchecked_license_note(mixture.rows, _escape_markdown(describe_mixed_dataset(mixture)))
    return f"## Sources\n\n{card_sources_table}{unchecked_license}"


def _card_making_section(card_report: SplitReport, card_origin: Origin) -> str:
    import yaml

    prompt_rows = [[f"`{file_name}`", f"`{digest}`"] for file_name, digest in card_origin.prompts.items()]
    prompts_table = _markdown_table(["prompt", "sha256"], prompt_rows)
    settings_yaml = yaml.safe_dump(msgspec.to_builtins(card_origin.settings), sort_keys=True, allow_unicode=True)
    making_text = "\n".join(_card_making_lines(card_report, card_origin))
    return "\n\n".join(["## How it was made", making_text, prompts_table, f"```yaml\n{settings_yaml}```"])


def _card_making_lines(card_report: SplitReport, card_origin: Origin) -> Iterator[str]:
    license_note = _escape_markdown(card_origin.license) if card_origin.license else NO_LICENSE
    models, embedder = _escape_markdown(", ".join(card_origin.models)), _escape_markdown(card_report.embedder)
    yield f"Made with Groundwork {card_origin.version}. Licence: {license_note}."
    yield f"Models: {models}. Embeddings: {embedder}."
    yield from map(_escape_markdown, card_report.reviewed)
    if card_report.replaced:
        yield describe_replaced(card_report)
    if card_report.invalid:
        yield f"{counted(len(card_report.invalid), 'invalid row was', 'invalid rows were')} left out."
    if card_report.personal:
        personal_places = counted(len(card_report.personal), "place looks", "places look")
        yield f"{personal_places} like personal data (email, phone number, key)."


def _sum_cluster_shares(card_report: SplitReport, field: str) -> int:
    return sum(getattr(share, field) for share in card_report.clusters)


def _percent(count: int, total: int) -> str:
    return f"{count / total:.1%}" if total else "-"


def _markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    table_lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(table_line)} |" for table_line in table_lines)


def _escape_markdown(card_text: str) -> str:
    """Text of documents and models as plain text in Markdown, on one line."""
    card_line = " ".join(card_text.split())
    for mark in ("\\", "`", "*", "_", "[", "]", "<", ">", "|", "#"):
        card_line = card_line.replace(mark, f"\\{mark}")
    return card_line
