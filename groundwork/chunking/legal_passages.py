"""Legal boilerplate, which questions leave out by default.

It is told by what it does: it grants or reserves rights, in words that perform the act on the document itself
("permission to copy this text is hereby granted", "this work is licensed under", © 2021). A section about licences
describes them and is kept, and so is a permission of another kind ("mooring is permitted").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

import regex

from groundwork.markdown.blocks import Block

_CHARACTERS_PER_LEGAL_ACT = 400  # characters of a paragraph for each act of law in it
_LICENCE_DENSITY = (
    0.8  # hits for each _CHARACTERS_PER_LEGAL_ACT characters of a licence text; measured: 54 licences .86 to 3.6
)
_LEAST_LICENCE_PART_DENSITY = 0.1  # of a part of a section that is a licence's; a preamble speaks least of law
_MIN_LICENCE_WORDS = 3  # the least that a licence has
_MIN_LICENCE_SPREAD = 0.5  # of a licence's text, the least share that stands in paragraphs with a hit
_MAX_LEGAL_GAP = 600  # characters between two legal passages that belong to them
MAX_LICENCE_LENGTH = 100_000  # characters of a section that may be a licence; the longest known has 36,000
_MAX_COPYRIGHT_FOOTER = 200  # characters of a line of copyright at the foot of pages
_MIN_COPYRIGHT_FOOTERS = 3  # so often it stands there at the least
_MAX_LEGAL_SHARE = 0.5  # of a document: one that is mostly licence text is about it
_RIGHTS_RESERVED = (  # acts in fixed words, which are always about the document
    *("all rights reserved", "alle rechte vorbehalten", "tous droits réservés", "todos los derechos reservados"),
    *("tutti i diritti riservati", "todos os direitos reservados"),
)
_LEGAL_COPYRIGHT_YEAR = regex.compile(r"(?:©|(?<!\(b\).{0,80})\(c\)|copyright)[ ©]*+(?:\(c\) *+)?(?:19|20)\d\d")
_LEGAL_WORK = r"""\bth(?:is|ese|e\s+present)\s(?:[\w-]+\s){0,2}?(?:documents?|documentation|works?|texts?|publications?
    |manuals?|reports?|materials?|book(?:let)?s?|brochures?|handbooks?|guides?|articles?|papers?|websites?|web\spages?
    |translations?|specifications?|datasets?|databases?|photographs?|presentations?|slides|tutorials?|faq
    |how-?to|software|licen[cs]e)\b"""
_COPY_VERB = r"(?:cop(?:y|ies|ying)|distribut|reproduc|modif|adapt|translat|publish|reprint|sublicens|deal\sin)"
_LEGAL_ACTS = tuple(  # in sentences about the work itself: words one of which is in it, the act, the work
    (words, regex.compile(act, regex.VERBOSE), regex.compile(about, regex.VERBOSE))
    for words, act, about in (
        (
            (" grant",),
            r"\b(?:permission|rights?|licen[cs]e)\b[^.]{0,160}\b(?:is|are)\s(?:hereby\s)?granted | \bhereby\sgrant",
            rf"""{_COPY_VERB}.{{0,400}}(?:{_LEGAL_WORK} | \bthe\s(?:software|works?|documentation|materials?|licensed)\b
                | \bthis\s(?:file|program|package|font)\b)
              | {_LEGAL_WORK}.{{0,400}}{_COPY_VERB} | \bthis\s(?:copyright\s|permission\s)?notice""",
        ),
        (
            ("permitted", "authori", "allowed"),
            r"""\b(?:redistribution|reproduction|copying|use)\b[^.]{0,80}
                \b(?:is|are)\s(?:hereby\s)?(?:permitted|authori[sz]ed|allowed)""",
            rf"""{_LEGAL_WORK} | \bsource\s(?:and|or)\sbinary
              | \bsource\s(?:is|be)\s(?:fully\s|clearly\s)?(?:acknowledged|stated|cited)""",
        ),
        (
            ("under",),
            r"""\bth(?:is|ese)\s[^.]{2,120}?\b(?:is|are)\s(?:licen[cs]ed|(?:made\s)?available|distributed|released)\sunder
              | (?:\A|[.!?:]\s)[*_>\s-]*licen[cs]ed\sunder | \bunder\sthe\sterms\sof\sthe\sgnu""",
            r"""\bunder\b.{0,120}?(?:\blicen[cs]e\b|\bcreative\scommons|\bcc[\s-](?:by|0)|\bgpl\b|\bpublic\sdomain|\bgnu\b)""",
        ),
        (
            ("trademark", "trade mark", "service mark"),
            r"""\b(?:names?|logos?)\b[^.]{0,120}\b(?:is|are)\s(?:an?\s|the\s)?(?:registered\s)?(?:trade|service)\s?marks?\b""",
            r"""\btrade\s?marks?\b | \bservice\s?marks?\b""",
        ),
        (
            ("warrant", "as is", "as-is", "domain dedication"),
            r"""\bwithout\s(?:any\s|even\sthe\simplied\s)?warrant(?:y|ies)
              | \b(?:is|are)\sprovided\b[^.]{0,80}\bas[\s-]is\b | \bpublic\sdomain\sdedication""",
            rf"""{_LEGAL_WORK} | \bthis\s(?:file|program|package|library|code|data|font|information)\b
              | \b(?:the|licensed)\s(?:software|works?|materials?|program)\b | \bit\sis\s(?:provided|distributed)
              | \bunder\sthe\slicen[cs]e\b | \bexpress(?:ed)?\sor\simplied""",
        ),
    )
)
_LEGAL_SENTENCE_END = regex.compile(r"(?<=[.!?])[)\]\"”*_]*\s")
_LICENCE_WORD = regex.compile(  # of a text that is a licence: it speaks of itself, of its parties and of liability
    r"""\bth(?:is|e\s+present)\s+(?:\w+\s+){0,2}licen[cs]e\b | \b(?:sub)?licens(?:or|ee)s?\b
      | \blicen[cs]ed\s+(?:material|work|rights) | \bhere(?:by|in|under|of|to|inafter)\b | \bthereof\b
      | \bwarrant(?:y|ies|s)\b | \bliab(?:le|ility)\b | \bmerchantab | \bnotwithstanding\b | \bshall\s+not\b
      | \bterms\s+and\s+conditions\b | \byou\s+may\s+not\b
      | \byou\s+are\s+free\s+to\b | \blicen[cs]e\s+terms\b | \bfair\s+use\b""",
    regex.VERBOSE | regex.IGNORECASE,
)
_LEGAL_ACT_HINTS = (  # one of them is in every act
    "©", "(c)", "(C)", "opyright", "OPYRIGHT", "icensed", "icenced", "ermission", "ERMISSION", "ermitted", "ERMITTED",
    "uthorised", "uthorized", "llowed", "arrant", "rademark", "rade mark", "ervice mark", "ARRANT", " is granted",
    " are granted", "provided", "PROVIDED", "eserved", "ESERVED", "roits", "ervados", "iservati", "vorbehalten",
    "omain dedication", "ereby grant", "the GNU", "vailable under", "istributed under", "eleased under",
)  # fmt: skip
_LEGAL_PROSE_KINDS = ("paragraph", "quote", "list")


class _LegalHits(NamedTuple):
    """What a block holds of law: acts that grant or reserve rights, and words of a licence."""

    length: int = 0
    acts: int = 0
    words: int = 0


def find_legal_passages(markdown: str, passages: Sequence[Block]) -> list[bool]:
    """Which blocks grant or reserve rights; none where that would be most of the document, which is then about it."""
    legal_hits = _count_legal_hits(markdown, passages)
    if not legal_hits:
        return [False] * len(passages)
    legal_flags = [
        hits.acts > 0 and (hits.acts + hits.words) * _CHARACTERS_PER_LEGAL_ACT >= hits.length for hits in legal_hits
    ]
    for start, end in _licence_sections(passages, legal_hits):
        legal_flags[start:end] = [True] * (end - start)
    _clear_copyright_footers(markdown, passages, legal_flags)
    _fill_legal_gaps(markdown, passages, legal_flags)
    legal_length = sum(p.end - p.start for p, is_legal in zip(passages, legal_flags, strict=True) if is_legal)
    return legal_flags if legal_length <= _MAX_LEGAL_SHARE * len(markdown) else [False] * len(legal_flags)


def _count_legal_hits(markdown: str, passages: Sequence[Block]) -> list[_LegalHits]:
    """By block; an empty list where the text holds no act at all."""
    legal_hint_finder = _LegalHintFinder(markdown, _LEGAL_ACT_HINTS)
    legal_acts = [
        _count_legal_acts(markdown[passage.start : passage.end])
        if passage.kind in _LEGAL_PROSE_KINDS and legal_hint_finder.has_legal_hint(passage.start, passage.end)
        else 0
        for passage in passages
    ]
    if not any(legal_acts):
        return []
    blocks_near_acts = _passages_near_legal_acts(passages, legal_acts)
    return [
        _legal_hits_of_passage(markdown, passage, n) if k in blocks_near_acts else _LegalHits()
        for k, (passage, n) in enumerate(zip(passages, legal_acts, strict=True))
    ]


def _passages_near_legal_acts(passages: Sequence[Block], legal_acts: Sequence[int]) -> set[int]:
    """The blocks that have an act, and those of sections with one that are no longer than a licence can be."""
    passage_indexes = {k for k, n in enumerate(legal_acts) if n}
    act_sums = [0, *accumulate(legal_acts)]
    for start, end in _heading_sections(passages):
        if act_sums[end] > act_sums[start] and passages[end - 1].end - passages[start].start <= MAX_LICENCE_LENGTH:
            passage_indexes.update(range(start, end))
    return passage_indexes


def _count_legal_acts(passage_text: str) -> int:
    passage_text = " ".join(passage_text.lower().split())
    legal_act_count = sum(map(passage_text.count, _RIGHTS_RESERVED)) + len(_LEGAL_COPYRIGHT_YEAR.findall(passage_text))
    legal_acts = [
        (act, about)
        for words, act, about in _LEGAL_ACTS
        if any(word in passage_text for word in words) and act.search(passage_text)
    ]
    legal_sentences = _LEGAL_SENTENCE_END.split(passage_text) if legal_acts else []
    return legal_act_count + sum(
        len(act.findall(legal_sentence))
        for act, about in legal_acts
        for legal_sentence in legal_sentences
        if about.search(legal_sentence)
    )


def _legal_hits_of_passage(markdown: str, passage: Block, acts: int) -> _LegalHits:
    if passage.kind not in _LEGAL_PROSE_KINDS:
        return _LegalHits()
    passage_text = markdown[passage.start : passage.end].rstrip()
    return _LegalHits(len(passage_text), acts, len(_LICENCE_WORD.findall(passage_text)))


def _licence_sections(passages: Sequence[Block], legal_hits: Sequence[_LegalHits]) -> Iterator[tuple[int, int]]:
    """[first, behind) of the parts of the outermost sections that are the text of a licence."""
    heading_sections = list(_heading_sections(passages))
    section_ends = dict(heading_sections)
    hit_sums = _LegalHitSums(legal_hits)
    licence_end = 0
    for licence_section_start, licence_section_end in heading_sections:
        length = passages[licence_section_end - 1].end - passages[licence_section_start].start
        is_licence = length <= MAX_LICENCE_LENGTH and hit_sums.is_licence(licence_section_start, licence_section_end)
        if licence_section_start >= licence_end and is_licence:
            licence_parts = _licence_parts(passages, section_ends, licence_section_start, licence_section_end)
            yield from (part for part in licence_parts if not hit_sums.is_hardly_legal(*part))
            licence_end = licence_section_end


def _licence_parts(
    passages: Sequence[Block], section_ends: Mapping[int, int], licence_part_start: int, end: int
) -> Iterator[tuple[int, int]]:
    """[first, behind) of what a section holds before its first sub-section, and of each sub-section."""
    licence_part_end = next((k for k in range(licence_part_start + 1, end) if passages[k].kind == "heading"), end)
    while licence_part_start < end:
        yield licence_part_start, licence_part_end
        licence_part_start, licence_part_end = licence_part_end, section_ends.get(licence_part_end, end)


def _heading_sections(passages: Sequence[Block]) -> Iterator[tuple[int, int]]:
    """[first, behind) of every section, by its start."""
    passage_section_ends: dict[int, int] = {}
    open_heading_passages: list[int] = []
    for k, passage in enumerate(passages):
        if passage.kind == "heading":
            while open_heading_passages and passages[open_heading_passages[-1]].level >= passage.level:
                passage_section_ends[open_heading_passages.pop()] = k
            open_heading_passages.append(k)
    passage_section_ends.update((k, len(passages)) for k in open_heading_passages)
    yield from sorted(passage_section_ends.items())


class _LegalHitSums:
    """Sums over stretches of blocks, each in constant time."""

    def __init__(self, hits: Sequence[_LegalHits]) -> None:
        self._legal_prefix_sums: list[tuple[int, ...]] = [
            (0, 0, 0, 0)
        ]  # up to each block: characters, acts, words, characters of blocks with either
        for passage_hits in hits:
            hit_length = passage_hits.length if passage_hits.acts or passage_hits.words else 0
            passage_sums = (*passage_hits, hit_length)
            self._legal_prefix_sums.append((*map(sum, zip(self._legal_prefix_sums[-1], passage_sums, strict=True)),))

    def is_hardly_legal(self, start: int, end: int) -> bool:
        """Whether a part of a licence's section is too long to speak so little of law: contributors, a history."""
        part_length, legal_acts, licence_words = (
            self._legal_prefix_sums[end][k] - self._legal_prefix_sums[start][k] for k in range(3)
        )
        return (
            part_length > _MAX_LEGAL_GAP
            and (legal_acts + licence_words) * _CHARACTERS_PER_LEGAL_ACT < _LEAST_LICENCE_PART_DENSITY * part_length
        )

    def is_licence(self, start: int, end: int) -> bool:
        licence_length, legal_acts, licence_words, hit_length = (
            b - a for a, b in zip(self._legal_prefix_sums[start], self._legal_prefix_sums[end], strict=True)
        )
        has_dense_law = (legal_acts + licence_words) * _CHARACTERS_PER_LEGAL_ACT >= _LICENCE_DENSITY * licence_length
        has_spread_law = hit_length >= _MIN_LICENCE_SPREAD * licence_length
        return legal_acts > 0 and licence_words >= _MIN_LICENCE_WORDS and has_dense_law and has_spread_law


