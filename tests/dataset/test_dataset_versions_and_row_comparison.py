"""Which rows came, went and changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwork.__main__ import main
from groundwork.data_folder.read_write import write_jsonl
from groundwork.dataset.row_comparison import compare_rows
from tests.dataset.rows import pair, write_run


def row(name: str, question: str = "", **more: Any) -> dict[str, Any]:
    return {"id": name, "split": "train", "question": question or f"What is {name}?", "answer": "x", **more}


def test_rows_that_came_went_and_changed() -> None:
    """Each with its fields, before and after."""
    found = compare_rows([row("a"), row("b"), row("c")], [row("b", answer="y"), row("c"), row("d")])
    assert [one["id"] for one in found.came] == ["d"] and [one["id"] for one in found.went] == ["a"]
    assert [(one.id, one.fields) for one in found.changed] == [("b", {"answer": ("x", "y")})]
    assert str(found) == "1 came, 1 went, 1 changed (answer 1), 1 the same"


def test_a_row_keeps_its_identity() -> None:
    """Over another split, and over another id with the same question; a copy in another split is a row of its own."""
    moved = compare_rows([row("a")], [row("a", split="eval")])
    assert moved.changed[0].fields == {"split": ("train", "eval")} and not moved.came
    rechunked = compare_rows([row("a", "Why?")], [row("b", " why? ")])
    assert list(rechunked.changed[0].fields) == ["id", "question"]
    copied = compare_rows([row("a")], [row("a"), row("a", split="eval")])
    assert [one["split"] for one in copied.came] == ["eval"] and not copied.changed


def test_what_is_no_difference() -> None:
    """Order, the number of the cluster, the mark of curation, and an empty field beside a missing one."""
    assert not compare_rows([row("a")], [row("a", score=1.0)])
    assert not compare_rows([row("a", cluster=1), row("b", tags=[])], [row("b"), row("a", cluster=2, original="")])


rows = st.lists(
    st.builds(
        lambda name, split, answer: row(name, split=split, answer=answer),
        st.sampled_from("abcde"),
        st.sampled_from(["train", "eval"]),
        st.sampled_from("xy"),
    ),
    max_size=8,
    unique_by=lambda one: (one["id"], one["split"]),
)


@given(rows, rows)
def test_nothing_is_lost_or_counted_twice(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    """Kept and gone rows are those of one side, kept and new rows those of the other; there and back is the mirror."""
    found, back = compare_rows(before, after), compare_rows(after, before)
    assert len(found.went) + len(found.changed) + found.same == len(before)
    assert len(found.came) + len(found.changed) + found.same == len(after)
    assert (len(found.came), len(found.went)) == (len(back.went), len(back.came))
    assert not compare_rows(before, list(reversed(before)))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two runs: the second lacks a pair, has another one, and answers one otherwise, with hostile letters."""
    pairs = [pair(n) for n in range(6)]
    write_run(tmp_path, "one", pairs[:5])
    changed = msgspec.structs.replace(pairs[1], answer=f"{pairs[1].answer} <b>")
    write_run(tmp_path, "two", [changed, *pairs[2:]])
    return tmp_path


def test_two_runs_in_the_terminal(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sentence, a line a document, and the rows."""
    assert main(["diff", "one", "two", "--data", str(data)]) == 0
    out = capsys.readouterr().out
    assert "one -> two: 1 came, 1 went, 1 changed (answer 1), 3 the same" in out
    lines = [line.split()[:2] for line in out.splitlines()]
    assert ["-", pair(0).id] in lines and ["+", pair(5).id] in lines and ["~", pair(1).id] in lines
    table = {words[0]: words[1:] for line in out.splitlines() if (words := line.split())}
    assert table["rules"] == ["3", "4", "1", "0", "1"] and table["guide"] == ["2", "1", "0", "1", "0"]


def test_two_runs_as_json_and_page(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON has both texts of a changed field; the page marks the words and holds no markup of the data."""
    page = data / "diff.html"
    assert main(["diff", "one", "two", "--data", str(data), "--json", "-", "--page", str(page), "--exit-code"]) == 1
    found = json.loads(capsys.readouterr().out)
    before, after = found["changed"][0]["fields"]["answer"]
    assert after == f"{before} <b>" and [one["id"] for one in found["went"]] == [pair(0).id]
    html = page.read_text()
    assert "<ins>&lt;b&gt;</ins>" in html and "<b>" not in html
    assert main(["diff", "one", "one/raw", "--data", str(data), "--exit-code"]) == 0


@pytest.mark.parametrize(
    ("names", "message"),
    [(["one", "tow"], "did you mean two?"), (["one", "one"], "cannot be compared with itself"),
     (["one", "bad"], "line 1")],
)  # fmt: skip
def test_what_cannot_be_compared(
    data: Path, capsys: pytest.CaptureFixture[str], names: list[str], message: str
) -> None:
    """An unknown name, one name twice, a damaged file: one line that says so, and a code that tells."""
    write_jsonl(data / "qa" / "bad" / "rules.jsonl", [])
    (data / "qa" / "bad" / "rules.jsonl").write_text("{\n")
    assert main(["diff", *names, "--data", str(data)]) != 0
    assert message in capsys.readouterr().err
