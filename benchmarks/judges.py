"""What is a model's judgement in curate.py worth? Its verdicts on pairs whose faults are known.

Run    uv run benchmarks/judges.py [--config config/local.json] [--set curate.model=NAME] [--data DIR] [--show]
       uv run benchmarks/judges.py --batched [--run DIR] [--pairs 100]

Eight good pairs about a short text, and four for each check that have the fault which it is there to find and which no
rule finds. Printed for each check: the good pairs that pass it, the faulty ones that it rejects (chance would give
half of either), and the calls. `--data` keeps the folder, so that a second run replays the replies.

`--batched` asks about the same pairs twice, one pair a call and curate.batch a call, and prints for each check on how
many pairs the two verdicts agree; `--run` names a folder with the qa, chunks and text of a run to take the pairs from.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from groundwork.data_folder.read_write import read_jsonl, write_json, write_jsonl
from groundwork.records import Chunk, Document, Pair, Rejected
from groundwork.stages.curate import main

MILL = "the Orrin tide mill"
TEXT = """# Guide to the Orrin Tide Mill

The Orrin tide mill was built in 1784 by the brothers Hallam. It ground barley until 1931, and flour for the garrison
until 1945.

The mill pond fills through two sluice gates at high water. When the pond is full, the gates close by themselves, for
the water presses them shut. The wheel turns for four hours at each ebb. It drives two pairs of stones: French burr
stones for wheat, and stones of local granite for barley.

The wheel is stopped by dropping the penstock, never by closing the sluice gates: the pond would then flood the lower
floor.

Visitors may enter the stone floor only with a guide. Children under eight must hold a hand there, because the belts are
not fenced. A ticket costs 6 crowns for an adult and 3 crowns for a child; members of the Orrin Trust enter free.

