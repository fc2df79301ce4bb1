"""How a command ends."""

from __future__ import annotations

import sys

import pytest

from groundwork.__main__ import main


@pytest.mark.parametrize("arguments", [["--version"], ["doctor", "--config", "nowhere.json"]])
def test_a_shell_that_closed_the_streams(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    """With `>&-` there is no stream to write to: what is printed goes nowhere, and the exit code is as ever."""
    expected = main(arguments)
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(arguments) == expected
    for stream in (sys.stdout, sys.stderr):
        stream.close()
