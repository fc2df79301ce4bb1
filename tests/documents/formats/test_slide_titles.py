"""The title of a slide heads it, wherever its file has it."""

from __future__ import annotations

from pathlib import Path

import pptx
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Cm

from groundwork.documents.engines.office import read_office_file

Box = tuple[str, float, float]  # a text, its top and its height in centimetres


def slides_as_markdown(deck: pptx.presentation.Presentation, folder: Path) -> list[str]:
    deck.save(str(folder / "slides.pptx"))
    return read_office_file(str(folder / "slides.pptx"), ".pptx").pages


def slide_of_boxes(deck: pptx.presentation.Presentation, *boxes: Box) -> pptx.slide.Slide:
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    for text, top, height in boxes:
        slide.shapes.add_textbox(Cm(2), Cm(top), Cm(20), Cm(height)).text_frame.text = text
    return slide


def test_a_title_that_was_drawn_last_heads_its_own_slide(tmp_path: Path) -> None:
    """Behind the body it would head the slide that follows."""
    deck = pptx.Presentation()
    for title, body in (("Moorings", "Boats lie in pairs."), ("Tides", "The ebb runs for six hours.")):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text, slide.placeholders[1].text = title, body
        slide.shapes._spTree.append(slide.shapes.title._element)
        slide.notes_slide.notes_text_frame.text = f"Say more of {title.lower()}."
    first, second = slides_as_markdown(deck, tmp_path)
    assert first.index("## Moorings") < first.index("Boats lie in pairs.") < first.index("Say more of moorings.")
    assert second.index("## Tides") < second.index("The ebb runs")


@pytest.mark.parametrize("title", ["Boats in the harbour by month", "Boats in the harbour by month, in 2025."])
def test_a_text_above_a_chart_is_the_title_of_its_slide(tmp_path: Path, title: str) -> None:
    deck = pptx.Presentation()
    slide, data = slide_of_boxes(deck), CategoryChartData()
    data.categories = ["May", "June"]
    data.add_series("Boats", (12, 18))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Cm(2), Cm(4), Cm(20), Cm(10), data)
    slide.shapes.add_textbox(Cm(2), Cm(1), Cm(20), Cm(2)).text_frame.text = title
    slide.shapes.add_textbox(Cm(2), Cm(16), Cm(20), Cm(1)).text_frame.text = "Source: the harbour office."
    (page,) = slides_as_markdown(deck, tmp_path)
    assert page.startswith(f"## {title}\n")
    assert page.index("| May | 12 |") < page.index("Source: the harbour office.")


@pytest.mark.parametrize(
    "boxes",
    [
        [("The ebb runs for six hours.", 5, 2)],  # nothing else that it could head
        [("Ebb and flood", 2, 2), ("Neap and spring", 2.5, 2)],  # side by side
        [("Boats lie in pairs. " * 8, 1, 2), ("They turn with the tide.", 9, 2)],  # running text
        [("One\nTwo\nThree", 1, 2), ("Each has its buoy.", 9, 2)],  # a list
        [("Boats lie in pairs.", 1, 1), ("They turn with the tide.", 9, 2)],  # a sentence
        [("https://harbour.example says", 1, 1), ("They turn with the tide.", 9, 2)],  # an address
        [("X2", 1, 1), ("The second mooring lies east of the first.", 9, 2)],  # a label
        [("", 1, 1), ("Each has its buoy.", 9, 2)],
    ],
)
def test_other_texts_at_the_top_are_no_titles(tmp_path: Path, boxes: list[Box]) -> None:
    deck = pptx.Presentation()
    slide_of_boxes(deck, *boxes)
    (page,) = slides_as_markdown(deck, tmp_path)
    assert "#" not in page
    starts = [page.index(text.partition("\n")[0][:10]) for text, *_ in boxes]
    assert starts == sorted(starts)


def test_running_text_above_all_else_is_read_first(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide_of_boxes(deck, ("They turn with the tide.", 9, 2), ("Boats lie in pairs. " * 8, 1, 2))
    (page,) = slides_as_markdown(deck, tmp_path)
    assert page.startswith("Boats lie in pairs. ")
    assert page.endswith("They turn with the tide.")


def test_a_slide_whose_layout_places_its_texts_stays_as_it_is(tmp_path: Path) -> None:
    """Where they stand is not in the slide: what is highest cannot be told."""
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.placeholders[1].text = "Boats lie in pairs."
    slide.shapes.add_textbox(Cm(2), Cm(1), Cm(20), Cm(1)).text_frame.text = "Harbour notes"
    assert "#" not in slides_as_markdown(deck, tmp_path)[0]


def test_date_and_number_are_not_above_the_title(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = slide_of_boxes(deck, ("Boats lie in pairs.", 6, 2), ("12 May", 0.2, 0.5), ("Moorings in winter", 2, 1))
    properties = slide.shapes[1]._element.nvSpPr.find("{*}nvPr")
    properties.append(properties.makeelement(properties.tag.replace("nvPr", "ph"), {"type": "dt"}))
    (page,) = slides_as_markdown(deck, tmp_path)
    assert "## Moorings in winter" in page
    assert page.index("## Moorings in winter") < page.index("Boats lie in pairs.")


def test_an_id_that_a_program_gives_a_shape_hides_no_place(tmp_path: Path) -> None:
    """It stands in an element of the name that the size of a shape has."""
    deck = pptx.Presentation()
    slide = slide_of_boxes(deck, ("Boats lie in pairs.", 6, 2), ("Moorings in winter", 2, 1))
    for shape in slide.shapes:
        drawing = shape._element.spPr.find("{*}xfrm").tag.removesuffix("xfrm")
        properties = shape._element.nvSpPr.find("{*}cNvPr")
        extensions = properties.makeelement(f"{drawing}extLst", {})
        extensions.append(properties.makeelement(f"{drawing}ext", {"uri": "{FF2B5EF4-FFF2-40B4-BE49-F238E27FC236}"}))
        properties.append(extensions)
    assert slides_as_markdown(deck, tmp_path)[0].startswith("## Moorings in winter\n")
