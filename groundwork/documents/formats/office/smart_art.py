"""The diagrams that office programs draw from a list ("SmartArt"), written as that list.

The reader of the files has their points in the order in which they were typed, and all on one level.

Source: ECMA-376 part 1, 21.4.2 (dataModel: points, and the connections that make them a tree).
"""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import NamedTuple

from groundwork.documents.formats.office.office_package import OfficePackage
from groundwork.documents.formats.office.office_xml import Element, attribute, child, new_element, tags

_POINTS_WITHOUT_TEXT = ("pres", "parTrans", "sibTrans")  # how a point is drawn, and the arrows between points
_MOST_DIAGRAM_POINTS = 20_000  # those of a drawing that is larger stay as they are
_DEEPEST_LEVEL = 8  # of a list on a slide
_BULLET = "•"


class DiagramPoint(NamedTuple):
    """A text of a diagram: its paragraphs (`a:p`) and how deep it lies, from 0."""

    element: Element
    paragraphs: list[Element]
    level: int


def write_diagrams_as_lists(package: OfficePackage, part_names: list[str]) -> None:
    """In slides a list with bullets and levels in place of each diagram; in a text its points are put in order."""
    for part_name in part_names:
        part = package.root_with(part_name, "relIds")
        references = [] if part is None else list(part.iter(*tags("dgm", "relIds")))
        data_parts = {relation.id: relation.target for relation in package.relations(part_name)} if references else {}
        for reference in references:
            data_part = data_parts.get(attribute(reference, "r", "dm"), "")
            data_model = package.root(data_part)
            points = [] if data_model is None else _diagram_points(data_model)
            if points and _replace_frame(reference, points):
                package.mark_edited(part_name)
            elif points:
                points[0].element.getparent().extend(point.element for point in points)
                package.mark_edited(data_part)


def _diagram_points(data_model: Element) -> list[DiagramPoint]:
    """The points that have a text, each before those below it, and at the end those that no connection leads to."""
    points = {point.get("modelId", ""): point for point in data_model.iter(*tags("dgm", "pt"))}
    if len(points) > _MOST_DIAGRAM_POINTS:
        return []
    children = _children_by_point(data_model)
    pending = [(model_id, -1) for model_id, point in points.items() if point.get("type") == "doc"]
    diagram_points = []
    while pending:
        model_id, level = pending.pop()
        if (point := points.pop(model_id, None)) is not None:  # each once, whatever the connections say
            diagram_points.append(_diagram_point(point, max(0, level)))
            pending += [(child_id, level + 1) for _, child_id in sorted(children[model_id], reverse=True)]
    diagram_points += [_diagram_point(point, 0) for point in points.values()]
    return [point for point in diagram_points if point.paragraphs]


def _children_by_point(data_model: Element) -> defaultdict[str, list[tuple[int, str]]]:
    """By the id of a point the places and ids of those right below it."""
    children: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for connection in data_model.iter(*tags("dgm", "cxn")):
        order = connection.get("srcOrd", "0")
        if connection.get("type", "parOf") == "parOf" and order.isdecimal() and len(order) < 10:
            children[connection.get("srcId", "")].append((int(order), connection.get("destId", "")))
    return children


def _diagram_point(point: Element, level: int) -> DiagramPoint:
    """Without paragraphs where it has no text of its own."""
    paragraphs = [] if point.get("type") in _POINTS_WITHOUT_TEXT else point.iter(*tags("a", "p"))
    has_text = [p for p in paragraphs if any((t.text or "").strip() for t in p.iter(*tags("a", "t")))]
    return DiagramPoint(point, has_text, level)


def _replace_frame(reference: Element, points: list[DiagramPoint]) -> bool:
    """Put a text box in place of the frame of a slide that holds the diagram; False where none does."""
    frame = next(reference.iterancestors(*tags("p", "graphicFrame")), None)
    if frame is None:
        return False
    non_visual = new_element(frame, "nvSpPr", [new_element(frame, "cNvSpPr"), new_element(frame, "nvPr")])
    non_visual.insert(0, copy.deepcopy(next(frame.iter(*tags("p", "cNvPr")), new_element(frame, "cNvPr"))))
    shape_properties, like = new_element(frame, "spPr"), points[0].paragraphs[0]
    transform = child(frame, "p", "xfrm")
    if transform is not None:
        shape_properties.append(new_element(like, "xfrm", map(copy.deepcopy, transform)))
    items = map(_slide_item, points)
    text_body = new_element(frame, "txBody", [new_element(like, "bodyPr"), new_element(like, "lstStyle"), *items])
    frame.getparent().replace(frame, new_element(frame, "sp", [non_visual, shape_properties, text_body]))
    return True


def _slide_item(point: DiagramPoint) -> Element:
    """One line of a list, in letters of one weight: how a diagram's are parted and set hangs on the size of its box."""
    first, *others = point.paragraphs
    bullet = new_element(first, "buChar")
    bullet.set("char", _BULLET)
    properties = new_element(first, "pPr", [bullet])
    properties.set("lvl", str(min(point.level, _DEEPEST_LEVEL)))
    item = new_element(first, "p", [properties])
    for paragraph in (first, *others):
        item.extend([_space(first)] if paragraph is not first else [])
        for run in paragraph.iterchildren(*tags("a", "r", "br", "fld")):
            item.append(_space(run) if run.tag in tags("a", "br") else copy.deepcopy(run))
    for run_properties in item.iter(*tags("a", "rPr")):
        for emphasis in ("b", "i"):
            run_properties.attrib.pop(emphasis, None)
    return item


def _space(like: Element) -> Element:
    return new_element(like, "r", [new_element(like, "t", text=" ")])
