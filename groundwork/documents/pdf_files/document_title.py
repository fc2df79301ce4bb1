"""What a document is called: a PDF by its properties where its pages say so too, else by the largest text of its first
pages."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from groundwork.documents.auditing.readability import contents_lines
from groundwork.documents.layout.text_layer_spelling import Speller
from groundwork.documents.pdf_files.pdfium import OpenPage, TextObject, object_text, read_text_objects
from groundwork.language.language_and_script import has_unspaced
from groundwork.language.list_and_rule_labels import CAPTION_START
from groundwork.language.words import LONG_WORD, WRITTEN_OUT

_WORD = re.compile(r"[^\W\d_]+")
_NUMERAL = re.compile(r"[ivx]+")
_NAMED_PARTS = frozenset(
    ("chapter", "section", "part", "kapitel", "abschnitt", "teil", "chapitre", "capítulo", "capitolo")
)
_SECTION_NAMES = frozenset(
    name.strip()
    for name in """
abstract; acknowledgement; acknowledgements; acknowledgment; acknowledgments; afterword; agenda; any questions;
appendices; appendix; bibliography; conclusion; conclusions; contents; dedication; discussion; executive summary;
foreword; glossary; index; introduction; list of figures; list of tables; outline; overview; preface; q a; questions;
questions and answers; questions answers; references; summary; table of contents; thank you; thank you all;
thank you for listening; thank you for your attention; thank you for your time; thank you very much; thanks;
thanks for listening; title page
abbildungsverzeichnis; anhang; danksagung; danke; einführung; einleitung; fazit; gliederung; inhalt;
inhaltsübersicht; inhaltsverzeichnis; literatur; literaturverzeichnis; tabellenverzeichnis; vielen dank;
vielen dank für ihre aufmerksamkeit; vorwort; widmung; zusammenfassung
annexe; annexes; avant propos; bibliographie; dédicace; merci; merci de votre attention; préface; remerciements; résumé;
sommaire; table des matières
agradecimientos; bibliografía; contenido; contenidos; dedicatoria; gracias; introducción; muchas gracias; prefacio;
prólogo; resumen; tabla de contenido; índice; índice general
grazie; grazie per l attenzione; indice; introduzione; prefazione; ringraziamenti; riassunto; sommario
agradecimentos; introdução; obrigado; resumo; sumário
dankwoord; inhoud; inhoudsopgave; inleiding; samenvatting; voorwoord
目录; 目錄; 目次; 摘要; 前言; 引言; 概要; はじめに; 謝辞; 谢谢; 謝謝; ありがとうございました
""".replace("\n", ";").split(";")
)


def is_section_name(title: str) -> bool:
    """Whether a title, without its number and marks, names a part that many documents have."""
    words = _WORD.findall(title.casefold())
    is_labelled = len(words) > 1 and (words[0] in _NAMED_PARTS or _NUMERAL.fullmatch(words[0]))
    return " ".join(words) in _SECTION_NAMES or (bool(is_labelled) and " ".join(words[1:]) in _SECTION_NAMES)


_FILE_AFFIX = re.compile(r"^Microsoft \w+ - |\.\w{2,4}$")
FIRST_PAGES = 3  # among which a title page is
_TITLE_WORDS_ON_PAGES = 0.6  # of the words of a title in the properties that the first pages hold
_LONGEST_TITLE = 200  # letters
_OVERLEAF_RATIO = 1.25  # times the largest text of an earlier page; a figure's letters may be a little larger
_SMALL_CAPITALS_RATIO = 0.7  # of the size of the large ones, at the least
_TITLE_RATIO = 1.15  # times the body's size
_PAGE_LABEL = re.compile(r"[-–| ]*(?:(?!(?:19|20)\d\d)\d{1,4}|[ivxl]{1,6})[-–|. ]*")
_SENTENCE = re.compile(  # a stop that ends no abbreviation: "Phoenix paludosa Roxb."; else what a text goes on with
    r"^[,;.:)]|[:;,…]$|\.\.$|(?<![^\W\d_])(?:[^\W\d_]{5,}|[^\W\d_A-Z]+|(?<!\d)\d++)\.$"
)
_CONTENTS_ENTRIES = 4  # entries from which on a page is a list of contents
_LEADING_RATIO = 1.05  # times the body's size, of the largest text of the first page where it stands at its head
_COVER_WORDS = 60  # of a page without running text, at the most
_AMOUNT = re.compile(r"[$€£¥]\s?\d")
_WORD_RATIO = 1.2  # times the largest phrase, of a word that is a title by itself
_LEAST_WORD = 4  # letters of a title of one word
_PLACEHOLDER = re.compile(  # what programs write where nobody named the document
    r"\W*(?:untitled|unnamed|unbenannt|sans titre|sin título|anonymous|none|title|no title"
    r"|(?:(?:untitled|new|word|powerpoint)\W+)?(?:document|presentation|slide|sheet|présentation|präsentation)"
    r"(?:\W+powerpoint)?)[\W\d]*",
    re.IGNORECASE,
)
_PATH = re.compile(r"^[a-z]{2,}://|^[A-Za-z]:\\|^/\w+/|\S\.(?:pfm|docx?|pptx?|xlsx?|indd|qxd|html?|tex)\b")
_SUBJECT = re.compile(
    r"(?m)^[^\S\n]*+(?:re|subject|betreff|betr\.|objet|asunto|oggetto|assunto|onderwerp)"
    r"[^\S\n]*+:[^\S\n]*+(\S.{3,118}\S)[^\S\n]*$",
    re.IGNORECASE,
)
_MAIL_LINE = re.compile(
    r"(?m)^[^\S\n]*+"
    r"(?:(?:dear|liebe[rs]?|sehr geehrte[rs]?|cher|chère|madame|monsieur|estimad[oa]s?|gentile|prezad[oa]s?"
    r"|geachte)\b.{0,60}[,:!]|(?:from|to|von|an|de|para|da|van|aan)[^\S\n]*+:.*)[^\S\n]*$",
    re.IGNORECASE,
)
_MARKS = " _†‡*∗§"  # at the end of a title, which lead to a note
_PRIVATE_SIGNS = re.compile("[\ue000-\uf8ff]")  # of a symbol font


_TEMPLATE = re.compile(r"\{\{.*\}\}|\{%.*%\}")  # "{{ page.title }}"
_BOLD_HEAD = re.compile(r"\s*+(?:\*\*[^*\n]{1,120}+\*\*[ \t]*+\n\s*+)++")


class _SizedText(NamedTuple):
    """Text of a page, which may be a title: the size of its letters, and its baseline in points from the foot."""

    size: float
    y: float
    text: str


def choose_title(markdown: str, name: str, own_title: str, *, pdf: bool) -> str:
    """What a document is called: a PDF by its `own_title`, others by their heading of the first level.

    Else by the other of the two, and at last by the file's name.
    """
    heading = (re.match if pdf else re.search)(r"(?m)^# +(.+)$", markdown[:5000])
    heading_text = re.sub(r"[*_`\\]|<[^<>]+>", "", heading[1]).strip() if heading else ""
    heading_text = "" if is_section_name(heading_text) or _TEMPLATE.search(heading_text) else heading_text
    file_title = Path(name).stem
    if not pdf and not LONG_WORD.search(file_title):  # a number, of which nobody knows what it is
        file_title = _bold_title(markdown) or file_title
    return (own_title or heading_text if pdf else heading_text or own_title) or file_title


def _bold_title(markdown: str) -> str:
    """The longest of the bold lines at the head of a text, or ""."""
    head = _BOLD_HEAD.match(markdown)
    bold_lines = [line.strip("* ") for line in head.group().splitlines() if line.strip()] if head else []
    return max((line for line in bold_lines if LONG_WORD.search(line)), key=lambda line: len(line.split()), default="")


class _SizedPage(NamedTuple):
    """A page with its text layer, its printed number, and its text objects."""

    opened: OpenPage
    layer: str
    label: str
    objects: list[TextObject]


def document_title(document: Any, page_texts: Sequence[str], pages: Sequence[OpenPage | None]) -> str:
    """The title of a pypdfium2 document whose pages hold `page_texts`; "" where neither properties nor pages tell one.

    `pages`: the first ones as they were opened for their text; None for one that could not be.
    """
    title = _named_title(str(document.get_metadata_dict().get("Title") or ""))
    title_words = [word.casefold() for word in WRITTEN_OUT.findall(title)]
    labels = [document.get_page_label(k) if page else "" for k, page in enumerate(pages)]
    pages_text = " ".join(page_texts[:FIRST_PAGES]).casefold()
    if title_words and sum(word in pages_text for word in title_words) >= _TITLE_WORDS_ON_PAGES * len(title_words):
        return title
    first_pages = [
        _SizedPage(page, layer, label, read_text_objects(page.page))
        for page, layer, label in zip(pages, page_texts, labels, strict=False)
        if page
    ]
    sizes = sorted(text_object.size for page in first_pages for text_object in page.objects)
    body_size = sizes[len(sizes) // 2] if sizes else 0.0
    named = title if len(title_words) > 1 else ""
    return (
        _subject(page_texts[0])
        or _largest_title(first_pages, body_size)
        or named
        or _leading_title(first_pages[:1], body_size)
    )


def _named_title(name: str) -> str:
    """The title in a PDF's properties; "" for a file's name, a placeholder, and what names a part of a document."""
    title = " ".join(_FILE_AFFIX.sub("", name).split())
    has_file_sign = any(sign.isdecimal() or sign in "_-" for sign in title)
    is_file = (" " not in title and has_file_sign) or title.count("_") > 1 or _PATH.search(title) is not None
    is_title = WRITTEN_OUT.search(title) and not _PLACEHOLDER.fullmatch(title) and not is_section_name(title)
    return title if is_title and not is_file and len(title) <= _LONGEST_TITLE else ""


def _subject(text: str) -> str:
    """What a letter or a mail is about, where its first page says so; "" for other pages."""
    subject = _SUBJECT.search(text)
    return subject[1] if subject and _MAIL_LINE.search(text) else ""


def _largest_title(pages: Sequence[_SizedPage], body_size: float) -> str:
    """The largest phrase on the first pages, but for lists of contents; "" where all text is of one size.

    A later page's is larger by far, and stands behind pages of few words, such as a cover.
    """
    largest = _SizedText(_TITLE_RATIO * body_size, 0.0, "")
    for page in pages:
        least_size = largest.size
        ratio = _OVERLEAF_RATIO if largest.text else 1.0
        may_be_larger = any(text_object.size > ratio * largest.size for text_object in page.objects)
        if contents_lines(page.layer) < _CONTENTS_ENTRIES and may_be_larger:
            for title in _phrases(_candidates(page, _TITLE_RATIO * body_size)):
                if title.size > max(ratio * least_size, 1.02 * largest.size):
                    largest = title
        if len(page.layer.split()) > _COVER_WORDS:
            break
    return largest.text


def _phrases(titles: Sequence[_SizedText]) -> list[_SizedText]:
    """Titles of more than one word, and a single word that is larger than these by far."""
    least_size = _WORD_RATIO * max((title.size for title in titles if " " in title.text), default=math.inf)
    return [title for title in titles if " " in title.text or title.size > least_size]


def _leading_title(pages: Sequence[_SizedPage], body_size: float) -> str:
    """What stands at the head of the first page in its largest letters: one word, or a size little above the body's."""
    titles = [title for page in pages for title in _candidates(page, _LEADING_RATIO * body_size)]
    if not titles or any(title.size > titles[0].size for title in titles):
        return ""
    title = titles[0]
    is_head = all(text_object.y < title.y + title.size for page in pages for text_object in page.objects)
    return title.text if is_head and (" " in title.text or title.size > _TITLE_RATIO * body_size) else ""


