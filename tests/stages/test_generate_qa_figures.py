"""generate_qa.py with qa.images: what a vision model is shown, what it may name as evidence, and what is counted."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest

from groundwork.markdown.figures import figure_markdown
from groundwork.raster_images import open_image
from tests.questions.scripted_writer import ENGINE, Json, pair, pairs, part, said
from tests.sample.pictures import chart
from tests.stages.mill_run import Mill, chunk_of, once

FILES = [f"mill/figure-{number:012x}.png" for number in (1, 2)]
SENTENCE = "The Orrin mill ground barley until 1931."
SEEN = {
    "question": "In which month did the Orrin mill grind most sacks of meal?",
    "answer": "In March, with 412 sacks of meal.",
    "evaluation_criteria": ["Names March", "States 412 sacks"],
    "evidence": ["[figure 1]"],
}


@pytest.fixture
def drawn(mill: Mill) -> Mill:
    """The mill's chunk with two pictures."""
    (mill.root / "text" / "mill").mkdir(parents=True)
    for number, file in enumerate(FILES, 1):
        (mill.root / "text" / file).write_bytes(chart(number, (1200, 800)))
    text = f"{ENGINE}\n{figure_markdown('Meal by month', FILES[0])}\n\n{figure_markdown('', FILES[1])}\n"
    mill.write(chunk_of(text, figures=FILES))
    return mill


def pictures(body: Json) -> list[bytes]:
    parts = body["messages"][-1]["content"]
    urls = [one["image_url"]["url"] for one in parts if "image_url" in one] if isinstance(parts, list) else []
    return [base64.b64decode(url.removeprefix("data:image/jpeg;base64,")) for url in urls]


def test_a_model_sees_the_pictures(drawn: Mill) -> None:
    """Each is a part of the request behind its mark, made smaller; the chunk names it by its number, not by a file."""
    assert drawn.run(once(pairs(pair(SENTENCE))), qa__images=True, qa__image_size=300) == 0
    body = drawn.server.requests[0]
    shown = [open_image(content, ("JPEG",)) for content in pictures(body)]
    assert [image.size for image in shown] == [(300, 200), (300, 200)]
    assert part(body, "chunk").strip().endswith("[figure 1: Meal by month]\n\n[figure 2]")
    marks = [one.get("text") for one in body["messages"][-1]["content"]][1:]
    assert marks == ["[figure 1]", None, "[figure 2]", None]
    assert "The chunk has pictures" in said(body) and "figure-0" not in json.dumps(body["messages"][-1]["content"][0])


def test_without_the_setting_no_picture_is_sent(drawn: Mill) -> None:
    """The text has captions in place of figures, and the request is one of text alone."""
    assert drawn.run(once(pairs(pair(SENTENCE)))) == 0
    body = drawn.server.requests[0]
    assert isinstance(body["messages"][-1]["content"], str)
    assert part(body, "chunk").strip().endswith("Sundays.\n\nMeal by month") and "figure" not in part(body, "chunk")
    assert drawn.coverage.figures and drawn.coverage.figures.asked == 0


def test_a_figure_is_evidence(drawn: Mill, capsys: pytest.CaptureFixture[str]) -> None:
    """Evidence may be a figure by its number, whose values no text holds; one that is not there is refused."""
    wrong = pair(SENTENCE, question="What did the Orrin mill grind until 1931?", evidence=["[figure 7]"])
    replies = [pairs(pair(SENTENCE, **SEEN), wrong, pair(SENTENCE)), pairs()]
    assert drawn.run(once(replies[0]), qa__images=True, qa__correct=False) == 0
    seen, read = drawn.pairs
    assert seen.evidence == [figure_markdown("Meal by month", FILES[0])] and "412" in seen.answer
    assert read.evidence == [SENTENCE]
    assert [(one.reason, "[figure 7]" in one.detail) for one in drawn.rejected] == [("evidence", True)]
    whole = drawn.coverage
    assert whole.figures and (whole.figures.of, whole.figures.asked) == (2, 1)
    assert [one.asked_by for one in whole.chunks[0].figures or ()] == [[seen.id], []]
    assert all(seen.id not in span.touched_by for span in whole.chunks[0].spans)
    assert "1 of 2 figures asked about" in capsys.readouterr().out


def test_pictures_are_part_of_what_was_asked(drawn: Mill) -> None:
    """The journal answers the same pictures again, and other ones anew."""
    for anew, content in ((True, b""), (False, b""), (True, chart(5))):
        if content:
            (drawn.root / "text" / FILES[0]).write_bytes(content)
        before = len(drawn.server.requests)
        shutil.rmtree(drawn.root / "qa", ignore_errors=True)
        assert drawn.run(once(pairs(pair(SENTENCE))), qa__images=True) == 0
        assert (len(drawn.server.requests) > before) is anew


def test_a_bound_on_pictures(drawn: Mill, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """qa.max_images are shown; one that is gone, or a link that leads out of the folder, is told and left out."""
    (tmp_path / "secret.png").write_bytes(chart())
    (drawn.root / "text" / FILES[0]).unlink()
    (drawn.root / "text" / FILES[0]).symlink_to("/etc/hostname")
    assert drawn.run(once(pairs(pair(SENTENCE))), qa__images=True) == 0
    assert len(pictures(drawn.server.requests[0])) == 1
    assert f"{FILES[0]} is not shown to the model" in capsys.readouterr().out
    drawn.server.requests.clear()
    assert drawn.run(once(pairs(pair(SENTENCE))), "--force", qa__images=True, qa__max_images=1) == 0
    assert not any(map(pictures, drawn.server.requests))


def test_a_chunk_of_pictures_alone_is_asked_about(drawn: Mill) -> None:
    """What no sentence says a picture may: without the pictures there is nothing to ask."""
    drawn.write(chunk_of(f"# The mill\n\n{figure_markdown('', FILES[0])}\n", figures=FILES[:1]))
    assert drawn.run(once(pairs(pair(SENTENCE, **SEEN)))) == 0
    assert not drawn.server.requests
    assert drawn.run(once(pairs(pair(SENTENCE, **SEEN))), "--force", qa__images=True) == 0
    assert len(drawn.pairs) == 1
