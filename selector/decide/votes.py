# SPDX-License-Identifier: Apache-2.0
"""Blind votes: which of two outputs is better, for what no metric can judge.

Pairs are shown without names, sides at random. All pairs get a few votes first; then the two that may
be the best meet. The score of a model is its mean chance to win against each of the others
(``bradley_terry``), so a margin of 0.05 is 5 points of win rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from selector.decide.answers import Noise
from selector.decide.bradley_terry import fit, win_rates
from selector.decide.choice import Choice, choose
from selector.decide.conclusion import Evidence, conclude, deficits_of, field
from selector.decide.rules import Rules
from selector.decide.stopping import at_a_look
from selector.decide.text_metrics import Floats
from selector.decide.verdict_facts import Decision
from selector.errors import BadSetting, DataEmpty
from selector.hub.candidate import Reason

MOST_MODELS = 4
"""More than four cannot be told apart with the patience of one person."""
EACH_PAIR = 3
"""Votes of every pair before any pair is preferred."""
BUDGET = 80
LOOK_EVERY = 5
DROP = 0.02
DRAWS = 2000
WRONG_VOTES = (2.0, 18.0)
"""Beta prior of the share of votes that the same person would not repeat: 10 % expected."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One comparison; ``said`` is the share of a win that went to ``left``, None when skipped."""

    item: int
    left: int
    right: int
    said: float | None


