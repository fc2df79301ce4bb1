"""What is on file of tags: each dataset's, `data/tags/<dataset>.jsonl`, and every question's in data/tags/store.db."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from groundwork.data_folder.databases import cache_database, read_only_database
from groundwork.data_folder.read_write import read_jsonl
from groundwork.data_folder.runs.run_files import tag_file
from groundwork.data_folder.workspace import Workspace
from groundwork.dataset.dataset_argument import DatasetSource
from groundwork.errors import BadRecord
from groundwork.records import Tags
from groundwork.tags.tag_forms import normalise_tag, tags_problem
from groundwork.tags.tag_synonyms import merge_targets, read_synonyms

if TYPE_CHECKING:
    from groundwork.dataset.load_dataset import Dataset
    from groundwork.stage_runner.stage_command import Job


def tags_by_question(data: Workspace, sources: Sequence[DatasetSource]) -> dict[str, list[str]]:
    """Tags by question: of every dataset, since a split or a merged run holds questions that were tagged as another's.

    Where two files disagree (one was changed by hand), those of `sources` win. Tags that synonyms.json takes together
    are one here too.
    """
    merge_target_of = merge_targets(read_synonyms(data.path("tags", "synonyms.json")))
    source_tag_files = [tag_file(data, source.key) for source in sources]
    tag_files = sorted(data.path("tags").glob("*.jsonl"), key=lambda file: (file in source_tag_files, file.name))
    return {
        tagged_row.question: list(dict.fromkeys(merge_target_of.get(tag, tag) for tag in tagged_row.tags))
        for tags_file in tag_files
        for tagged_row in read_jsonl(tags_file, Tags)
    }


class TagStore:
    """Every question that was ever tagged, by model, prompt and number of tags."""

    def __init__(self, file: Path, model: str, prompt: str, max_tags: int, joined_folder: Path | None = None) -> None:
        """`joined_folder`: a store that is only read, the one that a shard's is joined to."""
        self._store_file, self._joined_store = file, joined_folder
        self._tagger_key = f"{model}\0{max_tags}\0{prompt}\0"

    def read(self, questions: Iterable[str]) -> dict[str, list[str]]:
        """The tags of those of `questions` that have some."""
        question_list, stored_tags = list(questions), {}
        if self._joined_store is not None and self._joined_store.exists():
            with suppress(sqlite3.Error), closing(read_only_database(self._joined_store)) as tag_database:
                stored_tags = self._tags_in(tag_database, question_list)
        if self._store_file.exists():
            with self._open_tag_database() as tag_database:
                stored_tags |= self._tags_in(tag_database, question_list)
        return stored_tags

    def write(self, tags_to_store: dict[str, list[str]]) -> None:
        self._store_file.parent.mkdir(parents=True, exist_ok=True)
        question_keys = {question: self._question_key(question) for question in tags_to_store}
        times_asked = dict.fromkeys(question_keys.values(), 0)
        if self._joined_store is not None and self._joined_store.exists():
            with suppress(sqlite3.Error), closing(read_only_database(self._joined_store)) as tag_database:
                _count_times_asked(tag_database, times_asked)
        with self._open_tag_database() as tag_database:
            if not any(column_row[1] == "asked" for column_row in tag_database.execute("PRAGMA table_info(tags)")):
                tag_database.execute("ALTER TABLE tags ADD COLUMN asked INTEGER")  # of an earlier version
            _count_times_asked(tag_database, times_asked)
            tag_rows = [
                (question_key, msgspec.json.encode(tags_to_store[question]), times_asked[question_key] + 1)
                for question, question_key in question_keys.items()
            ]
            tag_database.executemany("INSERT OR REPLACE INTO tags (key, tags, asked) VALUES (?, ?, ?)", tag_rows)

    def _tags_in(self, tag_database: sqlite3.Connection, questions: Iterable[str]) -> dict[str, list[str]]:
        stored_rows = ((question, self._select_row(tag_database, question)) for question in dict.fromkeys(questions))
        return {
            question: msgspec.json.decode(stored_row[0], type=list[str])
            for question, stored_row in stored_rows
            if stored_row
        }

    def _select_row(self, tag_database: sqlite3.Connection, question: str) -> Any:
        return tag_database.execute("SELECT tags FROM tags WHERE key = ?", (self._question_key(question),)).fetchone()

    def _question_key(self, question: str) -> bytes:
        return hashlib.sha256((self._tagger_key + question).encode("utf-8", "surrogatepass")).digest()

    def _open_tag_database(self) -> AbstractContextManager[sqlite3.Connection]:
        return cache_database(
            self._store_file,
            "CREATE TABLE IF NOT EXISTS tags (key BLOB PRIMARY KEY, tags BLOB, asked INTEGER)",
            "a store of tags",
        )


