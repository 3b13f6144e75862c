# SPDX-License-Identifier: Apache-2.0
"""The role ``machine`` of a worker process: probing and calibrating away from the window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from selector.machine.calibrate import calibrate
from selector.machine.codec import machine_to_json
from selector.machine.probe import probe


class MachineRole:
    """Ops: ``probe`` {cache} gives a machine, ``calibrate`` gives a calibration."""

    def handle(
        self,
        op: str,
        args: Mapping[str, Any],
        emit: Callable[[dict[str, Any]], None],
        cancelled: Callable[[], bool],
    ) -> dict[str, Any]:
        """See Role."""
        if op == "calibrate":
            return asdict(calibrate(cancelled, lambda share: emit({"share": share})))
        return machine_to_json(probe(Path(str(args["cache"]))))

    def close(self) -> None:
        """Nothing is held."""


def role() -> MachineRole:
    """The role, for the worker's entry."""
    return MachineRole()
