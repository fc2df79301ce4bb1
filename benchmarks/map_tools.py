"""The interactive map beside other tools' pages of the same points: seconds to write, megabytes, what a file needs.

Run    uv run --with datamapplot --with embedding-atlas python -m benchmarks.map_tools [--rows 10000]

Places, questions and answers are given, so that drawing and writing alone are measured. A tool that is not installed
is left out. Each page is then opened in Chromium from the disk, as a double click would: it counts as opened when it
draws on a canvas within twenty seconds.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.pages import ARGUMENTS
from groundwork.maps.draw.map_page import write_map
from groundwork.maps.draw.scene import Scene
from tests.maps.scenes import scene


def groundwork(drawn: Scene, folder: Path) -> Path:
    """Our page."""
    write_map(drawn, folder / "groundwork.html")
    return folder / "groundwork.html"


def datamapplot(drawn: Scene, folder: Path) -> Path:
    """datamapplot's page with the questions as hover text and its data in the file."""
    import datamapplot as tool

    places = np.array([(point.x, point.y) for point in drawn.points])
    names = {cluster.id: cluster.label for cluster in drawn.clusters}
    labels = np.array([names.get(point.cluster, "Unlabelled") for point in drawn.points])
    texts = [point.question for point in drawn.points]
    figure = tool.create_interactive_plot(places, labels, hover_text=texts, enable_search=True, inline_data=True)
    figure.save(folder / "datamapplot.html")
    return folder / "datamapplot.html"


def embedding_atlas(drawn: Scene, folder: Path) -> Path:
    """embedding-atlas' exported application, given the places."""
    import pyarrow
    from pyarrow import parquet

    columns = {name: [getattr(point, name) for point in drawn.points] for name in ("x", "y", "question", "answer")}
    parquet.write_table(pyarrow.table(columns), folder / "points.parquet")
    command = Path(sys.executable).with_name("embedding-atlas")
    flags = ["--x", "x", "--y", "y", "--text", "question", "--disable-projection"]
    flags += ["--export-application", str(folder / "atlas")]
    subprocess.run([str(command), str(folder / "points.parquet"), *flags], check=True, capture_output=True)
    return folder / "atlas"


def opens(page_file: Path) -> bool:
    """Whether the page draws when it is opened from the disk, with no server and no network."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page = browser.new_page()
        try:
            page.goto(page_file.as_uri())
            page.wait_for_selector("canvas", timeout=20_000)
        except Error:
            return False
        finally:
            browser.close()
    return True


def size_of(place: Path) -> int:
    return sum(f.stat().st_size for f in place.rglob("*") if f.is_file()) if place.is_dir() else place.stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    drawn = scene(parser.parse_args().rows)
    with tempfile.TemporaryDirectory() as name:
        for write in (groundwork, datamapplot, embedding_atlas):
            if write is not groundwork and not importlib.util.find_spec(write.__name__):
                print(f"{write.__name__}: not installed")
                continue
            began = time.monotonic()
            try:
                made = write(drawn, Path(name))
            except (OSError, subprocess.CalledProcessError) as error:  # of requests too, whose errors are OSErrors
                print(
                    f"{write.__name__}: writes nothing here ({type(error).__name__}: {str(error)[-160:]})", flush=True
                )
                continue
            took = time.monotonic() - began
            files = sum(f.is_file() for f in made.rglob("*")) if made.is_dir() else 1
            opened = opens(made / "index.html" if made.is_dir() else made)
            print(
                f"{write.__name__}: {took:.1f} s, {size_of(made) / 1e6:.1f} MB, {files} file{'s' * (files > 1)}, "
                f"{'opens' if opened else 'does not open'} from the disk",
                flush=True,
            )
            if made.is_dir():
                shutil.rmtree(made)


if __name__ == "__main__":
    main()
