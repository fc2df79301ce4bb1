"""What counts as a new question."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from groundwork.embedding import nearest_neighbours
from groundwork.questions.duplicates import duplicate_search as module
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions, SameQuestions
from groundwork.questions.duplicates.likeness_calibration import Likeness, encoder_and_likeness
from groundwork.questions.duplicates.overlapping_word_sets import EvidenceIndex
from groundwork.questions.duplicates.question_comparison import (
    SAME_EVIDENCE_SHARE,
    AskedQuestion,
    not_duplicate_reason,
    questions_differ_in_fact,
    shared_word_share,
)
from groundwork.settings.config_files import load

SAME_FACT = Path(__file__).parents[1] / "same_fact.jsonl"
LABELLED = [json.loads(line) for line in SAME_FACT.read_text("utf-8").splitlines()]


ASSEMBLY = "The assembly of the spring tide decides on the funds and the buildings, and elects the pilots."
EXPULSION = (
    "The harbour may expel a skipper who is bankrupt, who gives the boat to creditors, or who breaks a rule and does "
    "not mend it within ten days."
)


def asked(pair: dict[str, object]) -> AskedQuestion:
    return AskedQuestion(pair["question"], pair["answer"], tuple(pair["evidence"]))  # type: ignore[arg-type]  # from JSON


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("What was the revenue in 2021?", "What was the revenue in 2022?", True),
        ("How long is the pause after seven minutes?", "How long is the pause after 7 minutes?", False),
        ("What does Port Ellary pay?", "What does Tarn Quay pay?", True),
        ("What is the minimum age of a junior?", "What is the maximum age of a junior?", True),
        ("Who may call a foul?", "Who may not call a foul?", True),
        ("How wide is a field in beach ultimate?", "How long is a field in beach ultimate?", True),
        ("How long is the time limit on Course A?", "What is the time limit on Course A?", False),
        ("Who may call a foul in ultimate?", "In ultimate, who can call a foul?", False),
    ],
)
def test_what_makes_two_questions_different(one: str, other: str, differ: bool) -> None:
    """Without evidence, other numbers, names or opposites make another question, other wording does not."""
    assert questions_differ_in_fact(one, other) is differ


def test_the_statement_and_its_answer_tell_what_asks_the_same() -> None:
    """Of labelled pairs none of thirty that ask for another fact passes for a repeat, and 27 of 30 reworded ones are
    found; no embedder is needed for it.
    """
    same: dict[bool, list[bool]] = {True: [], False: []}
    for line in LABELLED:
        same[line["same_fact"]].append(not not_duplicate_reason(asked(line["new"]), asked(line["earlier"])))
    assert sum(same[True]) >= 27 and len(same[True]) == 30
    assert sum(same[False]) == 0 and len(same[False]) == 30


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (
            AskedQuestion("What does grep print?", "Matching lines.", ("| grep | print matching lines |",)),
            AskedQuestion("What does sort print?", "Sorted lines.", ("| sort | print sorted lines |",)),
            "another statement",
        ),
        (
            AskedQuestion("Is a dog allowed in Orrin?", "Yes.", ("| dogs | allowed | allowed |",)),
            AskedQuestion("Is a dog allowed in Sarn?", "Yes.", ("| dogs | allowed | allowed |",)),
            "another name",
        ),
        (  # nearly the same is said of two things
            AskedQuestion(
                "Which boats must show the mooring permit?",
                "Boats over 6 m.",
                ("Boats over 6 m shall show this permit.",),
            ),
            AskedQuestion(
                "Which boats must show the fuel licence?",
                "Boats over 6 m.",
                ("Any boats over 6 m shall show all of this licence and permit.",),
            ),
            "another statement",
        ),
        (  # one sentence tells who does two things
            AskedQuestion("Who elects the pilots of the harbour?", "The assembly of the spring tide.", (ASSEMBLY,)),
            AskedQuestion(
                "Who decides on the harbour's funds and buildings?", "The assembly of the spring tide.", (ASSEMBLY,)
            ),
            "another part of the statement",
        ),
        (  # the one asks for a detail of what the other lists
            AskedQuestion("How long may a skipper who breaks a rule take to mend it?", "Ten days.", (EXPULSION,)),
            AskedQuestion(
                "When may the harbour expel a skipper?",
                "Where one is bankrupt, gives the boat to creditors, or does not mend a broken rule within ten days.",
                (EXPULSION,),
            ),
            "tells much more",
        ),
        (
            AskedQuestion("Was the toll 5 euros in 2021?", "Yes.", ("| toll | 5 | 5 |",)),
            AskedQuestion("Was the toll 5 euros in 2022?", "Yes.", ("| toll | 5 | 5 |",)),
            "other numbers",
        ),
        (
            AskedQuestion("Must the lamp burn by day?", "No.", ("The lamp must burn by night and need not by day.",)),
            AskedQuestion(
                "Must the lamp burn by night?", "Yes.", ("The lamp must burn by night and need not by day.",)
            ),
            "yes",
        ),
        (
            AskedQuestion("What is the highest load?", "40 kg.", ("The highest load is 40 kg and the lowest 5 kg.",)),
            AskedQuestion("What is the lowest load?", "5 kg.", ("The highest load is 40 kg and the lowest 5 kg.",)),
            "asks for",
        ),
        (
            AskedQuestion(
                'What does the tag "beginner" mean?',
                "That the job is easy.",
                ('It lists jobs tagged "beginner" (easy) or orphaned.',),
            ),
            AskedQuestion(
                "Which jobs are shown?",
                'Those tagged "beginner", which are easy, and orphaned ones.',
                ('It lists jobs tagged "beginner" (easy) or orphaned.',),
            ),
            "only mentions",
        ),
        (
            AskedQuestion(
                "The films Babel and Alien have the same mark in the final. Which of them wins?",
                "Alien, because the order of the alphabet decides between films of the same mark.",
                ("Of two films of the same mark the first in the order of the alphabet wins.",),
            ),
            AskedQuestion(
                "Which of two films of the same mark wins?",
                "The first in the order of the alphabet.",
                ("Of two films of the same mark the first in the order of the alphabet wins.",),
            ),
            "a case of its own",
        ),
        (
            AskedQuestion("What does the FHS say /srv holds?", "Served data.", ("/srv holds data that is served.",)),
            AskedQuestion(
                "What does the Filesystem Hierarchy Standard keep in /srv?",
                "Data that is served.",
                ("/srv holds data that is served.",),
            ),
            "",
        ),
    ],
)
def test_why_two_pairs_ask_for_two_things(one: AskedQuestion, other: AskedQuestion, why: str) -> None:
    """The reason is told; a name written short is the same name."""
    assert why in not_duplicate_reason(one, other) if why else not_duplicate_reason(one, other) == ""


def test_every_pair_with_the_same_statement_is_a_candidate() -> None:
    """The look-up by rare words leaves out no pair whose evidence shares enough words with another's."""
    rng = np.random.default_rng(0)
    rows = [frozenset(f"w{n}" for n in rng.zipf(1.3, size=rng.integers(1, 14)) % 60) for _ in range(300)]
    seen = EvidenceIndex()
    for row, words in enumerate(rows):
        near = {other for other in range(row) if shared_word_share(words, rows[other]) >= SAME_EVIDENCE_SHARE}
        assert near <= seen.rows_sharing_words(words)
        seen.add(row, words)


