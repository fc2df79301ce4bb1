"""What makes a reply no summary, and what a summary says that its source does not."""

from __future__ import annotations

import re
import unicodedata

from groundwork.language.dates_and_times import short_day_or_month
from groundwork.language.names_and_codes import names_as_written
from groundwork.language.numbers import digit_runs
from groundwork.language.words import stem, word_count
from groundwork.llm.replies.thoughts_and_wrappings import unwrap_text, wrapping_problem
from groundwork.summaries.summary_names import with_name_as_sentence, without_summary_name
from groundwork.summaries.summary_source import SummarySource

_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th|e|er|re|ère|eme|ème|ième|º|ª|o|a|de|te|ste|[.]?)", re.IGNORECASE)
LEAST_INITIALS = 3  # letters of an abbreviation that is looked for in the initials of a name
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
