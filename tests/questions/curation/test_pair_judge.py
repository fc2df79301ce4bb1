"""How the pairs that a model checks are spread over calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec
import pytest

from groundwork.questions.curation.checked_pairs import build_check_column
from groundwork.questions.curation.curation_rounds import CurationRounds
from groundwork.questions.curation.pair_judge import CurationCase, Json, JudgeForm, PairJudge, pack_judge_batches
from groundwork.questions.curation.pair_origins import PairOrigin
from groundwork.settings.config_files import load
from tests.stages.curate_run import pair_of


@dataclass(frozen=True, eq=False)
class _CountedOrigin(PairOrigin):
    """An origin that counts how often it is held against another one."""

    comparisons: ClassVar[list[int]] = [0]
    __hash__ = PairOrigin.__hash__

    def __eq__(self, other: object) -> bool:
        self.comparisons[0] += 1
        return isinstance(other, PairOrigin) and self.text == other.text


@dataclass(frozen=True)
class _OneNumber(JudgeForm):
    """A form that shows the text of a pair and takes no room."""

    name = "one_number"
    pair_field_description = "a number"
    shows_text = True

    def messages(self, _cases: Sequence[CurationCase]) -> list[dict[str, Any]]:
        return []

    def pair_field_schema(self, _case: CurationCase) -> Json:
        return {"type": "integer"}

    def read_pair_field(self, _case: CurationCase, field_value: Any) -> Any:
        return field_value

    def reply_tokens(self, _cases: Sequence[CurationCase]) -> int:
        return 0


def test_the_pairs_of_a_chunk_stay_together_without_a_pass_over_the_document_for_each_call():
    """No chunk is cut that fits into the next call; comparisons grow with the pairs, not with their square."""
    settings = msgspec.structs.replace(load([], []).curate, batch=10)
    cases = [
        CurationCase(k, pair_of(k, document="mill"), _CountedOrigin(f"chunk {k // 4}", "mill", "", ""))
        for k in range(2_000)
    ]
    calls = pack_judge_batches(_OneNumber(settings, str), cases, settings)
    assert [len(call) for call in calls] == [8] * 250
    assert all(len({case.origin.text for case in call}) == 2 for call in calls)
    assert _CountedOrigin.comparisons[0] < 30 * len(cases)


@pytest.mark.parametrize("rules_only", [False, True])
async def test_pairs_that_no_model_is_asked_about_count_as_done(rules_only: bool) -> None:
    """What a rule has rejected is part of the progress as well."""
    settings = msgspec.structs.replace(load([], []).curate, rewrite=False, rules_only=rules_only)
    rejected = {"duplicates": build_check_column(settings, "duplicates", 0, "a repeat", "rule")}
    cases = [CurationCase(k, pair_of(k, checks=rejected), PairOrigin("", "mill", "", ""), "", "") for k in range(7)]
    counts: list[int] = []
    await CurationRounds(PairJudge(lambda: pytest.fail("a model is asked"), settings), settings, str).run(
        cases, counts.append
    )
    assert sum(counts) == 7


async def test_a_pair_whose_evidence_is_a_figure_is_left_to_people() -> None:
    """The judge of support is shown texts alone: no model is asked, and the column says that nothing was checked."""
    settings = msgspec.structs.replace(load([], []).curate, checks=["supported"])
    figure = "![The mill](mill/figure-0123456789ab.png)"
    cases = [CurationCase(0, pair_of(1, evidence=[figure]), PairOrigin(figure, "mill", "", ""))]
    judge = PairJudge(lambda: pytest.fail("a model is asked"), settings)
    results = await CurationRounds(judge, settings, str).run(cases, lambda _: None)
    case = results[0]
    assert isinstance(case, CurationCase) and case.pair.checks["supported"] == {
        "score": 1,
        "passed": True,
        "why": "its evidence is a figure; not checked",
        "checker": "rule",
    }
