"""What every stage costs at size: CPU and memory for some documents, for four times as many, and for one long one.

Run    uv run benchmarks/scale.py [--documents 3000] [--kb 5 50] [--small 20000] [--long 20] [--stages ...] [--quick]

Invented documents of `--kb` kB (Markdown, HTML, text) go through every stage, each in a process of its own, and a
quarter of them; then `--small` texts of 200 to 400 characters and a quarter of them; then one Markdown text of `--long`
MB and one of a quarter of it (0 leaves one of the three out). The model is a stand-in on loopback that answers at once,
so that what is counted is our own work: CPU seconds of the stage with its workers, and the peak memory of the largest
of these processes. `exponent` says how the cost above that of a run with nothing to do (`again`) grows with the input:
1.00 is linear. Exit code 1 where it is above EXPONENT, or a stage fails.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.fake_openrouter import FakeOpenRouter
from tests.made_up_replies import make_up
from tests.questions.scripted_judge import Judge, asks_for
from tests.synthetic_runs import tag_reply

STAGES = {
    "ingest": [],
    "summarize": [],
    "chunk": [],
    "generate_qa": ["--iterate"],
    "curate": [],
    "generate_tags": [],
    "generate_embeddings": [],
    "coverage": [],
    "create_dataset": ["--eval-split", "--export", "messages,alpaca"],
    "merge": ["gemini-2.5-flash", "gemini-2.5-flash/raw", "--out", "both"],
}
PARTS = 4  # how much larger the large input is
EXPONENT = 1.15  # from which a stage is not linear
SMALL = 200, 400  # characters
LITTLE = 1.0  # CPU seconds below which a ratio is noise
PER_CALL, CALLS = 4, 2  # pairs of a reply, and replies before an empty one
SYLLABLES = re.findall(
    r"\w+", "ba be bi bo ka ke ki ko la le li lo ma me mi mo na ne no ra re ri ro sa se si so ta te ti to"
)
SMALL_WORDS = re.findall(
    r"\w+", "the of and a to in is that for it as was with be by on are from at or which an has have not"
)


class Cost(NamedTuple):
    """CPU seconds of a process and its children, and the peak memory in MB of the largest of them."""

    cpu: float
    peak: float


class Writer:
    """Invented text of headings, paragraphs, lists and tables, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._words = ["".join(self._dice.choices(SYLLABLES, k=self._dice.randint(2, 4))) for _ in range(20_000)]

    def blocks(self, size: int) -> Iterator[tuple[str, list[str]]]:
        """(kind, lines) until there are `size` characters."""
        make: dict[str, Callable[[], list[str]]] = {
            "h2": self._heading,
            "table": self._table,
            "list": self._list,
            "p": self._paragraph,
        }
        made = 0
        yield "h1", [self._name()]
        while made < size:
            kind = self._dice.choices(["h2", "table", "list", "p"], [10, 6, 8, 76])[0]
            lines = make[kind]()
            made += sum(map(len, lines))
            yield kind, lines

    def document(self, size: int, ending: str) -> str:
        return "".join(FORMS[ending](kind, lines) for kind, lines in self.blocks(size))

    def size(self, bounds: tuple[int, int]) -> int:
        return self._dice.randint(*bounds)

    def _name(self) -> str:
        return " ".join(self._dice.choices(self._words, k=3)).title()

    def _heading(self) -> list[str]:
        return [self._name()]

    def _paragraph(self) -> list[str]:
        return [" ".join(self._sentence() for _ in range(self._dice.randint(2, 7)))]

    def _list(self) -> list[str]:
        return [self._sentence() for _ in range(self._dice.randint(3, 7))]

    def _table(self) -> list[str]:
        columns = self._dice.randint(3, 5)
        rows = [self._dice.choices(self._words, k=columns)]
        for _ in range(self._dice.randint(4, 20)):
            rows.append(
                [self._dice.choice(self._words), *(str(self._dice.randint(1, 999)) for _ in range(columns - 1))]
            )
        return [" | ".join(row) for row in rows]

    def _sentence(self) -> str:
        pool = [self._dice.choice(SMALL_WORDS if self._dice.random() < 0.4 else self._words) for _ in range(15)]
        pool[7] = str(self._dice.randint(2, 9_999))
        return " ".join(pool).capitalize() + "."


def _markdown(kind: str, lines: list[str]) -> str:
    if kind == "table":
        lines = [f"| {line} |" for line in lines]
        lines.insert(1, "|" + "---|" * (lines[0].count("|") - 1))
    mark = {"h1": "# ", "h2": "## ", "list": "- "}.get(kind, "")
    return "\n".join(f"{mark}{line}" for line in lines) + "\n\n"


def _html(kind: str, lines: list[str]) -> str:
    if kind == "table":
        rows = (line.replace(" | ", "</td><td>") for line in lines)
        return f"<table>{''.join(f'<tr><td>{row}</td></tr>' for row in rows)}</table>\n"
    if kind == "list":
        return f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>\n"
    return "".join(f"<{kind}>{line}</{kind}>\n" for line in lines)


FORMS: dict[str, Callable[[str, list[str]], str]] = {
    ".md": _markdown,
    ".html": _html,
    ".txt": lambda _, lines: "\n".join(lines) + "\n\n",
}


def reply(body: dict[str, Any]) -> str:
    """A model's reply that passes the checks and costs next to nothing to make up."""
    asked = str(body["messages"][-1]["content"])
    if asks_for(body):  # a call of curate: every pair is fit
        return Judge()(body)
    if "Write at most" in asked:
        return _pairs(asked)
    if "Write the summary" in asked:
        return "The report tells of many matters in turn, and says what holds for each of them from its beginning on."
    if "You label questions" in str(body["messages"][0]["content"]):
        return tag_reply(body)
    return make_up(body)


