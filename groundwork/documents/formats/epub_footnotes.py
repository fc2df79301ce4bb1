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

_BOOK_PAGE_ENDINGS = (".xhtml", ".html", ".htm", ".xml")
_EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"
_FOOTNOTE_MARK = re.compile(r"[\[(]?(?:\d{1,4}|[*†‡§¶]{1,3}|[a-z])[\])]?")
_NOTE_NAME = re.compile(r"note|_ftn|_edn|\bfn\d", re.IGNORECASE)  # as InDesign, Word and others name what they link
_NOTE_PAGE_WORDS = ("noteref", "<sup", "note", "_ftn", "_edn", "#fn")  # that a page with marks mentions
_REPAIRED_TAGS = ("<sup", "<dt", "<dd", "<ruby")
_BACKLINK_ARROWS = "↩↑⏎^←\ufe0e\ufe0f"
_LONGEST_NOTE = 5_000  # characters; more is a chapter
_NOTE_BLOCKS = ("p", "li", "aside", "div", "dd", "section", "td")
_BOOK_BLOCKS = (*_NOTE_BLOCKS, "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "body")


class _NotePlace(NamedTuple):
    """An element of the book: the part that holds it, and its id."""

    part_name: str
    id: str


class _NoteMark(NamedTuple):
    """A link to a note, and the part that it stands in."""

    part_name: str
    link: Element


def mark_footnotes(package: OfficePackage) -> None:
    """Write marks and notes so that the reader of the book passes them on as text; what is in doubt stays."""
    marks_by_note = _marks_by_note(package)
    note_elements = {
        note_part: _elements_by_id(package, note_part)
        for note_part in {note_place.part_name for note_place in marks_by_note}
    }
    for note_number, (note_place, note_marks) in enumerate(marks_by_note.items(), start=1):
        note = _enclosing_note(note_elements[note_place.part_name].get(note_place.id))
        if note is None or any(note in note_mark.link.iterancestors() for note_mark in note_marks):
            continue
        if not (note_text := _note_text(note, note_marks)) or len(note_text) > _LONGEST_NOTE:
            continue
        _move_to_end(note, f"[^{note_number}]: {note_text}")
        for note_mark in note_marks:
            _replace_by_text(note_mark.link, f"[^{note_number}]")
        for part_name in {note_place.part_name, *(note_mark.part_name for note_mark in note_marks)}:
            package.mark_edited(part_name)


def repair_book_pages(package: OfficePackage) -> None:
    """Raised figures that are no marks as superscripts, terms and what is said of them as blocks, and no readings
    above the text."""
    for part_name in (book_part for book_part in package.part_names if book_part.lower().endswith(_BOOK_PAGE_ENDINGS)):
        book_page = next(
            (
                book_page
                for repaired_tag in _REPAIRED_TAGS
                if (book_page := package.root_with(part_name, repaired_tag)) is not None
            ),
            None,
        )
        if book_page is None:
            continue
        raise_book_page(book_page)
        remove_elements(book_page, ("{*}rt", "{*}rp"))
        for element in book_page.iter("{*}dt", "{*}dd"):
            element.tag = new_name(element, "p")
        package.mark_edited(part_name)


def _marks_by_note(package: OfficePackage) -> dict[_NotePlace, list[_NoteMark]]:
    marks_by_note: dict[_NotePlace, list[_NoteMark]] = {}
    for part_name in package.part_names:
        if not part_name.lower().endswith(_BOOK_PAGE_ENDINGS):
            continue
        book_page = next(
            (
                book_page
                for note_word in _NOTE_PAGE_WORDS
                if (book_page := package.root_with(part_name, note_word)) is not None
            ),
            None,
        )
        for note_link in [] if book_page is None else book_page.iter("{*}a"):
            if (note_place := _linked_place(part_name, note_link)) and _is_note_mark(note_link):
                marks_by_note.setdefault(note_place, []).append(_NoteMark(part_name, note_link))
    return marks_by_note


def _linked_place(part_name: str, note_link: Element) -> _NotePlace | None:
    href_path, _, href_fragment = unquote(note_link.get("href", "")).partition("#")
    if not href_fragment or ":" in href_path:
        return None
    linked_part = (
        posixpath.normpath(posixpath.join(posixpath.dirname(part_name), href_path)) if href_path else part_name
    )
    return _NotePlace(linked_part, href_fragment)


def _is_note_mark(note_link: Element) -> bool:
    """Whether the book calls a link a mark, or it is a sign behind other text of its block, raised or named so."""
    link_kinds = f"{note_link.get(_EPUB_TYPE, '')} {note_link.get('role', '')}"
    if "noteref" in link_kinds or "backlink" in link_kinds:
        return "noteref" in link_kinds
    is_raised_link = _element_name(note_link.getparent()) == "sup" or (
        len(note_link) == 1 and _element_name(note_link[0]) == "sup"
    )
    link_names = f"{note_link.get('class', '')} {note_link.get('href', '')} {note_link.get('id', '')}"
    return (
        (is_raised_link or _NOTE_NAME.search(link_names) is not None)
        and _FOOTNOTE_MARK.fullmatch(_element_text(note_link)) is not None
        and _has_text_before(note_link)
    )


def _has_text_before(note_link: Element) -> bool:
    element = note_link
    while _element_name(element) not in _BOOK_BLOCKS:
        parent_element = element.getparent()
        if parent_element is None:
            return False
        if (parent_element.text or "").strip() or any(map(_text_with_tail, element.itersiblings(preceding=True))):
            return True
        element = parent_element
    return False


def _elements_by_id(package: OfficePackage, part_name: str) -> dict[str, Element]:
    """The elements of a part by their ids and, as books of HTML have them, by their names."""
    book_page = package.root(part_name) if part_name in package.part_names else None
    elements_by_id: dict[str, Element] = {}
    for element in () if book_page is None else book_page.iter("*"):
        for place_id in filter(None, (element.get("id"), element.get("name"))):
            elements_by_id.setdefault(place_id, element)
    return elements_by_id


def _enclosing_note(element: Element | None) -> Element | None:
    """The block that an element is, or stands in; none of one that has gone with the note around it."""
    while element is not None and _element_name(element) not in _BOOK_BLOCKS:
        element = element.getparent()
    if element is None or _element_name(element) not in _NOTE_BLOCKS:
        return None
    return element if any(_element_name(ancestor) == "body" for ancestor in element.iterancestors()) else None


def _note_text(note: Element, note_marks: list[_NoteMark]) -> str:
    """Its words on one line, without its own mark and the links that lead back."""
    elements_around = [element for mark in note_marks for element in _elements_around_link(mark.link)]
    mark_ids = {element.get(name) for element in elements_around for name in ("id", "name")} - {None}
    for back_link in list(note.iter("{*}a")):
        is_backlink = unquote(back_link.get("href", "")).partition("#")[2] in mark_ids or not _element_text(
            back_link
        ).strip(_BACKLINK_ARROWS)
        if is_backlink or "backlink" in f"{back_link.get(_EPUB_TYPE, '')} {back_link.get('role', '')}":
            _replace_by_text(back_link, "")
    mark_sign = re.escape(_element_text(note_marks[0].link).strip("[]() "))
    return re.sub(rf"\A[\[(]?(?:{mark_sign}(?!\w))?[\]).:\s]*", "", " ".join("".join(note.itertext("*")).split()))


def _elements_around_link(note_link: Element) -> Iterator[Element]:
    """The link, what it holds, and what holds it within its block."""
    yield from note_link.iter("*")
    for element in note_link.iterancestors():
        if _element_name(element) in _BOOK_BLOCKS:
            return
        yield element


def _move_to_end(note: Element, note_text: str) -> None:
    book_body = next(element for element in note.iterancestors() if _element_name(element) == "body")
    _replace_by_text(note, "")
    book_body.append(new_element(book_body, "p", text=note_text))


def _replace_by_text(element: Element, text: str) -> None:
    """Text in place of an element; what stands behind it stays."""
    parent_element, previous_element = element.getparent(), element.getprevious()
    text += element.tail or ""
    if previous_element is not None:
        previous_element.tail = (previous_element.tail or "") + text
    else:
        parent_element.text = (parent_element.text or "") + text
    parent_element.remove(element)


def _element_name(element: Element | None) -> str:
    return "" if element is None or not isinstance(element.tag, str) else element.tag.rpartition("}")[2]


def _element_text(element: Element) -> str:
    return "".join(element.itertext("*")).strip()


def _text_with_tail(element: Element) -> str:
    return _element_text(element) + (element.tail or "").strip()
