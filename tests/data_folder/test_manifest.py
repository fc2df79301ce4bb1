"""The manifest of a data folder: entries and hashes, looked up by key."""

from __future__ import annotations

from pathlib import Path

from groundwork.data_folder.databases import join_database
from groundwork.data_folder.manifest import MAX_MANIFEST_VALUES, EntryInputs, Manifest, ManifestEntry
from groundwork.data_folder.unit_states import mark_behind


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
    again._manifest_db.set_trace_callback(seen.append)
    assert again.sha256(file) == digest
    assert [str(file) in one for one in seen if "FROM files" in one] == [True]
    again.close()


def test_rows_looked_up_together_are_those_looked_up_one_by_one(tmp_path: Path) -> None:
    """By few statements, for more names than one takes; files of folders and what changed meanwhile are seen too."""
    files = [tmp_path / f"note-{number}.md" for number in range(MAX_MANIFEST_VALUES + 20)]
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
    own._manifest_db.set_trace_callback(seen.append)
    with own.looked_up("chunk", units, places):
        together = own.hashes(places), [own.entry("chunk", unit) for unit in units], own.entry("chunk", "other")
    assert len([text for text in seen if text.startswith("SELECT")]) < 10
    apart = own.hashes(places), [own.entry("chunk", unit) for unit in units], own.entry("chunk", "other")
    assert together == apart
    assert [one.note for one in apart[1] if one] == ["joined", "own"] and len(apart[0]) == len(files) + 1
    own.close()


def kept(manifest: Manifest, fingerprint: bytes = b"f") -> None:
    """Keep the fingerprint of the unit `a` of chunk, as a stage does that has just judged it."""
    with manifest.looked_up("chunk", ["a"], []):
        manifest.keep_fingerprints("chunk", {"a": fingerprint}, {"a": ("done", "fine")})


def by_fingerprint(manifest: Manifest, fingerprint: bytes | None = b"f") -> object:
    return manifest.states_by_fingerprint("chunk", {"a": fingerprint}).get("a")


def test_a_fingerprint_is_that_of_its_entry(tmp_path: Path) -> None:
    """It goes with the entry, whoever changes that: this process, another one, or a shard that is joined."""
    own, other = Manifest(tmp_path / "own.db"), Manifest(tmp_path / "own.db")
    kept(own)
    assert by_fingerprint(own) is None, "there is no entry yet"

    def join() -> None:
        shard = Manifest(tmp_path / "shard.db")
        shard.record("chunk", "a", entry("of a shard"))
        kept(shard)
        shard.close()
        join_database(tmp_path / "shard.db", tmp_path / "own.db")

    changes = [
        lambda: own.record("chunk", "a", entry("later")),
        lambda: other.record("chunk", "a", entry("by another")),
        lambda: own.forget("chunk", ["a"]),
        lambda: own._execute_on_manifest("UPDATE units SET finished = 0", ()),
        join,
    ]
    for number, change in enumerate(changes):
        own.record("chunk", "a", entry(str(number)))
        kept(own)
        assert by_fingerprint(own) == by_fingerprint(other) == ("done", "fine")
        assert by_fingerprint(own, b"g") is None and by_fingerprint(own, None) is None
        change()
        assert by_fingerprint(own) is None and by_fingerprint(other) is None, number
    own.close()
    other.close()


def test_no_fingerprint_of_an_entry_that_another_process_has_changed(tmp_path: Path) -> None:
    """Judged by one entry, and kept when there is another: the next start looks again."""
    own, other = Manifest(tmp_path / "own.db"), Manifest(tmp_path / "own.db")
    own.record("chunk", "a", entry("first"))
    with own.looked_up("chunk", ["a"], []):
        other.record("chunk", "a", entry("second"))
        own.keep_fingerprints("chunk", {"a": b"f"}, {"a": ("done", "")})
    assert by_fingerprint(own) is None
    own.close()
    other.close()


def test_no_fingerprint_of_what_is_joined(tmp_path: Path) -> None:
    """A shard that finds a unit in the joined manifest keeps nothing of it: others may change that."""
    joined = Manifest(tmp_path / "joined.db")
    joined.record("chunk", "a", entry("joined"))
    kept(joined)
    joined.close()
    shard = Manifest(tmp_path / "shard.db", tmp_path / "joined.db")
    kept(shard)
    assert by_fingerprint(shard) is None
    shard.close()


def test_what_is_made_of_a_merged_run_waits_for_the_merge(tmp_path: Path) -> None:
    """Its curation too, although curate comes before merge; what is of other runs waits for nothing."""
    made_of = {
        ("curate", "a"): (["qa/a/x.jsonl"], ["qa/a/curated/x.jsonl"]),
        ("curate", "ab"): (["qa/ab/x.jsonl"], ["qa/ab/curated/x.jsonl"]),
        ("merge", "a + b -> ab"): (["qa/a/curated/x.jsonl"], ["qa/ab/merged.json", "qa/ab/x.jsonl"]),
        ("create_dataset", "a"): (["qa/a/curated/x.jsonl"], []),
        ("create_dataset", "ab"): (["qa/ab/curated/x.jsonl"], []),
    }
    manifest, table = Manifest(tmp_path / "manifest.db"), {}
    for (stage, unit), (reads, writes) in made_of.items():
        outcome = ManifestEntry(
            inputs=dict.fromkeys(reads, "1"), outputs=dict.fromkeys(writes, "1"), recipe={}, status="ok"
        )
        manifest.record(stage, unit, outcome)
        table.setdefault(stage, {})[unit] = ("stale" if stage == "merge" else "done"), ""
    states = mark_behind(table, manifest)
    manifest.close()
    kinds = {unit: states[stage][unit][0] for stage, unit in made_of if stage == "create_dataset"}
    assert kinds == {"a": "done", "ab": "behind"}
    assert states["curate"]["ab"] == ("behind", "waits for merge of a + b -> ab")
