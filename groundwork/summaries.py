"""Summaries of documents, long ones by section, with the name of their subject, checked against the document."""

from __future__ import annotations

import math
import re
import unicodedata
from functools import cached_property
from typing import Any, NamedTuple

import regex

from groundwork.language.dates_and_times import short_day_or_month
from groundwork.language.language_and_script import detect_language
from groundwork.language.names_and_codes import names_as_written
from groundwork.language.numbers import digit_runs
from groundwork.language.words import stem, stop_words, word_count, word_pieces
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.prompt_templates import follow_up_turns, placeholders, render_template, render_turns
from groundwork.llm.replies.reply_schema import ReplyRequirements
from groundwork.llm.replies.thoughts_and_wrappings import unwrap_text, wrapping_problem
from groundwork.markdown.grounding import SourceText
from groundwork.markdown.list_and_table_lengths import list_and_table_lengths
from groundwork.settings.config_schema import Summarize
from groundwork.stage_runner.estimates_and_usage import Estimate
from groundwork.stage_runner.job import Job

SUMMARY_WORD = re.compile(r"[^\W_]+")
_CAPITALISED_IN_SUMMARY = regex.compile(r"\p{Lu}[\p{L}\p{M}]*+(?:[ -](?:\p{Ll}\p{L}{0,4} ){0,2}\p{Lu}[\p{L}\p{M}]*+)++")
MAX_NAME_WORDS = 5  # words, beside a year
_YEAR_IN_NAME = re.compile(r"(?:1[5-9]|20)\d\d(?:[-/–]\d{2,4})?")
_QUOTED_SUMMARY_NAME = re.compile(r"[\"'“”„«»「『《]([^\"“”„«»「」『』《》]*)[\"'“”„«»」』》]")
_SUMMARY_NAME_LINE = re.compile(r"\A[\s*_#>-]*Name[*_]*\s*[:：][ \t*_]*([^\n]*)(?:\n|\Z)", re.IGNORECASE)
_ORDINAL_IN_SUMMARY = re.compile(r"(\d+)(?:st|nd|rd|th|e|er|re|ère|eme|ème|ième|º|ª|o|a|de|te|ste|[.]?)", re.IGNORECASE)
MIN_NAME_INITIALS = 3  # letters of an abbreviation that is looked for in the initials of a name
MAX_LENGTH_RATIO = 1.5  # times the words allowed, from which a summary is asked for again
_SUMMARY_REFUSAL = re.compile(
    r"(?i)^\W*(?:i(?:'|’)?m sorry|i (?:cannot|can['’]t|am unable)|as an ai\b|no summary|summary (?:is )?not available)"
)
WORD_SHARE_USED = 0.75  # of the words allowed, in a summary
TOKENS_PER_WORD = 1.5
CHARACTERS_PER_TOKEN = 3.5  # on the safe side for prose
MIN_SUMMARY_WORDS = 120  # allowed for the shortest document, where max_words allows as many
CHARACTERS_PER_WORD = 60  # of a document, for one word of its summary: about a tenth of its length
LEAST_CHARACTERS_PER_WORD = 12  # of a short document, whose summary is half as long as it at the most
_SUMMARIZED_HEADING = regex.compile(r"(?m)^#{1,6}\s+(.+?)\s*#*$")


