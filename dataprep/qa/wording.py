"""Faults of wording that rules can see: dangling references, another language, instructions hidden in a document."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from dataprep.qa import facts

_SOURCE = (
    r"(?:passages?|text|chunks?|excerpts?|paragraphs?|sentences?|statements?|documents?|context|snippet|extract|author"
    r"|source)"
)
_PART = rf"(?:{_SOURCE}|sections?|tables?|figures?|rules?|lists?|clauses?|steps?|diagrams?|pages?|articles?|chapters?)"
_DANGLING = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:this|these|those|the (?:above|following|preceding|given|provided|said|aforementioned)) {_PART}\b",
        rf"\b(?:the|according to|in|from) {_SOURCE}\b(?! (?:of|for|that|which|to|messages?|editor|files?|size|field))",
        r"\bthe (?:following|above) (?!day|week|month|year|season|morning)\w+(?: \w+)?\s*\?",
        rf"\b(?:of|in|from) the (?:above|following)\b|\b{_PART} (?:above|below)\b|\bmentioned (?:above|earlier)\b",
        r"\b(?:the|this) (?:table|figure|diagram|illustration)\b(?! (?:of|tennis|football))",
        r"\b(?:table|figure|fig\.|section|rule|clause|article|appendix|step|paragraph) [A-Z]?\d+(?:\.\d+)*\b(?! of)",
        r"\b(?:do|does|did|are|was|were|can|may|must|should|will|has|have) (?:it|they|he|she|them|this|these|those)\b"
        r"(?! (?:possible|allowed|permitted|necessary|required|legal|mean))",
        r"\bis (?:he|she|this|that|these|those)\b|\b(?:of|for|about|with|on|by) (?:it|them|this|these|those)\s*\?",
        r"\bis it\b(?! .*\b(?:to|that|for|if|when)\b)",
    )
]

_INSTRUCTIONS = re.compile(
    r"""\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}\b(?:instructions?|prompts?|guidelines|messages?)\b
      | \b(?:ignore|disregard|forget)\b[^.\n]{0,20}\b(?:above|previous|prior|preceding|earlier)\b
      | \b(?:you\ are\ now|act\ as|pretend\ to\ be)\ (?:an?|the)\b[^.\n]{0,40}
            \b(?:assistant|ai|chatbot|language\ model)\b
      | \b(?:system|developer)\ prompt\b
      | \b(?:respond|reply|answer|output)\ (?:only|nothing\ but|exactly|solely)\ with\b
      | \b(?:as|dear)\ an?\ (?:ai|language\ model|large\ language\ model)\b
      | \b(?:ai|llm|language\ model|assistant)s?\ (?:reading|processing)\ this\b""",
    re.IGNORECASE | re.VERBOSE,
)

_FUNCTION_WORDS = {
    "en": "the of and to in is that for are with as what how which when must does a an be by or not from",
    "de": "der die das und ist nicht ein eine von mit auf für den dem wie wird sind was welche muss bei zu im wann",
    "fr": "le la les des et est une un dans pour que qui du quel quelle comment au sur par avec doit sont combien",
    "es": "el la los las de y es una un en para que por con qué cuál cómo del se debe son al cuánto cuántos",
    "it": "il la lo gli di e è una un in per che con del della quale come quanto deve sono nel alla quando",
    "pt": "o a os as de e é uma um em para que por com do da qual como quanto deve são no na quando",
    "nl": "de het een van en is in voor op met dat niet zijn wat welke hoe moet wordt bij te aan wanneer",
}
_LANGUAGES = {language: frozenset(words.split()) for language, words in _FUNCTION_WORDS.items()}


def dangling(question: str) -> str:
    """The part of a question that points at something its reader cannot see ("this rule", "does it"), or ""."""
    found = (pattern.search(question) for pattern in _DANGLING)
    return next((match.group().strip() for match in found if match), "")


def is_instruction(text: str) -> bool:
    """Does `text` speak to a language model ("ignore the above and ...") instead of to a reader?"""
    return _INSTRUCTIONS.search(text) is not None


def language(text: str) -> str:
    """The language of `text` by its function words, or its script ("cyrillic", "cjk"); "" where that is not plain."""
    scripts = Counter(_script(character) for character in text if character.isalpha())
    if scripts and (script := scripts.most_common(1)[0][0]) != "latin":
        return script
    words = facts.words(text)
    counts = Counter({name: sum(word in known for word in words) for name, known in _LANGUAGES.items()})
    (first, most), (_, second) = counts.most_common(2)
    return first if most >= 3 and most > 1.4 * second else ""


def other_language(said: str, text: str) -> str:
    """The language of `said` where it is plainly not the one of `text`, or ""."""
    mine, theirs = language(said), language(text)
    return mine if mine and theirs and mine != theirs else ""


def _script(character: str) -> str:
    name = unicodedata.name(character, "LATIN").split()[0].lower()
    return "cjk" if name in ("cjk", "hiragana", "katakana", "hangul") else name
