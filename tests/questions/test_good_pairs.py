"""Pairs that a good model wrote, about a handbook and a program, against every rule of generation."""

import json
from pathlib import Path

import msgspec
import pytest

from benchmarks.computed_answers import answer_faults
from groundwork.markdown.grounding import SourceText
from groundwork.questions.criteria_faults import criteria_padding_reasons
from groundwork.questions.pair_drafts import Draft, DraftBasis, evidence_faults

GOOD = [json.loads(line) for line in (Path(__file__).parent / "good_pairs.jsonl").read_text("utf-8").splitlines()]
TEXT = "\n\n".join(quote for pair in GOOD for quote in pair["evidence"])


@pytest.mark.parametrize("pair", GOOD, ids=lambda pair: pair["question"][:60])
def test_no_rule_turns_down_what_is_good(pair: dict[str, object]) -> None:
    """Form, wording, worth, language, evidence, numbers and criteria: nothing is found."""
    good = msgspec.convert(pair, Draft)
    assert DraftBasis(SourceText(TEXT, "en")).draft_faults(good) == []
    assert criteria_padding_reasons(good.question, good.evaluation_criteria, "en", good.answer) == {}


EASY = {"evaluation_criteria": ["Names the tide"], "difficulty": "easy", "category": "numeric"}
HULL = "A hull lighter than 148 kg must carry lead that brings it up to 148 kg."


def draft(text: str, question: str, answer: str, **more: str) -> Draft:
    return msgspec.convert({"evidence": [text], "question": question, "answer": answer, **EASY, **more}, Draft)


@pytest.mark.parametrize(
    ("text", "question", "answer", "more"),
    [
        (HULL, "How much lead must a hull of 141 kg carry?", "It must carry 7 kg of lead.", {"difficulty": "hard"}),
        ("| Crew | Four rowers and one cox. |", "How many row at Sarn?", "Five: four rowers and one cox.", {}),
        ("The horn sounds before a start, a turn and a finish.", "When does the horn of Sarn sound?",
         "Before a start, a turn and a finish, so three times.", {}),
        ("N = 1000 + A + B; A is 4 a year above 30; B is 15.", "What is N for a Sarn crew of 40 years?",
         "1055: A = 4 × 10 = 40 and N = 1000 + 40 + 15.", {"difficulty": "hard"}),
        ("The mill at Orrin turns for 90 minutes.", "How long does the mill at Orrin turn?", "For 1.5 hours.", {}),
        ("A small boat is cheap.", "Why are the boats of Sarn small?", "Because a small one is cheap.", {}),
        ("| Sarn | 6.40 EUR |\n| Orrin | 7.10 EUR |", "What do the ferries of Sarn and Orrin cost together?",
         "13.50 euros (6.40 + 7.10).", {}),
        ("The wheel of Sarn turns 8 times a minute, the stone 96 times.", "How often does the stone of Sarn turn for "
         "one turn of the wheel?", "12 times: 96 / 8.", {}),
        ("Of Sarn 1,200,000 are at sea, 34,567 ashore.", "How many are there at Sarn?",
         "1,234,567: 1,200,000 + 34,567.", {}),
        ("A race that is off on 15 May is rowed on the next day.", "When is a Sarn race of 15 May rowed then?",
         "On 16 May.", {"difficulty": "hard"}),
        ("The ferry of Sarn costs 5,99 euros.", "What do 6 trips by the ferry of Sarn cost?",
         "35,94 euros: 6 × 5,99 euros.", {}),
        ("Up to $10,000 a child", "What do 2 children get at Sarn at most?", "$20,000: 2 × $10,000.", {}),
        ("Sarn pays $0.67 a mile.", "What does Sarn pay for 120 miles?",
         "$80.40: 120 miles × $0.67 per mile = $80.40.", {}),
        ("Rent is 520 EUR and heat 85 EUR a month.", "What does a year of 12 months at Sarn cost?",
         "7,260 EUR: (520 EUR + 85 EUR) × 12.", {}),
        ("Members pay 30 % of $500.", "What does a member of Sarn pay?", "30 % of $500, that is $150.", {}),
        ("Two of 3 boats of Sarn are red, 1 is blue.", "How large a part of the boats of Sarn is blue?",
         "33.3 %: 1 / 3.", {}),
        ("Sarn pays $0.67 a mile and a meal of $20.", "What does Sarn pay for 120 miles and a meal?",
         "$100.40: 120 × 0.67 = 80.40, and 80.40 + 20.", {}),
        ("| Brochure of Sarn | $1.25 |\n| Folder of Sarn | $2.50 |", "What do 140 brochures, 60 folders cost at Sarn?",
         "140 x $1.25 = $175 and 60 x $2.50 = $150, so $325 in total.", {}),
        ("The pump of Sarn delivers 180 litres a minute.", "How long does the pump of Sarn take for 5,400 litres?",
         r"\(\frac{5400}{180} = 30\) minutes", {}),
        ("Interest at Sarn is 4.75% a year.", "What interest does a loan of $24,000 at Sarn cost in a year?",
         "$1,140: $24,000 × 0.0475.", {}),
        ("Sarn grants 25% on $612.", "What is paid at Sarn?", "$459: $612 × (1 − 0.25).", {}),
        ("The plant of Sarn uses 74 kWh, that of Orrin 91 kWh.", "What do the plants of Sarn and Orrin use on average?",
         "82.5 kWh: (74 + 91) / 2.", {}),
        ("Each claim at Sarn bears an excess of $750.", "What does Sarn pay for a claim of $8,200?",
         "$7,450, being $8,200 less the excess of $750.", {}),
        ("| Ruiz of Sarn | 160 shots | 72 hits |", "Which share of the shots of Ruiz of Sarn hit?",
         r"45%: $\frac{72}{160} \times 100 = 45\%$.", {}),
        ("A ton costs 4.350 euros at Sarn.", "What do 3 tons cost at Sarn?", "13.050 euros: 3 × 4.350 euros.", {}),
    ],
)  # fmt: skip
def test_numbers_that_are_worked_out(text: str, question: str, answer: str, more: dict[str, str]) -> None:
    """A sum that the answer shows, a difference in a hard pair, a count of what is listed, a conversion, a pronoun."""
    assert DraftBasis(SourceText(text, "en")).draft_faults(draft(text, question, answer, **more)) == []


