# SPDX-License-Identifier: Apache-2.0
"""``petit evaluate``."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

from selector.cli.console import Screen
from selector.cli.decided_again import compared_again, show_again
from selector.cli.decision_input import given
from selector.cli.insights import show_asked
from selector.cli.trial_command import report, show_agreement, show_unanswered
from selector.decide import need_llm_text
from selector.decide.label_names import pairs_of
from selector.decide.need_llm import NeedLlm
from selector.decide.verdict_facts import Evaluation
from selector.desk.desk import Desk
from selector.desk.requests import EvaluateRequest
from selector.hub.candidate import Reason
from selector.reference import short_reference


def reason_text(screen: Screen, reason: Reason) -> str:
    """A reason's sentence, its references shortened."""
    facts = {k: _shortened(v) for k, v in reason.facts.items()}
    return screen.wording.text(reason.code, **facts)


def _shortened(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_shortened(each) for each in value]
    return short_reference(value) if isinstance(value, str) else value


def show_evaluation(screen: Screen, evaluation: Evaluation) -> None:
    """Scores with intervals, then the decision and why."""
    words = screen.wording
    names = ("model", "size", "score", "interval", "to_best", "good_enough", "median", "memory")
    rows = []
    for row in evaluation.models:
        if row.score is None or row.interval is None:
            code = str((row.error or {}).get("code", "petit.error"))
            rows.append(
                (row.ref, "", words.error(code, (row.error or {}).get("facts", {}))[0], *[""] * 5)
            )
            continue
        rows.append(
            (
                short_reference(row.ref),
                "–" if row.parameters is None else words.parameters(row.parameters),
                words.percent(row.score),
                f"{words.percent(row.interval[0])} … {words.percent(row.interval[1])}",
                "–" if row.difference is None else words.points(row.difference[1]),
                words.percent(row.good_enough or 0.0),
                "–" if row.latency_s is None else words.seconds(row.latency_s),
                "–" if row.memory_peak_bytes is None else words.bytes(row.memory_peak_bytes),
            )
        )
    screen.table([words.text(f"cli.column.{name}") for name in names], rows, numbers=range(1, 8))
    screen.say()
    decision = evaluation.decision
    screen.say(
        words.text(f"cli.{decision.status}", ref=short_reference(decision.choice or "")), "bold"
    )
    for reason in (*decision.reasons, *decision.caveats):
        screen.say(f"  · {reason_text(screen, reason)}")
    for caveat in decision.caveats:
        if caveat.code == "caveat.labels_suggested":
            pairs = (shlex.quote(f"{theirs}={mine}") for theirs, mine in caveat.facts["pairs"])
            options = " ".join(f"--map {pair}" for pair in pairs)
            screen.say(words.text("cli.map_hint", options=options))
    if decision.more_examples is not None:
        screen.say(words.text("cli.more_examples", n=decision.more_examples))
    for need in evaluation.need_llm:
        show_need_llm(screen, need)
    screen.say(
        words.text("cli.basis", n=evaluation.n, metric=evaluation.metric, margin=evaluation.margin),
        "dim",
    )


def show_need_llm(screen: Screen, need: NeedLlm) -> None:
    """The comparison with an LLM: the answer, the table, what it rests on."""
    words = screen.wording
    screen.say()
    screen.say(f"{words.text('need_llm.title')} {need_llm_text.heading(need, words)}", "bold")
    screen.say(f"  {need_llm_text.sentence(need, words)}")
    columns, rows = need_llm_text.table(need, words)
    screen.table(columns, rows, numbers=(1, 2))
    for note in need_llm_text.notes(need, words):
        screen.say(f"  · {note}")
    screen.say()


def evaluate(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Measure models on labelled examples and decide."""
    found = given(desk, options.refs, options.task, everyone=True)
    # What the command does not say is as it was in the decision.
    before = found.documents[0]["metric"] if found.documents else {}
    chosen = found.documents[0]["parameters"] if found.documents else {}
    meanings = pairs_of(chosen.get("label_map"))
    margin, confidence = options.margin, options.confidence
    request = EvaluateRequest(
        refs=found.refs,
        task=found.task,
        data=options.data,
        input_column=options.input_column,
        label_column=options.label_column,
        metric=options.metric or before.get("id"),
        margin=before.get("margin") or 0.05 if margin is None else margin,
        confidence=before.get("confidence") or 0.975 if confidence is None else confidence,
        cost=options.cost or str(chosen.get("cost") or "parameters"),
        send=options.send,
        settings=dict(options.settings),
        trained_on=options.trained_on,
        race=options.race,
        failed=options.failed or str(chosen.get("failed") or "wrong"),
        label_map=tuple(options.label_map or meanings),
        tests=options.tests,
        targets=tuple(options.targets),
    )
    done = desk.evaluate(request, report(screen))
    again = [compared_again(desk, document, done) for document in found.documents]
    if screen.as_json:
        unanswered = [
            {"ref": row.ref, "index": index, **error}
            for row in done.measurements
            for index, error in sorted(row.item_errors.items())
        ]
        document = {**done.evaluation.to_json(), "file": str(done.file)}
        if agreement := [
            {"ref": row.ref, **row.agreement.to_json()}
            for row in done.measurements
            if row.agreement
        ]:
            document["agreement"] = agreement
        if again:
            document["reproduced"] = [each.to_json() for each in again]
        screen.document({**document, "unanswered": unanswered} if unanswered else document)
        return
    show_evaluation(screen, done.evaluation)
    show_asked(screen, done.evaluation, options)
    for row in done.measurements:
        show_agreement(screen, row)
        if row.item_errors:
            show_unanswered(screen, row)
    for each in again:
        screen.say()
        show_again(screen, each)
    screen.say(screen.wording.text("cli.saved", path=str(done.file)), "dim")
