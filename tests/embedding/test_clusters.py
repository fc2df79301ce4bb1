"""K-means and its elbow on rows of known structure, and on rows of none; what the clusters are called."""

import warnings

import numpy as np
import pytest

from groundwork.embedding.cluster_labels import label_clusters, name_clusters_by_tag_or_centre
from groundwork.embedding.clusters import Elbow, elbow, kmeans, principal_components
from tests.dataset.corpora import topics


def test_finds_the_topics_that_a_corpus_was_made_of():
    """Rows of one made topic share a cluster, and rows of two do not."""
    vectors, topic = topics(300, 6, spread=0.3)
    labels = kmeans(principal_components(vectors), 6, seed=1)
    assert {len(set(labels[topic == t])) for t in range(6)} == {1}
    assert len(set(labels)) == 6


def test_clusters_are_numbered_by_size():
    """Cluster 0 is the largest."""
    vectors, _ = topics(300, 6)
    sizes = np.bincount(kmeans(vectors, 6, seed=1))
    assert list(sizes) == sorted(sizes, reverse=True)


def test_same_seed_same_labels():
    """K-means repeats itself bit for bit under one seed, also on more rows than a thread's chunk."""
    vectors, _ = topics(3_000, 10, spread=2.0)
    assert np.array_equal(kmeans(vectors, 10, seed=3), kmeans(vectors, 10, seed=3))


def test_the_elbow_is_where_another_cluster_stops_paying():
    """Well separated topics give a k within a few of their number."""
    vectors, _ = topics(400, 8, spread=0.3)
    found = elbow(principal_components(vectors), 30)
    assert abs(found.k - 8) <= 2
    assert found.ks == list(range(2, 31))
    assert found.inertias[0] > 5 * found.inertias[-1]
    assert found.reason == "the elbow of the curve"


def test_a_curve_without_an_elbow_gives_the_square_root():
    """Rows that are all equally far from each other have no elbow."""
    found = elbow(np.eye(40, dtype=np.float32), 20)
    assert found.k == 6
    assert "no elbow" in found.reason


@pytest.mark.parametrize(
    ("vectors", "k_max", "k"),
    [
        (np.ones((1, 8)), 5, 1),
        (np.ones((50, 8)), 10, 1),
        (np.zeros((50, 8)), 10, 1),
        (np.repeat(np.eye(2, 8), 20, axis=0), 10, 2),
        (np.eye(9, 8), 1, 1),
        (np.eye(9, 8), 0, 1),
    ],
)
def test_degenerate_rows_have_an_elbow_too(vectors, k_max, k):
    """One row, equal rows, two kinds of rows, no room for clusters: never an error, never a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = elbow(vectors.astype(np.float32), k_max)
    assert isinstance(found, Elbow)
    assert found.k == k


def test_more_clusters_than_different_rows_are_not_made():
    """Asking five clusters of two kinds of rows gives two."""
    vectors = np.repeat(np.eye(2, 8, dtype=np.float32), 20, axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set(kmeans(vectors, 5, seed=0)) == {0, 1}


def test_principal_components_keep_distances_when_nothing_is_cut():
    """As many components as dimensions are only a rotation."""
    vectors, _ = topics(60, 3, width=16)
    reduced = principal_components(vectors, 16)
    assert np.allclose(
        np.linalg.norm(vectors[:5] - vectors[5:10], axis=1),
        np.linalg.norm(reduced[:5] - reduced[5:10], axis=1),
        atol=1e-4,
    )


def test_principal_components_of_equal_rows_are_zero():
    """No variance is no error."""
    assert not principal_components(np.ones((10, 80), dtype=np.float32)).any()


@pytest.mark.parametrize(
    ("questions", "groups", "expected"),
    [
        (["How long is the field?", "How wide is the field?", "Who is referee?", "When does the referee whistle?"],
         [0, 0, 1, 1], ["field", "referee"]),
        (["Wie lang ist das Spielfeld?", "Wie breit ist das Spielfeld?", "Wer pfeift ab?", "Wann pfeift er ab?"],
         [0, 0, 1, 1], ["spielfeld", "pfeift"]),
        (["競技場の長さは?", "競技場の幅は?", "審判は誰?", "審判の笛は?"], [0, 0, 1, 1], ["競技", "審判"]),
    ],
)  # fmt: skip
def test_groups_are_named_by_what_tells_them_apart(
    questions: list[str], groups: list[int], expected: list[str]
) -> None:
    """The words of a group's label are its own, in any language."""
    labels = label_clusters(questions, [[]] * len(questions), groups, 2)
    assert all(word in label for word, label in zip(expected, labels, strict=True))
    assert len(set(labels)) == 2


