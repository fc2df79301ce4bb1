"""What stands for the points of a PNG: colours and legend, slices, names, sizes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from matplotlib import font_manager, get_data_path
from PIL import Image

from groundwork.maps.draw.colours_and_legend import point_colours
from groundwork.maps.draw.figure_text_and_fonts import _add_new_fonts, new_figure
from groundwork.maps.draw.map_labels import point_labels
from groundwork.maps.draw.pies import find_coincident
from groundwork.maps.draw.png_map import point_marks, write_map_png
from groundwork.maps.draw.scene import Scene
from groundwork.maps.draw.tag_histogram import write_histogram_png
from tests.maps.scenes import MODELS, histogram, scene


@pytest.fixture
def several() -> Scene:
    """Two questions at one place, two of one dataset at another, all others apart."""
    made = scene(12)
    places = [(0, 0), (0.1, 0), (9, 9), (5, 5), (7, 5), (9, 9.1), *((20 + 5 * k, 30) for k in range(6))]
    points = [msgspec.structs.replace(p, x=float(x), y=float(y)) for p, (x, y) in zip(made.points, places, strict=True)]
    return msgspec.structs.replace(made, points=points)


def test_places_that_several_datasets_share(several: Scene) -> None:
    """Those within reach are one mark; two of one dataset are not, nor is anything where there is one dataset."""
    shared, within = find_coincident(several, 0.5)
    assert [place.counts for place in shared] == [{MODELS[0]: 1, MODELS[1]: 1}]
    assert within.nonzero()[0].tolist() == [0, 1]
    assert find_coincident(scene(12, ["one"]), 50.0)[0] == []


def test_one_dataset_is_coloured_and_has_a_legend() -> None:
    """By category where there are no regions; the legend counts every question. Regions are named on the map."""
    few = msgspec.structs.replace(scene(21, ["one"]), clusters=[])
    found = point_colours(few)
    assert sum(count for _, _, count in found.legend) == 21 and len(set(found.by_point)) == 3
    assert {name for name, _, _ in found.legend} == {point.category for point in few.points}
    assert point_colours(scene(240, ["one"])).legend == []


def test_clusters_beyond_the_palette_have_another_mark() -> None:
    """Twelve clusters of one dataset: no two have both the colour and the mark of one another."""
    drawn = scene(240, ["one"])
    looks = set(zip(point_colours(drawn).by_point, point_marks(drawn), [p.cluster for p in drawn.points], strict=True))
    assert len(looks) == len({(colour, mark) for colour, mark, _ in looks}) == 12


def test_few_questions_have_names() -> None:
    """A tag that no other has, else the first words; 40 questions have none."""
    few = scene(3, ["one"])
    tags = [["both", "own"], ["both"], []]
    points = [msgspec.structs.replace(p, tags=own) for p, own in zip(few.points, tags, strict=True)]
    names = [label.text for label in point_labels(msgspec.structs.replace(few, points=points), 3.0)]
    assert names[0] == "own" and all(p.question.startswith(n[:20]) for p, n in zip(points[1:], names[1:], strict=True))
    assert point_labels(scene(40, ["one"]), 3.0) == []


def test_sizes_of_the_picture(tmp_path: Path) -> None:
    """For a README twice as wide as high; for a column of a paper 353 dots an inch."""
    write_map_png(scene(60), tmp_path / "readme.png", "readme")
    write_map_png(scene(60), tmp_path / "paper.png", "paper")
    assert Image.open(tmp_path / "readme.png").size == (1920, 960)
    assert Image.open(tmp_path / "paper.png").width / 3.4 > 280


def test_a_histogram_holds_what_can_be_read(tmp_path: Path) -> None:
    """However many tags there are, the picture is no higher than a page."""
    bars = [msgspec.structs.replace(bar, label=f"{bar.label}-{k}") for k in range(9) for bar in histogram()]
    write_histogram_png(msgspec.structs.replace(scene(60), histogram=bars), tmp_path / "bars.png", max_tags=100)
    wide, high = Image.open(tmp_path / "bars.png").size
    assert high < 1.3 * wide


def test_a_font_that_was_installed_since_is_drawn_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """matplotlib lists the fonts once for all times; those that came later are added, so that the advice helps."""
    manager, bundled = font_manager.fontManager, get_data_path()
    path = next((path for path in font_manager.findSystemFonts() if Path(path).name == "DejaVuSans.ttf"), "")
    if not path or path.startswith(bundled):
        pytest.skip("the system has no font of the list")
    monkeypatch.setattr(manager, "ttflist", [font for font in manager.ttflist if font.fname.startswith(bundled)])
    _add_new_fonts.cache_clear()
    new_figure(1, 1)
    assert path in {font.fname for font in manager.ttflist}
