"""Tags of questions by one language model: asked in batches, checked, and each question asked about once.

Known tags come from a dataset's own file (where a person may have changed them), then from the store of everything
that this model and prompt ever tagged; so adding ten questions tags ten, and two datasets that share a question
share its tags.

All batches take their tags from one vocabulary. They are asked in waves of one, two, four, ... batches side by side: a
wave knows the tags that those before it added, and its own additions are taken in the order of its batches, so that the
result depends on the replies alone. A batch whose replies stay unusable is halved until the culprit is alone. The store
is written at the end; what a stopped run has paid for is replayed from the journal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from groundwork.data_folder.read_write import read_jsonl
from groundwork.data_folder.runs.run_lookup import tag_file
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import GroundworkError, InvalidReply, UnitError
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.prompts import placeholders, render_turns
from groundwork.llm.replies.structured_output import ReplyRequirements, strict_schema
from groundwork.message_wording import counted
from groundwork.records import Tags
from groundwork.stage_runner.unit_and_outcome import Estimate
from groundwork.tags.tag_files import (
    load_vocabulary,
    new_row,
    open_store,
    read_current_rows,
    read_rows_on_file,
    tags_so_far,
    vocabulary_files,
)
from groundwork.tags.vocabulary_and_synonyms import (
    MAX_TAG_WORDS,
    PROPOSED_SHARE,
    TagVocabulary,
    normalise,
    overused_tags,
    tags_problem,
    write_vocabulary,
)

if TYPE_CHECKING:
    from groundwork.dataset.load_dataset import Dataset
    from groundwork.settings.config_schema import TagSettings
    from groundwork.stage_runner.stage_command import Job


HOPELESS = 5  # questions that failed one by one, after which a model that tagged none is asked no more

Tagged = dict[str, list[str]]
RequestTags = Callable[[list[str]], Awaitable[Tagged]]


@dataclass(frozen=True)
class BatchLimit:
    """What is known of a model: the largest batch worth asking for, and how it did with single questions."""

    largest: int
    failed_alone: int = 0
    has_tagged: bool = False

    @property
    def is_hopeless(self) -> bool:
        return not self.has_tagged and self.failed_alone >= HOPELESS

    def joined(self, others: Iterable[BatchLimit]) -> BatchLimit:
        """With what was learnt side by side by others that began with this one."""
        learnt = list(others)
        return BatchLimit(
            min([self.largest, *(limit.largest for limit in learnt)]),
            self.failed_alone + sum(limit.failed_alone - self.failed_alone for limit in learnt),
            self.has_tagged or any(limit.has_tagged for limit in learnt),
        )


@dataclass
class HalvingTagger:
    """Tags a batch by `request`; `limit` learns on the way.

    One bad question spoils one half of its batch. Where both halves fail, it is their size that the model cannot do.
    """

    request: RequestTags
    limit: BatchLimit
    tagged: Tagged = field(default_factory=dict)
    errors: dict[str, UnitError] = field(default_factory=dict)
    last_problem: str = ""

    async def tag(self, batch: list[str]) -> bool:
        """Fill `tagged` and `errors`, each question in one of them; returns whether the batch went well as it is."""
        if self.limit.is_hopeless:
            problem = f"not asked: no reply to the first {counted(self.limit.failed_alone, 'question')} could be used"
            self.errors |= dict.fromkeys(batch, InvalidReply(f"{problem}: {self.last_problem}"))
            return False
        try:
            self.tagged |= await self.request(batch)
        except InvalidReply as error:
            self.last_problem = str(error)
            await self._tag_apart(batch, error)
            return False
        except UnitError as error:
            self.errors |= dict.fromkeys(batch, error)
            return True  # which has nothing to do with its size
        self.limit = replace(self.limit, has_tagged=True)
        return True

    async def _tag_apart(self, batch: list[str], error: InvalidReply) -> None:
        if len(batch) == 1:
            self.errors[batch[0]] = error
            self.limit = replace(self.limit, failed_alone=self.limit.failed_alone + 1)
            return
        middle = len(batch) // 2
        went_well = [await self._tag_within_limit(half) for half in (batch[:middle], batch[middle:])]
        if not any(went_well):
            self.limit = replace(self.limit, largest=max(1, min(self.limit.largest, middle // 2)))

    async def _tag_within_limit(self, batch: list[str]) -> bool:
        """As `tag`, in parts where the batch is larger than what the model can do by now."""
        size = self.limit.largest
        parts = [batch[start : start + size] for start in range(0, len(batch), size)]
        went_well = [await self.tag(part) for part in parts]
        return len(parts) == 1 and went_well[0]


PROPOSAL_SAMPLE = 200  # questions from which a vocabulary is proposed
TOKENS_A_TAG = 4
MAX_WAVE = 64  # batches side by side, whose requests are all in memory


class Proposal(msgspec.Struct):
    tags: list[str]


@dataclass
class TaggingResult:
    """The tags of a dataset's rows in their order, and what could not be tagged: (question id, status, reason).

    `outdated`: by model the questions whose tags are by other settings than those of now.
    """

    rows: list[Tags]
    asked: int = 0
    outdated: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, str, str]] = field(default_factory=list)


async def tag_dataset(
    job: Job, dataset: Dataset, tags_file: Path, sample: Sequence[str] = (), *, by_any_model: bool = False
) -> TaggingResult:
    """Tags for every question of `dataset`. `tags_file`: its tags so far, if there are some.

    `sample`: questions of all datasets of the run, from which the vocabulary is proposed where there is none; absent:
    those of this one. `by_any_model`: tags on file count whichever model and prompt they are by. A question whose tags
    stay unusable is left out and listed; it takes no other with it. Raises UnitError where none has tags in the end.
    """
    settings, store = job.config.tags, open_store(job)
    async with job.order_lock:  # one dataset after the other, for each takes up the tags of those before it
        current_rows = read_current_rows(job, store, dataset, tags_file)
        known_rows = (read_rows_on_file(job, tags_file) if by_any_model else {}) | current_rows
        known_tags = {question: tagged_row.tags for question, tagged_row in known_rows.items()}
        untagged = list(dict.fromkeys(question for question in dataset.questions if question not in known_tags))
        vocabulary = load_vocabulary(job, [*dataset.questions, *sample], known_tags)
        job.progress.start(len(untagged), "questions")
        if untagged and not vocabulary.tags and settings.vocabulary_prompt and len(untagged) > settings.batch:
            await _propose_vocabulary(job, vocabulary, sample or untagged)
        tagged, errors = await _tag_without_overuse(job, vocabulary, dataset.name, untagged, known_tags)
        store.write(tagged)
        if settings.vocabulary_prompt and untagged and vocabulary.tags:
            write_vocabulary(vocabulary_files(job)[-1], vocabulary)
    current_rows |= {question: new_row(job, question, tags) for question, tags in tagged.items()}
    known_rows |= current_rows
    tagged_rows = _rows_of(dataset, known_rows)
    if errors and not tagged_rows:
        error = next(iter(errors.values()))
        raise type(error)(f"none of {counted(len(dataset.rows), 'question')} could be tagged: {error}")
    return TaggingResult(
        rows=tagged_rows,
        asked=len(untagged),
        outdated=Counter(tagged_row.model for tagged_row in tagged_rows if tagged_row.question not in current_rows),
        failures=[
            (tagged_row.id, errors[tagged_row.question].status, str(errors[tagged_row.question]))
            for tagged_row in dataset.rows
            if tagged_row.question in errors
        ],
    )


def _rows_of(dataset: Dataset, row_of: Mapping[str, Tags]) -> list[Tags]:
    """The tags of the dataset's questions that `row_of` has some for, by its ids."""
    return [
        msgspec.structs.replace(row_of[question_row.question], id=question_row.id)
        for question_row in dataset.rows
        if question_row.question in row_of
    ]


