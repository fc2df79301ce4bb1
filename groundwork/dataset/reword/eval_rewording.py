"""Reword the eval split: each row is asked about until a rewording passes, or gives way to another row of its cluster.

A call words a row anew, told what was wrong with its tries so far; a judge may send it back once (rewording_judge.py).
Copies of rows of train are asked for in the same way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from groundwork.dataset.creation.document_subjects import Subjects
from groundwork.dataset.reword.rewording_faults import (
    UNCHANGED_ANSWER,
    answer_sources,
    faults_of_rewording,
    is_only_answer_kept,
    moved_question_fault,
    unsupported_answer_fault,
)
from groundwork.dataset.reword.subject_terms import required_terms, subject_words
from groundwork.dataset.split.eval_selection import Encode, EvalSplit, ThresholdOf
from groundwork.embedding.vector_types import Vectors
from groundwork.errors import Filtered, InvalidReply
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.client import Client
from groundwork.llm.prompt_templates import Message, follow_up_turns, render_turns
from groundwork.records import Row
from groundwork.settings.config_schema import Rephrase

REWORDING_DECLINED = "The model says that nobody would ask this in other words."
_OLD_ANSWER = "The answer is the original's, which stays only where it fits your question."
PastTries = list[tuple["Reworded", str]]  # rewordings that did not pass, each with its problem
AskRewording = Callable[[Row, PastTries], Awaitable["Reworded"]]
CheckRewording = Callable[[int, "Reworded"], Awaitable[str | None]]  # the row's index in the pool; the problem, if any
# What is wrong with each rewording, read beside its original: "" for nothing, None where it was not judged.
JudgeRewordings = Callable[[Sequence[tuple[Row, "Reworded"]]], Awaitable[list[str | None]]]


@dataclass
class SpareRows:
    """The spare rows of each cluster, which take the place of rows that resist."""

    split: EvalSplit
    questions: Sequence[str]
    vectors: Vectors
    spares: dict[int, list[int]]
    remaining: int  # replacements that are allowed still

    @classmethod
    def of(cls, eval_split: EvalSplit, questions: Sequence[str], pool_vectors: Vectors) -> SpareRows:
        spare_rows = {cluster: list(indices) for cluster, indices in eval_split.spares.items()}
        return cls(eval_split, questions, pool_vectors, spare_rows, max(8, len(eval_split.eval)))

    def take(self, pool_index: int) -> int | None:
        """The spare row most like that at `pool_index`; None where there is none, or too many were replaced."""
        spare_rows = self.spares.get(self.split.group(pool_index)) or max(self.spares.values(), key=len, default=[])
        if not spare_rows or not self.remaining:
            return None
        self.remaining -= 1
        spare_cosines = self.vectors[spare_rows] @ self.vectors[pool_index]
        return spare_rows.pop(_most_similar_spare(spare_cosines, self.split.threshold_of(self.questions[pool_index])))


def _most_similar_spare(spare_cosines: Vectors, duplicate_threshold: float) -> int:
    """The highest of `spare_cosines` (n,) below that of a near-duplicate, whose twin would go back to train."""
    return int(np.where(spare_cosines < duplicate_threshold, spare_cosines, -2 - spare_cosines).argmax())


class Reworded(msgspec.Struct, frozen=True):
    """What the model is asked for."""

    question: str
    answer: str


@dataclass(frozen=True)
class Reworder:
    """Who words a row anew, what a wording has to pass, in how many tries, and who reads it beside its original."""

    ask: AskRewording
    check: CheckRewording
    tries: int
    judge: JudgeRewordings | None = None

    async def reword(
        self, row: Row, pool_index: int, earlier_tries: Sequence[tuple[Reworded, str]] = ()
    ) -> Reworded | str:
        """The first rewording that passes, each try told what was wrong with those before; or why the last did not.

        `earlier_tries`: wordings that the first try is told of already, each with what speaks against it. A correction
        may decline by an empty question, and an answer that is near the old one is sent back once, not at all after
        `earlier_tries`: then the old one stays.
        """
        past_tries: PastTries = list(earlier_tries)
        for _ in range(self.tries):
            try:
                rewording = await self.ask(row, past_tries)
            except (Filtered, InvalidReply) as rewording_error:
                return past_tries[-1][1] if len(past_tries) > len(earlier_tries) else str(rewording_error)
            rewording = Reworded(rewording.question.strip(), rewording.answer.strip())
            if past_tries and past_tries[-1][0].question and not rewording.question:
                return REWORDING_DECLINED
            rewording_problem = await self.check(pool_index, rewording)
            if rewording_problem is None:
                return rewording
            was_sent_back = bool(earlier_tries) or any(is_only_answer_kept(problem) for _, problem in past_tries)
            past_tries.append((rewording, rewording_problem))
            if was_sent_back and is_only_answer_kept(rewording_problem):
                break
        return await self._with_old_answer(row, pool_index, past_tries[len(earlier_tries) :]) or past_tries[-1][1]

    async def _with_old_answer(self, row: Row, pool_index: int, own_tries: PastTries) -> Reworded | None:
        """The first question that passes with the old answer: it is worth more than its answer in other words."""
        for rewording, _ in own_tries:
            as_it_was = Reworded(rewording.question, row.answer)
            if await self.check(pool_index, as_it_was) in (None, UNCHANGED_ANSWER):
                return as_it_was
        return None


@dataclass
class EvalRewording:
    """The reworded rows by their index in the pool, in order, and what became of the others."""

    rows: dict[int, Reworded] = field(default_factory=dict)
    replaced: list[tuple[str, str]] = field(default_factory=list)  # (id of the row given up, why)
    dropped: int = 0  # places that no row could fill
    sent_back: int = 0  # by the judge, to be worded once more
    unjudged: int = 0

    def reworded_rows(self, eval_rows: Sequence[Row]) -> list[Row]:
        """`eval_rows`, those of `rows` in their order, worded anew; what each said before stands beside it."""
        return [
            msgspec.structs.replace(
                eval_row,
                question=rewording.question,
                answer=rewording.answer,
                original_question=eval_row.question,
                original_answer=eval_row.answer,
            )
            for eval_row, rewording in zip(eval_rows, self.rows.values(), strict=True)
        ]

    def replacements(
        self, pool_rows: Sequence[Row], rewording_replies: dict[int, Reworded | str], spares: SpareRows
    ) -> list[int]:
        """Note the replies by the row's index; the spare rows that take the place of those that resisted."""
        replacement_rows: list[int] = []
        for pool_index, rewording_reply in rewording_replies.items():
            if isinstance(rewording_reply, Reworded):
                self.rows[pool_index] = rewording_reply
                continue
            self.replaced.append((pool_rows[pool_index].id, rewording_reply))
            replacement = spares.take(pool_index)
            replacement_rows += [] if replacement is None else [replacement]
            self.dropped += replacement is None
        return replacement_rows


