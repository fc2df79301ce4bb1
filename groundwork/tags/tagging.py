"""Tags of questions by one language model: asked in batches, checked, and each question asked about once.

Known tags come from a dataset's own file (where a person may have changed them), then from the store of everything
that this model and prompt ever tagged; so adding ten questions tags ten, and two datasets that share a question
share its tags.

All batches take their tags from one vocabulary. They are asked in waves of one, two, four, ... batches side by side: a
wave knows the tags that those before it added, and its own additions are taken in the order of its batches, so that the
result depends on the replies alone. The store is written at the end; what a stopped run has paid for is replayed from
the journal.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from groundwork.errors import BadRecord, InvalidReply, UnitError
from groundwork.llm.prompts import placeholders, render_turns
from groundwork.llm.structured_output import strict_schema
from groundwork.llm.task_group import gather_all
from groundwork.records.artifacts import read_jsonl
from groundwork.records.tags_record import Tags
from groundwork.tags.tag_files import TagStore
from groundwork.tags.vocabulary import PROPOSED, TagVocabulary, size_for, too_common
from groundwork.tags.vocabulary import read_vocabulary as read_vocabulary
from groundwork.tags.vocabulary import write_vocabulary as write_vocabulary

if TYPE_CHECKING:
    from groundwork.console.command import Job
    from groundwork.dataset.dataset_sources import Dataset
    from groundwork.settings.question_settings import TagSettings

MOST_WORDS = 3
SAMPLE = 200  # questions from which a vocabulary is proposed


class TaggedQuestion(msgspec.Struct):
    number: int
    tags: list[str]


class TaggedBatch(msgspec.Struct):
    questions: list[TaggedQuestion]
    new_tags: list[str] = []


class Proposal(msgspec.Struct):
    tags: list[str]


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
    if not 1 <= len(tags) <= wanted:
        return f"has {len(tags)} tags instead of 1 to {wanted}"
    if "" in tags:
        return "has an empty tag"
    if len(set(tags)) < len(tags):
        return f"has the tag {next(tag for tag in tags if tags.count(tag) > 1)!r} twice"
    return ""


async def tag(job: Job, dataset: Dataset, file: Path, sample: Sequence[str] = ()) -> Tagged:
    """Tags for every question of `dataset`. `file`: its tags so far, if there are some.

    `sample`: questions of all datasets of the run, from which the vocabulary is proposed where there is none; absent:
    those of this one. A question whose tags stay unusable is left out and listed; it takes no other with it.
    """
    settings, store = job.config.tags, _store(job)
    async with job.order_lock:  # one dataset after the other, for each takes up the tags of those before it
        known, unknown_prompt = _known(job, store, dataset, file)
        missing = list(dict.fromkeys(question for question in dataset.questions if question not in known))
        vocabulary = _vocabulary(job, [*dataset.questions, *sample], known)
        job.progress.start(len(missing), "questions")
        if missing and not vocabulary.tags and settings.vocabulary_prompt and len(missing) > settings.batch:
            await _propose(job, vocabulary, sample or missing)
        tagged, failed = await _in_waves(job, vocabulary, dataset.name, missing)
        if struck := too_common({**_tagged_before(job), **known, **tagged}) if settings.vocabulary_prompt else []:
            vocabulary.strike(struck)
            again = [question for question, tags in tagged.items() if not set(struck).isdisjoint(tags)]
            better, worse = await _in_waves(job, vocabulary, dataset.name, again)
            tagged, failed = tagged | better, failed | worse
        store.write(tagged)
        if settings.vocabulary_prompt and missing:
            write_vocabulary(_vocabulary_files(job)[-1], vocabulary)
    known |= tagged
    prompts = dict.fromkeys(known, _prompt_id(job)) | dict.fromkeys(unknown_prompt, "")
    return Tagged(
        rows=[
            Tags(
                id=row.id,
                question=row.question,
                tags=known[row.question],
                model=settings.model,
                prompt=prompts[row.question],
            )
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


def tagging_requests(job: Job, dataset: Dataset, file: Path) -> list[tuple[int, list[dict[str, Any]], dict[str, Any]]]:
    """What `tag` would ask: for each call the tags of its reply, the conversation and the reply's schema."""
    settings = job.config.tags
    known, _ = _known(job, _store(job), dataset, file)
    missing = list(dict.fromkeys(question for question in dataset.questions if question not in known))
    vocabulary, made = _vocabulary(job, dataset.questions, known), []
    if settings.vocabulary_prompt and not vocabulary.tags and missing:
        likely = round(PROPOSED * vocabulary.most)
        if len(missing) > settings.batch:
            made.append((likely, _proposal_turns(job, vocabulary, missing), strict_schema(Proposal)))
        vocabulary.add(f"likely-topic-{number}" for number in range(likely))
    batches = _batches(missing, settings.batch)
    for batch in batches:
        turns = _turns(job, batch, vocabulary, vocabulary.room)
        made.append((len(batch) * settings.max_tags, turns, _schema(len(batch), settings)))
    return made


