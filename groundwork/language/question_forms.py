"""The forms of questions: how they end in each script, and what those answered by yes or no begin with.

The strings are patterns to be put into larger ones. "si" is no yes: in Spanish and Italian it mostly means "if".
"""

from __future__ import annotations

import re

import regex

_QUESTION_END = regex.compile(
    r"""[?？؟\u037e፧⁇⁈]\Z
      | \p{Greek}.*;\Z                                        # the Greek mark looks like a semicolon, and mostly is one
      | ՞                                                      # the Armenian one stands above the word asked for
      | [\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]\W*\Z        # Thai, Lao, Burmese and Khmer do without""",
    regex.VERBOSE | regex.DOTALL,
)

AUXILIARY = (  # what a yes/no question of English begins with
    "(?:is|are|was|were|do|does|did|can|could|may|might|must|should|shall|will|would|has|have|had)"
)
_YES_AND_NO = {
    "cs": ("ano", "ne"), "da": ("ja", "nej"), "de": ("ja", "nein"), "el": ("ναι", "όχι"), "en": ("yes", "no"),
    "es": ("sí", "no"), "fi": ("kyllä", "ei"), "fr": ("oui", "non"), "hu": ("igen", "nem"), "it": ("sì", "no"),
    "nb": ("ja", "nei"), "nl": ("ja", "nee"), "no": ("ja", "nei"), "pl": ("tak", "nie"), "pt": ("sim", "não"),
    "ro": ("da", "nu"), "ru": ("да", "нет"), "sv": ("ja", "nej"), "tr": ("evet", "hayır"), "uk": ("так", "ні"),
}  # fmt: skip
_FIRST_WORD = re.compile(r"\W*([^\W\d_]+)(?![\w-])")  # "no-one" is another word
YES_OR_NO = "(?:yes|no|ja|nein|oui|non|sí|não|nee)"


def is_question(text: str) -> bool:
    """Does `text` end as a question does in its script?"""
    return _QUESTION_END.search(text.rstrip()) is not None


def yes_and_no(language: str) -> tuple[str, str]:
    """The words for yes and no of a language by its ISO 639-1 code; those of English where they are not known."""
    return _YES_AND_NO.get(language, _YES_AND_NO["en"])


def yes_or_no(answer: str, language: str) -> str:
    """The word for yes or no that an answer begins with, in small letters, or ""."""
    match = _FIRST_WORD.match(answer)
    word = match[1].lower() if match else ""
    return word if word in yes_and_no(language) else ""