class SummarySource:
    """What a summary and its name may say: a document with its title, read once.

    `context`: what a person says that all documents are about (qa.context), whose words a name may have as well.
    """

    def __init__(self, text: str, context: str = "") -> None:
        self.text, self.context = text, context

    @cached_property
    def language(self) -> str:
        return detect_language(self.text)

    @cached_property
    def grounds(self) -> SourceText:
        return SourceText(self.text, self.language)

    @cached_property
    def counts(self) -> set[int]:
        """How many items, rows and parts it has, from two on."""
        return {count for count in list_and_table_lengths(self.text) if count > 1}

    @cached_property
    def stems(self) -> set[str]:
        """Those of its words, and of the parts of compounds with hyphens; pairs of characters as `word_pieces`."""
        return self._stems_in(self.text)

    @cached_property
    def name_stems(self) -> set[str]:
        """Those that a name may have."""
        return self.stems | self._stems_in(self.context)

    def _stems_in(self, source_text: str) -> set[str]:
        source_words = (unicodedata.normalize("NFKC", word) for word in SUMMARY_WORD.findall(source_text))
        return {
            stem(source_piece, self.language)
            for source_word in source_words
            for source_form in {source_word, source_word.lstrip("0123456789")}  # "GB" of "1GB"
            for source_piece in word_pieces(source_form)
        }

    @cached_property
    def initials(self) -> str:
        """Those of its capitalised words, a run of them a line: "FSI" of the "Federation of Sound and Ice"."""
        capitalised_names = _CAPITALISED_IN_SUMMARY.findall(self.text.replace("\n", " "))
        return "\n".join(
            "".join(word[0] for word in SUMMARY_WORD.findall(capitalised_name) if word[0].isupper())
            for capitalised_name in capitalised_names
        )


class NamedSummary(NamedTuple):
    """A reply in its parts. `dropped`: why its name is not used, in words; "" where it is, or where there is none."""

    name: str
    summary: str
    dropped: str


def split_summary_name(summary_reply: str, summary_source: SummarySource) -> NamedSummary:
    """The parts of a reply that begins with the line "Name: ..."; the name "" where there is no such line, where it is
    too long, or where the source does not hold its words.
    """
    if not (name_line := _SUMMARY_NAME_LINE.match(summary_reply)):
        return NamedSummary("", summary_reply, "")
    subject, summary = _unquote_summary_name(name_line[1].strip(" \t*_.")), summary_reply[name_line.end() :].strip()
    name_fault = summary_name_fault(summary_reply, summary_source)
    dropped_summary_name = name_fault and f'the name "{subject}" is left out: {name_fault}'
    return NamedSummary("" if name_fault else subject, summary, dropped_summary_name)


def _unquote_summary_name(summary_name: str) -> str:
    """`summary_name` without quotes around all of it: those of a part of it stay."""
    quoted_summary_name = _QUOTED_SUMMARY_NAME.fullmatch(summary_name)
    return quoted_summary_name[1] if quoted_summary_name else summary_name


def summary_name_fault(summary_reply: str, summary_source: SummarySource) -> str:
    """What is wrong with the line that names the subject, as a sentence for the correction turn, or ""."""
    if not (name_line := _SUMMARY_NAME_LINE.match(summary_reply)):
        return ""
    if (name_word_count := sum(not _YEAR_IN_NAME.fullmatch(word) for word in name_line[1].split())) > MAX_NAME_WORDS:
        return (
            f'the line "Name: ..." has {name_word_count} words; '
            f"give a name of at most {MAX_NAME_WORDS} that people use in a sentence"
        )
    if unknown_name_words := _name_words_not_in_source(name_line[1], summary_source):
        name_words = ", ".join(f'"{word}"' for word in unknown_name_words)
        return f'the line "Name: ..." says {name_words}, which the text does not; give a name of words of the text'
    return ""


def _name_words_not_in_source(subject_name: str, summary_source: SummarySource) -> list[str]:
    """Those words of a name that the source lacks; of a compound with hyphens ("Blynk-PID") each part counts."""
    words_of_any_name = stop_words(summary_source.language)
    return [
        summary_word
        for summary_word in SUMMARY_WORD.findall(subject_name)
        if len(summary_word) > 1
        and summary_word.lower() not in words_of_any_name
        and any(
            stem(summary_piece, summary_source.language) not in summary_source.name_stems
            for summary_piece in word_pieces(summary_word)
        )
    ]


