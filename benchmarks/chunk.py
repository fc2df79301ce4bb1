"""The chunker beside its peers on one Markdown text made from converted documents.

Measured in a process of its own for each engine: MB of text a CPU second (best of three), tables and fences under the
limit that stay whole, chunks over the limit, text lost, rows cut, headings left at the end of a chunk that another one
follows, peak memory.

Run     uv run --with langchain-text-splitters --with semchunk --with chonkie \
            --with semantic-text-splitter --with llama-index-core \
            benchmarks/chunk.py [--texts data/text] [--golden golden_rules_en.json]
Without the --with packages only Groundwork is measured.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

PROJECT = Path(__file__).resolve().parents[1]
SIZE = 5_000_000  # characters
EACH = 150  # tables and fences put in
LIMIT = 2000  # for all engines; Groundwork also at its default settings
Chunks = list[str]
COUNTS = {  # what is counted, and its column
    "chunks": "chunks",
    "mean": "mean length",
    "tables": "tables whole",
    "fences": "fences whole",
    "rows cut": "rows cut",
    "over": "over the limit",
    "lost": "characters lost",
    "orphans": "headings orphaned",
}


def corpus(folder: Path, limit: int) -> tuple[str, list[str], list[str]]:
    """The converted documents over and over up to SIZE, with tables and fences that are under the limit in between."""
    documents = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))]
    if not documents:
        sys.exit(f"{folder}: no .md files; run the ingest stage first, or pass --texts DIR")
    paragraphs = [part for document in documents for part in document.split("\n\n") if part.strip()]
    random.seed(7)
    tables = [table(k, random.randint(300, limit - 200)) for k in range(EACH)]
    fences = [fence(k, random.randint(300, limit - 200)) for k in range(EACH)]
    total = sum(map(len, paragraphs)) or 1
    needed = int(SIZE / (total + 2 * len(paragraphs)) * len(paragraphs))
    body = [paragraphs[k % len(paragraphs)] for k in range(needed)]
    inserted = tables + fences
    random.shuffle(inserted)
    step = needed // len(inserted)
    for k, block in enumerate(inserted):
        body.insert((k + 1) * step, f"{block}\n\nHere the text goes on, as it does behind every block.")
    return "\n\n".join(body), tables, fences


def table(number: int, length: int) -> str:
    lines = [f"| Item {number} | Length in m | Note |", "|---|---|---|"]
    while sum(map(len, lines)) < length:
        lines.append(f"| part {number}.{len(lines)} | {random.randint(1, 9999)} | measured on day {len(lines)} |")
    return "\n".join(lines)


def fence(number: int, length: int) -> str:
    lines = ["```python", f"# listing {number}"]
    while sum(map(len, lines)) < length:
        lines.append(f"value_{number}_{len(lines)} = compute({random.randint(1, 9999)})" + "\n" * random.randint(0, 1))
    return "\n".join([*lines, "```"])


# --- engines --------------------------------------------------------------------------------------------------------


def groundwork(limit: int) -> Callable[[str], Chunks]:
    from groundwork.chunking.chunk_records import chunk_document
    from groundwork.records import Document
    from groundwork.settings.config_files import load

    settings = load().chunk
    if limit:
        settings = msgspec.structs.replace(settings, max_length=limit)

    def run(text: str) -> Chunks:
        document = Document(id="d", source="", sha256="", converter="", converter_version="", characters=len(text))
        return [chunk.text for chunk in chunk_document(text, document, settings)]

    return run


def langchain_recursive(limit: int) -> Callable[[str], Chunks]:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    return RecursiveCharacterTextSplitter(chunk_size=limit, chunk_overlap=0).split_text


def langchain_markdown(limit: int) -> Callable[[str], Chunks]:
    from langchain_text_splitters import MarkdownTextSplitter

    return MarkdownTextSplitter(chunk_size=limit, chunk_overlap=0).split_text


def semchunk(limit: int) -> Callable[[str], Chunks]:
    import semchunk as library

    return lambda text: library.chunkerify(len, limit)(text)


def semantic_text_splitter(limit: int) -> Callable[[str], Chunks]:
    from semantic_text_splitter import MarkdownSplitter

    return lambda text: MarkdownSplitter(limit).chunks(text)


def chonkie_recursive(limit: int) -> Callable[[str], Chunks]:
    from chonkie import RecursiveChunker

    chunker = RecursiveChunker(chunk_size=limit)
    return lambda text: [chunk.text for chunk in chunker.chunk(text)]


def chonkie_fast(limit: int) -> Callable[[str], Chunks]:
    from chonkie import FastChunker

    chunker = FastChunker(chunk_size=limit)
    return lambda text: [chunk.text for chunk in chunker.chunk(text)]


def llama_index(limit: int) -> Callable[[str], Chunks]:
    package = importlib.util.find_spec("llama_index.core")
    bundled = Path(package.origin).parent / "_static" / "nltk_cache"  # type: ignore[union-attr,arg-type]  # it is there
    copied = Path(tempfile.mkdtemp()) / "nltk"  # nltk refuses the hard links that uv makes
    shutil.copytree(bundled, copied)
    os.environ["NLTK_DATA"] = str(copied)
    from llama_index.core.node_parser import SentenceSplitter

    splitter = SentenceSplitter(chunk_size=limit, chunk_overlap=0, tokenizer=list)
    return lambda text: [chunk for piece in pieces(text) for chunk in splitter.split_text(piece)]


def pieces(text: str, size: int = 250_000) -> list[str]:
    """The text cut at blank lines; nltk gives up on a pattern after five seconds, so it cannot read all at once."""
    cut = [0]
    while len(text) - cut[-1] > size:
        cut.append(text.rfind("\n\n", cut[-1], cut[-1] + size) + 2)
    return [text[start:end] for start, end in itertools.pairwise([*cut, len(text)])]


ENGINES: dict[str, tuple[str, Callable[[int], Callable[[str], Chunks]]]] = {
    "groundwork": ("dataprep", groundwork),
    "langchain recursive": ("langchain_text_splitters", langchain_recursive),
    "langchain markdown": ("langchain_text_splitters", langchain_markdown),
    "semchunk": ("semchunk", semchunk),
    "semantic-text-splitter": ("semantic_text_splitter", semantic_text_splitter),
    "chonkie recursive": ("chonkie", chonkie_recursive),
    "chonkie fast": ("chonkie", chonkie_fast),
    "llama-index sentence": ("llama_index", llama_index),
}


# --- measuring ------------------------------------------------------------------------------------------------------


def measure(engine: str, limit: int, folder: Path) -> dict[str, float]:
    """One engine, in this process. Memory is what the first run adds to the process at its peak."""
    text = (folder / "text.md").read_text(encoding="utf-8")
    run = ENGINES[engine][1](limit)
    run("A little text.\n\nTo load what is loaded late. " * 5)
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts anew
    chunks, seconds, peak = [], [], 0
    for k in range(3):
        began = time.process_time()
        chunks = run(text)
        seconds.append(time.process_time() - began)
        peak = peak if k else memory("VmHWM")
        if seconds[0] > 20:
            break
    blocks = json.loads((folder / "blocks.json").read_text(encoding="utf-8"))
    return {"seconds": min(seconds), "memory": peak - before, **quality(text, chunks, **blocks, limit=limit or 5000)}


def memory(name: str) -> int:
    """Bytes, from the kernel's account of this process."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]  # the kernel always says