def _clear_copyright_footers(markdown: str, passages: Sequence[Block], legal: list[bool]) -> None:
    """A line of copyright at the foot of page after page stays in the text that it stands in: it would cut it."""
    footer_lines = {
        k: _legal_line_without_numbers(markdown, passage)
        for k, passage in enumerate(passages)
        if legal[k] and passage.end - passage.start <= _MAX_COPYRIGHT_FOOTER
    }
    footer_counts = Counter(footer_lines.values())
    for k, footer_line in footer_lines.items():
        legal[k] = footer_counts[footer_line] < _MIN_COPYRIGHT_FOOTERS


def _legal_line_without_numbers(markdown: str, passage: Block) -> str:
    """The same on every page, whatever number the page has."""
    return "".join(letter for letter in markdown[passage.start : passage.end] if letter.isalpha())


def _fill_legal_gaps(markdown: str, passages: Sequence[Block], legal: list[bool]) -> None:
    """A few lines of prose between two legal passages of one section are of their kind, unless these are one line that
    stands on two pages."""
    last_legal = -1
    for k, passage in enumerate(passages):
        if not legal[k] and passage.kind not in _LEGAL_PROSE_KINDS:
            last_legal = -1
        elif legal[k]:
            is_legal_gap = 0 <= last_legal < k - 1 and passage.start - passages[last_legal].end <= _MAX_LEGAL_GAP
            if is_legal_gap and _legal_line_without_numbers(
                markdown, passages[last_legal]
            ) != _legal_line_without_numbers(markdown, passage):
                legal[last_legal:k] = [True] * (k - last_legal)
            last_legal = k


class _LegalHintFinder:
    """Tells whether one of some strings starts in a stretch; stretches are asked for from left to right.

    Each string is searched once over the text: far cheaper than a pattern tried on every block.
    """

    def __init__(self, markdown: str, legal_hints: Sequence[str]) -> None:
        self._legal_text = markdown
        self._legal_hint_offsets = dict.fromkeys(legal_hints, -1)
        self._next_legal_hint = -1

    def has_legal_hint(self, start: int, end: int) -> bool:
        if self._next_legal_hint < start:
            for legal_hint, hint_offset in self._legal_hint_offsets.items():
                if hint_offset < start:
                    hint_offset = self._legal_text.find(legal_hint, start)
                    self._legal_hint_offsets[legal_hint] = hint_offset if hint_offset >= 0 else len(self._legal_text)
            self._next_legal_hint = min(self._legal_hint_offsets.values())
        return self._next_legal_hint < end
