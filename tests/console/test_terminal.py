"""Tables of the terminal."""

from groundwork.console.terminal import table_line, table_lines


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    """The first column stands to the left, figures to the right, and no line ends in spaces."""
    assert table_lines([["", "rows"], ["eval", "8"]]) == ["        rows", "  eval     8"]
    assert table_lines([["name", "n"], ["a", "12"]], indent=0) == ["name   n", "a     12"]
    assert table_lines([["name", "about"], ["a", "b"]], to_left=(0, 1), indent=0) == ["name  about", "a     b"]
    assert table_lines([]) == []


def test_wide_letters_take_two_places() -> None:
    """A name in Chinese or Japanese moves no column: widths are those of the screen, not of the string."""
    assert table_lines([["规则", "1"], ["rule", "2"]], indent=0) == ["规则  1", "rule  2"]


def test_a_short_row_runs_on() -> None:
    """A row that says why there are no figures widens no column."""
    rows = [["converter", "seconds"], ["marker", "1.5"], ["ocr is not installed, so nothing can be said"]]
    assert table_lines(rows, indent=0) == ["converter  seconds", "marker         1.5", rows[2][0]]
    assert table_line(["ok", "disk", "10 GB free"], (4, 6), to_left=(0, 1), indent=0) == "ok    disk    10 GB free"
