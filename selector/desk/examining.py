# SPDX-License-Identifier: Apache-2.0
"""Looks closely at one model before its download: the Hub's page, the empty model, the card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from selector import registry
from selector.errors import EngineMissing, StoreProblem, TargetNotWritable
from selector.fit.predict import predict
from selector.hub.architecture import Support, check
from selector.hub.candidate import Candidate
from selector.hub.environment import endpoint_of
from selector.hub.explained import Explained, explain
from selector.hub.judge import refitted
from selector.hub.preflight import Preflight, preflight
from selector.hub.stored_count import is_whole
from selector.machine.facts import Machine
from selector.store.database import Database
from selector.store.link_speed import link_speed


@dataclass(frozen=True, slots=True)
class Examined:
    """A candidate with everything that can be known before its download."""

    candidate: Candidate
    preflight: Preflight
    support: Support | None = None
    """None while it was not tried, or need not be: only the torch engine builds from a configuration."""
    explained: Explained | None = None
    """None while the machine is not known, or when nothing here runs it."""

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command-line contract."""
        found = self.candidate
        return {
            "fit": self.explained.to_json() if self.explained else found.fit.to_json(),
            "preflight": self.preflight.to_json(),
            "why": [clause.to_json() for clause in found.why],
            "variants": [variant.to_json() for variant in found.variants],
            "licence": found.licence.to_json(),
            "risks": [risk.to_json() for risk in found.risks],
            "about": found.about.to_json(),
        }


def card_of(
    candidate: Candidate,
    support: Support | None,
    machine: Machine | None,
    rate: float | None,
    task: str | None = None,
) -> Examined:
    """The candidate with its card, from what is known so far."""
    card = preflight(
        candidate,
        support=support,
        bytes_per_s=rate,
        free_bytes=machine.disk.free_bytes if machine else None,
        endpoint=endpoint_of(),
    )
    known = registry.tasks().get(task or "")
    details = explain(candidate, known, machine) if known and machine else None
    return Examined(candidate, card, support, details)


def measured_rate(open_database: Callable[[], Database]) -> float | None:
    """Bytes a second of earlier downloads; None when there was none or the store cannot be read."""
    try:
        with open_database() as database:
            return link_speed(database)
    except (StoreProblem, TargetNotWritable):
        return None


def built(
    candidate: Candidate, open_database: Callable[[], Database], cancelled: Callable[[], bool]
) -> Support | None:
    """What came of building the model, for those that the torch engine would run.

    Raises Cancelled.
    """
    torch_runs = any(variant.engine == "torch" for variant in candidate.variants)
    if not torch_runs or candidate.on_disk:
        return None  # what is here shows at its first run whether it loads
    try:
        with open_database() as database:
            return check(candidate.facts.config, database, cancelled)
    except (EngineMissing, StoreProblem, TargetNotWritable):
        return None


def counted(
    candidate: Candidate, support: Support | None, task: str | None, machine: Machine
) -> Candidate:
    """The candidate with the parameters of the built model, where only a guess was known."""
    facts = candidate.facts
    guessed = facts.basis in {"unknown", "file size"}
    if support is None or not support.parameters or not guessed or not is_whole(facts.config):
        return candidate
    known = registry.tasks()
    wanted = known.get(task or "") or next(iter(known.values()))
    facts = replace(facts, parameters=support.parameters, basis="config")
    return refitted(candidate, facts, wanted, machine, predict)
