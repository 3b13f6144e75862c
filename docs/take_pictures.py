# SPDX-License-Identifier: Apache-2.0
"""Renders every page of the window offscreen, on the sample project, for people to look at.

    python3 run.py shots [OUT] [--themes light dark contrast] [--languages en fr] [--size 1280x720] [--run]

Beside the pictures lies ``contact-sheet.png`` with all of them. With ``--run`` the sample's trial and
evaluation are run once first, so that Try and Decide show results.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QApplication

from selector.desk.desk import Desk
from selector.desk.requests import EvaluateRequest
from selector.paths import locations
from selector.settings import Settings
from ui.window import Window

SMOOTH = Qt.TransformationMode.SmoothTransformation
PAGES = ("machine", "task", "candidates", "try", "decide")


def settle(app: QApplication, window: Window, at_least: float = 0.6, at_most: float = 90.0) -> None:
    """Let the window work until nothing is under way any more."""
    start = time.monotonic()
    while (spent := time.monotonic() - start) < at_most:
        app.processEvents()
        time.sleep(0.01)
        if spent > at_least and not window.services.background.busy:
            for _ in range(20):  # what the last answer changed has yet to be laid out
                app.processEvents()
                time.sleep(0.01)
            return


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, nargs="?", default=Path("screenshots-out"))
    parser.add_argument("--themes", nargs="+", default=["light", "dark", "contrast"])
    parser.add_argument("--languages", nargs="+", default=["en", "fr"])
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--run", action="store_true")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    width, height = (int(part) for part in options.size.split("x"))
    app = QApplication([])
    taken: list[tuple[str, QPixmap]] = []
    with tempfile.TemporaryDirectory() as folder:
        places = locations(Path(folder))
        desk = Desk(places, offline=True)
        if options.run:
            sample = desk.sample()
            request = EvaluateRequest(
                sample.refs,
                sample.task.id,
                sample.data,
                sample.input_column,
                sample.label_column,
                margin=sample.margin,
            )
            desk.evaluate(request, lambda _: None)
        for theme in options.themes:
            for language in options.languages:
                window = Window(
                    places, desk, Settings(language=language, theme=theme, offline=True)
                )
                window.resize(width, height)
                window.show()
                settle(app, window, 1.5)
                for step, name in enumerate(PAGES):
                    window.go_to(step)
                    settle(app, window)
                    begin = getattr(
                        window.pages.page(step),
                        {"try": "run", "decide": "measure"}.get(name, ""),
                        None,
                    )
                    if options.run and callable(begin):
                        begin()
                        settle(app, window, 1.0)
                    picture = window.grab()
                    picture.save(str(options.out / f"{name}-{theme}-{language}.png"))
                    taken.append((f"{name} · {theme} · {language}", picture))
                window.close()
                window.deleteLater()
                settle(app, window, 0.2)
    contact_sheet(taken, len(PAGES)).save(str(options.out / "contact-sheet.png"))


def contact_sheet(pictures: Sequence[tuple[str, QPixmap]], columns: int) -> QPixmap:
    """All pictures, small, ``columns`` in a row, each with its name."""
    width, gap = 480, 16
    small = [(n, p.scaledToWidth(width, SMOOTH)) for n, p in pictures]
    height = max((p.height() for _, p in small), default=0) + 24
    rows = -(-len(small) // columns)
    sheet = QPixmap(columns * (width + gap) + gap, rows * (height + gap) + gap)
    sheet.fill(QColor("#808080"))
    painter = QPainter(sheet)
    painter.setPen(QColor("#FFFFFF"))
    for number, (name, picture) in enumerate(small):
        x = gap + number % columns * (width + gap)
        y = gap + number // columns * (height + gap)
        painter.drawText(x, y + 15, name)
        painter.drawPixmap(x, y + 24, picture)
    painter.end()
    return sheet


if __name__ == "__main__":
    main()
