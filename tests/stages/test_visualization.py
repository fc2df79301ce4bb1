"""The commands from flags to files: maps of any data, comparisons that do only what is missing, refusals."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from groundwork.data_folder.read_write import read_jsonl
from groundwork.dataset.split_report.descriptive_sentences import describe_verbatim_copies
from groundwork.maps.draw.png_map import write_map_png
from groundwork.maps.draw.scene import Scene
from groundwork.records import Pair
from groundwork.stages import (
    compare_embeddings,
    compare_tags,
    generate_embeddings,
    merge,
    visualize_embeddings,
    visualize_splits,
)
from tests.stages.two_runs import Run, size_of
from tests.synthetic_runs import pairs, write_run


def test_letters_without_a_font_are_told_once(tmp_path: Path) -> None:
    """A letter that no installed font has is drawn as a box, and one line says so and what to install."""
    empty = Scene(title="\U0010fffd and \U0010fffc", points=[], datasets=[])
    (warning,) = write_map_png(empty, tmp_path / "map.png")
    assert warning.startswith("map.png: boxes stand for letters")
    assert "\U0010fffc\U0010fffd; install one" in warning
    assert write_map_png(msgspec.structs.replace(empty, title="plain"), tmp_path / "map.png") == []


def test_embedding_every_run_by_default(data: Path, run: Run) -> None:
    """Without an argument every run is embedded; the arrays hold ids and unit vectors in one order."""
    assert run(generate_embeddings.main) == 0
    with np.load(data / "embeddings" / "wide.npz") as arrays:
        assert len(arrays["ids"]) == 60
        np.testing.assert_allclose(np.linalg.norm(arrays["vectors"], axis=1), 1, atol=1e-5)


def test_ten_more_questions_embed_ten(data: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """After ten questions were added, ten are computed."""
    write_run(data, "wide", pairs(50, "wide", sameness=0))
    run(generate_embeddings.main, "wide")
    before = {pair.question for pair in pairs(50, "wide", sameness=0)}
    more = pairs(60, "wide", sameness=0)
    write_run(data, "wide", more)
    capsys.readouterr()
    run(generate_embeddings.main, "wide")
    new = {pair.question for pair in more} - before
    assert f"{len(new)} of them new" in capsys.readouterr().out


def test_a_map_of_one_run(data: Path, run: Run) -> None:
    """PNG, page, numbers and coordinates are written; the page holds no address to fetch from."""
    assert run(visualize_embeddings.main, "wide") == 0
    plots = data / "plots"
    assert size_of(plots / "wide-map.png")[0] > 1_500
    numbers = json.loads((plots / "wide-map.json").read_text())["numbers"]
    assert numbers["datasets"][0]["questions"] == 60
    points = [json.loads(line) for line in (plots / "wide-map.points.jsonl").read_text().splitlines()]
    assert {point["id"] for point in points} == {pair.id for pair in pairs(60, "wide")}
    assert "<script src" not in (plots / "wide-map.html").read_text()


def test_what_is_drawn_by_default(data: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """The run of qa.model; where there is none, the others are named, and for splits the stage that makes them."""
    assert run(visualize_embeddings.main, "--dry-run", "--set", "qa.model=maker/Narrow") == 0
    assert "narrow: to do" in capsys.readouterr().out
    assert run(visualize_embeddings.main, "--dry-run") == 2
    assert "name one or more of: narrow, wide" in capsys.readouterr().err
    assert run(visualize_splits.main, "--dry-run") == 2
    assert "create_dataset" in capsys.readouterr().err
    assert not (data / "plots").exists()


def test_without_the_page(data: Path, run: Run) -> None:
    """--no-interactive writes the PNG and no HTML."""
    assert run(visualize_embeddings.main, "wide", "--no-interactive") == 0
    assert not list((data / "plots").glob("*.html"))


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_handful_of_rows_has_its_pictures(tmp_path: Path, run: Run, rows: int) -> None:
    """Datasets of 0, 1 and 3 rows give pictures and numbers, not a traceback."""
    folder = tmp_path / "few"
    folder.mkdir()
    lines = [json.dumps({"question": f"What is rule {n} of touch rugby?"}) for n in range(rows)]
    (folder / "rows.jsonl").write_text("\n".join(lines))
    assert run(visualize_embeddings.main, str(folder)) == 0
    (picture,) = (tmp_path / "plots").glob("*.png")
    size_of(picture)


def test_five_datasets_of_very_different_size_on_one_map(tmp_path: Path, run: Run) -> None:
    """An empty, a repeating, a foreign-language, a tiny and a larger dataset stand on one map with finite numbers."""
    rows = {
        "empty": [],
        "same": ["How long is a touch rugby field?"] * 20,
        "german": ["Wie lang ist das Spielfeld?", "Wer pfeift das Spiel an?", "競技場の長さは?"],
        "tiny": ["Who wins?"],
        "large": [pair.question for pair in pairs(90, "large")],
    }
    for name, questions in rows.items():
        (tmp_path / name).mkdir()
        lines = [json.dumps({"question": question}) for question in questions]
        (tmp_path / name / "rows.jsonl").write_text("\n".join(lines))
    assert run(compare_embeddings.main, *(str(tmp_path / name) for name in rows), "--no-interactive") == 0
    (file,) = (tmp_path / "plots").glob("*-map.json")
    numbers = json.loads(file.read_text())["numbers"]
    by_name = {row["name"]: row for row in numbers["datasets"]}
    assert {name: row["questions"] for name, row in by_name.items()} == {n: len(q) for n, q in rows.items()}
    assert by_name["same"]["redundancy"] == pytest.approx(19 / 20)


def test_comparing_says_what_is_asked_where(data: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """The comparison names both datasets' figures, and a second one does nothing anew."""
    assert run(compare_embeddings.main, "wide", "narrow", "--no-interactive") == 0
    assert "reach of" in capsys.readouterr().out
    stamp = {file: file.stat().st_mtime_ns for file in (data / "plots").iterdir()}
    assert run(compare_embeddings.main, "wide", "narrow", "--no-interactive") == 0
    assert "1 up to date" in capsys.readouterr().out
    assert stamp == {file: file.stat().st_mtime_ns for file in (data / "plots").iterdir()}
    content = json.loads((data / "plots" / "wide-vs-narrow-map.json").read_text())
    assert content["only_in"]["wide"] == content["missed_by"]["narrow"]


