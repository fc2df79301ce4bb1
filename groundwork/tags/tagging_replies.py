"""Replies that tag a batch of questions: their schema, and what is wrong with one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from groundwork.tags.tag_forms import MAX_TAG_WORDS, normalise_tag, tags_problem
from groundwork.tags.tag_vocabulary import TagVocabulary

if TYPE_CHECKING:
    from groundwork.settings.config_schema import TagSettings


class TaggedQuestion(msgspec.Struct):
    number: int
    tags: list[str]


class TaggedBatch(msgspec.Struct):
    questions: list[TaggedQuestion]
    new_tags: list[str] = []


def unannounced_tags_problem(tagging_reply: TaggedBatch, vocabulary: TagVocabulary, tag_room: int) -> str:
    """What is wrong with a reply's new tags, for the correction turn; "" when nothing is."""
    if len(vocabulary.tags) < MAX_TAG_WORDS * 2:
        return ""  # nothing to take from yet
    foreign_tags = vocabulary.foreign_tags(
        normalise_tag(tag) for question in tagging_reply.questions for tag in question.tags
    )
    announced_tags = {normalise_tag(tag) for tag in tagging_reply.new_tags}
    if len(foreign_tags) > tag_room:
        listed_tags = ", ".join(foreign_tags)
        return f"Only {tag_room} new tags may be added; take others of the list in place of some of: {listed_tags}."
    if unannounced := [tag for tag in foreign_tags if tag not in announced_tags]:
        return f"Take tags of the list, or put these under new_tags: {', '.join(unannounced)}."
    return ""


def tagging_reply_problem(tagging_reply: TaggedBatch, question_count: int, max_tags: int) -> str | None:
    """Everything that is wrong with a batch's reply, for the correction turn."""
    reply_problems = [
        f"Question {question.number} {tag_problem}."
        for question in tagging_reply.questions
        if (tag_problem := tags_problem([normalise_tag(tag) for tag in question.tags], max_tags))
    ]
    if sorted(question.number for question in tagging_reply.questions) != list(range(1, question_count + 1)):
        reply_problems.insert(
            0, f"Give one entry for each of the questions 1 to {question_count}, no other, none twice."
        )
    return " ".join(reply_problems[:5]) or None


def tagging_reply_schema(question_count: int, tag_settings: TagSettings) -> dict[str, Any]:
    """The JSON Schema of a reply: so many entries of one to so many tags; new tags apart where a vocabulary is kept."""
    max_tags, has_new_tags = tag_settings.max_tags, bool(tag_settings.vocabulary_prompt)
    tags_schema = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": max_tags}
    number_schema = {"type": "integer", "minimum": 1, "maximum": question_count}
    return {
        "type": "object",
        "properties": {
            **({"new_tags": {"type": "array", "items": {"type": "string"}}} if has_new_tags else {}),
            "questions": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"number": number_schema, "tags": tags_schema},
                    "required": ["number", "tags"],
                    "additionalProperties": False,
                },
                "minItems": question_count,
                "maxItems": question_count,
            },
        },
        "required": [*(["new_tags"] if has_new_tags else []), "questions"],
        "additionalProperties": False,
    }
