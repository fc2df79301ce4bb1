"""Several wordings of each row of train: facts told in one sentence alone are stored and hardly found again.

(Allen-Zhu and Li, "Physics of Language Models: Part 3.1", 2023, arXiv:2309.14316.) A copy has to pass the checks of a
rewording, to differ from the other copies, and to stay clear of what eval says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from groundwork.dataset.reword.copied_words import is_copy, words_of
from groundwork.dataset.reword.eval_rewording import Reworded, Reworder
from groundwork.llm.calls.task_group import gather_all
from groundwork.records import Row

WORDING_TAKEN = "This wording is taken. Ask for the same fact in yet another sentence, and answer it in another one."


@dataclass
class PhrasedRows:
    """The rows, each followed by its copies, and for rows with too few of them (id, why the next one did not pass)."""

    rows: list[Row] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)

    @property
    def copies(self) -> int:
        return sum(is_phrasing(row) for row in self.rows)


@dataclass(frozen=True)
class EvalBorder:
    """What eval says, which no copy may say: its questions, and by id the rewording of a row that train holds too."""

    questions: frozenset[tuple[str, ...]]
    by_id: Mapping[str, Row]

    @classmethod
    def of(cls, eval_rows: Sequence[Row]) -> EvalBorder:
        """The border to the rows of eval."""
        return cls(
            frozenset(_word_texts(row.question) for row in eval_rows),
            {row.id: row for row in eval_rows if row.original_answer},
        )


def is_phrasing(row: Row) -> bool:
    """Whether the row is a copy that `phrasings` made."""
    return "~" in row.id and bool(row.original_answer)


async def reword_train_rows(
    rows: Sequence[Row],
    count: int,
    reworder: Reworder,
    most_copied: float,
    border: EvalBorder,
) -> PhrasedRows:
    """Each of `rows` with up to `count` - 1 reworded copies behind it, whose ids are the row's with ~2, ~3 ...

    The reworder's check is called with the row's place in `rows`. The copies of one row are asked for one after the
    other, each shown those before it; a row of which none passes any more has fewer.
    """

    async def word_copies(index: int, row: Row) -> tuple[list[Reworded], str]:
        wordings: list[Reworded] = []

        async def check_copy(index: int, wording: Reworded) -> str | None:
            is_taken = _is_taken(row, wording, wordings, border, most_copied)
            return WORDING_TAKEN if is_taken else await reworder.check(index, wording)

        copy_reworder = replace(reworder, check=check_copy)

        while len(wordings) < count - 1:
            reply = await copy_reworder.reword(row, index, [(earlier, WORDING_TAKEN) for earlier in wordings])
            if not isinstance(reply, Reworded):
                return wordings, reply
            wordings.append(reply)
        return wordings, ""

    phrased = PhrasedRows()
    for row, (wordings, problem) in zip(
        rows, await gather_all(word_copies(index, row) for index, row in enumerate(rows)), strict=True
    ):
        phrased.rows += [row, *(_phrasing_row(row, wording, number) for number, wording in enumerate(wordings, 2))]
        phrased.missing += [(row.id, problem)] if problem else []
    return phrased


def _phrasing_row(row: Row, wording: Reworded, number: int) -> Row:
    return msgspec.structs.replace(
        row,
        id=f"{row.id}~{number}",
        question=wording.question,
        answer=wording.answer,
        original_question=row.question,
        original_answer=row.answer,
    )


def _is_taken(
    row: Row, wording: Reworded, wordings: Sequence[Reworded], border: EvalBorder, most_copied: float
) -> bool:
    if _word_texts(wording.question) in border.questions or any(
        is_copy(earlier.question, wording.question, most_copied) for earlier in wordings
    ):
        return True
    eval_row = border.by_id.get(row.id)
    if not eval_row:
        return False
    reworded = eval_row.answer != row.answer  # an answer that has no other wording stays the same everywhere
    return is_copy(eval_row.question, wording.question, most_copied) or (
        reworded and is_copy(eval_row.answer, wording.answer, most_copied)
    )


def _word_texts(text: str) -> tuple[str, ...]:
    return tuple(word.text for word in words_of(text))