class VoteQueue:
    """Asks for one blind vote at a time.

    ::

        votes = VoteQueue(["small", "large"], prompts)
        while (shown := votes.next()) is not None:
            item, left, right = shown  # show the outputs of both for this item, not their names
            votes.vote("left")  # or "right", "tie", "skip", or the name of the better model
        votes.decision.choice, votes.best

    About one vote in ten repeats an earlier one, sides at random, to learn how sure the person is.
    """

    def __init__(
        self,
        models: Sequence[str],
        items: Sequence[Any] | int,
        margin: float = 0.05,
        confidence: float = 0.95,
        seed: int = 0,
        *,
        costs: Mapping[str, float | None] | None = None,
        budget: int = BUDGET,
        repeats: float = 0.1,
        cost: str = "parameters",
    ) -> None:
        """Set up the queue.

        Args:
            models: two to four names, in any order.
            items: what was given to the models, in any modality, or how many there are; ``next``
                gives one of them back (its number when only their count is known).
            margin: how far behind the best win rate a model may be: 0.05 is 5 points.
            confidence: P(win rate >= best - margin) that certifies a model.
            seed: of pairs, sides, items and draws.
            costs: for each model what it costs, smaller is better; the decision is then for the
                smallest good enough one. None: all cost the same, and it is for the best.
            budget: votes at most.
            repeats: share of votes that repeat an earlier one; 0 trusts every vote.
            cost: the name of the cost axis, for the reasons.

        Raises:
            BadSetting: an argument out of range, or not two to four models.
            DataEmpty: no items.
        """
        self._rules = Rules(None, margin, confidence, cost, seed)
        self._rules.check_odds()
        if not 2 <= len(models) <= MOST_MODELS:
            raise BadSetting(setting="models", value=len(models), allowed=f"2 … {MOST_MODELS}")
        if budget < 1 or not 0 <= repeats <= 0.5:
            raise BadSetting(setting="budget", value=f"{budget}, {repeats}", allowed="1 …, 0 … 0.5")
        self._items = range(int(items)) if isinstance(items, int | np.integer) else items
        if not len(self._items):
            raise DataEmpty(name="items")
        self._frugal = costs is not None
        self._field = field(tuple(models), costs or dict.fromkeys(models, 1.0))
        self._budget, self._repeats = budget, repeats
        self._rng = np.random.default_rng(seed)
        self._pairs = tuple(combinations(range(len(models)), 2))
        # Each pair meets on every item before it meets on one again.
        self._decks = {
            pair: self._rng.permutation(len(self._items)).tolist() for pair in self._pairs
        }
        self._votes: list[Vote] = []
        self._pending: tuple[int, int, int] | None = None
        self._choice: Choice | None = None

    @property
    def votes(self) -> int:
        """Votes given so far, repeats included, skipped ones not."""
        return sum(vote.said is not None for vote in self._votes)

    def next(self) -> tuple[Any, str, str] | None:
        """The item and the two models to show, left and right; None when decided or out of budget.

        Asking twice changes nothing.
        """
        decided = self._choice is not None and self._choice.decided
        if decided or self.votes >= self._budget or len(self._votes) >= 3 * self._budget:
            return None
        if self._pending is None:
            item, *pair = self._repeat() or self._fresh()
            if self._rng.random() < 0.5:
                pair.reverse()
            self._pending = (item, pair[0], pair[1])
        item, left, right = self._pending
        return self._items[item], self._field.names[left], self._field.names[right]

    def vote(self, said: str | None) -> None:
        """The person's vote on what ``next`` gave.

        Args:
            said: ``left``, ``right``, ``tie``, the name of one of the two models, or ``skip`` (None
                too): cannot tell, which counts for nothing.

        Raises:
            BadSetting: none of these, or nothing was asked.
        """
        if self._pending is None:
            raise BadSetting(setting="vote", value=str(said), allowed="after next()")
        item, left, right = self._pending
        names = self._field.names
        meaning: dict[str | None, float | None] = {
            names[left]: 1.0,
            names[right]: 0.0,
            "left": 1.0,
            "right": 0.0,
            "tie": 0.5,
            "skip": None,
            None: None,
        }
        if said not in meaning:
            allowed = ", ".join(str(x) for x in meaning if x is not None)
            raise BadSetting(setting="vote", value=str(said)[:80], allowed=allowed)
        self._votes.append(Vote(item, left, right, meaning[said]))
        self._pending = None
        self._look_if_due()

    def undo(self) -> bool:
        """Take the last vote back; the same pair is shown again. False when there is none."""
        if not self._votes:
            return False
        last = self._votes.pop()
        self._pending = (last.item, last.left, last.right)
        self._choice = None
        return True

    def _fresh(self) -> tuple[int, int, int]:
        counts = self._counts()
        least = min(counts.values())
        if least < EACH_PAIR:
            few = [pair for pair in self._pairs if counts[pair] == least]
            pair = few[int(self._rng.integers(len(few)))]
        else:
            pair = self._top_two()
        deck = self._decks[pair]
        deck.append(deck.pop(0))
        return deck[-1], *pair

    def _repeat(self) -> tuple[int, int, int] | None:
        keys = [self._key(vote) for vote in self._votes if vote.said is not None]
        once = [key for key in dict.fromkeys(keys) if keys.count(key) == 1]
        enough = len(once) >= EACH_PAIR * len(self._pairs)
        if not enough or self._rng.random() >= self._repeats:
            return None
        return once[int(self._rng.integers(len(once)))]

    def _counts(self) -> dict[tuple[int, int], int]:
        counts = dict.fromkeys(self._pairs, 0)
        for vote in self._votes:
            counts[self._key(vote)[1:]] += 1
        return counts

    @staticmethod
    def _key(vote: Vote) -> tuple[int, int, int]:
        return vote.item, min(vote.left, vote.right), max(vote.left, vote.right)

    def _top_two(self) -> tuple[int, int]:
        """Two models that are the best in two draws of the strengths (Russo 2016, top-two Thompson)."""
        drawn, chances = self._drawn()
        alive = np.flatnonzero(chances >= DROP)
        if len(alive) < 2:
            alive = np.argsort(-chances)[:2]
        tops = alive[drawn[:, alive].argmax(axis=1)]
        first = int(tops[0])
        second = next((int(x) for x in tops if x != first), None)
        if second is None:
            second = int(max((x for x in alive if x != first), key=lambda x: chances[x]))
        return min(first, second), max(first, second)

    def _noise(self) -> Noise:
        noise = Noise(WRONG_VOTES)
        first: dict[tuple[int, int, int], float] = {}
        for vote in self._votes:
            if vote.said is None:
                continue
            key = self._key(vote)
            mine = vote.said if vote.left < vote.right else 1 - vote.said
            if key in first:
                noise.see(mine == first[key])
            first[key] = mine
        return noise

    def wins(self) -> Floats:
        """How often each model won against each other one, ties as half wins: shape (models, models).

        Models in order of cost. The votes on one item and pair share one win, so that a repeat adds
        certainty about the person and not about the models.
        """
        said: dict[tuple[int, int, int], list[float]] = {}
        for vote in self._votes:
            if vote.said is not None:
                mine = vote.said if vote.left < vote.right else 1 - vote.said
                said.setdefault(self._key(vote), []).append(mine)
        models = len(self._field.names)
        found = np.zeros((models, models))
        for (_, a, b), shares in said.items():
            share = sum(shares) / len(shares)
            found[a, b] += share
            found[b, a] += 1 - share
        return found

    def _drawn(self) -> tuple[Floats, Floats]:
        """Joint draws of the win rates, shape (draws, models), and P(good enough)."""
        # A generator of its own: looking at ``decision`` changes no later question.
        rng = np.random.default_rng([self._rules.seed, len(self._votes)])
        mode, covariance = fit(self.wins())
        rates = win_rates(rng.multivariate_normal(mode, covariance, DRAWS))
        if self._repeats:
            # Wrong votes pull every win rate towards one half.
            stretch = self._noise().stretch(DRAWS, rng)
            rates = np.clip(0.5 + (rates - 0.5) * stretch, 0.0, 1.0)
        return rates, (deficits_of(rates) <= self._rules.margin).mean(axis=0)

    def _look_if_due(self) -> None:
        if self.votes % LOOK_EVERY or min(self._counts().values()) < EACH_PAIR:
            return
        rates, _ = self._drawn()
        choice = self._chosen(rates)
        if choice.decided:
            self._choice = choice

    def _chosen(self, rates: Floats) -> Choice:
        margin, confidence = self._rules.margin, at_a_look(self._rules.confidence)
        choice = choose(deficits_of(rates), margin, confidence)
        if self._frugal:
            return choice
        # Without costs nobody is smaller than anybody: the one who is ahead, once it is sure.
        chances = choice.probabilities
        first = max(range(len(chances)), key=lambda i: (chances[i], -i))
        sure = chances[first] >= confidence
        return Choice(sure, first, (), () if sure else (first,), chances)

    @property
    def best(self) -> str:
        """The model with the highest expected win rate; ties: the smallest."""
        return self._field.names[int(np.argmax(fit(self.wins())[0]))]

    @property
    def decision(self) -> Decision:
        """What is known now; decided only by a look, one every few votes."""
        rates, _ = self._drawn()
        choice = self._choice
        if choice is None:
            found = self._chosen(rates)
            open_models = found.open or (found.position,)
            choice = Choice(
                False, found.position, found.ruled_out, open_models, found.probabilities
            )
        expected = win_rates(fit(self.wins())[0][None, :])[0]
        seen = Evidence(expected, rates, rates, self.votes)
        told = self._noise().caveats()
        if self.votes >= self._budget and not choice.decided:
            told.append(Reason("caveat.budget_spent", {"budget": self._budget}))
        return conclude(self._field, seen, self._rules, told, choice)
