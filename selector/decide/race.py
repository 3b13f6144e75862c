# SPDX-License-Identifier: Apache-2.0
"""A race: models run on shared random examples until the smallest good enough one is known.

Every model still running sees the same examples. After each batch the joint posterior is looked at:
models that are almost surely not good enough are dropped, and the race stops when the smallest of the
rest is certified. What is not run is saved.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from selector.decide.anytime import strict_choice
from selector.decide.choice import Choice, as_stopped
from selector.decide.conclusion import Evidence, conclude, deficits_of, field, with_caveats
from selector.decide.rules import Rules
from selector.decide.scores import Missing, check_missing
from selector.decide.statistics import Posterior, posterior_of_means
from selector.decide.stopping import FUTILE, NEVER_BEST, at_a_look, chance_of_certifying
from selector.decide.text_metrics import Floats
from selector.decide.verdict_facts import Decision
from selector.errors import BadSetting
from selector.hub.candidate import Reason

FIRST = 40
"""Examples before the first look."""
BATCH = 20
DROP = 0.02
"""P(good enough) below which a model is dropped."""
DRAWS = 2000


class Race:
    """Says what to run next, until enough is known.

    ::

        race = Race(["small", "large"], {"small": 1, "large": 7}, n=600)
        while indices := race.next():
            for model in race.running:  # smallest first
                for index in indices:
                    race.record(model, index, score_of(model, index))
        race.decision.choice, race.saved
    """

    def __init__(
        self,
        models: Sequence[str],
        costs: Mapping[str, float | None],
        margin: float = 0.05,
        confidence: float = 0.95,
        seed: int = 0,
        n: int | None = None,
        *,
        missing: Missing = "wrong",
        bounds: tuple[float, float] = (0.0, 1.0),
        strict: bool = False,
        cost: str = "parameters",
    ) -> None:
        """Set up the race.

        Args:
            models: who runs, in any order.
            costs: for each model what it costs, in any unit, smaller is better; None: unknown, last.
            margin: how far behind the best mean score a model may be, in units of the scores.
            confidence: P(score >= best - margin) that certifies a model. Looking many times is allowed
                for: a look certifies at a higher probability than this.
            seed: of the order of the examples and of the posterior; a race resumes by recording the
                same scores into one with the same arguments.
            n: how many examples there are; they are run in a random order. None: 0, 1, 2 … without
                end, for examples that arrive already shuffled.
            missing: a score of None or NaN counts as the worst (``wrong``), or its example is left out
                for every model (``exclude``).
            bounds: the worst and the best score of an example.
            strict: stop on an anytime-valid test (see ``anytime``); takes twice the examples or more.
            cost: the name of the cost axis, for the reasons.

        Raises:
            BadSetting: an argument out of range.
        """
        self._rules = Rules(None, margin, confidence, cost, seed)
        self._rules.check_odds()
        check_missing(missing)
        if n is not None and n < 1:
            raise BadSetting(setting="n", value=n, allowed="1 or more")
        if not bounds[0] < bounds[1]:
            raise BadSetting(setting="bounds", value=str(bounds), allowed="low < high")
        self._field = field(tuple(models), costs)
        self._place = {name: i for i, name in enumerate(self._field.names)}
        self._missing, self._bounds, self._strict = missing, bounds, strict
        self._n = n
        self._order = None if n is None else np.random.default_rng(seed).permutation(n)
        self._scores: list[dict[int, float]] = [{} for _ in models]
        self._alive = list(range(len(self._field.names)))
        self._behind_when_dropped: dict[int, Floats] = {}
        self._asked = min(FIRST, n or FIRST)
        self._looked_at = 0
        self._given_up: set[int] = set()
        self._winner: int | None = None

    @property
    def running(self) -> tuple[str, ...]:
        """Models still in the race, smallest first."""
        return tuple(self._field.names[i] for i in self._alive)

    @property
    def evaluations(self) -> int:
        """Scores recorded so far, over all models."""
        return sum(len(scores) for scores in self._scores)

    @property
    def saved(self) -> float:
        """Share of all ``n`` times models evaluations that was not run; 0 when ``n`` is not known."""
        if self._n is None:
            return 0.0
        return 1 - self.evaluations / (self._n * len(self._scores))

    @property
    def seen(self) -> tuple[int, ...]:
        """Examples that every running model ran, in the order of the race, as far as it has looked."""
        return tuple(self._indices(self._looked_at or self._complete()))

    def next(self) -> tuple[int, ...]:
        """Indices that every model in ``running`` still has to run; empty when the race is over.

        The same indices are returned until a score is recorded for each of them and each model.
        """
        while True:
            if self._over():
                return ()
            waiting = self._waiting()
            if waiting:
                return waiting
            self._look()

    def _over(self) -> bool:
        return self._winner is not None or (self._n is not None and self._looked_at >= self._n)

    def _waiting(self) -> tuple[int, ...]:
        batch = self._indices(self._asked)
        return tuple(i for i in batch if any(i not in self._scores[m] for m in self._alive))

    def _indices(self, count: int) -> list[int]:
        return list(range(count)) if self._order is None else self._order[:count].tolist()

    def missing_for(self, model: str) -> tuple[int, ...]:
        """Indices of the current batch that this model has not run yet: where it goes on after a stop."""
        place = self._known(model)
        return tuple(i for i in self._waiting() if i not in self._scores[place])

    def record(self, model: str, index: int, score: float | None) -> None:
        """One model's score on one example; a second score replaces the first.

        Scores of dropped models and of examples not asked for are kept, in case they are.

        Raises:
            BadSetting: no such model or example, or a score out of bounds.
        """
        place = self._known(model)
        if index < 0 or (self._n is not None and index >= self._n):
            raise BadSetting(setting="index", value=index, allowed=f"0 … {(self._n or 0) - 1}")
        value = float("nan") if score is None else float(score)
        low, high = self._bounds
        if value < low or value > high:
            raise BadSetting(setting="score", value=value, allowed=f"{low} … {high}")
        self._scores[place][int(index)] = value

    def _known(self, model: str) -> int:
        if model not in self._place:
            known = ", ".join(self._field.names)
            raise BadSetting(setting="model", value=str(model), allowed=known[:200])
        return self._place[model]

    def _table(self, models: Sequence[int], count: int) -> tuple[Floats, int]:
        """Scores of ``models`` on the first ``count`` examples, and how many were left out."""
        batch = self._indices(count)
        values = np.array([[self._scores[m].get(i, np.nan) for m in models] for i in batch])
        if self._missing == "exclude":
            full = ~np.isnan(values).any(axis=1)
            return values[full], int((~full).sum())
        return np.where(np.isnan(values), self._bounds[0], values), 0

    def _posterior(self, models: Sequence[int], count: int) -> Posterior | None:
        values, _ = self._table(models, count)
        if not len(values):
            return None
        return posterior_of_means(values, self._bounds, None, DRAWS, self._rules.seed)

    def _look(self) -> None:
        self._looked_at = self._asked
        if self._strict:
            self._look_strictly()
        else:
            self._look_at_posterior()
        limit = self._asked + BATCH if self._n is None else self._n
        self._asked = min(self._asked + BATCH, limit)

    def _look_at_posterior(self) -> None:
        """Drop who is out, give up on who cannot be certified any more, and see who is certified."""
        last = self._n is not None and self._looked_at >= self._n
        sure = self._rules.confidence if last else at_a_look(self._rules.confidence)
        while True:
            joint = self._posterior(self._alive, self._looked_at)
            if joint is None:
                return
            behind = deficits_of(joint.compared)
            chances = (behind <= self._rules.margin).mean(axis=0)
            out = chances < DROP
            if self._n is not None:
                hopeless = self._hopeless(behind, chances)
                self._given_up |= set(np.array(self._alive)[hopeless].tolist())
                # Who cannot win is run on only while it may be the best, which others are held against.
                out |= hopeless & ((behind <= 0).mean(axis=0) < NEVER_BEST)
            if not out.any():
                break
            for model, gaps in zip(np.array(self._alive)[out], behind[:, out].T, strict=True):
                self._behind_when_dropped[int(model)] = gaps
            self._alive = [m for m, gone in zip(self._alive, out, strict=True) if not gone]
        for place, model in enumerate(self._alive):
            if chances[place] >= sure:
                self._winner = model
                return
            if model not in self._given_up:
                return

    def _hopeless(self, behind: Floats, chances: Floats) -> NDArray[np.bool_]:
        sure = self._rules.confidence
        if self._looked_at >= (self._n or 0):
            return np.asarray(chances < sure)
        shrink = math.sqrt(self._looked_at / (self._n or self._looked_at))
        power = chance_of_certifying(behind, self._rules.margin, sure, shrink)
        return np.asarray(power < FUTILE)

    def _look_strictly(self) -> None:
        values, _ = self._table(self._alive, self._looked_at)
        span = self._bounds[1] - self._bounds[0]
        choice = strict_choice(values, span, self._rules.margin, self._rules.confidence)
        if choice.decided:
            self._winner = self._alive[choice.position]

    @property
    def decision(self) -> Decision:
        """What is known from the batches that are complete; decided only when the race is over."""
        models = len(self._scores)
        count = self._looked_at or self._complete()
        joint = self._posterior(self._alive, count) if count else None
        if joint is None:
            even = np.random.default_rng(self._rules.seed).random((DRAWS, models))
            nothing = Evidence(np.zeros(models), even, even, 0)
            return conclude(self._field, nothing, self._rules, (), self._as_looked((0.5,) * models))
        compared, levels = np.empty((DRAWS, models)), np.empty((DRAWS, models))
        scores = np.empty(models)
        compared[:, self._alive], levels[:, self._alive] = joint.compared, joint.levels
        scores[self._alive] = joint.scores
        for model, gaps in self._behind_when_dropped.items():
            compared[:, model] = joint.compared.max(axis=1) - gaps
            own = self._posterior([model], self._run_of(model))
            if own is not None:
                levels[:, model], scores[model] = own.levels[:, 0], own.scores[0]
        chances = (deficits_of(compared) <= self._rules.margin).mean(axis=0)
        choice = self._as_looked(tuple(float(x) for x in chances))
        seen = Evidence(scores, compared, levels, joint.n)
        return with_caveats(
            conclude(self._field, seen, self._rules, (), choice), self._caveats(count)
        )

    def _complete(self) -> int:
        """How many examples from the start every running model has run."""
        batch = self._indices(self._asked)
        for count, index in enumerate(batch):
            if any(index not in self._scores[m] for m in self._alive):
                return count
        return len(batch)

    def _run_of(self, model: int) -> int:
        batch = self._indices(self._asked)
        return next((k for k, i in enumerate(batch) if i not in self._scores[model]), len(batch))

    def _as_looked(self, chances: tuple[float, ...]) -> Choice:
        return as_stopped(chances, self._winner, self._alive, self._rules.confidence)

    def _caveats(self, count: int) -> list[Reason]:
        if self._missing == "exclude":
            left_out = self._table(self._alive, count)[1]
            told = Reason("caveat.excluded_examples", {"count": left_out, "n": count})
            return [told] if left_out else []
        found = []
        for name, scores in zip(self._field.names, self._scores, strict=True):
            if holes := sum(np.isnan(x) for x in scores.values()):
                facts: dict[str, Any] = {"ref": name, "count": int(holes), "n": len(scores)}
                found.append(Reason("caveat.missing_scores", facts))
        return found
