"""Curation's checks by rule, without a model, and the columns that hold the result of any check.

A check's column is {"score": 0..1, "passed": true or false, "why": "...", "checker": "rule" or "model"}. `rule` means
that no model was asked about it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property, lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from groundwork.data_folder.read_write import read_json, read_jsonl
from groundwork.data_folder.spread_folders import folder_of
from groundwork.language import dangling_references as wording
from groundwork.language.contradictions import is_negated
from groundwork.language.dangling_references import cross_reference_spans
from groundwork.language.names import codes, names_as_written
from groundwork.language.numbers import change_digits, number_values, numbers
from groundwork.language.spans import Span
from groundwork.language.words import content_words, whole_word_pattern, words
from groundwork.markdown.grounding import SourceText
from groundwork.questions.derived_numbers import unsupported_numbers
from groundwork.questions.material_to_ask_about import short_title
from groundwork.questions.trivial_questions import trivial_reason
from groundwork.records.chunk_record import Chunk
from groundwork.records.document_record import Document
from groundwork.records.pair_record import Pair
from groundwork.records.summary_record import Summary
from groundwork.settings.curate_and_review_settings import Check, Curate

CheckColumn = dict[str, Any]

ALIKE_NAMES = 0.65  # of 1, how far the letters of two names agree: URL and URI are no wrong answers to each other
NEIGHBOUR_PAIRS = 50  # pairs among which another answer is looked for
_YES_OR_NO = {"yes", "no"}
_OPTION_VALUE = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]*[= ]('[^']*'|\"[^\"]*\"|\S+)")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|\]\([^()\s]*\)|[\[`]")  # tags, the targets of links, code marks
DEFAULT_PASS_SCORE = 0.5  # where curate.thresholds names none
RULE_CHECKS: tuple[Check, ...] = ("stand_alone", "worth", "criteria", "supported")
REWRITABLE_CHECKS: tuple[Check, ...] = (
    "stand_alone",
    "natural",
    "criteria",
)  # by a pair written anew from its evidence


@dataclass(frozen=True)
class PairOrigin:
    """Where a pair comes from: the text of its chunks, and what names its document."""

    text: str
    document: str
    summary: str
    context: str
    language: str = ""  # ISO 639-1; "" where it is not known
    name: str = ""  # what questions call the document's subject

    @cached_property
    def grounds(self) -> SourceText:
        return SourceText(self.text, self.language)

    def drop_grounds(self) -> None:
        """Keep no longer what was read of the text, which takes several times its size."""
        vars(self).pop("grounds", None)


@dataclass(frozen=True)
class CurationCase:
    """A pair to be judged, by its number in the run.

    `wrong_answer`: one that its criteria must not fit, where only a model can tell whether they do, else "".
    `other_answer`: the answer to another question, of which one is made.
    """

    number: int
    pair: Pair
    origin: PairOrigin
    wrong_answer: str = ""
    other_answer: str = ""


def build_column(settings: Curate, check: str, score: float, why: str, checker: str = "model") -> CheckColumn:
    passed = score >= settings.thresholds.get(check, DEFAULT_PASS_SCORE)
    return shared_column(round(score, 3), passed, why.strip(), checker)


def shared_column(score: float, passed: bool, why: str, checker: str) -> CheckColumn:
    """Not to be changed: those without a remark are one and the same, which takes a kB less a pair."""
    blank_column = _column_without_remark(score, passed, checker)
    return {**blank_column, "why": why} if why else blank_column


@lru_cache(maxsize=256)
def _column_without_remark(score: float, passed: bool, checker: str) -> CheckColumn:
    return {"score": score, "passed": passed, "why": "", "checker": checker}


def rule_columns(pair: Pair, origin: PairOrigin, settings: Curate) -> dict[str, CheckColumn]:
    """The columns of the checks that a rule fails; with curate.rules_only of those as well that no rule fails."""
    faults = {check: rule_fault(check, pair, origin) for check in RULE_CHECKS if check in settings.checks}
    shown_faults = {check: reason for check, reason in faults.items() if reason or settings.rules_only}
    return {
        check: build_column(settings, check, float(not reason), reason, "rule")
        for check, reason in shown_faults.items()
    }


def rule_fault(check: Check, pair: Pair, origin: PairOrigin) -> str:
    """What a rule finds wrong with `pair`, or ""."""
    match check:
        case "stand_alone":
            reference = wording.find_dangling_reference(pair.question, origin.language)
            return f'points at something its reader cannot see: "{reference}"' if reference else ""
        case "worth":
            return trivial_reason(pair.question, pair.answer, origin.document, origin.language)
        case "criteria":
            if not pair.evaluation_criteria:
                return "there are no criteria"
            unsupported = unsupported_criterion_numbers(pair)
            return f"the reference answer does not contain: {', '.join(unsupported)}" if unsupported else ""
        case "supported":
            return "; ".join(unsupported_numbers(origin.grounds, pair))
        case _:
            return ""


def unsupported_criterion_numbers(pair: Pair) -> list[str]:
    """The numbers of the criteria that neither answer nor question holds, so that no right answer can meet them."""
    supported_values = {number.value for number in numbers(f"{pair.question} {pair.answer}", spelled=True)}
    criterion_values = [number.value for text in pair.evaluation_criteria for number in numbers(text)]
    return sorted({value for value in criterion_values if value not in supported_values})


def undecided_wrong_answer(pair: Pair, wrong: str, language: str) -> str:
    """`wrong`, unless its words tell that it misses a criterion.

    It does where a criterion names a number, or words of the right answer that are not in the question, and the wrong
    answer holds none of them. A criterion that negates something is met by what is not said.
    """
    question_words, answer_words, wrong_words = (
        content_words(text, language) for text in (pair.question, pair.answer, wrong)
    )
    wrong_values = number_values(wrong, spelled=True)
    for criterion in pair.evaluation_criteria:
        telling_words = content_words(criterion, language) & answer_words - question_words
        if not _YES_OR_NO.isdisjoint(words(criterion)) and _yes_or_no(wrong):
            return ""
        if not is_negated(criterion) and (
            number_values(criterion) - wrong_values or (telling_words and not telling_words & wrong_words)
        ):
            return ""
    return wrong


def _yes_or_no(answer: str) -> str:
    """The "yes" or "no" that an answer begins with, or ""."""
    first_word = next(iter(words(answer)), "")
    begins_with_it = answer.lower().startswith(first_word)  # "6.1.2 No race ..." begins with its number
    return first_word if begins_with_it and first_word in _YES_OR_NO else ""


def wrong_answer(pair: Pair, other_answer: str, language: str) -> str:
    """The answer with what it tells turned into something else of its kind.

    Yes becomes no; a number another one beside the same unit; a name, path or code another one of its kind that the
    evidence or the answer to another question holds. An answer without any gives way to that other answer. The value
    that an example gives an option stays, unless a criterion says it: another is as right.
    """
    if yes_or_no := _yes_or_no(pair.answer):
        return "No." if yes_or_no == "yes" else "Yes."
    changed, position, kept_spans = "", 0, [*cross_reference_spans(pair.answer), *_option_value_spans(pair)]
    for number in numbers(pair.answer):
        if any(start <= number.start < end for start, end in kept_spans):
            continue  # "unless 16.3 applies" is as true with another number
        digits = pair.answer[number.start : number.end]
        changed += pair.answer[position : number.start] + change_digits(digits)
        position = number.end
    if changed:
        return changed + pair.answer[position:]
    return _with_other_names(pair, other_answer, language) or other_answer or "That is not told."


def _option_value_spans(pair: Pair) -> list[Span]:
    """Where the answer gives an option a value ("--image-dpi 300") of which no criterion says a number."""
    criterion_values = number_values(" ".join(pair.evaluation_criteria))
    spans = [match.span(1) for match in _OPTION_VALUE.finditer(pair.answer)]
    return [(start, end) for start, end in spans if not number_values(pair.answer[start:end]) & criterion_values]


def _with_other_names(pair: Pair, other_answer: str, language: str) -> str:
    """The answer with each name that the question does not say exchanged for another of its kind; "" where none is."""
    answer_names = _names_and_codes(pair.answer, language)
    candidates = _names_and_codes(_MARKUP.sub(" ", "\n".join([*pair.evidence, other_answer])), language)
    question_names = _names_and_codes(pair.question, language)
    changed, used_names = pair.answer, {name.lower() for name in [*answer_names, *question_names]}
    for name in answer_names:
        replacements = [
            candidate
            for candidate in candidates
            if candidate.lower() not in used_names
            and _name_kind(candidate) == _name_kind(name)
            and not _is_alike(candidate, name)
        ]
        if replacements and name.lower() not in pair.question.lower():
            pieces = whole_word_pattern(name).split(changed)
            changed = replacements[0].join(pieces)
            used_names.add(replacements[0].lower())
    return "" if changed == pair.answer else changed


def _is_alike(first: str, second: str) -> bool:
    """Whether two names differ by a mark or a letter or two alone, or one holds the other: who grades takes the one for
    the other.
    """
    first_letters, second_letters = ("".join(filter(str.isalnum, name.casefold())) for name in (first, second))
    return (
        first_letters in second_letters
        or second_letters in first_letters
        or SequenceMatcher(None, first_letters, second_letters, autojunk=False).ratio() > ALIKE_NAMES
    )


def _names_and_codes(text: str, language: str) -> list[str]:
    """Names of one and more words, paths and codes, in order."""
    results, names = codes(text), set(names_as_written(text, language))
    words_in_a_row = re.findall(r"[^\W\d_][\w-]*(?: [^\W\d_][\w-]*)*", text)
    for row in words_in_a_row:
        for is_name, run in groupby(row.split(" "), names.__contains__):
            results += [" ".join(run)] if is_name else []
    return list(dict.fromkeys(result for result in results if len(result) > 1))


def _name_kind(name: str) -> str:
    """What may take a name's place: a path another path, an option another, capitals others, words as many words."""
    if "/" in name or name.startswith("-"):
        return name[0]
    if "." in name or "_" in name:
        return "code"
    return "capitals" if name.isupper() else f"{name.count(' ') + 1} words"


