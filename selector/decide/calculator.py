# SPDX-License-Identifier: Apache-2.0
"""The role ``calculator`` of a worker process: metrics and statistics away from the window."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from selector.decide import labelling, voting
from selector.decide.against_llm import LlmFacts, llm_facts_from_json
from selector.decide.codec import contestant_from_json, measurement_from_json
from selector.decide.conclusion import with_caveats
from selector.decide.data import Examples, read_examples
from selector.decide.data_checks import judge
from selector.decide.given_scores import METRIC, evaluate_scores, has_scores
from selector.decide.hygiene import near_duplicates, seen_before
from selector.decide.labelling import Labelling
from selector.decide.metrics import METRICS
from selector.decide.predictions import read_predictions
from selector.decide.racing import Racing, outputs_from_json
from selector.decide.rules import Rules
from selector.decide.verdict import evaluate
from selector.decide.voting import Voting
from selector.errors import BadSetting, Cancelled, DataUnreadable, ProtocolProblem
from selector.hub.candidate import Reason
from selector.worker.roles import Emit, Role

_RULES: Mapping[str, Callable[[Any], Any]] = {
    "metric": str,
    "margin": float,
    "confidence": float,
    "cost": str,
    "seed": int,
    "failed": str,
    "tests": bool,
    "targets": lambda numbers: tuple(float(x) for x in numbers),
    "label_map": lambda pairs: tuple((str(a), str(b)) for a, b in pairs),
}

ASKING = ("ask_start", "ask_answer", "ask_undo")
RACING = ("race_start", "race_record", "race_fail", "race_end")


class Calculator:
    """Ops ``evaluate``, ``predictions`` and ``label_*``, which hold a queue between calls.

    The first two answer with ``Evaluation.to_json()``.

    ``evaluate``: ``task``, ``rules`` (the fields of Rules), ``data`` (path, input_column,
    label_column, second_column, and sha256 to be sure that the file is still the one that was run)
    and either ``contestants`` and ``measurements`` or ``rows``, the path of a JSON file with both:
    outputs can be too large for a message. ``llms``: which contestants are LLMs (``places``: reference to
    place and host) and the ``prices``; the same for ``predictions``.

    ``predictions``: ``task``, ``rules``, ``data`` (path, input_column, label_column), ``kind`` of the
    outputs where the metric does not say it, ``sizes`` by model, ``slice_columns`` that are no models,
    Without a cost in ``rules``, costs in the file count where
    every model has one.

    ``hygiene``: ``data`` as for ``evaluate``; answers with ``warnings``, what a closer look at the examples
    finds. In all three ``data`` may name ``seen``, a file of texts that a model was trained on.

    ``ask_start``: ``basis`` (labels or votes), ``rules``, ``budget``, ``repeats`` and ``rows``, the path
    of a JSON file with contestants, measurements and the answers so far; ``ask_answer``: one more (a
    label: ``index``, ``label``, ``kind``; a vote: ``index``, ``left``, ``right``, ``said``);
    ``ask_undo``. All answer with the ``state()`` of a Labelling or a Voting.

    ``race_start``: ``task``, ``rules``, ``data`` as for ``evaluate``, and ``rows``, the path of a JSON file
    with ``contestants``; ``race_record``: a ``ref`` and ``rows`` with its ``outputs`` (pairs of an index and an
    output) and the ``labels`` it knows; ``race_fail``: a ``ref``. All answer with the ``state()`` of a
    Racing. ``race_end``: ``rows`` with ``measurements``; answers with the evaluation.
    """

    def __init__(self) -> None:
        self._asking: Labelling | Voting | None = None
        self._racing: Racing | None = None

    def handle(
        self, op: str, args: Mapping[str, Any], emit: Emit, cancelled: Callable[[], bool]
    ) -> dict[str, Any]:
        """See Role. Raises what ``verdict.evaluate`` and ``data.read_examples`` raise."""
        del emit
        if cancelled():
            raise Cancelled
        if op not in {"evaluate", "predictions", "hygiene", *ASKING, *RACING}:
            raise ProtocolProblem(reason="unknown op", op=op)
        try:
            if op in ASKING:
                return self._ask(op, args)
            if op in RACING:
                return self._race(op, args)
            if op == "hygiene":
                return _hygiene(args["data"])
            rules = _rules(args.get("rules") or {})
            return _evaluate(args, rules) if op == "evaluate" else _predictions(args, rules)
        except (KeyError, TypeError, ValueError) as error:
            raise ProtocolProblem(reason="arguments", detail=repr(error)[:300]) from error

    def _ask(self, op: str, args: Mapping[str, Any]) -> dict[str, Any]:
        if op == "ask_start":
            rules = _rules({"cost": None, **(args.get("rules") or {})})
            content = json.loads(Path(args["rows"]).read_text(encoding="utf-8"))
            limits = int(args["budget"]), float(args["repeats"])
            start = voting.start if args["basis"] == "votes" else labelling.start
            self._asking = start(content, rules, *limits)
        if self._asking is None:
            raise ProtocolProblem(reason="ask_start comes first", op=op)
        if op == "ask_answer":
            self._asking.answer(args)
        elif op == "ask_undo":
            self._asking.undo()
        return self._asking.state()

    def _race(self, op: str, args: Mapping[str, Any]) -> dict[str, Any]:
        content = json.loads(Path(args["rows"]).read_text(encoding="utf-8"))
        if op == "race_start":
            contestants = [contestant_from_json(x) for x in content["contestants"]]
            rules = _rules(args.get("rules") or {})
            self._racing = Racing(str(args["task"]), contestants, _checked(args["data"]), rules)
        if self._racing is None:
            raise ProtocolProblem(reason="race_start comes first", op=op)
        if op == "race_end":
            rows = [measurement_from_json(x) for x in content["measurements"]]
            return self._racing.finish(rows).to_json()
        if op == "race_record":
            outputs = outputs_from_json(content["outputs"])
            self._racing.record(str(args["ref"]), outputs, [str(x) for x in content["labels"]])
        elif op == "race_fail":
            self._racing.fail(str(args["ref"]))
        return self._racing.state()

    def close(self) -> None:
        """Nothing is held."""


def role() -> Role:
    """The role, for the worker's entry."""
    return Calculator()


