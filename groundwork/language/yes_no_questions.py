"""Questions that are answered by yes or no: the verbs they begin with, and the two words.

Patterns to be put into larger ones. "si" is no such word: in Spanish and Italian it mostly means "if".
"""

from __future__ import annotations

AUXILIARY = (  # what a yes/no question of English begins with
    "(?:is|are|was|were|do|does|did|can|could|may|might|must|should|shall|will|would|has|have|had)"
)
YES_OR_NO = "(?:yes|no|ja|nein|oui|non|sí|não|nee)"
