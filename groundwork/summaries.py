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
from groundwork.llm.prompt_templates_and_turns import follow_up_turns, placeholders, render_template, render_turns
from groundwork.llm.replies.reply_schema_and_items import ReplyRequirements
from groundwork.llm.replies.thoughts_and_wrappings import unwrap_text, wrapping_problem
from groundwork.markdown.list_and_table_lengths import list_and_table_lengths
from groundwork.markdown.quotes_and_answer_facts_in_source import SourceText
from groundwork.settings.config_schema import Summarize
from groundwork.stage_runner.job import Job
from groundwork.stage_runner.unit_and_outcome import Estimate

WORD_SHARE_USED = 0.75  # of the words allowed, in a summary
TOKENS_PER_WORD = 1.5
CHARACTERS_PER_TOKEN = 3.5  # on the safe side for prose
MIN_SUMMARY_WORDS = 120  # allowed for the shortest document, where max_words allows as many
CHARACTERS_PER_WORD = 60  # of a document, for one word of its summary: about a tenth of its length
LEAST_CHARACTERS_PER_WORD = 12  # of a short document, whose summary is half as long as it at the most
_SECTION_HEADING = regex.compile(r"(?m)^#{1,6}\s+(.+?)\s*#*$")


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
        """The conversations by which `document_text` is summarised first: one, or one a part."""
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
        section_heading = _SECTION_HEADING.search(summarized_section)
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
        summary_problems, name_problem = (
            summary_faults(summary_reply, summary_source, self._word_limit),
            summary_name_fault(summary_reply, summary_source),
        )
        if not summary_problems and not name_problem:
            return split_summary_name(summary_reply, summary_source), []
        correction_request = render_template(
            self._job.prompt(self._settings.correction_prompt),
            faults="\n".join(
                f"- {summary_problem}" for summary_problem in [*summary_problems, name_problem] if summary_problem
            ),
            max_words=str(self._word_limit),
        )
        correction_messages = [*summary_turns, *follow_up_turns(summary_reply, correction_request)]
        corrected_summary = with_summary_name(
            await self._ask_for_summary(correction_messages, f"{self._document_id} correction"), summary_reply
        )
        remaining_problems = summary_faults(corrected_summary, summary_source, self._word_limit)
        if len(remaining_problems) > len(summary_problems):
            corrected_summary, remaining_problems = summary_reply, summary_problems
        return split_summary_name(corrected_summary, summary_source), [
            f"the summary: {summary_problem}" for summary_problem in remaining_problems
        ]

    async def _ask_for_summary(self, summary_turns: list[Any], unit: str) -> str:
        summary_reply = await self._job.client.ask(
            self._settings,
            summary_turns,
            stage="summarize",
            unit=unit,
            schema=ReplyRequirements[str](check=summary_reply_fault, whole_prompt=True),
        )
        return unwrap_text(summary_reply.value)

    def _summary_messages(self, prompt: str, **variables: str) -> list[Any]:
        template = self._job.prompt(prompt)
        if "context" in placeholders(template):  # a prompt that asks for no name may do without
            variables["context"] = self._job.config.qa.context
        return render_turns(template, document=self._title, max_words=str(self._word_limit), **variables)

    def _max_section_characters(self) -> int:
        return int(self._settings.max_input_tokens * CHARACTERS_PER_TOKEN)


