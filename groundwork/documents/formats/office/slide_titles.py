"""The title of a slide, which its file may have behind what it is the title of.

A slide's shapes stand in its file in the order in which they were drawn. Its title heads them all on the screen, so it
is read first; of a slide without one, the text above everything else is, as its title where it is short.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from groundwork.documents.formats.office.office_xml import Element, child, new_element, tags
from groundwork.language.language_and_script import UNSPACED

_TITLE_PLACEHOLDERS = ("title", "ctrTitle")
_PLACEHOLDERS_AT_SLIDE_EDGES = ("dt", "ftr", "hdr", "sldNum")
_MOST_TITLE_LETTERS = 120
_MOST_TITLE_PARAGRAPHS = 2
_TITLE_WORD = re.compile(rf"[^\W\d_]{{4}}|[{UNSPACED}\uac00-\ud7af]{{2}}")
_SENTENCE_ENDS = (".", "…", "。", ":", "：", ";", ",")
_EMU = re.compile(r"-?\d{1,15}", re.ASCII)


class SlideShape(NamedTuple):
    """A shape that shows something: its text by paragraphs, and its top and height in EMU where it has its own."""

    element: Element
    placeholder: str  # the kind; "" of one that is no placeholder or has no kind
    paragraphs: list[str]
    place: tuple[int, int] | None


def put_title_first(slide: Element) -> bool:
    """Whether the slide's highest text stood elsewhere, or was no title yet; notes have none."""
    shape_tree = next(slide.iter(*tags("p", "spTree")), None)
    if slide.tag not in tags("p", "sld") or shape_tree is None:
        return False
    shapes = list(_shown_shapes(shape_tree))
    title = next((shape for shape in shapes if shape.placeholder in _TITLE_PLACEHOLDERS and shape.paragraphs), None)
    first = title or _text_above_all(shapes)
    if first is None:
        return False
    heads_frame = any(shape.element.tag in tags("p", "graphicFrame") for shape in shapes)
    if title is None and _reads_as_title(first.paragraphs, heads_frame):
        _make_title(first.element)
    elif first is shapes[0]:
        return False
    if first is not shapes[0]:
        shapes[0].element.addprevious(first.element)
    return True


def _shown_shapes(shape_tree: Element) -> Iterator[SlideShape]:
    for element in shape_tree.iterchildren(*tags("p", "sp", "graphicFrame", "grpSp")):
        placeholder_element = next(element.iter(*tags("p", "ph")), None)
        placeholder = "" if placeholder_element is None else placeholder_element.get("type", "")
        paragraphs = ["".join(t.text or "" for t in p.iter(*tags("a", "t"))) for p in element.iter(*tags("a", "p"))]
        paragraphs = [paragraph for paragraph in paragraphs if paragraph.strip()]
        is_shown = bool(paragraphs) or element.tag in tags("p", "graphicFrame")
        if is_shown and placeholder not in _PLACEHOLDERS_AT_SLIDE_EDGES:
            yield SlideShape(element, placeholder, paragraphs, _place(element))


def _place(element: Element) -> tuple[int, int] | None:
    transform = next(element.iter(*tags("a", "xfrm"), *tags("p", "xfrm")), None)
    offset, extent = child(transform, "a", "off"), child(transform, "a", "ext")
    if offset is None or extent is None:
        return None
    top, height = offset.get("y", ""), extent.get("cy", "")
    return (int(top), int(height)) if _EMU.fullmatch(top) and _EMU.fullmatch(height) else None


def _text_above_all(shapes: list[SlideShape]) -> SlideShape | None:
    """The text whose middle lies above all else that the slide shows; None where a place is the layout's."""
    if len(shapes) < 2 or any(shape.place is None for shape in shapes):
        return None
    highest, *others = sorted(shapes, key=lambda shape: shape.place or (0, 0))
    top, height = highest.place or (0, 0)
    is_above = all(other.place is not None and other.place[0] >= top + height / 2 for other in others)
    return highest if is_above and highest.element.tag in tags("p", "sp") else None


def _reads_as_title(paragraphs: list[str], heads_frame: bool) -> bool:
    """Whether a text is short and no sentence; above a chart or a table it may end as one."""
    text = " ".join(paragraphs)
    return (
        len(paragraphs) <= _MOST_TITLE_PARAGRAPHS
        and len(text) <= _MOST_TITLE_LETTERS
        and _TITLE_WORD.search(text) is not None
        and "://" not in text
        and (heads_frame or not text.rstrip().endswith(_SENTENCE_ENDS))
    )


def _make_title(shape: Element) -> None:
    properties = child(next(shape.iterchildren(*tags("p", "nvSpPr")), None), "p", "nvPr")
    if properties is not None:
        for old_placeholder in list(properties.iterchildren(*tags("p", "ph"))):
            properties.remove(old_placeholder)
        placeholder = new_element(properties, "ph")
        placeholder.set("type", "title")
        properties.insert(0, placeholder)