def other_answers(pairs: Sequence[Pair]) -> list[str]:
    """For each pair the answer of a near one of its document, of its category if any, that shares the fewest words.

    What shares words may be right as well. "" where there is no other.
    """
    indexes_by_document: dict[str, list[int]] = {}
    for i, pair in enumerate(pairs):
        indexes_by_document.setdefault(pair.document, []).append(i)
    word_sets = [content_words(pair.answer, "") for pair in pairs]
    answers = [""] * len(pairs)
    for indexes in indexes_by_document.values():
        for position, i in enumerate(indexes):
            neighbours = [indexes[(position + k) % len(indexes)] for k in range(1, min(len(indexes), NEIGHBOUR_PAIRS))]
            candidates = [
                k
                for k in neighbours
                if word_sets[k] and word_sets[k] != word_sets[i] and not _yes_or_no(pairs[k].answer)
            ]
            preferred = [k for k in candidates if pairs[k].category == pairs[i].category] or candidates
            best = min(preferred, key=lambda k: len(word_sets[k] & word_sets[i]) / len(word_sets[k]), default=None)
            answers[i] = "" if best is None else pairs[best].answer
    return answers


def read_origins(files: Mapping[str, Sequence[Path]], context: str) -> dict[str, PairOrigin]:
    """By chunk id: its text and what names its document. `files`: by document those of its chunks, summary and title.

    Raises BadRecord.
    """
    origins = {}
    for document, paths in files.items():
        summary, subject, title, chunks = "", "", "", []
        for path in paths:
            if folder_of(path).name == "summaries":
                summary_record = read_json(path, Summary)
                summary, subject = summary_record.summary, summary_record.name
            elif folder_of(path).name == "text":
                title = read_json(path, Document).title
            else:
                chunks = read_jsonl(path, Chunk)
        headings = next((chunk.headings for chunk in chunks if chunk.headings), [])
        short_name, slug = subject or short_title(title, document, headings), document.replace("-", " ")
        for chunk in chunks:
            origins[chunk.id] = PairOrigin(chunk.text, title or slug, summary, context, chunk.language, short_name)
    return origins


def pair_origin(pair: Pair, origins: dict[str, PairOrigin]) -> PairOrigin | None:
    """The origin of a pair: its chunk, with the text of the further chunks that its answer needs."""
    chunk_origins = [origins[chunk] for chunk in pair.chunks if chunk in origins]
    if len(chunk_origins) < 2:
        return chunk_origins[0] if chunk_origins else None
    return replace(chunk_origins[0], text="\n\n".join(origin.text for origin in chunk_origins))
