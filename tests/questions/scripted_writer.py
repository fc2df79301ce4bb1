"""A scripted writer of questions behind the fake OpenRouter: it reads the prompt as a model would.

`Writer(per_call)` makes a pair of each sentence of the chunk that no question so far is about, `per_call` a call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

ENGINE = """# Tide mill

The wheel of the Orrin tide mill measures 6 metres. The mill pond of Orrin holds 900 cubic metres of water. The miller
opens the sluice gate two hours after high water.

The Orrin mill ground barley until 1931. Visitors may see the grinding stones on Sundays.
"""


def said(body: Json) -> str:
    """Everything the last user turn says in words."""
    return _words(body["messages"][-1])


def _words(turn: Json) -> str:
    content: str | list[Json] = turn["content"]
    return content if isinstance(content, str) else "\n".join(one["text"] for one in content if "text" in one)


def part(body: Json, name: str) -> str:
    """What stands between <name> and </name> in the conversation."""
    whole = "\n".join(map(_words, body["messages"]))
    found = re.search(rf"<{name}[^>]*>\n(.*?)\n</{name}>", whole, re.DOTALL)
    return found[1] if found else ""


def sentences(text: str) -> list[str]:
    plain = " ".join(line for line in text.splitlines() if not line.startswith("#"))
    return [one.strip() for one in re.split(r"(?<=\.)\s+", plain) if one.strip()]


def _beginning(sentence: str) -> str:
    """All but the last two words, which are what a question about the sentence asks for."""
    return " ".join(sentence.split()[:-2])


def pair(sentence: str, **changed: Any) -> Json:
    """A pair that every rule accepts, about one sentence."""
    made = {
        "evidence": [sentence],
        "question": f"What is told about the Orrin mill: {_beginning(sentence)} ...?",
        "answer": sentence,
        "evaluation_criteria": [f"States: {sentence}", "Names the Orrin mill as the place"],
        "difficulty": "easy",
        "category": "factual",
    }
    return {**made, **changed}


def pairs(*made: Json) -> str:
    return json.dumps({"pairs": list(made)})


class Writer:
    """Answers like a diligent model; `wrong` may replace the reply of a call, by its number from 1."""

    def __init__(self, per_call: int = 2, wrong: Callable[[int, Json], str | None] = lambda _n, _body: None) -> None:
        self.per_call, self.wrong, self.calls = per_call, wrong, 0

    def __call__(self, body: Json) -> str:
        self.calls += 1
        if (reply := self.wrong(self.calls, body)) is not None:
            return reply
        asked = said(body).partition("Questions asked so far")[2].split("Parts of the chunk")[0]
        open_ones = [one for one in sentences(part(body, "chunk")) if _beginning(one) not in asked]
        return pairs(*map(pair, open_ones[: self.per_call]))
