"""Reword the eval split, and check each rewording: the same meaning, really other words, still standing alone.

The checks of the text are rules, so that they cost nothing and mean the same for every model: numbers, names,
negations and comparisons as before; not too many of the old words; no mention of a source; the subject still named.
The check of the meaning is by embeddings: nothing else in the pool may be nearer to the new question than its
original is, and the evidence must stay about as near to the new answer as it was to the old one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Sequence, Set
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import msgspec
import numpy as np

from groundwork.dataset.rows import Row
from groundwork.dataset.split.splits import Split, Vectors
from groundwork.errors import Filtered, InvalidReply
from groundwork.language.names import names_as_written, quoted
from groundwork.language.numbers import numbers
from groundwork.language.opposites import duties, is_negated, turned
from groundwork.language.references import dangling_opening, source_named
from groundwork.language.scripts import is_question
from groundwork.llm.concurrency import together

WORD = re.compile(r"[^\W_]+(?:['’.,/-][^\W_]+)*")
UNCHANGED = "The answer is the old one, word for word. Say it differently."
SHORT_ANSWER = 6  # words that may change; an answer with fewer has few ways of being said and may stay as it is
LEAST_LENGTH = 0.4  # of the old question, in words: less has lost what it is about
CLOSER = 5  # questions that may lie closer to the rewording than its original does
KEPT_SUPPORT = 0.7  # of the cosine between answer and evidence

Strategy = Literal["pair", "question"]
Past = list[tuple["Reworded", str]]  # rewordings that did not pass, each with its problem
Ask = Callable[[Row, Past], Awaitable["Reworded"]]
Check = Callable[[int, "Reworded"], Awaitable[str | None]]  # the row's index in the pool; the problem, if any


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


def problem(
    row: Row, new: Reworded, max_overlap: float, keep: Sequence[str] = (), strategy: Strategy = "pair"
) -> str | None:
    """What is wrong with a rewording of `row`, as a sentence for the model to correct it by; None if nothing is."""
    return (
        _question_problem(row, new.question.strip(), keep)
        or _answer_problem(row, new.answer.strip())
        or _wording_problem(row, new, max_overlap, keep, strategy)
    )


def overlap(old: str, new: str, keep: Sequence[str] = (), strategy: Strategy = "pair") -> float:
    """How much of the old text's wording the new one keeps, between 0 and 1: the share of its words, counted with
    repetition; for the strategy `question` the mean of that and the share of its pairs of neighbouring words.

    That strategy has to keep every term, so only their places can tell another sentence from the old one; where other
    words are asked for, moving the old ones about is not enough. Numbers, names and the words of `keep` have to stay
    and do not count; nor does a possessive's ending.
    """
    fixed = _fixed(old, keep)
    before, after = _free(old, fixed), _free(new, fixed)
    words = _kept(before, after)
    if strategy == "pair" or len(before) < 2:
        return words
    return (words + _kept(list(pairwise(before)), list(pairwise(after)))) / 2


def answer_kept(row: Row, answer: str, max_overlap: float, keep: Sequence[str] = ()) -> bool:
    """Does a reworded answer still say it in the old words: all of them, or more than the share that may stay?"""
    return _words(row.answer) == _words(answer) or overlap(row.answer, answer, keep) > max_overlap


def _fixed(old: str, keep: Sequence[str]) -> set[str]:
    known = {word for name in _names(old) for word in _words(name)}
    return {word for word in _words(old) if known & {word, *re.split(r"[\W_]+", word)}} | set(keep)


def _free(text: str, fixed: Set[str]) -> list[str]:
    """The words of a text that a rewording may change: all but `fixed` ones and numbers."""
    plain = re.sub(r"['’]s\b", "", text)
    return [word for word in _words(plain) if word not in fixed and not word[0].isdigit()]


def _kept(before: Sequence[Hashable], after: Sequence[Hashable]) -> float:
    return sum((Counter(before) & Counter(after)).values()) / len(before) if before else 0.0


def subject_words(row: Row, about: str) -> list[str]:
    """Words that say what a question is about: those it shares with `about` (the context phrase, the title)."""
    known = {word for word in _words(about) if len(word) > 3}
    return list(dict.fromkeys(word for word in _words(row.question) if word in known))


def moved(vectors: Vectors, index: int, question: Vectors, threshold: float) -> str | None:
    """Complains when a reworded question (d,) lies closer to several others of the pool than to its original.

    Near-duplicates of the original, from the cosine `threshold` on, ask the same and do not count.
    """
    own = float(vectors[index] @ question)
    closer = (vectors @ question > own + 1e-6) & (vectors @ vectors[index] < threshold)
    if closer.sum() > CLOSER:
        return "The question asks something else now; ask for exactly the same fact."
    return None


def unsupported(old: Vectors, new: Vectors, evidence: Vectors) -> str | None:
    """Complains when the evidence lies much further from the new answer than from the old one; all are (d,)."""
    if float(new @ evidence) < KEPT_SUPPORT * float(old @ evidence):
        return "The answer says something that the evidence does not; say exactly what it says."
    return None


async def reword(rows: Sequence[Row], vectors: Vectors, split: Split, ask: Ask, check: Check, tries: int) -> Rewording:
    """Reword the rows of `split.eval`; a row that resists is replaced by the spare one of its cluster that is most
    like it (of the cluster with most to spare, once its own has none).

    `vectors`: (n, d), a unit row for each of `rows`.

    All rows of a round are asked at once and taken in order, so that the result depends on the replies alone and
    not on which came first. At most as many rows are replaced as eval has, so a hopeless model ends soon.
    """
    spares = {cluster: list(indices) for cluster, indices in split.spares.items()}
    done, most = Rewording(), max(8, len(split.eval))
    pending = list(split.eval)
    while pending:
        replies = await together(_attempts(rows[index], index, ask, check, tries) for index in pending)
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


def _most_like(cosines: Vectors, threshold: float) -> int:
    """The highest of `cosines` (n,) below that of a near-duplicate, whose twin would go back to train."""
    return int(np.where(cosines < threshold, cosines, -2 - cosines).argmax())


async def _attempts(row: Row, index: int, ask: Ask, check: Check, tries: int) -> Reworded | str:
    """The first rewording that passes, each try told what was wrong with those before; or why the last did not."""
    past: Past = []
    for _ in range(tries):
        try:
            new = await ask(row, past)
        except (Filtered, InvalidReply) as error:
            return past[-1][1] if past else str(error)
        new = Reworded(new.question.strip(), new.answer.strip())
        problem = await check(index, new)
        if problem is None:
            return new
        past.append((new, problem))
    for new, _ in past:  # a question that passes is worth more than its answer in other words
        as_it_was = Reworded(new.question, row.answer)
        if await check(index, as_it_was) in (None, UNCHANGED):
            return as_it_was
    return past[-1][1]


def _question_problem(row: Row, new: str, keep: Sequence[str]) -> str | None:
    old = row.question
    if not new:
        return "The question is empty."
    if missing := [word for word in keep if word not in _words(new)]:
        return f"The question must still say what it is about; put back: {', '.join(missing)}."
    if (named := source_named(new)) and not source_named(old):
        return f"The question must stand alone; do not write {named!r}."
    if (opening := dangling_opening(new)) and not dangling_opening(old):
        return f"The question must stand alone; it cannot begin with {opening!r}."
    if len(_words(new)) < LEAST_LENGTH * len(_words(old)):
        return "The question lost a part of what it asks; say all of it in other words."
    if is_question(old) and not is_question(new):
        return "The question must end with a question mark."
    return _meaning_problem("question", old, new)


def _answer_problem(row: Row, new: str) -> str | None:
    if not new:
        return "The answer is empty."
    if (named := source_named(new)) and not source_named(row.answer):
        return f"The answer must stand alone; do not write {named!r}."
    first, before = (_words(text)[:1] for text in (new, row.answer))
    if before in (["yes"], ["no"]) and first != before:
        return f"The answer must begin with {before[0]!r}, as the original does."
    return _meaning_problem("answer", row.answer, new, " ".join([row.question, *row.evidence]))


def _meaning_problem(part: str, old: str, new: str, source: str = "") -> str | None:
    """Numbers, names, negations and comparisons that came or went. What `source` holds may come into an answer."""
    before, after = _values(old), _values(new)
    if lost := sorted(before - after):
        return f"The {part} lost the number {', '.join(lost)}."
    if added := sorted(after - before - _values(source)):
        return f"The {part} has a number that was not there: {', '.join(added)}."
    if lost := sorted(name for name in _names(old) if name.lower() not in new.lower()):
        return f"The {part} lost {', '.join(lost)}; names and codes stay as they are."
    known = f"{old} {source}".lower()
    if added := sorted(name for name in _names(new) if name.lower() not in known):
        return f"The {part} has a name that was not there: {', '.join(added)}."
    if is_negated(old) != is_negated(new):
        return f"The {part} turned the meaning round: a negation came or went."
    if opposite := turned(old, new):
        return f"The {part} says {opposite[1]!r} where it said {opposite[0]!r}."
    return _duty_problem(part, old, new)


def _values(text: str) -> set[str]:
    """The values of the numbers of a text; "one" alone is a pronoun more often than a number."""
    return {number.value for number in numbers(text, spelled=True) if text[number.start : number.end].lower() != "one"}


def _names(text: str) -> set[str]:
    return {*names_as_written(text), *quoted(text)}


def _duty_problem(part: str, old: str, new: str) -> str | None:
    """What must be done is not what should or may be done."""
    before, after = duties(old), duties(new)
    if before and after and not before & after:
        return f"The {part} says what {min(after)} be where it said what {min(before)} be."
    return None


def _wording_problem(
    row: Row, new: Reworded, max_overlap: float, keep: Sequence[str], strategy: Strategy
) -> str | None:
    if (kept := overlap(row.question, new.question, keep, strategy)) > max_overlap:
        same = ", ".join(word for word in dict.fromkeys(_words(row.question)) if _replaceable(word, new, keep))
        return (
            f"The question keeps {kept:.0%} of its wording; at most {max_overlap:.0%} may stay. Build another "
            f"sentence, and find other words for some of: {same}."
        )
    short = len(_free(row.answer, _fixed(row.answer, keep))) < SHORT_ANSWER
    if short or not answer_kept(row, new.answer, max_overlap, keep):
        return None
    if _words(row.answer) == _words(new.answer):
        return UNCHANGED
    kept = overlap(row.answer, new.answer, keep)
    return (
        f"The answer keeps {kept:.0%} of its wording; at most {max_overlap:.0%} may stay. Build another sentence; "
        "numbers, units and names stay as they are."
    )


def _replaceable(word: str, new: Reworded, keep: Sequence[str]) -> bool:
    return len(word) > 2 and word in _words(new.question) and word not in keep and not word[0].isdigit()


def _words(text: str) -> list[str]:
    return [match[0].lower() for match in WORD.finditer(text)]
