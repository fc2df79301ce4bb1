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
from groundwork.dataset.split.eval_selection import Split, Vectors
from groundwork.errors import Filtered, InvalidReply
from groundwork.language.language_and_script import detect_language
from groundwork.language.words import stem, stop_words, words
from groundwork.llm.calls.task_group import gather_all
from groundwork.records import Row

DECLINED = "The model says that nobody would ask this in other words."
CLOSER_ALLOWED = 5  # questions that may lie closer to the rewording than its original does
_OLD_ANSWER = "The answer is the original's, which stays only where it fits your question."
KEPT_SUPPORT = 0.5  # of the cosine between answer and evidence

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

    async def reword(self, row: Row, index: int, earlier: Sequence[tuple[Reworded, str]] = ()) -> Reworded | str:
        """The first rewording that passes, each try told what was wrong with those before; or why the last did not.

        `earlier`: wordings that the first try is told of already, each with what speaks against it. A correction may
        decline by an empty question, and an answer that is near the old one is sent back once, not at all after
        `earlier`: then the old one stays.
        """
        past: PastTries = list(earlier)
        for _ in range(self.tries):
            try:
                rewording = await self.ask(row, past)
            except (Filtered, InvalidReply) as error:
                return past[-1][1] if len(past) > len(earlier) else str(error)
            rewording = Reworded(rewording.question.strip(), rewording.answer.strip())
            if past and past[-1][0].question and not rewording.question:
                return DECLINED
            problem = await self.check(index, rewording)
            if problem is None:
                return rewording
            was_sent_back = bool(earlier) or any(is_only_answer_kept(past_problem) for _, past_problem in past)
            past.append((rewording, problem))
            if was_sent_back and is_only_answer_kept(problem):
                break
        for rewording, _ in past[len(earlier) :]:  # a question that passes is worth more than its answer in other words
            as_it_was = Reworded(rewording.question, row.answer)
            if await self.check(index, as_it_was) in (None, UNCHANGED):
                return as_it_was
        return past[-1][1]


@dataclass
class EvalRewording:
    """The reworded rows by their index in the pool, in order, and what became of the others."""

    rows: dict[int, Reworded] = field(default_factory=dict)
    replaced: list[tuple[str, str]] = field(default_factory=list)  # (id of the row given up, why)
    dropped: int = 0  # places that no row could fill
    sent_back: int = 0  # by the judge, to be worded once more
    unjudged: int = 0


def moved_question_fault(vectors: Vectors, index: int, question: Vectors, threshold: float) -> str | None:
    """Complains when a reworded question (d,) lies closer to several others of the pool than to its original.

    Near-duplicates of the original, from the cosine `threshold` on, ask the same and do not count.
    """
    own_cosine = float(vectors[index] @ question)
    closer = (vectors @ question > own_cosine + 1e-6) & (vectors @ vectors[index] < threshold)
    if closer.sum() > CLOSER_ALLOWED:
        return "The question asks something else now; ask for exactly the same fact."
    return None


def answer_sources(row: Row) -> list[str]:
    """The two texts that may support an answer in other words: the evidence; question, old answer and criteria."""
    return [" ".join(row.evidence), " ".join([row.question, row.answer, *row.evaluation_criteria])]


def unsupported_answer_fault(
    row: Row, answer: str, old_vector: Vectors, new_vector: Vectors, sources: Vectors
) -> str | None:
    """Complains when a new answer has words of its own and lies far from each of the `supports` of its row.

    `old_vector` and `new_vector`: (d,), of the two answers; `sources`: (2, d), of the supports. The measure is
    how near the old answer is to the evidence.
    """
    if float((sources @ new_vector).max()) >= KEPT_SUPPORT * float(old_vector @ sources[0]):
        return None
    source = " ".join(answer_sources(row))
    language = detect_language(source)
    stems, ignored = {stem(word, language) for word in words(source)}, stop_words(language)
    foreign = [word for word in words(answer) if word not in ignored and stem(word, language) not in stems]
    if not foreign:
        return None
    listed = ", ".join(dict.fromkeys(foreign))
    return (
        f"The answer says what the evidence does not: it has nothing on {listed}. Say exactly what the evidence says."
    )


