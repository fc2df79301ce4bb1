"""The numbers that Word shows before headings and items, where a style alone says so.

anydoc counts by the numbering of a paragraph itself; one that comes from its style is read as of the first level.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import NamedTuple

_STYLE = re.compile(rb"<w:style [^>]*>.*?</w:style>", re.DOTALL)
_STYLE_ID = re.compile(rb'w:styleId="([^"]*)"')
_BASE = re.compile(rb'<w:basedOn w:val="([^"]*)"')
_NUMBERING = re.compile(rb"<w:numPr>(.*?)</w:numPr>", re.DOTALL)
_LEVEL = re.compile(rb'<w:ilvl w:val="(\d+)"')
_LIST = re.compile(rb'<w:numId w:val="(\d+)"')
_PROPERTIES = re.compile(rb"<w:pPr>(?:(?!</w:pPr>).)*</w:pPr>", re.DOTALL)
_USES = re.compile(rb'<w:pStyle w:val="([^"]*)"\s*/>')
_DEEPEST = 10  # styles that one is based on


class Numbering(NamedTuple):
    """Which list a paragraph belongs to, and on which level from 0; None where the style leaves it open."""

    level: bytes | None
    which: bytes | None


def with_style_numbers(docx: bytes, main_part: str) -> bytes:
    """The file with the numbering of its styles in the paragraphs themselves, where these have none."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        if not main_part or "word/styles.xml" not in archive.namelist():
            return docx
        numberings = _numberings(archive.read("word/styles.xml"))
        if not any(numbering.level not in (None, b"0") for numbering in numberings.values()):
            return docx
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[main_part] = _PROPERTIES.sub(lambda match: _numbered(match[0], numberings), parts[main_part])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _numbered(properties: bytes, numberings: dict[bytes, Numbering]) -> bytes:
    style = _USES.search(properties)
    numbering = numberings.get(style[1]) if style else None
    if not style or not numbering or not numbering.which or b"<w:numPr" in properties:
        return properties
    level = numbering.level or b"0"
    told = b'<w:numPr><w:ilvl w:val="%b"/><w:numId w:val="%b"/></w:numPr>' % (level, numbering.which)
    return properties.replace(style[0], style[0] + told, 1)


def _numberings(styles: bytes) -> dict[bytes, Numbering]:
    """The numbering of each style by its name, that of the styles which it is based on included."""
    own: dict[bytes, Numbering] = {}
    bases: dict[bytes, bytes] = {}
    for match in _STYLE.finditer(styles):
        name = _STYLE_ID.search(match[0])
        if not name:
            continue
        found = _NUMBERING.search(match[0])
        level, which = (pattern.search(found[1]) if found else None for pattern in (_LEVEL, _LIST))
        own[name[1]] = Numbering(level[1] if level else None, which[1] if which else None)
        if base := _BASE.search(match[0]):
            bases[name[1]] = base[1]
    return {name: _inherited(name, own, bases) for name in own}


def _inherited(name: bytes, own: dict[bytes, Numbering], bases: dict[bytes, bytes]) -> Numbering:
    level: bytes | None = None
    which: bytes | None = None
    for _ in range(_DEEPEST):
        numbering = own.get(name, Numbering(None, None))
        level, which = level or numbering.level, which or numbering.which
        name = bases.get(name, b"")
    return Numbering(level, None if which == b"0" else which)
