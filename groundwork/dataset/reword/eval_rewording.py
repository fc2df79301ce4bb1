"""Reword the eval split: each row is asked about until a rewording passes, or gives way to another row of its cluster.

What a rewording has to pass is told in rewording_check.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from groundwork.dataset.reword.rewording_faults import UNCHANGED, is_only_answer_kept
from groundwork.dataset.reword.spare_rows import SpareRows
from groundwork.dataset.split.eval_selection import EvalSplit
from groundwork.embedding.nearest_neighbours import Vectors
from groundwork.errors import Filtered, InvalidReply
from groundwork.llm.calls.task_group import gather_all
from groundwork.records import Row

REWORDING_DECLINED = "The model says that nobody would ask this in other words."
_OLD_ANSWER = "The answer is the original's, which stays only where it fits your question."

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
    rewording_outcome, replacements = EvalRewording(), SpareRows.of(eval_split, pool_questions, pool_vectors)
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
