# SPDX-License-Identifier: Apache-2.0
"""What the task page shows of a file of examples; made off the window's thread."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from selector.decide.data import read_examples
from selector.hub.candidate import Reason
from selector.tasks.base import PAIR_SEPARATOR

FIRST = 8
"""Rows shown, and inputs taken over to try side by side."""


@dataclass(frozen=True, slots=True)
class ExamplesSummary:
    """Columns, first rows and counts of a file; never all of its text."""

    name: str
    count: int
    columns: tuple[str, ...]
    input_column: str
    label_column: str | None
    first: tuple[tuple[str, str], ...]
    """Text and right answer of the first rows."""
    labels: tuple[tuple[str, int], ...]
    """Right answers with how often they occur, most frequent first."""
    inputs: tuple[str, ...]
    """The first different inputs."""
    warnings: tuple[Reason, ...]


def summarise(path: Path, input_column: str | None, label_column: str | None) -> ExamplesSummary:
    """Read a file. Raises InputProblem."""
    examples = read_examples(path, input_column, label_column)
    labels = examples.labels or ("",) * len(examples.inputs)
    return ExamplesSummary(
        name=examples.name,
        count=len(examples.inputs),
        columns=examples.columns,
        input_column=examples.input_column,
        label_column=examples.label_column,
        first=tuple(
            (text.replace(PAIR_SEPARATOR, " / "), label)
            for text, label in zip(examples.inputs[:FIRST], labels, strict=False)
        ),
        labels=tuple(Counter(examples.labels).most_common()) if examples.labels else (),
        inputs=tuple(dict.fromkeys(examples.inputs[: FIRST * 4]))[:FIRST],
        warnings=examples.warnings,
    )
