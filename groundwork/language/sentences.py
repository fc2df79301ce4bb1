"""Sentences of prose, as offsets; how a text ends that is complete; and spans of text that no cut may fall into.

Two engines find where sentences end: `sentencex` (rules and abbreviations for some 250 languages) and `regex`, the
plain rule below. What both get wrong in Markdown (a list marker is no sentence, a link is not cut) is mended here.

A text that ends is told by what is asked about it: a run of blocks, a line of a page, a line in a chunk. All take
FULL_STOPS for an end. They differ in colons, commas, quotes and brackets: tests/language/test_sentence_ends.py holds
them side by side.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain, pairwise

import regex

from groundwork.language.list_labels import BULLETS, LABEL_ALONE
from groundwork.language.text_spans import Span, trim_span

_SENTENCE_END = regex.compile(
    r"""
    (?: (?<![.!?…]) [.!?…]++ [\p{Pe}\p{Pf}"'*_]*+ \s++     # a sentence's end, closing quotes and brackets, white space
        (?= [\p{Pi}\p{Ps}"'*_#>¿¡•-]*+ [\p{Lu}\p{Lt}\p{Lo}\d] )    # and a capital, a digit or a letter without case
      | [。！？｡]++ [\p{Pe}\p{Pf}"']*+ \s*+           # Chinese and Japanese: no white space needed
      | (?<![؟۔।॥]) [؟۔।॥]++ [\p{Pe}\p{Pf}"']*+ \s++             # Arabic, Urdu, Hindi
      | \n [ \t\r]*+ \n \s*+ )                        # a blank line
    """,
    regex.VERBOSE,
)
_QUESTION_END = regex.compile(
    r"""[?？؟\u037e፧⁇⁈]\Z
      | \p{Greek}.*;\Z                                        # the Greek mark looks like a semicolon, and mostly is one
      | ՞                                                      # the Armenian one stands above the word asked for
      | [\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]\W*\Z        # Thai, Lao, Burmese and Khmer do without""",
    regex.VERBOSE | regex.DOTALL,
)
_ABBREVIATION_BEFORE_NAME = regex.compile(  # never the end of a sentence; case matters, for "no" and "hon" are words
    r"""
    (?<![\p{L}\d]) (?:
        (?<!\.)\p{L}                                                  # an initial: J. Smith, z. B.; not U.S.
      | Mr|Mrs|Ms|Dr|Prof|St|Mt|Jr|Sr|Gen|Col|Capt|Lt|Sgt|Rev|Hon|Gov|Sen|Rep|vs|viz|approx|incl|excl
      | bzw|bspw|evtl|ggf|vgl|sog|zzgl|inkl|Hr|Fr                      # German
      | M|Mme|Mlle|MM|env|Sra?|Srta|Ud|Uds|aprox                       # French, Spanish
    ) \. \s* $
    """,
    regex.VERBOSE,
)
_ABBREVIATION_BEFORE_NUMBER = regex.compile(  # never the end where a number follows: no. 7, fig. 2
    r"(?<![\p{L}\d])(?:no|nos|nr|n°|art|abs|fig|figs|tab|eq|sec|sect|ch|chap|vol|pp?|par|ref|app|pág|núm|éd)\.\s*$",
    regex.IGNORECASE,
)
_ABBREVIATION_THAT_MAY_END = regex.compile(  # may end a sentence, and does so before a word that starts one
    r"""
    (?<![\p{L}\d]) (?:
        (?:\p{L}\.)+\p{L}                                             # e.g., U.S., p.m.
      | etc|cf|al|ca|est|resp|Inc|Ltd|Co|Corp|Bros|Dept|Univ|Assn|usw|Str|Mio|Mrd|av|apr
      | Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec
    ) \. \s* $
    """,
    regex.VERBOSE | regex.IGNORECASE,
)
_SENTENCE_STARTER = regex.compile(  # a word that starts a sentence after "etc." or "p.m."
    r"(?:The|They|It|He|She|We|I|You|This|That|There|These|Those|How|What|When|Where|Why|Who|But|Er|Sie|Es|Il|Elle)\b"
)
_FULL_STOPS_OF_CITATIONS = [  # (before, behind) a stop of a reference to a law or a report, where no sentence starts
    (regex.compile(before + r"\s$"), regex.compile(behind))
    for before, behind in (
        # volume and reporter, then the page: 88 Stat. 322, 500 F. Supp. 2d 1234
        (
            r"(?<![\p{L}\d.])\d{1,4}(?:\s\p{Lu}[\p{L}']{0,6}\.){1,3}",
            r"\d{1,5}+(?:st|nd|rd|th|d|s)?+(?:[.,;:)\]-]|\s?[(\d]|\s*\Z)",
        ),
        # Pub. L. 93, Fed. R. Civ. P. 12, art. L. 121, Harv. L. Rev. 12
        (r"(?<![\p{L}\d])(?:\p{Lu}\p{Ll}{1,4}|[Aa]rt)\.", r"\p{Lu}\.\s(?:\d|\p{Lu}\p{Ll}{1,5}\.\s)"),
        # para. 2, tit. 14
        (r"(?<![\p{L}\d])(?:[Pp]aras?|[Tt]it|[Ee]qs?|Stats|[Ss]ubsec)\.", r"\d"),
    )
]
_FULL_STOPS_WITHIN_SENTENCES = [  # (before, behind) such a stop, in languages of which sentencex knows few or none
    (regex.compile(before + r"[^\S\n]*+\n?[^\S\n]*+\Z"), regex.compile(behind))  # no blank line between
    for before, behind in (
        # a word of one or two letters before a small one: т. е. воды, vb. standartlar
        (r"(?<![\p{L}\p{M}\d])\p{L}{1,2}\.", r"\p{Ll}"),
        # initials in a row: Е. В. Горшкова
        (r"(?<![\p{L}\p{M}\d])\p{Lu}\.", r"\p{Lu}\.\s*\p{Lu}\p{Ll}"),
        # a letter of a script without capitals: د. سامر
        (r"(?<![\p{L}\p{M}\d])(?!\d)[\p{Arabic}\p{Hebrew}\p{Devanagari}\p{Bengali}]\p{M}*\.", r"\p{Lo}"),
        # titles and the like before a name: डॉ. मीरा, TP. Đà Nẵng, Öğr. Üyesi
        (r"(?<![\p{L}\p{M}\d])(?:डॉ|श्री|प्रो|कु|TP|TS|ThS|PGS|GS|Öğr|Doç|Gör|Uzm|ул|пр|акад|проф|гр)\.", r"\p{L}"),
        # Thai ends no sentence with a full stop: พ.ศ. 2568; but behind "o'clock" often one ends: 10.00 น. และ goes on
        (r"(?<!\d\s?น)(?<=\p{Thai}\p{M}?)\.", r"[\p{Thai}\d(]"),
        (r"\d\s?น\.", r"(?:และ|หรือ|ถึง|ของ|ใน|ที่|โดย|จน|แต่|ซึ่ง)|[\d(]"),
        # a quotation within a sentence of Chinese or Japanese: 「…。」と思う, “……。”是
        (r"[。！？][”」』]", r"[是的等]|と[いう言思考書述話答呼叫聞のは、]|って|です"),
    )
]
_CITATION_BEFORE, _CITATION_BEHIND = 40, 16  # characters
# no end to sentencex, for a number follows
_WIDE_SENTENCE_END = regex.compile(r"[。！？｡]++[\p{Pe}\p{Pf}\"']*+\s*+(?=\d)")
# the page ends its sentence, which sentencex takes for a label
_CITED_PAGE_END = regex.compile(r"\d{1,5}\.\s+(?=\p{Lu})")
_ITEM_LABEL_ALONE = regex.compile(LABEL_ALONE)  # no sentence by itself
_INLINE_BULLET = regex.compile(rf"(?<=\s)[{BULLETS}](?=\s*+\S)")  # items in a row within one line
# the decimal point of full-width digits, which sentencex takes for a full stop
_WIDE_DECIMAL_POINT = regex.compile(r"\d．\d")
_CAPITALS_BEHIND_POINT = regex.compile(r"(?<=[\p{L}\d]\.)\p{Lu}{2}")  # right behind a point: ASP.NET
_SURROGATE = re.compile("[\ud800-\udfff]")
_SENTENCE_WINDOW_SIZE = 4096  # characters given to an engine at once


def sentences(text: str, language: str, engine: str = "sentencex") -> list[Span]:
    """(start, end) of each sentence, in order, without the white space around it; between two there is only that.

    `engine` is "sentencex" or "regex"; `language` is an ISO 639-1 code, used by sentencex, which reads "" as English.
    """
    sentence_borders = [*sentence_starts(text, language, engine), len(text)]
    return [sentence_span for pair in pairwise(sentence_borders) if (sentence_span := trim_span(text, *pair))]


def sentence_starts(text: str, language: str, engine: str = "sentencex") -> list[int]:
    """Where each sentence starts; the first is 0 and every sentence keeps the white space behind it."""
    find_sentence_ends = _sentence_ends_by_regex if engine == "regex" else _sentence_ends_by_sentencex
    sentence_ends = list(_sentence_ends_in_windows(find_sentence_ends, text, language))
    if any(bullet in text for bullet in BULLETS):
        sentence_ends = sorted({*sentence_ends, *(match.start() for match in _INLINE_BULLET.finditer(text))})
    return [0, *_drop_false_sentence_ends(text, sentence_ends)] if text else []


def _sentence_ends_in_windows(
    find_sentence_ends: Callable[[str, str], list[int]], text: str, language: str
) -> Iterator[int]:
    """What `find_sentence_ends` finds, a window at a time: without white space sentencex takes quadratic time."""
    window_start = 0
    while window_start < len(text):
        window_end = window_start + _SENTENCE_WINDOW_SIZE
        window_ends = find_sentence_ends(text[window_start:window_end], language)
        sentence_ends = [window_start + offset for offset in window_ends]
        yield from sentence_ends
        window_start = sentence_ends[-1] if sentence_ends and window_end < len(text) else window_end


def _sentence_ends_by_sentencex(text: str, language: str) -> list[int]:
    from sentencex import get_sentence_boundaries, segment

    language = language or "en"
    if not text.isascii():  # surrogates, from bytes that were no text, cannot be handed to Rust
        text = _SURROGATE.sub("\ufffd", text)  # one for one: offsets stay
    sentence_ends = list(accumulate(map(len, segment(language, text))))
    if sentence_ends and sentence_ends[-1] == len(text):
        sentence_ends.pop()
    else:
        sentence_boundaries = get_sentence_boundaries(language, text)
        sentence_ends = [sentence_boundary["start_index"] for sentence_boundary in sentence_boundaries[1:]]
    wide_sentence_ends = [match.end() for match in _WIDE_SENTENCE_END.finditer(text)]
    return sorted({*sentence_ends, *wide_sentence_ends}) if wide_sentence_ends else sentence_ends


def _sentence_ends_by_regex(text: str, _language: str) -> list[int]:
    end_spans = [match.span() for match in _SENTENCE_END.finditer(text)]
    return [end for start, end in end_spans if end < len(text) and not _is_stop_of_abbreviation(text, start, end)]


def _is_stop_of_abbreviation(text: str, stop_start: int, stop_end: int) -> bool:
    """The full stop at `stop_start` belongs to an abbreviation, and what follows at `stop_end` goes on with the
    sentence."""
    text_before = text[max(0, stop_start - 12) : stop_end]
    if _ABBREVIATION_BEFORE_NAME.search(text_before) or (
        text[stop_end].isdigit() and _ABBREVIATION_BEFORE_NUMBER.search(text_before)
    ):
        return True
    return bool(_ABBREVIATION_THAT_MAY_END.search(text_before)) and not _SENTENCE_STARTER.match(text, stop_end)


def _drop_false_sentence_ends(text: str, sentence_ends: list[int]) -> Iterator[int]:
    """Drop ends behind a mere list marker ("1.2."), and inside links, formulas, code and numbers."""
    uncut_spans = iter(markup_spans(text) if sentence_ends else [])
    uncut_span = next(uncut_spans, None)
    sentence_start = 0
    for sentence_end in sentence_ends:
        while uncut_span and uncut_span[1] <= sentence_end:
            uncut_span = next(uncut_spans, None)
        is_inside_span = uncut_span is not None and uncut_span[0] < sentence_end
        if is_inside_span or _WIDE_DECIMAL_POINT.match(text, sentence_end - 2) or _sentence_goes_on(text, sentence_end):
            continue
        if not sentence_start < sentence_end < len(text) or _is_list_marker_alone(text, sentence_start, sentence_end):
            continue
        if _is_full_stop_within_sentence(text, sentence_end, _FULL_STOPS_WITHIN_SENTENCES):
            continue
        if _is_full_stop_within_sentence(text, sentence_end, _FULL_STOPS_OF_CITATIONS):
            cited_page = _CITED_PAGE_END.match(text, sentence_end)
            sentence_end = cited_page.end() if cited_page else 0
        if sentence_end:
            yield sentence_end
            sentence_start = sentence_end


def _sentence_goes_on(text: str, sentence_end: int) -> bool:
    """A quoted sentence ends here, and not the one that quotes it: “It rains.”: a note; or a name has a point in it."""
    if text[sentence_end - 1].isspace():
        return False
    return (
        text[sentence_end : sentence_end + 1] in (":", ";", ",")
        or _CAPITALS_BEHIND_POINT.match(text, sentence_end) is not None
    )


def _is_full_stop_within_sentence(
    text: str, stop_end: int, full_stop_patterns: Sequence[tuple[regex.Pattern[str], regex.Pattern[str]]]
) -> bool:
    """Does one of the patterns, each of what stands before and behind, fit an end?"""
    text_before_full_stop = text[max(0, stop_end - _CITATION_BEFORE) : stop_end]
    text_behind_full_stop = text[stop_end : stop_end + _CITATION_BEHIND]
    return any(
        behind_full_stop.match(text_behind_full_stop) and before_full_stop.search(text_before_full_stop)
        for before_full_stop, behind_full_stop in full_stop_patterns
    )


def _is_list_marker_alone(text: str, start: int, end: int) -> bool:
    return end - start < 40 and _ITEM_LABEL_ALONE.fullmatch(text, start, end) is not None


FULL_STOPS = ".!?…。！？"
# a block that is complete: what stands above a table or fence does not introduce it
COMPLETE_BLOCK_END = regex.compile(rf"[{FULL_STOPS}؟)\]”»\"'>|`~][*_]*\s*\Z")
# a line of a page behind which a paragraph may end; with none of these the sentence may go on, on the next page too
SENTENCE_LINE_ENDS = tuple(f'{FULL_STOPS}:;”"：；」')
# a line of a chunk that is a statement, and no title or label of a figure
STATEMENT_END = re.compile(rf"[{FULL_STOPS}:;,)\"”'’»]$")
# an item that is said to its end, of whatever script, with the quotes and brackets that close behind
COMPLETE_ITEM_END = re.compile(r"[.!?:;。！？；：।؟۔][\"'”’)」』*_]*$")


_UNCUT_SPAN_CHARACTERS = "[`$\\"  # every pattern below needs one of these, and looking for them is fifty times faster
_UNCUT_SPAN = regex.compile(
    r"""
      !?\[ [^\[\]\n]*+ (?:\[[^\[\]\n]*+\][^\[\]\n]*+)*+ \]
      \( [^()\s]*+ (?:\([^()\s]*+\)[^()\s]*+)*+ (?:[ ]"[^"\n]*+")?+ \)    # a link or picture: [text](address "title")
    | \[ [^\[\]\n]{1,200}+ \] \[ [^\[\]\n]{0,200}+ \]     # a link by reference: [text][1]
    | \$\$ [^$]++ \$\$                                    # a formula set apart
    | (?<![\\$\w]) \$ (?=\S) [^$\n]{1,300}+ (?<=\S) \$ (?![\d$])    # $x + y$, but not "$5 and $6"
    | \\\( .{1,300}? \\\) | \\\[ .{1,300}? \\\]           # \(x + y\)
    | (?<!`) (`{1,3}) (?!`) [^`\n]++ \1 (?!`)             # `code`
    """,
    regex.VERBOSE,
)
_SPACED_NUMBER = regex.compile(r"(?<!\d)\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+(?!\d)")  # 10 000


def markup_spans(text: str) -> list[Span]:
    """Links, formulas and inline code that hold white space or sentence ends, in order and apart."""
    if not any(span_character in text for span_character in _UNCUT_SPAN_CHARACTERS):
        return []
    return [match.span() for match in _UNCUT_SPAN.finditer(text)]


def uncuttable_spans(text: str) -> list[Span]:
    """`markup_spans` and numbers written with spaces: what a cut between two words may not fall into."""
    return sorted(chain(markup_spans(text), (match.span() for match in _SPACED_NUMBER.finditer(text))))


def is_question(question_text: str) -> bool:
    """Does a text end as a question does in its script?"""
    return _QUESTION_END.search(question_text.rstrip()) is not None
