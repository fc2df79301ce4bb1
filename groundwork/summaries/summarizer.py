"""Summaries of documents, long ones by section, with the name of their subject, checked against the document."""

from __future__ import annotations

import math
from typing import Any

import regex

from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.prompt_templates import follow_up_turns, placeholders, render_template, render_turns
from groundwork.llm.replies.reply_schema import ReplyRequirements
from groundwork.llm.replies.thoughts_and_wrappings import unwrap_text
from groundwork.settings.config_schema import Summarize
from groundwork.stage_runner.job import Job
from groundwork.stage_runner.unit_and_outcome import Estimate
from groundwork.summaries.summary_faults import summary_faults, summary_reply_fault
from groundwork.summaries.summary_names import NamedSummary, split_summary_name, summary_name_fault, with_summary_name
from groundwork.summaries.summary_source import SummarySource

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
