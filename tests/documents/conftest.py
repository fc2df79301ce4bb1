"""Small documents made for each test, and the ingest script run on them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from groundwork.data_folder.read_write import read_json
from groundwork.records import Document
from groundwork.stages.ingest import main

SAMPLE = Path(__file__).parents[2] / "data/documents/ellary-sound-rowing-handbook.pdf"


class Folder:
    """A data folder with documents, and the ingest script over it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.documents = root / "documents"
        self.documents.mkdir(parents=True)

    def add(self, name: str, content: bytes | str | Path) -> Path:
        path = self.documents / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copy(content, path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ingest(self, *flags: str) -> int:
        return main(["--data", str(self.root), *flags])

    def text(self, document: str) -> str:
        return (self.root / "text" / f"{document}.md").read_text()

    def record(self, document: str) -> Document:
        return read_json(self.root / "text" / f"{document}.json", Document)

    @property
    def written(self) -> set[str]:
        return {path.stem for path in (self.root / "text").glob("*.md")} if (self.root / "text").exists() else set()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "data")


@pytest.fixture(scope="session")
def short_pdf(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Pages of the sample as a PDF of their own."""
    import pypdfium2

    def build(*pages: int) -> Path:
        path = tmp_path_factory.mktemp("pdf") / "short.pdf"
        with pypdfium2.PdfDocument(str(SAMPLE)) as whole:
            part = pypdfium2.PdfDocument.new()
            part.import_pages(whole, [number - 1 for number in pages])
            part.save(str(path))
            part.close()
        return path

    return build
