"""Pictures in Markdown given as their alternative text: those whose bytes stand in it, and those somewhere else."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from groundwork.records.figures import figure_markdown

_ALT = r"!\[(?P<alt>[^\]\n]{0,1000})\]"
_TITLE = r"""(?:\s+(?:"[^"\n]{0,500}"|'[^'\n]{0,500}'))?"""
_DATA_PICTURE = re.compile(rf"{_ALT}\(\s{{0,9}}<?data:[^)\s>(\[]*+>?{_TITLE}\s{{0,9}}\)", re.IGNORECASE)
_ANY_PICTURE = re.compile(rf"{_ALT}\(\s{{0,9}}(?P<address><[^>\n]*+>|[^)\s(\[]*+){_TITLE}\s{{0,9}}\)")
_DEFINITION = re.compile(r"^[ ]{0,3}\[(?P<name>[^\]\n]{1,500})\]:[ \t]*\n?[ \t]*<?data:[^\n]*\n?", re.I | re.MULTILINE)
_REFERENCED_PICTURE = re.compile(rf"{_ALT}(?:\[(?P<name>[^\]\n]{{0,500}})\])?")
_IMAGE_TAG = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
_TAG_SOURCE = re.compile(r"""\bsrc\s*=\s*["']?\s*data:""", re.IGNORECASE)
_TAG_ALT = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_DATA_LINK = re.compile(r"(?<!!)\[(?P<text>[^\]\n]{0,1000})\]\(\s{0,9}<?data:[^)\s>(\[]*+>?\s{0,9}\)", re.IGNORECASE)


def without_data(markdown: str) -> str:
    """Pictures and links whose bytes stand in the Markdown itself (data URIs) as their words; linear in the text."""
    if "data:" not in markdown and "DATA:" not in markdown:
        return markdown
    data_names = {match["name"].casefold() for match in _DEFINITION.finditer(markdown)}
    markdown_text = _DATA_PICTURE.sub(lambda match: match["alt"], markdown)
    markdown_text = _DATA_LINK.sub(lambda match: match["text"], markdown_text)
    markdown_text = _IMAGE_TAG.sub(
        lambda match: _tag_alt(match[0]) if _TAG_SOURCE.search(match[0]) else match[0], markdown_text
    )
    if not data_names:
        return markdown_text

    def of_reference(match: re.Match[str]) -> str:
        return match["alt"] if (match["name"] or match["alt"]).casefold() in data_names else match[0]

    return _REFERENCED_PICTURE.sub(of_reference, _DEFINITION.sub("", markdown_text))


def without_pictures(markdown: str) -> str:
    """Every picture as its alternative text, wherever it lies: nothing that a reader of the text could fetch."""
    return _IMAGE_TAG.sub(
        lambda match: _tag_alt(match[0]), _ANY_PICTURE.sub(lambda match: match["alt"], without_data(markdown))
    )


def picture_addresses(markdown: str) -> list[str]:
    """The addresses of the pictures in order, those that stand there twice twice."""
    return [match["address"].strip("<>") for match in _ANY_PICTURE.finditer(markdown)]


def repoint_pictures(markdown: str, links: Mapping[str, str], only: Container[str] | None = None) -> str:
    """Every picture that has an address in `links` as a paragraph with it, behind the one in which it stands.

    There its alternative text takes its place, as that of every picture without an address does: so that no address
    stands in a sentence or a table. `only`: only pictures with these addresses are looked at; None: all.
    """
    if only is None:
        return "\n\n".join(_repoint(text, links, only) for text in re.split(r"\n{2,}", without_data(markdown)))
    paragraphs = re.split(r"(\n{2,})", markdown)
    paragraphs[::2] = [_repoint(paragraph, links, only) for paragraph in paragraphs[::2]]
    return "".join(paragraphs)


def _repoint(paragraph: str, links: Mapping[str, str], only: Container[str] | None) -> str:
    def is_meant(match: re.Match[str]) -> bool:
        return only is None or match["address"].strip("<>") in only

    pictures = [match for match in _ANY_PICTURE.finditer(paragraph) if is_meant(match)]
    links_by_alt = [(match["alt"], links.get(match["address"].strip("<>"), "")) for match in pictures]
    kept_pictures = [(alt, link) for alt, link in links_by_alt if link]
    if (
        kept_pictures
        and not _ANY_PICTURE.sub("", paragraph).strip()
        and len(pictures) == len(picture_addresses(paragraph))
    ):
        return "\n\n".join(figure_markdown(alt, link) if link else alt for alt, link in links_by_alt if alt or link)
    text = _ANY_PICTURE.sub(lambda match: match["alt"] if is_meant(match) else match[0], paragraph)
    text = without_pictures(text) if only is None else text
    return "\n\n".join([text, *(figure_markdown("", link) for _, link in kept_pictures)])


def _tag_alt(tag: str) -> str:
    alt = _TAG_ALT.search(tag)
    return (alt[1] or alt[2] or "") if alt else ""
