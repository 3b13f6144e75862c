# SPDX-License-Identifier: Apache-2.0
"""``petit try``."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from selector.cli.console import Screen
from selector.cli.decision_input import Given, given, show_reproduction
from selector.decide.data import read_examples
from selector.decide.differences import Reproduction
from selector.desk.desk import Desk
from selector.desk.requests import OnTrial
from selector.error_codes import error_from
from selector.errors import DataEmpty
from selector.reference import short_reference, variant_of, without_variant
from selector.tasks.outputs import Labels, Number, Output, Passage, Similarity, Spans, Text, Vector
from selector.trial.measurement import Measurement, TrialEvent


def read_inputs(words: Sequence[str]) -> list[str]:
    """Texts as given; ``@FILE`` stands for the inputs in that file. Raises InputProblem."""
    found: list[str] = []
    for word in words:
        found.extend(read_examples(Path(word[1:])).inputs if word.startswith("@") else [word])
    return found


def short(output: Output | None, screen: Screen) -> str:
    """An output in a table's cell."""
    match output:
        case Labels(labels, several):
            shown = [x for x in labels if x.label in output.holding] if several else labels[:1]
            return ", ".join(f"{x.label} {screen.wording.percent(x.score)}" for x in shown) or "–"
        case Number(value):
            return screen.wording.number(value)
        case Text(text, _):
            return text
        case Passage():
            return f"{output.text} {screen.wording.percent(output.score)}"
        case Similarity(score):
            return screen.wording.number(score)
        case Spans(spans):
            return "; ".join(f"{span.label}: {span.text}" for span in spans) or "–"
        case Vector(values):
            return f"[{values[0]:.3f} … {values[-1]:.3f}] ({len(values)})"
        case None:
            return "–"


def report(screen: Screen) -> OnTrial:
    """A listener that says what is going on, on stderr."""

    def listen(event: TrialEvent) -> None:
        if event.kind == "making":
            step = screen.wording.text(f"cli.making.{event.facts.get('step')}")
            ref = short_reference(event.ref)
            screen.note(screen.wording.text("cli.trial.making", ref=ref, step=step))
        elif event.kind == "waiting" and event.facts.get("for") == "server":
            wait = screen.wording.text(
                "cli.trial.server", ref=event.ref, wait=event.facts["wait_s"]
            )
            screen.note(wait)
        elif event.kind in {"loading", "finished", "failed", "waiting"}:
            screen.note(
                screen.wording.text(f"cli.trial.{event.kind}", ref=short_reference(event.ref))
            )

    return listen


def show_measurements(screen: Screen, rows: Sequence[Measurement]) -> None:
    """Times and memory of each contestant."""
    words = screen.wording
    names = ("model", "runs_with", "load", "first", "median", "p95", "rate", "memory")
    cells = []
    for row in rows:
        if row.error is not None:
            cells.append(
                (
                    short_reference(row.ref),
                    f"{row.engine}-{row.precision}".removesuffix("-"),
                    words.error(str(row.error["code"]), row.error["facts"])[0],
                    *[""] * 5,
                )
            )
            continue
        latency = row.latency
        cells.append(
            (
                without_variant(row.ref),
                f"{row.engine}-{row.precision}".removesuffix("-"),
                "–" if row.load_s is None else words.seconds(row.load_s),
                "–" if row.first_result_s is None else words.seconds(row.first_result_s),
                "–" if latency is None else words.seconds(latency.median),
                "–" if latency is None else words.seconds(latency.p95),
                "–"
                if row.throughput is None
                else f"{words.number(row.throughput)} {row.throughput_unit}",
                "–" if row.memory_peak_bytes is None else words.bytes(row.memory_peak_bytes),
            )
        )
    screen.table([words.text(f"cli.column.{name}") for name in names], cells, numbers=range(2, 8))
    for row in rows:
        if row.choice and row.choice != "choice.asked":
            why = words.text(row.choice, **row.choice_facts)
            screen.note(f"{short_reference(row.ref)}: {why}")
        if row.fidelity is not None:
            worth = words.text("cli.trial.fidelity", **row.fidelity)
            screen.note(f"{short_reference(row.ref)}: {worth}")
        for note in row.notes:
            screen.note(f"{short_reference(row.ref)}: {words.text(note, n=row.rounds)}")
        show_agreement(screen, row)
        if row.item_errors:
            show_unanswered(screen, row)
        if row.cut_inputs:
            cut = words.text("cli.trial.cut", n=row.cut_inputs)
            screen.note(f"{short_reference(row.ref)}: {cut}")


