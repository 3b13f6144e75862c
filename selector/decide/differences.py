# SPDX-License-Identifier: Apache-2.0
"""What differs between where a decision was made and where it is used now. Pure, no numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from selector.hub.candidate import Reason
from selector.tasks.outputs import Output, answer, from_json, to_json

CLOSE = 1e-4
"""Of scores and coordinates: other processors and libraries add numbers in another order."""


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A decision on another day or machine: the files were checked, the answers compared."""

    ref: str
    files: int
    """Files whose SHA-256 is the pinned one: all of them, or there is no reproduction."""
    samples: int
    """Recorded answers that were compared with new ones."""
    same: int
    """Of these, how many are the same within ``CLOSE``."""
    largest_difference: float | None
    """Of any number in them; None when nothing was compared."""
    differs: tuple[Reason, ...]

    def to_json(self) -> dict[str, Any]:
        """Every field, and the tolerance."""
        return {
            "ref": self.ref,
            "files": self.files,
            "samples": self.samples,
            "same": self.same,
            "largest_difference": self.largest_difference,
            "tolerance": CLOSE,
            "differs": [reason.to_json() for reason in self.differs],
        }


def differences(
    document: Mapping[str, Any], machine: Mapping[str, Any], versions: Mapping[str, str]
) -> tuple[Reason, ...]:
    """The system, the processor, memory, accelerators and libraries: there and here.

    ``machine`` is a Machine as JSON; ``versions`` are of what ran here, by distribution name.
    """
    there = document["machine"]
    found = []
    for name, read in (("os", _system), ("cpu", _processor), ("accelerators", _accelerators)):
        before, now = read(there), read(machine)
        if before and now and before != now:
            found.append(Reason(f"differs.{name}", {"there": before, "here": now}))
    for name in sorted(set(document["versions"]) & set(versions)):
        before, now = document["versions"][name], versions[name]
        if before != now:
            facts = {"library": name, "there": before, "here": now}
            found.append(Reason("differs.library", facts))
    return tuple(found)


def _system(machine: Mapping[str, Any]) -> str:
    return str(machine.get("os") or "")


def _processor(machine: Mapping[str, Any]) -> str:
    cpu = machine.get("cpu")
    return str(cpu.get("name") or "") if isinstance(cpu, Mapping) else ""


def _accelerators(machine: Mapping[str, Any]) -> str:
    listed = machine.get("accelerators")
    if not isinstance(listed, list | tuple):
        return ""
    names = [str(each.get("name")) for each in listed if isinstance(each, Mapping)]
    return ", ".join(sorted(names)) or "–"


def compared(
    samples: Sequence[Mapping[str, Any]], outputs: Sequence[Output | None]
) -> tuple[int, float | None]:
    """How many answers are the recorded ones within ``CLOSE``, and the largest difference of a number.

    A sample that cannot be read, or an answer that is not there, is not the same.
    """
    same, largest = 0, None
    for sample, output in zip(samples, outputs, strict=True):
        if output is None:
            continue
        try:
            recorded = from_json(dict(sample["output"]))
        except (KeyError, TypeError, ValueError):
            continue
        difference = _difference(to_json(recorded), to_json(output))
        if difference is None:
            continue
        largest = difference if largest is None else max(largest, difference)
        same += difference <= CLOSE and _same_answer(recorded, output)
    return same, largest


def _same_answer(one: Output, other: Output) -> bool:
    before, now = answer(one), answer(other)
    return before == now if isinstance(before, str) else True


def _difference(one: Any, other: Any) -> float | None:
    """The largest difference of numbers; None where the shape or a word differs."""
    if isinstance(one, dict) and isinstance(other, dict):
        if one.get("kind") == "labels" == other.get("kind"):
            one, other = _by_label(one), _by_label(other)
        if one.keys() != other.keys():
            return None
        return _largest([_difference(one[key], other[key]) for key in one])
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return None
        return _largest([_difference(a, b) for a, b in zip(one, other, strict=True)])
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other)
    return 0.0 if one == other else None


def _by_label(output: Mapping[str, Any]) -> dict[str, float]:
    """Labels that are next to equal may change places: they are compared by name."""
    return {f"label {x['label']}": float(x["score"]) for x in output["labels"]}


def _largest(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return None if len(known) < len(parts) else max(known, default=0.0)
