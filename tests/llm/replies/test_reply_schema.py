"""Reading replies: nothing that an endpoint sends may raise anything but what the tables say."""

import time
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from groundwork.llm.endpoint.chat_response import ChatResponse, read_response, read_vectors_response
from groundwork.llm.endpoint.http_errors import (
    AccessRefused,
    BrokenCall,
    ReplyBlocked,
    RequestRejected,
    TooManyRequests,
    classify_failure,
    retry_after,
)
from groundwork.llm.replies.reply_schema import ReplyReader, UnusableReply, strict_schema

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 600) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "message", "content", "error", "usage", "code", "metadata", "cost", "finish_reason"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


STREAMS = st.lists(JSON, min_size=1, max_size=3).map(
    lambda chunks: b"\n".join(b"data: " + msgspec.json.encode(chunk) for chunk in chunks)
)


@settings(max_examples=60)
@given(st.binary(max_size=40) | JSON.map(msgspec.json.encode) | STREAMS)
@example(b'data: {"choices": 5}')
@example(b"data: " * 20_000)
def test_no_body_makes_reading_fail(body):
    """Whatever a 200 holds becomes a response, with a reply in it or with its failure."""
    response = read_response(body)
    assert isinstance(response, ChatResponse) and isinstance(response.content, str)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 100, "completion_tokens": 40, "total_tokens": 140, "cost": 0.5}, (100, 40, 0, 0.5)),
        (
            {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 240},
            (100, 140, 0, None),
        ),  # Gemini's thoughts
        ({"input_tokens": 100, "output_tokens": 40, "input_tokens_details": {"cached_tokens": 9}}, (100, 40, 9, None)),
        ({"prompt_tokens": 100, "completion_tokens": 40, "prompt_cache_hit_tokens": 64}, (100, 40, 64, None)),
        ({"prompt_tokens": 1, "completion_tokens": 1, "cost": {"request": 0.1, "total_cost": 0.2}}, (1, 1, 0, 0.2)),
        ({"total_tokens": 140}, (0, 0, 0, None)),
        ([{"prompt_tokens": 100}], (0, 0, 0, None)),
    ],
)
def test_usage_is_read_by_any_of_its_names(usage, expected):
    """Thoughts that are counted in the total alone are paid for as well."""
    body = msgspec.json.encode({"choices": [{"message": {"content": "a"}}], "usage": usage})
    assert msgspec.structs.astuple(read_response(body).usage) == expected


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ({"object": "error", "message": "busy", "code": 429}, TooManyRequests, "busy"),
        ({"code": "Throttling.RateQuota", "message": "try again later"}, TooManyRequests, "try again later"),
        ({"error": {"type": "rate_limit_error", "message": "slow down"}}, TooManyRequests, "slow down"),
        (
            {"choices": None, "base_resp": {"status_code": 1002, "status_msg": "rate limit"}},
            TooManyRequests,
            "rate limit",
        ),
        ({"error_code": 17, "error_msg": "too many of a day"}, BrokenCall, "too many of a day"),
        ({"success": False, "errors": [{"message": "no capacity", "code": 3040}]}, BrokenCall, "no capacity"),
        ({"detail": "model not loaded"}, BrokenCall, "model not loaded"),
        ({"type": "message", "content": []}, BrokenCall, '"type"'),
    ],
)
def test_an_error_in_a_200_is_told_wherever_it_stands(body, kind, text):
    """Gateways put it beside where OpenAI has it; one of a rate waits and costs no try."""
    failure = read_response(msgspec.json.encode(body)).failure
    assert type(failure) is kind and text in str(failure)


@settings(max_examples=30)
@given(JSON.map(msgspec.json.encode))
def test_embeddings_are_whole_or_broken(body):
    """A reply to /embeddings has a vector for each text, or it is a failed call."""
    with pytest.raises((BrokenCall, TooManyRequests, AccessRefused, RequestRejected, ReplyBlocked)):
        read_vectors_response(body, 1)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (429, {}, TooManyRequests),
        (200, {"code": 429}, TooManyRequests),
        (200, {"code": "502"}, BrokenCall),
        (200, {"code": "server_error"}, BrokenCall),
        (200, "something went wrong", BrokenCall),
        (500, {}, BrokenCall),
        (524, {}, BrokenCall),
        (408, {}, BrokenCall),
        (401, {}, AccessRefused),
        (402, {}, AccessRefused),
        (403, {}, AccessRefused),
        (404, {}, AccessRefused),
        (400, {"message": "google/gemini-9 is not a valid model ID"}, AccessRefused),
        (429, {"code": "insufficient_quota"}, AccessRefused),
        (429, {"availability": {"retryable": False}}, AccessRefused),
        (403, {"metadata": {"reasons": ["violence"]}}, ReplyBlocked),
        (403, {"metadata": {"reasons": 5}}, ReplyBlocked),
        (400, {"message": "context length"}, RequestRejected),
        (422, {}, RequestRejected),
    ],
)
def test_every_status_has_its_class(status, error, kind):
    """The class decides whether a call goes again, a unit fails or the run stops."""
    assert type(classify_failure(status, {}, error)) is kind


