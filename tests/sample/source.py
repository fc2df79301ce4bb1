"""Read the handbook's Markdown into blocks, for the scripts beside it that set it in other formats.

Reads only the Markdown that the handbook uses; it is no general parser.
"""

import re
from dataclasses import dataclass
from pathlib import Path

HANDBOOK = Path(__file__).with_name("ellary-sound-rowing-handbook.md")


@dataclass(frozen=True)
class Heading:
    level: int  # 1 is the title
    text: str


@dataclass(frozen=True)
class Paragraph:
    text: str
    number: str = ""  # of a rule: "4.2.1"


@dataclass(frozen=True)
class Items:
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Caption:
    text: str  # "Table 1. Member clubs"


@dataclass(frozen=True)
class Table:
    alignments: tuple[str, ...]  # "left" or "right" for each column
    rows: tuple[tuple[str, ...], ...]  # the header first


@dataclass(frozen=True)
class Figure:
    labels: tuple[str, ...]  # every piece of text drawn in the figure


@dataclass(frozen=True)
class Formula:
    text: str


@dataclass(frozen=True)
class Note:
    text: str


@dataclass(frozen=True)
class Footnote:
    mark: str
    text: str


Block = Heading | Paragraph | Items | Caption | Table | Figure | Formula | Note | Footnote


def read_handbook() -> list[Block]:
    return [read_block(part) for part in HANDBOOK.read_text("utf-8").strip().split("\n\n")]


def read_block(part: str) -> Block:
    """One block from the lines between two blank ones."""
    if found := re.fullmatch(r"(#+) (.+)", part):
        return Heading(len(found[1]), found[2])
    if found := re.fullmatch(r"!\[(.+)\]\(.+\)", part):
        return Figure(tuple(found[1].rstrip(".").split(". ")))
    if found := re.fullmatch(r"\*((?:Table|Figure) \d+\. .+)\*", part):
        return Caption(found[1])
    if found := re.fullmatch(r"\[\^(\d+)\]: (.+)", part):
        return Footnote(found[1], found[2])
    if found := re.fullmatch(r"\$\$(.+)\$\$", part):
        return Formula(found[1])
    if found := re.fullmatch(r"\*\*([\d.]+)\*\* (.+)", part):
        return Paragraph(found[2], number=found[1])
    if part.startswith("> "):
        return Note(part.removeprefix("> "))
    if part.startswith("- "):
        return Items(tuple(line.removeprefix("- ") for line in part.splitlines()))
    if part.startswith("|"):
        return read_table(part.splitlines())
    return Paragraph(part)


def read_table(lines: list[str]) -> Table:
    header, ruler, *body = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    return Table(tuple("right" if cell.endswith(":") else "left" for cell in ruler), (header, *body))


def plain(text: str) -> str:
    """The text without its Markdown marks."""
    return re.sub(r"\[\^\d+\]", "", text).replace("*", "")
