# SPDX-License-Identifier: Apache-2.0
"""Says something to those who use a screen reader, without moving the focus."""

from __future__ import annotations

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget


def announce(widget: QWidget, text: str) -> None:
    """Have ``text`` read out, politely."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))