def _count_times_asked(tag_database: sqlite3.Connection, times_asked: dict[bytes, int]) -> None:
    """Raise the numbers of `times_asked`, by key, to those of a store: they tell later tags from earlier ones."""
    for question_key, times in times_asked.items():
        for (times_here,) in tag_database.execute("SELECT asked FROM tags WHERE key = ?", (question_key,)):
            times_asked[question_key] = max(times, times_here or 0)


def tags_on_file_by_question(job: Job) -> dict[str, list[str]]:
    """The tags of every dataset so far, by question."""
    cached_tag_files = sorted(job.data.cache("tags").glob("*.jsonl"))
    return {
        tagged_row.question: tagged_row.tags
        for cached_tag_file in cached_tag_files
        for tagged_row in read_jsonl(cached_tag_file, Tags)
    }


def open_tag_store(job: Job) -> TagStore:
    settings = job.config.tags
    tag_store_file, joined_tag_folder = job.data.cache("tags") / "store.db", job.data.joined_cache("tags")
    joined_store = None if joined_tag_folder is None else joined_tag_folder / tag_store_file.name
    return TagStore(tag_store_file, settings.model, job.prompt(settings.prompt), settings.max_tags, joined_store)


def read_current_tag_rows(job: Job, store: TagStore, dataset: Dataset, tags_file: Path) -> dict[str, Tags]:
    """By question, the tags by the settings of now: of the file, and of the store those that the file lacks.

    With --force those alone that this command has asked for, of a dataset before or in a shard: a question is asked
    about once.
    """
    tag_settings, force = job.config.tags, job.flags.force
    questions = [question for question in dataset.questions if not force or question in job.retagged_questions]
    tag_store_rows = {question: new_tag_row(job, question, tags) for question, tags in store.read(questions).items()}
    if force:
        return tag_store_rows
    tag_file_rows = _read_tag_file(tags_file, tag_settings.model, tag_settings.max_tags, tag_prompt_hash(job))
    return tag_store_rows | {tagged_row.question: tagged_row for tagged_row in tag_file_rows}


def read_tag_rows_on_file(job: Job, tags_file: Path) -> dict[str, Tags]:
    """By question, the tags of the file, by whichever model and prompt."""
    tagged_rows = read_jsonl(tags_file, Tags) if tags_file.exists() and not job.flags.force else []
    return {tagged_row.question: _with_normalised_tags(tagged_row) for tagged_row in tagged_rows}


def new_tag_row(job: Job, question: str, tags: list[str]) -> Tags:
    return Tags(id="", question=question, tags=tags, model=job.config.tags.model, prompt=tag_prompt_hash(job))


def tag_prompt_hash(job: Job) -> str:
    return hashlib.sha256(job.prompt(job.config.tags.prompt).encode()).hexdigest()[:8]


def _read_tag_file(tags_file: Path, model: str, max_tags: int, prompt: str) -> list[Tags]:
    """The rows of a dataset's file that this model gave by this prompt, hand edits included, and so checked.

    Raises BadRecord that names the file and the question.
    """
    rows = read_jsonl(tags_file, Tags) if tags_file.exists() else []
    tagged_rows = [tagged_row for tagged_row in rows if tagged_row.model == model and tagged_row.prompt in ("", prompt)]
    if max((len(tagged_row.tags) for tagged_row in tagged_rows), default=0) != max_tags:
        return []  # tagged when another number was wanted
    normalised_rows = [_with_normalised_tags(tagged_row) for tagged_row in tagged_rows]
    for tagged_row in normalised_rows:
        if problem := tags_problem(tagged_row.tags, max_tags):
            raise BadRecord(f"{tags_file}: the question {tagged_row.id!r} {problem}; fix the line")
    return normalised_rows


def _with_normalised_tags(tagged_row: Tags) -> Tags:
    return msgspec.structs.replace(tagged_row, tags=[normalise_tag(tag) for tag in tagged_row.tags])
