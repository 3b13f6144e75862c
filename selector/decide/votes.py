# SPDX-License-Identifier: Apache-2.0
"""Blind votes: which of two outputs is better, for what no metric can judge.

Pairs are shown without names, sides at random. All pairs get a few votes first; then the two that may
be the best meet. The score of a model is its mean chance to win against each of the others
(``bradley_terry``), so a margin of 0.05 is 5 points of win rate.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
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
        outputs: Mapping[str, Sequence[Hashable | None]] | None = None,
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
            outputs: for each model what it gave for each item. Where two gave the same, the item is a
                tie between them that nobody is asked about.

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
        self._pairs = tuple(combinations(range(len(models)), 2))
        self._decks = self._shuffled(outputs)
        n = len(self._items)
        self._settled = np.zeros((len(models), len(models)))
        for (a, b), deck in self._decks.items():
            self._settled[a, b] = self._settled[b, a] = 1 - len(deck) / n
        self._votes: list[Vote] = []
        self._choice: Choice | None = None
        if not any(self._decks.values()):  # all gave the same everywhere
            self._choice = self._chosen(self._drawn()[0])

    def _shuffled(
        self, outputs: Mapping[str, Sequence[Hashable | None]] | None
    ) -> dict[tuple[int, int], list[int]]:
        """Of each pair the items on which it differs, in the order in which it meets on them."""
        rng = np.random.default_rng(self._rules.seed)
        names, n = self._field.names, len(self._items)
        found = {}
        for a, b in self._pairs:
            order = rng.permutation(n).tolist()
            if outputs is not None:
                one, two = outputs[names[a]], outputs[names[b]]
                if len(one) != n or len(two) != n:
                    raise BadSetting(setting="outputs", value=len(one), allowed=str(n))
                order = [i for i in order if one[i] != two[i]]
            found[a, b] = order
        return found

    @property
    def votes(self) -> int:
        """Votes given so far, repeats included, skipped ones not."""
        return sum(vote.said is not None for vote in self._votes)

    @property
    def budget(self) -> int:
        """Votes at most."""
        return self._budget

    @property
    def running(self) -> tuple[str, ...]:
        """Models that may still be the answer, in order of cost."""
        _, chances = self._drawn()
        kept = [n for n, x in zip(self._field.names, chances, strict=True) if x >= DROP]
        return tuple(kept) or (self.best,)

    def next(self) -> tuple[Any, str, str] | None:
        """The item and the two models to show, left and right.

        None when it is decided, out of budget, or every pair has met on every item it differs on.
        Asking twice changes nothing: what is asked follows from the votes given so far alone.
        """
        asked = self._asked()
        if asked is None:
            return None
        item, left, right = asked
        return self._items[item], self._field.names[left], self._field.names[right]

    def next_index(self) -> tuple[int, str, str] | None:
        """As ``next``, with the number of the item."""
        asked = self._asked()
        return asked and (asked[0], self._field.names[asked[1]], self._field.names[asked[2]])

    def _asked(self) -> tuple[int, int, int] | None:
        decided = self._choice is not None and self._choice.decided
        if decided or self.votes >= self._budget or len(self._votes) >= 3 * self._budget:
            return None
        rng = np.random.default_rng([self._rules.seed, 1, len(self._votes)])
        found = self._repeat(rng) or self._fresh(rng)
        if found is None:
            return None
        item, *pair = found
        if rng.random() < 0.5:
            pair.reverse()
        return item, pair[0], pair[1]

    def vote(self, said: str | None) -> None:
        """The person's vote on what ``next`` gave.

        Args:
            said: ``left``, ``right``, ``tie``, the name of one of the two models, or ``skip`` (None
                too): cannot tell, which counts for nothing.

        Raises:
            BadSetting: none of these, or nothing was asked.
        """
        asked = self.next_index()
        if asked is None:
            raise BadSetting(setting="vote", value=str(said), allowed="after next()")
        self.record(*asked, said)

    def record(self, item: int, left: str, right: str, said: str | None) -> None:
        """A vote on any item and pair, asked for or not (one of an earlier session). As ``vote``.

        Raises:
            BadSetting: no such item or model, or ``said`` is nothing that ``vote`` takes.
        """
        names = self._field.names
        if not 0 <= item < len(self._items):
            raise BadSetting(setting="item", value=item, allowed=f"0 … {len(self._items) - 1}")
        for name in (left, right):
            if name not in names or left == right:
                raise BadSetting(setting="model", value=str(name)[:80], allowed=", ".join(names))
        meaning: dict[str | None, float | None] = {
            left: 1.0,
            right: 0.0,
            "left": 1.0,
            "right": 0.0,
            "tie": 0.5,
            "skip": None,
            None: None,
        }
        if said not in meaning:
            allowed = ", ".join(str(x) for x in meaning if x is not None)
            raise BadSetting(setting="vote", value=str(said)[:80], allowed=allowed)
        places = names.index(left), names.index(right)
        self._votes.append(Vote(int(item), *places, meaning[said]))
        self._look_if_due()

    def undo(self) -> bool:
        """Take the last vote back; the same pair is shown again. False when there is none."""
        if not self._votes:
            return False
        self._votes.pop()
        self._choice = None
        return True

    def _open(self, pair: tuple[int, int]) -> list[int]:
        met = {vote.item for vote in self._votes if self._key(vote)[1:] == pair}
        return [item for item in self._decks[pair] if item not in met]

    def _enough(self, pair: tuple[int, int]) -> int:
        """Votes of a pair before any other is preferred."""
        return min(EACH_PAIR, len(self._decks[pair]))

    def _fresh(self, rng: np.random.Generator) -> tuple[int, int, int] | None:
        counts = self._counts()
        left = [pair for pair in self._pairs if self._open(pair)]
        if not left:
            return None
        short = [pair for pair in left if counts[pair] < self._enough(pair)]
        if short:
            least = min(counts[pair] for pair in short)
            few = [pair for pair in short if counts[pair] == least]
            pair = few[int(rng.integers(len(few)))]
        else:
            pair = self._top_two()
            if pair not in left:
                pair = left[int(rng.integers(len(left)))]
        return self._open(pair)[0], *pair

    def _repeat(self, rng: np.random.Generator) -> tuple[int, int, int] | None:
        keys = [self._key(vote) for vote in self._votes if vote.said is not None]
        once = [key for key in dict.fromkeys(keys) if keys.count(key) == 1]
        enough = len(once) >= EACH_PAIR * len(self._pairs)
        if not enough or rng.random() >= self._repeats:
            return None
        return once[int(rng.integers(len(once)))]

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

    def judged(self, model: str) -> int:
        """Votes that a model took part in."""
        place = self._field.names.index(model)
        said = [vote for vote in self._votes if vote.said is not None]
        return sum(place in {vote.left, vote.right} for vote in said)

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
        rates = win_rates(rng.multivariate_normal(mode, covariance, DRAWS), self._settled)
        if self._repeats:
            # Wrong votes pull every win rate towards one half.
            stretch = self._noise().stretch(DRAWS, rng)
            rates = np.clip(0.5 + (rates - 0.5) * stretch, 0.0, 1.0)
        return rates, (deficits_of(rates) <= self._rules.margin).mean(axis=0)

    def _look_if_due(self) -> None:
        counts = self._counts()
        if self.votes % LOOK_EVERY or any(counts[x] < self._enough(x) for x in self._pairs):
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
        return self._field.names[int(np.argmax(win_rates(fit(self.wins())[0][None, :])[0]))]

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
        expected = win_rates(fit(self.wins())[0][None, :], self._settled)[0]
        seen = Evidence(expected, rates, rates, self.votes)
        told = self._noise().caveats()
        if skipped := len(self._votes) - self.votes:
            told.append(Reason("caveat.skipped_votes", {"count": skipped}))
        if self._settled.any():
            pairs = [self._settled[pair] for pair in self._pairs]
            told.append(Reason("caveat.same_outputs", {"share": float(np.mean(pairs))}))
        if self.votes >= self._budget and not choice.decided:
            told.append(Reason("caveat.budget_spent", {"budget": self._budget}))
        # What is said to be missing is what a look would take.
        sure = at_a_look(self._rules.confidence)
        rules = self._rules if choice.decided else replace(self._rules, confidence=sure)
        return conclude(self._field, seen, rules, told, choice)
