"""Tags of questions by one language model: asked in batches, checked, and each question asked about once.

Known tags come from a dataset's own file (where a person may have changed them), then from the store of everything
that this model and prompt ever tagged; so adding ten questions tags ten, and two datasets that share a question
share its tags.
"""

from __future__ import annotations

import hashlib
import sqlite3
import unicodedata
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from groundwork.errors import BadRecord, InvalidReply, UnitError
from groundwork.llm.concurrency import together
from groundwork.llm.prompts import conversation
from groundwork.records.artifacts import read_jsonl
from groundwork.records.types import Tags

if TYPE_CHECKING:
    from groundwork.console.command import Job
    from groundwork.dataset.sources import Dataset

MOST_WORDS = 3


class TaggedQuestion(msgspec.Struct):
    number: int
    tags: list[str]


class TaggedBatch(msgspec.Struct):
    questions: list[TaggedQuestion]


@dataclass
class Tagged:
    """The tags of a dataset's rows in their order, and what could not be tagged: (question id, status, reason)."""

    rows: list[Tags]
    asked: int = 0
    failures: list[tuple[str, str, str]] = field(default_factory=list)


def normalise(tag: str) -> str:
    """`tag` in lower case, its words joined by hyphens: `Field Dimensions` and `#field_dimensions` become one.

    Of more than three words the last three stay, for the noun comes last: small models hold on to long names.
    """
    plain = unicodedata.normalize("NFKC", tag).lower().replace("'", "").replace("’", "")
    plain = plain.replace("i\u0307", "i")  # what a Turkish İ becomes
    words = "".join(c if c.isalnum() or unicodedata.category(c).startswith("M") else " " for c in plain).split()
    return "-".join(words[-MOST_WORDS:])


def problem_of(tags: list[str], wanted: int) -> str:
    """What is wrong with a question's tags after normalising; "" when nothing is."""
    if len(tags) != wanted:
        return f"has {len(tags)} tags instead of exactly {wanted}"
    if "" in tags:
        return "has an empty tag"
    if len(set(tags)) < len(tags):
        return f"has the tag {next(tag for tag in tags if tags.count(tag) > 1)!r} twice"
    return ""


async def tag(job: Job, dataset: Dataset, file: Path) -> Tagged:
    """Tags for every question of `dataset`. `file`: its tags so far, if there are some.

    A question whose tags stay unusable is left out and listed; it takes no other question with it.
    """
    settings, store = job.config.tags, _store(job)
    known = _known(job, store, dataset, file)
    batches = _batches(job, dataset, known)
    missing = [question for batch in batches for question in batch]
    job.progress.start(len(missing), "questions")
    results = await together(_tag_batch(job, store, dataset.name, batch) for batch in batches)
    failed: dict[str, UnitError] = {}
    for tagged, errors in results:
        known |= tagged
        failed |= errors
    return Tagged(
        rows=[
            Tags(id=row.id, question=row.question, tags=known[row.question], model=settings.model)
            for row in dataset.rows
            if row.question in known
        ],
        asked=len(missing),
        failures=[
            (row.id, failed[row.question].status, str(failed[row.question]))
            for row in dataset.rows
            if row.question in failed
        ],
    )


def requests(job: Job, dataset: Dataset, file: Path) -> list[tuple[int, list[dict[str, Any]], dict[str, Any]]]:
    """What `tag` would ask: for each call the number of questions, the conversation and the reply's schema."""
    batches = _batches(job, dataset, _known(job, _store(job), dataset, file))
    return [(len(batch), _turns(job, batch), _schema(len(batch), job.config.tags.max_tags)) for batch in batches]


def _store(job: Job) -> TagStore:
    settings = job.config.tags
    path = job.data.cache("tags") / "store.db"
    return TagStore(path, settings.model, job.prompt(settings.prompt), settings.max_tags)


def _known(job: Job, store: TagStore, dataset: Dataset, file: Path) -> dict[str, list[str]]:
    settings = job.config.tags
    if job.flags.force:
        return {}
    return store.read(dataset.questions) | _from_file(file, settings.model, settings.max_tags)


def _batches(job: Job, dataset: Dataset, known: dict[str, list[str]]) -> list[list[str]]:
    missing, size = list(dict.fromkeys(q for q in dataset.questions if q not in known)), job.config.tags.batch
    return [missing[start : start + size] for start in range(0, len(missing), size)]


async def _tag_batch(
    job: Job, store: TagStore, unit: str, batch: list[str]
) -> tuple[dict[str, list[str]], dict[str, UnitError]]:
    """Tags by question, and errors by question. A batch that stays unusable is halved until the culprit is alone."""
    try:
        tagged = await _ask(job, unit, batch)
    except InvalidReply as error:
        if len(batch) == 1:
            job.progress.advance(1)
            return {}, {batch[0]: error}
        middle = len(batch) // 2
        halves = await together(_tag_batch(job, store, unit, half) for half in (batch[:middle], batch[middle:]))
        return halves[0][0] | halves[1][0], halves[0][1] | halves[1][1]
    except UnitError as error:
        job.progress.advance(len(batch))
        return {}, dict.fromkeys(batch, error)
    store.write(tagged)
    job.progress.advance(len(batch))
    return tagged, {}


