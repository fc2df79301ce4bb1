"""The time left on the progress line: shown when it can be trusted."""

import os
import pty

import pytest

from groundwork.console import progress_line as module
from groundwork.console.progress_line import ProgressLine
from groundwork.stage_runner.shard_progress import ProgressSnapshot, show_snapshots


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that have passed, to be set."""
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_pairs_side_by_side_say_no_time_before_half_are_done(clock: list[float]) -> None:
    """Units that ask models end late and together: few that are done foretell nothing, and the wait for the first
    counts once."""
    progress = ProgressLine("curate", quiet=True)
    progress.start(24, "pairs")
    progress.record_call(100, None)
    for clock[0] in (1700, 1750, 1900, 1976):
        progress.advance()
    assert progress.line() == "curate  4/24 pairs  1 call  32:56 so far  100 tokens"
    progress.advance(8)
    clock[0] = 2250
    assert "12/24 pairs  1 call  50 s each  10:00 left" in progress.line()


def test_calls_move_while_nothing_is_done(clock: list[float]) -> None:
    """The line never stands still: it counts calls, and tells the time left by their pace and number."""
    progress = ProgressLine("curate", quiet=True)
    progress.start(200, "pairs")
    progress.expected_calls = 1_000
    for clock[0] in range(10, 82):
        progress.record_call(200, None)
    assert "0/200 pairs  72/1,000 calls  15:28 left" in progress.line()
    progress.expected_calls = 40
    assert "0/200 pairs  72 calls" in progress.line()


def test_calls_of_several_processes_are_added_up(clock: list[float]) -> None:
    """The time left is told by the pace since the first were answered, whatever the clock began with."""
    progress = ProgressLine("generate_qa", quiet=True)
    for clock[0], calls in ((5_000, 2), (5_060, 32)):
        snapshot = ProgressSnapshot(0, 100, "chunks", calls=calls, tokens=0, cost=0.0, expected_calls=182)
        show_snapshots(progress, [snapshot, snapshot])
    assert progress.line() == "generate_qa  0/200 chunks  64/364 calls  5:00 left"


def test_the_first_calls_are_seen_before_they_are_answered(clock: list[float]) -> None:
    """While the first replies are awaited the line says how many calls are under way."""
    progress = ProgressLine("generate_qa", quiet=True)
    progress.start(4, "chunks")
    progress.calls_in_flight = lambda: 3
    clock[0] = 14
    assert progress.line() == "generate_qa  0/4 chunks  3 calls under way  0:14 so far"
    progress.record_call(100, None)
    assert "under way" not in progress.line() and "1 call" in progress.line()


def test_calls_beyond_those_expected_promise_no_time(clock: list[float]) -> None:
    """What is asked for once more is nowhere foreseen: the time left grew with the time that it took."""
    progress = ProgressLine("summarize", quiet=True)
    progress.begin(3)
    progress.expected_calls, progress.calls_in_flight = 3, lambda: 1
    for _ in range(3):
        clock[0] += 10
        progress.record_call(500, None)
    progress.advance()
    clock[0] += 5
    progress.advance()
    clock[0] += 40
    assert progress.line() == "summarize  2/3 documents  3/3 calls  1 more under way  1:15 so far  1,500 tokens"
    progress.calls_in_flight = lambda: 0
    assert progress.line().endswith("left  1,500 tokens")


def test_a_single_one_is_not_counted_from_zero(clock: list[float]) -> None:
    """One document is named, not 0 of 1, for that would stand still until it is done."""
    progress = ProgressLine("chunk", quiet=True)
    progress.total = 1
    clock[0] = 5
    assert progress.line() == "chunk  1 document  0:05 so far"


def test_pages_one_by_one_say_it_from_the_second_on(clock: list[float]) -> None:
    """Where no model is asked, the pace since the first page counts; a count that goes back says nothing."""
    progress = ProgressLine("ingest", quiet=True)
    progress.start(10, "pages")
    clock[0] = 30  # to start the converter
    progress.advance()
    assert "1/10 pages  0:30 so far" in progress.line()
    clock[0] = 32
    progress.advance()
    assert "2/10 pages  0.5/s  0:16 left" in progress.line()
    progress.advance(-2)
    assert "so far" in progress.line()


def test_a_terminal_that_cannot_redraw_gets_plain_lines(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """TERM=dumb is no reason for silence: a line every ten seconds, as without a terminal."""
    here, there = pty.openpty()
    monkeypatch.setenv("TERM", "dumb")
    with os.fdopen(here, "rb", buffering=0) as screen, os.fdopen(there, "w") as terminal:
        monkeypatch.setattr(module.sys, "stderr", terminal)
        progress = ProgressLine("curate", quiet=False)
        progress.start(84, "pairs")
        clock[0] = 11
        progress._redraw_line()
        progress.end()
        os.set_blocking(here, False)
        assert screen.read(200) == b"curate  0/84 pairs  0:11 so far\r\n"
