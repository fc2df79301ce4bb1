"""English content words and stems: the rules for a small model know no other language."""

from __future__ import annotations

from functools import partial

from groundwork.language import words

content_words = partial(words.content_words, language="en")
stem = partial(words.stem, language="en")
