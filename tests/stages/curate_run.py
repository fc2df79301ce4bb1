"""Runs of curate.py against a scripted OpenRouter."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from groundwork.data_folder.read_write import read_jsonl, write_jsonl
from groundwork.records import Chunk, Pair, Rejected
from groundwork.stages.curate import main
from tests.fake_openrouter import FakeOpenRouter
from tests.questions.scripted_judge import Judge
from tests.questions.scripted_writer import ENGINE, Json


def pair_of(number: int, **changed: Any) -> Pair:
    made = Pair(
        id=f"p{number}", document="mill", chunk="mill-0", iteration=1, difficulty="easy", category="factual", model="m",
        question="Until which year did the Orrin mill grind barley?",
        answer="It ground barley until 1931.",
        evaluation_criteria=["States 1931", "Names barley"],
        evidence=["The Orrin mill ground barley until 1931."],
    )  # fmt: skip
    return msgspec.structs.replace(made, **changed)


def many(count: int) -> list[Pair]:
    """Pairs about different facts of one chunk, the number i with the id p<i>."""
    grains = ["oats", "rye", "wheat", "millet", "spelt", "maize", "beans", "peas", "hops"]
    return [
        pair_of(i, question=f"Why did the Orrin tide mill never grind any {grain}?", answer=f"There was no {grain}.",
                evaluation_criteria=[f"Says that there was no {grain}"], evidence=[ENGINE.splitlines()[-1]])
        for i, grain in enumerate(grains[:count])
    ]  # fmt: skip


def judge(*checks: str, **scores: float) -> Judge:
    return Judge(*checks, reworded="What did the tide mill of Orrin grind until 1931?", **scores)


class Run:
    def __init__(self, root: Path, server: FakeOpenRouter) -> None:
        self.folder, self.root, self.server = root / "qa" / "small", root, server
        self.command = main
        self.chunk(ENGINE)

    def chunk(self, text: str, document: str = "mill") -> None:
        size, id_ = len(text), f"{document}-0"
        chunk = Chunk(id=id_, document=document, index=0, kind="text", text=text, start=0, end=size, length=size)
        write_jsonl(self.root / "chunks" / f"{document}.jsonl", [chunk])

    def curate(self, reply: Callable[[Json], str], *pairs: Pair, **settings: Any) -> int:
        by_document: dict[str, list[Pair]] = {}
        for pair in pairs:
            by_document.setdefault(pair.document, []).append(pair)
        for document, group in by_document.items():
            write_jsonl(self.folder / f"{document}.jsonl", group)
        self.server.reply = reply
        chosen = {"llm.base_url": self.server.url, "llm.api_key_env": "", **settings}
        chosen |= {"embeddings.backend": "static", "embeddings.model": "wordllama"}
        return self.command(
            ["--data", str(self.root), *(f"--set={k.replace('__', '.')}={json.dumps(v)}" for k, v in chosen.items())]
        )

    def kept(self, document: str = "mill") -> list[Pair]:
        return read_jsonl(self.folder / "curated" / f"{document}.jsonl", Pair)

    def rejected(self, document: str = "mill") -> list[Rejected]:
        return read_jsonl(self.folder / "curated" / "rejected" / f"{document}.jsonl", Rejected)

    @property
    def page(self) -> str:
        return (self.folder / "curated" / "report.html").read_text()