@dataclass
class _Replacements:
    """The spare rows of each cluster, which take the place of rows that resist."""

    split: Split
    questions: Sequence[str]
    vectors: Vectors
    spares: dict[int, list[int]]
    remaining: int  # replacements that are allowed still

    @classmethod
    def of(cls, split: Split, questions: Sequence[str], vectors: Vectors) -> _Replacements:
        spares = {cluster: list(indices) for cluster, indices in split.spares.items()}
        return cls(split, questions, vectors, spares, max(8, len(split.eval)))

    def take(self, index: int) -> int | None:
        """The spare row most like that at `index`; None where there is none, or too many were replaced."""
        spare = self.spares.get(self.split.group(index)) or max(self.spares.values(), key=len, default=[])
        if not spare or not self.remaining:
            return None
        self.remaining -= 1
        cosines = self.vectors[spare] @ self.vectors[index]
        return spare.pop(_most_similar(cosines, self.split.threshold_of(self.questions[index])))


async def reword_eval(
    rows: Sequence[Row],
    vectors: Vectors,
    split: Split,
    reworder: Reworder,
) -> EvalRewording:
    """Reword the rows of `split.eval`; a row that resists is replaced by the spare one of its cluster that is most
    like it (of the cluster with most to spare, once its own has none).

    `vectors`: (n, d), a unit row for each of `rows`.

    All rows of a round are asked at once and taken in order, so that the result depends on the replies alone and
    not on which came first. At most as many rows are replaced as eval has, so a hopeless model ends soon. What the
    judge turns down is worded once more; what it turns down then gives way as well.
    """
    questions = [row.question for row in rows]
    outcome, replacements = EvalRewording(), _Replacements.of(split, questions, vectors)
    pending = list(split.eval)
    while pending:
        replies = await gather_all(reworder.reword(rows[index], index) for index in pending)
        if reworder.judge:
            replies = await _judge_replies(rows, dict(zip(pending, replies, strict=True)), reworder, outcome)
        following: list[int] = []
        for index, reply in zip(pending, replies, strict=True):
            if isinstance(reply, Reworded):
                outcome.rows[index] = reply
                continue
            outcome.replaced.append((rows[index].id, reply))
            replacement = replacements.take(index)
            following += [] if replacement is None else [replacement]
            outcome.dropped += replacement is None
        pending = following
    outcome.rows = dict(sorted(outcome.rows.items()))
    return outcome


async def _judge_replies(
    rows: Sequence[Row], replies: dict[int, Reworded | str], reworder: Reworder, outcome: EvalRewording
) -> list[Reworded | str]:
    """The replies by the row's index, those that were turned down worded once more, or given up with the reason."""
    turned_down = await _find_turned_down(rows, replies, reworder, outcome)
    outcome.sent_back += len(turned_down)
    retries = await gather_all(
        reworder.reword(rows[index], index, [(attempt, problem)]) for index, (attempt, problem) in turned_down.items()
    )
    reworded = dict(zip(turned_down, retries, strict=True))
    given_up = await _find_turned_down(rows, reworded, reworder, outcome)
    return list({**replies, **reworded, **{index: problem for index, (_, problem) in given_up.items()}}.values())


async def _find_turned_down(
    rows: Sequence[Row], replies: dict[int, Reworded | str], reworder: Reworder, outcome: EvalRewording
) -> dict[int, tuple[Reworded, str]]:
    reworded = {index: reply for index, reply in replies.items() if isinstance(reply, Reworded)}
    if not reworded or reworder.judge is None:
        return {}
    problems = await reworder.judge([(rows[index], reply) for index, reply in reworded.items()])
    outcome.unjudged += problems.count(None)
    judged = zip(reworded.items(), problems, strict=True)
    return {
        index: (reply, problem if reply.answer != rows[index].answer else f"{problem} {_OLD_ANSWER}")
        for (index, reply), problem in judged
        if problem
    }


def _most_similar(cosines: Vectors, threshold: float) -> int:
    """The highest of `cosines` (n,) below that of a near-duplicate, whose twin would go back to train."""
    return int(np.where(cosines < threshold, cosines, -2 - cosines).argmax())
