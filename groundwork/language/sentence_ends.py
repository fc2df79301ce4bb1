"""How a text ends that is complete, by what is asked about it: a run of blocks, a line of a page, a line in a chunk.

All take FULL_STOPS for an end. They differ in colons, commas, quotes and brackets: tests/language/test_sentence_ends.py
holds them side by side.
"""

from __future__ import annotations

import re

import regex

FULL_STOPS = ".!?…。！？"
# a block that is complete: what stands above a table or fence does not introduce it
FINISHED = regex.compile(rf"[{FULL_STOPS}؟)\]”»\"'>|`~][*_]*\s*\Z")
# a line of a page behind which a paragraph may end; with none of these the sentence may go on, on the next page too
LINE_ENDS = tuple(f'{FULL_STOPS}:;”"：；」')
# a line of a chunk that is a statement, and no title or label of a figure
CLOSED = re.compile(rf"[{FULL_STOPS}:;,)\"”'’»]$")
# an item that is said to its end, of whatever script, with the quotes and brackets that close behind
SAID_WHOLE = re.compile(r"[.!?:;。！？；：।؟۔][\"'”’)」』*_]*$")
