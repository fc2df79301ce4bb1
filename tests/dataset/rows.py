"""Rows and pairs for tests."""

from groundwork.data_folder.read_write import write_jsonl
from groundwork.records import Pair, Row

SUBJECTS = ("field", "ball", "referee", "substitution", "penalty", "rollball", "touchdown", "dead ball line")
FORMS = (
    "How long may the {0} of touch rugby number {1} be?",
    "Who decides about {0} number {1} in touch rugby?",
    "When does {0} rule {1} of touch rugby apply?",
    "Why is {0} measure {1} taken in touch rugby?",
)


def pair(number=0, **changes):
    """A valid pair, one of many different ones."""
    subject = SUBJECTS[number % len(SUBJECTS)]
    fields = {
        "id": f"rules-{number:03}",
        "document": "rules" if number % 3 else "guide",
        "chunk": f"rules-c{number % 8}",
        "iteration": 1,
        "question": FORMS[number // 8 % len(FORMS)].format(subject, number),
        "evaluation_criteria": [f"Says {number} metres", "Names the unit"],
        "answer": f"The {subject} may be {number} metres long under the current rules of the game.",
        "difficulty": ("easy", "medium", "hard")[number % 3],
        "category": ("factual", "reasoning")[number % 2],
        "evidence": [f"the {subject} is at most {number} metres long"],
        "model": "test/model",
        "pages": [1 + number % 5],
        "headings": ["Rules"],
    }
    return Pair(**{**fields, **changes})


def row(number=0, **changes):
    """A valid row."""
    fields = {name: getattr(pair(number), name) for name in Row.__struct_fields__ if hasattr(Pair, name)}
    fields.pop("original_question")
    return Row(**{**fields, "tags": [], "run": "model-a", **changes})


def write_run(data, run, pairs):
    """A run in the data folder `data`, one file a document."""
    for document in sorted({p.document for p in pairs}):
        write_jsonl(data / "qa" / run / f"{document}.jsonl", [p for p in pairs if p.document == document])
