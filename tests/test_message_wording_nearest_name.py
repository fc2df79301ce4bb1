"""The name that somebody may have meant."""

from groundwork.message_wording import nearest_name, suggested_names


def test_a_near_name_is_found_and_a_far_one_is_none() -> None:
    """A letter too many finds the name; what is like none of them finds nothing."""
    assert nearest_name("chunkk", ["curate", "chunk", "coverage"]) == "chunk"
    assert nearest_name("xyz", ["curate", "chunk"]) == ""
    assert nearest_name("chunk", []) == ""


def test_at_most_five_names_are_suggested() -> None:
    """The one that is like it alone; where none is, the five least unlike, not all that there are."""
    names = [f"prompt_{letter}.md" for letter in "abcdefghij"]
    assert suggested_names("prompt_aa.md", names) == "prompt_a.md"
    assert len(suggested_names("criticism", names).split(", ")) == 5
