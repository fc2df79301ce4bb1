"""The Scene of graded questions: a map coloured by the share of the models that answer each of them right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from groundwork.dataset.load_dataset import MIRROR_SPLITS, QuestionRow
from groundwork.dataset.question_vectors import static_encoder
from groundwork.embedding.vector_types import Vectors
from groundwork.grading.grade_report import GradeReport
from groundwork.grading.graded_rows import Grading
from groundwork.maps.draw.map_page import write_map
from groundwork.maps.draw.scene import DatasetEntry, Scene
from groundwork.maps.question_map import MapGroup, build_scene
from groundwork.message_wording import counted
from groundwork.records import MeasuredRow
from groundwork.settings.config_schema import Maps
from groundwork.stage_runner.stage_command import Job

MIN_QUESTIONS = 5  # questions that make a map
PASS_RATE_BANDS = ("every model passes", "half or more pass", "fewer than half pass", "no model passes", "no verdict")
BAND_COLOURS = (0, 2, 4, 1, 6)  # indices into the palette
HALF = 0.5
HARD_REGION_SHARE = 0.25  # share of a region's questions that no model passes, above which it is named


def build_pass_rate_scene(
    question_rows: Sequence[QuestionRow],
    vectors: Vectors,
    pass_rates: Mapping[str, MeasuredRow],
    title: str,
    settings: Maps,
    encoder: str,
) -> Scene:
    """The questions `question_rows` with their vectors (n, d) in the bands of their pass rate."""
    pass_rate_bands = [pass_rate_band(pass_rates.get(question_row.id)) for question_row in question_rows]
    rows_in_band: dict[str, list[int]] = {rate_band: [] for rate_band in PASS_RATE_BANDS}
    for row, rate_band in enumerate(pass_rate_bands):
        rows_in_band[rate_band].append(row)
    band_groups = [
        MapGroup(rate_band, [question_rows[row] for row in band_rows], vectors[band_rows])
        for rate_band, band_rows in rows_in_band.items()
        if band_rows
    ]
    tags_of_question = {question_row.question: question_row.tags for question_row in question_rows if question_row.tags}
    pass_rate_scene = build_scene(band_groups, title, settings, encoder, tags_of_question)
    band_entries = [
        DatasetEntry(name=rate_band, count=len(rows_in_band[rate_band]), colour=colour)
        for rate_band, colour in zip(PASS_RATE_BANDS, BAND_COLOURS, strict=True)
        if rows_in_band[rate_band] or rate_band != PASS_RATE_BANDS[-1]
    ]
    return msgspec.structs.replace(
        pass_rate_scene,
        compares="splits",
        parts="Pass rate",
        datasets=band_entries,
        numbers=pass_rate_scene.numbers and pass_rate_scene.numbers.without_choice(),
        notes=_pass_rate_notes(pass_rate_scene),
        only_in={},
        missed_by={},
    )


def pass_rate_band(pass_rate: MeasuredRow | None) -> str:
    """Which of PASS_RATE_BANDS a row belongs to."""
    if pass_rate is None or pass_rate.difficulty is None:
        return PASS_RATE_BANDS[-1]
    if pass_rate.difficulty in (0, 1):
        return PASS_RATE_BANDS[0] if pass_rate.difficulty == 0 else PASS_RATE_BANDS[3]
    return PASS_RATE_BANDS[1] if pass_rate.difficulty <= HALF else PASS_RATE_BANDS[2]


def _pass_rate_notes(pass_rate_scene: Scene) -> list[str]:
    """Where the questions lie that no model answers."""
    region_of_point = np.array([point.cluster for point in pass_rate_scene.points])
    failed = np.array([point.dataset == PASS_RATE_BANDS[3] for point in pass_rate_scene.points])
    pass_rate_notes = [
        f"{int(failed.sum()):,} of {counted(len(failed), 'question is', 'questions are')} answered right by no model."
    ]
    failed_shares = [
        (float(failed[region_of_point == c.id].mean()), c.label)
        for c in pass_rate_scene.clusters
        if (region_of_point == c.id).any()
    ]
    hardest_regions = sorted(
        (region_share for region_share in failed_shares if region_share[0] > HARD_REGION_SHARE), reverse=True
    )[:3]
    return pass_rate_notes + [
        f"Hardest: {'; '.join(f'{label} ({share:.0%} fail)' for share, label in hardest_regions)}."
    ] * bool(hardest_regions)


def draw_grade_map(job: Job, grading: Grading, report: GradeReport) -> None:
    """map.html: the questions, coloured by the share of the models that pass; by the static embedder."""
    pass_rate_rows = list(
        {
            graded_row.id: graded_row for graded_row in reversed(grading.rows) if graded_row.split not in MIRROR_SPLITS
        }.values()
    )
    if len(pass_rate_rows) < MIN_QUESTIONS or not job.config.maps.interactive:
        return
    encoder = static_encoder(job)
    vectors = encoder.encode([graded_row.question for graded_row in pass_rate_rows], "query")
    pass_rates = {graded_row.id: graded_row for graded_row in report.rows}
    title = f"Pass rate: {report.dataset}"
    pass_rate_scene = build_pass_rate_scene(pass_rate_rows, vectors, pass_rates, title, job.config.maps, encoder.name)
    write_map(pass_rate_scene, grading.folder / "map.html")
