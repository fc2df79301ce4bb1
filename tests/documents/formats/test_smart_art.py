"""Diagrams of slides and texts are read in their order, each point below the one it belongs to."""

from __future__ import annotations

from pathlib import Path

import docx
import pptx
import pytest
from docx.opc.packuri import PackURI as WordPackURI
from docx.opc.part import Part as WordPart
from docx.oxml import parse_xml as parse_word_xml
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml

from groundwork.documents.engines.office import read_office_file

_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DATA_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml"
_REFERENCE = (
    f'<a:graphic xmlns:a="{_DRAWING}/main"><a:graphicData uri="{_DRAWING}/diagram">'
    f'<dgm:relIds xmlns:dgm="{_DRAWING}/diagram" xmlns:r="{_RELATIONS}" r:dm="%s"/></a:graphicData></a:graphic>'
)
_FRAME = (
    '<p:graphicFrame xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    f'xmlns:a="{_DRAWING}/main"><p:nvGraphicFramePr><p:cNvPr id="9" name="Diagram 8"/><p:cNvGraphicFramePr/><p:nvPr/>'
    '</p:nvGraphicFramePr><p:xfrm><a:off x="0" y="2000000"/><a:ext cx="100" cy="100"/></p:xfrm>'
    f"{_REFERENCE}</p:graphicFrame>"
)
Point = tuple[str, str]  # the point that it lies below, and its paragraphs, parted by line ends


def data_model(points: dict[str, Point], order: str) -> bytes:
    """`order`: of the points in the file, which is none of their order in the diagram."""
    texts = {"root": '<dgm:pt modelId="root" type="doc"/>', "arrow": '<dgm:pt modelId="arrow" type="sibTrans"/>'}
    for name, (_, text) in points.items():
        paragraphs = "".join(
            f'<a:p><a:pPr lvl="3"/><a:r><a:rPr b="1"/><a:t>{line}</a:t></a:r></a:p>' for line in text.split("\n")
        )
        texts[name] = f'<dgm:pt modelId="{name}"><dgm:t><a:bodyPr/>{paragraphs}</dgm:t></dgm:pt>'
    links = [
        f'<dgm:cxn modelId="{name}-link" srcId="{above}" destId="{name}" srcOrd="{i}"/>'
        for i, (name, (above, _)) in enumerate(points.items())
    ]
    return (
        f'<dgm:dataModel xmlns:dgm="{_DRAWING}/diagram" xmlns:a="{_DRAWING}/main"><dgm:ptLst>'
        f"{''.join(texts.pop(name) for name in order.split())}{''.join(texts.values())}</dgm:ptLst>"
        f"<dgm:cxnLst>{''.join(reversed(links))}</dgm:cxnLst></dgm:dataModel>"
    ).encode()


def slide_with_diagram(data: bytes, path: Path) -> str:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Moorings"
    part = Part(PackURI("/ppt/diagrams/data1.xml"), _DATA_TYPE, deck.part.package, data)
    slide.shapes._spTree.append(parse_xml(_FRAME % slide.part.relate_to(part, f"{_RELATIONS}/diagramData")))
    deck.save(str(path))
    return read_office_file(str(path), ".pptx").pages[0]


PIERS: dict[str, Point] = {
    "north": ("root", "North pier"),
    "gigs": ("north", "Gigs lie\nin pairs"),
    "ropes": ("gigs", "Two ropes each"),
    "yawls": ("north", "Yawls lie alone"),
    "south": ("root", "South pier"),
    "ferry": ("south", "The ferry"),
}


@pytest.mark.parametrize("order", ["north gigs ropes yawls south ferry", "ferry ropes south yawls gigs north"])
def test_points_of_a_diagram_stand_below_what_they_belong_to(tmp_path: Path, order: str) -> None:
    page = slide_with_diagram(data_model(PIERS, order), tmp_path / "piers.pptx")
    assert page.splitlines() == [
        "## Moorings",
        "",
        "- North pier",
        "  - Gigs lie in pairs",
        "    - Two ropes each",
        "  - Yawls lie alone",
        "- South pier",
        "  - The ferry",
    ]


def test_a_diagram_whose_points_go_round_in_a_circle_is_read_once(tmp_path: Path) -> None:
    data = data_model(PIERS, "north").replace(
        b"<dgm:cxnLst>",
        b'<dgm:cxnLst><dgm:cxn srcId="ropes" destId="north" srcOrd="0"/><dgm:cxn srcId="ferry" destId="gone"/>'
        b'<dgm:cxn srcId="root" destId="ferry" srcOrd="x"/><dgm:cxn type="presOf" srcId="root" destId="ropes"/>',
    )
    page = slide_with_diagram(data, tmp_path / "circle.pptx")
    assert [page.count(text) for text in ("North pier", "Two ropes each", "The ferry")] == [1, 1, 1]
    assert "    - Two ropes each" in page


def test_a_point_that_no_connection_leads_to_is_not_lost(tmp_path: Path) -> None:
    data = data_model(PIERS, "north").replace(b'destId="south"', b'destId="gone"')
    page = slide_with_diagram(data, tmp_path / "loose.pptx")
    assert page.endswith("- South pier\n- The ferry")


def test_a_drawing_of_very_many_points_loses_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays as its file has it."""
    monkeypatch.setattr("groundwork.documents.formats.office.smart_art._MOST_DIAGRAM_POINTS", 4)
    page = slide_with_diagram(data_model(PIERS, "ferry"), tmp_path / "large.pptx")
    assert all(text.split("\n")[0] in page for _, text in PIERS.values())


@pytest.mark.parametrize("data", [b"", b"<broken", data_model({}, "")])
def test_a_diagram_without_texts_costs_no_slide(tmp_path: Path, data: bytes) -> None:
    assert slide_with_diagram(data, tmp_path / "empty.pptx") == "## Moorings"


def test_points_of_a_diagram_in_a_text_are_in_order(tmp_path: Path) -> None:
    text = docx.Document()
    paragraph = text.add_paragraph("The piers:")
    data = data_model(PIERS, "ferry ropes south yawls gigs north")
    part = WordPart(WordPackURI("/word/diagrams/data1.xml"), _DATA_TYPE, data, text.part.package)
    inline = (
        '<w:drawing xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
        'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"><wp:inline>'
        f'<wp:extent cx="100" cy="100"/><wp:docPr id="1" name="Diagram 1"/>{_REFERENCE}</wp:inline></w:drawing>'
    )
    paragraph.add_run()._r.append(parse_word_xml(inline % text.part.relate_to(part, f"{_RELATIONS}/diagramData")))
    text.save(str(tmp_path / "piers.docx"))
    (page,) = read_office_file(str(tmp_path / "piers.docx"), ".docx").pages
    starts = [page.index(words) for words in ("The piers", "North", "Gigs", "Two ropes", "Yawls", "South", "The ferry")]
    assert starts == sorted(starts)
