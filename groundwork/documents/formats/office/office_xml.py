"""The XML of an office file: its elements and attributes in the namespaces of each vocabulary, parsed by lxml.

Nothing that a part names is fetched, and no entity is resolved. XML that declares entities, nests deeper than 256
elements or lacks an end has no tree, so that it is left as it is to the reader of the file.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

Element = Any  # of lxml, which has no types
_NAMESPACES = {  # a vocabulary: its name in files as programs write them, and in "Strict Open XML"
    "w": ("http://schemas.openxmlformats.org/wordprocessingml/2006/main",
          "http://purl.oclc.org/ooxml/wordprocessingml/main"),
    "m": ("http://schemas.openxmlformats.org/officeDocument/2006/math",
          "http://purl.oclc.org/ooxml/officeDocument/math"),
    "p": ("http://schemas.openxmlformats.org/presentationml/2006/main",
          "http://purl.oclc.org/ooxml/presentationml/main"),
    "x": ("http://schemas.openxmlformats.org/spreadsheetml/2006/main",
          "http://purl.oclc.org/ooxml/spreadsheetml/main"),
    "a": ("http://schemas.openxmlformats.org/drawingml/2006/main", "http://purl.oclc.org/ooxml/drawingml/main"),
    "c": ("http://schemas.openxmlformats.org/drawingml/2006/chart", "http://purl.oclc.org/ooxml/drawingml/chart"),
    "dgm": ("http://schemas.openxmlformats.org/drawingml/2006/diagram",
            "http://purl.oclc.org/ooxml/drawingml/diagram"),
    "r": ("http://schemas.openxmlformats.org/officeDocument/2006/relationships",
          "http://purl.oclc.org/ooxml/officeDocument/relationships"),
    "office": ("urn:oasis:names:tc:opendocument:xmlns:office:1.0",),
    "text": ("urn:oasis:names:tc:opendocument:xmlns:text:1.0",),
    "table": ("urn:oasis:names:tc:opendocument:xmlns:table:1.0",),
    "style": ("urn:oasis:names:tc:opendocument:xmlns:style:1.0",),
    "field": ("urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0",),
}  # fmt: skip
_TOLERATED_XML_ERRORS = {  # they cost no text, and anydoc passes over them too
    "ERR_ATTRIBUTE_REDEFINED", "ERR_INVALID_CHAR", "ERR_INVALID_ENCODING", "NS_ERR_UNDEFINED_NAMESPACE",
}  # fmt: skip


def parse_xml(xml_bytes: bytes) -> Element | None:
    """The root element; None of XML that lacks an end, nests too deeply, or declares entities."""
    from lxml import etree

    # collect_ids: LibreOffice writes some ids twice, which would be an error
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, collect_ids=False, recover=True
    )
    try:
        root_element = etree.fromstring(xml_bytes, parser)
        xml_errors = {xml_error.type_name for xml_error in parser.error_log}
        if root_element is None or not xml_errors <= _TOLERATED_XML_ERRORS:
            return None
        if xml_errors:
            etree.tostring(root_element)  # an error where half a letter is left
    except etree.LxmlError:
        return None
    document_type = root_element.getroottree().docinfo.internalDTD
    return None if document_type is not None and any(True for _ in document_type.iterentities()) else root_element


def write_xml(root: Element) -> bytes:
    from lxml import etree

    xml_bytes: bytes = etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True, standalone=True)
    return xml_bytes


@functools.cache
def tags(vocabulary: str, *element_names: str) -> tuple[str, ...]:
    """Elements of these names as lxml calls them, in each namespace of the vocabulary."""
    return tuple(f"{{{namespace}}}{name}" for name in element_names for namespace in _NAMESPACES[vocabulary])


def attribute(element: Element, vocabulary: str, attribute_name: str) -> str:
    """The value of an attribute; "" where the element has none."""
    return next((value for tag in tags(vocabulary, attribute_name) if (value := element.get(tag))), "")


def child(element: Element | None, vocabulary: str, element_name: str) -> Element | None:
    """The first child of this name."""
    return None if element is None else next(element.iterchildren(*tags(vocabulary, element_name)), None)


def new_name(like: Element, local_name: str) -> str:
    """A name of an element or an attribute in the namespace of an element."""
    from lxml import etree

    return f"{{{etree.QName(like).namespace}}}{local_name}"


def new_element(like: Element, local_name: str, children: Iterable[Element] = (), text: str | None = None) -> Element:
    """An element in the namespace of another, with these children or this text."""
    from lxml import etree

    element = etree.Element(new_name(like, local_name))
    element.text = text
    element.extend(children)
    return element


def remove_elements(root_element: Element, element_tags: Iterable[str]) -> None:
    """The text behind them stays."""
    from lxml import etree

    etree.strip_elements(root_element, *element_tags, with_tail=False)
