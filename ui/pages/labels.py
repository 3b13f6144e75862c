# SPDX-License-Identifier: Apache-2.0
"""Labels of a page, always plain text: what comes from the Hub or the user is never read as HTML."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel

from ui.widgets.plain import plain_label


def label(text: str = "", role: str | None = None, *, wrap: bool = True) -> QLabel:
    """A plain text label; ``role`` is one of the style sheet's."""
    return plain_label(text, role or "", wrap=wrap)


def copyable(made: QLabel) -> QLabel:
    """Let the text of a label be marked and copied."""
    made.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return made


def card() -> QFrame:
    """An empty card."""
    made = QFrame()
    made.setProperty("card", True)
    return made
