"""What a run came to: pairs, calls, coverage asked, declined and open, repeats, and what curation did and cost.

    uv run benchmarks/run_figures.py DATA [RUN ...]

DATA is a data folder, RUN a folder of its qa (all of them without one). Coverage is told for all pairs, and again for
those that curation kept. A repeat is a pair that asks what an earlier one of the run asks, by the rule of generation
and curation, over all documents of the run together. Calls and costs are those of the journal, all runs of the folder
together, prices as the endpoint told them.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
from collections import Counter
from pathlib import Path

from groundwork.coverage import chunk_coverage
from groundwork.coverage.chunk_coverage import document_coverage
from groundwork.data_folder.read_write import read_json, read_jsonl
from groundwork.llm.client import Client
from groundwork.markdown.chunk_reading import Reading, read_chunks
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
from groundwork.questions.duplicates.likeness_calibration import encoder_and_likeness
from groundwork.questions.duplicates.question_comparison import asked_question
from groundwork.records import DocumentCoverage, Pair, Rejected
from groundwork.settings.config_files import load

STAGES = ("summarize", "generate_qa", "curate", "create_dataset")
STATIC = ["embeddings.backend=static", "embeddings.model=wordllama"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("runs", nargs="*")
    flags = parser.parse_args()
    for run in flags.runs or sorted(path.name for path in (flags.data / "qa").iterdir() if path.is_dir()):
        _print_run(flags.data, run)
    _print_costs(flags.data / ".state" / "journal.db")


def _print_run(data: Path, run: str) -> None:
    folder = data / "qa" / run
    print(f"{run}\n| document | pairs | rejected | calls | rounds | asked | declined | open | kept | asked, kept |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    pairs: list[Pair] = []
    for file in sorted((folder / "coverage").glob("*.json")):
        pairs += _print_document(data, folder, read_json(file, DocumentCoverage))
    print(f"repeats left by rule: {asyncio.run(_repeats(data, pairs))} of {len(pairs)}")
    for stage, turned in (("generation", folder / "rejected"), ("curation", folder / "curated" / "rejected")):
        reasons = Counter(one.reason for file in turned.glob("*.jsonl") for one in read_jsonl(file, Rejected))
        print(f"rejected in {stage}: " + (", ".join(f"{name} {n}" for name, n in reasons.most_common()) or "none"))
    print(f"rewritten in curation: {sum(bool(pair.original_question) for pair in pairs)}")


def _print_document(data: Path, folder: Path, told: DocumentCoverage) -> list[Pair]:
    """One line, and the pairs that are left of the document."""
    curated = folder / "curated" / f"{told.document}.jsonl"
    kept = read_jsonl(curated if curated.exists() else folder / f"{told.document}.jsonl", Pair)
    readings = {one.chunk.id: one for one in read_chunks(data / "chunks" / f"{told.document}.jsonl")}
    asked = [readings[chunk.chunk] for chunk in told.chunks if chunk.chunk in readings]
    rounds = max((len(one.new) for one in told.runs), default=0)
    touched, declined = told.touched or 0.0, told.declined or 0.0
    print(
        f"| {told.document} | {told.pairs} | {sum(told.rejected.values())} | {told.calls} | {rounds} | {touched:.0%} "
        f"| {declined:.0%} | {1 - touched - declined:.0%} | {len(kept)} | {_covered(asked, kept, told.document):.0%} |"
    )
    return kept


def _covered(readings: list[Reading], pairs: list[Pair], document: str) -> float:
    covered = [
        chunk_coverage.coverage(one, [pair for pair in pairs if one.chunk.id in pair.chunks]) for one in readings
    ]
    return document_coverage(document, covered).touched or 0.0


def _no_client() -> Client:
    raise AssertionError("the static embedder asks no endpoint")


async def _repeats(data: Path, pairs: list[Pair]) -> int:
    config = load([], STATIC)
    questions = [pair.question for pair in pairs]
    encode, likeness, _ = await encoder_and_likeness(
        config.embeddings, config.qa.duplicate_threshold, questions, data / "embeddings", _no_client
    )
    return sum(
        bool(one)
        for one in await EarlierQuestions(encode, likeness).find_duplicates([asked_question(pair) for pair in pairs])
    )


def _print_costs(journal: Path) -> None:
    if not journal.exists():
        return
    found = sqlite3.connect(f"file:{journal}?mode=ro", uri=True).execute(
        "SELECT stage, count(*), sum(input_tokens), sum(output_tokens), sum(cost) FROM replies GROUP BY stage"
    )
    rows = {stage: (calls, tokens_in, tokens_out, cost or 0.0) for stage, calls, tokens_in, tokens_out, cost in found}
    generation = rows.get("generate_qa", (0, 0, 0, 0.0))[3]
    print("| stage | calls | tokens in | out | cost | beside generation |\n|---|---:|---:|---:|---:|---:|")
    for stage in (name for name in STAGES if name in rows):
        calls, tokens_in, tokens_out, cost = rows[stage]
        beside = f"{cost / generation:.2f}" if generation else "-"
        print(f"| {stage} | {calls:,} | {tokens_in:,} | {tokens_out:,} | ${cost:.4f} | {beside} |")


if __name__ == "__main__":
    main()
