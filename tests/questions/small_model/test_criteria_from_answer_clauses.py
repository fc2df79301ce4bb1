"""Criteria by rule: where an answer is cut into facts."""

import pytest

from groundwork.questions.small_model.criteria_from_answer_clauses import criteria_from_answer


@pytest.mark.parametrize(
    ("answer", "facts"),
    [
        ("They stop rowing at once, hold water.", 1),
        ("A crew that wins more than once keeps the cup.", 1),
        ("Meals are provided by the club.", 1),
        ("Each boat is weighed once a year.", 1),
        ("Crews wait a while.", 1),
        ("The cox raises a hand after the horn.", 2),
        ("Crews may overtake once the last buoy is passed.", 2),
        ("Crews may land, provided the jetty is clear.", 2),
    ],
)
def test_a_fact_is_cut_where_a_phrase_begins(answer: str, facts: int) -> None:
    """At a conjunction or a preposition of time or condition, and not within "at once" or "is provided"."""
    assert len(criteria_from_answer("What happens then?", answer)) == facts
