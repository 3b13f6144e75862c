# SPDX-License-Identifier: Apache-2.0
"""``petit sample``: the whole main job on the embedded project, with the network off."""

from __future__ import annotations

import argparse

from selector.cli.console import Screen
from selector.cli.evaluate_command import show_evaluation
from selector.cli.trial_command import report, short, show_measurements
from selector.desk.desk import Desk
from selector.desk.requests import EvaluateRequest, SearchRequest
from selector.machine.codec import machine_to_json


def sample(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Inspect, task, candidates, try, evaluate, decide, export."""
    words, language = screen.wording, screen.wording.language
    desk.offline = True
    project = desk.sample()
    machine = desk.machine()
    screen.note(words.text("cli.sample.title", title=project.title), style="bold")
    candidates = desk.search(SearchRequest(task=project.task.id)).candidates
    mine = [c for c in candidates if any(ref.startswith(c.repo + "@") for ref in project.refs)]
    results = desk.try_models(project.refs, project.task.id, project.example_inputs, report(screen))
    request = EvaluateRequest(
        refs=project.refs,
        task=project.task.id,
        data=project.data,
        input_column=project.input_column,
        label_column=project.label_column,
        margin=project.margin,
    )
    done = desk.evaluate(request, report(screen))
    folder = options.out or desk.free_export_folder("sample")
    decided = done.evaluation.decision.choice is not None
    files = desk.export(done.document, "python", folder).files if decided else ()
    if screen.as_json:
        screen.document(
            {
                "machine": machine_to_json(machine),
                "task": {"id": project.task.id, "title": project.task.title[language]},
                "candidates": [candidate.to_json() for candidate in mine],
                "results": [row.to_json() for row in results],
                "evaluation": done.evaluation.to_json(),
                "decision": done.evaluation.decision.to_json(),
                "export": {"files": [str(file) for file in files]},
            }
        )
        return
    for index, text in enumerate(project.example_inputs[:3]):
        screen.say(text, "bold")
        screen.table(
            ["", ""],
            [(row.ref.partition("@")[0], short(row.outputs[index], screen)) for row in results],
        )
    screen.say()
    show_measurements(screen, results)
    screen.say()
    show_evaluation(screen, done.evaluation)
    if files:
        screen.say(words.text("cli.exported", n=len(files), path=str(folder)), "dim")
