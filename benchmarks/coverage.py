"""Does showing the gaps reach more coverage for fewer calls than asking plainly for more? Same model, same chunks.

Run    uv run benchmarks/coverage.py --data DIR [--config config/local.json] [--document NAME] [--chunks 4] [--rounds 4]

Each chunk is asked about in `--rounds` iterations by strategy `batch`, once with qa.show_gaps and once without, into
two runs below DIR/benchmark. With `--model scripted` the model is a stand-in behind a loopback server that picks
sentences as a model does: at random with a bias to the beginning, unless gaps are shown. Printed for each iteration:
calls so far, pairs kept and the share of sentences, numbers and rows touched. A small model ends at once when it may
return an empty list; give it the prompt that does not say so, and --set qa.batch=4:
--set qa.prompt=benchmarks/prompts/generate_qa_short.md
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from groundwork.data_folder.read_write import read_json
from groundwork.records import DocumentCoverage
from groundwork.stages.generate_qa import main
from tests.fake_openrouter import FakeOpenRouter

PER_CALL = 6


def scripted(body: dict[str, Any]) -> str:
    """Six pairs about sentences of the chunk; the first call and the plain loop draw them front-heavy at random."""
    from groundwork.markdown.statements import statements

    asked = body["messages"][-1]["content"]
    if len(body["messages"]) > 2:  # faulty pairs came back; it cannot do better
        return json.dumps({"pairs": []})
    chunk = re.search(r"<chunk>\n(.*?)\n</chunk>", asked, re.DOTALL)
    text = chunk[1] if chunk else ""
    found = [text[one.start : one.end] for one in statements(text, "en")]
    shown = asked.split("covers yet")[1].split("\n- ")[1:]
    gaps = [one for one in found if any(" ".join(one.split())[:40] in " ".join(gap.split()) for gap in shown)]
    draw = random.Random(asked)
    pool = gaps or found
    weights = [1.0] * len(pool) if gaps else [1 / (1 + i / 3) for i in range(len(pool))]
    chosen = {draw.choices(pool, weights)[0] for _ in range(PER_CALL)} if pool else set()
    return json.dumps({"pairs": [_pair(one) for one in sorted(chosen)]})


def _pair(statement: str) -> dict[str, Any]:
    plain = " ".join(statement.replace("|", " ").split())
    return {
        "evidence": [statement],
        "question": f"What holds for this league or game concerning the following matter: {plain}?".replace(
            "this ", "the "
        ),
        "answer": plain,
        "evaluation_criteria": [f"States: {plain}", f"Names {' '.join(plain.split()[:3])}"],
        "difficulty": "easy",
        "category": "factual",
    }


def curves(data: Path, run: str) -> list[tuple[int, float]]:
    """(pairs kept, share touched) after each iteration, over all chunks of all documents that were asked about."""
    rounds: list[tuple[int, float]] = []
    files = [read_json(path, DocumentCoverage) for path in sorted((data / "qa" / run / "coverage").glob("*.json"))]
    chunks = [
        (len(chunk.spans), record)
        for file in files
        for chunk, record in zip(file.chunks, file.runs, strict=True)
        if record.coverage
    ]
    spans = sum(size for size, _ in chunks) or 1
    for i in range(max((len(record.new) for _, record in chunks), default=0)):
        pairs = sum(sum(record.new[: i + 1]) for _, record in chunks)
        touched = sum(size * record.coverage[min(i, len(record.coverage) - 1)] for size, record in chunks)
        rounds.append((pairs, touched / spans))
    return rounds


def measure(data: Path, flags: argparse.Namespace, url: str) -> None:
    settings = ["qa.strategy=batch", "qa.prompt=generate_qa.md", "qa.stop=fixed", "qa.iterate=true", "qa.limit=0"]
    settings += [f"qa.max_iterations={flags.rounds}", "embeddings.backend=static", "embeddings.model=wordllama"]
    settings += [f"llm.base_url={url}", "llm.api_key_env="] if url else []
    settings += flags.set
    common = [
        "--data",
        str(data),
        *(f"--config={path}" for path in flags.config),
        *(f"--set={one}" for one in settings),
    ]
    for run, gaps in (("plain", "false"), ("gaps", "true")):
        main([*common, "--run", run, f"--set=qa.show_gaps={gaps}", *(["--quiet"] if not flags.verbose else [])])
        print(
            f"{run}:", " · ".join(f"{i}: {n} pairs, {share:.1%}" for i, (n, share) in enumerate(curves(data, run), 1))
        )


def copied(source: Path, document: str | None, chunks: int) -> Path:
    """A data folder below `source` with the first `chunks` chunks of each document (0: all).

    Of an earlier measurement only the journal is kept, so that the same requests are not asked twice.
    """
    target = source / "benchmark"
    for path in target.glob("*"):
        if path.is_dir() and path.name != ".state":
            shutil.rmtree(path)
    for path in target.glob(".state/manifest*"):
        path.unlink()
    (target / "chunks").mkdir(parents=True, exist_ok=True)
    for path in sorted((source / "chunks").glob(f"{document or '*'}.jsonl")):
        lines = [line for line in path.read_text().splitlines() if '"skip":"' not in line or '"skip":""' in line]
        (target / "chunks" / path.name).write_text("\n".join(lines[: chunks or None]) + "\n")
    for folder in ("summaries", "text"):
        if (source / folder).is_dir():
            shutil.copytree(source / folder, target / folder)
    return target


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--config", action="append", default=[])
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--document")
    parser.add_argument("--chunks", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--model", choices=["configured", "scripted"], default="configured")
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    chosen = parsed()
    folder = copied(chosen.data, chosen.document, chosen.chunks)
    with FakeOpenRouter(reply=scripted).thread() if chosen.model == "scripted" else nullcontext() as server:
        measure(folder, chosen, server.url if server else "")
