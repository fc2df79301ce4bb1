"""The form of a tag: lower case, few words joined by hyphens, and equal to others that say the same."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


MAX_TAG_WORDS = 3


def normalise_tag(tag: str) -> str:
    """`tag` in lower case, its words joined by hyphens: `Field Dimensions` and `#field_dimensions` become one.

    Of more than three words the last three stay, for the noun comes last: small models hold on to long names.
    """
    letters = unicodedata.normalize("NFKC", tag).lower().replace("'", "").replace("’", "")
    letters = letters.replace("i\u0307", "i")  # what a Turkish İ becomes
    tag_words = "".join(c if c.isalnum() or unicodedata.category(c).startswith("M") else " " for c in letters).split()
    return "-".join(tag_words[-MAX_TAG_WORDS:])


def tags_problem(tags: list[str], max_tags: int) -> str:
    """What is wrong with a question's tags after normalising; "" when nothing is."""
    if not 1 <= len(tags) <= max_tags:
        return f"has {len(tags)} tags instead of 1 to {max_tags}"
    if "" in tags:
        return "has an empty tag"
    if len(set(tags)) < len(tags):
        return f"has the tag {next(tag for tag in tags if tags.count(tag) > 1)!r} twice"
    return ""


def tag_form(tag: str) -> str:
    """A tag's words without their order and their plural: `field-dimensions` and `dimension-of-field` are one."""
    return " ".join(
        sorted(_singular_tag_word(word) for word in tag.split("-") if word not in ("of", "the", "in", "for"))
    )


def _singular_tag_word(tag_word: str) -> str:
    if len(tag_word) > 4 and tag_word.endswith("ies"):
        return f"{tag_word[:-3]}y"
    if len(tag_word) > 3 and tag_word.endswith("s") and not tag_word.endswith(("ss", "us", "is")):
        return tag_word[:-1]
    return tag_word
