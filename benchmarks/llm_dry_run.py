"""How near does `--dry-run` come to what a run then asks, and pays?

Run    uv run benchmarks/llm_dry_run.py [--local]

Every stage that asks a model is first run with --dry-run, then for real, on the sample document. The model is scripted
behind a fake OpenRouter: it asks about 60 % of what is left at each call, says as much as a large model does, and its
tokens are counted by Llama 2's tokenizer (of the package wordllama), of which the estimate knows nothing. With --local
it is the model on this machine, with its own count, for summaries, 12 questions and their tags. Prints estimate over
truth; exit code 1 where calls, tokens or cost are off by more than a quarter in a run against the fake.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import importlib.util
import io
import json
import re
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from groundwork.__main__ import main as dataprep
from groundwork.documents.pdf_files.page_images import page_jpeg
from groundwork.documents.pdf_files.text_layer import read_text_layer
from groundwork.language.dangling_references import cross_reference_spans
from groundwork.markdown.statements import statements
from groundwork.settings.config_files import CONFIG_DIR, PROJECT, load
from tests.author import Author
from tests.fake_openrouter import FakeOpenRouter
from tests.questions.scripted_judge import Judge, asks_for, rewording_marks
from tests.questions.scripted_writer import pair, pairs, part, said

Json = dict[str, Any]
SAMPLE = PROJECT / "data" / "documents" / "ellary-sound-rowing-handbook.pdf"
PLANNED = re.compile(r"([\d,]+) calls?, ([\d,]+) tokens in, ([\d,]+) out, (?:about \$([\d.,]+))?")
FRAME = "For somebody who has to know it by heart, what exactly does the Ellary handbook state on"
FOUND = 0.6
JUDGE = Judge(remark="It leaves open which rower and which of the two boats are meant.")
TOLERANCE = 0.25
KEPT = r"(?!(?:not|no|nor|never|none|only|least|most|more|less|than|before|after|two|three|four|five|six|seven)\b)"
JOINED = re.compile(rf"\b{KEPT}([a-z]{{2,}}) {KEPT}([a-z]{{2,}})\b(?![./-]\w)")  # other words that mean the same


class Diligent(Author):
    """Asks about every statement of a chunk, part of them a call, and says what it does at a large model's length."""

    def __init__(self, pages: dict[str, str]) -> None:
        super().__init__()
        self.pages = pages  # by the picture's hash

    def __call__(self, body: Json) -> str:
        system = str(body["messages"][0]["content"])
        if "pictures of document pages" in system:
            picture = body["messages"][-1]["content"][1]["image_url"]["url"].partition(",")[2]
            return self.pages[hashlib.sha256(base64.b64decode(picture)).hexdigest()]
        if text := part(body, "document") or part(body, "part"):
            most = int(re.search(r"at most (\d+) words", said(body))[1])  # type: ignore[index]
            return " ".join(re.findall(r"[A-Za-z]+[,.]?", text)[: most * 3 // 4])
        if "reword question-answer pairs" in system:
            return _reworded(str(body["messages"][1]["content"]))
        if "reworded question-answer pairs" in system:
            return rewording_marks(body)
        return JUDGE(body) if asks_for(body) else super().__call__(body)

    def _pairs(self, body: Json) -> str:
        text = part(body, "chunk")
        asked = said(body).partition("Questions asked so far")[2].partition("Parts of the chunk")[0]
        made = [_pair(text[one.start : one.end], one.plain_text(text)) for one in statements(text, "en")]
        left = [one for one in made if one["question"] not in asked]
        most = int(re.search(r"Write at most (\d+)", said(body))[1])  # type: ignore[index]
        return pairs(*left[: min(most, round(FOUND * len(left)))])


def _pair(evidence: str, plain: str) -> Json:
    for start, end in reversed(cross_reference_spans(plain)):  # which a model is told to leave out
        plain = plain[:start] + "another part" + plain[end:]
    words = list(dict.fromkeys(re.findall(r"\w{2,}", plain)))
    half = len(plain) // 2
    question = f"{FRAME} {', '.join(words[:6])} and {words[-1] if words else 'rowing'}?"
    criteria = [f"States: {plain[:half]}", f"States: {plain[half:]}"]
    return pair(evidence, question=question, answer=plain, evaluation_criteria=criteria)


def _reworded(asked: str) -> str:
    question, answer = (re.search(rf"^{name}: (.*)$", asked, re.MULTILINE)[1] for name in ("Question", "Answer"))  # type: ignore[index]
    subjects = question.removeprefix(FRAME).rstrip("?").strip()
    reworded = f"Regarding {subjects}, which provisions of the Ellary handbook apply?"
    return json.dumps({"question": reworded, "answer": JOINED.sub(r"\1-\2", answer)})


def pages() -> dict[str, str]:
    """The text layer of each page of the sample, by the hash of the picture that the vision model is shown."""
    vision, layer = load().ingest.vision, read_text_layer(str(SAMPLE)).pages
    pictures = [page_jpeg(str(SAMPLE), n, vision.image_size, vision.jpeg_quality) for n in range(1, len(layer) + 1)]
    return {hashlib.sha256(picture).hexdigest(): text for picture, text in zip(pictures, layer, strict=True)}


def llama_tokens() -> Callable[[str], int]:
    """The count of Llama 2's tokenizer."""
    from tokenizers import Tokenizer

    spec = importlib.util.find_spec("wordllama")
    assert spec and spec.origin
    folder = Path(spec.origin).parent / "tokenizers"  # found, not imported: it would set up logging
    tokenizer = Tokenizer.from_file(str(folder / "l2_supercat_tokenizer_config.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def ran(*command: str) -> str:
    """What a command printed. Raises SystemExit where it fails."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        code = dataprep([*command])
    if code:
        raise SystemExit(f"{' '.join(command)} exits {code}\n{output.getvalue()}")
    return output.getvalue()


def planned(output: str) -> list[float]:
    """[calls, tokens in, tokens out, USD] of what --dry-run printed."""
    rows = [[float((number or "0").replace(",", "")) for number in found] for found in PLANNED.findall(output)]
    return [sum(column) for column in zip(*rows, strict=True)] or [0.0] * 4


def paid(data: Path, since: int) -> tuple[list[float], int]:
    """([calls, tokens in, tokens out, USD] of the journal's rows after `since`, the last row)."""
    with sqlite3.connect(data / ".state" / "journal.db") as journal:
        sums = "count(*), sum(input_tokens), sum(output_tokens), sum(cost), max(id)"
        *found, last = journal.execute(f"SELECT {sums} FROM replies WHERE id > ?", (since,)).fetchone()  # noqa: S608
    return [float(number or 0) for number in found], int(last or since)


def compare(data: Path, stages: Sequence[Sequence[str]], shared: Sequence[str]) -> bool:
    """Run each stage twice and print a line; whether all are near enough."""
    last, fine = 0, True
    for stage in stages:
        if stage in (["ingest"], ["chunk"]):  # they ask nobody
            ran(*stage, *shared)
            continue
        guess = planned(ran(*stage, *shared, "--dry-run"))
        ran(*stage, *shared, "--quiet")
        truth, last = paid(data, last)
        ratios = [one / other if other else 1.0 for one, other in zip(guess, truth, strict=True)]
        tokens = (guess[1] + guess[2]) / (truth[1] + truth[2])
        dear = truth[3] >= 0.002  # less is printed with too few digits to compare
        fine &= all(abs(ratio - 1) <= TOLERANCE for ratio in (ratios[0], ratios[3] if dear else tokens))
        cost = f"${guess[3]:.4f} / ${truth[3]:.4f} = {ratios[3]:.2f}" if truth[3] else "free"
        numbers = [f"{a:,.0f} / {b:,.0f} = {c:.2f}" for a, b, c in zip(guess[:3], truth[:3], ratios, strict=False)]
        name = " ".join(word.rpartition("/")[2] for word in stage)
        print(f"{name:<34} {numbers[0]:>17} {numbers[1]:>26} {numbers[2]:>24} {cost:>26}", flush=True)
    return fine


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--local", action="store_true", help="the model on this machine in place of the fake")
    local = parser.parse_args().local
    print(f"{'estimate / truth':<34} {'calls':>17} {'tokens in':>26} {'tokens out':>24} {'cost':>26}")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        (data / "documents").mkdir(parents=True)
        shutil.copy(SAMPLE, data / "documents")
        here = ["--data", str(data)]
        static = ["--set", "embeddings.backend=static", "--set", "embeddings.model=wordllama"]
        if local:
            shared = [*here, "--config", str(CONFIG_DIR / "local.json"), "--set", "qa.limit=12"]
            compare(data, [["ingest"], ["chunk"], ["summarize"], ["generate_qa"], ["generate_tags"]], shared)
            return 0
        model = Diligent(pages())
        with FakeOpenRouter(reply=model, tokens=llama_tokens()).thread() as fake:
            shared = [*here, "--set", f"llm.base_url={fake.url}", "--set", "llm.api_key_env=", *static]
            stages = [
                ["ingest", "--converter", "gemini"],
                ["chunk"],
                ["summarize"],
                ["summarize", "--set", "summarize.max_input_tokens=2000"],
                ["generate_qa", "--iterate"],
                ["curate"],
                ["generate_tags"],
                ["create_dataset", "--eval-split", "--rephrase-qa"],
            ]
            return int(not compare(data, stages, shared))


if __name__ == "__main__":
    sys.exit(main())
