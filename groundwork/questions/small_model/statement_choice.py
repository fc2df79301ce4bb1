"""What a small model is asked about, call by call: a sentence that can be understood, a list, some cells of a row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby, pairwise, zip_longest
from typing import NamedTuple

from groundwork.language.cross_references import cross_references
from groundwork.language.labels import DOTTED_LABEL
from groundwork.language.names import quoted_terms
from groundwork.language.numbers import numbers
from groundwork.language.sentences import COMPLETE_ITEM_END
from groundwork.language.words import words
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.statements import Statement
from groundwork.questions.small_model.english_words import content_words

CELLS = 1  # of a row in one call, besides the first: a small model asks about one of two and forgets the other
LONGEST = 600  # characters of a list, or of a sentence with the ones that it leans on, asked about as a whole
_POINTS_BACK = re.compile(
    r"""(?ix)\W*(?:(?:however|otherwise|instead|but|and|so|also|then|if|when|once|until|unless|where|while|after|before
        |in|at|for|during|with|as|per)[,\ ]+){0,2}(?:it|they|this|these|those|such|its|their|he|she|both|neither|either
        |the\ same|the\ latter|that\ (?!which))\b | \W*(?:however|otherwise|instead)\b"""
)
OPEN_END = re.compile(r"(?i)\bones?\W*$")
_RULE_NUMBER = re.compile(rf"{DOTTED_LABEL}\.?")
_FURNITURE = re.compile(  # of a page, or what a broken cross-reference of Word leaves
    r"(?i)\bpage \d+\s*$|^\W*page \d+\b|\bcopyright\b|©|all rights reserved|\bISBN\b|\bError!"
    r"|\bReference source not found\b"
)
_TERM = re.compile(r"\W*[\"“„«'‘][^\"“”„«»'‘’]{2,40}[\"”“»'’]\s*[:–—-]\s")  # an item that says what a term means
_DUTIES = frozenset(["must", "shall", "may", "cannot", "only", "never", "required", "should", "forbidden"])


class Target(NamedTuple):
    """What one call is about: a statement, or several that belong together, as their reader would say them.

    `subject` is the cell that names a row, which the question must hold, and `told` the cells for the answer. `part`
    says that it is only a part of a list, which was too long for one call.
    """

    statements: tuple[Statement, ...]
    plain: str
    subject: str = ""
    told: str = ""
    part: bool = False


def targets(gaps: Sequence[Statement], reading: Reading, turn: int = 0) -> list[Target]:
    """What to ask about: items of a list together with their lead, a sentence with those that it points back to.

    Of a wide row one call is about some of the cells, other ones in every row and at every `turn`.
    """
    text = reading.chunk.text
    found: list[Target] = []
    for lead, group in groupby(gaps, key=lambda gap: gap.lead):
        packed = _packed(tuple(group), text, lead)
        for members in packed:
            if members[0].kind == "row":
                found.append(_row(members[0], turn + sum(bool(target.subject) for target in found)))
            else:
                whole = _understood(members, reading)
                led = "" if _TERM.match(text, whole[0].start) else lead
                while found and (found[-1].statements[0] in whole or _leads(found[-1], led)):
                    whole = (*(one for one in found.pop().statements if one not in whole), *whole)
                part = len(packed) > 1 and bool(led)
                found.append(Target(whole, _said(whole, text), part=part))
    return found


def _leads(target: Target, lead: str) -> bool:
    """Is the target what governs the items under `lead`?"""
    return target.plain == simple(lead) or (target.plain.endswith(":") and simple(lead).endswith(target.plain))


def _packed(members: tuple[Statement, ...], text: str, lead: str) -> list[tuple[Statement, ...]]:
    """The items under a lead in groups that can be asked about as a whole; without a lead, or as terms, one by one."""
    groups: list[tuple[Statement, ...]] = []
    for member in members:
        alone = not lead or _TERM.match(text, member.start)
        together = (*groups[-1], member) if groups and not alone else ()
        if together and len(_said(together, text)) <= LONGEST:
            groups[-1] = together
        else:
            groups.append((member,))
    return groups


def _understood(members: tuple[Statement, ...], reading: Reading) -> tuple[Statement, ...]:
    """`members` with the lead that they hang on and, as far as they fit, the sentences that they point back to."""
    found, text = reading.statements, reading.chunk.text
    first = found.index(members[0])
    while first > 0 and points_back(members, text):
        before = found[first - 1]
        longer = (before, *members)
        if before.kind != "sentence" or _heading_between(text, before.end, members[0].start):
            break
        if len(_said(longer, text)) > LONGEST:
            break
        members, first = longer, first - 1
    return members


def points_back(members: Sequence[Statement], text: str) -> bool:
    """Does the first of the statements lean on one before it: "It is ...", "However, ...", "... must wear one"?"""
    plain = simple(members[0].plain_text(text))
    return _POINTS_BACK.match(plain) is not None or OPEN_END.search(plain) is not None


def list_items(target: Target, text: str) -> list[str]:
    """The items of a list that is asked about as a whole, without the lead; none of alternatives and other targets."""
    if len(target.statements) < 2 or not target.statements[-1].lead:
        return []
    found = [simple(" ".join(text[one.start : one.end].split())) for one in target.statements if one.lead]
    found = [item for item in found if not item.endswith(":")]  # what governs items of its own
    alternatives = any(re.search(r"\bor\W*$", item) for item in found)
    return [] if alternatives else [re.sub(r"[\s,;.]+(?:and)?$", "", item) for item in found]


def _heading_between(text: str, start: int, end: int) -> bool:
    return any(line.lstrip().startswith("#") for line in text[start:end].splitlines())


def _said(members: Sequence[Statement], text: str) -> str:
    """The statements as a reader would say them: one after the other, items behind the lead that they share."""
    said, lead = "", ""
    for member in members:
        own = " ".join(text[member.start : member.end].split())
        if not member.lead or _TERM.match(own):
            said += f" {own}"
        elif member.lead == lead:
            said += f" {own}" if re.search(r"[.,;:!?]\W*$|\b(?:and|or)$", said) else f"; {own}"
        else:
            governed = said.endswith(":") and (said.endswith(member.lead) or member.lead.endswith(said.strip()))
            said += f" {own}" if governed else f" {member.lead} {own}"
        lead = member.lead
    return simple(said.strip())


def _row(row: Statement, turn: int) -> Target:
    """The cells that name the row, up to the first with a word, and CELLS of the others."""
    by_column = list(zip_longest(row.header, (cell.text for cell in row.cells), fillvalue=""))
    filled = [(name, cell) for name, cell in by_column if re.search(r"\w", cell)]
    key = next((i for i, (_, cell) in enumerate(filled) if words(cell)), 0)
    naming = [cell for i, cell in enumerate(filled[: key + 1]) if i == key or not _RULE_NUMBER.fullmatch(cell[1])]
    others = filled[key + 1 :]
    if len(others) > CELLS:
        first = turn * CELLS % len(others)
        others = (others + others)[first : first + CELLS]
    head = ", ".join(f"{cell} ({name})" if name else cell for name, cell in naming)
    rest = "; ".join(f"{name}: {cell}" if name else cell for name, cell in others)
    return Target((row,), simple(f"{head}: {rest}" if rest else head), naming[-1][1], rest)


def simple(text: str) -> str:
    """`text` with plain single quotes, so that a small model does not stumble over quotes inside its JSON."""
    text = re.sub(r"(?<=[a-z])- (?!and\b|or\b|to\b)(?=[a-z])", "-", text)  # a word that was broken at a line's end
    return re.sub(r"[\"“”„«»]", "'", re.sub(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}", "", text))


def importance(target: Target, text: str) -> int:
    """How much there is to ask about: numbers, table rows, lists, duties and definitions count; 0 or less: nothing."""
    own = " ".join(text[statement.start : statement.end] for statement in target.statements)
    said = words(target.plain)
    too_short = len(content_words(own)) < (2 if target.subject else 3)
    if too_short or target.plain.rstrip(" '").endswith(":") or _FURNITURE.search(own):
        return 0
    listed = len(target.statements) > 1 and target.statements[-1].lead
    score = 1 + 2 * bool(numbers(own)) + 2 * bool(target.subject or listed)
    score += bool(_DUTIES & set(said)) + bool(quoted_terms(own)) + (8 <= len(said) <= 45)
    alone = target.statements[0] if len(target.statements) == 1 and not target.subject else None
    scrap = alone and not alone.label and not COMPLETE_ITEM_END.search(own)  # of a figure
    scrap = scrap or (alone and not alone.label and not alone.lead and own[:1].islower())  # of a sentence
    hangs = not target.subject and points_back(target.statements, text)
    return max(1, score - 4 * target.part - 3 * bool(cross_references(own)) - 3 * bool(scrap) - 3 * hangs)


def spread_targets(found: Sequence[Target], text: str, count: int) -> list[Target]:
    """`count` of the targets, the most important of each of `count` even stretches, in their order; 0: none."""
    if count <= 0:
        return []
    if count >= len(found):
        return list(found)
    edges = [round(i * len(found) / count) for i in range(count + 1)]
    return [
        max(found[start:end], key=lambda target: importance(target, text))
        for start, end in pairwise(edges)
        if start < end
    ]
