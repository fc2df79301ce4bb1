"""Wording that points away from a text that stands alone: at its source, at what was said before, at its reader."""

from __future__ import annotations

import re

from groundwork.language.detection import code, is_english, may_be

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
      | \b(?:ai|llm|language\ model|assistant)s?\ (?:reading|processing)\ this\b
      | \b(?:ignorier\w*|missacht\w*|vergiss)\b[^.\n]{0,40}\b(?:anweisung|vorgabe|prompt|obige|bisherige)
      | \b(?:ignor(?:e[rz]?|a)|oublie[rz]?|olvida)\b[^.\n]{0,40}\b(?:consignes|instrucciones)\b
      | (?:忽略|无视|無視)[^。\n]{0,20}(?:指令|指示|提示|以上|上述|之前)""",
    re.IGNORECASE | re.VERBOSE,
)

_ELSEWHERE = [  # the same in other languages, where rules can see it without a parser
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:dies(?:er|em|es|en|e)|im|laut|nach|aus|vom) (?:(?:dies(?:em|er)|dem|der|obigen|vorliegenden) )?"
        r"(?:text|textes|textabschnitts?|passage|abschnitts?|absatz(?:es)?|auszugs?|dokuments?|tabelle)\b(?! \d)",
        r"\b(?:le|la|ce|cet|cette|au|du|dans le|selon le) (?:texte|passage|extrait|document|paragraphe|tableau)\b"
        r"(?! (?:de|du|des|d['’])\b)",
        r"\b(?:el|este|esta|del|al|según el|la) (?:texto|pasaje|fragmento|documento|párrafo|tabla)\b(?! (?:de|del)\b)",
        r"(?:本文|上文|下文|文中|该段|这段|此段|上表|下表|该表|本段)",
        r"(?:この|上記の|本)(?:文章|文書|段落|表|節)|(?:이|위|본) (?:글|문서|단락|표)(?!\w)",
    )
]


_SOURCE_NAMED = re.compile(
    r"\b(?:the|this|that|given|provided|above|following|according to)\s+(?:\w+\s+)?"
    r"(?:text|passage|document|context|excerpt|article|section|chapter|table|figure|page|source|paragraph|snippet)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(r"^(?:and|but|so|it|its|they|their|he|she|his|her|this|these|those|that)\b", re.IGNORECASE)


def source_named(text: str) -> str:
    """The words by which `text` names what it was taken from ("the given passage", "this section"), or ""."""
    match = _SOURCE_NAMED.search(text)
    return match.group() if match else ""


def dangling_opening(text: str) -> str:
    """The first word of `text` where it goes on from something said before ("It", "And"), or ""."""
    match = _OPENING.match(text)
    return match.group() if match else ""


def dangling(question: str, language: str = "") -> str:
    """The part of a question that points at something its reader cannot see ("this rule", "does it"), or "".

    `language` is that of the text it is about; without it the question itself tells it.
    """
    english = language == "en" if language else is_english(question)
    found = (pattern.search(question) for pattern in (_DANGLING if english else _ELSEWHERE))
    return next((match.group().strip() for match in found if match), "")


def is_instruction(text: str) -> bool:
    """Does `text` speak to a language model ("ignore the above and ...") instead of to a reader?"""
    return _INSTRUCTIONS.search(text) is not None


def other_language(said: str, language: str, text: str = "") -> str:
    """The language of `said` where it is plainly not `language`, or "".

    Where that is "", `text` tells it.
    """
    mine, theirs = code(said), language or code(text)
    return mine if mine and theirs and mine != theirs and not may_be(said, theirs) else ""
