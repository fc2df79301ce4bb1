"""Words that fit the room that a picture has for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwork.pages.palette import INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME_LENGTH = 34  # letters of a dataset's name that a legend shows


def fitted(figure: Figure, words: str, place: tuple[float, float], width: float, size: float) -> None:
    """Bold `words` at `place`, middle left, made smaller and then shorter until they take at most `width` (0..1)."""
    canvas: Any = figure.canvas
    text = figure.text(*place, words, fontsize=size, weight="bold", color=INK, va="center")
    room = width * figure.get_figwidth() * figure.dpi
    share = text.get_window_extent(canvas.get_renderer()).width / room
    text.set_fontsize(max(0.7 * size, min(size, size / share)) if share else size)
    if share > 1 / 0.7:
        text.set_text(f"{words[: int(len(words) * 0.95 / (0.7 * share))]}…")


def shortened(name: str, length: int = NAME_LENGTH) -> str:
    """`name` in at most `length` letters: without its organisation, and then without its end."""
    tail = name if len(name) <= length else name.rpartition("/")[2]
    return tail if len(tail) <= length else f"{tail[: length - 1]}…"


def wrapped(text: str, width: int) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, width))
