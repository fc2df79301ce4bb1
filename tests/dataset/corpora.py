"""Vectors of made corpora with known topics."""

import numpy as np


def unit(vectors):
    """Rows of length one, float32."""
    vectors = np.asarray(vectors, dtype=np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def topics(rows, count, *, width=64, spread=0.6, seed=0, copies=0.0):
    """(vectors, topic of each row): topic sizes fall off like 1/rank; `copies` is the share of near-repeats."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, count + 1)
    topic = np.concatenate([np.arange(count), rng.choice(count, rows - count, p=share / share.sum())])
    centres = unit(rng.normal(size=(count, width)))
    vectors = unit(centres[topic] + spread * rng.normal(size=(rows, width)) / width**0.5)
    if copies:
        for row in rng.choice(rows, int(rows * copies), replace=False):
            source = int(rng.integers(rows))
            vectors[row], topic[row] = vectors[source] + 0.02 * rng.normal(size=width) / width**0.5, topic[source]
    return unit(vectors), topic
