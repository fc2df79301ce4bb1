"""The manifest of a data folder: entries and hashes, looked up by key."""

from __future__ import annotations

from pathlib import Path

from groundwork.records.manifest import MOST_AT_ONCE, EntryInputs, Manifest, ManifestEntry


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


def test_rows_looked_up_together_are_those_looked_up_one_by_one(tmp_path: Path) -> None:
    """By few statements, for more names than one takes; files of folders and what changed meanwhile are seen too."""
    files = [tmp_path / f"note-{number}.md" for number in range(MOST_AT_ONCE + 20)]
    for path in files:
        path.write_text(path.name)
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "one.png").write_bytes(b"one")
    joined = Manifest(tmp_path / "joined.db")
    joined.record("chunk", "note-1", entry("joined"))
    joined.record("chunk", "note-2", entry("joined"))
    joined.close()
    own = Manifest(tmp_path / "own.db", tmp_path / "joined.db")
    own.record("chunk", "note-2", entry("own"))
    places = [*files, pictures, tmp_path / "absent.md"]
    units = [path.stem for path in files]
    own.hashes(places)
    files[3].write_text("changed")
    seen: list[str] = []
    own._db.set_trace_callback(seen.append)
    with own.looked_up("chunk", units, places):
        together = own.hashes(places), [own.entry("chunk", unit) for unit in units], own.entry("chunk", "other")
    assert len([text for text in seen if text.startswith("SELECT")]) < 10
    apart = own.hashes(places), [own.entry("chunk", unit) for unit in units], own.entry("chunk", "other")
    assert together == apart
    assert [one.note for one in apart[1] if one] == ["joined", "own"] and len(apart[0]) == len(files) + 1
    own.close()
