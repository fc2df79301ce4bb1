"""A fake OpenRouter on a loopback socket: scripted replies and faults, rate limits, latency, credit, prices.

Run    python -m tests.fake_openrouter --port 8080 [--latency 0.2] [--fault 429=0.2] [--fault 500=0.1] ...
In a test: `async with FakeOpenRouter(...) as fake` on the test's own loop, or, beside blocking code,
`with FakeOpenRouter(...).thread() as fake`. `fake.url` is the base_url; `fake.script` holds what comes next, before
replies are made up.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import math
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import Any

from aiohttp import web

from tests.endpoint_habits import BODIES, HABITS, RULES, shaped
from tests.made_up_replies import embedding, make_up, own_words
from tests.openrouter_faults import FAULTS, STATUS_FAULTS, bent

Json = dict[str, Any]
IMAGE_TOKENS = 1_032  # four tiles of 258, as gemini-2.5 bills a page
MODELS = {
    "google/gemini-2.5-flash": (0.30e-6, 2.50e-6, ["text", "image"]),
    "google/gemini-2.5-flash-lite": (0.10e-6, 0.40e-6, ["text", "image"]),
    "test/text-only": (1e-6, 2e-6, ["text"]),
    "test/free": (0.0, 0.0, ["text"]),
}


class FakeOpenRouter:
    """The server and what it saw.

    `latency`: median seconds of a reply; `spread`: sigma of a lognormal around it (0: fixed). `faults`: share by
    name (`openrouter_faults.FAULTS`; ValueError for another). `rate`: calls a second (a bucket of `burst`), `cap`: in
    flight; beyond either a 429. `credit`: USD. `reply`: makes the content from the request's body; by default it fits
    the request's schema. `habit`: what its endpoint refuses, or how all its replies look (`endpoint_habits`).
    `tokens`: counts those of a text; a reply that has more than the request's `max_tokens` is cut off there.
    """

    def __init__(
        self,
        *,
        reply: Callable[[Json], str] | None = None,
        tokens: Callable[[str], int] = lambda text: -(-len(text) // 4),
        latency: float = 0.0,
        spread: float = 0.0,
        faults: dict[str, float] | None = None,
        rate: float = 0.0,
        burst: float = 0.0,
        cap: int = 0,
        retry_after: float | None = None,
        credit: float = math.inf,
        key: str = "",
        usage_cost: bool = True,
        seed: int = 0,
        port: int = 0,
        prefix: str = "/api/v1",
        habit: str = "",
    ) -> None:
        if unknown := set(faults or {}) - set(FAULTS):
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
        if habit and habit not in HABITS:
            raise ValueError(f"no such habit: {habit}; there are {', '.join(HABITS)}")
        self.habit = habit
        self.reply, self.tokens = reply or make_up, tokens
        self.latency, self.spread, self.faults = latency, spread, faults or {}
        self.rate, self.burst, self.cap, self.retry_after = rate, burst or rate, cap, retry_after
        self.credit, self.key, self.usage_cost, self.port, self.prefix = credit, key, usage_cost, port, prefix
        self.script: deque[str | Json] = deque()  # a fault's name, {"content": ...}, or {"status", "error", "headers"}
        self.requests: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self.queries: list[dict[str, str]] = []
        self.seen: Counter[str] = Counter()  # by kind of answer
        self.answered: Counter[str] = Counter()  # whole replies by request
        self.received: Counter[str] = Counter()  # calls by request
        self.abandoned = 0  # calls whose caller was gone before the reply
        self.in_flight = self.peak = 0
        self.delays: list[float] = []  # seconds of latency handed out, in the order of the calls
        self.held: Callable[[], bool] = lambda: False  # while it is true no reply leaves
        self.keep_requests = True
        self._random = random.Random(seed)
        self._tokens, self._filled_at = self.burst, time.monotonic()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.prefix}"

    async def __aenter__(self) -> FakeOpenRouter:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post(f"{self.prefix}/chat/completions", self._chat)
        app.router.add_post(f"{self.prefix}/embeddings", self._embeddings)
        app.router.add_get(f"{self.prefix}/models", self._models)
        app.router.add_get(f"{self.prefix}/embeddings/models", self._embedders)
        app.router.add_get(f"{self.prefix}/key", self._key)
        app.router.add_get("/stats", self._stats)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, backlog=4096)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @contextlib.contextmanager
    def thread(self) -> Iterator[FakeOpenRouter]:
        """Serve from a thread with a loop of its own."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        asyncio.run_coroutine_threadsafe(self.__aenter__(), loop).result(10)
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self.__aexit__(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()

    # What the server answers.

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw)
        if self.keep_requests:
            self.requests.append(body)
            self.headers.append(dict(request.headers))
            self.queries.append(dict(request.query))
        if refusal := self._refusal(request):
            return self._error(refusal)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        digest = hashlib.sha256(raw).hexdigest()
        self.received[digest] += 1
        try:
            return await self._answer(request, body, digest)
        except asyncio.CancelledError:
            self.abandoned += 1
            raise
        finally:
            self.in_flight -= 1

    def _refusal(self, request: web.Request) -> str:
        """Authentication, credit and rate limits, in the order in which OpenRouter looks at them."""
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return "401"
        if self.credit <= 0:
            return "402"
        if self.cap and self.in_flight >= self.cap:
            return "429"
        if self.rate:
            now = time.monotonic()
            self._tokens = min(self.burst, self._tokens + (now - self._filled_at) * self.rate)
            self._filled_at = now
            if self._tokens < 1:
                return "429"
            self._tokens -= 1
        return ""

    async def _answer(self, request: web.Request, body: Json, digest: str) -> web.StreamResponse:
        if self.habit in RULES and (refusal := RULES[self.habit](body)):
            self.seen[self.habit] += 1
            error = refusal[1] if isinstance(refusal[1], list) else {"error": refusal[1]}
            return web.json_response(error, status=refusal[0])
        planned = self.script.popleft() if self.script else self._draw_fault()
        if isinstance(planned, str) and planned in STATUS_FAULTS:
            return self._error(planned)
        if isinstance(planned, dict) and "status" in planned:
            return self._error(str(planned["status"]), planned)
        delay = self.latency * (self._random.lognormvariate(0, self.spread) if self.spread else 1.0)
        if planned == "drop":
            self._abort(request, planned)
        if planned == "hang":
            self.seen["hang"] += 1
            await asyncio.sleep(3600)
        delay = planned.get("delay", delay) if isinstance(planned, dict) else delay
        self.delays.append(delay)
        await asyncio.sleep(delay)
        while self.held():  # noqa: ASYNC110  # the test's side knows nothing of this loop
            await asyncio.sleep(0.01)
        content = planned.get("content") if isinstance(planned, dict) else None
        whole = self._completion(body, self.reply(body) if content is None else content)
        if isinstance(planned, dict):
            whole["usage"].update(planned.get("usage", {}))
        if planned == "drop-midway":
            return await self._half(request, whole)
        fault = planned if isinstance(planned, str) else ""
        self.seen[fault or "ok"] += 1
        if fault:
            return bent(fault, whole)
        self.answered[digest] += 1
        if body.get("stream"):
            return web.Response(text=BODIES["stream"](whole), content_type="text/event-stream")
        return web.Response(text=shaped(self.habit, whole), content_type="application/json")

    def _draw_fault(self) -> str:
        draw = self._random.random()
        for name, share in self.faults.items():
            draw -= share
            if draw < 0:
                return name
        return ""

    def _error(self, fault: str, planned: Json | None = None) -> web.Response:
        self.seen[fault] += 1
        status, error = STATUS_FAULTS.get(fault, (int(fault[:3]), {"code": int(fault[:3]), "message": "scripted"}))
        headers = {}
        if status in (429, 503) and self.retry_after is not None:
            headers["Retry-After"] = f"{self.retry_after:g}"
        if planned:
            error = planned.get("error", error)
            headers.update(planned.get("headers", {}))
        return web.json_response({"error": error}, status=status, headers=headers)

    def _abort(self, request: web.Request, kind: str) -> None:
        self.seen[kind] += 1
        assert request.transport is not None
        request.transport.abort()
        raise asyncio.CancelledError

    async def _half(self, request: web.Request, whole: Json) -> web.StreamResponse:
        raw = json.dumps(whole).encode()
        response = web.StreamResponse(headers={"Content-Length": str(len(raw)), "Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(raw[: len(raw) // 2])
        self._abort(request, "drop-midway")
        return response

    def _completion(self, body: Json, content: str) -> Json:
        content, finish = self._within_limit(body, content)
        prompt, completion = self._prompt_tokens(body), max(1, self.tokens(content))
        usage: Json = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
        usage["prompt_tokens_details"] = {"cached_tokens": 0}
        price = MODELS.get(body["model"], (1e-6, 1e-6, []))
        cost = prompt * price[0] + completion * price[1]
        self.credit -= cost
        if self.usage_cost:
            usage["cost"] = cost
        message = {"role": "assistant", "content": content, "refusal": None}
        choice = {"index": 0, "finish_reason": finish, "native_finish_reason": finish.upper(), "message": message}
        return {"id": "gen-1", "model": body["model"], "object": "chat.completion", "choices": [choice], "usage": usage}

    def _within_limit(self, body: Json, content: str) -> tuple[str, str]:
        """(content, finish_reason): cut off where it has more tokens than the request allows."""
        limit, count = body.get("max_tokens") or body.get("max_completion_tokens"), self.tokens(content)
        if not limit or count <= limit:
            return content, "stop"
        return content[: len(content) * limit // count], "length"

    def _prompt_tokens(self, body: Json) -> int:
        """Text, pictures and the schema, which counts as text."""
        found = [turn["content"] for turn in body["messages"]]
        parts = [part for content in found for part in (content if isinstance(content, list) else [{"text": content}])]
        schema = json.dumps(body["response_format"]) if "response_format" in body else ""
        images = sum("image_url" in part for part in parts)
        return sum(self.tokens(part.get("text") or "") for part in [*parts, {"text": schema}]) + images * IMAGE_TOKENS

    async def _embeddings(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append(body)
        planned = self.script.popleft() if self.script else self._draw_fault()
        if isinstance(planned, str) and planned in STATUS_FAULTS:
            return self._error(planned)
        await asyncio.sleep(self.latency)
        data = [
            {"index": i, "embedding": embedding(text), "object": "embedding"} for i, text in enumerate(body["input"])
        ]
        data.reverse()  # nothing promises the order of the input
        if planned == "no-choices":
            data = data[1:]
        tokens = sum(map(len, body["input"])) // 4
        return web.json_response(
            {"data": data, "model": body["model"], "usage": {"prompt_tokens": tokens, "cost": 1e-8 * tokens}}
        )

    async def _models(self, _: web.Request) -> web.Response:
        data = [
            {
                "id": name,
                "context_length": 1_048_576,
                "architecture": {"input_modalities": modalities},
                "pricing": {"prompt": f"{prompt:.10f}", "completion": f"{completion:.10f}"},
                "supported_parameters": ["temperature", "max_tokens", "structured_outputs", "response_format"][
                    : 2 if name == "test/free" else 4
                ],
            }
            for name, (prompt, completion, modalities) in MODELS.items()
        ]
        return web.json_response({"data": data})

    async def _embedders(self, _: web.Request) -> web.Response:
        pricing = {"prompt": "0.0000000200", "completion": "0"}
        return web.json_response({"data": [{"id": "openai/text-embedding-3-small", "pricing": pricing}]})

    async def _key(self, request: web.Request) -> web.Response:
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return self._error("401")
        left = None if math.isinf(self.credit) else self.credit
        return web.json_response(
            {"data": {"label": "fake", "limit": left, "limit_remaining": left, "is_free_tier": False}}
        )

    async def _stats(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "calls": sum(self.seen.values()),
                "seen": self.seen,
                "peak": self.peak,
                "delays": self.delays,
                "abandoned": self.abandoned,
                "different": len(self.received),
                "received": self.received.total(),
                "paid twice": sum(count - 1 for count in self.answered.values()),
            }
        )


def main() -> None:
    """Serve until interrupted; prints the base_url."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--spread", type=float, default=0.0)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--burst", type=float, default=0.0)
    parser.add_argument("--cap", type=int, default=0)
    parser.add_argument("--key", default="")
    parser.add_argument("--credit", type=float, default=math.inf)
    parser.add_argument("--habit", default="", help=f"one of {', '.join(HABITS)}")
    parser.add_argument("--prefix", default="/api/v1", help="/v1 imitates vLLM and its like")
    parser.add_argument("--fault", action="append", default=[], help="NAME=SHARE, such as 429=0.2")
    parser.add_argument("--content", default="", help="answer every call with this text; {words} differ by request")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep-requests", action="store_true")
    options = parser.parse_args()
    faults = {name: float(share) for name, _, share in (fault.partition("=") for fault in options.fault)}
    names = ("port", "latency", "spread", "rate", "burst", "cap", "key", "credit", "prefix", "seed", "habit")
    fake = FakeOpenRouter(faults=faults, **{name: getattr(options, name) for name in names})
    fake.keep_requests = options.keep_requests
    if options.content:
        fake.reply = lambda body: options.content.replace("{words}", own_words(body))

    async def serve() -> None:
        async with fake:
            print(fake.url, flush=True)
            await asyncio.Event().wait()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())


if __name__ == "__main__":
    main()
