"""Count the sentences that a reading of PDFs breaks into paragraphs, on any folder of PDFs: no truth is needed.

Run     uv run benchmarks/paragraphs.py FOLDER [FOLDER ...] [--engines layout,liteparse,pdf-inspector] [--each] [--show]

`broken`: paragraphs that begin in small letters below a paragraph that ends no sentence, per 1,000 words. Lists of
names and forms have such paragraphs too, so that no reading reaches 0. PDFs that hold no text are left out.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.tables import ALL, SETTINGS, broken
from groundwork.documents.auditing.page_audit import page_words
from groundwork.documents.conversion.converter_table import ConversionRequest
from groundwork.documents.pdf_files.text_layer import read_text_layer


class Score(NamedTuple):
    """Of one document: its broken places as (paragraph, next one), and what they are measured by."""

    name: str
    places: list[tuple[str, str]]
    words: int
    pages: int
    seconds: float


def score(engine: str, pdf: Path) -> Score | None:
    """None for a PDF that can not be opened or holds no text."""
    try:
        layer = read_text_layer(str(pdf))
        if not any(page.strip() for page in layer.pages):
            return None
        began = os.times()
        markdown = ALL[engine](
            ConversionRequest(source=str(pdf), ending=".pdf", settings=SETTINGS, page_count=layer.page_count)
        )
        ended = os.times()
    except Exception as error:  # a file that is damaged, or an engine that fails on it, is named and left out
        print(f"  {pdf.name}: left out: {type(error).__name__}: {error}")
        return None
    seconds = ended.user + ended.system - began.user - began.system
    return Score(pdf.name, broken(markdown), len(page_words(markdown)), layer.page_count, seconds)


def row(name: str, engine: str, scores: list[Score]) -> str:
    total = sum(score.words for score in scores)
    cut = sum(len(score.places) for score in scores)
    pages, seconds = sum(score.pages for score in scores), sum(score.seconds for score in scores)
    counts = f"{len(scores):>5} {pages:>6} {total:>8} {cut:>7}"
    return f"{name:24} {engine:14} {counts} {1000 * cut / max(1, total):>7.2f} {pages / max(1e-9, seconds):>8.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--engines", default="layout")
    parser.add_argument("--each", action="store_true", help="a line for each document")
    parser.add_argument("--show", action="store_true", help="the places, as they read")
    flags = parser.parse_args()
    print(f"{'folder':24} {'engine':14} {'files':>5} {'pages':>6} {'words':>8} {'cut':>7} {'broken':>7} {'p/cpu-s':>8}")
    for folder in flags.folders:
        for engine in flags.engines.split(","):
            found = [score(engine, pdf) for pdf in sorted(folder.glob("*.pdf"))]
            scores = [one for one in found if one]
            for one in scores if flags.each or flags.show else ():
                print(f"  {row(one.name[:22], engine, [one])}")
                for above, below in one.places if flags.show else ():
                    print(f"      …{above[-60:]!r} | {below[:60]!r}")
            print(row(folder.name, engine, scores), flush=True)


if __name__ == "__main__":
    main()