def _pairs(asked: str) -> str:
    """The next pairs on a chunk: sentences in their order, as many a call as PER_CALL, none after CALLS of them."""
    chunk = asked.partition("<chunk>\n")[2].partition("\n</chunk>")[0]
    before = asked.partition("asked again in other words:\n")[2].partition("\n\nParts of")[0].count("- What")
    found = re.findall(r"(?<![^\n ])[A-Z][^.|#\n]{40,}\.", chunk)
    shown = found[before : before + PER_CALL] if before < PER_CALL * CALLS else []
    return json.dumps({"pairs": [_pair(sentence) for sentence in shown]})


def _pair(sentence: str) -> dict[str, Any]:
    words = sentence.rstrip(".").split()
    number = next((word for word in words if word.isdigit()), words[-1])
    return {
        "evidence": [sentence],
        "question": f"What is said of {' '.join(words[:6]).lower()} in connection with {number}?",
        "answer": f"It is said: {sentence}",
        "evaluation_criteria": [f"Says {' '.join(words[:5])}", f"Says {' '.join(words[5:9])}"],
        "difficulty": "easy",
        "category": "factual",
    }


def spent(stage: str, data: Path, url: str) -> Cost:
    """Run a stage. Raises RuntimeError with its output where it fails."""
    settings = [f"llm.base_url={url}", "llm.api_key_env=", "embeddings.backend=static", "embeddings.model=wordllama"]
    flags = ["--data", str(data), *(f"--set={one}" for one in settings)]
    command = [sys.executable, "-m", "groundwork", stage, *STAGES[stage], *flags]
    return cost_of(command)


def cost_of(command: list[str]) -> Cost:
    """Run a command. Raises RuntimeError with the end of its output where it fails."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        if status:
            raise RuntimeError(f"{' '.join(command)}\n{output.read().decode()[-3000:]}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def corpus(folder: Path, count: int, characters: tuple[int, int] = (5_000, 50_000)) -> Path:
    writer, endings = Writer(7), list(FORMS)
    (folder / "documents").mkdir(parents=True)
    for number in range(count):
        ending = endings[number % len(endings)]
        text = writer.document(writer.size(characters), ending)
        (folder / "documents" / f"report-{number:05}{ending}").write_text(text)
    return folder


def long_text(folder: Path, megabytes: float) -> Path:
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "long.md").write_text(Writer(7).document(int(megabytes * 1e6), ".md"))
    return folder


def compare(small: Path, large: Path, url: str, units: int, unit: str, stages: Sequence[str]) -> list[str]:
    """Print a line a stage; returns the stages that grow too fast."""
    print(f"{'':20} {'CPU s, a quarter':>16} {'CPU s, all':>10} {f'ms/{unit}':>11} {'exponent':>8} "
          f"{'again s':>8} {'MB, a quarter':>13} {'MB, all':>8}")  # fmt: skip
    bad = []
    for stage in stages:
        less, nothing = spent(stage, small, url), spent(stage, small, url)
        more, again = spent(stage, large, url), spent(stage, large, url)
        work = more.cpu - again.cpu
        exponent = math.log(max(work, 0.01) / max(less.cpu - nothing.cpu, 0.01), PARTS)
        bad += [stage] if exponent > EXPONENT and work > LITTLE * PARTS else []
        print(
            f"{stage:20} {less.cpu:16.1f} {more.cpu:10.1f} {1000 * work / units:11.1f} {exponent:8.2f} "
            f"{again.cpu:8.2f} {less.peak:13.0f} {more.peak:8.0f}",
            flush=True,
        )
    return bad


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=3_000)
    parser.add_argument("--kb", type=int, nargs=2, default=(5, 50), help="the smallest and the largest of them")
    parser.add_argument("--small", type=int, default=20_000, help="texts of 200 to 400 characters")
    parser.add_argument("--long", type=float, default=20.0, help="MB of the long document")
    parser.add_argument("--stages", default=",".join(STAGES), help="those that go through, in this order")
    parser.add_argument("--quick", action="store_true", help="4 documents alone")
    options = parser.parse_args()
    if options.quick:
        options.documents, options.small, options.long = 4, 0, 0.0
    stages, fake = options.stages.split(","), FakeOpenRouter(reply=reply)
    low, high = options.kb
    told = f"documents of {low} to {high} kB"
    kinds = [
        (options.documents, told, (low * 1000, high * 1000)),
        (options.small, "texts of 200 to 400 characters", SMALL),
    ]
    fake.keep_requests, bad = False, []
    with tempfile.TemporaryDirectory() as name, fake.thread():
        folder = Path(name)
        for count, what, characters in (kind for kind in kinds if kind[0]):
            print(f"{count:,} {what}, and {count // PARTS:,} of them")
            sizes = (count // PARTS, count)
            few, many = (corpus(folder / f"{what} {size}", size, characters) for size in sizes)
            bad += compare(few, many, fake.url, count, "document", stages)
            print()
        if megabytes := options.long:
            print(f"one document of {megabytes:g} MB, and one of {megabytes / PARTS:g} MB")
            texts = long_text(folder / "short", megabytes / PARTS), long_text(folder / "long", megabytes)
            bad += compare(*texts, fake.url, round(megabytes * 10), "100 kB", stages)
    if bad:
        print(f"\ndearer the more there is: {', '.join(bad)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
