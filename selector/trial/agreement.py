# SPDX-License-Identifier: Apache-2.0
"""Whether the forms of one model say the same on the user's inputs. Pure.

Two contestants are forms of one model when they are of the same commit of the same repository. The form
that is closest to the original is the one that the others are compared with.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from selector.engines.preference import loss
from selector.errors import BadReference
from selector.reference import parse_reference
from selector.tasks.outputs import Labels, Output, Similarity, Text, Vector

if TYPE_CHECKING:
    from selector.trial.measurement import Measurement

NEAR = 0.01
"""Two similarities, or two vectors by their cosine, count as the same when they differ by less."""
_ENGINES = ("torch", "onnx", "llama")
"""Of forms that lose equally little, the reference implementation is compared with."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How one form's answers compare with those of another form of the same model."""

    reference: str
    """The form that it is compared with."""
    n: int
    """Inputs that both gave an answer to."""
    equal_answers: float
    """Share of them with the same best label, the same text, or numbers that differ by less than NEAR."""
    largest_difference: float | None
    """Of a probability, of a similarity, or of a cosine from 1; None for texts."""

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)


def compare(outputs: Sequence[Output | None], others: Sequence[Output | None]) -> Agreement | None:
    """Answer by answer, without a reference's name; None when no input has an answer of both."""
    pairs = [
        (one, other)
        for one, other in zip(outputs, others, strict=True)
        if one is not None and other is not None
    ]
    if not pairs:
        return None
    found = [_compared(one, other) for one, other in pairs]
    differences = [difference for _, difference in found if difference is not None]
    largest = max(differences, default=None)
    return Agreement("", len(found), sum(same for same, _ in found) / len(found), largest)


def with_agreement(rows: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """The rows, each form of a model that is there more than once with its Agreement."""
    families: dict[tuple[str, str | None], list[Measurement]] = defaultdict(list)
    for row in rows:
        try:
            reference = parse_reference(row.ref)
        except BadReference:
            continue
        if row.error is None and reference.engine != "endpoint":
            families[reference.repo.lower(), reference.revision].append(row)
    known: dict[str, Agreement] = {}
    for forms in families.values():
        closest = min(forms, key=_distance)
        for row in forms:
            if row is not closest and (found := compare(row.outputs, closest.outputs)):
                known[row.ref] = replace(found, reference=closest.ref)
    return tuple(replace(row, agreement=known.get(row.ref)) for row in rows)


def _distance(row: Measurement) -> tuple[int, int, int, str]:
    """How far a form is from the original: what its precision loses, then the engine."""
    place = _ENGINES.index(row.engine) if row.engine in _ENGINES else len(_ENGINES)
    return loss(row.precision), place, row.precision not in {"fp32", "f32"}, row.ref


def _compared(one: Output, other: Output) -> tuple[bool, float | None]:
    """Whether two answers are the same, and by how much they differ; NaN differs from everything."""
    match one, other:
        case Labels(), Labels():
            first, second = (x.labels[0].label if x.labels else None for x in (one, other))
            return first == second, _furthest(one, other)
        case Text(), Text():
            return one.text.split() == other.text.split(), None
        case Similarity(), Similarity():
            return _near(abs(one.score - other.score))
        case Vector(), Vector() if len(one.values) == len(other.values):
            cosine = sum(a * b for a, b in zip(one.values, other.values, strict=True))
            return _near(max(0.0, 1.0 - cosine) if math.isfinite(cosine) else math.nan)
        case _:
            return False, 1.0


def _near(difference: float) -> tuple[bool, float]:
    return difference < NEAR, difference if math.isfinite(difference) else 1.0


def _furthest(one: Labels, other: Labels) -> float:
    """The largest difference of a label's probability.

    A list that holds the best labels only says of the others that they have no more than its last.
    """
    first, second = ({x.label: x.score for x in each.labels} for each in (one, other))
    lowest = [min(each.values(), default=0.0) for each in (first, second)]
    differences = [
        abs(first[label] - second[label])
        if label in first and label in second
        else max(0.0, first[label] - lowest[1])
        if label in first
        else max(0.0, second[label] - lowest[0])
        for label in first.keys() | second.keys()
    ]
    if not all(math.isfinite(x) for x in (*first.values(), *second.values())):
        return 1.0
    return max(differences, default=0.0)
