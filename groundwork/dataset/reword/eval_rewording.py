"""Reword the eval split: each row is asked about until a rewording passes, or gives way to another row of its cluster.

What a rewording has to pass are the rules of `faults`, which cost nothing and mean the same for every model, and the
check of its meaning by embeddings: nothing else in the pool may be nearer to the new question than its original is, and
the evidence must stay about as near to the new answer as it was to the old one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import numpy as np

from groundwork.dataset.reword.rewording_faults import UNCHANGED, only_answer_kept
from groundwork.dataset.rows import Row
from groundwork.dataset.split.eval_selection import Split, Vectors
from groundwork.errors import Filtered, InvalidReply
from groundwork.language.detection import detect_language
from groundwork.language.words import stem, stop_words, words
from groundwork.llm.task_group import gather_all

DECLINED = "The model says that nobody would ask this in other words."
CLOSER = 5  # questions that may lie closer to the rewording than its original does
KEPT_SUPPORT = 0.5  # of the cosine between answer and evidence

Strategy = Literal["pair", "question"]
Past = list[tuple["Reworded", str]]  # rewordings that did not pass, each with its problem
Ask = Callable[[Row, Past], Awaitable["Reworded"]]
Check = Callable[[int, "Reworded"], Awaitable[str | None]]  # the row's index in the pool; the problem, if any


# What is wrong with each rewording, read beside its original: "" for nothing, None where it was not judged.
Judge = Callable[[Sequence[tuple[Row, "Reworded"]]], Awaitable[list[str | None]]]


class Reworded(msgspec.Struct, frozen=True):
    """What the model is asked for."""

    question: str
    answer: str


@dataclass
class Rewording:
    """The reworded rows by their index in the pool, in order, and what became of the others."""

    rows: dict[int, Reworded] = field(default_factory=dict)
    replaced: list[tuple[str, str]] = field(default_factory=list)  # (id of the row given up, why)
    dropped: int = 0  # places that no row could fill
    sent_back: int = 0  # by the judge, to be worded once more
    unjudged: int = 0


def moved(vectors: Vectors, index: int, question: Vectors, threshold: float) -> str | None:
    """Complains when a reworded question (d,) lies closer to several others of the pool than to its original.

    Near-duplicates of the original, from the cosine `threshold` on, ask the same and do not count.
    """
    own = float(vectors[index] @ question)
    closer = (vectors @ question > own + 1e-6) & (vectors @ vectors[index] < threshold)
    if closer.sum() > CLOSER:
        return "The question asks something else now; ask for exactly the same fact."
    return None


def supports(row: Row) -> list[str]:
    """The two texts that may support an answer in other words: the evidence; question, old answer and criteria."""
    return [" ".join(row.evidence), " ".join([row.question, row.answer, *row.evaluation_criteria])]


def unsupported_answer(row: Row, answer: str, old: Vectors, new: Vectors, sources: Vectors) -> str | None:
    """Complains when a new answer has words of its own and lies far from each of the `supports` of its row.

    `old` and `new`: (d,), of the two answers; `sources`: (2, d), of the supports. The measure is how near the old
    answer is to the evidence.
    """
    if float((sources @ new).max()) >= KEPT_SUPPORT * float(old @ sources[0]):
        return None
    source = " ".join(supports(row))
    language = detect_language(source)
    known, idle = {stem(word, language) for word in words(source)}, stop_words(language)
    foreign = [word for word in words(answer) if word not in idle and stem(word, language) not in known]
    if not foreign:
        return None
    named = ", ".join(dict.fromkeys(foreign))
    return f"The answer says what the evidence does not: it has nothing on {named}. Say exactly what the evidence says."


async def reword(
    rows: Sequence[Row],
    vectors: Vectors,
    split: Split,
    ask: Ask,
    check: Check,
    tries: int,
    judge: Judge | None = None,
) -> Rewording:
    """Reword the rows of `split.eval`; a row that resists is replaced by the spare one of its cluster that is most
    like it (of the cluster with most to spare, once its own has none).

    `vectors`: (n, d), a unit row for each of `rows`.

    All rows of a round are asked at once and taken in order, so that the result depends on the replies alone and
    not on which came first. At most as many rows are replaced as eval has, so a hopeless model ends soon. What `judge`
    turns down is worded once more; what it turns down then gives way as well.
    """
    spares = {cluster: list(indices) for cluster, indices in split.spares.items()}
    done, most = Rewording(), max(8, len(split.eval))
    pending = list(split.eval)
    while pending:
        replies = await gather_all(attempts(rows[index], index, ask, check, tries) for index in pending)
        if judge:
            replies = await _judged(rows, dict(zip(pending, replies, strict=True)), ask, check, tries, judge, done)
        following: list[int] = []
        for index, reply in zip(pending, replies, strict=True):
            if isinstance(reply, Reworded):
                done.rows[index] = reply
                continue
            done.replaced.append((rows[index].id, reply))
            spare = spares.get(split.group(index)) or max(spares.values(), key=len, default=[])
            if spare and len(done.replaced) <= most:
                following.append(spare.pop(_most_like(vectors[spare] @ vectors[index], split.threshold)))
            else:
                done.dropped += 1
        pending = following
    done.rows = dict(sorted(done.rows.items()))
    return done


async def _judged(
    rows: Sequence[Row],
    replies: dict[int, Reworded | str],
    ask: Ask,
    check: Check,
    tries: int,
    judge: Judge,
    done: Rewording,
) -> list[Reworded | str]:
    """The replies by the row's index, those that `judge` turned down worded once more, or given up with the reason."""
    wrong = await _turned_down(rows, replies, judge, done)
    done.sent_back += len(wrong)
    again = await gather_all(
        attempts(rows[index], index, ask, check, tries, [(new, problem)]) for index, (new, problem) in wrong.items()
    )
    worded = dict(zip(wrong, again, strict=True))
    given_up = await _turned_down(rows, worded, judge, done)
    return list({**replies, **worded, **{index: problem for index, (_, problem) in given_up.items()}}.values())


