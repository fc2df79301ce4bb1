"""The page's server, asked over real sockets: who is let in, and what a decision comes to."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from aiohttp import ClientResponse, ClientSession

from groundwork.data_folder.read_write import write_jsonl
from groundwork.data_folder.runs.review_decisions import append_decisions, question_hash, read_decisions
from groundwork.data_folder.workspace import Workspace
from groundwork.records import Pair
from groundwork.review.review_server import ReviewServer
from groundwork.review.review_session import ReviewSession, new_decision
from tests.review.runs import CLOSING, COUNTING, OPENING, REWORDED, WAITING, write_curated


class Page:
    """What the page does, without the page."""

    def __init__(self, session: ClientSession, server: ReviewServer) -> None:
        self.session, self.server = session, server

    @property
    def review(self) -> ReviewSession:
        return self.server.session

    async def get(self, path: str, **headers: str) -> ClientResponse:
        return await self.session.get(self.server.address + path, headers=headers)

    async def shown(self, pair: Pair) -> dict[str, Any]:
        content: dict[str, Any] = await (await self.get(f"pair?row={self.review.review_row_numbers[pair.id]}")).json()
        return content

    async def decide(self, pair: Pair, verdict: str, **more: Any) -> tuple[int, dict[str, Any]]:
        ask = {"pair": pair.id, "verdict": verdict, "question_hash": question_hash(pair), "lines": 0, **more}
        reply = await self.session.post(f"{self.server.address}decide", json=ask)
        return reply.status, await reply.json()

    @property
    def lines(self) -> list[Any]:
        return read_decisions(self.review.decisions_path)[0]


@pytest_asyncio.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    write_curated(tmp_path)
    server = ReviewServer(ReviewSession(Workspace(tmp_path), "small", "ann"), "uv run dataprep/review.py small")
    await server.start()
    async with ClientSession() as session:
        yield Page(session, server)
    await server.close()


async def test_only_the_address_with_its_token_is_answered(page: Page) -> None:
    """Without the token, by another host name or port, or from another origin, nothing is shown and nothing written."""
    port = page.server.port
    assert (await page.get("")).status == 200
    assert (await page.session.get(f"http://127.0.0.1:{port}/wrong/pairs")).status == 403
    assert (await page.session.get(f"http://127.0.0.1:{port}/")).status in (403, 404)
    assert (await page.get("pairs", Host=f"evil.example:{port}")).status == 403
    assert (await page.get("pairs", Host="127.0.0.1:1")).status == 403
    for origin in ("http://evil.example", "null", f"https://127.0.0.1:{port}", "http://127.0.0.1:1"):
        assert (await page.get("pairs", Origin=origin)).status == 403
    assert (await page.get("pairs", **{"Sec-Fetch-Site": "cross-site"})).status == 403
    assert (await page.get("pairs", Origin=f"http://127.0.0.1:{port}")).status == 200


async def test_a_foreign_page_cannot_post(page: Page) -> None:
    """A form or a script of another site is refused, with the token too, and so is a post that is no JSON."""
    ask = {"pair": OPENING.id, "verdict": "reject", "question_hash": question_hash(OPENING), "lines": 0}
    address = f"{page.server.address}decide"
    foreign = await page.session.post(address, json=ask, headers={"Origin": "http://evil.example"})
    form = await page.session.post(address, data=msgspec.json.encode(ask), headers={"Content-Type": "text/plain"})
    no_token = await page.session.post(f"http://127.0.0.1:{page.server.port}/x/decide", json=ask)
    assert [foreign.status, form.status, no_token.status] == [403, 403, 403]
    assert not page.review.decisions_path.exists()


async def test_every_answer_forbids_to_be_kept_or_framed(page: Page) -> None:
    """Refusals too."""
    for path in ("", "pairs", "nothing", "pair?row=99"):
        headers = (await page.get(path)).headers
        assert headers["Cache-Control"] == "no-store" and headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"


async def test_the_table_has_every_pair(page: Page) -> None:
    """Those turned down by generation and curation stand beside those kept, each with its reason."""
    data = await (await page.get("pairs")).json()
    states = [data["state"]["values"][k] for k in data["state"]["index"]]
    reasons = [data["reason"]["values"][k] for k in data["reason"]["index"]]
    assert states == ["kept", "kept", "rejected", "kept", "rejected", "rejected"]
    assert reasons == ["", "", "worth", "", "vague", "form"]
    assert data["question"][1] == REWORDED.question


async def test_the_evidence_is_marked_in_the_chunk(page: Page) -> None:
    """The pieces of a chunk give its text back, and the quote is the marked one."""
    chunk = (await page.shown(OPENING))["chunks"][0]
    assert [text for text, marked in chunk["pieces"] if marked] == OPENING.evidence
    assert "".join(text for text, _ in chunk["pieces"]).startswith("## Gates")


async def test_a_decision_is_a_line_at_once(page: Page) -> None:
    """Accept, reject and undo are lines of the file, in their order, by the reviewer's name."""
    assert (await page.decide(OPENING, "accept"))[1]["marks"] == ["accept", ""]
    assert (await page.decide(OPENING, "reject", reason=" too easy ", lines=1))[1]["marks"] == ["reject", ""]
    assert (await page.decide(OPENING, "undo", lines=2))[1]["marks"] == ["accept", ""]
    assert [(one.reviewer, one.verdict, one.reason) for one in page.lines] == [
        ("ann", "accept", ""), ("ann", "reject", "too easy"), ("ann", "undo", ""),
    ]  # fmt: skip


