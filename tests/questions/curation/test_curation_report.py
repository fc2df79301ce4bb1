"""The page of curation."""

from __future__ import annotations

from groundwork.questions.curation.curation_report import CurationResult, curation_html
from groundwork.records import Pair


def test_criteria_are_listed_in_the_direction_of_their_script() -> None:
    """The bullets of Arabic stand at the right, where its lines begin."""
    pair = Pair(
        id="p1", document="leave", chunk="leave-1", iteration=1, question="كم مدة الإجازة؟", answer="٢١ يوماً.",
        evaluation_criteria=["يذكر ٢١ يوماً"], difficulty="easy", category="numeric", evidence=[], model="m",
    )  # fmt: skip
    html = curation_html(CurationResult("large", ["worth"], [pair], []))
    assert '<ul dir="auto"><li>يذكر ٢١ يوماً</li></ul>' in html
