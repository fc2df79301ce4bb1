"""`report.json` of a dataset: its splits, clusters, shares, leakage and what was left out, as records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from groundwork.data_folder.read_write import read_json
from groundwork.dataset.publish.personal_data import PersonalData, scan_personal_data
from groundwork.errors import BadRecord
from groundwork.records import InvalidRow, Record, Row

if TYPE_CHECKING:
    from groundwork.dataset.dataset_argument import DatasetSource


class SplitShare(Record, frozen=True):
    """Rows with one value (a tag, a document ...) in the pool and in eval."""

    value: str
    pool: int
    eval: int


class Closeness(Record, frozen=True):
    """A distance between eval and the pool beside that of 500 random splits.

    `percentile`: the share of random splits that lie closer, between 0 (none, the best) and 1.
    """

    eval: float
    random: float  # the median of the random splits
    percentile: float


class Neighbour(Record, frozen=True):
    """The nearest row of train, and the cosine to it."""

    id: str
    cosine: float
    question: str = ""


class EvalRow(Record, frozen=True):
    """Leakage of one eval row. `before`: its question as it was, against train without its own verbatim copy;
    `after`: its question as reworded, against all of train; `own`: as reworded, against itself as it was;
    `repeats`: another question of train that asks what it asks."""

    id: str
    cluster: int
    before: Neighbour | None
    after: Neighbour | None = None
    own: float | None = None
    overlap: float | None = None
    repeats: str = ""
    question: str = ""  # as it was
    reworded: str = ""
    answer_overlap: float | None = None
    answer_kept: bool | None = None  # the reworded answer says it in the old words, all of them or too many


class SplitPoint(Record, frozen=True):
    """A place on the map."""

    id: str
    split: str
    cluster: int
    x: float
    y: float
    question: str


class ElbowCurve(Record, frozen=True):
    """The elbow: inertia by k, the k taken and why."""

    k: int
    reason: str
    ks: list[int]
    inertias: list[float]


class ReplacedRow(Record, frozen=True):
    """A row of which no rewording passed, so that another took its place, or train has fewer wordings of it."""

    id: str
    reason: str


class Mixture(Record, frozen=True):
    """The rows of another dataset in train, and those of it that were left out."""

    dataset: str
    revision: str  # the commit of a dataset of the Hub, or ""
    share: float  # of train's rows, as asked for
    seed: int
    needed: int  # rows that make up the share
    rows: int = 0
    incomplete: int = 0  # without an answer
    in_eval: int = 0  # whose question eval asks, word for word
    near_eval: int = 0  # of those drawn: a near-duplicate of a question of eval
    repeats: int = 0  # whose question train or another row asks, word for word


class Unanswerable(Record, frozen=True):
    """The questions that the documents do not answer, and those that were left out on the way."""

    share: float  # of train's and of eval's rows, as asked for
    needed: int
    train: int
    eval: int
    proposed: int
    asked: int  # that ask what another row asks
    answered: int  # that a passage answers
    unusable: int  # whose reply is missing or has a number of its own


class SplitReport(Record, frozen=True):
    """`report.json` of a dataset."""

    name: str
    strategy: str
    train: str  # "whole" or "held out"
    seed: int
    splits: dict[str, int]
    pool: str  # what eval was drawn from and is measured against
    embedder: str
    curve: ElbowCurve | None
    clusters: list[SplitShare]
    verdict: Representativeness | None
    mmd: Closeness | None
    threshold: float
    random_cosine: float
    verbatim_in_train: int
    leaked_before: int
    leaked_after: int | None
    rows: list[EvalRow]
    shares: dict[str, list[SplitShare]]
    replaced: list[ReplacedRow]
    dropped: int
    same_answers: int  # rows of a reworded eval whose answer keeps the old wording, all of it or too much
    personal: list[PersonalData]
    invalid: list[InvalidRow]
    warnings: list[str]
    map: list[SplitPoint]
    reviewed: list[str] = msgspec.field(default_factory=list)  # what people decided about the pairs, in sentences
    phrasings: int = 1  # wordings asked for of each row of train
    copies: int = 0  # reworded copies in train
    near_copies: int | None = None  # questions of eval from which a copy is a near-duplicate; None: no eval, no copies
    fewer: list[ReplacedRow] = msgspec.field(default_factory=list)  # rows of train with fewer wordings, and why
    mixture: Mixture | None = None  # rows of another dataset in train
    unanswerable: Unanswerable | None = None
    sent_back: int | None = None  # rewordings that the judge turned down at first; None: nobody judged
    unjudged: int = 0  # rewordings that no usable reply was about
    by_script: dict[str, float] = msgspec.field(default_factory=dict)  # `threshold` of other scripts than Latin


class Representativeness(Record, frozen=True):
    """The answer, its sentence, and the figures behind it; `closer`: the share of random splits that lie closer."""

    answer: Literal["yes", "partly", "no", "unknown"]
    sentence: str
    rows: int
    topics: int
    apart: float
    random: float  # the median of the random splits
    closer: float
    drift: str = ""  # what rewording moved, in a sentence


@dataclass(frozen=True)
class BuiltDataset:
    """The rows of each split, and the report on them."""

    splits: dict[str, list[Row]]
    report: SplitReport

    def extended(
        self, splits: dict[str, list[Row]], added: Sequence[Row], warnings: Sequence[str] = (), **findings: Any
    ) -> BuiltDataset:
        """The dataset with `splits`, of which the `added` rows are new; `findings`: fields of the report."""
        report = msgspec.structs.replace(
            self.report,
            splits={split: len(split_rows) for split, split_rows in splits.items()},
            personal=[*self.report.personal, *scan_personal_data(added)],
            warnings=[*self.report.warnings, *warnings],
            **findings,
        )
        return BuiltDataset(splits, report)


def read_own_report(dataset_source: DatasetSource) -> SplitReport | None:
    """The dataset's own report, where there is one beside its files."""
    dataset_folders = {dataset_folder for file in dataset_source.files for dataset_folder in file.parents[:2]}
    for report_file in sorted(dataset_folder / "report.json" for dataset_folder in dataset_folders):
        if report_file.is_file():
            try:
                return read_json(report_file, SplitReport)
            except BadRecord:  # of an earlier version: the rows tell it as well
                return None
    return None