async def reword_eval(
    pool_rows: Sequence[Row], pool_vectors: Vectors, eval_split: EvalSplit, reworder: Reworder
) -> EvalRewording:
    """Reword the rows of `split.eval`; a row that resists is replaced by the spare one of its cluster that is most
    like it (of the cluster with most to spare, once its own has none).

    `pool_vectors`: (n, d), a unit row for each of `pool_rows`.

    All rows of a round are asked at once and taken in order, so that the result depends on the replies alone and
    not on which came first. At most as many rows are replaced as eval has, so a hopeless model ends soon. What the
    judge turns down is worded once more; what it turns down then gives way as well.
    """
    pool_questions = [row.question for row in pool_rows]
    rewording_outcome, spare_rows = EvalRewording(), SpareRows.of(eval_split, pool_questions, pool_vectors)
    rows_to_reword = list(eval_split.eval)
    while rows_to_reword:
        replies = await gather_all(reworder.reword(pool_rows[i], i) for i in rows_to_reword)
        rewording_replies = dict(zip(rows_to_reword, replies, strict=True))
        if reworder.judge:
            rewording_replies = await _judge_rewordings(pool_rows, rewording_replies, reworder, rewording_outcome)
        rows_to_reword = rewording_outcome.replacements(pool_rows, rewording_replies, spare_rows)
    rewording_outcome.rows = dict(sorted(rewording_outcome.rows.items()))
    return rewording_outcome


