# SPDX-License-Identifier: Apache-2.0
"""What a worker process can be. Roles are named, not imported: lower rooms must not know higher ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

Emit = Callable[[dict[str, Any]], None]
"""Sends one ``progress`` event with this data for the current request."""

ROLES: Mapping[str, str] = {
    "model": "selector.worker.session",
    "endpoint": "selector.trial.endpoint_role",
    "hub": "selector.hub.service",
    "calculator": "selector.decide.calculator",
    "machine": "selector.machine.service",
    "calibration": "selector.engines.calibration.service",
    "architecture": "selector.engines.architecture",
}
"""Role name to the module that has ``def role() -> Role``."""


class Role(Protocol):
    """The work of one worker process; requests come one at a time, on the main thread."""

    def handle(
        self, op: str, args: Mapping[str, Any], emit: Emit, cancelled: Callable[[], bool]
    ) -> dict[str, Any]:
        """Do ``op`` and return its result.

        Raises PetitError for what the user can be told, Cancelled when ``cancelled()`` became true.
        """

    def close(self) -> None:
        """Let go of everything."""
