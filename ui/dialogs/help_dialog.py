# SPDX-License-Identifier: Apache-2.0
"""Help: the five steps, what leaves the computer, and the keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QVBoxLayout, QWidget

from selector.wording import Wording
from ui.pages.labels import label


class HelpDialog(QDialog):
    """One page of help."""

    def __init__(
        self,
        wording: Wording,
        keys: Sequence[tuple[QKeySequence, str]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        text = wording.text
        self.setWindowTitle(text("window.help_page.title"))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addWidget(label(text("window.help_page.title"), "title"))
        column.addWidget(label(text("window.help_page.steps")))
        column.addSpacing(8)
        column.addWidget(label(text("window.help_page.privacy_title"), "section"))
        column.addWidget(label(text("window.help_page.privacy")))
        column.addSpacing(8)
        column.addWidget(label(text("window.help_page.keys_title"), "section"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        for row, (key, meaning) in enumerate(keys):
            shown = key.toString(QKeySequence.SequenceFormat.NativeText)
            grid.addWidget(label(shown, wrap=False), row, 0)
            grid.addWidget(label(meaning), row, 1)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        column.addStretch(1)
        buttons = QDialogButtonBox()
        close = buttons.addButton(
            text("window.help_page.close"), QDialogButtonBox.ButtonRole.RejectRole
        )
        close.setDefault(True)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 70)
