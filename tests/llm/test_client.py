"""The client against a fake OpenRouter: every shape in which a call can fail, the journal, the money, the stop."""

import asyncio
import json
import os
import random
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from groundwork.errors import (
    ConfigError,
    Filtered,
    InvalidReply,
    ProviderRefused,
    Stopped,
    StopRun,
    TransportFailed,
    UnitError,
)
from groundwork.llm.calls.call_runner import RunControls
from groundwork.llm.calls.costs_and_budget import Budget
from groundwork.llm.client import Client
from groundwork.llm.replies.reply_schema import ReplyRequirements
from groundwork.processes.process_identity import identity
from tests.fake_openrouter import FakeOpenRouter
from tests.llm.conftest import Pair, Pairs, ask_text, until

MENDED = [
    "429", "429-upstream", "429-in-200", "408", "500", "502", "503", "524", "529", "error-in-200", "no-choices",
    "null-choices", "html", "not-object", "truncated-body", "finish-error", "choice-error", "drop", "drop-midway",
    "hang", "empty", "broken-json", "wrong-schema", "length",
]  # fmt: skip
TAKEN = ["fenced", "parts", "thoughts", "no-usage"]


@pytest.mark.usefixtures("no_backoff")
@pytest.mark.parametrize("fault", MENDED)
async def test_a_fault_costs_one_more_call_and_never_a_unit(fault, fake, config_for, journal):
    """Whatever goes wrong once, the ask ends with its value; asked again, it is read from the journal."""
    fake.script.append(fault)
    config = config_for(fake, llm__timeout=3 if fault == "hang" else 60)
    async with Client(config.llm, journal) as client:
        reply = await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d", schema=Pairs)
        assert isinstance(reply.value.pairs[0], Pair) and not reply.replayed
        assert len(fake.requests) == 2
        again = await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d", schema=Pairs)
        assert again.value == reply.value and again.replayed and len(fake.requests) == 2


@pytest.mark.parametrize("shape", TAKEN)
async def test_a_reply_in_an_odd_wrapping_is_read(shape, fake, client, config_for):
    """Fences, parts, leading thoughts and a missing usage cost no further call."""
    fake.script.append(shape)
    reply = await client.ask(config_for(fake).qa, ask_text("hi"), stage="qa", unit="d", schema=Pairs)
    assert reply.value.pairs and len(fake.requests) == 1


@pytest.mark.usefixtures("no_backoff")
@pytest.mark.parametrize("fault", ["500", "drop", "hang", "html", "finish-error", "no-choices"])
async def test_transport_ends_after_its_tries_and_nothing_is_stored(fault, fake, config_for, journal):
    """Tries are counted; when they are used up the unit fails by name, and the next run asks again."""
    config = config_for(fake, llm__timeout=0.2 if fault == "hang" else 60, llm__transport_retries=1)
    fake.script.extend([fault, fault])
    async with Client(config.llm, journal) as client:
        with pytest.raises(TransportFailed, match=r"page 7: .* 2 tries failed"):
            await client.ask(config.qa, ask_text("hi"), stage="ingest", unit="page 7")
    fake.script.clear()
    async with Client(config_for(fake).llm, journal) as client:
        assert not (await client.ask(config.qa, ask_text("hi"), stage="ingest", unit="page 7")).replayed


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        ("401", "MY_KEY in .env"),
        ("402", "no credit is left"),
        ("403", "no right"),
        ("404", "check the model's name"),
        ("429-quota", "no credit is left"),
    ],
)
async def test_what_every_call_would_meet_stops_the_run(fault, remedy, fake, config_for, journal):
    """Key, credit, rights and model: one call, the remedy, and no further call by anybody."""
    config = config_for(fake, llm__api_key_env="MY_KEY", llm__max_concurrency=1)
    fake.script.append(fault)
    async with Client(config.llm, journal, env={"MY_KEY": "sk-secret"}) as client:
        asks = [client.ask(config.qa, ask_text(f"{n}"), stage="qa", unit=f"d {n}") for n in range(5)]
        errors = await asyncio.gather(*asks, return_exceptions=True)
    assert all(isinstance(error, ProviderRefused) for error in errors) and remedy in str(errors[0])
    assert len(fake.requests) == 1 and "sk-secret" not in str(errors)


