"""An endpoint on loopback that costs next to nothing: for benchmarks whose clients need the cores themselves.

Knows one thing of HTTP: a POST with `Content-Length` on a connection that stays open is answered by a chat completion,
any other request by 404. A request that was answered before gets the same bytes, so that the reply is made up once.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class LightEndpoint:
    """Serves from a thread of its own; `reply` makes the content from the request's body."""

    def __init__(self, reply: Callable[[dict[str, Any]], str]) -> None:
        self._reply, self._answers, self._port = reply, dict[bytes, bytes](), 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    @contextmanager
    def thread(self) -> Iterator[LightEndpoint]:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        serving = loop.create_server(lambda: _Connection(self._answer), "127.0.0.1", 0, backlog=4096)
        server = asyncio.run_coroutine_threadsafe(serving, loop).result(10)
        self._port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(server.close)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)

    def _answer(self, body: bytes) -> bytes:
        digest = hashlib.blake2b(body).digest()
        if digest not in self._answers:
            self._answers[digest] = _response(json.loads(body), self._reply)
        return self._answers[digest]


class _Connection(asyncio.Protocol):
    """One after the other, the requests of a connection."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer, self._received = answer, bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (head_end := self._received.find(_HEAD_END)) >= 0:
            length = _LENGTH.search(self._received, 0, head_end)
            end = head_end + len(_HEAD_END) + (int(length[1]) if length else 0)
            if len(self._received) < end:
                return
            body = bytes(self._received[head_end + len(_HEAD_END) : end])
            self._transport.write(self._answer(body) if self._received.startswith(b"POST") else _NOT_FOUND)
            del self._received[:end]


def _response(request: dict[str, Any], reply: Callable[[dict[str, Any]], str]) -> bytes:
    """A whole HTTP response. Four letters count as a token, as elsewhere in these benchmarks."""
    content = reply(request)
    prompt, completion = sum(len(str(turn["content"])) for turn in request["messages"]) // 4, len(content) // 4
    message = {"role": "assistant", "content": content, "refusal": None}
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion, "cost": 0.0}
    choice = {"index": 0, "finish_reason": "stop", "native_finish_reason": "STOP", "message": message}
    whole = {"id": "gen-1", "model": request["model"], "object": "chat.completion", "choices": [choice], "usage": usage}
    body = json.dumps(whole).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
