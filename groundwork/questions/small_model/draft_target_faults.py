"""What is wrong between a small model's draft and the target that it was shown: by words, without a model."""

from __future__ import annotations

import re

from groundwork.language.dangling_references import cross_references
from groundwork.language.language_and_script import detect_language, is_english
from groundwork.language.numbers import content_terms, number_values, numbers
from groundwork.language.words import content_words, normalised_words
from groundwork.questions.pair_drafts import Draft, Fault
from groundwork.questions.small_model.criteria_from_answer_clauses import category_from_wording
from groundwork.questions.small_model.question_targets import QuestionTarget, has_open_end

STRANGE_ANSWER_WORDS = 0.3  # of an answer's content words, or one, may stand neither in the statement nor near it
STRANGE_ROW_WORDS = 0.15  # where a small model is quick to make up what the numbers mean
STRANGE_QUESTION_WORDS = 0.25  # or one; none in English, whose words for asking are known
MIN_TOPIC_SHARE = 1 / 3  # of a question's content words beyond the title's must stand in its statement
MIN_DEFINITION_SHARE = 0.5  # of a statement's content words, in an answer to what its term means
STATEMENT_OPENING_WORDS = 8  # words of a statement in which a definition names its term

_REFERENCE_IN_DRAFT = re.compile(r"(?i)\W*(?:this|these|those|such|however|otherwise)\b(?! (?:as|is why)\b)")
_NO_TOPIC_WORDS = content_words(
    """according accordance action allow amount apply call case circumstance condition consequence consist correct
    cover date define definition describe detail determine difference distance do done duration duty ensure
    establish event exception fact feature figure follow frequency given go happen have hold include involve kind
    length level limit list long make many maximum mean meaning measure member method minimum most name need number
    occur order part particular people period permit person place possible procedure provide purpose range reason
    refer regard regulation relate require requirement respond responsible result role rule serve set size situation
    specific specify state step take term thing time total type use used uses using value way width height weight
    depth fee cost price share percentage age require additional available context criterion criteria due eligible
    eligibility meet meets anyone anybody everyone everybody someone somebody""",
    "en",
)
_DRAFT_ANSWER_KINDS = [  # how a question asks, and what its answer (or, for reasons, its statement) must then hold
    (re.compile(r"(?i)\b(?:why|purpose|reason)\b"),
     re.compile(r"(?i)\b(?:because|so that|in order|purpose|reason|since|due to|therefore|to (?!the\b|an?\b)\w+)\b")),
    (re.compile(r"(?i)\bhow often\b|\bfrequency\b"),
     re.compile(r"(?i)\d|\b(?:every|each|once|twice|daily|weekly|monthly|yearly|annually|per|never|always)\b")),
    (re.compile(r"(?i)(?:^|, )when (?:is|are|do|does|did|must|may|can|should|will|was|were)\b|\bwhat (?:time|date)\b"),
     re.compile(
         r"(?i)\d|\b(?:when|if|after|before|until|once|during|while|as soon|prior|at|on|by|following|unless|always)\b"
     )),
]  # fmt: skip
_DUTY_IN_DRAFT = re.compile(
    r"(?i)\b(?:must|shall|have to|has to|need to|needs to|required|obliged|may not|cannot|may only"
    r"|no(?: [\w-]+){1,8} (?:may|can)|nobody (?:may|can))\b"
)
_PERMISSION_IN_DRAFT = frozenset(["may", "can", "might", "could"])
_GARBLED_VERB = re.compile(  # "what can the crew use for the slip can be used"
    r"(?i)\b(must|can|may|should|shall|will)\b(?:(?!\b(?:if|when|that|which|who|where|what|how|and|or|but|unless|before"
    r"|after|while|until|as|than|since|because)\b|,).)*\b\1\b"
)
_GARBLED_REPETITION = re.compile(  # four words, each time with the number before them
    r"(?i)(?:\b(\d\S{0,30}) )?\b(\w{3,40}(?: [\w-]{1,40}){3,30})\b[^.!?]{0,400}?(?:\b(\d\S{0,30}) )?\b\2\b"
)
_ASKS_WHAT_COUNTS = re.compile(r"(?i)^what (?:is|are) (?:considered|called|counted as|defined as)\b")
_MEANING_VERB = re.compile(
    r"(?i)\b(?:is|are|means?|refers?|occurs?|consists?|describes?|denotes?|happens?|includes?|exists?|counts?|has|have)\b"
    r"|[:–—]"
)
_SYMBOL_IN_DRAFT = re.compile(r"['\"‘“][A-Za-z]['\"’”]")
_ASKS_NUMBER = re.compile(
    r"(?i)\bhow (?:many|much|long|far|old|wide|high|tall|deep|heavy|fast|thick)\b"
    r"|\bwhat is the (?:maximum|minimum|number|distance|length|width|height|weight|depth|duration|price|fee)\b"
)


