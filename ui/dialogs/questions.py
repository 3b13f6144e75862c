# SPDX-License-Identifier: Apache-2.0
"""A question with two answers, the harmless one first."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget


def agrees(parent: QWidget, title: str, text: str, yes: str, no: str) -> bool:
    """Whether the user chose ``yes``; closing the question is a no. All texts are plain."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Question)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setWindowTitle(title)
    box.setText(title)
    box.setInformativeText(text)
    does = box.addButton(yes, QMessageBox.ButtonRole.DestructiveRole)
    stays = box.addButton(no, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stays)
    box.setEscapeButton(stays)
    box.exec()
    return box.clickedButton() is does