def with_summary_name(summary_reply: str, earlier_reply: str) -> str:
    """`summary_reply` with the line that names the subject; that of an earlier one where it has none."""
    name_line = None if _SUMMARY_NAME_LINE.match(summary_reply) else _SUMMARY_NAME_LINE.match(earlier_reply)
    return f"{name_line[0].strip()}\n\n{summary_reply}" if name_line else summary_reply


def with_name_as_sentence(summary_reply: str) -> str:
    """`summary_reply` with the name as its first sentence, so that it is checked like the others."""
    return _SUMMARY_NAME_LINE.sub(r"\1.\n\n", summary_reply)


def without_summary_name(summary_reply: str) -> str:
    """The summary alone."""
    return _SUMMARY_NAME_LINE.sub("", summary_reply)


def summary_reply_fault(summary: str) -> str | None:
    """What makes a reply no summary, or more than one, for the correction turn."""
    summary = without_summary_name(unwrap_text(summary))
    if len(re.findall(r"\w+", summary)) < 5:
        return "It is empty; write the summary."
    if _SUMMARY_REFUSAL.match(summary):
        return "It is a refusal; write the summary."
    summary_problem = wrapping_problem(summary)
    return f"{summary_problem} Send the summary alone, as plain prose." if summary_problem else None


def summary_faults(summary: str, summary_source: SummarySource, max_summary_words: int) -> list[str]:
    """What the summary says that the source does not: numbers, dates, units, quotes, names; and too great length."""
    summary, summary_language = with_name_as_sentence(summary), summary_source.language
    names_in_summary = set(names_as_written(summary, summary_language))
    unknown_names = sorted(name for name in names_in_summary if _is_unknown_name(name, summary_source))
    summary_problems = summary_source.grounds.ungrounded_facts(summary, counts=summary_source.counts)
    summary_problems += [f'the name "{unknown_name}" is not in the text' for unknown_name in unknown_names]
    # who writes it again can shorten it as well
    summary_words_allowed = max_summary_words if summary_problems else MAX_LENGTH_RATIO * max_summary_words
    if (summary_words := word_count(summary)) > summary_words_allowed:
        summary_problems.append(f"it is {summary_words} words long, {max_summary_words} are allowed")
    return summary_problems


def _is_unknown_name(name: str, summary_source: SummarySource) -> bool:
    """Has the source neither the name nor what it is short for? Ordinals and units beside numbers are no names."""
    summary_name = unicodedata.normalize("NFKC", name).lower()
    summary_forms = {
        summary_form
        for summary_form in (summary_name, summary_name.removesuffix("s"), summary_name.lstrip("0123456789"))
        if summary_form == summary_name or summary_form[1:]
    }
    ordinal_in_summary = _ORDINAL_IN_SUMMARY.fullmatch(summary_name)
    if ordinal_in_summary:
        return ordinal_in_summary[1] not in digit_runs(summary_source.text)
    return not (
        not summary_source.name_stems.isdisjoint(
            summary_forms | {stem(summary_form, summary_source.language) for summary_form in summary_forms}
        )
        or not summary_source.stems.isdisjoint(short_day_or_month(summary_name))
        or (len(name) >= MIN_NAME_INITIALS and name.isupper() and name in summary_source.initials)
    )


