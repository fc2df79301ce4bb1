"""The footnotes of an EPUB as those of Markdown: marks that are glued to words, and notes in a chapter of their own.

A mark is a short link to an element of the book: one that the book calls so (noteref), or one that stands raised. The
words of that element become a paragraph that begins with the mark, at the end of its chapter.

Sources: EPUB 3 Structural Semantics (noteref, footnote, endnote, backlink), DPUB-ARIA (doc-noteref, doc-backlink).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from groundwork.documents.formats.office.package_parts import OfficePackage
from groundwork.documents.formats.office.xml_elements import Element, new_element, new_name, remove_elements
from groundwork.documents.formats.raised_figures import raise_book_page

_PAGES = (".xhtml", ".html", ".htm", ".xml")
_TYPE = "{http://www.idpf.org/2007/ops}type"
_MARK = re.compile(r"[\[(]?(?:\d{1,4}|[*†‡§¶]{1,3}|[a-z])[\])]?")
_NOTE_NAME = re.compile(r"note|_ftn|_edn|\bfn\d", re.IGNORECASE)  # as InDesign, Word and others name what they link
_PAGE_WORDS = ("noteref", "<sup", "note", "_ftn", "_edn", "#fn")  # that a page with marks mentions
_REPAIRED = ("<sup", "<dt", "<dd", "<ruby")
_ARROWS = "↩↑⏎^←\ufe0e\ufe0f"
_LONGEST_NOTE = 5_000  # characters; more is a chapter
_NOTE_BLOCKS = ("p", "li", "aside", "div", "dd", "section", "td")
_BLOCKS = (*_NOTE_BLOCKS, "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "body")


class _Place(NamedTuple):
    """An element of the book: the part that holds it, and its id."""

    part_name: str
    id: str


class _Mark(NamedTuple):
    """A link to a note, and the part that it stands in."""

    part_name: str
    link: Element


def mark_notes(package: OfficePackage) -> None:
    """Write marks and notes so that the reader of the book passes them on as text; what is in doubt stays."""
    marks_by_note = _marks_by_note(package)
    elements = {name: _elements_by_id(package, name) for name in {note_place.part_name for note_place in marks_by_note}}
    for note_number, (note_place, marks) in enumerate(marks_by_note.items(), start=1):
        note = _enclosing_note(elements[note_place.part_name].get(note_place.id))
        if note is None or any(note in mark.link.iterancestors() for mark in marks):
            continue
        if not (note_text := _note_text(note, marks)) or len(note_text) > _LONGEST_NOTE:
            continue
        _move_to_end(note, f"[^{note_number}]: {note_text}")
        for mark in marks:
            _put_text(mark.link, f"[^{note_number}]")
        for part_name in {note_place.part_name, *(mark.part_name for mark in marks)}:
            package.mark_edited(part_name)


def repair_pages(package: OfficePackage) -> None:
    """Raised figures that are no marks as superscripts, terms and what is said of them as blocks, and no readings
    above the text."""
    for part_name in (name for name in package.part_names if name.lower().endswith(_PAGES)):
        root = next((root for tag in _REPAIRED if (root := package.root_with(part_name, tag)) is not None), None)
        if root is None:
            continue
        raise_book_page(root)
        remove_elements(root, ("{*}rt", "{*}rp"))
        for element in root.iter("{*}dt", "{*}dd"):
            element.tag = new_name(element, "p")
        package.mark_edited(part_name)


def _marks_by_note(package: OfficePackage) -> dict[_Place, list[_Mark]]:
    marks: dict[_Place, list[_Mark]] = {}
    for part_name in package.part_names:
        if not part_name.lower().endswith(_PAGES):
            continue
        root = next((root for word in _PAGE_WORDS if (root := package.root_with(part_name, word)) is not None), None)
        for link in [] if root is None else root.iter("{*}a"):
            if (note_place := _linked_place(part_name, link)) and _is_mark(link):
                marks.setdefault(note_place, []).append(_Mark(part_name, link))
    return marks


def _linked_place(part_name: str, link: Element) -> _Place | None:
    path, _, fragment = unquote(link.get("href", "")).partition("#")
    if not fragment or ":" in path:
        return None
    target = posixpath.normpath(posixpath.join(posixpath.dirname(part_name), path)) if path else part_name
    return _Place(target, fragment)


def _is_mark(link: Element) -> bool:
    """Whether the book calls a link a mark, or it is a sign behind other text of its block, raised or named so."""
    kinds = f"{link.get(_TYPE, '')} {link.get('role', '')}"
    if "noteref" in kinds or "backlink" in kinds:
        return "noteref" in kinds
    is_raised = _name(link.getparent()) == "sup" or (len(link) == 1 and _name(link[0]) == "sup")
    names = f"{link.get('class', '')} {link.get('href', '')} {link.get('id', '')}"
    return (
        (is_raised or _NOTE_NAME.search(names) is not None)
        and _MARK.fullmatch(_text(link)) is not None
        and _has_text_before(link)
    )


def _has_text_before(link: Element) -> bool:
    element = link
    while _name(element) not in _BLOCKS:
        parent = element.getparent()
        if parent is None:
            return False
        if (parent.text or "").strip() or any(map(_text_with_tail, element.itersiblings(preceding=True))):
            return True
        element = parent
    return False


def _elements_by_id(package: OfficePackage, part_name: str) -> dict[str, Element]:
    """The elements of a part by their ids and, as books of HTML have them, by their names."""
    root = package.root(part_name) if part_name in package.part_names else None
    elements: dict[str, Element] = {}
    for element in () if root is None else root.iter("*"):
        for place_id in filter(None, (element.get("id"), element.get("name"))):
            elements.setdefault(place_id, element)
    return elements


def _enclosing_note(element: Element | None) -> Element | None:
    """The block that an element is, or stands in; none of one that has gone with the note around it."""
    while element is not None and _name(element) not in _BLOCKS:
        element = element.getparent()
    if element is None or _name(element) not in _NOTE_BLOCKS:
        return None
    return element if any(_name(ancestor) == "body" for ancestor in element.iterancestors()) else None


def _note_text(note: Element, marks: list[_Mark]) -> str:
    """Its words on one line, without its own mark and the links that lead back."""
    around = [element for mark in marks for element in _around(mark.link)]
    origins = {element.get(name) for element in around for name in ("id", "name")} - {None}
    for link in list(note.iter("{*}a")):
        is_back = unquote(link.get("href", "")).partition("#")[2] in origins or not _text(link).strip(_ARROWS)
        if is_back or "backlink" in f"{link.get(_TYPE, '')} {link.get('role', '')}":
            _put_text(link, "")
    own_mark = re.escape(_text(marks[0].link).strip("[]() "))
    return re.sub(rf"\A[\[(]?(?:{own_mark}(?!\w))?[\]).:\s]*", "", " ".join("".join(note.itertext("*")).split()))


def _around(link: Element) -> Iterator[Element]:
    """The link, what it holds, and what holds it within its block."""
    yield from link.iter("*")
    for element in link.iterancestors():
        if _name(element) in _BLOCKS:
            return
        yield element


def _move_to_end(note: Element, note_text: str) -> None:
    body = next(element for element in note.iterancestors() if _name(element) == "body")
    _put_text(note, "")
    body.append(new_element(body, "p", text=note_text))


def _put_text(element: Element, text: str) -> None:
    """Text in place of an element; what stands behind it stays."""
    parent, previous = element.getparent(), element.getprevious()
    text += element.tail or ""
    if previous is not None:
        previous.tail = (previous.tail or "") + text
    else:
        parent.text = (parent.text or "") + text
    parent.remove(element)


def _name(element: Element | None) -> str:
    return "" if element is None or not isinstance(element.tag, str) else element.tag.rpartition("}")[2]


def _text(element: Element) -> str:
    return "".join(element.itertext("*")).strip()


def _text_with_tail(element: Element) -> str:
    return _text(element) + (element.tail or "").strip()