def summary_word_limit(text_to_summarize: str, max_words: int) -> int:
    """How long the summary of a text may be: a tenth of it, MIN_SUMMARY_WORDS at least and `max_words` at the most.

    Of a short text half of it, with a third of MIN_SUMMARY_WORDS at least.
    """
    words_in_half = len(text_to_summarize) // LEAST_CHARACTERS_PER_WORD
    least_words = max(MIN_SUMMARY_WORDS // 3, min(MIN_SUMMARY_WORDS, words_in_half))
    return min(max_words, max(least_words, len(text_to_summarize) // CHARACTERS_PER_WORD))


def sections_to_summarize(text_to_summarize: str, max_length: int) -> list[str]:
    """The text cut before headings, else at blank lines, else at spaces, into parts of `max_length` characters."""
    summarized_sections: list[str] = []
    section_start = 0
    while len(text_to_summarize) - section_start > max_length:
        section_end = section_start + max_length
        for boundary in (r"(?m)^#{1,6}\s", r"\n\s*\n", r"\s"):
            section_cuts = [
                match.start()
                for match in regex.finditer(
                    boundary, text_to_summarize, pos=section_start + max_length // 3, endpos=section_end
                )
            ]
            if section_cuts:
                section_end = section_cuts[-1]
                break
        summarized_sections.append(text_to_summarize[section_start:section_end])
        section_start = section_end
    return [*summarized_sections, text_to_summarize[section_start:]]


MAX_NAME_WORDS = 5  # words, beside a year
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d(?:[-/–]\d{2,4})?")
_WORD_PART = re.compile(r"[^\W_]+")
_QUOTED_NAME = re.compile(r"[\"'“”„«»「『《]([^\"“”„«»「」『』《》]*)[\"'“”„«»」』》]")
_NAME_LINE = re.compile(r"\A[\s*_#>-]*Name[*_]*\s*[:：][ \t*_]*([^\n]*)(?:\n|\Z)", re.IGNORECASE)


_CAPITALISED_RUN = regex.compile(r"\p{Lu}[\p{L}\p{M}]*+(?:[ -](?:\p{Ll}\p{L}{0,4} ){0,2}\p{Lu}[\p{L}\p{M}]*+)++")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th|e|er|re|ère|eme|ème|ième|º|ª|o|a|de|te|ste|[.]?)", re.IGNORECASE)
LEAST_INITIALS = 3  # letters of an abbreviation that is looked for in the initials of a name


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

    def _stems_in(self, text: str) -> set[str]:
        normalised_words = (unicodedata.normalize("NFKC", word) for word in _WORD_PART.findall(text))
        return {
            stem(piece, self.language)
            for word in normalised_words
            for name_form in {word, word.lstrip("0123456789")}  # "GB" of "1GB"
            for piece in word_pieces(name_form)
        }

    @cached_property
    def initials(self) -> str:
        """Those of its capitalised words, a run of them a line: "FSI" of the "Federation of Sound and Ice"."""
        capitalised_runs = _CAPITALISED_RUN.findall(self.text.replace("\n", " "))
        return "\n".join(
            "".join(word[0] for word in _WORD_PART.findall(capitalised_run) if word[0].isupper())
            for capitalised_run in capitalised_runs
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
    if not (match := _NAME_LINE.match(summary_reply)):
        return NamedSummary("", summary_reply, "")
    subject, summary = _unquote_summary_name(match[1].strip(" \t*_.")), summary_reply[match.end() :].strip()
    fault = summary_name_fault(summary_reply, summary_source)
    return NamedSummary("" if fault else subject, summary, fault and f'the name "{subject}" is left out: {fault}')


def _unquote_summary_name(subject_name: str) -> str:
    """`subject_name` without quotes around all of it: those of a part of it stay."""
    match = _QUOTED_NAME.fullmatch(subject_name)
    return match[1] if match else subject_name


def summary_name_fault(summary_reply: str, summary_source: SummarySource) -> str:
    """What is wrong with the line that names the subject, as a sentence for the correction turn, or ""."""
    if not (match := _NAME_LINE.match(summary_reply)):
        return ""
    if (summary_words := sum(not _YEAR.fullmatch(word) for word in match[1].split())) > MAX_NAME_WORDS:
        return (
            f'the line "Name: ..." has {summary_words} words; '
            f"give a name of at most {MAX_NAME_WORDS} that people use in a sentence"
        )
    if unknown_words := _name_words_not_in_source(match[1], summary_source):
        unknown_words_listed = ", ".join(f'"{word}"' for word in unknown_words)
        return (
            f'the line "Name: ..." says {unknown_words_listed}, which the text does not; '
            "give a name of words of the text"
        )
    return ""


def _name_words_not_in_source(subject_name: str, summary_source: SummarySource) -> list[str]:
    """Those words of a name that the source lacks; of a compound with hyphens ("Blynk-PID") each part counts."""
    ignored_words = stop_words(summary_source.language)
    return [
        word
        for word in _WORD_PART.findall(subject_name)
        if len(word) > 1
        and word.lower() not in ignored_words
        and any(stem(piece, summary_source.language) not in summary_source.name_stems for piece in word_pieces(word))
    ]


def with_summary_name(summary_reply: str, earlier_reply: str) -> str:
    """`reply` with the line that names the subject; that of an earlier one where it has none."""
    line = None if _NAME_LINE.match(summary_reply) else _NAME_LINE.match(earlier_reply)
    return f"{line[0].strip()}\n\n{summary_reply}" if line else summary_reply


def with_name_as_sentence(summary_reply: str) -> str:
    """`reply` with the name as its first sentence, so that it is checked like the others."""
    return _NAME_LINE.sub(r"\1.\n\n", summary_reply)


def without_summary_name(summary_reply: str) -> str:
    """The summary alone."""
    return _NAME_LINE.sub("", summary_reply)


MAX_LENGTH_RATIO = 1.5  # times the words allowed, from which a summary is asked for again
_SUMMARY_REFUSAL = re.compile(
    r"(?i)^\W*(?:i(?:'|’)?m sorry|i (?:cannot|can['’]t|am unable)|as an ai\b|no summary|summary (?:is )?not available)"
)


def summary_reply_fault(summary: str) -> str | None:
    """What makes a reply no summary, or more than one, for the correction turn."""

    summary = without_summary_name(unwrap_text(summary))
    if len(re.findall(r"\w+", summary)) < 5:
        return "It is empty; write the summary."
    if _SUMMARY_REFUSAL.match(summary):
        return "It is a refusal; write the summary."
    summary_problem = wrapping_problem(summary)
    return f"{summary_problem} Send the summary alone, as plain prose." if summary_problem else None


def summary_faults(summary: str, summary_source: SummarySource, max_words: int) -> list[str]:
    """What the summary says that the source does not: numbers, dates, units, quotes, names; and too great length."""
    summary, language = with_name_as_sentence(summary), summary_source.language
    unknown_names = sorted(
        {
            written_subject
            for written_subject in names_as_written(summary, language)
            if _is_unknown_name(written_subject, summary_source)
        }
    )
    faults = summary_source.grounds.unsupported_facts(summary, counts=summary_source.counts)
    faults += [f'the name "{written_subject}" is not in the text' for written_subject in unknown_names]
    words_allowed = max_words if faults else MAX_LENGTH_RATIO * max_words  # who writes it again can shorten it as well
    if (summary_words := word_count(summary)) > words_allowed:
        faults.append(f"it is {summary_words} words long, {max_words} are allowed")
    return faults


def _is_unknown_name(written_name: str, summary_source: SummarySource) -> bool:
    """Has the source neither the name nor what it is short for? Ordinals and units beside numbers are no names."""
    written_subject = unicodedata.normalize("NFKC", written_name).lower()
    name_forms = {
        name_form
        for name_form in (written_subject, written_subject.removesuffix("s"), written_subject.lstrip("0123456789"))
        if name_form == written_subject or name_form[1:]
    }
    ordinal_match = _ORDINAL.fullmatch(written_subject)
    if ordinal_match:
        return ordinal_match[1] not in digit_runs(summary_source.text)
    return not (
        not summary_source.name_stems.isdisjoint(
            name_forms | {stem(name_form, summary_source.language) for name_form in name_forms}
        )
        or not summary_source.stems.isdisjoint(short_day_or_month(written_subject))
        or (len(written_name) >= LEAST_INITIALS and written_name.isupper() and written_name in summary_source.initials)
    )


def estimate_summary(job: Job, document: str, title: str, document_text: str) -> Estimate:
    """Calls and tokens for --dry-run, from the real prompts; whether a summary needs correcting nobody knows before."""
    summary_call, summarizer = job.config.summarize, Summarizer(job, document, title)
    conversations = summarizer.first_requests(document_text)
    word_limit = summary_word_limit(document_text, summary_call.max_words)
    summary_tokens = int(WORD_SHARE_USED * word_limit * TOKENS_PER_WORD)
    section_tokens = [job.tokens(summary_call, messages) for messages in conversations]
    if len(conversations) == 1:
        return Estimate(1, section_tokens[0], summary_tokens, summary_call)
    section_frame, final_frame = (
        job.tokens(summary_call, messages)
        for messages in (summarizer.section_request(1, 1, ""), *summarizer.first_requests(""))
    )
    # the last part is often shorter than a summary may be
    joined_tokens = sum(min(summary_tokens, max(1, tokens - section_frame)) for tokens in section_tokens)
    calls, tokens_in, tokens_out = len(conversations), sum(section_tokens), joined_tokens
    summarized_sections = len(conversations)
    # the joined summaries, in parts again as long as they are too long for one call
    while 1 < (next_sections := math.ceil(joined_tokens / summary_call.max_input_tokens)) < summarized_sections:
        calls, summarized_sections = calls + next_sections, next_sections
        tokens_in += joined_tokens + next_sections * section_frame
        joined_tokens = next_sections * summary_tokens
        tokens_out += joined_tokens
    return Estimate(calls + 1, tokens_in + joined_tokens + final_frame, tokens_out + summary_tokens, summary_call)