@pytest.mark.parametrize("fault", ["content-filter", "refusal", "403-moderation"])
async def test_a_filtered_unit_is_recorded_and_not_asked_again(fault, fake, client, config_for):
    """The content filter ends the unit, not the run, and asking again costs nothing where a reply was stored."""
    fake.script.append(fault)
    for _ in range(1 if fault == "403-moderation" else 2):
        with pytest.raises(Filtered, match="d 1"):
            await client.ask(config_for(fake).qa, ask_text("hi"), stage="qa", unit="d 1", schema=Pairs)
    assert len(fake.requests) == 1


@pytest.mark.parametrize("fault", ["400", "413"])
async def test_a_request_at_fault_fails_its_unit_at_once(fault, fake, client, config_for):
    """A request that cannot be answered is not tried again and does not stop the others."""
    fake.script.append(fault)
    with pytest.raises(UnitError, match=f"d 1: .*{fault}"):
        await client.ask(config_for(fake).qa, ask_text("hi"), stage="qa", unit="d 1")
    assert len(fake.requests) == 1
    await client.ask(config_for(fake).qa, ask_text("hi"), stage="qa", unit="d 2")


async def test_three_bad_replies_are_an_invalid_reply(fake, client, config_for):
    """First draw, correction turn with the error in it, fresh draw; then the unit fails and nothing is made up."""
    fake.script.extend(["broken-json", "wrong-schema", "wrong-schema"])
    with pytest.raises(InvalidReply, match=r"d 3: .* no usable reply in 3 calls; .*not valid JSON.* / .*schema"):
        await client.ask(config_for(fake).qa, ask_text("hi"), stage="qa", unit="d 3", schema=Pairs)
    first, correction, fresh = fake.requests
    assert [m["role"] for m in correction["messages"]] == ["user", "assistant", "user"] and first == fresh
    assert "not valid JSON" in correction["messages"][2]["content"]


def pairs_reply(*answers: str | None) -> dict:
    """A scripted reply with a pair for each answer; None is no answer at all."""
    return {"content": json.dumps({"pairs": [{"question": f"Q{a}?", "answer": a} for a in answers]})}


async def test_a_faulty_item_costs_one_correction_and_not_the_reply(fake, client, config_for):
    """The correction turn asks for the faulty items alone; they take their places among the good ones."""
    fake.script.extend([pairs_reply("1", None, "3"), pairs_reply("2")])
    reply = await client.ask(config_for(fake).qa, ask_text("hi"), stage="qa", unit="d", schema=Pairs)
    assert [pair.answer for pair in reply.value.pairs] == ["1", "2", "3"] and not reply.dropped
    asked = fake.requests[1]["messages"][-1]["content"]
    assert len(fake.requests) == 2 and "number 2" in asked and "1 alone" in asked


async def test_an_item_that_stays_faulty_is_left_out_only_where_that_is_wanted(fake, client, config_for):
    """With `partial` the others are kept and it is reported; without, the reply is drawn anew."""
    qa = config_for(fake).qa
    fake.script.extend([pairs_reply("1", None), pairs_reply(None)])
    reply = await client.ask(qa, ask_text("a"), stage="qa", unit="d", schema=ReplyRequirements(Pairs, partial=True))
    assert [pair.answer for pair in reply.value.pairs] == ["1"]
    assert [dropped.item for dropped in reply.dropped] == [{"question": "QNone?", "answer": None}]
    fake.script.extend([pairs_reply("1", None), pairs_reply(None), pairs_reply("1", "2")])
    reply = await client.ask(qa, ask_text("b"), stage="qa", unit="d", schema=Pairs)
    assert len(reply.value.pairs) == 2 and len(fake.requests) == 5


async def test_thoughts_without_an_end_get_twice_the_room_once(fake, client, config_for):
    """The tokens ran out within them: like a reply that was cut off, whatever the finish_reason says."""
    qa = config_for(fake, qa__max_tokens=100).qa
    fake.script.extend([{"content": '<think>Let me see {"pairs": []}'}, pairs_reply("1")])
    reply = await client.ask(qa, ask_text("a"), stage="qa", unit="d", schema=Pairs)
    assert reply.value.pairs and [request["max_tokens"] for request in fake.requests] == [100, 200]
    fake.script.extend([{"content": "<think>and so on"}] * 2)
    with pytest.raises(
        InvalidReply, match="within its reasoning at 100 tokens and again at 200; raise max_tokens of qa"
    ):
        await client.ask(qa, ask_text("b"), stage="qa", unit="d")


