# SPDX-License-Identifier: Apache-2.0
"""The window's keys in one table: what each does, and what the help says of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from selector.wording import Wording

STEPS = 5


class Shortcuts:
    """Makes the shortcuts of ``parent``; they go when it goes."""

    def __init__(
        self,
        parent: QWidget,
        wording: Wording,
        *,
        go_to: Callable[[int], None],
        settings: Callable[[], None],
        library: Callable[[], None],
        show_help: Callable[[], None],
        stop: Callable[[], None],
        new_job: Callable[[], None],
    ) -> None:
        for step in range(STEPS):
            _bind(QKeySequence(f"Ctrl+{step + 1}"), parent, partial(go_to, step))
        table = (
            (QKeySequence("Ctrl+,"), "settings", settings),
            (QKeySequence("Ctrl+L"), "library", library),
            (QKeySequence(QKeySequence.StandardKey.HelpContents), "help", show_help),
            (QKeySequence(Qt.Key.Key_Escape), "stop", stop),
            (QKeySequence(QKeySequence.StandardKey.New), "new_job", new_job),
        )
        for key, _, call in table:
            _bind(key, parent, call)
        find = QKeySequence(QKeySequence.StandardKey.Find)
        self.keys: tuple[tuple[QKeySequence, str], ...] = (
            *(
                (
                    QKeySequence(f"Ctrl+{step + 1}"),
                    wording.text(f"window.step.{name}"),
                )
                for step, name in enumerate(("machine", "task", "candidates", "try", "decide"))
            ),
            (find, wording.text("window.key.find")),
            (QKeySequence("Ctrl+Shift+C"), wording.text("window.key.compare")),
            (QKeySequence("Ctrl+Shift+O"), wording.text("window.key.order")),
            *((key, wording.text(f"window.key.{name}")) for key, name, _ in table),
        )


def _bind(key: QKeySequence, parent: QWidget, call: Callable[[], None]) -> None:
    shortcut = QShortcut(key, parent)
    shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
    shortcut.activated.connect(call)
