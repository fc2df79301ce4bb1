"""NAME and NAME@PROVIDER of --model and --judge."""

from __future__ import annotations

import pytest

from groundwork.errors import UsageError
from groundwork.settings.config_files import load
from groundwork.settings.config_schema import named_call


@pytest.mark.parametrize(
    ("name", "model", "provider"),
    [("other", "other", ""), ("other@here", "other", "here"), ("a@b@here", "a@b", "here"), ("here", "here", "")],
)
def test_a_name_may_say_its_provider(name: str, model: str, provider: str) -> None:
    """What stands behind the last @ is a provider; a model may be called as a provider is."""
    call = named_call(load().grade.answer, name, ["here"])
    assert (call.model, call.provider) == (model, provider)


def test_a_provider_that_is_not_defined_is_named() -> None:
    """The message says which providers there are."""
    with pytest.raises(UsageError, match=r"'nowhere' is not one of llm\.providers \(here\)"):
        named_call(load().grade.answer, "other@nowhere", ["here"])
