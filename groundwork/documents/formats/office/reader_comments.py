"""The comments of readers beside the text of an office file, which anydoc leaves out or weaves into the text."""

from __future__ import annotations

from groundwork.documents.formats.office.office_package import OfficePackage
from groundwork.documents.formats.office.office_xml import Element, attribute, tags

_WORD_TEXT = tags("w", "t")
_WORD_SPACE = tags("w", "p", "tab", "br", "cr")
_COMMENT_RANGE_START = tags("w", "commentRangeStart")
_COMMENT_RANGE_END = tags("w", "commentRangeEnd")
_COMMENT_REFERENCE = tags("w", "commentReference")
_ANNOTATION, _ANNOTATION_END = tags("office", "annotation"), tags("office", "annotation-end")
_ODT_PARAGRAPHS = tags("text", "p", "h")
_ODT_SPACE = (*_ODT_PARAGRAPHS, *tags("text", "s", "tab", "line-break"))
_MOST_QUOTED_LETTERS = 80  # letters of the words that a comment is about
_LONGEST_COMMENTED_RANGE = 20 * _MOST_QUOTED_LETTERS  # letters and spaces that a comment may stand at to be looked into


def docx_comments(package: OfficePackage) -> list[str]:
    """A quote for each comment in the order of the text: the words that it stands at, where it marks some, and what
    it says."""
    main_part = package.main_part("docx")
    comments = package.root(package.related_part(main_part, "comments", "word/comments.xml"))
    document = package.root(main_part)
    if comments is None or document is None:
        return []
    comment_texts = {attribute(c, "w", "id"): _word_comment_text(c) for c in comments.iter(*tags("w", "comment"))}
    commented_words = _commented_words(document)
    comment_ids = dict.fromkeys(attribute(reference, "w", "id") for reference in document.iter(*_COMMENT_REFERENCE))
    return [
        comment_quote(commented_words.get(comment_id, ""), comment_texts[comment_id])
        for comment_id in comment_ids
        if comment_texts.get(comment_id)
    ]


def odt_comments(package: OfficePackage) -> list[str]:
    """The same of OpenDocument text, where comments stand in the paragraphs that they are about."""
    comments_root = package.root_with("content.xml", "annotation")
    return [] if comments_root is None else _OdtComments(comments_root).quotes()


def ods_comments(package: OfficePackage) -> list[str]:
    """The same of an OpenDocument spreadsheet, with the text of the cell that each stands in."""
    comments_root = package.root_with("content.xml", "annotation")
    comment_quotes = []
    for comment in [] if comments_root is None else comments_root.iter(*_ANNOTATION):
        cell_paragraphs = comment.itersiblings(*_ODT_PARAGRAPHS)
        cell = " ".join("".join(p.itertext("*", with_tail=True)) for p in cell_paragraphs)
        comment_quotes.append((quotable_words(cell), _odt_comment_text(comment)))
    return [comment_quote(cell, comment_text) for cell, comment_text in comment_quotes if comment_text]


def slide_comments(package: OfficePackage, slide: str) -> list[str]:
    """A quote for each comment on a slide, replies too; they are called comments, for notes are quotes as well."""
    comment_parts = [relation.target for relation in package.relations(slide) if relation.kind == "comments"]
    roots = [root for part in comment_parts if (root := package.root(part)) is not None]
    comment_texts = [_slide_comment_text(comment) for root in roots for comment in root.iter("{*}cm", "{*}reply")]
    return [f"> Comment: {text}" for text in comment_texts if text]


def _slide_comment_text(comment: Element) -> str:
    """Of a comment as PowerPoint has written it since 2007 (`text`), or since 2021 (`txBody`)."""
    comment_bodies = comment.iterchildren("{*}text", "{*}txBody")
    comment_paragraphs = (
        paragraph for comment_body in comment_bodies for paragraph in ([*comment_body.iter("{*}p")] or [comment_body])
    )
    return " ".join(" ".join("".join(paragraph.itertext("*")) for paragraph in comment_paragraphs).split())


