"""Wording that points away from a text that stands alone: at its source, at what was said before, at a numbered part.

By its number a part is only pointed at where that is sure: a number alone ("3.5") may be a value or a version. It needs
a word such as "table" or "rule" beside it, or stands where something is said to hold ("unless 16.3 applies", "as
described in 4.2"), or in brackets with three parts ("(4.4.3)").
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from groundwork.language.language_and_script import is_english
from groundwork.language.list_labels import RULE_LABEL
from groundwork.language.text_spans import Span
from groundwork.language.words import ENGLISH_STOP_WORDS, words

_SOURCE_NOUN = (
    r"(?:passages?|text|chunks?|excerpts?|paragraphs?|sentences?|statements?|documents?|context|snippet|extract|author)"
)
_PART_NOUN = (
    rf"(?:{_SOURCE_NOUN}|sections?|tables?|figures?|rules?|lists?|clauses?|steps?|diagrams?|pages?|articles?|chapters?)"
)
_VERB_OF_REFERENCE = (
    r"(?:says?|said|states?|mentions?|mentioned|describes?|described|defines?|gives?|given|lists?|tells?|calls?|names?"
    r"|recommends?|suggests?|explains?|feels?|thinks?|claims?)"
)
# What goes on about the source itself, and does not make a compound of its name: the text editor.
_REFERENCE_ITSELF = (
    rf"(?=\s*(?:[?.,;:)]|$)|\s(?:{_VERB_OF_REFERENCE}|asks?|requires?|provides?|provided"
    r"|shows?|shown|is|are|was|were|does|do|did|has|have|about|and|or|as|above|below|when|if|on|in|by|with)\b)"
)
_MORE_REFERENCE_LABELS = rf"(?:,? (?:and|or|nor|to|with) (?:\w+ )?(?>{RULE_LABEL}))+"
_NO_REFERENCE_DATE = r"\d+ (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_DANGLING_PATTERNS = [
    re.compile(reference, re.IGNORECASE)
    for reference in (
        rf"\b(?:this|these|those|the (?:above|following|preceding|given|provided|said|aforementioned)) {_PART_NOUN}\b",
        rf"\b(?:the|according to|in|from) {_SOURCE_NOUN}\b{_REFERENCE_ITSELF}",
        # never source code
        rf"\baccording to (?:the|this) source\b|\bthis source\b{_REFERENCE_ITSELF}|\bthe source {_VERB_OF_REFERENCE}\b",
        rf"\bthe (?:following|above) (?!day|week|month|year|season|morning|{_NO_REFERENCE_DATE})\w+(?: \w+)?\s*\?",
        rf"\b(?:of|in|from) the (?:above|following)\b|\b{_PART_NOUN} (?:above|below)\b|\bmentioned (?:above|earlier)\b",
        rf"\b(?:the|this) (?:table|figure|diagram|illustration)\b{_REFERENCE_ITSELF}",
        rf"\b(?:table|figure|fig\.|section|rule|clause|article|appendix|step|paragraph) (?>{RULE_LABEL})\b"
        rf"(?! of|{_MORE_REFERENCE_LABELS} of)",
    )
]
_LAW_NOUN = (
    "(?:Act|Code|Laws?|Regulations?|Treaty|Constitution|Convention|Directive|Statutes?|Ordinance|Charter|Protocol)"
)
_LAW_NAME = re.compile(  # "the Companies Act", "the Treaty of Lisbon", "Regulation (EU) 2016/679"
    rf"\b[A-Z][\w-]* {_LAW_NOUN}\b|\b{_LAW_NOUN} (?:(?:of|on) [A-Z]|\(?[A-Z]+\)? \d)|\b[A-Z]\w*gesetz(?:es|buch)?\b"
    r"|\b(?:GDPR|DSGVO)\b"
)
_PART_OF_LAW_REFERENCE = re.compile(r"(?:section|clause|article|paragraph|rule)s? ", re.IGNORECASE)
_CATEGORY_NAMED_BY_REFERENCE = (
    re.compile(  # "Section 5 claims are paid", "Section 5 claimants (miners)", "Section 5 RECA claims": a kind of claim
        r"(?: [A-Z]{2,})? [a-z]{3,}(?:s (?:are|were|have|had|who|that)\b| \()| [A-Z]{2,} [a-z]{3,}"
    )
)
_DEFINITE_REFERENCE = re.compile(r"(?:(?:in|from) )?(?:the|this|that) (\w+)", re.IGNORECASE)
_DANGLING_PRONOUNS = [  # dangles unless the question itself named something before
    re.compile(reference, re.IGNORECASE)
    for reference in (
        r"\b(?:do|does|did|are|was|were|can|may|must|should|will|has|have) (?:they|he|she|them|this|these|those)\b"
        r"(?! (?:possible|allowed|permitted|necessary|required|legal|mean))",
        r"\bis (?:he|she|this|that|these|those)\b(?! [a-z]+ of (?:the )?[a-z])"
        r"|\b(?:of|for|about|with|on|by) (?:it|them|this|these|those)\s*\?",
        # "Is it legal to row at night?", "How long does it take to fill the pond?": the clause says what "it" is
        r"\b(?:is|was|does|did|can|may|must|should|will|has) it\b"
        r"(?! .*\b(?:to|that|for|if|when|whether|who|which|how)\b| take\b.*\b(?:until|till|before)\b)",
    )
]
_CLAUSE_BORDER_BEFORE_PRONOUN = re.compile(
    r"[,;:.?!—]\s|\b(?:and|or|but|if|when|while|because|although|since|once)\b", re.IGNORECASE
)
_PHRASE_BEFORE_PRONOUN = re.compile(
    r"^(?:in|during|at|on|according to|under|for|after|before|by|from|since|until|within)\b"
    r"(?! (?:when|what|which|whom|whose|where|how)\b)[^,]*,\s*",
    re.IGNORECASE,
)
_RELATIVE_PRONOUN = re.compile(r"\b(?:that|which|who|whose|whom|where)\b", re.IGNORECASE)
# "a foul" of "a foul on them"
_NOUN_BEFORE_PRONOUN = re.compile(r"\b(?:an?|the|any|each|every|no) (?:[\w-]+ ){1,4}$", re.IGNORECASE)
_INDEFINITE_ANTECEDENT = re.compile(r"\b(?:an?|any|each|every|either|no) \w", re.IGNORECASE)
_NOUN_FOR_PLURAL_PRONOUN = re.compile(r"\b\w{2,}(?<![siu'])s\b")
_PLURAL_PRONOUNS = frozenset(["they", "them", "these", "those"])
_OBJECT_PRONOUN = re.compile(r"(?:on|by|against|for) (?:them|him|her|it)\b", re.IGNORECASE)
_NO_REFERENCE_WORDS = frozenset(
    words("how long wide high far often many much old what which who when where why kind time year")
)


_OTHER_LANGUAGE_PATTERNS = [  # the same in other languages, where rules can see it without a parser
    re.compile(reference, re.IGNORECASE)
    for reference in (
        r"\b(?:dies(?:er|em|es|en|e)|im|laut|nach|aus|vom) (?:(?:dies(?:em|er)|dem|der|obigen|vorliegenden) )?"
        r"(?:text|textes|textabschnitts?|passage|abschnitts?|absatz(?:es)?|auszugs?|dokuments?|tabelle)\b(?! \d)",
        r"\b(?:le|la|ce|cet|cette|au|du|dans le|selon le) (?:texte|passage|extrait|document|paragraphe|tableau)\b"
        r"(?! (?:de|du|des|d['’])\b)",
        r"\b(?:el|este|esta|del|al|según el|la) (?:texto|pasaje|fragmento|documento|párrafo|tabla)\b(?! (?:de|del)\b)",
        r"(?:本文|上文|下文|文中|该段|这段|此段|上表|下表|该表|本段)",
        r"(?:この|上記の|本)(?:文章|文書|段落|表|節)|(?:이|위|본) (?:글|문서|단락|표)(?!\w)",
    )
]


_SOURCE_REFERENCE_NAME = (
    r"(?:text|passage|document|context|excerpt|article|section|chapter|table|figure|page|source|paragraph|snippet)"
)
_SOURCE_REFERENCE_NAMED = re.compile(  # "the source code" and "the chapter 5 rule" name no source
    rf"\b(?:this|that|given|provided|above|following|according to)\s+(?:\w+\s+)?{_SOURCE_REFERENCE_NAME}\b(?! code| \d)"
    rf"|\bthe\s+(?:\w+\s+)?(?!figure\b){_SOURCE_REFERENCE_NAME}\b{_REFERENCE_ITSELF}",
    re.IGNORECASE,
)
# "She is a junior of 15 and ...", "It is after 18:00 ...", "It blows at 14 knots": the sentence itself sets the scene.
_PRONOUN_SETTING_SCENE = re.compile(
    r"^(?:he|she|it|this|that) is (?:an?|after|before|already|not yet|late|early|\d)\b"
    r"|^it (?:blows|rains|snows|freezes)\b",
    re.IGNORECASE,
)
_DANGLING_WORD = re.compile(r"^(?:and|but|so|it|its|they|their|he|she|his|her|this|these|those|that)\b", re.IGNORECASE)


def find_source_name(text: str) -> str:
    """The words by which `text` names what it was taken from ("the given passage", "this section"), or ""."""
    source_reference = _SOURCE_REFERENCE_NAMED.search(text)
    return source_reference.group() if source_reference else ""


def find_dangling_opening(text: str) -> str:
    """The first word of `text` where it goes on from something said before ("It", "And"), or ""."""
    dangling_opening = None if _PRONOUN_SETTING_SCENE.match(text) else _DANGLING_WORD.match(text)
    return dangling_opening.group() if dangling_opening else ""


def find_dangling_reference(question: str, language: str) -> str:
    """The part of a question that points at something its reader cannot see ("this rule", "does it"), or "".

    `language` is that of the text it is about; where it is "", the question itself tells it.
    """
    is_english_text = language == "en" if language else is_english(question)
    if not is_english_text:
        return _first_reference(_OTHER_LANGUAGE_PATTERNS, question)
    dangling_matches = (match for pattern in _DANGLING_PATTERNS for match in pattern.finditer(question))
    if reference := next(
        (match.group().strip() for match in dangling_matches if _reference_leads_away(match, question)), ""
    ):
        return reference
    pronoun_matches = (match for pattern in _DANGLING_PRONOUNS for match in pattern.finditer(question))
    return next((m.group().strip() for m in pronoun_matches if not _has_reference_antecedent(m, question)), "")


def _reference_leads_away(reference: re.Match[str], question: str) -> bool:
    return not (
        _is_reference_introduced(reference, question) or _refers_to_named_law(*reference.span(), question, question)
    )


def _refers_to_named_law(start: int, end: int, text: str, question: str) -> bool:
    """Is it a part of a law that the question names, whose numbers are names ("Section 5 of the ... Act"), or a kind of
    thing that is called by it ("Section 5 claimants (miners)")?
    """
    is_law_reference = _PART_OF_LAW_REFERENCE.match(text, start, end) is not None
    return is_law_reference and (
        _LAW_NAME.search(question) is not None or _CATEGORY_NAMED_BY_REFERENCE.match(text, end) is not None
    )


def _is_reference_introduced(definite: re.Match[str], question: str) -> bool:
    """Does `question` itself speak of one before: "grants access to a payroll table. Can they read the table"?"""
    definite_noun = _DEFINITE_REFERENCE.fullmatch(definite.group().strip())
    earlier_reference = definite_noun and rf"\b(?:an?|another|each|every|one) (?:[\w-]+ ){{0,4}}{definite_noun[1]}\b"
    return bool(earlier_reference and re.search(earlier_reference, question[: definite.start()], re.IGNORECASE))


def _has_reference_antecedent(pronoun: re.Match[str], question: str) -> bool:
    text_before_reference = question[: pronoun.start()]
    is_plural_reference = not _PLURAL_PRONOUNS.isdisjoint(words(pronoun.group()))
    relative_pronouns = _RELATIVE_PRONOUN.finditer(text_before_reference) if is_plural_reference else ()
    relative_clauses = [relative_pronoun.start() for relative_pronoun in relative_pronouns]
    # "... the files of a program that needs one of them?"
    if relative_clauses and _NOUN_FOR_PLURAL_PRONOUN.search(text_before_reference[: relative_clauses[-1]]):
        return True
    is_object_reference = _OBJECT_PRONOUN.match(pronoun.group()) is not None
    noun_before_reference = _NOUN_BEFORE_PRONOUN.search(text_before_reference) if is_object_reference else None
    # "What may a player do after a foul on them?"
    if noun_before_reference and _INDEFINITE_ANTECEDENT.search(text_before_reference[: noun_before_reference.start()]):
        return True
    return _earlier_clause_names_antecedent(text_before_reference)


def _first_reference(reference_patterns: Iterable[re.Pattern[str]], text: str) -> str:
    reference_matches = (reference_pattern.search(text) for reference_pattern in reference_patterns)
    return next((match.group().strip() for match in reference_matches if match), "")


def _earlier_clause_names_antecedent(text: str) -> bool:
    """Does an earlier clause of `text` name what a pronoun can stand for: "What is a PID file, and does it"?"""
    clause_borders = [match.start() for match in _CLAUSE_BORDER_BEFORE_PRONOUN.finditer(text)]
    earlier_clauses = _PHRASE_BEFORE_PRONOUN.sub("", text[: clause_borders[-1]] + ",") if clause_borders else ""
    return any(word not in ENGLISH_STOP_WORDS and word not in _NO_REFERENCE_WORDS for word in words(earlier_clauses))


_PART_WORD = r"(?:rules?|sections?|clauses?|articles?|appendix|appendices|annex(?:es)?|tables?|figures?|paragraphs?)"
_REFERENCE_LABEL = r"(?:[A-Z]?\d{1,3}(?:\.\d{1,3}){0,4}|[A-Z])(?![\w%])(?!\.\d)"
_DOTTED_REFERENCE = r"\d{1,3}(?:\.\d{1,3}){1,4}(?![\w%])"
_LABEL_JOINT = r"(?:,? (?:and|or|to) |, )"
_POINTING_PHRASE = (
    r"(?:unless|see(?: also)?|according to|in accordance with|pursuant to|subject to|except (?:in|under|for|by)"
    r"|(?:specified|described|listed|defined|given|set out|stated|provided|shown|mentioned)(?: for)? (?:in|by|under))"
)
_NO_UNIT_BEHIND = r"(?! ?[%°€$£])(?! (?!(?:applies|apply|is|are|and|or|in|if|when|but|holds?)\b)[a-z]+)"
_REFERENCE_PATTERNS = [
    re.compile(rf"\b(?i:{_PART_WORD}) {_REFERENCE_LABEL}(?:{_LABEL_JOINT}(?:(?i:{_PART_WORD}) )?{_REFERENCE_LABEL})*"),
    re.compile(
        rf"(?<![\w.]){_DOTTED_REFERENCE}(?:{_LABEL_JOINT}{_DOTTED_REFERENCE})*"
        r"(?= (?:applies|apply|(?:is|are) in (?:effect|force))\b)"
    ),
    re.compile(
        rf"(?<=\b){_POINTING_PHRASE} ({_DOTTED_REFERENCE}(?:{_LABEL_JOINT}{_DOTTED_REFERENCE})*){_NO_UNIT_BEHIND}",
        re.IGNORECASE,
    ),
    re.compile(r"(?<=\()\d{1,3}(?:\.\d{1,3}){2,4}(?=\))"),
]
_BRACKETED_REFERENCE = re.compile(r"\s?\((?:see )?([^()]{1,80})\)", re.IGNORECASE)
_ASKS_FOR_REFERENCE = re.compile(
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
    reference_matches = (match for pattern in _REFERENCE_PATTERNS for match in pattern.finditer(text))
    reference_spans = {match.span(match.lastindex or 0) for match in reference_matches}
    return sorted(
        reference_span
        for reference_span in reference_spans
        if not any(
            outer_span != reference_span and _reference_holds(outer_span, reference_span)
            for outer_span in reference_spans
        )
    )


def _reference_holds(outer_reference: Span, inner_reference: Span) -> bool:
    return outer_reference[0] <= inner_reference[0] and inner_reference[1] <= outer_reference[1]


def find_cross_reference(text: str, question: str) -> str:
    """The first reference in `text`, or ""; none where the question is about rules or tables by their numbers."""
    asks_for_part = _ASKS_FOR_REFERENCE.search(question) or cross_reference_spans(question)
    reference_spans = [] if asks_for_part else cross_reference_spans(text)
    reference_spans = [span for span in reference_spans if not _refers_to_named_law(*span, text, question)]
    return text[reference_spans[0][0] : reference_spans[0][1]] if reference_spans else ""


def drop_bracketed_references(text: str) -> str:
    """`text` without brackets that hold nothing but a reference: "within the limits (Table 2)"."""
    return _BRACKETED_REFERENCE.sub(lambda match: "" if _is_reference_alone(match[1]) else match[0], text)


def _is_reference_alone(text: str) -> bool:
    return cross_reference_spans(f"({text})") == [(1, 1 + len(text))]
