"""The slides of a presentation, each as a deck of its own: the model of anydoc does not say where one ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundwork.documents.formats.office.package_parts import OfficePackage, relations_name, zip_package
from groundwork.documents.formats.office.reader_comments import (
    slide_comments,
    with_comments,
)
from groundwork.documents.formats.office.xml_elements import attribute, tags, write_xml
from groundwork.message_wording import counted

if TYPE_CHECKING:
    pass
from groundwork.documents.formats.office.anydoc_markdown import are_pictures_kept, markdown, parse

_SLIDE_FOLDERS = ("ppt/slides/", "ppt/notesSlides/", "ppt/media/")


def read_slides(package: OfficePackage) -> tuple[list[str], list[str]]:
    """(Markdown by slide, warnings about hidden ones)."""
    slides, hidden = [], []
    for number, (slide, deck) in enumerate(_split_slides(package), start=1):
        slides.append(with_comments(markdown(parse(deck, "pptx")), slide_comments(package, slide)))
        root = package.root_with(slide, "show=")
        hidden += [str(number)] * (root is not None and root.get("show") in ("0", "false"))
    warnings = [f"{counted(len(hidden), 'slide is', 'slides are')} hidden, and read all the same: {', '.join(hidden)}"]
    return slides or [""], warnings if hidden else []


def _split_slides(package: OfficePackage) -> Iterator[tuple[str, bytes]]:
    """The part of each slide, and a presentation with it alone: the model does not say where one ends.

    Other slides are left out, and pictures too unless they are kept.
    """
    deck_part = package.main_part("pptx")
    deck = package.root(deck_part)
    if deck is None:
        yield "", package.to_bytes()
        return
    shared_parts = {name: package.read(name) for name in package.part_names if not name.startswith(_SLIDE_FOLDERS)}
    targets = {relation.id: relation.target for relation in package.relations(deck_part)}
    slide_ids = list(deck.iter(*tags("p", "sldId")))
    slide_lists = [slide_id.getparent() for slide_id in slide_ids]
    for slide_id, slide_list in zip(slide_ids, slide_lists, strict=True):
        slide_list.remove(slide_id)
    for slide_id, slide_list in zip(slide_ids, slide_lists, strict=True):
        slide_list.append(slide_id)
        slide = targets.get(attribute(slide_id, "r", "id"), "")
        slide_names = _slide_part_names(package, slide)
        slide_parts = {name: package.read(name) for name in slide_names if name in package.part_names}
        yield slide, zip_package({**shared_parts, **slide_parts, deck_part: write_xml(deck)})
        slide_list.remove(slide_id)


def _slide_part_names(package: OfficePackage, slide: str) -> Iterator[str]:
    """The slide's own parts: itself, its notes, its pictures."""
    yield slide
    yield relations_name(slide)
    for relation in package.relations(slide):
        if relation.kind == "notesSlide":
            yield relation.target
            yield relations_name(relation.target)
        elif relation.target.startswith("ppt/media/") and are_pictures_kept():
            yield relation.target