class _OdtComments:
    """The text of an ODT as it is walked through, with the place of each comment in it."""

    def __init__(self, comments_root: Element) -> None:
        from lxml import etree

        self._text_pieces: list[str] = []
        self._text_length = 0
        self._comments: list[tuple[str, int, str]] = []  # name, place, text
        self._comment_ends: dict[str, int] = {}
        walker = etree.iterwalk(comments_root, events=("start", "end"))
        for event, commented_element in walker:
            if event == "start" and commented_element.tag in _ANNOTATION:
                self._comments.append(
                    (
                        attribute(commented_element, "office", "name"),
                        self._text_length,
                        _odt_comment_text(commented_element),
                    )
                )
                walker.skip_subtree()
            elif event == "start":
                self._add_text(_odt_space(commented_element) + (commented_element.text or ""))
            else:
                self._end_element(commented_element)

    def quotes(self) -> list[str]:
        commented_text = "".join(self._text_pieces)
        return [
            comment_quote(
                quotable_words(commented_text[comment_start:comment_end])
                if comment_end - comment_start < _LONGEST_COMMENTED_RANGE
                else "",
                comment,
            )
            for comment_name, comment_start, comment in self._comments
            for comment_end in [self._comment_ends.get(comment_name, comment_start)]
            if comment
        ]

    def _end_element(self, commented_element: Element) -> None:
        if commented_element.tag in _ANNOTATION_END:
            self._comment_ends[attribute(commented_element, "office", "name")] = self._text_length
        self._add_text(commented_element.tail or "")

    def _add_text(self, text_piece: str) -> None:
        self._text_pieces.append(text_piece)
        self._text_length += len(text_piece)


def _odt_comment_text(comment: Element) -> str:
    comment_paragraphs = comment.iter(*_ODT_PARAGRAPHS)
    paragraph_texts = ("".join(paragraph.itertext("*", with_tail=True)) for paragraph in comment_paragraphs)
    return " ".join(" ".join(paragraph_texts).split())


def _odt_space(commented_element: Element) -> str:
    return " " if commented_element.tag in _ODT_SPACE else ""


def _commented_words(document: Element) -> dict[str, str]:
    """A comment's number: the words that it is about; "" of more than some, and of none."""
    text_pieces: list[str] = []
    text_length = 0
    comment_starts: dict[str, int] = {}
    comment_ranges: dict[str, tuple[int, int]] = {}
    for commented_element in document.iter(*_WORD_TEXT, *_WORD_SPACE, *_COMMENT_RANGE_START, *_COMMENT_RANGE_END):
        if commented_element.tag in _COMMENT_RANGE_START:
            comment_starts[attribute(commented_element, "w", "id")] = text_length
        elif commented_element.tag in _COMMENT_RANGE_END:
            comment_id = attribute(commented_element, "w", "id")
            comment_ranges[comment_id] = (comment_starts.get(comment_id, text_length), text_length)
        else:
            text_pieces.append(_text_or_space(commented_element))
            text_length += len(text_pieces[-1])
    commented_text = "".join(text_pieces)
    return {
        comment_id: quotable_words(commented_text[comment_start:comment_end])
        for comment_id, (comment_start, comment_end) in comment_ranges.items()
        if comment_end - comment_start < _LONGEST_COMMENTED_RANGE
    }


def quotable_words(commented_text: str) -> str:
    """The words of a text that is short enough to be quoted, else ""."""
    commented_words = " ".join(commented_text.split())
    return commented_words if len(commented_words) <= _MOST_QUOTED_LETTERS else ""


def _word_comment_text(comment: Element) -> str:
    return " ".join("".join(map(_text_or_space, comment.iter(*_WORD_TEXT, *_WORD_SPACE))).split())


def _text_or_space(commented_element: Element) -> str:
    return (commented_element.text or "") if commented_element.tag in _WORD_TEXT else " "


def comment_quote(commented_words: str, comment_text: str) -> str:
    """A comment as a quote, with the words that it is about, if there are any."""
    return f"> On “{commented_words}”: {comment_text}" if commented_words else f"> {comment_text}"


def with_comments(text: str, comments: list[str]) -> str:
    return "\n\n".join(filter(None, [text, *comments]))
