"""How large the interactive map is, how fast it opens, and how long its longest frame takes while it is moved.

Run     uv run benchmarks/pages.py [--points 100000] [--plotly]

Opens the page in a real Chromium without a graphics card, waits until it is loaded, then drags it for a second and
zooms ten steps, and prints the time between animation frames. With --plotly the same points are drawn by plotly's
scattergl in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parent.parent))

from groundwork.maps.draw.map_page import write_map
from groundwork.maps.draw.scene import Scene
from tests.maps.scenes import scene

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
RECORD = """() => {
  window.frames_ = [];
  let last = performance.now();
  (function tick() {
    const now = performance.now();
    frames_.push(now - last);
    last = now;
    requestAnimationFrame(tick);
  })();
}"""


async def frames(page_file: Path, ready: str) -> dict[str, Any]:
    """Seconds to load, and the milliseconds between frames while dragging and zooming."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1300, "height": 850})
        began = time.monotonic()
        await page.goto(page_file.as_uri())
        await page.wait_for_selector(ready, timeout=120_000)
        loaded = time.monotonic() - began
        await page.wait_for_timeout(3_000)
        await page.evaluate(RECORD)
        await page.mouse.move(700, 400)
        await page.mouse.down()
        for step in range(60):
            await page.mouse.move(700 + 4 * step, 400 + 2 * step)
            await page.wait_for_timeout(16)
        await page.mouse.up()
        for _ in range(10):
            await page.mouse.wheel(0, -100)
            await page.wait_for_timeout(40)
        await page.wait_for_timeout(500)
        times = sorted(await page.evaluate("frames_"))
        await browser.close()
    return {"load_s": round(loaded, 2), "median_ms": round(times[len(times) // 2]), "longest_ms": round(times[-1])}


def write_plotly(drawn: Scene, path: Path) -> None:
    """The plain script: one scattergl trace a dataset, the question as hover text."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for entry in drawn.datasets:
        own = [point for point in drawn.points if point.dataset == entry.name]
        figure.add_scattergl(
            x=[p.x for p in own], y=[p.y for p in own], mode="markers", name=entry.name, marker={"size": 5},
            text=[p.question for p in own], hoverinfo="text",
        )  # fmt: skip
    figure.update_layout(dragmode="pan")
    figure.write_html(path, include_plotlyjs=True, config={"scrollZoom": True})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--plotly", action="store_true", help="measure plotly's scattergl in the same run")
    options = parser.parse_args()
    writers = {"groundwork": (write_map, "html[data-details]")}
    if options.plotly:
        writers["plotly"] = (write_plotly, ".scatterlayer, .gl-canvas")
    with tempfile.TemporaryDirectory() as folder:
        for count in options.points:
            drawn = scene(count)
            data = len(msgspec.json.encode(drawn.points))
            for name, (write, ready) in writers.items():
                path = Path(folder) / f"{name}-{count}.html"
                began = time.monotonic()
                write(drawn, path)
                wrote = time.monotonic() - began
                size = path.stat().st_size
                result = {"points": count, "by": name, "data_mb": round(data / 1e6, 2), "html_mb": round(size / 1e6, 2)}
                result |= {"write_s": round(wrote, 2), **asyncio.run(frames(path, ready))}
                print(" · ".join(f"{key} {value}" for key, value in result.items()), flush=True)


if __name__ == "__main__":
    main()