async def _judge_rewordings(
    pool_rows: Sequence[Row],
    rewording_replies: dict[int, Reworded | str],
    reworder: Reworder,
    rewording_outcome: EvalRewording,
) -> dict[int, Reworded | str]:
    """The replies by the row's index, those that were turned down worded once more, or given up with the reason."""
    turned_down_rewordings = await _turned_down_rewordings(pool_rows, rewording_replies, reworder, rewording_outcome)
    rewording_outcome.sent_back += len(turned_down_rewordings)
    second_rewordings = await gather_all(
        reworder.reword(pool_rows[pool_index], pool_index, [(first_rewording, judged_problem)])
        for pool_index, (first_rewording, judged_problem) in turned_down_rewordings.items()
    )
    reworded_again = dict(zip(turned_down_rewordings, second_rewordings, strict=True))
    given_up_rows = await _turned_down_rewordings(pool_rows, reworded_again, reworder, rewording_outcome)
    given_up = {pool_index: judged_problem for pool_index, (_, judged_problem) in given_up_rows.items()}
    return {**rewording_replies, **reworded_again, **given_up}


async def _turned_down_rewordings(
    pool_rows: Sequence[Row],
    rewording_replies: dict[int, Reworded | str],
    reworder: Reworder,
    rewording_outcome: EvalRewording,
) -> dict[int, tuple[Reworded, str]]:
    judgeable_rewordings = {
        pool_index: rewording for pool_index, rewording in rewording_replies.items() if isinstance(rewording, Reworded)
    }
    if not judgeable_rewordings or reworder.judge is None:
        return {}
    judged_problems = await reworder.judge(
        [(pool_rows[pool_index], rewording) for pool_index, rewording in judgeable_rewordings.items()]
    )
    rewording_outcome.unjudged += judged_problems.count(None)
    turned_down: dict[int, tuple[Reworded, str]] = {}
    for (pool_index, rewording), judged_problem in zip(judgeable_rewordings.items(), judged_problems, strict=True):
        if judged_problem:
            old_answer_note = f" {_OLD_ANSWER}" if rewording.answer == pool_rows[pool_index].answer else ""
            turned_down[pool_index] = rewording, f"{judged_problem}{old_answer_note}"
    return turned_down


def build_rewording_asker(
    client: Client, rewording_settings: Rephrase, template: str, subjects: Subjects
) -> AskRewording:
    """What asks for rewordings; `subjects`: what the documents are about, whose words have to stay."""

    async def ask(row: Row, past_tries: PastTries) -> Reworded:
        if rewording_settings.strategy == "question":
            from groundwork.questions.small_model.sentence_strategy import ask_in_frame

            try_number = len(past_tries)
            reworded = await ask_in_frame(client, rewording_settings, template, row.question, row.id, try_number)
            return Reworded(reworded, row.answer)
        rewording_turns = rewording_messages(rewording_settings, template, subjects.of(row.document), row)
        for earlier_try, rewording_problem in past_tries:
            reply_note = fine_part_note(rewording_problem) or "Reply with the whole JSON object again."
            earlier_reply = msgspec.json.encode(earlier_try).decode()
            rewording_turns += follow_up_turns(earlier_reply, f"{rewording_problem} {reply_note}")
        rewording_reply = await client.ask(
            rewording_settings, rewording_turns, stage="create_dataset", unit=row.id, schema=Reworded
        )
        return restore_fine_part(rewording_reply.value, past_tries)

    return ask


