"""The comments of readers beside the text of an office file, which anydoc leaves out or weaves into the text."""

from __future__ import annotations

from groundwork.documents.formats.office.package_parts import OfficePackage
from groundwork.documents.formats.office.xml_elements import Element, attribute, tags

_TEXT = tags("w", "t")
_SPACE = tags("w", "p", "tab", "br", "cr")
_RANGE_START = tags("w", "commentRangeStart")
_RANGE_END = tags("w", "commentRangeEnd")
_REFERENCE = tags("w", "commentReference")
_ANNOTATION, _ANNOTATION_END = tags("office", "annotation"), tags("office", "annotation-end")
_ODT_PARAGRAPHS = tags("text", "p", "h")
_ODT_SPACE = (*_ODT_PARAGRAPHS, *tags("text", "s", "tab", "line-break"))
_MOST_QUOTED = 80  # letters of the words that a comment is about
_LONGEST_RANGE = 20 * _MOST_QUOTED  # letters and spaces that a comment may stand at to be looked into


def docx_comments(package: OfficePackage) -> list[str]:
    """A quote for each comment in the order of the text: the words that it stands at, where it marks some, and what
    it says."""
    main_part = package.main_part("docx")
    comments = package.root(package.related(main_part, "comments", "word/comments.xml"))
    document = package.root(main_part)
    if comments is None or document is None:
        return []
    comment_texts = {
        attribute(comment, "w", "id"): _plain_text(comment) for comment in comments.iter(*tags("w", "comment"))
    }
    commented_words = _commented_words(document)
    comment_ids = dict.fromkeys(attribute(reference, "w", "id") for reference in document.iter(*_REFERENCE))
    return [
        comment_quote(commented_words.get(comment_id, ""), comment_texts[comment_id])
        for comment_id in comment_ids
        if comment_texts.get(comment_id)
    ]


def odt_comments(package: OfficePackage) -> list[str]:
    """The same of OpenDocument text, where comments stand in the paragraphs that they are about."""
    root = package.root_with("content.xml", "annotation")
    return [] if root is None else _OdtComments(root).quotes()


def ods_comments(package: OfficePackage) -> list[str]:
    """The same of an OpenDocument spreadsheet, with the text of the cell that each stands in."""
    root = package.root_with("content.xml", "annotation")
    quotes = []
    for comment in [] if root is None else root.iter(*_ANNOTATION):
        paragraphs = comment.itersiblings(*_ODT_PARAGRAPHS)
        cell = " ".join("".join(paragraph.itertext("*", with_tail=True)) for paragraph in paragraphs)
        quotes.append((short_text(cell), _odt_text(comment)))
    return [comment_quote(cell, text) for cell, text in quotes if text]


def slide_comments(package: OfficePackage, slide: str) -> list[str]:
    """A quote for each comment on a slide, replies too; they are called comments, for notes are quotes as well."""
    targets = [relation.target for relation in package.relations(slide) if relation.kind == "comments"]
    roots = [root for target in targets if (root := package.root(target)) is not None]
    comment_texts = [_slide_comment(comment) for root in roots for comment in root.iter("{*}cm", "{*}reply")]
    return [f"> Comment: {text}" for text in comment_texts if text]


def _slide_comment(comment: Element) -> str:
    """Of a comment as PowerPoint has written it since 2007 (`text`), or since 2021 (`txBody`)."""
    parts = comment.iterchildren("{*}text", "{*}txBody")
    paragraphs = (paragraph for part in parts for paragraph in ([*part.iter("{*}p")] or [part]))
    return " ".join(" ".join("".join(paragraph.itertext("*")) for paragraph in paragraphs).split())


class _OdtComments:
    """The text of an ODT as it is walked through, with the place of each comment in it."""

    def __init__(self, root: Element) -> None:
        from lxml import etree

        self._pieces: list[str] = []
        self._length = 0
        self._comments: list[tuple[str, int, str]] = []  # name, place, text
        self._ends: dict[str, int] = {}
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            if event == "start" and element.tag in _ANNOTATION:
                self._comments.append((attribute(element, "office", "name"), self._length, _odt_text(element)))
                walker.skip_subtree()
            elif event == "start":
                self._add(_odt_space(element) + (element.text or ""))
            else:
                self._end(element)

    def quotes(self) -> list[str]:
        text = "".join(self._pieces)
        return [
            comment_quote(short_text(text[start:end]) if end - start < _LONGEST_RANGE else "", comment)
            for name, start, comment in self._comments
            for end in [self._ends.get(name, start)]
            if comment
        ]

    def _end(self, element: Element) -> None:
        if element.tag in _ANNOTATION_END:
            self._ends[attribute(element, "office", "name")] = self._length
        self._add(element.tail or "")

    def _add(self, piece: str) -> None:
        self._pieces.append(piece)
        self._length += len(piece)


def _odt_text(comment: Element) -> str:
    paragraphs = comment.iter(*_ODT_PARAGRAPHS)
    texts = ("".join(paragraph.itertext("*", with_tail=True)) for paragraph in paragraphs)
    return " ".join(" ".join(texts).split())


def _odt_space(element: Element) -> str:
    return " " if element.tag in _ODT_SPACE else ""


def _commented_words(document: Element) -> dict[str, str]:
    """A comment's number: the words that it is about; "" of more than some, and of none."""
    text_pieces: list[str] = []
    length = 0
    starts: dict[str, int] = {}
    ranges: dict[str, tuple[int, int]] = {}
    for element in document.iter(*_TEXT, *_SPACE, *_RANGE_START, *_RANGE_END):
        if element.tag in _RANGE_START:
            starts[attribute(element, "w", "id")] = length
        elif element.tag in _RANGE_END:
            comment_id = attribute(element, "w", "id")
            ranges[comment_id] = (starts.get(comment_id, length), length)
        else:
            text_pieces.append(_piece(element))
            length += len(text_pieces[-1])
    text = "".join(text_pieces)
    return {
        comment_id: short_text(text[start:end])
        for comment_id, (start, end) in ranges.items()
        if end - start < _LONGEST_RANGE
    }


def short_text(text: str) -> str:
    """The words of a text that is short enough to be quoted, else ""."""
    words = " ".join(text.split())
    return words if len(words) <= _MOST_QUOTED else ""


def _plain_text(element: Element) -> str:
    return " ".join("".join(map(_piece, element.iter(*_TEXT, *_SPACE))).split())


def _piece(element: Element) -> str:
    return (element.text or "") if element.tag in _TEXT else " "


def comment_quote(commented_words: str, comment_text: str) -> str:
    """A comment as a quote, with the words that it is about, if there are any."""
    return f"> On “{commented_words}”: {comment_text}" if commented_words else f"> {comment_text}"


def with_comments(text: str, comments: list[str]) -> str:
    return "\n\n".join(filter(None, [text, *comments]))
