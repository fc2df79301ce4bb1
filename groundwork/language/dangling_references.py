"""Wording that points away from a text that stands alone: at its source, at what was said before, at a numbered part.

By its number a part is only pointed at where that is sure: a number alone ("3.5") may be a value or a version. It needs
a word such as "table" or "rule" beside it, or stands where something is said to hold ("unless 16.3 applies", "as
described in 4.2"), or in brackets with three parts ("(4.4.3)").
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from groundwork.language.language_and_script import is_english
from groundwork.language.list_and_rule_labels import RULE_LABEL
from groundwork.language.text_spans import Span
from groundwork.language.words import ENGLISH_STOP_WORDS, words

_SOURCE_NOUN = (
    r"(?:passages?|text|chunks?|excerpts?|paragraphs?|sentences?|statements?|documents?|context|snippet|extract|author)"
)
_PART_NOUN = (
    rf"(?:{_SOURCE_NOUN}|sections?|tables?|figures?|rules?|lists?|clauses?|steps?|diagrams?|pages?|articles?|chapters?)"
)
_REPORTING_VERB = (
    r"(?:says?|said|states?|mentions?|mentioned|describes?|described|defines?|gives?|given|lists?|tells?|calls?|names?"
    r"|recommends?|suggests?|explains?|feels?|thinks?|claims?)"
)
# What goes on about the source itself, and does not make a compound of its name: the text editor.
_SOURCE_ITSELF = (
    rf"(?=\s*(?:[?.,;:)]|$)|\s(?:{_REPORTING_VERB}|asks?|requires?|provides?|provided"
    r"|shows?|shown|is|are|was|were|does|do|did|has|have|about|and|or|as|above|below|when|if|on|in|by|with)\b)"
)
_MORE_LABELS = rf"(?:,? (?:and|or|nor|to|with) (?:\w+ )?(?>{RULE_LABEL}))+"
_DAY_OF_MONTH = r"\d+ (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_DANGLING_PATTERNS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:this|these|those|the (?:above|following|preceding|given|provided|said|aforementioned)) {_PART_NOUN}\b",
        rf"\b(?:the|according to|in|from) {_SOURCE_NOUN}\b{_SOURCE_ITSELF}",
        # never source code
        rf"\baccording to (?:the|this) source\b|\bthis source\b{_SOURCE_ITSELF}|\bthe source {_REPORTING_VERB}\b",
        rf"\bthe (?:following|above) (?!day|week|month|year|season|morning|{_DAY_OF_MONTH})\w+(?: \w+)?\s*\?",
        rf"\b(?:of|in|from) the (?:above|following)\b|\b{_PART_NOUN} (?:above|below)\b|\bmentioned (?:above|earlier)\b",
        rf"\b(?:the|this) (?:table|figure|diagram|illustration)\b{_SOURCE_ITSELF}",
        rf"\b(?:table|figure|fig\.|section|rule|clause|article|appendix|step|paragraph) (?>{RULE_LABEL})\b"
        rf"(?! of|{_MORE_LABELS} of)",
    )
]
_LAW_NOUN = (
    "(?:Act|Code|Laws?|Regulations?|Treaty|Constitution|Convention|Directive|Statutes?|Ordinance|Charter|Protocol)"
)
_NAMES_LAW = re.compile(  # "the Companies Act", "the Treaty of Lisbon", "Regulation (EU) 2016/679"
    rf"\b[A-Z][\w-]* {_LAW_NOUN}\b|\b{_LAW_NOUN} (?:(?:of|on) [A-Z]|\(?[A-Z]+\)? \d)|\b[A-Z]\w*gesetz(?:es|buch)?\b"
    r"|\b(?:GDPR|DSGVO)\b"
)
_PART_OF_LAW = re.compile(r"(?:section|clause|article|paragraph|rule)s? ", re.IGNORECASE)
_CATEGORY = (
    re.compile(  # "Section 5 claims are paid", "Section 5 claimants (miners)", "Section 5 RECA claims": a kind of claim
        r"(?: [A-Z]{2,})? [a-z]{3,}(?:s (?:are|were|have|had|who|that)\b| \()| [A-Z]{2,} [a-z]{3,}"
    )
)
_DEFINITE_NOUN = re.compile(r"(?:(?:in|from) )?(?:the|this|that) (\w+)", re.IGNORECASE)
_PRONOUN_PATTERNS = [  # dangles unless the question itself named something before
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:do|does|did|are|was|were|can|may|must|should|will|has|have) (?:they|he|she|them|this|these|those)\b"
        r"(?! (?:possible|allowed|permitted|necessary|required|legal|mean))",
        r"\bis (?:he|she|this|that|these|those)\b(?! [a-z]+ of (?:the )?[a-z])"
        r"|\b(?:of|for|about|with|on|by) (?:it|them|this|these|those)\s*\?",
        # "Is it legal to row at night?", "How long does it take to fill the pond?": the clause says what "it" is
        r"\b(?:is|was|does|did|can|may|must|should|will|has) it\b"
        r"(?! .*\b(?:to|that|for|if|when|whether|who|which|how)\b| take\b.*\b(?:until|till|before)\b)",
    )
]
_CLAUSE_BORDER = re.compile(r"[,;:.?!—]\s|\b(?:and|or|but|if|when|while|because|although|since|once)\b", re.IGNORECASE)
_OPENING_PHRASE = re.compile(
    r"^(?:in|during|at|on|according to|under|for|after|before|by|from|since|until|within)\b"
    r"(?! (?:when|what|which|whom|whose|where|how)\b)[^,]*,\s*",
    re.IGNORECASE,
)
_RELATIVE_PRONOUN = re.compile(r"\b(?:that|which|who|whose|whom|where)\b", re.IGNORECASE)
# "a foul" of "a foul on them"
_PART_OF_NOUN = re.compile(r"\b(?:an?|the|any|each|every|no) (?:[\w-]+ ){1,4}$", re.IGNORECASE)
_INDEFINITE_NOUN = re.compile(r"\b(?:an?|any|each|every|either|no) \w", re.IGNORECASE)
_PLURAL_NOUN = re.compile(r"\b\w{2,}(?<![siu'])s\b")
_PLURAL_PRONOUNS = frozenset(["they", "them", "these", "those"])
_OBJECT_PRONOUN = re.compile(r"(?:on|by|against|for) (?:them|him|her|it)\b", re.IGNORECASE)
_QUESTION_WORDS = frozenset(
    words("how long wide high far often many much old what which who when where why kind time year")
)


_OTHER_LANGUAGE_PATTERNS = [  # the same in other languages, where rules can see it without a parser
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


_SOURCE_NAME = (
    r"(?:text|passage|document|context|excerpt|article|section|chapter|table|figure|page|source|paragraph|snippet)"
)
_SOURCE_NAMED = re.compile(  # "the source code" and "the chapter 5 rule" name no source
    rf"\b(?:this|that|given|provided|above|following|according to)\s+(?:\w+\s+)?{_SOURCE_NAME}\b(?! code| \d)"
    rf"|\bthe\s+(?:\w+\s+)?(?!figure\b){_SOURCE_NAME}\b{_SOURCE_ITSELF}",
    re.IGNORECASE,
)
# "She is a junior of 15 and ...", "It is after 18:00 ...", "It blows at 14 knots": the sentence itself sets the scene.
_SCENE_SETTING = re.compile(
    r"^(?:he|she|it|this|that) is (?:an?|after|before|already|not yet|late|early|\d)\b"
    r"|^it (?:blows|rains|snows|freezes)\b",
    re.IGNORECASE,
)
_CONTINUING_WORD = re.compile(
    r"^(?:and|but|so|it|its|they|their|he|she|his|her|this|these|those|that)\b", re.IGNORECASE
)


def find_source_name(text: str) -> str:
    """The words by which `text` names what it was taken from ("the given passage", "this section"), or ""."""
    match = _SOURCE_NAMED.search(text)
    return match.group() if match else ""


def find_dangling_opening(text: str) -> str:
    """The first word of `text` where it goes on from something said before ("It", "And"), or ""."""
    match = None if _SCENE_SETTING.match(text) else _CONTINUING_WORD.match(text)
    return match.group() if match else ""


def find_dangling_reference(question: str, language: str) -> str:
    """The part of a question that points at something its reader cannot see ("this rule", "does it"), or "".

    `language` is that of the text it is about; where it is "", the question itself tells it.
    """
    is_english_text = language == "en" if language else is_english(question)
    if not is_english_text:
        return _first_match(_OTHER_LANGUAGE_PATTERNS, question)
    pointing = (match for pattern in _DANGLING_PATTERNS for match in pattern.finditer(question))
    if reference := next((match.group().strip() for match in pointing if _leads_away(match, question)), ""):
        return reference
    pronouns = (match for pattern in _PRONOUN_PATTERNS for match in pattern.finditer(question))
    return next((match.group().strip() for match in pronouns if not _has_antecedent(match, question)), "")


def _leads_away(reference: re.Match[str], question: str) -> bool:
    return not (_is_introduced(reference, question) or _is_of_law(*reference.span(), question, question))


def _is_of_law(start: int, end: int, text: str, question: str) -> bool:
    """Is it a part of a law that the question names, whose numbers are names ("Section 5 of the ... Act"), or a kind of
    thing that is called by it ("Section 5 claimants (miners)")?
    """
    is_part = _PART_OF_LAW.match(text, start, end) is not None
    return is_part and (_NAMES_LAW.search(question) is not None or _CATEGORY.match(text, end) is not None)


def _is_introduced(definite_reference: re.Match[str], question: str) -> bool:
    """Does `question` itself speak of one before: "grants access to a payroll table. Can they read the table"?"""
    definite = _DEFINITE_NOUN.fullmatch(definite_reference.group().strip())
    indefinite = definite and rf"\b(?:an?|another|each|every|one) (?:[\w-]+ ){{0,4}}{definite[1]}\b"
    return bool(indefinite and re.search(indefinite, question[: definite_reference.start()], re.IGNORECASE))


def _has_antecedent(pronoun: re.Match[str], question: str) -> bool:
    before = question[: pronoun.start()]
    is_plural = not _PLURAL_PRONOUNS.isdisjoint(words(pronoun.group()))
    clauses = [match.start() for match in _RELATIVE_PRONOUN.finditer(before)] if is_plural else []
    if clauses and _PLURAL_NOUN.search(before[: clauses[-1]]):  # "... the files of a program that needs one of them?"
        return True
    noun = _PART_OF_NOUN.search(before) if _OBJECT_PRONOUN.match(pronoun.group()) else None
    if noun and _INDEFINITE_NOUN.search(before[: noun.start()]):  # "What may a player do after a foul on them?"
        return True
    return _names_antecedent(before)


def _first_match(patterns: Iterable[re.Pattern[str]], text: str) -> str:
    matches = (pattern.search(text) for pattern in patterns)
    return next((match.group().strip() for match in matches if match), "")


def _names_antecedent(text: str) -> bool:
    """Does an earlier clause of `text` name what a pronoun can stand for: "What is a PID file, and does it"?"""
    clauses = [match.start() for match in _CLAUSE_BORDER.finditer(text)]
    before = _OPENING_PHRASE.sub("", text[: clauses[-1]] + ",") if clauses else ""
    return any(word not in ENGLISH_STOP_WORDS and word not in _QUESTION_WORDS for word in words(before))


_PART_WORD = r"(?:rules?|sections?|clauses?|articles?|appendix|appendices|annex(?:es)?|tables?|figures?|paragraphs?)"
_LABEL = r"(?:[A-Z]?\d{1,3}(?:\.\d{1,3}){0,4}|[A-Z])(?![\w%])(?!\.\d)"
_DOTTED = r"\d{1,3}(?:\.\d{1,3}){1,4}(?![\w%])"
_LIST_JOINT = r"(?:,? (?:and|or|to) |, )"
_POINTING_PHRASE = (
    r"(?:unless|see(?: also)?|according to|in accordance with|pursuant to|subject to|except (?:in|under|for|by)"
    r"|(?:specified|described|listed|defined|given|set out|stated|provided|shown|mentioned)(?: for)? (?:in|by|under))"
)
_NO_UNIT = r"(?! ?[%°€$£])(?! (?!(?:applies|apply|is|are|and|or|in|if|when|but|holds?)\b)[a-z]+)"
_REFERENCE_PATTERNS = [
    re.compile(rf"\b(?i:{_PART_WORD}) {_LABEL}(?:{_LIST_JOINT}(?:(?i:{_PART_WORD}) )?{_LABEL})*"),
    re.compile(
        rf"(?<![\w.]){_DOTTED}(?:{_LIST_JOINT}{_DOTTED})*(?= (?:applies|apply|(?:is|are) in (?:effect|force))\b)"
    ),
    re.compile(rf"(?<=\b){_POINTING_PHRASE} ({_DOTTED}(?:{_LIST_JOINT}{_DOTTED})*){_NO_UNIT}", re.IGNORECASE),
    re.compile(r"(?<=\()\d{1,3}(?:\.\d{1,3}){2,4}(?=\))"),
]
_BRACKETED = re.compile(r"\s?\((?:see )?([^()]{1,80})\)", re.IGNORECASE)
_ASKS_FOR_PART = re.compile(
    rf"\b(?:which|what|an?|two|of|each|every) (?:{_PART_WORD}|chapters?)\b|\bchapter \d", re.IGNORECASE
)
_LIKELY_REFERENCE = re.compile(
    r"\b(?:[A-Z]\d{1,2}(?:\.\d{1,2})+|\d{1,2}(?:\.\d{1,2})+(?= (?:is|are|still|applies|apply)\b)"
    r"|\d{1,2}(?:\.\d{1,2})+(?!\s*(?:%|[a-z]+\b))|(?<=\bsee )\d{1,2}(?:\.\d{1,2})+"
    r"|(?:Table|Figure|Section|Appendix|Rule) [A-Z]?\d+)\b"
)


def cross_references(text: str) -> list[str]:
    """What `text` may well refer to by its number in the document: "14.3" of "unless 14.3 applies", "Table 2"."""
    return _LIKELY_REFERENCE.findall(text)


def cross_reference_spans(text: str) -> list[Span]:
    """(start, end) of what are surely references in `text`, in order."""
    spans = {match.span(match.lastindex or 0) for pattern in _REFERENCE_PATTERNS for match in pattern.finditer(text)}
    return sorted(span for span in spans if not any(outer != span and _holds(outer, span) for outer in spans))


def _holds(outer: Span, inner: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def find_cross_reference(text: str, question: str) -> str:
    """The first reference in `text`, or ""; none where the question is about rules or tables by their numbers."""
    is_about_parts = _ASKS_FOR_PART.search(question) or cross_reference_spans(question)
    spans = [] if is_about_parts else cross_reference_spans(text)
    spans = [span for span in spans if not _is_of_law(*span, text, question)]
    return text[spans[0][0] : spans[0][1]] if spans else ""


def drop_bracketed_references(text: str) -> str:
    """`text` without brackets that hold nothing but a reference: "within the limits (Table 2)"."""
    return _BRACKETED.sub(lambda match: "" if _is_reference(match[1]) else match[0], text)


def _is_reference(text: str) -> bool:
    return cross_reference_spans(f"({text})") == [(1, 1 + len(text))]
