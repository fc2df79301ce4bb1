"""How often the rules of generation reject what a good model wrote well: false alarms, rule by rule.

    uv run benchmarks/rules.py [PAIRS ...] [--chunks CHUNKS] [--title TITLE] [--box FOLDER ...] [--verbose]

A line of PAIRS holds a question and an answer, and may hold evidence, evaluation_criteria and chunk, as a run of
data/qa does; of lines with `new` and `earlier` both pairs count. All of them are taken for good, so that every alarm is
a false one. CHUNKS is a file of data/chunks; without it, or for a pair without a chunk in it, the evidence of all pairs
of the file stands for the text, which is harder. Rules that need evidence or criteria are counted over the pairs that
have them. Repeats have a benchmark of their own. Without PAIRS it reads good_pairs.jsonl and same_fact.jsonl of
tests/questions.

A FOLDER holds requests (queue/*.json) and a model's replies (replies/*.txt, of the same name) as an endpoint saw them.
Its drafts are put to the rules of generation and of curation with the chunk of their request for a text, its rewordings
to those of rewording; first tries alone, since what comes after was changed by the rules. Whether an alarm is a false
one is for the reader of --verbose to say.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from groundwork.dataset.reword.rewording_faults import faults_of_rewording
from groundwork.dataset.reword.subject_terms import subject_words
from groundwork.markdown.chunk_reading import read_chunks
from groundwork.markdown.grounding import SourceText
from groundwork.questions.criteria_faults import criteria_fault, criteria_padding_reasons
from groundwork.questions.curation.pair_origins import PairOrigin
from groundwork.questions.curation.rule_checks import RULE_CHECKS, rule_check_fault
from groundwork.questions.pair_drafts import Draft, DraftBasis
from groundwork.records import Pair, Row
from groundwork.settings.config_files import PROJECT, load

Json = dict[str, Any]
REWORDING = {
    "copy": "copies", "old sentence": "old sentence", "number": "number", "lost name": "lost ",
    "new name": "a name that was not there", "negation": "negation",
    "opposite": "where it said", "stand alone": "stand alone",
    "kind": "asks for a yes or no", "choice": "two things to choose",
    "yes or no": "must begin", "lost subject": "put back", "unchanged": "word for word",
}  # fmt: skip

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
    parser.add_argument("--box", type=Path, nargs="+", default=[], metavar="FOLDER", help="with queue/ and replies/")
    parser.add_argument("--verbose", action="store_true", help="print every alarm")
    flags = parser.parse_args()
    if flags.box:
        print_boxes(flags.box, verbose=flags.verbose)
        return
    texts = {reading.chunk.id: reading.chunk.text for reading in read_chunks(flags.chunks)} if flags.chunks else {}
    counted, alarms = Counter[str](), Counter[str]()
    for file in flags.files:
        pairs = list(_pairs(file))
        whole = "\n\n".join(dict.fromkeys(quote for pair in pairs for quote in pair.get("evidence", [])))
        for pair in pairs:
            counted.update(rule for rule in RULES if _is_put_to(pair, rule))
            source = DraftBasis(SourceText(texts.get(pair.get("chunk", ""), whole), "en"), title=flags.title)
            for rule, why in _alarms(pair, source):
                alarms[rule] += 1
                if flags.verbose:
                    print(f"{rule}: {why}\n    {pair['question']} | {pair['answer']}")
    print(f"{'rule':12}  pairs  alarms   share")
    for rule in RULES:
        share = alarms[rule] / counted[rule] if counted[rule] else 0.0
        over = "  more than is allowed" if share > ALLOWED else ""
        print(f"{rule:12} {counted[rule]:6,} {alarms[rule]:7,}  {share:6.1%}{over}")


def print_boxes(folders: list[Path], *, verbose: bool) -> None:
    """Print how many of the drafts and rewordings of the folders each rule turns down."""
    counted, alarms = Counter[str](), Counter[str]()
    for system, user, reply in (one for folder in folders for one in _exchanges(folder)):
        if system.startswith("You write question-answer pairs for fine-tuning"):
            found = [("draft", _text(pair), _draft_alarms(pair, user)) for pair in reply.get("pairs", [])]
        elif system.startswith("You reword question-answer pairs"):
            found = [("rewording", _text(reply), _rewording_alarms(user, reply))]
        else:
            continue
        for kind, text, told in found:
            counted[kind] += 1
            alarms.update(f"{kind}: {rule}" for rule in {rule for rule, _ in told})
            alarms[f"{kind}: any"] += bool(told)
            if verbose and told:
                print(f"{kind}: {text}\n" + "\n".join(f"    {rule}: {why}" for rule, why in told))
    for kind, count in counted.items():
        print(f"| of {count:,} {kind}s turned down by | | |\n|---|---:|---:|")
        for name, alarm in sorted(alarms.items()):
            if name.startswith(f"{kind}:"):
                print(f"| `{name.partition(': ')[2]}` | {alarm:,} | {alarm / count:.1%} |")


def _exchanges(folder: Path) -> Iterator[tuple[str, str, Json]]:
    """(system turn, user's turn, reply) of first tries, whose reply is JSON."""
    for file in sorted((folder / "queue").glob("*.json")):
        reply = folder / "replies" / f"{file.stem}.txt"
        messages = json.loads(file.read_text(encoding="utf-8"))["messages"]
        if len(messages) == 2 and reply.exists():
            with suppress(json.JSONDecodeError):
                yield messages[0]["content"], messages[1]["content"], json.loads(reply.read_text(encoding="utf-8"))


def _part(text: str, before: str, behind: str) -> str:
    return text.partition(before)[2].partition(behind)[0].strip()


def _text(pair: Json) -> str:
    return f"{pair['question']} | {pair['answer']}"


def _draft_alarms(pair: Json, user: str) -> list[tuple[str, str]]:
    chunk, title = _part(user, "<chunk>", "</chunk>"), _part(user, "\nDocument: ", "\n")
    found = list(_alarms(pair, DraftBasis(SourceText(chunk, "en"), title=title)))
    criteria = pair.get("evaluation_criteria", [])
    known = Pair(
        id="p", document="d", chunk="c", iteration=1, model="m", question=pair["question"], answer=pair["answer"],
        evidence=pair["evidence"], evaluation_criteria=criteria, difficulty=pair["difficulty"],
        category=pair["category"],
    )  # fmt: skip
    place = PairOrigin(chunk, title, "", "", "en")
    checks = ((check, rule_check_fault(check, known, place)) for check in RULE_CHECKS)
    return [*found, *((f"curation {check}", why) for check, why in checks if why)]


def _rewording_alarms(user: str, reply: Json) -> list[tuple[str, str]]:
    listed = [_part(user, "judged by:\n", "\n\nEvidence"), _part(user, "\nEvidence:\n", "\n\nThese words")]
    criteria, evidence = ([line.removeprefix("- ") for line in part.splitlines()] for part in listed)
    told = Row(
        question=_part(user, "\nQuestion: ", "\nAnswer: "), answer=_part(user, "\nAnswer: ", "\n\nCriteria"),
        evaluation_criteria=criteria, evidence=evidence, id="r", document="d", difficulty="easy", category="factual",
        chunk="c", tags=[], headings=[], pages=[], model="m", run="r", iteration=1,
    )  # fmt: skip
    keep = subject_words(told, _part(user, "Subject: ", "\n"))
    found = faults_of_rewording(
        told, reply["question"], reply["answer"], load([], []).dataset.rephrase.max_copied, keep
    )
    return [(next((name for name, words in REWORDING.items() if words in one), "other"), one) for one in found]


def _pairs(file: Path) -> Iterator[Json]:
    for line in file.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        yield from ([pair["new"], pair["earlier"]] if "new" in pair else [pair])


def _is_put_to(pair: Json, rule: str) -> bool:
    if rule in EVIDENCE:
        return bool(pair.get("evidence"))
    return bool(pair.get("evaluation_criteria")) or rule not in CRITERIA


def _alarms(pair: Json, source: DraftBasis) -> Iterator[tuple[str, str]]:
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
    for fault in source.draft_faults(draft):
        if _is_put_to(pair, fault.reason):
            yield fault.reason, fault.detail
    if fault_of_criteria := criteria_fault(criteria, pair["answer"]):
        yield "criteria", fault_of_criteria
    for criterion, why in criteria_padding_reasons(pair["question"], criteria, "en", pair["answer"]).items():
        yield "padding", f"{criterion}: {why}"


if __name__ == "__main__":
    main()
