"""README.md of a dataset: what the Hub and `datasets` read (YAML), and what people want to know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any

import msgspec

from groundwork.dataset.parquet import parquet_pattern
from groundwork.dataset.split.metrics import Closeness, Mixture, SplitReport
from groundwork.dataset.versions import Version
from groundwork.records.record_base import Record

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
VERSIONS_SHOWN = 10  # that the card tells
NO_LICENSE = "not given; set `dataset.license` before you publish"
COLUMNS = {
    "id": "the same in every split: a row of `eval` and its copy in `eval_mirror` or `train` share it",
    "question": "stands alone: readable without the source",
    "answer": "the reference answer",
    "evaluation_criteria": "what a judge checks an answer by, one point each",
    "difficulty": "easy, medium or hard",
    "category": "the kind of question",
    "document": "the source document",
    "chunk": "the piece of it that the question was asked about",
    "evidence": "verbatim quotes of the chunk that support the answer",
    "tags": "topics, by one model for all rows",
    "headings": "the headings above the chunk",
    "pages": "its pages, counted from 1",
    "model": "the model that wrote the pair",
    "run": "the run of generate_qa that it belongs to",
    "iteration": "the round in which it was asked",
    "cluster": "topic cluster of the question, 0 the largest",
    "original_question": "what a reworded or edited question said before; else empty",
    "original_answer": "what a reworded or edited answer said before; else empty",
    "measured_difficulty": "1 - the share of graded models that met all criteria; null where none was graded",
    "flipping_criteria": "criteria on which a judge did not give the same verdict twice",
    "unanswerable": "whether the question asks what the documents do not say; the answer says so",
    "mixed": "the dataset from which a row of train was mixed in; empty: a row of this dataset",
    "context": "the text of the chunk",
}


class SourceDocument(Record, frozen=True):
    """A document that rows came from."""

    document: str
    file: str
    title: str
    converter: str
    license: str
    rows: int
    covered: str  # share of its sentences, numbers and table rows that a question covers, or ""


class Origin(Record, frozen=True):
    """What a dataset was made with."""

    repository: str  # org/name on the Hub, or the folder's name
    license: str
    languages: list[str]  # ISO 639-1, those that could be told
    models: list[str]
    prompts: dict[str, str]  # sha256 by file name
    settings: dict[str, Any]
    sources: list[SourceDocument]
    version: str


def write_card(report: SplitReport, origin: Origin, columns: Sequence[str], versions: Sequence[Version] = ()) -> str:
    """The whole README.md. The same input gives the same text: it holds no date."""
    sections = [
        _header(report, origin),
        f"# {report.name}\n\n{_summary(report, origin)}{_version_sentence(versions)}",
        _load_section(report, origin),
        _splits_section(report),
        _quality_section(report),
        "## Columns\n\n" + _markdown_table(["column", "meaning"], [[f"`{c}`", COLUMNS[c]] for c in columns]),
        _sources_section(report, origin),
        _versions_section(versions),
        _making_section(report, origin),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _header(report: SplitReport, origin: Origin) -> str:
    import yaml

    total = sum(report.splits.values())
    header: dict[str, Any] = {
        "pretty_name": report.name,
        **({"language": origin.languages} if origin.languages else {}),
        "task_categories": ["question-answering", "text-generation"],
        "tags": ["synthetic", "groundwork"],
        "size_categories": [next((size_class for limit, size_class in SIZES if total < limit), "n>1M")],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": split, "path": parquet_pattern(split, rows)} for split, rows in report.splits.items()
                ],
            }
        ],
    }
    if origin.license:
        header = {"license": origin.license, **header}
    return f"---\n{yaml.safe_dump(header, sort_keys=False, allow_unicode=True)}---"


def _summary(report: SplitReport, origin: Origin) -> str:
    rows = ", ".join(f"{count:,} {split}" for split, count in report.splits.items())
    documents = ", ".join(source.file or source.document for source in origin.sources[:5])
    more = f" and {len(origin.sources) - 5} more" if len(origin.sources) > 5 else ""
    return _escape(f"Question-answer pairs with grading criteria and evidence, from {documents}{more}. Rows: {rows}.")


def _version_sentence(versions: Sequence[Version]) -> str:
    return f"\n\nVersion {versions[-1].version}, content `sha256:{versions[-1].sha256[:16]}`." if versions else ""


def _versions_section(versions: Sequence[Version]) -> str:
    """What changed from version to version; nothing where there is one alone."""
    if len(versions) < 2:
        return ""
    rows = [
        [str(version.version), ", ".join(f"{count:,} {split}" for split, count in version.rows.items()),
         _escape(version.change), f"`{version.sha256[:16]}`"]
        for version in reversed(versions[-VERSIONS_SHOWN:])
    ]  # fmt: skip
    return "## Versions\n\n" + _markdown_table(["version", "rows", "since the one before", "sha256"], rows)


def _load_section(report: SplitReport, origin: Origin) -> str:
    load_line = f'dataset = load_dataset("{origin.repository}")  # owner/name on the Hub, or the path of this folder'
    lines = ["from datasets import load_dataset", "", load_line]
    lines += [f'dataset["{split}"]  # {count:,} rows' for split, count in report.splits.items()]
    return "## How to load\n\n```python\n" + "\n".join(lines) + "\n```"


def _splits_section(report: SplitReport) -> str:
    if "eval" not in report.splits:
        added = "".join(f" {_escape(line)}" for line in describe_additions(report))
        return f"## Splits\n\nAll rows are in `train`; there is no eval split.{added}"
    return "## Splits\n\n" + "\n".join(f"- {_escape(line)}" for line in describe_splits(report))


def describe_splits(report: SplitReport) -> list[str]:
    """What each split is and what it tells, one sentence or two each."""
    reworded = report.leaked_after is not None
    origin = {
        "clusters": "drawn in proportion from topic clusters",
        "clone": "drawn in proportion from topic clusters",
        "tags": "drawn so that every tag has its share",
        "category": "drawn so that every category has its share",
        "difficulty": "drawn so that every level of difficulty has its share",
        "random": "drawn at random",
        "second-run": f"drawn in proportion from topic clusters of the run {report.pool}, which is not in train",
    }[report.strategy]
    is_whole = report.train == "whole" and report.strategy != "second-run"  # whose eval was never in train
    train_rows = "every row; those of eval stay in, as they were" if is_whole else "every row that is not in eval"
    if report.strategy == "second-run":
        train_rows = "every row of the other runs"
    wording = "reworded: facts that train holds, in sentences that it does not" if reworded and is_whole else (
        "reworded" if reworded else "verbatim"
    )  # fmt: skip
    lines = [
        f"train ({report.splits['train']:,}): {train_rows}.",
        f"eval ({report.splits['eval']:,}): {origin}; {wording}.",
    ]
    if "eval_mirror" in report.splits:
        tells = "as good on eval as on the mirror means that the facts were learnt, and better on the mirror that the "
        purpose = f" With it: {tells}sentences were learnt by heart." if is_whole and reworded else ""
        lines.append(f"eval_mirror: the rows of eval verbatim as they were, in the same order, joined by id.{purpose}")
    return [*lines, *describe_additions(report)]


def describe_additions(report: SplitReport) -> list[str]:
    """What train holds beside the rows themselves: reworded copies, and rows of another dataset."""
    return [*describe_phrasings(report), *describe_unanswerable(report), *describe_mixture(report)]


def describe_phrasings(report: SplitReport) -> list[str]:
    """How many rows of train are reworded copies, in a sentence; none where no copies were asked for."""
    if report.phrasings == 1:
        return []
    fewer = f" {len(report.fewer):,} rows have fewer, since no other wording passed." if report.fewer else ""
    count = report.near_copies
    cosine = f"a cosine of {report.threshold:.2f} or more"
    total = report.splits.get("eval")
    alike = "" if count is None else f" {count:,} of {total} questions of eval are worded like one of them ({cosine})."
    return [
        f"{report.copies:,} rows of train are reworded copies, up to {report.phrasings - 1} a row, each behind its row "
        f"with its id and a number (~2): the same facts in other sentences, none of them eval's.{alike}{fewer}"
    ]


def describe_unanswerable(report: SplitReport) -> list[str]:
    """How many questions have no answer in the documents, and what was left out; none where none were asked for."""
    if not (counts := report.unanswerable):
        return []
    row_counts = " and ".join(
        f"{count:,} {'row' if count == 1 else 'rows'} of {split} ({count / report.splits[split]:.1%})"
        for split, count in (("train", counts.train), ("eval", counts.eval))
        if split in report.splits
    )
    return [
        f"{row_counts} ask what the documents do not say, and their answers say so: marked in the column unanswerable, "
        f"none of them in the mirror. Of {counts.proposed:,} proposed questions {counts.answered:,} turned out to be "
        f"answered by a passage, {counts.asked:,} ask what another row asks, {counts.unusable:,} had no usable reply. "
        "Eval was drawn and measured without them."
    ]


def describe_mixture(report: SplitReport) -> list[str]:
    """How many rows of train are another dataset's, and which of those were left out; none where nothing was mixed."""
    if not (mixture := report.mixture):
        return []
    train = report.splits["train"]
    scope = " Eval and all that is measured are without them." if "eval" in report.splits else ""
    reasons = (
        (mixture.incomplete, "without an answer"),
        (mixture.in_eval, "with a question of eval"),
        (mixture.near_eval, f"with nearly a question of eval (a cosine of {report.threshold:.2f} or more)"),
        (mixture.repeats, "with a question that train asks already"),
    )
    reason_counts = ", ".join(f"{count:,} {reason}" for count, reason in reasons if count)
    left_out = f" Left out: {reason_counts}." if reason_counts else ""
    return [
        f"{mixture.rows:,} rows of train ({mixture.rows / train:.1%}) are of the dataset {_mixture_name(mixture)}, "
        f"marked in the column mixed, drawn with seed {mixture.seed} and spread through train.{scope}{left_out}"
    ]


