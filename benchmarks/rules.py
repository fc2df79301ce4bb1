"""How often the rules of generation reject what a good model wrote well: false alarms, rule by rule.

    uv run benchmarks/rules.py [PAIRS ...] [--chunks CHUNKS] [--title TITLE] [--verbose]

A line of PAIRS holds a question and an answer, and may hold evidence, evaluation_criteria and chunk, as a run of
data/qa does; of lines with `new` and `earlier` both pairs count. All of them are taken for good, so that every alarm is
a false one. CHUNKS is a file of data/chunks; without it, or for a pair without a chunk in it, the evidence of all pairs
of the file stands for the text, which is harder. Rules that need evidence or criteria are counted over the pairs that
have them. Repeats have a benchmark of their own. Without PAIRS it reads good_pairs.jsonl and same_fact.jsonl of
tests/questions.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from groundwork.markdown.chunk_reading import read_chunks
from groundwork.markdown.grounding import Grounds
from groundwork.questions.criteria import criteria_fault, padding
from groundwork.questions.draft_faults import Draft, PairBasis
from groundwork.settings.config_files import PROJECT

Json = dict[str, Any]

HERE = [PROJECT / "tests" / "questions" / name for name in ("good_pairs.jsonl", "same_fact.jsonl")]
ALLOWED = 0.01
EVIDENCE = ("evidence", "unsupported")  # rules that only pairs with evidence are put to
CRITERIA = ("criteria", "padding")
RULES = ("form", "dangling", "worth", "language", "instruction", "example", *EVIDENCE, *CRITERIA)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, default=HERE, metavar="PAIRS")
    parser.add_argument("--chunks", type=Path, help="a file of data/chunks")
    parser.add_argument("--title", default="", help="of the document")
    parser.add_argument("--verbose", action="store_true", help="print every alarm")
    flags = parser.parse_args()
    texts = {reading.chunk.id: reading.chunk.text for reading in read_chunks(flags.chunks)} if flags.chunks else {}
    counted, alarms = Counter[str](), Counter[str]()
    for file in flags.files:
        pairs = list(_pairs(file))
        whole = "\n\n".join(dict.fromkeys(quote for pair in pairs for quote in pair.get("evidence", [])))
        for pair in pairs:
            counted.update(rule for rule in RULES if _is_put_to(pair, rule))
            source = PairBasis(Grounds(texts.get(pair.get("chunk", ""), whole), "en"), title=flags.title)
            for rule, why in _alarms(pair, source):
                alarms[rule] += 1
                if flags.verbose:
                    print(f"{rule}: {why}\n    {pair['question']} | {pair['answer']}")
    print(f"{'rule':12}  pairs  alarms   share")
    for rule in RULES:
        share = alarms[rule] / counted[rule] if counted[rule] else 0.0
        over = "  more than is allowed" if share > ALLOWED else ""
        print(f"{rule:12} {counted[rule]:6,} {alarms[rule]:7,}  {share:6.1%}{over}")


def _pairs(file: Path) -> Iterator[Json]:
    for line in file.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        yield from ([pair["new"], pair["earlier"]] if "new" in pair else [pair])


def _is_put_to(pair: Json, rule: str) -> bool:
    if rule in EVIDENCE:
        return bool(pair.get("evidence"))
    return bool(pair.get("evaluation_criteria")) or rule not in CRITERIA


def _alarms(pair: Json, source: PairBasis) -> Iterator[tuple[str, str]]:
    """(rule, what it says) of every rule that a pair sets off."""
    criteria = pair.get("evaluation_criteria") or ["States that the tide turns at noon"]
    draft = Draft(
        evidence=pair.get("evidence") or [],
        question=pair["question"],
        answer=pair["answer"],
        evaluation_criteria=criteria,
        difficulty=pair.get("difficulty", "easy"),
        category=pair.get("category", "factual"),
    )
    for fault in source.faults(draft):
        if _is_put_to(pair, fault.reason):
            yield fault.reason, fault.detail
    if fault_of_criteria := criteria_fault(criteria):
        yield "criteria", fault_of_criteria
    for criterion, why in padding(pair["question"], criteria, "en").items():
        yield "padding", f"{criterion}: {why}"


if __name__ == "__main__":
    main()
