# SPDX-License-Identifier: Apache-2.0
"""Examples that some contestant gave no answer to, left out for all of them. No numpy.

They count as wrong unless the user asks for this: a model that cannot answer is of no use on that input, but
a server that was away says nothing of the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from selector.decide.data import Examples
from selector.input_errors import NothingAnswered
from selector.trial.measurement import Measurement


def only_answered(
    examples: Examples, measurements: Sequence[Measurement]
) -> tuple[Examples, list[Measurement], list[int]]:
    """What every contestant answered, and where it stood; contestants without any answer do not count.

    Raises:
        NothingAnswered: no example is left.
    """
    n = len(examples.inputs)
    alive = [x for x in measurements if x.error is None and any(o is not None for o in x.outputs)]
    kept = [i for i in range(n) if all(_answered(row, i) for row in alive)]
    if len(kept) == n:
        return examples, list(measurements), kept
    if not kept:
        raise NothingAnswered(name=examples.name, models=len(alive))
    rows = [
        replace(row, outputs=tuple(row.outputs[i] if i < len(row.outputs) else None for i in kept))
        for row in measurements
    ]
    return examples.only(kept), rows, kept


def _answered(row: Measurement, at: int) -> bool:
    return at < len(row.outputs) and row.outputs[at] is not None