def draft_target_faults(
    draft: Draft, target: QuestionTarget, before: str, section_headings: str, title: str
) -> list[Fault]:
    """The first thing that is wrong between a pair and its target.

    The model was shown the sentence `before` the target, the headings of its `section_headings` and the
    document's `title`.
    """
    target_surroundings = f"{target.plain} {title} {section_headings}"
    faults_in_order = (
        _garbled_draft_fault(draft, target),
        _strange_words_fault(draft, target, f"{target_surroundings} {before}"),
        _off_target_fault(draft, target, target_surroundings, title),
        _target_row_fault(draft, target),
        _draft_reference_fault(draft),
        _answer_kind_fault(draft, target, title),
    )
    return next(([fault] for fault in faults_in_order if fault), [])


def _garbled_draft_fault(draft: Draft, target: QuestionTarget) -> Fault | None:
    """A question with one verb too many, or an answer that says the same words twice in a sentence."""
    if garbled_verb := _GARBLED_VERB.search(draft.question):
        return Fault("form", f'the question is no sentence: "{garbled_verb.group()}"')
    garbled_repetition = _garbled_repetition(draft.answer)
    if garbled_repetition and not _garbled_repetition(target.plain):
        return Fault("form", f'the answer says twice: "{garbled_repetition}"')
    return None


def _garbled_repetition(sentence_text: str) -> str:
    """Four words or more that stand twice in a sentence; not those of "20 minutes before sunset ..., 5 minutes before
    sunset ...", which tell two things.
    """
    repetitions = (match.groups() for match in _GARBLED_REPETITION.finditer(sentence_text))
    return next((words for first, words, second in repetitions if not (first and second) or first == second), "")


def _strange_words_fault(draft: Draft, target: QuestionTarget, target_surroundings: str) -> Fault | None:
    """Words of the answer, and numbers of the question, that come from nowhere."""
    answer_words = content_words(draft.answer, "en")
    strange_words = answer_words - content_words(target_surroundings, "en")
    if len(strange_words) > max(1, (STRANGE_ROW_WORDS if target.subject else STRANGE_ANSWER_WORDS) * len(answer_words)):
        return Fault("unsupported", f"the answer's words are not the text's: {', '.join(sorted(strange_words))}")
    if not answer_words & content_words(target.plain, "en") and not numbers(draft.answer, spelled="en"):
        return Fault("unsupported", "the answer says nothing of the statement")
    if strange_numbers := sorted(
        number_values(draft.question, spelled="en") - number_values(target_surroundings, spelled="en") - {"1"}
    ):
        return Fault("unsupported", f"the question's numbers are not the text's: {', '.join(strange_numbers)}")
    return None


def _off_target_fault(draft: Draft, target: QuestionTarget, target_surroundings: str, title: str) -> Fault | None:
    """A question about something else than the statement."""
    question_words = content_words(draft.question, "en") - content_words(title, "en")
    needed_topic_share = MIN_TOPIC_SHARE if is_english(target.plain) else 0.0
    if len(question_words & content_words(target.plain, "en")) < max(1, needed_topic_share * len(question_words)):
        return Fault("beside", "the question is not about the statement")
    if not is_english(target.plain):
        return None  # whose words for asking are not known
    strange_draft_words = question_words - content_words(target_surroundings, "en") - _NO_TOPIC_WORDS
    allowed_strange_words = (
        0 if detect_language(draft.question) == "en" else max(1, STRANGE_QUESTION_WORDS * len(question_words))
    )
    if len(strange_draft_words) > allowed_strange_words:
        return Fault("beside", f"the question's words are not the text's: {', '.join(sorted(strange_draft_words))}")
    return None


