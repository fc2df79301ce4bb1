"""What is wrong with a summary, by rules: no summary at all, too long, or saying what the document does not."""

from __future__ import annotations

import re

from groundwork.language.detection import detect_language
from groundwork.language.names import names
from groundwork.language.words import stem
from groundwork.llm.replies.text_wrappings import unwrap_text, wrapping_problem
from groundwork.markdown.grounding import SourceText
from groundwork.summaries.subject_name import name_fault, without_label, without_name

MAX_LENGTH_RATIO = 1.5  # times the words allowed, from which a summary is asked for again
_REFUSAL = re.compile(
    r"(?i)^\W*(?:i(?:'|’)?m sorry|i (?:cannot|can['’]t|am unable)|as an ai\b|no summary|summary (?:is )?not available)"
)


def reply_fault(summary: str) -> str | None:
    """What makes a reply no summary, or more than one, for the correction turn."""

    summary = without_name(unwrap_text(summary))
    if len(re.findall(r"\w+", summary)) < 5:
        return "It is empty; write the summary."
    if _REFUSAL.match(summary):
        return "It is a refusal; write the summary."
    problem = wrapping_problem(summary)
    return f"{problem} Send the summary alone, as plain prose." if problem else None


def summary_faults(summary: str, text: str, max_words: int) -> list[str]:
    """What the summary says that the text does not: numbers, dates, units, quotes, names; and too great length,
    of the name too.
    """

    long_name = name_fault(summary)
    summary = without_label(summary)
    grounds = SourceText(text, language := detect_language(text))
    text_stems = {stem(word, language) for word in re.findall(r"[^\W_]+", text.lower())}
    unknown_names = sorted(
        name for name in names(summary, language) if stem(name, language) not in text_stems and not name.isdigit()
    )
    faults = [*grounds.unsupported_facts(summary), *(f'the name "{name}" is not in the text' for name in unknown_names)]
    if (words := len(summary.split())) > MAX_LENGTH_RATIO * max_words:
        faults.append(f"it is {words} words long, {max_words} are allowed")
    return [*faults, long_name] if long_name else faults
