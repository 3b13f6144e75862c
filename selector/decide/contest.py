# SPDX-License-Identifier: Apache-2.0
"""Who takes part, in which order of cost, with which answers, and what to warn about."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from selector.decide.axes import costs
from selector.decide.data import Examples
from selector.decide.data_checks import FEW, judge_labels
from selector.decide.hygiene import declared_training, near_duplicates
from selector.decide.label_names import (
    LabelMatch,
    match_labels,
    seen_labels,
    split_labels,
    translate,
)
from selector.decide.label_suggestions import suggest
from selector.decide.metrics import Outputs
from selector.decide.rules import COSTS, Rules
from selector.engines.endpoint.prices import Prices
from selector.errors import BadSetting
from selector.hub.candidate import Reason
from selector.tasks.base import OutputKind
from selector.tasks.outputs import Labels, Number, Output, Passage, Similarity, Spans, Text
from selector.trial.measurement import Contestant, Measurement

_NAMES_SHOWN = 10
NO_PRICES = Prices()


@dataclass(frozen=True, slots=True)
class Entrant:
    """One contestant with its measurement and its answers in the user's words."""

    contestant: Contestant
    measurement: Measurement
    answers: Outputs
    match: LabelMatch | None
    cost: float | None
    """On the chosen axis; None when unknown."""

    @property
    def ref(self) -> str:
        """The contestant's reference."""
        return self.contestant.ref

    @property
    def error(self) -> dict[str, Any] | None:
        """Why it is out, or None."""
        if self.measurement.error is not None:
            return self.measurement.error
        if all(output is None for output in self.answers):
            return {"code": "engine.run_failed", "facts": {"reason": "no outputs"}}
        return None


def enter(
    contestants: Sequence[Contestant],
    measurements: Sequence[Measurement],
    examples: Examples,
    rules: Rules,
    prices: Prices = NO_PRICES,
) -> list[Entrant]:
    """Pair contestants with their measurements, the cheapest first.

    An unknown cost comes last; equal ones are told apart by the other axes, then by the order given.

    Raises:
        BadSetting: a contestant named twice, or more answers than examples.
    """
    found = {measurement.ref: measurement for measurement in measurements}
    if len({x.ref for x in contestants}) != len(contestants) or len(found) != len(measurements):
        raise BadSetting(setting="contestants", value="twice the same", allowed="each once")
    cost = rules.cost
    axes = [cost, *(x for x in COSTS if x != cost)]
    keyed: list[tuple[list[float], Entrant]] = []
    for contestant in contestants:
        measurement = found.get(contestant.ref) or _missing(contestant)
        price = costs(contestant, measurement, prices)
        entrant = _entrant(contestant, measurement, examples, price[cost], rules.label_map)
        known = [price[axis] for axis in axes]
        keyed.append(([math.inf if x is None else float(x) for x in known], entrant))
    keyed.sort(key=lambda item: item[0])
    return [entrant for _, entrant in keyed]


def _missing(contestant: Contestant) -> Measurement:
    error = {"code": "engine.run_failed", "facts": {"reason": "not measured"}}
    return Measurement(contestant.ref, contestant.engine, contestant.precision, (), error=error)


def _entrant(
    contestant: Contestant,
    measurement: Measurement,
    examples: Examples,
    cost: float | None,
    label_map: Sequence[tuple[str, str]],
) -> Entrant:
    n = len(examples.inputs)
    if len(measurement.outputs) > n:
        raise BadSetting(setting="outputs", value=len(measurement.outputs), allowed=f"up to {n}")
    missing = [None] * (n - len(measurement.outputs))
    answers: list[Output | None] = [*measurement.outputs, *missing]
    match = None
    if any(isinstance(output, Labels) for output in answers):
        known = measurement.labels or seen_labels(answers)
        theirs = examples.labels or ()
        if any(isinstance(output, Labels) and output.several for output in answers):
            theirs = tuple(label for cell in theirs for label in split_labels(cell))
        match = match_labels(known, theirs, dict(label_map))
        answers = translate(answers, match)
    return Entrant(contestant, measurement, tuple(answers), match, cost)


