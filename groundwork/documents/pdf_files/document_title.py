"""What a document is called: a PDF by its properties where its pages say so too, else by the largest text of its first
pages."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from groundwork.documents.auditing.readability import readable_contents_lines
from groundwork.documents.layout.text_layer_spelling import Speller
from groundwork.documents.pdf_files.open_pdf import OpenPdfPage
from groundwork.documents.pdf_files.page_box import is_outside, shown_box
from groundwork.documents.pdf_files.page_objects import PdfText, object_bounds, object_text, read_pdf_texts
from groundwork.language.language_and_script import has_unspaced
from groundwork.language.list_labels import CAPTION_START
from groundwork.language.section_names import is_section_name
from groundwork.language.words import LONG_WORD, WRITTEN_OUT_WORD

_FILE_AFFIX_OF_TITLE = re.compile(r"^Microsoft \w+ - |\.\w{2,4}$")
FIRST_PAGES = 3  # among which a title page is
_TITLE_WORDS_ON_PAGES = 0.6  # of the words of a title in the properties that the first pages hold
_LONGEST_TITLE = 200  # letters
_LATER_TITLE_RATIO = 1.25  # times the largest text of an earlier page; a figure's letters may be a little larger
_SMALL_CAPITALS_OF_TITLE = 0.7  # of the size of the large ones, at the least
_TITLE_RATIO = 1.15  # times the body's size
_PAGE_LABEL_ABOVE_TITLE = re.compile(r"[-–| ]*(?:(?!(?:19|20)\d\d)\d{1,4}|[ivxl]{1,6})[-–|. ]*")
# a stop that ends no abbreviation: "Phoenix paludosa Roxb."; else what a text goes on with
_SENTENCE_AS_TITLE = re.compile(r"^[,;.:)]|[:;,…]$|\.\.$|(?<![^\W\d_])(?:[^\W\d_]{5,}|[^\W\d_A-Z]+|(?<!\d)\d++)\.$")
_CONTENTS_BEFORE_TITLE = 4  # entries from which on a page is a list of contents
_LEADING_TITLE_RATIO = 1.05  # times the body's size, of the largest text of the first page where it stands at its head
_MOST_TITLE_COVER_WORDS = 60  # of a page without running text, at the most
_MONEY_IN_TITLE = re.compile(r"[$€£¥]\s?\d")
_ONE_WORD_TITLE_RATIO = 1.2  # times the largest phrase, of a word that is a title by itself
_LEAST_TITLE_WORD = 4  # letters of a title of one word
_PLACEHOLDER_TITLE = re.compile(  # what programs write where nobody named the document
    r"\W*(?:untitled|unnamed|unbenannt|sans titre|sin título|anonymous|none|title|no title"
    r"|(?:(?:untitled|new|word|powerpoint)\W+)?(?:document|presentation|slide|sheet|présentation|präsentation)"
    r"(?:\W+powerpoint)?)[\W\d]*",
    re.IGNORECASE,
)
_FILE_PATH_TITLE = re.compile(r"^[a-z]{2,}://|^[A-Za-z]:\\|^/\w+/|\S\.(?:pfm|docx?|pptx?|xlsx?|indd|qxd|html?|tex)\b")
_SUBJECT_AS_TITLE = re.compile(
    r"(?m)^[^\S\n]*+(?:re|subject|betreff|betr\.|objet|asunto|oggetto|assunto|onderwerp)"
    r"[^\S\n]*+:[^\S\n]*+(\S.{3,118}\S)[^\S\n]*$",
    re.IGNORECASE,
)
_MAIL_WITH_SUBJECT_TITLE = re.compile(
    r"(?m)^[^\S\n]*+"
    r"(?:(?:dear|liebe[rs]?|sehr geehrte[rs]?|cher|chère|madame|monsieur|estimad[oa]s?|gentile|prezad[oa]s?"
    r"|geachte)\b.{0,60}[,:!]|(?:from|to|von|an|de|para|da|van|aan)[^\S\n]*+:.*)[^\S\n]*$",
    re.IGNORECASE,
)
_TITLE_NOTE_MARKS = " _†‡*∗§"  # at the end of a title, which lead to a note
_SYMBOL_SIGNS_IN_TITLE = re.compile("[\ue000-\uf8ff]")  # of a symbol font


_TEMPLATE_TITLE = re.compile(r"\{\{.*\}\}|\{%.*%\}")  # "{{ page.title }}"
_BOLD_TITLE_LINES = re.compile(r"\s*+(?:\*\*[^*\n]{1,120}+\*\*[ \t]*+\n\s*+)++")


class _TitleText(NamedTuple):
    """Text of a page, which may be a title: the size of its letters, and its baseline in points from the foot."""

    size: float
    y: float
    text: str


def choose_title(markdown: str, file_name: str, stated_title: str, *, pdf: bool) -> str:
    """What a document is called: a PDF by its `stated_title`, others by their heading of the first level.

    Else by the other of the two, and at last by the file's name.
    """
    title_heading = (re.match if pdf else re.search)(r"(?m)^# +(.+)$", markdown[:5000])
    heading_title = re.sub(r"[*_`\\]|<[^<>]+>", "", title_heading[1]).strip() if title_heading else ""
    heading_title = "" if is_section_name(heading_title) or _TEMPLATE_TITLE.search(heading_title) else heading_title
    file_title = Path(file_name).stem
    if not pdf and not LONG_WORD.search(file_title):  # a number, of which nobody knows what it is
        file_title = _bold_title(markdown) or file_title
    return (stated_title or heading_title if pdf else heading_title or stated_title) or file_title


def _bold_title(markdown: str) -> str:
    """The longest of the bold lines at the head of a text, or ""."""
    title_head = _BOLD_TITLE_LINES.match(markdown)
    bold_lines = [line.strip("* ") for line in title_head.group().splitlines() if line.strip()] if title_head else []
    return max((line for line in bold_lines if LONG_WORD.search(line)), key=lambda line: len(line.split()), default="")


class _TitlePage(NamedTuple):
    """A page with its text layer, its printed number, and its text objects."""

    opened: OpenPdfPage
    layer: str
    label: str
    objects: list[PdfText]


def document_title(document: Any, page_texts: Sequence[str], pages: Sequence[OpenPdfPage | None]) -> str:
    """The title of a pypdfium2 document whose pages hold `page_texts`; "" where neither properties nor pages tell one.

    `pages`: the first ones as they were opened for their text; None for one that could not be.
    """
    stated_title = _named_title(str(document.get_metadata_dict().get("Title") or ""))
    title_words = [word.casefold() for word in WRITTEN_OUT_WORD.findall(stated_title)]
    labels_of_title_pages = [document.get_page_label(k) if page else "" for k, page in enumerate(pages)]
    pages_text = " ".join(page_texts[:FIRST_PAGES]).casefold()
    if title_words and sum(word in pages_text for word in title_words) >= _TITLE_WORDS_ON_PAGES * len(title_words):
        return stated_title
    title_pages = [
        _TitlePage(page, layer, label, read_pdf_texts(page.page))
        for page, layer, label in zip(pages, page_texts, labels_of_title_pages, strict=False)
        if page
    ]
    title_page_sizes = sorted(text_object.size for page in title_pages for text_object in page.objects)
    body_size = title_page_sizes[len(title_page_sizes) // 2] if title_page_sizes else 0.0
    stated_title_of_words = stated_title if len(title_words) > 1 else ""
    return (
        _subject_title(page_texts[0])
        or _largest_title(title_pages, body_size)
        or stated_title_of_words
        or _leading_title(title_pages[:1], body_size)
    )


def _named_title(stated_title: str) -> str:
    """The title in a PDF's properties; "" for a file's name, a placeholder, and what names a part of a document."""
    title = " ".join(_FILE_AFFIX_OF_TITLE.sub("", stated_title).split())
    has_sign = any(sign.isdecimal() or sign in "_-" for sign in title)
    is_file_name = (" " not in title and has_sign) or title.count("_") > 1 or _FILE_PATH_TITLE.search(title) is not None
    names_it = WRITTEN_OUT_WORD.search(title) and not _PLACEHOLDER_TITLE.fullmatch(title) and not is_section_name(title)
    return title if names_it and not is_file_name and len(title) <= _LONGEST_TITLE else ""


def _subject_title(title_page_text: str) -> str:
    """What a letter or a mail is about, where its first page says so; "" for other pages."""
    subject_title = _SUBJECT_AS_TITLE.search(title_page_text)
    return subject_title[1] if subject_title and _MAIL_WITH_SUBJECT_TITLE.search(title_page_text) else ""


def _largest_title(pages: Sequence[_TitlePage], body_size: float) -> str:
    """The largest phrase on the first pages, but for lists of contents; "" where all text is of one size.

    A later page's is larger by far, and stands behind pages of few words, such as a cover.
    """
    largest_title = _TitleText(_TITLE_RATIO * body_size, 0.0, "")
    for title_page in pages:
        title_size_before = largest_title.size
        title_ratio = _LATER_TITLE_RATIO if largest_title.text else 1.0
        may_be_larger = any(text_object.size > title_ratio * largest_title.size for text_object in title_page.objects)
        if readable_contents_lines(title_page.layer) < _CONTENTS_BEFORE_TITLE and may_be_larger:
            for title in _title_phrases(_title_candidates(title_page, _TITLE_RATIO * body_size)):
                if title.size > max(title_ratio * title_size_before, 1.02 * largest_title.size):
                    largest_title = title
        if len(title_page.layer.split()) > _MOST_TITLE_COVER_WORDS:
            break
    return largest_title.text


def _title_phrases(titles: Sequence[_TitleText]) -> list[_TitleText]:
    """Titles of more than one word, and a single word that is larger than these by far."""
    least_size = _ONE_WORD_TITLE_RATIO * max((title.size for title in titles if " " in title.text), default=math.inf)
    return [title for title in titles if " " in title.text or title.size > least_size]


def _leading_title(pages: Sequence[_TitlePage], body_size: float) -> str:
    """What stands at the head of the first page in its largest letters: one word, or a size little above the body's."""
    titles = [lead_title for page in pages for lead_title in _title_candidates(page, _LEADING_TITLE_RATIO * body_size)]
    if not titles or any(lead_title.size > titles[0].size for lead_title in titles):
        return ""
    lead_title = titles[0]
    is_at_head = all(text_object.y < lead_title.y + lead_title.size for page in pages for text_object in page.objects)
    if is_at_head and (" " in lead_title.text or lead_title.size > _TITLE_RATIO * body_size):
        return lead_title.text
    return ""


