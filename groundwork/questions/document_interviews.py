"""The interviews of one document: which chunks are asked about, by which strategy, how much, and what came of it.

Before that, for --dry-run: what they will ask.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from groundwork.apportionment import largest_remainder
from groundwork.errors import UnitError
from groundwork.installation import as_typed
from groundwork.language.dangling_references import is_instruction
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.grounding import SourceText
from groundwork.markdown.statements import Statement
from groundwork.questions import chunk_coverage
from groundwork.questions.draft_faults import PairBasis
from groundwork.questions.duplicates.duplicate_rule import asked_by
from groundwork.questions.duplicates.duplicate_search import AskedSoFar, Encode, Likeness, similarity
from groundwork.questions.interview import Asker, Interview, ask_wishes, interview
from groundwork.questions.interview_material import CallTokens, Material, Prompt, Tokens, known
from groundwork.questions.multi_chunk_questions import TwoChunks, related_chunks
from groundwork.questions.strategy_choice import strategy_of
from groundwork.questions.wished_statements import wished_statements
from groundwork.records.coverage_record import DocumentCoverage
from groundwork.records.pair_record import Pair, Rejected
from groundwork.settings.question_settings import QA
from groundwork.settings.whole_config import Config

if TYPE_CHECKING:
    from groundwork.llm.client import Client


@dataclass
class Interviews:
    """One interview a chunk."""

    material: Material
    settings: QA
    states: list[Interview]
    askers: list[Asker]
    notice: str = ""
    notes: list[str] = field(default_factory=list)
    similar: tuple[Encode | None, Likeness] = (None, Likeness())
    couples: list[TwoChunks] = field(default_factory=list)

    async def run(self, number: int) -> None:
        state = self.states[number]
        if state.limit == 0:
            state.ended = "limit"
            await ask_wishes(state, self.askers[number])
        elif all(one.announces for one in state.reading.statements) and not self._shows_figures(number):
            state.ended = "nothing said"  # a title, headings or links alone
        else:
            await interview(state, self.askers[number])

    def _shows_figures(self, number: int) -> bool:
        return bool(getattr(self.askers[number], "shows_figures", False))

    def line(self, number: int) -> str:
        """The log's line of one chunk: `chunk 3: 13 + 3 + 3 + 2`."""
        state = self.states[number]
        covered = state.covered()
        share = "" if covered.touched is None else f", {covered.touched:.0%} covered"
        share += f", {covered.declined:.0%} declined" if covered.declined else ""
        why = f", {state.failure}" if state.failure else ""
        return f"chunk {state.chunk.index + 1}: {state.curve()}   ({self.material.document}{share}{why})"

    def pairs(self) -> list[Pair]:
        return [pair for one in self._all() for pair in one.pairs]

    def rejected(self) -> list[Rejected]:
        return [rejected for one in self._all() for rejected in one.rejected]

    def _all(self) -> list[Interview | TwoChunks]:
        return [*self.states, *self.couples]

    def covered(self) -> DocumentCoverage:
        """Coverage of the whole document with the saturation curve of every chunk."""
        pairs: dict[str, list[Pair]] = {}
        for pair in self.pairs():
            for chunk in pair.chunks:
                pairs.setdefault(chunk, []).append(pair)
        covered = [state.covered(pairs.get(state.chunk.id, [])) for state in self.states]
        whole = chunk_coverage.of_document(self.material.document, covered)
        return msgspec.structs.replace(
            whole,
            pairs=len(self.pairs()),
            rejected=dict(Counter(one.reason for one in self.rejected()).most_common()),
            calls=sum(asker.calls for asker in self.askers) + len(self.couples),
            runs=[state.run_record(asker.calls) for state, asker in zip(self.states, self.askers, strict=True)],
        )

    def warnings(self) -> list[str]:
        """What a reader of the ledger should know: chunks cut off, hidden instructions, what was missing."""
        found = list(self.notes)
        last = self.settings.max_iterations - 1
        cut = [state for state in self.states if state.ended == "max_iterations" and state.new[last]]
        if cut:
            names = ", ".join(f"chunk {state.chunk.index + 1}" for state in cut[:5]) + (" ..." if len(cut) > 5 else "")
            found.append(
                f"{names}: still gave new pairs when qa.max_iterations ({self.settings.max_iterations}) was reached; "
                f"raise it: --set qa.max_iterations={self.settings.max_iterations * 2}"
            )
        found += [warning for asker in self.askers for warning in getattr(asker, "warnings", ())]
        for state in self.states:
            found += [_unmet(state, statement) for statement in state.open_wishes() if not state.failure]
            for statement in state.reading.statements:
                if is_instruction(state.chunk.text[statement.start : statement.end]):
                    said = _short(state.chunk.text[statement.start : statement.end])
                    found.append(
                        f'chunk {state.chunk.index + 1}: holds an instruction to a model, not asked about: "{said}"'
                    )
        return found

    def failures(self) -> list[tuple[str, UnitError]]:
        """(part, error) of every chunk or statement whose reply stayed unusable."""
        found = [(f"chunk {state.chunk.index + 1}", state.failure) for state in self.states if state.failure]
        for state, asker in zip(self.states, self.askers, strict=True):
            found += [(f"chunk {state.chunk.index + 1}", error) for error in getattr(asker, "failures", ())]
        for couple in self.couples:
            if couple.failure:
                found.append(
                    (f"chunks {couple.first.chunk.index + 1} and {couple.second.chunk.index + 1}", couple.failure)
                )
        return found

    async def ask_across_chunks(self) -> None:
        """Questions that need two related chunks, where qa.multi_chunk asks for them."""
        if not self.couples:
            return
        earlier = AskedSoFar(*self.similar)
        await earlier.sift([asked_by(pair) for pair in self.pairs()])
        for couple in self.couples:  # one after the other, so that none repeats another's question
            await couple.run(earlier)


