# SPDX-License-Identifier: Apache-2.0
"""Whether a calibration still speaks of the machine as it is now. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from selector.machine.facts import Machine
from selector.machine.power import conditions


@dataclass(frozen=True, slots=True)
class Outdated:
    """One reason to measure again."""

    why: Literal["conditions", "version", "new_engine"]
    was: str = ""
    now: str = ""
    engine: str = ""


def outdated(machine: Machine, versions: Mapping[str, str]) -> tuple[Outdated, ...]:
    """Reasons, of power mode, drivers and engines. ``versions``: of each engine that can be measured here."""
    measured = machine.calibration
    if measured is None:
        return ()
    found = []
    now = conditions(machine)
    if measured.conditions != now:
        found.append(Outdated("conditions", measured.conditions, now))
    for engine, version in versions.items():
        known = measured.engines.get(engine)
        if known is None:
            found.append(Outdated("new_engine", now=version, engine=engine))
        elif version and known.version != version:
            found.append(Outdated("version", known.version, version, engine))
    return tuple(found)
