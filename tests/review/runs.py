"""A run to review: pairs that were kept, reworded, and turned down by generation and by curation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from groundwork.data_folder.read_write import write_jsonl
from groundwork.records import Chunk, Pair, Rejected, Tags

TEXT = (
    "## Gates\n\nThe tide mill of Orrin opens its gates at 06:30 in summer. They close again at 18:45, "
    "or when the warden has counted 14 boats.\n\nA boat that comes later waits at the outer quay until morning.\n"
)
OPENS, CLOSES, WAITS = (
    "opens its gates at 06:30 in summer",
    "They close again at 18:45",
    "A boat that comes later waits at the outer quay until morning.",
)
HOSTILE = '<img src=x onerror="alert(1)"></script> =1+1'


def pair_of(number: int, question: str, answer: str, quote: str, **changes: Any) -> Pair:
    made = Pair(
        id=f"mill-0-{number:08x}", document="mill", chunk="mill-0", iteration=1 + number % 2, question=question,
        evaluation_criteria=[f"States: {answer}"], answer=answer, difficulty="easy", category="factual",
        evidence=[quote], model="some/model", headings=["Gates"], pages=[3],
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


OPENING = pair_of(1, "When does the tide mill of Orrin open its gates in summer?", "At 06:30.", OPENS)
CLOSING = pair_of(2, "When do they close?", "At 18:45.", CLOSES)
WAITING = pair_of(
    3, "Where does a boat wait that comes to the mill of Orrin after closing?", "At the outer quay.", WAITS
)
COUNTING = pair_of(4, "How many boats does the warden of Orrin count before closing?", "14 boats.", "counted 14 boats")
REWORDED = msgspec.structs.replace(
    CLOSING, question="When do the gates of the tide mill of Orrin close?", original_question=CLOSING.question
)
DRAFT = {
    "evidence": [WAITS], "question": "How long does a late boat wait at Orrin?", "answer": "Until morning.",
    "evaluation_criteria": ["Says until morning"], "difficulty": "easy", "category": "factual",
}  # fmt: skip
NO_PAIR = Rejected(
    document="mill", chunk="mill-0", iteration=1, reason="form", detail="no pair", pair={"reply": HOSTILE}
)


def check(passed: bool, why: str = "") -> dict[str, Any]:
    return {"score": float(passed), "passed": passed, "why": why, "checker": "model"}


def write_chunk(data: Path) -> None:
    chunk = Chunk(
        id="mill-0", document="mill", index=0, kind="text", text=TEXT, start=0, end=len(TEXT), length=len(TEXT),
        headings=["Gates"], pages=[3], language="en",
    )  # fmt: skip
    write_jsonl(data / "chunks" / "mill.jsonl", [chunk])


def write_generated(data: Path, run: str = "small") -> Path:
    """The run as generate_qa leaves it; returns its folder."""
    folder = data / "qa" / run
    write_chunk(data)
    write_jsonl(folder / "mill.jsonl", [OPENING, CLOSING, WAITING, COUNTING])
    vague = Rejected(document="mill", chunk="mill-0", iteration=2, reason="vague", detail="which boat?", pair=DRAFT)
    write_jsonl(folder / "rejected" / "mill.jsonl", [vague, NO_PAIR])
    return folder


def write_curated(data: Path, run: str = "small") -> Path:
    """The run after curation: one pair kept, one reworded, one turned down, one with hostile letters."""
    folder = write_generated(data, run)
    hostile = msgspec.structs.replace(COUNTING, answer=HOSTILE)
    write_jsonl(folder / "mill.jsonl", [OPENING, CLOSING, WAITING, hostile])
    passed = {"worth": check(True), "supported": check(True)}
    kept = [msgspec.structs.replace(one, checks=passed) for one in (OPENING, REWORDED, hostile)]
    write_jsonl(folder / "curated" / "mill.jsonl", kept)
    waiting = msgspec.structs.replace(WAITING, checks={"worth": check(False, "nobody needs this")})
    failed = Rejected(
        document="mill", chunk="mill-0", iteration=1, reason="worth", detail="nobody needs this",
        pair=msgspec.to_builtins(waiting),
    )  # fmt: skip
    write_jsonl(folder / "curated" / "rejected" / "mill.jsonl", [failed])
    rows = [Tags(id=one.id, question=one.question, tags=["tide-mill", "opening-hours"]) for one in kept[:2]]
    write_jsonl(data / "tags" / f"{run}.jsonl", rows)
    return folder
