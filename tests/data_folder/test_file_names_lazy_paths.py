"""Paths that are kept as text: what stands for a list of Paths in every way."""

from __future__ import annotations

import copy
from pathlib import Path

from groundwork.data_folder.file_names import Paths, path_strings_of
from groundwork.data_folder.workspace import Workspace


def test_paths_as_text_are_a_list_of_paths() -> None:
    """Items, slices, order, equality and copies are those of the Paths themselves."""
    made = [Path("/data/b.md"), Path("/data/a.md")]
    paths = Paths(map(str, made))
    assert list(paths) == made and paths[1] == made[1] and list(paths[1:]) == made[1:] and len(paths) == 2
    assert paths == tuple(made) and paths != made[:1] and not Paths() and made[0] in paths
    assert list(path_strings_of(paths)) == list(path_strings_of(made)) and copy.deepcopy(paths) == paths


def test_files_of_a_data_folder_that_exist_are_found_by_listing_it(tmp_path: Path) -> None:
    """The order is the one asked in; a folder that is not there holds nothing."""
    (tmp_path / "text").mkdir()
    for name in ("a.json", "c.json"):
        (tmp_path / "text" / name).touch()
    data = Workspace(tmp_path)
    found = data.existing_paths([("text", "c.json"), ("text", "b.json"), ("summaries", "a.json"), ("text", "a.json")])
    assert list(found) == [data.path("text", "c.json"), data.path("text", "a.json")]