async def test_a_prompt_that_the_server_cut_off_is_told(fake, config_for, journal):
    """usage.prompt_tokens far below what was sent: a failure where the whole prompt matters, else said once."""
    lines: list[str] = []
    long = "Each of these rules states one fact about the league. " * 1500
    async with Client(config_for(fake).llm, journal, RunControls(say=lines.append)) as client:
        qa = config_for(fake).qa
        for unit in ("a", "b"):
            fake.script.append({"usage": {"prompt_tokens": 4096}})
            await client.ask(qa, ask_text(long + unit), stage="qa", unit=unit)
        assert len(lines) == 1 and "num_ctx" in lines[0] and "4,096" in lines[0]
        fake.script.append({"usage": {"prompt_tokens": 4096}})
        with pytest.raises(InvalidReply, match="num_ctx"):
            await client.ask(
                qa, ask_text(long), stage="summarize", unit="c", schema=ReplyRequirements[str](whole_prompt=True)
            )
        await client.ask(
            qa, ask_text(long + "d"), stage="summarize", unit="d", schema=ReplyRequirements[str](whole_prompt=True)
        )
    assert len(lines) == 1


async def test_a_lost_unit_is_drawn_anew_by_the_next_run(fake, config_for, journal):
    """A stored conversation that ended in nothing is replayed first, for a changed check may take it; then redrawn."""
    config = config_for(fake)
    fake.script.extend(["wrong-schema"] * 3)
    async with Client(config.llm, journal) as client:
        with pytest.raises(InvalidReply):
            await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d", schema=Pairs)
    async with Client(config.llm, journal) as client:
        reply = await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d", schema=Pairs)
    assert reply.value.pairs and len(fake.requests) == 4


async def test_a_stored_reply_is_read_by_a_changed_check_without_a_call(fake, config_for, journal):
    """The same request under a stricter check: replayed, and only the correction is paid for."""
    config = config_for(fake)
    async with Client(config.llm, journal) as client:
        await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d", schema=Pairs)
        stricter = "The answer is too long."
        checks = iter([stricter, None, None])
        checked = ReplyRequirements(Pairs, check=lambda _: next(checks))
        await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d", schema=checked)
        assert len(fake.requests) == 2 and stricter in fake.requests[1]["messages"][-1]["content"]
        unchecked = ReplyRequirements(Pairs, check=lambda _: None)
        loose = await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d", schema=unchecked)
        assert loose.replayed and len(fake.requests) == 2


async def test_a_cut_off_reply_gets_twice_the_room_once(fake, client, config_for):
    """finish_reason length: the same request with a doubled limit; cut off again, the message says what to raise."""
    qa = config_for(fake, qa__max_tokens=100).qa
    fake.script.append("length")
    assert (await client.ask(qa, ask_text("a"), stage="qa", unit="d", schema=Pairs)).value.pairs
    assert [request["max_tokens"] for request in fake.requests] == [100, 200]
    fake.script.extend(["length", "length"])
    with pytest.raises(InvalidReply, match="cut off at 100 tokens and again at 200; raise max_tokens of qa"):
        await client.ask(qa, ask_text("b"), stage="qa", unit="d", schema=Pairs)
    fake.script.extend(["length", "400"])
    with pytest.raises(InvalidReply, match="cut off at 100 tokens, and a higher limit is refused"):
        await client.ask(qa, ask_text("c"), stage="qa", unit="d", schema=Pairs)


async def test_a_reply_cut_off_at_the_most_that_the_endpoint_takes_is_not_paid_for_again(config_for, journal):
    """The same request would be sent once more; the message names that limit, and no setting that would not help."""
    capped = "400: max_tokens is too large: {}. This model supports at most 4096 completion tokens"
    calls = []

    async def chat(request: web.Request) -> web.Response:
        limit = (await request.json())["max_tokens"]
        if limit > 4096:
            return web.json_response({"error": {"message": capped.format(limit)}}, status=400)
        calls.append(limit)
        choice = {"index": 0, "finish_reason": "length", "message": {"content": '{"pairs": ['}}
        return web.json_response({"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": limit}})

    app = web.Application()
    app.router.add_post("/v1/chat/completions", chat)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    config = config_for(FakeOpenRouter(), llm__base_url=f"http://127.0.0.1:{runner.addresses[0][1]}/v1")
    qa = msgspec.structs.replace(config.qa, max_tokens=9000)
    for runs in (1, 2):  # the second one draws anew what failed in the first
        async with Client(config.llm, journal) as client:
            wanted = "cut off at 4,096 tokens, and .* takes at most 4,096 tokens a reply; ask for less at once"
            with pytest.raises(InvalidReply, match=wanted):
                await client.ask(qa, ask_text("a"), stage="qa", unit="d", schema=Pairs)
        assert calls == [4096] * runs
    await runner.cleanup()


