"""The strategy for large models: many pairs a call, with the questions so far and the gaps shown.

A forecast takes the real prompts, answered by a model that behaves like most. Each call asks about `FOUND` of what is
left, so that a chunk gives 13 + 3 + 3 + 2; a pair says its statement three times, as evidence, in the answer and in
the criteria. Corrections are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from groundwork.language.sentences import sentences
from groundwork.language.words import content_words
from groundwork.llm.client import Client
from groundwork.llm.prompts import follow_up, render_template, render_turns
from groundwork.llm.structured_output import FaultyItem
from groundwork.llm.token_estimate import tokens_in
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.statements import Statement
from groundwork.questions.chunk_figures import ChunkFigures
from groundwork.questions.draft_faults import Corrections, Draft, Drafts
from groundwork.questions.interview import SHOWN_AT_MOST, Asker, InterviewAnswer, Judged, Round
from groundwork.questions.interview_material import CallTokens, Material, Prompt, Tokens, known
from groundwork.records.chunk_record import Chunk
from groundwork.records.pair_record import Rejected
from groundwork.settings.question_settings import QA

T = TypeVar("T")

TURNED_DOWN = "Turned down in the last round; do not ask them again in other words:"
WISHED = (
    "This time the list is an order: a reader wants each of these parts asked about. Write a pair about each, and "
    "decline only what the chunk cannot answer."
)
_DECLINED = re.compile(r"\D{0,12}(\d{1,4})\W*(.*)", re.DOTALL)
SHORT_SUMMARY = 400  # characters: a few sentences
BEYOND = 3  # pairs that a chunk may give beyond one for each of its statements: counts, comparisons, cases
MAX_GAPS = 60  # shown in one call; the rest follows when these are closed


@dataclass
class Batch:
    """Asks about one chunk. `known` are the variables of the prompt that stay the same: context, document, summary."""

    client: Client
    settings: QA
    chunk: Chunk
    prompt: str
    correction: str
    known: dict[str, str]
    statements: int | None = None  # of the chunk, where they are counted
    figures: ChunkFigures | None = None
    calls: int = 0
    dropped: list[FaultyItem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._figures = self.figures or ChunkFigures(self.chunk, self.settings)
        self._messages: list[dict[str, Any]] = []
        self._ahead = 0  # characters that no question covers yet

    @property
    def at_once(self) -> int:
        things = None if self.statements is None else self.statements + self._figures.count
        return batch_for(self.settings.batch, things)

    @property
    def warnings(self) -> list[str]:
        return self._figures.warnings

    @property
    def shows_figures(self) -> bool:
        return self._figures.count > 0

    async def ask(self, asked: Round) -> InterviewAnswer:
        """One call. The gaps are shown from the second iteration on, when there is something that they were left by."""
        text = self.chunk.text
        shows = asked.wished or (self.settings.show_gaps and asked.iteration > 1)
        shown = asked.gaps[: asked.count if asked.wished else MAX_GAPS] if shows else []
        asking = turns(
            self.prompt,
            self.known,
            msgspec.structs.replace(self.chunk, text=self._figures.text),
            [pair.question for pair in asked.pairs],
            [gap.plain_text(text) for gap in shown],
            asked.count,
            turned_down(asked.rejected),
            wished=asked.wished,
        )
        self._messages = self._figures.beside(asking)
        self._ahead = sum(gap.end - gap.start for gap in asked.gaps)
        unit = f"{self.chunk.id} iteration {asked.iteration}"
        reply = await self._call(self._messages, Drafts, unit, asked.iteration)
        drafts = [self._figures.resolved(as_it_stands(draft, asked.gaps, text)) for draft in reply.pairs]
        return InterviewAnswer([(draft, []) for draft in drafts], shown, declined(reply.declined, shown), reply.done)

    async def correct(self, faulty: Sequence[Judged]) -> list[Draft | None]:
        """One call for all of them; None for a draft that the reply leaves out."""
        faults = [
            f"{number}. {draft.question}\n" + "\n".join(f"   - {fault.detail}" for fault in found)
            for number, (draft, found) in enumerate(faulty, 1)
        ]
        said = msgspec.json.encode(Drafts(pairs=[draft for draft, _ in faulty])).decode()
        messages = [*self._messages, *follow_up(said, render_template(self.correction, faults="\n".join(faults)))]
        reply = await self._call(messages, Corrections, f"{self.chunk.id} correction", 0)
        corrected = {draft.number: self._figures.resolved(as_draft(draft)) for draft in reply.pairs}
        return [corrected.get(number) for number in range(1, len(faulty) + 1)]

    async def _call(self, messages: list[dict[str, Any]], schema: type[Any], unit: str, sample: int) -> Any:
        self.calls += 1
        reply = await self.client.ask(
            self.settings,
            messages,
            stage="generate_qa",
            unit=unit,
            schema=schema,
            sample=sample,
            partial=True,
            remaining_characters=self._ahead,
        )
        self.dropped += reply.dropped
        return reply.value


def batch_for(batch: int, statements: int | None) -> int:
    """How many pairs to ask for at once: not many more than the chunk has statements."""
    return batch if statements is None else min(batch, statements + BEYOND)


def turns(
    prompt: str,
    known: dict[str, str],
    chunk: Chunk,
    asked: Sequence[str],
    gaps: Sequence[str],
    count: int,
    rejected: Sequence[str] = (),
    *,
    wished: bool = False,
) -> list[dict[str, Any]]:
    """The conversation that asks for `count` pairs about `chunk`."""
    known = {**known, "summary": summary_for(chunk, known["summary"])}
    told = [*listed(asked).splitlines(), *([TURNED_DOWN, listed(rejected)] if rejected else [])]
    return render_turns(
        prompt,
        **known,
        section=" > ".join(chunk.headings) or "(none)",
        chunk=chunk.text,
        asked="\n".join(told) or "(none yet)",
        gaps="\n".join([WISHED] * wished + _numbered(gaps)) or "(not known)",
        batch=str(count),
    )


def _numbered(gaps: Sequence[str]) -> list[str]:
    return [f"{number}. {gap}" for number, gap in enumerate(gaps[:MAX_GAPS], 1)]


def summary_for(chunk: Chunk, summary: str) -> str:
    """What a chunk needs of the document's summary: its first sentence and those that share most words with the chunk,
    in SHORT_SUMMARY characters, twice as many for a chunk of several times the length.
    """
    room = SHORT_SUMMARY * (2 if len(chunk.text) > 4 * SHORT_SUMMARY else 1)
    if len(summary) <= room:
        return summary
    said = [summary[start:end].strip() for start, end in sentences(summary, chunk.language)] or [summary]
    about = content_words(chunk.text, chunk.language)
    near = sorted(range(1, len(said)), key=lambda i: -len(about & content_words(said[i], chunk.language)))
    chosen, room = [0], room - len(said[0])
    for i in near:
        if len(said[i]) < room and about & content_words(said[i], chunk.language):
            chosen.append(i)
            room -= len(said[i]) + 1
    return " ".join(said[i] for i in sorted(chosen))


def turned_down(rejected: Sequence[Rejected]) -> list[str]:
    """The questions that were rejected, each with the reason."""
    told = [(str(one.pair.get("question", "")).strip(), f"{one.reason}: {one.detail}") for one in rejected]
    return [f"{question} ({why})" for question, why in told if question]


def declined(said: Sequence[str], shown: Sequence[Statement]) -> dict[Statement, str]:
    """By gap the reason why it holds nothing worth asking, from "number: reason"; other numbers are passed over."""
    found = {}
    for one in said:
        if (match := _DECLINED.match(one)) and 1 <= int(match[1]) <= len(shown):
            found[shown[int(match[1]) - 1]] = match[2].strip() or "declined"
    return found


def as_it_stands(draft: Draft, gaps: Sequence[Statement], text: str) -> Draft:
    """`draft` with evidence that was copied from the list of gaps, where a row is in words and an item behind its lead,
    turned back into what the chunk says.
    """
    shown = {_plain(gap.plain_text(text)): text[gap.start : gap.end] for gap in gaps}
    return msgspec.structs.replace(draft, evidence=[shown.get(_plain(quote), quote) for quote in draft.evidence])


def _plain(quote: str) -> str:
    return " ".join(quote.split()).strip(" -.,;")


def as_draft(correction: Any) -> Draft:
    """A correction without its number."""
    return Draft(**{name: getattr(correction, name) for name in Draft.__struct_fields__})


def listed(items: Sequence[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


FOUND = 0.6
REPEATS = 3
FRAME, QUESTION = 80, 22  # tokens of a pair beside its statement; of its question alone


def prompt_files(settings: QA) -> list[str]:
    """The files of config/prompts that it makes use of."""
    corrections, pictures = [settings.correction_prompt] * settings.correct, [settings.images_prompt] * settings.images
    return [settings.prompt, *corrections, *pictures]


def askers(settings: QA, material: Material, prompt: Prompt, client: Callable[[], Client]) -> list[Asker]:
    """One for each chunk of `material`."""
    texts = prompt(settings.prompt), prompt(settings.correction_prompt)
    about = known(settings, material)
    return [
        Batch(
            client(),
            settings,
            one.chunk,
            *texts,
            about,
            len(one.plain_statements()),
            _figures(settings, material, one, prompt),
        )
        for one in material.readings
    ]


def _figures(settings: QA, material: Material, reading: Reading, prompt: Prompt) -> ChunkFigures:
    """The pictures of a chunk, where a model is to see them."""
    shows = settings.images and material.texts is not None
    told = prompt(settings.images_prompt) if shows else ""
    return ChunkFigures(reading.chunk, settings, material.texts if shows else None, told)


def forecast(
    settings: QA,
    material: Material,
    reading: Reading,
    limit: int | None,
    prompt: Prompt,
    tokens: Tokens,
) -> Iterator[CallTokens]:
    """The calls that one chunk is likely to take."""
    plain = reading.plain_statements()
    told = sum(map(tokens_in, plain)) / max(1, len(plain))
    template, about = prompt(settings.prompt), known(settings, material)
    pictures = _figures(settings, material, reading, prompt)
    things = len(plain) + pictures.count
    at_once = batch_for(settings.batch, things)
    asked, most = 0, things if limit is None else min(limit, things)
    for iteration in range(settings.max_iterations if settings.iterate else 1):
        count = at_once if limit is None else min(at_once, limit - asked)
        shown = plain[asked:] if settings.show_gaps and iteration else []
        chunk = msgspec.structs.replace(reading.chunk, text=pictures.text)
        messages = pictures.beside(turns(template, about, chunk, [], shown, count))
        new = min(count, most - asked, round(FOUND * (things - asked)))
        yield tokens(messages, Drafts) + asked * QUESTION, int(new * (REPEATS * told + FRAME)) + 5
        asked += new
        if (settings.stop != "fixed" and asked >= things) or asked == limit:
            return
        if settings.stop != "fixed" and settings.show_gaps and iteration >= SHOWN_AT_MOST and new < count:
            return  # each gap was shown as often as it may be
