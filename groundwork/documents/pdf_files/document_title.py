"""What a PDF is called: by its properties where its pages say so too, else by the largest text of its first pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from groundwork.documents.auditing.page_audit import contents_lines
from groundwork.documents.layout.text_layer_spelling import Speller
from groundwork.documents.pdf_files.pdfium import TextObject, object_text, read_text_objects
from groundwork.language.labels import CAPTION_START
from groundwork.language.words import WRITTEN_OUT

_FILE_AFFIX = re.compile(r"^Microsoft \w+ - |\.\w{2,4}$")
FIRST_PAGES = 3  # among which a title page is
_TITLE_WORDS_ON_PAGES = 0.6  # of the words of a title in the properties that the first pages hold
_LONGEST_TITLE = 200  # letters
_OVERLEAF_RATIO = 1.25  # times the largest text of an earlier page; a figure's letters may be a little larger
_SMALL_CAPITALS_RATIO = 0.7  # of the size of the large ones, at the least
_TITLE_RATIO = 1.15  # times the body's size
_PAGE_LABEL = re.compile(r"[-–| ]*(?:(?!(?:19|20)\d\d)\d{1,4}|[ivxl]{1,6})[-–|. ]*")
_SENTENCE = re.compile(  # a stop that ends no abbreviation: "Phoenix paludosa Roxb."; else what a text goes on with
    r"^[,;.:)]|[:;,]$|(?<![^\W\d_])(?:[^\W\d_]{5,}|[^\W\d_A-Z]+|(?<!\d)\d++)\.$"
)
_CONTENTS_ENTRIES = 4  # entries from which on a page is a list of contents


class _SizedText(NamedTuple):
    """A text object of a page: the size of its letters and its baseline in points, from the page's foot."""

    size: float
    y: float
    text: str


class OpenPage(NamedTuple):
    """A page of a document and its text, as pypdfium2 opened them."""

    page: Any
    text: Any


def document_title(document: Any, texts: Sequence[str], pages: Sequence[OpenPage | None]) -> str:
    """The title of a pypdfium2 document whose pages hold `texts`; "" where neither properties nor pages tell one.

    `pages`: the first ones as they were opened for their text; None for one that could not be.
    """
    title = " ".join(_FILE_AFFIX.sub("", str(document.get_metadata_dict().get("Title") or "")).split())
    title_words = [word.casefold() for word in WRITTEN_OUT.findall(title)]
    has_file_sign = any(sign.isdecimal() or sign in "_-" for sign in title)
    if len(title) > _LONGEST_TITLE or not title_words or (" " not in title and has_file_sign):
        title, title_words = "", []  # a file's name, or none
    labels = [document.get_page_label(k) if page else "" for k, page in enumerate(pages)]
    pages_text = " ".join(texts[:FIRST_PAGES]).casefold()
    if title_words and sum(word in pages_text for word in title_words) >= _TITLE_WORDS_ON_PAGES * len(title_words):
        return title
    return _largest_title(texts[:FIRST_PAGES], pages, labels) or (title if len(title_words) > 1 else "")


def _largest_title(texts: Sequence[str], pages: Sequence[OpenPage | None], labels: Sequence[str]) -> str:
    """The lines of the largest text on the first pages but for lists of contents; "" where all of it is of one size."""
    objects_by_page = [read_text_objects(page.page) if page else [] for page in pages]
    sizes = sorted(text_object.size for text_objects in objects_by_page for text_object in text_objects)
    least_size = _TITLE_RATIO * sizes[len(sizes) // 2] if sizes else 0.0
    largest = (least_size, "", "")
    for page, text_objects, layer, label in zip(pages, objects_by_page, texts, labels, strict=True):
        if (
            not page
            or contents_lines(layer) >= _CONTENTS_ENTRIES
            or all(text_object.size <= largest[0] for text_object in text_objects)
        ):
            continue
        for size, title in _title_candidates(_upright_texts(page.text, text_objects, least_size), label):
            if size > (_OVERLEAF_RATIO if largest[1] and layer is not largest[2] else 1.02) * largest[0]:
                largest = (size, title, layer)
    return Speller(largest[2]).spell(largest[1]).strip(" _") if largest[1] else ""


def _title_candidates(texts: Sequence[_SizedText], page_label: str) -> list[tuple[float, str]]:
    """(size, text) of what may be a title: not in letters of the size of a sentence of the page, nor smaller ones."""
    groups = [(size, title.removeprefix(f"{page_label} " if page_label else "")) for size, title in _groups(texts)]
    sentence_size = max((size for size, title in groups if _SENTENCE.search(title)), default=0.0)
    return [
        (size, title)
        for size, title in groups
        if " " in title and WRITTEN_OUT.search(title) and len(title) < _LONGEST_TITLE
        if size > sentence_size + 0.5 and not CAPTION_START.match(title)
    ]


def _groups(texts: Sequence[_SizedText]) -> Iterator[tuple[float, str]]:
    """(size, text) of what stands together in letters of one size."""
    group: list[_SizedText] = []
    for text in [*texts, _SizedText(0.0, 0.0, "")]:
        is_same_size = bool(group) and abs(text.size - group[0].size) < 0.5
        if group and (_is_small_capital(group[0], text) or (is_same_size and group[-1].y - text.y < 2.2 * text.size)):
            group.append(text)
            continue
        if group:
            yield group[0].size, " ".join(" ".join(part.text for part in _without_page_label(group)).split())
        group = [text] if text.text else []


def _without_page_label(group: Sequence[_SizedText]) -> Sequence[_SizedText]:
    """The texts of a group but for a number that stands on a line of its own above them."""
    is_label = len(group) > 1 and abs(group[0].y - group[1].y) > 0.5 * group[0].size
    return group[1:] if is_label and _PAGE_LABEL.fullmatch(group[0].text.strip()) else group


def _is_small_capital(title_text: _SizedText, text: _SizedText) -> bool:
    """Whether a text goes on with a title's line in the smaller letters that capitals stand for."""
    return text.text.isupper() and _SMALL_CAPITALS_RATIO * title_text.size < text.size < title_text.size


def _upright_texts(layer: Any, text_objects: Sequence[TextObject], least_size: float) -> list[_SizedText]:
    """The upright text objects of a page whose letters are larger than `least_size`; smaller ones part them."""
    texts = []
    for text_object in text_objects:
        is_candidate = text_object.size > least_size and text_object.upright
        text = object_text(text_object.handle, layer) if is_candidate else ""
        if not is_candidate or text.strip():
            texts.append(_SizedText(text_object.size, text_object.y, text))
    return texts
