import time
from itertools import pairwise

import pytest

from groundwork.language.numbers import numbers
from groundwork.markdown.statements import statements

RULES = """# Harbour rules

5. Boats must:
5.1. show a light after sunset;
5.2. carry a horn. A bell also serves.
5.2.1. The horn is heard at 500 metres.

The harbour master is Dr. Brandt. She decides.
- pilots
  pay nothing at all

| Berth | Length | Fee |
|---|---|---|
| North | 12 m | $40 |
| | | |
| South | 8 m | $25 |

```sh
moor --berth north
```
![a plan](plan.png)
"""


def plain(text: str) -> list[str]:
    return [statement.plain_text(text) for statement in statements(text, "en")]


def test_sentences_items_rows_and_code() -> None:
    """Sentences, list items, filled rows and code are statements; headings, table heads and images are none."""
    assert plain(RULES) == [
        "Boats must:",
        "Boats must: show a light after sunset;",
        "Boats must: carry a horn.",
        "Boats must: A bell also serves.",
        "Boats must: The horn is heard at 500 metres.",
        "The harbour master is Dr. Brandt.",
        "She decides.",
        "pilots pay nothing at all",
        "Berth: North; Length: 12 m; Fee: $40",
        "Berth: South; Length: 8 m; Fee: $25",
        "```sh moor --berth north ```",
    ]


def test_a_row_of_a_grid_goes_over_several_lines() -> None:
    """The lines of each cell are read together, and a cell that goes on below a line within the row is a row's part."""
    head = "+-------+--------+\n| Berth | Fee    |\n+=======+========+\n"
    row = "| North | forty  |\n|       | crowns |\n+-------+--------+\n"
    assert plain(head + row) == ["Berth: North; Fee: forty crowns"]
    assert plain(head + "| North | 40     |\n|       +--------+\n|       | 25     |\n+-------+--------+\n") == [
        "Berth: North; Fee: 40",
        "Fee: 25",
    ]


def test_spans_slice_the_text_in_order() -> None:
    """Statements do not overlap and begin and end on something visible."""
    found = statements(RULES, "en")
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(RULES[s.start : s.end] == RULES[s.start : s.end].strip() for s in found)


def test_lead_ends_with_its_list() -> None:
    """A paragraph's colon governs the list behind it and nothing after the next paragraph."""
    text = "Bring:\n- warm clothes today\n- dry food today\n\nLeave at noon sharp.\n- one stray item\n"
    assert [s.lead for s in statements(text, "en")] == ["Bring:", "Bring:", "", ""]


def test_lettered_labels_nest() -> None:
    """Labels such as A2.1 and (a) are read, and govern what they contain."""
    text = "A2.1. A captain may:\nA2.1.1. call a stop\n(a) once a half\nA2.2. Nobody else may.\n"
    assert [(s.label, s.lead) for s in statements(text, "en")] == [
        ("A2.1", ""),
        ("A2.1.1", "A captain may:"),
        ("a", "A captain may:"),
        ("A2.2", ""),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("We do this by:\n\n- ringing the bell\n- raising the flag\n", ["We do this by: ringing the bell",
         "We do this by: raising the flag"]),
        ("The fees are as follows:\n\n| Berth | Fee |\n|---|---|\n| North | 40 |\n", ["Berth: North; Fee: 40"]),
        ("Run the following command:\n\n```\nmoor --berth north\n```\n", ["``` moor --berth north ```"]),
        ("Remember one thing: ropes rot.\n\nRopes are checked in May.\n", ["Remember one thing: ropes rot.",
         "Ropes are checked in May."]),
        ("The master said:\n\nNobody sails at night.\n", ["The master said:", "Nobody sails at night."]),
    ],
)  # fmt: skip
def test_a_sentence_that_announces_is_known(text: str, said: list[str]) -> None:
    """A lead-in of a list, a table or code holds nothing of its own; what stands before other prose does."""
    assert [one.plain_text(text) for one in statements(text, "en") if not one.announces] == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Orrin Tide Tables\n\nThe tide turns at noon.\n", ["The tide turns at noon."]),
        ("[Next](b.html)\n\n-> <https://orrin.example/tides>\n\nSee [the tables](t.html) for the hours.\n",
         ["See [the tables](t.html) for the hours."]),
        ("Draught: 2 m\n\nKeep the gate shut!\n\n- ropes and oars\n",
         ["Draught: 2 m", "Keep the gate shut!", "ropes and oars"]),
        ("开放时间\n\n潮汐磨坊全年开放\n", ["开放时间", "潮汐磨坊全年开放"]),
    ],
)  # fmt: skip
def test_titles_and_links_alone_say_nothing(text: str, said: list[str]) -> None:
    """A line that only names something, and one of nothing but links, hold nothing to ask about.

    Where no space parts the words nobody can tell.
    """
    assert [one.plain_text(text) for one in statements(text, "zh" if "开" in text else "en")] == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (":::{versionchanged} 3.0\n:::\n\n:::{note}\nThe gate shuts at dusk.\n:::\n", ["The gate shuts at dusk."]),
        (":::{deprecated} 3.0\nUse the new gate instead.\n:::\n", [":::{deprecated} 3.0 Use the new gate instead."]),
        (".. deprecated:: 1.2\n   in favour of bells\n", [".. deprecated:: 1.2 in favour of bells"]),
        (".. _the gates:\n\n.. image:: img/gate.png\n   :alt: The old gate\n\n.. tip::\n   Ring the bell twice.\n",
         ["Ring the bell twice."]),
        ('!!! warning "Mind the tide"\n    The sluice opens by itself.\n', ["The sluice opens by itself."]),
        ('=== "At high tide"\n\n{% include tides.html %}\n\n(gate-hours)=\nThe gate opens at six.\n',
         ["The gate opens at six."]),
        (":::{code} sh\nmoor --berth north\n:::\n", [":::{code} sh moor --berth north"]),
        ("Width: 5 m :: see below:\n:north: 12 m\n", ["Width: 5 m :: see below: :north: 12 m"]),
    ],
)  # fmt: skip
def test_directives_hold_nothing(text: str, said: list[str]) -> None:
    """A directive's mark and options are none of the text; a version stays with what follows it, code stays whole."""
    assert plain(text) == said