async def test_a_fact_stated_twice_is_asked_once() -> None:
    """Two statements with one answer are one where the questions are alike; with another answer they are two."""
    first = AskedQuestion(
        "How long is a heat of the Sarn cup?", "Nine minutes.", ("A Sarn cup heat lasts nine minutes.",)
    )
    again = AskedQuestion("How long is a Sarn cup heat?", "Nine minutes.", ("Heats are nine minutes long, as said.",))
    other = AskedQuestion("How long is a Sarn cup heat?", "It varies.", ("Heats of juniors vary.",))

    async def encode(questions: list[str]) -> NDArray[np.float32]:
        return np.ones((len(questions), 1), dtype=np.float32)

    for second, repeated in ((again, first.question), (other, "")):
        seen = EarlierQuestions(encode, Likeness(0.9))
        assert await seen.find_duplicates([first, second]) == ["", repeated]


@pytest.mark.skipif(find_spec("sentence_transformers") is not None, reason="the extra `embed` is installed")
async def test_the_base_install_stands_in_for_a_missing_embedder(tmp_path: Path) -> None:
    """Without the configured embedder's extra, the one of the base install judges, and a note says so."""
    encode, _, note = await encoder_and_likeness(load().embeddings, 0.9, ["a text"], tmp_path, lambda: None)  # type: ignore[arg-type, return-value]  # no endpoint
    assert (await encode(["a question"])).shape[0] == 1 and "uv sync --inexact --extra embed" in note


