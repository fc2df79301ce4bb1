"""Files that claim to hold more than they do."""

from __future__ import annotations

import zlib

import pytest

from groundwork.documents.unpacked_sizes import refuse_pdf_bomb
from groundwork.errors import BadDocument


@pytest.mark.timeout(120)  # looking for the end of each anew took minutes
def test_a_thousand_streams_that_never_end_take_no_time(tmp_path):
    """The search is linear: marks without an end, and what only looks like zlib, cost a few bytes each."""
    path = tmp_path / "marks.pdf"
    path.write_bytes(b"%PDF-1.7\n" + b"stream\nx\x9c" * 400_000)
    refuse_pdf_bomb(path, 20)


def test_a_bomb_behind_a_stream_that_never_ends_is_found(tmp_path):
    """A mark that opens nothing hides no bomb behind it."""
    path = tmp_path / "hidden.pdf"
    bomb = zlib.compress(bytes(30_000_000))
    path.write_bytes(b"%PDF-1.7\nstream\nx\x9cjunk\n1 0 obj\nstream\n" + bomb + b"\nendstream\nendobj\n")
    with pytest.raises(BadDocument, match="a stream in it unpacks to more"):
        refuse_pdf_bomb(path, 20)
