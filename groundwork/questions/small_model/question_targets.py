"""The targets of a small model's questions: a sentence that can be understood, a list, some cells of a row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby, pairwise, zip_longest
from typing import NamedTuple

from groundwork.language.dangling_references import cross_references
from groundwork.language.list_labels import DOTTED_LABEL
from groundwork.language.names_and_codes import quoted_terms
from groundwork.language.numbers import numbers
from groundwork.language.sentences import COMPLETE_ITEM_END
from groundwork.language.words import content_words, normalised_words, words
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.statements import Statement

# Of a row in one call, besides the first: a small model asks about one of two and forgets the other.
ANSWER_CELLS_PER_ROW = 1
MAX_TARGET_LENGTH = 600  # characters of a list, or of a sentence with the ones that it leans on, asked about as a whole
_OPENING_THAT_POINTS_BACK = re.compile(
    r"""(?ix)\W*(?:(?:however|otherwise|instead|but|and|so|also|then|if|when|once|until|unless|where|while|after|before
        |in|at|for|during|with|as|per)[,\ ]+){0,2}(?:it|they|this|these|those|such|its|their|he|she|both|neither|either
        |the\ same|the\ latter|that\ (?!which))\b | \W*(?:however|otherwise|instead)\b"""
)
_RULE_NUMBER_CELL = re.compile(rf"{DOTTED_LABEL}\.?")
_PAGE_FURNITURE_IN_TARGET = re.compile(  # of a page, or what a broken cross-reference of Word leaves
    r"(?i)\bpage \d+\s*$|^\W*page \d+\b|\bcopyright\b|©|all rights reserved|\bISBN\b|\bError!"
    r"|\bReference source not found\b"
)
# an item that says what a term means
_TERM_DEFINED_BY_TARGET = re.compile(r"\W*[\"“„«'‘][^\"“”„«»'‘’]{2,40}[\"”“»'’]\s*[:–—-]\s")
_TARGET_DUTY_WORDS = frozenset(["must", "shall", "may", "cannot", "only", "never", "required", "should", "forbidden"])


class QuestionTarget(NamedTuple):
    """What one call is about: a statement, or several that belong together, as their reader would say them.

    `subject` is the cell that names a row, which the question must hold, and `answer_cells` those for the answer.
    `is_partial` says that it is only a part of a list, which was too long for one call.
    """

    statements: tuple[Statement, ...]
    plain: str
    subject: str = ""
    answer_cells: str = ""
    is_partial: bool = False


def group_targets(gaps: Sequence[Statement], reading: Reading, turn: int = 0) -> list[QuestionTarget]:
    """What to ask about: items of a list together with their lead, a sentence with those that it points back to.

    Of a wide row one call is about some of the cells, other ones in every row and at every `turn`.
    """
    chunk_text = reading.chunk.text
    targets: list[QuestionTarget] = []
    for lead, statements_under_lead in groupby(gaps, key=lambda gap: gap.lead):
        target_groups = _group_statements(tuple(statements_under_lead), chunk_text, lead)
        for target_group in target_groups:
            if target_group[0].kind == "row":
                targets.append(_row_target(target_group[0], turn + sum(bool(target.subject) for target in targets)))
            else:
                target_statements = _statements_with_context(target_group, reading)
                target_lead = "" if _TERM_DEFINED_BY_TARGET.match(chunk_text, target_statements[0].start) else lead
                while targets and (
                    targets[-1].statements[0] in target_statements or _is_lead_of_items(targets[-1], target_lead)
                ):
                    earlier_statements = [item for item in targets.pop().statements if item not in target_statements]
                    target_statements = (*earlier_statements, *target_statements)
                is_partial = len(target_groups) > 1 and bool(target_lead)
                targets.append(
                    QuestionTarget(
                        target_statements, _spoken_target_text(target_statements, chunk_text), is_partial=is_partial
                    )
                )
    return targets


def _is_lead_of_items(target: QuestionTarget, lead: str) -> bool:
    """Is the target what governs the items under `lead`?"""
    return target.plain == simplify_target_text(lead) or (
        target.plain.endswith(":") and simplify_target_text(lead).endswith(target.plain)
    )


def _group_statements(statements: tuple[Statement, ...], chunk_text: str, lead: str) -> list[tuple[Statement, ...]]:
    """The items under a lead in groups that can be asked about as a whole; without a lead, or as terms, one by one."""
    target_groups: list[tuple[Statement, ...]] = []
    for statement in statements:
        is_asked_alone = not lead or _TERM_DEFINED_BY_TARGET.match(chunk_text, statement.start)
        joined_target_group = (*target_groups[-1], statement) if target_groups and not is_asked_alone else ()
        if joined_target_group and len(_spoken_target_text(joined_target_group, chunk_text)) <= MAX_TARGET_LENGTH:
            target_groups[-1] = joined_target_group
        else:
            target_groups.append((statement,))
    return target_groups


def _statements_with_context(target_statements: tuple[Statement, ...], reading: Reading) -> tuple[Statement, ...]:
    """`target_statements` with the lead that they hang on and, as far as they fit, the sentences that they point back
    to."""
    statements, chunk_text = reading.statements, reading.chunk.text
    target_index = statements.index(target_statements[0])
    while target_index > 0 and points_back(target_statements, chunk_text):
        statement_before_target = statements[target_index - 1]
        extended_target = (statement_before_target, *target_statements)
        if statement_before_target.kind != "sentence" or _has_heading_between(
            chunk_text, statement_before_target.end, target_statements[0].start
        ):
            break
        if len(_spoken_target_text(extended_target, chunk_text)) > MAX_TARGET_LENGTH:
            break
        target_statements, target_index = extended_target, target_index - 1
    return target_statements


def points_back(target_statements: Sequence[Statement], chunk_text: str) -> bool:
    """Does the first of the statements lean on one before it: "It is ...", "However, ...", "... must wear one"?"""
    statement_text = simplify_target_text(target_statements[0].plain_text(chunk_text))
    return _OPENING_THAT_POINTS_BACK.match(statement_text) is not None or has_open_end(statement_text)


def has_open_end(statement_text: str) -> bool:
    """Does a text end in a word that stands for another: "... must wear one"?"""
    return normalised_words(statement_text).split()[-1:] in (["one"], ["ones"])


def target_list_items(target: QuestionTarget, chunk_text: str) -> list[str]:
    """The items of a list that is asked about as a whole, without the lead; none of alternatives and other targets."""
    if len(target.statements) < 2 or not target.statements[-1].lead:
        return []
    target_items = [
        simplify_target_text(" ".join(chunk_text[statement.start : statement.end].split()))
        for statement in target.statements
        if statement.lead
    ]
    target_items = [item for item in target_items if not item.endswith(":")]  # what governs items of its own
    are_items_alternatives = any(re.search(r"\bor\W*$", item) for item in target_items)
    return [] if are_items_alternatives else [re.sub(r"[\s,;.]+(?:and)?$", "", item) for item in target_items]


def _has_heading_between(chunk_text: str, start: int, end: int) -> bool:
    return any(line.lstrip().startswith("#") for line in chunk_text[start:end].splitlines())


def _spoken_target_text(target_statements: Sequence[Statement], chunk_text: str) -> str:
    """The statements as a reader would say them: one after the other, items behind the lead that they share."""
    spoken_target, lead = "", ""
    for statement in target_statements:
        target_text = " ".join(chunk_text[statement.start : statement.end].split())
        if not statement.lead or _TERM_DEFINED_BY_TARGET.match(target_text):
            spoken_target += f" {target_text}"
        elif statement.lead == lead:
            spoken_target += (
                f" {target_text}" if re.search(r"[.,;:!?]\W*$|\b(?:and|or)$", spoken_target) else f"; {target_text}"
            )
        else:
            is_lead_spoken = spoken_target.endswith(":") and (
                spoken_target.endswith(statement.lead) or statement.lead.endswith(spoken_target.strip())
            )
            spoken_target += f" {target_text}" if is_lead_spoken else f" {statement.lead} {target_text}"
        lead = statement.lead
    return simplify_target_text(spoken_target.strip())


def _row_target(target_row: Statement, turn: int) -> QuestionTarget:
    """The cells that name the row, up to the first with a word, and ANSWER_CELLS_PER_ROW of the others."""
    cells_by_column = zip_longest(target_row.header, (cell.text for cell in target_row.cells), fillvalue="")
    target_cells = [(column, cell) for column, cell in cells_by_column if re.search(r"\w", cell)]
    naming_column = next((i for i, (_, cell) in enumerate(target_cells) if words(cell)), 0)
    naming_cells = [
        target_cell
        for i, target_cell in enumerate(target_cells[: naming_column + 1])
        if i == naming_column or not _RULE_NUMBER_CELL.fullmatch(target_cell[1])
    ]
    answer_cells = _answer_cells_of_turn(target_cells[naming_column + 1 :], turn)
    target_subject = ", ".join(f"{cell} ({column})" if column else cell for column, cell in naming_cells)
    target_answers = "; ".join(f"{column}: {cell}" if column else cell for column, cell in answer_cells)
    target_text = f"{target_subject}: {target_answers}" if target_answers else target_subject
    return QuestionTarget((target_row,), simplify_target_text(target_text), naming_cells[-1][1], target_answers)


def _answer_cells_of_turn(answer_cells: list[tuple[str, str]], turn: int) -> list[tuple[str, str]]:
    if len(answer_cells) <= ANSWER_CELLS_PER_ROW:
        return answer_cells
    first_cell = turn * ANSWER_CELLS_PER_ROW % len(answer_cells)
    return (answer_cells + answer_cells)[first_cell : first_cell + ANSWER_CELLS_PER_ROW]


def simplify_target_text(statement_text: str) -> str:
    """`statement_text` with plain single quotes, so that a small model does not stumble over quotes inside its JSON."""
    statement_text = re.sub(
        r"(?<=[a-z])- (?!and\b|or\b|to\b)(?=[a-z])", "-", statement_text
    )  # a word that was broken at a line's end
    return re.sub(r"[\"“”„«»]", "'", re.sub(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}", "", statement_text))


def target_importance(target: QuestionTarget, chunk_text: str) -> int:
    """How much there is to ask about: numbers, table rows, lists, duties and definitions count; 0 or less: nothing."""
    target_text = " ".join(chunk_text[statement.start : statement.end] for statement in target.statements)
    target_words = words(target.plain)
    is_target_too_short = len(content_words(target_text, "en")) < (2 if target.subject else 3)
    if is_target_too_short or target.plain.rstrip(" '").endswith(":") or _PAGE_FURNITURE_IN_TARGET.search(target_text):
        return 0
    is_list = len(target.statements) > 1 and target.statements[-1].lead
    importance_score = 1 + 2 * bool(numbers(target_text)) + 2 * bool(target.subject or is_list)
    importance_score += bool(_TARGET_DUTY_WORDS & set(target_words)) + bool(quoted_terms(target_text))
    importance_score += 8 <= len(target_words) <= 45
    single_target = target.statements[0] if len(target.statements) == 1 and not target.subject else None
    unlabelled_target = single_target if single_target and not single_target.label else None
    is_part_of_sentence = unlabelled_target and not unlabelled_target.lead and target_text[:1].islower()
    is_part_of_figure = unlabelled_target and not COMPLETE_ITEM_END.search(target_text)
    is_target_fragment = is_part_of_figure or is_part_of_sentence
    depends_on_previous = not target.subject and points_back(target.statements, chunk_text)
    importance_penalties = bool(cross_references(target_text)) + bool(is_target_fragment) + depends_on_previous
    return max(1, importance_score - 4 * target.is_partial - 3 * importance_penalties)


def spread_targets(targets: Sequence[QuestionTarget], chunk_text: str, target_count: int) -> list[QuestionTarget]:
    """`target_count` of the targets, in their order: the most important of each of as many even stretches; 0: none."""
    if target_count <= 0:
        return []
    if target_count >= len(targets):
        return list(targets)
    target_stretch_edges = [round(i * len(targets) / target_count) for i in range(target_count + 1)]
    return [
        max(targets[stretch_start:stretch_end], key=lambda target: target_importance(target, chunk_text))
        for stretch_start, stretch_end in pairwise(target_stretch_edges)
        if stretch_start < stretch_end
    ]
