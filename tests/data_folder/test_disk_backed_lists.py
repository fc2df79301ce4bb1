"""Records kept in a file without a name: a sequence like any other, and nothing is left of it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundwork.data_folder import disk_backed_lists
from groundwork.data_folder.disk_backed_lists import DiskBackedList, LazySequence
from groundwork.records import Rejected

TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
ROWS = st.lists(st.dictionaries(TEXTS, TEXTS | st.integers(-5, 5) | st.booleans() | st.lists(TEXTS, max_size=2)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.sampled_from([1, 30, 1 << 20]))
def test_records_are_read_as_they_were_appended(tmp_path: Path, rows: list[dict[str, object]], at_once: int) -> None:
    """In order, by place from either end and in slices, also while more come, whatever is read at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disk_backed_lists, "READ_AT_ONCE", at_once)
        patch.setattr(disk_backed_lists, "WRITTEN_AT_ONCE", at_once)
        records = [Rejected(document="d", chunk="c", iteration=1, reason="r", detail="", pair=row) for row in rows]
        with closing(DiskBackedList(Rejected, tmp_path)) as held:
            for number, record in enumerate(records, start=1):
                held.append(record)
                assert held[-1] == record and len(held) == number
            assert list(held) == records and held[::2] == records[::2]
            assert [held[place] for place in range(len(held))] == records
    with pytest.raises(IndexError), closing(DiskBackedList(Rejected, tmp_path)) as held:
        held[0]


def test_the_file_has_no_name(tmp_path: Path) -> None:
    """Whatever ends the process, nothing stays in the folder."""
    with closing(DiskBackedList(str, tmp_path / "state", ["a", "b"])) as held:
        assert list(held) == ["a", "b"] and list((tmp_path / "state").iterdir()) == []


def test_elements_on_demand_are_those_of_the_places():
    """A number, one from the end and a slice give what is made of their places, and nothing is made before."""
    made = []
    tens = LazySequence([3, 1, 2], lambda place: made.append(place) or 10 * place)
    assert len(tens) == 3 and made == []
    assert (tens[0], tens[-1], tens[1:], list(tens)) == (30, 20, [10, 20], [30, 10, 20])
    with pytest.raises(IndexError):
        tens[3]
