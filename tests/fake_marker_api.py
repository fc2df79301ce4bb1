"""Datalab's documented conversion service on a loopback socket: upload, ask for the job, its result."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "dlab-of-a-test"


@dataclass
class FakeMarkerApi:
    """Answers with `pages`. `refusals`: (status, headers, detail) of the next requests, before any other answer.

    `asked_before`: how often a job says that it is still processing; None: for ever. `result`: more of a job's result.
    """

    pages: list[str] = field(default_factory=list)
    refusals: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    asked_before: int | None = 1
    result: dict[str, Any] = field(default_factory=dict)
    check_url: str = ""
    submitted: dict[str, Any] = field(default_factory=dict)
    uploads: list[bytes] = field(default_factory=list)
    polls: int = 0

    def __enter__(self) -> FakeMarkerApi:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/api/v1/convert"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, body: bytes, key: str) -> tuple[int, dict[str, str], Any]:
        if self.refusals:
            status, headers, detail = self.refusals.pop(0)
            return status, headers, {"detail": detail}
        if key != KEY:
            return 401, {}, {"detail": f"Invalid API key provided: {key}"}
        if method == "POST":
            self.uploads.append(body)
            told = self.check_url or f"{self.url}/job-1"
            return 200, {}, {"success": True, "request_id": "job-1", "request_check_url": told, **self.submitted}
        self.polls += 1
        if self.asked_before is None or self.polls <= self.asked_before:
            return 200, {}, {"status": "processing"}
        markdown = "".join(f"\n\n{{{i}}}{'-' * 48}\n\n{page}" for i, page in enumerate(self.pages))
        done = {"status": "complete", "success": True, "markdown": markdown, "images": {}, "metadata": {}}
        return 200, {}, {**done, "page_count": len(self.pages), **self.result}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # named by http.server
                self._send("GET")

            def do_POST(self) -> None:
                self._send("POST")

            def _send(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, content = fake.answer(method, body, self.headers.get("X-API-Key", ""))
                raw = json.dumps(content).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(raw))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
