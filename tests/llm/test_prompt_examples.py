"""The examples in config/prompts pass the checks that a reply of their kind is put to.

A model copies what it is shown: an example that breaks a rule teaches the model to break it.
"""

import json
import re
from itertools import pairwise

import msgspec
import pytest

from groundwork.dataset.reword.rewording_faults import faults_of_rewording
from groundwork.dataset.reword.rewording_judge import RewordingMarks, rewording_problem
from groundwork.language import dangling_references as wording
from groundwork.llm.prompt_templates import split_turns
from groundwork.markdown.grounding import SourceText, find_quote
from groundwork.questions.criteria_faults import unsupported_criterion_numbers
from groundwork.questions.curation.pair_judge import CurationCase
from groundwork.questions.curation.pair_origins import PairOrigin
from groundwork.questions.curation.pair_rewriting import RewritingForm
from groundwork.questions.pair_drafts import Draft, DraftBasis
from groundwork.questions.small_model.criteria_from_answer_clauses import (
    category_from_wording,
    criteria_from_answer,
    difficulty_from_answer,
)
from groundwork.questions.small_model.draft_target_faults import draft_target_faults
from groundwork.questions.small_model.question_frames import changed_question_terms, question_frame
from groundwork.questions.small_model.question_targets import QuestionTarget
from groundwork.questions.small_model.sentence_strategy import Reply, answers_agree, name_document
from groundwork.settings.config_files import CONFIG_DIR, PROJECT, load
from groundwork.tags.tag_forms import normalise_tag, tags_problem
from groundwork.tags.tagging import TaggedBatch
from tests.dataset.rows import pair, row

FOLDER = CONFIG_DIR / "prompts"
FILES = {file.relative_to(FOLDER).as_posix(): file for file in sorted(FOLDER.rglob("*.md"))}
FILES["generate_qa_short.md"] = PROJECT / "benchmarks" / "prompts" / "generate_qa_short.md"
PROMPTS = {name: file.read_text(encoding="utf-8") for name, file in FILES.items()}
MAX_COPIED = load([], []).dataset.rephrase.max_copied


def turns(name):
    """What the user asks and what the assistant replies, for each example that is shown as a conversation."""
    couples = pairwise(split_turns(PROMPTS[name]))
    return [(said["content"], reply["content"]) for said, reply in couples if reply["role"] == "assistant"]


def drafts(name):
    """The pairs that a prompt shows as JSON objects."""
    text = PROMPTS[name]
    starts = [match.start() for match in re.finditer(r'\{"evidence"', text)]
    return [msgspec.convert(json.JSONDecoder().raw_decode(text, start)[0], Draft) for start in starts]


def lines(text):
    """The values of lines such as "Question: ..." in an example, by name."""
    return dict(re.findall(r"^(\w[\w ]*): (.*)$", text, re.MULTILINE))


def test_every_prompt_that_shows_examples_is_checked_here():
    """A new example comes with its check."""
    showing = {name for name, text in PROMPTS.items() if re.search(r"\bExamples?\b|^--- assistant", text, re.M)}
    assert showing == {
        "generate_qa.md", "small_model/generate_qa_sentence.md", "generate_qa_short.md",
        "generate_qa_two_chunks.md", "rephrase.md", "small_model/rephrase_question.md", "small_model/round_trip.md",
        "rewrite_question.md", "small_model/tags.md", "unanswerable.md",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["generate_qa.md", "generate_qa_short.md", "generate_qa_two_chunks.md"])
def test_pairs_of_a_reply_pass_the_rules(name):
    """Form, wording, evidence, numbers: nothing is wrong with a pair that stands for a good one."""
    shown = PROMPTS[name].partition("Example. From")[2].partition("a good pair")[0]
    chunks = re.findall(r"^  (?:Chunk \d: )?(.+)$", shown, re.MULTILINE)
    (draft,) = drafts(name)
    text = "\n\n".join(chunks) or draft.evidence[0]  # the short prompt shows no chunk
    assert DraftBasis(SourceText(text, "en")).draft_faults(draft) == []
    assert all(any(find_quote(quote, chunk) for quote in draft.evidence) for chunk in chunks)
    assert not unsupported_criterion_numbers(pair(**msgspec.to_builtins(draft)))


def test_a_question_without_an_answer_stands_alone():
    """The good example points at nothing, and the passage says neither it nor any number of it."""
    passage, asked = re.findall(r'"([^"]+)"', PROMPTS["unanswerable.md"].partition("Example:")[2])[:2]
    question = " ".join(asked.split())
    assert question.endswith("?") and wording.find_dangling_reference(question, "en") == ""
    assert not re.search(r"minutes|seconds|how long", passage)


def test_the_marks_of_rewordings_have_the_form_that_is_read():
    """The reply that is shown is one of a good rewording."""
    text = PROMPTS["rephrase_check.md"]
    shown = json.JSONDecoder().raw_decode(text, text.index('{"marks"'))[0]
    assert [rewording_problem(mark) for mark in msgspec.convert(shown, RewordingMarks).marks] == [""]


