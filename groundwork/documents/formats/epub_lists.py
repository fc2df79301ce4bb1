"""The lists of an EPUB: each definition on the line below its term, and lists that stand between items in them.

The reader of the book has terms and definitions as paragraphs of one kind, so that nothing holds them together.

Source: HTML Living Standard, 4.4.9 (dl: groups of terms and what is said of them).
"""

from __future__ import annotations

from groundwork.documents.formats.office.office_xml import Element, new_element, new_name

_BLOCK_NAMES = (
    *("address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "figure", "h1", "h2", "h3", "h4", "h5"),
    *("h6", "hr", "li", "ol", "p", "pre", "section", "table", "ul"),
)
_BLOCK_TAGS = tuple(f"{{*}}{name}" for name in _BLOCK_NAMES)


def join_definitions(page: Element) -> None:
    """Write the lists of terms of a page as paragraphs; further blocks of a definition stand below its first."""
    terms = set(page.iter("{*}dt"))
    for term in terms:
        term.tag = new_name(term, "p")
    for definition in list(page.iter("{*}dd")):
        term = definition.getprevious()
        is_open = term in terms and not _has_blocks(term) and "".join(term.itertext()).strip()
        if not is_open or not _join_to_term(term, definition):
            definition.tag = new_name(definition, "div" if _has_blocks(definition) else "p")


def _join_to_term(term: Element, definition: Element) -> bool:
    """Move the first paragraph of a definition below its term; False where it begins with another block."""
    has_paragraph = len(definition) and definition[0].tag == new_name(definition, "p")
    paragraph = definition[0] if has_paragraph and not (definition.text or "").strip() else definition
    if _has_blocks(paragraph):
        return False
    line_break = new_element(term, "br")
    line_break.tail = f": {(paragraph.text or '').lstrip()}"
    term.append(line_break)
    term.extend(list(paragraph))
    paragraph.text = None
    if paragraph is not definition:
        definition.remove(paragraph)
    definition.tag = new_name(definition, "div")
    if not len(definition):
        definition.getparent().remove(definition)
    return True


def _has_blocks(element: Element) -> bool:
    return next(element.iterdescendants(*_BLOCK_TAGS), None) is not None


def nest_lists_between_items(page: Element) -> None:
    """Put each list that stands right in another one into the item above it.

    It is not valid, and shown as a list of that item; the reader of the book leaves it out.
    """
    for inner in list(page.iter("{*}ul", "{*}ol")):
        outer, item = inner.getparent(), inner.getprevious()
        is_between = outer is not None and outer.tag in (new_name(inner, "ul"), new_name(inner, "ol"))
        if is_between and item is not None and item.tag == new_name(inner, "li"):
            item.append(inner)
