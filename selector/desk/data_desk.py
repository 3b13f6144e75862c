# SPDX-License-Identifier: Apache-2.0
"""The part of the desk that looks closely at the user's examples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from selector.decide.codec import reason_from_json
from selector.desk.asking_desk import AskingDesk
from selector.desk.library_desk import never
from selector.hub.candidate import Reason
from selector.worker.client import WorkerClient


class DataDesk(AskingDesk):
    """Blocking calls, from any thread; see Desk."""

    def check_examples(
        self,
        data: Path,
        input_column: str | None = None,
        label_column: str | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> tuple[Reason, ...]:
        """Near duplicates and contradictions among them; what reading finds already is not repeated.

        Raises InputProblem, Cancelled.
        """
        args = {"path": str(data), "input_column": input_column, "label_column": label_column}
        with WorkerClient("calculator") as calculator:
            found = calculator.call("hygiene", {"data": args}, None, cancelled)
        return tuple(reason_from_json(each) for each in found["warnings"])
