"""What the chunk benchmark counts."""

from benchmarks.chunk import quality


def test_a_heading_is_orphaned_only_where_something_follows():
    """A text that was cut off behind a heading ends in it, whoever chunks it."""
    text = "# Boats\n\nTen.\n\n# Oars"
    assert quality(text, ["# Boats\n\nTen.", "# Oars"], [], [], 100)["orphans"] == 0
    assert quality(text, ["# Boats", "Ten.\n\n# Oars"], [], [], 100)["orphans"] == 1