def restore_fine_part(rewording: Reworded, past_tries: PastTries) -> Reworded:
    """A retry whose part that was fine is taken from the try before it."""
    if not past_tries:
        return rewording
    earlier_try, rewording_problem = past_tries[-1]
    match blamed_part_of_rewording(rewording_problem):
        case "question":
            return Reworded(rewording.question, rewording.answer.strip() or earlier_try.answer)
        case "answer":
            return Reworded(rewording.question.strip() or earlier_try.question, rewording.answer)
    return rewording


def blamed_part_of_rewording(problem: str) -> str:
    """ "question" or "answer" where `problem` is about this part alone, else ""."""
    blamed_fields = [field for field in ("question", "answer") if f"The {field} " in problem]
    return blamed_fields[0] if len(blamed_fields) == 1 else ""


def fine_part_note(problem: str) -> str:
    """What tells that one of question and answer is fine and need not be sent again, or ""."""
    if not (blamed_field := blamed_part_of_rewording(problem)):
        return ""
    fine_field = "answer" if blamed_field == "question" else "question"
    return f'The {fine_field} is fine and kept: give "" for it, and only the {blamed_field} anew, as a JSON object.'


def strategy_faults(row: Row, rewording: Reworded, rewording_settings: Rephrase, subject: Sequence[str]) -> list[str]:
    """What rules find wrong with a rewording, by what its strategy asks for."""
    most_copied = rewording_settings.max_copied
    rewording_faults = faults_of_rewording(row, rewording.question, rewording.answer, most_copied, subject)
    if rewording_settings.strategy == "question":  # whose answer stays
        from groundwork.questions.small_model.sentence_strategy import changed_question_terms

        rewording_faults = [fault for fault in rewording_faults if fault != UNCHANGED_ANSWER]
        rewording_faults += [fault for fault in [changed_question_terms(row.question, rewording.question)] if fault]
    return rewording_faults


def rewording_messages(rewording_settings: Rephrase, template: str, about: str, row: Row) -> list[Message]:
    """The first request for a row; for the strategy `question` with a beginning of usual length, to be counted."""
    if rewording_settings.strategy == "question":
        from groundwork.questions.small_model.sentence_strategy import frame_messages

        return frame_messages(template, row.question)
    return render_turns(
        template,
        subject=about.strip() or row.document,
        question=row.question,
        answer=row.answer,
        criteria="\n".join(f"- {criterion}" for criterion in row.evaluation_criteria),
        evidence="\n".join(f"- {quote}" for quote in row.evidence) or "- none",
        keep=", ".join(required_terms(row, about)) or "none in particular",
    )


def rewording_check(
    pool_rows: Sequence[Row],
    question_vectors: Vectors,
    thresholds: ThresholdOf,
    rewording_settings: Rephrase,
    subjects: Subjects,
    encode: Encode,
) -> CheckRewording:
    """What a rewording of one of `pool_rows` has to pass: the rules of its text, then its meaning by embeddings."""

    async def check_rewording(row_index: int, rewording: Reworded) -> str | None:
        original_row = pool_rows[row_index]
        subject = subject_words(original_row, subjects.of(original_row.document))
        reworded_vector, threshold = (await encode([rewording.question], "query"))[0], thresholds(original_row.question)
        rewording_faults = [
            *strategy_faults(original_row, rewording, rewording_settings, subject),
            moved_question_fault(question_vectors, row_index, reworded_vector, threshold),
        ]
        if original_row.evidence and original_row.answer != rewording.answer:
            answer_texts = [original_row.answer, rewording.answer, *answer_sources(original_row)]
            old_vector, new_vector, *sources = await encode(answer_texts, "document")
            rewording_faults.append(
                unsupported_answer_fault(original_row, rewording.answer, old_vector, new_vector, np.stack(sources))
            )
        return " ".join(filter(None, rewording_faults)) or None

    return check_rewording
