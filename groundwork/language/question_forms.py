"""The forms of questions: how they end in each script, and what those answered by yes or no begin with.

The strings are patterns to be put into larger ones. "si" is no yes: in Spanish and Italian it mostly means "if".
"""

from __future__ import annotations

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
YES_OR_NO = "(?:yes|no|ja|nein|oui|non|sí|não|nee)"


def is_question(text: str) -> bool:
    """Does `text` end as a question does in its script?"""
    return _QUESTION_END.search(text.rstrip()) is not None
