"""Whatever an endpoint refuses and however its replies look: the value is the one of an endpoint without habits."""

import msgspec
import pytest

from groundwork.errors import InvalidReply, ProviderRefused, UnitError
from groundwork.llm.calls.call_runner import RunControls
from groundwork.llm.client import Client
from groundwork.llm.endpoint.http_errors import AccessRefused, RequestRejected
from groundwork.llm.endpoint.request_body_parameters import RequestAdapter
from groundwork.settings.config_files import load
from tests.endpoint_habits import ENDS, RULES, SHAPES
from tests.fake_openrouter import FakeOpenRouter
from tests.llm.conftest import Pair, Pairs, ask_text

FORMULA = r"$\frac{a}{b} \times \alpha$"
ANSWERED = Pairs([Pair("What is the ratio?", f"It is {FORMULA}."), Pair("Names a rule?", "Names rule 2")])
STOPS = {"bad_key": "the key is not accepted", "context_of_8k": "lower its max_tokens"}
THOUGHTS_ONLY = ("tool-call", "reasoning-content", "reasoning", "thinking-field", "parsed")


def reply(body):
    wanted = "response_format" in body or "JSON Schema" in str(body["messages"])
    return msgspec.json.encode(ANSWERED).decode() if wanted else "A summary of the rules."


def same(value: Pairs) -> bool:
    return msgspec.json.encode(value).replace(rb"\n", b" ") == msgspec.json.encode(ANSWERED)


@pytest.mark.parametrize("habit", [*RULES, *SHAPES])
async def test_no_habit_spoils_a_reply(habit, config_for, journal):
    """A rule is learned from its refusal, a shape is read; what cannot be is a failure that names the remedy."""
    lines: list[str] = []
    async with FakeOpenRouter(reply=reply, habit=habit, prefix="/v1" if habit != "routed" else "/api/v1") as fake:
        config = config_for(fake, qa__max_tokens=10_000, qa__temperature=0.7, qa__reasoning_effort="low")
        async with Client(config.llm, journal, RunControls(say=lines.append)) as client:

            async def ask(number: int, schema: type | None):
                messages = ask_text(f"{number}: the ratio is {FORMULA}")
                return (await client.ask(config.qa, messages, stage="qa", unit=f"u {number}", schema=schema)).value

            if habit in STOPS:
                for number in range(5):
                    with pytest.raises(Exception, match=STOPS[habit]) as caught:
                        await ask(number, Pairs)
                assert isinstance(caught.value, ProviderRefused)
                return
            assert same(await ask(1, Pairs))
            before = len(fake.requests)
            assert same(await ask(2, Pairs)) and len(fake.requests) == before + 1
            if habit in THOUGHTS_ONLY:
                with pytest.raises(InvalidReply, match="there is text in"):
                    await ask(3, None)
            else:
                assert await ask(3, None) == "A summary of the rules."
    assert bool(lines) == (habit in (*RULES, *THOUGHTS_ONLY, "finish-unknown") and habit != "old_limit")


@pytest.mark.usefixtures("no_backoff")
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("schema", [Pairs, None])
async def test_what_holds_no_reply_is_never_taken_for_one(end, schema, config_for, journal):
    """Cut by any name, filtered by any name, thoughts alone, half a character: a failure of the unit that says why."""
    async with FakeOpenRouter(reply=reply, habit=end, prefix="/v1") as fake:
        config = config_for(fake, llm__transport_retries=1)
        async with Client(config.llm, journal) as client:
            with pytest.raises(UnitError):
                await client.ask(config.qa, ask_text("a"), stage="qa", unit="u", schema=schema)


async def test_what_was_left_out_does_not_change_where_a_reply_is_found(config_for, journal):
    """A later run that has not learned yet finds the replies of one that had."""
    async with FakeOpenRouter(reply=reply, habit="reasoning_model", prefix="/v1") as fake:
        config = config_for(fake)
        for _ in range(2):
            async with Client(config.llm, journal) as client:
                await client.ask(config.qa, ask_text("a"), stage="qa", unit="u", schema=Pairs)
        assert fake.seen["ok"] == 1


async def test_settings_are_not_unlearned(config_for, journal):
    """Where the config names a way to ask for JSON, a refusal of it is told, not gone round."""
    async with FakeOpenRouter(reply=reply, habit="no_schema", prefix="/v1") as fake:
        config = config_for(fake, llm__structured="json_schema")
        async with Client(config.llm, journal) as client:
            with pytest.raises(Exception, match="it takes no such schema"):
                await client.ask(config.qa, ask_text("a"), stage="qa", unit="u", schema=Pairs)
        config = config_for(fake, llm__structured="prompt")
        async with Client(config.llm, journal) as client:
            value = (await client.ask(config.qa, ask_text("a"), stage="qa", unit="u", schema=Pairs)).value
    assert value == ANSWERED and "JSON Schema" in fake.requests[-1]["messages"][0]["content"]


def test_the_limit_goes_by_either_name():
    """A server that does not know max_completion_tokens gets max_tokens, and the other way round; never in a circle."""
    settings = load([], ["llm.base_url=https://api.openai.com/v1"]).llm
    adapter, body = RequestAdapter(settings), {"max_completion_tokens": 100, "messages": []}
    unknown = RequestRejected("400: Unrecognized request argument supplied: max_completion_tokens")
    assert adapter.learn(unknown, adapter.adapt(body), body)
    assert adapter.adapt(body)["max_tokens"] == 100
    assert adapter.learn(RequestRejected("400: max_tokens is unknown"), adapter.adapt(body), body) is None


def test_the_guards_go_before_temperature():
    """Where no provider takes every parameter, top_k and min_p are left out first, and temperature only after them."""
    adapter = RequestAdapter(load().llm)
    body = {"temperature": 0.7, "top_p": 0.95, "top_k": 40, "min_p": 0.05, "messages": []}
    refused = AccessRefused("404: No endpoints found that can handle the requested parameters.")
    assert adapter.learn(refused, adapter.adapt(body), body)
    assert adapter.adapt(body).keys() == {"temperature", "top_p", "messages"}
    assert adapter.learn(refused, adapter.adapt(body), body)
    assert adapter.adapt(body).keys() == {"messages"}
