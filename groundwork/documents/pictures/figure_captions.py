"""Captions of figures, by how they begin: Figure 3, FIG. 1, Fig.3., Abb. 2."""

from __future__ import annotations

import re

_NUMBERED_FIGURE = re.compile(r"(?:figure|fig\.?|abbildung|abb\.|figura|рис\.|图|図)\s*[A-Z]?\d", re.IGNORECASE)
_CAPTION_ALONE = re.compile(rf"{_NUMBERED_FIGURE.pattern}[\w.]*\s*(?:[.:|–—-]|$)", re.IGNORECASE)


def begins_as_caption(line: str) -> bool:
    """Whether a line begins with a figure's number, which a sentence such as "Figure 3 shows" does too."""
    return _NUMBERED_FIGURE.match(line) is not None


def is_caption_of_figure(line: str) -> bool:
    """Whether a line begins with a figure's number and a sign behind it, as captions do and sentences do not."""
    return _CAPTION_ALONE.match(line) is not None
