"""A chunk read once: its language, its statements, what each of them says, and the headings above a place."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from pathlib import Path

from groundwork.data_folder.read_write import read_jsonl
from groundwork.language.language_and_script import detect_language, detect_part_language
from groundwork.language.list_labels import RULE_LABEL
from groundwork.language.numbers import Number
from groundwork.language.words import content_words
from groundwork.markdown.blocks import Block, blocks
from groundwork.markdown.grounding import SourceText
from groundwork.markdown.running_page_lines import PageLines
from groundwork.markdown.statements import Statement, statement_numbers, statements
from groundwork.records import Chunk

_HEADING_NUMBER = re.compile(rf"({RULE_LABEL})\.?\s")


class Reading:
    """What is known of a chunk by reading it; whatever asks for a part of it first has it worked out for all."""

    def __init__(self, chunk: Chunk, document_language: str = "", page_lines: PageLines | None = None) -> None:
        """`document_language` is that of the whole document, for a chunk of an old file, which names none; `page_lines`
        are the headers and footers of its pages, by this chunk alone where none are given.
        """
        self.chunk, self._document_language = chunk, document_language
        self._page_lines = page_lines or PageLines([chunk])

    @cached_property
    def language(self) -> str:
        """ISO 639-1, "" where it cannot be told."""
        return self.chunk.language or detect_part_language(self.chunk.text, self._document_language)

    @cached_property
    def blocks(self) -> list[Block]:
        return blocks(self.chunk.text)

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        return statements(self.chunk.text, self.language, self.blocks, self._page_lines)

    @cached_property
    def words(self) -> list[frozenset[str]]:
        """The stems of the content words of each statement, in its own words."""
        chunk_text, language = self.chunk.text, self.language
        return [frozenset(content_words(statement.masked_text(chunk_text), language)) for statement in self.statements]

    @cached_property
    def numbers(self) -> list[list[Number]]:
        """The numbers of each statement but those that count lines or belong to a name; their offsets count from its
        start.
        """
        return [statement_numbers(statement.masked_text(self.chunk.text)) for statement in self.statements]

    @cached_property
    def source_text(self) -> SourceText:
        """The chunk's text, for quotes and answers to be held against."""
        return SourceText(self.chunk.text, self.language)

    def plain_statements(self) -> list[str]:
        """Each statement as a reader would say it."""
        return [statement.plain_text(self.chunk.text) for statement in self.statements]

    def headings_at(self, start: int) -> list[str]:
        """The headings that hold at an offset of the chunk's text, outermost first.

        `chunk.headings` hold at its beginning; each heading in the text takes the place of those of its level and
        below. Of `chunk.headings` no levels are known: the first is taken for level 1, the second for level 2, ...
        """
        # of the headings of `chunk_heading_path`, by position: two of them may have the same title
        chunk_heading_levels: list[int] = []
        chunk_heading_path: tuple[str, ...] = ()
        for chunk_block in self.blocks[: bisect_right(self.blocks, start, key=lambda chunk_block: chunk_block.start)]:
            chunk_heading_path = chunk_block.headings
            if chunk_block.kind == "heading":
                chunk_heading_levels = [
                    *(heading_level for heading_level in chunk_heading_levels if heading_level < chunk_block.level),
                    chunk_block.level,
                ]
        heading_level = chunk_heading_levels[0] if chunk_heading_levels else 0
        outer_chunk_headings = [
            outer_heading
            for outer_heading in self.chunk.headings[: heading_level - 1 if chunk_heading_path else None]
            if outer_heading not in chunk_heading_path
        ]
        return _drop_sibling_chunk_headings([*outer_chunk_headings, *chunk_heading_path])


def _drop_sibling_chunk_headings(heading_path: list[str]) -> list[str]:
    """The path without headings whose number has the depth of one below them: "2. Field" never holds "7. Pull"."""
    depths = [match[1].count(".") if (match := _HEADING_NUMBER.match(heading)) else -1 for heading in heading_path]
    return [heading for i, heading in enumerate(heading_path) if depths[i] < 0 or depths[i] not in depths[i + 1 :]]


def read_chunks(path: Path) -> list[Reading]:
    """The chunks of a file of data/chunks, ready to be read. Raises BadRecord."""
    chunks = read_jsonl(path, Chunk)
    page_lines = PageLines(chunks)
    have_languages = all(chunk.language for chunk in chunks)
    document_language = "" if have_languages else detect_language("\n\n".join(chunk.text for chunk in chunks))
    return [Reading(chunk, document_language, page_lines) for chunk in chunks]
