"""Lines of Markdown that say nothing by themselves: captions of tables, figures and listings, and directives."""

from __future__ import annotations

import re

_CAPTION_NUMBER = r"[A-Z]?\d+(?:[.-]\d+)*[a-z]?\b"
_TABLE_OR_FIGURE_CAPTION = re.compile(
    rf"[*_ \t]*(?:Table|Figure|Fig\.|Tabelle|Abbildung|Abb\.|Tableau)\s+{_CAPTION_NUMBER}.{{0,120}}$"
)
# a caption's number, where a title follows and no verb
_NUMBER_AND_TITLE = rf"{_CAPTION_NUMBER}[*_]*(?:[.:)|–—-]|\s+[^\W\d_a-zß-ÿ])"
_LONG_CAPTION = re.compile(rf"[*_ \t]*(?i:Table|Figure|Fig\.|Tabelle|Abbildung|Abb\.|Tableau)\s+{_NUMBER_AND_TITLE}")
_LISTING_CAPTION = re.compile(
    rf"[*_ \t]*(?:Example|Listing|Algorithm|Exhibit|Beispiel)\s+{_NUMBER_AND_TITLE}.{{0,120}}(?<![.!?;:*_ ])[*_ ]*$"
)
_FIGURE_CAPTION_NUMBER = r"(?:figure|fig\.?|abbildung|abb\.|figura|рис\.|图|図)\s*[A-Z]?\d"
_FIGURE_CAPTION_START = re.compile(_FIGURE_CAPTION_NUMBER, re.IGNORECASE)
_FIGURE_CAPTION = re.compile(rf"{_FIGURE_CAPTION_NUMBER}[\w.]*\s*(?:[.:|–—-]|$)", re.IGNORECASE)
_MARKUP_DIRECTIVE = re.compile(  # of MyST, Sphinx, MkDocs and templates, which hold no words of the text
    r"[ \t>]*(?::{3,}(?!\{code)[^\n]*"  # :::{versionchanged} 3.0, ::: warning
    r"|\.\.[ \t]+(?:[\w.:-]+::(?:[ \t]+\S+)?|_[^\n]*:)"  # .. versionchanged:: 3.0, .. _label:
    r"|(?:!!!|\?\?\?\+?)[ \t]+\w+(?:[ \t]+\"[^\"\n]*\")?|===\+?[ \t]+\"[^\"\n]*\""  # !!! note "Title", === "Tab"
    r"|\([\w-]+\)=|\{%[^\n]*%\}|\{\{[^\n]*\}\})[ \t]*$"  # (label)=, {% include x %}, {{#include x}}
)
_VERSION_IN_DIRECTIVE = re.compile(r"(?:::|\})[ \t]+v?\d[\w.]*[ \t]*$")
_DIRECTIVE_OPTION = re.compile(r"[ \t]*:[\w-]+:(?:[ \t][^\n]*)?$")  # :maxdepth: 2, below a directive
STATEMENT_LETTER = re.compile(r"[^\W\d_]")


def is_caption(line: str) -> bool:
    """Is the line the caption of a table, a figure or a listing?"""
    return _TABLE_OR_FIGURE_CAPTION.match(line) is not None or _LISTING_CAPTION.match(line) is not None


def caption_end(markdown: str, start: int, end: int) -> int:
    """Where the label, number and title of a caption end that begins a paragraph; 0 of any other paragraph."""
    caption = _LONG_CAPTION.match(markdown, start, end)
    return caption.end() if caption else 0


def is_caption_of_figure(page_line: str) -> bool:
    """Whether a line begins with a figure's number and a sign behind it, as captions do and sentences do not."""
    return _FIGURE_CAPTION.match(page_line) is not None


def begins_as_figure_caption(page_line: str) -> bool:
    """Whether a line begins with a figure's number, which a sentence such as "Figure 3 shows" does too."""
    return _FIGURE_CAPTION_START.match(page_line) is not None


def is_directive_line(line: str, following: str, in_directive: bool) -> bool:
    """Is the line a directive or, `in_directive`, an option of it? A version belongs to the text that follows."""
    if _MARKUP_DIRECTIVE.match(line):
        return not (_VERSION_IN_DIRECTIVE.search(line) and STATEMENT_LETTER.match(following))
    return in_directive and _DIRECTIVE_OPTION.match(line) is not None
