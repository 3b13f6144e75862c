# SPDX-License-Identifier: Apache-2.0
"""Ctrl+Enter does what a page is for, wherever in the page the focus is."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget


def bind_run(page: QWidget, call: Callable[[], None]) -> None:
    """Let both Enter keys with Ctrl call ``call``, a method of ``page``."""
    for key in ("Ctrl+Return", "Ctrl+Enter"):
        shortcut = QShortcut(QKeySequence(key), page)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(call)
