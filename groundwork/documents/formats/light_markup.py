"""reStructuredText, AsciiDoc and Org as Markdown, each by the module that reads it.

Read as Markdown, a line of tildes below a title would open a code block up to the next such line, and one of dashes
around code would make a heading of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from groundwork.documents.formats.asciidoc import read_asciidoc
from groundwork.documents.formats.org_mode import read_org
from groundwork.documents.formats.restructured_text import read_rst

_READERS: dict[str, Callable[[list[str]], Iterator[str]]] = {
    ".rst": read_rst,
    ".adoc": read_asciidoc,
    ".asciidoc": read_asciidoc,
    ".org": read_org,
}


def as_markdown(text: str, ending: str) -> str:
    """`text` as Markdown, where `ending` (".rst") names a markup that is read here."""
    read = _READERS.get(ending)
    return "\n".join(read(text.split("\n"))) if read else text
