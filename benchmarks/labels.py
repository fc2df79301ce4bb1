"""How often a reader gives a pair the category and the difficulty that the run gave it.

    uv run benchmarks/labels.py RUN ... --draw FILE [--pairs 60] [--seed 7]
    uv run benchmarks/labels.py RUN ... --labels FILE

RUN is a folder of data/qa; its curated pairs are taken where there are any. `--draw` writes a JSON object a line for a
reader, with id, question, answer and evidence and no label; the reader, a person or another model, adds category and
difficulty by the rules of config/prompts/generate_qa.md. `--labels` reads such a file and prints for both labels on how
many pairs run and reader agree, Cohen's kappa (agreement beyond chance, 1 is perfect), and what was taken for what.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from groundwork.data_folder.read_write import read_jsonl
from groundwork.records import Pair

LABELS = ("category", "difficulty")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--draw", type=Path, metavar="FILE", help="write pairs without their labels")
    parser.add_argument("--labels", type=Path, metavar="FILE", help="compare with a reader's labels")
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    flags = parser.parse_args()
    pairs = [pair for run in flags.runs for pair in _pairs(run)]
    if flags.draw:
        drawn = random.Random(flags.seed).sample(pairs, min(flags.pairs, len(pairs)))
        shown = [{name: getattr(pair, name) for name in ("id", "question", "answer", "evidence")} for pair in drawn]
        flags.draw.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in shown), encoding="utf-8")
    if flags.labels:
        _compare({pair.id: pair for pair in pairs}, flags.labels)


def _pairs(run: Path) -> list[Pair]:
    folder = run / "curated" if (run / "curated").is_dir() else run
    return [pair for file in sorted(folder.glob("*.jsonl")) for pair in read_jsonl(file, Pair)]


def _compare(pairs: dict[str, Pair], file: Path) -> None:
    told = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    known = [one for one in told if one["id"] in pairs]
    print(f"{len(known)} of {len(told)} labelled pairs are in the run")
    for label in LABELS:
        both = [(str(getattr(pairs[one["id"]], label)), str(one[label])) for one in known if one.get(label)]
        if not both:
            continue
        same = sum(ours == theirs for ours, theirs in both)
        print(f"{label}: {same} of {len(both)} alike ({same / len(both):.0%}), kappa {kappa(both):.2f}")
        for (ours, theirs), count in Counter(pair for pair in both if pair[0] != pair[1]).most_common():
            print(f"  {count:3}  run {ours}, reader {theirs}")


def kappa(both: Sequence[tuple[str, str]]) -> float:
    """Cohen's kappa of two labellings (Cohen 1960); 1.0 where chance alone would make them agree entirely."""
    ours, theirs = (Counter(side) for side in zip(*both, strict=True))
    chance = sum(ours[name] * theirs[name] for name in ours) / len(both) ** 2
    agreed = sum(one == other for one, other in both) / len(both)
    return 1.0 if chance == 1 else (agreed - chance) / (1 - chance)


if __name__ == "__main__":
    main()
