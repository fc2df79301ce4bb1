"""Links of Markdown whose addresses stand elsewhere ([text][label], and [label]: address), with the address in them."""

from __future__ import annotations

import re

from groundwork.markdown.blocks import blocks

_LINK_DEFINITION = re.compile(
    r"""^[ ]{0,3}\[(?P<label>(?!\^)[^\[\]\n]{1,300})\]:[ \t]*(?:\n[ \t]+)?<?(?P<address>[^\s<>]+)>?
        (?:[ \t\n]+(?:"[^"\n]*"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*(?:\n|\Z)""",
    re.VERBOSE | re.MULTILINE,
)
_REFERENCE_LINK = re.compile(
    r"(?P<code>(?P<ticks>`+)[^`]+(?P=ticks)(?!\]))|\[(?P<text>[^\[\]]{1,300})\](?:\[(?P<label>[^\[\]]{0,300})\])?(?![(:\[])"
)


_LINKED_PICTURE = re.compile(
    r"\[(?P<picture>!\[[^\[\]]{0,300}\](?:\([^()\s]*\)|\[[^\[\]]{0,300}\]))\]\[(?P<label>[^\[\]]{1,300})\]"
)


def with_link_addresses(markdown: str) -> str:
    """The text with the address of each reference in its link, and without the definitions; code stays as it is."""
    if not _LINK_DEFINITION.search(markdown):
        return markdown
    linked_blocks = [(block.start, block.end, block.kind == "code") for block in blocks(markdown)]
    link_addresses: dict[str, str] = {}
    for link_start, link_end, is_code in linked_blocks:
        for match in () if is_code else _LINK_DEFINITION.finditer(markdown[link_start:link_end]):
            link_addresses.setdefault(_normalized_link_label(match["label"]), match["address"])

    def addressed_link(match: re.Match[str]) -> str:
        address = None if match["code"] else link_addresses.get(_normalized_link_label(match["label"] or match["text"]))
        return match[0] if address is None else f"[{match['text']}]({address})"

    def addressed_picture(match: re.Match[str]) -> str:
        address = link_addresses.get(_normalized_link_label(match["label"]))
        return match[0] if address is None else f"[{match['picture']}]({address})"

    def with_addressed_links(block_text: str) -> str:
        return _REFERENCE_LINK.sub(
            addressed_link, _LINKED_PICTURE.sub(addressed_picture, _LINK_DEFINITION.sub("", block_text))
        )

    return "".join(
        markdown[link_start:link_end] if is_code else with_addressed_links(markdown[link_start:link_end])
        for link_start, link_end, is_code in linked_blocks
    )


def _normalized_link_label(link_label: str) -> str:
    """Case and white space of a label do not count."""
    return " ".join(link_label.split()).casefold()
