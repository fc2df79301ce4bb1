"""The payload is found wherever it stands, and nothing is made up where it is not."""

import json
from typing import Literal

import msgspec
import pytest

from groundwork.llm.replies.reply_json import find_json_values, repair_json
from groundwork.llm.replies.reply_schema import ReplyReader, UnusableReply


class Item(msgspec.Struct, frozen=True):
    name: str
    level: Literal["easy", "hard"]
    notes: list[str] = []


class Items(msgspec.Struct, frozen=True):
    items: list[Item]


TWO = {"items": [{"name": "a", "level": "easy", "notes": ["x"]}, {"name": "b", "level": "hard", "notes": []}]}
WHOLE = json.dumps(TWO)
LIST = json.dumps(TWO["items"])
WANTED = msgspec.convert(TWO, Items)


@pytest.mark.parametrize(
    "reply",
    [
        WHOLE,
        f"\ufeff{WHOLE}",
        f"{WHOLE}\n\nNote: they follow [1] and {{2}}.",
        f"Here they are [as JSON]:\n{WHOLE}",
        f'Sure! The schema {{"items": [...]}} is filled:\n```json\n{WHOLE}\n```\nLet me know {{if}} more is needed.',
        f'First an empty one: {{"items": []}}. Then:\n{WHOLE}',
        f"{WHOLE}\n{WHOLE}",
        LIST,
        f"```\n{LIST}\n```",
        json.dumps(WHOLE),
        json.dumps({"items": LIST}),
        json.dumps({"Items": TWO}),
        json.dumps([TWO]),
        json.dumps({"result": WHOLE}),
        "\n".join(json.dumps(item) for item in TWO["items"]),
        WHOLE[:-1] + ",}",
        WHOLE.replace('"easy"', '"Easy"').replace('"hard"', '" HARD "'),
        WHOLE.replace('"name"', '"Name"'),
        WHOLE.replace('["x"]', '"x"'),
        WHOLE.replace('"a"', "'a'"),
        WHOLE.replace('"notes"', "notes"),
    ],
)
def test_the_value_that_fits_the_schema_wins(reply):
    """Notes around it, a bare list, JSON within a string, sent twice, another case, a comma or a quote too many."""
    parsed = ReplyReader(Items).parse(reply)
    assert parsed.value == WANTED and not parsed.faulty


def test_an_item_alone_is_a_list_of_one():
    """A model that has one thing to say leaves the list out."""
    assert ReplyReader(Items).parse(json.dumps(TWO["items"][0])).value == Items([WANTED.items[0]])


def test_the_last_of_several_wins():
    """What a model sends again it has thought better of."""
    better = WHOLE.replace('"a"', '"better"')
    assert ReplyReader(Items).parse(f"{WHOLE}\nWait, the first was wrong:\n{better}").value.items[0].name == "better"


def test_raw_line_ends_stay_within_strings():
    """JSON forbids them, models write them."""
    assert ReplyReader(Items).parse(WHOLE.replace('"a"', '"a\nb"')).value.items[0].name == "a\nb"


@pytest.mark.parametrize(
    "broken",
    [
        WHOLE[: len(WHOLE) // 2],
        WHOLE.replace("{", "{{"),
        '{"items": [{"name": "a" /* a comment */, "level": "easy"}',
        "no JSON at all",
    ],
)
def test_what_would_need_a_guess_is_not_repaired(broken):
    """A reply that was cut off never becomes a whole one, and no word is lost on the way."""
    with pytest.raises(UnusableReply):
        ReplyReader(Items).parse(broken)


@pytest.mark.parametrize(
    ("broken", "names", "faulty"),
    [
        (WHOLE[:-10], ["a"], [1]),
        (WHOLE.replace('"notes": []}', '"notes": [], {"name": "c", "level": "easy", "notes": []}'), ["a", "c"], [1]),
        (WHOLE.replace('["x"]', '["x"]]'), ["b"], [0]),
    ],
)
def test_whole_items_of_a_broken_list_are_kept(broken: str, names: list[str], faulty: list[int]):
    """Only the broken ones are to be asked for again; none is lost without a word."""
    parsed = ReplyReader(Items).parse(broken)
    assert [item.name for item in parsed.value.items] == names
    assert [one.index for one in parsed.faulty] == faulty


def test_a_list_cut_off_between_its_items_is_asked_for_again():
    """Nobody knows how many would have come."""
    with pytest.raises(UnusableReply):
        ReplyReader(Items).parse(WHOLE[: WHOLE.index(', {"name": "b"')])


def test_a_repair_keeps_every_word():
    """Quotes within a string that nobody escaped: the words are all there, so it is taken."""
    assert repair_json('{"name": "he said "yes" to it", "level": "easy"}') == [
        {"name": 'he said "yes" to it', "level": "easy"}
    ]
    assert repair_json("{'a': 'it''s'}") == []


def test_one_faulty_item_leaves_the_others():
    """Items are decoded one by one; the faulty one is told with its place and what came."""
    bad = {"name": "c", "level": "medium"}
    items = [TWO["items"][0], bad, TWO["items"][1], {**bad, "name": None}]
    parsed = ReplyReader(Items).parse(json.dumps({"items": items}))
    assert parsed.value == WANTED
    assert [(faulty.index, faulty.item) for faulty in parsed.faulty] == [(1, bad), (3, {**bad, "name": None})]
    assert "medium" in parsed.faulty[0].problem and "null" in parsed.faulty[1].problem


def test_faulty_items_alone_are_an_unusable_reply():
    """Nothing is kept, so the whole reply is corrected."""
    with pytest.raises(UnusableReply, match=r"items\[0\]"):
        ReplyReader(Items).parse(json.dumps({"items": [{"name": "c", "level": "medium"}]}))


@pytest.mark.parametrize(
    ("later", "names", "left"),
    [
        ([{"name": "c", "level": "easy"}], ["a", "c", "b"], 0),
        ([{"name": "c", "level": "medium"}], ["a", "b"], 1),
        ([*TWO["items"], {"name": "c", "level": "easy"}], ["a", "b", "c"], 0),
        ([{"name": "c", "level": "no"}, *TWO["items"]], ["a", "b"], 1),  # the whole again, with the same fault
        (TWO["items"], ["a", "b"], 1),  # two where one was asked for
    ],
)
def test_corrected_items_take_their_places(later, names, left):
    """In order; still faulty ones stay faulty; a reply that holds the whole list again is taken whole."""
    reader = ReplyReader(Items)
    parsed = reader.parse(json.dumps({"items": [TWO["items"][0], {"name": "c", "level": "no"}, TWO["items"][1]]}))
    mended = reader.replace_faulty_items(parsed, json.dumps({"items": later}))
    assert [item.name for item in mended.value.items] == names and len(mended.faulty) == left


def test_text_beside_the_content_is_read_only_where_all_of_it_is_json():
    """Thoughts may hold a draft; a reply that a reasoning parser took for thoughts is JSON from end to end."""
    assert ReplyReader(Items).parse("", WHOLE).value == WANTED
    with pytest.raises(UnusableReply, match="empty"):
        ReplyReader(Items).parse("", f"I might answer {WHOLE}")
    with pytest.raises(UnusableReply, match="empty"):
        ReplyReader(None).parse("", "A summary, or a thought?")


def test_values_within_others_are_not_found_twice():
    """Only the outermost count, and every start is tried."""
    assert [found.value for found in find_json_values('{ not {"a": {"b": 1}} [2] {"c": 3}')] == [
        {"a": {"b": 1}},
        [2],
        {"c": 3},
    ]
