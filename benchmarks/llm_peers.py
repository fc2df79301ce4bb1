"""The same documents through our client and through other toolkits, on the same server, without faults and with.

Run    uv run benchmarks/llm_peers.py [--sdk BIN] [--curator PYTHON] [--yourbench PYTHON] [--quick]

`--sdk`: the command of synthetic-data-kit 0.0.5; `--curator`, `--yourbench`: a Python with bespokelabs-curator 0.1.31
or yourbench 0.9.0 (and lxml_html_clean), each from an environment of its own. Whole processes are timed, imports
included. Each asks once for every 4,000 characters of 12 documents of 52 kB, synthetic-data-kit and yourbench besides
for a summary of each document; every reply holds one pair of its own. "of ideal" is calls x latency / 32 over the wall
time; rows are pairs that a reader can use, of as many as there are chunks; twice: calls paid for again although their
reply had come. curator and yourbench count tokens by bytes here, for their tokenizer is a download.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from benchmarks.llm_throughput import configured, server, stats
from groundwork.errors import UnitError
from groundwork.llm.client import Client
from groundwork.llm.replies.reply_schema import ReplyRequirements

SENTENCE = "The goal is 90 cm wide, stands on line {n}, and the game lasts 12 minutes. "
PAIRS = '[{"question": "How wide is the goal of {words}?", "answer": "90 cm"}]'
TAGGED = f"<output_json>{PAIRS}</output_json>"
CHUNK = 4000
FAULTS = {"429": 0.2, "500": 0.05, "502": 0.05, "broken-json": 0.05, "truncated-body": 0.03, "drop": 0.02}
BYTES = """
import tiktoken
whole = tiktoken.Encoding("bytes", pat_str=r"[\\s\\S]", mergeable_ranks={bytes([i]): i for i in range(256)},
                          special_tokens={})
tiktoken.get_encoding = tiktoken.encoding_for_model = lambda name: whole
"""
CURATOR = """
import json, sys
from bespokelabs import curator
prompts = open(sys.argv[2]).read().split("\\x1e")
backend = {"base_url": sys.argv[1], "api_key": "none", "max_concurrent_requests": 32,
           "max_requests_per_minute": 100000, "max_tokens_per_minute": 100000000}
model = curator.LLM(model_name="gpt-4o-mini", backend="openai", backend_params=backend)
made = model(prompts)
def usable(text):
    try:
        return bool(json.loads(text))
    except Exception:
        return False
print("ROWS", sum(usable(row["response"]) for row in getattr(made, "dataset", made)))
"""
YOURBENCH = """
import sys
from yourbench.main import main
config, saved = sys.argv[1], sys.argv[2]
sys.argv = ["yourbench", "run", config]
try:
    main()
finally:
    from datasets import load_from_disk
    found = load_from_disk(saved)
    print("ROWS", len(found["single_hop_questions"]) if "single_hop_questions" in found else 0)
"""
YOURBENCH_CONFIG = """
hf_configuration: {{hf_dataset_name: peers, local_dataset_dir: {folder}/saved, push_to_hub: false, upload_card: false}}
model_list: [{{model_name: m, base_url: "{url}", api_key: none, max_concurrent_requests: 32}}]
pipeline:
  ingestion:
    {{run: true, source_documents_dir: {folder}/documents, output_dir: {folder}/processed, upload_to_hub: false}}
  summarization: {{run: true, max_tokens: 100000}}
  chunking: {{run: true, l_max_tokens: 4000, token_overlap: 0}}
  single_hop_question_generation: {{run: true}}