@pytest.mark.parametrize(
    ("text", "question", "answer", "more"),
    [
        (HULL, "How much lead must a hull of 141 kg carry?", "It must carry 7 kg of lead.", {}),
        (HULL, "How much lead must a hull of 141 kg carry?", "It must carry 8 kg of lead.", {"difficulty": "hard"}),
        (HULL, "How much lead may a hull of 141 kg carry?", "It may carry 296 kg.", {"difficulty": "hard"}),
        ("| Crew | Four rowers and one cox. |", "How many row at Sarn?", "Six: four rowers and one cox.", {}),
        ("N = 1000 + A + B; B is 15.", "What is N at Sarn, as A is 40?", "1055: N = 1000 + 50 + 15.", {}),
        ("The mill at Orrin turns for 90 minutes.", "How long does the mill at Orrin turn?", "For 2.5 hours.", {}),
        ("The horn sounds before a start, a turn and a finish.", "When does the horn of Sarn sound?", "At 3 pm.", {}),
        ("The ferry of Sarn costs 18.90 euros.", "What does the ferry of Sarn cost?", "19.90 euros.", {}),
        ("The wheel of Sarn turns 1.5 times a minute.", "How often does the wheel of Sarn turn?", "2.5 times.", {}),
        ("The wheel of Sarn turns 8 times, the stone 96 times.", "How often does the stone turn?", "13: 96 / 8.", {}),
        ("Rooms at Sarn: $300 a night.", "What do 3 nights at Sarn cost?", "$990: 3 × $300.", {}),
        ("Rooms at Sarn: $300 a night.", "What do some nights at Sarn cost?", "$1,500: 5 × $300.", {}),
        ("Interest at Sarn is 4.75% a year.", "What interest does a loan of $24,000 at Sarn cost in a year?",
         "$1,240: $24,000 × 0.0475.", {}),
        ("The ferry of Sarn costs 7 euros.", "What does the ferry of Orrin cost?", "It costs 100 euros.", {}),
        ("The ferry of Sarn costs 7 euros.", "What does the ferry of Orrin cost?", "It costs 0 euros.", {}),
        ("Members of Sarn get 5% off 7 euros.", "What does Sarn cost others?", "100 euros.", {}),
        ("Members of Sarn get 5% off.", "How many members are there at Sarn?", "There are 105.", {}),
        ("Sarn has 3 ferries of 20 seats.", "How many seats do the ferries of Sarn have?", "100, not 60: 3 × 20.", {}),
        ("Each claim at Sarn bears an excess of $750.", "What does Sarn pay for a claim of $8,200?",
         "$7,550, being $8,200 less the excess of $750.", {}),
        ("The ferry of Sarn costs 5,99 euros.", "What do 6 trips by the ferry of Sarn cost?", "36,94 euros.", {}),
    ],
)  # fmt: skip
def test_numbers_that_are_invented(text: str, question: str, answer: str, more: dict[str, str]) -> None:
    """What neither stands in the text nor follows from it."""
    found = DraftBasis(SourceText(text, "en")).draft_faults(draft(text, question, answer, **more))
    assert {fault.reason for fault in found} == {"unsupported"}


def test_hardly_an_answer_that_works_out_its_number_is_rejected_and_no_wrong_one_accepted() -> None:
    """Answers of models in four languages, many in a form that no rule foresees."""
    lines = (Path(__file__).parent / "computed_answers.jsonl").read_text("utf-8").splitlines()
    pairs = [json.loads(line) for line in lines]
    accepted = [pair for pair in pairs if not answer_faults(pair)]
    assert [pair for pair in accepted if not pair["right"]] == []
    assert len(accepted) >= 0.85 * sum(pair["right"] for pair in pairs)


STORES = "The keeper buys oars, lamps and rope for the club. For the crews the sexton rings, and they wait ashore."


@pytest.mark.parametrize(
    ("question", "answer", "quote", "fault"),
    [
        ("What does the keeper of Sarn buy?", "Oars, lamps and rope.", "for the club.", "no word of the answer"),
        ("What does the keeper of Sarn buy?", "Oars, lamps and rope.", "buys oars", ""),
        ("Who rings at Sarn?", "The sexton rings.", "club. For the crews the sexton", "is half of two sentences"),
        ("Who rings at Sarn?", "The sexton rings.", "For the crews the sexton rings", ""),
        ("May a crew of Sarn wait at sea?", "No, they have to come back.", "the sexton rings", ""),
        ("How many things does the keeper of Sarn buy?", "Three different ones.", "buys oars, lamps and rope", ""),
    ],
)
def test_evidence_that_proves_nothing_is_a_fault(question: str, answer: str, quote: str, fault: str) -> None:
    """A fragment without a word of the answer, and one across the end of a sentence; part of a sentence may do."""
    quoted = draft(quote, question, answer)
    details = [fault.detail for fault in evidence_faults(quoted, SourceText(STORES, "en"))]
    assert any(fault in detail for detail in details) if fault else not details
