"""data/index.html: every page, picture, dataset and report of a data folder, with when it was written."""

from __future__ import annotations

import argparse
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import quote

from groundwork.console.flags import add_data_flags, flag_parser, load_config
from groundwork.data_folder.manifest import Manifest
from groundwork.data_folder.read_write import write_text
from groundwork.data_folder.spread_folders import folder_files, folder_of
from groundwork.data_folder.unit_states import mark_behind, recorded_states
from groundwork.data_folder.workspace import Workspace, open_workspace
from groundwork.errors import EXIT_OK
from groundwork.pages.html_markup import Markup, table, tag
from groundwork.pages.html_page import document_page, read_asset

_AUDIT_PAGES = "plots/audit-*.html"
_INDEX_SECTIONS = (  # (title, where the files are); a file stands below the first that fits
    ("Doubtful pages of documents", _AUDIT_PAGES),
    ("Maps and comparisons", "plots/*.html"),
    ("Pictures", "plots/*.png"),
    ("Datasets", "datasets/*/report.html"),
    ("Curation", "qa/*/curated/report.html"),
    ("Grades", "grades/*/report.html"),
)
NO_INDEX_STATE = "not recorded"  # of a file that no stage of this folder wrote, such as one copied into it
INDEX_ASSETS = Path(__file__).parent / "assets"


def index_page_parser() -> argparse.ArgumentParser:
    parser = flag_parser("dataprep open", "Open a page that links everything there is to look at.")
    add_data_flags(parser, by_document=False)
    parser.add_argument("--no-browser", action="store_true", help="only write the page and say where it is")
    return parser


def open_index(flags: argparse.Namespace) -> int:
    """Write the page and show it in the browser."""
    import webbrowser

    indexed_data = open_workspace(load_config(flags), flags, folders=())
    indexed_data.fetch(indexed_files(indexed_data))
    index_page = write_index(indexed_data)
    print(index_page)
    if not flags.no_browser:
        webbrowser.open(index_page.as_uri())
    return EXIT_OK


def write_index(data: Workspace, current: Collection[Path] = ()) -> Path:
    """Write the page and return its path. `current`: pages of no stage that were written just now."""
    index_page = data.root / "index.html"
    index_states = dict.fromkeys(map(data.relative, current), "done") | _index_states(data)
    index_sections = [
        index_section
        for title, pattern in _INDEX_SECTIONS
        for index_section in _render_index_section(data, title, pattern, index_states)
    ]
    index_body = index_sections or [tag("p", "Nothing has been made yet.")]
    index_styles = f"\n{read_asset('index_page.css', INDEX_ASSETS)}\n"
    index_title = f"Groundwork: {data.root.name}"
    write_text(index_page, document_page(index_title, index_styles, tag("h1", data.root.name), *index_body))
    return index_page


def indexed_files(data: Workspace) -> list[Path]:
    """The files that the page links."""
    return [file for _, pattern in _INDEX_SECTIONS for file in _indexed_files_of(data, pattern)]


def _indexed_files_of(data: Workspace, pattern: str) -> list[Path]:
    index_folder, _, index_pattern = pattern.partition("/")
    if "/" in index_pattern:
        return list(data.root.glob(pattern))
    return [
        index_file
        for index_file in folder_files(data.path(index_folder))
        if fnmatchcase(index_file.name, index_pattern)
    ]


def _index_states(data: Workspace) -> dict[str, str]:
    """By file: whether what it was made of is still the same; nothing for files that no stage wrote."""
    with closing(Manifest(data.state / "manifest.db", read_only=True, mirror=data.mirror)) as manifest:
        states_of_index = mark_behind(recorded_states(data, manifest), manifest)
        index_entries = manifest.all_entries()
    return {output: states_of_index[stage][unit][0] for stage, unit, entry in index_entries for output in entry.outputs}


def _render_index_section(
    data: Workspace, title: str, pattern: str, index_states: Mapping[str, str]
) -> Iterator[Markup]:
    index_files = sorted(_indexed_files_of(data, pattern), key=lambda index_file: -index_file.stat().st_mtime)
    if pattern != _AUDIT_PAGES:
        index_files = [
            index_file for index_file in index_files if not fnmatchcase(index_file.name, _AUDIT_PAGES.partition("/")[2])
        ]
    if index_files:
        yield tag("h2", title)
        index_rows = [
            (
                _index_link(data, index_file),
                _index_state_mark(index_states.get(data.relative(index_file), NO_INDEX_STATE)),
                _written_at(index_file),
            )
            for index_file in index_files
        ]
        yield table(("page", "state", "written"), index_rows)


def _index_state_mark(state: str) -> Markup:
    return tag("span", state, class_=state if state in ("stale", "behind", "failed") else "soft")


def _index_link(data: Workspace, index_file: Path) -> Markup:
    index_link_text = (
        index_file.stem.removeprefix("audit-")
        if folder_of(index_file).name == "plots"
        else index_file.parent.parent.name
        if "curated" in index_file.parts
        else index_file.parent.name
    )
    return tag("a", index_link_text, href=quote(index_file.relative_to(data.root).as_posix()))


def _written_at(index_file: Path) -> Markup:
    return tag("span", time.strftime("%Y-%m-%d %H:%M", time.localtime(index_file.stat().st_mtime)), class_="when")
