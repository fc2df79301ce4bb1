"""The record of a question's tags, a line of `data/tags/<dataset>.jsonl`."""

from __future__ import annotations

from groundwork.records.record_base import Record


class Tags(Record, frozen=True, omit_defaults=True):
    """`data/tags/<dataset>.jsonl`: the tags of one question, and the model that gave them.

    `prompt`: the first eight hex digits of the sha256 of the prompt that asked for them; empty where it is not known.
    """

    id: str
    question: str
    tags: list[str]
    model: str = ""
    prompt: str = ""
