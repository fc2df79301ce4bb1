"""Pictures in Markdown become their words, in a time that is linear in the text."""

from __future__ import annotations

import time

import pytest

from groundwork.markdown.figures import without_data_pictures, without_pictures


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("A ![plan of the lake](data:image/png;base64,iVBORw0KGgo=) here.", "A plan of the lake here."),
        ('A ![plan](<data:image/png;base64,iVBORw0KGgo=> "title") here.', "A plan here."),
        ("A ![plan][p] here.\n\n[p]: data:image/png;base64,iVBORw0KGgo=\n", "A plan here.\n\n"),
        ("A ![Plan] here.\n\n[plan]: <data:image/png;base64,iVBORw0KGgo=>\n", "A Plan here.\n\n"),
        ('A <img alt="plan" src="data:image/png;base64,iVBORw0KGgo="/> here.', "A plan here."),
        ("A [plan](data:text/plain;base64,aGk=) here.", "A plan here."),
        ("Keep ![this](picture.png), and data: that.", "Keep ![this](picture.png), and data: that."),
    ],
)
def test_data_uris_become_their_words(markdown: str, words: str) -> None:
    """A picture whose bytes stand in the text is its alternative text, by whatever syntax."""
    assert without_data_pictures(markdown) == words


def test_no_picture_of_an_office_file_can_be_fetched() -> None:
    """Remote and local pictures alike are their words."""
    text = 'A ![plan](https://example.org/a.png) and <img src="file:///etc/passwd" alt="b"> ![](x.png)'
    assert without_pictures(text) == "A plan and b "


@pytest.mark.parametrize("unit", ["![a](data:", "![", "<img src=data:", "[a]: data:x\n", "![a](data:x) ", "[a]("])
def test_time_is_linear(unit: str) -> None:
    """Five times the text takes about five times as long."""

    def seconds(length: int) -> float:
        text = unit * (length // len(unit)) + "data:"
        began = time.process_time()
        without_pictures(text)
        return time.process_time() - began

    fast = min(seconds(20_000) for _ in range(3))
    assert any(seconds(100_000) < 15 * fast + 0.05 for _ in range(3))
