"""Intervals of 95 % for shares and for paired differences of answers that come in clusters (documents, or chunks).

Questions about one document are not independent, so variances are those of clustered data: the sum over clusters of
their squared residual sums, times G / (G - 1) for G clusters (Miller, "Adding Error Bars to Evals", 2024,
arXiv:2411.00640, equation 4, with the small-sample factor CR1 of Cameron and Miller, J. Human Resources 2015).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
Z_QUANTILE = 1.959964  # the normal quantile of 0.975
UNSEEN_CORRELATION = 0.3  # of the answers of a cluster where all are alike; with it the intervals hold what they say


class ConfidenceInterval(NamedTuple):
    """A mean of `n` values in `clusters` clusters, with its 95 % interval."""

    mean: float
    low: float
    high: float
    n: int
    clusters: int


class PairedDifference(NamedTuple):
    """A mean difference of `n` pairs: its 95 % interval, one-sided 95 % bounds, and the spread of one pair."""

    mean: float
    low: float
    high: float
    least: float  # one-sided: the difference is not below
    most: float  # one-sided: the difference is not above
    spread: float  # standard deviation of one pair, clustering included
    n: int
    clusters: int


def share_interval(scores: Sequence[float], clusters: Sequence[str]) -> ConfidenceInterval:
    """The mean of `scores` (each 0..1) with the Wilson interval for the effective number of values.

    That number is p (1 - p) / var, made smaller for few clusters by (z / t)^2 (Korn and Graubard, Survey Methodology
    1998; with Wilson's interval: Dean and Pagano, J. Survey Statistics and Methodology 2015). Where all values are 0
    or all are 1 clustering cannot be seen, and is taken to be UNSEEN_CORRELATION. Raises ValueError for no values.
    """
    observations = np.asarray(scores, dtype=float)
    if not observations.size:
        raise ValueError("no values")
    mean_score, cluster_count = float(observations.mean()), len(set(clusters))
    clustered_variance = _clustered_variance(observations, np.ones_like(observations), clusters)
    binomial_variance = mean_score * (1 - mean_score)
    effective_size = float(observations.size)
    if binomial_variance == 0:
        effective_size /= _design_effect(clusters, UNSEEN_CORRELATION)
    elif cluster_count == 1:
        effective_size = 1.0  # one cluster says nothing of how clusters differ
    elif clustered_variance > 0:
        effective_size = binomial_variance / clustered_variance * (Z_QUANTILE / _t_quantile(cluster_count)) ** 2
    if np.isin(observations, (0.0, 1.0)).all():
        effective_size = min(effective_size, float(observations.size))
    low, high = _wilson_interval(mean_score, effective_size)
    return ConfidenceInterval(mean_score, low, high, observations.size, cluster_count)


def paired_difference(score_differences: Sequence[float], clusters: Sequence[str]) -> PairedDifference:
    """The mean of paired differences (each -1..1) with t intervals.

    Half a pair of each of the four outcomes (both, neither, one, the other) is added, so that a few pairs without any
    difference are no proof of none (Agresti and Min, Statistics in Medicine 2005). Raises ValueError for no pairs.
    """
    differences = np.asarray(score_differences, dtype=float)
    if not differences.size:
        raise ValueError("no pairs")
    cluster_count = len(set(clusters))
    padded_differences = np.concatenate([differences, [1.0, -1.0, 0.0, 0.0]])
    padded_weights = np.concatenate([np.ones_like(differences), [0.5] * 4])
    padded_clusters = [*clusters, "\0 1", "\0 2", "\0 3", "\0 4"]
    variance = _clustered_variance(padded_differences, padded_weights, padded_clusters, correction=cluster_count)
    standard_error = math.sqrt(variance)
    padded_mean = float((padded_differences * padded_weights).sum() / padded_weights.sum())
    half_width = _t_quantile(max(cluster_count, 2)) * standard_error
    one_sided = _t_quantile(max(cluster_count, 2), 0.95) * standard_error
    spread = standard_error * math.sqrt(padded_weights.sum())
    low, high, least, most = (
        min(1.0, max(-1.0, padded_mean + interval_offset))
        for interval_offset in (-half_width, half_width, -one_sided, one_sided)
    )
    return PairedDifference(float(differences.mean()), low, high, least, most, spread, differences.size, cluster_count)


def rows_needed(spread: float, effect: float) -> int:
    """Pairs with which a difference of `effect` is told from none in 80 % of runs, at 5 % two-sided.

    n = ((z_0.975 + z_0.8) * spread / effect)^2, the usual normal approximation for paired means.
    """
    return math.ceil(((Z_QUANTILE + 0.841621) * spread / max(abs(effect), 1e-6)) ** 2)


def _clustered_variance(
    observations: NDArray[np.float64], weights: NDArray[np.float64], clusters: Sequence[str], correction: int = 0
) -> float:
    """Of the weighted mean, by clusters."""
    total_weight = weights.sum()
    mean_deviations = observations - (weights * observations).sum() / total_weight
    residuals = np.sqrt(weights) * mean_deviations  # half an answer has half the squared deviation of a whole one
    _, cluster_indices = np.unique(np.asarray(clusters, dtype=object).astype(str), return_inverse=True)
    cluster_sums = np.bincount(cluster_indices, weights=residuals)
    cluster_count = correction or len(cluster_sums)
    small_sample_factor = cluster_count / (cluster_count - 1) if cluster_count > 1 else 1.0
    return float(small_sample_factor * (cluster_sums**2).sum() / total_weight**2)


def _design_effect(clusters: Sequence[str], correlation: float) -> float:
    """By how much the values of clusters count for fewer: 1 + (m - 1) rho, m the mean size of a value's cluster (Kish,
    Survey Sampling 1965).
    """
    cluster_sizes = np.array(list(Counter(clusters).values()), dtype=float)
    return float(1 + ((cluster_sizes**2).sum() / cluster_sizes.sum() - 1) * correlation)


def _t_quantile(cluster_count: int, level: float = 0.975) -> float:
    from scipy.stats import t

    return float(t.ppf(level, cluster_count - 1))


def _wilson_interval(mean: float, effective_size: float) -> tuple[float, float]:
    """Wilson's score interval of a share, J. American Statistical Association 1927."""
    z_squared_per_value = Z_QUANTILE * Z_QUANTILE / effective_size
    interval_centre = (mean + z_squared_per_value / 2) / (1 + z_squared_per_value)
    interval_half_width = (
        Z_QUANTILE
        / (1 + z_squared_per_value)
        * math.sqrt(mean * (1 - mean) / effective_size + z_squared_per_value / (4 * effective_size))
    )
    return max(0.0, interval_centre - interval_half_width), min(1.0, interval_centre + interval_half_width)


def format_percent(interval: ConfidenceInterval | None) -> str:
    """A share with its interval, such as "94% (83-98)"."""
    if interval is None:
        return "none"
    return f"{interval.mean:.0%} ({interval.low * 100:.0f}-{interval.high * 100:.0f})"


def format_points(difference: PairedDifference) -> str:
    """A difference of shares as points with its interval, such as "+12 (+3 to +21)"."""
    return f"{difference.mean * 100:+.0f} ({difference.low * 100:+.0f} to {difference.high * 100:+.0f})"