"""


def documents(folder: Path, count: int = 12) -> list[str]:
    """Write the documents; returns their chunks, all different."""
    chunks = []
    folder.mkdir()
    for number in range(count):
        told = [SENTENCE.format(n=number * 1000 + n) for n in range(720)]
        text = "\n\n".join("".join(told[start : start + 8]) for start in range(0, len(told), 8))[:52_000]
        (folder / f"{number}.txt").write_text(text)
        chunks += [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]
    return chunks


class Pair(msgspec.Struct):
    """What every reply holds, in a list."""

    question: str
    answer: str


def ours(url: str, prompts: Path, journal: Path) -> int:
    """The worker process of our own client; returns its exit code."""
    config, texts = configured(url, 32), prompts.read_text().split("\x1e")

    async def run() -> list[bool]:
        async with Client(config.llm, journal) as client:

            async def one(text: str) -> bool:
                messages = [{"role": "user", "content": text}]
                try:
                    await client.ask(
                        config.qa, messages, stage="qa", unit="chunk", schema=ReplyRequirements[str](check=problem)
                    )
                except UnitError:
                    return False
                return True

            return await asyncio.gather(*map(one, texts))

    done = asyncio.run(run())
    print("ROWS", sum(done))
    return int(not all(done))


def problem(text: str) -> str | None:
    """What is wrong with a reply."""
    try:
        msgspec.json.decode(text, type=list[Pair])
    except msgspec.DecodeError as error:
        return f"That is no JSON list of pairs: {error}."
    return None


def main() -> int:
    """Time each tool without faults and with, and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sdk")
    parser.add_argument("--curator")
    parser.add_argument("--yourbench")
    parser.add_argument("--latency", type=float, default=2.0)
    parser.add_argument("--quick", action="store_true", help="3 documents in place of 12")
    parser.add_argument("--ours", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ours:
        return ours(options.ours[0], Path(options.ours[1]), Path(options.ours[2]))
    print(
        f"{'':<20} {'':<7} {'exit':>4} {'wall s':>7} {'calls':>6} {'peak':>5} {'of ideal':>8} {'rows':>11} {'twice':>6}"
    )
    for faults in ({}, FAULTS):
        for tool, content in {
            "Groundwork": PAIRS,
            "synthetic-data-kit": PAIRS,
            "curator": PAIRS,
            "yourbench": TAGGED,
        }.items():
            with tempfile.TemporaryDirectory() as folder:
                print(_row(tool, Path(folder), content, faults, options), flush=True)
    return 0


def _row(tool: str, folder: Path, content: str, faults: dict[str, float], options: argparse.Namespace) -> str:
    chunks = documents(folder / "documents", 3 if options.quick else 12)
    (folder / "prompts").write_text("\x1e".join(chunks))
    words = [word for name, share in faults.items() for word in ("--fault", f"{name}={share}")]
    with server("--latency", str(options.latency), "--content", content, *words) as url:
        command = _command(tool, folder, url, options)
        if command is None:
            return f"{tool:<20} not asked for"
        begun = time.perf_counter()
        code, output = _run(command, folder)
        wall, seen = time.perf_counter() - begun, stats(url)
    rows = _rows(tool, folder, output)
    if not rows:
        print(output[-1500:], file=sys.stderr)
    ideal = seen["received"] * options.latency / 32
    return (
        f"{tool:<20} {'faults' if faults else 'clean':<7} {code:>4} {wall:>7.1f} {seen['received']:>6} "
        f"{seen['peak']:>5} {ideal / wall:>8.0%} {rows:>5} / {len(chunks):>3} {seen['paid twice']:>6}"
    )


def _command(tool: str, folder: Path, url: str, options: argparse.Namespace) -> list[str] | None:
    if tool == "Groundwork":
        return [sys.executable, __file__, "--ours", url, str(folder / "prompts"), str(folder / "journal.db")]
    if tool == "curator" and options.curator:
        (folder / "run_curator.py").write_text(BYTES + CURATOR)
        return [options.curator, str(folder / "run_curator.py"), url, str(folder / "prompts")]
    if tool == "yourbench" and options.yourbench:
        (folder / "yourbench.py").write_text(BYTES + YOURBENCH)
        (folder / "yourbench.yaml").write_text(YOURBENCH_CONFIG.format(folder=folder, url=url))
        (folder / "yourbench.py").rename(folder / "run_yourbench.py")  # under its own name it would import itself
        return [
            options.yourbench,
            str(folder / "run_yourbench.py"),
            str(folder / "yourbench.yaml"),
            str(folder / "saved"),
        ]
    if tool == "synthetic-data-kit" and options.sdk:
        (folder / "sdk.yaml").write_text(_sdk_config(url, options.sdk))
        command = [options.sdk, "-c", str(folder / "sdk.yaml"), "create", str(folder / "documents")]
        return [*command, "--type", "qa", "-o", str(folder / "out"), "-n", "13"]
    return None


def _run(command: list[str], folder: Path) -> tuple[int | str, str]:
    """(exit code or "late", output) of a whole process, given ten minutes."""
    home = {**os.environ, "HOME": str(folder), "CURATOR_CACHE_DIR": str(folder / "cache"), "TELEMETRY_ENABLED": "0"}
    with (folder / "log").open("w+") as log:
        try:
            done = subprocess.run(command, stdout=log, stderr=log, cwd=folder, env=home, timeout=600)
            code: int | str = done.returncode
        except subprocess.TimeoutExpired:
            code = "late"
    return code, (folder / "log").read_text(errors="replace")


def _rows(tool: str, folder: Path, output: str) -> int:
    """Pairs that came of it."""
    if tool == "synthetic-data-kit":
        files = [json.loads(path.read_text()) for path in (folder / "out").glob("*.json")]
        return sum(len(file.get("qa_pairs", [])) for file in files)
    found = re.findall(r"^ROWS (\d+)", output, re.MULTILINE)
    return int(found[-1]) if found else 0


def _sdk_config(url: str, binary: str) -> str:
    """The tool's own configuration, for its prompts, and ours behind it: of two equal keys the later counts."""
    [default] = Path(binary).parent.parent.glob("lib/*/site-packages/synthetic_data_kit/config.yaml")
    endpoint = f"api-endpoint:\n  api_base: {url}\n  api_key: none\n  model: m\n  max_retries: 3\n  retry_delay: 1.0\n"
    sampling = "generation:\n  temperature: 0.7\n  top_p: 0.95\n  max_tokens: 4096\n  overlap: 0\n"
    size = f"  chunk_size: {CHUNK}\n  batch_size: 32\n  num_pairs: 13\n"
    return f"{default.read_text()}\nllm:\n  provider: api-endpoint\n{endpoint}{sampling}{size}"


if __name__ == "__main__":
    sys.exit(main())
