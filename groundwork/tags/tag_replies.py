"""A model's reply about tags: its form, the schema that asks for it, and what is wrong with one."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import msgspec

from groundwork.tags.vocabulary import TagVocabulary

if TYPE_CHECKING:
    from groundwork.settings.tag_settings import TagSettings

MAX_TAG_WORDS = 3


class TaggedQuestion(msgspec.Struct):
    number: int
    tags: list[str]


class TaggedBatch(msgspec.Struct):
    questions: list[TaggedQuestion]
    new_tags: list[str] = []


def normalise(tag: str) -> str:
    """`tag` in lower case, its words joined by hyphens: `Field Dimensions` and `#field_dimensions` become one.

    Of more than three words the last three stay, for the noun comes last: small models hold on to long names.
    """
    letters = unicodedata.normalize("NFKC", tag).lower().replace("'", "").replace("’", "")
    letters = letters.replace("i\u0307", "i")  # what a Turkish İ becomes
    words = "".join(c if c.isalnum() or unicodedata.category(c).startswith("M") else " " for c in letters).split()
    return "-".join(words[-MAX_TAG_WORDS:])


def tags_problem(tags: list[str], max_tags: int) -> str:
    """What is wrong with a question's tags after normalising; "" when nothing is."""
    if not 1 <= len(tags) <= max_tags:
        return f"has {len(tags)} tags instead of 1 to {max_tags}"
    if "" in tags:
        return "has an empty tag"
    if len(set(tags)) < len(tags):
        return f"has the tag {next(tag for tag in tags if tags.count(tag) > 1)!r} twice"
    return ""


def unannounced_problem(reply: TaggedBatch, vocabulary: TagVocabulary, room: int) -> str:
    """What is wrong with a reply's new tags, for the correction turn; "" when nothing is."""
    if len(vocabulary.tags) < MAX_TAG_WORDS * 2:
        return ""  # nothing to take from yet
    foreign_tags = vocabulary.foreign_tags(normalise(tag) for question in reply.questions for tag in question.tags)
    announced = {normalise(tag) for tag in reply.new_tags}
    if len(foreign_tags) > room:
        listed_tags = ", ".join(foreign_tags)
        return f"Only {room} new tags may be added; take others of the list in place of some of: {listed_tags}."
    if unannounced := [tag for tag in foreign_tags if tag not in announced]:
        return f"Take tags of the list, or put these under new_tags: {', '.join(unannounced)}."
    return ""


def reply_problem(reply: TaggedBatch, count: int, max_tags: int) -> str | None:
    """Everything that is wrong with a batch's reply, for the correction turn."""
    problems = [
        f"Question {question.number} {problem}."
        for question in reply.questions
        if (problem := tags_problem([normalise(tag) for tag in question.tags], max_tags))
    ]
    if sorted(question.number for question in reply.questions) != list(range(1, count + 1)):
        problems.insert(0, f"Give one entry for each of the questions 1 to {count}, no other, none twice.")
    return " ".join(problems[:5]) or None


def reply_schema(count: int, settings: TagSettings) -> dict[str, Any]:
    """The JSON Schema of a reply: so many entries of one to so many tags; new tags apart where a vocabulary is kept."""
    max_tags, has_new_tags = settings.max_tags, bool(settings.vocabulary_prompt)
    tags = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": max_tags}
    number = {"type": "integer", "minimum": 1, "maximum": count}
    return {
        "type": "object",
        "properties": {
            **({"new_tags": {"type": "array", "items": {"type": "string"}}} if has_new_tags else {}),
            "questions": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"number": number, "tags": tags},
                    "required": ["number", "tags"],
                    "additionalProperties": False,
                },
                "minItems": count,
                "maxItems": count,
            },
        },
        "required": [*(["new_tags"] if has_new_tags else []), "questions"],
        "additionalProperties": False,
    }
