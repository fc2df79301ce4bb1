"""Several wordings of each row of train: facts told in one sentence alone are stored and hardly found again.

(Allen-Zhu and Li, "Physics of Language Models: Part 3.1", 2023, arXiv:2309.14316.) A copy has to pass the checks of a
rewording, to differ from the other copies, and to stay clear of what eval says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from groundwork.dataset.reword.copied_words import is_copy, word_texts
from groundwork.dataset.reword.eval_rewording import Reworded, Reworder
from groundwork.llm.calls.task_group import gather_all
from groundwork.records import Row

PHRASING_TAKEN = "This wording is taken. Ask for the same fact in yet another sentence, and answer it in another one."


@dataclass
class PhrasedRows:
    """The rows, each followed by its copies, and for rows with too few of them (id, why the next one did not pass)."""

    rows: list[Row] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)

    @property
    def copies(self) -> int:
        return sum(is_phrasing(train_row) for train_row in self.rows)


@dataclass(frozen=True)
class EvalBorder:
    """What eval says, which no copy may say: its questions, and by id the rewording of a row that train holds too."""

    questions: frozenset[tuple[str, ...]]
    by_id: Mapping[str, Row]

    @classmethod
    def of(cls, eval_rows: Sequence[Row]) -> EvalBorder:
        """The border to the rows of eval."""
        return cls(
            frozenset(tuple(word_texts(train_row.question)) for train_row in eval_rows),
            {train_row.id: train_row for train_row in eval_rows if train_row.original_answer},
        )


def is_phrasing(train_row: Row) -> bool:
    """Whether the row is a copy that `phrasings` made."""
    return "~" in train_row.id and bool(train_row.original_answer)


async def reword_train_rows(
    train_rows: Sequence[Row], phrasing_count: int, reworder: Reworder, most_copied: float, eval_border: EvalBorder
) -> PhrasedRows:
    """Each of `train_rows` with up to `phrasing_count` - 1 reworded copies behind it, whose ids are the row's with ~2,
    ~3 ...

    The reworder's check is called with the row's place in `train_rows`. The copies of one row are asked for one after
    the other, each shown those before it; a row of which none passes any more has fewer.
    """
    phrased_rows = PhrasedRows()
    worded_copies = await gather_all(
        _word_copies(train_row, train_index, phrasing_count, reworder, most_copied, eval_border)
        for train_index, train_row in enumerate(train_rows)
    )
    for train_row, (phrasings, phrasing_problem) in zip(train_rows, worded_copies, strict=True):
        phrased_rows.rows.append(train_row)
        phrased_rows.rows += [_phrasing_row(train_row, phrasing, n) for n, phrasing in enumerate(phrasings, 2)]
        phrased_rows.missing += [(train_row.id, phrasing_problem)] if phrasing_problem else []
    return phrased_rows


async def _word_copies(
    train_row: Row,
    train_index: int,
    phrasing_count: int,
    reworder: Reworder,
    most_copied: float,
    eval_border: EvalBorder,
) -> tuple[list[Reworded], str]:
    """The copies of one row, and why the next one did not pass where they are too few."""
    phrasings: list[Reworded] = []

    async def check_copy(train_index: int, phrasing: Reworded) -> str | None:
        is_taken = _is_phrasing_taken(train_row, phrasing, phrasings, eval_border, most_copied)
        return PHRASING_TAKEN if is_taken else await reworder.check(train_index, phrasing)

    copy_reworder = replace(reworder, check=check_copy)
    while len(phrasings) < phrasing_count - 1:
        earlier_phrasings = [(earlier_phrasing, PHRASING_TAKEN) for earlier_phrasing in phrasings]
        phrasing_reply = await copy_reworder.reword(train_row, train_index, earlier_phrasings)
        if not isinstance(phrasing_reply, Reworded):
            return phrasings, phrasing_reply
        phrasings.append(phrasing_reply)
    return phrasings, ""


def _phrasing_row(train_row: Row, phrasing: Reworded, phrasing_number: int) -> Row:
    return msgspec.structs.replace(
        train_row,
        id=f"{train_row.id}~{phrasing_number}",
        question=phrasing.question,
        answer=phrasing.answer,
        original_question=train_row.question,
        original_answer=train_row.answer,
    )


def _is_phrasing_taken(
    train_row: Row, phrasing: Reworded, phrasings: Sequence[Reworded], eval_border: EvalBorder, most_copied: float
) -> bool:
    if tuple(word_texts(phrasing.question)) in eval_border.questions or any(
        is_copy(earlier_phrasing.question, phrasing.question, most_copied) for earlier_phrasing in phrasings
    ):
        return True
    eval_row = eval_border.by_id.get(train_row.id)
    if not eval_row:
        return False
    # an answer that has no other wording stays the same everywhere
    is_answer_reworded = eval_row.answer != train_row.answer
    return is_copy(eval_row.question, phrasing.question, most_copied) or (
        is_answer_reworded and is_copy(eval_row.answer, phrasing.answer, most_copied)
    )