def _rules(data: Mapping[str, Any]) -> Rules:
    found: dict[str, Any] = {}
    for name, kind in _RULES.items():
        if data.get(name) is not None:
            try:
                found[name] = kind(data[name])
            except (TypeError, ValueError):
                raise BadSetting(
                    setting=name, value=str(data[name])[:40], allowed="a number"
                ) from None
    return Rules(**found)


def _evaluate(args: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    data = args["data"]
    examples = _checked(data)
    rows = args
    if args.get("rows") is not None:
        rows = json.loads(Path(args["rows"]).read_text(encoding="utf-8"))
    done = evaluate(
        str(args["task"]),
        examples,
        [contestant_from_json(x) for x in rows["contestants"]],
        [measurement_from_json(x) for x in rows["measurements"]],
        rules,
        llms=llm_facts_from_json(args["llms"]) if args.get("llms") else None,
    )
    told = [*_of_the_file(examples), *_seen(data, examples)]
    return replace(done, decision=with_caveats(done.decision, told)).to_json()


def _of_the_file(examples: Examples) -> list[Reason]:
    """What was odd in reading it; the state of the examples themselves is among the caveats already."""
    judged = {x.code for x in judge(examples.inputs, examples.labels)}
    return [x for x in examples.warnings if x.code not in judged]


def _checked(data: Mapping[str, Any]) -> Examples:
    """The examples, if the file is still the one that was run."""
    examples = _examples(data)
    if data.get("sha256") not in {None, examples.sha256}:
        raise DataUnreadable(name=examples.name, reason="changed")
    return examples


def _examples(data: Mapping[str, Any]) -> Examples:
    columns = (data.get(f"{each}_column") for each in ("input", "label", "second"))
    return read_examples(Path(data["path"]), *columns)


def _hygiene(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the window cannot find out itself: it has no numpy, and must not wait."""
    examples = _examples(data)
    found = [*near_duplicates(examples.inputs, examples.labels), *_seen(data, examples)]
    return {"warnings": [each.to_json() for each in found]}


def _seen(data: Mapping[str, Any], examples: Examples) -> list[Reason]:
    """Overlap with the file of training texts, where one is named."""
    if not data.get("seen"):
        return []
    seen = read_examples(Path(data["seen"]), unlabelled=True)
    return seen_before(examples.inputs, seen.inputs, seen.name)


def _predictions(args: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    data = args["data"]
    known = METRICS.get(rules.metric or "")
    task = str(args.get("task", ""))
    found = read_predictions(
        Path(data["path"]),
        args.get("kind", "labels") if known is None else known.kind,
        data.get("label_column"),
        data.get("input_column"),
        args.get("sizes"),
        args.get("slice_columns") or (),
    )
    if (args.get("rules") or {}).get("cost") is None and all(
        c.cost is not None for c in found.contestants
    ):
        rules = replace(rules, cost="given")
    if has_scores(found) and rules.metric in {None, METRIC}:
        _llms(args, [], False)
        scored = evaluate_scores(task, found, rules)
        told = list(found.examples.warnings)
        return replace(scored, decision=with_caveats(scored.decision, told)).to_json()
    told = [*found.examples.warnings, *_seen(data, found.examples)]
    llms = _llms(args, [c.ref for c in found.contestants], rules.metric != METRIC)
    done = evaluate(task, found.examples, found.contestants, found.measurements, rules, llms=llms)
    return replace(done, decision=with_caveats(done.decision, told)).to_json()


def _llms(args: Mapping[str, Any], names: Sequence[str], comparable: bool) -> LlmFacts:
    """The models that the user calls LLMs. Raises BadSetting for one that is not in the file."""
    facts = llm_facts_from_json(args["llms"]) if args.get("llms") else LlmFacts()
    for name in facts.places:
        if not comparable:
            raise BadSetting(setting="llm", value=name, allowed="predictions without scores")
        if name not in names:
            raise BadSetting(setting="llm", value=name, allowed=", ".join(names)[:300])
    return facts
