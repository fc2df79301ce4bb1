"""Short titles: what questions call a document by, without its subtitle, or words that say that it has no name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundwork.language.list_labels import SECTION_NUMBER
from groundwork.language.words import words

UNNAMED = "(it has no name; take one from its summary or its text)"
MIN_TITLE_LENGTH = 4  # characters of a title without its subtitle
_SUBTITLE = re.compile(r":\s|\s[-–—|]\s|\s[(\[]")
_CHAPTER_TITLE = re.compile(r"\s*(?:chapter|part|section|appendix)\s+[\dIVXA-Z]+\b", re.IGNORECASE)
_HEADING_NUMBER = re.compile(rf"^{SECTION_NUMBER}\.?\s+(?=\D)")  # the number before a heading


def short_title(title: str, document: str, headings: Sequence[str] = ()) -> str:
    """A title without what follows a colon, a dash or a bracket. Never the file's name, with or without its ending,
    or a chapter's: in its place the first of `headings`, the document's own, where it has two words and is neither, or
    words that say that there is no name. A heading further down names a part of the document.
    """
    for title_candidate in (
        title,
        *(heading for heading in headings[:1] if len(words(_HEADING_NUMBER.sub("", heading))) > 1),
    ):
        if _CHAPTER_TITLE.match(title_candidate):
            continue
        shortened_title = _SUBTITLE.split(_HEADING_NUMBER.sub("", title_candidate.strip()), maxsplit=1)[0].strip()
        if shortened_title and words(re.sub(r"\.\w{2,5}$", "", shortened_title)) != words(document.replace("_", " ")):
            return shortened_title if len(shortened_title) >= MIN_TITLE_LENGTH else title_candidate.strip()
    return UNNAMED