async def _turned_down(
    rows: Sequence[Row], replies: dict[int, Reworded | str], judge: Judge, done: Rewording
) -> dict[int, tuple[Reworded, str]]:
    new = {index: reply for index, reply in replies.items() if isinstance(reply, Reworded)}
    problems = await judge([(rows[index], reply) for index, reply in new.items()]) if new else []
    done.unjudged += problems.count(None)
    told = zip(new.items(), problems, strict=True)
    return {index: (reply, problem) for (index, reply), problem in told if problem}


def _most_like(cosines: Vectors, threshold: float) -> int:
    """The highest of `cosines` (n,) below that of a near-duplicate, whose twin would go back to train."""
    return int(np.where(cosines < threshold, cosines, -2 - cosines).argmax())


async def attempts(
    row: Row, index: int, ask: Ask, check: Check, tries: int, before: Sequence[tuple[Reworded, str]] = ()
) -> Reworded | str:
    """The first rewording that passes, each try told what was wrong with those before; or why the last did not.

    `before`: wordings that the first try is told of already, each with what speaks against it. A correction may decline
    by an empty question, and an answer that is near the old one is sent back once, not at all after `before`: then the
    old one stays.
    """
    past: Past = list(before)
    for _ in range(tries):
        try:
            new = await ask(row, past)
        except (Filtered, InvalidReply) as error:
            return past[-1][1] if len(past) > len(before) else str(error)
        new = Reworded(new.question.strip(), new.answer.strip())
        if past and past[-1][0].question and not new.question:
            return DECLINED
        problem = await check(index, new)
        if problem is None:
            return new
        told = bool(before) or any(only_answer_kept(earlier) for _, earlier in past)
        past.append((new, problem))
        if told and only_answer_kept(problem):
            break
    for new, _ in past[len(before) :]:  # a question that passes is worth more than its answer in other words
        as_it_was = Reworded(new.question, row.answer)
        if await check(index, as_it_was) in (None, UNCHANGED):
            return as_it_was
    return past[-1][1]