async def _tag_without_overuse(
    job: Job, vocabulary: TagVocabulary, name: str, untagged: list[str], known_tags: Mapping[str, list[str]]
) -> tuple[dict[str, list[str]], dict[str, UnitError]]:
    """Tags by question, and errors; questions with a tag that turns out to be overused are tagged again without it."""
    tagged, errors = await _tag_in_waves(job, vocabulary, name, untagged)
    if not job.config.tags.vocabulary_prompt:
        return tagged, errors
    if overused := overused_tags({**tags_so_far(job), **known_tags, **tagged}):
        vocabulary.strike(overused)
        questions_to_retag = [question for question, tags in tagged.items() if not set(overused).isdisjoint(tags)]
        retagged, retag_errors = await _tag_in_waves(job, vocabulary, name, questions_to_retag)
        tagged = {question: tags for question, tags in (tagged | retagged).items() if question not in retag_errors}
        errors |= retag_errors
    return tagged, errors


def tagging_on_file(data: Workspace, dataset: Dataset, error: GroundworkError) -> TaggingResult:
    """The tags that questions of the dataset have by now, from whichever model, where none can be asked for more.

    `error`: why not, which is raised where no question has tags.
    """
    tags_file = tag_file(data, dataset.source.key)
    file_rows = (
        {tagged_row.question: tagged_row for tagged_row in read_jsonl(tags_file, Tags)} if tags_file.exists() else {}
    )
    tagged_rows = _rows_of(dataset, file_rows)
    if not tagged_rows:
        raise error
    tagged = f"drawn with the tags of {len(tagged_rows):,} of {counted(len(dataset.rows), 'question')}"
    return TaggingResult(tagged_rows, failures=[(dataset.name, "not tagged anew", f"{tagged}: {error}")])


