"""The pictures of a chunk as a vision model is shown them, and what it says of them in its replies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from groundwork.errors import GroundworkError
from groundwork.llm.prompts import Message, attach_images
from groundwork.markdown.figures_and_picture_links import figure_mark, figure_number, figures, text_with_captions
from groundwork.questions.drafts_and_faults import Draft
from groundwork.raster_images import UnusableImage, encode_jpeg, open_image
from groundwork.records import Chunk
from groundwork.settings.config_schema import QA

MAX_FIGURE_BYTES = 50_000_000  # of a file that is opened


@dataclass
class PromptFigures:
    """The pictures of a chunk below `texts`, the folder data/text; none are shown where that is None.

    `instructions`: what the prompt says about them, as its last paragraph.
    """

    chunk: Chunk
    settings: QA
    texts: Path | None = None
    instructions: str = ""
    warnings: list[str] = field(default_factory=list)
    _jpeg_by_figure: dict[int, bytes] | None = None

    @property
    def count(self) -> int:
        """How many there are to be shown; files are not looked at."""
        chunk_figures = figures(self.chunk.text, self.chunk.document) if self.texts else []
        return min(len(chunk_figures), self.settings.max_images)

    @property
    def text(self) -> str:
        """The chunk as the model reads it, its pictures by their marks."""
        return text_with_captions(self.chunk.text, self.chunk.document, self._figure_jpegs())

    def add_figures(self, messages: Sequence[Message]) -> list[Message]:
        """The conversation with the pictures, and with what the prompt says of them."""
        jpegs = self._figure_jpegs()
        if not jpegs:
            return list(messages)
        *previous, last = messages
        instructed = {**last, "content": f"{last['content']}\n\n{self.instructions.strip()}"}
        return attach_images([*previous, instructed], list(jpegs.values()), [figure_mark(number) for number in jpegs])

    def resolve_figures(self, draft: Draft) -> Draft:
        """The draft with evidence that names a figure by its number as that figure; a wrong number stays none."""
        if not self._figure_jpegs() or all(figure_number(quote) is None for quote in draft.evidence):
            return draft
        return msgspec.structs.replace(draft, evidence=[self._figure_evidence(quote) for quote in draft.evidence])

    def _figure_evidence(self, quote: str) -> str:
        mark_number = figure_number(quote)
        if mark_number is None:
            return quote
        if mark_number not in self._figure_jpegs():
            return f"{figure_mark(mark_number)} (no figure with this number is shown)"
        figure = figures(self.chunk.text, self.chunk.document)[mark_number - 1]
        return self.chunk.text[figure.start : figure.end]

    def _figure_jpegs(self) -> Mapping[int, bytes]:
        """By its number in the chunk, each picture as JPEG, within qa.image_size; what cannot be read is left out."""
        if self._jpeg_by_figure is None:
            self._jpeg_by_figure = {}
            for shown_number, figure in enumerate(figures(self.chunk.text, self.chunk.document)[: self.count], 1):
                try:
                    self._jpeg_by_figure[shown_number] = self._read_figure_jpeg(figure.file)
                except (OSError, GroundworkError) as error:
                    unread_reason = error.strerror if isinstance(error, OSError) else error
                    self.warnings.append(
                        f"chunk {self.chunk.index + 1}: {figure.file} is not shown to the model: {unread_reason}"
                    )
        return self._jpeg_by_figure

    def _read_figure_jpeg(self, figure_file: str) -> bytes:
        texts = (self.texts or Path()).resolve()
        figure_path = (texts / figure_file).resolve()
        if not figure_path.is_relative_to(texts) or figure_path.stat().st_size > MAX_FIGURE_BYTES:
            raise UnusableImage("it lies elsewhere, or is too large")
        return encode_jpeg(open_image(figure_path.read_bytes(), ("PNG", "JPEG")), self.settings.image_size)
