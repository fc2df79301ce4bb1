"""Several wordings of each row of train: facts told in one sentence alone are stored and hardly found again.

(Allen-Zhu and Li, "Physics of Language Models: Part 3.1", 2023, arXiv:2309.14316.) A copy has to pass the checks of a
rewording, to differ from the other copies, and to stay clear of what eval says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from groundwork.dataset.reword.copied_words import is_copy, words_of
from groundwork.dataset.reword.eval_rewording import Ask, Check, Reworded, attempts
from groundwork.dataset.rows import Row
from groundwork.llm.task_group import gather_all

TAKEN = "This wording is taken. Ask for the same fact in yet another sentence, and answer it in another one."


@dataclass
class Phrased:
    """The rows, each followed by its copies, and for rows with too few of them (id, why the next one did not pass)."""

    rows: list[Row] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)

    @property
    def copies(self) -> int:
        return sum(is_phrasing(row) for row in self.rows)


@dataclass(frozen=True)
class Border:
    """What eval says, which no copy may say: its questions, and by id the rewording of a row that train holds too."""

    questions: frozenset[tuple[str, ...]]
    by_id: Mapping[str, Row]

    @classmethod
    def of(cls, held: Sequence[Row]) -> Border:
        """The border to the rows of eval."""
        return cls(frozenset(_said(row.question) for row in held), {row.id: row for row in held if row.original_answer})


def is_phrasing(row: Row) -> bool:
    """Whether the row is a copy that `phrasings` made."""
    return "~" in row.id and bool(row.original_answer)


async def phrasings(
    rows: Sequence[Row], count: int, ask: Ask, check: Check, tries: int, most_copied: float, border: Border
) -> Phrased:
    """Each of `rows` with up to `count` - 1 reworded copies behind it, whose ids are the row's with ~2, ~3 ...

    `check` is called with the row's place in `rows`. The copies of one row are asked for one after the other, each
    shown those before it; a row of which none passes any more has fewer.
    """

    async def copies(place: int, row: Row) -> tuple[list[Reworded], str]:
        made: list[Reworded] = []

        async def clear(index: int, new: Reworded) -> str | None:
            return TAKEN if _taken(row, new, made, border, most_copied) else await check(index, new)

        while len(made) < count - 1:
            reply = await attempts(row, place, ask, clear, tries, [(one, TAKEN) for one in made])
            if not isinstance(reply, Reworded):
                return made, reply
            made.append(reply)
        return made, ""

    found = Phrased()
    for row, (made, problem) in zip(
        rows, await gather_all(copies(place, row) for place, row in enumerate(rows)), strict=True
    ):
        found.rows += [row, *(_copy(row, new, number) for number, new in enumerate(made, 2))]
        found.missing += [(row.id, problem)] if problem else []
    return found


def _copy(row: Row, new: Reworded, number: int) -> Row:
    return msgspec.structs.replace(
        row,
        id=f"{row.id}~{number}",
        question=new.question,
        answer=new.answer,
        original_question=row.question,
        original_answer=row.answer,
    )


def _taken(row: Row, new: Reworded, made: Sequence[Reworded], border: Border, most_copied: float) -> bool:
    if _said(new.question) in border.questions or any(is_copy(one.question, new.question, most_copied) for one in made):
        return True
    held = border.by_id.get(row.id)
    if not held:
        return False
    reworded = held.answer != row.answer  # an answer that has no other wording stays the same everywhere
    return is_copy(held.question, new.question, most_copied) or (
        reworded and is_copy(held.answer, new.answer, most_copied)
    )


def _said(text: str) -> tuple[str, ...]:
    return tuple(word.text for word in words_of(text))
