# SPDX-License-Identifier: Apache-2.0
"""Few labels: which inputs to ask the person about, and when enough is known.

All models have answered all inputs; nobody has labelled them. Only inputs on which the models still in
the race differ are asked about, most eagerly those on which probable winners differ (``pool``). The
scores compared are those on exactly these inputs: once everything contested is labelled, the answer
is certain.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from selector.decide.answers import Answers, Noise, hole_caveats, noise_of
from selector.decide.choice import Choice, as_stopped, choose
from selector.decide.conclusion import Evidence, conclude, deficits_of, field
from selector.decide.pool import (
    Eagerness,
    agreement,
    contested,
    disagreement,
    draws_of_scores,
    relevance,
)
from selector.decide.rules import Rules
from selector.decide.scores import Missing
from selector.decide.stopping import (
    FUTILE,
    NEVER_BEST,
    certify_from,
    chance_of_certifying,
    drop_below,
    shrinking,
)
from selector.decide.text_metrics import Floats
from selector.decide.verdict_facts import Decision
from selector.errors import BadSetting
from selector.hub.candidate import Reason

FIRST_LOOK = 20
"""Labels before the first look: fewer decide next to nothing."""
LOOK_EVERY = 5
PATIENCE = 50
"""A model that so many more labels will hardly certify is given up."""
DRAWS = 2000
_FEW = 20
"""Models up to which looks take all draws; with more a step would last too long to be felt as none."""
_QUICK = 300
"""Draws that choose the next question."""
_GREED = 2.0
"""Power of the disagreement that a question's probability is proportional to."""
_UNIFORM_FIRST, _UNIFORM = 0.1, 0.3
"""Share of questions drawn without regard to the disagreement, before the first look and from then on.

Few make ``best`` quick; more keep any one answer from standing for too many inputs, which certificates
built on it would suffer from (measured: three times the false claims with 0.1 throughout).
"""
_REPEAT_AFTER = 12


