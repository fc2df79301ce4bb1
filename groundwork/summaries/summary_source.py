"""What a summary may say: the words, names, initials and counts of its document."""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property

import regex

from groundwork.language.language_and_script import detect_language
from groundwork.language.words import stem, word_pieces
from groundwork.markdown.grounding import SourceText
from groundwork.markdown.list_and_table_lengths import list_and_table_lengths

WORD_PART = re.compile(r"[^\W_]+")
_CAPITALISED_RUN = regex.compile(r"\p{Lu}[\p{L}\p{M}]*+(?:[ -](?:\p{Ll}\p{L}{0,4} ){0,2}\p{Lu}[\p{L}\p{M}]*+)++")


class SummarySource:
    """What a summary and its name may say: a document with its title, read once.

    `context`: what a person says that all documents are about (qa.context), whose words a name may have as well.
    """

    def __init__(self, text: str, context: str = "") -> None:
        self.text, self.context = text, context

    @cached_property
    def language(self) -> str:
        return detect_language(self.text)

    @cached_property
    def grounds(self) -> SourceText:
        return SourceText(self.text, self.language)

    @cached_property
    def counts(self) -> set[int]:
        """How many items, rows and parts it has, from two on."""
        return {count for count in list_and_table_lengths(self.text) if count > 1}

    @cached_property
    def stems(self) -> set[str]:
        """Those of its words, and of the parts of compounds with hyphens; pairs of characters as `word_pieces`."""
        return self._stems_in(self.text)

    @cached_property
    def name_stems(self) -> set[str]:
        """Those that a name may have."""
        return self.stems | self._stems_in(self.context)

    def _stems_in(self, text: str) -> set[str]:
        normalised_words = (unicodedata.normalize("NFKC", word) for word in WORD_PART.findall(text))
        return {
            stem(piece, self.language)
            for word in normalised_words
            for name_form in {word, word.lstrip("0123456789")}  # "GB" of "1GB"
            for piece in word_pieces(name_form)
        }

    @cached_property
    def initials(self) -> str:
        """Those of its capitalised words, a run of them a line: "FSI" of the "Federation of Sound and Ice"."""
        capitalised_runs = _CAPITALISED_RUN.findall(self.text.replace("\n", " "))
        return "\n".join(
            "".join(word[0] for word in WORD_PART.findall(capitalised_run) if word[0].isupper())
            for capitalised_run in capitalised_runs
        )
