"""The words of a language that say nothing of what a text is about."""

from __future__ import annotations

import re
from functools import cache

ENGLISH = frozenset(
    re.findall(
        r"\w+",
        """a about above after again all also an and any are as at be because been before being below between both
        but by can could did do does doing down during each few for from further had has have having he her here
        hers him his how i if in into is it its itself just let may me might more most must my no nor not now of
        off on once one only or other our out over own same shall she should so some such than that the their
        them then there these they this those through to too under until up upon us very was we were what when
        where which while who whom whose why will with would you your""",
    )
)


@cache
def stop_words(language: str) -> frozenset[str]:
    """The stop words of a language by its ISO 639-1 code; those of English for "", none where they are not known."""
    if language in ("en", ""):
        return ENGLISH
    from stop_words import LANGUAGE_MAPPING, get_stop_words

    name = {"no": "nb"}.get(language, language)
    return frozenset(get_stop_words(name)) if name in LANGUAGE_MAPPING else frozenset()
