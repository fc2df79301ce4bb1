"""Where the pairs that curation checks come from."""

from __future__ import annotations

from groundwork.questions.curation.rule_checks import PairOrigin, pair_origin
from tests.stages.curate_run import pair_of


def test_the_pairs_of_a_chunk_share_what_is_read_of_its_text():
    """One origin for all pairs of a chunk, so that its text is read once; a pair of two chunks has both texts."""
    origins = {f"mill-{k}": PairOrigin(f"Text {k}.", "mill", "", "") for k in range(2)}
    assert pair_origin(pair_of(1), origins) is pair_origin(pair_of(2), origins) is origins["mill-0"]
    both = pair_origin(pair_of(3, also=["mill-1"]), origins)
    assert both is not None and both.text == "Text 0.\n\nText 1."
    assert pair_origin(pair_of(4, chunk="gone"), origins) is None