def show_agreement(screen: Screen, row: Measurement) -> None:
    """How a form's answers compare with those of the model's closest form."""
    found = row.agreement
    if found is None:
        return
    kind = "texts" if found.largest_difference is None else "numbers"
    facts = {**found.to_json(), "reference": variant_of(found.reference)}
    said = screen.wording.text(f"cli.trial.agreement.{kind}", **facts)
    screen.note(f"{short_reference(row.ref)}: {said}")


def show_unanswered(screen: Screen, row: Measurement) -> None:
    """How many inputs got no answer, and the reasons, each once."""
    words = screen.wording
    counted = Counter(words.error(str(x["code"]), x["facts"])[0] for x in row.item_errors.values())
    for why, n in counted.most_common(5):
        text = words.text("cli.trial.unanswered", n=n, why=why)
        screen.note(f"{short_reference(row.ref)}: {text}")


def try_models(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """The same inputs through several models."""
    found = given(desk, options.refs, options.task)
    if options.inputs is None:
        reproduce(desk, screen, found)
        return
    inputs = read_inputs(options.inputs)
    rows = desk.try_models(
        found.refs,
        found.task,
        inputs,
        report(screen),
        repeat=options.repeat,
        labels=options.labels,
        send=options.send,
        settings=dict(options.settings),
    )
    versions = {row.ref: row.versions for row in rows}
    compared = [
        # Their files were checked on the way; these inputs have no recorded answers.
        Reproduction(ref, len(pinned["files"]), 0, 0, None, desk.differences(each, versions[ref]))
        for each in found.documents
        if (ref := (pinned := each["contestant"])["ref"]) in versions
    ]
    if screen.as_json:
        document: dict[str, Any] = {"results": [row.to_json() for row in rows]}
        if compared:
            document["reproduced"] = [each.to_json() for each in compared]
        screen.document(document)
    else:
        for index, text in enumerate(inputs):
            screen.say(text, "bold")
            screen.table(
                ["", ""],
                [(short_reference(row.ref), short(row.outputs[index], screen)) for row in rows],
            )
            screen.say()
        show_measurements(screen, rows)
        for each in compared:
            screen.say()
            show_reproduction(screen, each)
    _end(screen, rows)


def reproduce(desk: Desk, screen: Screen, found: Given) -> None:
    """Decision files without inputs: their recorded answers again, and what differs."""
    if not found.documents or len(found.documents) < len(found.refs):
        raise DataEmpty(name="--input")
    done = [desk.reproduced(document, report(screen)) for document in found.documents]
    rows = [row for _, row in done]
    if screen.as_json:
        screen.document(
            {
                "results": [row.to_json() for row in rows],
                "reproduced": [each.to_json() for each, _ in done],
            }
        )
    else:
        show_measurements(screen, rows)
        for each, _ in done:
            screen.say()
            show_reproduction(screen, each)
    _end(screen, rows)


def _end(screen: Screen, rows: Sequence[Measurement]) -> None:
    """Exit with 1 when nothing ran."""
    if rows and all(row.error is not None for row in rows):
        error = rows[0].error or {}
        if not screen.as_json:
            raise error_from(str(error.get("code")), dict(error.get("facts") or {}))
        raise SystemExit(1)
