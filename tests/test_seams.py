"""What one stage writes, the next accepts: records carried over the seam between two stages, without a model."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec
import pytest

from groundwork import records
from groundwork.data_folder.read_write import read_jsonl, write_json, write_jsonl, write_text
from groundwork.markdown.chunk_reading import Reading, read_chunks
from groundwork.records import (
    CheckedAnswer,
    Chunk,
    ChunkRun,
    Contradiction,
    Coverage,
    CriterionGrade,
    Document,
    DocumentCoverage,
    Draw,
    FigureAsked,
    FigureCount,
    Grade,
    InvalidRow,
    MeasuredRow,
    Page,
    PageAudit,
    Pair,
    Record,
    Rejected,
    Row,
    Span,
    Summary,
    Tags,
)
from groundwork.stages import chunk, coverage, curate, merge

T = TypeVar("T", bound=Record)

STATIC = ("--set=embeddings.backend=static", "--set=embeddings.model=wordllama")
OPENS = "The tide mill of Orrin opens its gates at 06:30."
CLOSES = "The gates of the Orrin tide mill close at 18:45."


def run(stage: Callable[[list[str]], int], data: Path, *flags: str) -> None:
    assert stage([*flags, "--data", str(data), "--quiet", *STATIC]) == 0


def write_document(data: Path, name: str, text: str) -> None:
    made = Document(id=name, source="", sha256="", converter="", converter_version="", characters=len(text))
    write_text(data / "text" / f"{name}.md", text)
    write_json(data / "text" / f"{name}.json", made)


def chunk_of(number: int, text: str, start: int = 0) -> Chunk:
    return Chunk(
        id=f"mill-{number}", document="mill", index=number, kind="text", text=text, start=start, end=start + len(text),
        length=len(text),
    )  # fmt: skip


def pair_of(name: str, question: str, answer: str, *evidence: str, **changed: Any) -> Pair:
    fields = {
        "id": name, "document": "mill", "chunk": "mill-0", "iteration": 1, "question": question, "answer": answer,
        "evaluation_criteria": [f"States: {answer}", "Says nothing else"], "difficulty": "easy", "category": "numeric",
        "evidence": list(evidence), "model": "m",
    }  # fmt: skip
    return Pair(**{**fields, **changed})


@pytest.fixture
def two_chunks(tmp_path: Path) -> Path:
    """A run with one pair that rests on two chunks."""
    write_document(tmp_path, "mill", f"{OPENS}\n\n{CLOSES}\n")
    write_jsonl(tmp_path / "chunks" / "mill.jsonl", [chunk_of(0, OPENS), chunk_of(1, CLOSES, len(OPENS) + 2)])
    question = "Between which times are the gates of the Orrin tide mill open?"
    both = pair_of("both", question, "They open at 06:30 and close at 18:45.", OPENS, CLOSES, also=["mill-1"])
    write_jsonl(tmp_path / "qa" / "r" / "mill.jsonl", [both])
    return tmp_path


def test_a_pair_of_two_chunks_is_curated_by_both(two_chunks: Path) -> None:
    """The evidence of a pair may stand in each of the chunks that it names."""
    run(curate.main, two_chunks, "--set=curate.rules_only=true")
    assert read_jsonl(two_chunks / "qa" / "r" / "curated" / "rejected" / "mill.jsonl", Rejected) == []
    (kept,) = read_jsonl(two_chunks / "qa" / "r" / "curated" / "mill.jsonl", Pair)
    assert kept.also == ["mill-1"]


def test_a_pair_of_two_chunks_covers_both(two_chunks: Path) -> None:
    """Both statements count as asked about, and the question as placed."""
    run(coverage.main, two_chunks)
    told = json.loads((two_chunks / "plots" / "coverage-mill.json").read_text())
    assert told["not_asked"] == []
    assert told["together"]["sentences"]["asked"] == told["together"]["sentences"]["of"] == 2
    assert told["runs"][0]["not_placed"] == 0


def test_a_pair_of_two_chunks_outlives_a_merge(two_chunks: Path) -> None:
    """A merged run can be curated as the runs it is made of."""
    other = pair_of("other", "Who rebuilt the mill of Orrin in oak?", "The miller.", OPENS)
    write_jsonl(two_chunks / "qa" / "s" / "mill.jsonl", [other])
    run(merge.main, two_chunks, "r", "s", "--out", "both")
    merged = read_jsonl(two_chunks / "qa" / "both" / "mill.jsonl", Pair)
    assert {pair.id: pair.also for pair in merged} == {"both": ["mill-1"], "other": []}


ROWS = [(f"Berth {number}", f"{40 + number} crowns") for number in range(1, 21)]
TABLES = {
    "outer pipes": "| Berth | Fee |\n|---|---|\n" + "".join(f"| {berth} | {fee} |\n" for berth, fee in ROWS),
    "no outer pipes": "Berth | Fee\n---|---\n" + "".join(f"{berth} | {fee}\n" for berth, fee in ROWS),
    "quoted": "> | Berth | Fee |\n> |---|---|\n" + "".join(f"> | {berth} | {fee} |\n" for berth, fee in ROWS),
    "html": "<table><tr><th>Berth</th><th>Fee</th></tr>\n"
    + "".join(f'<tr><td colspan="1">{berth}</td><td>{fee}</td></tr>\n' for berth, fee in ROWS)
    + "</table>\n",
    "csv": "```csv\nBerth,Fee\n" + "".join(f'{berth},"{fee}"\n' for berth, fee in ROWS) + "```\n",
    "semicolons": "Berth;Fee;Paid\n" + "".join(f"{berth};{fee};yes\n" for berth, fee in ROWS),
    "grid": "+----------+-----------+\n| Berth    | Fee       |\n+==========+===========+\n"
    + "".join(f"| {berth:8} | {fee:9} |\n+----------+-----------+\n" for berth, fee in ROWS),
    "grid of a database": "+----------+-----------+\n| Berth    | Fee       |\n+----------+-----------+\n"
    + "".join(f"| {berth:8} | {fee:9} |\n" for berth, fee in ROWS)
    + "+----------+-----------+\n",
    "tsv": "Berth\tFee\n" + "".join(f"{berth}\t{fee}\n" for berth, fee in ROWS),
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("quote", ["as it stands", "cells"])
def test_every_table_that_chunking_finds_has_rows_to_coverage(tmp_path: Path, table: str, quote: str) -> None:
    """Of twenty rows of any form one is asked about; the title above, underlined or not, is no sentence."""
    write_document(tmp_path, "mill", f"Harbour fees\n====\n\n{table}")
    run(chunk.main, tmp_path)
    (made,) = read_jsonl(tmp_path / "chunks" / "mill.jsonl", Chunk)
    assert made.kind == "table"
    evidence = next(line for line in table.splitlines() if "Berth 7" in line)
    evidence = evidence if quote == "as it stands" else "Berth 7 47 crowns"
    asked = pair_of("p", "What is the fee of berth 7?", "47 crowns", evidence, chunk=made.id)
    write_jsonl(tmp_path / "qa" / "r" / "mill.jsonl", [asked])
    run(curate.main, tmp_path, "--set=curate.rules_only=true")
    assert [pair.id for pair in read_jsonl(tmp_path / "qa" / "r" / "curated" / "mill.jsonl", Pair)] == ["p"]
    run(coverage.main, tmp_path)
    told = json.loads((tmp_path / "plots" / "coverage-mill.json").read_text())["together"]
    assert (told["rows"]["asked"], told["rows"]["of"], told["sentences"]["of"]) == (1, 20, 0)


def test_merge_keeps_the_minimum_beside_the_maximum(tmp_path: Path) -> None:
    """Two runs that ask about opposites lose neither question."""
    about = "weight of a rowing skiff in the Ellary league"
    others = [
        "Who signs the race form of the Ellary league?",
        "When does the winter series of Ellary begin?",
        "How many oars does an Ellary gig carry?",
        "Where do Ellary crews weigh in?",
        "Which flag stops a race in Ellary?",
        "What does the Ellary entry fee pay for?",
        "Who may appeal against an Ellary penalty?",
        "How long is the Ellary harbour course?",
    ]
    first = [pair_of("a", f"What is the maximum {about}?", "90 kg", "The maximum weight of a skiff is 90 kg.")]
    first += [pair_of(f"a{number}", question, "x", "x") for number, question in enumerate(others)]
    second = [pair_of("b", f"What is the minimum {about}?", "60 kg", "The minimum weight of a skiff is 60 kg.")]
    write_jsonl(tmp_path / "qa" / "a" / "mill.jsonl", first)
    write_jsonl(tmp_path / "qa" / "b" / "mill.jsonl", second)
    run(merge.main, tmp_path, "a", "b", "--out", "both")
    assert len(read_jsonl(tmp_path / "qa" / "both" / "mill.jsonl", Pair)) == 10


SPOKEN = {
    "da": "Båden skal være ved startlinjen fem minutter før start. Styrmanden skal bære hjelm, hvis vinden er stærk.",
    "fi": "Veneen on oltava lähtöviivalla viisi minuuttia ennen lähtöä. Perämiehen on käytettävä kypärää.",
    "hu": "A hajónak öt perccel a rajt előtt a rajtvonalnál kell lennie. A kormányosnak sisakot kell viselnie.",
    "no": "Båten skal være ved startlinjen fem minutter før start. Styrmannen må bruke hjelm når vinden er sterk.",
    "vi": "Thuyền phải có mặt tại vạch xuất phát năm phút trước khi bắt đầu. Người lái phải đội mũ bảo hiểm.",
}


@pytest.mark.parametrize("language", SPOKEN)
def test_a_chunk_says_its_language_to_all_that_read_it(tmp_path: Path, language: str) -> None:
    """A language that no list of ours names is not English to the rules of any later stage."""
    write_document(tmp_path, "mill", SPOKEN[language])
    run(chunk.main, tmp_path)
    (reading,) = read_chunks(tmp_path / "chunks" / "mill.jsonl")
    assert (reading.chunk.language, reading.source_text.word_language, len(reading.statements)) == (
        language,
        language,
        2,
    )
    old = Reading(msgspec.structs.replace(reading.chunk, language=""))  # a file written before chunks had one
    assert (old.language, old.statements) == (language, reading.statements)


def test_a_chunk_without_its_language_still_reads(tmp_path: Path) -> None:
    """Files of an earlier version, whose chunks name no language, are read as they are."""
    fields = json.loads(msgspec.json.encode(chunk_of(0, OPENS)))
    del fields["language"]
    write_text(tmp_path / "mill.jsonl", json.dumps(fields) + "\n")
    assert [reading.language for reading in read_chunks(tmp_path / "mill.jsonl")] == ["en"]


def test_a_language_set_by_hand_is_every_chunks(tmp_path: Path) -> None:
    """chunk.language goes before what the text looks like."""
    write_document(tmp_path, "mill", SPOKEN["da"])
    run(chunk.main, tmp_path, "--set=chunk.language=no")
    assert [reading.language for reading in read_chunks(tmp_path / "chunks" / "mill.jsonl")] == ["no"]


def full(kind: type[T], /, **known: Any) -> T:
    """A record of `kind` whose fields all hold something: those `known`, and for each other one a value of its type."""
    values = {float: 0.5, int: 1, str: "x", bool: True, list[str]: ["x"], list[int]: [1], dict[str, Any]: {"x": 1}}
    values |= {float | None: 0.5, int | None: 1, PageAudit | None: None, dict[str, int]: {"x": 1}, list[float]: [0.5]}
    if kind is Page:
        known.setdefault("audit", full(PageAudit))
    hints = {name: _where_there(hint) for name, hint in get_type_hints(kind).items()}
    if kind in (Coverage, DocumentCoverage):
        values |= {FigureCount: full(FigureCount), list[FigureAsked]: [full(FigureAsked)]}
        values |= {list[Contradiction]: [full(Contradiction, chunk="mill-0")]} if kind is DocumentCoverage else {}
    return kind(**{name: known[name] if name in known else values[hints[name]] for name in kind.__struct_fields__})


def _where_there(hint: Any) -> Any:
    """The type of a field that may be left out, where it is there."""
    parts = get_args(hint)
    return next(part for part in parts if part is not msgspec.UnsetType) if msgspec.UnsetType in parts else hint


def filled() -> dict[str, list[Record]]:
    """Every file that one stage writes for others, below data/, with records in which every field is told."""
    text = f"# Mill\n\n{OPENS} {CLOSES}\n"
    pages = [full(Page, number=1, start=0, end=len(text), contents=False)]
    piece = full(
        Chunk, id="mill-0", document="mill", index=0, kind="text", text=text, start=0, end=len(text), length=len(text),
        added="", closing="", skip="", language="en",
    )  # fmt: skip
    wording = [
        ("When does the tide mill of Orrin open its gates?", "At 06:30.", OPENS),
        ("When does the tide mill of Orrin close its gates?", "At 18:45.", CLOSES),
        ("Which gates does the mill of Orrin open at 06:30?", "Its tide gates.", OPENS),
        ("What is done with the gates of Orrin at 18:45?", "They close.", CLOSES),
    ]
    checks = {"worth": {"score": 1.0, "passed": True, "why": "", "checker": "rule"}}
    asked = [
        full(
            Pair, id=f"p{number}", document="mill", chunk="mill-0", question=question, answer=answer, evidence=[quote],
            evaluation_criteria=[f"States: {answer}"], difficulty="easy", checks=checks, also=["mill-0"],
        )
        for number, (question, answer, quote) in enumerate(wording)
    ]  # fmt: skip
    spans = [full(Span, start=8, end=8 + len(OPENS), kind="sentence", touched_by=["p0"])]
    covered = full(
        DocumentCoverage, document="mill", chunks=[full(Coverage, document="mill", chunk="mill-0", spans=spans)],
        runs=[full(ChunkRun, chunk="mill-0", new=[4])],
    )  # fmt: skip
    return {
        "text/mill.json": [full(Document, id="mill", characters=len(text), pages=pages)],
        "summaries/mill.json": [full(Summary, document="mill")],
        "chunks/mill.jsonl": [piece],
        "qa/r/mill.jsonl": list(asked),
        "qa/r/rejected/mill.jsonl": [full(Rejected, document="mill", chunk="mill-0")],
        "qa/r/coverage/mill.json": [covered],
        "tags/r.jsonl": [full(Tags, id=one.id, question=one.question, tags=["mill"]) for one in asked],
    }


STAGES_THAT_READ = {
    "generate_qa": ("--dry-run", "--set=llm.api_key_env="),
    "curate": ("--set=curate.rules_only=true",),
    "merge": ("r", "s", "--out", "both"),
    "coverage": (),
    "create_dataset": ("r", "--no-eval-split"),
    "generate_embeddings": (),
}


@pytest.mark.parametrize("stage", STAGES_THAT_READ)
def test_every_record_with_every_field_is_read_by_the_next(tmp_path: Path, stage: str) -> None:
    """No stage stumbles over a field that another one writes."""
    files = filled()
    write_text(tmp_path / "text" / "mill.md", f"# Mill\n\n{OPENS} {CLOSES}\n")
    for name, file_records in files.items():
        if name.endswith(".json"):
            write_json(tmp_path / name, file_records[0])
        else:
            write_jsonl(tmp_path / name, file_records)
    other = pair_of("o", "Who built the tide mill of Orrin?", "The miller.", OPENS)
    write_jsonl(tmp_path / "qa" / "s" / "mill.jsonl", [other])
    module = importlib.import_module(f"groundwork.stages.{stage}")
    run(module.main, tmp_path, *STAGES_THAT_READ[stage])


def test_the_table_of_records_is_whole() -> None:
    """A new kind of record is added to the table above."""
    written = {type(record) for file_records in filled().values() for record in file_records}
    kinds = {kind for kind in Record.__subclasses__() if kind.__module__ == records.__name__}
    inner = {PageAudit, Page, Span, Coverage, ChunkRun, FigureAsked, FigureCount, Contradiction}
    of_later_stages = {Row, InvalidRow, Draw, CriterionGrade, Grade, CheckedAnswer, MeasuredRow}  # see tests of grade
    assert written | inner | of_later_stages == kinds  # the inner ones stand within others