class Summarizer:
    """The calls for one document."""

    def __init__(self, job: Job, document: str, title: str) -> None:
        self._job, self._document_id, self._title = job, document, title
        self._settings: Summarize = job.config.summarize
        self._word_limit = self._settings.max_words

    async def summarize(self, text_to_summarize: str) -> tuple[NamedSummary, list[str]]:
        """(name and summary, warnings). A text that is too long for one call is summarised part by part first."""
        self._word_limit = summary_word_limit(text_to_summarize, self._settings.max_words)
        shortened_text = text_to_summarize
        while len(summarized_sections := sections_to_summarize(shortened_text, self._max_section_characters())) > 1:
            self._job.progress.start(len(summarized_sections), "parts")
            section_summaries = await gather_all(
                self._summarize_section(i, len(summarized_sections), summarized_section)
                for i, summarized_section in enumerate(summarized_sections, 1)
            )
            joined_summaries = "\n\n".join(section_summaries)
            if len(joined_summaries) >= len(shortened_text):
                break
            shortened_text = joined_summaries
        summary_turns = self._summary_messages(self._settings.prompt, text=shortened_text)
        summary = await self._ask_for_summary(summary_turns, self._document_id)
        return await self._correct_summary(summary_turns, summary, text_to_summarize)

    def first_requests(self, text_to_summarize: str) -> list[list[Any]]:
        """The conversations by which `text_to_summarize` is summarised first: one, or one a part."""
        self._word_limit = summary_word_limit(text_to_summarize, self._settings.max_words)
        summarized_sections = sections_to_summarize(text_to_summarize, self._max_section_characters())
        if len(summarized_sections) == 1:
            return [self._summary_messages(self._settings.prompt, text=text_to_summarize)]
        return [
            self.section_request(number, len(summarized_sections), summarized_section)
            for number, summarized_section in enumerate(summarized_sections, 1)
        ]

    def section_request(self, section_number: int, section_count: int, summarized_section: str) -> list[Any]:
        """The conversation by which one part of `section_count` is summarised."""
        section_heading = _SUMMARIZED_HEADING.search(summarized_section)
        return self._summary_messages(
            self._settings.section_prompt,
            text=summarized_section,
            part=str(section_number),
            parts=str(section_count),
            section=section_heading[1] if section_heading else "(no heading)",
        )

    async def _summarize_section(self, section_number: int, section_count: int, summarized_section: str) -> str:
        summary = await self._ask_for_summary(
            self.section_request(section_number, section_count, summarized_section),
            f"{self._document_id} part {section_number}",
        )
        self._job.progress.advance()
        return summary

    async def _correct_summary(
        self, summary_turns: list[Any], summary_reply: str, text: str
    ) -> tuple[NamedSummary, list[str]]:
        """Name and summary, asked for again once where they have faults; what remains of the summary is a warning."""
        summary_source = SummarySource(f"{self._title}\n\n{text}", self._job.config.qa.context)
        summary_problems = summary_faults(summary_reply, summary_source, self._word_limit)
        name_problem = summary_name_fault(summary_reply, summary_source)
        if not summary_problems and not name_problem:
            return split_summary_name(summary_reply, summary_source), []
        listed_problems = "\n".join(f"- {problem}" for problem in [*summary_problems, name_problem] if problem)
        summary_correction = self._job.prompt(self._settings.correction_prompt)
        word_limit = str(self._word_limit)
        correction_request = render_template(summary_correction, faults=listed_problems, max_words=word_limit)
        correction_messages = [*summary_turns, *follow_up_turns(summary_reply, correction_request)]
        corrected_summary = with_summary_name(
            await self._ask_for_summary(correction_messages, f"{self._document_id} correction"), summary_reply
        )
        remaining_problems = summary_faults(corrected_summary, summary_source, self._word_limit)
        if len(remaining_problems) > len(summary_problems):
            corrected_summary, remaining_problems = summary_reply, summary_problems
        summary_warnings = [f"the summary: {summary_problem}" for summary_problem in remaining_problems]
        return split_summary_name(corrected_summary, summary_source), summary_warnings

    async def _ask_for_summary(self, summary_turns: list[Any], unit: str) -> str:
        summary_reply = await self._job.client.ask(
            self._settings,
            summary_turns,
            stage="summarize",
            unit=unit,
            schema=ReplyRequirements[str](check=summary_reply_fault, whole_prompt=True),
        )
        return unwrap_text(summary_reply.value)

    def _summary_messages(self, summary_prompt: str, **summary_variables: str) -> list[Any]:
        template = self._job.prompt(summary_prompt)
        if "context" in placeholders(template):  # a prompt that asks for no name may do without
            summary_variables["context"] = self._job.config.qa.context
        return render_turns(template, document=self._title, max_words=str(self._word_limit), **summary_variables)

    def _max_section_characters(self) -> int:
        return int(self._settings.max_input_tokens * CHARACTERS_PER_TOKEN)