async def test_repeated_wording_is_found_without_vectors() -> None:
    """The same words in other case and punctuation repeat an earlier question, also within one reply."""
    seen = EarlierQuestions()
    assert await seen.find_duplicates(
        [AskedQuestion("How long is it, in metres?"), AskedQuestion("how long is it in metres")]
    ) == [
        "",
        "How long is it, in metres?",
    ]
    assert await seen.find_duplicates([AskedQuestion("HOW LONG is it - in metres?")]) == ["How long is it, in metres?"]


async def test_paraphrases_without_evidence_are_found_by_the_embedder(tmp_path: Path) -> None:
    """With vectors a paraphrase repeats; a question that differs in a number or in its subject is new."""
    settings = load([], ["embeddings.backend=static", "embeddings.model=wordllama"]).embeddings
    encode, scale, note = await encoder_and_likeness(settings, None, ["too few"], tmp_path, lambda: None)  # type: ignore[arg-type, return-value]  # no endpoint
    seen = EarlierQuestions(encode, scale)
    await seen.find_duplicates([AskedQuestion("How long may a team take for a time-out in beach ultimate?")])
    repeats = await seen.find_duplicates(
        [
            AskedQuestion("How long can a team take for a time-out in beach ultimate?"),
            AskedQuestion("How long may a team take for 2 time-outs in beach ultimate?"),
            AskedQuestion("Which colour should the disc have?"),
        ]
    )
    assert [bool(one) for one in repeats] == [True, False, False] and note == ""


def test_of_many_pairs_those_that_ask_the_same_are_found() -> None:
    """Whole and in part, by evidence and by vector, whatever the order."""
    both = [asked(line[side]) for line in LABELLED for side in ("new", "earlier")]
    vectors = np.eye(len(both), dtype=np.float32)
    found = SameQuestions(both, vectors, Likeness(1.0))
    same = [number for number, line in enumerate(LABELLED) if 2 * number + 1 in found.of(2 * number)]
    assert sum(LABELLED[number]["same_fact"] for number in same) >= 27
    part = SameQuestions(both, vectors, Likeness(1.0), rows=[0])
    assert part.of(0) == found.of(0) and 0 in found.of(1)


async def test_many_questions_are_sifted_as_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks and calls make no difference: each question is held against every new one before it, the nearest first."""
    monkeypatch.setattr(module, "QUESTIONS_PER_BLOCK", 7)
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(12, 16))[rng.integers(12, size=60)] + 0.3 * rng.normal(size=(60, 16))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    texts = [f"What is said of matter {'abcdefghijklmnop'[row % 16]} in {row % 3}?" for row in range(60)]
    place = iter(range(60))

    async def encode(questions: list[str]) -> NDArray[np.float32]:
        return vectors[[next(place) for _ in questions]]

    seen = EarlierQuestions(encode, Likeness(0.8))
    rows = [AskedQuestion(text) for text in texts]
    found = [one for part in (rows[:5], rows[5:40], rows[40:]) for one in await seen.find_duplicates(part)]
    new: list[int] = []
    for row, repeats in enumerate(found):
        wordings = {texts[i] for i in new}
        cosines = {
            i: float(vectors[i] @ vectors[row]) for i in new if not questions_differ_in_fact(texts[i], texts[row])
        }
        nearest = max(cosines, key=cosines.__getitem__, default=-1)
        alike = texts[nearest] if cosines.get(nearest, 0) >= 0.8 else ""
        assert repeats == (texts[row] if texts[row] in wordings else alike)
        new += [] if repeats else [row]
    assert 10 < len(new) < 50


async def test_among_many_questions_repeats_are_found_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above some number of rows each is held against its nearest groups alone, and the repeats are found."""
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(20, 32))
    vectors = (centres[rng.integers(20, size=600)] + 0.4 * rng.normal(size=(600, 32))).astype(np.float32)
    vectors[300:360] = vectors[:60] + 0.01 * rng.normal(size=(60, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    asked = [
        AskedQuestion(f"What is said of matter {'abcdefghij'[n % 10]} {'klmnopqrst'[n // 10 % 10]}?")
        for n in range(600)
    ]

    async def encode(_: list[str]) -> NDArray[np.float32]:
        return vectors

    exact = await EarlierQuestions(encode, Likeness(0.99)).find_duplicates(asked)
    monkeypatch.setattr(module, "EXACT_ROWS", 100)
    monkeypatch.setattr(nearest_neighbours, "EXACT_ROWS", 100)
    grouped = await EarlierQuestions(encode, Likeness(0.99)).find_duplicates(asked)
    assert sum(map(bool, exact)) >= 60
    assert sum(one == other for one, other in zip(exact, grouped, strict=True)) >= 595
