"""The letters of a PDF's page: what is drawn of each, which ones an `ActualText` groups, which lines run backward.

A bitmap font (Type 3) may give one box for all of its letters, large enough for each, which tells nothing of them; then
the page is drawn, and the ink is looked at between a letter's place and the next one's.

Browsers write Hindi or Thai in spans of several glyphs with one text (`ActualText`). pdfium gives that text the place
of the first glyph, so that it guesses a space behind it, and says it again where another glyph of the span comes later
on the line. Here each span is one cluster, in the place of all of its glyphs, and the spaces are those that are drawn.

Some programs write each letter of a line into its place from the line's end on, though its script runs the other way,
and the text layer has them in that order ("8 etieS"). A page is looked at where a word ends in a lone capital.
"""

from __future__ import annotations

import codecs
import ctypes
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from groundwork.language.language_and_script import is_right_to_left, runs_right_to_left

_TILTED = 0.02  # of a letter's width, by which the end of its baseline stands higher: more is turned text
_LETTER_PIXELS = 40  # of a font's size in a picture
_MOST_PIXELS = 12_000_000  # of a picture
_REACH_UP, _REACH_DOWN = 0.95, 0.3  # sizes over and below the baseline in which ink is a letter's, not a line's beside
_MOST_ADVANCE = 1.6  # sizes from a letter's place to the next one's
_LEAST_CONTRAST = 80  # of 255, between ink and paper


class Extent(NamedTuple):
    """What is drawn of a letter, in font sizes: top and bottom over the baseline, and width."""

    top: float
    bottom: float
    width: float


def boxed_extent(text: Any, k: int) -> Extent | None:
    """None for a letter that does not stand upright, or of which nothing is drawn."""
    import pypdfium2.raw as pdfium

    size = _upright_size(text, k)
    _, y = letter_origin(text, k)
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(text, k, left, right, bottom, top)
    if size <= 0 or top.value <= bottom.value:
        return None
    sides = (top.value - y, bottom.value - y, right.value - left.value)
    return Extent(*(side / size for side in sides))


def shares_glyph(text: Any, k: int) -> bool:
    """Whether a letter has its place with another one, as those of a ligature, and of a span of glyphs that has one
    text: what is drawn of it alone is not known."""
    place = letter_origin(text, k)
    return place in (letter_origin(text, k - 1), letter_origin(text, k + 1))


def inked_extents(textpage: Any, letter_places: Mapping[str, int]) -> dict[str, Extent]:
    """What the picture of a pypdfium2 text page shows of letters, each by its number on it; not of the rightmost ones
    of lines, nor of those without ink."""
    cells = {letter: cell for letter, k in letter_places.items() if (cell := _cell(textpage.raw, k))}
    if not cells:
        return {}
    width, height = textpage.page.get_size()
    smallest = min(size for *_, size in cells.values())
    scale = min(_LETTER_PIXELS / smallest, (_MOST_PIXELS / (width * height)) ** 0.5)
    picture = textpage.page.render(scale=scale, grayscale=True).to_pil()
    return {letter: extent for letter, cell in cells.items() if (extent := _inked_extent(picture, cell, scale, height))}


def _inked_extent(picture: Any, cell: tuple[float, float, float, float], scale: float, height: float) -> Extent | None:
    left, right, baseline, size = cell
    line = height - baseline
    corners = (left, line - _REACH_UP * size, right, line + _REACH_DOWN * size)
    letter_picture = picture.crop([round(scale * side) for side in corners])
    grey_counts = letter_picture.histogram()
    paper = grey_counts.index(max(grey_counts))
    ink = letter_picture.point(lambda gray: 255 if abs(gray - paper) > _LEAST_CONTRAST else 0).getbbox()
    if ink is None:
        return None
    x1, y1, x2, y2 = (side / scale / size for side in ink)
    return Extent(_REACH_UP - y1, _REACH_UP - y2, x2 - x1)


def _cell(text: Any, k: int) -> tuple[float, float, float, float] | None:
    """Left, right, baseline and size of a letter's place up to the next one's at its right, in points."""
    size = _upright_size(text, k)
    left, baseline = letter_origin(text, k)
    for right, other_baseline in (
        letter_origin(text, k + 1),
        letter_origin(text, k - 1),
    ):  # the last for text from right to left
        if abs(other_baseline - baseline) < size / _LETTER_PIXELS and 0 < right - left < _MOST_ADVANCE * size:
            return left, right, baseline, size
    return None


def is_upright(text: Any, k: int) -> bool:
    """Whether a letter is drawn upright, neither turned nor mirrored."""
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(text, k, matrix)
    return bool(matrix.a > 0 and matrix.d > 0 and abs(matrix.b) <= _TILTED * matrix.a)


