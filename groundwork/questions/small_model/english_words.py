"""Words as the rules for a small model read them: in English, which they alone know."""

from __future__ import annotations

from functools import partial

from groundwork.language import words

content_words = partial(words.content_words, language="en")
stem = partial(words.stem, language="en")
