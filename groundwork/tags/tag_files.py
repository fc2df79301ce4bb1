"""The tags of datasets, `data/tags/<dataset>.jsonl`, and every question that was ever tagged, in data/tags/store.db."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from groundwork.data_folder.databases import read_only_database
from groundwork.data_folder.read_write import read_jsonl
from groundwork.data_folder.runs.run_lookup import tag_file
from groundwork.data_folder.workspace import Workspace
from groundwork.dataset.dataset_argument import DatasetSource
from groundwork.errors import BadRecord, StopRun
from groundwork.records.tags_record import Tags
from groundwork.tags import synonyms


def tags_by_question(data: Workspace, sources: Sequence[DatasetSource]) -> dict[str, list[str]]:
    """Tags by question: of every dataset, since a split or a merged run holds questions that were tagged as another's.

    Where two files disagree (one was changed by hand), those of `sources` win. Tags that synonyms.json takes together
    are one here too.
    """
    target_of = synonyms.merge_targets(synonyms.read_synonyms(data.path("tags", "synonyms.json")))
    own_files = [tag_file(data, source.key) for source in sources]
    files = sorted(data.path("tags").glob("*.jsonl"), key=lambda file: (file in own_files, file.name))
    return {
        row.question: list(dict.fromkeys(target_of.get(tag, tag) for tag in row.tags))
        for file in files
        for row in read_jsonl(file, Tags)
    }


def count_tags(rows: Sequence[Tags], target_of: Mapping[str, str]) -> Counter[str]:
    """How many questions bear each tag, synonyms taken together."""
    return Counter(tag for row in rows for tag in {target_of.get(tag, tag) for tag in row.tags})


class TagStore:
    """Every question that was ever tagged, by model, prompt and number of tags."""

    def __init__(self, file: Path, model: str, prompt: str, max_tags: int, joined: Path | None = None) -> None:
        """`joined`: a store that is only read, the one that a shard's is joined to."""
        self._file, self._joined = file, joined
        self._made_by = f"{model}\0{max_tags}\0{prompt}\0"

    def read(self, questions: Iterable[str]) -> dict[str, list[str]]:
        """The tags of those of `questions` that have some."""
        question_list, tagged = list(questions), {}
        if self._joined is not None and self._joined.exists():
            with suppress(sqlite3.Error), closing(read_only_database(self._joined)) as database:
                tagged = self._tags_in(database, question_list)
        if self._file.exists():
            with self._database() as database:
                tagged |= self._tags_in(database, question_list)
        return tagged

    def write(self, tagged: dict[str, list[str]]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        rows = [(self._key(question), msgspec.json.encode(tags)) for question, tags in tagged.items()]
        with self._database() as database:
            database.executemany("INSERT OR REPLACE INTO tags VALUES (?, ?)", rows)

    def _tags_in(self, database: sqlite3.Connection, questions: Iterable[str]) -> dict[str, list[str]]:
        rows = ((question, self._select_row(database, question)) for question in dict.fromkeys(questions))
        return {question: msgspec.json.decode(row[0], type=list[str]) for question, row in rows if row}

    def _select_row(self, database: sqlite3.Connection, question: str) -> Any:
        return database.execute("SELECT tags FROM tags WHERE key = ?", (self._key(question),)).fetchone()

    def _key(self, question: str) -> bytes:
        return hashlib.sha256((self._made_by + question).encode("utf-8", "surrogatepass")).digest()

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """Raises StopRun where the store cannot be read or written now, BadRecord where it is damaged."""
        try:
            with closing(sqlite3.connect(self._file, timeout=60)) as database, database:
                database.execute("PRAGMA synchronous = OFF")  # as the journal: safe from kill -9, without a wait
                database.execute("CREATE TABLE IF NOT EXISTS tags (key BLOB PRIMARY KEY, tags BLOB)")
                yield database
        except sqlite3.OperationalError as error:  # a full disk, a folder that cannot be written
            remedy = "free disk space and make the folder writable, then run again"
            raise StopRun(f"{self._file}: cannot be used: {error}; {remedy}") from error
        except sqlite3.DatabaseError as error:
            raise BadRecord(f"{self._file}: not a store of tags ({error}); delete it; it is made again") from error
