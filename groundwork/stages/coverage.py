"""Draw on each document what the questions of one or several runs ask about, and list what nobody asks.

Reads   data/text/<document>.md and .json, data/chunks/<document>.jsonl, and of each run data/qa/<run>/<document>.jsonl,
        or what curation kept of it
Writes  data/plots/coverage-<document>.html and .json
Run     uv run visualization/coverage.py [RUN ...] [--document NAME]
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from groundwork.console import terminal_table
from groundwork.console.command import Command, Job, Outcome, Unit
from groundwork.console.next_steps import from_here
from groundwork.errors import BadRecord, UsageError
from groundwork.records.artifacts import read_json, read_jsonl, read_text, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from groundwork.dataset.loading import DatasetSource
    from groundwork.embedding.encoder import Encoder
    from groundwork.maps.document_coverage import Asked, Count, CoverageItem, Declined, Kind, Nearest, Section
    from groundwork.records.types import Chunk

SHOWN_SECTIONS = 40  # lines in the terminal
SHOWN_GAPS = 5
BAR = 20  # characters
RUNS = "runs of data/qa, curated where curation has run (RUN/raw: as generated); default: all of them"
LIKELY = 0.45  # cosine from which the static embedder's nearest statement is taken for the question's own


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", metavar="RUN", nargs="*", help=RUNS)


def units(job: Job) -> list[Unit]:
    """One unit a document that any of the runs asked about."""
    asked_about: dict[str, dict[str, Path]] = {}
    for run in _runs(job):
        for file in run.files:
            asked_about.setdefault(file.stem, {})[run.name] = file
    result = []
    known = job.documents_in("chunks", ".jsonl")
    if lost := sorted(asked_about.keys() - set(known) if not job.flags.document else ()):
        named = ", ".join(lost[:SHOWN_GAPS])
        job.progress.say(f"no chunks of {named}, which were asked about; run first: uv run dataprep/chunk.py")
    for document in known:
        files = asked_about.get(document)
        if not files:
            continue
        source = (
            job.data.path("text", f"{document}.md"),
            job.data.path("text", f"{document}.json"),
            job.data.path("chunks", f"{document}.jsonl"),
        )
        plots = tuple(job.data.path("plots", f"coverage-{document}{ending}") for ending in (".html", ".json"))
        declined = [path for run in files if (path := _coverage_file(job, run, document)).exists()]
        result.append(Unit(document, reads=(*source, *files.values(), *declined), writes=plots, payload=files))
    return result


def process(job: Job, unit: Unit) -> Outcome:
    """Write the page and the numbers of one document, and say the main ones."""
    from groundwork.maps.document_coverage import asked
    from groundwork.maps.draw.coverage_page import write_coverage
    from groundwork.markdown.chunk_reading import read_chunks
    from groundwork.records.types import Document, Pair

    text_file, document_file, chunk_file = unit.reads[:3]
    text, document = read_text(text_file), read_json(document_file, Document)
    pairs = {run: read_jsonl(file, Pair) for run, file in unit.payload.items()}
    readings = read_chunks(chunk_file)
    _refuse_other_text(text, text_file, [reading.chunk for reading in readings])
    runs = {run: [pair for pair in own if pair.question.strip()] for run, own in pairs.items()}
    blank = sum(len(own) - len(runs[run]) for run, own in pairs.items())
    found = asked(document.id, document.title, text, readings, runs, _nearest(job), _declined(job, document.id, runs))
    write_coverage(found, text, document.pages, unit.writes[0])
    write_json(unit.writes[1], numbers(found, text))
    for line in report(found, text) if job.in_detail else ():
        job.progress.say(line)
    lost = sum(not question.placed for question in found.questions)
    return Outcome(
        status="ok" if found.questions else "empty",
        note=f"{_percent(found.counts()['']['sentence'])} of the sentences -> {from_here(unit.writes[0])}",
        counts={"questions": len(found.questions), "not asked": len(gaps(found))},
        warnings=[*([_unplaced(lost)] if lost else []), *([_blank(blank)] if blank else [])],
    )


def _declined(job: Job, document: str, runs: Iterable[str]) -> dict[str, Declined]:
    """What the model of each run found nothing worth asking in, from the run's own coverage file where there is one."""
    from groundwork.records.types import DocumentCoverage

    result: dict[str, Declined] = {}
    for run in runs:
        file = _coverage_file(job, run, document)
        if file.exists():
            result[run] = {
                one.chunk: {(span.start, span.end, span.kind): span.declined for span in one.spans if span.declined}
                for one in read_json(file, DocumentCoverage).chunks
            }
    return result