def _mixture_name(mixture: Mixture) -> str:
    return f"{mixture.dataset} at {mixture.revision[:12]}" if mixture.revision else mixture.dataset


def _quality_section(report: SplitReport) -> str:
    if "eval" not in report.splits:
        return ""
    lines = [*describe_verdict(report), *describe_closeness(report), *describe_leakage(report)]
    table = _markdown_table(
        ["cluster", "about", "rows", "share", "in eval", "share of eval"],
        [
            [str(number), _escape(share.value), f"{share.pool:,}", _percent(share.pool, _sum_shares(report, "pool")),
             str(share.eval), _percent(share.eval, _sum_shares(report, "eval"))]
            for number, share in enumerate(report.clusters)
        ],
    )  # fmt: skip
    return "## How good the eval split is\n\n" + "\n".join(f"- {_escape(line)}" for line in lines) + "\n\n" + table


def describe_verdict(report: SplitReport) -> list[str]:
    """Whether eval stands for the whole, and what rewording moved, a sentence each."""
    return [line for line in (report.verdict.sentence, report.verdict.drift) if line] if report.verdict else []


def describe_closeness(report: SplitReport) -> list[str]:
    """The topic clusters, and the distribution against random splits, in sentences."""
    lines = []
    if report.curve:
        noun = "topic cluster" if report.curve.k == 1 else "topic clusters"
        lines.append(f"{report.curve.k} {noun} ({report.curve.reason}), seed {report.seed}.")
    if mmd := report.mmd:
        eval_distance, random_distance = f"{mmd.eval:.3f}", f"a random split {mmd.random:.3f}"
        lines.append(f"Distribution (MMD): {eval_distance} from that of all rows, {random_distance}; {_mmd_rank(mmd)}.")
    return lines


