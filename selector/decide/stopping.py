# SPDX-License-Identifier: Apache-2.0
"""When one may stop looking: many looks at the same data find something sooner or later."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from scipy import special

from selector.decide.text_metrics import Floats

_CALM = 60
"""Labels from which a look may spend all the doubt that the user allows."""
_DROP, _DROP_LATE, _LATE = 0.02, 0.05, 120
FUTILE = 0.02
"""P(will be certified) below which a model is given up."""
NEVER_BEST = 0.01
"""P(best) below which a model that was given up is not needed for comparison either."""
LOOKED_OFTEN = 0.5
"""Share of the allowed doubt that certifies at one of many looks. Measured in tests/benchmarks/decide."""


def at_a_look(confidence: float) -> float:
    """P(good enough) that certifies where many looks are taken and the first success stops."""
    return 1 - (1 - confidence) * LOOKED_OFTEN


def certify_from(confidence: float, labels: int | None) -> float:
    """P(good enough) that certifies after so many labels; None: everything contested is labelled.

    Early looks are the treacherous ones (as in O'Brien and Fleming 1979), so little of the allowed
    doubt is spent on them.
    """
    if labels is None:
        return confidence
    return 1 - (1 - confidence) * min(1.0, labels / _CALM)


def drop_below(labels: int) -> float:
    """P(good enough) below which a model leaves the race, after so many labels."""
    return _DROP + (_DROP_LATE - _DROP) * min(1.0, labels / _LATE)


def chance_of_certifying(behind: Floats, margin: float, confidence: float, shrink: float) -> Floats:
    """P(a model will be certified once more is known), as seen now: shape (models,).

    The predictive power of a group-sequential trial (Spiegelhalter, Freedman and Blackburn 1986): a gap
    known with standard deviation ``s`` will have moved by ``sqrt(s**2 - (shrink * s)**2)`` by then.

    Args:
        behind: shape (draws, models), how far each model is behind the best.
        margin: how far it may be.
        confidence: P(good enough) that will certify.
        shrink: by which factor the standard deviations will have shrunk.
    """
    gap, spread = behind.mean(axis=0), behind.std(axis=0)
    at_end = spread * shrink
    moved = np.sqrt(np.maximum(spread**2 - at_end**2, 1e-18))
    z = NormalDist().inv_cdf(confidence)
    return np.asarray(special.ndtr((margin - gap - z * at_end) / moved))


def shrinking(known: int, then: int, pool: int) -> float:
    """By which factor standard deviations shrink when ``then`` of ``pool`` items are known, not ``known``.

    The variance of a mean goes with ``1 / known - 1 / pool``: nothing is left once all are known.
    """
    now, later = (max(0.0, 1 / max(x, 1) - 1 / max(pool, 1)) for x in (known, min(then, pool)))
    return math.sqrt(later / now) if now else 0.0
