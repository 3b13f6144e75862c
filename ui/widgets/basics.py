# SPDX-License-Identifier: Apache-2.0
"""Small helpers of the widgets: plain labels, dynamic properties, sizes from the font."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

SELECTABLE = (
    Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
)


def plain_label(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """A label that never reads its text as mark-up."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    if role:
        label.setProperty("role", role)
    return label


def set_look(widget: QWidget, name: str, value: str) -> None:
    """Change a property the style sheet selects by."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def chars(widget: QWidget, count: float) -> int:
    """The width of ``count`` average characters in the font of ``widget``."""
    return math.ceil(widget.fontMetrics().averageCharWidth() * count)


def finite(value: float | None) -> float | None:
    """``value``, or None when it is missing or not a number."""
    return value if value is not None and math.isfinite(value) else None
