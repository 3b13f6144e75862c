# SPDX-License-Identifier: Apache-2.0
"""Collections of right/wrong results: recorded ones, or synthetic families that are hard in their own way.

The synthetic model: example i has a difficulty, model m an ability and a style; m is right with
probability ``logistic(ability + style . trait_i - difficulty)``. Traits make models err on the same
examples, as real ones do. Families differ in their number of classes, their balance, how many poor models
there are and how close the good ones lie together.
"""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ENVIRONMENT = "PETIT_DECIDE_DATA"
POOL = 1000
"""Examples of one run at most."""
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Collection:
    """Which models are right on which examples."""

    name: str
    right: Bools
    """Shape (examples, models)."""
    classes: tuple[int, ...] = (2, 4)
    """Numbers of classes that labels are made up for."""
    balance: float = 0.0
    """Share of examples that are made to be of the first class."""


@dataclass(frozen=True)
class Draw:
    """A shortlist on a pool: what one run gets."""

    right: Bools
    said: Ints
    """Predicted labels, shape (n, models)."""
    truth: Ints
    population: NDArray[np.float64]
    """Accuracies of the models on the whole collection."""

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """On the pool."""
        return np.asarray(self.right.mean(axis=0))


def collections() -> list[Collection]:
    """The recorded ones where they are, else the synthetic ones."""
    folder = os.environ.get(ENVIRONMENT)
    return list(recorded(Path(folder))) if folder else synthetic()


def recorded(folder: Path) -> Iterator[Collection]:
    """Every table of zeros and ones below the folder, names in order."""
    for path in sorted(folder.rglob("*.csv*")):
        content = path.read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
        rows = [row[1:] for row in csv.reader(text.splitlines())][1:]
        try:
            numbers = np.array(rows, dtype=np.float64)
        except ValueError:
            continue
        if numbers.ndim == 2 and min(numbers.shape) > 1 and np.isin(numbers, (0, 1)).all():
            yield Collection(path.name.split("_irt")[0].split(".")[0], numbers.T == 1)


def synthetic(seed: int = 0) -> list[Collection]:
    """Six families: plain, near ties, a poor committee, imbalance, many classes, few examples."""
    kinds = {
        "plain": (2000, 1.2, 0.5, 0.0, (4,), 0.0),
        "near ties": (2000, 1.4, 0.12, 0.0, (4,), 0.0),
        "poor committee": (2000, 0.9, 0.7, 0.6, (2,), 0.0),
        "imbalanced": (2000, 1.4, 0.4, 0.2, (2,), 0.85),
        "many classes": (2000, 1.0, 0.5, 0.1, (77,), 0.0),
        "few examples": (150, 1.2, 0.4, 0.0, (3,), 0.0),
    }
    rng = np.random.default_rng(seed)
    found = []
    for name, (n, level, spread, poor, classes, balance) in kinds.items():
        models = 24
        ability = rng.normal(level, spread, models)
        ability[: round(poor * models)] -= 1.2
        style, trait = rng.normal(0, 0.8, (3, models)), rng.normal(0, 1, (n, 3))
        logit = ability + trait @ style - rng.normal(0, 1.8, (n, 1))
        right = rng.random((n, models)) < 1 / (1 + np.exp(-logit))
        found.append(Collection(name, right, classes, balance))
    return found


def draw(
    collection: Collection, models: int, within: float, rng: np.random.Generator, pool: int = POOL
) -> Draw:
    """A random pool, and a random shortlist of models within so much of the best on it.

    Made-up labels: the truth is random, so that nothing can be learned from the labels' frequencies;
    seven wrong answers in ten to one example are the same one.
    """
    n = len(collection.right)
    right = collection.right[rng.choice(n, min(pool, n), replace=False)]
    accuracy = right.mean(axis=0)
    near = np.flatnonzero(accuracy >= accuracy.max() - within)
    if len(near) < models:
        near = np.argsort(-accuracy)[:models]
    chosen = rng.choice(near, min(models, len(near)), replace=False)
    right = right[:, chosen]
    classes = int(rng.choice(collection.classes))
    truth = rng.integers(0, classes, len(right))
    truth[rng.random(len(right)) < collection.balance] = 0
    popular = (truth[:, None] + rng.integers(1, classes, (len(right), 1))) % classes
    own = (truth[:, None] + rng.integers(1, classes, right.shape)) % classes
    wrong = np.where(rng.random(right.shape) < 0.7, popular, own)
    said = np.where(right, truth[:, None], wrong)
    return Draw(right, said, truth, collection.right[:, chosen].mean(axis=0))


def wrong_label(label: int, classes: int, rng: np.random.Generator) -> int:
    """Another label than the true one."""
    return int((label + rng.integers(1, max(2, classes))) % max(2, classes))