@pytest.mark.usefixtures("data")
def test_vectors_of_two_models_never_meet(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """A dataset embedded by another model is refused with the command that embeds it anew."""
    run(generate_embeddings.main, "wide", "--set", "embeddings.dimensions=64")
    assert run(compare_embeddings.main, "wide", "narrow") == 2
    message = capsys.readouterr().err
    assert "static/wordllama/64" in message
    assert "generate_embeddings.py wide" in message


@pytest.mark.parametrize(
    ("main", "flags", "message"),
    [
        (compare_embeddings.main, ["wide"], "at least 2"),
        (compare_embeddings.main, ["wide", "wide"], "named twice"),
        (visualize_embeddings.main, ["wyde"], "did you mean wide"),
        (visualize_embeddings.main, ["wide", "--document", "nothing"], "no such document"),
        (merge.main, ["wide", "narrow", "--out", "wide"], "is one of the runs to merge"),
        (merge.main, ["wide", "narrow", "--out", "../x"], "name a run"),
        (merge.main, ["wide", "narrow", "--out", ".."], "name a run"),
        (merge.main, ["wide", "narrow", "--out", "paid for"], "would be lost"),
        (merge.main, ["wide", "narrow", "--out", "x", "--threshold", "7"], "between 0 and 1"),
    ],
)
def test_refusals(
    data: Path, run: Run, capsys: pytest.CaptureFixture[str], main: Any, flags: list[str], message: str
) -> None:
    """What cannot be done is refused in one line with exit code 2, and nothing is written or lost."""
    write_run(data, "paid-for", pairs(3, "paid-for"))
    (data / "notes.jsonl").write_text("{}")
    before = {path: path.read_bytes() for path in data.rglob("*.jsonl")}
    assert run(main, *flags) == 2
    assert message in capsys.readouterr().err
    assert not (data / "plots").exists()
    assert {path: path.read_bytes() for path in data.rglob("*.jsonl")} == before


def test_one_document_of_a_run(data: Path, run: Run) -> None:
    """--document draws that document's questions only, beside the picture of all."""
    assert run(visualize_embeddings.main, "wide", "--document", "playing-rules", "--no-interactive") == 0
    lines = (data / "plots" / "wide-playing-rules-map.points.jsonl").read_text().splitlines()
    assert len(lines) == sum(pair.document == "playing-rules" for pair in pairs(60, "wide"))


def test_splits_on_one_map(data: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Train, eval and mirror stand on one map; what train holds by design is told as in the report, repeats apart."""
    rows = [pair.question for pair in pairs(50, "wide", sameness=0)]
    folder = data / "datasets" / "rugby"
    folder.mkdir(parents=True)
    for split, questions in {"train": rows, "eval": [*rows[:2], "Who sells tickets?"], "eval_mirror": rows[:3]}.items():
        records = [json.dumps({"id": str(n), "question": question}) for n, question in enumerate(questions)]
        (folder / f"{split}.jsonl").write_text("\n".join(records))
    assert run(visualize_splits.main, "rugby", "--no-interactive") == 0
    content = json.loads((data / "plots" / "datasets-rugby-splits.json").read_text())
    assert [row["name"] for row in content["numbers"]["datasets"]] == ["train", "eval", "eval_mirror"]
    assert describe_verbatim_copies(2, 3) in content["notes"]
    (wording,) = [
        note for note in content["notes"] if note.startswith("0 of 3 questions of eval are worded nearly like")
    ]
    assert wording.endswith("or more by static/wordllama).")  # how near that is depends on the embedder
    size_of(data / "plots" / "datasets-rugby-splits.png")
    assert run(visualize_splits.main, "wide") == 1
    assert "has no splits" in capsys.readouterr().out


def test_empty_splits_are_said_to_be_empty(data: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Files named train and eval without a row are not called missing; nothing warns of the empty picture of two."""
    for name in ("nothing", "void"):
        (data / name).mkdir()
        for split in ("train", "eval"):
            (data / name / f"{split}.jsonl").touch()
    assert run(visualize_splits.main, str(data / "void")) == 1
    assert "holds no questions" in capsys.readouterr().out
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run(compare_embeddings.main, str(data / "void"), str(data / "nothing")) == 0


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("flag", ["--max-tags", "--min-count"])
@pytest.mark.parametrize("value", ["0", "-3", "many"])
def test_no_histogram_of_no_tags(run: Run, flag: str, value: str) -> None:
    """A number of tags or questions below one is refused as usage."""
    with pytest.raises(SystemExit) as leaving:
        run(compare_tags.main, "wide", "narrow", f"{flag}={value}")
    assert leaving.value.code == 2


@pytest.mark.parametrize("main", [compare_embeddings.main, compare_tags.main])
def test_a_failed_comparison_prints_no_figures(
    data: Path, run: Run, capsys: pytest.CaptureFixture[str], main: Any
) -> None:
    """After a failure nothing is printed of an earlier picture, nor complained of files that were not made."""
    file = next((data / "qa" / "wide").glob("*.jsonl"))
    if main is compare_embeddings.main:
        assert run(main, "wide", "narrow", "--no-interactive") == 0
    capsys.readouterr()
    file.write_text("{broken\n" + file.read_text())
    assert run(main, "wide", "narrow", "--no-interactive") == 1
    said = capsys.readouterr()
    assert "line 1" in said.out
    assert not said.err.strip()
    assert "reach of" not in said.out


def test_the_folder_of_embeddings_names_its_datasets(data: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder of .npz files stands for the runs whose vectors it holds; one of nobody's is refused."""
    assert run(generate_embeddings.main) == 0
    assert run(visualize_embeddings.main, str(data / "embeddings"), "--no-interactive") == 0
    assert {file.name for file in (data / "plots").glob("*.png")} == {"wide-map.png", "narrow-map.png"}
    assert run(visualize_embeddings.main, str(data / "embeddings" / "wide.npz"), "--no-interactive") == 0
    (data / "other").mkdir()
    (data / "other" / "strange.npz").touch()
    assert run(visualize_embeddings.main, str(data / "other")) == 2
    assert "vectors of no run" in capsys.readouterr().err


def test_merging_two_runs(data: Path, run: Run) -> None:
    """The merged run is a run like any other: pairs by document, rejected copies beside, ready for the next stage."""
    assert run(merge.main, "wide", "narrow", "--out", "both") == 0
    folder = data / "qa" / "both"
    kept = [pair for file in folder.glob("*.jsonl") for pair in read_jsonl(file, Pair)]
    dropped = [line for file in (folder / "rejected").glob("*.jsonl") for line in file.read_text().splitlines()]
    assert len(kept) + len(dropped) == 100
    assert run(merge.main, "wide", "narrow", "--out", "both") == 0
    assert run(generate_embeddings.main, "both") == 0
    edited_file = next(folder.glob("*.jsonl"))
    edited_file.write_text(edited_file.read_text() + "\n")
    assert run(merge.main, "wide", "narrow", "--out", "both", "--force") == 0
    copy = edited_file.with_name(f"{edited_file.name}.edited")
    assert copy.read_text() == edited_file.read_text() + "\n"
