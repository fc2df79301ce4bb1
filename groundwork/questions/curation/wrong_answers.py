"""Wrong answers to pairs: the right answer with what it tells turned into something else, by rule, or another pair's.

The judge holds a pair's criteria against one: criteria that a wrong answer meets are worth nothing.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from itertools import pairwise

from groundwork.language.dangling_references import cross_reference_spans
from groundwork.language.names_and_codes import codes
from groundwork.language.negations_and_duties import is_negated
from groundwork.language.numbers import change_digits, number_values, numbers
from groundwork.language.text_spans import Span
from groundwork.language.words import ENGLISH_STOP_WORDS, content_words, whole_word_pattern, words
from groundwork.language.yes_and_no import YES_NO_AUXILIARY, opposite_yes_or_no, yes_and_no_words, yes_or_no
from groundwork.records import Pair

ALIKE_NAMES = 0.65  # of 1, how far the letters of two names agree: URL and URI are no wrong answers to each other
_EXCHANGED_CAPITALS = re.compile(r"(?<![\w.])[A-Z][A-Z\d]+(?!\w|\.\w)")
_VALUE_OF_OPTION = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]*[= ]('[^']*'|\"[^\"]*\"|\S+)")

_OPTIONS_AT_QUESTION_END = re.compile(  # "Who got more votes, Ada Roe or Bo Lind?"
    r"[,:]\s+([^,:?]{1,80}?),?\s+(?:or|oder|ou|eller|lub|nebo|или|或|або)\s+([^,:?]{1,80}?)\s*\?"
)
_OPTIONS_OF_POLAR_QUESTION = re.compile(  # "May it send more or with less?", which no yes answers
    rf"{YES_NO_AUXILIARY}\b[^?]*?\b([\w-]+) or (?:(?:with|in|by|for|on|at|an?|the) )?([\w-]+)", re.IGNORECASE
)
_ARTICLE_OF_OPTION = re.compile(r"(?:the|an?|d(?:er|ie|as)|l[ea]s?|l['’])\s*\b", re.IGNORECASE)
LONGEST_OPTION_ARTICLE = 4  # characters, with the space behind it
_ANSWERS_BOTH_OPTIONS = re.compile(r"\b(?:both|either|neither|all|each|beide\w*|weder|les deux|ni)\b", re.IGNORECASE)
_BETWEEN_LISTED_NAMES = re.compile(r"[^.;:!?\n]{0,25}")  # between two names of one list
_LISTS_NAMES = re.compile(r",|/|\b(?:and|or|nor|not|und|oder|sowie|et|ou|y|e|o|en|of|og|eller)\b", re.IGNORECASE)

# Tags, targets of links, attributes.
_MARKUP_IN_EVIDENCE = re.compile(r"</?[a-zA-Z][^<>]*>|\]\([^()\s]*\)|\{[^{}\n]*\}|[\[`]")


def wrong_answer_to_show(pair: Pair, other_answer: str, language: str) -> str:
    """The wrong answer that the judge holds the criteria against; "" where a rule tells that they miss it."""
    return undecided_wrong_answer(pair, wrong_answer(pair, other_answer, language), language)


def undecided_wrong_answer(pair: Pair, wrong_answer_text: str, language: str) -> str:
    """`wrong_answer_text`, unless its words tell that it misses a criterion.

    It does where a criterion names a number, or words of the right answer that are not in the question, and the wrong
    answer holds none of them. A criterion that negates something is met by what is not said.
    """
    wrong_words = content_words(wrong_answer_text, language)
    wrong_numbers = number_values(wrong_answer_text, spelled="en")
    for criterion in pair.evaluation_criteria:
        right_answer_words = _right_answer_words(pair, criterion, language)
        if not {"yes", "no", *yes_and_no_words(language)}.isdisjoint(words(criterion)) and yes_or_no(
            wrong_answer_text, language
        ):
            return ""
        if not is_negated(criterion) and (
            number_values(criterion) - wrong_numbers or (right_answer_words and not right_answer_words & wrong_words)
        ):
            return ""
    return wrong_answer_text


def wrong_answer(pair: Pair, other_answer: str, language: str) -> str:
    """The answer with what it tells turned into something else of its kind.

    Yes becomes no; of two things to choose from the one the other; a number another one beside the same unit; a name,
    path or code another one of its kind that the evidence or the answer to another question holds, a name only one that
    is listed beside it. An answer without any gives way to that other answer, "" where there is none. What no criterion
    asks for stays: a number beside those that criteria name, or beside the words they name, and the value that an
    example gives an option.
    """
    if wrong_yes_or_no := opposite_yes_or_no(pair.answer, language):
        return wrong_yes_or_no.capitalize() + _end_mark_of_answer(pair.answer)
    if answer_by_choice := _wrong_answer_by_choice(pair):
        return answer_by_choice
    return _wrong_by_numbers(pair, language) or _wrong_by_names(pair, other_answer, language) or other_answer


def _wrong_by_numbers(pair: Pair, language: str) -> str:
    """The answer with the numbers that criteria ask for changed; "" where there are none."""
    wrong_answer_so_far, answer_position = "", 0
    for start, end in _answer_numbers_to_change(pair, language):
        wrong_answer_so_far += pair.answer[answer_position:start] + _wrong_digits(pair, pair.answer[start:end])
        answer_position = end
    return wrong_answer_so_far and wrong_answer_so_far + pair.answer[answer_position:]


def _wrong_answer_by_choice(pair: Pair) -> str:
    """The answer with the two things that the question lets choose from exchanged; "" where it does not choose."""
    choice_at_end = _OPTIONS_AT_QUESTION_END.search(pair.question)
    choice_match = choice_at_end or _OPTIONS_OF_POLAR_QUESTION.match(pair.question)
    if not choice_match or _ANSWERS_BOTH_OPTIONS.search(pair.answer):
        return ""
    options = [
        _ARTICLE_OF_OPTION.sub("", option, count=1) if _ARTICLE_OF_OPTION.match(option) else option
        for option in choice_match.groups()
    ]
    exchanged_options = {option.casefold(): other for option, other in zip(options, reversed(options), strict=True)}
    either_option = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, options))})(?!\w)", re.IGNORECASE)
    options_in_answer = [option_match.span() for option_match in either_option.finditer(pair.answer)]
    texts_between_options = [pair.answer[end:start].strip() for (_, end), (start, _) in pairwise(options_in_answer)]
    is_option_chosen = (
        not choice_at_end
        or len({pair.answer[start:end].casefold() for start, end in options_in_answer}) > 1
        or (options_in_answer and options_in_answer[0][0] <= LONGEST_OPTION_ARTICLE)
    )
    if (
        len(exchanged_options) < len(options)
        or not is_option_chosen
        or any(_LISTS_NAMES.fullmatch(text) for text in texts_between_options)
    ):
        return ""
    exchanged_answer = either_option.sub(lambda option: exchanged_options[option.group().casefold()], pair.answer)
    if pair.answer[:1].isupper():
        exchanged_answer = exchanged_answer[:1].upper() + exchanged_answer[1:]
    return "" if exchanged_answer == pair.answer else exchanged_answer


def _wrong_digits(pair: Pair, right_digits: str) -> str:
    """A number of the same form that the right answer does not hold: no other right one takes its place."""
    right_values = number_values(f"= {pair.answer}")
    last_right_digit = int(right_digits[-1]) if right_digits[-1:].isdecimal() else 0
    wrong_digit_choices = [
        change_digits(right_digits),
        *(f"{right_digits[:-1]}{(last_right_digit + step) % 10}" for step in range(2, 9)),
    ]
    wrong_digits = (digits for digits in wrong_digit_choices if right_values.isdisjoint(number_values(f"= {digits}")))
    return next(wrong_digits, wrong_digit_choices[0])


def _end_mark_of_answer(answer: str) -> str:
    """The mark that ends the answer in its script ("。"); "" where it has none."""
    return answer[-1] if unicodedata.category(answer[-1]).startswith("P") else ""


def _answer_numbers_to_change(pair: Pair, language: str) -> list[Span]:
    """The numbers of the answer that criteria ask for; all of them where the criteria name neither number nor words.

    "unless 16.3 applies" is as true with another number, so that references stay.
    """
    unchangeable_spans = [*cross_reference_spans(pair.answer), *_option_value_spans(pair)]
    changeable_numbers = [
        right_number
        for right_number in numbers(pair.answer)
        if not any(start <= right_number.start < end for start, end in unchangeable_spans)
    ]
    criterion_numbers = set[str]().union(*(number_values(text, spelled="en") for text in pair.evaluation_criteria))
    asked_numbers = [right_number for right_number in changeable_numbers if right_number.value in criterion_numbers]
    if not asked_numbers and all(_right_answer_words(pair, text, language) for text in pair.evaluation_criteria):
        return []
    return [(right_number.start, right_number.end) for right_number in asked_numbers or changeable_numbers]


def _right_answer_words(pair: Pair, criterion: str, language: str) -> set[str]:
    """The words of the answer that a criterion names and the question does not."""
    right_words, question_words = (content_words(text, language) for text in (pair.answer, pair.question))
    return content_words(criterion, language) & right_words - question_words


def _option_value_spans(pair: Pair) -> list[Span]:
    """Where the answer gives an option a value ("--image-dpi 300") of which no criterion says a number."""
    criterion_values = number_values(" ".join(pair.evaluation_criteria))
    value_spans = [match.span(1) for match in _VALUE_OF_OPTION.finditer(pair.answer)]
    return [(start, end) for start, end in value_spans if not number_values(pair.answer[start:end]) & criterion_values]


def _wrong_by_names(pair: Pair, other_answer: str, language: str) -> str:
    """The answer with each name that criteria ask for exchanged for another of its kind; "" where none is.

    Where the criteria name none, but other words of the answer, its names are beside the point.
    """
    names_to_exchange = _names_asked_for(pair, language)
    text_with_other_names = _MARKUP_IN_EVIDENCE.sub(" ", "\n".join([*pair.evidence, other_answer]))
    other_names = _exchangeable_names(text_with_other_names)
    question_names = _exchangeable_names(pair.question)
    wrong_answer_text, right_words = pair.answer, f"{pair.question}\n{pair.answer}".lower()
    names_in_wrong_answer = {name.lower() for name in [*names_to_exchange, *question_names]}
    for exchanged_name in names_to_exchange:
        replacement_names = [
            other_name
            for other_name in other_names
            if other_name.lower() not in names_in_wrong_answer
            and other_name.lower() not in right_words  # "the consultant" is CONSULTANT
            and _may_be_exchanged(exchanged_name, other_name, text_with_other_names)
        ]
        if replacement_names and exchanged_name.lower() not in pair.question.lower():
            answer_pieces = whole_word_pattern(exchanged_name).split(wrong_answer_text)
            wrong_answer_text = replacement_names[0].join(answer_pieces)
            names_in_wrong_answer.add(replacement_names[0].lower())
    return "" if wrong_answer_text == pair.answer else wrong_answer_text


def _may_be_exchanged(exchanged_name: str, other_name: str, text_with_other_names: str) -> bool:
    kind = _exchangeable_kind(other_name)
    return (
        kind == _exchangeable_kind(exchanged_name)
        and not _are_names_alike(other_name, exchanged_name)
        and (kind != "capitals" or _are_names_listed_together(other_name, exchanged_name, text_with_other_names))
    )


def _names_asked_for(pair: Pair, language: str) -> list[str]:
    names_of_right_answer = _exchangeable_names(pair.answer)
    criteria_text = "\n".join(pair.evaluation_criteria).casefold()
    exchanged = [name for name in names_of_right_answer if name.casefold() in criteria_text]
    if not exchanged and all(_right_answer_words(pair, criterion, language) for criterion in pair.evaluation_criteria):
        return []
    return exchanged or names_of_right_answer


def _are_names_alike(first: str, second: str) -> bool:
    """Whether two names differ by a mark or a letter or two alone, or one holds the other: who grades takes the one for
    the other.
    """
    right_letters, wrong_letters = ("".join(filter(str.isalnum, name.casefold())) for name in (first, second))
    return (
        right_letters in wrong_letters
        or wrong_letters in right_letters
        or SequenceMatcher(None, right_letters, wrong_letters, autojunk=False).ratio() > ALIKE_NAMES
    )


def _are_names_listed_together(first: str, second: str, text: str) -> bool:
    """Does `text` name both in one list ("DIN or ISO")? Only then may capitals stand for each other."""
    exchanged_spans = [[match.span() for match in whole_word_pattern(name).finditer(text)] for name in (first, second)]
    texts_between_names = (
        text[min(one[1], other[1]) : max(one[0], other[0])]
        for one in exchanged_spans[0]
        for other in exchanged_spans[1]
    )
    return any(
        _BETWEEN_LISTED_NAMES.fullmatch(text_between_names) and _LISTS_NAMES.search(text_between_names)
        for text_between_names in texts_between_names
    )


def _exchangeable_names(text: str) -> list[str]:
    """Paths, codes and names in capitals, in order. What else has a capital may be of any kind: "the Exhibit"."""
    capitals = (
        name for name in _EXCHANGED_CAPITALS.findall(text) if name.lower() not in ENGLISH_STOP_WORDS
    )  # SHOULD, NOT
    return list(dict.fromkeys([*codes(text), *capitals]))


def _exchangeable_kind(name: str) -> str:
    """What may take a name's place: a path another path, an option another, a code one with the same marks, capitals
    others.
    """
    if "/" in name or name.startswith("-"):
        return name[0]
    marks_of_exchangeable = "".join(sorted({character for character in name if not character.isalnum()} - set("-*:")))
    return "code" if "." in name or "_" in name else marks_of_exchangeable or "capitals"
