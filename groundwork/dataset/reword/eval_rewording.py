"""Reword the eval split: each row is asked about until a rewording passes, or gives way to another row of its cluster.

What a rewording has to pass are the rules of rewording_faults.py, which cost nothing and mean the same for every model,
and the check of its meaning by embeddings: nothing else in the pool may be nearer to the new question than its original
is, and the evidence must stay about as near to the new answer as it was to the old one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import numpy as np

from groundwork.dataset.reword.rewording_faults import UNCHANGED, is_only_answer_kept
from groundwork.dataset.split.eval_split import EvalSplit, Vectors
from groundwork.errors import Filtered, InvalidReply
from groundwork.language.language_and_script import detect_language
from groundwork.language.words import stem, stop_words, words
from groundwork.llm.calls.task_group import gather_all
from groundwork.records import Row

REWORDING_DECLINED = "The model says that nobody would ask this in other words."
CLOSER_QUESTIONS_ALLOWED = 5  # questions that may lie closer to the rewording than its original does
_OLD_ANSWER = "The answer is the original's, which stays only where it fits your question."
KEPT_SUPPORT_SHARE = 0.5  # of the cosine between answer and evidence

Strategy = Literal["pair", "question"]
PastTries = list[tuple["Reworded", str]]  # rewordings that did not pass, each with its problem
AskRewording = Callable[[Row, PastTries], Awaitable["Reworded"]]
CheckRewording = Callable[[int, "Reworded"], Awaitable[str | None]]  # the row's index in the pool; the problem, if any


# What is wrong with each rewording, read beside its original: "" for nothing, None where it was not judged.
JudgeRewordings = Callable[[Sequence[tuple[Row, "Reworded"]]], Awaitable[list[str | None]]]


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

        `earlier`: wordings that the first try is told of already, each with what speaks against it. A correction may
        decline by an empty question, and an answer that is near the old one is sent back once, not at all after
        `earlier`: then the old one stays.
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
            was_sent_back = bool(earlier_tries) or any(
                is_only_answer_kept(earlier_problem) for _, earlier_problem in past_tries
            )
            past_tries.append((rewording, rewording_problem))
            if was_sent_back and is_only_answer_kept(rewording_problem):
                break
        for rewording, _ in past_tries[
            len(earlier_tries) :
        ]:  # a question that passes is worth more than its answer in other words
            as_it_was = Reworded(rewording.question, row.answer)
            if await self.check(pool_index, as_it_was) in (None, UNCHANGED):
                return as_it_was
        return past_tries[-1][1]


@dataclass
class EvalRewording:
    """The reworded rows by their index in the pool, in order, and what became of the others."""

    rows: dict[int, Reworded] = field(default_factory=dict)
    replaced: list[tuple[str, str]] = field(default_factory=list)  # (id of the row given up, why)
    dropped: int = 0  # places that no row could fill
    sent_back: int = 0  # by the judge, to be worded once more
    unjudged: int = 0


def moved_question_fault(
    pool_vectors: Vectors, pool_index: int, reworded_vector: Vectors, duplicate_threshold: float
) -> str | None:
    """Complains when a reworded question (d,) lies closer to several others of the pool than to its original.

    Near-duplicates of the original, from the cosine `threshold` on, ask the same and do not count.
    """
    own_cosine = float(pool_vectors[pool_index] @ reworded_vector)
    closer_questions = (pool_vectors @ reworded_vector > own_cosine + 1e-6) & (
        pool_vectors @ pool_vectors[pool_index] < duplicate_threshold
    )
    if closer_questions.sum() > CLOSER_QUESTIONS_ALLOWED:
        return "The question asks something else now; ask for exactly the same fact."
    return None


def answer_sources(row: Row) -> list[str]:
    """The two texts that may support an answer in other words: the evidence; question, old answer and criteria."""
    return [" ".join(row.evidence), " ".join([row.question, row.answer, *row.evaluation_criteria])]


def unsupported_answer_fault(
    row: Row, reworded_answer: str, old_answer_vector: Vectors, new_answer_vector: Vectors, source_vectors: Vectors
) -> str | None:
    """Complains when a new answer has words of its own and lies far from each of the `supports` of its row.

    `old_vector` and `new_vector`: (d,), of the two answers; `sources`: (2, d), of the supports. The measure is
    how near the old answer is to the evidence.
    """
    if float((source_vectors @ new_answer_vector).max()) >= KEPT_SUPPORT_SHARE * float(
        old_answer_vector @ source_vectors[0]
    ):
        return None
    source_text = " ".join(answer_sources(row))
    source_language = detect_language(source_text)
    source_stems, ignored_words = (
        {stem(word, source_language) for word in words(source_text)},
        stop_words(source_language),
    )
    foreign_words = [
        word
        for word in words(reworded_answer)
        if word not in ignored_words and stem(word, source_language) not in source_stems
    ]
    if not foreign_words:
        return None
    foreign_list = ", ".join(dict.fromkeys(foreign_words))
    return (
        f"The answer says what the evidence does not: it has nothing on {foreign_list}. Say exactly what the "
        "evidence says."
    )


@dataclass
class _SpareRows:
    """The spare rows of each cluster, which take the place of rows that resist."""

    split: EvalSplit
    questions: Sequence[str]
    vectors: Vectors
    spares: dict[int, list[int]]
    remaining: int  # replacements that are allowed still

    @classmethod
    def of(cls, eval_split: EvalSplit, questions: Sequence[str], pool_vectors: Vectors) -> _SpareRows:
        spare_rows = {cluster: list(indices) for cluster, indices in eval_split.spares.items()}
        return cls(eval_split, questions, pool_vectors, spare_rows, max(8, len(eval_split.eval)))

    def take(self, pool_index: int) -> int | None:
        """The spare row most like that at `index`; None where there is none, or too many were replaced."""
        spare_rows = self.spares.get(self.split.group(pool_index)) or max(self.spares.values(), key=len, default=[])
        if not spare_rows or not self.remaining:
            return None
        self.remaining -= 1
        spare_cosines = self.vectors[spare_rows] @ self.vectors[pool_index]
        return spare_rows.pop(_most_similar_spare(spare_cosines, self.split.threshold_of(self.questions[pool_index])))


async def reword_eval(
    pool_rows: Sequence[Row],
    pool_vectors: Vectors,
    eval_split: EvalSplit,
    reworder: Reworder,
) -> EvalRewording:
    """Reword the rows of `split.eval`; a row that resists is replaced by the spare one of its cluster that is most
    like it (of the cluster with most to spare, once its own has none).

    `vectors`: (n, d), a unit row for each of `rows`.

    All rows of a round are asked at once and taken in order, so that the result depends on the replies alone and
    not on which came first. At most as many rows are replaced as eval has, so a hopeless model ends soon. What the
    judge turns down is worded once more; what it turns down then gives way as well.
    """
    pool_questions = [row.question for row in pool_rows]
    rewording_outcome, replacements = EvalRewording(), _SpareRows.of(eval_split, pool_questions, pool_vectors)
    rows_to_reword = list(eval_split.eval)
    while rows_to_reword:
        rewording_replies = await gather_all(
            reworder.reword(pool_rows[pool_index], pool_index) for pool_index in rows_to_reword
        )
        if reworder.judge:
            rewording_replies = await _judge_rewordings(
                pool_rows, dict(zip(rows_to_reword, rewording_replies, strict=True)), reworder, rewording_outcome
            )
        replacement_rows: list[int] = []
        for pool_index, rewording_reply in zip(rows_to_reword, rewording_replies, strict=True):
            if isinstance(rewording_reply, Reworded):
                rewording_outcome.rows[pool_index] = rewording_reply
                continue
            rewording_outcome.replaced.append((pool_rows[pool_index].id, rewording_reply))
            replacement = replacements.take(pool_index)
            replacement_rows += [] if replacement is None else [replacement]
            rewording_outcome.dropped += replacement is None
        rows_to_reword = replacement_rows
    rewording_outcome.rows = dict(sorted(rewording_outcome.rows.items()))
    return rewording_outcome


async def _judge_rewordings(
    pool_rows: Sequence[Row],
    rewording_replies: dict[int, Reworded | str],
    reworder: Reworder,
    rewording_outcome: EvalRewording,
) -> list[Reworded | str]:
    """The replies by the row's index, those that were turned down worded once more, or given up with the reason."""
    turned_down_rewordings = await _turned_down_rewordings(pool_rows, rewording_replies, reworder, rewording_outcome)
    rewording_outcome.sent_back += len(turned_down_rewordings)
    second_rewordings = await gather_all(
        reworder.reword(pool_rows[pool_index], pool_index, [(first_rewording, judged_problem)])
        for pool_index, (first_rewording, judged_problem) in turned_down_rewordings.items()
    )
    reworded_again = dict(zip(turned_down_rewordings, second_rewordings, strict=True))
    given_up_rows = await _turned_down_rewordings(pool_rows, reworded_again, reworder, rewording_outcome)
    return list(
        {
            **rewording_replies,
            **reworded_again,
            **{pool_index: judged_problem for pool_index, (_, judged_problem) in given_up_rows.items()},
        }.values()
    )


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
    judged_rewordings = zip(judgeable_rewordings.items(), judged_problems, strict=True)
    return {
        pool_index: (
            rewording,
            judged_problem if rewording.answer != pool_rows[pool_index].answer else f"{judged_problem} {_OLD_ANSWER}",
        )
        for (pool_index, rewording), judged_problem in judged_rewordings
        if judged_problem
    }


def _most_similar_spare(spare_cosines: Vectors, duplicate_threshold: float) -> int:
    """The highest of `cosines` (n,) below that of a near-duplicate, whose twin would go back to train."""
    return int(np.where(spare_cosines < duplicate_threshold, spare_cosines, -2 - spare_cosines).argmax())
