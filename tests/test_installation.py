"""How commands are spelt; tests/test_wheel.py does the rest in an empty folder."""

import pytest

from groundwork.installation import as_installed, spelt


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("run first: uv run dataprep/generate_qa.py", "run first: dataprep generate_qa"),
        ("Run     uv run visualization/merge.py RUN RUN --out NAME", "Run     dataprep merge RUN RUN --out NAME"),
        ("uv run dataprep run --retry-failed", "dataprep run --retry-failed"),
        ("--push needs it: uv run hf auth login", "--push needs it: hf auth login"),
        (
            "needs the extra 'ocr'; run: uv sync --inexact --extra ocr",
            "needs the extra 'ocr'; install groundwork-data[ocr]",
        ),
        ("all rows: uv sync --inexact --extra large-maps", "all rows: install groundwork-data[large-maps]"),
        ("uv run benchmarks/startup.py", "uv run benchmarks/startup.py"),
    ],
)
def test_a_command_is_spelt_as_it_is_typed(written: str, typed: str) -> None:
    """Outside the repository there are no scripts to run by their paths; in it every text stays as it is."""
    assert as_installed(written) == typed
    assert spelt(written) == written
