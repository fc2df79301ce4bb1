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

import shlex
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from groundwork.console.terminal import openable_path
from groundwork.data_folder.read_write import read_jsonl, write_jsonl
from groundwork.data_folder.runs.run_files import tag_file
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import ConfigError, GroundworkError, InvalidReply, ProviderRefused, UnitError
from groundwork.installation import as_typed
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.prompt_templates import placeholders, render_turns
from groundwork.llm.replies.reply_schema import ReplyRequirements, strict_schema
from groundwork.message_wording import counted
from groundwork.records import Tags
from groundwork.stage_runner.estimates_and_usage import Estimate
from groundwork.stage_runner.next_command import repeat_flags
from groundwork.tags.tag_files import (
    new_tag_row,
    open_tag_store,
    read_current_tag_rows,
    read_tag_rows_on_file,
    tags_on_file_by_question,
)
from groundwork.tags.tag_forms import MAX_TAG_WORDS, normalise_tag, tags_problem
from groundwork.tags.tag_vocabulary import (
    PROPOSED_SHARE,
    Proposal,
    TagVocabulary,
    load_vocabulary,
    proposal_messages,
    propose_vocabulary,
    tags_to_strike,
    vocabulary_files,
    write_vocabulary,
)

if TYPE_CHECKING:
    from groundwork.dataset.load_dataset import Dataset
    from groundwork.settings.config_schema import TagSettings
    from groundwork.stage_runner.stage_command import Job


HOPELESS_TAGGINGS = 5  # questions that failed one by one, after which a model that tagged none is asked no more
TagsByQuestion = dict[str, list[str]]
RequestTags = Callable[[list[str]], Awaitable[TagsByQuestion]]
TOKENS_A_TAG = 4
MAX_TAGGING_WAVE = 64  # batches side by side, whose requests are all in memory


@dataclass(frozen=True)
class TaggingLimit:
    """What is known of a model: the largest batch worth asking for, and how it did with single questions."""

    largest: int
    failed_alone: int = 0
    has_tagged: bool = False

    @property
    def is_hopeless(self) -> bool:
        return not self.has_tagged and self.failed_alone >= HOPELESS_TAGGINGS

    def joined(self, others: Iterable[TaggingLimit]) -> TaggingLimit:
        """With what was learnt side by side by others that began with this one."""
        tagging_limits = list(others)
        return TaggingLimit(
            min([self.largest, *(tagging_limit.largest for tagging_limit in tagging_limits)]),
            self.failed_alone + sum(tagging_limit.failed_alone - self.failed_alone for tagging_limit in tagging_limits),
            self.has_tagged or any(tagging_limit.has_tagged for tagging_limit in tagging_limits),
        )