def describe_leakage(report: SplitReport) -> list[str]:
    """Near-duplicates between eval and train, in sentences."""
    total = report.splits["eval"]
    lines = [
        f"Leakage: {report.leaked_before} of {total} eval questions are asked in train in another question: the same "
        "statement answers both with the same answer."
    ]
    if report.verbatim_in_train:
        lines.append(
            f"{report.verbatim_in_train} of {total} also stand in train themselves, verbatim: that is the design."
        )
    if report.leaked_after is not None:
        lines.append(
            f"After rewording {report.leaked_after} of {total} are still worded like a question of train: a cosine of "
            f"{report.threshold:.2f} or more by {report.embedder} (two random questions: {report.random_cosine:.2f})."
        )
    if report.same_answers:
        lines.append(
            f"{report.same_answers} of {total} answers keep their old wording: too short to be said otherwise, no "
            "rewording passed, or only questions were to be reworded (dataset.rephrase.strategy)."
        )
    if report.sent_back is not None:
        lines.append(
            f"A model read each rewording beside its original; {report.sent_back} were worded once more, since they "
            "read contrived or said something else."
        )
    return lines


def describe_replaced(report: SplitReport) -> str:
    """How many rows resisted rewording, and what became of their places."""
    failed, empty = len(report.replaced), report.dropped
    empty_note = f"; {empty} places of eval stay empty" if empty else ""
    noun = "row" if failed == 1 else "rows"
    return f"No rewording passed for {failed} {noun}: {failed - empty} gave way to another{empty_note}."


