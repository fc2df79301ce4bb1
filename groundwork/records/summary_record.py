"""The record of a document's summary, `data/summaries/<document>.json`."""

from __future__ import annotations

from groundwork.records.record_base import Record


class Summary(Record, frozen=True):
    """`data/summaries/<document>.json`. `name`: what questions call the document's subject; "" where it has none."""

    document: str
    summary: str
    model: str
    name: str = ""
    warnings: list[str] = []
