"""The slides of a presentation, each as a deck of its own: the model of anydoc does not say where one ends."""

from __future__ import annotations

from collections.abc import Iterator

from groundwork.documents.formats.office.anydoc_markdown import document_markdown, parse_with_anydoc
from groundwork.documents.formats.office.office_package import OfficePackage, part_relations_name, zip_package
from groundwork.documents.formats.office.office_xml import attribute, tags, write_xml
from groundwork.documents.formats.office.reader_comments import slide_comments, with_comments
from groundwork.documents.pictures.kept_pictures import pictures_to_keep
from groundwork.message_wording import counted

_SLIDE_FOLDERS = ("ppt/slides/", "ppt/notesSlides/", "ppt/media/")


def read_slides(package: OfficePackage) -> tuple[list[str], list[str]]:
    """(Markdown by slide, warnings about hidden ones)."""
    slides, hidden_slides = [], []
    for slide_number, (slide, slide_deck) in enumerate(_split_slides(package), start=1):
        slides.append(
            with_comments(document_markdown(parse_with_anydoc(slide_deck, "pptx")), slide_comments(package, slide))
        )
        slide_root = package.root_with(slide, "show=")
        hidden_slides += [str(slide_number)] * (slide_root is not None and slide_root.get("show") in ("0", "false"))
    warnings = [
        f"{counted(len(hidden_slides), 'slide is', 'slides are')} hidden, and read all the same: "
        f"{', '.join(hidden_slides)}"
    ]
    return slides or [""], warnings if hidden_slides else []


def _split_slides(package: OfficePackage) -> Iterator[tuple[str, bytes]]:
    """The part of each slide, and a presentation with it alone: the model does not say where one ends.

    Other slides are left out, and pictures too unless they are kept.
    """
    slide_deck_part = package.main_part("pptx")
    slide_deck = package.root(slide_deck_part)
    if slide_deck is None:
        yield "", package.to_bytes()
        return
    shared_parts = {part: package.read(part) for part in package.part_names if not part.startswith(_SLIDE_FOLDERS)}
    slide_targets = {relation.id: relation.target for relation in package.relations(slide_deck_part)}
    slide_ids = list(slide_deck.iter(*tags("p", "sldId")))
    slide_lists = [slide_id.getparent() for slide_id in slide_ids]
    for slide_id, slide_list in zip(slide_ids, slide_lists, strict=True):
        slide_list.remove(slide_id)
    for slide_id, slide_list in zip(slide_ids, slide_lists, strict=True):
        slide_list.append(slide_id)
        slide_part = slide_targets.get(attribute(slide_id, "r", "id"), "")
        slide_names = _slide_part_names(package, slide_part)
        slide_parts = {part: package.read(part) for part in slide_names if part in package.part_names}
        yield slide_part, zip_package({**shared_parts, **slide_parts, slide_deck_part: write_xml(slide_deck)})
        slide_list.remove(slide_id)


def _slide_part_names(package: OfficePackage, slide_part: str) -> Iterator[str]:
    """The slide's own parts: itself, its notes, its pictures."""
    yield slide_part
    yield part_relations_name(slide_part)
    for slide_relation in package.relations(slide_part):
        if slide_relation.kind == "notesSlide":
            yield slide_relation.target
            yield part_relations_name(slide_relation.target)
        elif slide_relation.target.startswith("ppt/media/") and pictures_to_keep() is not None:
            yield slide_relation.target