class LabelQueue:
    """Asks for one label at a time until the smallest good enough model is known.

    ::

        queue = LabelQueue({"small": ["a", "b", …], "large": ["a", "a", …]}, {"small": 1, "large": 7})
        while (index := queue.next()) is not None:
            queue.answer(index, label_of(index))
        queue.decision.choice

    ``next`` may return an index that was answered before: a hidden repeat, from which the person's own
    share of wrong labels is learned (``repeats``). Equal seeds and equal answers give equal questions.
    """

    def __init__(
        self,
        predictions: Mapping[str, Sequence[Hashable | None]],
        costs: Mapping[str, float | None],
        margin: float = 0.05,
        confidence: float = 0.95,
        seed: int = 0,
        *,
        missing: Missing = "wrong",
        repeats: float = 0.05,
        stop: bool = True,
        cost: str = "parameters",
    ) -> None:
        """Set up the queue.

        Args:
            predictions: for each model its label for each input, shape (n,), all models on the same
                inputs in the same order; text, numbers or numpy scalars. None, NaN and "" are no answer.
            costs: for each model what it costs, in any unit, smaller is better; None: unknown, last.
            margin: how far behind the best accuracy a model may be: 0.05 is 5 points.
            confidence: P(accuracy >= best - margin) that certifies a model.
            seed: of everything random.
            missing: no answer counts as ``wrong``, or its input is left out for every model (``exclude``).
            repeats: share of questions that repeat an answered one; 0 trusts every label.
            stop: False goes on asking after the certificate, as long as anything is contested:
                to find the best model rather than the smallest good enough one.
            cost: the name of the cost axis, for the reasons.

        Raises:
            BadSetting: an argument out of range, or models that differ in their number of inputs.
            DataEmpty: no inputs.
        """
        self._rules = Rules(None, margin, confidence, cost, seed)
        self._rules.check_odds()
        if not 0 <= repeats <= 0.5:
            raise BadSetting(setting="repeats", value=repeats, allowed="0 … 0.5")
        self._field = field(tuple(predictions), costs)
        self._answers = Answers(self._field.names, predictions, missing)
        self._repeats, self._stop = repeats, stop
        n, models = self._answers.codes.shape
        self._rng = np.random.default_rng(seed)
        self._alive: NDArray[np.int64] = np.arange(models)
        self._usable = self._answers.usable.copy()
        self._said: dict[int, list[Hashable | None]] = {}
        self._rows: dict[int, Floats] = {}
        self._eager = Eagerness(n)
        self._volunteered: set[int] = set()
        self._history: list[tuple[int, bool]] = []
        self._noise = Noise()
        self._behind_when_dropped: dict[int, Floats] = {}
        self._weights = np.full(models, 1 / models)
        self._pending: list[int] = []
        self._choice: Choice | None = None
        self._looked_at = 0
        self._contested = self._find_contested()
        self._look_if_due()

    @property
    def labels(self) -> int:
        """Questions answered so far, repeats included."""
        return len(self._history)

    @property
    def open(self) -> int:
        """Inputs on which the models still in the race differ and that are not labelled yet."""
        return int(self._unasked().sum())

    @property
    def running(self) -> tuple[str, ...]:
        """Models still in the race, smallest first."""
        return tuple(self._field.names[i] for i in self._alive)

    def choices(self, index: int) -> tuple[Hashable, ...]:
        """The different answers of all models to one input, the most frequent first."""
        return self._answers.distinct(self._valid(index), range(len(self._field.names)))

    def next(self) -> int | None:
        """The input to label next; None when there is nothing left to ask. Asking twice changes nothing."""
        return next(iter(self.next_batch(1)), None)

    def next_batch(self, count: int) -> tuple[int, ...]:
        """Up to ``count`` inputs to label next, for who labels several at once; none when it is over.

        One at a time is best: every answer makes the next question a better one.
        """
        if self._choice is not None and self._choice.decided and self._stop:
            return ()
        while len(self._pending) < count and (index := self._draw()) is not None:
            self._pending.append(index)
        return tuple(self._pending[:count])

    def _draw(self) -> int | None:
        again = [
            i
            for i, said in self._said.items()
            if self._contested[i] and len(said) == 1 and i not in self._pending
        ]
        if (
            self._repeats
            and len(self._history) >= _REPEAT_AFTER
            and again
            and self._rng.random() < self._repeats
        ):
            return int(again[self._rng.integers(len(again))])
        unasked = self._unasked()
        unasked[self._pending] = False
        if not unasked.any():
            return None
        values = self._values(unasked)
        chances = np.where(unasked, values, 0.0)
        index = int(self._rng.choice(len(values), p=chances / chances.sum()))
        self._eager.asked(values, unasked)
        return index

    def _values(self, unasked: NDArray[np.bool_]) -> Floats:
        codes = self._answers.codes[:, self._alive]
        values = np.where(self._contested, disagreement(codes, self._weights) ** _GREED, 0.0)
        total = values[unasked].sum()
        even = self._contested / unasked.sum()
        if total <= 0:
            return np.asarray(even)
        floor = _UNIFORM_FIRST if len(self._said) < FIRST_LOOK else _UNIFORM
        return np.asarray((1 - floor) * values / total + floor * even)

    def answer(self, index: int, label: Hashable | None) -> None:
        """The person says that ``label`` is right for input ``index``; None: none of the answers is.

        Any input may be answered, asked or not. A second answer to the same input counts half, as the
        first one does, and says how sure the labels are.

        Raises:
            BadSetting: there is no such input.
        """
        index = self._valid(index)
        known = self._said.setdefault(index, [])
        if known:
            self._noise.see(
                bool((self._right(index, label) == self._right(index, known[-1])).all())
            )
        elif index not in self._pending:
            self._volunteered.add(index)
        known.append(label)
        self._set_row(index)
        self._history.append((index, False))
        self._asked(index)
        self._after()

    def skip(self, index: int) -> None:
        """The person cannot tell: the input leaves the pool. Raises BadSetting for no such input."""
        index = self._valid(index)
        self._asked(index)
        if index in self._said:  # a repeat that was skipped: the first answer stands
            return
        self._usable[index] = False
        self._history.append((index, True))
        self._contested = self._find_contested()
        self._after()

    def undo(self) -> int | None:
        """Take the last answer or skip back; the input is asked again. None when there is none."""
        if not self._history:
            return None
        index, skipped = self._history.pop()
        if skipped:
            self._usable[index] = True
        else:
            self._said[index].pop()
            if not self._said[index]:
                del self._said[index]
            else:
                self._set_row(index)
                self._noise = noise_of(self._said, self._right)
        self._look_back()  # a model may have been dropped because of that answer
        self._pending = [index, *(i for i in self._pending if i != index)]
        self._volunteered.discard(index)
        return index

    def change_margin(self, margin: float) -> None:
        """Decide by another margin, from the same answers. Raises BadSetting."""
        self._rules = replace(self._rules, margin=margin)
        self._rules.check_odds()
        self._look_back()

    def _look_back(self) -> None:
        self._alive = np.arange(len(self._field.names))
        self._behind_when_dropped.clear()
        self._choice, self._looked_at = None, 0
        self._contested = self._find_contested()
        self._after()

    def _asked(self, index: int) -> None:
        if index in self._pending:
            self._pending.remove(index)

    def _set_row(self, index: int) -> None:
        """Which models are right on one input, as a share of what was said about it."""
        said = [self._right(index, label) for label in self._said[index]]
        self._rows[index] = np.mean(said, axis=0)

    def _valid(self, index: int) -> int:
        n = len(self._answers.codes)
        if not 0 <= index < n:
            raise BadSetting(setting="index", value=index, allowed=f"0 … {n - 1}")
        return int(index)

    def _right(self, index: int, label: Hashable | None) -> Floats:
        return self._answers.right(index, label)

    def _find_contested(self) -> NDArray[np.bool_]:
        return np.asarray(contested(self._answers.codes, self._alive) & self._usable)

    def _unasked(self) -> NDArray[np.bool_]:
        unasked: NDArray[np.bool_] = self._contested.copy()
        unasked[list(self._said)] = False
        return unasked

    def _after(self) -> None:
        self._look_if_due()
        # An input that no survivor differs on any more need not be asked about.
        self._pending = [i for i in self._pending if self._contested[i]]
        if len(self._alive) > 1 and self._said:
            drawn = self._draws(_QUICK)
            self._weights = relevance(deficits_of(drawn), self._rules.margin)

    def _draws(self, draws: int) -> Floats:
        """Joint draws of the scores of the models in the race, up to a common level."""
        # A generator of its own: looking at ``best`` or ``decision`` changes no later question.
        rng = np.random.default_rng([self._rules.seed, draws, len(self._history)])
        asked = [i for i in self._said if self._contested[i]]
        right = np.array([self._rows[i] for i in asked]).reshape(len(asked), len(self._field.names))
        stands_for = self._eager.stands_for()[asked]
        stands_for[[i in self._volunteered for i in asked]] = 0.0
        drawn = draws_of_scores(
            right[:, self._alive],
            stands_for,
            self.open,
            int(self._usable.sum()),
            draws,
            rng,
        )
        return drawn * self._noise.stretch(draws, rng) if self._repeats else drawn

    def _how_far(self) -> tuple[int, bool]:
        return len(self._said.keys() - self._volunteered), not self._unasked().any()

    def _look_if_due(self) -> None:
        asked, exhausted = self._how_far()
        if self._choice is not None and self._choice.decided and not exhausted:
            return
        due = asked >= FIRST_LOOK and asked - self._looked_at >= LOOK_EVERY
        if not (due or exhausted):
            return
        self._looked_at = asked
        while True:
            behind = deficits_of(self._draws(DRAWS if len(self._alive) <= _FEW else DRAWS // 2))
            chances = (behind <= self._rules.margin).mean(axis=0)
            out = (chances < drop_below(asked)) | self._hopeless(behind)
            if not out.any():
                break
            for model, gaps in zip(self._alive[out], behind[:, out].T, strict=True):
                self._behind_when_dropped[int(model)] = gaps
            self._alive = self._alive[~out]
            self._weights = np.full(len(self._alive), 1 / len(self._alive))
            self._contested = self._find_contested()
        sure = certify_from(self._rules.confidence, None if exhausted else asked)
        self._choice = choose(behind, self._rules.margin, sure)

    def _hopeless(self, behind: Floats) -> NDArray[np.bool_]:
        """Models that some more labels will not certify, and that nobody needs to be held against."""
        asked = len(self._said)
        shrink = shrinking(asked, asked + PATIENCE, asked + self.open)
        power = chance_of_certifying(behind, self._rules.margin, self._rules.confidence, shrink)
        best = (behind <= 0).mean(axis=0)
        return np.asarray((power < FUTILE) & (best < NEVER_BEST))

    @property
    def best(self) -> str:
        """The model that is most probably the most accurate one, as far as is known; ties: the smallest."""
        if not self._said:
            # Nothing but the models' own answers: who agrees most with the others.
            return self._field.names[int(np.argmax(agreement(self._answers.codes)))]
        return self._field.names[int(self._alive[int(np.argmax(self._expected()))])]

    def _expected(self) -> Floats:
        return np.asarray(self._draws(DRAWS).mean(axis=0))

    @property
    def decision(self) -> Decision:
        """What is known now. Decided only by a look: one every few labels, or when all is labelled."""
        models = len(self._field.names)
        drawn = self._draws(DRAWS)
        top = drawn.max(axis=1)
        compared = np.empty((DRAWS, models))
        compared[:, self._alive] = drawn
        for model, gaps in self._behind_when_dropped.items():
            compared[:, model] = top - gaps
        good = (deficits_of(compared) <= self._rules.margin).mean(axis=0)
        choice = self._as_looked(tuple(good.tolist()))
        seen = Evidence(compared.mean(axis=0), compared, None, len(self._said))
        # What is said to be missing is what a look would take now.
        asked, exhausted = self._how_far()
        sure = certify_from(self._rules.confidence, None if exhausted else max(1, asked))
        rules = self._rules if choice.decided else replace(self._rules, confidence=sure)
        found = conclude(self._field, seen, rules, self._caveats(), choice)
        looked = asked >= FIRST_LOOK or exhausted
        return found if looked else replace(found, supported_margin=None)

    def _as_looked(self, chances: tuple[float, ...]) -> Choice:
        winner = None
        if self._choice is not None and self._choice.decided:
            winner = int(self._alive[self._choice.position])
        return as_stopped(chances, winner, [int(i) for i in self._alive], self._rules.confidence)

    def _caveats(self) -> list[Reason]:
        excluded = len(self._answers.codes) - int(self._answers.usable.sum())
        found = hole_caveats(self._answers, self._field.names, excluded)
        if skipped := sum(skipped for _, skipped in self._history):
            found.append(Reason("caveat.skipped_inputs", {"count": skipped}))
        if none := sum(not self._right(i, said[-1]).any() for i, said in self._said.items()):
            found.append(Reason("caveat.none_of_these", {"count": none, "n": len(self._said)}))
        return found + self._noise.caveats()
