# SPDX-License-Identifier: Apache-2.0
"""From probabilities to a choice. Models are in order of cost, the smallest first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from selector.decide.statistics import good_enough
from selector.decide.text_metrics import Floats

MOST_RULED_OUT = 0.05
"""A model is never ruled out while it has more than this chance, however bold the user is."""
POWER = 0.8
"""How probable it should be that the advised number of examples decides."""
MARGINS = (
    *(0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.06, 0.075, 0.1),
    *(0.125, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Positions among the models, smallest first."""

    decided: bool
    position: int
    """The choice when decided; else the provisional one."""
    ruled_out: tuple[int, ...]
    """Smaller than ``position`` and almost surely not good enough."""
    open: tuple[int, ...]
    """Not larger than ``position``, neither certified nor ruled out."""
    probabilities: tuple[float, ...]


def ruled_out_below(confidence: float) -> float:
    """P(good enough) up to which a model is out of the race."""
    return min(1 - confidence, MOST_RULED_OUT)


def choose(behind: Floats, margin: float, confidence: float) -> Choice:
    """Decide for the smallest model that is certified, if every smaller one is ruled out.

    Otherwise nothing is decided: a smaller model that is neither might be the right answer. The
    provisional choice is then the smallest certified model, or the most probable one.

    Args:
        behind: shape (draws, models), from ``statistics.deficits``.
        margin: how far behind the best a model may be.
        confidence: P(good enough) that certifies.
    """
    chances = tuple(float(x) for x in good_enough(behind, margin))
    floor = ruled_out_below(confidence)
    survivors = [i for i, chance in enumerate(chances) if chance > floor]
    if survivors and chances[survivors[0]] >= confidence:
        first = survivors[0]
        return Choice(True, first, tuple(range(first)), (), chances)
    certified = [i for i, chance in enumerate(chances) if chance >= confidence]
    position = certified[0] if certified else max(range(len(chances)), key=lambda i: chances[i])
    smaller = range(position)
    return Choice(
        decided=False,
        position=position,
        ruled_out=tuple(i for i in smaller if chances[i] <= floor),
        open=tuple(i for i in range(position + 1) if floor < chances[i] < confidence),
        probabilities=chances,
    )


def too_few(n: int, confidence: float) -> bool:
    """Whether ``n`` examples that all go one way are still within chance at this confidence."""
    return bool(0.5**n > 1 - confidence)


def unless_too_few(choice: Choice, n: int, confidence: float) -> Choice:
    """Undecided where ``n`` examples could not prove anything even if all went one way.

    Of two equal models, one wins all of ``n`` contested examples with probability ``2 ** -n``; a
    bootstrap of two or three examples does not know that.
    """
    if len(choice.probabilities) < 2 or not too_few(n, confidence):
        return choice
    smaller = range(choice.position + 1)
    return replace(choice, decided=False, ruled_out=(), open=tuple(smaller))


def as_stopped(
    chances: Sequence[float], winner: int | None, running: Sequence[int], confidence: float
) -> Choice:
    """The choice of a race or a queue that stopped, or goes on (``winner`` is None).

    Smaller models that were given up without being ruled out stay ``open``: more examples than there
    were, or than the person has patience for, might prove them good enough.
    """
    position = max(running, key=lambda i: (chances[i], -i)) if winner is None else winner
    floor = ruled_out_below(confidence)
    out = tuple(i for i in range(position) if chances[i] <= floor)
    unresolved = range(position + (winner is None))
    still = tuple(i for i in unresolved if i not in out)
    return Choice(winner is not None, position, out, still, tuple(chances))


def more_examples(
    behind: Floats, margin: float, confidence: float, n: int, open_models: Sequence[int]
) -> int:
    """How many more examples would probably (``POWER``) decide about the open models.

    A gap of mean ``g`` and standard deviation ``s`` after ``n`` examples has ``s * sqrt(n / N)``
    after ``N``. It must lie ``z(confidence) + z(power)`` of those away from the margin. For two equal
    models at 95 % that is the usual ``6.19 * p_disc / margin**2``. The distance to the margin is
    itself known only up to ``s``, which is added to it so that a near tie gives a finite answer.
    """
    z = NormalDist().inv_cdf(confidence) + NormalDist().inv_cdf(POWER)
    wanted = 0.0
    for model in open_models:
        gap, spread = float(behind[:, model].mean()), float(behind[:, model].std())
        distance = math.hypot(margin - gap, spread)
        if distance > 0:
            wanted = max(wanted, n * (z * spread / distance) ** 2)
    more = max(1.0, wanted - n)
    # Two digits: anything finer pretends to know.
    unit = int(10 ** max(0, math.floor(math.log10(more)) - 1))
    return math.ceil(more / unit) * unit


def supported_margin(
    behind: Floats, margin: float, confidence: float, choice: Choice
) -> float | None:
    """The smallest margin these examples decide.

    When decided: the strictest margin with the same answer, from the user's own down. When
    undecided: the first wider one that is decided; None when there is none.
    """
    if choice.decided:
        strictest = margin
        for candidate in sorted((x for x in MARGINS if x < margin), reverse=True):
            there = choose(behind, candidate, confidence)
            if not there.decided or there.position != choice.position:
                break
            strictest = candidate
        return strictest
    for candidate in MARGINS:
        if candidate > margin and choose(behind, candidate, confidence).decided:
            return candidate
    return None


def spread_of(joint: Floats, a: int, b: int) -> Floats:
    """Draws of ``score of a - score of b``, shape (draws,)."""
    return np.asarray(joint[:, a] - joint[:, b])
