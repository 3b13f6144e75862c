# SPDX-License-Identifier: Apache-2.0
"""A dialog whose content scrolls where the screen is small, above its buttons."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ui.theme.tokens import SPACE


def scrolled(dialog: QDialog, content: QLayout, buttons: QDialogButtonBox, signs: int) -> None:
    """Lay out a dialog about ``signs`` characters wide, and as high as its content where there is room."""
    inside = QWidget()
    content.setContentsMargins(SPACE.xl, SPACE.xl, SPACE.xl, SPACE.m)
    inside.setLayout(content)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inside)
    buttons.setContentsMargins(SPACE.xl, 0, SPACE.xl, SPACE.l)
    whole = QVBoxLayout(dialog)
    whole.setContentsMargins(0, 0, 0, 0)
    whole.addWidget(area, 1)
    whole.addWidget(buttons)
    screen = QGuiApplication.primaryScreen().availableSize()
    width = min(dialog.fontMetrics().averageCharWidth() * signs, screen.width() - 40)
    height = max(inside.heightForWidth(width), inside.sizeHint().height()) + 80
    dialog.setMinimumWidth(min(width, dialog.fontMetrics().averageCharWidth() * 60))
    dialog.resize(width, min(height, screen.height() - 80))