async def _ask(job: Job, unit: str, batch: list[str]) -> dict[str, list[str]]:
    settings = job.config.tags
    reply = await job.client.ask(
        settings,
        _turns(job, batch),
        stage="generate_tags",
        unit=unit,
        schema=TaggedBatch,
        json_schema=_schema(len(batch), settings.max_tags),
        check=lambda value: _problem(value, len(batch), settings.max_tags),
    )
    return {batch[entry.number - 1]: [normalise(tag) for tag in entry.tags] for entry in reply.value.questions}


def _turns(job: Job, batch: list[str]) -> list[dict[str, Any]]:
    settings = job.config.tags
    numbered = "\n".join(f"{number}. {' '.join(question.split())}" for number, question in enumerate(batch, start=1))
    return conversation(job.prompt(settings.prompt), max_tags=str(settings.max_tags), questions=numbered)


def _problem(reply: TaggedBatch, count: int, wanted: int) -> str | None:
    """Everything that is wrong with a batch's reply, for the correction turn."""
    problems = [
        f"Question {entry.number} {problem}."
        for entry in reply.questions
        if (problem := problem_of([normalise(tag) for tag in entry.tags], wanted))
    ]
    if sorted(entry.number for entry in reply.questions) != list(range(1, count + 1)):
        problems.insert(0, f"Give one entry for each of the questions 1 to {count}, no other, none twice.")
    return " ".join(problems[:5]) or None


def _schema(count: int, wanted: int) -> dict[str, Any]:
    """The reply's JSON Schema: exactly so many entries, exactly so many tags."""
    tags = {"type": "array", "items": {"type": "string"}, "minItems": wanted, "maxItems": wanted}
    number = {"type": "integer", "minimum": 1, "maximum": count}
    return {
        "type": "object",
        "properties": {
            "questions": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"number": number, "tags": tags},
                    "required": ["number", "tags"],
                    "additionalProperties": False,
                },
                "minItems": count,
                "maxItems": count,
            }
        },
        "required": ["questions"],
        "additionalProperties": False,
    }


def _from_file(file: Path, model: str, wanted: int) -> dict[str, list[str]]:
    """Tags of a dataset's file that this model gave, hand edits included; checked, since a person may have typed them.

    Raises BadRecord that names the file and the question.
    """
    known = {}
    for row in read_jsonl(file, Tags) if file.exists() else []:
        if row.model == model and len(row.tags) == wanted:
            tags = [normalise(tag) for tag in row.tags]
            if problem := problem_of(tags, wanted):
                raise BadRecord(f"{file}: the question {row.id!r} {problem}; mend the line")
            known[row.question] = tags
    return known


class TagStore:
    """Every question that was ever tagged, by model, prompt and number of tags."""

    def __init__(self, file: Path, model: str, prompt: str, wanted: int) -> None:
        self._file = file
        self._made_by = f"{model}\0{wanted}\0{prompt}\0"

    def read(self, questions: Iterable[str]) -> dict[str, list[str]]:
        """The tags of those of `questions` that have some."""
        if not self._file.exists():
            return {}
        with closing(self._open()) as database:
            rows = ((question, self._row(database, question)) for question in dict.fromkeys(questions))
            return {question: msgspec.json.decode(row[0], type=list[str]) for question, row in rows if row}

    def write(self, tagged: dict[str, list[str]]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        rows = [(self._key(question), msgspec.json.encode(tags)) for question, tags in tagged.items()]
        with closing(self._open()) as database, database:
            database.executemany("INSERT OR REPLACE INTO tags VALUES (?, ?)", rows)

    def _row(self, database: sqlite3.Connection, question: str) -> Any:
        return database.execute("SELECT tags FROM tags WHERE key = ?", (self._key(question),)).fetchone()

    def _key(self, question: str) -> bytes:
        return hashlib.sha256((self._made_by + question).encode("utf-8", "surrogatepass")).digest()

    def _open(self) -> sqlite3.Connection:
        try:
            database = sqlite3.connect(self._file, timeout=60)
            database.execute("PRAGMA synchronous = OFF")  # as the journal: safe from kill -9, and no wait for the disk
            database.execute("CREATE TABLE IF NOT EXISTS tags (key BLOB PRIMARY KEY, tags BLOB)")
        except sqlite3.DatabaseError as error:
            raise BadRecord(f"{self._file}: not a store of tags ({error}); delete it, it is made anew") from error
        return database
