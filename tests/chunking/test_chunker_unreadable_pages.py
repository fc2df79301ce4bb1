"""Pages that ingest calls unreadable."""

from __future__ import annotations

from groundwork.chunking.chunk_records import chunk_document
from groundwork.records import Document, Page
from groundwork.settings.config_files import load


def test_chunks_of_unreadable_pages_are_marked() -> None:
    """What stands on a page whose letters cannot be read is left out of the questions, and nothing beside it is."""
    good = "The crews meet on the first Sunday of April to draw lots for the moorings. " * 12
    bad = "Sgd bqdvr lddsr nm sgd ehqrs Rtmczx ne Zoqhk sn cqzv knsr enq sgd lnnqhmfr. " * 12
    texts = [good.strip(), bad.strip(), good.strip()]
    markdown = "\n\n".join(texts) + "\n"
    starts = [markdown.find(texts[0]), markdown.find(bad.strip()), markdown.rfind(texts[2])]
    ends = [starts[1], starts[2], len(markdown)]
    pages = [
        Page(number=k + 1, start=starts[k], end=ends[k], converter="layout:lines", unreadable=k == 1) for k in range(3)
    ]
    document = Document(
        id="moorings", source="moorings.pdf", sha256="0" * 64, converter="layout", converter_version="1",
        characters=len(markdown), pages=pages,
    )  # fmt: skip
    chunks = chunk_document(markdown, document, load().chunk)
    assert {chunk.skip for chunk in chunks if "Sgd" in chunk.text} == {"unreadable"}
    assert {chunk.skip for chunk in chunks if "Sgd" not in chunk.text} == {""}
    assert "".join(markdown[chunk.start : chunk.end] for chunk in chunks) == markdown
