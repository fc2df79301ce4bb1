import pytest

from dataprep.llm.client import Client
from dataprep.schema.errors import InvalidReply
from tests.llm.conftest import Pairs, ask_text

USABLE = [[], ["500"], ["429"], ["fenced"], ["parts"], ["thoughts"], ["broken-json"], ["drop"], ["html"]]


@pytest.mark.parametrize("script", USABLE, ids=str)
async def test_every_shape_ends_in_a_reply_and_is_never_paid_again(script, fake, client, config_for):
    """Whatever comes first, the ask ends with its value, and the same ask again makes no call."""
    qa = config_for(fake).qa
    fake.script.extend(script)
    reply = await client.ask(qa, ask_text("hi"), stage="qa", unit="d", schema=Pairs)
    calls = len(fake.requests)
    again = await client.ask(qa, ask_text("hi"), stage="qa", unit="d", schema=Pairs)
    assert reply.value == again.value and reply.value.pairs
    assert not reply.replayed and again.replayed and len(fake.requests) == calls


async def test_three_bad_replies_are_an_invalid_reply_and_nothing_is_made_up(fake, client, config_for):
    """First draw, correction turn, fresh draw; then the unit fails and says why."""
    fake.script.extend(["broken-json", "wrong-schema", "wrong-schema"])
    with pytest.raises(InvalidReply, match=r"d 3: .* no usable reply in 3 calls; .*not valid JSON.* / .*schema"):
        await client.ask(config_for(fake).qa, ask_text("hi"), stage="qa", unit="d 3", schema=Pairs)
    first, correction, fresh = fake.requests
    assert [m["role"] for m in correction["messages"]] == ["user", "assistant", "user"] and first == fresh


async def test_another_process_finds_the_reply(fake, config_for, journal):
    """The journal outlives the client: a later one makes no call."""
    config = config_for(fake)
    for _ in range(2):
        async with Client(config.llm, journal) as client:
            reply = await client.ask(config.summarize, ask_text("hi"), stage="summarize", unit="d")
    assert reply.replayed and len(fake.requests) == 1