async def test_force_draws_anew_and_later_runs_take_the_newest(fake, config_for, journal):
    """`fresh` passes over what is older than the run; without it the newest reply counts."""
    config = config_for(fake)
    replies = iter(["first", "second"])
    fake.reply = lambda _: next(replies)

    async def answer(fresh: bool) -> str:
        async with Client(config.llm, journal, fresh=fresh) as client:
            return (await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d")).value

    assert [await answer(False), await answer(True), await answer(False)] == ["first", "second", "second"]


async def test_samples_are_draws_of_their_own(fake, client, config_for):
    """Another sample index is another call of the same request."""
    qa = config_for(fake).qa
    for sample in (0, 1, 1):
        await client.ask(qa, ask_text("hi"), stage="qa", unit="d", sample=sample)
    assert len(fake.requests) == 2


async def test_the_same_question_twice_at_once_is_one_call(fake, client, config_for):
    """Two units that ask the same at the same time share one reply."""
    fake.latency = 0.05
    qa = config_for(fake).qa
    asks = [client.ask(qa, ask_text("hi"), stage="qa", unit=f"d {n}") for n in range(4)]
    replies = await asyncio.gather(*asks)
    assert len(fake.requests) == 1 and [reply.replayed for reply in replies] == [False, True, True, True]


async def test_two_clients_on_one_journal_ask_once(fake, config_for, journal):
    """Claims in the journal keep a second process from paying for what the first is asking."""
    fake.latency = 0.1
    config, heard = config_for(fake), []
    async with Client(config.llm, journal) as one, Client(config.llm, journal, RunControls(say=heard.append)) as other:
        other._journal._claims.process = identity(1)  # as if another living process had made it
        asks = [
            client.ask(config.qa, ask_text(f"{n}"), stage="qa", unit="d") for n in range(6) for client in (one, other)
        ]
        await asyncio.gather(*asks)
    assert len(fake.requests) == 6
    assert len(heard) == 1 and heard[0].startswith(f"waiting for process {os.getpid()}, which asks the same (d)")


async def test_a_rate_limit_loses_nothing(config_for, journal):
    """Under a token bucket and a cap every unit gets its reply, none twice, and 429s use up no tries."""
    async with FakeOpenRouter(latency=0.02, rate=150, burst=20, cap=24) as server:
        config = config_for(server, llm__transport_retries=0, llm__max_concurrency=64)
        async with Client(config.llm, journal) as client:
            asks = [client.ask(config.qa, ask_text(f"{n}"), stage="qa", unit=f"d {n}") for n in range(120)]
            await asyncio.gather(*asks)
    assert server.seen["429"] and server.seen["ok"] == len(server.answered) == 120


async def test_a_wait_without_end_stops_the_run(fake, config_for, journal):
    """A Retry-After beyond llm.max_retry_after is not waited for, neither on a 429 nor on a 503."""
    config = config_for(fake, llm__max_retry_after=5)
    for status in (429, 503):
        fake.script.append({"status": status, "headers": {"Retry-After": "3600"}})
        async with Client(config.llm, journal) as client:
            with pytest.raises(ProviderRefused, match=r"asks to wait 3,600 s, more than llm.max_retry_after \(5 s\)"):
                await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d")


async def test_a_short_retry_after_is_honoured(fake, client, config_for):
    """The call goes again after as long as the endpoint asked for, and not before."""
    fake.script.append({"status": 429, "headers": {"Retry-After": "0.7"}})
    begun = asyncio.get_running_loop().time()
    await client.ask(config_for(fake).qa, ask_text("hi"), stage="qa", unit="d")
    assert asyncio.get_running_loop().time() - begun >= 0.7


@pytest.mark.usefixtures("no_backoff")
async def test_an_endpoint_that_fails_everybody_stops_the_run(fake, config_for, journal):
    """Ten units without a single reply: the endpoint is down, and the other units are spared their tries."""
    fake.faults = {"502": 1.0}
    config = config_for(fake, llm__transport_retries=1, llm__max_concurrency=1)
    async with Client(config.llm, journal) as client:
        asks = [client.ask(config.qa, ask_text(f"{n}"), stage="qa", unit=f"d {n}") for n in range(30)]
        errors = await asyncio.gather(*asks, return_exceptions=True)
    kinds = [type(error) for error in errors]
    assert kinds.count(TransportFailed) == 9 and kinds.count(ProviderRefused) == 21
    assert "10 requests in a row got no reply" in str(errors[-1])


@pytest.mark.usefixtures("no_backoff")
async def test_nobody_listening_stops_the_run_soon(config_for, journal):
    """A server that was never started: a few knocks, then one message that asks whether it runs."""
    async with FakeOpenRouter() as gone:
        config = config_for(gone)
    async with Client(config.llm, journal) as client:
        with pytest.raises(ProviderRefused, match=r"127\.0\.0\.1.*is it running there\?"):
            await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d")


async def test_stopping_drains_what_is_in_flight_and_launches_nothing(fake, config_for, journal):
    """After the first Ctrl-C calls under way end and are kept, everyone else learns that the run stopped."""
    fake.latency = 0.2
    config = config_for(fake, llm__max_concurrency=3)
    stopping = asyncio.Event()
    async with Client(config.llm, journal, RunControls(stopping=stopping)) as client:
        asks = [
            asyncio.create_task(client.ask(config.qa, ask_text(f"{n}"), stage="qa", unit=f"d {n}")) for n in range(9)
        ]
        await until(lambda: fake.in_flight == 3)
        stopping.set()
        ended = await asyncio.gather(*asks, return_exceptions=True)
    assert [isinstance(end, Stopped) for end in ended].count(True) == 6 and len(fake.requests) == 3
    assert next(end for end in ended if isinstance(end, Stopped)).exit_code == 130


async def test_a_cancelled_call_gives_back_its_place(fake, config_for, journal):
    """The second Ctrl-C cancels; slots, money and claims of the cancelled calls are free again."""
    fake.script.append("hang")
    config = config_for(fake, llm__max_concurrency=1, qa__max_tokens=10)
    async with Client(config.llm, journal, RunControls(budget=Budget(1e-4))) as client:
        hung = asyncio.create_task(client.ask(config.qa, ask_text("hi"), stage="qa", unit="d"))
        await until(lambda: fake.seen["hang"])
        hung.cancel()
        await asyncio.gather(hung, return_exceptions=True)
        await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d")


async def test_embeddings_come_back_in_order(fake, client, config_for):
    """One vector a text, whatever the order in which the endpoint sends them; retried like any call."""
    fake.script.extend(["503", "no-choices"])
    call = config_for(fake, embeddings__batch=2).embeddings
    texts = [f"text {n}" for n in range(5)]
    vectors = await client.embed(call, texts)
    alone = [(await client.embed(call, [text]))[0] for text in texts]
    assert vectors == alone and len(vectors[0]) == 8


async def test_images_go_as_parts_and_are_counted(fake, client, config_for):
    """A page's image is part of the request and of its key."""
    vision = config_for(fake).ingest.vision
    for data in ("AAAA", "BBBB"):
        part = {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}"}}
        await client.ask(vision, [{"role": "user", "content": [part]}], stage="ingest", unit="page 1")
    assert len(fake.requests) == 2


async def test_a_full_disk_stops_the_run_rather_than_lose_what_is_paid_for(fake, config_for, journal):
    """A reply that cannot be stored ends the run at once: no further call is paid for in vain."""
    config = config_for(fake, llm__max_concurrency=1)
    async with Client(config.llm, journal) as client:
        client._journal._journal_db.execute("PRAGMA max_page_count = 1")
        digits = random.Random(7).randbytes(12_500).hex()  # compressed, it is still longer than the page has room for
        fake.reply = lambda _: digits
        asks = [client.ask(config.qa, ask_text(f"{n}"), stage="qa", unit=f"d {n}") for n in range(5)]
        errors = await asyncio.gather(*asks, return_exceptions=True)
    assert all(isinstance(error, StopRun) for error in errors) and len(fake.requests) == 1
    assert "journal.db: a reply cannot be kept: database or disk is full; free disk space" in str(errors[0])


async def test_a_journal_that_is_no_database_is_named(config_for, fake, tmp_path: Path):
    """A damaged journal is an error with the file's name and the remedy, not a traceback."""
    (tmp_path / "journal.db").write_bytes(b"not a database at all" * 50)
    with pytest.raises(ConfigError, match=r"journal.db: .* move it away"):
        Client(config_for(fake).llm, tmp_path / "journal.db")
