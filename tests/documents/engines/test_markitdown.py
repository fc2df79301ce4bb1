"""Notebooks by markitdown: what their cells say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from groundwork.documents.conversion.converter_table import ConversionRequest, run_converter
from groundwork.settings.config_files import load

CELLS = [("markdown", "# Tides"), ("code", ""), ("code", ["tide = 8\n", "\n", "print(tide)"]), ("code", ["\n", " "])]


def read_notebook(path: Path) -> str:
    return run_converter(
        "markitdown", ConversionRequest(source=str(path), ending=".ipynb", settings=load().ingest)
    ).pages[0]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_cells_of_a_notebook_that_say_nothing_are_left_out(tmp_path: Path, mark: str) -> None:
    """They would be empty fences; blank lines within a cell stay."""
    cells = [{"cell_type": kind, "source": source} for kind, source in CELLS]
    notebook = json.dumps({"nbformat": 4, "metadata": {}, "cells": cells})
    (tmp_path / "tides.ipynb").write_text(mark + notebook, encoding="utf-8")
    assert read_notebook(tmp_path / "tides.ipynb").strip() == "# Tides\n\n```python\ntide = 8\n\nprint(tide)\n```"


def test_an_odd_notebook_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """A cell without a source is no reason to fail."""
    notebook = {"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "Row."}, {"cell_type": "markdown"}]}
    (tmp_path / "odd.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    assert read_notebook(tmp_path / "odd.ipynb").strip() == "Row."
