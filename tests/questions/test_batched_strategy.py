"""What a call for many pairs shows of the gaps, and what of it counts as shown."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from groundwork.questions.batched_strategy import BatchAsker
from groundwork.questions.interview_strategy import InterviewRound
from groundwork.questions.pair_drafts import Drafts
from groundwork.questions.shown_gaps import MAX_SHOWN_GAPS, read_declined_gaps
from groundwork.settings.config_files import CONFIG_DIR, load
from tests.chunks import reading_of


class _RecordingClient:
    """A client that keeps the request and gets no pairs."""

    request = ""

    async def ask(self, _call: Any, messages: list[dict[str, Any]], **_options: Any) -> Any:
        self.request = messages[-1]["content"]
        return SimpleNamespace(value=Drafts(pairs=[], done=True), dropped=[])


async def test_only_gaps_that_stand_in_the_request_count_as_shown() -> None:
    """More wishes than a call lists are left for the next round, and "nothing is left" does not decline them."""
    reading = reading_of(" ".join(f"Boat {n} enters the harbour by gate {n}." for n in range(100)))
    client = _RecordingClient()
    qa = load([], []).qa
    prompt = (CONFIG_DIR / "prompts" / qa.prompt).read_text("utf-8")
    variables = {"context": "boats", "document": "Harbour of Sarn", "summary": "(none)"}
    asker = BatchAsker(client, qa, reading.chunk, prompt, "", variables)  # type: ignore[arg-type]
    answer = await asker.ask(InterviewRound(1, 100, [], reading.statements, wished=True))
    listed = [line for line in client.request.splitlines() if re.match(r"\d+\. Boat", line)]
    assert len(answer.shown_gaps) == len(listed) == MAX_SHOWN_GAPS


@pytest.mark.parametrize(
    ("reply", "numbers", "reason"),
    [
        ("3: lead-in", [3], "lead-in"),
        ("Part 3 - lead-in", [3], "lead-in"),
        ("2-4, 7: names", [2, 3, 4, 7], "names"),
        ("6–99: names", [6, 7, 8], "names"),
        ("5 - 20 minutes is trivial", [5], "20 minutes is trivial"),
        ("4-2: names", [], ""),
        ("none", [], ""),
    ],
)
def test_parts_are_declined_one_by_one_or_together(reply: str, numbers: list[int], reason: str) -> None:
    """A range or a list of numbers before a colon declines each of its parts; numbers of no part are passed over."""
    statements = reading_of(" ".join(f"Boat {n} enters by gate {n}." for n in range(8))).statements
    assert read_declined_gaps([reply], statements) == {statements[number - 1]: reason for number in numbers}
