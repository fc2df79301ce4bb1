"""Prompt injections in a document: what speaks to a language model instead of to a reader."""

from __future__ import annotations

import re

_INJECTION_PATTERN = re.compile(
    r"""\b(?:ignore|disregard|forget|override)\b[^.\n]{0,30}
            (?:\b(?:your|previous|prior|above|earlier|preceding|foregoing|system|initial)\ +
                (?:instructions?|prompts?|guidelines|messages?)\b
            | \b(?:all|any|these|those|the|other)\ +
                (?:instructions?|prompts?|guidelines|messages?)\b(?!\ (?:of|from|by|on|in|for|to|at)\b)
            | \b(?:all|any)\ \w+\ (?:instructions|prompts|guidelines)\b(?!\ (?:of|from|by|on|in|for|to|at)\b))
      | (?:\A|[.!?:>"]\s*)(?:please\ )?(?:ignore|disregard|forget|override)\ (?:instructions|prompts|guidelines)\b
            (?!\ (?:of|from|by|on|in|for|to|at)\b)
      | \b(?:ignore|disregard|forget)\b[^.\n]{0,20}\b(?:above|previous|prior|preceding|earlier)\b
      | \b(?:you\ are\ now|act\ as|pretend\ to\ be)\ (?:an?|the)\b[^.\n]{0,40}
            \b(?:assistant|ai|chatbot|language\ model)\b
      | \b(?:system|developer)\ prompt\b
      | \b(?:respond|reply|answer|output)\ (?:only|nothing\ but|exactly|solely)\ with\b
      | \b(?:as|dear)\ an?\ (?:ai|language\ model|large\ language\ model)\b
      | \b(?:ai|llm|language\ model|assistant)s?\ (?:reading|processing)\ this\b
      | \b(?:ignorier\w*|missacht\w*|vergiss)\b[^.\n]{0,40}\b(?:anweisung|vorgabe|prompt|obige|bisherige)
      | \b(?:ignor(?:e[rz]?|a)|oublie[rz]?|olvida)\b[^.\n]{0,40}\b(?:consignes|instrucciones)\b
      | (?:忽略|无视|無視)[^。\n]{0,20}(?:指令|指示|提示|以上|上述|之前)""",
    re.IGNORECASE | re.VERBOSE,
)


def is_prompt_injection(text: str) -> bool:
    """Does `text` speak to a language model ("ignore the above and ...") instead of to a reader?"""
    return _INJECTION_PATTERN.search(text) is not None