@pytest.mark.parametrize(
    ("headers", "error", "seconds"),
    [
        ({"retry-after": "3"}, {}, 3),
        ({"retry-after-ms": "250"}, {}, 0.25),
        ({}, {"availability": {"retryable": True, "retry_after": 7}}, 7),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, {}, 0),
        ({"retry-after": "soon"}, {}, None),
        ({"retry-after": "Mon, 1 Jan 99999 00:00:00 GMT"}, {}, None),
    ],
)
def test_waits_are_read_wherever_they_stand(headers, error, seconds):
    """Retry-After as seconds or a date, its millisecond form, OpenRouter's availability and reset."""
    found = retry_after(headers, error)
    assert found == seconds if seconds is None else found == pytest.approx(seconds, abs=0.01)


def test_a_wait_until_a_time_is_read():
    """OpenRouter's reset is a time of the clock, in milliseconds."""
    now = time.time()
    found = retry_after({"x-ratelimit-reset": f"{int((now + 4000) * 1000)}"}, {})
    assert 0 < found <= 4000 and found == pytest.approx(4000 - (time.time() - now), abs=60)


class Inner(msgspec.Struct):
    level: Literal["easy", "hard"]
    note: str = "none"


class Outer(msgspec.Struct):
    """Inner ones,

    and their title.
    """

    inner: list[Inner]
    title: str | None = None


def test_schemas_are_closed_all_the_way_down():
    """Strict structured outputs: an object at the root, every field required, nothing else allowed, no defaults."""
    schema = strict_schema(Outer)

    def objects(node: Any):
        if isinstance(node, dict):
            if node.get("type") == "object":
                yield node
            for value in node.values():
                yield from objects(value)
        elif isinstance(node, list):
            for value in node:
                yield from objects(value)

    found = list(objects(schema))
    assert len(found) == 2 and schema["type"] == "object"
    assert all(o["required"] == list(o["properties"]) and o["additionalProperties"] is False for o in found)
    assert "default" not in msgspec.json.encode(schema).decode()
    assert schema["description"] == "Inner ones,\n\nand their title.", "the same in each Python: one request"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "empty"),
        ("<think>only thoughts</think>", "empty"),
        ("<think>thoughts without an end", "within its thoughts"),
        ("ERROR: model overloaded", "not valid JSON"),
        ('{"inner": [{"level": "easy"', "not valid JSON"),
        ('{"inner": [{"level": "medium"}]}', r"does not fit the schema: .*inner\[0\]\.level"),
        ("[1]", "does not fit the schema"),
    ],
)
def test_what_cannot_be_read_says_so_to_the_model(content, problem):
    """The message names the place, for the correction turn shows it to the model."""
    with pytest.raises(UnusableReply, match=problem):
        ReplyReader(Outer).parse(content)


@pytest.mark.parametrize(
    "wrapping", ["{}", "```json\n{}\n```", "Sure!\n```\n{}\n```\nDone.", "<think>```x```</think>\n{}"]
)
def test_wrappings_are_taken_off(wrapping):
    """Fences and thoughts around a reply are no part of it."""
    content = wrapping.replace("{}", '{"inner": [{"level": "hard", "note": "```a```"}]}')
    assert ReplyReader(Outer).parse(content).value.inner[0].level == "hard"


def test_the_check_sees_the_value():
    """A problem found by the stage goes to the model as it is; text needs no schema."""
    with pytest.raises(UnusableReply, match="too short"):
        ReplyReader(None, lambda text: "too short" if len(text) < 3 else None).parse(" a ")
    assert ReplyReader(None).parse(" a ").value == "a"
