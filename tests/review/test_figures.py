"""Pictures of documents on the pages: served by name alone, and shown with what the document says escaped."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from groundwork.chunking.chunk_report import chunk_html
from groundwork.data_folder.workspace import Workspace
from groundwork.markdown.figures import figure_markdown
from groundwork.records import Chunk
from groundwork.review.review_server import served_figure
from groundwork.review.review_session import ReviewRefused
from groundwork.settings.config_files import load
from tests.sample.pictures import chart

NAME = "figure-0123456789ab.png"


@pytest.fixture
def data(tmp_path: Path) -> Workspace:
    (tmp_path / "text" / "mill").mkdir(parents=True)
    for name in (NAME, "notes.txt"):
        (tmp_path / "text" / "mill" / name).write_bytes(chart())
    (tmp_path / "text" / "mill" / "figure-00000000000f.png").symlink_to("/etc/hostname")
    (tmp_path / "text" / "out").symlink_to("/etc")
    return Workspace(tmp_path)


def test_a_picture_is_served(data: Workspace) -> None:
    """The file that the text names comes as it is."""
    assert served_figure(data, "mill", NAME) == chart()


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ("mill", "notes.txt"),
        ("mill", "../mill.md"),
        ("mill", "figure-00000000000f.png"),
        ("mill", "figure-000000000000.png"),
        ("..", NAME),
        ("", NAME),
        ("out", "hostname"),
    ],
)
def test_no_other_file_is_served(data: Workspace, document: str, name: str) -> None:
    """Neither what ingest did not write, nor what a link leads to outside of the data folder."""
    with pytest.raises(ReviewRefused):
        served_figure(data, document, name)


def test_a_page_of_chunks_shows_figures_and_escapes_captions() -> None:
    """The picture lies beside the page's folder; a caption that looks like markup is text; others are not fetched."""
    text = f"{figure_markdown('<script>alert(1)</script>', f'mill/{NAME}')}\n\n![x](https://tracker.example/a.png)"
    chunk = Chunk(
        id="mill-0", document="mill", index=0, kind="text", text=text, start=0, end=len(text), length=len(text),
        figures=[f"mill/{NAME}"],
    )  # fmt: skip
    shown = chunk_html("mill", "1 chunk", [chunk], load([]).chunk)
    assert f'src="../text/mill/{NAME}"' in shown and "img-src data: blob: 'self' file:;" in shown
    assert "<script>alert" not in shown and 'src="https' not in shown
    plain = chunk_html(
        "mill", "1 chunk", [msgspec.structs.replace(chunk, text="A.", figures=msgspec.UNSET)], load([]).chunk
    )
    assert "file:" not in plain