def _upright_size(text: Any, k: int) -> float:
    """The size of a letter in points; 0 for one that does not stand upright."""
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(text, k, matrix)
    size: float = pdfium.FPDFText_GetFontSize(text, k) * matrix.d
    return size if size > 0 and abs(matrix.b) <= _TILTED * abs(matrix.a) else 0.0


def letter_origin(text: Any, k: int) -> tuple[float, float]:
    import pypdfium2.raw as pdfium

    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text, k, x, y)
    return x.value, y.value


_NEW_LINE = 0.5  # sizes between the baselines of two lines, at the least
_WORD_GAP = 0.25  # sizes between two texts where no space is drawn, as between cells; within words .1 at the most
_ASCENT, _DESCENT = 0.8, 0.2  # sizes of a line over and below its baseline
_BACK = 2.0  # sizes to the left, from which on another text begins
_ENCODINGS = {codecs.BOM_UTF16_BE: "utf-16-be", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF8: "utf-8"}
_LEAST_SHARE = 0.9  # of a page's letters that stand in its own content and not in a form's


class Cluster(NamedTuple):
    """What is read at one place of a line: left, bottom, right and top in points from the page's bottom left; "" for a
    space."""

    x1: float
    y1: float
    x2: float
    y2: float
    baseline: float
    size: float
    text: str
    letter: int  # the number of its first letter on pdfium's page


def read_clusters(textpage: Any) -> list[Cluster]:
    """The clusters of a pypdfium2 text page in the order of its content, with its spaces; none of a page without
    `ActualText`, nor of one whose text lies in forms."""
    import pypdfium2.raw as pdfium

    letters = _letters_by_object(textpage)
    objects = [pdfium.FPDFPage_GetObject(textpage.page.raw, i) for i in range(_count_objects(textpage))]
    text_handles = [handle for handle in objects if pdfium.FPDFPageObj_GetType(handle) == pdfium.FPDF_PAGEOBJ_TEXT]
    marks = [_actual_text(handle) for handle in text_handles]
    is_within_forms = sum(len(letters.get(_address(handle), ())) for handle in text_handles) < _LEAST_SHARE * sum(
        map(len, letters.values())
    )
    if is_within_forms or not any(marks):
        return []
    clusters: list[Cluster] = []
    spans = groupby(zip(text_handles, marks, strict=True), key=lambda pair: pair[1] or (_address(pair[0]), None))
    for (_, actual_text), span in spans:
        handles = [handle for handle, _ in span]
        letter_indexes = [k for handle in handles for k in letters.get(_address(handle), ())]
        if not letter_indexes:
            clusters += [clusters[-1]._replace(text="", x1=clusters[-1].x2)] if clusters else []
        elif actual_text is None:
            clusters += [_letter(textpage, k) for k in letter_indexes]
        else:
            clusters.append(_joined(textpage, handles, letter_indexes[0], actual_text))
    return clusters


def clusters_text(clusters: Sequence[Cluster]) -> str:
    """The text of clusters, line by line."""
    cluster_texts: list[str] = []
    for joint, cluster in with_joints(clusters):
        cluster_texts += [joint, cluster.text]
    return "".join(cluster_texts)


def with_joints(clusters: Sequence[Cluster]) -> Iterator[tuple[str, Cluster]]:
    """Each cluster that is no space, with what stands before it: nothing, a space, or a line's end."""
    before: Cluster | None = None
    is_spaced = False
    for cluster in clusters:
        if not cluster.text.strip():
            is_spaced = True
            continue
        joint = _joint(before, cluster, is_spaced=is_spaced)
        yield joint, cluster
        reach = before.x2 if before and not joint else 0.0  # a vowel sign ends before its letter does
        before, is_spaced = cluster._replace(x2=max(cluster.x2, reach)), False


def _joint(before: Cluster | None, cluster: Cluster, *, is_spaced: bool) -> str:
    if before is None:
        return ""
    size = max(before.size, cluster.size)
    if abs(before.baseline - cluster.baseline) > _NEW_LINE * size or cluster.x1 < before.x1 - _BACK * size:
        return "\n"
    return " " if is_spaced or cluster.x1 - before.x2 > _WORD_GAP * size else ""


def _count_objects(textpage: Any) -> int:
    import pypdfium2.raw as pdfium

    count: int = pdfium.FPDFPage_CountObjects(textpage.page.raw)
    return count


def _address(handle: Any) -> int:
    return ctypes.cast(handle, ctypes.c_void_p).value or 0


def _letters_by_object(textpage: Any) -> dict[int, list[int]]:
    """The numbers of a page's letters, but for those that pdfium guesses, by the text object that draws them."""
    import pypdfium2.raw as pdfium

    letters: dict[int, list[int]] = {}
    for k in range(textpage.count_chars()):
        if address := _address(pdfium.FPDFText_GetTextObject(textpage.raw, k)):
            letters.setdefault(address, []).append(k)
    return letters