def _title_candidates(title_page: _TitlePage, least_size: float) -> list[_TitleText]:
    """What may be a title on a page: not in letters of the size of one of its sentences, nor smaller ones."""
    speller = Speller(title_page.layer)
    title_groups = [
        _TitleText(size, y, _clean_title(speller.spell(text), title_page.label))
        for size, y, text in _title_groups(_upright_title_texts(title_page, least_size))
    ]
    sentence_title_size = max(
        (title_group.size for title_group in title_groups if _SENTENCE_AS_TITLE.search(title_group.text)), default=0.0
    )
    return [
        title_group
        for title_group in title_groups
        if title_group.size > sentence_title_size + 0.5 and _may_be_title(title_group.text)
    ]


def _may_be_title(title: str) -> bool:
    has_title_words = " " in title or has_unspaced(title) or len(title) >= _LEAST_TITLE_WORD
    if not has_title_words or "@" in title or not WRITTEN_OUT_WORD.search(title) or len(title) >= _LONGEST_TITLE:
        return False
    return not (CAPTION_START.match(title) or _MONEY_IN_TITLE.search(title) or is_section_name(title))


def _clean_title(title: str, page_label: str) -> str:
    return _SYMBOL_SIGNS_IN_TITLE.sub("", title.removeprefix(f"{page_label} " if page_label else "")).strip(
        _TITLE_NOTE_MARKS
    )