def summary_word_limit(text_to_summarize: str, max_words: int) -> int:
    """How long the summary of a text may be: a tenth of it, MIN_SUMMARY_WORDS at least and `max_words` at the most.

    Of a short text half of it, with a third of MIN_SUMMARY_WORDS at least.
    """
    half_text_words = len(text_to_summarize) // LEAST_CHARACTERS_PER_WORD
    least_words = max(MIN_SUMMARY_WORDS // 3, min(MIN_SUMMARY_WORDS, half_text_words))
    return min(max_words, max(least_words, len(text_to_summarize) // CHARACTERS_PER_WORD))


def sections_to_summarize(text_to_summarize: str, max_length: int) -> list[str]:
    """The text cut before headings, else at blank lines, else at spaces, into parts of `max_length` characters."""
    summarized_sections: list[str] = []
    section_start = 0
    while len(text_to_summarize) - section_start > max_length:
        section_end = _section_end(text_to_summarize, section_start, max_length)
        summarized_sections.append(text_to_summarize[section_start:section_end])
        section_start = section_end
    return [*summarized_sections, text_to_summarize[section_start:]]


def _section_end(text_to_summarize: str, section_start: int, max_length: int) -> int:
    """The best of the cuts in the last two thirds of `max_length`."""
    max_section_end = section_start + max_length
    for section_boundary in (r"(?m)^#{1,6}\s", r"\n\s*\n", r"\s"):
        min_section_end = section_start + max_length // 3
        boundaries = regex.finditer(section_boundary, text_to_summarize, pos=min_section_end, endpos=max_section_end)
        if section_cuts := [boundary.start() for boundary in boundaries]:
            return section_cuts[-1]
    return max_section_end


def estimate_summary(job: Job, document: str, title: str, document_text: str) -> Estimate:
    """Calls and tokens for --dry-run, from the real prompts; whether a summary needs correcting nobody knows before."""
    summary_call, summarizer = job.config.summarize, Summarizer(job, document, title)
    summary_requests = summarizer.first_requests(document_text)
    summary_words = summary_word_limit(document_text, summary_call.max_words)
    summary_tokens = int(WORD_SHARE_USED * summary_words * TOKENS_PER_WORD)
    section_tokens = [job.tokens(summary_call, summary_messages) for summary_messages in summary_requests]
    if len(summary_requests) == 1:
        return Estimate(1, section_tokens[0], summary_tokens, summary_call)
    section_frame, final_frame = (
        job.tokens(summary_call, summary_messages)
        for summary_messages in (summarizer.section_request(1, 1, ""), *summarizer.first_requests(""))
    )
    # the last part is often shorter than a summary may be
    joined_summary_tokens = sum(
        min(summary_tokens, max(1, section_token_count - section_frame)) for section_token_count in section_tokens
    )
    summary_calls, tokens_in, tokens_out = len(summary_requests), sum(section_tokens), joined_summary_tokens
    summarized_sections = len(summary_requests)
    # the joined summaries, in parts again as long as they are too long for one call
    while 1 < (next_sections := math.ceil(joined_summary_tokens / summary_call.max_input_tokens)) < summarized_sections:
        summary_calls, summarized_sections = summary_calls + next_sections, next_sections
        tokens_in += joined_summary_tokens + next_sections * section_frame
        joined_summary_tokens = next_sections * summary_tokens
        tokens_out += joined_summary_tokens
    tokens_in += joined_summary_tokens + final_frame
    return Estimate(summary_calls + 1, tokens_in, tokens_out + summary_tokens, summary_call)
