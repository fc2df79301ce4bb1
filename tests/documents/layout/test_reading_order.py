"""Lines with what is drawn among them."""

import pytest

from groundwork.documents.layout.reading_order import lines_in_order
from groundwork.documents.layout.ruling_strokes_and_shades import Stroke
from groundwork.documents.layout.text_runs_and_lines import Line, Run


@pytest.mark.parametrize(("height", "walls"), [(10, ()), (19, ()), (40, (130,))])
def test_the_side_of_a_box_to_tick_parts_no_cells(height: int, walls: tuple[float, ...]) -> None:
    """A steep line that is hardly higher than the text beside it belongs to a box; one over lines parts them."""
    line = Line(700, [Run(100, 690, 220, 700, "☐ Water and power", 10)])
    (read,) = lines_in_order([line], [], [Stroke(130, 702 - height, 130, 702)])
    assert read.walls == walls