def _target_row_fault(draft: Draft, target: QuestionTarget) -> Fault | None:
    """A question that does not name its row, an answer without the cells that were asked about."""
    row_subject_words = content_words(target.subject, "en")
    if row_subject_words and not row_subject_words & content_words(draft.question, "en"):
        return Fault("dangling", f"the question does not name its row: {target.subject}")
    if target.answer_cells and not content_terms(draft.answer, "en") & content_terms(target.answer_cells, "en"):
        return Fault("beside", f"the answer leaves out what is told of {target.subject}")
    return None


def _draft_reference_fault(draft: Draft) -> Fault | None:
    """An answer that leans on what its reader cannot see: "This must be ...", "... wear one", "unless 14.3 applies"."""
    if _REFERENCE_IN_DRAFT.match(draft.answer):
        return Fault("dangling", f'the answer leans on what stands before: "{" ".join(draft.answer.split()[:3])}"')
    if has_open_end(draft.answer) and not has_open_end(draft.question):
        return Fault("dangling", f'the answer leans on what stands before: "{" ".join(draft.answer.split()[-3:])}"')
    if draft_symbol := _SYMBOL_IN_DRAFT.search(draft.question):
        return Fault("dangling", f"the question does not say what {draft_symbol.group()} is")
    draft_references = [reference for reference in cross_references(draft.answer) if reference not in draft.question]
    return Fault("dangling", f"the answer points at {draft_references[0]}") if draft_references else None


def _answer_kind_fault(draft: Draft, target: QuestionTarget, title: str) -> Fault | None:
    """An answer of another kind than the question asks for, or one that tells nothing beyond the question."""
    for asks_pattern, answer_pattern in _DRAFT_ANSWER_KINDS:
        if asks_pattern.search(draft.question) and not answer_pattern.search(draft.answer):
            return Fault("beside", "the answer is not of the kind that the question asks for")
    if (
        _DUTY_IN_DRAFT.search(draft.question)
        and not _DUTY_IN_DRAFT.search(f"{draft.answer} {target.plain}")
        and not _PERMISSION_IN_DRAFT.isdisjoint(normalised_words(draft.answer).split())
    ):
        return Fault("beside", "the question asks for a duty, and the answer gives a permission")
    if _asks_for_meaning(draft.question) and not target.subject:
        statement_words = content_words(target.plain, "en")
        meaning_words = content_words(draft.answer, "en") & statement_words
        if len(meaning_words) < MIN_DEFINITION_SHARE * len(statement_words) or not _MEANING_VERB.search(draft.answer):
            return Fault("beside", "the question asks what a term means, and the answer does not say it")
    if _ASKS_NUMBER.search(draft.question) and not numbers(draft.answer, spelled="en"):
        return Fault("beside", "the question asks for a number that the answer does not give")
    if not (content_terms(draft.answer, "en") - content_terms(f"{draft.question} {title}", "en")) & content_terms(
        target.plain, "en"
    ):
        return Fault("beside", "the answer tells no more than the question")
    return None


def _asks_for_meaning(question: str) -> bool:
    return category_from_wording(question, "") == "definition" or _ASKS_WHAT_COUNTS.search(question) is not None


def asks_for_opening_term(question: str, target: QuestionTarget, title: str) -> bool:
    """Does the question ask what a term means that the statement opens with? Such a term stands in many statements."""
    target_opening_words = content_words(" ".join(target.plain.split()[:STATEMENT_OPENING_WORDS]), "en")
    question_words = content_words(question, "en") - content_words(title, "en") - _NO_TOPIC_WORDS
    is_definition = category_from_wording(question, "") == "definition"
    return is_definition and bool(question_words) and question_words <= target_opening_words
