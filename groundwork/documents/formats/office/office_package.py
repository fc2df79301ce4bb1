"""An office file as the parts of its package, unpacked when asked for, and the relations between them."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Mapping
from typing import NamedTuple

from groundwork.documents.formats.office.office_xml import Element, parse_xml, write_xml
from groundwork.errors import BadDocument

_PART_ENCODINGS = ("ascii", "utf-16-le", "utf-16-be")
CONTENT_TYPES = "[Content_Types].xml"
_MAIN_PARTS = {"docx": "word/document.xml", "pptx": "ppt/presentation.xml"}  # where no relation names it
_UNPACKING_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


class PartRelation(NamedTuple):
    """What one part says of another: `kind` is the last word of the relation's type, `target` the other's name."""

    id: str
    kind: str
    target: str


class OfficePackage:
    """The parts of a DOCX, PPTX or OpenDocument file, read when they are asked for. Raises BadDocument where one
    cannot be unpacked."""

    def __init__(self, package_bytes: bytes) -> None:
        self._package_bytes = package_bytes
        self._zip_archive = zipfile.ZipFile(io.BytesIO(package_bytes))
        self._part_roots: dict[str, Element | None] = {}
        self._edited_parts: set[str] = set()
        self.part_names = archived_parts(self._zip_archive)

    def read(self, part_name: str) -> bytes:
        """The bytes of a part, as edited; none of a part that is not there."""
        if part_name in self._edited_parts:
            return write_xml(self._part_roots[part_name])
        try:
            return self._zip_archive.read(self.part_names[part_name]) if part_name in self.part_names else b""
        except _UNPACKING_ERRORS as error:
            raise BadDocument(f"it is damaged ({error})") from None

    def root(self, part_name: str) -> Element | None:
        """The parsed part; None where it cannot be parsed. Name it to `mark_edited` after a change."""
        if part_name not in self._part_roots:
            self._part_roots[part_name] = parse_xml(self.read(part_name))
        return self._part_roots[part_name]

    def root_with(self, part_name: str, element_name: str) -> Element | None:
        """The parsed part if it mentions an element of this name: others are not parsed, for that takes longer."""
        if part_name in self._part_roots:
            return self._part_roots[part_name]
        part_bytes = self.read(part_name)
        is_mentioned = any(element_name.encode(encoding) in part_bytes for encoding in _PART_ENCODINGS)
        return self.root(part_name) if is_mentioned else None

    def parts_in(self, folder: str) -> list[str]:
        """The parts that lie in this folder, and not below it."""
        return [part_name for part_name in self.part_names if posixpath.dirname(part_name) == folder]

    def main_part(self, office_format: str) -> str:
        """The name of the part that holds the text of a DOCX, or the list of slides of a PPTX."""
        return self.related_part("", "officeDocument", _MAIN_PARTS[office_format])

    def free_trees(self) -> None:
        """Forget the parsed parts, but for those that were edited."""
        self._part_roots = {name: root for name, root in self._part_roots.items() if name in self._edited_parts}

    def mark_edited(self, part_name: str) -> None:
        self._edited_parts.add(part_name)

    def relations(self, part_name: str) -> list[PartRelation]:
        """To other parts of the package; "" has those of the package itself."""
        part_folder = posixpath.dirname(part_name)
        part_relations = self.root(part_relations_name(part_name))
        return [
            PartRelation(
                relation_element.get("Id", ""),
                posixpath.basename(relation_element.get("Type", "")),
                posixpath.normpath(posixpath.join("/", part_folder, relation_element.get("Target", ""))).lstrip("/"),
            )
            for relation_element in (() if part_relations is None else part_relations.iter("{*}Relationship"))
            if relation_element.get("TargetMode") != "External"
        ]

    def related_part(self, part_name: str, relation_kind: str, default: str) -> str:
        """The name of the part to which a part has a relation of this kind; `default` where it has none."""
        related_parts = [relation.target for relation in self.relations(part_name) if relation.kind == relation_kind]
        return next((related_part for related_part in related_parts if related_part in self.part_names), default)

    def to_bytes(self, other_parts: Mapping[str, bytes] | None = None) -> bytes:
        """The package with its edits, and with `other_parts` in place of those of their names."""
        is_as_archived = all(part_name == archived_name for part_name, archived_name in self.part_names.items())
        if is_as_archived and not self._edited_parts and not other_parts:
            return self._package_bytes
        return zip_package({part_name: self.read(part_name) for part_name in self.part_names} | dict(other_parts or {}))


def open_package(package_bytes: bytes) -> OfficePackage | None:
    """None for a file that is no package."""
    try:
        return OfficePackage(package_bytes)
    except zipfile.BadZipFile:
        return None


def archived_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The parts' names as the package refers to them, with those in the archive.

    Some programs on Windows part folders by a backslash, and the case of letters does not count.
    """
    has_content_types = CONTENT_TYPES in archive.namelist()
    content_types = parse_xml(archive.read(CONTENT_TYPES)) if has_content_types else None
    part_overrides = [] if content_types is None else content_types.iter("{*}Override")
    part_names = ["", *(override.get("PartName", "").lstrip("/") for override in part_overrides)]
    part_spellings = {name.casefold(): name for part in part_names for name in (part, part_relations_name(part))}
    slashed_part_names = {name: name.replace("\\", "/") for name in archive.namelist()}
    return {part_spellings.get(slashed.casefold(), slashed): name for name, slashed in slashed_part_names.items()}


def zip_package(package_parts: Mapping[str, bytes]) -> bytes:
    """A package of these parts."""
    zip_buffer = io.BytesIO()
    with zipfile.ZipFile(zip_buffer, "w") as archive:
        for part_name, part_bytes in package_parts.items():
            archive.writestr(part_name, part_bytes)
    return zip_buffer.getvalue()


def part_relations_name(part_name: str) -> str:
    """The part that holds the relations of another."""
    part_folder, part_file_name = posixpath.split(part_name)
    return posixpath.join(part_folder, "_rels", f"{part_file_name}.rels")