def _title_groups(upright_texts: Sequence[_TitleText]) -> Iterator[_TitleText]:
    """What stands together in letters of one size."""
    title_group: list[_TitleText] = []
    for title_text in [*upright_texts, _TitleText(0.0, 0.0, "")]:
        is_same_title_size = bool(title_group) and abs(title_text.size - title_group[0].size) < 0.5
        if title_group and (
            _is_small_capital_of_title(title_group[0], title_text)
            or (is_same_title_size and title_group[-1].y - title_text.y < 2.2 * title_text.size)
        ):
            title_group.append(title_text)
            continue
        if title_group:
            group_title = " ".join(part.text for part in _without_page_label(title_group))
            yield _TitleText(title_group[0].size, title_group[0].y, " ".join(group_title.split()))
        title_group = [title_text] if title_text.text else []


def _without_page_label(title_group: Sequence[_TitleText]) -> Sequence[_TitleText]:
    """The texts of a group but for a number that stands on a line of its own above them."""
    is_page_label = len(title_group) > 1 and abs(title_group[0].y - title_group[1].y) > 0.5 * title_group[0].size
    if is_page_label and _PAGE_LABEL_ABOVE_TITLE.fullmatch(title_group[0].text.strip()):
        return title_group[1:]
    return title_group


def _is_small_capital_of_title(title_text: _TitleText, text: _TitleText) -> bool:
    """Whether a text goes on with a title's line in the smaller letters that capitals stand for."""
    return text.text.isupper() and _SMALL_CAPITALS_OF_TITLE * title_text.size < text.size < title_text.size


def _upright_title_texts(title_page: _TitlePage, least_size: float) -> list[_TitleText]:
    """The upright text objects that a page shows in letters larger than `least_size`; smaller ones part them."""
    title_texts = []
    for title_object in title_page.objects:
        is_title_candidate = title_object.size > least_size and title_object.upright
        title_text = object_text(title_object.handle, title_page.opened.text) if is_title_candidate else ""
        if title_text.strip() and not _is_shown(title_object, title_text, title_page):
            continue
        if not is_title_candidate or title_text.strip():
            title_texts.append(_TitleText(title_object.size, title_object.y, title_text))
    return title_texts


def _is_shown(title_object: PdfText, title_text: str, title_page: _TitlePage) -> bool:
    """Whether a text stands within its page; the text layer tells that of one in a form, which has its own bounds."""
    if title_text.strip() in title_page.layer:
        return True
    title_bounds = object_bounds(title_object.handle)
    return title_bounds is None or not is_outside(title_bounds, shown_box(title_page.opened.page))
