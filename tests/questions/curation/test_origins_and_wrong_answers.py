"""Where the pairs that curation checks come from, and the wrong answers that check their criteria."""

from __future__ import annotations

import pytest

from groundwork.questions.curation.other_answers import other_answers
from groundwork.questions.curation.pair_origins import PairOrigin, pair_origin
from groundwork.questions.curation.wrong_answers import undecided_wrong_answer, wrong_answer
from tests.stages.curate_run import pair_of


def test_the_pairs_of_a_chunk_share_what_is_read_of_its_text():
    """One origin for all pairs of a chunk, so that its text is read once; a pair of two chunks has both texts."""
    origins = {f"mill-{k}": PairOrigin(f"Text {k}.", "mill", "", "") for k in range(2)}
    assert pair_origin(pair_of(1), origins) is pair_origin(pair_of(2), origins) is origins["mill-0"]
    both = pair_origin(pair_of(3, also=["mill-1"]), origins)
    assert both is not None and both.text == "Text 0.\n\nText 1."
    assert pair_origin(pair_of(4, chunk="gone"), origins) is None


@pytest.mark.parametrize(("criterion", "left_open"), [("Says that the piano stays", "No."), ("Says no", "")])
def test_a_wrong_no_is_settled_by_the_word_no_alone(criterion: str, left_open: str) -> None:
    """A criterion that names a piano, a casino or a volcano does not say "no"."""
    pair = pair_of(1, question="Does the piano stay?", answer="Yes.", evaluation_criteria=[criterion])
    assert undecided_wrong_answer(pair, "No.", "en") == left_open


@pytest.mark.parametrize(
    ("answer", "is_turned"),
    [("No, never.", True), ("No-one may row.", False), ("None.", False), ("6.1.2 No race may start.", False)],
)
def test_the_opposite_of_no_is_yes_and_of_no_one_it_is_not(answer: str, is_turned: bool) -> None:
    """Only an answer that begins with yes or no gives way to the other one."""
    assert (wrong_answer(pair_of(1, answer=answer, evidence=[answer]), "", "en") == "Yes.") is is_turned


@pytest.mark.parametrize(
    ("answer", "language", "wrong"),
    [
        ("Nein, höchstens 2,5 Watt.", "de", "Ja."),
        ("Oui, 20 euros.", "fr", "Non."),
        ("Sí.", "es", "No."),
        ("Да, можно.", "ru", "Нет."),
        ("Niemals, 3 Watt.", "de", "Niemals, 2 Watt."),
        ("لا، لا يجوز ذلك.", "ar", "نعم."),
        ("不可以。", "zh", "可以。"),
        ("需要，提前3天。", "zh", "不需要。"),
        ("ไม่ต้อง เพราะรวมภาษีแล้ว", "th", "ต้อง"),
        ("はい、3日以内です。", "ja", "いいえ。"),
        ("नहीं, केवल 3 दिन।", "hi", "हाँ।"),
        ("不可逆的过程。", "zh", "他。"),
    ],
)
def test_yes_is_turned_to_no_in_the_language_of_the_pair(answer: str, language: str, wrong: str) -> None:
    """A "nein" whose numbers alone are changed still meets the criterion that says no."""
    assert wrong_answer(pair_of(1, answer=answer, evidence=[answer]), "他。", language) == wrong


@pytest.mark.parametrize(
    ("answer", "criteria", "wrong"),
    [
        ("8 points, as the 2nd place gives 8.", ["States 8 points"], "7 points, as the 2nd place gives 7."),
        ("Two pumps, of 30 litres.", ["States two pumps"], "In the shed."),
        ("The workshop, below 5 %.", ["Names the workshop"], "In the shed."),
        ("The workshop, below 5 %.", ["Names the workshop", "States the charge"], "The workshop, below 4 %."),
        ("30 seconds.", ["States how long it takes"], "29 seconds."),
        ("600 euros: 7 × 650 − 3,950.", ["States 600 euros"], "711 euros: 7 × 650 − 3,950."),
    ],
)
def test_what_no_criterion_asks_for_stays_in_a_wrong_answer(answer: str, criteria: list[str], wrong: str) -> None:
    """Another number in an explanation meets the criteria, and rightly: the pair would look worse than it is."""
    pair = pair_of(1, question="What then?", answer=answer, evidence=[answer], evaluation_criteria=criteria)
    assert wrong_answer(pair, "In the shed.", "en") == wrong


def test_a_german_noun_is_no_name_to_be_exchanged():
    """Every noun has a capital in German: "zwei Vereins" for "zwei Dienste" is no wrong answer but a broken one."""
    told = {"question": "Wie viele Stunden leistet man?", "evidence": ["Mitglieder des Vereins leisten zwei Dienste."]}
    pair = pair_of(1, answer="Acht Stunden: zwei Dienste zu je vier Stunden.", **told)
    assert wrong_answer(pair, "Im roten Schrank.", "de") == "Im roten Schrank."
    assert wrong_answer(pair_of(1, answer="Nach DIN.", evidence=["Nach DIN, nie nach ISO."]), "", "de") == "Nach ISO."


