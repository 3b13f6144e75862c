# SPDX-License-Identifier: Apache-2.0
"""What is shown of an evaluation only when it is asked for: scores by parts of the examples, sureness."""

from __future__ import annotations

import argparse

from selector.cli.console import Screen
from selector.decide import calibration_text, classical_text, slices_text
from selector.decide.slice_facts import Part
from selector.decide.verdict_facts import Evaluation
from selector.errors import BadReference
from selector.reference import parse_reference
from selector.wording import Wording

SIDE_BY_SIDE = 80
"""Signs of a line; models stand beside each other where they fit into it."""
_CELL, _GAP = 14, 2
"""Signs of a score with its interval, and between columns."""


def show_asked(screen: Screen, evaluation: Evaluation, options: argparse.Namespace) -> None:
    """Whatever the options ask for."""
    if options.slices:
        _show_slices(screen, evaluation)
    if options.tests:
        _show_tests(screen, evaluation)
    if options.calibration:
        _show_calibration(screen, evaluation)


def _show_tests(screen: Screen, evaluation: Evaluation) -> None:
    found, words = evaluation.classical, screen.wording
    screen.say()
    screen.say(words.text("tests.title"), "bold")
    if found is None:
        screen.say(words.text("tests.none"))
        return
    screen.say(f"  {classical_text.sentence(found, _name, words)}")
    columns, rows = classical_text.table(found, _name, words)
    screen.table(columns, rows, numbers=range(1, len(columns)))


def _show_calibration(screen: Screen, evaluation: Evaluation) -> None:
    words = screen.wording
    if not evaluation.calibration:
        screen.say(words.text("calibration.none"))
    for found in evaluation.calibration:
        name = _name(found.ref)
        screen.say()
        screen.say(f"{words.text('calibration.title')} · {name}", "bold")
        screen.say(f"  {calibration_text.summary(found, name, words)}")
        for columns, rows in (
            calibration_text.bins(found, words),
            calibration_text.curve(found, words),
        ):
            screen.table(columns, rows, numbers=range(3))
            screen.say()
        for sentence in calibration_text.advice(found, words):
            screen.say(f"  · {sentence}")


def _show_slices(screen: Screen, evaluation: Evaluation) -> None:
    found, words = evaluation.slices, screen.wording
    if found is None or not found.parts:
        screen.say(words.text("slices.none"))
        return
    screen.say()
    screen.say(words.text("slices.title"), "bold")
    refs = list(found.parts[0].scores)
    heads = [words.text("slices.column.part"), words.text("slices.column.n")]
    named = max(len(slices_text.name(part, words)) for part in found.parts)
    beside = sum(max(len(_name(ref)), _CELL) + _GAP for ref in refs)
    if named + len(heads[1]) + _GAP + beside <= SIDE_BY_SIDE:
        columns = [*heads, *(_name(ref) for ref in refs)]
        rows = [
            (*_part(part, words), *(slices_text.cell(part.scores[ref], words) for ref in refs))
            for part in found.parts
        ]
        screen.table(columns, rows, numbers=range(1, len(columns)))
    else:
        columns = [*heads, words.text("cli.column.model"), words.text("cli.column.score")]
        every = [
            (*_part(part, words), _name(ref), slices_text.cell(part.scores[ref], words))
            for part in found.parts
            for ref in refs
        ]
        screen.table(columns, every, numbers=(1, 3))
    for note in slices_text.notes(found, words):
        screen.say(f"  · {note}")


def _part(part: Part, words: Wording) -> tuple[str, str]:
    return slices_text.name(part, words), words.count(part.n)


def _name(ref: str) -> str:
    """Short enough to head a column."""
    try:
        return parse_reference(ref).name
    except BadReference:
        return ref
