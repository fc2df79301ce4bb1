"""reStructuredText, AsciiDoc and Org: their headings and code blocks as Markdown; all other lines stay as they are.

Read as Markdown, a line of tildes below a title would open a code block up to the next such line, and one of dashes
around code would make a heading of it.

Sources: the reStructuredText specification (sections; directives `code`, `code-block`, `sourcecode`), the AsciiDoc
syntax reference (section titles, delimited blocks), the Org syntax (headlines, blocks).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

import regex

_DEEPEST = 6  # levels of headings in Markdown
_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1+\s*$")  # one mark of punctuation over the whole line
_CODE_DIRECTIVE = re.compile(r"\.\. (?:code|code-block|sourcecode)::[ \t]*(\S*)[ \t]*$")
_DIRECTIVE_OPTION = re.compile(r"\s+:[\w-]+:")
_ASCIIDOC_TITLE = re.compile(r"(={1,6}|#{1,6})[ \t]+(?=\S)")
_ASCIIDOC_CODE = re.compile(r"(-{4,}|\.{4,})\s*$")  # a listing, a literal block
_ASCIIDOC_FRAME = re.compile(
    r"(={4,}|\*{4,}|_{4,}|\+{4,}|-{2})\s*$"
)  # an example, a sidebar, a quotation, a passthrough, an open block
_ASCIIDOC_SOURCE = re.compile(r"\[(?:source)?(?:%\w+)?,[ \t]*([\w+-]+)[^\]]*\]\s*$")
_ORG_HEADLINE = re.compile(r"(\*+)[ \t]+(?=\S)")
_ORG_CODE = regex.compile(r"\s*#\+begin_(src|example)(?:[ \t]+(\S+))?.*$", regex.IGNORECASE)
_ORG_CODE_END = regex.compile(r"\s*#\+end_(src|example)\s*$", regex.IGNORECASE)


def as_markdown(text: str, ending: str) -> str:
    """`text` with Markdown's headings and code blocks, where `ending` (".rst") names a markup that is read here."""
    read = _READERS.get(ending)
    return "\n".join(read(text.split("\n"))) if read else text


def _read_rst(lines: list[str]) -> Iterator[str]:
    levels: list[tuple[str, bool]] = []  # how titles are adorned, in order of their first appearance
    place = 0
    while place < len(lines):
        if title := _rst_title(lines, place):
            text, adornment, length = title
            if adornment not in levels:
                levels.append(adornment)
            yield from (_heading(levels.index(adornment) + 1, text), "")
            place += length
        elif directive := _CODE_DIRECTIVE.match(lines[place]):
            block, place = _indented_block(lines, place + 1)
            yield from _fenced(directive[1], block)
        else:
            yield lines[place]
            place += 1


def _rst_title(lines: list[str], place: int) -> tuple[str, tuple[str, bool], int] | None:
    """(title, its mark and whether a line of it stands above too, lines that it takes), or none."""
    above, text, below = [*lines[place : place + 3], "", "", ""][:3]
    is_after_blank = place == 0 or not lines[place - 1].strip()
    if _is_adornment(above) and text.strip() and above.strip() == below.strip() and not _is_adornment(text):
        return text.strip(), (above[0], True), 3
    is_title = is_after_blank and above.strip() and not above[0].isspace() and not _is_adornment(above)
    if is_title and _is_adornment(text) and len(text.strip()) >= min(len(above.strip()), 4):
        return above.strip(), (text[0], False), 2
    return None


def _is_adornment(line: str) -> bool:
    return _ADORNMENT.match(line) is not None and len(line.strip()) >= 3


def _indented_block(lines: list[str], start: int) -> tuple[list[str], int]:
    """The lines of a directive's body without options and indentation, and where the body ends."""
    body = list(itertools.takewhile(lambda line: not line.strip() or line[0].isspace(), lines[start:]))
    code = list(itertools.dropwhile(lambda line: _DIRECTIVE_OPTION.match(line), body))
    indents = [len(line) - len(line.lstrip()) for line in code if line.strip()]
    return [line[min(indents, default=0) :] for line in code], start + len(body)


def _read_asciidoc(lines: list[str]) -> Iterator[str]:
    language = fence = ""
    for line in lines:
        if fence:
            yield "```" if line.rstrip() == fence else line
            fence = "" if line.rstrip() == fence else fence
        elif source := _ASCIIDOC_SOURCE.match(line):
            language = source[1]
        elif _ASCIIDOC_CODE.match(line):
            fence = line.rstrip()
            yield f"```{language}"
            language = ""
        elif title := _ASCIIDOC_TITLE.match(line):
            yield from (_heading(len(title[1]), line[title.end() :].strip()), "")
        elif not _ASCIIDOC_FRAME.match(line):
            yield line
    if fence:
        yield "```"


def _read_org(lines: list[str]) -> Iterator[str]:
    is_code = False
    for line in lines:
        if opening := None if is_code else _ORG_CODE.match(line):
            is_code = True
            yield f"```{opening[2] or ''}"
        elif is_code and _ORG_CODE_END.match(line):
            is_code = False
            yield "```"
        elif not is_code and (headline := _ORG_HEADLINE.match(line)):
            yield from (_heading(len(headline[1]), line[headline.end() :].strip()), "")
        else:
            yield line
    if is_code:
        yield "```"


def _heading(level: int, title: str) -> str:
    return f"{'#' * min(level, _DEEPEST)} {title}"


def _fenced(language: str, block: list[str]) -> Iterator[str]:
    code = "\n".join(block).strip("\n")
    yield from (f"```{language}", code, "```", "")


_READERS: dict[str, Callable[[list[str]], Iterator[str]]] = {
    ".rst": _read_rst,
    ".adoc": _read_asciidoc,
    ".asciidoc": _read_asciidoc,
    ".org": _read_org,
}