def estimate_tagging(job: Job, dataset: Dataset, tags_file: Path, *, by_any_model: bool = False) -> Estimate:
    """Calls and tokens of `tag_dataset`, from the real prompts, of the questions that have no tags yet."""
    settings = job.config.tags
    requests = _tagging_requests(job, dataset, tags_file, by_any_model=by_any_model)
    prompt_tokens = sum(job.tokens(settings, messages, schema) for _, messages, schema in requests)
    replies = sum(tags * TOKENS_A_TAG + 10 * tags // settings.max_tags for tags, _, _ in requests)
    return Estimate(len(requests), prompt_tokens, replies, settings)


def _tagging_requests(
    job: Job, dataset: Dataset, tags_file: Path, *, by_any_model: bool
) -> list[tuple[int, list[dict[str, Any]], dict[str, Any]]]:
    """What `tag_dataset` would ask: for each call the tags of its reply, the conversation and the reply's schema."""
    settings = job.config.tags
    known_rows = read_rows_on_file(job, tags_file) if by_any_model else {}
    known_rows |= read_current_rows(job, open_store(job), dataset, tags_file)
    known_tags = {question: tagged_row.tags for question, tagged_row in known_rows.items()}
    untagged = list(dict.fromkeys(question for question in dataset.questions if question not in known_tags))
    vocabulary, requests = load_vocabulary(job, dataset.questions, known_tags), []
    if settings.vocabulary_prompt and not vocabulary.tags and untagged:
        expected_tags = round(PROPOSED_SHARE * vocabulary.max_size)
        if len(untagged) > settings.batch:
            requests.append((expected_tags, _proposal_messages(job, vocabulary, untagged), strict_schema(Proposal)))
        vocabulary.add(f"likely-topic-{number}" for number in range(expected_tags))
    batches = _split_batches(untagged, settings.batch)
    for batch in batches:
        messages = _tagging_messages(job, batch, vocabulary, vocabulary.room)
        requests.append((len(batch) * settings.max_tags, messages, reply_schema(len(batch), settings)))
    return requests


async def _propose_vocabulary(job: Job, vocabulary: TagVocabulary, questions: Sequence[str]) -> None:
    """Fill an empty vocabulary from a sample; where no list comes, the batches begin without one."""
    settings = job.config.tags
    lower, upper = settings.max_tags, round(PROPOSED_SHARE * vocabulary.max_size)

    has_complained = False

    def check(proposal: Proposal) -> str | None:
        """A list that is too long is sent back once; after that its beginning is taken."""
        nonlocal has_complained
        distinct = {normalise(tag) for tag in proposal.tags} - {""}
        if len(distinct) < lower or (len(distinct) > upper and not has_complained):
            has_complained = True
            return f"Propose {lower} to {upper} different tags."
        return None

    try:
        reply = await job.client.ask(
            settings,
            _proposal_messages(job, vocabulary, questions),
            stage="generate_tags",
            unit="vocabulary",
            schema=ReplyRequirements(Proposal, check=check),
        )
    except UnitError:
        return
    vocabulary.add([tag for tag_text in reply.value.tags if (tag := normalise(tag_text))][:upper])


def _proposal_messages(job: Job, vocabulary: TagVocabulary, questions: Sequence[str]) -> list[dict[str, Any]]:
    settings = job.config.tags
    sample = questions[:: -(-len(questions) // PROPOSAL_SAMPLE)]
    return render_turns(
        job.prompt(settings.vocabulary_prompt),
        max_tags=str(settings.max_tags),
        count=str(round(PROPOSED_SHARE * vocabulary.max_size)),
        questions="\n".join(f"- {' '.join(question.split())}" for question in sample),
    )


async def _tag_in_waves(
    job: Job, vocabulary: TagVocabulary, unit: str, questions: list[str]
) -> tuple[dict[str, list[str]], dict[str, UnitError]]:
    """Tags by question, and errors by question, of batches that are asked in growing waves."""
    tagged: dict[str, list[str]] = {}
    errors: dict[str, UnitError] = {}
    wave_width, limit = 1, BatchLimit(job.config.tags.batch)
    while questions:
        batches = _split_batches(questions, limit.largest)
        wave = batches[:wave_width]
        questions = questions[sum(map(len, wave)) :]
        room = -(-vocabulary.room // len(batches))
        request = partial(_request_tags, job, unit, vocabulary, room)
        taggers = await gather_all(_tag_batch(job, batch, HalvingTagger(request, limit)) for batch in wave)
        for tagger in taggers:
            tagged |= {question: _settle_tags(job, vocabulary, tags) for question, tags in tagger.tagged.items()}
            errors |= tagger.errors
        wave_width, limit = min(2 * wave_width, MAX_WAVE), limit.joined(tagger.limit for tagger in taggers)
    return tagged, errors


async def _tag_batch(job: Job, batch: list[str], tagger: HalvingTagger) -> HalvingTagger:
    await tagger.tag(batch)
    job.progress.advance(len(batch))
    return tagger


def _settle_tags(job: Job, vocabulary: TagVocabulary, tags: list[str]) -> list[str]:
    settings = job.config.tags
    return vocabulary.settle_tags(tags, settings.max_tags) if settings.vocabulary_prompt else tags


def _split_batches(questions: list[str], batch_size: int) -> list[list[str]]:
    return [questions[start : start + batch_size] for start in range(0, len(questions), batch_size)]


async def _request_tags(
    job: Job, unit: str, vocabulary: TagVocabulary, room: int, batch: list[str]
) -> dict[str, list[str]]:
    settings, has_complained = job.config.tags, False

    def check(tagged_batch: TaggedBatch) -> str | None:
        """A tag that was not announced is sent back once; after that the vocabulary settles it."""
        nonlocal has_complained
        problem = reply_problem(tagged_batch, len(batch), settings.max_tags)
        if problem or has_complained or not settings.vocabulary_prompt:
            return problem
        has_complained = bool(unannounced := unannounced_problem(tagged_batch, vocabulary, room))
        return unannounced or None

    reply = await job.client.ask(
        settings,
        _tagging_messages(job, batch, vocabulary, room),
        stage="generate_tags",
        unit=unit,
        schema=ReplyRequirements(TaggedBatch, reply_schema(len(batch), settings), check),
    )
    return {batch[question.number - 1]: [normalise(tag) for tag in question.tags] for question in reply.value.questions}


def _tagging_messages(job: Job, batch: list[str], vocabulary: TagVocabulary, room: int) -> list[dict[str, Any]]:
    settings = job.config.tags
    template, keeps_vocabulary = job.prompt(settings.prompt), bool(settings.vocabulary_prompt)
    numbered = "\n".join(f"{number}. {' '.join(question.split())}" for number, question in enumerate(batch, start=1))
    prompt_fields = {
        "room": str(room),
        "vocabulary": ", ".join(vocabulary.tags if keeps_vocabulary else []) or "(none yet: all tags are new)",
        "too_common": ", ".join(vocabulary.too_common) or "(none)",
    }
    if not keeps_vocabulary:  # then a prompt may leave these out
        prompt_fields = {field: value for field, value in prompt_fields.items() if field in placeholders(template)}
    return render_turns(template, max_tags=str(settings.max_tags), questions=numbered, **prompt_fields)


class TaggedQuestion(msgspec.Struct):
    number: int
    tags: list[str]


class TaggedBatch(msgspec.Struct):
    questions: list[TaggedQuestion]
    new_tags: list[str] = []


def unannounced_problem(reply: TaggedBatch, vocabulary: TagVocabulary, room: int) -> str:
    """What is wrong with a reply's new tags, for the correction turn; "" when nothing is."""
    if len(vocabulary.tags) < MAX_TAG_WORDS * 2:
        return ""  # nothing to take from yet
    foreign_tags = vocabulary.foreign_tags(normalise(tag) for question in reply.questions for tag in question.tags)
    announced = {normalise(tag) for tag in reply.new_tags}
    if len(foreign_tags) > room:
        listed_tags = ", ".join(foreign_tags)
        return f"Only {room} new tags may be added; take others of the list in place of some of: {listed_tags}."
    if unannounced := [tag for tag in foreign_tags if tag not in announced]:
        return f"Take tags of the list, or put these under new_tags: {', '.join(unannounced)}."
    return ""


def reply_problem(reply: TaggedBatch, question_count: int, max_tags: int) -> str | None:
    """Everything that is wrong with a batch's reply, for the correction turn."""
    problems = [
        f"Question {question.number} {problem}."
        for question in reply.questions
        if (problem := tags_problem([normalise(tag) for tag in question.tags], max_tags))
    ]
    if sorted(question.number for question in reply.questions) != list(range(1, question_count + 1)):
        problems.insert(0, f"Give one entry for each of the questions 1 to {question_count}, no other, none twice.")
    return " ".join(problems[:5]) or None


def reply_schema(question_count: int, settings: TagSettings) -> dict[str, Any]:
    """The JSON Schema of a reply: so many entries of one to so many tags; new tags apart where a vocabulary is kept."""
    max_tags, has_new_tags = settings.max_tags, bool(settings.vocabulary_prompt)
    tags = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": max_tags}
    question_number = {"type": "integer", "minimum": 1, "maximum": question_count}
    return {
        "type": "object",
        "properties": {
            **({"new_tags": {"type": "array", "items": {"type": "string"}}} if has_new_tags else {}),
            "questions": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"number": question_number, "tags": tags},
                    "required": ["number", "tags"],
                    "additionalProperties": False,
                },
                "minItems": question_count,
                "maxItems": question_count,
            },
        },
        "required": [*(["new_tags"] if has_new_tags else []), "questions"],
        "additionalProperties": False,
    }