def _candidates(page: _SizedPage, least_size: float) -> list[_SizedText]:
    """What may be a title on a page: not in letters of the size of one of its sentences, nor smaller ones."""
    speller = Speller(page.layer)
    title_groups = [
        _SizedText(size, y, _clean_title(speller.spell(text), page.label))
        for size, y, text in _groups(_upright_texts(page.opened.text, page.objects, least_size))
    ]
    sentence_size = max(
        (title_group.size for title_group in title_groups if _SENTENCE.search(title_group.text)), default=0.0
    )
    return [
        title_group
        for title_group in title_groups
        if title_group.size > sentence_size + 0.5 and _may_be_title(title_group.text)
    ]


def _may_be_title(text: str) -> bool:
    is_wordy = " " in text or has_unspaced(text) or len(text) >= _LEAST_WORD
    if not is_wordy or "@" in text or not WRITTEN_OUT.search(text) or len(text) >= _LONGEST_TITLE:
        return False
    return not (CAPTION_START.match(text) or _AMOUNT.search(text) or is_section_name(text))


def _clean_title(title: str, page_label: str) -> str:
    return _PRIVATE_SIGNS.sub("", title.removeprefix(f"{page_label} " if page_label else "")).strip(_MARKS)


def _groups(upright_texts: Sequence[_SizedText]) -> Iterator[_SizedText]:
    """What stands together in letters of one size."""
    title_group: list[_SizedText] = []
    for text in [*upright_texts, _SizedText(0.0, 0.0, "")]:
        is_same_size = bool(title_group) and abs(text.size - title_group[0].size) < 0.5
        if title_group and (
            _is_small_capital(title_group[0], text) or (is_same_size and title_group[-1].y - text.y < 2.2 * text.size)
        ):
            title_group.append(text)
            continue
        if title_group:
            title = " ".join(part.text for part in _without_page_label(title_group))
            yield _SizedText(title_group[0].size, title_group[0].y, " ".join(title.split()))
        title_group = [text] if text.text else []


def _without_page_label(title_group: Sequence[_SizedText]) -> Sequence[_SizedText]:
    """The texts of a group but for a number that stands on a line of its own above them."""
    is_label = len(title_group) > 1 and abs(title_group[0].y - title_group[1].y) > 0.5 * title_group[0].size
    return title_group[1:] if is_label and _PAGE_LABEL.fullmatch(title_group[0].text.strip()) else title_group


def _is_small_capital(title_text: _SizedText, text: _SizedText) -> bool:
    """Whether a text goes on with a title's line in the smaller letters that capitals stand for."""
    return text.text.isupper() and _SMALL_CAPITALS_RATIO * title_text.size < text.size < title_text.size


def _upright_texts(layer: Any, text_objects: Sequence[TextObject], least_size: float) -> list[_SizedText]:
    """The upright text objects of a page whose letters are larger than `least_size`; smaller ones part them."""
    upright_texts = []
    for text_object in text_objects:
        is_candidate = text_object.size > least_size and text_object.upright
        text = object_text(text_object.handle, layer) if is_candidate else ""
        if not is_candidate or text.strip():
            upright_texts.append(_SizedText(text_object.size, text_object.y, text))
    return upright_texts
