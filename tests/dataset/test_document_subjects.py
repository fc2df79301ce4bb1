"""What a build reads beside the pairs: what the documents are about."""

import pytest

from groundwork.dataset.creation.document_subjects import Subjects


@pytest.mark.parametrize(
    ("context", "name", "subject"),
    [
        ("the hire company Orrin", "the fleet", "the hire company Orrin; the fleet"),
        ("the hire company Orrin", "orrin", "the hire company Orrin"),
        ("", "the fleet", "the fleet"),
        ("rowing", "Sound Rowing", "Sound Rowing"),
        ("rowing", "", "rowing"),
    ],
)
def test_the_subject_of_a_document_is_said_once(context: str, name: str, subject: str) -> None:
    """The context of the settings and the document's name are two phrases, and one where one holds the other."""
    assert Subjects(context, {"doc": name}).of("doc") == subject
