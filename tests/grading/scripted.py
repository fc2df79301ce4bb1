"""A dataset of made-up facts, models that know a known part of it, and a judge with a known share of errors."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from groundwork.data_folder.read_write import write_jsonl
from tests.fake_openrouter import FakeOpenRouter

Json = dict[str, Any]
METALS = ("copper", "iron", "bronze", "silver", "nickel", "zinc", "tin", "cobalt")
PLACES = ("harbour", "orchard", "quarry", "meadow", "tower", "ferry", "bakery", "forge")
ANSWERERS = ("knows-all", "by-heart", "paraphrases", "nothing", "half")
JUDGE = "test/judge"


def fact(n: int) -> Json:
    """Row `n`: its words of training, its rewording, two criteria of which a rule settles the first."""
    metal, place, metres = METALS[n % len(METALS)], PLACES[(n // 8) % len(PLACES)], 100 + 7 * n
    return {
        "id": f"f{n:03}",
        "trained": f"How high does gate {n} stand, and what is it made of?",
        "question": f"Of which material is the gate numbered {n}, and what is its height?",
        "answer": f"Gate {n} stands {metres} metres high beside the {place} and is made of {metal}.",
        "other_words": f"It reaches up {metres} m, of {metal} throughout.",
        "evaluation_criteria": [f"States {metres} metres", f"Says that the material is {metal}"],
        "evidence": [f"Gate {n}, of {metal}, stands {metres} metres high beside the {place}."],
        "document": f"doc-{n % 8}",
        "chunk": f"doc-{n % 8}-{n // 16}",
        "category": "factual" if n % 2 else "numeric",
        "difficulty": ("easy", "medium", "hard")[n % 3],
        "tags": [place, metal],
        "cluster": n % 4,
    }


def write_dataset(root: Path, rows: int, name: str = "gates", *, mirror: str = "whole") -> list[Json]:
    """data/datasets/<name> with train, eval and eval_mirror. `mirror` "held out": its rows are not in train."""
    facts = [fact(n) for n in range(rows)]
    trained = [{**one, "question": one["trained"]} for one in facts]
    other = [{**fact(900 + n), "question": fact(900 + n)["trained"]} for n in range(4)]
    folder = root / "datasets" / name / "data"
    kept = ("trained", "other_words")
    for split, of in (
        ("train", [*other, *(trained if mirror == "whole" else [])]),
        ("eval", facts),
        ("eval_mirror", trained),
    ):
        write_jsonl(folder / f"{split}.jsonl", [{k: v for k, v in one.items() if k not in kept} for one in of])
    return facts


def answer(model: str, asked: str, facts: Sequence[Json]) -> str:
    """What the model of that name says to a question in either wording."""
    for n, one in enumerate(facts):
        if asked.strip().endswith((one["question"], one["trained"])):
            knows = {
                "knows-all": True,
                "paraphrases": True,
                "by-heart": asked.strip().endswith(one["trained"]),
                "half": n % 2 == 0,
            }.get(model, False)
            return (one["other_words"] if model == "paraphrases" else one["answer"]) if knows else "I do not know that."
    return "I do not know that."


class Judge:
    """Marks a criterion by whether its last word stands in the answer, undenied.

    `noise`: share of verdicts turned; `lenient`: share of those unmet that are turned; `always`: the one verdict.
    """

    def __init__(self, noise: float = 0.0, always: str = "", lenient: float = 0.0, seed: int = 0) -> None:
        self.noise, self.always, self.lenient, self.seed = noise, always, lenient, seed
        self.seen: Counter[str] = Counter()

    def __call__(self, body: Json) -> str:
        asked = body["messages"][-1]["content"]
        self.seen[asked] += 1
        chance = random.Random(f"{asked} {self.seen[asked]} {body['model']} {self.seed}")
        criteria = re.findall(r"^(criterion_\d+): (.*)$", asked, re.MULTILINE)
        told = re.split(r"Answer to grade: |The answer was: ", asked)[-1]
        marks = {}
        for name, criterion in criteria:
            met = holds(criterion, told) != (chance.random() < self.noise)
            met = met or chance.random() < self.lenient
            verdict = self.always or ("met" if met else "unmet")
            marks[name] = {"reason": f"looked for it in {len(told)} characters", "verdict": verdict}
        return json.dumps(marks)


def holds(criterion: str, told: str) -> bool:
    """Whether the answer says what the criterion asks for."""
    if "This is false" in told:
        return False
    if "same as this reference answer" in criterion:
        return criterion.rpartition(": ")[2].strip().rstrip(".") in told
    number = re.search(r"\d+", criterion)
    sought = number.group() if number else criterion.rstrip(".").split()[-1]
    return re.search(rf"\b{re.escape(sought)}\b", told) is not None


class World:
    """A server on which every answerer and the judge are models, and a data folder with the dataset."""

    def __init__(self, root: Path, server: FakeOpenRouter, rows: int = 48, **judge: Any) -> None:
        self.root, self.server = root, server
        self.facts = write_dataset(root, rows)
        self.judge = Judge(**judge)
        server.reply = self.reply

    def reply(self, body: Json) -> str:
        model = body["model"].removeprefix("test/")
        if model.startswith("judge"):
            return self.judge(body)
        return answer(model, body["messages"][-1]["content"], self.facts)

    def grade(self, *arguments: str) -> int:
        from groundwork.stages.grade import main

        return main(["--data", str(self.root), *self.settings, *arguments])

    @property
    def settings(self) -> list[str]:
        chosen = {"llm.base_url": self.server.url, "llm.api_key_env": "", "grade.judge.model": JUDGE}
        chosen |= {"embeddings.backend": "static", "embeddings.model": "wordllama"}
        return [f"--set={key}={value}" for key, value in chosen.items()]

    def report(self, folder: str = "gates") -> Json:
        held: Json = json.loads((self.root / "grades" / folder / "report.json").read_text())
        return held
