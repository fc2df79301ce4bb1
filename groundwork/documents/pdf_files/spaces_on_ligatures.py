"""Spaces that a program draws on top of a ligature, so that a reader sees none: "Verzweifl ung"."""

from __future__ import annotations

import re
from typing import Any

from groundwork.documents.pdf_files.textpage_letters import letter_sign, letter_size, loose_letter_box

WORD_JOINER = "\u2060"  # in place of such a space, so that each letter keeps its number
_SPACE_BEHIND_LIGATURE = re.compile(r"(?:(?<=f[fil])|(?<=[\ufb00-\ufb04])) (?=[^\W\d_])")
_SPACE_ON_LIGATURE = 0.1  # sizes by which a space begins left of the ligature's end, and the next letter right of it


def with_ligatures_joined(textpage: Any, layer_text: str) -> str:
    """The `layer_text` of a pypdfium2 text page with a word joiner in place of spaces that stand on a ligature."""
    signs = list(layer_text)
    for space in _SPACE_BEHIND_LIGATURE.finditer(layer_text):
        if _stands_on_ligature(textpage.raw, space.start()):
            signs[space.start()] = WORD_JOINER
    return "".join(signs)


def _stands_on_ligature(raw_textpage: Any, k: int) -> bool:
    """Whether letter `k` is a space within the letter before it, at whose end the next letter begins."""
    if letter_sign(raw_textpage, k) != " " or not letter_sign(raw_textpage, k + 1).isalpha():
        return False
    end_of_ligature = loose_letter_box(raw_textpage, k - 1)[2]
    least = _SPACE_ON_LIGATURE * letter_size(raw_textpage, k - 1)
    space_start, next_start = (loose_letter_box(raw_textpage, number)[0] for number in (k, k + 1))
    return space_start < end_of_ligature - least and abs(next_start - end_of_ligature) < least