@pytest.mark.parametrize(
    "line",
    ["JUNE 10TH.", "Thursday, August 6, 2020", "2020-08-06", "23rd January 2010", "June 1863", "THE TIDES OF ORRIN.",
     "49 THE SIEGE OF ORRIN SOUND", "© Orrin Harbour Board 2014.", "Copyright (c) 2018 The Orrin Authors",
     "Harbour Master and Keeper of the Orrin Gates", "Ana Brandt, Bo Carlsson, Department of Tides"],
)  # fmt: skip
def test_names_and_dates_alone_say_nothing(line: str) -> None:
    """A line that stands alone and is a date, a notice of copyright, names or a title holds nothing to ask about."""
    assert plain(f"{line}\n\nThe tide turns at noon.\n") == ["The tide turns at noon."]


@pytest.mark.parametrize(
    "line",
    ["JUNE 10TH was the day of the storm.", "NO SMOKING IN THE BOAT HOUSE", "STOP AT 5 KNOTS", "C = 1000 × E",
     "ID: TM-447821", "Ana Brandt keeps the Gates", "Is the Harbour Open?", "SSRI类抗抑郁药艾司西酞普兰",
     "לידה תאריך ומקום הרישום הראשון", "- Ana Brandt, Department of Tides and Currents", "- June 10th",
     "The `TideTable` of Orrin Gates Board", "May they leave?"],
)  # fmt: skip
def test_what_may_say_something_stays(line: str) -> None:
    """Clauses, values, formulas, list items, and what is written without capitals."""
    assert len(plain(f"{line}\n\nThe tide turns at noon.\n")) == 2


def test_a_date_at_the_head_of_an_entry_is_no_statement() -> None:
    """What the entry says of its day is one."""
    assert plain("JUNE 12TH.—We expect to be paid off soon.\n") == ["—We expect to be paid off soon."]


def test_nothing_in_nothing() -> None:
    """Empty text, a lone heading and a table head hold no statement."""
    assert statements("", "en") == statements("# Title\n", "en") == statements("| a | b |\n|---|---|\n", "en") == ()


def test_a_price_at_the_beginning_is_no_label() -> None:
    """A decimal before a currency or per cent sign is a number; before words it is the label of a rule."""
    text = "5.50 € per day and boat.\n\n2.5 % of the fee is for the league.\n\n1.3 The field is long."
    assert [one.label for one in statements(text, "en")] == ["", "", "1.3"]
    assert [one.value for one in numbers(text)] == ["5.50", "2.5"]


def test_a_long_run_of_letters_takes_linear_time() -> None:
    """Eight times the letters take about eight times as long, not five hundred times."""

    def seconds(length: int) -> float:
        began = time.process_time()
        assert statements("x" * length, "en") == ()
        return time.process_time() - began

    fast = min(seconds(2_000) for _ in range(3))
    assert any(seconds(16_000) < 30 * fast + 0.05 for _ in range(3))


@pytest.mark.parametrize("line", ["D.C. Law holds here.", "U.S. Senate rules are short.", "A.B. Cole wins the bowl."])
def test_an_initialism_is_no_label(line: str) -> None:
    """Its first letter and stop are none of an item."""
    assert [line[statement.start : statement.end] for statement in statements(line, "en")] == [line]


def test_a_letter_and_a_stop_are_a_label() -> None:
    """With white space or a word right behind them."""
    texts = {
        line: [line[s.start : s.end] for s in statements(line, "en")] for line in ("A. Boats wait.", "b.Boats wait.")
    }
    assert list(texts.values()) == [["Boats wait."], ["Boats wait."]]
