"""generate_qa.py on one document about a tide mill, against a scripted OpenRouter."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from groundwork.data_folder.read_write import read_json, read_jsonl, write_json, write_jsonl
from groundwork.records import Chunk, DocumentCoverage, Pair, Rejected, Summary
from groundwork.stages.generate_qa import main
from tests.fake_openrouter import FakeOpenRouter
from tests.questions.scripted_writer import ENGINE, Json, Writer, pairs

RUN = "gemini-2.5-flash"


def chunk_of(text: str, index: int = 0, **changed: Any) -> Chunk:
    fields = {"document": "mill", "kind": "text", "start": 0, "end": len(text), "length": len(text), **changed}
    return Chunk(id=f"mill-{index}", index=index, text=text, **fields)


class Mill:
    """A data folder with one document, and the stage run on it."""

    def __init__(self, root: Path, server: FakeOpenRouter) -> None:
        self.root, self.server = root, server
        self.write(chunk_of(ENGINE))
        summary = Summary(document="mill", summary="The Orrin tide mill, its parts and its hours.", model="m")
        write_json(root / "summaries" / "mill.json", summary)

    def write(self, *chunks: Chunk) -> None:
        write_jsonl(self.root / "chunks" / "mill.jsonl", chunks)

    def run(self, reply: Callable[[Json], str], *flags: str, **settings: Any) -> int:
        self.server.reply = reply
        chosen = {"llm.base_url": self.server.url, "llm.api_key_env": "", "qa.iterate": True, **settings}
        chosen |= {"embeddings.backend": "static", "embeddings.model": "wordllama"}
        assignments = [f"--set={key.replace('__', '.')}={json.dumps(value)}" for key, value in chosen.items()]
        return main(["--data", str(self.root), *assignments, *flags])

    @property
    def pairs(self) -> list[Pair]:
        return read_jsonl(self.root / "qa" / RUN / "mill.jsonl", Pair)

    @property
    def rejected(self) -> list[Rejected]:
        return read_jsonl(self.root / "qa" / RUN / "rejected" / "mill.jsonl", Rejected)

    @property
    def coverage(self) -> DocumentCoverage:
        return read_json(self.root / "qa" / RUN / "coverage" / "mill.json", DocumentCoverage)

    def reasons(self) -> list[str]:
        return sorted({one.reason for one in self.rejected})


def once(reply: str) -> Writer:
    """A model whose first reply is `reply` and that then finds nothing more."""
    return Writer(wrong=lambda n, _: reply if n == 1 else pairs())
