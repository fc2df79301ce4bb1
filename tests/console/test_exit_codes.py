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


@pytest.mark.parametrize(("flag", "place"), [("--config", ""), ("--data", "data/")])
def test_a_name_that_is_too_long_is_told_with_its_remedy(
    capsys: pytest.CaptureFixture[str], flag: str, place: str
) -> None:
    assert main(["chunk", flag, place + 300 * "n"]) == 1
    assert capsys.readouterr().err.endswith(f"{300 * 'n'}: File name too long; give it a shorter name\n")
