"""How much room does a call take in the journal, and what does it cost to store one and to find it?

Run    uv run benchmarks/journal.py [--calls 100000] [--quick]

Replies in the form of a chat completion, each with one to four pairs: the words of those in examples/, drawn at random
by their frequency, so that no sentence comes twice (real replies repeat more, and take less room). Sixty of them are
about one document. The journal is measured with all of them in one file, and with the older ones in segments. Exit code
1 where a segment takes more than two thirds of the room, or a reply is not found again.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from groundwork.data_folder.read_write import read_jsonl
from groundwork.llm import reply_journal as journals
from groundwork.llm.reply_journal import Journal, StoredReply, request_key
from groundwork.llm.reply_segments import list_segments
from groundwork.records import Pair

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "qa"
CALLS_A_DOCUMENT = 60
STAGES = ["generate_qa", "generate_qa", "curate", "generate_tags"]
TRIES = 2000


def replies(calls: int) -> Iterator[tuple[str, StoredReply]]:
    """(key, reply), always the same."""
    chance = random.Random(20)
    pairs = [pair for path in sorted(EXAMPLES.glob("*/*.jsonl")) for pair in read_jsonl(path, Pair)]
    words = [word for pair in pairs for word in f"{pair.question} {pair.answer}".split()]

    def other(text: str) -> str:
        return " ".join(chance.choices(words, k=len(text.split())))

    for number in range(calls):
        content = [
            {
                "question": other(pair.question),
                "evaluation_criteria": [other(criterion) for criterion in pair.evaluation_criteria],
                "answer": other(pair.answer),
                "evidence": [other(quote) for quote in pair.evidence],
                "difficulty": pair.difficulty,
                "category": pair.category,
            }
            for pair in chance.sample(pairs, chance.randrange(1, 5))
        ]
        body = completion(json.dumps({"pairs": content}), chance)
        unit = f"report-{number // CALLS_A_DOCUMENT:06} {chance.randbytes(6).hex()}"
        row = StoredReply(body, True, "acme/large-4", chance.choice(STAGES), unit, 3600, 240, 0, 0.0021, 3.1)
        yield request_key("https://example.org", {"number": number}, (0, 0)), row


def completion(content: str, chance: random.Random) -> bytes:
    usage = {"prompt_tokens": chance.randrange(2000, 5000), "completion_tokens": len(content) // 4, "cost": 0.0021}
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    whole = {"id": f"gen-{chance.randbytes(12).hex()}", "object": "chat.completion", "model": "acme/large-4"}
    return json.dumps({**whole, "created": chance.randrange(10**9), "choices": [choice], "usage": usage}).encode()


def microseconds(do: Callable[[str], object], keys: list[str]) -> float:
    """CPU microseconds of one call."""
    began = time.process_time()
    for key in keys:
        do(key)
    return 1e6 * (time.process_time() - began) / len(keys)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true", help="few calls, in small segments")
    flags = parser.parse_args()
    calls = 6_000 if flags.quick else flags.calls
    if flags.quick:
        journals.SEGMENT_BYTES = 2 * 2**20
    with tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder) / "journal.db", calls)


def measure(path: Path, calls: int) -> int:
    segment, journals.SEGMENT_BYTES = journals.SEGMENT_BYTES, 2**60
    book, keys, sent, began = Journal(path), [], 0, time.process_time()
    for key, row in replies(calls):
        book.store(key, row)
        keys.append(key)
        sent += len(row.body)
    storing = 1e6 * (time.process_time() - began) / calls
    book.drop([])
    whole = path.stat().st_size
    print(
        f"{calls:,} calls, {sent / calls / 1000:.2f} kB a reply as sent, {storing:.0f} us of CPU to make and store one"
    )
    tried = random.Random(1).sample(keys, min(TRIES, calls))
    absent = [request_key("", {}, (number, 0)) for number in range(TRIES)]
    print("                        kB a call   find us   find none us")
    times = microseconds(book.find, tried), microseconds(book.find, absent)
    print(f"in one file          {whole / calls / 1000:12.2f} {times[0]:9.0f} {times[1]:14.0f}")
    journals.SEGMENT_BYTES, began = segment, time.process_time()
    book.drop([])
    moving, parts = time.process_time() - began, list_segments(path)
    moved = sum(1 for (name, _), *_ in book.rows() if name)
    small = sum(part.stat().st_size for part in parts) / max(moved, 1)
    times = microseconds(book.find, tried), microseconds(book.find, absent)
    print(f"in {len(parts):3} segments      {small / 1000:12.2f} {times[0]:9.0f} {times[1]:14.0f}")
    print(f"{moved:,} calls moved, {1e6 * moving / max(moved, 1):.0f} us of CPU a call")
    lost = sum(book.find(key) is None for key in keys[:: max(1, calls // TRIES)])
    print(f"{lost} not found again")
    return int(lost > 0 or not parts or small > whole / calls * 2 / 3)


if __name__ == "__main__":
    sys.exit(main())
