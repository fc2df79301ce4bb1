"""Pictures that a converter found in a document, written beside its text, and the Markdown that points at them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from groundwork.documents.repair.picture_alt_text import repointed
from groundwork.records.artifacts import slug, write_bytes

ENDINGS = (".jpeg", ".jpg", ".png", ".webp", ".gif")


def keep_pictures(pictures: Mapping[str, bytes], markdown: str, folder: Path) -> tuple[str, list[str]]:
    """Write the pictures into `folder`, and give (the Markdown that points at them, warnings).

    Their names are the converter's word and nothing to trust: a file gets a name without folders, and only an ending
    of a picture. A picture that is not kept becomes its alternative text.
    """
    links: dict[str, str] = {}
    left_out = 0
    for name, content in pictures.items():
        told = PurePosixPath(name.replace("\\", "/"))
        ending = told.suffix.lower()
        if ending not in ENDINGS or not content:
            left_out += 1
            continue
        path = folder / f"{slug(told.stem)}{ending}"
        if path.name in {PurePosixPath(link).name for link in links.values()}:
            path = folder / f"{slug(told.stem)}-{len(links) + 1}{ending}"
        write_bytes(path, content)
        links[name] = f"{folder.parent.name}/{folder.name}/{path.name}"
    warnings = (
        [f"{left_out} of its pictures could not be kept: their names or bytes are no picture's"] if left_out else []
    )
    return repointed(markdown, links), warnings
