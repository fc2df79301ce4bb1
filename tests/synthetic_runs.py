"""Questions about touch rugby in any number, for tests and benchmarks: written here, by no model, from no document.

Datasets of different makers lean towards different subjects, repeat themselves to a different degree, and leave
different subjects out, so that maps and numbers have something to show.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

from groundwork.data_folder.read_write import write_jsonl
from groundwork.records import Pair

# subject: (things that can be asked about, words that specify them, tags)
SUBJECTS: dict[str, tuple[list[str], list[str], list[str]]] = {
    "Field": (
        ["field of play", "sideline", "score line", "touchdown zone", "substitution box", "halfway mark"],
        ["length in metres", "width in metres", "marking", "surface", "distance from the crowd"],
        ["field-markings", "dimensions"],
    ),
    "Ball": (
        ["match ball", "junior ball", "replacement ball"],
        ["inflation pressure", "size", "colour approval", "shape", "choice by the referee"],
        ["ball", "equipment"],
    ),
    "Uniform": (
        ["playing shirt", "shorts", "shoes", "jewellery", "team number", "long nails"],
        ["height of the numerals", "permission", "colour clash", "safety check before the match"],
        ["uniform", "equipment", "safety"],
    ),
    "Substitution": (
        ["substitute", "interchange", "player leaving the field", "seventh player"],
        ["timing", "entry point", "limit per match", "penalty for entering early", "order of leaving and entering"],
        ["substitution", "team-size"],
    ),
    "Duration": (
        ["first half", "half time break", "injury time", "drop-off period", "end of the match"],
        ["duration in minutes", "signal", "ruling when the hooter sounds during play", "authority of the referee"],
        ["match-duration", "timing"],
    ),
    "Scoring": (
        ["touchdown", "score by the half", "score after the sixth touch", "drawn match"],
        ["value in points", "grounding of the ball", "ruling when disallowed", "position of the ball carrier"],
        ["scoring", "touchdown"],
    ),
    "Offside": (
        ["offside defender", "defensive line", "seven metre retreat", "player in front of the mark"],
        ["distance", "penalty", "exception near the score line", "moment of becoming onside"],
        ["offside", "penalties"],
    ),
    "Rollball": (
        ["rollball", "mark of the touch", "voluntary rollball", "acting half"],
        ["correct technique", "time limit", "penalty for rolling over a metre", "direction of facing"],
        ["rollball", "ball-handling"],
    ),
    "Touch": (
        ["touch by a defender", "claimed touch", "touch on clothing", "simultaneous touch and pass", "sixth touch"],
        ["minimum force", "ruling", "number before changeover", "proof demanded by the referee"],
        ["touch-count", "defence"],
    ),
    "Passing": (
        ["forward pass", "knock-on", "flick pass", "intercepted pass", "pass after the touch"],
        ["ruling", "restart", "advantage", "direction relative to the score line"],
        ["passing", "ball-handling"],
    ),
    "Penalty": (
        ["penalty tap", "penalty near the score line", "delayed tap", "quick tap"],
        ["mark", "distance of the defenders", "correct execution", "change of possession"],
        ["penalties", "restart"],
    ),
    "Misconduct": (
        ["forced interchange", "sin bin", "dismissal", "abusive language", "repeated infringement"],
        ["length of the suspension", "number of warnings", "report to the committee", "effect on the team size"],
        ["misconduct", "discipline", "sanctions"],
    ),
    "Referee": (
        ["match referee", "line judge", "hand signal", "whistle", "score sheet"],
        ["duties before the match", "position during play", "power to overrule", "communication with captains"],
        ["refereeing", "signals"],
    ),
    "Mixed": (
        ["mixed team", "male players on the field", "female players on the field", "forfeited match"],
        ["minimum number", "maximum number", "effect of an injury", "deadline"],
        ["team-size", "mixed-gender"],
    ),
    "Injury": (
        ["bleeding player", "concussed player", "injured player", "stretcher"],
        ["time off the field", "medical clearance", "replacement", "duty of the referee"],
        ["injuries", "safety"],
    ),
}
TEMPLATES = {
    "factual": [
        "What is the {detail} of the {thing} in touch rugby?",
        "In touch rugby, which {detail} has the {thing}?",
        "How is the {detail} of a touch rugby {thing} set?",
        "{Thing}: what is its {detail} in touch rugby?",
    ],
    "reasoning": [
        "Why is there a touch rugby rule on the {detail} of the {thing}?",
        "What would change in touch rugby without a {detail} for the {thing}?",
    ],
    "procedure": [
        "Who checks the {detail} of the {thing} in touch rugby?",
        "What follows in touch rugby when the {thing} breaks the rule on {detail}?",
    ],
}
LEVELS = {"factual": "easy", "reasoning": "hard", "procedure": "medium"}


def pairs(count: int, maker: str, seed: int = 1, leaves_out: tuple[str, ...] = (), sameness: float = 0.1) -> list[Pair]:
    """`count` pairs of one maker; `sameness` is the share that repeats an earlier question almost word for word."""
    dice = random.Random(f"{maker}{seed}")
    subjects = [subject for subject in SUBJECTS if subject not in leaves_out]
    leaning = [dice.uniform(0.3, 2.0) for _ in subjects]
    made: list[Pair] = []
    for number in range(count):
        if made and dice.random() < sameness:
            earlier = dice.choice(made)
            question = earlier.question.replace("touch rugby", "the game of touch", 1)
            made.append(_again(earlier, f"{maker}-{number}", question))
            continue
        subject = dice.choices(subjects, leaning)[0]
        made.append(_pair(subject, number, maker, dice))
    return made


def tags_for(question: str, count: int) -> list[str]:
    """Tags as a model would give them: of the question's thing, detail and subject, now and then in other words."""
    dice = random.Random(question)
    lowered = question.lower()
    for things, details, subject_tags in SUBJECTS.values():
        thing = next((thing for thing in things if thing in lowered), None)
        detail = next((detail for detail in details if detail in lowered), None)
        if thing and detail:
            own = ["-".join(thing.split()[:3]), "-".join(detail.split()[:2])]
            game = dice.choices(["touch-rugby", "touch-football", "Touch Rugby"], [6, 1, 3])[0]
            rules = dice.choice(["rules", "rule"])
            return list(dict.fromkeys([*own, *subject_tags, game, rules, "sport", "officiating", "team-game"]))[:count]
    return ["touch-rugby", "rules", "sport", "officiating", "team-game"][:count]


