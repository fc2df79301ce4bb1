"""Summarise each document: the context that the questions lean on.

Reads   data/text/<document>.md and .json
Writes  data/summaries/<document>.json
Run     uv run dataprep/summarize.py
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from groundwork.console.command import Command, Estimate, Job, Outcome, Unit
from groundwork.records.artifacts import read_json, read_text, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwork.settings.document_settings import Summarize
    from groundwork.settings.whole_config import Config

CHARACTERS_PER_TOKEN = 3.5  # on the safe side for prose
WORDS_USED = 0.75  # of the words allowed, in a summary
TOKENS_PER_WORD = 1.5
TOO_LONG = 1.5  # times the words allowed, from which a summary is asked for again
LEAST_WORDS = 120  # allowed for the shortest document, where max_words allows as many
CHARACTERS_PER_WORD = 60  # of a document, for one word of its summary: about a tenth of its length
_HEADING = re.compile(r"(?m)^#{1,6}\s+(.+?)\s*#*$")
_REFUSAL = re.compile(
    r"(?i)^\W*(?:i(?:'|’)?m sorry|i (?:cannot|can['’]t|am unable)|as an ai\b|no summary|summary (?:is )?not available)"
)


def units(job: Job) -> list[Unit]:
    found = job.documents_in("text", ".md")
    return [
        Unit(
            name=document,
            reads=(job.data.path("text", f"{document}.md"), *_record(job, document)),
            writes=(job.data.path("summaries", f"{document}.json"),),
        )
        for document in (found[:1] if job.test else found)
    ]


def _record(job: Job, document: str) -> list[Any]:
    path = job.data.path("text", f"{document}.json")
    return [path] if path.exists() else []


async def process(job: Job, unit: Unit) -> Outcome:
    """One summary; what it says and the document does not is corrected once and then a warning."""
    from groundwork.errors import BadDocument
    from groundwork.records.types import Summary

    text = read_text(unit.reads[0])
    if not re.search(r"\w", text):
        raise BadDocument(f"{unit.reads[0].name}: holds no text to summarise")
    summary, warnings = await _Summarizer(job, unit.name, _title(unit)).document(text)
    model = job.config.summarize.model
    write_json(unit.writes[0], Summary(document=unit.name, summary=summary, model=model, warnings=warnings))
    return Outcome(note=f"{len(summary.split())} words", counts={"words": len(summary.split())}, warnings=warnings)


def _title(unit: Unit) -> str:
    from groundwork.records.types import Document

    return next((read_json(path, Document).title for path in unit.reads[1:]), "") or unit.name.replace("-", " ")


class _Summarizer:
    """The calls for one document."""

    def __init__(self, job: Job, document: str, title: str) -> None:
        self._job, self._name, self._title = job, document, title
        self._settings: Summarize = job.config.summarize
        self._words = self._settings.max_words

    async def document(self, text: str) -> tuple[str, list[str]]:
        """(summary, warnings). A text that is too long for one call is summarised part by part first."""
        from groundwork.llm.concurrency import together  # asyncio's 40 ms that --help does without

        self._words = words_allowed(text, self._settings.max_words)
        shortened = text
        while len(parts := sections(shortened, self._most_characters())) > 1:
            self._job.progress.start(len(parts), "parts")
            summaries = await together(self._part(i, len(parts), part) for i, part in enumerate(parts, 1))
            joined = "\n\n".join(summaries)
            if len(joined) >= len(shortened):
                break
            shortened = joined
        messages = self._messages(self._settings.prompt, text=shortened)
        summary = await self._ask(messages, self._name)
        return await self._corrected(messages, summary, text)

    def turns(self, text: str) -> list[list[Any]]:
        """The conversations by which `text` is summarised first: one, or one a part."""
        self._words = words_allowed(text, self._settings.max_words)
        parts = sections(text, self._most_characters())
        if len(parts) == 1:
            return [self._messages(self._settings.prompt, text=text)]
        return [self._about_part(number, len(parts), part) for number, part in enumerate(parts, 1)]

    def _about_part(self, number: int, count: int, text: str) -> list[Any]:
        heading = _HEADING.search(text)
        return self._messages(
            self._settings.section_prompt,
            text=text,
            part=str(number),
            parts=str(count),
            section=heading[1] if heading else "(no heading)",
        )

    async def _part(self, number: int, count: int, text: str) -> str:
        summary = await self._ask(self._about_part(number, count, text), f"{self._name} part {number}")
        self._job.progress.advance()
        return summary

    async def _corrected(self, messages: list[Any], summary: str, text: str) -> tuple[str, list[str]]:
        """The summary, asked for again once where it has faults; those that remain are warnings."""
        from groundwork.llm.prompts import render

        problems = faults(summary, f"{self._title}\n\n{text}", self._words)
        if not problems:
            return summary, []
        asked = render(
            self._job.prompt(self._settings.correction_prompt),
            faults="\n".join(f"- {problem}" for problem in problems),
            max_words=str(self._words),
        )
        turns = [*messages, {"role": "assistant", "content": summary}, {"role": "user", "content": asked}]
        better = await self._ask(turns, f"{self._name} correction")
        remaining = faults(better, f"{self._title}\n\n{text}", self._words)
        if len(remaining) > len(problems):
            better, remaining = summary, problems
        return better, [f"the summary: {problem}" for problem in remaining]

    async def _ask(self, messages: list[Any], unit: str) -> str:
        from groundwork.llm.reply_wrapping import unwrapped

        reply = await self._job.client.ask(
            self._settings, messages, stage="summarize", unit=unit, check=unusable, whole_prompt=True
        )
        return unwrapped(reply.value)

    def _messages(self, prompt: str, **variables: str) -> list[Any]:
        from groundwork.llm.prompts import conversation

        return conversation(self._job.prompt(prompt), document=self._title, max_words=str(self._words), **variables)

    def _most_characters(self) -> int:
        return int(self._settings.max_input_tokens * CHARACTERS_PER_TOKEN)


def words_allowed(text: str, most: int) -> int:
    """How long the summary of `text` may be: a tenth of it, not less than LEAST_WORDS and not more than `most`."""
    return min(most, max(LEAST_WORDS, len(text) // CHARACTERS_PER_WORD))


def unusable(summary: str) -> str | None:
    """What makes a reply no summary, or more than one, for the correction turn."""
    from groundwork.llm.reply_wrapping import unwrapped, wrapping

    summary = unwrapped(summary)
    if len(re.findall(r"\w+", summary)) < 5:
        return "It is empty; write the summary."
    if _REFUSAL.match(summary):
        return "It is a refusal; write the summary."
    problem = wrapping(summary)
    return f"{problem} Send the summary alone, as plain prose." if problem else None


def faults(summary: str, text: str, max_words: int) -> list[str]:
    """What the summary says that the text does not: numbers, dates, units, quotes, names; and too great length."""
    from groundwork.language.detection import code
    from groundwork.language.names import names
    from groundwork.language.words import stem
    from groundwork.markdown.grounding import Grounds

    grounds = Grounds(text, language := code(text))
    known = {stem(word, language) for word in re.findall(r"[^\W_]+", text.lower())}
    strange = sorted(name for name in names(summary) if stem(name, language) not in known and not name.isdigit())
    found = [*grounds.unsupported(summary), *(f'the name "{name}" is not in the text' for name in strange)]
    if (words := len(summary.split())) > TOO_LONG * max_words:
        found.append(f"it is {words} words long, {max_words} are allowed")
    return found


def sections(text: str, most: int) -> list[str]:
    """`text` cut before headings, else at blank lines, else at spaces, into parts of `most` characters, none lost."""
    parts: list[str] = []
    start = 0
    while len(text) - start > most:
        end = start + most
        for boundary in (r"(?m)^#{1,6}\s", r"\n\s*\n", r"\s"):
            cuts = [match.start() for match in re.compile(boundary).finditer(text, start + most // 3, end)]
            if cuts:
                end = cuts[-1]
                break
        parts.append(text[start:end])
        start = end
    return [*parts, text[start:]]


def estimate(job: Job, unit: Unit) -> Estimate:
    """Calls and tokens for --dry-run, from the real prompts; whether a summary needs correcting nobody knows before."""
    text, call = read_text(unit.reads[0]), job.config.summarize
    summarizer = _Summarizer(job, unit.name, _title(unit))
    asked = summarizer.turns(text)
    said = int(WORDS_USED * words_allowed(text, call.max_words) * TOKENS_PER_WORD)
    tokens = sum(job.tokens(call, messages) for messages in asked)
    if len(asked) > 1:  # and their summaries together
        tokens += len(asked) * said + job.tokens(call, summarizer.turns("")[0])
        return Estimate(len(asked) + 1, tokens, (len(asked) + 1) * said, call)
    return Estimate(1, tokens, said, call)


def prompts(config: Config) -> Sequence[str]:
    used = config.summarize
    return [used.prompt, used.section_prompt, used.correction_prompt]


main = Command(
    name="summarize",
    units=units,
    process=process,
    settings=lambda config: config.summarize,
    prompts=prompts,
    estimate=estimate,
    shards="documents",
    units_a_process=150,
)
