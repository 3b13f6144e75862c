# SPDX-License-Identifier: Apache-2.0
"""Reads the examples that models disagree on, with everyone's answer. Blocking: for a background job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from selector.decide.data import Examples, read_examples
from selector.decide.label_names import match_labels, seen_labels, translate
from selector.decide.verdict_facts import Evaluation
from selector.desk.evaluating import data_key
from selector.store.database import Database
from selector.store.outputs import known_outputs
from selector.tasks.outputs import Labels, Output, Text
from selector.trial.measurement import Measurement
from selector.wording import Wording
from ui.models.disagreements_model import Disagreement
from ui.models.shown_answer import ShownAnswer, shown_answer

MOST = 500


def read_contested(
    evaluation: Evaluation,
    data: Path,
    columns: tuple[str | None, str | None],
    measurements: Sequence[Measurement],
    database: Path,
    wording: Wording,
) -> list[Disagreement]:
    """Contested examples, most contested first; nothing when the file is not the measured one.

    ``measurements`` may be empty: answers then come from the store. Raises InputProblem, StoreProblem.
    """
    examples = read_examples(data, *columns)
    if examples.sha256 != evaluation.data_sha256:
        return []
    wanted = [i for i in evaluation.disagreements[:MOST] if 0 <= i < len(examples.inputs)]
    answers = _answers(evaluation, examples, measurements, database)
    labels = examples.labels or ()
    found = []
    for index in wanted:
        expected = labels[index] if index < len(labels) else ""
        cells = tuple(
            _cell(answers.get(x.ref, {}).get(index), expected, wording) for x in evaluation.models
        )
        found.append(Disagreement(index, examples.inputs[index], expected, cells))
    return found


def _answers(
    evaluation: Evaluation,
    examples: Examples,
    measurements: Sequence[Measurement],
    database: Path,
) -> Mapping[str, dict[int, Output]]:
    rows = {x.ref: x for x in measurements}
    found: dict[str, dict[int, Output]] = {}
    with Database(database) as store:
        for score in evaluation.models:
            row = rows.get(score.ref)
            if row is not None:
                outputs = {i: x for i, x in enumerate(row.outputs) if x is not None}
            else:
                kept = known_outputs(store, data_key(examples), evaluation.task, score.ref)
                outputs = {i: output for i, (output, _) in kept.items()}
            meanings = dict(evaluation.label_map)
            found[score.ref] = _in_user_words(outputs, examples.labels or (), meanings)
    return found


def _in_user_words(
    outputs: dict[int, Output], labels: Sequence[str], meanings: Mapping[str, str]
) -> dict[int, Output]:
    """Label names as the user writes them, which is how they were judged."""
    if not any(isinstance(x, Labels) for x in outputs.values()):
        return outputs
    given = list(outputs.values())
    translated = translate(given, match_labels(seen_labels(given), labels, meanings))
    return {i: x for i, x in zip(outputs, translated, strict=True) if x is not None}


def _cell(output: Output | None, expected: str, wording: Wording) -> ShownAnswer | None:
    if output is None:
        return None
    shown = shown_answer(output, wording)
    if isinstance(output, Labels):
        said = output.labels[0].label if output.labels else None
        return replace(shown, right=said == expected)
    if isinstance(output, Text):
        same = output.text.split() == expected.split()
        return replace(shown, right=True if same else None)
    return shown