The mill is open from April to October, and closed in a gale warning. Marrow Press printed this guide on 12 pages.
"""
GOOD = ""
CHECKS = ("stand_alone", "worth", "natural", "criteria", "supported")
Known = tuple[str, str, str, tuple[str, ...]]  # the check that should reject it or GOOD, question, answer, criteria
KNOWN: list[Known] = [
    (GOOD, f"In which year was {MILL} built?", "It was built in 1784.", ("States 1784", "Gives no other year")),
    (GOOD, f"Who built {MILL}?", "The brothers Hallam built it.", ("Names the brothers Hallam", "Names nobody else")),
    (GOOD, f"Why do the sluice gates of {MILL} close by themselves when the pond is full?",
     "The water presses them shut.", ("Names the water as the cause", "States that it presses the gates shut")),
    (GOOD, f"Which stones grind barley in {MILL}?", "Stones of local granite grind the barley.",
     ("Names granite", "States that the granite is local")),
    (GOOD, f"What must children under eight do on the stone floor of {MILL}, and why?",
     "They must hold a hand, because the belts are not fenced.",
     ("States that they must hold a hand", "Gives as the reason that the belts are not fenced")),
    (GOOD, f"How much does a child pay for a ticket at {MILL}?", "A child pays 3 crowns.",
     ("States 3 crowns", "Gives no other price")),
    (GOOD, f"How is the wheel of {MILL} stopped?", "By dropping the penstock.",
     ("Names the penstock", "States that it is dropped")),
    (GOOD, f"In what weather is {MILL} closed?", "It is closed in a gale warning.",
     ("Names a gale warning", "Names no other weather")),
    ("stand_alone", "For how long does the wheel turn at each ebb?", "It turns for four hours.",
     ("States four hours", "Gives no other time")),
    ("stand_alone", "What does an adult pay for a ticket?", "An adult pays 6 crowns.",
     ("States 6 crowns", "Gives no other price")),
    ("stand_alone", "Under which condition may visitors enter the stone floor?", "They must be with a guide.",
     ("Names a guide", "Names no other condition")),
    ("stand_alone", "Until when was barley ground?", "Barley was ground until 1931.",
     ("States 1931", "Gives no other year")),
    ("supported", f"Why did {MILL} stop grinding flour in 1945?", "The garrison had moved to the mainland.",
     ("States that the garrison had moved", "Names the mainland")),
    ("supported", f"Which stones grind wheat in {MILL}?", "Stones of local granite grind the wheat.",
     ("Names granite", "States that the granite is local")),
    ("supported", f"How is the wheel of {MILL} stopped?", "By closing the sluice gates.",
     ("Names the sluice gates", "States that they are closed")),
    ("supported", f"Who enters {MILL} free?", "Children under eight enter free.",
     ("Names children", "States that they are under eight")),
    ("criteria", f"In which year was {MILL} built?", "It was built in 1784.",
     ("Names the reason for building it", "States who paid for it")),
    ("criteria", f"Who built {MILL}?", "The brothers Hallam built it.",
     ("Explains where the brothers came from", "Names the brothers Hallam")),
    ("criteria", f"How is the wheel of {MILL} stopped?", "By dropping the penstock.",
     ("Is an answer", "Is written in words")),
    ("criteria", f"Which stones grind barley in {MILL}?", "Stones of local granite grind the barley.",
     ("Compares the prices of the stones", "Names a quarry in France")),
    ("worth", f"How long is the guide to {MILL}?", "It has 12 pages.", ("States 12 pages", "Gives no other length")),
    ("worth", f"Which press printed the guide to {MILL}?", "Marrow Press printed it.",
     ("Names Marrow Press", "Names no other press")),
    ("worth", f"What is the guide to {MILL} called?", "It is called Guide to the Orrin Tide Mill.",
     ("Gives the whole title", "Gives no other title")),
    ("worth", f"Who put the guide to {MILL} into print?", "Marrow Press did.",
     ("Names Marrow Press", "Names nobody else")),
    ("natural", f"Which two things besides stones does the stopping of {MILL} not involve closing?",
     "The sluice gates.", ("Names the sluice gates",)),
    ("natural", f"By which reason are hands of children under eight to be held by them on the floor of {MILL}?",
     "The belts are not fenced.", ("Gives the unfenced belts as the reason",)),
    ("natural", f"What does {MILL} perform for four hours with its wheel at each ebb and what with barley stones?",
     "It turns the wheel, and grinds barley.", ("States that the wheel turns", "States that barley is ground")),
    ("natural", f"From which month until which other month does the opened state of {MILL} take place?",
     "From April to October.", ("States April", "States October")),
]  # fmt: skip


def prepare(data: Path) -> None:
    """One document with one chunk, and the known pairs as the run `known`."""
    chunk = Chunk(
        id="mill-0", document="mill", index=0, kind="text", text=TEXT, start=0, end=len(TEXT), length=len(TEXT)
    )
    about = Document(
        id="mill", source="mill.md", sha256="", converter="text", converter_version="", characters=len(TEXT),
        title="Guide to the Orrin Tide Mill",
    )  # fmt: skip
    pairs = [
        Pair(
            id=f"mill-{i}", document="mill", chunk=chunk.id, iteration=1, question=question, answer=answer,
            evaluation_criteria=list(criteria), difficulty="easy", category="factual", evidence=[TEXT], model="known",
        )
        for i, (_, question, answer, criteria) in enumerate(KNOWN)
    ]  # fmt: skip
    write_jsonl(data / "chunks" / "mill.jsonl", [chunk])
    write_json(data / "text" / "mill.json", about)
    write_jsonl(data / "qa" / "known" / "mill.jsonl", pairs)


def judged(data: Path) -> dict[int, Pair]:
    """The pairs with their columns, by their place in KNOWN."""
    folder = data / "qa" / "known" / "curated"
    rejected = read_jsonl(folder / "rejected" / "mill.jsonl", Rejected)
    pairs = [*read_jsonl(folder / "mill.jsonl", Pair), *(Pair(**one.pair) for one in rejected)]
    return {int(pair.id.removeprefix("mill-")): pair for pair in pairs}


def report(pairs: dict[int, Pair], show: bool) -> None:
    print("| check | good pairs that pass | faulty pairs rejected | by a rule |\n|---|---:|---:|---:|")
    for check in CHECKS:
        columns = {i: pair.checks[check] for i, pair in pairs.items() if check in pair.checks}
        good = [column for i, column in columns.items() if KNOWN[i][0] == GOOD]
        faulty = [column for i, column in columns.items() if KNOWN[i][0] == check]
        ruled = sum(column["checker"] == "rule" and not column["passed"] for column in faulty)
        passed, caught = sum(c["passed"] for c in good), sum(not c["passed"] for c in faulty)
        print(f"| {check} | {passed} of {len(good)} | {caught} of {len(faulty)} | {ruled} |")
        for i, column in columns.items() if show else ():
            if KNOWN[i][0] in (GOOD, check) and column["passed"] != (KNOWN[i][0] == GOOD):
                print(f"    wrong: {KNOWN[i][1]} - {KNOWN[i][2]} ({column['score']}: {column['why']})")


def curate(data: Path, flags: list[str]) -> None:
    """Every pair through every check, none reworded."""
    wanted = [f"curate.checks={list(CHECKS)}".replace("'", '"'), "curate.rules_only=false", "curate.rewrite=false"]
    main(["--data", str(data), *(f"--set={one}" for one in wanted), *flags])


def verdicts(data: Path) -> dict[str, dict[str, bool]]:
    """By pair: whether it passed each check that it was asked about; `kept` for all of them together."""
    found = {}
    for file in data.glob("qa/*/curated/*.jsonl"):
        rejected = [Pair(**one.pair) for one in read_jsonl(file.parent / "rejected" / file.name, Rejected)]
        for pair in [*read_jsonl(file, Pair), *rejected]:
            passed = {check: bool(column["passed"]) for check, column in pair.checks.items()}
            found[pair.id] = {**passed, "kept": all(passed.values())}
    return found


def calls(data: Path) -> str:
    with sqlite3.connect(data / ".state" / "journal.db") as journal:
        asked, tokens = journal.execute("SELECT count(*), sum(input_tokens + output_tokens) FROM replies").fetchone()
    return f"{asked:,} calls, {tokens or 0:,} tokens"


def compare(source: Path, data: Path, most: int, flags: list[str]) -> None:
    """One pair a call against many a call, over the first `most` pairs of `source`, evenly spread."""
    ways = {"one": ["--set=curate.batch=1"], "many": []}
    for name, setting in ways.items():
        copied(source, data / name, most)
        curate(data / name, [*flags, *setting])
        print(f"{name} pair{'s' * (name == 'many')} a call: {calls(data / name)}")
    one, many = (verdicts(data / name) for name in ways)
    print("| check | pairs asked both ways | same verdict |\n|---|---:|---:|")
    for check in (*CHECKS, "kept"):
        both = [name for name in one.keys() & many.keys() if check in one[name] and check in many[name]]
        same = sum(one[name][check] == many[name][check] for name in both)
        print(f"| {check} | {len(both)} | {same} ({same / max(1, len(both)):.1%}) |")


def copied(source: Path, target: Path, most: int) -> None:
    """What curate.py reads of `source`, with `most` of the pairs of each run."""
    for folder in ("chunks", "text", "summaries"):
        if (source / folder).exists():
            shutil.copytree(source / folder, target / folder, dirs_exist_ok=True)
    for run in (path for path in (source / "qa").glob("*") if path.is_dir()):
        pairs = [pair for file in sorted(run.glob("*.jsonl")) for pair in read_jsonl(file, Pair)]
        some = pairs[:: max(1, len(pairs) // most)][:most]
        for document in {pair.document for pair in some}:
            rows = [pair for pair in some if pair.document == document]
            write_jsonl(target / "qa" / run.name / f"{document}.jsonl", rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--config", action="append", default=[])
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--show", action="store_true", help="the verdicts that are wrong")
    parser.add_argument("--batched", action="store_true", help="compare one pair a call with many")
    parser.add_argument("--run", type=Path, help="with --batched: a data folder; default: the known pairs")
    parser.add_argument("--pairs", type=int, default=100, help="with --batched: at the most")
    chosen = parser.parse_args()
    folder = chosen.data or Path(tempfile.mkdtemp())
    given = [*(f"--config={path}" for path in chosen.config), *(f"--set={one}" for one in chosen.set)]
    if not chosen.run:
        prepare(folder)
    if chosen.batched:
        compare(chosen.run or folder, folder / "compared", chosen.pairs, given)
    else:
        curate(folder, given)
        report(judged(folder), chosen.show)