def quality(text: str, chunks: Chunks, tables: list[str], fences: list[str], limit: int) -> dict[str, float]:
    """What is counted of an engine's chunks, by COUNTS. A heading that ends the last one is where the text ends."""
    joined = "\x00".join(chunks)
    rows = {line for block in tables for line in block.split("\n")}
    return {
        "chunks": len(chunks),
        "mean": sum(map(len, chunks)) / max(len(chunks), 1),
        "tables": sum(block in joined for block in tables),
        "fences": sum(block in joined for block in fences),
        "rows cut": sum(row not in joined for row in rows),
        "over": sum(len(chunk) > limit for chunk in chunks),
        "lost": max(0, solid(text) - solid(joined)),
        "orphans": sum(bool(re.search(r"(?:\A|\n)#{1,6} [^\n]*\s*\Z", chunk)) for chunk in chunks[:-1]),
    }


def solid(text: str) -> int:
    """Characters that are neither white space nor the separator."""
    return len(text) - sum(map(text.count, " \n\t\r\x00"))


def speed_of_segments(text: str) -> float:
    """MB a CPU second of sentence splitting by the default engine, which the stage does to count segments."""
    from groundwork.chunking.chunk_report import segments

    seconds = []
    for _ in range(3):
        began = time.process_time()
        segments(text, "en")
        seconds.append(time.process_time() - began)
    return len(text.encode()) / 1e6 / min(seconds)


def golden(path: Path) -> None:
    from groundwork.language.sentences import sentences

    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
    for engine in ("sentencex", "regex"):
        right = sum(
            [case["text"][a:b] for a, b in sentences(case["text"], "en", engine)] == case["sentences"] for case in cases
        )
        print(f"golden rules, {engine}: {right} of {len(cases)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, default=PROJECT / "data" / "text", help="folder of converted documents")
    parser.add_argument("--golden", type=Path, help="the English golden rules as JSON")
    parser.add_argument("--limit", type=int, default=LIMIT)
    parser.add_argument("--keep", metavar="FILE", type=Path, help="also write the Markdown there")
    parser.add_argument("--engine", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.engine:
        print(json.dumps(measure(flags.engine, flags.limit, flags.folder)))
        return
    if flags.golden:
        golden(flags.golden)
    text, tables, fences = corpus(flags.texts, flags.limit)
    if flags.keep:
        flags.keep.write_text(text, encoding="utf-8")
    size = len(text.encode())
    print(f"{size / 1e6:.1f} MB of Markdown, {len(tables)} tables and {len(fences)} fences under {flags.limit} put in")
    print(f"| engine | MB/s | {' | '.join(COUNTS.values())} | memory / text |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "text.md").write_text(text, encoding="utf-8")
        (Path(folder) / "blocks.json").write_text(json.dumps({"tables": tables, "fences": fences}), encoding="utf-8")
        here = [name for name, (module, _) in ENGINES.items() if importlib.util.find_spec(module)]
        for name, limit in [("groundwork", 0), *((name, flags.limit) for name in here)]:
            found = in_a_process(name, limit, folder)
            if not found:
                continue
            print(row(f"{name}, {limit or 'default settings'}", size, found), flush=True)
    print(f"counting segments (every sentence): {speed_of_segments(text):.1f} MB/s")


def row(name: str, size: int, found: dict[str, float]) -> str:
    """A line of the table."""
    speed, share = size / 1e6 / found["seconds"], found["memory"] / size
    counts = [f"{found[column]:.0f}" for column in COUNTS]
    return f"| {' | '.join([name, f'{speed:.1f}', *counts, f'{share:.1f}'])} |"


def in_a_process(name: str, limit: int, folder: str) -> dict[str, float] | None:
    command = [sys.executable, __file__, "--engine", name, "--limit", str(limit), "--folder", folder]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        print(f"| {name} | failed: {result.stderr.strip().splitlines()[-1][:200]} |", flush=True)
        return None
    found: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
