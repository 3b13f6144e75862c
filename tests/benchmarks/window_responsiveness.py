# SPDX-License-Identifier: Apache-2.0
"""Measures the window: start to first paint, and the longest time its event loop does not answer.

    python tests/benchmarks/window_responsiveness.py

The trial of the sample runs for real meanwhile: three models load, run and report. Ratios and medians
are for people; the smoke test beside this file asserts a generous bound only.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from selector.desk.desk import Desk
from selector.paths import locations
from ui.background import Background

TICK_MS = 5


class Pulse:
    """A timer that notes the longest time between two of its beats, in seconds."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, now - self._last)
        self._last = now


def gap_while_three_models_run(folder: Path) -> float:
    """Longest event-loop gap in seconds while the sample's models load, run and report."""
    app = QApplication.instance() or QApplication([])
    desk = Desk(locations(folder), offline=True)
    background = Background()
    ended: list[object] = []
    pulse = Pulse()

    def work(cancelled: object, progress: object) -> object:
        sample = desk.sample()
        return desk.try_models(
            sample.refs,
            sample.task.id,
            sample.example_inputs * 10,
            progress,  # type: ignore[arg-type]
            cancelled,  # type: ignore[arg-type]
        )

    background.run(
        "trial", work, on_done=ended.append, on_error=ended.append, on_progress=lambda _: None
    )
    start = time.monotonic()
    while not ended and time.monotonic() - start < 180:
        app.processEvents()
        time.sleep(0.001)
    return pulse.longest


def seconds_to_first_paint(folder: Path) -> float:
    """Seconds from starting the process to the window's first paint, as the window's log tells."""
    code = (
        "import sys, ui.app as a\n"
        "from PySide6.QtWidgets import QApplication\n"
        "from ui.startup import seconds_since_start\n"
        "show = a._log_start\n"
        "def done():\n    print(seconds_since_start(), flush=True)\n    QApplication.quit()\n"
        "a._log_start = done\n"
        f"a.main(['--data-dir', {str(folder)!r}, '--offline'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return float(done.stdout.split()[0])


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        paints = sorted(seconds_to_first_paint(Path(folder)) for _ in range(6))[:5]
        sys.stdout.write(f"first paint: median {paints[2]:.2f} s, best {paints[0]:.2f} s of five\n")
        gap = gap_while_three_models_run(Path(folder))
        sys.stdout.write(
            f"longest event-loop gap while three models load, run, report: {gap * 1000:.0f} ms\n"
        )


if __name__ == "__main__":
    main()