async def prepare_interviews(
    config: Config,
    material: Material,
    prompt: Callable[[str], str],
    client: Callable[[], Client],
    vectors: Path,
    joined: Path | None = None,
) -> Interviews:
    """Everything ready to ask: an interview and an asker for each chunk of `material`.

    `prompt` reads a file of config/prompts, `client` makes the model's client when it is needed, `vectors` is the
    folder of the embeddings' cache, `joined` one that is only read.
    Raises ConfigError for a prompt or a setting that cannot be used.
    """
    notes = [] if material.summary else [as_typed("no summary; run first: uv run dataprep/summarize.py")]
    sample = [plain for reading in material.readings for plain in reading.plain_statements()]
    threshold = config.qa.duplicate_threshold
    encode, likeness, note = await similarity(config.embeddings, threshold, sample, vectors, client, joined)
    limits = limits_of(config.qa, [len(reading.statements) for reading in material.readings])
    text = prompt(config.qa.prompt)
    wished, lost = wished_statements(material.wishes, material.readings)
    states = [
        Interview(
            reading=reading,
            source=_source(material, [reading], text, config.qa),
            settings=config.qa,
            earlier=AskedSoFar(encode, likeness),
            limit=limit,
            wished=wished.get(reading.chunk.id, ()),
        )
        for reading, limit in zip(material.readings, limits, strict=True)
    ]
    askers = strategy_of(config.qa).askers(config.qa, material, prompt, client)
    couples = []
    if config.qa.multi_chunk:
        two = prompt(config.qa.two_chunk_prompt)
        for first, second in await related_chunks(material.readings, encode):
            source = _source(material, [first, second], two, config.qa)
            couples.append(TwoChunks(client(), config.qa, two, first, second, known(config.qa, material), source))
    notes += [note] if note else []
    notes += [f'wish not met, its text is gone or left out of the questions: "{_short(wish.text)}"' for wish in lost]
    return Interviews(
        material, config.qa, states, askers, _notice(config.qa, material), notes, (encode, likeness), couples
    )


def _unmet(state: Interview, statement: Statement) -> str:
    said = _short(state.chunk.text[statement.start : statement.end])
    why = state.declined.get(statement) or "no pair about it passed; qa/<run>/rejected says why"
    return f'chunk {state.chunk.index + 1}: wish not met ({why}): "{said}"'


def _short(text: str) -> str:
    return " ".join(text.split())[:80]


def _source(material: Material, readings: Sequence[Reading], prompt: str, settings: QA) -> PairBasis:
    headings = [heading for reading in readings for heading in reading.chunk.headings]
    known = " ".join([material.title, material.summary, settings.context, *headings])
    if len(readings) == 1:
        return PairBasis(readings[0].source_text, _instructions(prompt), known, material.title)
    text = "\n\n".join(reading.chunk.text for reading in readings)
    return PairBasis(SourceText(text, readings[0].language), _instructions(prompt), known, material.title)


def _instructions(prompt: str) -> str:
    """The part of a prompt that is the same for every chunk, examples included: no question may be about it."""
    from groundwork.llm.prompts import placeholders, split_turns

    return "\n".join(turn["content"] for turn in split_turns(prompt) if not placeholders(turn["content"]))


def shared_out(limit: int, sizes: Sequence[int]) -> list[int | None]:
    """`limit` shared out in proportion to `sizes` by largest remainder; 0 is no limit, told as None for each."""
    if not limit or not sum(sizes):
        return [None] * len(sizes)
    return list(largest_remainder(sizes, limit))


def limits_of(settings: QA, sizes: Sequence[int]) -> list[int | None]:
    """How many pairs each chunk may give at the most: its share of qa.limit, and qa.questions; None: no limit."""
    shares = shared_out(settings.limit, sizes)
    if not settings.questions:
        return shares
    return [settings.questions if share is None else min(share, settings.questions) for share in shares]


def _notice(settings: QA, material: Material) -> str:
    if not settings.limit:
        return ""
    return (
        f"{material.document}: at most {settings.limit} pairs, spread over {len(material.chunks)} chunks (qa.limit); "
        "to ask everything: --limit 0"
    )


def interview_calls(settings: QA, material: Material, prompt: Prompt, tokens: Tokens) -> Iterator[CallTokens]:
    """Each call that the interviews about `material` are likely to make. `tokens` counts a request's."""
    strategy = strategy_of(settings)
    found = [len(reading.statements) for reading in material.readings]
    wished, _ = wished_statements(material.wishes, material.readings)
    for reading, limit in zip(material.readings, limits_of(settings, found), strict=True):
        if limit != 0:  # nothing is asked where no pair may come
            yield from strategy.forecast(settings, material, reading, limit, prompt, tokens)
        if count := len(wished.get(reading.chunk.id, ())):  # once more, whatever the limit is
            once = msgspec.structs.replace(settings, iterate=False)
            yield from strategy.forecast(once, material, reading, count, prompt, tokens)