def _sources_section(report: SplitReport, origin: Origin) -> str:
    rows = [
        [_escape(source.title or source.document), _escape(PurePosixPath(source.file).name),
         _escape(source.license or "not given"), f"{source.rows:,}", source.covered or "not measured"]
        for source in origin.sources
    ]  # fmt: skip
    table = _markdown_table(["document", "file", "licence", "rows", "covered by questions"], rows)
    return f"## Sources\n\n{table}{_mixture_license(report)}"


def _mixture_license(report: SplitReport) -> str:
    if not (mixture := report.mixture):
        return ""
    return (
        f"\n\n{mixture.rows:,} rows of train come from the dataset {_escape(_mixture_name(mixture))}. Its licence was "
        "not checked: see whether it allows what is done with these rows, above all to publish them; it may "
        "differ from that of the rest."
    )


def _making_section(report: SplitReport, origin: Origin) -> str:
    import yaml

    license_text = _escape(origin.license) if origin.license else NO_LICENSE
    lines = [
        f"Made with Groundwork {origin.version}. Licence: {license_text}.",
        f"Models: {_escape(', '.join(origin.models))}. Embeddings: {_escape(report.embedder)}.",
    ]
    lines += [_escape(line) for line in report.reviewed]
    if report.replaced:
        lines.append(describe_replaced(report))
    if report.invalid:
        lines.append(f"{len(report.invalid)} invalid rows were left out.")
    if report.personal:
        lines.append(f"{len(report.personal)} places look like personal data (email, phone number, key).")
    prompts = _markdown_table(
        ["prompt", "sha256"], [[f"`{file_name}`", f"`{digest}`"] for file_name, digest in origin.prompts.items()]
    )
    settings = yaml.safe_dump(msgspec.to_builtins(origin.settings), sort_keys=True, allow_unicode=True)
    sections = ["## How it was made", "\n".join(lines), prompts, f"```yaml\n{settings}```"]
    return "\n\n".join(sections)


def _mmd_rank(mmd: Closeness) -> str:
    if not mmd.percentile:
        return "none of 500 random splits is closer"
    return f"closer than {1 - mmd.percentile:.0%} of 500 random splits"


def _sum_shares(report: SplitReport, field: str) -> int:
    return sum(getattr(share, field) for share in report.clusters)


def _percent(count: int, total: int) -> str:
    return f"{count / total:.1%}" if total else "-"


def _markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _escape(text: str) -> str:
    """Text of documents and models as plain text in Markdown, on one line."""
    line = " ".join(text.split())
    for mark in ("\\", "`", "*", "_", "[", "]", "<", ">", "|", "#"):
        line = line.replace(mark, f"\\{mark}")
    return line
