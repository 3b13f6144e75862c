# SPDX-License-Identifier: Apache-2.0
"""The part of the desk that keeps decisions: saving, opening, taking another of the contestants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from selector.decide import document as documents
from selector.decide.verdict_facts import Evaluation
from selector.desk.considered import last_considered
from selector.desk.machine_desk import MachineDesk
from selector.desk.requests import Evaluated
from selector.hub.local_facts import row_of_local
from selector.hub.obligations import obligation
from selector.machine.facts import Machine
from selector.trial.contestants import find_local, read_references
from selector.trial.measurement import Contestant, Measurement


def choices_of(evaluation: Evaluation) -> dict[str, Any]:
    """What the user chose for the verdict, where it is not the usual."""
    given: dict[str, Any] = {
        "cost": evaluation.cost if evaluation.cost != "parameters" else None,
        "failed": evaluation.failed if evaluation.failed != "wrong" else None,
        "label_map": [list(pair) for pair in evaluation.label_map] or None,
    }
    return {name: value for name, value in given.items() if value is not None}


class DecisionDesk(MachineDesk):
    """Blocking calls, from any thread; see Desk."""

    def _licence_of(self, contestant: Contestant) -> dict[str, Any]:
        """Of a model on this disk; an endpoint shows none."""
        if contestant.remote:
            return {}
        local = find_local(read_references([contestant.ref])[0], self.library())
        found = row_of_local(local).licence
        owed = obligation(found)
        return {"id": found.id, "class": found.kind, "obligations": [owed.code]}

    def _saved(
        self,
        evaluation: Evaluation,
        rows: tuple[Measurement, ...],
        chosen: tuple[Contestant, ...],
        machine: Machine,
        parameters: Mapping[str, Any] | None = None,
    ) -> Evaluated:
        now = datetime.now(UTC)
        winner = next((c for c in chosen if c.ref == evaluation.decision.choice), None)
        licence = None if winner is None else self._licence_of(winner)
        searched = last_considered(self.locations.searches, evaluation.task)
        document = documents.build(
            evaluation,
            rows,
            chosen,
            machine,
            {},
            licence,
            now,
            parameters={**choices_of(evaluation), **(parameters or {})},
            considered=searched,
        )
        file = self.locations.decisions / f"{evaluation.task}-{now:%Y%m%d-%H%M%S-%f}.petit.json"
        documents.save(document, file)
        return Evaluated(evaluation, rows, chosen, document, file)

    def open_decision(self, file: Path) -> dict[str, Any]:
        """Read a decision file. Raises DecisionUnreadable."""
        return documents.load(file)

    def take(self, document: dict[str, Any], ref: str) -> dict[str, Any]:
        """A decision with another of its contestants taken, whatever Petit recommends.

        Raises NotDownloaded, BadReference, BadSetting for a model that was not measured in it.
        """
        if (document.get("contestant") or {}).get("ref") == ref:
            return document
        chosen = self.contestants([ref], str(document["task"]))[0]
        return documents.taken(document, chosen, self._licence_of(chosen))

    def free_export_folder(self, name: str) -> Path:
        """A folder below Petit's own that does not exist yet."""
        now = datetime.now(UTC)
        return self.locations.exports / f"{name}-{now:%Y%m%d-%H%M%S-%f}"
