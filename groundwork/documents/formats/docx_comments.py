"""The comments that readers wrote beside the text of a DOCX, which anydoc leaves out."""

from __future__ import annotations

from groundwork.documents.formats.office_package import OfficePackage
from groundwork.documents.formats.office_xml import Element, attribute, tags

_TEXT = tags("w", "t")
_SPACE = tags("w", "p", "tab", "br", "cr")
_RANGE_START = tags("w", "commentRangeStart")
_RANGE_END = tags("w", "commentRangeEnd")
_REFERENCE = tags("w", "commentReference")
_MOST_QUOTED = 80  # letters of the words that a comment is about
_LONGEST_RANGE = 20 * _MOST_QUOTED  # letters and spaces that a comment may stand at to be looked into


def comment_quotes(package: OfficePackage) -> list[str]:
    """A quote for each comment in the order of the text: the words that it stands at, where it marks some, and what
    it says."""
    main_part = package.main_part("docx")
    comments = package.root(package.related(main_part, "comments", "word/comments.xml"))
    document = package.root(main_part)
    if comments is None or document is None:
        return []
    texts = {attribute(comment, "w", "id"): _plain_text(comment) for comment in comments.iter(*tags("w", "comment"))}
    words = _commented_words(document)
    numbers = dict.fromkeys(attribute(reference, "w", "id") for reference in document.iter(*_REFERENCE))
    return [_quote(words.get(number, ""), texts[number]) for number in numbers if texts.get(number)]


def _commented_words(document: Element) -> dict[str, str]:
    """A comment's number: the words that it is about; "" of more than some, and of none."""
    pieces: list[str] = []
    length = 0
    starts: dict[str, int] = {}
    ranges: dict[str, tuple[int, int]] = {}
    for element in document.iter(*_TEXT, *_SPACE, *_RANGE_START, *_RANGE_END):
        if element.tag in _RANGE_START:
            starts[attribute(element, "w", "id")] = length
        elif element.tag in _RANGE_END:
            number = attribute(element, "w", "id")
            ranges[number] = (starts.get(number, length), length)
        else:
            pieces.append(_piece(element))
            length += len(pieces[-1])
    text = "".join(pieces)
    return {
        number: _short_text(text[start:end]) for number, (start, end) in ranges.items() if end - start < _LONGEST_RANGE
    }


def _short_text(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _MOST_QUOTED else ""


def _plain_text(element: Element) -> str:
    return " ".join("".join(map(_piece, element.iter(*_TEXT, *_SPACE))).split())


def _piece(element: Element) -> str:
    return (element.text or "") if element.tag in _TEXT else " "


def _quote(commented_words: str, comment_text: str) -> str:
    return f"> On “{commented_words}”: {comment_text}" if commented_words else f"> {comment_text}"
