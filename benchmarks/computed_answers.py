"""How many answers that work out a number are accepted: of those whose calculation holds, and of the wrong ones.

    uv run benchmarks/computed_answers.py [ANSWERS] [--verbose]

A line of ANSWERS holds language, question, answer, evidence, and whether the number that the answer works out is
right. Models wrote them in four languages. Of the wrong ones a third have a slip in the arithmetic, a third start
from a number that stands nowhere, a third show no calculation. By default it reads computed_answers.jsonl of
tests/questions, on which the rule was made.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from groundwork.markdown.grounding import SourceText
from groundwork.questions.calculated_numbers import unsupported_numbers
from groundwork.questions.pair_drafts import Draft
from groundwork.settings.config_files import PROJECT

ANSWERS = PROJECT / "tests" / "questions" / "computed_answers.jsonl"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("answers", nargs="?", type=Path, default=ANSWERS, metavar="ANSWERS")
    parser.add_argument("--verbose", action="store_true", help="print every answer that is judged wrongly")
    flags = parser.parse_args()
    counts, accepted = Counter[tuple[str, bool]](), Counter[tuple[str, bool]]()
    for pair in map(json.loads, flags.answers.read_text(encoding="utf-8").splitlines()):
        faults = answer_faults(pair)
        for language in (pair["language"], "all"):
            counts[language, pair["right"]] += 1
            accepted[language, pair["right"]] += not faults
        if flags.verbose and bool(faults) == pair["right"]:
            print(f"{pair['kind']}: {pair['question']} | {pair['answer']}\n    {'; '.join(faults) or 'accepted'}")
    print("language  right: accepted  wrong: accepted")
    for language in sorted({language for language, _ in counts}, key=lambda language: (language == "all", language)):
        right, wrong = (f"{accepted[language, side]} of {counts[language, side]}" for side in (True, False))
        print(f"{language:8}  {right:>15}  {wrong:>15}")


def answer_faults(pair: dict[str, Any]) -> list[str]:
    """What the rule says against an answer whose evidence is the whole text."""
    draft = Draft(
        question=pair["question"], answer=pair["answer"], evidence=pair["evidence"], evaluation_criteria=["any"],
        difficulty="medium", category="numeric",
    )  # fmt: skip
    return unsupported_numbers(SourceText("\n\n".join(pair["evidence"]), pair["language"]), draft)


if __name__ == "__main__":
    main()
