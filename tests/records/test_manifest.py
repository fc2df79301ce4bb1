"""The manifest of a data folder: entries and hashes, looked up by key."""

from __future__ import annotations

from pathlib import Path

from groundwork.records.manifest import EntryInputs, Manifest, ManifestEntry


def entry(text: str) -> ManifestEntry:
    return ManifestEntry(inputs={"text/a.md": text}, recipe={}, outputs={}, status="ok", note=text)


def test_an_own_entry_goes_before_the_joined_one(tmp_path: Path) -> None:
    """A shard's entry is its own, else the joined one, else none."""
    joined = Manifest(tmp_path / "joined.db")
    for unit in ("both", "old"):
        joined.record("chunk", unit, entry("joined"))
    joined.close()
    own = Manifest(tmp_path / "own.db", tmp_path / "joined.db")
    own.record("chunk", "both", entry("own"))
    found = {unit: one.note if (one := own.entry("chunk", unit)) else None for unit in ("both", "old", "new")}
    assert found == {"both": "own", "old": "joined", "new": None}
    assert own.entries("chunk", EntryInputs)["both"].inputs == {"text/a.md": "own"}
    own.close()


def test_a_start_reads_no_hash_that_is_not_asked_for(tmp_path: Path) -> None:
    """A hash is taken from the cache by its path alone, and no other row is read."""
    file, other = tmp_path / "a.md", tmp_path / "b.md"
    for path in (file, other):
        path.write_text(path.name)
    first = Manifest(tmp_path / "manifest.db")
    digest = first.sha256(file)
    first.sha256(other)
    first.close()
    seen: list[str] = []
    again = Manifest(tmp_path / "manifest.db")
    again._db.set_trace_callback(seen.append)
    assert again.sha256(file) == digest
    assert [str(file) in one for one in seen if "FROM files" in one] == [True]
    again.close()
