"""How well repeats are told from other questions, on labelled pairs of pairs.

    uv run benchmarks/repeats.py [FILE ...] [--model MODEL]

Without a FILE it reads tests/questions/same_fact.jsonl: two subjects, half of the lines reworded, half asking for
another fact in the same form. A line holds `same_fact` and two pairs, `new` and `earlier`, each with question, answer
and evidence. Prints for each file, its odd and its even lines apart, how many of the reworded ones are found and how
many of the different ones are taken for repeats. --model: a folder or Hub id for sentence-transformers; without it the
embedder of the base install.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from groundwork.embedding.encoder import EncodeTexts, encoder_for
from groundwork.embedding.vector_types import Vectors
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
from groundwork.questions.duplicates.likeness_calibration import Likeness, calibrated_likeness
from groundwork.questions.duplicates.question_comparison import AskedQuestion
from groundwork.settings.config_files import PROJECT, load

HERE = PROJECT / "tests" / "questions" / "same_fact.jsonl"
STATIC = ["embeddings.backend=static", "embeddings.model=wordllama"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, default=[HERE])
    parser.add_argument("--model", default="", help="of sentence-transformers; default: the static embedder")
    parser.add_argument("--verbose", action="store_true", help="print the questions that were judged wrongly")
    flags = parser.parse_args()
    for file in flags.files:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        judged = asyncio.run(_judged(lines, flags.model))
        print(f"{file.name}, {flags.model.rpartition('/')[2] or 'wordllama'}")
        for name, start in (("odd lines", 0), ("even lines", 1)):
            _print(name, lines[start::2], judged[start::2], verbose=flags.verbose)


async def _judged(lines: list[dict[str, Any]], model: str) -> list[bool]:
    wanted = [f"embeddings.model={model}", "embeddings.backend=sentence-transformers"] if model else STATIC
    with tempfile.TemporaryDirectory() as folder:
        encoder = encoder_for(load([], wanted).embeddings, Path(folder))

        async def encode(questions: list[str]) -> Vectors:
            return await encoder.aencode(questions, "query")

        scale = calibrated_likeness(
            await encode([line[side]["question"] for line in lines for side in ("earlier", "new")])
        )
        return [await _repeats(line, encode, scale) for line in lines]


async def _repeats(line: dict[str, Any], encode: EncodeTexts, scale: Likeness) -> bool:
    seen = EarlierQuestions(encode, scale)
    earlier, new = (
        AskedQuestion(line[side]["question"], line[side]["answer"], tuple(line[side]["evidence"]))
        for side in ("earlier", "new")
    )
    await seen.find_duplicates([earlier])
    return bool((await seen.find_duplicates([new]))[0])


def _print(name: str, lines: list[dict[str, Any]], judged: list[bool], *, verbose: bool) -> None:
    same = [said for line, said in zip(lines, judged, strict=True) if line["same_fact"]]
    other = [said for line, said in zip(lines, judged, strict=True) if not line["same_fact"]]
    print(f"  {name}: {sum(same)} of {len(same)} reworded found, {sum(other)} of {len(other)} different ones rejected")
    for line, said in zip(lines, judged, strict=True):
        if verbose and said != line["same_fact"]:
            print(f"    {'rejected' if said else 'missed'}: {line['new']['question']} | {line['earlier']['question']}")


if __name__ == "__main__":
    main()
