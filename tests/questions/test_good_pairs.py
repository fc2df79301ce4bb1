"""Pairs that a good model wrote, about a handbook and a program, against every rule of generation."""

import json
from pathlib import Path

import msgspec
import pytest

from groundwork.markdown.grounding import Grounds
from groundwork.questions.criteria import padding
from groundwork.questions.draft_faults import Draft, PairBasis, worked_out

GOOD = [json.loads(line) for line in (Path(__file__).parent / "good_pairs.jsonl").read_text("utf-8").splitlines()]
TEXT = "\n\n".join(quote for pair in GOOD for quote in pair["evidence"])


@pytest.mark.parametrize("pair", GOOD, ids=lambda pair: pair["question"][:60])
def test_no_rule_turns_down_what_is_good(pair: dict[str, object]) -> None:
    """Form, wording, worth, language, evidence, numbers and criteria: nothing is found."""
    draft = msgspec.convert(pair, Draft)
    assert PairBasis(Grounds(TEXT, "en")).faults(draft) == []
    assert padding(draft.question, draft.evaluation_criteria) == {}


def test_a_number_may_be_worked_out_where_a_pair_reasons() -> None:
    """A sum or difference of numbers of evidence and question, in a hard pair and in no other; nothing else."""
    text = "A hull lighter than 148 kg must carry lead that brings it up to 148 kg."
    made = {
        "evidence": [text],
        "question": "How much lead must a hull of 141 kg carry?",
        "answer": "It must carry 7 kg of lead.",
        "evaluation_criteria": ["States 7 kg"],
        "difficulty": "hard",
        "category": "numeric",
    }
    source = PairBasis(Grounds(text, "en"))
    assert worked_out(msgspec.convert(made, Draft)) == "7 289"
    assert source.faults(msgspec.convert(made, Draft)) == []
    for changed in ({"difficulty": "easy"}, {"answer": "It must carry 8 kg of lead."}):
        assert [fault.reason for fault in source.faults(msgspec.convert({**made, **changed}, Draft))] == ["unsupported"]
