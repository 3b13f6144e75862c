# SPDX-License-Identifier: Apache-2.0
"""Labels of a page, always plain text: what comes from the Hub or the user is never read as HTML."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy


def label(text: str = "", role: str | None = None, *, wrap: bool = True) -> QLabel:
    """A plain text label; ``role`` is one of the style's: title, headline, section, muted, small, ok, warn, bad."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role)
    if wrap:
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        made.setSizePolicy(policy)
    return made


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
    made.setProperty("card", "true")
    return made
