# SPDX-License-Identifier: Apache-2.0
"""A race over labelled examples, as plain data for whoever runs the contestants.

The contestants are run by somebody else: ``state`` says who is to run what, smallest first, ``record``
takes what came, ``finish`` gives the evaluation. The same outputs lead to the same race, in any order
within a batch and after any stop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from selector import registry
from selector.decide.asked import with_costs
from selector.decide.axes import COSTS_RACED, METRICS_RACED, costs
from selector.decide.contest import caveats, enter
from selector.decide.data import Examples
from selector.decide.insights import with_insights
from selector.decide.label_names import match_labels, seen_labels, translate
from selector.decide.metrics import METRICS
from selector.decide.race import Race
from selector.decide.rules import Rules
from selector.decide.verdict import evaluate
from selector.decide.verdict_facts import Decision, Evaluation, RaceFacts, Score
from selector.errors import BadSetting
from selector.hub.candidate import Reason
from selector.tasks.outputs import Labels, Output, from_json
from selector.trial.measurement import Contestant, Measurement

_SAID_ONCE = ("caveat.unknown_cost", "caveat.one_contestant")


class Racing:
    """A race, what its contestants gave so far, and who failed."""

    def __init__(
        self, task: str, contestants: Sequence[Contestant], examples: Examples, rules: Rules
    ) -> None:
        """Line up.

        Raises BadSetting for a rule out of range, a metric that is no mean over examples, a cost
        that only a run can tell, or examples that are to be left out.
        """
        rules.check()
        known = registry.task(task).metrics
        chosen = rules.metric or known[0]
        raced = [x for x in known if x in METRICS_RACED]
        if chosen not in raced:
            raise BadSetting(setting="race, metric", value=chosen, allowed=", ".join(raced) or "–")
        if rules.cost not in COSTS_RACED:
            raise BadSetting(setting="race, cost", value=rules.cost, allowed=", ".join(COSTS_RACED))
        if rules.failed != "wrong":
            # Who drops out would depend on which examples the others happened to answer.
            raise BadSetting(setting="race, failed", value=rules.failed, allowed="wrong")
        self._task, self._rules, self._metric = task, rules, METRICS[chosen]
        self._contestants, self._examples = tuple(contestants), examples
        self._labels = examples.labels or ()
        self._names = tuple(sorted(set(self._labels)))
        # Repeated inputs are one observation.
        self._items = tuple(
            {text: i for i, text in reversed(list(enumerate(examples.inputs)))}.values()
        )[::-1]
        self._place = {item: at for at, item in enumerate(self._items)}
        self._outputs: dict[str, dict[int, Output | None]] = {c.ref: {} for c in contestants}
        self._known: dict[str, tuple[str, ...]] = {}
        self._failed: set[str] = set()
        self._race = self._line_up()

    def _line_up(self) -> Race | None:
        """A race of those that did not fail, with everything recorded so far."""
        blank = {c.ref: Measurement(c.ref, c.engine, c.precision, ()) for c in self._contestants}
        price = {
            c.ref: costs(c, blank[c.ref])[self._rules.cost]
            for c in self._contestants
            if c.ref not in self._failed
        }
        if not price:
            return None
        rules, n = self._rules, len(self._items)
        race = Race(
            tuple(price), price, rules.margin, rules.confidence, rules.seed, n, cost=rules.cost
        )
        for ref in price:
            self._enter(race, ref, self._outputs[ref])
        return race

    def _enter(self, race: Race, ref: str, outputs: Mapping[int, Output | None]) -> None:
        indices = [i for i in outputs if i in self._place]
        if any(isinstance(x, Labels) and x.several for x in outputs.values()):
            # One right label is not all of it; those measures are no means over examples.
            raise BadSetting(setting="race, metric", value="several-f1", allowed="–")
        said = self._in_user_words(ref, [outputs[i] for i in indices])
        truth = [self._labels[i] for i in indices]
        scores = self._metric.score(self._metric.statistics(said, truth, self._names))
        for index, output, score in zip(indices, said, scores, strict=True):
            race.record(ref, self._place[index], None if output is None else float(score))

    def _in_user_words(self, ref: str, outputs: list[Output | None]) -> list[Output | None]:
        if not any(isinstance(x, Labels) for x in outputs):
            return outputs
        known = self._known.get(ref) or seen_labels(outputs)
        return translate(outputs, match_labels(known, self._labels, dict(self._rules.label_map)))

    def record(
        self, ref: str, outputs: Mapping[int, Output | None], labels: Sequence[str] = ()
    ) -> None:
        """What a contestant gave; ``labels``: the names that it knows. Raises BadSetting."""
        if ref not in self._outputs:
            raise BadSetting(
                setting="model", value=ref[:200], allowed=", ".join(self._outputs)[:200]
            )
        self._known[ref] = tuple(labels)
        self._outputs[ref] |= outputs
        if self._race is not None and ref not in self._failed:
            self._enter(self._race, ref, outputs)

    def fail(self, ref: str) -> None:
        """A contestant cannot go on; the others race without it."""
        if ref in self._outputs and ref not in self._failed:
            self._failed.add(ref)
            self._race = self._line_up()

    def state(self) -> dict[str, Any]:
        """Who is to run what next, smallest first; nothing when the race is over."""
        race = self._race
        if race is None:
            return {"todo": {}, "running": [], **self._facts().to_json()}
        waiting = race.next()
        todo = {ref: [self._items[i] for i in race.missing_for(ref)] for ref in race.running}
        return {
            "todo": {ref: x for ref, x in todo.items() if x} if waiting else {},
            "running": list(race.running),
            **self._facts().to_json(),
        }

    def _facts(self) -> RaceFacts:
        """Counted are answers that the race saw, of all that everybody would have given."""
        done = 0 if self._race is None else self._race.evaluations
        return RaceFacts(done, len(self._items) * (len(self._contestants) - len(self._failed)))

    def finish(self, measurements: Sequence[Measurement]) -> Evaluation:
        """The evaluation, over the examples that everybody who is still running has answered."""
        if self._race is None:
            return evaluate(
                self._task, self._examples, self._contestants, measurements, self._rules
            )
        race, facts = self._race, self._facts()
        seen = sorted(self._items[i] for i in race.seen)
        subset = self._examples.only(seen)
        running = set(race.running)
        rows = {row.ref: row for row in measurements}
        shown = [c for c in self._contestants if c.ref in running | self._failed]
        cut = [_cut(rows[c.ref], seen) for c in shown]
        entrants = enter(shown, cut, subset, self._rules)
        alive = [x for x in entrants if x.error is None]
        answers = [x.answers for x in alive]
        labels = subset.labels or ()
        tables = [self._metric.statistics(x, labels, self._names) for x in answers]
        found = race.decision
        warned = caveats(entrants, subset, self._rules.cost)
        # A model that gave no answer is behind in a race: nothing is left out.
        done = Evaluation(
            task=self._task,
            metric=self._metric.id,
            n=len(seen),
            margin=self._rules.margin,
            confidence=self._rules.confidence,
            models=self._scores(found, rows),
            decision=self._told(found, facts, warned),
            data_sha256=self._examples.sha256,
            data_name=self._examples.name,
            seed=self._rules.seed,
            inputs=len(self._examples.inputs),
            race=facts,
            cost=self._rules.cost,
            label_map=self._rules.label_map,
        )
        done = with_insights(done, self._metric, alive, subset, tables, None, self._rules)
        return replace(done, disagreements=tuple(seen[i] for i in done.disagreements))

    def _told(self, found: Decision, facts: RaceFacts, warned: list[Reason]) -> Decision:
        reason = Reason("reason.race", facts.to_json())
        mine = [x for x in found.caveats if x.code not in _SAID_ONCE]
        return replace(
            found, reasons=(*found.reasons, reason), caveats=(*mine, *warned), models=(), n=None
        )

    def _scores(self, found: Decision, rows: Mapping[str, Measurement]) -> tuple[Score, ...]:
        known = {c.ref: c for c in self._contestants}
        scores = [
            replace(
                with_costs(x, known[x.ref], rows[x.ref], self._rules.cost),
                judged=sum(i in self._place for i in self._outputs[x.ref]),
            )
            for x in found.models
        ]
        for ref in (c.ref for c in self._contestants if c.ref in self._failed):
            error = rows[ref].error or {"code": "engine.run_failed", "facts": {}}
            nothing = Score(ref, None, None, None, None, None, None, None, None, error=dict(error))
            scores.append(with_costs(nothing, known[ref], rows[ref], self._rules.cost))
        return tuple(scores)


def _cut(row: Measurement, seen: Sequence[int]) -> Measurement:
    """Its answers to these examples only."""
    return replace(
        row, outputs=tuple(row.outputs[i] if i < len(row.outputs) else None for i in seen)
    )


def outputs_from_json(rows: Sequence[Sequence[Any]]) -> dict[int, Output | None]:
    """From pairs of an index and an output as JSON. Raises KeyError, TypeError or ValueError."""
    return {int(i): None if x is None else from_json(x) for i, x in rows}