def test_a_rewritten_pair_passes_the_rules():
    """It keeps one fact of two, rests on the evidence that is shown, and has the form that is read."""
    text = PROMPTS["rewrite_question.md"]
    told = json.JSONDecoder().raw_decode(text, text.index('{"question"'))[0]
    shown = re.findall(r"^  \d+\. (.+)$", text, re.M)
    case = CurationCase(0, pair(evidence=shown), PairOrigin(shown[0], "ferries", "", ""))
    read = RewritingForm(load([], []).curate, PROMPTS.__getitem__).read_pair_field(case, told)
    assert read.evidence == tuple(shown) and read.evaluation_criteria == tuple(told["criteria"])
    draft = msgspec.convert({**read._asdict(), "difficulty": "easy", "category": "numeric"}, Draft)
    assert DraftBasis(SourceText(shown[0], "en")).draft_faults(draft) == []


@pytest.mark.parametrize(("asked", "reply"), turns("small_model/generate_qa_sentence.md"))
def test_a_pair_made_of_a_statement_fits_it(asked, reply):
    """Answer and question of a small model's example are about their statement, and the criteria follow from them."""
    shown, told = lines(asked), msgspec.json.decode(reply, type=Reply)
    row_of = re.fullmatch(r"(\w+) \(\w+\): (.+)", shown["Statement"])
    target = QuestionTarget((), shown["Statement"], *(row_of.groups() if row_of else ()))
    question = name_document(told.question, shown["Document"])
    draft = Draft(
        evidence=[shown["Statement"]],
        question=question,
        answer=told.answer,
        evaluation_criteria=criteria_from_answer(question, told.answer, []),
        difficulty=difficulty_from_answer(told.answer),
        category=category_from_wording(question, told.answer),
    )
    assert draft_target_faults(draft, target, shown["Before it"], shown["Section"], shown["Document"]) == []
    assert DraftBasis(SourceText(asked, "en")).draft_faults(draft) == []


@pytest.mark.parametrize(("asked", "reply"), turns("small_model/tags.md"))
def test_tags_of_an_example_pass_the_check(asked, reply):
    """Each is a batch of one question, and its tags are as the rules want them."""
    batch = msgspec.json.decode(reply, type=TaggedBatch)
    assert asked.startswith("1. ") and [entry.number for entry in batch.questions] == [1]
    assert all(not tags_problem(entry.tags, 3) for entry in batch.questions)


@pytest.mark.parametrize(("asked", "reply"), turns("small_model/round_trip.md"))
def test_the_answer_of_a_round_trip_agrees_with_its_statement(asked, reply):
    """Answered with the words of the statement."""
    assert answers_agree(lines(asked)["Statement"], reply)


@pytest.mark.parametrize(("asked", "reply"), turns("small_model/rephrase_question.md"))
def test_a_reworded_question_passes(asked, reply):
    """The beginning is one that the rule picks, the terms are the old ones, the sentence is another."""
    question, _, opening = asked.partition("\nBegin with: ")
    reworded = msgspec.json.decode(reply, type=dict[str, str])["question"]
    assert opening in question_frame(question).openings
    assert reworded.startswith(f"{opening} ")
    assert changed_question_terms(question, reworded) is None
    assert faults_of_rewording(row(question=question, answer="5 m"), reworded, "5 m", MAX_COPIED) == []


EXAMPLE = re.compile(r"Question: (.*)\nAnswer: (.*)\nReworded question: (.*)\nReworded answer: (.*)")


@pytest.mark.parametrize(("question", "answer", "new", "said"), EXAMPLE.findall(PROMPTS["rephrase.md"]))
def test_a_reworded_pair_passes(question, answer, new, said):
    """Question and answer mean the same in another sentence, and the subject stays."""
    keep = [word for word in ("touch", "rugby", "press") if word in question]
    assert faults_of_rewording(row(question=question, answer=answer), new, said, MAX_COPIED, keep) == []


def test_questions_that_stand_alone_do_so_by_the_rules():
    """What the judge is shown as a full mark is not turned down by rule."""
    examples = re.findall(r'"([^"]+\?)"\s(\d)', PROMPTS["check_stand_alone.md"].replace("\n", " "))
    assert {mark for _, mark in examples} == {"0", "2"}
    assert [wording.find_dangling_reference(question, "en") for question, mark in examples if mark == "2"] == [""]


def test_tags_have_the_form_that_is_asked_for():
    """Tags shown as good ones stay as they are and pass together."""
    (shown,) = re.findall(r"all lower case, joined by hyphens: (.+)\.", PROMPTS["tags.md"])
    tags = re.findall(r"`([^`]+)`", shown)
    assert [normalise_tag(tag) for tag in tags] == tags
    assert tags_problem(tags, len(tags)) == ""


@pytest.mark.parametrize("name", ["generate_qa.md", "check_stand_alone.md"])
def test_the_model_question_of_the_prompts_stands_alone(name):
    """The question that prompts name as a good one is one by the rules."""
    assert wording.find_dangling_reference(re.findall(r'"(How\s+long[^"]+\?)"', PROMPTS[name])[0], "en") == ""
