# SPDX-License-Identifier: Apache-2.0
"""The role ``calibration`` of a worker: measures one engine. It reads no file but those it writes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from selector.engines.calibration.timing import Stopwatch
from selector.errors import EngineMissing
from selector.machine.cpu import probe_cpu

ENGINES = ("torch", "onnx", "llama")
"""Those that can be measured, in the order of the time their predictions matter most."""


class CalibrationRole:
    """Op ``measure`` {engine, threads}: gives an EngineCalibration; emits {"share"}."""

    def handle(
        self,
        op: str,
        args: Mapping[str, Any],
        emit: Callable[[dict[str, Any]], None],
        cancelled: Callable[[], bool],
    ) -> dict[str, Any]:
        """See Role. Raises EngineMissing, Cancelled."""
        del op  # there is one
        engine = str(args["engine"])
        if engine not in ENGINES:
            raise EngineMissing(engine=engine)
        rates = importlib.import_module(f"selector.engines.calibration.{engine}_rates")
        watch = Stopwatch(cancelled, lambda share: emit({"share": share}), rates.STEPS)
        threads = int(args.get("threads") or 0) or probe_cpu([]).physical_cores
        return asdict(rates.measure(watch, threads))

    def close(self) -> None:
        """Nothing is held."""


def role() -> CalibrationRole:
    """The role, for the worker's entry."""
    return CalibrationRole()
