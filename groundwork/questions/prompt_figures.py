"""The pictures of a chunk as a vision model is shown them, and what it says of them in its replies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from groundwork.errors import GroundworkError
from groundwork.llm.prompt_templates import Message, attach_images_to_prompt
from groundwork.markdown.figures import figure_mark, figure_number, figures, text_with_captions
from groundwork.questions.pair_drafts import Draft
from groundwork.raster_images import UnusableImage, encode_jpeg, open_image
from groundwork.records import Chunk
from groundwork.settings.config_schema import QA

MAX_PROMPT_FIGURE_BYTES = 50_000_000  # of a file that is opened


@dataclass
class PromptFigures:
    """The pictures of a chunk below `text_folder`, the folder data/text; none are shown where that is None.

    `figure_instructions`: what the prompt says about them, as its last paragraph.
    """

    chunk: Chunk
    settings: QA
    text_folder: Path | None = None
    figure_instructions: str = ""
    unshown_figure_warnings: list[str] = field(default_factory=list)
    _jpeg_by_figure: dict[int, bytes] | None = None

    @property
    def prompt_figure_count(self) -> int:
        """How many there are to be shown; files are not looked at."""
        promptable_figures = figures(self.chunk.text, self.chunk.document) if self.text_folder else []
        return min(len(promptable_figures), self.settings.max_images)

    @property
    def text_with_figure_marks(self) -> str:
        """The chunk as the model reads it, its pictures by their marks."""
        return text_with_captions(self.chunk.text, self.chunk.document, self._figure_jpegs())

    def add_figures(self, messages: Sequence[Message]) -> list[Message]:
        """The conversation with the pictures, and with what the prompt says of them."""
        prompt_jpegs = self._figure_jpegs()
        if not prompt_jpegs:
            return list(messages)
        *messages_without_figures, message_for_figures = messages
        message_with_figures = {
            **message_for_figures,
            "content": f"{message_for_figures['content']}\n\n{self.figure_instructions.strip()}",
        }
        return attach_images_to_prompt(
            [*messages_without_figures, message_with_figures],
            list(prompt_jpegs.values()),
            [figure_mark(number) for number in prompt_jpegs],
        )

    def resolve_figures(self, draft: Draft) -> Draft:
        """The draft with evidence that names a figure by its number as that figure; a wrong number stays none."""
        if not self._figure_jpegs() or all(figure_number(quote) is None for quote in draft.evidence):
            return draft
        return msgspec.structs.replace(draft, evidence=[self._figure_evidence(quote) for quote in draft.evidence])

    def _figure_evidence(self, quote: str) -> str:
        quoted_figure = figure_number(quote)
        if quoted_figure is None:
            return quote
        if quoted_figure not in self._figure_jpegs():
            return f"{figure_mark(quoted_figure)} (no figure with this number is shown)"
        prompted_figure = figures(self.chunk.text, self.chunk.document)[quoted_figure - 1]
        return self.chunk.text[prompted_figure.start : prompted_figure.end]

    def _figure_jpegs(self) -> Mapping[int, bytes]:
        """By its number in the chunk, each picture as JPEG, within qa.image_size; what cannot be read is left out."""
        if self._jpeg_by_figure is None:
            self._jpeg_by_figure = {}
            for prompted_number, prompted_figure in enumerate(
                figures(self.chunk.text, self.chunk.document)[: self.prompt_figure_count], 1
            ):
                try:
                    self._jpeg_by_figure[prompted_number] = self._read_figure_jpeg(prompted_figure.file)
                except (OSError, GroundworkError) as error:
                    problem = error.strerror if isinstance(error, OSError) else error
                    self.unshown_figure_warnings.append(
                        f"chunk {self.chunk.index + 1}: {prompted_figure.file} is not shown to the model: {problem}"
                    )
        return self._jpeg_by_figure

    def _read_figure_jpeg(self, figure_file: str) -> bytes:
        text_folder = (self.text_folder or Path()).resolve()
        figure_path = (text_folder / figure_file).resolve()
        if not figure_path.is_relative_to(text_folder) or figure_path.stat().st_size > MAX_PROMPT_FIGURE_BYTES:
            raise UnusableImage("it lies elsewhere, or is too large")
        return encode_jpeg(open_image(figure_path.read_bytes(), ("PNG", "JPEG")), self.settings.image_size)
