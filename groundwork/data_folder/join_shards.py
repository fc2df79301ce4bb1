"""Join what shards keep to that of the whole: finished units, replies of models, caches, the vocabulary of tags."""

from __future__ import annotations

import shutil
import sqlite3
from collections import defaultdict
from contextlib import closing
from functools import partial
from pathlib import Path, PurePosixPath

import msgspec

from groundwork.data_folder.databases import join_database
from groundwork.data_folder.manifest import EntryOutputs
from groundwork.data_folder.read_write import TEMPORARY, read_json, write_bytes, write_json
from groundwork.data_folder.shards import JOURNAL_SEGMENT, SERVICE_REPLIES, Shard
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import StopRun
from groundwork.processes.process_identity import process_mark

VOCABULARY_PATH = "tags/vocabulary.json"  # below data/ and below a shard's state


def shard_folders(data: Workspace) -> dict[Shard, Path]:
    """The state folders of shards, in order."""
    state_folders = (data.joined_state / "shards").glob("*-of-*")
    return dict(sorted((Shard.parse(shard_dir.name), shard_dir) for shard_dir in state_folders if shard_dir.is_dir()))


def join_shards(data: Workspace) -> dict[tuple[str, str], int]:
    """Add every shard's databases to the joined ones; returns the rows added, by database and kind.

    Raises StopRun for a database that cannot be read or written.
    """
    shard_rows_joined: dict[tuple[str, str], int] = defaultdict(int)
    for shard_folder in shard_folders(data).values():
        for shard_file in sorted(shard_folder.rglob("*.db")):
            joined_file = _joined_path(data, shard_file.relative_to(shard_folder))
            try:
                if shard_file.match(JOURNAL_SEGMENT):
                    shard_rows_joined["journal.db", "replies"] += _copy_segment(shard_file, joined_file)
                    continue
                rows_of_file = join_database(shard_file, joined_file, partial(_has_results, data.root, shard_folder))
                for joined_table, joined_count in rows_of_file.items():
                    shard_rows_joined[shard_file.relative_to(shard_folder).as_posix(), joined_table] += joined_count
            except (OSError, sqlite3.Error) as error:
                raise StopRun(
                    f"{shard_file}: cannot be joined to {joined_file}: {error}; is its shard still at work?"
                ) from error
    if new_from_shards := _join_vocabularies(data):
        shard_rows_joined[VOCABULARY_PATH, "tags"] = new_from_shards
    if new_from_shards := _join_replies(data):
        shard_rows_joined[SERVICE_REPLIES, "replies"] = new_from_shards
    return dict(shard_rows_joined)


def _has_results(data_root: Path, shard_folder: Path, encoded_entry: bytes) -> bool:
    """Did the unit write anything but caches of its shard? Else the whole unit, of that name, is still to be done."""
    outputs = msgspec.json.decode(encoded_entry, type=EntryOutputs).outputs
    return not outputs or not all((data_root / name).is_relative_to(shard_folder) for name in outputs)


def _copy_segment(shard_segment: Path, joined_segment: Path) -> int:
    """Copy a closed part of a journal, for its owner alone to read; returns its replies, 0 where it is there."""
    if joined_segment.exists():
        return 0
    joined_segment.parent.mkdir(parents=True, exist_ok=True)
    temporary_shard_segment = joined_segment.with_name(f"{TEMPORARY}{process_mark()}-{joined_segment.stem}")
    try:
        temporary_shard_segment.touch(0o600)
        shutil.copyfile(shard_segment, temporary_shard_segment)
        temporary_shard_segment.replace(joined_segment)
    finally:
        temporary_shard_segment.unlink(missing_ok=True)
    with closing(sqlite3.connect(joined_segment)) as joined_database:
        return int(joined_database.execute("SELECT count(*) FROM packed").fetchone()[0])


def _join_replies(data: Workspace) -> int:
    """Copy what shards stored of a service's replies, each a file named by its request; returns how many are new."""
    joined_replies = data.joined_state / SERVICE_REPLIES
    new_replies = {
        shard_reply.name: shard_reply
        for shard_folder in shard_folders(data).values()
        for shard_reply in (shard_folder / SERVICE_REPLIES).glob("*.json")
        if not (joined_replies / shard_reply.name).exists()
    }
    for reply_name, shard_reply in new_replies.items():
        write_bytes(joined_replies / reply_name, shard_reply.read_bytes())
    return len(new_replies)


def _join_vocabularies(data: Workspace) -> int:
    """Put the tags that shards added behind the shared ones; returns how many are new.

    A tag is too common where it was so in every shard that had it.
    """
    vocabulary_file = data.path(*PurePosixPath(VOCABULARY_PATH).parts)
    shard_vocabulary_folders = [data.root, *shard_folders(data).values()]
    shard_vocabularies = [
        read_json(shard_vocabulary_folder / VOCABULARY_PATH, dict[str, list[str]])
        for shard_vocabulary_folder in shard_vocabulary_folders
        if (shard_vocabulary_folder / VOCABULARY_PATH).is_file()
    ]
    if len(shard_vocabularies) < 2 and vocabulary_file.is_file():
        return 0
    tags_of_shards = dict.fromkeys(
        shard_tag for shard_vocabulary in shard_vocabularies for shard_tag in shard_vocabulary.get("tags", [])
    )
    common_in_shards = dict.fromkeys(
        shard_tag
        for shard_vocabulary in shard_vocabularies
        for shard_tag in shard_vocabulary.get("too_common", [])
        if shard_tag not in tags_of_shards
    )
    earlier_vocabulary = read_json(vocabulary_file, dict[str, list[str]]) if vocabulary_file.is_file() else {}
    joined_vocabulary = {"tags": list(tags_of_shards), "too_common": list(common_in_shards)}
    if not shard_vocabularies or joined_vocabulary == earlier_vocabulary:
        return 0
    write_json(vocabulary_file, joined_vocabulary)
    return len(tags_of_shards.keys() - set(earlier_vocabulary.get("tags", [])))


def _joined_path(data: Workspace, shard_path: Path) -> Path:
    if shard_path.name == "journal.db" or shard_path.match(JOURNAL_SEGMENT):
        return data.joined_journal.with_name(shard_path.name)
    return data.joined_state / shard_path if len(shard_path.parts) == 1 else data.path(*shard_path.parts)
