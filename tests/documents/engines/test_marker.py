"""The real marker code against a stub of its layout server. Run: pytest -m marker, where the extra `marker` is."""

from __future__ import annotations

import base64
import io
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import msgspec
import pytest

from groundwork.documents.conversion.converter_table import ConversionRequest
from groundwork.documents.engines import marker
from groundwork.errors import BadDocument
from groundwork.settings.config_files import load
from tests.documents.conftest import SAMPLE
from tests.fake_openrouter import FakeOpenRouter

SETTINGS = load().ingest


class LayoutServer(BaseHTTPRequestHandler):
    """One heading across the top of every page and one block of text, or what a test wants, below it."""

    areas: ClassVar[list[tuple[str, float, float]]] = [("SectionHeader", 0.08, 0.16), ("Text", 0.16, 0.92)]

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
        boxes = [
            {
                "polygon": [[0, top * height], [width, top * height], [width, end * height], [0, end * height]],
                "label": label, "raw_label": label, "position": i, "confidence": 0.9, "count": 0,
            }
            for i, (label, top, end) in enumerate(self.areas)
        ]  # fmt: skip
        return {"bboxes": boxes, "image_bbox": [0, 0, width, height], "error": False}

    def _send(self, content: object) -> None:
        raw = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


@pytest.fixture(scope="module")  # surya reads its address once, on import
def layout_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), LayoutServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def request(url: str, pages: list[int], more: dict[str, bool] | None = None, **asked: str) -> ConversionRequest:
    """`more`: settings of ingest.marker; `asked`: fields of the request."""
    settings = msgspec.structs.replace(
        SETTINGS.marker, layout_server_url=url, options={"disable_ocr": True, "mode": "fast"}, **(more or {})
    )
    return ConversionRequest(
        source=str(SAMPLE),
        ending=".pdf",
        settings=msgspec.structs.replace(SETTINGS, marker=settings),
        pages=pages,
        page_count=9,
        **asked,
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


@pytest.mark.marker
def test_the_language_model_mends_what_marker_asks_it_for(layout_server, monkeypatch):
    """With use_llm marker asks the model of ingest.vision at the endpoint of `llm`, and its correction is taken."""
    pytest.importorskip("marker", reason="needs the extra marker")
    monkeypatch.setenv("KEY_OF_A_TEST", "sk-of-a-test")
    server = FakeOpenRouter(reply=lower_headings)
    with server.thread() as fake:
        asked = request(layout_server, [2], {"use_llm": True}, base_url=fake.url, api_key_env="KEY_OF_A_TEST")
        (page,) = marker.convert(asked).pages
    assert fake.requests
    assert {body["model"] for body in fake.requests} == {SETTINGS.vision.model}
    assert page.startswith("#### ")


def lower_headings(body: dict[str, Any]) -> str:
    """Every heading of the prompt as one of the fourth level; nothing to correct in prompts of another kind."""
    text = str(body["messages"])
    ids = sorted(set(re.findall(r"/page/\d+/SectionHeader/\d+", text)) - {"/page/0/SectionHeader/1"})
    blocks = [{"id": name, "html": "<h4>Lowered</h4>"} for name in ids if "section headers" in text]
    return json.dumps({"analysis": "", "correction_type": "corrections_needed", "blocks": blocks})


@pytest.mark.marker
def test_pictures_are_kept_on_request(layout_server, monkeypatch, tmp_path):
    """ingest.pictures writes them beside the text, and the Markdown points at them; otherwise there are none."""
    pytest.importorskip("marker", reason="needs the extra marker")
    monkeypatch.setattr(LayoutServer, "areas", [("SectionHeader", 0.08, 0.16), ("VisionPicture", 0.2, 0.6)])
    folder = tmp_path / "handbook"
    asked = request(layout_server, [4], images=str(folder))
    asked = replace(asked, settings=msgspec.structs.replace(asked.settings, pictures=True))
    (page,) = marker.convert(asked).pages
    (kept,) = folder.iterdir()
    assert f"](handbook/{kept.name})" in page
    assert kept.stat().st_size > 1000
    (page,) = marker.convert(request(layout_server, [4])).pages
    assert "](" not in page


@pytest.mark.marker
def test_the_models_are_loaded_once_for_all_files(layout_server):
    """Files read with the same options share one converter, files with other options still share its models."""
    pytest.importorskip("marker", reason="needs the extra marker")
    marker._load_marker_models.cache_clear()
    for pages in ([2], [2], [3]):
        marker.convert(request(layout_server, pages))
    assert marker._load_marker_models.cache_info().misses == 1
    assert marker._load_marker_converter.cache_info().hits > 0


def test_pages_are_cut_at_markers_page_marks():
    """marker's page mark names the page by its place in the file, counted from 0; a missing page is empty."""
    mark = "-" * 48
    text = f"\n\n{{1}}{mark}\n\n# One\n\nText\n\n{{3}}{mark}\n\nThree"
    assert marker.split_marker_pages(text, [2, 3, 4]) == ["# One\n\nText", "", "Three"]


def test_missing_weights_are_said_at_once(monkeypatch):
    """Without weights, server or network it fails within seconds and says what to do, not after marker's 300."""
    monkeypatch.delenv("FAST_LAYOUT_SERVER_URL", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(marker, "MARKER_WEIGHTS", "datalab-to/not-in-any-cache")
    with pytest.raises(BadDocument, match="layout_server_url"):
        marker._prepare_marker("")