def _coverage_file(job: Job, run: str, document: str) -> Path:
    return job.data.path("qa", run.removesuffix("/raw"), "coverage", f"{document}.json")


def _refuse_other_text(text: str, file: Path, chunks: Sequence[Chunk]) -> None:
    """Raise BadRecord where the chunks are not of this text: what is covered would be counted at other places."""
    for chunk in chunks:
        if chunk.added + text[chunk.start : chunk.end] + chunk.closing != chunk.text:
            raise BadRecord(
                f"{file.name}: changed since it was chunked (chunk {chunk.index + 1} stands elsewhere or nowhere); "
                "run first: uv run dataprep/chunk.py and uv run dataprep/generate_qa.py"
            )


def _unplaced(lost: int) -> str:
    return f"{lost:,} question{'s' * (lost > 1)} could not be placed on the text; was it chunked anew?"


def _blank(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'} without a question {'was' if count == 1 else 'were'} left out"


def numbers(found: Asked, text: str) -> dict[str, Any]:
    """The JSON beside the page: coverage by run and together, of the whole, of each section, and what nobody asks."""
    whole = found.counts()
    return {
        "document": found.document,
        "title": found.title,
        "runs": [{"run": run, **_questions(found, run), **_shares(whole[run])} for run in found.runs],
        "together": _shares(whole[""]),
        "sections": [
            {
                "headings": section.headings,
                "start": section.start,
                "end": section.end,
                "together": _shares((own := found.counts(section.start, section.end))[""]),
                "runs": {run: _shares(own[run]) for run in found.runs},
            }
            for section in found.sections
        ],
        "not_asked": [
            {"kind": place.kind, "start": place.start, "end": place.end, "text": text[place.start : place.end]}
            for place in gaps(found)
        ],
        "declined": [
            {
                "kind": place.kind,
                "start": place.start,
                "end": place.end,
                "text": text[place.start : place.end],
                "reasons": place.declined,
            }
            for place in found.places
            if place.declined and not place.asked and place.kind != "number"
        ],
    }


def _questions(found: Asked, run: str) -> dict[str, int]:
    own = [question for question in found.questions if question.run == run]
    return {"questions": len(own), "not_placed": sum(not question.placed for question in own)}


def gaps(found: Asked) -> list[CoverageItem]:
    """The open sentences and rows, that no question covers and nobody declined, and the open numbers of the others."""
    result: list[CoverageItem] = []
    open_until = 0  # end of the untouched statement that the numbers behind it may lie in
    for place in found.places:
        if not place.open or (place.kind == "number" and place.end <= open_until):
            continue
        if place.kind != "number":
            open_until = place.end
        result.append(place)
    return result


def report(found: Asked, text: str) -> list[str]:
    """The lines for the terminal."""
    whole = found.counts()
    rows = [["", "sentences", "numbers", "rows", "declined", "questions"]]
    for run in [*found.runs, *([""] if len(found.runs) > 1 else [])]:
        questions = sum(not run or question.run == run for question in found.questions)
        shares = [_percent(whole[run][kind]) for kind in ("sentence", "number", "row")]
        declined = sum(count.declined for kind, count in whole[run].items() if kind != "number")
        rows.append([run or "all together", *shares, f"{declined:,}", f"{questions:,}"])
    lines = [f"{found.document}: {found.title}", *terminal_table.lines(rows)]
    lines += [line for section in found.sections[:SHOWN_SECTIONS] for line in _bar(found, section)]
    if len(found.sections) > SHOWN_SECTIONS:
        lines.append(f"  ... and {len(found.sections) - SHOWN_SECTIONS} more sections")
    left = [place for place in gaps(found) if place.kind != "number"]
    lines += [f"  nobody asks: {_short(text[place.start : place.end])}" for place in left[:SHOWN_GAPS]]
    if len(left) > SHOWN_GAPS:
        lines.append(f"  ... and {len(left) - SHOWN_GAPS} more; the page lists them")
    return lines


def _bar(found: Asked, section: Section) -> list[str]:
    """One line: the share of a section's sentences and rows that anybody asks about; none where it has no text."""
    counted = found.counts(section.start, section.end)[""]
    of = counted["sentence"].of + counted["row"].of
    if not of:
        return []
    share = (counted["sentence"].asked + counted["row"].asked) / of
    filled = round(BAR * share)
    title = f"{'  ' * (section.level - 1)}{_short(section.title, 60)}"
    return [f"  {'█' * filled}{'░' * (BAR - filled)} {share:4.0%} of {of:3}  {title}"]


def _short(text: str, width: int = 90) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= width else f"{plain[: width - 1]}…"


def _percent(count: Count) -> str:
    return "–" if count.share is None else f"{count.share:.0%}"


def _shares(by_kind: Mapping[Kind, Count]) -> dict[str, Any]:
    """sentences, numbers, rows and touched (all of them), each with its share, 0..1, null where there are none."""
    from groundwork.maps.document_coverage import Count

    everything = Count(**{
        field: sum(getattr(count, field) for count in by_kind.values()) for field in ("of", "asked", "declined")
    })  # fmt: skip
    named = {**{f"{kind}s": count for kind, count in by_kind.items()}, "touched": everything}
    return {
        name: {
            "share": None if count.share is None else round(count.share, 4),
            "asked": count.asked,
            "declined": count.declined,
            "of": count.of,
        }
        for name, count in named.items()
    }


def _runs(job: Job) -> list[DatasetSource]:
    """The runs that the arguments name, or all. Raises UsageError for an unknown or repeated one."""
    from groundwork.dataset.loading import locate_all
    from groundwork.records.runs import nearest_run, runs

    sources = locate_all(job.flags.runs or runs(job.data), job.data)
    for source in sources:
        if source.kind != "run":
            raise UsageError(
                f"{source.name}: no such run in {job.data.path('qa')}; {nearest_run(source.name, job.data)}"
            )
    return sources


def _nearest(job: Job) -> Nearest:
    """By the static embedder, which needs no extra and no download: the statement that each question is about."""
    encoder: Encoder | None = None

    def nearest(questions: list[str], statements: list[str]) -> list[int]:
        nonlocal encoder
        encoder = encoder or _static_encoder(job)
        cosines = encoder.encode(questions, "query") @ encoder.encode(statements, "document").T
        best = cosines.argmax(axis=1)
        return [int(k) if cosines[row, k] >= LIKELY else -1 for row, k in enumerate(best)]

    return nearest


def _static_encoder(job: Job) -> Encoder:
    import msgspec

    from groundwork.embedding.encoder import encoder_for
    from groundwork.settings.dataset_settings import STATIC_MODEL

    settings = msgspec.structs.replace(job.config.embeddings, backend="static", model=STATIC_MODEL, dimensions=0)
    return encoder_for(settings, job.data.cache("embeddings"), joined=job.data.joined_cache("embeddings"))


main = Command(
    name="coverage",
    units=units,
    process=process,
    settings=lambda config: config.chunk.language,
    flags=add_flags,
    version="3",
    shards="documents",
    units_a_process=60,
)