def _actual_text(handle: Any) -> tuple[int, str] | None:
    """The span that a text object stands in, and its text; None where it stands in none."""
    import pypdfium2.raw as pdfium

    for i in range(pdfium.FPDFPageObj_CountMarks(handle)):
        mark = pdfium.FPDFPageObj_GetMark(handle, i)
        length = ctypes.c_ulong()
        if pdfium.FPDFPageObjMark_GetParamBlobValue(mark, b"ActualText", None, 0, length):
            buffer = (ctypes.c_ubyte * length.value)()
            pdfium.FPDFPageObjMark_GetParamBlobValue(mark, b"ActualText", buffer, length, length)
            return _address(mark), _decode(bytes(buffer))
    return None


def _decode(string: bytes) -> str:
    """A PDF's text string."""
    for mark, encoding in _ENCODINGS.items():
        if string.startswith(mark):
            return string[len(mark) :].decode(encoding, "replace")
    return string.decode("latin-1")


def _joined(textpage: Any, handles: Sequence[Any], first_letter: int, actual_text: str) -> Cluster:
    """The glyphs of a span as one cluster."""
    import pypdfium2.raw as pdfium

    left, _ = letter_origin(textpage.raw, first_letter)
    lefts, rights = [left], [left]
    for handle in handles:
        sides = left_side, _, right_side, _ = [ctypes.c_float() for _ in range(4)]
        if pdfium.FPDFPageObj_GetBounds(handle, *sides):
            lefts.append(left_side.value)
            rights.append(right_side.value)
    return _place(textpage, first_letter, min(lefts), max(rights), actual_text)


def _letter(textpage: Any, k: int) -> Cluster:
    import pypdfium2.raw as pdfium

    rect = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(textpage.raw, k, rect)
    letter = chr(pdfium.FPDFText_GetUnicode(textpage.raw, k))
    return _place(textpage, k, rect.left, rect.right, "" if letter.isspace() else letter)


def _place(textpage: Any, k: int, left: float, right: float, text: str) -> Cluster:
    """A text in the height of its line, whatever is drawn of it."""
    _, baseline = letter_origin(textpage.raw, k)
    size = _size(textpage, k)
    return Cluster(left, baseline - _DESCENT * size, right, baseline + _ASCENT * size, baseline, size, text, k)


def _size(textpage: Any, k: int) -> float:
    """The size of a letter in points."""
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(textpage.raw, k, matrix)
    size: float = pdfium.FPDFText_GetFontSize(textpage.raw, k) * abs(matrix.d)
    return size


_LAST_CAPITAL = re.compile(r"[a-zß-öø-ÿ]{3}[A-ZÀ-ÖØ-Þ](?!\w)")
_LEAST_LETTERS = 4  # of a line, each left of the one before it
_SAME_LINE = 0.5  # points by which the baselines of a line's letters differ at the most


def may_run_backward(page_text: str) -> bool:
    """Whether a text has a word that ends in a lone capital."""
    return _LAST_CAPITAL.search(page_text) is not None


def with_lines_turned(textpage: Any, page_text: str) -> str:
    """The `page_text` of a pypdfium2 text page with lines that are drawn from right to left in the order of reading."""
    if not may_run_backward(page_text) or is_right_to_left(page_text) or len(page_text) != textpage.count_chars():
        return page_text
    for run_start, run_end in backward_runs(textpage):
        page_text = page_text[:run_start] + page_text[run_start:run_end][::-1] + page_text[run_end:]
    return page_text


def backward_runs(textpage: Any) -> Iterator[tuple[int, int]]:
    """First and last + 1 of the letters of each stretch that is drawn from right to left against its script."""
    run_start, (x, y) = 0, letter_origin(textpage.raw, 0)
    letter_count = textpage.count_chars()
    for k in range(1, letter_count + 1):
        next_x, next_y = letter_origin(textpage.raw, k) if k < letter_count else (x, y)
        if not (next_x < x and abs(next_y - y) < _SAME_LINE and _may_belong(textpage.raw, k)):
            if k - run_start >= _LEAST_LETTERS and _may_belong(textpage.raw, run_start):
                yield run_start, k
            run_start = k
        x, y = next_x, next_y


def _may_belong(text: Any, k: int) -> bool:
    """Whether a letter is drawn, upright, and of no script that runs from right to left."""
    import pypdfium2.raw as pdfium

    is_drawn = not pdfium.FPDFText_IsGenerated(text, k) and is_upright(text, k)
    return is_drawn and not runs_right_to_left(chr(pdfium.FPDFText_GetUnicode(text, k)))
