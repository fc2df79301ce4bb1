"""The real marker code against a stub of its layout server. Run: pytest -m marker, where the extra `marker` is."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from dataprep.converters import Request, marker
from dataprep.schema.config import load
from dataprep.schema.errors import BadDocument
from tests.converters.conftest import SAMPLE

SETTINGS = load().ingest


class LayoutServer(BaseHTTPRequestHandler):
    """One heading across the top of every page and one block of text below it."""

    def do_GET(self) -> None:  # named by http.server
        self._send({"data": [{"id": "hf://datalab-to/surya_layout2"}], "status": "ok"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._send({"results": [self._layout(item) for item in body["items"]]})

    def log_message(self, *_: object) -> None:
        pass

    def _layout(self, item: str) -> dict[str, object]:
        from PIL import Image

        width, height = Image.open(io.BytesIO(base64.b64decode(item))).size
        areas = [("SectionHeader", 0.08, 0.16), ("Text", 0.16, 0.92)]
        boxes = [
            {
                "polygon": [[0, top * height], [width, top * height], [width, end * height], [0, end * height]],
                "label": label, "raw_label": label, "position": i, "confidence": 0.9, "count": 0,
            }
            for i, (label, top, end) in enumerate(areas)
        ]  # fmt: skip
        return {"bboxes": boxes, "image_bbox": [0, 0, width, height], "error": False}

    def _send(self, content: object) -> None:
        raw = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


@pytest.fixture
def layout_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), LayoutServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def request(url: str, pages: list[int]) -> Request:
    settings = msgspec.structs.replace(
        SETTINGS.marker, layout_server_url=url, options={"disable_ocr": True, "mode": "fast"}
    )
    return Request(
        source=str(SAMPLE),
        ending=".pdf",
        settings=msgspec.structs.replace(SETTINGS, marker=settings),
        pages=pages,
        page_count=9,
    )


@pytest.mark.marker
def test_the_real_converter_gives_pages_with_their_text(layout_server):
    """PdfConverter runs whole on two pages: each page's Markdown holds that page's text, with headings."""
    pytest.importorskip("marker", reason="needs the extra marker")
    pages = marker.convert(request(layout_server, [2, 4])).pages
    assert len(pages) == 2
    assert "The Ellary Sound Rowing League organises races" in pages[0]
    assert "Course A is the triangle" in " ".join(pages[1].split())
    assert "#" in pages[0]


def test_pages_are_cut_at_markers_page_marks():
    """marker's page mark names the page by its place in the file, counted from 0; a missing page is empty."""
    mark = "-" * 48
    text = f"\n\n{{1}}{mark}\n\n# One\n\nText\n\n{{3}}{mark}\n\nThree"
    assert marker._by_page(text, [2, 3, 4]) == ["# One\n\nText", "", "Three"]


def test_missing_weights_are_said_at_once(monkeypatch):
    """Without weights, server or network it fails within seconds and says what to do, not after marker's 300."""
    monkeypatch.delenv("FAST_LAYOUT_SERVER_URL", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(marker, "LAYOUT_WEIGHTS", "datalab-to/not-in-any-cache")
    with pytest.raises(BadDocument, match="layout_server_url"):
        marker._prepare("")