def _vocabulary_files(job: Job) -> list[Path]:
    """Where the shared tags stand: for all, and, in a shard, its own on top."""
    files = [job.data.path("tags", "vocabulary.json"), job.data.cache("tags") / "vocabulary.json"]
    return list(dict.fromkeys(files))


def _vocabulary(job: Job, asked: Sequence[str], known: dict[str, list[str]]) -> TagVocabulary:
    """The shared tags, and those that known questions have; as many as `asked` and all tagged questions allow."""
    settings = job.config.tags
    questions = {*asked, *_tagged_before(job)}
    most = size_for(len(questions), settings.questions_per_tag, settings.max_tags)
    vocabulary = read_vocabulary(_vocabulary_files(job) if settings.vocabulary_prompt else [], most)
    vocabulary.add(tag for tags in known.values() for tag in tags)
    return vocabulary


def _tagged_before(job: Job) -> dict[str, list[str]]:
    """The tags of every dataset so far, by question."""
    files = sorted(job.data.cache("tags").glob("*.jsonl"))
    return {row.question: row.tags for file in files for row in read_jsonl(file, Tags)}


async def _propose(job: Job, vocabulary: TagVocabulary, questions: Sequence[str]) -> None:
    """Fill an empty vocabulary from a sample; where no list comes, the batches begin without one."""
    settings = job.config.tags
    fewest, most = settings.max_tags, round(PROPOSED * vocabulary.most)

    complained = False

    def check(value: Proposal) -> str | None:
        """A list that is too long is sent back once; after that its beginning is taken."""
        nonlocal complained
        distinct = {normalise(tag) for tag in value.tags} - {""}
        if len(distinct) < fewest or (len(distinct) > most and not complained):
            complained = True
            return f"Propose {fewest} to {most} different tags."
        return None

    try:
        reply = await job.client.ask(
            settings,
            _proposal_turns(job, vocabulary, questions),
            stage="generate_tags",
            unit="vocabulary",
            schema=Proposal,
            check=check,
        )
    except UnitError:
        return
    vocabulary.add([tag for given in reply.value.tags if (tag := normalise(given))][:most])


