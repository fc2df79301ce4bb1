"""Scenes of any size for the page's tests: islands of questions that three models asked about one sport."""

from __future__ import annotations

import math
import random

import msgspec

from groundwork.maps.draw.scene import Bar, Cluster, Contour, DatasetEntry, DatasetNumbers, Numbers, Point, Scene

MODELS = ["qwen2.5-coder-1.5b", "gemini-3-flash", "mistral-small"]
SUBJECTS = [
    ("field dimensions", "How long is a touch rugby field between the two try lines?", "The field is 70 metres long."),
    ("team size", "How many players of a touch rugby team may be on the field at once?", "Six players."),
    ("substitution", "When may a touch rugby team substitute a player?", "At any time, through the substitution box."),
    ("scoring", "How many points does a touchdown score in touch rugby?", "One point."),
    ("penalties", "What happens after a forward pass in touch rugby?", "The other team takes a penalty at the mark."),
    ("roll ball", "How is a roll ball performed in touch rugby?", "The ball is rolled between the feet on the mark."),
    ("referees", "Which signal does the referee give for a touch?", "The referee calls the touch and raises an arm."),
    ("match duration", "How long does a touch rugby match last?", "Two halves of 20 minutes."),
    ("ball size", "Which size of ball is used in touch rugby?", "An oval ball, 36 cm long and 55 cm around."),
    ("defence", "Where must defenders stand at a touch rugby roll ball?", "Five metres behind the mark."),
    ("handover", "After how many touches must a touch rugby team hand over the ball?", "After the sixth touch."),
    ("drop-off", "How is a drawn touch rugby final decided?", "By a drop-off with fewer players every two minutes."),
]
DIFFICULTIES = ["easy", "medium", "hard"]
CATEGORIES = ["factual", "reasoning", "comparison"]
HOSTILE = "What is </script><img src=x onerror=alert(1)> & <b>bold</b>?"
COUNT = 240  # of the questions that the tests of the page draw; HOSTILE is the first


def scene(count: int = 600, models: list[str] | None = None, seed: int = 1, *, first: str = "") -> Scene:
    """`count` questions on twelve islands; `first` replaces the text of question 0."""
    rng = random.Random(seed)
    models = MODELS if models is None else models
    points = [_point(rng, i, models) for i in range(count)]
    points = _with_neighbours(points)
    if first and points:
        points[0] = msgspec.structs.replace(points[0], question=first)
    entries = [DatasetEntry(name=m, count=sum(p.dataset == m for p in points), colour=i) for i, m in enumerate(models)]
    return Scene(
        title="Touch rugby: three models",
        subtitle=f"{count:,} questions · wordllama · t-SNE",
        points=points,
        datasets=entries,
        clusters=_clusters(points),
        contours=[_ring(m, *_centre(i)) for i, m in enumerate(models)],
        only_in={m: [i for i, p in enumerate(points) if p.dataset == m][:: 7 + k] for k, m in enumerate(models)},
        missed_by={m: [i for i, p in enumerate(points) if p.dataset != m][:: 9 + k] for k, m in enumerate(models)},
        numbers=numbers(models, count),
        notes=["Choose gemini-3-flash: it reaches 86 % of the subjects at 200 questions, 9 points more than the next."],
    )


def histogram(models: list[str] | None = None, seed: int = 2) -> list[Bar]:
    """A tag histogram in which each dataset lacks some tags."""
    rng = random.Random(seed)
    models = MODELS if models is None else models
    bars = []
    for k, (subject, _, _) in enumerate(SUBJECTS):
        counts = {m: 0 if (k + i) % 5 == 0 else rng.randrange(2, 60) for i, m in enumerate(models)}
        shares = {m: c / 200 for m, c in counts.items()}
        bars.append(Bar(label=subject.replace(" ", "-"), counts=counts, shares=shares))
    return sorted(bars, key=lambda bar: -sum(bar.counts.values()))


def numbers(models: list[str], count: int) -> Numbers:
    """Figures of the right shape, the first model the best."""
    share = max(1, count // max(1, len(models)))
    rows = [
        DatasetNumbers(
            name=m,
            questions=share,
            chunks=12,
            mean_per_chunk=share / 12,
            redundancy=0.04 + 0.05 * k,
            diversity=31.0 - 4 * k,
            diversity_at_equal_n=28.0 - 4 * k,
            reach=0.86 - 0.09 * k,
            reach_interval=(0.81 - 0.09 * k, 0.9 - 0.09 * k),
            reach_of_all=0.9 - 0.08 * k,
            curve=[(n * share // 20, (0.9 - 0.08 * k) * (1 - math.exp(-n / 6))) for n in range(21)],
            only_here=29 - k,
            missed=4 + 3 * k,
        )
        for k, m in enumerate(models)
    ]
    return Numbers(
        encoder="wordllama",
        projection="t-SNE, perplexity 30",
        near_duplicate=0.93,
        same_subject=0.55,
        also_asked=0.55,
        equal_n=share // 2,
        topics=48,
        datasets=rows,
        overlap=[[1.0 if a == b else 0.8 - 0.07 * (a + b) for b in range(len(models))] for a in range(len(models))],
        best=models[0] if models else "",
        certainty=0.97,
    )


def _centre(k: int) -> tuple[float, float]:
    angle = 2 * math.pi * k / len(SUBJECTS) * 5
    return 30 * math.cos(angle) * (1 + k / 16), 26 * math.sin(angle) * (1 + k / 16)


def _point(rng: random.Random, i: int, models: list[str]) -> Point:
    k = rng.randrange(len(SUBJECTS))
    subject, question, answer = SUBJECTS[k]
    x, y = _centre(k)
    return Point(
        id=f"touch-rugby/c{k}/{i}",
        dataset=models[i % len(models)],
        split="eval" if i % 9 == 0 else "train",
        x=x + rng.gauss(0, 3.2),
        y=y + rng.gauss(0, 3.2),
        question=f"{question} ({i})",
        answer=f"{answer} The rules of {2000 + i % 25} say so.",
        evaluation_criteria=["States the figure with its unit", "Names touch rugby"],
        evidence=[answer],
        document="touch-rugby-rules",
        chunk=f"touch-rugby-rules-{k:04d}",
        headings=["Rules", subject.capitalize()],
        pages=[k + 1],
        category=CATEGORIES[(i + k) % 3],
        difficulty=DIFFICULTIES[i % 5 % 3],
        tags=[subject.replace(" ", "-"), "touch-rugby", f"rule-{k % 4}"],
        cluster=k,
    )


def _with_neighbours(points: list[Point]) -> list[Point]:
    """Five others of the same island."""
    islands: dict[int, list[int]] = {}
    for i, point in enumerate(points):
        islands.setdefault(point.cluster, []).append(i)
    others = {i: [*members[k + 1 :], *members[:k]] for members in islands.values() for k, i in enumerate(members[:500])}
    return [msgspec.structs.replace(point, neighbours=others.get(i, [])[:5]) for i, point in enumerate(points)]


def _clusters(points: list[Point]) -> list[Cluster]:
    present = {p.cluster for p in points}
    return [
        Cluster(id=k, label=subject, x=_centre(k)[0], y=_centre(k)[1], count=sum(p.cluster == k for p in points))
        for k, (subject, _, _) in enumerate(SUBJECTS)
        if k in present
    ]


def _ring(dataset: str, x: float, y: float) -> Contour:
    steps = [2 * math.pi * s / 40 for s in range(40)]
    return Contour(dataset=dataset, level=0.5, lines=[[(x + 9 * math.cos(a), y + 8 * math.sin(a)) for a in steps]])