def tag_reply(body: dict[str, Any]) -> str:
    """What a tagging model replies to the project's own prompt: one entry a numbered question."""
    if "draw up the list of tags" in body["messages"][0]["content"]:
        return json.dumps({"tags": ["touch-rugby", "rules", "sport", "officiating", "team-game"]})
    numbered = re.findall(r"^(\d+)\. (.*)$", body["messages"][-1]["content"], re.MULTILINE)
    wanted = int(re.search(r"(?:up to|At most) (\d+) tags", body["messages"][0]["content"])[1])  # type: ignore[index]
    struck = set(
        re.findall(
            r"[\w-]+", body["messages"][-1]["content"].partition("nearly every question: ")[2].partition("\n")[0]
        )
    )
    entries = [{"number": int(number), "tags": _without(struck, question, wanted)} for number, question in numbered]
    return json.dumps({"new_tags": sorted({tag for entry in entries for tag in entry["tags"]}), "questions": entries})


def _without(struck: set[str], question: str, wanted: int) -> list[str]:
    """The question's tags but for those that are never to be given, which make room for general ones of its own."""
    general = ["match", "play", "ball-game", "league", "team", "season", "field-game", "contest"]
    start = len(question) % len(general)
    likely = [*tags_for(question, wanted), *general[start:], *general[:start]]
    return [tag for tag in dict.fromkeys(likely) if tag.lower().replace(" ", "-") not in struck][:wanted]


def write_run(data: Path, run: str, rows: list[Pair]) -> None:
    """The run's files, one a document, below `data`."""
    for document in sorted({row.document for row in rows}):
        write_jsonl(data / "qa" / run / f"{document}.jsonl", [row for row in rows if row.document == document])


def _pair(subject: str, number: int, maker: str, dice: random.Random) -> Pair:
    things, details, _ = SUBJECTS[subject]
    thing, detail, category = dice.choice(things), dice.choice(details), dice.choice(list(TEMPLATES))
    question = dice.choice(TEMPLATES[category]).format(thing=thing, Thing=thing.capitalize(), detail=detail)
    value = dice.randint(2, 70)
    place = list(SUBJECTS).index(subject)
    return Pair(
        id=f"{maker}-{number}",
        document="playing-rules" if place % 2 else "referee-handbook",
        chunk=f"chunk-{place:02d}",
        iteration=1 + number % 3,
        question=question,
        evaluation_criteria=[
            f"names {value} as the {detail}",
            f"speaks of the {thing}, not of another part of the game",
        ],
        answer=f"The {detail} of the {thing} is {value}; the referee makes sure of it before play goes on.",
        difficulty=LEVELS[category],  # type: ignore[arg-type]  # one of the three, by the table above
        category=category,
        evidence=[f"The {detail} of the {thing} is {value}."],
        model=maker,
        pages=[1 + place],
        headings=[subject],
    )


def _again(earlier: Pair, name: str, question: str) -> Pair:
    import msgspec

    return msgspec.structs.replace(earlier, id=name, question=question, iteration=earlier.iteration + 1)