def test_what_runs_through_the_whole_map_names_no_part_of_it() -> None:
    """The name of the league stands in every question and in no label; forms of one word stand in a label once."""
    questions = [f"What is the {word} for the Ellary league?" for word in ("penalty", "penalties", "oar", "oars")] * 2
    tags = [["penalty", "penalties"], ["penalties", "penalty"], ["oar"], ["oar"]] * 2
    groups = [0, 0, 1, 1] * 2
    assert not any("ellary" in label for label in label_clusters(questions, [[]] * 8, groups, 2))
    assert [len(label.split(" · ")) for label in label_clusters(questions, tags, groups, 2)] == [1, 1]


def test_questions_of_two_languages_have_no_function_words_of_either_as_labels() -> None:
    """Each question is read by the stop words of its own language, however few are of it."""
    english = [f"How long must a junior rest between race {i} and the next one of the league?" for i in range(12)]
    german = [f"Wie hoch ist die Gebühr für das Boot {i}, das in der Nacht am Steg liegt?" for i in range(6)]
    named = label_clusters(english + german, [[]] * 18, [0] * 12 + [1] * 6, 2)
    assert "gebühr" in named[1] or "boot" in named[1] or "steg" in named[1]
    assert not {"die", "für", "das", "der", "ist", "am"} & set(named[1].split())
    french = ["Combien coûte l'envoi ?", "Combien d'une licence ?", "Doit-il payer ?", "Combien de bateaux ?"] * 2
    assert not {"combien", "doit-il", "d'une"} & set(" ".join(label_clusters(french, [[]] * 8, [0] * 8, 1)).split())


def test_labels_are_no_function_words_of_the_language() -> None:
    """A German map is not named after `der` and `mit`, a Chinese one is named by pairs of characters."""
    boats = [f"Wer darf mit dem Boot {i} in der Nacht am Steg liegen?" for i in range(6)]
    oil = [f"Wo ist das Altöl mit der Nummer {i} in der Nacht zu lagern?" for i in range(6)]
    named = label_clusters(boats + oil, [[]] * 12, [0] * 6 + [1] * 6, 2)
    assert not {"der", "mit", "das", "zu", "dem", "darf"} & {word for label in named for word in label.split()}
    assert "泊位" in label_clusters(["临时泊位的费用？", "固定泊位在哪里？"], [[], []], [0, 0], 1)[0]


def test_two_clusters_have_two_names() -> None:
    """A tag names the largest cluster that it is most particular to; another one has its next tag, if there is any."""
    tags = [["piers", "ropes"], ["piers"], ["piers"], ["piers"], ["piers", "buoys"], ["piers"], ["piers"], []]
    cluster_of, vectors = np.array([0, 0, 0, 0, 1, 1, 1, 2]), np.ones((8, 2))
    questions = [f"Question {i}?" for i in range(8)]
    assert name_clusters_by_tag_or_centre(questions, tags, cluster_of, vectors) == ["piers", "buoys", "Question 7?"]
    tags = [[tag for tag in row if tag == "piers"] for row in tags]
    assert name_clusters_by_tag_or_centre(questions, tags, cluster_of, vectors) == ["piers", "piers", "Question 7?"]
