"""The benchmark of tables."""

import pytest

from benchmarks.tables import ABLATIONS, without


@pytest.mark.parametrize("part", ABLATIONS)
def test_a_part_can_be_taken_out(part: str) -> None:
    """Each ablation names a function that is there, and puts it back."""
    owner, name, instead = ABLATIONS[part]
    whole = getattr(owner, name)
    with without(part):
        assert getattr(owner, name) is instead
    assert getattr(owner, name) is whole
