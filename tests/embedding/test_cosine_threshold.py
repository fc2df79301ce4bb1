"""Repeats in a set of several scripts, under an embedder that finds all texts of one of them alike."""

from __future__ import annotations

import numpy as np

from groundwork.embedding.cosine_threshold import calibrate_by_script
from groundwork.embedding.nearest_neighbours import similarities
from groundwork.maps.dataset_diversity import DatasetQuestions, measure_diversity
from groundwork.questions.duplicates.duplicate_search import SameQuestions
from groundwork.questions.duplicates.likeness_calibration import calibrated_likeness
from groundwork.questions.duplicates.question_comparison import AskedQuestion

LATIN = [f"How heavy is part {number}?" for number in range(60)]
THAI = [f"ชิ้นส่วน{chr(0x0E01 + number)}หนักเท่าไร" for number in range(12)]
TEXTS = [*LATIN, *THAI]


def vectors() -> np.ndarray:
    """Of the English questions apart from each other, of the Thai ones within 0.93 to 0.97; the last two are one."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(len(TEXTS), 64))
    rows[len(LATIN) :] = 4 * rng.normal(size=64) + rows[len(LATIN) :]
    rows[-1] = rows[-2] + 0.05 * rows[-1]
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_texts_of_another_script_are_no_repeats_because_they_are_alike() -> None:
    """What counts as a repeat is told for each script: two wordings of one question are, all others are not."""
    rows = vectors()
    scale = calibrated_likeness(rows, questions=TEXTS)
    assert scale.same_cosine < 0.9 < scale.by_script["thai"]
    same = SameQuestions([AskedQuestion(text) for text in TEXTS], rows, scale)
    assert [same.of(row) for row in range(len(TEXTS))] == [[]] * 70 + [[71], [70]]


def test_the_repeats_of_english_are_found_beside_another_script() -> None:
    """The threshold of one script is not that of the others."""
    rows = vectors()
    rows[1] = rows[0] + 0.06 * rows[1]
    rows[1] /= np.linalg.norm(rows[1])
    texts = [TEXTS[0], "What does part 0 weigh?", *TEXTS[2:]]
    same = SameQuestions([AskedQuestion(text) for text in texts], rows, calibrated_likeness(rows, questions=texts))
    assert same.of(0) == [1]


def test_the_table_of_a_map_counts_repeats_by_script() -> None:
    """One Thai question of 72 is a repeat; by one threshold for all, every Thai one but the first would be."""
    rows, dataset_of = vectors(), np.zeros(len(TEXTS), dtype=np.int64)
    found = similarities(rows, dataset_of, 1)
    questions = [DatasetQuestions(["a"], rows, dataset_of, [9], (), texts) for texts in ((), TEXTS)]
    blind, told = (measure_diversity(each, found, "e", "t").numbers.datasets[0] for each in questions)
    assert round(told.redundancy * 72) == 1 < round(blind.redundancy * 72)


def test_a_script_of_one_text_has_the_threshold_of_all() -> None:
    """Nothing can be told of it."""
    assert calibrate_by_script(vectors()[:61], TEXTS[:61], 0.9) == {}
