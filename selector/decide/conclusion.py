# SPDX-License-Identifier: Apache-2.0
"""From joint draws to a Decision that stands alone: what ``decide``, the queues and the race share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from selector.decide.choice import Choice, choose, more_examples, spread_of, supported_margin
from selector.decide.rules import Rules
from selector.decide.statistics import interval
from selector.decide.text_metrics import Floats
from selector.decide.verdict_facts import Decision, Score
from selector.decide.wording import beaten, why
from selector.errors import BadSetting
from selector.hub.candidate import Reason


@dataclass(frozen=True, slots=True)
class Field:
    """The models in order of cost, the smallest first."""

    names: tuple[str, ...]
    costs: tuple[float, ...]
    """NaN where unknown; those come last."""


def field(names: Sequence[str], costs: Mapping[str, float | None]) -> Field:
    """Order models by cost; equal and unknown costs keep the order given.

    Raises:
        BadSetting: no model, one named twice, or a cost for a model that does not take part.
    """
    if not names:
        raise BadSetting(setting="models", value=0, allowed="one or more")
    if len(set(names)) != len(names):
        raise BadSetting(setting="models", value="twice the same", allowed="each once")
    if strange := [name for name in costs if name not in set(names)]:
        raise BadSetting(setting="costs", value=str(strange[0]), allowed=", ".join(names[:20]))
    known = {name: costs.get(name) for name in names}
    prices = {name: np.nan if x is None else float(x) for name, x in known.items()}
    order = sorted(names, key=lambda name: (np.isnan(prices[name]), prices[name]))
    return Field(tuple(order), tuple(prices[name] for name in order))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen of a field; shapes (models,) and (draws, models) in the order of the field."""

    scores: Floats
    """Observed or expected scores; only differences matter when ``levels`` is None."""
    compared: Floats
    levels: Floats | None
    """Draws for the interval of each score; None when levels are not known, only differences."""
    n: int


def conclude(
    entered: Field,
    seen: Evidence,
    rules: Rules,
    caveats: Sequence[Reason] = (),
    choice: Choice | None = None,
    more: bool = True,
) -> Decision:
    """The decision on what was seen.

    Args:
        entered: the models in order of cost.
        seen: their scores and joint draws.
        rules: margin, confidence and the name of the cost axis.
        caveats: to be carried along.
        choice: where another rule than ``choose`` decided (a race that was stopped, a strict test).
        more: whether to say how many more examples would decide.
    """
    behind = deficits_of(seen.compared)
    made = choice or choose(behind, rules.margin, rules.confidence)
    best = int(np.argmax(seen.scores))
    scores = {name: _score(name, seen, made, best, i) for i, name in enumerate(entered.names)}
    wanted = None
    if more and not made.decided and seen.n:
        open_models = made.open or (made.position,)
        wanted = more_examples(behind, rules.margin, rules.confidence, seen.n, open_models)
    prices = [None if np.isnan(x) else x for x in entered.costs]
    unknown = [n for n, x in zip(entered.names, prices, strict=True) if x is None]
    told = list(caveats)
    if unknown:
        told.append(Reason("caveat.unknown_cost", {"refs": unknown, "cost": rules.cost}))
    if len(entered.names) == 1:
        told.append(Reason("caveat.one_contestant", {"ref": entered.names[0]}))
    rest = [i for i in range(len(entered.names)) if i != made.position]
    second = max(rest, key=lambda i: (made.probabilities[i], -i)) if rest else None
    return Decision(
        choice=entered.names[made.position] if made.decided else None,
        status="decided" if made.decided else "undecided",
        reasons=(
            *why(entered.names, prices, scores, made, best, rules),
            *beaten(entered.names, scores, made, rules.margin),
        ),
        caveats=tuple(told),
        more_examples=wanted,
        runner_up=None if second is None else entered.names[second],
        supported_margin=supported_margin(behind, rules.margin, rules.confidence, made),
        models=tuple(scores[name] for name in entered.names),
        n=seen.n,
    )


def with_caveats(decision: Decision, caveats: Sequence[Reason]) -> Decision:
    """The same decision with more said about it."""
    return replace(decision, caveats=(*decision.caveats, *caveats))


def deficits_of(compared: Floats) -> Floats:
    """As ``statistics.deficits``, of draws that come from elsewhere."""
    return np.asarray(compared.max(axis=1, keepdims=True) - compared)


def _score(name: str, seen: Evidence, choice: Choice, best: int, i: int) -> Score:
    value = float(seen.scores[i])
    gap = value - float(seen.scores[best])
    low, high = interval(spread_of(seen.compared, i, best), gap)
    return Score(
        ref=name,
        score=None if seen.levels is None else value,
        interval=None if seen.levels is None else interval(seen.levels[:, i], value),
        difference=(low, gap, high),
        good_enough=choice.probabilities[i],
        parameters=None,
        latency_s=None,
        memory_peak_bytes=None,
        download_bytes=None,
    )
