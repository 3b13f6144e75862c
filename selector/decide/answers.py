# SPDX-License-Identifier: Apache-2.0
"""What the models said and what the person said, as numbers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from selector.decide.scores import Missing, check_missing
from selector.decide.text_metrics import Floats
from selector.errors import BadSetting, DataEmpty
from selector.hub.candidate import Reason

Codes = NDArray[np.int64]
MISSING = -1
"""The code of a model that gave no answer; no label equals it."""

WRONG_LABELS = (1.5, 38.5)
"""Beta prior of the share of wrong labels: 3.75 % expected."""


class Answers:
    """Predicted labels of all models on all inputs."""

    def __init__(
        self,
        names: Sequence[str],
        predictions: Mapping[str, Sequence[Hashable | None]],
        missing: Missing,
    ) -> None:
        """Number the labels.

        Raises:
            BadSetting: models with different numbers of inputs.
            DataEmpty: no inputs.
        """
        check_missing(missing)
        lengths = {name: len(predictions[name]) for name in names}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name}: {n}" for name, n in lengths.items())
            raise BadSetting(
                setting="predictions", value=told[:200], allowed="as many for every model"
            )
        self._numbers: dict[Hashable, int] = {}
        self.labels: list[Hashable] = []
        """Every label that a model gave, by code."""
        columns = [[self._number(x) for x in predictions[name]] for name in names]
        self.codes: Codes = np.array(columns, dtype=np.int64).T.copy()
        """Shape (n, models); MISSING where a model gave no answer."""
        if not len(self.codes):
            raise DataEmpty(name="predictions")
        self.holes: tuple[int, ...] = tuple(int(x) for x in (self.codes == MISSING).sum(axis=0))
        """Missing answers of each model."""
        full = (self.codes != MISSING).all(axis=1)
        self.usable = full if missing == "exclude" else np.ones(len(self.codes), dtype=bool)
        """Inputs that take part, shape (n,)."""

    def _number(self, label: Hashable | None) -> int:
        plain = _plain(label)
        if plain is None:
            return MISSING
        if plain not in self._numbers:
            self._numbers[plain] = len(self.labels)
            self.labels.append(plain)
        return self._numbers[plain]

    def right(self, index: int, label: Hashable | None) -> Floats:
        """Which models are right when ``label`` is the truth: shape (models,), 0 or 1.

        None, or a label that no model gave, makes all of them wrong.
        """
        code = self._numbers.get(_plain(label), MISSING - 1)
        return np.asarray(self.codes[index] == code, dtype=np.float64)

    def distinct(self, index: int, models: Sequence[int]) -> tuple[Hashable, ...]:
        """The different answers of ``models`` to one input, the most frequent first."""
        said = [int(x) for x in self.codes[index, list(models)] if x != MISSING]
        order = sorted(set(said), key=lambda code: (-said.count(code), code))
        return tuple(self.labels[code] for code in order)


def _plain(label: Hashable | None) -> Hashable | None:
    """Numpy's scalars as Python's; None for None, NaN and the empty text."""
    if isinstance(label, np.generic):
        label = label.item()
    if label is None or label == "" or label != label:  # only NaN differs from itself
        return None
    return label


class Noise:
    """How often the person is wrong, learned from hidden repeats.

    A repeat is two answers to one question; when they differ, one of them is wrong.
    """

    MOST = 0.35
    """A share of wrong answers beyond which nothing could be learned from them."""

    def __init__(self, prior: tuple[float, float] = WRONG_LABELS) -> None:
        """``prior``: of the Beta distribution of the share of wrong answers."""
        self._prior = prior
        self.repeats = 0
        self.changed = 0

    def see(self, same: bool) -> None:
        """One repeat."""
        self.repeats += 1
        self.changed += not same

    @property
    def expected(self) -> float:
        """Expected share of wrong labels."""
        a, b = self._beta()
        return a / (a + b)

    def caveats(self) -> list[Reason]:
        """A word about the person's own contradictions, where there are any."""
        if not self.changed:
            return []
        facts = {"changed": self.changed, "repeats": self.repeats, "noise": self.expected}
        return [Reason("caveat.noisy_labels", facts)]

    def _beta(self) -> tuple[float, float]:
        a, b = self._prior
        return a + self.changed, b + 2 * self.repeats - self.changed

    def stretch(self, draws: int, rng: np.random.Generator) -> Floats:
        """By how much wrong labels shrink differences between models: shape (draws, 1), 1 or more.

        Where two answers compete, a wrong label turns a win into a loss, which leaves
        ``1 - 2 * noise`` of every difference.
        """
        share = np.minimum(rng.beta(*self._beta(), (draws, 1)), self.MOST)
        return np.asarray(1 / (1 - 2 * share))


def noise_of(
    said: Mapping[int, Sequence[Hashable | None]], right: Callable[[int, Hashable | None], Floats]
) -> Noise:
    """What repeats among all answers to each input tell; ``right`` as ``Answers.right``."""
    noise = Noise()
    for index, answers in said.items():
        for one, two in pairwise(answers):
            noise.see(bool((right(index, one) == right(index, two)).all()))
    return noise


def hole_caveats(answers: Answers, names: Sequence[str], excluded: int) -> list[Reason]:
    """What is said of answers that are missing: left out for every model, or wrong."""
    n = len(answers.codes)
    if excluded:
        return [Reason("caveat.excluded_examples", {"count": excluded, "n": n})]
    return [
        Reason("caveat.missing_outputs", {"ref": name, "count": holes, "n": n})
        for name, holes in zip(names, answers.holes, strict=True)
        if holes
    ]
