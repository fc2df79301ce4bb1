"""The interviews of one document: in which rounds each chunk is asked about, how much, and what came of it.

How is asked is the business of a strategy (`interview_strategy`), chosen by qa.strategy. For --dry-run: what the
interviews will ask.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from groundwork.apportionment import apportion_by_largest_remainder
from groundwork.coverage.chunk_coverage import document_coverage
from groundwork.data_folder.runs.reader_wishes import Wish
from groundwork.errors import UnitError
from groundwork.installation import as_typed
from groundwork.llm.client import Client
from groundwork.message_wording import counted
from groundwork.questions.chunk_interviews import ChunkInterview, run_chunk_interview, statement_excerpt
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
from groundwork.questions.duplicates.likeness_calibration import Likeness, encoder_and_likeness
from groundwork.questions.duplicates.question_comparison import asked_question
from groundwork.questions.interview_material import InterviewMaterial
from groundwork.questions.interview_strategy import Asker, ForecastBasis, ForecastTokens, Strategy
from groundwork.questions.pair_drafts import draft_basis_of
from groundwork.questions.two_chunk_interviews import TwoChunkInterview, prepare_two_chunk_interviews
from groundwork.questions.wished_statements import StatementsByChunk, wished_statements
from groundwork.records import Chunk, Contradiction, DocumentCoverage, Pair, Rejected
from groundwork.settings.config_schema import QA, Config

if TYPE_CHECKING:
    from groundwork.embedding.encoder import EncodeTexts


@dataclass
class DocumentInterviews:
    """One interview a chunk."""

    material: InterviewMaterial
    settings: QA
    interviews: list[ChunkInterview]
    askers: list[Asker]
    pair_limit_notice: str = ""
    notes: list[str] = field(default_factory=list)
    encode_and_likeness: tuple[EncodeTexts | None, Likeness] = (None, Likeness())
    interviews_across_chunks: list[TwoChunkInterview] = field(default_factory=list)

    async def ask_about_chunk(self, interview_number: int) -> None:
        await run_chunk_interview(self.interviews[interview_number], self.askers[interview_number])

    def chunk_log_line(self, interview_number: int) -> str:
        return self.interviews[interview_number].chunk_log_line(self.material.document)

    def pairs(self) -> list[Pair]:
        return [pair for interview in self._all_interviews() for pair in interview.pairs]

    def rejected(self) -> list[Rejected]:
        interviews = self._all_interviews()
        return [rejection for interview in interviews for rejection in interview.rejected]

    def _all_interviews(self) -> list[ChunkInterview | TwoChunkInterview]:
        return [*self.interviews, *self.interviews_across_chunks]

    def _contradictions(self) -> Iterator[tuple[Chunk, str]]:
        for interview in self.interviews:
            yield from ((interview.chunk, text) for text in interview.contradictions)
        for two_chunks in self.interviews_across_chunks:
            yield from ((two_chunks.first_reading.chunk, text) for text in two_chunks.contradictions)

    def coverage(self) -> DocumentCoverage:
        """Coverage of the whole document with the saturation curve of every chunk."""
        pairs_by_interview: dict[str, list[Pair]] = {}
        for pair in self.pairs():
            for chunk in pair.chunks:
                pairs_by_interview.setdefault(chunk, []).append(pair)
        coverage_by_interview = [
            interview.coverage(pairs_by_interview.get(interview.chunk.id, [])) for interview in self.interviews
        ]
        interviews_and_askers = zip(self.interviews, self.askers, strict=True)
        interviews_coverage = document_coverage(self.material.document, coverage_by_interview)
        return msgspec.structs.replace(
            interviews_coverage,
            pairs=len(self.pairs()),
            rejected=dict(Counter(rejection.reason for rejection in self.rejected()).most_common()),
            contradictions=[Contradiction(chunk=chunk.id, text=text) for chunk, text in self._contradictions()],
            calls=sum(asker.calls for asker in self.askers) + len(self.interviews_across_chunks),
            runs=[interview.chunk_run_record(asker.calls) for interview, asker in interviews_and_askers],
        )

    def interview_warnings(self) -> list[str]:
        """What a reader of the ledger should know: chunks cut off, hidden instructions, what was missing."""
        contradictions = [
            f"chunk {chunk.index + 1}: the text contradicts itself or its summary, which can be edited by hand: {text}"
            for chunk, text in self._contradictions()
        ]
        asker_warnings = chain.from_iterable(getattr(asker, "warnings", ()) for asker in self.askers)
        chunk_warnings = chain.from_iterable(interview.chunk_warnings() for interview in self.interviews)
        return [*self.notes, *self._cut_interview_warnings(), *contradictions, *asker_warnings, *chunk_warnings]

    def _cut_interview_warnings(self) -> list[str]:
        last_round, max_iterations = self.settings.max_iterations - 1, self.settings.max_iterations
        cut_interviews = [
            interview.chunk_name
            for interview in self.interviews
            if interview.interview_end == "max_iterations" and interview.new_pairs_by_round[last_round]
        ]
        if not cut_interviews:
            return []
        more_cut_interviews = " ..." if len(cut_interviews) > 5 else ""
        return [
            f"{', '.join(cut_interviews[:5])}{more_cut_interviews}: still gave new pairs when qa.max_iterations "
            f"({max_iterations}) was reached; raise it: --set qa.max_iterations={max_iterations * 2}"
        ]

    def interview_failures(self) -> list[tuple[str, UnitError]]:
        """(part, error) of every chunk or statement whose reply stayed unusable."""
        failed_parts = [(interview.chunk_name, interview.failure) for interview in self.interviews if interview.failure]
        for interview, asker in zip(self.interviews, self.askers, strict=True):
            failed_parts += [(interview.chunk_name, error) for error in getattr(asker, "failures", ())]
        for two_chunks in self.interviews_across_chunks:
            if two_chunks.two_chunk_failure:
                failed_parts.append((two_chunks.chunk_names, two_chunks.two_chunk_failure))
        return failed_parts

    async def ask_across_chunks(self) -> None:
        """Questions that need two related chunks, where qa.multi_chunk asks for them."""
        if not self.interviews_across_chunks:
            return
        earlier_questions = EarlierQuestions(*self.encode_and_likeness)
        await earlier_questions.find_duplicates([asked_question(pair) for pair in self.pairs()])
        for two_chunks in self.interviews_across_chunks:  # one after the other, so that none repeats another's question
            await two_chunks.ask_about_both(earlier_questions)


async def prepare_document_interviews(
    config: Config,
    material: InterviewMaterial,
    prompt: Callable[[str], str],
    model_client: Callable[[], Client],
    vectors: Path,
    joined: Path | None = None,
) -> DocumentInterviews:
    """Everything ready to ask: an interview and an asker for each chunk of `material`.

    `prompt` reads a file of config/prompts, `model_client` makes the model's client when it is needed, `vectors` is the
    folder of the embeddings' cache, `joined` one that is only read.
    Raises ConfigError for a prompt or a setting that cannot be used.
    """
    sample_of_document = [statement for reading in material.readings for statement in reading.plain_statements()]
    settings = config.qa
    encode, likeness, similarity_note = await encoder_and_likeness(
        config.embeddings, settings.duplicate_threshold, sample_of_document, vectors, model_client, joined
    )
    wished, unmet_wishes = wished_statements(material.wishes, material.readings)
    start_questions = partial(EarlierQuestions, encode, likeness)
    interviews = _prepare_chunk_interviews(settings, material, prompt(settings.prompt), start_questions, wished)
    askers = choose_strategy(settings).askers(settings, material, prompt, model_client)
    across_chunks = await prepare_two_chunk_interviews(settings, material, prompt, model_client, encode)
    notices = _pair_limit_notice(settings, material), _interview_notes(material, similarity_note, unmet_wishes)
    return DocumentInterviews(material, settings, interviews, askers, *notices, (encode, likeness), across_chunks)


def _interview_notes(material: InterviewMaterial, similarity_note: str, unmet_wishes: Sequence[Wish]) -> list[str]:
    notes_before_interviews = [
        *([] if material.summary else [as_typed("no summary; run first: uv run dataprep/summarize.py")]),
        *([similarity_note] if similarity_note else []),
    ]
    unmet_wish = "wish not met, its text is gone or left out of the questions"
    return notes_before_interviews + [f'{unmet_wish}: "{statement_excerpt(wish.text)}"' for wish in unmet_wishes]


def _prepare_chunk_interviews(
    settings: QA,
    material: InterviewMaterial,
    prompt: str,
    start_earlier_questions: Callable[[], EarlierQuestions],
    wished: StatementsByChunk,
) -> list[ChunkInterview]:
    interview_limits = chunk_pair_limits(settings, [len(reading.statements) for reading in material.readings])
    return [
        ChunkInterview(
            reading=reading,
            draft_basis=draft_basis_of(material, [reading], prompt, settings),
            settings=settings,
            earlier_questions=start_earlier_questions(),
            pair_limit=interview_limit,
            wished=wished.get(reading.chunk.id, ()),
        )
        for reading, interview_limit in zip(material.readings, interview_limits, strict=True)
    ]


def share_pair_limit(pair_limit: int, interview_sizes: Sequence[int]) -> list[int | None]:
    """`pair_limit` shared out in proportion to `interview_sizes` by largest remainder; 0 is no limit, None for each."""
    if not pair_limit or not sum(interview_sizes):
        return [None] * len(interview_sizes)
    return list(apportion_by_largest_remainder(interview_sizes, pair_limit))


def chunk_pair_limits(settings: QA, interview_sizes: Sequence[int]) -> list[int | None]:
    """How many pairs each chunk may give at the most: its share of qa.limit, and qa.questions; None: no limit."""
    pair_limit_shares = share_pair_limit(settings.limit, interview_sizes)
    if not settings.questions:
        return pair_limit_shares
    return [
        settings.questions if pair_limit_share is None else min(pair_limit_share, settings.questions)
        for pair_limit_share in pair_limit_shares
    ]


def _pair_limit_notice(interview_settings: QA, material: InterviewMaterial) -> str:
    if not interview_settings.limit:
        return ""
    return (
        f"{material.document}: at most {counted(interview_settings.limit, 'pair')}, spread over "
        f"{counted(len(material.chunks), 'chunk')} (qa.limit); "
        "to ask everything: --limit 0"
    )


def forecast_interview_calls(document_basis: ForecastBasis) -> Iterator[ForecastTokens]:
    """Each call that the interviews about a document are likely to make."""
    settings, material = document_basis.settings, document_basis.material
    document_strategy = choose_strategy(settings)
    interview_sizes = [len(reading.statements) for reading in material.readings]
    wished, _ = wished_statements(material.wishes, material.readings)
    for reading, pair_limit in zip(material.readings, chunk_pair_limits(settings, interview_sizes), strict=True):
        if pair_limit != 0:  # nothing is asked where no pair may come
            yield from document_strategy.forecast(document_basis, reading, pair_limit)
        if wish_count := len(wished.get(reading.chunk.id, ())):  # once more, whatever the limit is
            one_round_basis = replace(document_basis, settings=msgspec.structs.replace(settings, iterate=False))
            yield from document_strategy.forecast(one_round_basis, reading, wish_count)


def interviews_summary_line(interviews_coverage: DocumentCoverage) -> str:
    """`61 pairs (50 + 11 + 0), covers 94% (sentences 96%, numbers 91%), 7 rejected (evidence 4, ...), 12 calls`.

    The sum is the saturation curve of the document: new pairs of each iteration, over all chunks.
    """
    new_pairs_by_run = (run.new for run in interviews_coverage.runs)
    interview_curve = [sum(new_pairs) for new_pairs in zip_longest(*new_pairs_by_run, fillvalue=0)]
    interview_shares = {name: getattr(interviews_coverage, name) for name in ("sentences", "numbers", "rows")}
    covered_by_kind = ", ".join(f"{name} {share:.0%}" for name, share in interview_shares.items() if share is not None)
    interview_clauses = [
        counted(interviews_coverage.pairs, "pair")
        + (f" ({' + '.join(map(str, interview_curve))})" if interview_curve else "")
    ]
    if interviews_coverage.touched is not None:
        interview_clauses.append(f"covers {interviews_coverage.touched:.0%} ({covered_by_kind})")
        if interviews_coverage.declined:
            open_coverage = max(0.0, 1 - interviews_coverage.touched - interviews_coverage.declined)  # both are rounded
            interview_clauses.append(f"{interviews_coverage.declined:.0%} declined, {open_coverage:.0%} open")
    if interviews_coverage.figures:
        interview_clauses.append(
            f"{interviews_coverage.figures.asked} of {counted(interviews_coverage.figures.of, 'figure')} asked about"
        )
    if interviews_coverage.rejected:
        rejected_in_interviews = ", ".join(f"{reason} {n}" for reason, n in interviews_coverage.rejected.items())
        interview_clauses.append(f"{sum(interviews_coverage.rejected.values())} rejected ({rejected_in_interviews})")
    return ", ".join([*interview_clauses, counted(interviews_coverage.calls, "call")])


def choose_strategy(interview_settings: QA) -> Strategy:
    """The strategy of qa.strategy. The small model's is read only where it is asked for."""
    if interview_settings.strategy == "sentence":
        from groundwork.questions.small_model import sentence_strategy

        return sentence_strategy
    from groundwork.questions import batched_strategy

    return batched_strategy


def prompt_files(interview_settings: QA) -> list[str]:
    """The files of config/prompts that `interview_settings` makes use of."""
    two_chunk_prompts = [interview_settings.two_chunk_prompt] if interview_settings.multi_chunk else []
    return [*choose_strategy(interview_settings).prompt_files(interview_settings), *two_chunk_prompts]
