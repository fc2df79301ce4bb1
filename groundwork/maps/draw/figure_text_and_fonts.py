"""The figure of a PNG and its fonts: texts that fit, names made shorter, letters that no installed font has."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundwork.data_folder.read_write import write_bytes
from groundwork.message_wording import shorten_text
from groundwork.pages.palette import FAINT, INK, QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


DPI = 200
_MISSING_GLYPH = re.compile(r"Glyph (\d+) .*missing from")
FONTS = [
    *("Inter", "Noto Sans", "DejaVu Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans Arabic"),
    *("Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Thai"),
    *("Noto Sans Telugu", "Noto Sans Kannada", "Noto Sans Malayalam", "Noto Sans Gujarati", "Noto Sans Sinhala"),
    *("Noto Sans Lao", "Noto Sans Khmer", "Noto Sans Myanmar", "Noto Sans Georgian", "Noto Sans Armenian"),
    *("Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Nirmala UI", "Leelawadee UI", "PingFang SC", "Hiragino Sans"),
    *("Arial Unicode MS", "Unifont"),
]
MAX_NAME_LENGTH = 34  # letters of a dataset's name that a legend shows


def new_figure(width: float, height: float) -> Figure:
    from matplotlib import font_manager, rcParams
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    _add_new_fonts()
    installed = {font.name for font in font_manager.fontManager.ttflist}
    rcParams["font.family"] = [font_name for font_name in FONTS if font_name in installed] or ["sans-serif"]
    rcParams["font.size"] = 9
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)  # no display, no pyplot, nothing global
    return figure


@cache
def _add_new_fonts() -> None:
    """Add those of FONTS that were installed after matplotlib had listed the fonts, which it does once."""
    from matplotlib import font_manager

    manager = font_manager.fontManager
    font_names = [font_name.replace(" ", "").lower() for font_name in FONTS]
    listed_files = {font.fname for font in manager.ttflist}
    for path in font_manager.findSystemFonts():
        file_name = Path(path).stem.lower().partition("-")[0]  # NotoSansCJK holds Noto Sans CJK JP, SC, ...
        if path not in listed_files and any(font_name.startswith(file_name) for font_name in font_names):
            with suppress(OSError, RuntimeError):  # a damaged font, which draws nothing
                manager.addfont(path)


def save_png(figure: Figure, path: Path) -> None:
    png_content = io.BytesIO()
    figure.savefig(png_content, dpi=DPI, format="png", metadata={"Software": None})
    write_bytes(path, png_content.getvalue())


@contextmanager
def collect_missing_glyphs(path: Path) -> Iterator[list[str]]:
    """Fills its list with one line for all letters that lack a font, in place of a warning for each."""
    import warnings

    glyph_warnings: list[str] = []
    with warnings.catch_warnings(record=True) as glyph_records:
        warnings.simplefilter("always")
        yield glyph_warnings
    missing = {match[1] for warning in glyph_records if (match := _MISSING_GLYPH.match(str(warning.message)))}
    for warning in glyph_records:
        if not _MISSING_GLYPH.match(str(warning.message)):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    if missing:
        letters = "".join(sorted(chr(int(code)) for code in missing)[:8])
        glyph_warnings.append(
            f"{path.name}: boxes stand for letters that no installed font has, such as {letters}; "
            "install one (Debian: fonts-noto-cjk, fonts-noto-core); the HTML page shows them by the browser"
        )


def draw_fitted_text(figure: Figure, words: str, position: tuple[float, float], width: float, font_size: float) -> None:
    """Bold `words` at `position`, middle left, made smaller and then shorter until they take at most `width` (0..1)."""
    canvas: Any = figure.canvas
    text = figure.text(*position, words, fontsize=font_size, weight="bold", color=INK, va="center")
    width_pixels = width * figure.get_figwidth() * figure.dpi
    fitted_share = text.get_window_extent(canvas.get_renderer()).width / width_pixels
    text.set_fontsize(max(0.7 * font_size, min(font_size, font_size / fitted_share)) if fitted_share else font_size)
    if fitted_share > 1 / 0.7:
        text.set_text(f"{words[: int(len(words) * 0.95 / (0.7 * fitted_share))]}…")


def shorten_name(name: str, length: int = MAX_NAME_LENGTH) -> str:
    """`name` in at most `length` letters: without its organisation, and then without its end."""
    short_name = name if len(name) <= length else name.rpartition("/")[2]
    return shorten_text(short_name, length)


def wrap_text(text: str, width: int) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, width))


def style_axes(axes: Axes) -> None:
    """Only what is needed to read a value."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.tick_params(colors=QUIET, length=0, labelsize=8)
    axes.grid(color=FAINT, linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)