@dataclass
class HalvingTagger:
    """Tags a batch by `request`; `limit` learns on the way.

    One bad question spoils one half of its batch. Where both halves fail, it is their size that the model cannot do.
    """

    request: RequestTags
    limit: TaggingLimit
    tagged: TagsByQuestion = field(default_factory=dict)
    errors: dict[str, UnitError] = field(default_factory=dict)
    last_problem: str = ""

    async def tag(self, tagging_batch: list[str]) -> bool:
        """Fill `tagged` and `errors`, each question in one of them; returns whether the batch went well as it is."""
        if self.limit.is_hopeless:
            tagging_problem = (
                f"not asked: no reply to the first {counted(self.limit.failed_alone, 'question')} could be used"
            )
            self.errors |= dict.fromkeys(tagging_batch, InvalidReply(f"{tagging_problem}: {self.last_problem}"))
            return False
        try:
            self.tagged |= await self.request(tagging_batch)
        except InvalidReply as tagging_error:
            self.last_problem = str(tagging_error)
            await self._tag_halves(tagging_batch, tagging_error)
            return False
        except UnitError as tagging_error:
            self.errors |= dict.fromkeys(tagging_batch, tagging_error)
            return True  # which has nothing to do with its size
        self.limit = replace(self.limit, has_tagged=True)
        return True

    async def _tag_halves(self, tagging_batch: list[str], tagging_error: InvalidReply) -> None:
        if len(tagging_batch) == 1:
            self.errors[tagging_batch[0]] = tagging_error
            self.limit = replace(self.limit, failed_alone=self.limit.failed_alone + 1)
            return
        half_batch = len(tagging_batch) // 2
        halves_tagged_well = [
            await self._tag_within_limit(half) for half in (tagging_batch[:half_batch], tagging_batch[half_batch:])
        ]
        if not any(halves_tagged_well):
            self.limit = replace(self.limit, largest=max(1, min(self.limit.largest, half_batch // 2)))

    async def _tag_within_limit(self, tagging_batch: list[str]) -> bool:
        """As `tag`, in parts where the batch is larger than what the model can do by now."""
        size = self.limit.largest
        batch_parts = [tagging_batch[start : start + size] for start in range(0, len(tagging_batch), size)]
        parts_tagged_well = [await self.tag(batch_part) for batch_part in batch_parts]
        return len(batch_parts) == 1 and parts_tagged_well[0]


class TaggedQuestion(msgspec.Struct):
    number: int
    tags: list[str]


class TaggedBatch(msgspec.Struct):
    questions: list[TaggedQuestion]
    new_tags: list[str] = []


def unannounced_tags_problem(tagging_reply: TaggedBatch, vocabulary: TagVocabulary, tag_room: int) -> str:
    """What is wrong with a reply's new tags, for the correction turn; "" when nothing is."""
    if len(vocabulary.tags) < MAX_TAG_WORDS * 2:
        return ""  # nothing to take from yet
    reply_foreign_tags = vocabulary.foreign_tags(
        normalise_tag(tag) for tagged_question in tagging_reply.questions for tag in tagged_question.tags
    )
    announced_tags = {normalise_tag(tag) for tag in tagging_reply.new_tags}
    if len(reply_foreign_tags) > tag_room:
        listed_tags = ", ".join(reply_foreign_tags)
        return f"Only {tag_room} new tags may be added; take others of the list in place of some of: {listed_tags}."
    if unannounced := [tag for tag in reply_foreign_tags if tag not in announced_tags]:
        return f"Take tags of the list, or put these under new_tags: {', '.join(unannounced)}."
    return ""


def tagging_reply_problem(tagging_reply: TaggedBatch, question_count: int, max_tags: int) -> str | None:
    """Everything that is wrong with a batch's reply, for the correction turn."""
    problems = [
        f"Question {tagged.number} {tag_problem}."
        for tagged in tagging_reply.questions
        if (tag_problem := tags_problem([normalise_tag(tag) for tag in tagged.tags], max_tags))
    ]
    if sorted(tagged.number for tagged in tagging_reply.questions) != list(range(1, question_count + 1)):
        problems.insert(0, f"Give one entry for each of the questions 1 to {question_count}, no other, none twice.")
    return " ".join(problems[:5]) or None


def tagging_reply_schema(question_count: int, tagging_settings: TagSettings) -> dict[str, Any]:
    """The JSON Schema of a reply: so many entries of one to so many tags; new tags apart where a vocabulary is kept."""
    max_tags, has_new_tags = tagging_settings.max_tags, bool(tagging_settings.vocabulary_prompt)
    tags_schema = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": max_tags}
    question_number_schema = {"type": "integer", "minimum": 1, "maximum": question_count}
    return {
        "type": "object",
        "properties": {
            **({"new_tags": {"type": "array", "items": {"type": "string"}}} if has_new_tags else {}),
            "questions": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"number": question_number_schema, "tags": tags_schema},
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
    job: Job,
    tagged_dataset: Dataset,
    tags_file: Path,
    question_sample: Sequence[str] = (),
    *,
    by_any_model: bool = False,
) -> TaggingResult:
    """Tags for every question of `tagged_dataset`. `tags_file`: its tags so far, if there are some.

    `question_sample`: questions of all datasets of the run, from which the vocabulary is proposed where there is none;
    absent: those of this one. `by_any_model`: tags on file count whichever model and prompt they are by. A question
    whose tags stay unusable is left out and listed; it takes no other with it. Raises UnitError where none has tags in
    the end.
    """
    tag_settings, tagging_store = job.config.tags, open_tag_store(job)
    async with job.order_lock:  # one dataset after the other, for each takes up the tags of those before it
        current_taggings = read_current_tag_rows(job, tagging_store, tagged_dataset, tags_file)
        known_taggings = (read_tag_rows_on_file(job, tags_file) if by_any_model else {}) | current_taggings
        tags_before = {question: tagged_row.tags for question, tagged_row in known_taggings.items()}
        untagged = list(dict.fromkeys(question for question in tagged_dataset.questions if question not in tags_before))
        vocabulary = load_vocabulary(job, [*tagged_dataset.questions, *question_sample], tags_before)
        job.progress.start(len(untagged), "questions")
        if untagged and not vocabulary.tags and tag_settings.vocabulary_prompt and len(untagged) > tag_settings.batch:
            await propose_vocabulary(job, vocabulary, question_sample or untagged)
        tagged, tagging_errors = await _tag_without_overuse(job, vocabulary, tagged_dataset.name, untagged, tags_before)
        tagging_store.write(tagged)
        if job.flags.force:
            job.retagged_questions.update(tagged)
        if tag_settings.vocabulary_prompt and untagged and vocabulary.tags:
            write_vocabulary(vocabulary_files(job)[-1], vocabulary)
    current_taggings |= {question: new_tag_row(job, question, tags) for question, tags in tagged.items()}
    tagged_rows = _tag_rows_of(tagged_dataset, known_taggings | current_taggings)
    outdated = Counter(row.model for row in tagged_rows if row.question not in current_taggings)
    failures = _tagging_failures(tagged_dataset, tagging_errors, any_tagged=bool(tagged_rows))
    return TaggingResult(tagged_rows, len(untagged), outdated, failures)


def _tagging_failures(
    tagged_dataset: Dataset, tagging_errors: Mapping[str, UnitError], *, any_tagged: bool
) -> list[tuple[str, str, str]]:
    """(question id, status, reason) of each that could not be tagged; raises the first error where none could."""
    if tagging_errors and not any_tagged:
        tagging_error = next(iter(tagging_errors.values()))
        questions = counted(len(tagged_dataset.rows), "question")
        raise type(tagging_error)(f"none of {questions} could be tagged: {tagging_error}")
    return [
        (tagging_row.id, untaggable.status, str(untaggable))
        for tagging_row in tagged_dataset.rows
        if (untaggable := tagging_errors.get(tagging_row.question))
    ]


def _tag_rows_of(tagged_dataset: Dataset, tagging_of: Mapping[str, Tags]) -> list[Tags]:
    """The tags of the dataset's questions that `tagging_of` has some for, by its ids."""
    return [
        msgspec.structs.replace(tagging_of[tagging_row.question], id=tagging_row.id)
        for tagging_row in tagged_dataset.rows
        if tagging_row.question in tagging_of
    ]


async def _tag_without_overuse(
    job: Job, vocabulary: TagVocabulary, name: str, untagged: list[str], tags_before: Mapping[str, list[str]]
) -> tuple[dict[str, list[str]], dict[str, UnitError]]:
    """Tags by question, and errors; questions with a tag that turns out to be overused are tagged again without it."""
    tagged, tagging_errors = await _tag_in_waves(job, vocabulary, name, untagged)
    if not job.config.tags.vocabulary_prompt:
        return tagged, tagging_errors
    if tags_to_retag := tags_to_strike({**tags_on_file_by_question(job), **tags_before, **tagged}):
        vocabulary.strike(tags_to_retag)
        questions_to_retag = [question for question, tags in tagged.items() if not set(tags_to_retag).isdisjoint(tags)]
        retagged, retag_errors = await _tag_in_waves(job, vocabulary, name, questions_to_retag)
        tagged = {question: tags for question, tags in (tagged | retagged).items() if question not in retag_errors}
        tagging_errors |= retag_errors
    return tagged, tagging_errors


def tagging_on_file(data: Workspace, tagged_dataset: Dataset, tagging_error: GroundworkError) -> TaggingResult:
    """The tags that questions of the dataset have by now, from whichever model, where none can be asked for more.

    `tagging_error`: why not, which is raised where no question has tags.
    """
    tags_file = tag_file(data, tagged_dataset.source.key)
    tagged_file_rows = {row.question: row for row in read_jsonl(tags_file, Tags)} if tags_file.exists() else {}
    tagged_rows = _tag_rows_of(tagged_dataset, tagged_file_rows)
    if not tagged_rows:
        raise tagging_error
    share = f"drawn with the tags of {len(tagged_rows):,} of {counted(len(tagged_dataset.rows), 'question')}"
    return TaggingResult(tagged_rows, failures=[(tagged_dataset.name, "not tagged anew", f"{share}: {tagging_error}")])


def estimate_tagging(job: Job, tagged_dataset: Dataset, tags_file: Path, *, by_any_model: bool = False) -> Estimate:
    """Calls and tokens of `tag_dataset`, from the real prompts, of the questions that have no tags yet.

    Those that `job` has estimated for another dataset before will have tags by then, and so will the vocabulary.
    """
    tag_settings = job.config.tags
    tagging_requests = _tagging_requests(job, tagged_dataset, tags_file, by_any_model=by_any_model)
    prompt_tokens = sum(job.tokens(tag_settings, turns, schema) for _, turns, schema in tagging_requests)
    reply_tokens = sum(tags * TOKENS_A_TAG + 10 * tags // tag_settings.max_tags for tags, _, _ in tagging_requests)
    return Estimate(len(tagging_requests), prompt_tokens, reply_tokens, tag_settings)


def _tagging_requests(
    job: Job, tagged_dataset: Dataset, tags_file: Path, *, by_any_model: bool
) -> list[tuple[int, list[dict[str, Any]], dict[str, Any]]]:
    """What `tag_dataset` would ask: for each call the tags of its reply, the conversation and the reply's schema."""
    tagging_settings = job.config.tags
    known_taggings = read_tag_rows_on_file(job, tags_file) if by_any_model else {}
    known_taggings |= read_current_tag_rows(job, open_tag_store(job), tagged_dataset, tags_file)
    tags_before = {question: tagged_row.tags for question, tagged_row in known_taggings.items()}
    settled = tags_before.keys() | job.estimated_questions
    untagged = list(dict.fromkeys(question for question in tagged_dataset.questions if question not in settled))
    vocabulary, tagging_requests = load_vocabulary(job, tagged_dataset.questions, tags_before), []
    if tagging_settings.vocabulary_prompt and not vocabulary.tags and untagged:
        expected = round(PROPOSED_SHARE * vocabulary.max_size)
        if len(untagged) > tagging_settings.batch and not job.estimated_questions:
            tagging_requests.append((expected, proposal_messages(job, vocabulary, untagged), strict_schema(Proposal)))
        vocabulary.add(f"likely-topic-{number}" for number in range(expected))
    job.estimated_questions.update(untagged)
    tagging_batches = _split_tagging_batches(untagged, tagging_settings.batch)
    for tagging_batch in tagging_batches:
        tagging_turns = _tagging_messages(job, tagging_batch, vocabulary, vocabulary.room)
        tagging_requests.append(
            (
                len(tagging_batch) * tagging_settings.max_tags,
                tagging_turns,
                tagging_reply_schema(len(tagging_batch), tagging_settings),
            )
        )
    return tagging_requests


async def _tag_in_waves(
    job: Job, vocabulary: TagVocabulary, unit: str, tagging_queue: list[str]
) -> tuple[dict[str, list[str]], dict[str, UnitError]]:
    """Tags by question, and errors by question, of batches that are asked in growing waves."""
    tagged: dict[str, list[str]] = {}
    tagging_errors: dict[str, UnitError] = {}
    wave_width, batch_limit = 1, TaggingLimit(job.config.tags.batch)
    while tagging_queue:
        tagging_batches = _split_tagging_batches(tagging_queue, batch_limit.largest)
        tagging_wave = tagging_batches[:wave_width]
        tagging_queue = tagging_queue[sum(map(len, tagging_wave)) :]
        tag_room = -(-vocabulary.room // len(tagging_batches))
        request_tags = partial(_request_tags, job, unit, vocabulary, tag_room)
        taggers = await gather_all(
            _tag_batch(job, tagging_batch, HalvingTagger(request_tags, batch_limit)) for tagging_batch in tagging_wave
        )
        for tagger in taggers:
            tagged |= {question: _settle_tags(job, vocabulary, tags) for question, tags in tagger.tagged.items()}
            tagging_errors |= tagger.errors
        wave_width, batch_limit = (
            min(2 * wave_width, MAX_TAGGING_WAVE),
            batch_limit.joined(tagger.limit for tagger in taggers),
        )
    return tagged, tagging_errors


async def _tag_batch(job: Job, tagging_batch: list[str], tagger: HalvingTagger) -> HalvingTagger:
    await tagger.tag(tagging_batch)
    job.progress.advance(len(tagging_batch))
    return tagger


def _settle_tags(job: Job, vocabulary: TagVocabulary, tags: list[str]) -> list[str]:
    tagging_settings = job.config.tags
    return vocabulary.settle_tags(tags, tagging_settings.max_tags) if tagging_settings.vocabulary_prompt else tags


def _split_tagging_batches(untagged: list[str], batch_size: int) -> list[list[str]]:
    return [untagged[start : start + batch_size] for start in range(0, len(untagged), batch_size)]


async def _request_tags(
    job: Job, unit: str, vocabulary: TagVocabulary, tag_room: int, tagging_batch: list[str]
) -> dict[str, list[str]]:
    tagging_settings, has_complained_of_tags = job.config.tags, False

    def check(tagged_batch: TaggedBatch) -> str | None:
        """A tag that was not announced is sent back once; after that the vocabulary settles it."""
        nonlocal has_complained_of_tags
        tagging_problem = tagging_reply_problem(tagged_batch, len(tagging_batch), tagging_settings.max_tags)
        if tagging_problem or has_complained_of_tags or not tagging_settings.vocabulary_prompt:
            return tagging_problem
        has_complained_of_tags = bool(unannounced := unannounced_tags_problem(tagged_batch, vocabulary, tag_room))
        return unannounced or None

    tagging_reply = await job.client.ask(
        tagging_settings,
        _tagging_messages(job, tagging_batch, vocabulary, tag_room),
        stage="generate_tags",
        unit=unit,
        schema=ReplyRequirements(TaggedBatch, tagging_reply_schema(len(tagging_batch), tagging_settings), check),
    )
    return {
        tagging_batch[question.number - 1]: [normalise_tag(tag) for tag in question.tags]
        for question in tagging_reply.value.questions
    }


def _tagging_messages(
    job: Job, tagging_batch: list[str], vocabulary: TagVocabulary, tag_room: int
) -> list[dict[str, Any]]:
    tagging_settings = job.config.tags
    tagging_prompt, has_vocabulary = job.prompt(tagging_settings.prompt), bool(tagging_settings.vocabulary_prompt)
    numbered_questions = "\n".join(
        f"{number}. {' '.join(question.split())}" for number, question in enumerate(tagging_batch, start=1)
    )
    tagging_fields = {
        "room": str(tag_room),
        "vocabulary": ", ".join(vocabulary.tags if has_vocabulary else []) or "(none yet: all tags are new)",
        "too_common": ", ".join(vocabulary.too_common) or "(none)",
    }
    if not has_vocabulary:  # then a prompt may leave these out
        tagging_fields = {
            field: value for field, value in tagging_fields.items() if field in placeholders(tagging_prompt)
        }
    return render_turns(
        tagging_prompt, max_tags=str(tagging_settings.max_tags), questions=numbered_questions, **tagging_fields
    )


async def tag_or_read_tags(job: Job, tagged_dataset: Dataset) -> TaggingResult:
    """Tag what lacks tags; where no model can be asked, the tags on file are enough to be drawn."""

    tagging_file = tag_file(job.data, tagged_dataset.source.key)
    try:
        tagging = await tag_dataset(job, tagged_dataset, tagging_file, by_any_model=True)
    except (ProviderRefused, ConfigError) as error:
        return tagging_on_file(job.data, tagged_dataset, error)
    write_jsonl(tagging_file, tagging.rows)
    return tagging


def outdated_tags_warning(job: Job, datasets: list[Dataset], tagging_results: list[TaggingResult]) -> list[str]:
    """Which tags on file are by other settings than those of now, and the command that tags all by these."""
    outdated_tagging = [
        f"{openable_path(tag_file(job.data, tagged.source.key))} ({counted(count, 'question')} by {model or '?'})"
        for tagged, tagging in zip(datasets, tagging_results, strict=True)
        for model, count in tagging.outdated.items()
    ]
    if not outdated_tagging:
        return []
    names_for_tagging = shlex.join(tagged.source.name for tagged in datasets)
    tagging_command = as_typed(f"uv run visualization/generate_tags.py {names_for_tagging}{repeat_flags(job.flags)}")
    return [
        f"drawn with tags on file that other settings of tags gave: {', '.join(outdated_tagging)}; "
        f"to tag all anew by {job.config.tags.model}: {tagging_command}"
    ]