def _proposal_turns(job: Job, vocabulary: TagVocabulary, questions: Sequence[str]) -> list[dict[str, Any]]:
    settings = job.config.tags
    some = questions[:: -(-len(questions) // SAMPLE)]
    return render_turns(
        job.prompt(settings.vocabulary_prompt),
        max_tags=str(settings.max_tags),
        count=str(round(PROPOSED * vocabulary.most)),
        questions="\n".join(f"- {' '.join(question.split())}" for question in some),
    )


async def _in_waves(
    job: Job, vocabulary: TagVocabulary, unit: str, questions: list[str]
) -> tuple[dict[str, list[str]], dict[str, UnitError]]:
    """Tags by question, and errors by question, of batches that are asked in growing waves."""
    tagged: dict[str, list[str]] = {}
    failed: dict[str, UnitError] = {}
    batches, width = _batches(questions, job.config.tags.batch), 1
    while batches:
        wave, batches = batches[:width], batches[width:]
        room = -(-vocabulary.room // (len(wave) + len(batches)))
        replies = await gather_all(_tag_batch(job, unit, batch, vocabulary, room) for batch in wave)
        for raw, errors in replies:
            tagged |= {question: _settled(job, vocabulary, tags) for question, tags in raw.items()}
            failed |= errors
        width *= 2
    return tagged, failed


def _settled(job: Job, vocabulary: TagVocabulary, tags: list[str]) -> list[str]:
    settings = job.config.tags
    return vocabulary.settled(tags, settings.max_tags) if settings.vocabulary_prompt else tags


def _store(job: Job) -> TagStore:
    settings = job.config.tags
    path, joined = job.data.cache("tags") / "store.db", job.data.joined_cache("tags")
    known = None if joined is None else joined / path.name
    return TagStore(path, settings.model, job.prompt(settings.prompt), settings.max_tags, known)


def _known(job: Job, store: TagStore, dataset: Dataset, file: Path) -> tuple[dict[str, list[str]], set[str]]:
    """Tags by question, and the questions of which it is not known by which prompt they got theirs."""
    settings = job.config.tags
    if job.flags.force:
        return {}, set()
    written = _from_file(file, settings.model, settings.max_tags, _prompt_id(job))
    tags = {row.question: row.tags for row in written}
    return store.read(dataset.questions) | tags, {row.question for row in written if not row.prompt}


def _batches(questions: list[str], size: int) -> list[list[str]]:
    return [questions[start : start + size] for start in range(0, len(questions), size)]


async def _tag_batch(
    job: Job, unit: str, batch: list[str], vocabulary: TagVocabulary, room: int
) -> tuple[dict[str, list[str]], dict[str, UnitError]]:
    """Tags by question, and errors by question. A batch that stays unusable is halved until the culprit is alone."""
    try:
        tagged = await _ask(job, unit, batch, vocabulary, room)
    except InvalidReply as error:
        if len(batch) == 1:
            job.progress.advance(1)
            return {}, {batch[0]: error}
        middle = len(batch) // 2
        parts = (batch[:middle], batch[middle:])
        halves = await gather_all(_tag_batch(job, unit, half, vocabulary, room) for half in parts)
        return halves[0][0] | halves[1][0], halves[0][1] | halves[1][1]
    except UnitError as error:
        job.progress.advance(len(batch))
        return {}, dict.fromkeys(batch, error)
    job.progress.advance(len(batch))
    return tagged, {}


async def _ask(job: Job, unit: str, batch: list[str], vocabulary: TagVocabulary, room: int) -> dict[str, list[str]]:
    settings, complained = job.config.tags, False

    def check(value: TaggedBatch) -> str | None:
        """A tag that was not announced is sent back once; after that the vocabulary settles it."""
        nonlocal complained
        problem = _problem(value, len(batch), settings.max_tags)
        if problem or complained or not settings.vocabulary_prompt:
            return problem
        complained = bool(unannounced := _unannounced(value, vocabulary, room))
        return unannounced or None

    reply = await job.client.ask(
        settings,
        _turns(job, batch, vocabulary, room),
        stage="generate_tags",
        unit=unit,
        schema=TaggedBatch,
        json_schema=_schema(len(batch), settings),
        check=check,
    )
    return {batch[entry.number - 1]: [normalise(tag) for tag in entry.tags] for entry in reply.value.questions}


def _unannounced(reply: TaggedBatch, vocabulary: TagVocabulary, room: int) -> str:
    """What is wrong with a reply's new tags, for the correction turn; "" when nothing is."""
    if len(vocabulary.tags) < MOST_WORDS * 2:
        return ""  # nothing to take from yet
    used = vocabulary.foreign(normalise(tag) for entry in reply.questions for tag in entry.tags)
    told = {normalise(tag) for tag in reply.new_tags}
    if len(used) > room:
        return f"Only {room} new tags may be added; take others of the list in place of some of: {', '.join(used)}."
    if strange := [tag for tag in used if tag not in told]:
        return f"Take tags of the list, or put these under new_tags: {', '.join(strange)}."
    return ""


def _turns(job: Job, batch: list[str], vocabulary: TagVocabulary, room: int) -> list[dict[str, Any]]:
    settings = job.config.tags
    template, kept = job.prompt(settings.prompt), bool(settings.vocabulary_prompt)
    numbered = "\n".join(f"{number}. {' '.join(question.split())}" for number, question in enumerate(batch, start=1))
    told = {
        "room": str(room),
        "vocabulary": ", ".join(vocabulary.tags if kept else []) or "(none yet: all tags are new)",
        "too_common": ", ".join(vocabulary.too_common) or "(none)",
    }
    if not kept:  # then a prompt may leave these out
        told = {name: value for name, value in told.items() if name in placeholders(template)}
    return render_turns(template, max_tags=str(settings.max_tags), questions=numbered, **told)


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


def _schema(count: int, settings: TagSettings) -> dict[str, Any]:
    """The JSON Schema of a reply: so many entries of one to so many tags; new tags apart where a vocabulary is kept."""
    wanted, announced = settings.max_tags, bool(settings.vocabulary_prompt)
    tags = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": wanted}
    number = {"type": "integer", "minimum": 1, "maximum": count}
    return {
        "type": "object",
        "properties": {
            **({"new_tags": {"type": "array", "items": {"type": "string"}}} if announced else {}),
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
            },
        },
        "required": [*(["new_tags"] if announced else []), "questions"],
        "additionalProperties": False,
    }


def _prompt_id(job: Job) -> str:
    return hashlib.sha256(job.prompt(job.config.tags.prompt).encode()).hexdigest()[:8]


def _from_file(file: Path, model: str, wanted: int, prompt: str) -> list[Tags]:
    """The rows of a dataset's file that this model gave by this prompt, hand edits included, and so checked.

    Raises BadRecord that names the file and the question.
    """
    written = read_jsonl(file, Tags) if file.exists() else []
    rows = [row for row in written if row.model == model and row.prompt in ("", prompt)]
    if max((len(row.tags) for row in rows), default=0) != wanted:
        return []  # tagged when another number was wanted
    found = [msgspec.structs.replace(row, tags=[normalise(tag) for tag in row.tags]) for row in rows]
    for row in found:
        if problem := problem_of(row.tags, wanted):
            raise BadRecord(f"{file}: the question {row.id!r} {problem}; fix the line")
    return found
