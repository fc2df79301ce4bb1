"""The faults of the fake OpenRouter: each is what its name says, and none is asked for in vain."""

import copy
import json
from pathlib import Path

import pytest

from tests.fake_openrouter import FakeOpenRouter
from tests.openrouter_faults import BODY_FAULTS, FAULTS, bent

MESSAGE = {"role": "assistant", "content": '{"pairs": []}', "refusal": None}
WHOLE = {"choices": [{"finish_reason": "stop", "message": MESSAGE}], "usage": {"cost": 0.1}}


@pytest.mark.parametrize("fault", BODY_FAULTS)
def test_every_body_fault_bends_the_reply(fault):
    """A fault that leaves the reply as it was would prove nothing."""
    assert bent(fault, copy.deepcopy(WHOLE)).text != json.dumps(WHOLE)


def test_no_two_body_faults_are_the_same():
    """Each stands for another shape."""
    assert len({bent(fault, copy.deepcopy(WHOLE)).text for fault in BODY_FAULTS}) == len(BODY_FAULTS)


def test_a_fault_that_is_not_known_is_refused_at_once():
    """A misspelt name never means a run without faults."""
    with pytest.raises(ValueError, match="no such fault: 428; there are 400, 401"):
        FakeOpenRouter(faults={"428": 0.5, "429": 0.1})


def test_the_docs_count_the_faults():
    """docs/llm.md says how many there are."""
    page = (Path(__file__).parents[2] / "docs" / "llm.md").read_text(encoding="utf-8")
    assert f"any of {len(FAULTS)}\nfaults" in page
