"""Pictures in Markdown: the figures that ingest kept, and all others given as their alternative text.

A figure is a paragraph `![caption](document/figure-1a2b.png)`. Only pictures in the document's own folder count, under
the names that ingest gives: no other address is ever opened.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

CAPTION_LENGTH = 300  # characters
_FIGURE = re.compile(r"!\[([^\[\]\n]*)\]\(([^()\s/\\]+)/(figure-[0-9a-f]{12}\.(?:png|jpg))\)")
_FIGURE_FILE_NAME = re.compile(r"figure-[0-9a-f]{12}\.(?:png|jpg)")
_BLANKS_AFTER_FIGURE = re.compile(r"[ \t]*+(?:\n\s*+|\Z)")
_FIGURE_EVIDENCE = re.compile(r"[\s\[(\"']*figure\s+(\d{1,3})(?:\]|:[^\[\]\n]*\]|\s*$)[\s.)\"']*$", re.IGNORECASE)


class Figure(NamedTuple):
    """A figure at [start, end) of a text; `file` is its path below data/text."""

    start: int
    end: int
    caption: str
    file: str


def is_figure_name(name: str) -> bool:
    """Is it the name of a file as ingest gives it to a picture?"""
    return _FIGURE_FILE_NAME.fullmatch(name) is not None


def figure_markdown(caption: str, file: str) -> str:
    """A figure as Markdown; brackets of its caption, which would end it, become round ones."""
    alt = " ".join(caption.translate(str.maketrans("[]", "()")).split())
    return f"![{alt if len(alt) <= CAPTION_LENGTH else alt[: CAPTION_LENGTH - 1] + '…'}]({file})"


def figures(text: str, document: str) -> list[Figure]:
    """The figures of a text of `document` in order; linear in the text."""
    return [
        Figure(figure_match.start(), figure_match.end(), figure_match[1], f"{figure_match[2]}/{figure_match[3]}")
        for figure_match in (_FIGURE.finditer(text) if "](" in text and "/figure-" in text else ())
        if figure_match[2] == document
    ]


def move_figure_links(text: str, document: str, new_document: str) -> str:
    """The text of `document` with its figures in the folder of `new_document`."""

    def moved_link(match: re.Match[str]) -> str:
        return f"![{match[1]}]({new_document}/{match[3]})" if match[2] == document else match[0]

    return _FIGURE.sub(moved_link, text)


def text_without_folder(text: str, document: str) -> str:
    """The text with each figure of `document` by its caption and its file's name alone."""
    if not figures(text, document):
        return text
    return _FIGURE.sub(lambda match: f"![{match[1]}]({match[3]})" if match[2] == document else match[0], text)


def text_with_captions(text: str, document: str, numbers_shown: Container[int] = ()) -> str:
    """The text as a model reads it: `[figure 2: caption]` for each figure of `numbers_shown`, which is shown beside it.

    The others are their captions, where these do not stand there anyway: no address of a file is text.
    """
    captioned = figures(text, document)
    bare_text = _replace_figures(text, ((figure.start, figure.end, "") for figure in captioned)) if captioned else ""
    bare_text = " ".join(bare_text.split())
    replacements = []
    for number, figure in enumerate(captioned, 1):
        figure_text = "" if figure.caption.rstrip("…") in bare_text else figure.caption
        figure_text = figure_mark(number, figure.caption) if number in numbers_shown else figure_text
        replacements.append((*((figure.start, figure.end) if figure_text else _figure_line(figure, text)), figure_text))
    return _replace_figures(text, replacements)


def _figure_line(figure: Figure, text: str) -> tuple[int, int]:
    """Where a figure with nothing beside it stands, with the blank lines behind it; else its own place."""
    starts_text_line = figure.start == 0 or text[figure.start - 1] == "\n"
    blank_lines = _BLANKS_AFTER_FIGURE.match(text, figure.end)
    return figure.start, blank_lines.end() if starts_text_line and blank_lines else figure.end


def figure_number(quote: str) -> int | None:
    """The number that evidence such as `[figure 2]` names; None for other evidence."""
    figure_match = _FIGURE_EVIDENCE.match(quote)
    return int(figure_match[1]) if figure_match else None


def is_figure(quote: str) -> bool:
    """Is a quote of evidence a figure?"""
    return _FIGURE.fullmatch(quote.strip()) is not None


def quote_in_words(quote: str) -> str:
    """A quote of evidence as people read it: a figure by its caption, without its file."""
    figure_match = _FIGURE.fullmatch(quote.strip())
    return quote if not figure_match else f"[figure: {figure_match[1]}]" if figure_match[1] else "[figure]"


def figure_mark(number: int, caption: str = "") -> str:
    """How a text and a reply name a figure."""
    return f"[figure {number}: {caption}]" if caption else f"[figure {number}]"


def _replace_figures(text: str, replacements: Iterable[tuple[int, int, str]]) -> str:
    """The text with the words given for each (start, end)."""
    text_pieces, text_position = [], 0
    for start, end, replacement in replacements:
        text_pieces += [text[text_position:start], replacement]
        text_position = end
    return "".join([*text_pieces, text[text_position:]])


def remove_unused_pictures(folder: Path, markdown: str) -> tuple[int, int]:
    """Remove from a document's folder the pictures that its text does not show; returns (pictures shown, removed).

    Files of other names stay, and the folder with them.
    """
    figures_shown = {Path(figure.file).name for figure in figures(markdown, folder.name)}
    unused_figures = [figure_file for figure_file in _pictures_in(folder) if figure_file.name not in figures_shown]
    for figure_file in unused_figures:
        figure_file.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return len(figures_shown), len(unused_figures)


def _pictures_in(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if is_figure_name(path.name)] if folder.is_dir() else []


