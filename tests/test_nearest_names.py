"""The name that somebody may have meant."""

from groundwork.nearest_names import nearest_name


def test_a_near_name_is_found_and_a_far_one_is_none() -> None:
    """A letter too many finds the name; what is like none of them finds nothing."""
    assert nearest_name("chunkk", ["curate", "chunk", "coverage"]) == "chunk"
    assert nearest_name("xyz", ["curate", "chunk"]) == ""
    assert nearest_name("chunk", []) == ""
