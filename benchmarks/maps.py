"""Maps against plain scikit-learn and plotly: time, size, frames in a browser, and a run with nothing new.

Run    uv run python -m benchmarks.maps [--rows 10000] [--points 100000]

Everything is measured in one run on one machine, so that the ratios mean something where the seconds do not. Seconds
are wall time and, since machines are shared, CPU time. Vectors are there before the clock starts.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from groundwork.data_folder.read_write import write_jsonl
from groundwork.embedding.encoder import encoder_for
from groundwork.records import Pair
from groundwork.settings.config_files import CONFIG_DIR, load
from tests.synthetic_runs import pairs

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # for the bare t-SNE too: spinning threads would make it slower
T = TypeVar("T")
WHERE = [
    "in a final",
    "on wet ground",
    "for juniors",
    "at night",
    "in a mixed team",
    "in the first half",
    "after a drop-off",
]
WHEN = [
    "",
    " under the new rules",
    " before the whistle",
    " near the score line",
    " when a captain asks",
    " in heavy rain",
]
WATCH_FRAMES = """() => {
    window.gaps = [];
    let last = performance.now();
    const tick = (now) => { gaps.push(now - last); last = now; requestAnimationFrame(tick); };
    requestAnimationFrame(tick);
}"""
TIMING: dict[str, tuple[float, float]] = {}


def distinct_pairs(count: int) -> list[Pair]:
    """`count` pairs of different questions."""
    made: dict[str, Pair] = {}
    for number, pair in enumerate(pairs(count * 8, "bench", sameness=0)):
        ending = f" {WHERE[number % len(WHERE)]}{WHEN[number // len(WHERE) % len(WHEN)]}?"
        question = pair.question.rstrip("?") + ending
        made.setdefault(question, msgspec.structs.replace(pair, question=question))
        if len(made) == count:
            break
    return list(made.values())


def timed(name: str, work: Callable[[], T]) -> T:
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    TIMING[name] = time.perf_counter() - wall, time.process_time() - cpu
    print(f"  {name:<48} {TIMING[name][0]:8.1f} s wall {TIMING[name][1]:8.1f} s CPU", flush=True)
    return result


def ratio(name: str, base: str) -> str:
    return f"{TIMING[name][0] / TIMING[base][0]:.2f} (wall), {TIMING[name][1] / TIMING[base][1]:.2f} (CPU)"


def bench_html(rows: int, folder: Path) -> None:
    """Vectors to a finished page, beside the bare t-SNE and a plain plotly script."""
    import plotly.express as plotly_express
    import plotly.offline
    from sklearn.manifold import TSNE

    from groundwork.dataset.load_dataset import QuestionRow
    from groundwork.maps.draw.map_page import write_map
    from groundwork.maps.draw.png_map import write_map_png
    from groundwork.maps.question_map import MapGroup, build_scene

    settings = load([CONFIG_DIR / "local.json"])
    made = distinct_pairs(rows)
    vectors = encoder_for(settings.embeddings, folder).encode([pair.question for pair in made])
    names = {field.name for field in msgspec.structs.fields(QuestionRow)}
    data = [QuestionRow(**{k: v for k, v in msgspec.structs.asdict(pair).items() if k in names}) for pair in made]
    half = rows // 2
    groups = [MapGroup("first", data[:half], vectors[:half]), MapGroup("second", data[half:], vectors[half:])]
    print(f"{rows:,} questions with vectors ({vectors.shape[1]} dimensions)")
    bare = TSNE(2, perplexity=30, random_state=1, init="pca", n_jobs=-1)
    places = timed("bare t-SNE (scikit-learn)", lambda: bare.fit_transform(vectors))

    def ours() -> Any:
        scene = build_scene(groups, "benchmark", settings.maps, "static/wordllama")
        write_map(scene, folder / "ours.html")
        return scene

    scene = timed("Groundwork: vectors to the page", ours)
    timed("Groundwork: the PNG besides", lambda: write_map_png(scene, folder / "ours.png"))

    def plain() -> None:
        table = [
            {"x": float(x), "y": float(y), **msgspec.to_builtins(p)} for (x, y), p in zip(places, made, strict=True)
        ]
        figure = plotly_express.scatter(
            table,
            x="x",
            y="y",
            color="category",
            hover_data=["question", "answer", "evidence", "chunk"],
            render_mode="webgl",
        )
        figure.write_html(folder / "plain.html", include_plotlyjs=True)

    timed("plain plotly: places to the page", plain)
    write_jsonl(folder / "rows.jsonl", scene.points)
    size = {name: (folder / name).stat().st_size / 1e6 for name in ("ours.html", "plain.html", "rows.jsonl")}
    library = len(plotly.offline.get_plotlyjs().encode()) / 1e6
    share = ratio("Groundwork: vectors to the page", "bare t-SNE (scikit-learn)")
    print(f"  vectors to page, of the bare t-SNE: {share}; goal 1.3")
    print(f"  page {size['ours.html']:.2f} MB; plain plotly {size['plain.html']:.2f} MB, with fewer columns")
    base = size["rows.jsonl"] + library
    print(
        f"  data {size['rows.jsonl']:.2f} MB + plotly.js {library:.2f} MB; page / both: {size['ours.html'] / base:.2f}"
    )


def bench_again(rows: int, folder: Path) -> None:
    """A second run of the command with nothing new."""
    import subprocess

    data = folder / "data"
    made = distinct_pairs(min(rows, 2_000))
    write_jsonl(data / "qa" / "bench" / "rules.jsonl", made)
    script = "visualization/visualize_embeddings.py"
    command = [sys.executable, script, "bench", "--data", str(data), "--config", "config/local.json"]
    print(f"{len(made):,} questions, the whole command")
    for name in ("first run of the command", "second run, nothing new"):
        timed(name, lambda: subprocess.run(command, check=True, capture_output=True))


def bench_frames(points: int, folder: Path) -> None:
    """The longest frame while a page of many points is dragged about, after it has loaded."""
    from groundwork.maps.draw.map_page import write_map
    from tests.maps.scenes import scene

    page = folder / "many.html"
    big = scene(points)
    print(f"{points:,} points in Chromium")
    timed("writing the page", lambda: write_map(big, page))
    print(f"  {page.stat().st_size / 1e6:.1f} MB")
    frames, loaded = asyncio.run(_drag(page))
    worst, median = max(frames), float(np.median(frames))
    print(f"  loaded in {loaded:.1f} s; {len(frames)} frames while panning")
    print(f"  a frame: median {median:.0f} ms, longest {worst:.0f} ms; goal 200")


async def _drag(page_file: Path) -> tuple[list[float], float]:
    """(milliseconds between frames during a drag, seconds until the page was ready)."""
    from playwright.async_api import async_playwright

    chromium = next(path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name)))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        began = time.perf_counter()
        await page.goto(page_file.as_uri())
        await page.wait_for_selector("html[data-details]", timeout=120_000)
        loaded = time.perf_counter() - began
        await page.wait_for_timeout(1_000)
        await page.evaluate(WATCH_FRAMES)
        await page.mouse.move(500, 400)
        await page.mouse.down()
        for step in range(60):
            await page.mouse.move(500 + 3 * step, 400 + 2 * (step % 20))
        await page.mouse.up()
        gaps = await page.evaluate("() => window.gaps.slice(1)")
        await browser.close()
    return list(gaps), loaded


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--points", type=int, default=100_000)
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench_html(flags.rows, Path(folder))
        bench_again(flags.rows, Path(folder))
        bench_frames(flags.points, Path(folder))


if __name__ == "__main__":
    main()
