"""Names in a message: the first of them, and how many more."""

import pytest

from groundwork.message_wording import list_names


@pytest.mark.parametrize(
    ("names", "listed"),
    [
        ([], ""),
        (["mill"], "mill"),
        (["mill", "quay"], "mill, quay"),
        (["mill", "quay", "lock"], "mill, quay and 1 more"),
        ([f"part {number}" for number in range(1_003)], "part 0, part 1 and 1,001 more"),
    ],
)
def test_names_beyond_the_most_are_counted(names: list[str], listed: str) -> None:
    """Two at the most are named; of more, the number of the others is said."""
    assert list_names(names, 2) == listed