@pytest.mark.parametrize(
    ("criterion", "wrong"),
    [("Names NMEA", "In AIS, as told by the VHF net."), ("States that it is told by radio", "other")],
)
def test_names_that_no_criterion_asks_for_stay_in_a_wrong_answer(criterion: str, wrong: str) -> None:
    """An aside exchanged makes a nonsense that meets every criterion; attributes of a page are no names."""
    evidence = ["[NMEA](#n){:name='skerrow'} and AIS are told by the radio of the VHF net."]
    answer = "In NMEA, as told by the VHF net." if "NMEA" in criterion else "By radio, over VHF."
    pair = pair_of(1, question="How over VHF?", answer=answer, evidence=evidence, evaluation_criteria=[criterion])
    assert wrong_answer(pair, "other", "en") == wrong


def test_a_name_that_the_answer_or_question_has_in_small_letters_is_no_other_one() -> None:
    """ "The pilot rather than the PILOT" says nothing, and who grades could take it for right."""
    evidence = ["The PILOT, and not the OWNER or the AGENT, supplies the ropes."]
    told = {"evidence": evidence, "evaluation_criteria": ["Names the pilot rather than the OWNER"]}
    right = pair_of(1, question="Who supplies the ropes?", answer="The pilot rather than the OWNER.", **told)
    assert wrong_answer(right, "", "en") == "The pilot rather than the AGENT."
    asked = pair_of(1, question="Does the agent or who else supply ropes?", answer="The pilot, no OWNER.", **told)
    assert "AGENT" not in wrong_answer(asked, "", "en")


def test_an_answer_that_the_evidence_gives_as_well_is_no_wrong_one() -> None:
    """Of two answers the one whose words the pair's own evidence holds may be right."""
    told = {"evidence": ["Advise the trustee at once, and notify the court."], "category": "factual"}
    pairs = [
        pair_of(1, answer="Advise the trustee.", **told),
        pair_of(2, answer="Notify the court.", category="factual"),
        pair_of(3, answer="Advise nobody but a keeper of lamps.", category="factual"),
    ]
    assert other_answers(pairs)[0] == "Advise nobody but a keeper of lamps."


@pytest.mark.parametrize(
    ("question", "answer", "wrong"),
    [
        (
            "Who got more votes, Ada Roe or Bo Lind?",
            "Ada Roe: she got 512, Bo Lind 318.",
            "Bo Lind: she got 512, Ada Roe 318.",
        ),
        ("Wer bekam mehr Stimmen, Roe oder Lind?", "Roe.", "Lind."),
        ("May the mill grind more or less than asked?", "More, but not less.", "Less, but not more."),
        ("Are `a` and `b` inclusive or exclusive?", "`a` is 1-based inclusive.", "`a` is 1-based exclusive."),
        ("Which ones count, Upper or Lower?", "Both Upper and Lower.", "other"),
        (
            "What of a seat, rigger or coating in the league?",
            "A seat and rigger cost 5 s.",
            "A seat and rigger cost 4 s.",
        ),
        ("Which measures passed?", "Measures No. 3 and No. 4.", "Measures No. 2 and No. 6."),
    ],
)
def test_a_choice_is_turned_and_a_number_becomes_no_right_one(question: str, answer: str, wrong: str) -> None:
    """What else the answer says stays; a list in a question is no choice."""
    assert wrong_answer(pair_of(1, question=question, answer=answer, evidence=[answer]), "other", "en") == wrong


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("Claimants of RECA.", "Claimants of RECA are paid in time, which the Act has said since FY 2006."),
        ("A JSON object.", "It SHOULD be a JSON object, or XML is not sent."),
        ("With tags= alone.", "With tags= alone, or GA4GH as format."),
    ],
)
def test_capitals_stand_for_capitals_of_one_list_alone(answer: str, evidence: str) -> None:
    """ "The FY claimants" is no wrong answer but a broken one: what may take a name's place is listed beside it."""
    pair = pair_of(1, question="Who is paid?", answer=answer, evidence=[evidence], evaluation_criteria=[answer])
    assert wrong_answer(pair, "", "en") in ("", "A XML object.")


def test_another_answer_comes_from_a_question_of_the_same_form() -> None:
    """What answers quite another question tests nothing; where no question is alike there is none."""
    pairs = [
        pair_of(1, question="What did version two of the mill add?", answer="A sieve."),
        pair_of(2, question="Why do the gates close?", answer="So that the wheel stays dry."),
        pair_of(3, question="What did version one of the mill add?", answer="The millstone."),
    ]
    assert other_answers(pairs) == ["The millstone.", "", "A sieve."]


def test_a_criterion_with_the_sign_for_number_negates_nothing() -> None:
    """ "Names Measure No. 3" is missed by an answer without a 3."""
    pair = pair_of(1, answer="Measure No. 3.", evaluation_criteria=["Names Measure No. 3"])
    assert undecided_wrong_answer(pair, "Measure No. 2.", "en") == ""
