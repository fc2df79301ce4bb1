"""A data folder with one document, its chunks and runs whose questions quote it, made without any model."""

from __future__ import annotations

import random
from pathlib import Path

from groundwork.chunking.chunk_records import chunk_document
from groundwork.data_folder.read_write import write_json, write_jsonl, write_text
from groundwork.markdown.statements import statements
from groundwork.records import Chunk, Document, Pair
from groundwork.settings.config_files import load


def data_folder(root: Path, name: str, text: str, runs: dict[str, float], title: str = "") -> list[Chunk]:
    """Write text, chunks and runs below `root`; a run's number is the share of the statements that it asks about."""
    document = Document(
        id=name, source=f"{name}.md", sha256="0" * 64, converter="plain", converter_version="1", characters=len(text),
        title=title,
    )  # fmt: skip
    chunks = chunk_document(text, document, load().chunk)
    write_text(root / "text" / f"{name}.md", text)
    write_json(root / "text" / f"{name}.json", document)
    write_jsonl(root / "chunks" / f"{name}.jsonl", chunks)
    (root / "documents").mkdir(parents=True, exist_ok=True)
    for seed, (run, share) in enumerate(runs.items()):
        write_jsonl(root / "qa" / run / f"{name}.jsonl", pairs(chunks, run, share, seed))
    return chunks


def pairs(chunks: list[Chunk], run: str, share: float, seed: int = 0) -> list[Pair]:
    """A question about each of `share` of the statements, which it quotes as evidence."""
    rng = random.Random(seed)
    asked = []
    for chunk in chunks:
        for statement in statements(chunk.text, "en"):
            if statement.start < len(chunk.added) or rng.random() > share or chunk.skip:
                continue
            own = chunk.text[statement.start : statement.end]
            for _ in range(1 + (rng.random() < 0.3) + (rng.random() < 0.1)):
                asked.append(pair(chunk, len(asked), run, statement.plain_text(chunk.text), own))
    return asked


def pair(chunk: Chunk, index: int, run: str, said: str, evidence: str) -> Pair:
    return Pair(
        id=f"{run}-{chunk.id}-{index}",
        document=chunk.document,
        chunk=chunk.id,
        iteration=1,
        question=f"What does the handbook say about {' '.join(said.split()[:8])}?",
        evaluation_criteria=["Says what the handbook says"],
        answer=said,
        difficulty="easy",
        category="factual",
        evidence=[evidence],
        model=run,
    )