_FIGURE_ALT = r"!\[(?P<alt>[^\]\n]{0,1000})\]"
_FIGURE_TITLE = r"""(?:\s+(?:"[^"\n]{0,500}"|'[^'\n]{0,500}'))?"""
_DATA_FIGURE = re.compile(rf"{_FIGURE_ALT}\(\s{{0,9}}<?data:[^)\s>(\[]*+>?{_FIGURE_TITLE}\s{{0,9}}\)", re.IGNORECASE)
_ANY_FIGURE = re.compile(rf"{_FIGURE_ALT}\(\s{{0,9}}(?P<address><[^>\n]*+>|[^)\s(\[]*+){_FIGURE_TITLE}\s{{0,9}}\)")
_FIGURE_DEFINITION = re.compile(
    r"^[ ]{0,3}\[(?P<name>[^\]\n]{1,500})\]:[ \t]*\n?[ \t]*<?data:[^\n]*\n?", re.I | re.MULTILINE
)
_REFERENCED_FIGURE = re.compile(rf"{_FIGURE_ALT}(?:\[(?P<name>[^\]\n]{{0,500}})\])?")
_FIGURE_TAG = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
_TAG_SOURCE = re.compile(r"""\bsrc\s*=\s*["']?\s*data:""", re.IGNORECASE)
_FIGURE_TAG_ALT = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_FIGURE_LINK = re.compile(r"(?<!!)\[(?P<text>[^\]\n]{0,1000})\]\(\s{0,9}<?data:[^)\s>(\[]*+>?\s{0,9}\)", re.IGNORECASE)


def without_data_pictures(markdown: str) -> str:
    """Pictures and links whose bytes stand in the Markdown itself (data URIs) as their words; linear in the text."""
    if "data:" not in markdown and "DATA:" not in markdown:
        return markdown
    data_figure_names = {figure_match["name"].casefold() for figure_match in _FIGURE_DEFINITION.finditer(markdown)}
    text_without_data = _DATA_FIGURE.sub(lambda figure_match: figure_match["alt"], markdown)
    text_without_data = _FIGURE_LINK.sub(lambda figure_match: figure_match["text"], text_without_data)
    text_without_data = _FIGURE_TAG.sub(
        lambda figure_match: _tag_alt(figure_match[0]) if _TAG_SOURCE.search(figure_match[0]) else figure_match[0],
        text_without_data,
    )
    if not data_figure_names:
        return text_without_data

    def of_reference(figure_match: re.Match[str]) -> str:
        return (
            figure_match["alt"]
            if (figure_match["name"] or figure_match["alt"]).casefold() in data_figure_names
            else figure_match[0]
        )

    return _REFERENCED_FIGURE.sub(of_reference, _FIGURE_DEFINITION.sub("", text_without_data))


def without_pictures(markdown: str) -> str:
    """Every picture as its alternative text, wherever it lies: nothing that a reader of the text could fetch."""
    return _FIGURE_TAG.sub(
        lambda figure_match: _tag_alt(figure_match[0]),
        _ANY_FIGURE.sub(lambda figure_match: figure_match["alt"], without_data_pictures(markdown)),
    )


def picture_addresses(markdown: str) -> list[str]:
    """The addresses of the pictures in order, those that stand there twice twice."""
    return [figure_match["address"].strip("<>") for figure_match in _ANY_FIGURE.finditer(markdown)]


def repoint_pictures(markdown: str, figure_links: Mapping[str, str], only: Container[str] | None = None) -> str:
    """Every picture that has an address in `figure_links` as a paragraph with it, behind the one in which it stands.

    There its alternative text takes its place, as that of every picture without an address does: so that no address
    stands in a sentence or a table. `only`: only pictures with these addresses are looked at; None: all.
    """
    if only is None:
        return "\n\n".join(
            _repoint_paragraph(text, figure_links, only)
            for text in re.split(r"\n{2,}", without_data_pictures(markdown))
        )
    paragraphs = re.split(r"(\n{2,})", markdown)
    paragraphs[::2] = [_repoint_paragraph(paragraph, figure_links, only) for paragraph in paragraphs[::2]]
    return "".join(paragraphs)


def _repoint_paragraph(picture_paragraph: str, figure_links: Mapping[str, str], only: Container[str] | None) -> str:
    def is_meant(picture_match: re.Match[str]) -> bool:
        return only is None or picture_match["address"].strip("<>") in only

    pictures = [picture_match for picture_match in _ANY_FIGURE.finditer(picture_paragraph) if is_meant(picture_match)]
    links_by_alt = [
        (picture_match["alt"], figure_links.get(picture_match["address"].strip("<>"), "")) for picture_match in pictures
    ]
    kept_pictures = [(picture_alt, figure_link) for picture_alt, figure_link in links_by_alt if figure_link]
    if (
        kept_pictures
        and not _ANY_FIGURE.sub("", picture_paragraph).strip()
        and len(pictures) == len(picture_addresses(picture_paragraph))
    ):
        return "\n\n".join(
            figure_markdown(picture_alt, figure_link) if figure_link else picture_alt
            for picture_alt, figure_link in links_by_alt
            if picture_alt or figure_link
        )
    text_without_links = _ANY_FIGURE.sub(
        lambda picture_match: picture_match["alt"] if is_meant(picture_match) else picture_match[0], picture_paragraph
    )
    text_without_links = without_pictures(text_without_links) if only is None else text_without_links
    return "\n\n".join([text_without_links, *(figure_markdown("", figure_link) for _, figure_link in kept_pictures)])


def _tag_alt(tag: str) -> str:
    alt = _FIGURE_TAG_ALT.search(tag)
    return (alt[1] or alt[2] or "") if alt else ""
