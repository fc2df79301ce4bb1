"""The schema of the judge's replies, whose names go to models and into the keys of the journal."""

from groundwork.grading.answer_judge import judge_reply_type
from groundwork.llm.replies.reply_schema import strict_schema


def test_the_names_in_the_schema_stay_as_they_are() -> None:
    """Another name of a class would be another request: every verdict in the journal would be asked for again."""
    schema = strict_schema(judge_reply_type(2))
    assert schema["title"] == "Verdicts2"
    assert list(schema["$defs"]) == ["Mark"]