async def test_an_edit_is_kept_beside_what_was_generated(page: Page) -> None:
    """The line holds what differs from the generated pair, also where curation had reworded it."""
    _, reply = await page.decide(REWORDED, "accept", edited={"answer": "At a quarter to seven."})
    assert reply["marks"][0] == "edit"
    assert page.lines[0].edited == {"question": REWORDED.question, "answer": "At a quarter to seven."}
    shown = (await page.shown(REWORDED))["pair"]
    assert (shown["answer"], shown["original_answer"]) == ("At a quarter to seven.", CLOSING.answer)
    assert shown["original_question"] == CLOSING.question


@pytest.mark.parametrize(
    ("edited", "status"),
    [({"answer": "  "}, 422), ({"evaluation_criteria": []}, 422), ({"id": "x"}, 422), ({"answer": ["x"]}, 422),
     ({"evaluation_criteria": "x"}, 422), ({"answer": "x" * 200_000}, 422), ({"answer": "x" * 2_000_000}, 413)],
)  # fmt: skip
async def test_what_cannot_stand_is_not_written(page: Page, edited: dict[str, Any], status: int) -> None:
    """An emptied field, another field, another type, too much text: refused with a reason."""
    told, reply = await page.decide(OPENING, "accept", edited=edited)
    assert told == status and reply["error"] and not page.lines


async def test_a_second_window_is_not_overwritten(page: Page) -> None:
    """A decision made on an old view of the pair is refused; the page then shows the pair as it stands."""
    await page.decide(OPENING, "reject")
    status, reply = await page.decide(OPENING, "accept", lines=0)
    assert status == 409 and "another window" in reply["error"]
    assert [one.verdict for one in page.lines] == ["reject"]


async def test_what_another_reviewer_writes_is_seen(page: Page) -> None:
    """Lines of another process show up in the changes, with how far the two agree."""
    await page.decide(OPENING, "accept")
    append_decisions(
        page.review.decisions_path, [new_decision(one, "ben", "reject", "", {}) for one in (OPENING, WAITING)]
    )
    news = await (await page.get("changes?since=1")).json()
    assert news["decided"] == {"0": ["accept", "ben: reject"], "2": ["", "ben: reject"]}
    assert news["agreements"] == ["ann and ben agree on 0% of 1 pair both judged (Cohen's kappa 0.00)"]


async def test_what_another_process_writes_during_a_decision_is_seen(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that comes between the check of the file and the end of a decision is read as well, in its place."""
    flush = os.fsync

    def flush_beside_another(handle: int) -> None:
        monkeypatch.setattr(os, "fsync", flush)
        append_decisions(page.review.decisions_path, [new_decision(WAITING, "ben", "reject", "", {})])
        flush(handle)

    monkeypatch.setattr(os, "fsync", flush_beside_another)
    await page.decide(OPENING, "accept")
    assert [decision.reviewer for decision in page.review.review_log] == ["ann", "ben"]
    news = await (await page.get("changes?since=1")).json()
    assert news["decided"] == {"2": ["", "ben: reject"]}


async def test_a_run_that_is_written_meanwhile_is_noticed(page: Page, tmp_path: Path) -> None:
    """The page hears of it; a decision about a pair that has changed is refused once it was read anew."""
    other = msgspec.structs.replace(OPENING, question="Which gates does the mill of Orrin open at 06:30?")
    assert not (await (await page.get("changes?since=0")).json())["written"]
    write_jsonl(tmp_path / "qa" / "small" / "curated" / "mill.jsonl", [other])
    assert (await (await page.get("changes?since=0")).json())["written"]
    assert len((await (await page.get("pairs?fresh")).json())["question"]) == 6
    assert (await page.decide(OPENING, "accept"))[0] == 409
    assert (await page.decide(other, "accept"))[0] == 200


async def test_decisions_for_pairs_that_are_gone_are_named(page: Page) -> None:
    """They stay in the file, and the page says which they are."""
    lost = msgspec.structs.replace(COUNTING, id="mill-9-lost")
    append_decisions(page.review.decisions_path, [new_decision(lost, "ben", "reject", "", {})])
    warnings = (await (await page.get("pairs?fresh")).json())["warnings"]
    assert len(warnings) == 1 and "mill-9-lost" in warnings[0]
    assert len(page.lines) == 1


async def test_a_run_without_pairs_is_shown(tmp_path: Path) -> None:
    """0 pairs are an empty table, and asking for one is refused."""
    write_jsonl(tmp_path / "qa" / "empty" / "mill.jsonl", [])
    server = ReviewServer(ReviewSession(Workspace(tmp_path), "empty", "ann"))
    await server.start()
    async with ClientSession() as session:
        assert (await (await session.get(f"{server.address}pairs")).json())["count"] == 0
        assert (await session.get(f"{server.address}pair?row=0")).status == 404
        assert (await session.get(f"{server.address}pair?row=-1")).status == 422
    await server.close()


async def test_the_search_reads_answers_and_evidence(page: Page) -> None:
    """All words have to stand somewhere in the pair, in any case."""
    assert await (await page.get("search?q=OUTER+quay")).json() == [2, 4]
    assert await (await page.get("search?q=outer+18:45")).json() == []
