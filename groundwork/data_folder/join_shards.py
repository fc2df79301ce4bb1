"""Join what shards keep to that of the whole: finished units, replies of models, caches, the vocabulary of tags."""

from __future__ import annotations

import shutil
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path, PurePosixPath

from groundwork.data_folder.databases import join_database
from groundwork.data_folder.read_write import TEMPORARY, read_json, write_bytes, write_json
from groundwork.data_folder.shards import JOURNAL_SEGMENT, SERVICE_REPLIES, Shard
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import StopRun
from groundwork.processes.process_identity import process_mark

VOCABULARY = "tags/vocabulary.json"  # below data/ and below a shard's state


def shard_folders(data: Workspace) -> dict[Shard, Path]:
    """The state folders of shards, in order."""
    folders = (data.joined_state / "shards").glob("*-of-*")
    return dict(sorted((Shard.parse(folder.name), folder) for folder in folders if folder.is_dir()))


def join_shards(data: Workspace) -> dict[tuple[str, str], int]:
    """Add every shard's databases to the joined ones; returns the rows added, by database and kind.

    Raises StopRun for a database that cannot be read or written.
    """
    added: dict[tuple[str, str], int] = defaultdict(int)
    for folder in shard_folders(data).values():
        for source in sorted(folder.rglob("*.db")):
            target = _joined_path(data, source.relative_to(folder))
            try:
                if source.match(JOURNAL_SEGMENT):
                    added["journal.db", "replies"] += _copy_segment(source, target)
                    continue
                for table, count in join_database(source, target).items():
                    added[source.relative_to(folder).as_posix(), table] += count
            except (OSError, sqlite3.Error) as error:
                raise StopRun(
                    f"{source}: cannot be joined to {target}: {error}; is its shard still at work?"
                ) from error
    if new_count := _join_vocabularies(data):
        added[VOCABULARY, "tags"] = new_count
    if new_count := _join_replies(data):
        added[SERVICE_REPLIES, "replies"] = new_count
    return dict(added)


def _copy_segment(source: Path, target: Path) -> int:
    """Copy a closed part of a journal, for its owner alone to read; returns its replies, 0 where it is there."""
    if target.exists():
        return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{TEMPORARY}{process_mark()}-{target.stem}")
    try:
        temporary.touch(0o600)
        shutil.copyfile(source, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    with closing(sqlite3.connect(target)) as database:
        return int(database.execute("SELECT count(*) FROM packed").fetchone()[0])


def _join_replies(data: Workspace) -> int:
    """Copy what shards stored of a service's replies, each a file named by its request; returns how many are new."""
    target = data.joined_state / SERVICE_REPLIES
    new_replies = {
        reply.name: reply
        for folder in shard_folders(data).values()
        for reply in (folder / SERVICE_REPLIES).glob("*.json")
        if not (target / reply.name).exists()
    }
    for name, reply in new_replies.items():
        write_bytes(target / name, reply.read_bytes())
    return len(new_replies)


def _join_vocabularies(data: Workspace) -> int:
    """Put the tags that shards added behind the shared ones; returns how many are new.

    A tag is too common where it was so in every shard that had it.
    """
    target = data.path(*PurePosixPath(VOCABULARY).parts)
    folders = [data.root, *shard_folders(data).values()]
    vocabularies = [
        read_json(folder / VOCABULARY, dict[str, list[str]]) for folder in folders if (folder / VOCABULARY).is_file()
    ]
    if len(vocabularies) < 2 and target.is_file():
        return 0
    tags = dict.fromkeys(tag for vocabulary in vocabularies for tag in vocabulary.get("tags", []))
    common_tags = dict.fromkeys(
        tag for vocabulary in vocabularies for tag in vocabulary.get("too_common", []) if tag not in tags
    )
    target_content = read_json(target, dict[str, list[str]]) if target.is_file() else {}
    joined_content = {"tags": list(tags), "too_common": list(common_tags)}
    if not vocabularies or joined_content == target_content:
        return 0
    write_json(target, joined_content)
    return len(tags.keys() - set(target_content.get("tags", [])))


def _joined_path(data: Workspace, name: Path) -> Path:
    if name.name == "journal.db" or name.match(JOURNAL_SEGMENT):
        return data.joined_journal.with_name(name.name)
    return data.joined_state / name if len(name.parts) == 1 else data.path(*name.parts)