def kind_of(entrants: Sequence[Entrant]) -> OutputKind | None:
    """The kind of output of the first answer there is."""
    for entrant in entrants:
        for output in entrant.answers:
            match output:
                case None:
                    continue
                case Labels():
                    return "labels"
                case Similarity():
                    return "similarity"
                case Text():
                    return "text"
                case Spans():
                    return "spans"
                case Passage():
                    return "passage"
                case Number():
                    return "number"
                case _:
                    return "vector"
    return None


def caveats(entrants: Sequence[Entrant], examples: Examples, cost: str) -> list[Reason]:
    """Everything that limits what the numbers mean, whatever they turn out to be."""
    found: list[Reason] = []
    n = len(examples.inputs)
    if n < FEW:
        found.append(Reason("caveat.few_examples", {"n": n, "wanted": FEW}))
    if repeated := n - len(set(examples.inputs)):
        found.append(Reason("caveat.duplicates", {"count": repeated, "n": n}))
    # Two right texts for one input are two references; two right categories are a contradiction.
    one_each = kind_of(entrants) in {"labels", "vector"} and not any(map(gives_several, entrants))
    classes = examples.labels if one_each else None
    if classes:
        found += judge_labels(examples.inputs, classes)
    found += near_duplicates(examples.inputs, classes)
    found += declared_training(examples, [entrant.contestant for entrant in entrants])
    for entrant in entrants:
        if error := entrant.error:
            facts = {"ref": entrant.ref, "error": error.get("code", "petit.error")}
            found.append(Reason("caveat.failed_contestant", facts))
            continue
        if missing := sum(output is None for output in entrant.answers):
            facts = {"ref": entrant.ref, "count": missing, "n": n}
            found.append(Reason("caveat.missing_outputs", facts))
        if entrant.match is not None:
            found += _label_caveat(entrant, entrant.match, examples.labels or ())
    alive = [entrant for entrant in entrants if entrant.error is None]
    if len(alive) == 1:
        found.append(Reason("caveat.one_contestant", {"ref": alive[0].ref}))
    if shared := [x.ref for x in alive if x.measurement.shared]:
        found.append(Reason("caveat.shared_timing", {"refs": shared}))
    nowhere = [x for x in alive if x.cost is None]
    if remote := [x.ref for x in nowhere if x.contestant.remote]:
        found.append(Reason("caveat.llm_last", {"refs": remote}))
    if unknown := [x.ref for x in nowhere if not x.contestant.remote]:
        known = "caveat.unknown_price" if cost in {"energy", "price"} else "caveat.unknown_cost"
        found.append(Reason(known, {"refs": unknown, "cost": cost}))
    return found


def gives_several(entrant: Entrant) -> bool:
    """Whether its answers may hold several labels at once."""
    return any(isinstance(x, Labels) and x.several for x in entrant.answers)


def _label_caveat(entrant: Entrant, match: LabelMatch, labels: Sequence[str]) -> list[Reason]:
    """Warn when some examples carry a label that the model was never seen to know."""
    several = gives_several(entrant)
    if several:
        labels = [label for cell in labels for label in split_labels(cell)]
    counts: Mapping[str, int] = Counter(labels)
    lost = sum(counts[x] for x in match.unmatched_user)
    if not lost or not match.unmatched_model:
        return []
    facts = {
        "ref": entrant.ref,
        "share": lost / max(1, len(labels)),
        "generic": match.generic,
        "model_labels": list(match.unmatched_model[:_NAMES_SHOWN]),
        "user_labels": list(match.unmatched_user[:_NAMES_SHOWN]),
    }
    told = [Reason("caveat.labels_do_not_match", facts)]
    # Of several labels at once it is not known which of them a name stands for.
    pairs = [] if several else suggest(entrant.answers, labels, match)
    if pairs:
        shown = [f"{theirs} → {mine}" for theirs, mine in pairs[:_NAMES_SHOWN]]
        facts = {"ref": entrant.ref, "pairs": [list(x) for x in pairs], "shown": shown}
        told.append(Reason("caveat.labels_suggested", facts))
    return told
