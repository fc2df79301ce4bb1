"""What a start with nothing to do costs where there are many documents, in CPU seconds and MB by stage.

Run    uv run benchmarks/many_documents.py [--documents 100000] [--quick]

The pipeline goes over one short text, the model being a stand-in; every file that it made is then copied under
`--documents` names, with a row of the manifest and a hash for each, as if all had been made so. Each stage then starts
twice and finds nothing to do: by entries and hashes (`first`, as after the files were copied), then by the fingerprints
that this start has kept, as a run keeps those of what it makes. The files in the fullest folder are printed as well.
Exit code 1 where a stage takes more than MOST seconds for 100,000 documents, or a folder holds more than 100,000 files.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import msgspec

from benchmarks.scale import reply, spent
from groundwork.data_folder.manifest import Manifest, ManifestEntry
from groundwork.data_folder.spread_folders import SPREAD_FROM, SPREAD_MARKER, path_in_folder
from tests.fake_openrouter import FakeOpenRouter

STAGES = ["ingest", "summarize", "chunk", "generate_qa", "curate", "coverage"]
TEXT = "# The tide mill\n\nThe tide mill of Orrin opens its gates at 06:30. It was built in 1794 by Ada Fenn.\n"
FIRST = "note-0000000"
MOST = 10.0  # CPU seconds for 100,000 documents
LITTLE = 1.0  # CPU seconds above one document, below which a difference is noise


def name_of(number: int) -> str:
    return f"note-{number:07}"


class Copies:
    """All that is of FIRST under other names, each file where a stage would have put it."""

    def __init__(self, data: Path, documents: int) -> None:
        self.data, self.documents = data, documents
        self.files = [path for path in data.rglob(f"*{FIRST}*") if path.is_file()]
        if documents >= SPREAD_FROM:
            for folder in {path.parent for path in self.files} - {data / "documents"}:
                (folder / SPREAD_MARKER).touch()

    def named(self, name: str, number: int) -> str:
        """The file `name`, below the data folder and without a subfolder, of a document."""
        folder, _, last = name.rpartition("/")
        return path_in_folder(f"{self.data}/{folder}", last.replace(FIRST, name_of(number)))[len(str(self.data)) + 1 :]

    def of(self, entry: ManifestEntry, numbers: range) -> ManifestEntry:
        """The entry with the files of these documents in place of those of FIRST."""

        def more(hashes: dict[str, str]) -> dict[str, str]:
            return {
                self.named(name, number): digest
                for name, digest in hashes.items()
                for number in (numbers if FIRST in name else range(1))
            }

        return msgspec.structs.replace(entry, inputs=more(entry.inputs), outputs=more(entry.outputs))

    def write(self) -> None:
        """Copy the files, with what the manifest knows of them."""
        with closing(Manifest(self.data / ".state" / "manifest.db")) as manifest:
            entries = manifest.all_entries()
            contents = {path.relative_to(self.data).as_posix(): path.read_bytes() for path in self.files}
            digests = {name: manifest.sha256(self.data / name) for name in contents}
            database = manifest._db
            database.execute("BEGIN")
            for path in self.files:
                path.unlink()
            for number in range(self.documents):
                for name, content in contents.items():
                    target = self.data / self.named(name, number)
                    target.parent.mkdir(exist_ok=True)
                    target.write_bytes(content)
                    status = target.stat()
                    row = (str(target), status.st_size, status.st_mtime_ns, digests[name])
                    database.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", row)
            for stage, unit, entry in entries:
                if FIRST not in unit:
                    manifest.record(stage, unit, self.of(entry, range(self.documents)))
                    continue
                for number in range(self.documents):
                    made = self.of(entry, range(number, number + 1))
                    manifest.record(stage, unit.replace(FIRST, name_of(number)), made)
            database.execute("COMMIT")


def fullest(data: Path) -> tuple[str, int]:
    folders = Counter(str(path.parent.relative_to(data)) for path in data.rglob("*") if path.is_file())
    del folders["documents"]
    return folders.most_common(1)[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true", help="200 documents")
    options = parser.parse_args()
    documents = 200 if options.quick else options.documents
    with FakeOpenRouter(reply=reply).thread() as fake, tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder), fake, documents)


def measure(data: Path, fake: FakeOpenRouter, documents: int) -> int:
    (data / "documents").mkdir()
    (data / "documents" / f"{FIRST}.md").write_text(TEXT)
    for stage in STAGES:
        spent(stage, data, fake.url)
    starts = {stage: spent(stage, data, fake.url).cpu for stage in STAGES}
    asked, slow = len(fake.requests), []
    Copies(data, documents).write()
    print(f"{documents:,} documents; a start with nothing to do")
    print(f"{'stage':12} {'first':>6} {'CPU s':>6} {'MB':>6} {'above one document':>19}")
    for stage in STAGES:
        first, cost = spent(stage, data, fake.url), spent(stage, data, fake.url)
        above = cost.cpu - starts[stage]
        print(f"{stage:12} {first.cpu:6.1f} {cost.cpu:6.1f} {cost.peak:6.0f} {above:19.1f}", flush=True)
        if cost.cpu - starts[stage] > max(LITTLE, MOST * documents / 100_000):
            slow.append(stage)
    name, count = fullest(data)
    print(f"fullest folder: {name}, {count:,} files")
    if len(fake.requests) > asked:
        print(f"{len(fake.requests) - asked:,} calls were made: something was not up to date")
    return 1 if slow or count > 100_000 or len(fake.requests) > asked else 0


if __name__ == "__main__":
    sys.exit(main())
