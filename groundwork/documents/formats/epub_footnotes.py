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

from groundwork.documents.formats.epub_lists import join_definitions, nest_lists_between_items
from groundwork.documents.formats.office.office_package import OfficePackage
from groundwork.documents.formats.office.office_xml import Element, new_element, remove_elements
from groundwork.documents.formats.raised_figures import raise_book_page

_EPUB_PAGE_ENDINGS = (".xhtml", ".html", ".htm", ".xml")
_EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"
_EPUB_FOOTNOTE_MARK = re.compile(r"[\[(]?(?:\d{1,4}|[*†‡§¶]{1,3}|[a-z])[\])]?")
# as InDesign, Word and others name what they link
_EPUB_NOTE_NAME = re.compile(r"note|_ftn|_edn|\bfn\d", re.IGNORECASE)
_EPUB_NOTE_WORDS = ("noteref", "<sup", "note", "_ftn", "_edn", "#fn")  # that a page with marks mentions
_REPAIRED_EPUB_TAGS = ("<sup", "<dt", "<dd", "<ruby", "<ul", "<ol")
_BACKLINK_ARROWS = "↩↑⏎^←\ufe0e\ufe0f"
_LONGEST_EPUB_NOTE = 5_000  # characters; more is a chapter
_EPUB_NOTE_BLOCKS = ("p", "li", "aside", "div", "dd", "section", "td")
_EPUB_BLOCKS = (*_EPUB_NOTE_BLOCKS, "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "body")


class _EpubPlace(NamedTuple):
    """An element of the book: the part that holds it, and its id."""

    part_name: str
    id: str


class _EpubMark(NamedTuple):
    """A link to a note, and the part that it stands in."""

    part_name: str
    link: Element


def mark_footnotes(package: OfficePackage) -> None:
    """Write marks and notes so that the reader of the book passes them on as text; what is in doubt stays."""
    marks_by_note = _epub_marks_by_note(package)
    epub_elements = {
        epub_note_part: _elements_by_id(package, epub_note_part)
        for epub_note_part in {epub_place.part_name for epub_place in marks_by_note}
    }
    for epub_note_number, (epub_place, epub_marks) in enumerate(marks_by_note.items(), start=1):
        epub_note = _enclosing_note(epub_elements[epub_place.part_name].get(epub_place.id))
        if epub_note is None or any(epub_note in epub_mark.link.iterancestors() for epub_mark in epub_marks):
            continue
        if not (epub_note_text := _epub_note_text(epub_note, epub_marks)) or len(epub_note_text) > _LONGEST_EPUB_NOTE:
            continue
        _move_to_end(epub_note, f"[^{epub_note_number}]: {epub_note_text}")
        for epub_mark in epub_marks:
            _replace_by_text(epub_mark.link, f"[^{epub_note_number}]")
        for epub_part_name in {epub_place.part_name, *(epub_mark.part_name for epub_mark in epub_marks)}:
            package.mark_edited(epub_part_name)


def repair_epub_pages(package: OfficePackage) -> None:
    """Raised figures that are no marks as superscripts, definitions below their terms, lists in the items
    they belong to, and no readings above the text."""
    for epub_part_name in (name for name in package.part_names if name.lower().endswith(_EPUB_PAGE_ENDINGS)):
        epub_page = next(
            (
                epub_page
                for repaired_tag in _REPAIRED_EPUB_TAGS
                if (epub_page := package.root_with(epub_part_name, repaired_tag)) is not None
            ),
            None,
        )
        if epub_page is None:
            continue
        raise_book_page(epub_page)
        remove_elements(epub_page, ("{*}rt", "{*}rp"))
        join_definitions(epub_page)
        nest_lists_between_items(epub_page)
        package.mark_edited(epub_part_name)


def _epub_marks_by_note(package: OfficePackage) -> dict[_EpubPlace, list[_EpubMark]]:
    marks_by_note: dict[_EpubPlace, list[_EpubMark]] = {}
    for epub_part_name in package.part_names:
        if not epub_part_name.lower().endswith(_EPUB_PAGE_ENDINGS):
            continue
        epub_page = next(
            (
                epub_page
                for note_word in _EPUB_NOTE_WORDS
                if (epub_page := package.root_with(epub_part_name, note_word)) is not None
            ),
            None,
        )
        for epub_link in [] if epub_page is None else epub_page.iter("{*}a"):
            if (epub_place := _linked_place(epub_part_name, epub_link)) and _is_epub_mark(epub_link):
                marks_by_note.setdefault(epub_place, []).append(_EpubMark(epub_part_name, epub_link))
    return marks_by_note


def _linked_place(epub_part_name: str, epub_link: Element) -> _EpubPlace | None:
    href_path, _, href_fragment = unquote(epub_link.get("href", "")).partition("#")
    if not href_fragment or ":" in href_path:
        return None
    linked_part = (
        posixpath.normpath(posixpath.join(posixpath.dirname(epub_part_name), href_path))
        if href_path
        else epub_part_name
    )
    return _EpubPlace(linked_part, href_fragment)


def _is_epub_mark(epub_link: Element) -> bool:
    """Whether the book calls a link a mark, or it is a sign behind other text of its block, raised or named so."""
    link_kinds = f"{epub_link.get(_EPUB_TYPE, '')} {epub_link.get('role', '')}"
    if "noteref" in link_kinds or "backlink" in link_kinds:
        return "noteref" in link_kinds
    is_raised = _epub_tag(epub_link.getparent()) == "sup" or (len(epub_link) == 1 and _epub_tag(epub_link[0]) == "sup")
    link_names = f"{epub_link.get('class', '')} {epub_link.get('href', '')} {epub_link.get('id', '')}"
    return (
        (is_raised or _EPUB_NOTE_NAME.search(link_names) is not None)
        and _EPUB_FOOTNOTE_MARK.fullmatch(_epub_text(epub_link)) is not None
        and _has_text_before(epub_link)
    )


def _has_text_before(epub_link: Element) -> bool:
    epub_element = epub_link
    while _epub_tag(epub_element) not in _EPUB_BLOCKS:
        epub_parent = epub_element.getparent()
        if epub_parent is None:
            return False
        if (epub_parent.text or "").strip() or any(map(_text_with_tail, epub_element.itersiblings(preceding=True))):
            return True
        epub_element = epub_parent
    return False


def _elements_by_id(package: OfficePackage, epub_part_name: str) -> dict[str, Element]:
    """The elements of a part by their ids and, as books of HTML have them, by their names."""
    epub_page = package.root(epub_part_name) if epub_part_name in package.part_names else None
    elements_by_id: dict[str, Element] = {}
    for epub_element in () if epub_page is None else epub_page.iter("*"):
        for place_id in filter(None, (epub_element.get("id"), epub_element.get("name"))):
            elements_by_id.setdefault(place_id, epub_element)
    return elements_by_id


def _enclosing_note(epub_element: Element | None) -> Element | None:
    """The block that an element is, or stands in; none of one that has gone with the note around it."""
    while epub_element is not None and _epub_tag(epub_element) not in _EPUB_BLOCKS:
        epub_element = epub_element.getparent()
    if epub_element is None or _epub_tag(epub_element) not in _EPUB_NOTE_BLOCKS:
        return None
    return epub_element if any(_epub_tag(ancestor) == "body" for ancestor in epub_element.iterancestors()) else None


def _epub_note_text(epub_note: Element, epub_marks: list[_EpubMark]) -> str:
    """Its words on one line, without its own mark and the links that lead back."""
    elements_around = [epub_element for mark in epub_marks for epub_element in _elements_around_link(mark.link)]
    mark_ids = {epub_element.get(name) for epub_element in elements_around for name in ("id", "name")} - {None}
    for back_link in list(epub_note.iter("{*}a")):
        is_backlink = unquote(back_link.get("href", "")).partition("#")[2] in mark_ids or not _epub_text(
            back_link
        ).strip(_BACKLINK_ARROWS)
        if is_backlink or "backlink" in f"{back_link.get(_EPUB_TYPE, '')} {back_link.get('role', '')}":
            _replace_by_text(back_link, "")
    mark_sign = re.escape(_epub_text(epub_marks[0].link).strip("[]() "))
    return re.sub(rf"\A[\[(]?(?:{mark_sign}(?!\w))?[\]).:\s]*", "", " ".join("".join(epub_note.itertext("*")).split()))


def _elements_around_link(epub_link: Element) -> Iterator[Element]:
    """The link, what it holds, and what holds it within its block."""
    yield from epub_link.iter("*")
    for epub_element in epub_link.iterancestors():
        if _epub_tag(epub_element) in _EPUB_BLOCKS:
            return
        yield epub_element


def _move_to_end(epub_note: Element, epub_note_text: str) -> None:
    epub_body = next(epub_element for epub_element in epub_note.iterancestors() if _epub_tag(epub_element) == "body")
    _replace_by_text(epub_note, "")
    epub_body.append(new_element(epub_body, "p", text=epub_note_text))


def _replace_by_text(epub_element: Element, text: str) -> None:
    """Text in place of an element; what stands behind it stays."""
    epub_parent, epub_previous = epub_element.getparent(), epub_element.getprevious()
    text += epub_element.tail or ""
    if epub_previous is not None:
        epub_previous.tail = (epub_previous.tail or "") + text
    else:
        epub_parent.text = (epub_parent.text or "") + text
    epub_parent.remove(epub_element)


def _epub_tag(epub_element: Element | None) -> str:
    return "" if epub_element is None or not isinstance(epub_element.tag, str) else epub_element.tag.rpartition("}")[2]


def _epub_text(epub_element: Element) -> str:
    return "".join(epub_element.itertext("*")).strip()


def _text_with_tail(epub_element: Element) -> str:
    return _epub_text(epub_element) + (epub_element.tail or "").strip()
